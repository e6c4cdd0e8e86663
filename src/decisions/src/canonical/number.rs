//! Which numbers lie close enough to be the same answer?

use std::collections::BTreeMap;

use serde_json::Value;

use super::Unfit;

/// A number as its shortest text; `-0` is `0`, and `1e2` is `100`.
pub(super) fn form(answer: &Value) -> Result<String, Unfit> {
    let number = match answer {
        Value::Number(number) => number.as_f64().ok_or(Unfit::NoNumber)?,
        Value::String(text) => parse(text.trim()).ok_or(Unfit::NoNumber)?,
        Value::Null => return Err(Unfit::Empty),
        _ => return Err(Unfit::NoNumber),
    };
    if !number.is_finite() {
        return Err(Unfit::NoNumber);
    }
    // Adding zero makes zero of minus zero.
    Ok((number + 0.0).to_string())
}

/// A decimal number, whose thousands may be parted by commas.
fn parse(text: &str) -> Option<f64> {
    let letters = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b',' | b'e' | b'E'));
    if !letters || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if !text.contains(',') {
        return text.parse().ok();
    }
    let whole = text.split(['.', 'e', 'E']).next()?;
    let mut parts = whole.trim_start_matches(['+', '-']).split(',');
    let first = parts.next()?;
    let grouped = (1..=3).contains(&first.len()) && parts.all(|part| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let commas_elsewhere = text.get(whole.len()..).is_some_and(|rest| rest.contains(','));
    (grouped && !commas_elsewhere).then(|| text.replace(',', "").parse().ok())?
}

/// Groups of neighbours: sorted, and cut wherever two lie farther apart than the tolerance.
pub(super) fn groups(same: BTreeMap<&str, Vec<usize>>, absolute: f64, relative: f64) -> Vec<Vec<usize>> {
    let mut numbers: Vec<(f64, Vec<usize>)> =
        same.into_iter().map(|(form, places)| (form.parse().unwrap_or(f64::INFINITY), places)).collect();
    numbers.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut last: Option<f64> = None;
    for (number, places) in numbers {
        let near = |before: f64| number - before <= absolute.max(relative * number.abs().max(before.abs()));
        match groups.last_mut() {
            Some(group) if last.is_some_and(near) => group.extend(places),
            _ => groups.push(places),
        }
        last = Some(number);
    }
    groups
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::canonical::Canonicalisation;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (answer, wanted) in [
            (json!(42), "42"),
            (json!(42.0), "42"),
            (json!(" 42 "), "42"),
            (json!("4.2e1"), "42"),
            (json!("-0"), "0"),
            (json!("+7.50"), "7.5"),
            (json!("1,234,567.5"), "1234567.5"),
        ] {
            assert_eq!(form(&answer).as_deref(), Ok(wanted), "{answer}");
        }
        for answer in ["", "forty-two", "1,23", "12,34,567", ",123", "1.2.3", "NaN", "inf", "1e999", "1.5,000", "-"] {
            assert_eq!(form(&json!(answer)), Err(Unfit::NoNumber), "{answer}");
        }
    }

    #[test]
    fn groups_are_cut_at_gaps() {
        let groups = |absolute, relative, numbers: &[f64]| {
            let forms: Vec<String> = numbers.iter().map(|number| form(&json!(number)).unwrap()).collect();
            let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
            let found = Canonicalisation::Number { absolute, relative }.groups(&forms);
            found.into_iter().map(|group| group.into_iter().map(|place| numbers[place]).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        assert_eq!(groups(0.0, 0.0, &[10.0, 9.0, 10.0]), [vec![9.0], vec![10.0, 10.0]]);
        assert_eq!(groups(0.5, 0.0, &[3.0, 1.0, 1.5, 2.0]), [vec![1.0, 1.5, 2.0], vec![3.0]], "a chain of near ones is one group");
        assert_eq!(groups(0.0, 0.01, &[1000.0, 1010.05]).len(), 1, "a share of the larger one");
        assert_eq!(groups(0.0, 0.01, &[1000.0, 1009.0, 1030.0, -1.0]), [vec![-1.0], vec![1000.0, 1009.0], vec![1030.0]]);
    }
}
