//! The list of figures of a report by name, each with the numbers behind it and a caption for a paper.
use crate::analysis::{Findings, ReportInput};
use crate::report::draw::canvas::Canvas;
use crate::report::draw::room::Room;
use crate::report::figure::{convergence, front, interactions, metrics, paper_caption, predictions};

/// One figure of a report.
pub struct FigureEntry {
    /// The name of its files, and of the argument that asks for it.
    pub name: &'static str,
    draw: fn(&Findings, &ReportInput, Room) -> Option<Canvas>,
    /// The fields of `report.json` that it shows.
    pub fields: &'static [&'static str],
    caption: fn(&Findings) -> String,
}

/// The figures in the order of the page.
pub static FIGURES: [FigureEntry; 5] = [
    FigureEntry {
        name: "front",
        draw: |findings, _, room| front::laid_out(findings, room),
        fields: &["front"],
        caption: paper_caption::front,
    },
    FigureEntry {
        name: "convergence",
        draw: |findings, _, room| Some(convergence::laid_out(findings, room)),
        fields: &["convergence", "fidelity", "front/progress"],
        caption: paper_caption::convergence,
    },
    FigureEntry {
        name: "interactions",
        draw: |findings, _, room| Some(interactions::laid_out(findings, room)),
        fields: &["matrix"],
        caption: paper_caption::interactions,
    },
    FigureEntry {
        name: "predictions",
        draw: |findings, input, room| {
            let title = format!("{} · predictions of the best model", findings.experiment);
            predictions::laid_out(&title, input.predictions, room)
        },
        fields: &["predictions"],
        caption: paper_caption::predictions,
    },
    FigureEntry {
        name: "metrics",
        draw: |findings, _, room| metrics::laid_out(findings, room),
        fields: &["metrics"],
        caption: paper_caption::metrics,
    },
];

impl FigureEntry {
    /// The figure of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FIGURES.iter().find(|figure| figure.name == name)
    }

    /// The drawing; `None` where the run has nothing to draw.
    pub(crate) fn draw(&self, findings: &Findings, input: &ReportInput, room: Room) -> Option<Canvas> {
        (self.draw)(findings, input, room)
    }

    /// A caption that says what is drawn, of how many trials and by which model.
    pub fn caption(&self, findings: &Findings) -> String {
        (self.caption)(findings)
    }
}
