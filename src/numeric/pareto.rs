//! Pareto order of cost vectors: dominance, non-dominated fronts and crowding distances.
use std::cmp::Ordering;

/// True where `a` is nowhere above `b` and somewhere below.
pub(crate) fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}

/// The indices of the vectors by non-dominated front, ascending within each. The first front holds the vectors that no
/// other dominates, each further one those that only vectors of earlier fronts dominate.
///
/// Vectors are taken in the order of the first cost, where a later one dominates no earlier one, so that the fronts so
/// far decide (efficient non-dominated sorting: Zhang et al. 2015).
pub(crate) fn fronts(costs: &[&[f64]]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|&a, &b| lexicographic(costs[a], costs[b]).then(a.cmp(&b)));
    let mut fronts: Vec<Vec<usize>> = Vec::new();
    for index in order {
        let dominated = |front: &Vec<usize>| front.iter().rev().any(|&other| dominates(costs[other], costs[index]));
        // A vector that a member of a later front dominates is dominated by one of each earlier front.
        let position = fronts.partition_point(dominated);
        match fronts.get_mut(position) {
            Some(front) => front.push(index),
            None => fronts.push(vec![index]),
        }
    }
    fronts.iter_mut().for_each(|front| front.sort_unstable());
    fronts
}

/// The share of the rectangle between the least and the greatest costs that a front dominates, which grows with every better
/// member; `None` unless there are two costs and both differ. The front is in ascending order of the first cost.
pub(crate) fn dominated_share(costs: &[&[f64]], front: &[&[f64]]) -> Option<f64> {
    let pairs: Option<Vec<[f64; 2]>> = costs.iter().map(|costs| (*costs).try_into().ok()).collect();
    let pairs = pairs?;
    let ends = [0, 1].map(|objective| {
        let all = pairs.iter().map(|pair| pair[objective]);
        (all.clone().fold(f64::INFINITY, f64::min), all.fold(f64::NEG_INFINITY, f64::max))
    });
    let [(left, right), (low, high)] = ends;
    if pairs.is_empty() || left == right || low == high {
        return None;
    }
    // Member by member from the left: each dominates a column up to the right end, of which the next takes the rest.
    let (mut area, mut ceiling) = (0.0, high);
    for member in front {
        let [x, y]: [f64; 2] = (*member).try_into().ok()?;
        area += (right - x) * (ceiling - y).max(0.0);
        ceiling = ceiling.min(y);
    }
    Some(area / ((right - left) * (high - low)))
}

/// The crowding distance of each vector: the distance between its neighbours on either side, summed over the costs, each in
/// units of its range; infinite at the ends (Deb et al. 2002).
fn crowding_distances(costs: &[&[f64]]) -> Vec<f64> {
    let mut distances = vec![0.0; costs.len()];
    let dimensions = costs.first().map_or(0, |first| first.len());
    for dimension in 0..dimensions {
        let at = |index: usize| costs[index][dimension];
        let mut order: Vec<usize> = (0..costs.len()).collect();
        order.sort_by(|&a, &b| at(a).total_cmp(&at(b)).then(a.cmp(&b)));
        let (first, last) = (order[0], order[order.len() - 1]);
        let range = at(last) - at(first);
        distances[first] = f64::INFINITY;
        distances[last] = f64::INFINITY;
        for three in order.windows(3) {
            if range > 0.0 {
                distances[three[1]] += (at(three[2]) - at(three[0])) / range;
            }
        }
    }
    distances
}

/// The indices of the vectors from the best: front by front, within a front by descending crowding distance, the earlier of
/// equals. Vectors of one cost are ordered by it.
pub(crate) fn order(costs: &[&[f64]]) -> Vec<usize> {
    if costs.iter().all(|cost| cost.len() <= 1) {
        let mut order: Vec<usize> = (0..costs.len()).collect();
        order.sort_by(|&a, &b| lexicographic(costs[a], costs[b]));
        return order;
    }
    let spread = |mut front: Vec<usize>| {
        let vectors: Vec<&[f64]> = front.iter().map(|&index| costs[index]).collect();
        let mut members: Vec<(f64, usize)> = crowding_distances(&vectors).into_iter().zip(front.drain(..)).collect();
        members.sort_by(|(a, first), (b, second)| b.total_cmp(a).then(first.cmp(second)));
        members.into_iter().map(|(_, index)| index)
    };
    fronts(costs).into_iter().flat_map(spread).collect()
}

fn lexicographic(a: &[f64], b: &[f64]) -> Ordering {
    a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    fn slices(costs: &[Vec<f64>]) -> Vec<&[f64]> {
        costs.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn fronts_are_those_of_the_definition() {
        let mut stream = Stream::of(1, "test", 0);
        for dimensions in 1..=3 {
            let draw = |_| (0..dimensions).map(|_| stream.below(12) as f64).collect();
            let costs: Vec<Vec<f64>> = (0..200).map(draw).collect();
            let mut left: Vec<usize> = (0..200).collect();
            for front in fronts(&slices(&costs)) {
                let is_first = |&index: &usize| !left.iter().any(|&other| dominates(&costs[other], &costs[index]));
                let expected: Vec<usize> = left.iter().copied().filter(is_first).collect();
                assert_eq!(front, expected, "{dimensions} costs");
                left.retain(|index| !front.contains(index));
            }
            assert_eq!(left, [0; 0]);
        }
    }

    #[test]
    fn the_ends_of_a_front_come_first_and_the_crowded_last() {
        let costs = [[0.0, 4.0], [1.0, 2.9], [1.1, 2.8], [4.0, 0.0], [4.0, 4.0], [2.5, 1.0]].map(|each| each.to_vec());
        assert_eq!(order(&slices(&costs)), [0, 3, 5, 2, 1, 4]);
        assert_eq!(order(&[&[2.0], &[1.0], &[2.0]]), [1, 0, 2]);
        assert_eq!(crowding_distances(&[&[0.0, 1.0], &[0.5, 0.5], &[1.0, 0.0]])[1], 2.0);
    }
}
