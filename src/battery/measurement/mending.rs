//! The mending of rows: repeated ones, times that begin anew, gaps, values that cannot be.
use crate::battery::measurement::finding::{FindingKind, Findings};
use crate::battery::measurement::reader::Sample;

/// The share of a range by which a value may be outside of it and still be meant.
const OVERSHOOT: f64 = 0.02;
/// A fall of the time that is a row out of order and no new count, s.
const DISORDER: f64 = 1.0;

/// A row at its time since the beginning of the file's count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// s.
    pub time: f64,
    /// A, discharge positive.
    pub current: f64,
    /// V.
    pub voltage: f64,
    /// °C.
    pub temperature: f64,
}

/// The rules by which rows are mended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MendingRules {
    /// Currents and voltages that can be stored.
    pub current: (f64, f64),
    pub voltage: (f64, f64),
    pub temperature: (f64, f64),
    /// The longest time between two rows of one series, s.
    pub gap: f64,
    /// True where a time that falls begins a new count.
    pub joins_resets: bool,
    /// True where that is usual, and not worth a finding.
    pub expects_resets: bool,
    /// The temperature where there is none, °C.
    pub ambient: f64,
    /// True where the file has a column of temperatures.
    pub has_temperature: bool,
}

/// The fate of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mended {
    Nothing,
    Next(Point),
    /// The first of a series.
    First(Point),
    /// The time falls, from this one, s.
    Falls(f64),
}

/// The mender of one file's rows.
pub(crate) struct Mender {
    rules: MendingRules,
    /// The time of the file at which the present count began, s.
    offset: f64,
    last: Option<Sample>,
    /// The last row that was used.
    used: Option<Point>,
    /// Rows at its time.
    crowd: u32,
    temperature: f64,
}

impl Mender {
    pub(crate) fn new(rules: MendingRules) -> Self {
        Self { temperature: rules.ambient, rules, offset: 0.0, last: None, used: None, crowd: 0 }
    }

    /// Decides about a row, and notes what is wrong with it.
    pub(crate) fn take(&mut self, sample: Sample, findings: &mut Findings) -> Mended {
        let note = |findings: &mut Findings, kind| findings.note(kind, sample.line);
        if let Some(last) = self.last {
            let is_same = |sample: &Sample| (sample.time, sample.current, sample.voltage, sample.temperature);
            if is_same(&last) == is_same(&sample) {
                note(findings, FindingKind::Repeated);
                return Mended::Nothing;
            }
            let falls = last.time - sample.time;
            if falls > 0.0 {
                if falls <= DISORDER && sample.time > 0.0 {
                    note(findings, FindingKind::Crowded);
                    return Mended::Nothing;
                }
                if !self.rules.joins_resets {
                    return Mended::Falls(last.time);
                }
                self.offset += last.time;
                if !self.rules.expects_resets {
                    note(findings, FindingKind::Reset);
                }
            }
        }
        self.last = Some(sample);
        let Some(current) = limited(sample.current, self.rules.current) else {
            note(findings, FindingKind::Implausible);
            return Mended::Nothing;
        };
        let Some(voltage) = limited(sample.voltage, self.rules.voltage) else {
            note(findings, FindingKind::Implausible);
            return Mended::Nothing;
        };
        if current != sample.current || voltage != sample.voltage {
            note(findings, FindingKind::Limited);
        }
        let (least, largest) = self.rules.temperature;
        match sample.temperature.filter(|celsius| (least..=largest).contains(celsius)) {
            Some(celsius) => self.temperature = celsius,
            None if self.rules.has_temperature => note(findings, FindingKind::NoTemperature),
            None => {}
        }
        let point = Point { time: self.offset + sample.time, current, voltage, temperature: self.temperature };
        let Some(before) = self.used else {
            return self.use_point(point, findings, true);
        };
        if point.time == before.time {
            self.crowd += 1;
            if self.crowd > 2 {
                note(findings, FindingKind::Crowded);
                return Mended::Nothing;
            }
            self.used = Some(point);
            findings.used += 1;
            return Mended::Next(point);
        }
        let is_gap = point.time - before.time > self.rules.gap;
        if is_gap {
            note(findings, FindingKind::Gap);
        }
        self.use_point(point, findings, is_gap)
    }

    fn use_point(&mut self, point: Point, findings: &mut Findings, is_first: bool) -> Mended {
        findings.used += 1;
        (self.used, self.crowd) = (Some(point), 1);
        if is_first { Mended::First(point) } else { Mended::Next(point) }
    }
}

/// A value within a range, or set to its edge where it is a little outside; `None` where it is far outside.
fn limited(value: f64, (least, largest): (f64, f64)) -> Option<f64> {
    let slack = OVERSHOOT * (largest - least);
    (least - slack..=largest + slack).contains(&value).then(|| value.clamp(least, largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> MendingRules {
        MendingRules {
            current: (-5.0, 20.0),
            voltage: (2.5, 4.25),
            temperature: (-10.0, 90.0),
            gap: 100.0,
            joins_resets: true,
            expects_resets: false,
            ambient: 25.0,
            has_temperature: true,
        }
    }

    fn sample(line: u64, time: f64, current: f64, voltage: f64, temperature: Option<f64>) -> Sample {
        Sample { line, time, current, voltage, temperature }
    }

    #[test]
    fn every_flaw_has_its_treatment() {
        let mut findings = Findings::default();
        let mut mender = Mender::new(rules());
        let mut fates = Vec::new();
        for row in [
            sample(2, 0.0, 0.0, 3.6, Some(-2500.0)),
            sample(3, 10.0, 1.0, 3.6, Some(24.0)),
            sample(4, 10.0, 1.0, 3.6, Some(24.0)),
            sample(5, 10.0, 2.0, 3.5, None),
            sample(6, 10.0, 3.0, 3.4, Some(24.0)),
            sample(7, 20.0, 2.0, 2.48, Some(24.0)),
            sample(8, 30.0, 2.0, 36.0, Some(24.0)),
            sample(9, 5.0, 2.0, 3.5, Some(24.0)),
            sample(10, 500.0, 0.0, 3.5, Some(26.0)),
        ] {
            fates.push(match mender.take(row, &mut findings) {
                Mended::Next(point) => format!("{} {} {}", point.time, point.voltage, point.temperature),
                Mended::First(point) => format!("first {} {}", point.time, point.temperature),
                other => format!("{other:?}"),
            });
        }
        let expected = [
            "first 0 25",
            "10 3.6 24",
            "Nothing",
            "10 3.5 24",
            "Nothing",
            "20 2.5 24",
            "Nothing",
            "35 3.5 24",
            "first 530 26",
        ];
        assert_eq!(fates, expected);
        let found: Vec<(FindingKind, u64, u64)> = findings.found().collect();
        assert_eq!(
            found,
            [
                (FindingKind::Repeated, 1, 4),
                (FindingKind::Crowded, 1, 6),
                (FindingKind::Implausible, 1, 8),
                (FindingKind::Limited, 1, 7),
                (FindingKind::NoTemperature, 2, 2),
                (FindingKind::Reset, 1, 9),
                (FindingKind::Gap, 1, 10),
            ]
        );
    }

    #[test]
    fn a_time_that_falls_is_an_error_where_it_must_not() {
        let mut mender = Mender::new(MendingRules { joins_resets: false, ..rules() });
        let mut findings = Findings::default();
        mender.take(sample(2, 100.0, 0.0, 3.6, None), &mut findings);
        assert_eq!(mender.take(sample(3, 5.0, 0.0, 3.6, None), &mut findings), Mended::Falls(100.0));
    }
}
