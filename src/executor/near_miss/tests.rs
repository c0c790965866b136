//! Tests of near misses: outputs that people's programs printed, each with the words of its message.
use super::*;

fn said(output: &[u8], errors: &str) -> String {
    let wanted = Wanted {
        missing: "no line of its output is a JSON object with `cost`".to_owned(),
        example: "{\"cost\": 0.3}".to_owned(),
        advice: "",
    };
    explain(&wanted, Unanswered { output, overlong: 0, errors }).to_string()
}

#[test]
fn the_line_is_quoted_and_its_fault_named() {
    let wide: Vec<u8> = "{\"cost\": 0.3}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let table: [(&[u8], &str, &str); 38] = [
        (b"{\"loss\": 0.3}\n", "`{\"loss\": 0.3}`: it has `loss`, but no `cost`", "name it `cost`"),
        (b"{'cost': 0.3}\n", "`{'cost': 0.3}`: it is a dictionary as Python prints it", "json.dumps"),
        (b"{\n  \"cost\": 0.3\n}\n", "`}`: the result is spread over several lines", "without `indent`"),
        (b"{\n  'cost': 0.3,\n  'x': None\n}\n", "spread over several lines", "one line"),
        (b"result = {\n  \"cost\": 0.3\n}\n", "spread over several lines", "one line"),
        (b"INFO train: {\"cost\": 0.3}\n", "`INFO train: {\"cost\": 0.3}`: `INFO train:` stands before", "its own"),
        (b"{\"cost\": 0.3} done\n", "`done` stands behind the object", "its own"),
        (b"{\"cost\": 0.3},\n", "`,` stands behind", "its own"),
        (b"{\"cost\": 0.3}{\"cost\": 0.4}\n", "more text follows", "its own"),
        (b"b'{\"cost\": 0.3}'\n", "bytes as Python prints them", "decode"),
        (b"cost=0.3\n", "`cost=0.3`: it names `cost`, but is no JSON object", "`{\"cost\": 0.3}`"),
        (b"final cost: 0,25\n", "it names `cost`", "`{\"cost\": 0.25}`"),
        (b"The loss is 0.125.\n", "it names `loss`", "`{\"cost\": 0.125}`"),
        (b"epoch 3  val_loss 0.5 acc 0.9\n", "it names `", "{\"cost\": 0."),
        (b"0.3\n", "a number alone", "`{\"cost\": 0.3}`"),
        (b".3\n", "a number alone", "`{\"cost\": .3}`"),
        (b"nan\n", "no object with `cost`", "cost"),
        (b"{\"Cost\": 0.3}\n", "it has `Cost`, not `cost`", "small letters"),
        (b"{\"accuracy\": 0.9}\n", "it has `accuracy`, but no `cost`", "1 - accuracy"),
        (b"{\"result\": {\"cost\": 0.3}}\n", "its `cost` is inside `result`", "in the object itself"),
        (b"{\"cots\": 0.3}\n", "it has `cots`", "did you mean `cost`?"),
        (b"{\"costs\": 0.3}\n", "its `costs` is a number", "`objectives`"),
        (b"{\"outcome\": \"failed\"}\n", "no outcome is named \"failed\"", "cost"),
        (b"[{\"cost\": 0.3}]\n", "it is a list", "cost"),
        (b"\"{\\\"cost\\\": 0.3}\"\n", "text that holds JSON", "once"),
        (b"{cost: 0.3}\n", "its name has no quotes", "`{\"cost\": 0.3}`"),
        (b"{\"cost\": 0,3}\n", "decimal comma", "`{\"cost\": 0.3}`"),
        (b"{\"cost\": 0.3,}\n", "a comma after the last entry", "json.dumps"),
        (b"{\"cost\": .3}\n", "it is not JSON", "json.dumps"),
        (b"{\"cost\": 0.", "it is cut", "flush"),
        (b"{\"cost\": tensor(0.3)}\n", "of NumPy or of PyTorch", "float(...)"),
        ("{“cost”: 0.3}\n".as_bytes(), "typographic quotes", "double quotes"),
        (b"\x1b[32m{\"cost\": 0.3}\x1b[0m\n", "codes for colours", "without colours"),
        (&wide, "in UTF-16", "UTF-8"),
        (b"{\"loss\": 0.3}\nbye\n", "a line of its output is `{\"loss\": 0.3}`", "name it `cost`"),
        (b"training\nall done\n", "its last line is `all done`", "`{\"cost\": 0.3}`"),
        (b"", "its output is empty", "`{\"cost\": 0.3}`"),
        (b"\xff\xfe\x00\x01{", "its last line is", "`{\"cost\": 0.3}`"),
    ];
    for (output, words, hint) in table {
        let said = said(output, "");
        let (message, remedy) = said.split_once("\nhint: ").unwrap();
        assert!(message.contains(words) && remedy.contains(hint), "{}: {said}", String::from_utf8_lossy(output));
    }
}

#[test]
fn a_result_on_standard_error_is_found_there() {
    let said = said(b"done\n", "warning\n{\"cost\": 0.3}\n");
    assert!(said.contains("`{\"cost\": 0.3}` is on its standard error"), "{said}");
}

#[test]
fn any_bytes_are_explained() {
    let pieces: [&[u8]; 14] =
        [b"{", b"}", b"\"", b"'", b"cost", b":", b"0.3", b",", b"\n", b"\x00", b"\xff", b"\x1b[", b"[", "“".as_bytes()];
    for seed in 0_usize..4000 {
        let mut state = seed;
        let mut output = Vec::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            output.extend_from_slice(pieces[(state >> 33) % pieces.len()]);
        }
        assert!(said(&output, "").starts_with("no line of its output"), "{output:?}");
    }
}
