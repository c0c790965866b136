//! The outline of a RON text: the bytes of its fields, keys and values.
//!
//! The parser gives places for its own errors only. The outline has the place of a value that parses and turns out wrong.
use std::ops::Range;

/// A value of a RON text and the bytes that it covers.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub span: Range<usize>,
    pub kind: Kind,
}

/// The structure of a value.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A number, a character, or a name on its own.
    Scalar,
    /// A string between its quotes; `raw` has no escapes.
    Text { content: Range<usize>, raw: bool },
    /// A struct or a map.
    Fields(Vec<Field>),
    /// A list or a tuple.
    Items(Vec<Node>),
}

/// A field of a struct, or an entry of a map.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub name: String,
    pub key: Range<usize>,
    pub value: Node,
}

impl Node {
    /// The outline of a text that RON accepts.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        reader.skip();
        while text[reader.at..].starts_with("#!") {
            reader.at += text[reader.at..].find(']')? + 1;
            reader.skip();
        }
        reader.value()
    }

    /// The fields of a struct or the entries of a map, in the order of the text.
    pub(crate) fn fields(&self) -> &[Field] {
        match &self.kind {
            Kind::Fields(fields) => fields,
            _ => &[],
        }
    }

    /// The values of a list.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Items(items) => items,
            _ => &[],
        }
    }

    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&Node> {
        self.fields().iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// The byte of the text that writes the byte `offset` of a string's value, which may have escapes.
    pub(crate) fn inside(&self, text: &str, offset: usize) -> usize {
        let Kind::Text { content, raw } = &self.kind else { return self.span.start };
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
    pub(crate) fn value_at(&self, offset: usize) -> Option<(&str, &Node)> {
        self.value_within("", offset)
    }

    fn value_within<'a>(&'a self, name: &'a str, offset: usize) -> Option<(&'a str, &'a Node)> {
        let around = |node: &Node| node.span.start <= offset && offset <= node.span.end;
        match &self.kind {
            Kind::Scalar | Kind::Text { .. } => around(self).then_some((name, self)),
            Kind::Fields(fields) => {
                let field = fields.iter().find(|field| around(&field.value))?;
                field.value.value_within(&field.name, offset)
            }
            Kind::Items(items) => items.iter().find(|item| around(item))?.value_within(name, offset),
        }
    }

    /// Visits every number and every name on its own.
    pub(crate) fn scalars(&self, visit: &mut impl FnMut(Range<usize>)) {
        match &self.kind {
            Kind::Scalar => visit(self.span.clone()),
            Kind::Text { .. } => {}
            Kind::Fields(fields) => fields.iter().for_each(|field| field.value.scalars(visit)),
            Kind::Items(items) => items.iter().for_each(|item| item.scalars(visit)),
        }
    }
}

/// The first bracket of a text that has no partner, and whether it opens.
pub(crate) fn lone_bracket(text: &str) -> Option<(usize, char)> {
    let mut reader = Reader { text, at: 0 };
    let mut open: Vec<(usize, char)> = Vec::new();
    loop {
        reader.skip();
        let letter = reader.peek()?;
        let start = reader.at;
        match letter {
            '"' => {
                reader.string()?;
            }
            'r' if text[start + 1..].starts_with(['"', '#']) => {
                reader.string()?;
            }
            '(' | '[' | '{' => {
                open.push((start, letter));
                reader.at += 1;
            }
            ')' | ']' | '}' => match open.pop() {
                Some((_, opener)) if closer(opener) == letter => reader.at += 1,
                Some(lone) => return Some(lone),
                None => return Some((start, letter)),
            },
            _ => reader.at += letter.len_utf8(),
        }
        reader.skip();
        if reader.at == text.len() {
            return open.pop();
        }
    }
}

