//! Output files of verbs: written beside their place and renamed when they are whole, or written through to pipes and devices.
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::message::say;
use crate::document::diagnostic::Diagnostic;

/// Links that are followed at most, from one to the next.
const LINKS: usize = 40;

/// The treatment of a regular file that exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    #[cfg(any(feature = "simulator", test))]
    Replace,
    Refuse,
}

/// An output that may be written: nothing has been touched yet.
pub(crate) struct Output {
    /// The name that the user gave.
    name: PathBuf,
    place: Place,
}

enum Place {
    Stdout,
    /// A pipe, a terminal, a device.
    Through,
    /// A regular file or nothing, behind all links, with the permissions of the present file.
    File {
        path: PathBuf,
        permissions: Option<Permissions>,
        existing: Existing,
    },
}

impl Output {
    /// The output of that name; `-` is stdout. `inputs` are files that the verb reads.
    ///
    /// # Errors
    /// It is one of the inputs, by whatever name, or a folder, or is protected, or exists where it may not be replaced.
    pub(crate) fn to(name: &Path, existing: Existing, inputs: &[&Path]) -> Result<Self, Failure> {
        let of = |place| Ok(Self { name: name.to_owned(), place });
        let text = name.to_string_lossy();
        if ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(&&*text) {
            return of(Place::Stdout);
        }
        let refuse = |message: &str, hint: &str| {
            Err(Failure::from(Diagnostic::new(format!("cannot write `{}`: {message}", name.display())).hint(hint)))
        };
        let Ok(present) = fs::metadata(name) else {
            return of(Place::File { path: behind_links(name), permissions: None, existing });
        };
        let is_same = |input: &&&Path| {
            fs::metadata(input).is_ok_and(|input| (input.dev(), input.ino()) == (present.dev(), present.ino()))
        };
        if present.is_dir() {
            return refuse("it is a folder", "name a file in it");
        }
        if let Some(input) = inputs.iter().find(is_same) {
            return refuse(&format!("it is the input `{}`", input.display()), "give another name");
        }
        if !present.is_file() || text.starts_with("/dev/fd/") || text.starts_with("/proc/") {
            return of(Place::Through);
        }
        if existing == Existing::Refuse {
            return refuse("it exists already", "choose another name, or remove the file");
        }
        let permissions = present.permissions();
        if permissions.readonly() {
            return refuse("the file is protected against writing", "choose another name, or remove the file");
        }
        of(Place::File { path: behind_links(name), permissions: Some(permissions), existing })
    }

    /// The name in narration.
    pub(crate) fn shown(&self) -> String {
        match self.place {
            Place::Stdout => "stdout".to_owned(),
            _ => self.name.display().to_string(),
        }
    }

    /// True where data of the output and data on stdout would be mixed.
    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout)
    }

    /// Writes the output; a reader that closes a pipe early ends it with success.
    ///
    /// # Errors
    /// The output cannot be written. A regular file is then as it was.
    pub(crate) fn write(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let written = match &self.place {
            Place::Stdout => through(io::stdout().lock(), content),
            Place::Through => OpenOptions::new().write(true).open(&self.name).and_then(|file| through(file, content)),
            Place::File { path, permissions, existing } => beside(path, permissions.as_ref(), *existing, content),
        };
        written.map_err(|error| {
            let hint = match error.kind() {
                ErrorKind::NotFound => "check that the folder exists",
                ErrorKind::AlreadyExists => "choose another name, or remove the file",
                _ => "check that the folder is writable and has room",
            };
            Diagnostic::new(format!("cannot write `{}`: {error}", self.shown())).hint(hint).into()
        })
    }
}

/// Writes a text to a new file and prints its path, or prints the text.
pub(super) fn write(text: &str, out: Option<&Path>) -> Result<(), Failure> {
    let Some(out) = out else {
        say(text.trim_end());
        return Ok(());
    };
    let output = Output::to(out, Existing::Refuse, &[])?;
    output.write(|out| out.write_all(text.as_bytes()))?;
    if !output.is_stdout() {
        say(&output.shown());
    }
    Ok(())
}

