//! The timetable: the slot and the time of each attempt, the utilisation of the workers, and their waiting.
use std::collections::BTreeMap;

use serde::Serialize;

use super::input::{ReportInput, Timing};
use crate::numeric::quantile::quantile;
use crate::trial::TrialId;

/// Attempts side by side of one slot's name that get a line of their own, at most.
const LINES: usize = 256;

/// The times of a run. All seconds are those of sessions: the time between two sessions is left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timetable {
    /// The length of all sessions together.
    pub length_s: f64,
    /// The ends of all sessions but the last.
    pub breaks_s: Vec<f64>,
    /// The number of trials at a time: as the run was told, or as many as ran at a time.
    pub workers: usize,
    /// The seconds that attempts took, added over the slots.
    pub busy_s: f64,
    /// Their share of the workers' time.
    pub utilisation: f64,
    /// Seconds of workers before their first attempt of a session, between two attempts, and after their last.
    pub before_s: f64,
    pub between_s: f64,
    pub after_s: f64,
    /// The median time between two attempts in a slot; absent if none had two in one session.
    pub pause_s: Option<f64>,
    /// Seconds of attempts that do not count, because their trials were attempted again.
    pub repeated_s: f64,
    pub slots: Vec<SlotLine>,
    pub bars: Vec<Bar>,
}

/// One line of the timetable: a slot, or one of several attempts at a time in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlotLine {
    pub name: String,
    pub attempts: usize,
    pub busy_s: f64,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    pub trial: u32,
    /// The index of its line.
    pub slot: usize,
    pub from_s: f64,
    pub to_s: f64,
    pub budget: f64,
    /// The word for the trial's outcome; `repeated` where the trial was attempted again.
    pub outcome: &'static str,
}

/// The word for an attempt that does not count.
pub(crate) const REPEATED: &str = "repeated";

/// The sessions of a run as one stretch of time.
struct Clock {
    sessions: Vec<(f64, f64)>,
}

