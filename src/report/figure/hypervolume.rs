//! Figure of the progress of several objectives: the hypervolume that their front dominates.
use crate::analysis::Findings;
use crate::analysis::front::{Front, FrontStep};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{BLUE, HEADING, INK, MUTED, SHADE, SMALL, TEXT};
use crate::report::draw::words::{amount, count};

const WIDTH: f64 = 1180.0;
const HIGH: f64 = 250.0;
const LEFT: f64 = 62.0;
const BELOW: f64 = 74.0;
/// Steps up to which each has a dot.
const DOTS: usize = 60;

/// Draws the hypervolume by budget spent and by trials.
pub(crate) fn laid_out(findings: &Findings, front: &Front, room: Room) -> Canvas {
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let facts = format!(
        "the front at {} grew {}; its hypervolume is the share of the space between the best costs and a reference that some trial dominates",
        amount(front.budget, &findings.unit),
        count(front.progress.len(), "time")
    );
    let top = room.head(&mut canvas, &format!("{} · growth of the front", findings.experiment), &[facts]) + 30.0;
    let columns = room.columns(215.0, 2);
    let each = (canvas.width - 2.0 * room.margin()) / columns as f64;
    let high = if room.asked().is_some() { (0.6 * (each - LEFT)).clamp(120.0, HIGH) } else { HIGH };
    let convergence = &findings.convergence;
    let spent: (&dyn Fn(&FrontStep) -> f64, f64) = (&|step| step.spent, convergence.spent);
    let ended: (&dyn Fn(&FrontStep) -> f64, f64) = (&|step| step.ended as f64, convergence.ended as f64);
    let names = [format!("budget spent ({})", findings.unit), "trials ended".to_owned()];
    for (index, ((place, end), name)) in [spent, ended].into_iter().zip(names).enumerate() {
        let frame = Frame {
            x: room.margin() + LEFT + (index % columns) as f64 * each,
            y: top + (index / columns) as f64 * (high + BELOW),
            width: each - LEFT - 14.0,
            height: high,
        };
        panel(&mut canvas, frame, &front.progress, place, end);
        let head = ["Hypervolume, by budget spent", "By trials"][index];
        let head = font::elide(head, HEADING, true, frame.width + 10.0);
        canvas.say((frame.x, frame.y - 12.0), head, HEADING, INK, Anchor::Start, true);
        let name = font::elide(&name, TEXT, false, frame.width + 10.0);
        canvas.say((frame.x + frame.width / 2.0, frame.bottom() + 36.0), name, TEXT, INK, Anchor::Middle, false);
        if index % columns == 0 {
            let at = (frame.x - LEFT + 10.0, frame.y + frame.height / 2.0);
            let text = font::elide("hypervolume", TEXT, false, frame.height);
            canvas.text(Text { text, at, size: TEXT, bold: false, anchor: Anchor::Middle, colour: INK, upright: true });
        }
    }
    let rows = 2_usize.div_ceil(columns) as f64;
    canvas.end(top + rows * (high + BELOW) - 28.0)
}

fn panel(canvas: &mut Canvas, frame: Frame, steps: &[FrontStep], place: &dyn Fn(&FrontStep) -> f64, end: f64) {
    let across = Axis::between(0.0, if end > 0.0 { 1.04 * end } else { 1.0 }, false);
    let up = Axis::between(0.0, 1.0, false);
    for tick in up.ticks(5) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    let mut points: Vec<At> = Vec::new();
    for step in steps {
        let (x, y) = frame.at(across.share(place(step)), up.share(step.hypervolume));
        points.extend(points.last().map(|before| (x, before.1)));
        points.push((x, y));
        if steps.len() <= DOTS {
            canvas.disc((x, y), 3.0, BLUE);
        }
    }
    points.extend(points.last().map(|last| (frame.at(across.share(end), 0.0).0, last.1)));
    canvas.line(points, BLUE, 2.0);
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, up.ticks(5), SMALL, LEFT - 14.0);
    axis::below(canvas, frame, across.ticks(6), false, SMALL);
}
