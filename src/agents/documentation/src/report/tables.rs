//! How do values and CSV files become tables of texts?

use baton_agents_runtime::{Context, InputFile, SkillError};
use baton_domain::problem::Code;
use serde_json::Value;

use super::Table;
use super::input::{MAXIMUM_TABLE_BYTES, MAXIMUM_TABLE_ROWS};
use crate::files;

/// The most columns that are shown.
const MAXIMUM_COLUMNS: usize = 30;
/// The most characters of a cell.
const CELL: usize = 400;

/// A value as a cell shows it.
pub(super) fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Number(number) => figure(number),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::Array(items) => items.iter().take(20).map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(_) => value.to_string(),
    };
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Whole numbers with their thousands apart, others with six digits that matter.
fn figure(number: &serde_json::Number) -> String {
    let Some(value) = number.as_f64() else { return number.to_string() };
    if number.is_i64() || number.is_u64() {
        let digits = number.to_string();
        let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
        let mut grouped = sign.to_owned();
        for (place, digit) in digits.chars().enumerate() {
            // Years stay as they are.
            if place > 0 && digits.len() > 4 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        return grouped;
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.5e}");
    }
    let decimals = (5 - if size >= 1.0 { size.log10().floor() as i32 } else { 0 }).clamp(0, 9) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Which columns hold numbers, and so stand at the right.
pub(super) fn numeric(table: &Table) -> Vec<bool> {
    let number = |text: &str| {
        let bare: String = text.chars().filter(|character| !matches!(character, ',' | '%' | ' ')).collect();
        bare.parse::<f64>().is_ok()
    };
    let column = |place: usize| {
        let mut values = table.rows.iter().filter_map(|row| row.get(place)).filter(|text| !text.is_empty()).peekable();
        values.peek().is_some() && values.all(|text| number(text))
    };
    (0..table.columns.len()).map(column).collect()
}

/// A table of named columns.
pub(super) fn of_rows(columns: &[String], rows: &[Vec<Value>], caption: &str, notes: &mut Vec<String>) -> Table {
    note_cut(columns.len(), rows.len(), caption, notes);
    let rows = rows.iter().take(MAXIMUM_TABLE_ROWS).map(|row| row.iter().take(columns.len().min(MAXIMUM_COLUMNS)).map(cell).collect());
    Table { columns: columns.iter().take(MAXIMUM_COLUMNS).cloned().collect(), rows: rows.collect(), caption: caption.to_owned() }
}

/// A table of objects, with the names of all of them in the order in which they come.
pub(super) fn of_objects(items: &[Value], caption: &str, notes: &mut Vec<String>) -> Table {
    let mut names: Vec<&String> = Vec::new();
    for item in items.iter().take(MAXIMUM_TABLE_ROWS) {
        for name in item.as_object().into_iter().flat_map(|item| item.keys()) {
            if !names.contains(&name) && names.len() <= MAXIMUM_COLUMNS {
                names.push(name);
            }
        }
    }
    note_cut(names.len(), items.len(), caption, notes);
    names.truncate(MAXIMUM_COLUMNS);
    let rows = items.iter().take(MAXIMUM_TABLE_ROWS).map(|item| names.iter().map(|name| cell(&item[name.as_str()])).collect()).collect();
    Table { columns: names.iter().map(|name| words(name)).collect(), rows, caption: caption.to_owned() }
}

fn note_cut(columns: usize, rows: usize, caption: &str, notes: &mut Vec<String>) {
    let named = if caption.is_empty() { "A table".to_owned() } else { format!("The table {caption:?}") };
    if rows > MAXIMUM_TABLE_ROWS {
        notes.push(format!("{named} has {rows} rows; the first {MAXIMUM_TABLE_ROWS} are shown."));
    }
    if columns > MAXIMUM_COLUMNS {
        notes.push(format!("{named} has more than {MAXIMUM_COLUMNS} columns; the first ones are shown."));
    }
}

/// The name of a property in words.
pub(super) fn words(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut characters = spaced.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The table of a CSV file, or those columns of it.
pub(super) async fn of_file(
    context: &Context,
    field: &str,
    file: InputFile,
    columns: &[String],
    caption: &str,
    notes: &mut Vec<String>,
) -> Result<Table, SkillError> {
    let file = files::text_of(context, field, file, MAXIMUM_TABLE_BYTES).await?;
    let head = file.text.lines().next().unwrap_or_default();
    let count = |delimiter: char| head.matches(delimiter).count();
    let delimiter = [',', ';', '\t', '|']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter))
        .filter(|delimiter| count(*delimiter) > 0)
        .unwrap_or(',');
    let wrong = |error: csv::Error| SkillError::new(Code::RaggedTable, format!("{field}: {}: {error}. Correct the file.", file.name));
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter as u8).from_reader(file.text.as_bytes());
    let names: Vec<String> = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
    if names.iter().all(String::is_empty) {
        return Err(SkillError::new(Code::EmptyTable, format!("{field}: {} has no columns. Send a table with a header.", file.name)));
    }
    let mut places: Vec<usize> = (0..names.len()).collect();
    if !columns.is_empty() {
        places.clear();
        for wanted in columns {
            let place = names.iter().position(|name| name == wanted);
            places.push(place.ok_or_else(|| {
                SkillError::input(
                    &format!("{field} columns"),
                    format!("{} has no column {wanted:?}; it has {}", file.name, names.join(", ")),
                )
            })?);
        }
    }
    let mut rows = Vec::new();
    let mut total = 0;
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        total += 1;
        if total % 4_096 == 0 {
            context.check()?;
        }
        if rows.len() < MAXIMUM_TABLE_ROWS {
            rows.push(
                places.iter().take(MAXIMUM_COLUMNS).map(|place| cell(&Value::from(record.get(*place).unwrap_or_default()))).collect(),
            );
        }
    }
    note_cut(places.len(), total, if caption.is_empty() { &file.name } else { caption }, notes);
    let columns = places.iter().take(MAXIMUM_COLUMNS).map(|place| names[*place].clone()).collect();
    Ok(Table { columns, rows, caption: caption.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_short_and_right() {
        let written = |value: Value| cell(&value);
        assert_eq!(
            [json!(1_234_567), json!(2026), json!(0.1 + 0.2), json!(1234.5678), json!(1e-9), json!(-12345)].map(written),
            ["1,234,567", "2026", "0.3", "1234.57", "1.00000e-9", "-12,345"]
        );
    }

    #[test]
    fn columns_of_numbers_are_known() {
        let table = Table {
            columns: vec!["a".into(), "b".into(), "c".into()],
            rows: vec![vec!["1,000".into(), "x".into(), String::new()], vec!["2 %".into(), "1".into(), String::new()]],
            caption: String::new(),
        };
        assert_eq!(numeric(&table), [true, false, false]);
    }
}
