//! `coordinator.json`: tells workers where the coordinator of a run is, and the token that it asks for.
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::document::json::JsonError;

/// The content of the file. Only its owner can read it: who has the token can run programs through the workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CoordinatorFile {
    /// Host and port.
    pub address: String,
    /// The number of the session, from 1; it grows when the coordinator is started again.
    pub epoch: u32,
    /// 64 hexadecimal digits.
    pub token: String,
    /// The folder in which programs are started.
    pub directory: PathBuf,
    pub pid: u32,
}

/// The reason why a coordinator's file cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("{path}: there is no such file\nhint: `galvani run EXPERIMENT --listen` writes `coordinator.json` into the run's folder while it goes on", path = .0.display())]
    Missing(PathBuf),
    #[error("{path}: {source}\nhint: is the folder shared with this machine, and is the file this user's?", path = path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("{path}: {reason}\nhint: give the `coordinator.json` of a run that goes on", path = path.display())]
    Malformed { path: PathBuf, reason: String },
}

impl CoordinatorFile {
    /// Reads the file.
    ///
    /// # Errors
    /// There is none, or it is not a coordinator's.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => FileError::Missing(path.into()),
            _ => FileError::Unusable { path: path.into(), source },
        })?;
        serde_json::from_str(&text).map_err(|error| FileError::Malformed {
            path: path.into(),
            reason: JsonError::of(&error, &text).to_string(),
        })
    }

    /// Replaces the file at once; a reader sees the old one or the new one.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<(), FileError> {
        let unusable = |source| FileError::Unusable { path: path.into(), source };
        let temporary = path.with_extension("json.new");
        let write = || -> io::Result<()> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            match fs::remove_file(&temporary) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        };
        write().map_err(unusable)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_file_comes_back_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/coordinator.json");
        assert!(matches!(CoordinatorFile::read(&path), Err(FileError::Missing(_))));
        for epoch in [1, 2] {
            let (address, token) = ("127.0.0.1:4590".to_owned(), "ab".repeat(32));
            let file = CoordinatorFile { address, epoch, token, directory: "/".into(), pid: 1 };
            file.write(&path).unwrap();
            assert_eq!(CoordinatorFile::read(&path).unwrap(), file);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "{\"address\": 3}").unwrap();
        let said = CoordinatorFile::read(&path).unwrap_err().to_string();
        assert!(said.contains("coordinator.json: ") && said.contains("hint: "), "{said}");
    }
}
