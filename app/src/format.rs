//! How numbers, spans and instants are written for people. The same on the server and in the browser.

use baton_domain::time::Timestamp;

/// `1,284`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A span in milliseconds: `12 ms`, `1.9 s`, `3 min 4 s`, `2 h 5 min`, `3 d 4 h`.
#[must_use]
pub fn millis(value: f64) -> String {
    if !value.is_finite() || value < 0.0 {
        return "–".to_owned();
    }
    if value < 1.0 {
        return if value == 0.0 { "0 ms".to_owned() } else { "under 1 ms".to_owned() };
    }
    if value < 999.5 {
        return format!("{value:.0} ms");
    }
    let seconds = value / 1_000.0;
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    if seconds < 59.5 {
        return format!("{seconds:.0} s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and a billion years fit")]
    let whole = seconds.round() as u64;
    let (days, hours, minutes, rest) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours) {
        (0, 0) => two(minutes, "min", rest, "s"),
        (0, _) => two(hours, "h", minutes, "min"),
        _ => two(days, "d", hours, "h"),
    }
}

fn two(big: u64, big_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{big} {big_unit}") } else { format!("{big} {big_unit} {small} {small_unit}") }
}

/// The span between two instants.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "spans of a task are far below 2^53 ms")]
pub fn between(from: Timestamp, to: Timestamp) -> String {
    millis(to.since(from).as_millis() as f64)
}

/// How long ago: `just now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`; `in 12 s` for what is to come.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now.as_millis() - at.as_millis()) / 1_000;
    if seconds < -1 {
        return format!("in {}", rough(-seconds));
    }
    if seconds < 2 { "just now".to_owned() } else { format!("{} ago", rough(seconds)) }
}

fn rough(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The instant for people, in UTC: `2026-01-31 08:30:00 UTC`.
#[must_use]
pub fn instant(at: Timestamp) -> String {
    let text = at.to_string();
    let date = text.split('T').next().unwrap_or_default();
    format!("{date} {} UTC", clock(at))
}

/// The time of day in UTC: `08:30:00`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    let (hour, minute, second) = at.clock_face();
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// A size: `812 B`, `1.4 KB`, `23 MB`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut size = value as f64;
    let mut unit = 0;
    while size >= 999.5 && unit < UNITS.len() - 1 {
        size /= 1_000.0;
        unit += 1;
    }
    if unit == 0 || size >= 9.95 { format!("{size:.0} {}", UNITS[unit]) } else { format!("{size:.1} {}", UNITS[unit]) }
}

/// A share: `99.4 %`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let share = 100.0 * part as f64 / whole as f64;
    // Never says 100 % of what is not all.
    if share > 99.9 && part < whole {
        "99.9 %".to_owned()
    } else if part == whole {
        "100 %".to_owned()
    } else {
        format!("{share:.1} %")
    }
}

/// The first block of an identifier, enough to tell rows apart.
#[must_use]
pub fn short_id(id: &impl ToString) -> String {
    let text = id.to_string();
    // Version 7 identifiers begin with the time; the end is what differs.
    text.rsplit('-').next().map_or_else(|| text.clone(), |end| end.chars().take(8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_with_the_unit_that_fits() {
        let written: Vec<String> =
            [0.0, 0.4, 12.0, 999.0, 1_900.0, 9_960.0, 61_000.0, 3_600_000.0, 7_500_000.0, 273_600_000.0].into_iter().map(millis).collect();
        let expected = ["0 ms", "under 1 ms", "12 ms", "999 ms", "1.9 s", "10 s", "1 min 1 s", "1 h", "2 h 5 min", "3 d 4 h"];
        assert_eq!(written, expected);
    }

    #[test]
    fn counts_sizes_and_shares() {
        assert_eq!([count(7), count(1_284), count(1_000_000)], ["7", "1,284", "1,000,000"]);
        assert_eq!([bytes(812), bytes(1_400), bytes(23_000_000)], ["812 B", "1.4 KB", "23 MB"]);
        assert_eq!([percent(0, 0), percent(9_999, 10_000), percent(3, 3), percent(1, 3)], ["–", "99.9 %", "100 %", "33.3 %"]);
    }

    #[test]
    fn the_past_and_the_future_are_told_apart() {
        let at = |seconds: i64| ago(Timestamp::from_millis(0), Timestamp::from_millis(seconds * 1_000));
        assert_eq!([at(1), at(12), at(200), at(-30)], ["just now", "12 s ago", "3 min ago", "in 30 s"]);
    }
}
