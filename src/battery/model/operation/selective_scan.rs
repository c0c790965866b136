//! The state of Mamba-1: a recurrence of every channel, with a gradient of its own (Gu and Dao 2023, algorithm 2).
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

/// Gradients of input, step, decay, write and read.
pub(crate) type Gradient<B> = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>);

/// A backend with the selective scan; all tensors are of 32-bit floats.
#[backend_extension(Flex, Cube: cfg(feature = "kernels"), Autodiff)]
pub(crate) trait SelectiveScan: Backend {
    /// Outputs and the last state; see [`selective_scan`].
    fn scan(
        input: FloatTensor<Self>,
        step: FloatTensor<Self>,
        decay: FloatTensor<Self>,
        write: FloatTensor<Self>,
        read: FloatTensor<Self>,
        before: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients, given that of the outputs.
    #[allow(clippy::type_complexity)] // the attribute on the trait looks for a tuple
    fn scan_gradient(
        input: FloatTensor<Self>,
        step: FloatTensor<Self>,
        decay: FloatTensor<Self>,
        write: FloatTensor<Self>,
        read: FloatTensor<Self>,
        before: FloatTensor<Self>,
        output: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// Outputs, batch × steps × channels, and the states after the last row, batch × state × channels.
///
/// A channel's state is, at each row, multiplied by `exp(step · decay)`, gets `step · input · write` added, and is read with
/// `read`. `input` and `step` are batch × steps × channels, `decay` state × channels and below 0, `write` and `read` batch ×
/// steps × state, `before` the states before the first row, nothing where absent. States have no gradient.
pub(crate) fn selective_scan(
    input: Tensor<3>,
    step: Tensor<3>,
    decay: Tensor<2>,
    write: Tensor<3>,
    read: Tensor<3>,
    before: Option<Tensor<3>>,
) -> (Tensor<3>, Tensor<3>) {
    let [batch, _, channels] = input.dims();
    let state = decay.dims()[0];
    let before = before.unwrap_or_else(|| Tensor::zeros([batch, state, channels], &input.device()));
    let (output, after) = Dispatch::scan(
        input.into_dispatch(),
        step.into_dispatch(),
        decay.into_dispatch(),
        write.into_dispatch(),
        read.into_dispatch(),
        before.into_dispatch(),
    );
    (Tensor::from_dispatch(output), Tensor::from_dispatch(after))
}

#[derive(Debug)]
struct Node;

impl<B: SelectiveScan> Backward<B, 5> for Node {
    /// The nodes of the inputs, and the state before the first row.
    type State = ([NodeId; 5], FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 5>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let (inputs, before) = ops.state;
        let [input, step, decay, write, read] =
            inputs.map(|id| checkpointer.retrieve_node_output::<FloatTensor<B>>(id));
        let all = B::scan_gradient(input, step, decay, write, read, before, output);
        for (parent, gradient) in ops.parents.into_iter().zip([all.0, all.1, all.2, all.3, all.4]) {
            if let Some(parent) = parent {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: SelectiveScan, C: CheckpointStrategy> SelectiveScan for Autodiff<B, C> {
    fn scan(
        input: FloatTensor<Self>,
        step: FloatTensor<Self>,
        decay: FloatTensor<Self>,
        write: FloatTensor<Self>,
        read: FloatTensor<Self>,
        before: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = [input.node(), step.node(), decay.node(), write.node(), read.node()];
        let inputs = [input, step, decay, write, read];
        let before = before.into_primitive();
        let forward = |inputs: [FloatTensor<Self>; 5], before| {
            let [input, step, decay, write, read] = inputs.map(|each| each.into_primitive());
            B::scan(input, step, decay, write, read, before)
        };
        match Node.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let places = std::array::from_fn(|index| prepared.checkpoint(&inputs[index]));
                let (output, after) = forward(inputs, before.clone());
                (prepared.finish((places, before), output), Self::from_inner(after))
            }
            OpsKind::UnTracked(prepared) => {
                let (output, after) = forward(inputs, before);
                (prepared.finish(output), Self::from_inner(after))
            }
        }
    }

    fn scan_gradient(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
    ) -> Gradient<Self> {
        super::of_second_order()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::battery::model::device::tested;
    use crate::numeric::stream::Stream;

    /// The definition, row by row, whose gradients the tensor library pieces together.
    fn plain(
        input: Tensor<3>,
        step: Tensor<3>,
        decay: Tensor<2>,
        write: Tensor<3>,
        read: Tensor<3>,
        before: Tensor<3>,
    ) -> Tensor<3> {
        let [_, steps, _] = input.dims();
        let (mut state, mut outputs) = (before, Vec::new());
        for row in 0..steps {
            let row = |of: &Tensor<3>| of.clone().narrow(1, row, 1);
            let added = (row(&step) * row(&input)) * row(&write).swap_dims(1, 2);
            state = state * (row(&step) * decay.clone().unsqueeze()).exp() + added;
            outputs.push(row(&read).matmul(state.clone()));
        }
        Tensor::cat(outputs, 1)
    }

    #[test]
    fn the_scan_is_the_recurrence() {
        let device = tested().autodiff();
        let mut stream = Stream::of(1, "test", 0);
        let mut values = |count: usize| (0..count).map(|_| stream.normal() as f32).collect::<Vec<_>>();
        let cube = |values: Vec<f32>, shape: [usize; 3]| {
            Tensor::<3>::from_data(TensorData::new(values, shape), &device).require_grad()
        };
        let input = cube(values(2 * 9 * 19), [2, 9, 19]);
        let step = cube(values(2 * 9 * 19).iter().map(|value| value.abs()).collect(), [2, 9, 19]);
        let rates = values(5 * 19).iter().map(|value| -value.abs()).collect();
        let decay = Tensor::<2>::from_data(TensorData::new(rates, [5, 19]), &device).require_grad();
        let (write, read) = (cube(values(2 * 9 * 5), [2, 9, 5]), cube(values(2 * 9 * 5), [2, 9, 5]));
        let before = Tensor::from_data(TensorData::new(values(2 * 5 * 19), [2, 5, 19]), &device);

        let (ours, _) = selective_scan(
            input.clone(),
            step.clone(),
            decay.clone(),
            write.clone(),
            read.clone(),
            Some(before.clone()),
        );
        let theirs = plain(input.clone(), step.clone(), decay.clone(), write.clone(), read.clone(), before);
        let largest = |tensor: Tensor<3>| tensor.abs().max().into_scalar::<f32>();
        assert!(largest(ours.clone() - theirs.clone()) < 1e-5);
        let (ours, theirs) = ((ours.clone() * ours).mean().backward(), (theirs.clone() * theirs).mean().backward());
        for tensor in [input, step, write, read] {
            assert!(largest(tensor.grad(&ours).unwrap() - tensor.grad(&theirs).unwrap()) < 1e-5);
        }
        assert!(largest((decay.grad(&ours).unwrap() - decay.grad(&theirs).unwrap()).unsqueeze()) < 1e-5);
    }
}
