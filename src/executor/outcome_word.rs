//! Outcome words: the meaning of the word that a program prints as `outcome`.
use crate::document::spelling::nearest;
use crate::trial::outcome::OutcomeKind;

/// The meaning of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutcomeWord {
    /// A success: the cost beside it counts.
    Success,
    /// A failure that a program may state.
    Failure(OutcomeKind),
    /// An outcome that galvani alone decides on, such as that of a time limit.
    Reserved(OutcomeKind),
    /// A word that is none of galvani's and looks like that of a failure.
    Like(OutcomeKind),
    /// A word of the program's own.
    Own,
}

/// Words of programs for a success.
const SUCCESSES: [&str; 9] =
    ["success", "successful", "succeeded", "ok", "okay", "done", "complete", "completed", "passed"];

/// Words of programs for failures, with the outcome that they stand for.
const FAILURES: [(&str, OutcomeKind); 16] = [
    ("fail", OutcomeKind::Crashed),
    ("failed", OutcomeKind::Crashed),
    ("failure", OutcomeKind::Crashed),
    ("error", OutcomeKind::Crashed),
    ("errored", OutcomeKind::Crashed),
    ("exception", OutcomeKind::Crashed),
    ("abort", OutcomeKind::Crashed),
    ("aborted", OutcomeKind::Crashed),
    ("killed", OutcomeKind::Crashed),
    ("invalid", OutcomeKind::Crashed),
    ("nan", OutcomeKind::Diverged),
    ("inf", OutcomeKind::Diverged),
    ("infinite", OutcomeKind::Diverged),
    ("timeout", OutcomeKind::Crashed),
    ("oom", OutcomeKind::OutOfMemory),
    ("memout", OutcomeKind::OutOfMemory),
];

/// Letters of the shortest word that a slip may turn into an outcome: shorter ones are near too many words.
const SHORTEST: usize = 5;

impl OutcomeWord {
    /// The meaning of a word, which only galvani's own spelling makes an outcome.
    pub(crate) fn of(word: &str) -> Self {
        match word.parse() {
            Ok(OutcomeKind::Finished) => return Self::Success,
            Ok(kind @ (OutcomeKind::TimedOut | OutcomeKind::Lost | OutcomeKind::Pruned | OutcomeKind::Forgotten)) => {
                return Self::Reserved(kind);
            }
            Ok(kind) => return Self::Failure(kind),
            Err(_) => {}
        }
        let lower = word.trim().to_lowercase();
        if SUCCESSES.contains(&lower.as_str()) {
            return Self::Success;
        }
        if let Some((_, kind)) = FAILURES.iter().find(|(failure, _)| *failure == lower) {
            return Self::Like(*kind);
        }
        let near = nearest(&lower, OutcomeKind::ALL.map(OutcomeKind::word)).filter(|_| lower.len() >= SHORTEST);
        match near.and_then(|near| near.parse().ok()) {
            Some(OutcomeKind::Finished) => Self::Success,
            Some(kind) => Self::Like(kind),
            None => Self::Own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_one_meaning() {
        for (words, meaning) in [
            (&["finished", "success", "OK", "Finished", "finish"][..], OutcomeWord::Success),
            (&["crashed"], OutcomeWord::Failure(OutcomeKind::Crashed)),
            (&["out_of_device_memory"], OutcomeWord::Failure(OutcomeKind::OutOfDeviceMemory)),
            (&["timed_out"], OutcomeWord::Reserved(OutcomeKind::TimedOut)),
            (&["lost"], OutcomeWord::Reserved(OutcomeKind::Lost)),
            (&["crashd", "Crashed", "failed", "ERROR", "crash"], OutcomeWord::Like(OutcomeKind::Crashed)),
            (&["diverge", "nan"], OutcomeWord::Like(OutcomeKind::Diverged)),
            (&["out of memory", "oom"], OutcomeWord::Like(OutcomeKind::OutOfMemory)),
            (&["timed-out"], OutcomeWord::Like(OutcomeKind::TimedOut)),
            (&["baseline", "a", "most", "win", ""], OutcomeWord::Own),
        ] {
            words.iter().for_each(|word| assert_eq!(OutcomeWord::of(word), meaning, "{word}"));
        }
    }
}