impl Clock {
    /// The sessions of the input, made long enough for all attempts; one session if none is known.
    fn of(input: &ReportInput) -> Self {
        let ends = |timing: &Timing| (timing.started_s, timing.started_s + timing.seconds.max(0.0));
        let mut sessions: Vec<(f64, f64)> =
            input.course.sessions.iter().copied().filter(|(from, to)| from <= to).collect();
        sessions.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (from, to) in input.timings.iter().chain(input.course.repeated).map(ends) {
            // The last session that had begun by then; its clock and the attempts' differ by milliseconds.
            match sessions.iter_mut().rev().find(|session| session.0 <= from + 1.0) {
                Some(session) => *session = (session.0.min(from), session.1.max(to)),
                None => sessions.insert(0, (from, to)),
            }
        }
        // Without noted sessions each earlier attempt began one of its own: what overlaps is one.
        let mut joined: Vec<(f64, f64)> = Vec::new();
        for (from, to) in sessions {
            match joined.last_mut() {
                Some(last) if from <= last.1 || input.course.sessions.is_empty() => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        Self { sessions: joined }
    }

    /// The index of the session of a time, and the time since the first began, without the time between sessions.
    fn at(&self, time: f64) -> (usize, f64) {
        let index = self.sessions.iter().rposition(|session| session.0 <= time).unwrap_or(0);
        let before: f64 = self.sessions[..index].iter().map(|(from, to)| to - from).sum();
        let (from, to) = self.sessions[index];
        (index, before + (time.min(to) - from).max(0.0))
    }
}

/// The times at which trials ended, by their numbers, in seconds of sessions.
pub(super) fn ends(input: &ReportInput) -> BTreeMap<u32, f64> {
    let clock = Clock::of(input);
    if clock.sessions.is_empty() {
        return BTreeMap::new();
    }
    let end = |timing: &Timing| (timing.trial, clock.at(timing.started_s).1 + timing.seconds.max(0.0));
    input.timings.iter().map(end).collect()
}

impl Timetable {
    /// The timetable of a run; `None` if no attempt has ended.
    pub(super) fn of(input: &ReportInput) -> Option<Self> {
        let clock = Clock::of(input);
        let counted = input.timings.iter().map(|timing| (timing, true));
        let mut attempts: Vec<(&Timing, bool)> =
            counted.chain(input.course.repeated.iter().map(|timing| (timing, false))).collect();
        attempts.sort_by(|a, b| a.0.started_s.total_cmp(&b.0.started_s).then(a.0.trial.cmp(&b.0.trial)));
        if attempts.is_empty() {
            return None;
        }
        let mut lines: BTreeMap<&str, Vec<(Vec<usize>, f64)>> = BTreeMap::new();
        let mut bars: Vec<(Bar, usize)> = Vec::new();
        for (timing, counts) in attempts {
            let (session, from_s) = clock.at(timing.started_s);
            let to_s = from_s + timing.seconds.max(0.0);
            let of_slot = lines.entry(&timing.slot).or_default();
            // Clocks of start and length differ by milliseconds.
            let free = of_slot.iter().position(|(_, until)| *until <= from_s + 0.05);
            let line = free.unwrap_or(if of_slot.len() < LINES { of_slot.len() } else { LINES - 1 });
            if line == of_slot.len() {
                of_slot.push((vec![], 0.0));
            }
            of_slot[line].0.push(bars.len());
            of_slot[line].1 = of_slot[line].1.max(to_s);
            let trial = input.history.trial(TrialId(timing.trial));
            let bar = Bar {
                trial: timing.trial,
                slot: 0,
                from_s,
                to_s,
                budget: trial.map_or(1.0, |trial| trial.proposal.budget.amount()),
                outcome: if counts { trial.map_or(REPEATED, |trial| trial.word()) } else { REPEATED },
            };
            bars.push((bar, session));
        }
        let mut slots = Vec::new();
        for (name, of_slot) in lines {
            let several = of_slot.len() > 1;
            for (index, (members, _)) in of_slot.into_iter().enumerate() {
                let busy_s = members.iter().map(|&bar| bars[bar].0.to_s - bars[bar].0.from_s).sum();
                let name = if several { format!("{name} ({})", index + 1) } else { name.to_owned() };
                members.iter().for_each(|&bar| bars[bar].0.slot = slots.len());
                slots.push(SlotLine { name, attempts: members.len(), busy_s });
            }
        }
        Some(Self::summed(input, &clock, slots, bars))
    }

    fn summed(input: &ReportInput, clock: &Clock, slots: Vec<SlotLine>, bars: Vec<(Bar, usize)>) -> Self {
        let lengths: Vec<f64> = clock.sessions.iter().map(|(from, to)| to - from).collect();
        let length_s: f64 = lengths.iter().sum();
        let mut edge = 0.0;
        let edges: Vec<f64> = lengths.iter().map(|length| (edge += length, edge).1).collect();
        let workers = input.course.workers.max(slots.len());
        let (mut before_s, mut between_s, mut after_s, mut pauses) = (0.0, 0.0, 0.0, Vec::new());
        let mut members: BTreeMap<(usize, usize), Vec<&Bar>> = BTreeMap::new();
        bars.iter().for_each(|(bar, session)| members.entry((*session, bar.slot)).or_default().push(bar));
        for (session, length) in lengths.iter().enumerate() {
            let (start, end) = (edges[session] - length, edges[session]);
            for slot in 0..workers {
                let own = members.get(&(session, slot)).map_or(&[][..], Vec::as_slice);
                let Some((first, last)) = own.first().zip(own.last()) else {
                    after_s += length;
                    continue;
                };
                before_s += (first.from_s - start).max(0.0);
                after_s += (end - last.to_s).max(0.0);
                let gaps = own.windows(2).map(|pair| (pair[1].from_s - pair[0].to_s).max(0.0));
                gaps.for_each(|gap| {
                    between_s += gap;
                    pauses.push(gap);
                });
            }
        }
        let bars: Vec<Bar> = bars.into_iter().map(|(bar, _)| bar).collect();
        let repeated = bars.iter().filter(|bar| bar.outcome == REPEATED);
        let busy_s: f64 = bars.iter().map(|bar| bar.to_s - bar.from_s).sum();
        let all = workers as f64 * length_s;
        Self {
            length_s,
            breaks_s: edges[..edges.len() - 1].to_vec(),
            workers,
            busy_s,
            utilisation: if all > 0.0 { (busy_s / all).min(1.0) } else { 0.0 },
            before_s,
            between_s,
            after_s,
            pause_s: quantile(&pauses, 0.5),
            repeated_s: repeated.map(|bar| bar.to_s - bar.from_s).fold(0.0, |a, b| a + b),
            slots,
            bars,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, history, input, line};
    use super::super::input::Course;
    use super::*;

    fn timing(trial: u32, started_s: f64, seconds: f64, slot: &str) -> Timing {
        Timing { trial, started_s, seconds, slot: slot.into() }
    }

    #[test]
    fn the_utilisation_of_a_known_schedule() {
        let space = line();
        let history = history(&space, (0..4).map(|index| (f64::from(index) / 4.0, 1.0, finished(1.0))));
        // Two workers for 10 s: 0 to 4 and 5 to 9 in the first slot, 0 to 6 in the second.
        let timings = [timing(1, 0.0, 4.0, "cpu:0"), timing(2, 0.0, 6.0, "cpu:1"), timing(3, 5.0, 4.0, "cpu:0")];
        let course = Course { sessions: &[(0.0, 10.0)], workers: 2, ..Course::default() };
        let found = Timetable::of(&ReportInput { timings: &timings, course, ..input(&space, &history) }).unwrap();
        assert_eq!((found.length_s, found.busy_s, found.utilisation), (10.0, 14.0, 0.7));
        assert_eq!((found.before_s, found.between_s, found.after_s, found.pause_s), (0.0, 1.0, 5.0, Some(1.0)));
        assert_eq!(found.slots.iter().map(|slot| slot.attempts).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn the_time_between_sessions_is_left_out_and_repeated_attempts_do_not_count() {
        let space = line();
        let history = history(&space, [(0.1, 1.0, finished(1.0)), (0.2, 1.0, finished(2.0))]);
        let timings = [timing(1, 0.0, 3.0, "cpu:0"), timing(2, 1000.0, 3.0, "cpu:0")];
        let repeated = [timing(2, 3.0, 2.0, "cpu:0")];
        let course =
            Course { sessions: &[(0.0, 5.0), (1000.0, 1005.0)], repeated: &repeated, workers: 1, ..Course::default() };
        let input = ReportInput { timings: &timings, course, ..input(&space, &history) };
        let found = Timetable::of(&input).unwrap();
        assert_eq!((found.length_s, &found.breaks_s[..], found.utilisation), (10.0, &[5.0][..], 0.8));
        assert_eq!((found.repeated_s, found.after_s), (2.0, 2.0));
        assert_eq!(ends(&input), BTreeMap::from([(1, 3.0), (2, 8.0)]));
    }

    #[test]
    fn attempts_side_by_side_have_lines_of_their_own() {
        let space = line();
        let history = history(&space, [(0.1, 1.0, finished(1.0)), (0.2, 1.0, finished(2.0))]);
        let timings = [timing(1, 0.0, 4.0, ""), timing(2, 1.0, 2.0, "")];
        let found = Timetable::of(&ReportInput { timings: &timings, ..input(&space, &history) }).unwrap();
        assert_eq!((found.workers, found.slots.len(), found.utilisation), (2, 2, 0.75));
        assert_eq!(Timetable::of(&input(&space, &history)), None);
    }
}
