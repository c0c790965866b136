//! Circles of a graph: the sets of nodes each of which reaches every other.
use std::collections::{BTreeMap, BTreeSet};

/// The circles of more than one node, each in order.
pub fn circles<T: Ord + Clone>(graph: &BTreeMap<T, BTreeSet<T>>) -> Vec<BTreeSet<T>> {
    let reached: BTreeMap<&T, BTreeSet<&T>> = graph.keys().map(|node| (node, reach(graph, node))).collect();
    let mut found: Vec<BTreeSet<T>> = Vec::new();
    for node in graph.keys().filter(|node| reached[node].contains(node)) {
        if found.iter().any(|circle| circle.contains(node)) {
            continue;
        }
        let mutual = reached[node].iter().filter(|other| reached[*other].contains(node));
        found.push(mutual.map(|&other| other.clone()).collect());
    }
    found
}

/// The nodes at the end of a way from this one.
fn reach<'a, T: Ord>(graph: &'a BTreeMap<T, BTreeSet<T>>, from: &T) -> BTreeSet<&'a T> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&T> = graph[from].iter().collect();
    while let Some(node) = open.pop() {
        let known = graph.get_key_value(node);
        if let Some((node, next)) = known
            && reached.insert(node)
        {
            open.extend(next);
        }
    }
    reached
}

#[test]
fn circles_are_found() {
    let edges =
        [("a", vec!["b"]), ("b", vec!["c", "d"]), ("c", vec!["a"]), ("d", vec!["e"]), ("e", vec!["f"]), ("f", vec![])];
    let graph = edges.into_iter().map(|(from, to)| (from, to.into_iter().collect())).collect();
    assert_eq!(circles(&graph), [BTreeSet::from(["a", "b", "c"])]);
}
