//! Penalties: costs that look as if a program had reported them in place of failures.
use super::direction::Direction;
use super::history::History;

/// The least number of results with the cost of a penalty, and of results without.
const LEAST: usize = 3;

/// The least distance of a penalty from the other costs, in ranges of those.
const GAP: f64 = 3.0;

/// A cost that several results share, far above all others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalty {
    pub cost: f64,
    /// The number of results with this cost.
    pub count: usize,
    /// The number of all results.
    pub results: usize,
}

/// The cost of the first objective that looks like a penalty; `None` where none does.
pub fn penalty(history: &History) -> Option<Penalty> {
    let costs = history.ended().filter_map(|trial| trial.outcome.as_ref()?.cost());
    of_costs(costs.collect())
}

fn of_costs(mut costs: Vec<f64>) -> Option<Penalty> {
    costs.sort_by(f64::total_cmp);
    let (best, cost) = (*costs.first()?, *costs.last()?);
    let others = costs.partition_point(|each| *each < cost);
    let count = costs.len() - others;
    let mut distinct = costs[..others].to_vec();
    distinct.dedup();
    let range = distinct.last()? - best;
    // Few different costs may all be classes of their own.
    let is_crowd = count >= LEAST && distinct.len() >= LEAST;
    (is_crowd && cost - best > (GAP + 1.0) * range).then_some(Penalty { cost, count, results: costs.len() })
}

impl Penalty {
    /// A sentence for the user, the cost being as the user has it.
    pub fn warning(&self, direction: Direction) -> String {
        let Self { cost, count, results } = self;
        let noun = if direction == Direction::Maximize { "value" } else { "cost" };
        let value = direction.turn(*cost);
        format!(
            "{count} of {results} results have the {noun} {value}, far from all others, which looks like a penalty for failures: \
             report a failure by its exit code or as `outcome` instead, so that it is listed as one and the search avoids it"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_penalty_is_a_crowd_far_from_the_rest() {
        let with = |penalty: f64, count: usize| {
            let mut costs = vec![0.5, 0.1, 0.9, 0.3];
            costs.extend(vec![penalty; count]);
            of_costs(costs)
        };
        assert_eq!(with(1e6, 3), Some(Penalty { cost: 1e6, count: 3, results: 7 }));
        for costs in
            [with(1e6, 2), with(1.0, 5), with(0.1, 5), of_costs(vec![]), of_costs(vec![0.0, 1.0, 9e9, 9e9, 9e9])]
        {
            assert_eq!(costs, None);
        }
        assert!(
            with(1e6, 3).unwrap().warning(Direction::Maximize).starts_with("3 of 7 results have the value -1000000,")
        );
    }
}
