//! Limits of a job: the time, the memory and the disk of its process tree.
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The limits of a job; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// From start to end.
    pub wall: Option<Duration>,
    /// Processor time of the whole process tree.
    pub cpu: Option<Duration>,
    /// Bytes that the whole process tree keeps in memory, pages of mapped files left out.
    pub memory: Option<u64>,
    /// Bytes on disk of the trial's folder and of its configuration's checkpoint.
    pub disk: Option<u64>,
}

/// The usage of a job at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    pub wall: Duration,
    pub cpu_seconds: f64,
    pub memory: u64,
    pub disk: u64,
}

/// A limit that a job has exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Wall,
    Cpu,
    Memory,
    Disk,
}

impl Limits {
    /// The limit that this usage exceeds.
    pub(crate) fn exceeded(&self, usage: &Usage) -> Option<Exceeded> {
        let is_over = [
            (Exceeded::Memory, self.memory.is_some_and(|limit| usage.memory > limit)),
            (Exceeded::Disk, self.disk.is_some_and(|limit| usage.disk > limit)),
            (Exceeded::Wall, self.wall.is_some_and(|limit| usage.wall > limit)),
            (Exceeded::Cpu, self.cpu.is_some_and(|limit| usage.cpu_seconds > limit.as_secs_f64())),
        ];
        is_over.into_iter().find(|(_, is_over)| *is_over).map(|(limit, _)| limit)
    }
}

/// Bytes that a folder takes on disk, with all that is in it; links are not followed.
pub(crate) fn disk(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // A file that vanishes while it is looked at takes nothing.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += metadata.blocks() * 512;
        if metadata.is_dir() {
            bytes += disk(&entry.path());
        }
    }
    bytes
}

/// The number of processes that the kernel has killed for want of memory since it started; 0 where it does not say.
pub(crate) fn kernel_kills() -> u64 {
    let counters = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    counters.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok()).unwrap_or(0)
}

/// True where the end of a failed program's errors says that it could not get memory of the host.
pub(crate) fn names_memory(errors: &str) -> bool {
    const SIGNS: [&str; 3] = ["MemoryError", "std::bad_alloc", "Cannot allocate memory"];
    let rust = |line: &str| line.starts_with("memory allocation of ") && line.contains(" bytes failed");
    !names_device_memory(errors)
        && last_lines(errors).any(|line| rust(line) || SIGNS.iter().any(|sign| line.contains(sign)))
}

/// True where the end of a failed program's errors says that an accelerator had no memory left.
///
/// The words are those of PyTorch (CUDA and ROCm, where the line also names `OutOfMemoryError`), of the CUDA driver and its
/// libraries, of JAX and of TensorFlow.
pub(crate) fn names_device_memory(errors: &str) -> bool {
    const SIGNS: [&str; 8] = [
        "CUDA out of memory",
        "HIP out of memory",
        "CUDA_ERROR_OUT_OF_MEMORY",
        "CUDA error: out of memory",
        "cudaErrorMemoryAllocation",
        "CUBLAS_STATUS_ALLOC_FAILED",
        "RESOURCE_EXHAUSTED: Out of memory",
        "OOM when allocating tensor",
    ];
    last_lines(errors).any(|line| SIGNS.iter().any(|sign| line.contains(sign)))
}

/// The last lines of a program's standard error, which name the cause of its end; warnings at its beginning are left
/// out.
fn last_lines(errors: &str) -> impl Iterator<Item = &str> {
    errors.lines().rev().filter(|line| !line.trim().is_empty()).take(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_counts_only_where_it_is_set() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let all = Limits { wall: Some(second), cpu: Some(second), memory: Some(100), disk: Some(100) };
        let within = Usage { wall: second, cpu_seconds: 1.0, memory: 100, disk: 100 };
        let most = Usage { wall: minute, cpu_seconds: 60.0, memory: u64::MAX, disk: u64::MAX };
        for (limits, usage, expected) in [
            (Limits::default(), most, None),
            (all, within, None),
            (all, Usage { wall: minute, ..within }, Some(Exceeded::Wall)),
            (all, Usage { cpu_seconds: 1.01, ..within }, Some(Exceeded::Cpu)),
            (all, Usage { memory: 101, ..within }, Some(Exceeded::Memory)),
            (all, Usage { disk: 101, ..within }, Some(Exceeded::Disk)),
        ] {
            assert_eq!(limits.exceeded(&usage), expected);
        }
    }

    #[test]
    fn want_of_memory_is_told_from_other_ends() {
        for (errors, host, device) in [
            ("Traceback\n  x\nMemoryError\n", true, false),
            ("memory allocation of 8589934592 bytes failed\n", true, false),
            ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n\n", false, true),
            ("torch.OutOfMemoryError: HIP out of memory. Tried to allocate 2 GiB\n\n", false, true),
            ("XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate\n", false, true),
            ("warning: MemoryError earlier\n1\n2\n3\n4\n5\n", false, false),
            ("ValueError: bad shape\n", false, false),
            ("", false, false),
        ] {
            assert_eq!((names_memory(errors), names_device_memory(errors)), (host, device), "{errors}");
        }
    }

    #[test]
    fn a_folder_takes_what_its_files_take() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(disk(&folder.path().join("missing")), 0);
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/file"), vec![1; 1 << 20]).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("link")).unwrap();
        let bytes = disk(folder.path());
        assert!((1 << 20..2 << 20).contains(&bytes), "{bytes}");
    }
}
