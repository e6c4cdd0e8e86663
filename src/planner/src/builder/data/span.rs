//! How many steps of a series is a span of time that a goal names?

use crate::words::{Kind, Token};

/// Units of time, with their days.
const UNITS: &[(&str, f64)] = &[
    ("day", 1.0),
    ("week", 7.0),
    ("fortnight", 14.0),
    ("month", MONTH),
    ("quarter", 3.0 * MONTH),
    ("year", 12.0 * MONTH),
    ("decade", 120.0 * MONTH),
];

/// The days of a month on the average.
const MONTH: f64 = 30.4375;

/// What tells that a span lies behind: "the last two years".
const BEHIND: &[&str] = &["last", "past", "previous", "since", "per", "each", "every", "first"];

/// The span of time ahead that a text names, in days: `the next two quarters`, `half a year`, `another twelve months`.
pub(super) fn ahead(tokens: &[Token]) -> Option<f64> {
    let before = |place: usize, back: usize| place.checked_sub(back).and_then(|place| tokens.get(place));
    tokens.iter().enumerate().find_map(|(place, token)| {
        let (_, days) = UNITS.iter().find(|(unit, _)| token.is(unit) || token.is(&format!("{unit}s")))?;
        // "Five years of takings" are there already.
        if tokens.get(place + 1).is_some_and(|next| next.is_any(&["of", "ago"])) {
            return None;
        }
        let is = |back: usize, words: &[&str]| before(place, back).is_some_and(|token| token.is_any(words));
        let half = is(1, &["half"]) || is(1, &["a", "an"]) && is(2, &["half"]);
        let number = (1..=2).find_map(|back| {
            let Kind::Number(value) = before(place, back)?.kind else { return None };
            ((1.0..=1000.0).contains(&value) && !is(back + 1, BEHIND)).then_some(value)
        });
        let one = is(1, &["next", "coming", "following", "another", "one", "a", "whole", "full"]);
        let many = if half { Some(0.5) } else { number.or_else(|| one.then_some(1.0)) };
        many.map(|many| many * days)
    })
}

/// How many days apart the last two times of a series are, if it goes by days, weeks, months, quarters or years.
pub(super) fn step(latest: &[String]) -> Option<f64> {
    let [before, last] = latest else { return None };
    match (day(last)? - day(before)?).abs() {
        1 => Some(1.0),
        7 => Some(7.0),
        28..=31 => Some(MONTH),
        89..=92 => Some(3.0 * MONTH),
        365 | 366 => Some(12.0 * MONTH),
        _ => None,
    }
}

/// How many steps a span has, at least one.
pub(super) fn steps(span: f64, step: f64) -> f64 {
    (span / step).round().clamp(1.0, 1000.0)
}

/// The number of a day, counted from any: of `2026-03-01`, `2026-03`, `2026` or `01.03.2026`.
fn day(value: &str) -> Option<i64> {
    let date = value.split([' ', 'T']).next()?;
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let number = |place: usize| parts.get(place).map_or(Some(1), |part| part.parse::<i64>().ok());
    let (year, month, day) = if parts[0].len() == 4 {
        (number(0)?, number(1)?, number(2)?)
    } else if parts.len() == 3 && date.contains('.') {
        (number(2)?, number(1)?, number(0)?)
    } else {
        return None;
    };
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 { (year, month) } else { (year - 1, month + 12) };
    Some(365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::words::tokens;

    fn counted(text: &str, latest: [&str; 2]) -> Option<f64> {
        Some(steps(ahead(&tokens(text))?, step(&latest.map(str::to_owned))?))
    }

    #[test]
    fn a_span_is_counted_in_the_steps_of_the_series() {
        let monthly = ["2025-12-01", "2026-01-01"];
        assert_eq!(counted("where do we stand in half a year", monthly), Some(6.0));
        assert_eq!(counted("the next two quarters", monthly), Some(6.0));
        assert_eq!(counted("over the coming 2 years", monthly), Some(24.0));
        assert_eq!(counted("another twelve months", monthly), Some(12.0));
        assert_eq!(counted("a year ahead", ["2025-Q3", "2025-Q4"]), None);
        assert_eq!(counted("the next month", ["2026-01-30", "2026-01-31"]), Some(30.0));
        assert_eq!(counted("the next fortnight", ["28.02.2026", "01.03.2026"]), Some(14.0));
        assert_eq!(counted("three months", ["2025-12-29", "2026-01-05"]), Some(13.0));
        assert_eq!(counted("the next three years", ["2024", "2025"]), Some(3.0));
    }

    #[test]
    fn what_lies_behind_is_no_span_ahead() {
        assert_eq!(ahead(&tokens("five years of takings")), None);
        assert_eq!(ahead(&tokens("over the last 3 years")), None);
        assert_eq!(ahead(&tokens("the takings per month")), None);
    }
}
