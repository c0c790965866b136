//! Figure of the local importance: a row for each hyperparameter, a column for each region and each further objective.
use crate::analysis::Findings;
use crate::analysis::locality::{LocalImportance, Locality};
use crate::report::draw::axis;
use crate::report::draw::axis::{Axis, Tick};
use crate::report::draw::canvas::{Anchor, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, BLUE, Colour, HEADING, INK, MUTED, SHADE, SMALL, THREAD, viridis};
use crate::report::draw::words::percent;
use crate::report::figure::caption;
use crate::report::figure::caption::WIDTH;

/// The width of the names of hyperparameters, and their share of a narrow room.
const NAMES: f64 = 170.0;
const NARROW: f64 = 0.3;
const ROW: f64 = 26.0;
const BETWEEN: f64 = 26.0;
/// The height from the bars of a column to those of the next, where they are below each other.
const BELOW: f64 = 76.0;
/// Further objectives that are drawn at most.
const OBJECTIVES: usize = 3;

/// The ends of an interval, where there is one.
type Ends = Option<(f64, f64)>;
/// The length of a bar, the interval at its end, and its colour.
type Bar = (f64, Ends, Colour);

/// A column: its heading, the name of its axis, and for each row the bar, its ends and its colour.
struct Column {
    head: String,
    name: &'static str,
    bars: Vec<Option<Bar>>,
}

/// Draws the columns; `None` without a model that is trusted.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let locality = findings.locality.as_ref().filter(|locality| !locality.near.is_empty())?;
    let height = ROW * locality.near.len() as f64;
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let line =
        "shares of the variance of the model's predictions; what matters far from the best need not matter near it";
    let top = caption::head(&mut canvas, room, &findings.experiment, "importance near the best", line) + 30.0;
    let columns = columns(locality);
    let side_by_side = room.asked().is_none();
    let names = room.asked().map_or(NAMES, |width| NARROW * width).min(NAMES);
    let all = canvas.width - 2.0 * room.margin() - names;
    let each = if side_by_side { all / columns.len() as f64 } else { all };
    let mut bottom = top;
    for (index, column) in columns.iter().enumerate() {
        let (across, down) = if side_by_side { (index as f64, 0.0) } else { (0.0, index as f64) };
        let (x, y) = (room.margin() + names + each * across, top + (height + BELOW) * down);
        if index == 0 || !side_by_side {
            for (row, local) in locality.near.iter().enumerate() {
                let name = font::elide(&local.hyperparameter, SMALL, false, names - 14.0);
                let at = (x - 8.0, y + ROW * (row as f64 + 0.5) + 3.8);
                canvas.say(at, name, SMALL, INK, Anchor::End, false);
            }
        }
        draw(&mut canvas, Frame { x, y, width: each - BETWEEN, height }, column);
        bottom = y + height;
    }
    Some(canvas.end(bottom + 56.0))
}

fn columns(locality: &Locality) -> Vec<Column> {
    let region = |head: &str, pick: &dyn Fn(&LocalImportance) -> Option<(f64, Ends)>, colour: Colour| {
        let bars = locality.near.iter().map(|local| pick(local).map(|(share, ends)| (share, ends, colour)));
        Column { head: head.to_owned(), name: "share of variance", bars: bars.collect() }
    };
    let mut columns = vec![
        region("Everywhere", &|local| Some((local.everywhere?, None)), ASH),
        region("Among the best quarter", &|local| Some((local.best_quarter?, None)), viridis(0.62)),
        region("Around the best", &|local| Some((local.around_best?, local.around_interval)), BLUE),
    ];
    columns.extend(locality.objectives.iter().take(OBJECTIVES).map(|objective| {
        let colour = |real: bool| if real { viridis(0.62) } else { THREAD };
        let bars = objective.worsening.iter().map(|&(share, real)| Some((share.max(0.0), None, colour(real))));
        let bars: Vec<_> = bars.collect();
        let bars = if bars.is_empty() { vec![None; locality.near.len()] } else { bars };
        let head = match &objective.unknown {
            Some(_) => format!("For {}: unknown", objective.objective),
            None => format!("For {}", objective.objective),
        };
        Column { head, name: "error if exchanged", bars }
    }));
    columns
}

fn draw(canvas: &mut Canvas, frame: Frame, column: &Column) {
    let head = font::elide(&column.head, HEADING, true, frame.width + BETWEEN - 6.0);
    canvas.say((frame.x, frame.y - 12.0), head, HEADING, INK, Anchor::Start, true);
    let ends = column.bars.iter().flatten().map(|(share, ends, _)| ends.map_or(*share, |(_, high)| high.max(*share)));
    let most = ends.fold(0.05, f64::max) * 1.04;
    let axis = Axis::between(0.0, most, false);
    let ticks: Vec<Tick> =
        axis.ticks(3).into_iter().map(|tick| Tick { at: tick.at, label: percent(tick.at * most) }).collect();
    for tick in &ticks {
        canvas.line(vec![frame.at(tick.at, 0.0), frame.at(tick.at, 1.0)], SHADE, 1.0);
    }
    for (index, bar) in column.bars.iter().enumerate() {
        let middle = frame.y + ROW * (index as f64 + 0.5);
        let Some((share, ends, colour)) = bar else {
            canvas.say((frame.x + 6.0, middle + 3.6), "–", SMALL, MUTED, Anchor::Start, false);
            continue;
        };
        let x = |share: f64| frame.at(axis.share(share).clamp(0.0, 1.0), 0.0).0;
        let place = Frame { x: frame.x, y: middle - 7.0, width: (x(*share) - frame.x).max(0.8), height: 14.0 };
        canvas.rectangle(place, *colour);
        if let Some((low, high)) = ends {
            canvas.line(vec![(x(*low), middle), (x(*high), middle)], INK, 1.2);
            for end in [low, high] {
                canvas.line(vec![(x(*end), middle - 3.0), (x(*end), middle + 3.0)], INK, 1.2);
            }
        }
    }
    canvas.edges(frame, MUTED);
    axis::below(canvas, frame, ticks, false, SMALL);
    caption::below(canvas, frame, column.name);
}
