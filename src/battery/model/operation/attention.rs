//! Causal attention of all heads, without its scores in memory for the gradients: they are computed again.
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::AttentionModuleOptions;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Slice, Tensor};

/// The arrangement of rows and heads, and the kind of positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    pub batch: usize,
    pub steps: usize,
    pub heads: usize,
    /// True where queries and keys are rotated by their position.
    pub rotary: bool,
    /// True where scores fall linearly with distance.
    pub fading: bool,
}

/// The constants that depend on positions alone.
#[derive(Clone, Debug)]
pub(crate) struct Positions<T2, T1> {
    /// Cosine of the angle by which a pair of a head is rotated: steps × half a head.
    pub cosine: T2,
    pub sine: T2,
    /// Fall of a score by each row of distance: one number a head.
    pub slopes: T1,
    /// Minus the rows from a key, in columns, to a query; 0 where the key lies ahead: steps × steps.
    pub distance: T2,
    /// 0, or minus infinity where the key lies ahead: steps × steps.
    pub ahead: T2,
}

/// A backend with attention; every backend has it by its basic operations.
#[backend_extension(Flex, Cube: cfg(feature = "kernels"), Autodiff)]
pub(crate) trait Attend: Backend {
    /// Mixed values, and intermediate results that the backend keeps for the gradient.
    fn attended(
        packed: FloatTensor<Self>,
        cosine: FloatTensor<Self>,
        sine: FloatTensor<Self>,
        slopes: FloatTensor<Self>,
        distance: FloatTensor<Self>,
        ahead: FloatTensor<Self>,
        heads: Heads,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed::<Self>(packed, [cosine, sine, slopes, distance, ahead], heads)
    }

    /// The gradient of `packed`, given the results and the gradient of the first of them.
    #[allow(clippy::too_many_arguments)]
    fn attended_gradient(
        packed: FloatTensor<Self>,
        cosine: FloatTensor<Self>,
        sine: FloatTensor<Self>,
        slopes: FloatTensor<Self>,
        distance: FloatTensor<Self>,
        ahead: FloatTensor<Self>,
        mixed: FloatTensor<Self>,
        kept: FloatTensor<Self>,
        output: FloatTensor<Self>,
        heads: Heads,
    ) -> FloatTensor<Self> {
        let _ = kept;
        composed_gradient::<Self>(packed, [cosine, sine, slopes, distance, ahead], mixed, output, heads)
    }
}

#[cfg(feature = "kernels")]
impl Attend for burn_cubecl::CubeBackend {}

fn composed<B: Backend>(
    packed: FloatTensor<B>,
    [cosine, sine, slopes, distance, ahead]: [FloatTensor<B>; 5],
    heads: Heads,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [queries, keys, values] = split::<B>(packed, &cosine, &sine, heads);
    // The library's fused attention takes neither a bias nor a scale.
    let (bias, is_causal) = match heads.fading {
        true => (Some(fading::<B>(slopes.clone(), distance, ahead)), false),
        false => (None, true),
    };
    let options = AttentionModuleOptions { is_causal, ..Default::default() };
    let mixed = B::attention(queries, keys, values, None, bias, options);
    (join::<B>(mixed, heads), slopes)
}

fn composed_gradient<B: Backend>(
    packed: FloatTensor<B>,
    [cosine, sine, slopes, distance, ahead]: [FloatTensor<B>; 5],
    mixed: FloatTensor<B>,
    output: FloatTensor<B>,
    heads: Heads,
) -> FloatTensor<B> {
    let [queries, keys, values] = split::<B>(packed, &cosine, &sine, heads);
    let [.., head] = queries.shape().dims::<4>();
    let scale = 1.0 / (head as f64).sqrt();
    let queries = B::float_mul_scalar(queries, scale.into());
    let bias = match heads.fading {
        true => fading::<B>(slopes, distance, ahead),
        false => on_all_heads::<B>(ahead),
    };
    let scores = B::float_matmul(queries.clone(), B::float_transpose(keys.clone()));
    let weights = B::softmax(B::float_add(scores, bias), 3);
    let along = B::float_sum_dim(apart::<B>(B::float_mul(output.clone(), mixed), heads), 3);
    let output = apart::<B>(output, heads);
    let asked = B::float_matmul(output.clone(), B::float_transpose(values));
    let scores = B::float_mul(weights.clone(), B::float_sub(asked, along));
    let query = B::float_mul_scalar(B::float_matmul(scores.clone(), keys), scale.into());
    let key = B::float_matmul(B::float_transpose(scores), queries);
    let value = B::float_matmul(B::float_transpose(weights), output);
    let (query, key) = match heads.rotary {
        true => {
            let back = B::float_neg(sine);
            (rotate::<B>(query, &cosine, &back), rotate::<B>(key, &cosine, &back))
        }
        false => (query, key),
    };
    let parts = [query, key, value].map(|part| join::<B>(part, heads));
    B::float_cat(parts.into(), 1)
}

