//! Source text as the rules read it: comments and literals blank, items that only tests have left out.

/// Rust code with the same lines, in which comments, strings and characters are spaces.
pub fn without_literals(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let end = literal_end(&letters, at);
        match end {
            Some(end) => code.extend(letters[at..end].iter().map(|&letter| if letter == '\n' { '\n' } else { ' ' })),
            None => code.push(letters[at]),
        }
        at = end.unwrap_or(at + 1);
    }
    code
}

/// The end of the comment, string or character that begins here.
fn literal_end(letters: &[char], at: usize) -> Option<usize> {
    let starts = |place: usize, text: &str| text.chars().enumerate().all(|(i, c)| letters.get(place + i) == Some(&c));
    let find = |from: usize, text: &str| (from..letters.len()).find(|&place| starts(place, text));
    let is_word = |place: usize| letters.get(place).is_some_and(|&letter| letter.is_alphanumeric() || letter == '_');
    if starts(at, "//") {
        return Some(find(at, "\n").unwrap_or(letters.len()));
    }
    if starts(at, "/*") {
        let (mut depth, mut place) = (1, at + 2);
        while depth > 0 && place < letters.len() {
            let step = if starts(place, "/*") { 1 } else { -i32::from(starts(place, "*/")) };
            depth += step;
            place += if step == 0 { 1 } else { 2 };
        }
        return Some(place);
    }
    let is_raw = (starts(at, "r\"") || starts(at, "r#") || starts(at, "br\"") || starts(at, "br#"))
        && !(at > 0 && is_word(at - 1));
    if is_raw {
        let hashes_from = at + if letters[at] == 'b' { 2 } else { 1 };
        let hashes = letters[hashes_from..].iter().take_while(|&&letter| letter == '#').count();
        if letters.get(hashes_from + hashes) == Some(&'"') {
            let closing = format!("\"{}", "#".repeat(hashes));
            return find(hashes_from + hashes + 1, &closing).map(|end| end + closing.len());
        }
    }
    if letters[at] == '"' {
        let mut place = at + 1;
        while place < letters.len() && letters[place] != '"' {
            place += if letters[place] == '\\' { 2 } else { 1 };
        }
        return Some((place + 1).min(letters.len()));
    }
    if letters[at] == '\'' {
        // A lifetime has no closing quote after its first letter.
        return match letters.get(at + 1)? {
            '\\' => find(at + 3, "'").map(|end| end + 1),
            _ => (letters.get(at + 2) == Some(&'\'')).then_some(at + 3),
        };
    }
    None
}

/// The code without what `#[cfg(test)]` marks, and the names of the files that it declares as modules of tests.
pub fn without_tests(code: &str) -> (String, Vec<String>) {
    let (mut kept, mut files) = (code.to_owned(), Vec::new());
    while let Some(start) = ["#[cfg(test)]", "#[cfg(all(test"].iter().filter_map(|mark| kept.find(mark)).min() {
        let mut body = start + kept[start..].find(']').expect("an attribute ends") + 1;
        while kept[body..].trim_start().starts_with("#[") {
            body += kept[body..].find(']').expect("an attribute ends") + 1;
        }
        let end = item_end(&kept, body);
        let words: Vec<&str> = kept[body..end].trim_end_matches(';').split_whitespace().collect();
        if let [.., "mod", name] = words[..] {
            files.push(name.to_owned());
        }
        let blank: String = kept[start..end].chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect();
        kept.replace_range(start..end, &blank);
    }
    (kept, files)
}

/// The end of the item that begins at a byte: its semicolon, or the brace that closes its body.
fn item_end(code: &str, start: usize) -> usize {
    let is_use = code[start..].split_whitespace().take(2).any(|word| word == "use");
    let mut depth = 0_i32;
    for (offset, letter) in code[start..].char_indices() {
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (letter == ';' || letter == '}' && !is_use) {
            return start + offset + 1;
        }
    }
    code.len()
}

#[test]
fn literals_and_tests_are_left_out() {
    let code =
        without_literals("let a = \"use \\\" x\"; // use y\nlet b: &'static str = r#\"crate::z\"#; let c = '{';");
    assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), "let a = ; let b: &'static str = ; let c = ;");
    let text = "use a;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\n#[path = x]\nuse b::{c, d};\n#[cfg(test)]\nmod more {\n\
                fn f() { [1; 2]; }\n}\nuse e;\n";
    let (code, files) = without_tests(text);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["use", "a;", "use", "e;"]);
    assert_eq!((files, code.lines().count()), (vec!["tests".to_owned()], text.lines().count()));
}
