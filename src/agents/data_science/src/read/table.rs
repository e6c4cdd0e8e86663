//! How a file becomes a table: two passes, the first to check it and to type its columns, the second to keep values.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use baton_agents_runtime::{Context, InputFile, SkillError};
use baton_domain::problem::Code;
use csv::ByteRecord;
use serde_json::json;

use super::column::{Guess, Kind, Values};
use super::delimiter::{Delimiter, SAMPLE_BYTES};
use super::utf8::{NotUtf8, Utf8Reader};
use crate::limits::{
    self, MAXIMUM_BYTES, MAXIMUM_CELLS, MAXIMUM_COLUMNS, MAXIMUM_FILE_COLUMNS, MAXIMUM_NAME, MAXIMUM_ROWS, MAXIMUM_TEXT_BYTES,
};

/// A file and how to read it.
pub(crate) struct TableFile {
    pub(crate) file: InputFile,
    /// Found out when absent.
    pub(crate) delimiter: Option<Delimiter>,
    /// Whether the first record names the columns.
    pub(crate) header: bool,
    /// Only these columns.
    pub(crate) columns: Option<Vec<String>>,
}

/// One column of a table.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) missing: u64,
    /// Whether it holds whole numbers that are kept as text because they are too long.
    pub(crate) long: bool,
    pub(crate) values: Values,
}

/// A table that was read.
pub(crate) struct Table {
    pub(crate) rows: u64,
    pub(crate) columns: Vec<Column>,
}

/// Rows between two looks at whether to stop.
const CHECK_EVERY: u64 = 4_096;

/// Reads a table.
pub(crate) fn read(context: &Context, source: &TableFile) -> Result<Table, SkillError> {
    let scan = scan(context, source)?;
    let (rows, names, guesses) = check(context, &scan)?;
    let chosen = choose(&names, source.columns.as_deref())?;
    if rows * chosen.len() as u64 > MAXIMUM_CELLS {
        let message = format!("{rows} rows of {} columns are more than {MAXIMUM_CELLS} cells; choose fewer columns.", chosen.len());
        return Err(SkillError::new(Code::TableTooLarge, message));
    }
    let capacity = usize::try_from(rows).unwrap_or(0);
    let mut columns: Vec<(usize, Column)> = chosen
        .into_iter()
        .map(|place| {
            let (kind, long) = (guesses[place].kind(), guesses[place].is_long());
            let name = limits::cut(&names[place], MAXIMUM_NAME);
            (place, Column { name, kind, missing: 0, long, values: Values::of(kind, capacity) })
        })
        .collect();
    keep(context, &scan, &mut columns)?;
    Ok(Table { rows, columns: columns.into_iter().map(|(_, column)| column).collect() })
}

/// How to go through a file that is not too large; its delimiter is found out where none is named.
pub(crate) fn scan<'a>(context: &Context, source: &'a TableFile) -> Result<Scan<'a>, SkillError> {
    let file = &source.file;
    if file.size > MAXIMUM_BYTES {
        let message =
            format!("{} has {} bytes; at most {MAXIMUM_BYTES} are read. Split the file or keep fewer columns.", file.name, file.size);
        return Err(SkillError::new(Code::TableTooLarge, message));
    }
    let delimiter = match source.delimiter {
        Some(delimiter) => delimiter,
        None => sniff(file)?,
    };
    context.info(format!("reading {}", file.name), json!({"bytes": file.size, "delimiter": delimiter.name()}));
    Ok(Scan { path: &file.path, size: file.size, delimiter, header: source.header })
}

fn sniff(file: &InputFile) -> Result<Delimiter, SkillError> {
    let mut sample = Vec::with_capacity(SAMPLE_BYTES);
    open(&file.path)?.take(SAMPLE_BYTES as u64).read_to_end(&mut sample).map_err(|error| unreadable(&error))?;
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&sample);
    Ok(Delimiter::sniff(text, (sample.len() as u64) >= file.size, &file.name))
}

/// The first pass.
pub(crate) fn check(context: &Context, scan: &Scan<'_>) -> Result<(u64, Vec<String>, Vec<Guess>), SkillError> {
    let mut names: Vec<String> = Vec::new();
    let mut guesses: Vec<Guess> = Vec::new();
    let mut rows = 0;
    scan.rows(context, 0.0, "checking rows", |record, first| {
        if first {
            if record.len() > MAXIMUM_FILE_COLUMNS {
                let message = format!("the table has {} columns; at most {MAXIMUM_FILE_COLUMNS} are read.", record.len());
                return Err(SkillError::new(Code::TableTooLarge, message));
            }
            names = column_names(record, scan.header);
            guesses = vec![Guess::default(); record.len()];
            if scan.header {
                return Ok(());
            }
        }
        if record.len() != guesses.len() {
            return Err(ragged(record, guesses.len()));
        }
        rows += 1;
        if rows > MAXIMUM_ROWS {
            let message = format!("the table has more than {MAXIMUM_ROWS} rows. Split the file or take a sample of it.");
            return Err(SkillError::new(Code::TableTooLarge, message));
        }
        for (guess, cell) in guesses.iter_mut().zip(record) {
            guess.see(cell.trim_ascii());
        }
        Ok(())
    })?;
    if rows == 0 {
        let message = if names.is_empty() {
            "the file is empty. Send a table with at least one row."
        } else {
            "the table has a header and no rows. If the first record is data, set header to false."
        };
        return Err(SkillError::new(Code::EmptyTable, message));
    }
    Ok((rows, names, guesses))
}

