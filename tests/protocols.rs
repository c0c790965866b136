//! Protocols end their steps when PyBaMM does, whatever the time steps, and go on from a saved state as if they had not been split.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::Path;

use galvani::battery::cell::Cell;
use galvani::battery::protocol::Protocol;
use galvani::battery::protocol::conditions::Conditions;
use galvani::battery::protocol::cycler::{Performance, perform};
use galvani::battery::protocol::state::SavedState;
use galvani::battery::protocol::table::EndReason;
use galvani::battery::simulation::thermal::Thermal;
use galvani::battery::simulation::trace::Start;

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/protocols").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn protocol(text: &str) -> Protocol {
    Protocol::parse(Path::new("text"), text, Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

fn full(thermal: Thermal) -> Conditions<'static> {
    Conditions::relaxed(thermal, Start { soc: 1.0, ambient: 25.0 })
}

fn done(cell: &Cell, text: &str, conditions: &Conditions) -> Performance {
    perform(cell, &protocol(text), conditions, &mut |_| true).unwrap()
}

/// The protocol of a file of PyBaMM's, performed, and PyBaMM's rows: end, charge, voltage, current, temperature.
fn beside_pybamm(name: &str, tolerance: f64) -> (Performance, Vec<Vec<f64>>) {
    let text = golden(&format!("{name}.txt"));
    let mut head = text.lines().next().unwrap().split(' ').skip(1);
    let cell = Cell::named(&head.next().unwrap().to_lowercase()).unwrap();
    let thermal = if head.next() == Some("lumped") { Thermal::Lumped } else { Thermal::Isothermal };
    let done = done(&cell, &text, &Conditions { tolerance, ..full(thermal) });
    let rows = golden(&format!("{name}.csv"));
    let numbers = |line: &str| line.split(',').map(|number| number.parse().unwrap()).collect();
    (done, rows.lines().skip(1).map(numbers).collect())
}

const CASES: [&str; 9] =
    ["cccv", "cccv_lumped", "gitt", "hold", "marquis_lumped", "oregan_lumped", "power", "readme", "resistance"];

