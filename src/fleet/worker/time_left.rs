//! The time that a worker has left in an allocation of Slurm.
use std::process::{Command, Stdio};
use std::time::Duration;

/// The time that the allocation of this process has left, as `squeue` says; `None` outside of one, or where none is said.
pub fn of_allocation() -> Option<Duration> {
    let job = std::env::var("SLURM_JOB_ID").ok().filter(|job| !job.is_empty())?;
    let asked = Command::new("squeue").args(["-h", "-j", &job, "-o", "%L"]).stderr(Stdio::null()).output().ok()?;
    parse(String::from_utf8_lossy(&asked.stdout).lines().next()?.trim())
}

/// A time in Slurm's words: `DAYS-HOURS:MINUTES:SECONDS`, of which what is zero at the beginning may be missing.
fn parse(text: &str) -> Option<Duration> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (days.parse::<u64>().ok()?, rest),
        None => (0, text),
    };
    let parts: Vec<u64> = rest.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let seconds = match parts[..] {
        [seconds] => seconds,
        [minutes, seconds] => minutes.checked_mul(60)?.checked_add(seconds)?,
        [hours, minutes, seconds] => {
            hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?
        }
        _ => return None,
    };
    days.checked_mul(86_400)?.checked_add(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_or_unknown() {
        for (text, expected) in [
            ("59", Some(59)),
            ("1:30", Some(90)),
            ("7:59:30", Some(8 * 3600 - 30)),
            ("2-00:00:01", Some(2 * 86_400 + 1)),
            ("UNLIMITED", None),
            ("INVALID", None),
            ("", None),
            ("99999999999999999-0:0:0", None),
        ] {
            assert_eq!(parse(text), expected.map(Duration::from_secs), "{text}");
        }
    }
}
