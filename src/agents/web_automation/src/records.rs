//! Where do records go? The first into the result, all of them into an artifact once there are many: a line of JSON each, or CSV.

use std::collections::BTreeMap;

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

/// How many bytes of records stand in the result.
pub(crate) const MAXIMUM_INLINE_BYTES: usize = 256 << 10;
/// The most columns of a CSV file; further names are left out.
pub const MAXIMUM_RECORD_COLUMNS: usize = 500;
/// How many records are written between two looks at whether somebody asked to stop.
const STRIDE: usize = 1_000;

/// How records are kept as a file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Save {
    /// A file of JSON lines if they do not fit into the result.
    #[default]
    Auto,
    /// Always a file of JSON lines.
    Ndjson,
    /// Always a CSV file.
    Csv,
}

/// Records as they come, kept as lines of JSON: a fraction of what they take as values.
#[derive(Debug, Default)]
pub(crate) struct Records {
    lines: Vec<u8>,
    count: usize,
}

impl Records {
    pub(crate) fn push(&mut self, record: &Value) -> Result<(), SkillError> {
        serde_json::to_writer(&mut self.lines, record).map_err(|error| SkillError::internal(error.to_string()))?;
        self.lines.push(b'\n');
        self.count += 1;
        Ok(())
    }

    /// Adds a record that is a line already, with its end.
    pub(crate) fn push_line(&mut self, line: &[u8]) {
        self.lines.extend_from_slice(line);
        self.count += 1;
    }

    /// Records that are lines already.
    pub(crate) fn of(lines: Vec<u8>) -> Self {
        let count = lines.iter().filter(|byte| **byte == b'\n').count();
        Self { lines, count }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lines.len()
    }

    fn values(&self) -> impl Iterator<Item = Result<Value, SkillError>> + '_ {
        let read =
            |line| serde_json::from_slice(line).map_err(|error| SkillError::internal(format!("a record does not read back: {error}")));
        self.lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(read)
    }

    /// Adds `count`, `records`, `truncated` and perhaps `artifact` to a result.
    pub(crate) async fn describe(self, context: &Context, name: &str, save: Save, result: &mut Value) -> Result<(), SkillError> {
        let mut room = MAXIMUM_INLINE_BYTES;
        let mut inline = Vec::new();
        let lines = self.lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        for (line, value) in lines.zip(self.values()) {
            if line.len() > room {
                break;
            }
            room -= line.len();
            inline.push(value?);
        }
        let truncated = inline.len() < self.count;
        result["count"] = json!(self.count);
        result["truncated"] = json!(truncated);
        result["records"] = Value::Array(inline);
        if self.count == 0 || (save == Save::Auto && !truncated) {
            return Ok(());
        }
        let (name, kind, bytes) = if save == Save::Csv {
            let written = context.blocking(move |context| table(context, &self)).await?;
            (format!("{name}.csv"), "text/csv; charset=utf-8", written)
        } else {
            (format!("{name}.ndjson"), "application/x-ndjson", self.lines)
        };
        result["artifact"] = json!(context.store(&name, kind, &bytes).await?);
        Ok(())
    }
}

/// Records as CSV: a column for each name in the order in which they turn up; what is within a record is written as JSON.
fn table(context: &Context, records: &Records) -> Result<Vec<u8>, SkillError> {
    let mut columns: Vec<String> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (at, record) in records.values().enumerate() {
        if at % STRIDE == 0 {
            context.check()?;
        }
        let record = record?;
        let names: Vec<&str> = record.as_object().map_or_else(|| vec!["value"], |map| map.keys().map(String::as_str).collect());
        for name in names {
            if !known.contains_key(name) && columns.len() < MAXIMUM_RECORD_COLUMNS {
                known.insert(name.to_owned(), columns.len());
                columns.push(name.to_owned());
            }
        }
    }
    let cannot = |error: csv::Error| SkillError::internal(format!("cannot write the CSV file: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns).map_err(cannot)?;
    for (at, record) in records.values().enumerate() {
        if at % STRIDE == 0 {
            context.check()?;
        }
        let mut row = vec![String::new(); columns.len()];
        match record? {
            Value::Object(map) => {
                for (name, value) in &map {
                    if let Some(cell) = known.get(name).and_then(|column| row.get_mut(*column)) {
                        *cell = plain(value);
                    }
                }
            }
            other => {
                if let Some(cell) = known.get("value").and_then(|column| row.get_mut(*column)) {
                    *cell = plain(&other);
                }
            }
        }
        writer.write_record(&row).map_err(cannot)?;
    }
    writer.into_inner().map_err(|error| SkillError::internal(format!("cannot write the CSV file: {error}")))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
