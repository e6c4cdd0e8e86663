//! How is JSON written so that what is equal is equal byte by byte?

use std::fmt::Write;

use baton_domain::problem::{Code, Problem};
use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

/// How deep JSON may be nested.
pub const MAXIMUM_DEPTH: usize = 128;

/// The canonical form of RFC 8785: no spaces, members by the UTF-16 units of their names, numbers as ECMAScript writes them.
///
/// One thing differs: whole numbers beyond 2^53 keep all their digits, for two identifiers that differ must not look the same.
///
/// # Errors
/// [`Code::NotCanonical`] for what is nested deeper than [`MAXIMUM_DEPTH`].
pub fn canonical(value: &Value) -> Result<String, Problem> {
    let mut text = String::new();
    write(value, MAXIMUM_DEPTH, &mut text)?;
    Ok(text)
}

/// The SHA-256 of the canonical form, in hexadecimal.
///
/// # Errors
/// As [`canonical`].
pub fn fingerprint(value: &Value) -> Result<String, Problem> {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(canonical(value)?) {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

fn write(value: &Value, depth: usize, text: &mut String) -> Result<(), Problem> {
    let deeper = || {
        depth.checked_sub(1).ok_or_else(|| Problem::new(Code::NotCanonical, "The JSON is nested deeper than 128 levels. Make it flatter."))
    };
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => number(value, text),
        Value::String(value) => string(value, text),
        Value::Array(items) => {
            let depth = deeper()?;
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, depth, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let depth = deeper()?;
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_by(|one, other| one.encode_utf16().cmp(other.encode_utf16()));
            text.push('{');
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                string(name, text);
                text.push(':');
                write(members.get(name).unwrap_or(&Value::Null), depth, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

fn string(value: &str, text: &mut String) {
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            control if control < ' ' => {
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            letter => text.push(letter),
        }
    }
    text.push('"');
}

fn number(value: &Number, text: &mut String) {
    if value.is_u64() || value.is_i64() {
        let _ = write!(text, "{value}");
        return;
    }
    // The shortest digits that read back as the same number, the even one of two that are as near; only their layout is not ECMAScript's.
    let written = value.to_string();
    let (mantissa, exponent) = written.split_once(['e', 'E']).unwrap_or((&written, "0"));
    let (whole, fraction) = mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa.trim_start_matches('-'), ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return text.push('0');
    }
    if written.starts_with('-') {
        text.push('-');
    }
    // Where the point stands after the first digit that is not 0: as Number::toString in ECMA-262 lays them out.
    let point = exponent.parse::<i64>().unwrap_or(0) + whole.len() as i64 - (all.len() - digits.len()) as i64;
    let digits = digits.trim_end_matches('0');
    let count = digits.len() as i64;
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    let (head, tail) = digits.split_at(usize::try_from(point.clamp(0, count)).unwrap_or(0));
    if count <= point && point <= 21 {
        text.push_str(digits);
        text.push_str(&zeros(point - count));
    } else if 0 < point && point <= 21 {
        let _ = write!(text, "{head}.{tail}");
    } else if -6 < point && point <= 0 {
        let _ = write!(text, "0.{}{digits}", zeros(-point));
    } else {
        let (first, rest) = digits.split_at(1);
        let sign = if point > 0 { '+' } else { '-' };
        let _ = write!(text, "{first}{}{rest}e{sign}{}", if rest.is_empty() { "" } else { "." }, (point - 1).abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_rfc_8785_has_them() {
        // From the table in appendix B of the RFC, and the edges of its layouts.
        let known: [(u64, &str); 13] = [
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x43143ff3c1cb0959, "1424953923781206.2"),
            (0x8000_0000_0000_0000, "0"),
            (0x3ff0_0000_0000_0000, "1"),
        ];
        for (bits, expected) in known {
            assert_eq!(canonical(&serde_json::json!(f64::from_bits(bits))), Ok(expected.to_owned()));
        }
        assert_eq!(canonical(&serde_json::json!(u64::MAX)), Ok("18446744073709551615".to_owned()));
    }

    #[test]
    fn members_and_letters_are_written_as_rfc_8785_has_them() {
        let value: Value = serde_json::from_str(
            r#"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew", "1": "One", "\ud83d\ude00": "Emoji", "\u0080": "Control", "\u00f6": "o"}"#,
        )
        .unwrap();
        let order: Vec<String> =
            canonical(&value).unwrap().split("\":\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
        assert_eq!(order, ["Carriage Return", "One", "Control", "o", "Euro Sign", "Emoji", "Hebrew"]);
        assert_eq!(canonical(&Value::String("\u{f}\u{8}\"\\/\u{7f}ü".into())), Ok("\"\\u000f\\b\\\"\\\\/\u{7f}ü\"".to_owned()));
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(canonical(&nested(MAXIMUM_DEPTH)).is_ok());
        assert!(canonical(&nested(MAXIMUM_DEPTH + 1)).is_err_and(|problem| problem.is(Code::NotCanonical)));
        assert_eq!(fingerprint(&Value::Null).unwrap(), "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b");
    }
}
