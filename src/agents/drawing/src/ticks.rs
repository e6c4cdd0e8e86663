//! At which round values does an axis have its ticks, and how are they written?

use time::{Date, Month, OffsetDateTime};

/// Round values that span a range, and the range that they span.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ticks {
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) at: Vec<(f64, String)>,
}

const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// The least step of 1, 2, 2.5 or 5 times a power of ten that needs at most so many.
fn round_step(span: f64, count: usize, least: f64) -> f64 {
    let rough = (span / count.max(1) as f64).max(least).max(1e-300);
    let power = 10_f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|part| part * power).find(|step| *step >= rough * (1.0 - 1e-9)).unwrap_or(10.0 * power);
    // Whole steps stay whole.
    if least >= 1.0 { step.ceil() } else { step }
}

/// Ticks of numbers. With `fixed` ends the range stays as it is; otherwise it grows to the next ticks.
pub(crate) fn numbers(low: f64, high: f64, count: usize, least: f64, fixed: (bool, bool)) -> Ticks {
    let (mut low, mut high) = (low, high);
    if high - low <= low.abs().max(high.abs()) * 1e-12 {
        // A single value gets room on both sides.
        let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
        if !fixed.1 {
            high += room;
        }
        if !fixed.0 || high <= low {
            low -= room;
        }
    }
    let step = round_step(high - low, count, least);
    let first = if fixed.0 { (low / step - 1e-9).ceil() } else { (low / step + 1e-9).floor() };
    let last = if fixed.1 { (high / step + 1e-9).floor() } else { (high / step - 1e-9).ceil() };
    let (min, max) = (if fixed.0 { low } else { first * step }, if fixed.1 { high } else { last * step });
    let count = (last - first).clamp(0.0, 200.0) as usize;
    let at = (0..=count).map(|place| (first + place as f64) * step).map(|value| (value, written(value, step))).collect();
    Ticks { min, max, at }
}

/// Ticks at powers of ten.
pub(crate) fn powers(low: f64, high: f64) -> Ticks {
    let (first, last) = (low.log10().floor(), high.log10().ceil().max(low.log10().floor() + 1.0));
    let every = ((last - first) / 10.0).ceil().max(1.0);
    let mut at = Vec::new();
    let mut power = first;
    while power <= last {
        let value = 10_f64.powf(power);
        at.push((value, written(value, value)));
        power += every;
    }
    Ticks { min: 10_f64.powf(first), max: 10_f64.powf(last), at }
}

/// A number with as many decimals as its step has; large ones in thousands, millions and so on.
pub(crate) fn written(value: f64, step: f64) -> String {
    let size = value.abs().max(step.abs());
    if size != 0.0 && (size >= 1e15 || step.abs() < 1e-9) {
        return format!("{value:.2e}");
    }
    for (unit, name) in [(1e12, "T"), (1e9, "B"), (1e6, "M")] {
        if step.abs() >= unit / 10.0 && size >= unit * 10.0 {
            return if value == 0.0 { "0".to_owned() } else { format!("{}{name}", plain(value / unit, step / unit)) };
        }
    }
    plain(value, step)
}

fn plain(value: f64, step: f64) -> String {
    let decimals =
        (0..9).find(|decimals| (step * 10_f64.powi(*decimals) - (step * 10_f64.powi(*decimals)).round()).abs() < 1e-6).unwrap_or(9);
    let text = format!("{value:.*}", decimals as usize);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("−", digits));
    let sign = if digits.bytes().all(|digit| matches!(digit, b'0' | b'.')) { "" } else { sign };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") }
}

