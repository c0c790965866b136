//! Processes as the kernel describes them: `/proc` on Linux, elsewhere what sysinfo finds.
use rustix::process::Signal;

#[cfg(target_os = "linux")]
pub(crate) use linux::{boot, carries, identity, memory, process, shared_memory, signal, table, wait};
#[cfg(not(target_os = "linux"))]
pub use other::{boot, carries, identity, memory, process, shared_memory, signal, table, wait};

/// The identity of a process: its start tells it from a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessIdentity {
    pub pid: i32,
    /// In the kernel's own unit since the machine started.
    pub start: u64,
}

/// A process as the kernel describes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProcessEntry {
    pub identity: ProcessIdentity,
    pub parent: i32,
    pub group: i32,
    pub session: i32,
    /// Ended, and not yet reaped.
    pub ended: bool,
    /// Processor time of its own and of the children it has waited for.
    pub cpu_seconds: f64,
}

/// The event that a process waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It waits for a line on the pipe that is its standard input, and its other threads, if any, for each other.
    Input,
    /// Its threads wait for each other or for its children, without a limit of time.
    Others,
    /// It runs, or waits for anything else, or nobody knows.
    None,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File};
    use std::io::Read;
    use std::thread;
    use std::time::Duration;

    use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

    use super::*;

    /// The unit of times in `/proc`, the same on every architecture that matters (USER_HZ).
    const TICKS_PER_SECOND: f64 = 100.0;

    /// All processes.
    pub(crate) fn table() -> Vec<ProcessEntry> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| process(entry.file_name().to_str()?.parse().ok()?)).collect()
    }

    /// The process with this number now.
    pub(crate) fn identity(pid: i32) -> Option<ProcessIdentity> {
        process(pid).map(|process| process.identity)
    }

    /// Bytes that a process keeps in memory, without the pages of mapped files, which the kernel can drop.
    pub(crate) fn memory(pid: i32) -> u64 {
        sum_of(&format!("/proc/{pid}/status"), &["RssAnon:", "RssShmem:"]).unwrap_or(0)
    }

    /// As [`memory`], where a page that several processes share is divided among them; slow for large processes.
    pub(crate) fn shared_memory(pid: i32) -> u64 {
        sum_of(&format!("/proc/{pid}/smaps_rollup"), &["Pss_Anon:", "Pss_Shmem:"]).unwrap_or_else(|| memory(pid))
    }

    /// Sends a signal to this very process, not to a later one with its number.
    pub(crate) fn signal(identity: ProcessIdentity, signal: Signal) {
        let Some(pid) = Pid::from_raw(identity.pid) else { return };
        let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return };
        if process(identity.pid).is_some_and(|process| process.identity == identity) {
            let _ = pidfd_send_signal(handle, signal);
        }
    }

    /// The number of further looks at an environment that is empty, a millisecond apart: while a process becomes another
    /// program, the kernel shows none (`environ_read` in fs/proc/base.c).
    const LOOKS: usize = 10;

    /// True where a process was started with this environment variable.
    pub(crate) fn carries(pid: i32, name: &str, value: &str) -> bool {
        let expected = format!("{name}={value}");
        let read = || fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut environment = read();
        for _ in 0..LOOKS {
            if !environment.is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(1));
            environment = read();
        }
        environment.split(|&byte| byte == 0).any(|entry| entry == expected.as_bytes())
    }

    /// The event that a process waits for, from the system calls that its threads are in; `pipe` is the number of the pipe
    /// that it is asked through.
    pub(crate) fn wait(pid: i32, pipe: u64) -> Wait {
        let is_asked = || {
            fs::read_link(format!("/proc/{pid}/fd/0")).is_ok_and(|link| link.as_os_str() == &*format!("pipe:[{pipe}]"))
        };
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Wait::None };
        let mut found = Wait::Others;
        for thread in threads.flatten() {
            // The number of the call and its arguments (proc_pid_syscall(5)); `running` where it is in none.
            let call = fs::read_to_string(thread.path().join("syscall")).unwrap_or_default();
            let mut words = call.split_ascii_whitespace();
            let Some(number) = words.next().and_then(|word| word.parse::<i64>().ok()) else { return Wait::None };
            let argument = |index: usize| words.clone().nth(index).unwrap_or_default();
            match number {
                libc::SYS_read if argument(0) == "0x0" && is_asked() => found = Wait::Input,
                libc::SYS_futex if argument(3) == "0x0" => {}
                libc::SYS_wait4 | libc::SYS_waitid => {}
                _ => return Wait::None,
            }
        }
        found
    }

    /// A name for the time since the machine started, in which process numbers and starts mean something.
    pub(crate) fn boot() -> String {
        fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
    }

    /// A process by its number.
    pub(crate) fn process(pid: i32) -> Option<ProcessEntry> {
        // A name of 64 bytes and 51 numbers fit; read at once, because the file does not say its length.
        let mut stat = [0; 2048];
        let length = File::open(format!("/proc/{pid}/stat")).ok()?.read(&mut stat).ok()?;
        let stat = &stat[..length];
        // The name, in parentheses, may hold anything: proc_pid_stat(5) counts the fields after it from 3.
        let fields = String::from_utf8_lossy(&stat[stat.iter().rposition(|&byte| byte == b')')? + 1..]).into_owned();
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<i64>().ok();
        let ticks: Option<i64> = (14..=17).map(number).sum();
        Some(ProcessEntry {
            identity: ProcessIdentity { pid, start: number(22)? as u64 },
            parent: number(4)? as i32,
            group: number(5)? as i32,
            session: number(6)? as i32,
            // The first thread of a process that still has others may have ended.
            ended: matches!(fields[0], "Z" | "X") && number(20)? <= 1,
            cpu_seconds: ticks? as f64 / TICKS_PER_SECOND,
        })
    }

    /// The sum of the lines with these names, in bytes; `None` where the file has none of them.
    fn sum_of(path: &str, names: &[&str]) -> Option<u64> {
        let text = fs::read_to_string(path).ok()?;
        let kilobytes = text.lines().filter_map(|line| {
            let rest = names.iter().find_map(|name| line.strip_prefix(name))?;
            rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
        });
        kilobytes.reduce(|a, b| a + b).map(|sum| sum * 1024)
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use rustix::process::{Pid, kill_process};
    use sysinfo::{ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

    use super::*;

    fn system(which: ProcessesToUpdate, kind: ProcessRefreshKind) -> Option<System> {
        let mut system = System::new().ok()?;
        system.refresh_processes_specifics(which, true, kind);
        Some(system)
    }

    /// All processes.
    pub(crate) fn table() -> Vec<ProcessEntry> {
        let Some(system) = system(ProcessesToUpdate::All, ProcessRefreshKind::nothing().with_cpu()) else {
            return Vec::new();
        };
        let number = |pid: Option<sysinfo::Pid>| pid.map_or(0, |pid| pid.as_u32() as i32);
        let of = |(pid, process): (&sysinfo::Pid, &sysinfo::Process)| ProcessEntry {
            identity: ProcessIdentity { pid: pid.as_u32() as i32, start: process.start_time() },
            parent: number(process.parent()),
            group: 0,
            session: number(process.session_id()),
            ended: matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead),
            cpu_seconds: process.accumulated_cpu_time() as f64 / 1000.0,
        };
        system.processes().iter().map(of).collect()
    }

    /// The process with this number now.
    pub(crate) fn identity(pid: i32) -> Option<ProcessIdentity> {
        process(pid).map(|process| process.identity)
    }

    /// A process by its number.
    pub(crate) fn process(pid: i32) -> Option<ProcessEntry> {
        table().into_iter().find(|process| process.identity.pid == pid)
    }

    /// Bytes that a process keeps in memory.
    pub(crate) fn memory(pid: i32) -> u64 {
        let pid = sysinfo::Pid::from_u32(pid as u32);
        let system = system(ProcessesToUpdate::Some(&[pid]), ProcessRefreshKind::nothing().with_memory());
        system.and_then(|system| Some(system.process(pid)?.memory())).unwrap_or(0)
    }

    /// The same as [`memory`].
    pub(crate) fn shared_memory(pid: i32) -> u64 {
        memory(pid)
    }

    /// Sends a signal to a process.
    pub(crate) fn signal(identity: ProcessIdentity, signal: Signal) {
        if let Some(pid) = Pid::from_raw(identity.pid) {
            let _ = kill_process(pid, signal);
        }
    }

    /// True where a process was started with this environment variable.
    pub(crate) fn carries(pid: i32, name: &str, value: &str) -> bool {
        let pid = sysinfo::Pid::from_u32(pid as u32);
        let kind = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
        let system = system(ProcessesToUpdate::Some(&[pid]), kind);
        let expected = format!("{name}={value}");
        let carries = |process: &sysinfo::Process| process.environ().iter().any(|entry| *entry == *expected);
        system.is_some_and(|system| system.process(pid).is_some_and(carries))
    }

    /// The event that a process waits for, which nothing here tells.
    pub(crate) fn wait(_pid: i32, _pipe: u64) -> Wait {
        Wait::None
    }

    /// A name for the time since the machine started.
    pub(crate) fn boot() -> String {
        System::boot_time().map(|time| time.to_string()).unwrap_or_default()
    }
}