/// Rows × width to batch × heads × steps × head.
fn apart<B: Backend>(rows: FloatTensor<B>, Heads { batch, steps, heads, .. }: Heads) -> FloatTensor<B> {
    let [_, width] = rows.shape().dims();
    B::float_swap_dims(B::float_reshape(rows, Shape::new([batch, steps, heads, width / heads])), 1, 2)
}

/// Batch × heads × steps × head to rows × width.
fn join<B: Backend>(parts: FloatTensor<B>, Heads { batch, steps, .. }: Heads) -> FloatTensor<B> {
    let [_, heads, _, head] = parts.shape().dims();
    B::float_reshape(B::float_swap_dims(parts, 1, 2), Shape::new([batch * steps, heads * head]))
}

/// Queries, keys and values, the first two rotated.
fn split<B: Backend>(
    packed: FloatTensor<B>,
    cosine: &FloatTensor<B>,
    sine: &FloatTensor<B>,
    heads: Heads,
) -> [FloatTensor<B>; 3] {
    let [_, all] = packed.shape().dims();
    let width = (all / 3) as isize;
    [0, 1, 2].map(|part| {
        let columns = Slice::new(part * width, Some((part + 1) * width), 1);
        let part_of_all = apart::<B>(B::float_slice(packed.clone(), &[Slice::full(), columns]), heads);
        match heads.rotary && part < 2 {
            true => rotate::<B>(part_of_all, cosine, sine),
            false => part_of_all,
        }
    })
}

/// Rotates pairs of a first and a second half of each head.
fn rotate<B: Backend>(x: FloatTensor<B>, cosine: &FloatTensor<B>, sine: &FloatTensor<B>) -> FloatTensor<B> {
    let half = |start: isize, end: isize| {
        let columns = Slice::new(start, Some(end), 1);
        B::float_slice(x.clone(), &[Slice::full(), Slice::full(), Slice::full(), columns])
    };
    let [.., head] = x.shape().dims::<4>();
    let (head, middle) = (head as isize, head as isize / 2);
    let (first, second) = (half(0, middle), half(middle, head));
    let (cosine, sine) = (on_all_heads::<B>(cosine.clone()), on_all_heads::<B>(sine.clone()));
    let product = |x: &FloatTensor<B>, by: &FloatTensor<B>| B::float_mul(x.clone(), by.clone());
    let turned = [
        B::float_sub(product(&first, &cosine), product(&second, &sine)),
        B::float_add(product(&second, &cosine), product(&first, &sine)),
    ];
    B::float_cat(turned.into(), 3)
}

fn on_all_heads<B: Backend>(table: FloatTensor<B>) -> FloatTensor<B> {
    let [rows, columns] = table.shape().dims();
    B::float_reshape(table, Shape::new([1, 1, rows, columns]))
}

/// The additions to scores that fall with distance.
fn fading<B: Backend>(slopes: FloatTensor<B>, distance: FloatTensor<B>, ahead: FloatTensor<B>) -> FloatTensor<B> {
    let [heads] = slopes.shape().dims();
    let slopes = B::float_reshape(slopes, Shape::new([1, heads, 1, 1]));
    B::float_add(B::float_mul(on_all_heads::<B>(distance), slopes), on_all_heads::<B>(ahead))
}

/// Attends with `packed`, (batch · steps) × three times the width: queries, keys and values, the heads of each side by
/// side. Each row of the result, (batch · steps) × width, is a weighted mean of the values of the rows up to it.
pub(crate) fn attend(packed: Tensor<2>, positions: Positions<Tensor<2>, Tensor<1>>, heads: Heads) -> Tensor<2> {
    let Positions { cosine, sine, slopes, distance, ahead } = positions;
    let (mixed, _) = Dispatch::attended(
        packed.into_dispatch(),
        cosine.into_dispatch(),
        sine.into_dispatch(),
        slopes.into_dispatch(),
        distance.into_dispatch(),
        ahead.into_dispatch(),
        heads,
    );
    Tensor::from_dispatch(mixed)
}

