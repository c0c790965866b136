//! Thinning of long series: the least and the greatest value of each part, so that no extreme is lost.

/// Rows with their values, reduced to the least and the greatest of each `part` rows, in the order of the rows.
pub(crate) fn extremes(rows: &[(usize, f32)], part: usize) -> Vec<(usize, f32)> {
    let mut kept = Vec::new();
    for chunk in rows.chunks(part.max(1)) {
        let least = chunk.iter().min_by(|a, b| a.1.total_cmp(&b.1)).expect("a chunk has rows");
        let greatest = chunk.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("a chunk has rows");
        let (first, second) = if least.0 < greatest.0 { (least, greatest) } else { (greatest, least) };
        kept.push(*first);
        if first.0 != second.0 {
            kept.push(*second);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extremes_and_the_order_are_kept() {
        let mut rows: Vec<(usize, f32)> = (0..100_000).map(|row| (row, 0.0)).collect();
        rows[51_234].1 = 9.0;
        rows[77_777].1 = -9.0;
        let kept = extremes(&rows, 250);
        assert!(kept.len() <= 800, "{}", kept.len());
        assert!(kept.contains(&(51_234, 9.0)) && kept.contains(&(77_777, -9.0)));
        assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
    }
}
