//! The notebook of a run's job arrays: their name, and the numbers that Slurm has given them.
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;

/// The longest part of a run's name that is in the name of its jobs.
const LONGEST: usize = 60;

/// The arrays of a run. All have one name, with a nonce in it, so that one that was submitted and never answered is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notebook {
    /// The name of every array of this run, and of no other.
    pub name: String,
    /// Those that Slurm has accepted, in their order.
    pub arrays: Vec<ArrayNote>,
}

/// An array that Slurm has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrayNote {
    pub job: u64,
    pub workers: usize,
}

impl Notebook {
    /// The notebook of a folder; a new one, which is on disk already, where there is none. True where it is new.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub(super) fn open(folder: &Path, run: &str) -> Result<(Self, bool), Diagnostic> {
        let path = folder.join("arrays.json");
        let failed = |error: &dyn std::fmt::Display| {
            Diagnostic::new(format!("{}: {error}", path.display())).hint(
                "is the folder writable? If the file is damaged, cancel the run's jobs (`squeue -u $USER`), then remove it",
            )
        };
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(|known| (known, false)).map_err(|error| failed(&error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let name = name(run, &nonce().map_err(|error| failed(&error))?);
                let notebook = Self { name, arrays: Vec::new() };
                notebook.write(folder).map_err(|error| failed(&error))?;
                Ok((notebook, true))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// Writes it so that it is whole at any moment, and survives a power cut.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let unfinished = folder.join("arrays.json.part");
        let mut file = File::create(&unfinished)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(&unfinished, folder.join("arrays.json"))?;
        File::open(folder)?.sync_all()
    }
}

/// The name of a run's jobs: letters that neither Slurm nor a shell gives a meaning.
fn name(run: &str, nonce: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '_' };
    let run: String = run.chars().take(LONGEST).map(plain).collect();
    format!("galvani-{run}-{nonce}")
}

/// Random letters that tell this run from another of the same name.
fn nonce() -> io::Result<String> {
    let mut bytes = [0; 6];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notebook_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let (mut notebook, is_new) = Notebook::open(folder.path(), "näher, 1").unwrap();
        assert!(is_new && notebook.name.starts_with("galvani-n_her__1-"), "{}", notebook.name);
        notebook.arrays.push(ArrayNote { job: 7, workers: 3 });
        notebook.write(folder.path()).unwrap();
        assert_eq!(Notebook::open(folder.path(), "other").unwrap(), (notebook, false));
        fs::write(folder.path().join("arrays.json"), "{").unwrap();
        let wrong = Notebook::open(folder.path(), "x").unwrap_err();
        assert!(wrong.hint.unwrap().contains("remove it"));
    }
}
