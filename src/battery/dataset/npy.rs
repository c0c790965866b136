//! Arrays in NumPy's format: a magic word, a Python literal that describes them, numbers.
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, of which only 32-bit floats are written. The
//! crate `npyz` reads every kind, but its parser generator would make a C compiler a requirement of the whole build.
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::document::diagnostic::Diagnostic;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Numbers in the order of C: the last axis runs fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Array {
    /// Reads a file of 32-bit or 64-bit floats; fails where it cannot be read, or holds something else.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let path_name = path.display();
        let bytes = fs::read(path).map_err(|error| Diagnostic::new(format!("cannot read `{path_name}`: {error}")))?;
        Self::parse(&bytes).map_err(|wrong| Diagnostic { message: format!("`{path_name}` {}", wrong.message), ..wrong })
    }

    fn parse(bytes: &[u8]) -> Result<Self, Diagnostic> {
        let not = || Diagnostic::new("is not an array in NumPy's format").hint("`numpy.save` writes such arrays");
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(not)?;
        let [major, _, rest @ ..] = rest else { return Err(not()) };
        let (length, rest) = match (major, rest) {
            (1, [a, b, rest @ ..]) => (usize::from(u16::from_le_bytes([*a, *b])), rest),
            (2 | 3, [a, b, c, d, rest @ ..]) => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
            _ => return Err(not()),
        };
        let header = rest.get(..length).and_then(|header| std::str::from_utf8(header).ok()).ok_or_else(not)?;
        let field = |name: &str| header.split_once(&format!("'{name}':")).map(|(_, rest)| rest.trim_start());
        let kind = field("descr").and_then(|rest| rest.split('\'').nth(1)).ok_or_else(not)?;
        if field("fortran_order").ok_or_else(not)?.starts_with("True") {
            return Err(Diagnostic::new("is in the order of Fortran").hint("save `numpy.ascontiguousarray(x)`"));
        }
        let shape = field("shape").and_then(|rest| Some(rest.strip_prefix('(')?.split_once(')')?.0)).ok_or_else(not)?;
        let axes = shape.split(',').map(str::trim).filter(|axis| !axis.is_empty());
        let shape = axes.map(|axis| axis.parse().ok()).collect::<Option<Vec<usize>>>().ok_or_else(not)?;
        let numbers = &rest[length..];
        let values: Vec<f32> = match kind {
            "<f4" => chunks(numbers, f32::from_le_bytes).collect(),
            "<f8" => chunks(numbers, f64::from_le_bytes).map(|number| number as f32).collect(),
            kind => {
                let message = format!("holds numbers of the kind `{kind}`, but must hold 32-bit floats");
                return Err(Diagnostic::new(message).hint("save `x.astype(\"<f4\")`"));
            }
        };
        let count = shape.iter().try_fold(1usize, |product, axis| product.checked_mul(*axis)).ok_or_else(not)?;
        match count == values.len() {
            true => Ok(Self { shape, values }),
            false => Err(Diagnostic::new(format!("is cut short: {} numbers instead of {count}", values.len()))),
        }
    }

    /// Writes the bytes of a file of 32-bit floats.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&header(&self.shape))?;
        self.values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
    }

    /// Writes a file of 32-bit floats, whole or not at all.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes)?;
        let partial = path.with_extension(format!("{}.part", std::process::id()));
        let written = fs::File::create(&partial).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&partial, path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&partial);
        }
        written
    }
}

/// The header of an array of 32-bit floats.
pub(crate) fn header(shape: &[usize]) -> Vec<u8> {
    header_of("<f4", shape)
}

/// The header of an array of a kind of numbers (`<f8`), in version 1.0 of the format, padded to 64 bytes.
pub(crate) fn header_of(kind: &str, shape: &[usize]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let literal = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({}{comma}), }}", axes.join(", "));
    let length = (MAGIC.len() + 4 + literal.len() + 1).next_multiple_of(64) - MAGIC.len() - 4;
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{literal:<0$}\n", length - 1).into_bytes());
    bytes
}

fn chunks<const N: usize, T>(bytes: &[u8], read: fn([u8; N]) -> T) -> impl Iterator<Item = T> {
    bytes.chunks_exact(N).map(move |chunk| read(chunk.try_into().expect("chunks have their length")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_go_out_and_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        for shape in [vec![2, 3, 4], vec![24], vec![0, 6]] {
            let values: Vec<f32> = (0..shape.iter().product()).map(|each| each as f32 * 0.1).collect();
            let array = Array { shape, values };
            array.write(&path).unwrap();
            assert_eq!(Array::read(&path).unwrap(), array);
            assert_eq!((fs::read(&path).unwrap().len() - 4 * array.values.len()) % 64, 0);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// As `numpy.save` of NumPy 2 writes `numpy.array([[1.5, -2.0]])`, and changes of it.
    #[test]
    fn what_others_write_is_read_or_refused() {
        let write = |literal: &str, numbers: &[u8]| {
            let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
            bytes.extend(format!("{literal:<117}\n").into_bytes());
            bytes.extend(numbers);
            Array::parse(&bytes)
        };
        let numbers: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
        let literal = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }";
        assert_eq!(write(literal, &numbers).unwrap(), Array { shape: vec![1, 2], values: vec![1.5, -2.0] });
        let wrong = |from: &str, to: &str| write(&literal.replace(from, to), &numbers).unwrap_err().to_string();
        assert!(wrong("<f8", "<i8").contains("`<i8`") && wrong("<f8", "<i8").contains("astype"));
        assert!(wrong("False", "True").contains("ascontiguousarray"));
        assert!(wrong("(1, 2)", "(2, 2)").contains("2 numbers instead of 4"));
        assert!(Array::parse(b"PK").unwrap_err().to_string().contains("numpy.save"));
    }
}
