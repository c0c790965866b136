//! Control groups (cgroup v2): the kernel keeps trials within their memory, and ends them to the last process.
//!
//! They are used where this process was given a part of their tree and is alone in it.
//! `systemd-run --user --scope -p Delegate=yes galvani run ...` gives such a part. Elsewhere trials are sampled.
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The folder that trials' groups are made in; `None` where there is none, which is found out once.
pub(crate) fn delegated() -> Option<&'static Path> {
    static DELEGATED: OnceLock<Option<PathBuf>> = OnceLock::new();
    DELEGATED.get_or_init(|| settle(&own()?)).as_deref()
}

/// The folder of this process's own group.
fn own() -> Option<PathBuf> {
    let (groups, mounts) =
        (fs::read_to_string("/proc/self/cgroup").ok()?, fs::read_to_string("/proc/self/mountinfo").ok()?);
    folder(&groups, &mounts)
}

/// The folder of a group from the kernel's two tables (cgroups(7), proc_pid_mountinfo(5)).
fn folder(groups: &str, mounts: &str) -> Option<PathBuf> {
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mount = mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut fields = before.split(' ').skip(3);
        (after.split(' ').next() == Some("cgroup2")).then_some((fields.next()?, fields.next()?))
    });
    let (root, point) = mount?;
    let within = Path::new(group).strip_prefix(root).ok()?;
    Some(Path::new(point).join(within))
}

/// Moves this process into a group of its own within `folder`, so that the trials' beside it may have limits; `None` where
/// the folder is not ours alone, or the kernel has no memory to give out there.
fn settle(folder: &Path) -> Option<PathBuf> {
    let this = std::process::id().to_string();
    let has = |file: &str, word: &str| {
        fs::read_to_string(folder.join(file)).is_ok_and(|text| text.split_ascii_whitespace().any(|each| each == word))
    };
    let members = fs::read_to_string(folder.join("cgroup.procs")).ok()?;
    if members.split_ascii_whitespace().ne([this.as_str()]) || !has("cgroup.controllers", "memory") {
        return None;
    }
    let inner = folder.join("galvani");
    fs::create_dir(&inner).or_else(|error| if inner.is_dir() { Ok(()) } else { Err(error) }).ok()?;
    let moved = write(&inner.join("cgroup.procs"), &this)
        .and_then(|()| write(&folder.join("cgroup.subtree_control"), "+memory"));
    if moved.is_err() {
        let _ = write(&folder.join("cgroup.procs"), &this);
        let _ = fs::remove_dir(&inner);
        return None;
    }
    Some(folder.to_owned())
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    // The files are there already; a plain `fs::write` would ask to create them.
    io::Write::write_all(&mut OpenOptions::new().write(true).open(file)?, text.as_bytes())
}

/// The group of one program and of everything that it starts.
#[derive(Debug)]
pub(crate) struct ControlGroup {
    folder: PathBuf,
    /// The file that moves a process into the group when its number is written there.
    pub entry: File,
}

impl ControlGroup {
    /// A new group in `parent`, which never takes more than these bytes of memory.
    pub(crate) fn create(parent: &Path, name: &str, memory: Option<u64>) -> io::Result<Self> {
        let folder = parent.join(format!("trial-{name}"));
        fs::create_dir(&folder)?;
        let made = (|| {
            if let Some(bytes) = memory {
                write(&folder.join("memory.max"), &bytes.to_string())?;
                // Where there is swap, it would only delay the end.
                let _ = write(&folder.join("memory.swap.max"), "0");
                write(&folder.join("memory.oom.group"), "1")?;
            }
            OpenOptions::new().write(true).open(folder.join("cgroup.procs"))
        })();
        match made {
            Ok(entry) => Ok(Self { folder, entry }),
            Err(error) => {
                let _ = fs::remove_dir(&folder);
                Err(error)
            }
        }
    }

    /// The numbers of its processes.
    pub(crate) fn members(&self) -> Vec<i32> {
        let text = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Processor time of all that ever was in it, s.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.count("cpu.stat", "usage_usec").map_or(0.0, |microseconds| microseconds as f64 * 1e-6)
    }

    /// True where the kernel has ended it because of its memory.
    pub(crate) fn was_out_of_memory(&self) -> bool {
        self.count("memory.events", "oom_kill").is_some_and(|kills| kills > 0)
    }

    /// Ends every process in it at once.
    pub(crate) fn kill(&self) {
        let _ = write(&self.folder.join("cgroup.kill"), "1");
    }

    fn count(&self, file: &str, name: &str) -> Option<u64> {
        let text = fs::read_to_string(self.folder.join(file)).ok()?;
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // Fails while something is in it, which then belongs to a program that could not be ended.
        let _ = fs::remove_dir(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_group_is_found_wherever_the_tree_is_mounted() {
        let mount = |root: &str, point: &str| {
            format!(
                "25 1 0:5 / /proc rw - proc proc rw\n31 24 0:27 {root} {point} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
            )
        };
        let of = |groups: &str, root: &str, point: &str| folder(groups, &mount(root, point));
        let scope = "0::/user.slice/run-7.scope\n";
        assert_eq!(of(scope, "/", "/sys/fs/cgroup"), Some("/sys/fs/cgroup/user.slice/run-7.scope".into()));
        assert_eq!(of("4:memory:/old\n0::/a/b\n", "/a", "/groups"), Some("/groups/b".into()));
        assert_eq!(of("4:memory:/old\n", "/", "/sys/fs/cgroup"), None, "version 1 alone");
        assert_eq!(of("0::/other\n", "/a", "/groups"), None, "outside of what is mounted");
        assert_eq!(folder(scope, "25 1 0:5 / /proc rw - proc proc rw\n"), None);
    }

    #[test]
    fn a_group_that_others_share_is_left_alone() {
        let shared = tempfile::tempdir().unwrap();
        let this = std::process::id();
        for (members, controllers) in
            [(format!("1\n{this}\n"), "memory"), (format!("{this}\n"), "cpu"), (String::new(), "memory")]
        {
            fs::write(shared.path().join("cgroup.procs"), members).unwrap();
            fs::write(shared.path().join("cgroup.controllers"), controllers).unwrap();
            assert_eq!(settle(shared.path()), None);
        }
        assert!(!shared.path().join("galvani").exists());
    }

    #[test]
    fn what_the_kernel_writes_is_read() {
        let parent = tempfile::tempdir().unwrap();
        assert!(ControlGroup::create(parent.path(), "1", None).is_err(), "an ordinary folder has no `cgroup.procs`");
        assert!(!parent.path().join("trial-1").exists());
        let group = ControlGroup { folder: parent.path().to_owned(), entry: tempfile::tempfile().unwrap() };
        assert_eq!((group.members(), group.cpu_seconds(), group.was_out_of_memory()), (vec![], 0.0, false));
        let put = |file: &str, text: &str| fs::write(parent.path().join(file), text).unwrap();
        put("cgroup.procs", "7\n12\n");
        put("cpu.stat", "usage_usec 1500000\nuser_usec 1\n");
        put("memory.events", "low 0\noom 1\noom_kill 2\noom_group_kill 1\n");
        assert_eq!((group.members(), group.cpu_seconds(), group.was_out_of_memory()), (vec![7, 12], 1.5, true));
    }
}
