//! Which filters do templates have beyond Jinja's?

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::{Format, escape};
use crate::markdown;

/// Adds them.
pub(super) fn add(environment: &mut Environment<'_>, format: Format) {
    environment.add_filter("date", date);
    environment.add_filter("number", number);
    environment.add_filter("money", money);
    environment.add_filter("percent", percent);
    environment.add_filter("line", line);
    environment.add_filter("url", url);
    environment.add_filter("markdown", move |text: String| match format {
        Format::Html => Value::from_safe_string(markdown::to_html(&text)),
        Format::Markdown | Format::Text => Value::from_safe_string(text),
    });
    environment.add_filter("table", move |rows: Value, columns: Option<Value>| table(&rows, columns.as_ref(), format));
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A date of ISO 8601 (`2026-05-03`, `2026-05-03T14:00:00Z`) as `3 May 2026`, or by a pattern of `%Y %m %d %e %B %b %A %a %H %M %S`.
fn date(text: String, pattern: Option<String>) -> Result<String, Error> {
    let cannot = || wrong(format!("{text:?} is no date; write it as 2026-05-03 or 2026-05-03T14:00:00Z"));
    let (day, rest) = text.trim().split_at_checked(10).ok_or_else(cannot)?;
    let format = time::format_description::well_known::Iso8601::DATE;
    let day = time::Date::parse(day, &format).map_err(|_| cannot())?;
    let clock: Vec<&str> = rest.trim_start_matches(['T', ' ']).split([':', '.', 'Z', '+']).collect();
    let clock = |place: usize| clock.get(place).copied().filter(|part| part.len() == 2).unwrap_or("00").to_owned();
    let month = MONTHS[usize::from(u8::from(day.month())) - 1];
    let weekday = DAYS[usize::from(day.weekday().number_days_from_monday())];
    let pattern = pattern.unwrap_or_else(|| "%e %B %Y".to_owned());
    let mut written = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            written.push(character);
            continue;
        }
        match characters.next() {
            Some('Y') => written.push_str(&day.year().to_string()),
            Some('m') => written.push_str(&format!("{:02}", u8::from(day.month()))),
            Some('d') => written.push_str(&format!("{:02}", day.day())),
            Some('e') => written.push_str(&day.day().to_string()),
            Some('B') => written.push_str(month),
            Some('b') => written.push_str(&month[..3]),
            Some('A') => written.push_str(weekday),
            Some('a') => written.push_str(&weekday[..3]),
            Some('H') => written.push_str(&clock(0)),
            Some('M') => written.push_str(&clock(1)),
            Some('S') => written.push_str(&clock(2)),
            Some('%') => written.push('%'),
            other => return Err(wrong(format!("%{} is no part of a date", other.map(String::from).unwrap_or_default()))),
        }
    }
    Ok(written)
}

/// A number with its thousands apart: `1234.5 | number(2)` is `1,234.50`; `thousands=" "` and `decimal=","` write it otherwise.
fn number(value: Value, decimals: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let thousands = options.get::<Option<String>>("thousands")?.unwrap_or_else(|| ",".to_owned());
    let decimal = options.get::<Option<String>>("decimal")?.unwrap_or_else(|| ".".to_owned());
    options.assert_all_used()?;
    Ok(grouped(figure(&value)?, decimals, &thousands, &decimal))
}

/// An amount with two decimals and its currency: `1,234.50 EUR`.
fn money(value: Value, currency: Option<String>) -> Result<String, Error> {
    let amount = grouped(figure(&value)?, Some(2), ",", ".");
    Ok(currency.map_or(amount.clone(), |currency| format!("{amount} {currency}")))
}

/// A share as a percentage: `0.125 | percent(1)` is `12.5 %`.
fn percent(value: Value, decimals: Option<usize>) -> Result<String, Error> {
    Ok(format!("{} %", grouped(figure(&value)? * 100.0, Some(decimals.unwrap_or(0)), ",", ".")))
}

fn figure(value: &Value) -> Result<f64, Error> {
    let read = match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::String => value.as_str().and_then(|text| text.trim().parse().ok()),
        _ => None,
    };
    read.filter(|figure: &f64| figure.is_finite()).ok_or_else(|| wrong(format!("{value} is no number")))
}

