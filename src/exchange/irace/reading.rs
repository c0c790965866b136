//! Reads a parameter file as a space.
use std::path::Path;

use crate::document::diagnostic::Positioned;
use crate::document::source::SourceError;
use crate::exchange::draft::{Draft, Imported};
use crate::exchange::irace::expression::translated;
use crate::exchange::irace::line::{ParameterLine, without_comment};
use crate::exchange::words::listed;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// A section of a file.
#[derive(Clone, Copy, PartialEq)]
enum Section {
    Parameters,
    Forbidden,
    Global,
}

/// The space of a text; `path` names it in errors. Switches become descriptions.
pub fn read(text: &str, path: &Path) -> Result<Imported, SourceError> {
    let mut draft = Draft::new(path, text);
    let (mut conditions, mut forbidden) = (Vec::new(), Vec::new());
    let mut section = Section::Parameters;
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = without_comment(whole).trim_end();
        let offset = start + line.len() - line.trim_start().len();
        match line.trim() {
            "" => {}
            "[forbidden]" => section = Section::Forbidden,
            "[global]" => section = Section::Global,
            heading if heading.starts_with('[') && heading.ends_with(']') => {
                let message = format!("there is no section `{heading}`");
                return Err(draft.error(offset, message, "there are `[forbidden]` and `[global]`"));
            }
            clause if section == Section::Forbidden => forbidden.push((clause, offset)),
            setting if section == Section::Global => {
                draft.notes.push(format!("`{setting}` is left out: real numbers are not rounded here"));
            }
            _ => {
                let parts = ParameterLine::of(line).map_err(|message| {
                    draft.error(
                        offset,
                        message,
                        "a parameter is `rho \"--rho \" r (0.01, 1.00) | algorithm == \"acs\"`",
                    )
                })?;
                let domain = domain(&parts).map_err(|(message, hint)| draft.error(offset, message, hint))?;
                let default = domain.natural_default();
                let description = Some(parts.switch.trim()).filter(|switch| !switch.is_empty());
                let description = description.map(|switch| format!("passed as {switch}"));
                draft
                    .add(Hyperparameter { description, ..Hyperparameter::new(parts.name, domain, default) }, offset)?;
                if let Some(range) = parts.condition {
                    conditions.push((parts.name, &line[range.clone()], start + range.start));
                }
            }
        }
        start += whole.len();
    }
    // A condition may name parameters that come later.
    for (child, condition, offset) in conditions {
        let text = translate(&draft, condition, offset)?;
        draft.condition(child, text, offset)?;
    }
    for (clause, offset) in forbidden {
        let text = translate(&draft, clause, offset)?;
        draft.forbid(text, offset);
    }
    draft.finish()
}

fn translate(draft: &Draft, text: &str, offset: usize) -> Result<String, SourceError> {
    translated(text, |name| draft.find(name, offset).ok()).map_err(|Positioned { offset: inside, diagnostic }| {
        draft.error(offset + inside, diagnostic.message, diagnostic.hint.unwrap_or_default())
    })
}