#[derive(Debug)]
struct Node;

impl<B: Attend> Backward<B, 1> for Node {
    /// The node of the packed rows; tables, mixed values and intermediate results.
    type State = (NodeId, [FloatTensor<B>; 5], [FloatTensor<B>; 2], Heads);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let (packed, [cosine, sine, slopes, distance, ahead], [mixed, kept], heads) = ops.state;
        let packed = checkpointer.retrieve_node_output::<FloatTensor<B>>(packed);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            let gradient =
                B::attended_gradient(packed, cosine, sine, slopes, distance, ahead, mixed, kept, output, heads);
            gradients.register::<B>(parent.id, gradient);
        }
    }
}

impl<B: Attend, C: CheckpointStrategy> Attend for Autodiff<B, C> {
    fn attended(
        packed: FloatTensor<Self>,
        cosine: FloatTensor<Self>,
        sine: FloatTensor<Self>,
        slopes: FloatTensor<Self>,
        distance: FloatTensor<Self>,
        ahead: FloatTensor<Self>,
        heads: Heads,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let tables = [cosine, sine, slopes, distance, ahead].map(|table| table.into_primitive());
        let forward = |packed: FloatTensor<B>, [cosine, sine, slopes, distance, ahead]: [FloatTensor<B>; 5]| {
            B::attended(packed, cosine, sine, slopes, distance, ahead, heads)
        };
        match Node.prepare::<C>([packed.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let place = prepared.checkpoint(&packed);
                let (mixed, kept) = forward(packed.into_primitive(), tables.clone());
                let state = (place, tables, [mixed.clone(), kept.clone()], heads);
                (prepared.finish(state, mixed), Self::from_inner(kept))
            }
            OpsKind::UnTracked(prepared) => {
                let (mixed, kept) = forward(packed.into_primitive(), tables);
                (prepared.finish(mixed), Self::from_inner(kept))
            }
        }
    }

    fn attended_gradient(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: Heads,
    ) -> FloatTensor<Self> {
        super::of_second_order()
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::tensor::{DType, Device};

    use super::super::super::hyperparameter::{Hyperparameters, Mixing, NormKind, Position};
    use super::super::super::position::PositionTables;
    use super::super::fixtures::{close, random};
    use super::*;

    /// More rows than a block of queries has, and no multiple of it.
    const STEPS: usize = 150;

    #[test]
    fn blocks_without_scores_are_the_basic_operations_with_them() {
        for position in [Position::Sinusoidal, Position::Rotary { theta: 100.0 }, Position::LinearBias] {
            let hyperparameters = Hyperparameters {
                mixing: Mixing::Attention { position, n_heads: 3 },
                norm: NormKind::Layer,
                dim_model: 18,
                seq_len: STEPS + 3,
                n_layer: 1,
                learning_rate: None,
            };
            let (positions, heads) = PositionTables::new(&hyperparameters, &Device::flex()).attention(2, STEPS);
            let table = |table: Tensor<2>| native(table.into_data());
            let slopes = native(positions.slopes.into_data());
            let [cosine, sine, distance, ahead] =
                [positions.cosine, positions.sine, positions.distance, positions.ahead].map(table);
            let tables = || [cosine.clone(), sine.clone(), slopes.clone(), distance.clone(), ahead.clone()];
            let (packed, output) = (random(1, [2 * STEPS, 54]), random(2, [2 * STEPS, 18]));

            let [a, b, c, d, e] = tables();
            let (mixed, kept) = Flex::attended(packed.clone(), a, b, c, d, e, heads);
            close("mixed", mixed.clone(), composed::<Flex>(packed.clone(), tables(), heads).0);
            let plain = composed_gradient::<Flex>(packed.clone(), tables(), mixed.clone(), output.clone(), heads);
            let [a, b, c, d, e] = tables();
            close("packed", Flex::attended_gradient(packed, a, b, c, d, e, mixed, kept, output, heads), plain);
        }
    }

    fn native(data: burn::tensor::TensorData) -> FloatTensor<Flex> {
        assert_eq!(data.dtype(), DType::F32);
        FloatTensor::<Flex>::from_data(data)
    }
}