fn grouped(value: f64, decimals: Option<usize>, thousands: &str, decimal: &str) -> String {
    // Beyond twelve decimals there are only the traces of binary fractions.
    let written = decimals.map_or_else(|| value.to_string(), |decimals| format!("{value:.*}", decimals.min(12)));
    let (sign, digits) = written.strip_prefix('-').map_or(("", written.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    // What rounds to nothing has no sign.
    let sign = if digits.bytes().all(|digit| matches!(digit, b'0' | b'.')) { "" } else { sign };
    let mut grouped = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push_str(thousands);
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push_str(decimal);
        grouped.push_str(fraction);
    }
    grouped
}

/// White space made single spaces, so that a value stays within its line or cell.
fn line(value: &Value) -> Value {
    let line = value.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    if value.is_safe() { Value::from_safe_string(line) } else { Value::from(line) }
}

/// An address that a reader can follow safely; nothing for others, as `javascript:`.
fn url(text: String) -> String {
    if markdown::is_safe_address(&text) { text } else { String::new() }
}

/// A list of objects as a table: `rows | table(["name", "price"])`. Without columns, those of the first row.
fn table(rows: &Value, columns: Option<&Value>, format: Format) -> Result<Value, Error> {
    let rows: Vec<Value> = rows.try_iter().map_err(|_| wrong("`table` wants a list of objects"))?.collect();
    let columns: Vec<String> = match (columns, rows.first()) {
        (Some(columns), _) => columns.try_iter()?.map(|column| column.to_string()).collect(),
        (None, Some(first)) => first.try_iter()?.map(|column| column.to_string()).collect(),
        (None, None) => Vec::new(),
    };
    if columns.is_empty() {
        return Ok(Value::from_safe_string(String::new()));
    }
    let cell = |text: String| {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match format {
            Format::Html => markdown::escape_html(&line),
            Format::Markdown => escape::markdown(&line),
            Format::Text => line,
        }
    };
    let heads: Vec<String> = columns.iter().map(|column| cell(column.replace('_', " "))).collect();
    let mut body: Vec<Vec<String>> = Vec::with_capacity(rows.len());
    for row in &rows {
        let cells = columns.iter().map(|column| {
            let value = row.get_item(&Value::from(column.as_str()))?;
            Ok(cell(if value.is_undefined() || value.is_none() { String::new() } else { value.to_string() }))
        });
        body.push(cells.collect::<Result<_, Error>>()?);
    }
    let written = match format {
        Format::Html => {
            let row = |cells: &[String], tag: &str| {
                let cells: String = cells.iter().map(|cell| format!("<{tag}>{cell}</{tag}>")).collect();
                format!("<tr>{cells}</tr>\n")
            };
            let body: String = body.iter().map(|cells| row(cells, "td")).collect();
            format!("<table>\n<thead>\n{}</thead>\n<tbody>\n{body}</tbody>\n</table>\n", row(&heads, "th"))
        }
        Format::Markdown => {
            let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
            let rule = row(&vec!["---".to_owned(); heads.len()]);
            format!("{}{rule}{}", row(&heads), body.iter().map(|cells| row(cells)).collect::<String>())
        }
        Format::Text => {
            let width = |place: usize| {
                body.iter().map(|cells| cells[place].chars().count()).chain([heads[place].chars().count()]).max().unwrap_or(0)
            };
            let widths: Vec<usize> = (0..heads.len()).map(width).collect();
            let row = |cells: &[String]| {
                let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
                format!("{}\n", cells.join("  ").trim_end())
            };
            let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            format!("{}{}{}", row(&heads), row(&rule), body.iter().map(|cells| row(cells)).collect::<String>())
        }
    };
    Ok(Value::from_safe_string(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        assert_eq!(grouped(1_234_567.5, Some(2), ",", "."), "1,234,567.50");
        assert_eq!(grouped(-999.0, None, ",", "."), "-999");
        assert_eq!(grouped(-1_000.0, Some(1), " ", ","), "-1 000,0");
        assert_eq!(grouped(-0.001, Some(2), ",", "."), "0.00");
    }

    #[test]
    fn dates_are_written_by_their_pattern() {
        assert_eq!(date("2026-05-03".to_owned(), None).unwrap(), "3 May 2026");
        assert_eq!(date("2026-11-29T14:05:00Z".to_owned(), Some("%a %d %b %Y, %H:%M".to_owned())).unwrap(), "Sun 29 Nov 2026, 14:05");
        assert!(date("3.5.2026".to_owned(), None).is_err() && date("2026-02-30".to_owned(), None).is_err());
        assert!(date("ééééééééé".to_owned(), None).is_err());
    }
}
