//! Excerpts of output: text of bounded length that a terminal does not interpret.

/// The letters of a quoted line at most.
const LONGEST_QUOTE: usize = 160;

/// Text without control characters, which a terminal would interpret.
pub(crate) fn legible(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let kept = |character: char| character == '\n' || character == '\t' || !character.is_control();
    text.chars().map(|character| if kept(character) { character } else { ' ' }).collect::<String>().trim().to_owned()
}

/// A line as a message quotes it: legible, and cut where it is long.
pub(crate) fn quoted(line: &str) -> String {
    let line = legible(line.as_bytes()).replace(['\n', '\t'], " ");
    match line.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Appends bytes, and drops the first ones beyond a limit.
pub(crate) fn keep_end(kept: &mut Vec<u8>, bytes: &[u8], limit: usize) {
    let bytes = &bytes[bytes.len().saturating_sub(limit)..];
    let surplus = (kept.len() + bytes.len()).saturating_sub(limit);
    kept.drain(..surplus);
    kept.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_short_and_harmless() {
        assert_eq!(quoted("a\u{1b}[2J\tb "), "a [2J b");
        let long = quoted(&"ä".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with("ä…")), (161, true));
    }
}
