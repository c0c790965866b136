//! The spool: rows at even times in a file without a name, which the system removes with the process.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::battery::measurement::reading::MeasurementError;
use crate::battery::measurement::resampling::EvenRow;

/// Rows that are being written.
pub(crate) struct Spool {
    file: BufWriter<File>,
    rows: usize,
    beside: PathBuf,
}

/// Rows that were written, mapped into memory.
pub(crate) struct SpooledRows {
    map: Option<Mmap>,
}

impl Spool {
    /// An empty spool in the folder of a file.
    pub(crate) fn beside(path: &Path) -> Result<Self, MeasurementError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let own = folder.join(format!(".{name}.{}.rows", std::process::id()));
        let open = || {
            fs::create_dir_all(folder)?;
            let file = OpenOptions::new().create_new(true).read(true).write(true).open(&own)?;
            fs::remove_file(&own)?;
            Ok(file)
        };
        let file = open().map_err(|source| MeasurementError::Spool { path: path.to_owned(), source })?;
        Ok(Self { file: BufWriter::with_capacity(1 << 20, file), rows: 0, beside: path.to_owned() })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn push(&mut self, row: EvenRow) -> Result<(), MeasurementError> {
        self.rows += 1;
        let written = self.file.write_all(bytemuck::bytes_of(&row));
        written.map_err(|source| MeasurementError::Spool { path: self.beside.clone(), source })
    }

    /// All rows, to be read.
    pub(crate) fn finish(self) -> Result<SpooledRows, MeasurementError> {
        let Self { file, rows, beside } = self;
        let map = || -> io::Result<Option<Mmap>> {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            // SAFETY: the file has no name, so nobody else can write to it.
            Ok(if rows == 0 { None } else { Some(unsafe { Mmap::map(&file) }?) })
        };
        let map = map().map_err(|source| MeasurementError::Spool { path: beside, source })?;
        Ok(SpooledRows { map })
    }
}

impl SpooledRows {
    pub(crate) fn rows(&self) -> &[EvenRow] {
        self.map.as_ref().map_or(&[], |map| bytemuck::cast_slice(map))
    }
}