/// The second pass.
fn keep(context: &Context, scan: &Scan<'_>, columns: &mut [(usize, Column)]) -> Result<(), SkillError> {
    let mut text_bytes = 0;
    scan.rows(context, 0.25, "reading values", |record, first| {
        if first && scan.header {
            return Ok(());
        }
        for (place, column) in columns.iter_mut() {
            let (missing, bytes) = column.values.add(column.kind, record.get(*place).unwrap_or_default().trim_ascii());
            column.missing += u64::from(missing);
            text_bytes += bytes;
        }
        if text_bytes > MAXIMUM_TEXT_BYTES {
            let message =
                format!("the text columns hold more than {} MB of different values; choose fewer columns.", MAXIMUM_TEXT_BYTES >> 20);
            return Err(SkillError::new(Code::TableTooLarge, message));
        }
        Ok(())
    })
}

/// How to go through the records of a file.
pub(crate) struct Scan<'a> {
    path: &'a Path,
    size: u64,
    delimiter: Delimiter,
    header: bool,
}

impl Scan<'_> {
    /// Calls `each` with every record, and with whether it is the first. Blank lines are no records.
    pub(crate) fn rows(
        &self,
        context: &Context,
        progress: f64,
        doing: &str,
        mut each: impl FnMut(&ByteRecord, bool) -> Result<(), SkillError>,
    ) -> Result<(), SkillError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter.byte())
            .buffer_capacity(256 << 10)
            .from_reader(Utf8Reader::new(open(self.path)?));
        let mut record = ByteRecord::new();
        let mut count = 0u64;
        while reader.read_byte_record(&mut record).map_err(broken)? {
            each(&record, count == 0)?;
            count += 1;
            if count.is_multiple_of(CHECK_EVERY) {
                context.check()?;
                if count.is_multiple_of(CHECK_EVERY * 8) {
                    let part = reader.position().byte() as f64 / self.size.max(1) as f64;
                    context.progress(progress + 0.25 * part.min(1.0), doing);
                }
            }
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<File, SkillError> {
    File::open(path).map_err(|error| unreadable(&error))
}

fn unreadable(error: &std::io::Error) -> SkillError {
    SkillError::internal(format!("the artifact cannot be read: {error}"))
}

fn broken(error: csv::Error) -> SkillError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<NotUtf8>()) {
            Some(place) => SkillError::new(Code::WrongEncoding, format!("{place}.")),
            None => unreadable(&error),
        },
        other => SkillError::internal(format!("the table cannot be read: {other:?}")),
    }
}

fn ragged(record: &ByteRecord, expected: usize) -> SkillError {
    let line = record.position().map_or(0, csv::Position::line);
    let fields = |count: usize| if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
    let message = format!(
        "line {line} has {} where the first record has {}. Correct the line, quote fields that hold the delimiter, or name another delimiter.",
        fields(record.len()),
        fields(expected)
    );
    SkillError::new(Code::RaggedTable, message)
}

/// The names of the first record, or made ones; each is unlike the others.
fn column_names(record: &ByteRecord, header: bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(record.len());
    let mut taken = std::collections::HashSet::new();
    for (place, cell) in record.iter().enumerate() {
        let given = if header { String::from_utf8_lossy(cell).trim().to_owned() } else { String::new() };
        let base = if given.is_empty() { format!("column_{}", place + 1) } else { given };
        let mut name = base.clone();
        let mut again = 1u32;
        while !taken.insert(name.clone()) {
            again += 1;
            name = format!("{base}_{again}");
        }
        names.push(name);
    }
    names
}

/// The places of the wanted columns, in the order of the table.
fn choose(names: &[String], wanted: Option<&[String]>) -> Result<Vec<usize>, SkillError> {
    let Some(wanted) = wanted else {
        if names.len() > MAXIMUM_COLUMNS {
            let message =
                format!("the table has {} columns; one profile describes at most {MAXIMUM_COLUMNS}. Name those to describe.", names.len());
            return Err(SkillError::new(Code::TableTooLarge, message));
        }
        return Ok((0..names.len()).collect());
    };
    let mut places = Vec::with_capacity(wanted.len());
    for name in wanted {
        let Some(place) = names.iter().position(|known| known == name) else {
            let known: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
            let more = if names.len() > known.len() { ", …" } else { "" };
            return Err(SkillError::input("columns", format!("there is no column {name}; the table has {}{more}", known.join(", "))));
        };
        places.push(place);
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}
