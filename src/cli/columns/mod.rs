//! Columns of numbers as a file for other programs: CSV, NumPy's archive, Parquet, HDF5.
mod column;
#[cfg(feature = "simulator")]
pub(crate) mod csv;
#[cfg(all(feature = "tables", feature = "simulator"))]
pub(crate) mod hdf5;
#[cfg(feature = "simulator")]
mod npz;
#[cfg(feature = "tables")]
pub(crate) mod parquet;

#[cfg(feature = "simulator")]
use std::path::Path;

#[cfg(feature = "simulator")]
use super::failure::Failure;
#[cfg(feature = "simulator")]
use super::output::Output;
pub(crate) use column::{Column, ColumnValues, Columns, Digits};

#[cfg(feature = "simulator")]
use crate::document::diagnostic::Diagnostic;

/// The kind of a file of columns.
#[cfg(feature = "simulator")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnFormat {
    Csv,
    /// An archive of NumPy, an array a column.
    Npz,
    Parquet,
    Hdf5,
}

/// Writes columns as a file of that kind.
///
/// # Errors
/// The output cannot be written.
#[cfg(feature = "simulator")]
pub(crate) fn write(table: &Columns, format: ColumnFormat, output: &Output) -> Result<(), Failure> {
    output.write(|out| match format {
        ColumnFormat::Csv => csv::write_csv(out, &mut std::iter::once(table)),
        ColumnFormat::Npz => npz::write(out, table),
        #[cfg(feature = "tables")]
        ColumnFormat::Parquet => parquet::write_parquet(out, &table.about, &mut std::iter::once(table)),
        #[cfg(feature = "tables")]
        ColumnFormat::Hdf5 => hdf5::write(out, table),
        #[cfg(not(feature = "tables"))]
        ColumnFormat::Parquet | ColumnFormat::Hdf5 => unreachable!("no such format is chosen in this build"),
    })
}

#[cfg(feature = "simulator")]
impl ColumnFormat {
    /// The format that a file's name asks for; CSV where its ending names none.
    ///
    /// # Errors
    /// This build cannot write the format.
    pub(crate) fn of(path: &Path) -> Result<Self, Diagnostic> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
        let format = match ending.as_str() {
            "npz" => Self::Npz,
            "parquet" | "pq" => Self::Parquet,
            "h5" | "hdf5" => Self::Hdf5,
            _ => Self::Csv,
        };
        let name = match format {
            Self::Parquet => "Parquet",
            Self::Hdf5 => "HDF5",
            Self::Csv | Self::Npz => return Ok(format),
        };
        if cfg!(feature = "tables") {
            return Ok(format);
        }
        let message = format!(
            "cannot write `{}`: this build of galvani lacks the feature `tables`, which has {name}",
            path.display()
        );
        Err(Diagnostic::new(message).hint("build with `--features tables`, or choose .csv or .npz"))
    }
}

/// Words about every file: the version, and the command that wrote it.
pub(crate) fn about() -> Vec<(String, String)> {
    let quoted = |argument: String| match argument.contains([' ', '"', '\'', '\\', '$', '*', '|', ';', '&'])
        || argument.is_empty()
    {
        true => format!("'{}'", argument.replace('\'', "'\\''")),
        false => argument,
    };
    let arguments = std::env::args_os().skip(1).map(|argument| quoted(argument.to_string_lossy().into_owned()));
    let command = ["galvani".to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ");
    vec![("galvani_version".into(), env!("CARGO_PKG_VERSION").into()), ("command".into(), command)]
}

#[cfg(all(test, feature = "tables", feature = "simulator"))]
mod tests {
    use super::column::tests::example;
    use super::*;

    #[test]
    fn endings_choose_the_format() {
        for (name, format) in [
            ("a.csv", ColumnFormat::Csv),
            ("-", ColumnFormat::Csv),
            ("a.txt", ColumnFormat::Csv),
            ("a.NPZ", ColumnFormat::Npz),
            ("a.b.parquet", ColumnFormat::Parquet),
            ("a.h5", ColumnFormat::Hdf5),
        ] {
            assert_eq!(ColumnFormat::of(Path::new(name)).unwrap(), format, "{name}");
        }
    }

    #[test]
    fn a_text_has_the_digits_that_its_columns_ask_for() {
        let mut text = Vec::new();
        csv::write_csv(&mut text, &mut std::iter::once(example())).unwrap();
        let expected =
            "time_s,step,valid,word,cost\n0,1,1,a,1.5\n0.1,-2,0,,\n2,9223372036854775807,1,\"ü, \"\"b\"\"\",-2\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
