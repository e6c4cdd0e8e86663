//! What do options say of an axis?

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::{Iso8601, Rfc3339};

use super::text;
use crate::Error;

/// What lies along an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AxisKind {
    /// Names, in their order.
    Category(Vec<String>),
    /// Numbers.
    Value,
    /// Numbers, each step ten times the one before.
    Log,
    /// Moments, in milliseconds since 1970.
    Time,
}

/// An axis before its data is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AxisOptions {
    pub(crate) kind: AxisKind,
    pub(crate) name: String,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) inverse: bool,
    /// Whether the axis need not hold zero.
    pub(crate) free: bool,
    pub(crate) least_step: f64,
    /// What stands before and after each number.
    pub(crate) around: (String, String),
}

pub(super) fn read(options: &Value, field: &str) -> Result<AxisOptions, Error> {
    let data = options["data"].as_array();
    let names = || data.into_iter().flatten().map(|item| text(if item.is_object() { &item["value"] } else { item })).collect();
    let kind = match options["type"].as_str() {
        Some("category") => AxisKind::Category(names()),
        Some("value") => AxisKind::Value,
        Some("time") => AxisKind::Time,
        Some("log") => AxisKind::Log,
        None if data.is_some() => AxisKind::Category(names()),
        // ECharts takes an x axis without a type for categories, and a y axis for numbers.
        None if field == "xAxis" && !options.is_object() => AxisKind::Value,
        None => AxisKind::Value,
        Some(other) => {
            return Err(Error::option(format!("{field}.type"), format!("is {other:?}; it is one of category, value, time and log.")));
        }
    };
    let around = match options["axisLabel"]["formatter"].as_str().and_then(|pattern| pattern.split_once("{value}")) {
        Some((before, after)) => (before.to_owned(), after.to_owned()),
        None => (String::new(), String::new()),
    };
    Ok(AxisOptions {
        kind,
        name: text(&options["name"]),
        min: limit(&options["min"]),
        max: limit(&options["max"]),
        inverse: options["inverse"].as_bool().unwrap_or(false),
        free: options["scale"].as_bool().unwrap_or(false),
        least_step: options["minInterval"].as_f64().filter(|step| step.is_finite() && *step > 0.0).unwrap_or(0.0),
        around,
    })
}

fn limit(value: &Value) -> Option<f64> {
    moment(value).filter(|value| value.is_finite())
}

impl AxisOptions {
    /// Where a value of the data lies along the axis; categories lie at their places.
    pub(super) fn place(&mut self, value: &Value) -> Option<f64> {
        match &mut self.kind {
            AxisKind::Category(names) => match value {
                Value::Number(number) => number.as_f64(),
                Value::String(_) | Value::Bool(_) => {
                    let name = text(value);
                    let known = names.iter().position(|known| *known == name);
                    Some(known.unwrap_or_else(|| {
                        names.push(name);
                        names.len() - 1
                    }) as f64)
                }
                _ => None,
            },
            AxisKind::Time => moment(value),
            AxisKind::Value | AxisKind::Log => number(value),
        }
    }
}

/// A number; none for `-`, which ECharts draws as a gap.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
    // Distances, sums and quotients must be finite, too.
    .map(|number| if number.abs() < 1e-290 { 0.0 } else { number.clamp(-1e290, 1e290) })
}

/// Milliseconds since 1970 of a number or a date as ISO 8601 writes it; dates without a zone are in UTC.
pub(super) fn moment(value: &Value) -> Option<f64> {
    let Value::String(text) = value else { return number(value) };
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        // A year alone is a date, as in ECharts.
        if text.len() == 4 && number >= 1000.0 {
            return moment(&Value::String(format!("{text}-01-01")));
        }
        return Some(number);
    }
    let whole = match text.len() {
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{}:00Z", text.replacen(' ', "T", 1)),
        19 => format!("{}Z", text.replacen(' ', "T", 1)),
        _ => text.replacen(' ', "T", 1),
    };
    let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(text, &Iso8601::DEFAULT));
    // Fractions of a second come with any number of digits, so that the length does not say whether a zone follows.
    let moment = read(&whole).or_else(|_| read(&format!("{whole}Z"))).ok()?;
    Some(moment.unix_timestamp_nanos() as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_read_in_the_forms_that_data_has() {
        let day = 1_777_766_400_000.0;
        for text in
            ["2026-05-03", "2026-05-03T00:00:00Z", "2026-05-03 00:00", "2026-05-03T02:00:00+02:00", "2026-05-03 00:00:00", "2026-05-03T00:00:00.000", "1777766400000"]
        {
            assert_eq!(moment(&json!(text)), Some(day), "{text}");
        }
        assert_eq!(moment(&json!("1970")), Some(0.0));
        assert_eq!(moment(&json!("2026-05")), Some(1_777_593_600_000.0));
        assert_eq!(moment(&json!("soon")), None);
    }
}
