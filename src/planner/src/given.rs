//! What is a goal given? Inputs by name and kind, with what is known of their form, never with what is in them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most inputs of a goal.
pub const MAXIMUM_INPUTS: usize = 50;
/// How much of a table is read to learn its columns.
pub const SAMPLE_BYTES: usize = 64 << 10;
/// The most columns that are learnt of a table.
pub const MAXIMUM_COLUMNS: usize = 200;
/// How many values of a column are told apart; one with more is no grouping.
const MAXIMUM_LEVELS: usize = 12;

/// The kind of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenKind {
    /// A stored file.
    Artifact,
    /// A text.
    Text,
    /// A number.
    Number,
    /// Any JSON value.
    Json,
    /// An address of the web.
    Url,
    /// The name of a connection.
    Connection,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Dates or times, or years.
    Time,
    /// Few texts, which classify rows.
    Group,
    /// Texts.
    Text,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds, as far as the beginning of the table tells.
    pub kind: ColumnKind,
    /// How many different values it has there, up to a few; 0 for many.
    pub levels: usize,
    /// Those values, so that a goal can speak of them. Rules look at them; no model is shown them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Whether each row has another value there, so that a row is known by it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Whether it holds whole sentences.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prose: bool,
    /// Of times, the last two, so that a goal can speak of what comes after them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latest: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Column {
    /// A column of which only name and kind are known.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind, levels: 0, values: Vec::new(), unique: false, prose: false, latest: Vec::new() }
    }
}

/// What a value of JSON is, without what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A single value of the input's kind.
    #[default]
    Single,
    /// A list of texts.
    Texts,
    /// A list of addresses.
    Addresses,
    /// A list of artifacts.
    Artifacts,
    /// A list of numbers.
    Numbers,
    /// A list of objects.
    Records,
    /// An object.
    Object,
    /// Any other list.
    List,
}

/// An input of a goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: GivenKind,
    /// The content type of an artifact.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The file's name of an artifact.
    #[serde(default)]
    pub file: Option<String>,
    /// Whether it is one value or a list.
    #[serde(default)]
    pub shape: Shape,
    /// The columns of a table, or the properties of records, where they are known.
    #[serde(default)]
    pub columns: Vec<Column>,
}

