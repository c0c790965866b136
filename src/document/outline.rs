//! The outline of a RON text: the bytes of its fields, keys and values.
//!
//! The parser gives places for its own errors only. The outline has the place of a value that parses and turns out wrong.
use std::ops::Range;

/// A value of a RON text and the bytes that it covers.
#[derive(Clone, Debug)]
pub(crate) struct OutlineNode {
    pub span: Range<usize>,
    pub kind: OutlineKind,
}

/// The structure of a value.
#[derive(Clone, Debug)]
pub(crate) enum OutlineKind {
    /// A number, a character, or a name on its own.
    Scalar,
    /// A string between its quotes; `raw` has no escapes.
    Text { content: Range<usize>, raw: bool },
    /// A struct or a map.
    Fields(Vec<Field>),
    /// A list or a tuple.
    Items(Vec<OutlineNode>),
}

/// A field of a struct, or an entry of a map.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub name: String,
    pub key: Range<usize>,
    pub value: OutlineNode,
}

impl OutlineNode {
    /// The fields of a struct or the entries of a map, in the order of the text.
    pub(crate) fn fields(&self) -> &[Field] {
        match &self.kind {
            OutlineKind::Fields(fields) => fields,
            _ => &[],
        }
    }

    /// The values of a list.
    pub(crate) fn items(&self) -> &[OutlineNode] {
        match &self.kind {
            OutlineKind::Items(items) => items,
            _ => &[],
        }
    }

    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&OutlineNode> {
        self.fields().iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// The byte of the text that writes the byte `offset` of a string's value, which may have escapes.
    pub(crate) fn inside(&self, text: &str, offset: usize) -> usize {
        let OutlineKind::Text { content, raw } = &self.kind else { return self.span.start };
        let (mut at, mut value) = (content.start, 0);
        while at < content.end && value < offset {
            let (written, meant) = if *raw { (1, 1) } else { letter(&text[at..content.end]) };
            at += written;
            value += meant;
        }
        at.min(content.end)
    }

    /// The first byte of the value whose last byte is before `end`.
    pub(crate) fn ending_at(&self, end: usize) -> Option<usize> {
        if self.span.end == end {
            return Some(self.span.start);
        }
        let inner = self.fields().iter().map(|field| &field.value).chain(self.items());
        inner.filter(|node| node.span.contains(&(end - 1))).find_map(|node| node.ending_at(end))
    }

    /// The innermost field around a byte, and its value, which is no struct, map or list.
    pub(crate) fn value_at(&self, offset: usize) -> Option<(&str, &OutlineNode)> {
        self.value_within("", offset)
    }

    fn value_within<'a>(&'a self, name: &'a str, offset: usize) -> Option<(&'a str, &'a OutlineNode)> {
        let around = |node: &OutlineNode| node.span.start <= offset && offset <= node.span.end;
        match &self.kind {
            OutlineKind::Scalar | OutlineKind::Text { .. } => around(self).then_some((name, self)),
            OutlineKind::Fields(fields) => {
                let field = fields.iter().find(|field| around(&field.value))?;
                field.value.value_within(&field.name, offset)
            }
            OutlineKind::Items(items) => items.iter().find(|item| around(item))?.value_within(name, offset),
        }
    }

    /// Visits every number and every name on its own.
    pub(crate) fn scalars(&self, visit: &mut impl FnMut(Range<usize>)) {
        match &self.kind {
            OutlineKind::Scalar => visit(self.span.clone()),
            OutlineKind::Text { .. } => {}
            OutlineKind::Fields(fields) => fields.iter().for_each(|field| field.value.scalars(visit)),
            OutlineKind::Items(items) => items.iter().for_each(|item| item.scalars(visit)),
        }
    }
}

/// The bytes that the first letter of a string is written with, and the bytes that it stands for.
fn letter(written: &str) -> (usize, usize) {
    let first = written.chars().next().map_or(1, char::len_utf8);
    if !written.starts_with('\\') {
        return (first, first);
    }
    match written[1..].chars().next() {
        Some('x') => (4, 1),
        Some('u') => {
            let end = written.find('}').map_or(written.len(), |end| end + 1);
            let code = written.get(3..end.saturating_sub(1)).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            (end, code.and_then(char::from_u32).map_or(1, char::len_utf8))
        }
        _ => (2, 1),
    }
}
