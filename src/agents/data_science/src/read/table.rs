//! How a file becomes a table: two passes, the first to check it and to type its columns, the second to keep values.
//!
//! Memory holds one record or one batch of Parquet at a time, and what is kept of the values: never the file.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use baton_agents_runtime::{Context, InputFile, SkillError};
use baton_domain::problem::Code;
use csv::ByteRecord;
use serde_json::json;

use super::column::{Guess, Kind, Values};
use super::delimiter::{Delimiter, SAMPLE_BYTES};
use super::format::{Format, Look, look};
use super::json::{self, Place};
use super::parquet;
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
    let kept = chosen.iter().filter(|place| matches!(guesses[**place].kind(), Kind::Integer | Kind::Number | Kind::Date(_))).count() as u64;
    if rows * kept > MAXIMUM_CELLS {
        let message =
            format!("{rows} rows of {kept} columns of numbers and dates are more than {MAXIMUM_CELLS} cells; choose fewer columns.");
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

/// How to go through a file that is not too large. Its form is found out, and so is its delimiter where none is named.
pub(crate) fn scan<'a>(context: &Context, source: &'a TableFile) -> Result<Scan<'a>, SkillError> {
    let file = &source.file;
    if file.size > MAXIMUM_BYTES {
        let message = format!(
            "{} has {} bytes; at most {MAXIMUM_BYTES} are read. Split the file, keep fewer columns, or write it as Parquet.",
            file.name, file.size
        );
        return Err(SkillError::new(Code::TableTooLarge, message));
    }
    let sample = sample(file)?;
    let (format, place) = match look(&sample) {
        // Whoever names a delimiter says what the file is.
        _ if source.delimiter.is_some() => (Format::Delimited(source.delimiter.unwrap_or(Delimiter::Comma)), Place::Lines),
        Look::Delimited => {
            let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&sample);
            (Format::Delimited(Delimiter::sniff(text, (sample.len() as u64) >= file.size, &file.name)), Place::Lines)
        }
        Look::Parquet => (Format::Parquet, Place::Lines),
        Look::Encrypted => return Err(parquet::unsupported("encryption")),
        Look::Array => (Format::Json, Place::Array(0)),
        Look::Object => match json::place_in_object(context, &file.path)? {
            Place::Lines => (Format::Lines, Place::Lines),
            place => (Format::Json, place),
        },
    };
    let opened = if format == Format::Parquet { Some(parquet::open(&file.path)?) } else { None };
    context.info(format!("reading {}", file.name), json!({"bytes": file.size, "format": format.name()}));
    Ok(Scan { path: &file.path, size: file.size, format, place, header: source.header, columns: RefCell::default(), parquet: opened })
}

fn sample(file: &InputFile) -> Result<Vec<u8>, SkillError> {
    let mut sample = Vec::with_capacity(SAMPLE_BYTES);
    open(&file.path)?.take(SAMPLE_BYTES as u64).read_to_end(&mut sample).map_err(|error| unreadable(&error))?;
    Ok(sample)
}

