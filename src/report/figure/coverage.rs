//! Figure of a dataset's coverage: the density of each quantity, and of each pair of them.
use crate::battery::dataset::coverage;
use crate::battery::dataset::coverage::{BINS, SplitCoverage};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::theme::{BLUE, Colour, FAINT, HEADING, INK, MUTED, ORANGE, SMALL, TEXT, TITLE, mix};
use crate::report::draw::words::{count, feature, number, percent, unit};

const MARGIN: f64 = 28.0;
const TOP: f64 = 116.0;
const LEFT: f64 = 78.0;
/// The side of a panel, and the distance from one to the next.
const SIDE: f64 = 212.0;
const STEP: f64 = 230.0;
/// The powers of ten from the palest to the darkest shade; rarer values are as pale as the palest.
const DECADES: f64 = 4.0;
/// The powers of ten of the logarithmic axis of a distribution whose greatest share is `STEEP` times the median share.
const SINGLE_DECADES: f64 = 4.0;
const STEEP: f64 = 20.0;
/// The number of shades of a density; neighbours of one shade are one rectangle.
const SHADES: usize = 24;
/// Colours of the kinds of profile.
const KINDS: [Colour; 5] = [BLUE, ORANGE, [0x2a, 0x8c, 0x6e], [0x8a, 0x4a, 0x9c], [0xa8, 0x32, 0x4a]];
/// The lightest and the darkest colour of a density.
const PALE: Colour = [0xe3, 0xec, 0xf5];
const DEEP: Colour = [0x0d, 0x2b, 0x4d];

/// Draws the coverage of a split.
pub(crate) fn figure(coverage: &SplitCoverage) -> Canvas {
    let axes = coverage.axes.len();
    let size = LEFT + STEP * (axes - 1) as f64 + SIDE;
    let mut canvas = Canvas::new(2.0 * MARGIN + size, TOP + STEP * (axes - 1) as f64 + SIDE + 66.0);
    let split = coverage.split.name().replace('_', "-");
    let title = format!("{} · coverage of the {} {split} series", coverage.cell, coverage.series);
    canvas.say((MARGIN, 44.0), title, TITLE, INK, Anchor::Start, true);
    let of =
        if coverage.counted < coverage.rows { format!(" of {}", number(coverage.rows as f64)) } else { String::new() };
    let line = format!("{}{of} counted; below the diagonal, darker is denser", count_of(coverage.counted));
    canvas.write((MARGIN, 66.0), line, TEXT, MUTED);
    let scales: Vec<Axis> = coverage.axes.iter().map(|axis| Axis::between(axis.least, axis.largest, false)).collect();
    let frame = |row: usize, column: usize| Frame {
        x: MARGIN + LEFT + column as f64 * STEP,
        y: TOP + row as f64 * STEP,
        width: SIDE,
        height: SIDE,
    };
    let most = coverage.double.iter().flatten().flatten().copied().max().unwrap_or(1).max(1) as f64;
    for (pair, (row, column)) in coverage::pairs().enumerate() {
        let frame = frame(row, column);
        density(&mut canvas, frame, &coverage.double[pair], most);
        canvas.edges(frame, MUTED);
        if column == 0 {
            axis::left(&mut canvas, frame, scales[row].ticks(4), SMALL, 40.0);
            let text = head(&coverage.axes[row]);
            let at = (MARGIN + 12.0, frame.y + frame.height / 2.0);
            canvas.text(Text { text, at, size: TEXT, bold: false, anchor: Anchor::Middle, colour: INK, upright: true });
        }
    }
    for (axis, scale) in scales.iter().enumerate() {
        single(&mut canvas, frame(axis, axis), coverage, axis);
        below(&mut canvas, frame(axes - 1, axis), scale, &coverage.axes[axis]);
    }
    legend(&mut canvas, frame(0, 2), coverage, most);
    canvas
}

fn count_of(rows: usize) -> String {
    if rows < 100_000 { count(rows, "row") } else { format!("{} rows", number(rows as f64)) }
}

fn head(axis: &coverage::FeatureAxis) -> String {
    match unit(&axis.unit) {
        "" => feature(&axis.name),
        unit => format!("{} ({unit})", feature(&axis.name)),
    }
}

fn below(canvas: &mut Canvas, frame: Frame, scale: &Axis, axis: &coverage::FeatureAxis) {
    axis::below(canvas, frame, scale.ticks(5), false, SMALL);
    canvas.say((frame.x + frame.width / 2.0, frame.bottom() + 36.0), head(axis), TEXT, INK, Anchor::Middle, false);
}

/// The shade of a number of rows, on a logarithmic scale; `None` without rows.
fn shade(rows: u64, most: f64) -> Option<usize> {
    let share = 1.0 + (rows.max(1) as f64 / most).log10() / DECADES;
    (rows > 0).then(|| ((share.max(0.0) * SHADES as f64) as usize).min(SHADES - 1))
}

fn colour(shade: usize) -> Colour {
    let share = shade as f64 / (SHADES - 1) as f64;
    // Mixed through blue, so that the middle keeps its colour.
    if share < 0.6 { mix(PALE, BLUE, share / 0.6) } else { mix(BLUE, DEEP, (share - 0.6) / 0.4) }
}

/// Draws the numbers of rows in the bins of two axes: columns from left to right, bins from below.
fn density(canvas: &mut Canvas, frame: Frame, columns: &[Vec<u64>], most: f64) {
    let side = (frame.width / BINS as f64, frame.height / BINS as f64);
    for (column, parts) in columns.iter().enumerate() {
        let shades: Vec<Option<usize>> = parts.iter().map(|&rows| shade(rows, most)).collect();
        let mut from = 0;
        for run in shades.chunk_by(|a, b| a == b) {
            if let Some(shade) = run[0] {
                let height = run.len() as f64 * side.1;
                let y = frame.bottom() - from as f64 * side.1 - height;
                // Slightly wider, so that no seam shows.
                let x = frame.x + column as f64 * side.0;
                canvas.rectangle(Frame { x, y, width: side.0 + 0.15, height: height + 0.15 }, colour(shade));
            }
            from += run.len();
        }
    }
}

