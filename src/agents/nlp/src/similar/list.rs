//! Many texts from one file: rows of a table, values of NDJSON, lines or paragraphs.

use std::path::Path;

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use serde_json::Value;

use super::duplicates::{MAXIMUM_LIST_BYTES, MAXIMUM_TEXTS};

/// Reads the texts of a file. `form` is `csv`, `tsv`, `ndjson`, `lines` or `paragraphs`.
pub(crate) fn read(path: &Path, form: &str, column: Option<&str>) -> Result<Vec<String>, SkillError> {
    let bytes = std::fs::read(path).map_err(|error| SkillError::internal(format!("the artifact cannot be read: {error}")))?;
    if bytes.len() as u64 > MAXIMUM_LIST_BYTES {
        return Err(SkillError::new(Code::TextTooLong, format!("artifact: at most {MAXIMUM_LIST_BYTES} bytes are read. Split the file.")));
    }
    let content = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        SkillError::new(
            Code::WrongEncoding,
            format!("artifact: the byte at offset {offset} is not UTF-8; save the file as UTF-8 and send it again."),
        )
    })?;
    let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
    let texts = match form {
        "csv" => table(content, b',', column)?,
        "tsv" => table(content, b'\t', column)?,
        "ndjson" => values(content, column)?,
        "paragraphs" => paragraphs(content),
        _ => content.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    };
    if texts.len() > MAXIMUM_TEXTS {
        return Err(SkillError::new(
            Code::TooManyTexts,
            format!("artifact: {} texts; at most {MAXIMUM_TEXTS} are compared. Split the file.", texts.len()),
        ));
    }
    if texts.is_empty() {
        return Err(SkillError::new(Code::EmptyText, "artifact: the file has no texts."));
    }
    Ok(texts)
}

/// The form that a file's name tells.
pub(crate) fn form_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).as_deref() {
        Some("csv") => "csv",
        Some("tsv") => "tsv",
        Some("ndjson" | "jsonl") => "ndjson",
        _ => "paragraphs",
    }
}

fn paragraphs(content: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in content.lines() {
        match (line.trim(), found.last_mut()) {
            ("", _) => found.push(String::new()),
            (line, Some(open)) => {
                if !open.is_empty() {
                    open.push(' ');
                }
                open.push_str(line);
            }
            (_, None) => {}
        }
    }
    found.retain(|text| !text.is_empty());
    found
}

fn table(content: &str, delimiter: u8, column: Option<&str>) -> Result<Vec<String>, SkillError> {
    let wrong = |error: csv::Error| SkillError::new(Code::RaggedTable, format!("artifact: {error}"));
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(content.as_bytes());
    let header = reader.headers().map_err(wrong)?.clone();
    let place = match column {
        Some(column) => header.iter().position(|name| name.trim() == column).ok_or_else(|| unknown(column, header.iter()))?,
        None if header.len() == 1 => 0,
        None => return Err(SkillError::input("column", format!("name the column with the texts: {}", listed(header.iter())))),
    };
    let mut texts = Vec::new();
    for record in reader.records() {
        // One too many is enough to refuse the list.
        if texts.len() > MAXIMUM_TEXTS {
            break;
        }
        texts.push(record.map_err(wrong)?.get(place).unwrap_or_default().to_owned());
    }
    Ok(texts)
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.take(20).map(|name| crate::text::cut(name, 40)).collect::<Vec<_>>().join(", ")
}

fn unknown<'a>(column: &str, names: impl Iterator<Item = &'a str>) -> SkillError {
    SkillError::input("column", format!("there is no column {column}; there are {}", listed(names)))
}

fn values(content: &str, column: Option<&str>) -> Result<Vec<String>, SkillError> {
    let mut texts = Vec::new();
    for (number, line) in content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        if texts.len() > MAXIMUM_TEXTS {
            break;
        }
        let value: Value = serde_json::from_str(line)
            .map_err(|error| SkillError::input("artifact", format!("line {} is not JSON: {error}", number + 1)))?;
        let text = match (&value, column) {
            (Value::String(text), _) => Some(text),
            (Value::Object(fields), Some(column)) => match fields.get(column) {
                Some(Value::String(text)) => Some(text),
                None => return Err(unknown(column, fields.keys().map(String::as_str))),
                Some(_) => None,
            },
            (Value::Object(fields), None) => {
                return Err(SkillError::input(
                    "column",
                    format!("name the field with the texts: {}", listed(fields.keys().map(String::as_str))),
                ));
            }
            _ => None,
        };
        let text = text.ok_or_else(|| SkillError::input("artifact", format!("line {} has no text there", number + 1)))?;
        texts.push(text.clone());
    }
    Ok(texts)
}
