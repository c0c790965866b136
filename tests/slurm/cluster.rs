//! The cluster of a test, which `cluster.sh` starts and stops; one at a time.
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A running cluster; it is stopped when the test ends.
pub struct Cluster {
    folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
    _turn: MutexGuard<'static, ()>,
}

impl Cluster {
    /// A new cluster; `None` where this machine cannot have one.
    pub fn up(settings: &[(&str, &str)]) -> Option<Self> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0);
        let has = |name: &str| ["/usr/sbin", "/usr/bin"].iter().any(|folder| Path::new(folder).join(name).exists());
        if !is_root || !["slurmctld", "slurmd", "squeue", "munged"].into_iter().all(has) {
            return None;
        }
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let cluster = Self { folder, settings, _turn: turn };
        cluster.call(&["up"]);
        Some(cluster)
    }

    fn base(&self) -> PathBuf {
        self.folder.path().join("slurm")
    }

    /// The folder of a test's own files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The variable that lets Slurm's programs find this cluster.
    pub fn variable(&self) -> (&'static str, PathBuf) {
        ("SLURM_CONF", self.base().join("slurm.conf"))
    }

    /// Calls the script.
    pub fn call(&self, arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/cluster.sh");
        let mut command = Command::new("bash");
        command.arg(script).args(arguments).env("BASE", self.base()).stdin(Stdio::null()).stdout(Stdio::null());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        // Its daemons keep what they inherit: an output that is a pipe would never end.
        let status = command.stderr(Stdio::inherit()).status().unwrap();
        assert!(status.success(), "{arguments:?}");
    }

    /// Runs a program of Slurm, and answers with what it prints.
    pub fn run(&self, program: &str, arguments: &[&str]) -> String {
        let (name, value) = self.variable();
        let output = Command::new(program).args(arguments).env(name, value).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until something holds.
    pub fn wait_until(&self, name: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(300), "{name}: not in five minutes");
            thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/cluster.sh");
        let _ = Command::new("bash").arg(script).arg("down").env("BASE", self.base()).status();
    }
}
