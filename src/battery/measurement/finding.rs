//! Findings: what was left out of a measured file and what was mended, with the line of the first of each kind.

/// A kind of flaw of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A field that is needed is empty, or not a number.
    Unreadable,
    /// The row ends before a field that is needed.
    Short,
    /// A row of the cycles or steps in a nested table.
    OtherTable,
    /// Time and values are those of the row before.
    Repeated,
    /// More than two rows at one time.
    Crowded,
    /// A value far beyond the range of the cell.
    Implausible,
    /// A value a little beyond the range in which it is stored.
    Limited,
    /// A temperature that is missing, or none that a cell can have.
    NoTemperature,
    /// A time that begins anew.
    Reset,
    /// Time without rows: the series ends before it, and another begins behind it.
    Gap,
    /// A state of charge a little beyond 0 and 1.
    LimitedCharge,
    /// A run of rows too short for a series, or the end of one.
    Rest,
}

impl FindingKind {
    pub(crate) const ALL: [Self; 12] = [
        Self::Unreadable,
        Self::Short,
        Self::OtherTable,
        Self::Repeated,
        Self::Crowded,
        Self::Implausible,
        Self::Limited,
        Self::NoTemperature,
        Self::Reset,
        Self::Gap,
        Self::LimitedCharge,
        Self::Rest,
    ];

    /// The finding in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unreadable => "a needed field is empty or not a number",
            Self::Short => "the row has too few fields",
            Self::OtherTable => "row of a cycle or step between the records",
            Self::Repeated => "repeats the row before",
            Self::Crowded => "third row or more at one time",
            Self::Implausible => "far outside of the cell's range",
            Self::Limited => "a little outside of the cell's range",
            Self::NoTemperature => "no temperature, or none that can be",
            Self::Reset => "the time begins anew",
            Self::Gap => "time without rows",
            Self::LimitedCharge => "counted state of charge a little outside of 0 to 1 (even rows)",
            Self::Rest => "left at the end, too short for a series (even rows)",
        }
    }

    /// The treatment in words.
    pub fn treatment(self) -> &'static str {
        match self {
            Self::Unreadable
            | Self::Short
            | Self::OtherTable
            | Self::Repeated
            | Self::Crowded
            | Self::Implausible
            | Self::Rest => "left out",
            Self::Limited | Self::LimitedCharge => "set to the edge of the range",
            Self::NoTemperature => "the last one was kept",
            Self::Reset => "joined to the time before",
            Self::Gap => "the series was divided",
        }
    }
}

/// Findings in one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Rows after the header.
    pub rows: u64,
    /// Rows that were used.
    pub used: u64,
    /// Number and first line of each kind, in the order of [`FindingKind`].
    entries: [(u64, u64); FindingKind::ALL.len()],
}

impl Findings {
    pub(crate) fn note(&mut self, kind: FindingKind, line: u64) {
        self.note_many(kind, line, 1);
    }

    pub(crate) fn note_many(&mut self, kind: FindingKind, line: u64, count: u64) {
        let entry = &mut self.entries[kind as usize];
        if entry.0 == 0 {
            entry.1 = line;
        }
        entry.0 += count;
    }

    /// The number of findings of a kind.
    pub fn count(&self, kind: FindingKind) -> u64 {
        self.entries[kind as usize].0
    }

    /// The kinds that were found, with their numbers and first lines.
    pub fn found(&self) -> impl Iterator<Item = (FindingKind, u64, u64)> {
        let all = FindingKind::ALL.into_iter().zip(self.entries);
        all.filter(|(_, (count, _))| *count > 0).map(|(kind, (count, line))| (kind, count, line))
    }
}
