//! Vectors of costs in order: which dominate which, in which fronts, and how lonely each is in its own.
use std::cmp::Ordering;

/// Whether a vector is nowhere worse than another and somewhere better.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}

/// Indices by front: the first holds what nothing dominates, each further one what nothing dominates but those before it.
/// Within a front they ascend.
///
/// In the order of the first cost, what comes later dominates nothing that came before, so that each vector is placed by
/// the fronts so far alone (efficient non-dominated sorting: Zhang et al. 2015).
pub fn fronts(costs: &[&[f64]]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|&a, &b| lexicographic(costs[a], costs[b]).then(a.cmp(&b)));
    let mut fronts: Vec<Vec<usize>> = Vec::new();
    for index in order {
        let dominated = |front: &Vec<usize>| front.iter().rev().any(|&other| dominates(costs[other], costs[index]));
        // What dominates a member of a later front is itself dominated by one of each earlier front.
        let place = fronts.partition_point(dominated);
        match fronts.get_mut(place) {
            Some(front) => front.push(index),
            None => fronts.push(vec![index]),
        }
    }
    fronts.iter_mut().for_each(|front| front.sort_unstable());
    fronts
}

/// How far each vector's neighbours on either side are apart, added over the costs, each in units of its range; infinite at
/// the ends (Deb et al. 2002).
pub fn crowding_distances(costs: &[&[f64]]) -> Vec<f64> {
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

/// Indices from the best: front by front, in each the loneliest first, the earlier of equals. Of one cost, by that.
pub fn order(costs: &[&[f64]]) -> Vec<usize> {
    if costs.iter().all(|cost| cost.len() <= 1) {
        let mut order: Vec<usize> = (0..costs.len()).collect();
        order.sort_by(|&a, &b| lexicographic(costs[a], costs[b]));
        return order;
    }
    let spread = |mut front: Vec<usize>| {
        let members: Vec<&[f64]> = front.iter().map(|&index| costs[index]).collect();
        let mut lonely: Vec<(f64, usize)> = crowding_distances(&members).into_iter().zip(front.drain(..)).collect();
        lonely.sort_by(|(a, first), (b, second)| b.total_cmp(a).then(first.cmp(second)));
        lonely.into_iter().map(|(_, index)| index)
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
