//! Following of files that grow line by line: each line is read once, without a lock, and a replaced file from its beginning.
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The longest line that is read, in bytes.
const LONGEST: u64 = 64 << 20;
/// The bytes that are read at once.
const PIECE: usize = 64 << 10;

/// A file, and the place up to which it was read.
#[derive(Debug)]
pub(crate) struct Follower {
    path: PathBuf,
    /// Device and number of the file that was read.
    identity: Option<(u64, u64)>,
    offset: u64,
    /// The length of the file when it was looked at.
    length: u64,
}

/// A whole line, line feed included.
pub(crate) struct FollowedLine<'a> {
    pub bytes: &'a [u8],
    /// Its place in the file, in bytes.
    pub offset: u64,
}

/// The change of a file since it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    /// There is more of it.
    Grown,
    /// It is another file, or shorter: reading begins anew.
    Replaced,
}

impl Follower {
    /// A follower that has read nothing yet.
    pub(crate) fn of(path: PathBuf) -> Self {
        Self { path, identity: None, offset: 0, length: 0 }
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks for a change, without opening the file.
    ///
    /// # Errors
    /// There is no file, or it cannot be looked at.
    pub(crate) fn look(&mut self) -> io::Result<Change> {
        let file = std::fs::metadata(&self.path)?;
        let identity = Some((file.dev(), file.ino()));
        self.length = file.len();
        if identity != self.identity || file.len() < self.offset {
            (self.identity, self.offset) = (identity, 0);
            return Ok(Change::Replaced);
        }
        Ok(if file.len() > self.offset { Change::Grown } else { Change::None })
    }

    /// The share of the file that was read, as it was at the last look.
    pub(crate) fn share(&self) -> f64 {
        if self.length == 0 { 1.0 } else { (self.offset as f64 / self.length as f64).min(1.0) }
    }

    /// Goes to the beginning of a line.
    pub(crate) fn go_to(&mut self, offset: u64) {
        self.offset = offset;
    }

    /// Goes to the first line of the last `bytes`, where the file is longer.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn skip_to_last(&mut self, bytes: u64) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        if length > bytes {
            file.seek(SeekFrom::Start(length - bytes))?;
            let mut partial = Vec::new();
            let skipped = BufReader::new(file).take(bytes).read_until(b'\n', &mut partial)?;
            self.offset = length - bytes + skipped as u64;
        }
        Ok(())
    }

    /// Gives each whole new line up to a place to `take`, which may break off after one. What follows the last line feed is
    /// being written right now, and is read later.
    ///
    /// # Errors
    /// The file cannot be read, or a line is longer than any that is written.
    pub(crate) fn read(&mut self, until: u64, take: &mut dyn FnMut(FollowedLine) -> ControlFlow<()>) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut reader = BufReader::with_capacity(PIECE, file);
        let mut line = Vec::new();
        while self.offset < until {
            line.clear();
            (&mut reader).take(LONGEST).read_until(b'\n', &mut line)?;
            if line.len() as u64 == LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than 64 MiB"));
            }
            if line.last() != Some(&b'\n') {
                break;
            }
            let offset = self.offset;
            self.offset += line.len() as u64;
            if take(FollowedLine { bytes: &line, offset }).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn lines(follower: &mut Follower) -> Vec<(u64, String)> {
        let mut found = Vec::new();
        follower
            .read(u64::MAX, &mut |line| {
                found.push((line.offset, String::from_utf8(line.bytes.to_vec()).unwrap()));
                ControlFlow::Continue(())
            })
            .unwrap();
        found
    }

    #[test]
    fn each_whole_line_is_read_once_and_a_new_file_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut follower = Follower::of(path.clone());
        assert!(follower.look().is_err(), "there is no file yet");
        fs::write(&path, "one\ntwo\nthr").unwrap();
        assert_eq!(follower.look().unwrap(), Change::Replaced);
        assert_eq!(lines(&mut follower), [(0, "one\n".into()), (4, "two\n".into())]);
        assert_eq!(follower.look().unwrap(), Change::Grown);
        assert_eq!(lines(&mut follower), []);
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"ee\n").unwrap();
        assert_eq!(lines(&mut follower), [(8, "three\n".into())]);
        assert_eq!(follower.look().unwrap(), Change::None);
        fs::write(folder.path().join("other"), "new and longer than before\n").unwrap();
        fs::rename(folder.path().join("other"), &path).unwrap();
        assert_eq!(follower.look().unwrap(), Change::Replaced);
        assert_eq!(lines(&mut follower).len(), 1);
        fs::write(&path, "cut\n").unwrap();
        assert_eq!(follower.look().unwrap(), Change::Replaced);
        assert_eq!(lines(&mut follower), [(0, "cut\n".into())]);
    }

    #[test]
    fn the_end_of_a_long_file_begins_with_a_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, (0..100).map(|number| format!("line {number:02}\n")).collect::<String>()).unwrap();
        let mut follower = Follower::of(path);
        follower.look().unwrap();
        follower.skip_to_last(20).unwrap();
        assert_eq!(
            lines(&mut follower).iter().map(|(_, line)| line.trim()).collect::<Vec<_>>(),
            ["line 98", "line 99"]
        );
    }
}
