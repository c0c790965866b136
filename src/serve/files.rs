//! Files of a run: listed and opened without ever following a link, so that nothing outside of the run is reached.
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};

/// The files that are listed of a folder, and the folders within folders.
const MOST: usize = 500;
const DEPTH: usize = 6;

/// A file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundFile {
    /// The path within the folder, with `/`.
    pub path: String,
    pub bytes: u64,
}

/// The files of a folder and whether there are more than are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FoundFiles {
    pub files: Vec<FoundFile>,
    pub has_more: bool,
}

/// The ordinary files in a folder of a run and the folders in it, in the order of their paths. Names that are no text are
/// left out.
pub(crate) fn list(root: &Path, folder: &str) -> FoundFiles {
    let mut found = FoundFiles::default();
    if let Ok(folder) = folder_of(root, folder) {
        collect(&folder, "", DEPTH, &mut found);
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &OwnedFd, prefix: &str, depth: usize, found: &mut FoundFiles) {
    let Ok(entries) = Dir::read_from(folder) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().to_str() else { continue };
        if name == "." || name == ".." {
            continue;
        }
        if found.files.len() >= MOST {
            found.has_more = true;
            return;
        }
        let Ok(status) = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        match FileType::from_raw_mode(status.st_mode) {
            FileType::RegularFile => {
                let bytes = u64::try_from(status.st_size).unwrap_or(0);
                found.files.push(FoundFile { path: format!("{prefix}{name}"), bytes });
            }
            FileType::Directory if depth > 0 => {
                if let Ok(inner) = openat(folder, name, FOLDER, Mode::empty()) {
                    collect(&inner, &format!("{prefix}{name}/"), depth - 1, found);
                }
            }
            _ => {}
        }
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A file that would make its reader wait, as a named pipe does, is opened and then refused.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

/// Opens an ordinary file by its path within the folder of a run; no part of the path may be a link or lead upward.
///
/// # Errors
/// There is no such file, or the path is none.
pub(crate) fn open(root: &Path, path: &str) -> io::Result<File> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = folder_of(root, folder)?;
    let file = File::from(openat(&folder, part(name)?, FILE, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Opens a folder by its path within the folder of a run.
fn folder_of(root: &Path, path: &str) -> io::Result<OwnedFd> {
    // The run's own folder may be a link: who serves it has named it.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut folder = openat(CWD, root, flags, Mode::empty())?;
    if !path.is_empty() {
        for name in path.split('/') {
            folder = openat(&folder, part(name)?, FOLDER, Mode::empty())?;
        }
    }
    Ok(folder)
}

/// One part of a path, which leads downward.
fn part(name: &str) -> io::Result<&str> {
    match name {
        "" | "." | ".." => Err(io::ErrorKind::NotFound.into()),
        name if name.contains(['/', '\0']) => Err(io::ErrorKind::NotFound.into()),
        name => Ok(name),
    }
}

/// The end of a file: the last bytes, and the length of the whole.
///
/// # Errors
/// As [`open`].
pub(crate) fn tail(root: &Path, path: &str, bytes: u64) -> io::Result<(Vec<u8>, u64)> {
    let mut file = open(root, path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
    let mut end = Vec::new();
    file.take(bytes).read_to_end(&mut end)?;
    Ok((end, length))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_outside_of_a_run_is_reached() {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("run");
        fs::write(outside.path().join("secret"), "secret").unwrap();
        fs::create_dir_all(root.join("trials/000001/deep/er")).unwrap();
        fs::write(root.join("trials/000001/stdout.log"), "0123456789").unwrap();
        fs::write(root.join("trials/000001/deep/er/a b"), "x").unwrap();
        symlink(outside.path().join("secret"), root.join("trials/000001/link")).unwrap();
        symlink(outside.path(), root.join("trials/000001/up")).unwrap();
        rustix::fs::mknodat(CWD, root.join("trials/000001/pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        let listed = list(&root, "trials/000001");
        let paths: Vec<_> = listed.files.iter().map(|file| (file.path.as_str(), file.bytes)).collect();
        assert_eq!(paths, [("deep/er/a b", 1), ("stdout.log", 10)]);
        assert!(list(&root, "trials/000002").files.is_empty());
        assert_eq!(tail(&root, "trials/000001/stdout.log", 4).unwrap(), (b"6789".to_vec(), 10));
        assert!(open(&root, "trials/000001/deep/er/a b").is_ok());
        for wrong in [
            "trials/000001/link",
            "trials/000001/up/secret",
            "trials/000001/../../../secret",
            "../secret",
            "/etc/passwd",
            "trials/000001/pipe",
            "trials/000001",
            "trials//000001/stdout.log",
            "trials/./000001/stdout.log",
            "trials/000001/stdout.log\0",
            "",
        ] {
            assert!(open(&root, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_long_list_is_cut() {
        let root = tempfile::tempdir().unwrap();
        (0..MOST + 5).for_each(|number| fs::write(root.path().join(number.to_string()), "").unwrap());
        let found = list(root.path(), "");
        assert_eq!((found.files.len(), found.has_more), (MOST, true));
    }
}
