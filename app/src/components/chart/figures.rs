//! How are measured numbers written, so that people can read them? Counts and spans are in [`format`](crate::format).

use crate::format::count;

/// A number in at most four significant digits, its thousands apart: `1,234`, `0.0512`, `3.1e9`.
pub(crate) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.2e}");
    }
    if value.fract() == 0.0 || size >= 1000.0 {
        return grouped(&format!("{value:.0}"));
    }
    let decimals = match size {
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 1.0 => 3,
        _ => 4,
    };
    format!("{value:.decimals$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A share of one as `12.5 %`.
pub(crate) fn as_percent(part: f64) -> String {
    format!("{} %", figure((part * 1000.0).round() / 10.0))
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    // A number that was rounded to nothing has no sign.
    if digits != "0" {
        text.push_str(sign);
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_their_thousands_apart() {
        let written = [0.0, -0.0, 7.0, 1234.0, -1_234_567.0, 12.5, 0.051_23, 999.96, 1234.56, 3.1e18, 0.000_01].map(figure);
        let expected = ["0", "0", "7", "1,234", "-1,234,567", "12.5", "0.0512", "1000", "1,235", "3.10e18", "1.00e-5"];
        assert_eq!(written, expected);
        assert_eq!(figure(f64::NAN), "–");
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(1_000_000, "row", "rows"), "1,000,000 rows");
        assert_eq!(as_percent(0.125), "12.5 %");
    }
}