/// The name at the end of all symbolic links, whose file need not exist.
pub(crate) fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = folder(&path).join(target);
    }
    path
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn through(target: impl Write, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(target);
    match content(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            // What is left in the buffer would be written once more.
            drop(out.into_parts());
            Ok(())
        }
        written => written,
    }
}

fn beside(
    path: &Path,
    permissions: Option<&Permissions>,
    existing: Existing,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy();
    let partial = folder(path).join(format!(".{name}.{}.partial", std::process::id()));
    let written = File::create_new(&partial).and_then(|file| {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        content(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions.clone()))?;
        file.sync_all()?;
        match existing {
            #[cfg(any(feature = "simulator", test))]
            Existing::Replace => fs::rename(&partial, path),
            // A link fails where a file has appeared meanwhile.
            Existing::Refuse => fs::hard_link(&partial, path).and_then(|()| fs::remove_file(&partial)),
        }
    });
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn put(name: &Path, existing: Existing, inputs: &[&Path]) -> Result<(), String> {
        let told = |failure: Failure| match failure {
            Failure::Input(text) => text,
            _ => unreachable!("outputs fail by their input"),
        };
        let output = Output::to(name, existing, inputs).map_err(told)?;
        output.write(|out| out.write_all(b"new")).map_err(told)
    }

    #[test]
    fn regular_files_are_replaced_whole_and_links_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let read = |name: &str| fs::read_to_string(at(name)).unwrap();
        fs::write(at("file"), "old").unwrap();
        fs::set_permissions(at("file"), Permissions::from_mode(0o640)).unwrap();
        symlink("file", at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        fs::hard_link(at("file"), at("twin")).unwrap();
        put(&at("link"), Existing::Replace, &[]).unwrap();
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink(), "the link's name is kept");
        assert_eq!((read("file").as_str(), read("twin").as_str()), ("new", "old"));
        assert_eq!(fs::metadata(at("file")).unwrap().permissions().mode() & 0o777, 0o640);
        put(&at("dangling"), Existing::Refuse, &[]).unwrap();
        assert_eq!(read("nowhere"), "new");
        put(&at("fresh"), Existing::Refuse, &[]).unwrap();
        assert!(put(&at("fresh"), Existing::Refuse, &[]).unwrap_err().contains("exists already"));
        fs::set_permissions(at("twin"), Permissions::from_mode(0o440)).unwrap();
        assert!(put(&at("twin"), Existing::Replace, &[]).unwrap_err().contains("protected"));
        assert!(put(folder.path(), Existing::Replace, &[]).unwrap_err().contains("folder"));
        assert!(put(&at("none/x"), Existing::Replace, &[]).unwrap_err().contains("hint: check that the folder exists"));
        let left = fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn the_input_is_refused_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("input"), "old").unwrap();
        symlink(at("input"), at("soft")).unwrap();
        fs::hard_link(at("input"), at("hard")).unwrap();
        for name in ["input", "soft", "hard", "./input"] {
            let error = put(&at(name), Existing::Replace, &[&at("other"), &at("input")]).unwrap_err();
            assert!(error.contains("it is the input"), "{error}");
        }
        assert_eq!(fs::read_to_string(at("input")).unwrap(), "old");
    }

    #[test]
    fn pipes_and_devices_are_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || {
                let mut text = String::new();
                File::open(pipe).unwrap().read_to_string(&mut text).unwrap();
                text
            }
        });
        put(&pipe, Existing::Refuse, &[]).unwrap();
        assert_eq!(reader.join().unwrap(), "new");
        put(Path::new("/dev/null"), Existing::Replace, &[]).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(put(Path::new("/dev/full"), Existing::Replace, &[]).unwrap_err().contains("cannot write `/dev/full`"));
    }
}