/// Draws the distribution of the rows of each kind of profile over one axis.
fn single(canvas: &mut Canvas, frame: Frame, coverage: &SplitCoverage, axis: usize) {
    let mut shares: Vec<f64> = coverage.single.iter().flat_map(|axes| &axes[axis]).copied().collect();
    shares.retain(|share| *share > 0.0);
    shares.sort_by(f64::total_cmp);
    let most = shares.last().copied().unwrap_or(1.0);
    let is_logarithmic = most > STEEP * shares.get(shares.len() / 2).copied().unwrap_or(most);
    let up = |share: f64| match is_logarithmic {
        true => (1.0 + (share.max(1e-12) / most).log10() / SINGLE_DECADES).max(0.0) / 1.06,
        false => share / most / 1.06,
    };
    for (kind, axes) in coverage.single.iter().enumerate() {
        let mut points = Vec::with_capacity(2 * BINS);
        for (part, share) in axes[axis].iter().enumerate() {
            for edge in [part, part + 1] {
                points.push(frame.at(edge as f64 / BINS as f64, up(*share)));
            }
        }
        canvas.line(points, KINDS[kind % KINDS.len()], 1.3);
    }
    canvas.edges(frame, MUTED);
    let axis = &coverage.axes[axis];
    let scale = if is_logarithmic { ", log" } else { "" };
    let span = format!("{} to {}{scale}", number(axis.least), number(axis.largest));
    canvas.say((frame.x, frame.y - 7.0), head(axis), HEADING, INK, Anchor::Start, true);
    let x = frame.right();
    if font::width(&head(axis), HEADING, true) + font::width(&span, SMALL, false) + 8.0 < frame.width {
        canvas.say((x, frame.y - 7.0), span, SMALL, MUTED, Anchor::End, false);
    }
}

/// Draws the colours of the kinds, the scale of the densities, and the shares of time at rest and near the limits.
fn legend(canvas: &mut Canvas, frame: Frame, coverage: &SplitCoverage, most: f64) {
    let (x, mut y) = (frame.x + 4.0, frame.y + 6.0);
    canvas.say((x, y), "on the diagonal: share of the rows, by kind of profile", TEXT, INK, Anchor::Start, false);
    for (kind, name) in coverage.kinds.iter().enumerate() {
        y += 19.0;
        canvas.line(vec![(x, y - 4.0), (x + 20.0, y - 4.0)], KINDS[kind % KINDS.len()], 2.2);
        let name = match name.as_str() {
            "DriveCycle" => "drive cycle".to_owned(),
            name => name.to_lowercase(),
        };
        canvas.write((x + 27.0, y), name, TEXT, INK);
    }
    y += 34.0;
    canvas.say((x, y), "below the diagonal: rows in a cell, logarithmic", TEXT, INK, Anchor::Start, false);
    y += 10.0;
    let wide = 240.0;
    for shade in 0..SHADES {
        let step = wide / SHADES as f64;
        let cell = Frame { x: x + shade as f64 * step, y, width: step + 0.15, height: 11.0 };
        canvas.rectangle(cell, colour(shade));
    }
    let rule = Frame { x, y: y + 11.0, width: wide, height: 0.0 };
    let scale = Axis::between(most / 10f64.powf(DECADES), most, true);
    axis::below(canvas, rule, scale.ticks(6), false, SMALL);
    y += 52.0;
    let facts = [
        (percent(coverage.resting), "of the time at rest"),
        (percent(coverage.critical), "of the time near empty or full, where small currents are asked for"),
    ];
    for (share, what) in facts {
        canvas.say((x, y), share.as_str(), HEADING, INK, Anchor::Start, true);
        let room = 2.0 * STEP - 60.0;
        for (line, text) in font::wrap(what, TEXT, room).into_iter().enumerate() {
            canvas.write((x + 44.0, y + 15.0 * line as f64), text, TEXT, INK);
        }
        y += 22.0;
    }
    canvas.line(vec![(x, frame.y - 14.0), (x + 2.0 * STEP - 24.0, frame.y - 14.0)], FAINT, 1.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::dataset::{Dataset, Specification, Split};

    #[test]
    fn every_row_is_counted_once_and_texts_lie_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let specification = Specification { train: 6, validation: 1, test: 1, hours: 1.0, ..Default::default() };
        Dataset::generate(&specification, &path, &|_| {}).unwrap();
        let covered = coverage::coverage(&Dataset::open(&path).unwrap(), Split::Train);
        assert_eq!((covered.rows, covered.counted), (6 * 3600, 6 * 3600));
        for pair in &covered.double {
            assert_eq!(pair.iter().flatten().sum::<u64>(), 6 * 3600);
        }
        for share in covered.single.iter().flatten().map(|parts| parts.iter().sum::<f64>()) {
            assert!((share - 1.0).abs() < 1e-12, "{share}");
        }
        assert_eq!(figure(&covered).text_faults(), [""; 0]);
    }

    #[test]
    fn shades_go_from_rare_to_dense() {
        assert_eq!(shade(0, 1e6), None);
        assert_eq!([1, 100, 1_000_000].map(|rows| shade(rows, 1e6).unwrap()), [0, 0, SHADES - 1]);
        let red = (0..SHADES).map(|shade| colour(shade)[0]).collect::<Vec<_>>();
        assert!(red.is_sorted_by(|a, b| a >= b), "{red:?}");
    }
}