/// The domain of a line; an error has a message and a hint.
fn domain(line: &ParameterLine) -> Result<Domain, (String, String)> {
    let name = line.name;
    if line.kind == "c" || line.kind == "o" {
        return match line.values[..] {
            [""] => Err((format!("`{name}` has no values"), "list them in parentheses".into())),
            _ => Ok(listed(&line.values, line.kind == "o")),
        };
    }
    let [min, max] = line.values[..] else {
        return Err((format!("the range of `{name}` is not two numbers"), "write (minimum, maximum)".into()));
    };
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let (Some(low), Some(high)) = (number(min), number(max)) else {
        let bound = if number(min).is_none() { min } else { max };
        let message = format!("the range of `{name}` depends on other parameters: `{bound}`");
        let hint = "ranges here are fixed: write its widest range, and what is not allowed under `[forbidden]`";
        return Err((message, hint.into()));
    };
    let is_whole = line.kind == "i";
    if is_whole && (low.fract() != 0.0 || high.fract() != 0.0) {
        return Err((format!("the range of `{name}` is not of whole numbers"), "or make it `r`".into()));
    }
    Ok(match is_whole {
        true if low == high => Domain::Constant { value: Value::Integer(low as i64) },
        true => Domain::Integer { min: low as i64, max: high as i64, log: line.log },
        false if low == high => Domain::Constant { value: Value::Float(low) },
        false => Domain::Float { min: low, max: high, log: line.log },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLONY: &str = r#"
        # name       switch           type  values           [conditions]
        algorithm    "--"             c     (as,mmas,eas,ras,acs)
        localsearch  "--localsearch " c     (0, 1, 2, 3)
        rho          "--rho "         r     (0.01, 1.00)
        ants         "--ants "        i,log (5, 100)
        q0           "--q0 "          r     (0.0, 1.0)       | algorithm == "acs"
        rate         ""               r,log (1e-4, 1e-1)     | !(algorithm %in% c("as", 'eas')) & ants*2 > 20  # both
        nnls         "--nnls "        i     (5, 50)          | localsearch %in% c(1,2,3)
        dlb.bits     "--dlb "         c     ("0", "1")       | localsearch != 0 || "acs" == algorithm
        size         "--size="        o     (small, "very large")
        fixed        "-f "            c     (1)
        first        ""               i     (1, 9)           | size == "small" | later >= 2 && later <= 1.5e1
        later        ""               i     (0, 20)

        [forbidden]
        (algorithm == "as") & (localsearch == 0)
        rho^2 + 1 > ants %/% 5 | ants %% 2 == 1L & dlb.bits == "1"
        [global]
        digits = 4
    "#;

    #[test]
    fn a_parameter_file_becomes_a_space() {
        let Imported { space, notes } = read(COLONY, Path::new("aco.txt")).unwrap();
        let domains: Vec<String> = space.hyperparameters().iter().map(|each| each.domain.to_string()).collect();
        assert_eq!(
            domains,
            [
                "one of as, mmas, eas, ras, acs",
                "one of 0, 1, 2, 3",
                "0.01 to 1",
                "5 to 100, whole, log",
                "0 to 1",
                "0.0001 to 0.1, log",
                "5 to 50, whole",
                "one of 0, 1",
                "small, very large",
                "always 1",
                "1 to 9, whole",
                "0 to 20, whole",
            ]
        );
        let conditions: Vec<String> =
            (0..domains.len()).filter_map(|index| Some(space.condition(index)?.text().to_owned())).collect();
        assert_eq!(
            conditions,
            [
                "algorithm == 'acs'",
                "not (algorithm in ['as', 'eas']) and ants * 2 > 20",
                "localsearch in [1, 2, 3]",
                "localsearch != 0 or 'acs' == algorithm",
                "size == 'small' or later >= 2 and later <= 15",
            ]
        );
        let forbidden: Vec<&str> = space.forbidden().iter().map(|clause| clause.text()).collect();
        assert_eq!(
            forbidden,
            ["algorithm == 'as' and localsearch == 0", "rho ** 2 + 1 > ants // 5 or ants % 2 == 1 and `dlb.bits` == 1",]
        );
        assert_eq!(space.hyperparameters()[3].description.as_deref(), Some("passed as --ants"));
        assert_eq!(notes, ["`digits = 4` is left out: real numbers are not rounded here"]);
    }

    #[test]
    fn what_is_not_known_is_named_at_its_place() {
        for (text, place, message) in [
            ("a \"\" i (1, \"b\")\nb \"\" i (1, 5)", "1:1", "the range of `a` depends on other parameters: `b`"),
            ("a \"\" i (1, min(b, 5))", "1:1", "the range of `a` depends on other parameters: `min(b, 5)`"),
            ("a \"\" i (1, 5)\nb \"\" r (0, 1) | is.na(a)", "2:17", "the function `is.na` cannot be used here"),
            ("a \"\" i (1, 5)\nb \"\" r (0, 1) | a == x", "2:22", "there is no parameter named `x`"),
            ("a \"\" i (1, 5) b", "1:1", "behind the values there is a condition after `|`"),
            ("a i (1, 5)", "1:1", "the name is followed by a switch"),
            ("a \"\" x (1, 5)", "1:1", "the type is one of"),
            ("a \"\" i (1, 5", "1:1", "the values do not end"),
            ("a \"\" i (1, 2, 3)", "1:1", "the range of `a` is not two numbers"),
            ("a \"\" i (1, 5)\n[other]", "2:1", "there is no section `[other]`"),
            ("a \"\" i (1, 5)\n[forbidden]\na = 3", "3:3", "`=` begins nothing"),
            ("a \"\" i (1, 5)\n[forbidden]\n(a > 3", "3:7", "`)` is missing"),
            ("a \"\" i (1, 5)\n[forbidden]\na > 3 4", "3:7", "the expression goes on"),
            ("a \"\" i,log (0, 5)", "1:1", "`a` is on a logarithmic scale"),
        ] {
            let error = read(text, Path::new("p.txt")).unwrap_err().to_string();
            assert!(error.starts_with(&format!("p.txt:{place}: {message}")), "{text}: {error}");
        }
        let deep = format!("a \"\" i (1, 5)\n[forbidden]\n{}a > 1{}", "(".repeat(500), ")".repeat(500));
        assert!(read(&deep, Path::new("p.txt")).unwrap_err().to_string().contains("nested too deeply"));
        let deep = format!("a \"\" i (1, 5)\n[forbidden]\n{}a > 1", "+".repeat(99_999));
        assert!(read(&deep, Path::new("p.txt")).is_err());
    }
}