#[test]
fn steps_end_when_those_of_pybamm_do() {
    let mut wrong = Vec::new();
    for name in CASES {
        let (done, rows) = beside_pybamm(name, 1.0);
        assert_eq!(done.steps.len(), rows.len(), "{name}: {:?}", done.failure);
        let mut worst = [0.0f64; 4];
        let mut before = 0.0;
        for (step, row) in done.steps.iter().zip(&rows) {
            let [end, charge, voltage, _, celsius] = row[..] else { panic!("five columns") };
            // Steps are compared by their own durations, so that an early one does not blur those after it.
            let late = (step.duration - (end - before)).abs();
            before = end;
            if late > 0.02 {
                println!("{name}: `{}` is {late:.3} s off", step.text);
            }
            worst = [
                worst[0].max(late),
                worst[1].max((step.charge - charge).abs() / charge.abs().max(0.1)),
                worst[2].max((step.end_voltage - voltage).abs()),
                worst[3].max((step.end_temperature - celsius).abs()),
            ];
        }
        println!("{name}: {worst:?}");
        // The shells of particles whose diffusivity depends on stoichiometry are coarser than exponentials.
        let seconds = if name == "oregan_lumped" { 0.3 } else { 0.1 };
        if worst[0] > seconds || worst[1] > 1e-4 || worst[2] > 1e-4 || worst[3] > 5e-3 {
            wrong.push((name, worst));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn ends_do_not_depend_on_the_time_steps() {
    for name in ["power", "hold"] {
        let [usual, fine] = [1.0, 0.2].map(|tolerance| beside_pybamm(name, tolerance).0);
        for (usual, fine) in usual.steps.iter().zip(&fine.steps) {
            let late = (usual.duration - fine.duration).abs();
            println!("{name}: {} is {late:.4} s off", usual.text);
            assert!(late < 0.05, "{name}: {} is {late} s off", usual.text);
        }
    }
}

#[test]
fn a_protocol_in_two_parts_is_the_whole_to_the_last_bit() {
    let cell = Cell::named("chen2020").unwrap();
    for thermal in [Thermal::Isothermal, Thermal::Lumped, Thermal::TwoNode] {
        let (first, second) =
            ("Discharge at 1C for 20 minutes; Rest for 60 s", "Charge at 0.5C until 4.1 V; Rest for 1 h");
        let whole = done(&cell, &format!("{first}; {second}"), &full(thermal));
        let saved = done(&cell, first, &full(thermal)).state.text();
        let state = SavedState::parse(&saved, &cell, thermal).unwrap();
        let rest = done(&cell, second, &Conditions { state: Some(&state), ..full(thermal) });
        assert_eq!(rest.state, whole.state, "{thermal:?}");
        for (split, step) in rest.steps.iter().zip(&whole.steps[2..]) {
            assert_eq!(
                (split.duration, split.charge, split.end_voltage),
                (step.duration, step.charge, step.end_voltage)
            );
        }
    }
}

#[test]
fn every_kind_of_ending_is_met_to_a_millisecond() {
    let cell = Cell::named("chen2020").unwrap();
    let lumped = full(Thermal::Lumped);
    for (text, reason, at) in [
        ("Discharge at 1C until 3.5 V", "voltage", 3.5),
        ("Discharge at 1C until 0.7 Ah", "charge", 0.7),
        ("Discharge at 1C until 12 %", "charge", 0.6),
        ("Discharge at 2C until 28 oC", "temperature", 28.0),
        ("Discharge at 10 W until > 2.9 A", "current", 2.9),
        ("Discharge at 1C for 100.5 s", "time", 100.5),
    ] {
        let done = done(&cell, text, &lumped);
        let step = &done.steps[0];
        assert_eq!(step.reason.name(), reason, "{text}");
        let found = match reason {
            "voltage" => step.end_voltage,
            "charge" => step.charge,
            "temperature" => step.end_temperature,
            "current" => step.end_current,
            _ => step.duration,
        };
        assert!((found - at).abs() < 2e-7, "{text}: {found}");
    }
}

#[test]
fn what_cannot_be_done_is_skipped_or_ends_the_protocol_with_a_reason() {
    let cell = Cell::named("chen2020").unwrap();
    let isothermal = full(Thermal::Isothermal);
    let skipping = done(&cell, "Charge at 1C until 4.1 V; Rest for 1 s; Hold at 4.18 V until 1 A", &isothermal);
    let reasons: Vec<_> = skipping.steps.iter().map(|step| step.reason).collect();
    assert_eq!(reasons, [EndReason::Skipped, EndReason::Time, EndReason::Skipped]);
    assert_eq!(skipping.state.time_s, 1.0);
    for (text, message) in [
        ("Discharge at 500 W for 1 h", "no current gives the cell this load"),
        ("Discharge at 1C for 3 hours", "1 V outside of its window, 2.5 to 4.2 V"),
        ("Charge at 1C until 5.5 V", "cannot go on after"),
        ("(Charge at 1C until 4 V; Hold at 4.18 V until 5 A) * 9", "every step of cycle 1 is over before it begins"),
    ] {
        let failure = done(&cell, text, &isothermal).failure.map(|failure| failure.to_string()).unwrap_or_default();
        assert!(failure.contains(message), "{text}: {failure}");
    }
}

#[test]
fn a_titration_ends_with_the_pulse_that_meets_its_voltage() {
    let cell = Cell::named("chen2020").unwrap();
    let done = done(
        &cell,
        "gitt(current: C/2, pulse: 20 min, rest: 10 min, until: 3.2 V); Rest for 1 s",
        &full(Thermal::Isothermal),
    );
    let steps = &done.steps;
    assert!(done.failure.is_none() && steps.len() % 2 == 1, "{:?}", done.failure);
    let met = steps.iter().position(|step| step.reason == EndReason::Reached("voltage"));
    assert_eq!(met, Some(steps.len() - 3));
    assert_eq!(&*steps[steps.len() - 1].text, "Rest for 1 s");
}

#[test]
fn surroundings_change_over_time() {
    use galvani::battery::protocol::surroundings::Surroundings;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ambient.csv");
    fs::write(&path, "time_s,temperature_c\n0,25\n600,25\n1200,15\n").unwrap();
    let cell = Cell::named("chen2020").unwrap();
    for (thermal, least, largest) in
        [(Thermal::Isothermal, 14.999_999, 15.000_001), (Thermal::Lumped, 15.5, 24.0), (Thermal::TwoNode, 15.5, 24.5)]
    {
        let conditions = Conditions { surroundings: Surroundings::read(&path).unwrap(), ..full(thermal) };
        let done = done(&cell, "Rest for 30 minutes; Rest for 1 minute at 40 oC", &conditions);
        let (cold, warm) = (done.steps[0].end_temperature, done.steps[1].end_temperature);
        assert!((least..largest).contains(&cold) && warm > cold, "{thermal:?}: {cold} {warm}");
    }
}