/// A value beside its mark: at most four digits that matter.
pub(crate) fn label(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = value.abs().log10().floor();
    let step = 10_f64.powf((digits - 3.0).min(0.0));
    let text = written((value / step).round() * step, step);
    if text.contains('.') && !text.contains('e') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Ticks of moments in UTC, in milliseconds since 1970; the range stays as it is.
pub(crate) fn moments(low: f64, high: f64, count: usize) -> Ticks {
    let (low, high) = if high > low { (low, high) } else { (low - HOUR, high + HOUR) };
    let rough = (high - low) / count.max(1) as f64;
    const STEPS: [f64; 17] = [
        1.0,
        10.0,
        100.0,
        1_000.0,
        5_000.0,
        15_000.0,
        30_000.0,
        MINUTE,
        5.0 * MINUTE,
        15.0 * MINUTE,
        30.0 * MINUTE,
        HOUR,
        3.0 * HOUR,
        6.0 * HOUR,
        12.0 * HOUR,
        DAY,
        2.0 * DAY,
    ];
    let mut at = Vec::new();
    if let Some(step) = STEPS.into_iter().find(|step| *step >= rough) {
        let mut moment = (low / step).ceil() * step;
        while moment <= high && at.len() < 200 {
            at.push((moment, clock(moment, step)));
            moment += step;
        }
    } else if rough <= 14.0 * DAY {
        let step = if rough <= 7.0 * DAY { 7.0 * DAY } else { 14.0 * DAY };
        // Weeks begin on Monday; the first one of 1970 was the 5th of January.
        let mut moment = ((low - 4.0 * DAY) / step).ceil() * step + 4.0 * DAY;
        while moment <= high && at.len() < 200 {
            at.push((moment, clock(moment, step)));
            moment += step;
        }
    } else {
        let months = rough / (30.44 * DAY);
        let step = [1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0, 120.0, 240.0, 600.0, 1_200.0, 6_000.0]
            .into_iter()
            .find(|step| *step >= months)
            .unwrap_or(12_000.0);
        at = calendar(low, high, step as i32);
    }
    Ticks { min: low, max: high, at }
}

fn calendar(low: f64, high: f64, months: i32) -> Vec<(f64, String)> {
    let Some(first) = date(low) else { return Vec::new() };
    let mut month = (first.year() * 12 + i32::from(u8::from(first.month())) - 1).div_euclid(months) * months;
    let mut at = Vec::new();
    while at.len() < 200 {
        let (year, number) = (month.div_euclid(12), month.rem_euclid(12));
        let Some(day) = Month::try_from(number as u8 + 1).ok().and_then(|month| Date::from_calendar_date(year, month, 1).ok()) else {
            break;
        };
        let moment = day.midnight().assume_utc().unix_timestamp() as f64 * 1e3;
        if moment > high {
            break;
        }
        if moment >= low {
            let text = if months >= 12 { year.to_string() } else { format!("{} {year}", short(day.month())) };
            at.push((moment, text));
        }
        month += months;
    }
    at
}

fn date(moment: f64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos((moment * 1e6) as i128).ok()
}

fn short(month: Month) -> &'static str {
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][usize::from(u8::from(month)) - 1]
}

/// A moment as its step lets it be read.
fn clock(moment: f64, step: f64) -> String {
    let Some(at) = date(moment) else { return String::new() };
    let midnight = (moment % DAY).abs() < 0.5;
    if step >= DAY || (step >= HOUR && midnight) {
        return format!("{} {}", at.day(), short(at.month()));
    }
    let clock = format!("{:02}:{:02}", at.hour(), at.minute());
    match step {
        step if step >= MINUTE => clock,
        step if step >= 1_000.0 => format!("{clock}:{:02}", at.second()),
        _ => format!("{:02}.{:03}", at.second(), at.millisecond()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(ticks: &Ticks) -> Vec<&str> {
        ticks.at.iter().map(|(_, text)| text.as_str()).collect()
    }

    proptest! {
        #[test]
        fn ticks_rise_span_the_data_and_are_few(low in -1e12f64..1e12, span in 1e-6f64..1e12, count in 2usize..12) {
            let ticks = numbers(low, low + span, count, 0.0, (false, false));
            prop_assert!(ticks.min <= low + span * 1e-6 && ticks.max >= low + span * (1.0 - 1e-6));
            prop_assert!(ticks.at.len() >= 2 && ticks.at.len() <= count + 3, "{}", ticks.at.len());
            prop_assert!(ticks.at.windows(2).all(|pair| pair[1].0 > pair[0].0));
        }

        #[test]
        fn moments_lie_within_and_are_few(low in -2e12f64..4e12, span in 1.0f64..4e12, count in 2usize..12) {
            let ticks = moments(low, low + span, count);
            prop_assert!(ticks.at.len() <= count * 3 + 2, "{}", ticks.at.len());
            prop_assert!(ticks.at.iter().all(|(at, _)| *at >= low && *at <= low + span));
            prop_assert!(ticks.at.windows(2).all(|pair| pair[1].0 > pair[0].0));
        }
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts(&numbers(0.0, 97.0, 5, 0.0, (false, false))), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(texts(&numbers(0.0, 0.3, 4, 0.0, (false, false))), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(texts(&numbers(0.0, 3.0, 10, 1.0, (false, false))), ["0", "1", "2", "3"]);
        assert_eq!(texts(&numbers(-4e6, 4e6, 4, 0.0, (false, false))), ["−4,000,000", "−2,000,000", "0", "2,000,000", "4,000,000"]);
        assert_eq!(texts(&numbers(0.0, 4e7, 4, 0.0, (false, false))), ["0", "10M", "20M", "30M", "40M"]);
        assert_eq!(texts(&powers(2.0, 900.0)), ["1", "10", "100", "1,000"]);
    }

    #[test]
    fn moments_are_those_of_clock_and_calendar() {
        let day = 1_777_766_400_000.0;
        assert_eq!(texts(&moments(day, day + DAY, 4)), ["3 May", "06:00", "12:00", "18:00", "4 May"]);
        assert_eq!(texts(&moments(day, day + 365.0 * DAY, 4)), ["Jul 2026", "Oct 2026", "Jan 2027", "Apr 2027"]);
        assert_eq!(texts(&moments(0.0, 3_650.0 * DAY, 5)), ["1970", "1972", "1974", "1976", "1978"]);
    }

    #[test]
    fn labels_have_four_digits_that_matter() {
        assert_eq!([0.0, 12.0, 12.34567, 1_234.56, -0.012_345].map(label), ["0", "12", "12.35", "1,235", "−0.01235"]);
    }
}
