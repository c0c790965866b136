//! Figure of a race: the best so far of several runs against the budget spent, with bands over the runs of a group.
use crate::analysis::race::{Race, RaceGroup};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{BLUE, Colour, MUTED, ORANGE, PAPER, RED, SHADE, SMALL, TEXT, mix};
use crate::report::draw::words::{amount, count};
use crate::report::figure::caption;
use crate::report::figure::caption::{MARGIN, WIDTH};

const TOP: f64 = 130.0;
const HIGH: f64 = 380.0;
const LEFT: f64 = 74.0;
const COLOURS: [Colour; 6] = [BLUE, ORANGE, RED, [0x2f, 0x7d, 0x5b], [0x7a, 0x4f, 0x9a], [0x1f, 0x8a, 0xa0]];
/// Groups that are drawn at most.
pub(crate) const DRAWN: usize = 6;

/// The words of a race: those of its first run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RaceWords<'a> {
    /// The unit of the budget, in the plural.
    pub unit: &'a str,
    /// The name of the cost.
    pub measure: &'a str,
}

/// Draws the race.
pub(crate) fn figure(race: &Race, words: &RaceWords) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, TOP + HIGH + 58.0);
    let runs: usize = race.groups.iter().map(|group| group.runs).sum();
    let budget = race.budget.map(|budget| format!(" at {}", amount(budget, words.unit)));
    let mut line = format!(
        "{}: the median of the best so far{}, and the middle half of the runs",
        count(runs, "run"),
        budget.unwrap_or_default()
    );
    if race.groups.len() > DRAWN {
        line += &format!("; the first {DRAWN} of {} groups are drawn", race.groups.len());
    }
    let groups = &race.groups[..race.groups.len().min(DRAWN)];
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    caption::head(&mut canvas, Room::PAGE, "compare", &names.join(", "), &line);
    let entry = |(index, group): (usize, &RaceGroup)| -> (String, caption::Sign) {
        let sign =
            move |canvas: &mut Canvas, (x, y): At| canvas.line(vec![(x - 8.0, y), (x + 8.0, y)], COLOURS[index], 2.4);
        let name = font::elide(&group.name, TEXT, false, 170.0);
        (format!("{name} ({})", count(group.runs, "run")), Box::new(sign))
    };
    caption::legend(&mut canvas, Room::PAGE, 96.0, groups.iter().enumerate().map(entry).collect());
    let frame = Frame { x: MARGIN + LEFT, y: TOP, width: WIDTH - 2.0 * MARGIN - LEFT - 8.0, height: HIGH };
    let points = || groups.iter().flat_map(|group| &group.points);
    let ends = points().flat_map(|point| point.median.into_iter().chain(point.band.iter().flat_map(|(a, b)| [*a, *b])));
    let up = Axis::of_costs(ends);
    let across = Axis::between(0.0, race.effort.max(1e-9), false);
    for tick in up.ticks(6) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    let at = |spent: f64, cost: f64| frame.at(across.share(spent), up.share(cost));
    for (group, colour) in groups.iter().zip(COLOURS) {
        let banded: Vec<_> = group.points.iter().filter_map(|point| Some((point.spent, point.band?))).collect();
        let upper = banded.iter().map(|(spent, (_, high))| at(*spent, *high));
        let lower = banded.iter().rev().map(|(spent, (low, _))| at(*spent, *low));
        if banded.len() > 1 {
            canvas.polygon(upper.chain(lower).collect(), mix(PAPER, colour, 0.22));
        }
    }
    for (group, colour) in groups.iter().zip(COLOURS) {
        let line = group.points.iter().filter_map(|point| Some(at(point.spent, point.median?)));
        canvas.line(line.collect(), colour, 2.4);
    }
    if points().all(|point| point.median.is_none()) {
        let text = "no budget has a cost in all runs";
        canvas.say(frame.at(0.5, 0.5), text, TEXT, MUTED, Anchor::Middle, false);
    }
    canvas.edges(frame, MUTED);
    axis::left(&mut canvas, frame, up.ticks(6), SMALL, 60.0);
    axis::below(&mut canvas, frame, across.ticks(8), false, SMALL);
    caption::beside(&mut canvas, frame, LEFT - 12.0, words.measure);
    caption::below(&mut canvas, frame, &format!("budget spent ({})", words.unit));
    canvas
}