/// The bracket that closes another.
pub(crate) fn closer(opener: char) -> char {
    match opener {
        '(' => ')',
        '[' => ']',
        _ => '}',
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn eat(&mut self, expected: char) -> Option<()> {
        (self.peek()? == expected).then(|| self.at += expected.len_utf8())
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                let mut depth = 0_usize;
                while self.at < self.text.len() {
                    let rest = &self.text[self.at..];
                    if rest.starts_with("/*") {
                        depth += 1;
                        self.at += 2;
                    } else if rest.starts_with("*/") {
                        depth -= 1;
                        self.at += 2;
                    } else {
                        self.at += rest.chars().next().map_or(1, char::len_utf8);
                    }
                    if depth == 0 {
                        break;
                    }
                }
            } else {
                return;
            }
        }
    }

    fn value(&mut self) -> Option<Node> {
        self.skip();
        let start = self.at;
        let kind = match self.peek()? {
            '[' => self.list('[')?,
            '{' => self.entries('{')?,
            '(' => self.group()?,
            '"' => self.string()?,
            'r' if self.text[self.at + 1..].starts_with(['"', '#']) => self.string()?,
            '\'' => {
                let rest = &self.text[self.at + 1..];
                let first = if rest.starts_with('\\') { 2 } else { rest.chars().next()?.len_utf8() };
                self.at += 1 + first + rest.get(first..)?.find('\'')? + 1;
                Kind::Scalar
            }
            _ => {
                self.name()?;
                let end = self.at;
                self.skip();
                if self.peek() == Some('(') {
                    self.group()?
                } else {
                    self.at = end;
                    Kind::Scalar
                }
            }
        };
        Some(Node { span: start..self.at, kind })
    }

    /// A number, or a name.
    fn name(&mut self) -> Option<&str> {
        let rest = &self.text[self.at..];
        let inside = |each: char| each.is_alphanumeric() || "_+-.#".contains(each);
        let length = rest.find(|each: char| !inside(each)).unwrap_or(rest.len());
        self.at += length;
        (length > 0).then(|| &rest[..length])
    }

    fn string(&mut self) -> Option<Kind> {
        let rest = &self.text[self.at..];
        if let Some(raw) = rest.strip_prefix('r') {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            let begin = self.at + 1 + hashes + 1;
            let closing = format!("\"{}", "#".repeat(hashes));
            let end = begin + self.text[begin..].find(&closing)?;
            self.at = end + closing.len();
            return Some(Kind::Text { content: begin..end, raw: true });
        }
        let begin = self.at + 1;
        let mut end = begin;
        loop {
            match self.text[end..].chars().next()? {
                '"' => break,
                '\\' => end += 1 + self.text[end + 1..].chars().next()?.len_utf8(),
                other => end += other.len_utf8(),
            }
        }
        self.at = end + 1;
        Some(Kind::Text { content: begin..end, raw: false })
    }

    /// A struct if a name and a colon come first, a tuple otherwise.
    fn group(&mut self) -> Option<Kind> {
        let start = self.at;
        self.eat('(')?;
        self.skip();
        let named = self.name().is_some() && {
            self.skip();
            self.peek() == Some(':')
        };
        self.at = start;
        if named { self.entries('(') } else { self.list('(') }
    }

    fn list(&mut self, opener: char) -> Option<Kind> {
        let mut items = Vec::new();
        self.eat(opener)?;
        loop {
            self.skip();
            if self.eat(closer(opener)).is_some() {
                return Some(Kind::Items(items));
            }
            items.push(self.value()?);
            self.skip();
            let _ = self.eat(',');
        }
    }

    fn entries(&mut self, opener: char) -> Option<Kind> {
        let mut fields = Vec::new();
        self.eat(opener)?;
        loop {
            self.skip();
            if self.eat(closer(opener)).is_some() {
                return Some(Kind::Fields(fields));
            }
            let key = self.value()?;
            self.skip();
            self.eat(':')?;
            let value = self.value()?;
            self.skip();
            let _ = self.eat(',');
            let name = match &key.kind {
                Kind::Text { content, .. } => self.text[content.clone()].to_owned(),
                _ => self.text[key.span.clone()].to_owned(),
            };
            fields.push(Field { name, key: key.span, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found_behind_comments_and_strings() {
        let text = "#![enable(implicit_some)]\n// {\n(a: Float(min: 1, /* ) */ max: 2), m: {\"k(\": [1, r#\"x\"y\"#]}, t: (1, 2), u: Unit)";
        let node = Node::of(text).unwrap();
        let at = |node: &Node| &text[node.span.clone()];
        assert_eq!(at(node.field("a").unwrap().field("max").unwrap()), "2");
        assert_eq!(at(node.field("a").unwrap()), "Float(min: 1, /* ) */ max: 2)");
        let list = node.field("m").unwrap().field("k(").unwrap();
        assert_eq!(at(&list.items()[1]), "r#\"x\"y\"#");
        assert_eq!(list.items()[1].inside(text, 2), text.find("y\"#").unwrap());
        assert_eq!(node.field("t").unwrap().items().len(), 2);
        assert_eq!(at(node.field("u").unwrap()), "Unit");
    }

    #[test]
    fn a_place_inside_a_string_counts_what_is_written() {
        let text = r#"["a\"b\u{e9}c"]"#;
        let node = Node::of(text).unwrap();
        let place = |offset| &text[node.items()[0].inside(text, offset)..];
        assert!(place(1).starts_with("\\\"") && place(2).starts_with('b'), "{}", place(2));
        assert!(place(5).starts_with('c'), "{}", place(5));
    }

    #[test]
    fn a_bracket_without_partner_is_named() {
        for (text, lone) in [
            ("(a: [1, 2)", Some((4, '['))),
            ("(a: 1", Some((0, '('))),
            ("(a: 1))", Some((6, ')'))),
            ("(a: \")\") // (", None),
        ] {
            assert_eq!(lone_bracket(text), lone, "{text}");
        }
    }
}
