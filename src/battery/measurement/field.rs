//! Fields of a line: separated by tabs, semicolons or commas, and read as numbers or times in the notation of their file.

/// The mark between whole and decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    Point,
    Comma,
}

/// The order of a date whose year is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// The largest amount of a number that is believed: times since 1970 are a sixth of it.
const LARGEST: f64 = 1e10;

/// Divides a line into its fields, without the quotes around them.
pub(crate) fn split<'a>(line: &'a str, separator: char, fields: &mut Vec<&'a str>) {
    fields.clear();
    let mut rest = line;
    loop {
        let lead = rest.trim_start_matches([' ', '\u{a0}']);
        if let Some(quoted) = lead.strip_prefix('"')
            && let Some(end) = quoted.find('"')
        {
            let after = &quoted[end + 1..];
            fields.push(quoted[..end].trim());
            match after.find(separator) {
                Some(at) => rest = &after[at + separator.len_utf8()..],
                None => return,
            }
            continue;
        }
        match rest.find(separator) {
            Some(at) => {
                fields.push(rest[..at].trim_matches([' ', '\u{a0}', '\t', '"']));
                rest = &rest[at + separator.len_utf8()..];
            }
            None => {
                fields.push(rest.trim_matches([' ', '\u{a0}', '\t', '"']));
                return;
            }
        }
    }
}

/// The byte of a line where a field begins.
pub(crate) fn place(line: &str, separator: char, index: usize) -> usize {
    let (mut count, mut is_quoted) = (0, false);
    for (at, letter) in line.char_indices() {
        if count == index {
            return at;
        }
        match letter {
            '"' => is_quoted = !is_quoted,
            letter if letter == separator && !is_quoted => count += 1,
            _ => {}
        }
    }
    line.len()
}

/// A finite, plausible number; marks between thousands are passed over.
pub(crate) fn number(field: &str, mark: DecimalMark) -> Option<f64> {
    let believed = |number: f64| Some(number).filter(|number| number.abs() <= LARGEST);
    let (group, decimal) = match mark {
        DecimalMark::Point => (',', '.'),
        DecimalMark::Comma => ('.', ','),
    };
    if mark == DecimalMark::Point && !field.contains([',', '\'', '\u{a0}', ' ']) {
        return field.parse().ok().and_then(believed);
    }
    let (whole, rest) = field.split_once(decimal).map_or((field, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = String::with_capacity(field.len());
    let mut groups = whole.split([group, '\'', '\u{a0}', ' ']);
    text.push_str(groups.next()?);
    let head = text.trim_start_matches(['-', '+']).len();
    for group in groups {
        if head == 0 || head > 3 || group.len() != 3 {
            return None;
        }
        text.push_str(group);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    text.parse().ok().and_then(believed)
}

/// The decimal mark that fields of numbers show.
pub(crate) fn mark_of<'a>(fields: impl Iterator<Item = &'a str>, separator: char) -> DecimalMark {
    let mut is_comma = false;
    for field in fields.filter(|field| field.bytes().any(|byte| byte.is_ascii_digit())) {
        match (field.rfind('.'), field.rfind(',')) {
            // A point behind all commas, or alone.
            (Some(point), comma) if comma.is_none_or(|comma| comma < point) => return DecimalMark::Point,
            (_, Some(comma)) => {
                let looks_like_thousands = field.len() - comma == 4 && separator == ',';
                is_comma |= !looks_like_thousands;
            }
            _ => {}
        }
    }
    if is_comma { DecimalMark::Comma } else { DecimalMark::Point }
}

/// The notation of the numbers and dates of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notation {
    pub mark: DecimalMark,
    /// `None` where no date has shown it.
    pub dates: Option<DateOrder>,
}

/// The order that dates show whose year is last: one of their numbers is greater than 12, or points are between them, which are written
/// where days come first. `None` where no date shows it, or dates contradict each other.
pub(crate) fn order_of<'a>(fields: impl Iterator<Item = &'a str>) -> Option<DateOrder> {
    let mut found = None;
    for field in fields {
        let Some([first, second, _]) = field.split([' ', 'T']).next().and_then(year_last) else { continue };
        let order = match (first > 12, second > 12) {
            (true, false) => DateOrder::DayFirst,
            (false, true) => DateOrder::MonthFirst,
            (false, false) if field.split(' ').next().is_some_and(|date| date.contains('.')) => DateOrder::DayFirst,
            _ => continue,
        };
        if *found.get_or_insert(order) != order {
            return None;
        }
    }
    found
}

