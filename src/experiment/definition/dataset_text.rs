//! The dataset in the text of an experiment: a journal keeps it with its thermal model and its cell's file written out.
use crate::battery::dataset::Specification;
use crate::document::outline::OutlineNode;

/// The text with the cell's file and the thermal model of the dataset written into it, which then needs no other file and
/// means the same where another model is the default.
pub(crate) fn written_out(text: &str, dataset: &Specification) -> String {
    let outline = OutlineNode::of(text);
    let Some(task) = outline.as_ref().and_then(|outline| outline.field("task")) else { return text.to_owned() };
    let written = task.field("dataset");
    let is_missing = |name: &str| written.is_none_or(|node| node.field(name).is_none());
    let mut fields = String::new();
    if is_missing("thermal") {
        fields += &format!("thermal: {:?}, ", dataset.thermal);
    }
    if let Some(cell) = dataset.cell_text.as_ref().filter(|_| is_missing("cell_text")) {
        let longest = cell.split('"').skip(1).map(|rest| rest.len() - rest.trim_start_matches('#').len()).max();
        let fence = "#".repeat(longest.unwrap_or(0) + 1);
        fields += &format!("cell_text: r{fence}\"{cell}\"{fence}, ");
    }
    let (node, fields) = match written {
        Some(node) => (node, fields),
        None => (task, format!("dataset: ({fields}), ")),
    };
    match text[node.span.clone()].find('(') {
        Some(open) => {
            let place = node.span.start + open + 1;
            format!("{}{fields}{}", &text[..place], &text[place..])
        }
        None => text.to_owned(),
    }
}

/// True where the text names the thermal model of its dataset. Journals of builds before there was another default do not,
/// and mean the two-temperature model.
pub(crate) fn names_thermal(text: &str) -> bool {
    let outline = OutlineNode::of(text);
    let task = outline.as_ref().and_then(|outline| outline.field("task"));
    task.and_then(|task| task.field("dataset")).is_some_and(|dataset| dataset.field("thermal").is_some())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::battery::simulation::thermal::Thermal;
    use crate::document::source::parse;

    #[test]
    fn a_kept_text_needs_no_other_file() {
        let cell = "( name: \"a\"#, ) // \"## it is no cell";
        let dataset = Specification {
            cell: "mine.ron".to_owned(),
            cell_text: Some(cell.to_owned()),
            thermal: Thermal::Lumped,
            ..Specification::default()
        };
        for text in [
            "(name: \"n\", task: Battery(dataset: (cell: \"mine.ron\", hours: 12)))",
            "(name: \"n\", task: Battery(\n  dataset: Specification(\n cell: \"mine.ron\",\n),))",
        ] {
            let kept = written_out(text, &dataset);
            assert!(names_thermal(&kept) && !names_thermal(text), "{kept}");
            let start = kept.find("dataset: ").unwrap() + 9;
            let end = OutlineNode::of(&kept).unwrap().field("task").unwrap().field("dataset").unwrap().span.end;
            let read: Specification = parse(Path::new("n"), &kept[start..end]).unwrap();
            assert_eq!(read, dataset);
            assert_eq!(written_out(&kept, &dataset), kept);
        }
        let bare = written_out("(task: Battery())", &Specification::default());
        assert!(bare.starts_with("(task: Battery(dataset: (thermal: ") && names_thermal(&bare), "{bare}");
    }
}
