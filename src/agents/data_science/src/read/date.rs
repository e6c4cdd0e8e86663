//! Which dates people write, and which instant they mean.
//!
//! A column is one of dates only if one order of day, month and year reads all of it: `03/04/2024` alone could be in
//! March or in April, but a column that also holds `13/04/2024` can only be day first.

/// The orders in which a cell can be read, as a set of bits.
pub(crate) type Forms = u8;

/// `2024-01-31`, `2024/01/31`, `2024.01.31`.
pub(crate) const YEAR_FIRST: Forms = 1;
/// `31.01.2024`, `31/01/2024`, `31-01-2024`.
pub(crate) const DAY_FIRST: Forms = 2;
/// `01/31/2024`, `01-31-2024`.
pub(crate) const MONTH_FIRST: Forms = 4;
/// `31 Jan 2024`, `31-Jan-2024`, `31 January 2024`, `Jan 31, 2024`.
pub(crate) const NAMED_MONTH: Forms = 8;
/// All of them.
pub(crate) const ANY: Forms = YEAR_FIRST | DAY_FIRST | MONTH_FIRST | NAMED_MONTH;

/// The order in which a column is read that fits several: the unambiguous one, else the day before the month.
pub(crate) fn preferred(forms: Forms) -> Option<Forms> {
    [YEAR_FIRST, NAMED_MONTH, DAY_FIRST, MONTH_FIRST].into_iter().find(|form| forms & form != 0)
}

/// An instant, in milliseconds since 1970, and whether a time of day was given. Without a zone it is as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    pub(crate) milliseconds: i64,
    pub(crate) timed: bool,
}

const DAY: i64 = 86_400_000;

/// Reads a cell in each of the given orders; gives those that fit.
pub(crate) fn forms_of(cell: &str, among: Forms) -> Forms {
    [YEAR_FIRST, DAY_FIRST, MONTH_FIRST, NAMED_MONTH]
        .into_iter()
        .filter(|form| among & form != 0 && parse(cell, *form).is_some())
        .fold(0, |forms, form| forms | form)
}

/// Reads a cell in one order.
pub(crate) fn parse(cell: &str, form: Forms) -> Option<Instant> {
    if cell.len() < 6 || cell.len() > 40 || !cell.is_ascii() || !cell.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (date, time) = match cell.find(':') {
        None => (cell, None),
        Some(colon) => {
            let start = cell[..colon].rfind([' ', 'T', 't'])?;
            (&cell[..start], Some(&cell[start + 1..]))
        }
    };
    let day = days_of(date.trim_end_matches([' ', ',']), form)?;
    let within = match time {
        None => 0,
        Some(time) => time_of(time)?,
    };
    Some(Instant { milliseconds: day.checked_mul(DAY)?.checked_add(within)?, timed: time.is_some() })
}

fn days_of(date: &str, form: Forms) -> Option<i64> {
    let (year, month, day) = if form == NAMED_MONTH {
        let mut parts = date.split([' ', '-', '/', ',']).filter(|part| !part.is_empty());
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        match month_named(first) {
            Some(month) => (number(third, 4)?, month, number(second, 2)?),
            None => (number(third, 4)?, month_named(second)?, number(first, 2)?),
        }
    } else {
        let separator = date.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
        if form == MONTH_FIRST && separator == '.' {
            return None;
        }
        let mut parts = date.split(separator);
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        match form {
            YEAR_FIRST => (number(first, 4)?, number(second, 2)?, number(third, 2)?),
            DAY_FIRST => (number(third, 4)?, number(second, 2)?, number(first, 2)?),
            _ => (number(third, 4)?, number(first, 2)?, number(second, 2)?),
        }
    };
    ((1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day)).then(|| days_from_civil(year, month, day))
}

