//! A causal convolution of each channel with a filter of its own, and the sigmoid linear unit after it.
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Slice, Tensor};

/// A backend with the convolution; every backend has it by its basic operations.
#[backend_extension(Flex, Cube: cfg(feature = "kernels"), Autodiff)]
pub(crate) trait Convolve: Backend {
    /// The convolution of [`convolve`].
    fn convolved(
        x: FloatTensor<Self>,
        filter: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        before: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        composed::<Self>(x, filter, bias, before)
    }

    /// Gradients of `x`, the filter and the bias, given that of the result.
    fn convolved_gradient(
        x: FloatTensor<Self>,
        filter: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        before: FloatTensor<Self>,
        output: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        composed_gradient::<Self>(x, filter, bias, before, output)
    }
}

#[cfg(feature = "kernels")]
impl Convolve for burn_cubecl::CubeBackend {}

fn composed<B: Backend>(
    x: FloatTensor<B>,
    filter: FloatTensor<B>,
    bias: FloatTensor<B>,
    before: FloatTensor<B>,
) -> FloatTensor<B> {
    let steps = x.shape()[1];
    let all = B::float_cat(vec![before, x], 1);
    let sums = sums::<B>(&all, &filter, bias, steps);
    B::float_mul(sums.clone(), B::sigmoid(sums))
}

fn composed_gradient<B: Backend>(
    x: FloatTensor<B>,
    filter: FloatTensor<B>,
    bias: FloatTensor<B>,
    before: FloatTensor<B>,
    output: FloatTensor<B>,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let [_, steps, channels] = x.shape().dims();
    let [_, rows] = filter.shape().dims();
    let ends = before.clone();
    let all = B::float_cat(vec![before, x], 1);
    let sums = sums::<B>(&all, &filter, bias, steps);
    let open = B::sigmoid(sums.clone());
    let active = B::float_mul(sums, open.clone());
    let slope = B::float_sub(B::float_add(open.clone(), active.clone()), B::float_mul(active, open));
    let asked = B::float_mul(output, slope);
    let over_rows =
        |tensor| B::float_reshape(B::float_sum_dim(B::float_sum_dim(tensor, 0), 1), Shape::new([channels, 1]));
    let filter_gradient = (0..rows).map(|row| over_rows(B::float_mul(shifted::<B>(&all, row, steps), asked.clone())));
    let filter_gradient = B::float_cat(filter_gradient.collect(), 1);
    let bias_gradient = B::float_reshape(over_rows(asked.clone()), Shape::new([channels]));
    let nothing = B::float_mul_scalar(ends, 0.0.into());
    let asked = B::float_cat(vec![asked, nothing], 1);
    let part = |row: usize| B::float_mul(shifted::<B>(&asked, rows - 1 - row, steps), one_row::<B>(&filter, row));
    let x = (1..rows).fold(part(0), |sum, row| B::float_add(sum, part(row)));
    (x, filter_gradient, bias_gradient)
}

/// Rows `row..row + steps`.
fn shifted<B: Backend>(all: &FloatTensor<B>, row: usize, steps: usize) -> FloatTensor<B> {
    let rows = Slice::new(row as isize, Some((row + steps) as isize), 1);
    B::float_slice(all.clone(), &[Slice::full(), rows])
}

/// One row of the filter: 1 × 1 × channels.
fn one_row<B: Backend>(filter: &FloatTensor<B>, row: usize) -> FloatTensor<B> {
    let [channels, _] = filter.shape().dims();
    let column = Slice::new(row as isize, Some(row as isize + 1), 1);
    B::float_reshape(B::float_slice(filter.clone(), &[Slice::full(), column]), Shape::new([1, 1, channels]))
}

/// The convolution as shifted products: a general one is slower.
fn sums<B: Backend>(
    all: &FloatTensor<B>,
    filter: &FloatTensor<B>,
    bias: FloatTensor<B>,
    steps: usize,
) -> FloatTensor<B> {
    let [channels, rows] = filter.shape().dims();
    let part = |row| B::float_mul(shifted::<B>(all, row, steps), one_row::<B>(filter, row));
    let sums = (1..rows).fold(part(0), |sum, row| B::float_add(sum, part(row)));
    B::float_add(sums, B::float_reshape(bias, Shape::new([1, 1, channels])))
}

/// `x`, batch × steps × channels, with `filter`, channels × rows, and one bias a channel; the rows before the first, batch ×
/// (rows − 1) × channels, are those of `before`, which has no gradient, or zeros.
pub(crate) fn convolve(x: Tensor<3>, filter: Tensor<2>, bias: Tensor<1>, before: Option<Tensor<3>>) -> Tensor<3> {
    let [batch, _, channels] = x.dims();
    let rows = filter.dims()[1];
    let before = before.unwrap_or_else(|| Tensor::zeros([batch, rows - 1, channels], &x.device()));
    Tensor::from_dispatch(Dispatch::convolved(
        x.into_dispatch(),
        filter.into_dispatch(),
        bias.into_dispatch(),
        before.into_dispatch(),
    ))
}

#[derive(Debug)]
struct Node;

impl<B: Convolve> Backward<B, 3> for Node {
    /// The nodes of the inputs, and the rows before the first.
    type State = ([NodeId; 3], FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let (inputs, before) = ops.state;
        let [x, filter, bias] = inputs.map(|id| checkpointer.retrieve_node_output::<FloatTensor<B>>(id));
        let (x, filter, bias) = B::convolved_gradient(x, filter, bias, before, output);
        for (parent, gradient) in ops.parents.into_iter().zip([x, filter, bias]) {
            if let Some(parent) = parent {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: Convolve, C: CheckpointStrategy> Convolve for Autodiff<B, C> {
    fn convolved(
        x: FloatTensor<Self>,
        filter: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        before: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let before = before.into_primitive();
        match Node.prepare::<C>([x.node(), filter.node(), bias.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let places = [prepared.checkpoint(&x), prepared.checkpoint(&filter), prepared.checkpoint(&bias)];
                let output =
                    B::convolved(x.into_primitive(), filter.into_primitive(), bias.into_primitive(), before.clone());
                prepared.finish((places, before), output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::convolved(
                x.into_primitive(),
                filter.into_primitive(),
                bias.into_primitive(),
                before,
            )),
        }
    }

    fn convolved_gradient(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
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
        let (x, filter, bias) = (random(1, [3, 9, 17]), random(2, [17, 4]), random(3, [17]));
        let (before, output) = (random(4, [3, 3, 17]), random(5, [3, 9, 17]));
        let all = || (x.clone(), filter.clone(), bias.clone(), before.clone());
        let (x, filter, bias, before) = all();
        close("output", Flex::convolved(x, filter, bias, before), {
            let (x, filter, bias, before) = all();
            composed::<Flex>(x, filter, bias, before)
        });
        let (x, filter, bias, before) = all();
        let ours = Flex::convolved_gradient(x, filter, bias, before, output.clone());
        let (x, filter, bias, before) = all();
        let plain = composed_gradient::<Flex>(x, filter, bias, before, output);
        close("x", ours.0, plain.0);
        close("filter", ours.1, plain.1);
        close("bias", ours.2, plain.2);
    }
}