/// The first pass.
pub(crate) fn check(context: &Context, scan: &Scan<'_>) -> Result<(u64, Vec<String>, Vec<Guess>), SkillError> {
    let mut names: Vec<String> = Vec::new();
    let mut guesses: Vec<Guess> = Vec::new();
    let mut rows = 0;
    scan.pass(context, 0.0, "checking rows", |record, first| {
        if scan.is_delimited() {
            if first {
                bound_columns(record.len())?;
                names = column_names(record, scan.header);
                guesses = vec![Guess::default(); record.len()];
                if scan.header {
                    return Ok(());
                }
            }
            if record.len() != guesses.len() {
                return Err(ragged(record, guesses.len()));
            }
        } else if record.len() > guesses.len() {
            // Later records may have keys that earlier ones had not; their number is bounded where they are read.
            guesses.resize(record.len(), Guess::default());
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
    if !scan.is_delimited() {
        names = column_names(&scan.header_record(), true);
        guesses.resize(names.len(), Guess::default());
    }
    if let Some(opened) = &scan.parquet {
        for (guess, text) in guesses.iter_mut().zip(opened.texts()) {
            guess.declared_text = text;
        }
    }
    if rows > 0 && names.is_empty() {
        return Err(SkillError::new(Code::EmptyTable, "the records have no keys. Send records with at least one."));
    }
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

fn bound_columns(count: usize) -> Result<(), SkillError> {
    if count <= MAXIMUM_FILE_COLUMNS {
        return Ok(());
    }
    Err(SkillError::new(Code::TableTooLarge, format!("the table has {count} columns; at most {MAXIMUM_FILE_COLUMNS} are read.")))
}

/// How to go through the records of a file.
pub(crate) struct Scan<'a> {
    path: &'a Path,
    size: u64,
    format: Format,
    /// Where the records of JSON are.
    place: Place,
    header: bool,
    /// Those of JSON, complete once all records have passed.
    columns: RefCell<json::Columns>,
    parquet: Option<parquet::Opened>,
}

impl Scan<'_> {
    fn is_delimited(&self) -> bool {
        matches!(self.format, Format::Delimited(_))
    }

    /// The names of columns that the file itself declares, as a record.
    fn header_record(&self) -> ByteRecord {
        match &self.parquet {
            Some(opened) => ByteRecord::from(opened.names()),
            None => ByteRecord::from(self.columns.borrow().names().to_vec()),
        }
    }

    /// The names of the columns. Of JSON they are known only once all records have passed, which happens here.
    pub(crate) fn names(&self, context: &Context) -> Result<Vec<String>, SkillError> {
        if self.is_delimited() {
            let mut names = Vec::new();
            self.first_record(|record| names = column_names(record, self.header))?;
            return Ok(names);
        }
        if self.parquet.is_none() {
            self.pass(context, 0.0, "looking for columns", |_, _| Ok(()))?;
        }
        Ok(column_names(&self.header_record(), true))
    }

    fn first_record(&self, see: impl FnOnce(&ByteRecord)) -> Result<(), SkillError> {
        let Format::Delimited(delimiter) = self.format else { return Ok(()) };
        let mut record = ByteRecord::new();
        if delimited(self.path, delimiter)?.read_byte_record(&mut record).map_err(broken)? {
            bound_columns(record.len())?;
            see(&record);
        }
        Ok(())
    }

    /// Calls `each` with every record, and with whether it is the first. Blank lines are no records. Where the input says that the first
    /// record is the header it is that, whatever the form of the file.
    pub(crate) fn rows(
        &self,
        context: &Context,
        progress: f64,
        doing: &str,
        mut each: impl FnMut(&ByteRecord, bool) -> Result<(), SkillError>,
    ) -> Result<(), SkillError> {
        if self.is_delimited() || !self.header {
            return self.pass(context, progress, doing, each);
        }
        each(&self.header_record(), true)?;
        self.pass(context, progress, doing, |record, _| each(record, false))
    }

    /// Goes through what the file holds; only delimited files hold their header.
    fn pass(
        &self,
        context: &Context,
        progress: f64,
        doing: &str,
        mut each: impl FnMut(&ByteRecord, bool) -> Result<(), SkillError>,
    ) -> Result<(), SkillError> {
        let mut count = 0u64;
        let mut one = |record: &ByteRecord, part: &dyn Fn() -> f64| {
            each(record, count == 0)?;
            count += 1;
            if count.is_multiple_of(CHECK_EVERY) {
                context.check()?;
                if count.is_multiple_of(CHECK_EVERY * 8) {
                    context.progress(progress + 0.25 * part().min(1.0), doing);
                }
            }
            Ok(())
        };
        let size = self.size.max(1) as f64;
        match (self.format, &self.parquet) {
            (Format::Delimited(delimiter), _) => {
                let mut reader = delimited(self.path, delimiter)?;
                let mut record = ByteRecord::new();
                while reader.read_byte_record(&mut record).map_err(broken)? {
                    one(&record, &|| reader.position().byte() as f64 / size)?;
                }
                Ok(())
            }
            (_, Some(opened)) => opened.rows(context, |record, part| one(record, &|| part)),
            _ => {
                // Whoever is called does not look at the columns: they are out for the pass.
                let mut columns = self.columns.take();
                let result = json::rows(context, self.path, self.place, &mut columns, |record, bytes| one(record, &|| bytes as f64 / size));
                self.columns.replace(columns);
                result
            }
        }
    }
}

fn delimited(path: &Path, delimiter: Delimiter) -> Result<csv::Reader<Utf8Reader<File>>, SkillError> {
    Ok(csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .buffer_capacity(256 << 10)
        .from_reader(Utf8Reader::new(open(path)?)))
}

pub(crate) fn open(path: &Path) -> Result<File, SkillError> {
    File::open(path).map_err(|error| unreadable(&error))
}

pub(crate) fn unreadable(error: &std::io::Error) -> SkillError {
    SkillError::internal(format!("the artifact cannot be read: {error}"))
}

/// What a reader of text says of a file that is none.
pub(crate) fn not_utf8(error: &std::io::Error) -> Option<SkillError> {
    let place = error.get_ref().and_then(|inner| inner.downcast_ref::<NotUtf8>())?;
    Some(SkillError::new(Code::WrongEncoding, format!("{place}.")))
}

fn broken(error: csv::Error) -> SkillError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => not_utf8(&error).unwrap_or_else(|| unreadable(&error)),
        other => SkillError::internal(format!("the table cannot be read: {other:?}")),
    }
}

pub(crate) fn ragged(record: &ByteRecord, expected: usize) -> SkillError {
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
