//! What one cell can be: missing, a number, a truth value, a date, or just text.

/// A cell as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// Whole and exact.
    Integer(f64),
    /// Whole, but with more digits than a number keeps.
    Long(f64),
    /// With a fraction or an exponent; infinite if it is too large to be held, or says so.
    Real(f64),
}

impl Number {
    pub(crate) fn value(self) -> f64 {
        match self {
            Self::Integer(value) | Self::Long(value) | Self::Real(value) => value,
        }
    }
}

/// 2^53: from here on not every integer is a number of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Whether a trimmed cell says that there is no value: empty, NA, N/A, null or NaN, in any case of letters.
pub(crate) fn is_missing(cell: &[u8]) -> bool {
    match cell {
        [] => true,
        [_] => false,
        cell if cell.len() > 4 => false,
        cell => [&b"na"[..], b"n/a", b"null", b"nan", b"#n/a"].iter().any(|word| cell.eq_ignore_ascii_case(word)),
    }
}

/// A trimmed cell as a number. Digits after a leading zero (`007`) are a code, not a number.
pub(crate) fn number(cell: &[u8]) -> Option<Number> {
    let (negative, unsigned) = match cell {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let digits = unsigned.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 1 && unsigned[0] == b'0' {
        return None;
    }
    if digits == unsigned.len() && digits > 0 && digits <= 15 {
        let whole = unsigned.iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0')) as f64;
        return Some(Number::Integer(if negative { -whole } else { whole }));
    }
    let infinite = || [&b"inf"[..], b"infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
    if digits == 0 && unsigned.first() != Some(&b'.') && !infinite() {
        return None;
    }
    let value: f64 = std::str::from_utf8(cell).ok()?.parse().ok()?;
    if digits == unsigned.len() {
        return Some(if value.abs() < EXACT { Number::Integer(value) } else { Number::Long(value) });
    }
    Some(Number::Real(value))
}

/// A trimmed cell as a truth value.
pub(crate) fn boolean(cell: &[u8]) -> Option<bool> {
    if cell.len() > 5 {
        return None;
    }
    let is = |words: &[&[u8]]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    if is(&[b"true", b"yes", b"t", b"y"]) {
        return Some(true);
    }
    is(&[b"false", b"no", b"f", b"n"]).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_told_from_codes_and_words() {
        assert_eq!(number(b"-12"), Some(Number::Integer(-12.0)));
        assert_eq!(number(b"0"), Some(Number::Integer(0.0)));
        assert_eq!(number(b"1.5e3"), Some(Number::Real(1500.0)));
        assert_eq!(number(b".5"), Some(Number::Real(0.5)));
        assert_eq!(number(b"1e999"), Some(Number::Real(f64::INFINITY)));
        assert_eq!(number(b"-inf"), Some(Number::Real(f64::NEG_INFINITY)));
        assert_eq!(number(b"9007199254740991"), Some(Number::Integer(9_007_199_254_740_991.0)));
        assert_eq!(number(b"9007199254740993"), Some(Number::Long(9_007_199_254_740_992.0)));
        assert_eq!(number(b"12345678901234567890"), Some(Number::Long(12_345_678_901_234_567_890.0)));
        for word in [&b"007"[..], b"1,5", b"12a", b"--1", b"", b"-", b"e5", b".", b"infinite", b"0x1f", b"1_000"] {
            assert_eq!(number(word), None, "{}", String::from_utf8_lossy(word));
        }
    }

    #[test]
    fn what_people_write_for_nothing_is_missing() {
        for cell in [&b""[..], b"NA", b"n/a", b"NULL", b"null", b"NaN", b"nan"] {
            assert!(is_missing(cell));
        }
        for cell in [&b"0"[..], b"-", b"none", b"nano", b"n"] {
            assert!(!is_missing(cell));
        }
    }

    proptest! {
        #[test]
        fn every_written_number_reads_back(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
            let text = format!("{value:?}");
            prop_assert_eq!(number(text.as_bytes()).map(Number::value), Some(value));
        }

        #[test]
        fn no_bytes_break_the_reader(cell in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = (number(&cell), boolean(&cell), is_missing(&cell));
        }
    }
}
