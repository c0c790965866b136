//! The gate: a product of two halves, one of them through the sigmoid linear unit, in one pass forwards and one backwards.
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{Slice, Tensor};

/// A backend with the gate; every backend has it by its basic operations.
#[backend_extension(Flex, Cube: cfg(feature = "kernels"), Autodiff)]
pub(crate) trait Gate: Backend {
    /// The product of [`gate`].
    fn gated(packed: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::<Self>(packed)
    }

    /// The gradient of both halves, given that of the result.
    fn gated_gradient(packed: FloatTensor<Self>, output: FloatTensor<Self>) -> FloatTensor<Self> {
        composed_gradient::<Self>(packed, output)
    }
}

#[cfg(feature = "kernels")]
impl Gate for burn_cubecl::CubeBackend {}

fn composed<B: Backend>(packed: FloatTensor<B>) -> FloatTensor<B> {
    let (through, value) = halves::<B>(packed);
    let open = B::sigmoid(through.clone());
    B::float_mul(B::float_mul(through, open), value)
}

fn composed_gradient<B: Backend>(packed: FloatTensor<B>, output: FloatTensor<B>) -> FloatTensor<B> {
    let (through, value) = halves::<B>(packed);
    let open = B::sigmoid(through.clone());
    let active = B::float_mul(through, open.clone());
    // d(x σ)/dx = σ + x σ (1 − σ)
    let slope = B::float_sub(B::float_add(open.clone(), active.clone()), B::float_mul(active.clone(), open));
    let through = B::float_mul(B::float_mul(output.clone(), value), slope);
    B::float_cat(vec![through, B::float_mul(output, active)], 1)
}

fn halves<B: Backend>(packed: FloatTensor<B>) -> (FloatTensor<B>, FloatTensor<B>) {
    let [_, both] = packed.shape().dims();
    let part = |from: usize, to: usize| {
        B::float_slice(packed.clone(), &[Slice::full(), Slice::new(from as isize, Some(to as isize), 1)])
    };
    (part(0, both / 2), part(both / 2, both))
}

/// The sigmoid linear unit of the first half of `packed`, rows × twice the width, times the second half: rows × width.
pub(crate) fn gate(packed: Tensor<2>) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::gated(packed.into_dispatch()))
}

#[derive(Debug)]
struct Node;

impl<B: Gate> Backward<B, 1> for Node {
    type State = NodeId;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let packed = checkpointer.retrieve_node_output::<FloatTensor<B>>(ops.state);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            gradients.register::<B>(parent.id, B::gated_gradient(packed, output));
        }
    }
}

impl<B: Gate, C: CheckpointStrategy> Gate for Autodiff<B, C> {
    fn gated(packed: FloatTensor<Self>) -> FloatTensor<Self> {
        match Node.prepare::<C>([packed.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let place = prepared.checkpoint(&packed);
                prepared.finish(place, B::gated(packed.into_primitive()))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::gated(packed.into_primitive())),
        }
    }

    fn gated_gradient(_: FloatTensor<Self>, _: FloatTensor<Self>) -> FloatTensor<Self> {
        super::of_second_order()
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;

    use super::super::fixtures::{close, random};
    use super::*;

    #[test]
    fn loops_are_the_basic_operations() {
        let (packed, output) = (random(1, [150, 38]), random(2, [150, 19]));
        close("output", Flex::gated(packed.clone()), composed::<Flex>(packed.clone()));
        let (ours, plain) =
            (Flex::gated_gradient(packed.clone(), output.clone()), composed_gradient::<Flex>(packed, output));
        close("packed", ours, plain);
    }
}
