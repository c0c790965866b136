//! Normalisation of rows with a gain, in one pass forwards and one backwards.
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};

/// The addition to a mean square before its root is taken.
pub(crate) const EPSILON: f32 = 1e-6;

/// A backend with the normalisation; every backend has it by its basic operations.
#[backend_extension(Flex, Cube: cfg(feature = "kernels"), Autodiff)]
pub(crate) trait Normalize: Backend {
    /// The normalisation of [`normalize`]; `centre` says that the mean is subtracted.
    fn normalized(x: FloatTensor<Self>, gain: FloatTensor<Self>, centre: bool) -> FloatTensor<Self> {
        composed::<Self>(x, gain, centre)
    }

    /// Gradients of `x` and of the gain, given that of the result.
    fn normalized_gradient(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        output: FloatTensor<Self>,
        centre: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed_gradient::<Self>(x, gain, output, centre)
    }
}

#[cfg(feature = "kernels")]
impl Normalize for burn_cubecl::CubeBackend {}

fn composed<B: Backend>(x: FloatTensor<B>, gain: FloatTensor<B>, centre: bool) -> FloatTensor<B> {
    let (unit, _) = unit::<B>(x, centre);
    B::float_mul(unit, row::<B>(gain))
}

fn composed_gradient<B: Backend>(
    x: FloatTensor<B>,
    gain: FloatTensor<B>,
    output: FloatTensor<B>,
    centre: bool,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let width = gain.shape()[0];
    let (unit, inverse) = unit::<B>(x, centre);
    let gain_gradient = B::float_sum_dim(B::float_mul(output.clone(), unit.clone()), 0);
    let asked = B::float_mul(output, row::<B>(gain));
    let along = B::float_mean_dim(B::float_mul(asked.clone(), unit.clone()), 1);
    let mut across = B::float_sub(asked, B::float_mul(unit, along));
    if centre {
        across = B::float_sub(across.clone(), B::float_mean_dim(across, 1));
    }
    (B::float_mul(across, inverse), B::float_reshape(gain_gradient, Shape::new([width])))
}

/// Rows before the gain, and one over the roots that they were divided by.
fn unit<B: Backend>(x: FloatTensor<B>, centre: bool) -> (FloatTensor<B>, FloatTensor<B>) {
    let x = match centre {
        true => B::float_sub(x.clone(), B::float_mean_dim(x, 1)),
        false => x,
    };
    let square = B::float_mean_dim(B::float_mul(x.clone(), x.clone()), 1);
    let inverse = B::float_recip(B::float_sqrt(B::float_add_scalar(square, EPSILON.into())));
    (B::float_mul(x, inverse.clone()), inverse)
}

fn row<B: Backend>(vector: FloatTensor<B>) -> FloatTensor<B> {
    let width = vector.shape()[0];
    B::float_reshape(vector, Shape::new([1, width]))
}

/// `x`, rows × width, each row over the root of its mean square, times `gain`; with `centre` its mean is subtracted first.
pub(crate) fn normalize(x: Tensor<2>, gain: Tensor<1>, centre: bool) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::normalized(x.into_dispatch(), gain.into_dispatch(), centre))
}

#[derive(Debug)]
struct Node;

impl<B: Normalize> Backward<B, 2> for Node {
    type State = ([NodeId; 2], bool);

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let (inputs, centre) = ops.state;
        let [x, gain] = inputs.map(|id| checkpointer.retrieve_node_output::<FloatTensor<B>>(id));
        let (x, gain) = B::normalized_gradient(x, gain, output, centre);
        for (parent, gradient) in ops.parents.into_iter().zip([x, gain]) {
            if let Some(parent) = parent {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: Normalize, C: CheckpointStrategy> Normalize for Autodiff<B, C> {
    fn normalized(x: FloatTensor<Self>, gain: FloatTensor<Self>, centre: bool) -> FloatTensor<Self> {
        match Node.prepare::<C>([x.node(), gain.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let places = [prepared.checkpoint(&x), prepared.checkpoint(&gain)];
                let output = B::normalized(x.into_primitive(), gain.into_primitive(), centre);
                prepared.finish((places, centre), output)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::normalized(x.into_primitive(), gain.into_primitive(), centre))
            }
        }
    }

    fn normalized_gradient(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        super::of_second_order()
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;

    use super::super::fixtures::{close, random};
    use super::*;

    /// Emulated graphics cards run only the basic operations.
    #[test]
    fn loops_are_the_basic_operations() {
        let (x, gain, output) = (random(1, [150, 37]), random(2, [37]), random(3, [150, 37]));
        for centre in [false, true] {
            let (ours, plain) =
                (Flex::normalized(x.clone(), gain.clone(), centre), composed::<Flex>(x.clone(), gain.clone(), centre));
            close("output", ours, plain);
            let ours = Flex::normalized_gradient(x.clone(), gain.clone(), output.clone(), centre);
            let plain = composed_gradient::<Flex>(x.clone(), gain.clone(), output.clone(), centre);
            close("x", ours.0, plain.0);
            close("gain", ours.1, plain.1);
        }
    }
}
