//! Layouts of cyclers' files: the names that each vendor gives to its columns, and how its times and currents are meant.
use crate::battery::measurement::column_name::Quantity;

/// The meaning of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeKind {
    /// Since the beginning of the test.
    Test,
    /// Since the beginning of the step: it begins anew with each.
    Step,
    /// A date.
    Stamp,
}

/// One vendor's way to write records.
pub(crate) struct Layout {
    pub name: &'static str,
    /// Names of columns in words, the best first.
    test_time: &'static [&'static str],
    step_time: &'static [&'static str],
    stamp: &'static [&'static str],
    current: &'static [&'static str],
    voltage: &'static [&'static str],
    temperature: &'static [&'static str],
    state: &'static [&'static str],
    /// Texts of which the header, or the lines before it, have one; lower case.
    signature: &'static [&'static str],
    /// True where a charging current is positive, as with all cyclers.
    pub charge_positive: bool,
    /// True where the time of the test is known to begin anew in the middle of a file.
    pub resets: bool,
    /// True where a column without a unit is in s, A, V or °C.
    pub has_default_units: bool,
}

/// The layouts, in the order in which they are tried; the last fits any file whose columns have plain names with units.
pub(crate) const LAYOUTS: [Layout; 6] = [
    Layout {
        name: "Battery Data Format",
        test_time: &["test time", "unix time"],
        step_time: &[],
        stamp: &[],
        current: &["current"],
        voltage: &["voltage"],
        temperature: &["surface temperature", "temperature t1", "temperature", "ambient temperature"],
        state: &[],
        signature: &["test time / ", "test_time_second", "test_time_millisecond", "unix_time_second"],
        charge_positive: true,
        resets: false,
        has_default_units: false,
    },
    Layout {
        name: "BioLogic",
        test_time: &["time"],
        step_time: &[],
        stamp: &[],
        current: &["i"],
        voltage: &["ecell", "ewe", "ewe ece"],
        temperature: &["temperature", "temperature 1", "t", "analog in 1"],
        state: &[],
        signature: &["ec-lab ascii file", "bt-lab ascii file", "ecell/v", "ewe/v", "<i>/ma"],
        charge_positive: true,
        resets: false,
        has_default_units: false,
    },
    Layout {
        name: "Maccor",
        test_time: &["testtime", "test time", "test", "prog time", "program time"],
        step_time: &[],
        stamp: &[],
        current: &["amps", "current"],
        voltage: &["volts", "voltage"],
        temperature: &["temp 1", "temperature cell", "evtemp", "temperature", "logtemp001"],
        state: &["state", "md", "mode"],
        signature: &["date of test", "amp-hr", "dpt time", "dpt-time", "cyc#", "rec#", "testtime", "cycle c"],
        charge_positive: true,
        resets: false,
        has_default_units: true,
    },
    Layout {
        name: "Neware",
        test_time: &["total time", "cumulative time", "test time", "总时间", "累计时间", "测试时间"],
        step_time: &["relative time", "record time", "time", "相对时间", "记录时间", "时间"],
        stamp: &["absolute time", "realtime", "real time", "date", "绝对时间"],
        current: &["current", "cur", "电流"],
        voltage: &["voltage", "volt", "电压"],
        temperature: &["t1", "temperature", "temp", "aux ch tu1 t", "温度"],
        state: &["step type", "status", "state", "step name", "状态"],
        signature: &[
            "h:min:s",
            "chg. cap",
            "datapoint",
            "total time",
            "cumulative time",
            "cur(",
            "record id",
            "record index",
            "record number",
            "电压",
            "\u{b5}\u{e7}\u{d1}\u{b9}",
        ],
        charge_positive: true,
        resets: true,
        has_default_units: true,
    },
    Layout {
        name: "Arbin",
        test_time: &["test time"],
        step_time: &["step time"],
        stamp: &["date time"],
        current: &["current"],
        voltage: &["voltage"],
        temperature: &["aux temperature 1", "temperature 1", "temperature c 1", "cell temperature", "temperature"],
        state: &[],
        signature: &[
            "step_index",
            "step index",
            "cycle_index",
            "cycle index",
            "data_point",
            "data point",
            "test_time(s)",
        ],
        charge_positive: true,
        resets: false,
        has_default_units: false,
    },
    Layout {
        name: "columns with units",
        test_time: &["time", "test time", "elapsed time", "t"],
        step_time: &[],
        stamp: &[],
        current: &["current", "i"],
        voltage: &["voltage", "terminal voltage", "cell voltage", "v", "u"],
        temperature: &["temperature", "surface temperature", "cell temperature"],
        state: &["state"],
        signature: &[""],
        charge_positive: false,
        resets: false,
        has_default_units: false,
    },
];

impl Layout {
    /// True where a header, with what stands before it, looks like this vendor's.
    pub(crate) fn is_signed(&self, text: &str) -> bool {
        self.signature.iter().any(|signature| text.contains(signature))
    }

    /// Names of the columns of a quantity, best first, with the kind of time that they give.
    pub(crate) fn names(&self, quantity: Quantity) -> impl Iterator<Item = (&'static str, TimeKind)> {
        let (plain, step, stamp) = match quantity {
            Quantity::Time => (self.test_time, self.step_time, self.stamp),
            Quantity::Current => (self.current, &[][..], &[][..]),
            Quantity::Voltage => (self.voltage, &[][..], &[][..]),
            Quantity::Temperature => (self.temperature, &[][..], &[][..]),
            Quantity::State => (self.state, &[][..], &[][..]),
        };
        let of = |names: &'static [&'static str], kind| names.iter().map(move |name| (*name, kind));
        of(plain, TimeKind::Test).chain(of(step, TimeKind::Step)).chain(of(stamp, TimeKind::Stamp))
    }
}