impl Given {
    /// An input of which only the kind is known.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: GivenKind) -> Self {
        Self { name: name.into(), kind, media_type: None, file: None, shape: Shape::Single, columns: Vec::new() }
    }

    /// An input with the form that its value has.
    #[must_use]
    pub fn with_value(mut self, value: &Value) -> Self {
        self.shape = shape_of(self.kind, value);
        if let (Shape::Records, Some(rows)) = (self.shape, value.as_array()) {
            self.columns = columns_of_records(rows);
        }
        self
    }

    /// An input with the columns that the beginning of its file has.
    #[must_use]
    pub fn with_sample(mut self, bytes: &[u8]) -> Self {
        let begins = |mark: u8| bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&mark);
        self.columns = match form_of(self.media_type.as_deref(), self.file.as_deref()) {
            Form::Table => columns_of(bytes),
            Form::Page => columns_of_page(&String::from_utf8_lossy(&bytes[..bytes.len().min(SAMPLE_BYTES)])),
            // Of JSON, only records have columns.
            Form::Data if begins(b'[') || begins(b'{') => columns_of(bytes),
            _ => Vec::new(),
        };
        self
    }

    /// The JSON Schema of the workflow's input.
    #[must_use]
    pub fn schema(&self) -> Value {
        let artifact = || json!({"type": "string", "format": "artifact"});
        match (self.kind, self.shape) {
            (GivenKind::Artifact, Shape::Single) => artifact(),
            (GivenKind::Artifact, _) | (_, Shape::Artifacts) => json!({"type": "array", "items": artifact()}),
            (_, Shape::Texts | Shape::Addresses) => json!({"type": "array", "items": {"type": "string"}}),
            (_, Shape::Numbers) => json!({"type": "array", "items": {"type": "number"}}),
            (_, Shape::Records) => json!({"type": "array", "items": {"type": "object"}}),
            (_, Shape::List) => json!({"type": "array"}),
            (_, Shape::Object) => json!({"type": "object"}),
            (GivenKind::Text | GivenKind::Url, _) => json!({"type": "string"}),
            (GivenKind::Number, _) => json!({"type": "number"}),
            (GivenKind::Connection, _) => json!({"type": "string", "format": "connection"}),
            (GivenKind::Json, _) => json!({}),
        }
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn shape_of(kind: GivenKind, value: &Value) -> Shape {
    match value {
        Value::Object(_) => Shape::Object,
        Value::Array(items) if items.is_empty() => Shape::List,
        Value::Array(items) => {
            let all = |test: &dyn Fn(&Value) -> bool| items.iter().all(test);
            if kind == GivenKind::Artifact {
                Shape::Artifacts
            } else if all(&|item| item.as_str().is_some_and(is_address)) {
                Shape::Addresses
            } else if all(&Value::is_string) {
                Shape::Texts
            } else if all(&Value::is_number) {
                Shape::Numbers
            } else if all(&Value::is_object) {
                Shape::Records
            } else {
                Shape::List
            }
        }
        _ => Shape::Single,
    }
}

fn columns_of_records(rows: &[Value]) -> Vec<Column> {
    let Some(first) = rows.first().and_then(Value::as_object) else { return Vec::new() };
    let read = |name: &String| {
        let values: Vec<String> = rows.iter().take(1_000).filter_map(|row| row.get(name)).map(plain).collect();
        column(name, &values)
    };
    first.keys().take(MAXIMUM_COLUMNS).map(read).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The columns of a table by its beginning: CSV with any usual delimiter, or JSON records.
#[must_use]
pub fn columns_of(bytes: &[u8]) -> Vec<Column> {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let whole = String::from_utf8_lossy(sample);
    let text = whole.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        let rows: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        return if rows.len() > 1 { columns_of_records(&rows) } else { Vec::new() };
    }
    if text.starts_with('[') {
        // A list that is cut is read object by object as far as it goes.
        let whole = serde_json::from_slice::<Vec<Value>>(bytes).ok();
        return columns_of_records(&whole.unwrap_or_else(|| beginning(&text[1..])));
    }
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [',', '\t', ';', '|'].into_iter().max_by_key(|mark| (first.matches(*mark).count(), *mark == ',')).unwrap_or(',');
    let mut lines: Vec<Vec<String>> = records(text, delimiter);
    // The last one may be cut.
    if bytes.len() > SAMPLE_BYTES {
        lines.pop();
    }
    let Some((header, rows)) = lines.split_first() else { return Vec::new() };
    let of = |(place, name): (usize, &String)| {
        let values: Vec<String> = rows.iter().filter_map(|row| row.get(place)).cloned().collect();
        column(name, &values)
    };
    header.iter().take(MAXIMUM_COLUMNS).enumerate().map(of).collect()
}

/// The columns of the first table of a page that has some rows.
fn columns_of_page(text: &str) -> Vec<Column> {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(open) = lower[from..].find("<table").map(|at| from + at) {
        let close = lower[open..].find("</table").map_or(lower.len(), |at| open + at);
        let rows: Vec<Vec<String>> = lower[open..close]
            .match_indices("<tr")
            .map(|(at, _)| {
                let start = open + at;
                let end = lower[start..close].find("</tr").map_or(close, |at| start + at);
                cells(&text[start..end], &lower[start..end])
            })
            .collect();
        if let Some((header, body)) = rows.split_first()
            && header.len() >= 2
            && !body.is_empty()
        {
            let of = |(place, name): (usize, &String)| {
                let values: Vec<String> = body.iter().filter_map(|row| row.get(place)).cloned().collect();
                column(name, &values)
            };
            return header.iter().take(MAXIMUM_COLUMNS).enumerate().map(of).collect();
        }
        from = close.max(open + 1);
    }
    Vec::new()
}

/// The texts of a row's cells.
fn cells(row: &str, lower: &str) -> Vec<String> {
    let mut starts: Vec<usize> = lower.match_indices("<td").chain(lower.match_indices("<th")).map(|(at, _)| at).collect();
    starts.sort_unstable();
    let mut found = Vec::new();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(row.len());
        let mut text = String::new();
        let mut within = false;
        for letter in row[*start..end].chars() {
            match letter {
                '<' => within = true,
                '>' => within = false,
                _ if !within => text.push(letter),
                _ => {}
            }
        }
        found.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    found
}

/// The objects at the beginning of a list.
fn beginning(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(Ok(value)) = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next() {
        let length = value_length(rest);
        found.push(value);
        rest = rest[length..].trim_start().trim_start_matches(',').trim_start();
        if rest.is_empty() || rest.starts_with(']') || length == 0 {
            break;
        }
    }
    found
}

fn value_length(text: &str) -> usize {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let _ = stream.next();
    stream.byte_offset()
}

/// Records of a text with quoted fields.
fn records(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ if letter == delimiter && !quoted => row.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

fn column(name: &str, values: &[String]) -> Column {
    let filled: Vec<&str> =
        values.iter().map(|value| value.trim()).filter(|value| !value.is_empty() && *value != "NA" && *value != "null").collect();
    let share = |test: &dyn Fn(&str) -> bool| {
        let fit = filled.iter().filter(|value| test(value)).count();
        !filled.is_empty() && fit * 10 >= filled.len() * 9
    };
    let mut different: Vec<&str> = filled.clone();
    different.sort_unstable();
    different.dedup();
    let few = different.len() <= MAXIMUM_LEVELS && different.len() * 2 <= filled.len().max(4);
    let number = |value: &str| value.parse::<f64>().is_ok_and(f64::is_finite);
    let year = |value: &str| value.parse::<u32>().is_ok_and(|year| (1000..=2999).contains(&year));
    let values_given = values.len();
    let lower = name.to_lowercase();
    let named_time = ["date", "time", "year", "month", "day", "week", "quarter", "timestamp"].iter().any(|word| {
        lower == *word
            || lower.starts_with(&format!("{word}_"))
            || lower.ends_with(&format!("_{word}"))
            || lower.ends_with(&format!(" {word}"))
    });
    let kind = if share(&is_time) || (named_time && share(&year)) || (named_time && !share(&number) && !few) {
        ColumnKind::Time
    } else if share(&number) {
        ColumnKind::Number
    } else if few {
        ColumnKind::Group
    } else {
        ColumnKind::Text
    };
    let values = if few && kind == ColumnKind::Group {
        different.iter().map(|value| (*value).to_owned()).filter(|value| value.len() <= 60).collect()
    } else {
        Vec::new()
    };
    let words = filled.iter().map(|value| value.split_whitespace().count()).sum::<usize>();
    Column {
        name: name.trim().to_owned(),
        kind,
        levels: if few { different.len() } else { 0 },
        values,
        // Of numbers, only those that count rows tell them apart: measures may well all be different.
        unique: different.len() == values_given
            && values_given > 1
            && (kind != ColumnKind::Number
                || filled.len() >= 5
                    && filled
                        .windows(2)
                        .all(|pair| matches!((pair[0].parse::<i64>(), pair[1].parse::<i64>()), (Ok(one), Ok(other)) if other == one + 1))),
        // Names of two or three words are no sentences.
        prose: kind != ColumnKind::Number && kind != ColumnKind::Time && words >= filled.len() * 4 && !filled.is_empty(),
        latest: if kind == ColumnKind::Time {
            filled.iter().rev().take(2).rev().map(|value| (*value).to_owned()).collect()
        } else {
            Vec::new()
        },
    }
}

/// Whether a value looks like a date: `2024-05-01`, `2024-05`, `01.05.2024`, `2024/05/01 12:00`.
fn is_time(value: &str) -> bool {
    let day = value.split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let digits = parts.iter().all(|part| !part.is_empty() && part.len() <= 4 && part.chars().all(|letter| letter.is_ascii_digit()));
    digits
        && (parts.len() == 3 || (parts.len() == 2 && day.contains('-') && parts[0].len() == 4))
        && parts.iter().any(|part| part.len() == 4)
}

/// What a file holds, by its content type and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Table,
    Prose,
    Page,
    /// PDF, Word, mail or a feed: it has to be read first.
    Paper,
    Source,
    Archive,
    /// JSON that may be records, a model, data or an OpenAPI document.
    Data,
    Picture,
    Recording,
    Unknown,
}

pub(crate) fn form_of(media_type: Option<&str>, file: Option<&str>) -> Form {
    let ending = file.and_then(|file| file.rsplit_once('.')).map(|(_, ending)| ending.to_lowercase());
    let by_name = ending.as_deref().map(|ending| match ending {
        "csv" | "tsv" | "parquet" | "ndjson" | "jsonl" => Form::Table,
        "txt" | "md" | "markdown" | "log" => Form::Prose,
        "html" | "htm" => Form::Page,
        "pdf" | "docx" | "eml" | "xml" | "rss" | "atom" => Form::Paper,
        "py" | "rs" | "go" | "java" | "js" | "ts" | "tsx" | "jsx" | "mjs" => Form::Source,
        "zip" => Form::Archive,
        "json" | "yaml" | "yml" => Form::Data,
        "wav" | "mp3" | "ogg" | "m4a" | "mp4" | "mov" => Form::Recording,
        "png" | "jpg" | "jpeg" | "svg" | "gif" => Form::Picture,
        "lock" | "toml" | "sum" | "mod" => Form::Source,
        _ => Form::Unknown,
    });
    let media = media_type.unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| media.contains(word));
    // What is said of the content weighs more than a name, where it says anything.
    let telling = has(&["csv", "tab-separated", "parquet", "ndjson", "pdf", "wordprocessing", "rfc822", "html", "audio/", "video/"]);
    if let Some(form) = by_name.filter(|form| !telling && *form != Form::Unknown) {
        return form;
    }
    if has(&["audio/", "video/"]) {
        return Form::Recording;
    }
    if has(&["csv", "tab-separated", "parquet", "ndjson", "jsonl"]) {
        Form::Table
    } else if has(&["pdf", "wordprocessing", "rfc822", "rss", "atom", "/xml"]) {
        Form::Paper
    } else if has(&["html"]) {
        Form::Page
    } else if has(&["zip"]) {
        Form::Archive
    } else if has(&["x-python", "x-rust", "x-go", "java", "typescript", "x-source"]) {
        Form::Source
    } else if has(&["json", "yaml"]) {
        Form::Data
    } else if media.starts_with("image/") {
        Form::Picture
    } else if media.starts_with("text/") {
        Form::Prose
    } else {
        Form::Unknown
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn columns_are_learnt_from_the_beginning_of_a_table() {
        let csv = "month;sales;region;remark\n2024-01;10.5;north;\"good; start\"\n2024-02;11;south;quiet\n2024-03;12;north;late\n2024-04;12;south;well done\n";
        let kinds: Vec<(String, ColumnKind)> = columns_of(csv.as_bytes()).into_iter().map(|column| (column.name, column.kind)).collect();
        let expected =
            [("month", ColumnKind::Time), ("sales", ColumnKind::Number), ("region", ColumnKind::Group), ("remark", ColumnKind::Text)];
        assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
        assert!(columns_of(b"").is_empty());
        let json = br#"[{"volume": 3.5, "year": 1990}, {"volume": 4, "year": 1991}]"#;
        assert_eq!(columns_of(json).iter().map(|column| column.kind).collect::<Vec<_>>(), [ColumnKind::Number, ColumnKind::Time]);
        assert_eq!(columns_of(&json[..40]).len(), 2, "the beginning of a list is enough");
    }

    #[test]
    fn a_file_is_known_by_its_name_first() {
        assert_eq!(form_of(Some("text/plain"), Some("a.csv")), Form::Table);
        assert_eq!(form_of(Some("application/pdf"), None), Form::Paper);
        assert_eq!(form_of(None, None), Form::Unknown);
    }
}