/// True for a date with a time whose day and month can be told apart by their order alone.
pub(crate) fn is_ambiguous_date(field: &str) -> bool {
    let date = field.trim().split([' ', 'T']).next().and_then(year_last);
    field.contains(':') && date.is_some_and(|[first, second, _]| first <= 12 && second <= 12)
}

/// The three numbers of a date whose year is last.
fn year_last(date: &str) -> Option<[i64; 3]> {
    let mut parts = date.split(['-', '/', '.']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || first.len() > 2 || second.len() > 2 || year.len() != 4 {
        return None;
    }
    Some([first.parse().ok()?, second.parse().ok()?, year.parse().ok()?])
}

/// A time in s: a number in a unit, a clock (`0d 00:00:10.5`, `1-02:03:04`, `25:00:00`), or a date with a time.
pub(crate) fn time(field: &str, factor: f64, notation: Notation) -> Option<f64> {
    let mark = notation.mark;
    match field.contains(':') {
        true => clock(field, notation).filter(|seconds| seconds.abs() <= LARGEST),
        false => number(field, mark).map(|number| scaled(number, factor)).filter(|seconds| seconds.abs() <= LARGEST),
    }
}

/// A number in a unit in SI units. Decimal fractions stay what they are: 3 ms are 0.003 s to the last bit.
pub(crate) fn scaled(number: f64, factor: f64) -> f64 {
    if factor < 1.0 && (1.0 / factor).round() * factor == 1.0 {
        number / (1.0 / factor).round()
    } else {
        number * factor
    }
}

fn clock(field: &str, Notation { mark, dates }: Notation) -> Option<f64> {
    let field = field.trim().trim_end_matches(['Z', 'z']);
    let (field, afternoon) = half_day(field);
    let at = field.find(':')?;
    let start = field[..at]
        .rfind(|letter: char| !letter.is_ascii_digit())
        .map_or(0, |before| before + letter_length(field, before));
    let (day, hours) = (field[..start].trim_end_matches([' ', '-', 'T', 't', '\t']), &field[start..]);
    let mut parts = hours.split(':');
    let whole = |text: &str| text.parse::<u32>().ok().map(f64::from);
    let (hour, minute) = (whole(parts.next()?)?, whole(parts.next()?.trim())?);
    let second = number(parts.next()?.trim(), mark)?;
    let fraction = match parts.next() {
        // Some write the milliseconds behind another colon.
        Some(thousandths) => whole(thousandths)? * 1e-3,
        None => 0.0,
    };
    if parts.next().is_some() || minute > 59.0 || !(0.0..62.0).contains(&second) {
        return None;
    }
    let hour = match afternoon {
        Some(_) if !(1.0..=12.0).contains(&hour) => return None,
        Some(is_afternoon) => hour % 12.0 + if is_afternoon { 12.0 } else { 0.0 },
        None => hour,
    };
    let days = match day {
        "" => 0.0,
        day => days(day, dates)?,
    };
    Some(days * 86400.0 + hour * 3600.0 + minute * 60.0 + second + fraction)
}

/// A clock without the `AM` or `PM` behind it, and whether that is PM.
fn half_day(field: &str) -> (&str, Option<bool>) {
    let half = field.len().checked_sub(2).and_then(|at| field.get(at..)).unwrap_or_default();
    let known = [("am", false), ("pm", true)].into_iter().find(|(word, _)| half.eq_ignore_ascii_case(word));
    known.map_or((field, None), |(_, is_afternoon)| (field[..field.len() - 2].trim_end(), Some(is_afternoon)))
}

fn letter_length(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

/// A number of days, such as `3d` or `3`, or the days of a date since 1970.
fn days(text: &str, dates: Option<DateOrder>) -> Option<f64> {
    let count = text.trim_end_matches(['d', 'D']).trim();
    if let Ok(days) = count.parse::<u32>() {
        return Some(f64::from(days));
    }
    let [year, month, day] = match year_last(text) {
        Some([first, second, year]) => match dates? {
            DateOrder::DayFirst => [year, second, first],
            DateOrder::MonthFirst => [year, first, second],
        },
        None => {
            let mut parts = text.split(['-', '/', '.']).map(|part| part.trim().parse::<i64>().ok());
            let date = [parts.next()??, parts.next()??, parts.next()??];
            if parts.next().is_some() {
                return None;
            }
            date
        }
    };
    if !(1900..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days from civil (Hinnant).
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some((era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_divided_at_separators_outside_of_quotes() {
        let fields = |line, separator| {
            let mut fields = Vec::new();
            split(line, separator, &mut fields);
            fields
        };
        assert_eq!(fields("1,\"\t09/20/2024, 08:32\",2.5,", ','), ["1", "09/20/2024, 08:32", "2.5", ""]);
        assert_eq!(fields("a\t  0d 00:00:5\t-1,5\t", '\t'), ["a", "0d 00:00:5", "-1,5", ""]);
        assert_eq!(fields("\"open,1", ','), ["open", "1"]);
        assert_eq!((place("a,\"b,c\",d", ',', 2), place("a", ',', 5)), (8, 1));
    }

    #[test]
    fn numbers_are_read_in_both_notations() {
        use DecimalMark::{Comma, Point};
        for (text, mark, value) in [
            ("1.5", Point, Some(1.5)),
            ("-2.1E-02", Point, Some(-0.021)),
            ("1,234.5", Point, Some(1234.5)),
            ("-12,345,678", Point, Some(-12_345_678.0)),
            ("1,5", Point, None),
            ("1,5", Comma, Some(1.5)),
            ("3,6E-003", Comma, Some(0.0036)),
            ("1.234,5", Comma, Some(1234.5)),
            ("1234.5", Comma, None),
            ("1'234.5", Point, Some(1234.5)),
            ("NaN", Point, None),
            ("inf", Point, None),
            ("1e300", Point, None),
            ("", Point, None),
            ("x", Comma, None),
        ] {
            assert_eq!(number(text, mark), value, "{text}");
        }
        for (fields, separator, mark) in [
            (&["1", "2.5"][..], ',', Point),
            (&["1,234.5"], '\t', Point),
            (&["1,5", "12"], '\t', Comma),
            (&["1,500", "2,5"], ';', Comma),
            (&["1,500"], ',', Point),
            (&["10", "x"], ',', Point),
        ] {
            assert_eq!(mark_of(fields.iter().copied(), separator), mark, "{fields:?}");
        }
    }

    #[test]
    fn times_are_read_in_many_notations() {
        for (text, seconds) in [
            ("12.5", Some(750.0)),
            ("00:01:02.500", Some(62.5)),
            ("  0d 00:00:5.05", Some(5.05)),
            ("2d 01:00:00", Some(176_400.0)),
            ("1-02:03:04", Some(93_784.0)),
            ("125:00:00", Some(450_000.0)),
            ("0:00:00:250", Some(0.25)),
            ("1970-01-02 00:00:01", Some(86_401.0)),
            ("2022-05-18 16:27:52", Some(1_652_891_272.0)),
            ("2000/03/01T00:00:00Z", Some(951_868_800.0)),
            ("00:05", None),
            ("00:61:00", None),
            ("05/18/2022 16:27:52", None),
            ("2022-05-18 4:27:52 PM", Some(1_652_891_272.0)),
            ("12:00:01 am", Some(1.0)),
            ("13:00:00 PM", None),
            ("a:b:c", None),
            (":::", None),
        ] {
            assert_eq!(time(text, 60.0, PLAIN), seconds, "{text}");
        }
        assert_eq!(time("3", 1e-3, PLAIN), Some(0.003));
    }

    const PLAIN: Notation = Notation { mark: DecimalMark::Point, dates: None };

    #[test]
    fn dates_with_the_year_last_are_read_in_the_order_that_they_show() {
        use DateOrder::{DayFirst, MonthFirst};
        for (fields, order) in [
            (&["03/04/2024 10:00:00", "03/13/2024 10:00:00"][..], Some(MonthFirst)),
            (&["03/04/2024 10:00:00", "13/04/2024 10:00:00"], Some(DayFirst)),
            (&["03.04.2024 10:00:00"], Some(DayFirst)),
            (&["03/04/2024 10:00:00"], None),
            (&["13/04/2024 10:00:00", "04/13/2024 10:00:00"], None),
            (&["2024-05-18 16:27:52", "12.5", "1-02:03:04", ""], None),
        ] {
            assert_eq!(order_of(fields.iter().copied()), order, "{fields:?}");
        }
        let read = |text, dates| time(text, 1.0, Notation { dates, ..PLAIN });
        assert_eq!(read("05/18/2022 16:27:52", Some(MonthFirst)), Some(1_652_891_272.0));
        assert_eq!(read("18.05.2022 16:27:52", Some(DayFirst)), Some(1_652_891_272.0));
        assert_eq!(read("5/18/2022 4:27:52 PM", Some(MonthFirst)), Some(1_652_891_272.0));
        assert_eq!(read("05/18/2022 16:27:52", Some(DayFirst)), None);
        assert!(is_ambiguous_date("03/04/2024 10:00:00") && !is_ambiguous_date("2024-03-04 10:00:00"));
    }
}
