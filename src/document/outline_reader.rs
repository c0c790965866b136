//! The reader of outlines: a parser of RON that keeps the bytes of every value.
use crate::document::outline::{Field, OutlineKind, OutlineNode};

impl OutlineNode {
    /// The outline of a text that RON accepts.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut reader = OutlineReader { text, at: 0, depth: 0 };
        reader.skip();
        while text[reader.at..].starts_with("#!") {
            reader.at += text[reader.at..].find(']')? + 1;
            reader.skip();
        }
        reader.value()
    }
}

/// The first bracket of a text that has no partner, and whether it opens.
pub(crate) fn lone_bracket(text: &str) -> Option<(usize, char)> {
    let mut reader = OutlineReader { text, at: 0, depth: 0 };
    let mut open: Vec<(usize, char)> = Vec::new();
    loop {
        reader.skip();
        let letter = reader.peek()?;
        let start = reader.at;
        match letter {
            '"' => {
                reader.string()?;
            }
            'r' if is_raw(&text[start..]) => {
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

/// The deepest value that is read: deeper than RON reads, and the stack has an end.
const DEEPEST: usize = 256;

/// True where a raw string begins; `r#name` is a name.
fn is_raw(text: &str) -> bool {
    text.strip_prefix('r').is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
}

struct OutlineReader<'a> {
    text: &'a str,
    at: usize,
    /// Values that are open here.
    depth: usize,
}

impl OutlineReader<'_> {
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

    fn value(&mut self) -> Option<OutlineNode> {
        self.skip();
        let start = self.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let kind = match self.peek()? {
            '[' => self.list('[')?,
            '{' => self.entries('{')?,
            '(' => self.group()?,
            '"' => self.string()?,
            'r' if is_raw(&self.text[self.at..]) => self.string()?,
            '\'' => {
                let rest = &self.text[self.at + 1..];
                let first = if rest.starts_with('\\') { 2 } else { rest.chars().next()?.len_utf8() };
                self.at += 1 + first + rest.get(first..)?.find('\'')? + 1;
                OutlineKind::Scalar
            }
            _ => {
                self.name()?;
                let end = self.at;
                self.skip();
                if self.peek() == Some('(') {
                    self.group()?
                } else {
                    self.at = end;
                    OutlineKind::Scalar
                }
            }
        };
        self.depth -= 1;
        Some(OutlineNode { span: start..self.at, kind })
    }

    /// A number, or a name.
    fn name(&mut self) -> Option<&str> {
        let rest = &self.text[self.at..];
        let inside = |each: char| each.is_alphanumeric() || "_+-.#".contains(each);
        let length = rest.find(|each: char| !inside(each)).unwrap_or(rest.len());
        self.at += length;
        (length > 0).then(|| &rest[..length])
    }

    fn string(&mut self) -> Option<OutlineKind> {
        let rest = &self.text[self.at..];
        if let Some(raw) = rest.strip_prefix('r') {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            let begin = self.at + 1 + hashes + 1;
            let closing = format!("\"{}", "#".repeat(hashes));
            let end = begin + self.text[begin..].find(&closing)?;
            self.at = end + closing.len();
            return Some(OutlineKind::Text { content: begin..end, raw: true });
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
        Some(OutlineKind::Text { content: begin..end, raw: false })
    }

    /// A struct if a name and a colon come first, a tuple otherwise.
    fn group(&mut self) -> Option<OutlineKind> {
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

    fn list(&mut self, opener: char) -> Option<OutlineKind> {
        let mut items = Vec::new();
        self.eat(opener)?;
        loop {
            self.skip();
            if self.eat(closer(opener)).is_some() {
                return Some(OutlineKind::Items(items));
            }
            items.push(self.value()?);
            self.skip();
            let _ = self.eat(',');
        }
    }

    fn entries(&mut self, opener: char) -> Option<OutlineKind> {
        let mut fields = Vec::new();
        self.eat(opener)?;
        loop {
            self.skip();
            if self.eat(closer(opener)).is_some() {
                return Some(OutlineKind::Fields(fields));
            }
            let key = self.value()?;
            self.skip();
            self.eat(':')?;
            let value = self.value()?;
            self.skip();
            let _ = self.eat(',');
            let name = match &key.kind {
                OutlineKind::Text { content, .. } => self.text[content.clone()].to_owned(),
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
        let node = OutlineNode::of(text).unwrap();
        let at = |node: &OutlineNode| &text[node.span.clone()];
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
        let node = OutlineNode::of(text).unwrap();
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