/// A number of one to so many digits; years have exactly four.
fn number(text: &str, digits: usize) -> Option<i64> {
    let fits = if digits == 4 { text.len() == 4 } else { (1..=digits).contains(&text.len()) };
    (fits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn month_named(text: &str) -> Option<i64> {
    const NAMES: [&str; 12] =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    let text = text.trim_end_matches('.').to_ascii_lowercase();
    let place = NAMES
        .iter()
        .position(|name| *name == text || (text.len() == 3 && name.starts_with(&text)) || (text == "sept" && *name == "september"))?;
    i64::try_from(place + 1).ok()
}

/// `10:30`, `10:30:15`, `10:30:15.250`, `3:45 PM`, each with `Z` or `+02:00` after it or not.
fn time_of(time: &str) -> Option<i64> {
    let (time, half) = match time.to_ascii_lowercase() {
        lower if lower.ends_with("am") => (time[..time.len() - 2].trim_end(), Some(0)),
        lower if lower.ends_with("pm") => (time[..time.len() - 2].trim_end(), Some(12)),
        _ => (time, None),
    };
    let (time, zone) = match time.find(['Z', 'z', '+', '-']) {
        None => (time, 0),
        Some(at) if matches!(time.as_bytes()[at], b'Z' | b'z') => (time[..at].trim_end(), (time.len() == at + 1).then_some(0)?),
        Some(at) => (time[..at].trim_end(), zone_of(&time[at..])?),
    };
    let (clock, fraction) = match time.split_once('.') {
        None => (time, 0),
        Some((clock, digits)) => (clock, milliseconds(digits)?),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = match parts.next() {
        None => 0,
        Some(text) => number(text, 2)?,
    };
    if parts.next().is_some() || minute > 59 || second > 60 {
        return None;
    }
    let hour = match half {
        None => (hour < 24).then_some(hour)?,
        Some(half) => (1..=12).contains(&hour).then_some(hour % 12 + half)?,
    };
    Some(((hour * 60 + minute) * 60 + second) * 1_000 + fraction - zone)
}

fn milliseconds(digits: &str) -> Option<i64> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<3}")[..3].parse().ok()
}

/// `+02:00`, `-0530`, `+02`, in milliseconds.
fn zone_of(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text[1..].replace(':', "");
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits, 2)?, 0),
        4 => (number(&digits[..2], 2)?, number(&digits[2..], 2)?),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// An instant as ISO 8601, with its time of day if the column has any.
pub(crate) fn iso(milliseconds: i64, timed: bool) -> String {
    let (days, rest) = (milliseconds.div_euclid(DAY), milliseconds.rem_euclid(DAY));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if !timed {
        return date;
    }
    let seconds = rest / 1_000;
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if rest % 1_000 == 0 { format!("{date}T{clock}") } else { format!("{date}T{clock}.{:03}", rest % 1_000) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    fn read(cell: &str) -> Option<String> {
        let form = preferred(forms_of(cell, ANY))?;
        let instant = parse(cell, form)?;
        Some(iso(instant.milliseconds, instant.timed))
    }

    #[test]
    fn dates_in_twelve_forms_are_read() {
        for cell in [
            "2024-02-29",
            "2024/02/29",
            "2024.02.29",
            "29.02.2024",
            "29/02/2024",
            "29-02-2024",
            "02/29/2024",
            "02-29-2024",
            "29 Feb 2024",
            "29-Feb-2024",
            "Feb 29, 2024",
            "February 29 2024",
        ] {
            assert_eq!(read(cell).as_deref(), Some("2024-02-29"), "{cell}");
        }
    }

    #[test]
    fn times_of_day_and_zones_are_read() {
        assert_eq!(read("2024-01-31T10:30:15.250Z").as_deref(), Some("2024-01-31T10:30:15.250"));
        assert_eq!(read("2024-01-31 10:30+02:00").as_deref(), Some("2024-01-31T08:30:00"));
        assert_eq!(read("1/31/2024 3:45 PM").as_deref(), Some("2024-01-31T15:45:00"));
        assert_eq!(read("31.01.2024 00:00").as_deref(), Some("2024-01-31T00:00:00"));
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for cell in ["2023-02-29", "31/31/2024", "2024-1", "10:30", "20240131", "1.2.3", "24-01-31", "2024-01-31 25:00", "Mon 31 Jan", "—"]
        {
            assert_eq!(read(cell), None, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn every_day_reads_back_as_it_was_written(days in -700_000i64..2_900_000) {
            let text = iso(days * DAY, false);
            prop_assert_eq!(parse(&text, YEAR_FIRST).unwrap().milliseconds, days * DAY);
        }

        #[test]
        fn no_text_breaks_the_reader(cell in "\\PC{0,30}") {
            let _ = forms_of(&cell, ANY);
        }

        #[test]
        fn no_text_of_digits_and_signs_breaks_the_reader(cell in "[0-9:TZ+./ -]{0,24}") {
            let _ = forms_of(&cell, ANY);
        }
    }
}
