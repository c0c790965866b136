//! Repair of a damaged journal from the lines that the index holds.
use crate::store::index::Index;
use crate::store::journal::{Fault, Line, decode_line};
use crate::store::record::Record;

/// The lines of a journal after repair, and the changes made.
#[derive(Debug, Default)]
pub struct Repaired {
    pub lines: Vec<u8>,
    pub records: Vec<Record>,
    /// Numbers, from 1, of the lines that were restored from the index.
    pub restored: Vec<u64>,
    /// Bytes of an unacknowledged torn tail that were dropped.
    pub cut: usize,
}

/// The first line of a journal that cannot be repaired, and its fault.
#[derive(Debug, PartialEq, Eq)]
pub struct Irreparable {
    pub line: u64,
    pub fault: Fault,
}

/// Restores damaged and missing lines that the index holds; drops a torn tail that it does not hold.
///
/// A damaged line in the middle that the index does not hold is an error: its result was acknowledged.
pub fn repair(lines: Vec<Line>, index: Option<&Index>) -> Result<Repaired, Irreparable> {
    let mut repaired = Repaired::default();
    let mut remembered = Remembered { index, trusted: true };
    let mut lines = lines.into_iter().peekable();
    let mut position = 0;
    let mut last: Option<&[u8]> = None;
    while let Some(line) = lines.next() {
        position += 1;
        match line.record {
            Ok(record) => {
                repaired.push(line.bytes, record);
                last = Some(line.bytes);
            }
            Err(Fault::Damaged) => {
                let first = position;
                let mut damaged = line.bytes.len();
                // A flipped line feed joins two lines or splits one: neighbours are repaired together.
                while let Some(next) = lines.next_if(|next| next.record == Err(Fault::Damaged)) {
                    position += 1;
                    damaged += next.bytes.len();
                }
                remembered.trust(repaired.count(), last);
                let next = lines.peek().map(|line| line.bytes);
                let before = repaired.count();
                while let Some((bytes, record)) =
                    remembered.line(repaired.count() + 1).filter(|(b, _)| Some(&b[..]) != next)
                {
                    repaired.push(&bytes, record);
                    repaired.restored.push(repaired.count());
                }
                let joined = remembered.line(repaired.count() + 1).is_some_and(|(bytes, _)| Some(&bytes[..]) == next);
                if next.is_some() && !joined {
                    return Err(Irreparable { line: first, fault: Fault::Damaged });
                }
                if repaired.count() == before && next.is_none() {
                    repaired.cut = damaged;
                }
            }
            Err(fault) => return Err(Irreparable { line: position, fault }),
        }
    }
    if repaired.restored.is_empty() && repaired.cut == 0 {
        remembered.trust(repaired.count(), last);
        while let Some((bytes, record)) = remembered.line(repaired.count() + 1) {
            repaired.push(&bytes, record);
            repaired.restored.push(repaired.count());
        }
    }
    Ok(repaired)
}

impl Repaired {
    fn push(&mut self, bytes: &[u8], record: Record) {
        self.lines.extend_from_slice(bytes);
        self.records.push(record);
    }

    fn count(&self) -> u64 {
        self.records.len() as u64
    }
}

/// The lines of an index, as long as it is of the same journal.
struct Remembered<'a> {
    index: Option<&'a Index>,
    trusted: bool,
}

impl Remembered<'_> {
    /// Uses the index only where its line with this number equals that of the journal.
    fn trust(&mut self, number: u64, last: Option<&[u8]>) {
        self.trusted &= match (self.index, last) {
            (Some(index), Some(last)) => index.line(number).is_some_and(|line| line == last),
            _ => true,
        };
    }

    fn line(&self, number: u64) -> Option<(Vec<u8>, Record)> {
        let index = self.index.filter(|_| self.trusted)?;
        let bytes = index.line(number).filter(|_| number <= index.state().lines)?;
        let record = decode_line(&bytes).ok()?;
        Some((bytes, record))
    }
}
