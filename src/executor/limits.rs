//! Limits of a trial: the time and the memory of its process tree.
use std::time::Duration;

/// What a trial may use; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// From start to end.
    pub wall: Option<Duration>,
    /// Bytes that the whole process tree keeps in memory, pages of mapped files left out.
    pub memory: Option<u64>,
}

/// A limit that a trial went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    Wall,
    Memory,
}

impl Limits {
    /// The limit that is exceeded by a trial that has run so long and keeps so much.
    pub fn exceeded(&self, elapsed: Duration, memory: u64) -> Option<Exceeded> {
        if self.memory.is_some_and(|limit| memory > limit) {
            Some(Exceeded::Memory)
        } else if self.wall.is_some_and(|limit| elapsed > limit) {
            Some(Exceeded::Wall)
        } else {
            None
        }
    }
}

/// How many processes the kernel has killed for want of memory since it started; 0 where it does not say.
pub fn kernel_kills() -> u64 {
    let counters = std::fs::read_to_string("/proc/vmstat").unwrap_or_default();
    counters.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok()).unwrap_or(0)
}

/// Whether the end of a failed program's errors says that it could not get memory.
pub fn names_memory(errors: &str) -> bool {
    const SIGNS: [&str; 6] = [
        "MemoryError",
        "OutOfMemoryError",
        "std::bad_alloc",
        "Cannot allocate memory",
        "CUDA out of memory",
        "CUDA_ERROR_OUT_OF_MEMORY",
    ];
    let rust = |line: &str| line.starts_with("memory allocation of ") && line.contains(" bytes failed");
    let mut last = errors.lines().rev().filter(|line| !line.trim().is_empty()).take(5);
    last.any(|line| rust(line) || SIGNS.iter().any(|sign| line.contains(sign)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_counts_only_where_it_is_set() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let both = Limits { wall: Some(second), memory: Some(100) };
        for (limits, elapsed, memory, expected) in [
            (Limits::default(), minute, u64::MAX, None),
            (both, second, 100, None),
            (both, minute, 100, Some(Exceeded::Wall)),
            (both, second, 101, Some(Exceeded::Memory)),
        ] {
            assert_eq!(limits.exceeded(elapsed, memory), expected);
        }
    }

    #[test]
    fn want_of_memory_is_told_from_other_ends() {
        for (errors, expected) in [
            ("Traceback\n  x\nMemoryError\n", true),
            ("memory allocation of 8589934592 bytes failed\n", true),
            ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n\n", true),
            ("warning: MemoryError earlier\n1\n2\n3\n4\n5\n", false),
            ("ValueError: bad shape\n", false),
            ("", false),
        ] {
            assert_eq!(names_memory(errors), expected, "{errors}");
        }
    }
}
