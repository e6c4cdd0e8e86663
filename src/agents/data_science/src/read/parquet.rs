//! How Parquet becomes rows: row group by row group, a batch of every column at a time. What is nested in a struct is `outer.inner`, a
//! list is its text in brackets.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use csv::ByteRecord;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::parquet_values::Form;
use super::table::open as open_file;
use crate::limits::{MAXIMUM_FILE_COLUMNS, MAXIMUM_ROWS};

/// Rows of which the columns are read at once.
const BATCH: usize = 1_024;

/// A file whose footer was read and checked.
pub(crate) struct Opened {
    reader: SerializedFileReader<File>,
    leaves: Vec<Leaf>,
}

/// A column of values.
struct Leaf {
    name: String,
    form: Form,
    /// The definition level of a value that is there.
    present: i16,
    /// Whether a row may hold several values.
    repeated: bool,
}

fn broken(error: &ParquetError) -> SkillError {
    let text = error.to_string();
    if matches!(error, ParquetError::NYI(_)) || text.contains("Disabled feature") || text.contains("ncrypt") {
        return unsupported(&text);
    }
    SkillError::new(Code::WrongParquet, format!("the Parquet file is damaged or cut off: {text}. Write it again."))
}

pub(crate) fn unsupported(what: &str) -> SkillError {
    let message = format!(
        "the Parquet file uses what is not read here: {what}. Write it uncompressed or with snappy, gzip, lz4 or zstd, and not encrypted."
    );
    SkillError::new(Code::UnsupportedParquet, message)
}

/// The reader was not written for files that lie: what makes it stumble is a damaged file too.
fn guarded<T>(work: impl FnOnce() -> Result<T, SkillError>) -> Result<T, SkillError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(broken(&ParquetError::General("what it says contradicts itself".to_owned()))))
}

/// Reads the footer.
pub(crate) fn open(path: &Path) -> Result<Opened, SkillError> {
    let file = open_file(path)?;
    guarded(|| {
        let reader = SerializedFileReader::new(file).map_err(|error| broken(&error))?;
        let metadata = reader.metadata();
        let schema = metadata.file_metadata().schema_descr();
        if schema.num_columns() > MAXIMUM_FILE_COLUMNS {
            let message = format!("the table has {} columns; at most {MAXIMUM_FILE_COLUMNS} are read.", schema.num_columns());
            return Err(SkillError::new(Code::TableTooLarge, message));
        }
        let (claimed, mut sum) = (metadata.file_metadata().num_rows(), 0i64);
        for group in metadata.row_groups() {
            if group.num_rows() < 0 || group.num_columns() != schema.num_columns() {
                return Err(broken(&ParquetError::General("a row group does not fit the schema".to_owned())));
            }
            sum = sum.saturating_add(group.num_rows());
        }
        if u64::try_from(claimed.max(sum)).unwrap_or(0) > MAXIMUM_ROWS {
            let message = format!(
                "the table says that it has {} rows; at most {MAXIMUM_ROWS} are read. Split it or take a sample.",
                claimed.max(sum)
            );
            return Err(SkillError::new(Code::TableTooLarge, message));
        }
        if claimed != sum {
            let message = format!("it says {claimed} rows, and its row groups {sum}");
            return Err(broken(&ParquetError::General(message)));
        }
        let leaves = schema
            .columns()
            .iter()
            .map(|column| {
                Ok(Leaf {
                    name: plain_name(&column.path().string()),
                    form: Form::of(column)?,
                    present: column.max_def_level(),
                    repeated: column.max_rep_level() > 0,
                })
            })
            .collect::<Result<Vec<Leaf>, SkillError>>()?;
        Ok(Opened { reader, leaves })
    })
}

/// Writers put the elements of a list into groups of their own.
fn plain_name(path: &str) -> String {
    path.replace(".list.element", "").replace(".list.item", "").replace(".bag.array_element", "").replace(".key_value.", ".")
}

impl Opened {
    pub(crate) fn names(&self) -> Vec<String> {
        self.leaves.iter().map(|leaf| leaf.name.clone()).collect()
    }

    /// Which columns hold texts by their declaration: digits in them are no numbers.
    pub(crate) fn texts(&self) -> Vec<bool> {
        self.leaves.iter().map(|leaf| leaf.form == Form::Text && !leaf.repeated).collect()
    }

    /// Calls `each` with every row and with the share of rows that have passed.
    pub(crate) fn rows(
        &self,
        context: &Context,
        mut each: impl FnMut(&ByteRecord, f64) -> Result<(), SkillError>,
    ) -> Result<(), SkillError> {
        let total = self.reader.metadata().file_metadata().num_rows().max(1) as f64;
        guarded(|| {
            let (mut row, mut passed) = (ByteRecord::new(), 0u64);
            for number in 0..self.reader.num_row_groups() {
                context.check()?;
                let group = self.reader.get_row_group(number).map_err(|error| broken(&error))?;
                let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
                let mut columns = Vec::with_capacity(self.leaves.len());
                for (place, leaf) in self.leaves.iter().enumerate() {
                    columns.push(Batch::of(leaf, group.get_column_reader(place).map_err(|error| broken(&error))?));
                }
                while left > 0 {
                    let count = left.min(BATCH);
                    for column in &mut columns {
                        context.check()?;
                        column.fill(count)?;
                    }
                    for place in 0..count {
                        row.clear();
                        for column in &columns {
                            row.push_field(column.text(place));
                        }
                        passed += 1;
                        each(&row, passed as f64 / total)?;
                    }
                    left -= count;
                }
            }
            Ok(())
        })
    }
}

/// The texts of one column of a batch.
struct Batch<'a> {
    leaf: &'a Leaf,
    reader: ColumnReader,
    texts: Vec<u8>,
    /// Where the text of each row ends.
    ends: Vec<usize>,
    present: Vec<i16>,
    repeated: Vec<i16>,
}

impl<'a> Batch<'a> {
    fn of(leaf: &'a Leaf, reader: ColumnReader) -> Self {
        Self { leaf, reader, texts: Vec::new(), ends: Vec::new(), present: Vec::new(), repeated: Vec::new() }
    }

    fn text(&self, row: usize) -> &[u8] {
        let begin = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.texts[begin..self.ends[row]]
    }

    fn fill(&mut self, rows: usize) -> Result<(), SkillError> {
        let Self { leaf, reader, texts, ends, present, repeated } = self;
        for buffer in [&mut *present, &mut *repeated] {
            buffer.clear();
        }
        texts.clear();
        ends.clear();
        let form = leaf.form;
        let levels = Levels { leaf, rows, texts, ends, present, repeated };
        let read = match reader {
            ColumnReader::BoolColumnReader(reader) => levels.take(reader, |value, out| form.truth(*value, out)),
            ColumnReader::Int32ColumnReader(reader) => levels.take(reader, |value, out| form.int32(*value, out)),
            ColumnReader::Int64ColumnReader(reader) => levels.take(reader, |value, out| form.int64(*value, out)),
            ColumnReader::Int96ColumnReader(reader) => levels.take(reader, |value, out| form.int96(value.data(), out)),
            ColumnReader::FloatColumnReader(reader) => levels.take(reader, |value, out| form.float(*value, out)),
            ColumnReader::DoubleColumnReader(reader) => levels.take(reader, |value, out| form.double(*value, out)),
            ColumnReader::ByteArrayColumnReader(reader) => levels.take(reader, |value, out| form.bytes(value.data(), out)),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => levels.take(reader, |value, out| form.bytes(value.data(), out)),
        };
        let read = read.map_err(|error| broken(&error))?;
        if read == rows && self.ends.len() == rows {
            return Ok(());
        }
        Err(broken(&ParquetError::General(format!("{} has fewer values than its row group says", self.leaf.name))))
    }
}

/// Where a batch is laid out.
struct Levels<'a> {
    leaf: &'a Leaf,
    rows: usize,
    texts: &'a mut Vec<u8>,
    ends: &'a mut Vec<usize>,
    present: &'a mut Vec<i16>,
    repeated: &'a mut Vec<i16>,
}

impl Levels<'_> {
    fn take<T: DataType>(self, reader: &mut ColumnReaderImpl<T>, write: impl Fn(&T::T, &mut Vec<u8>)) -> Result<usize, ParquetError> {
        let Self { leaf, rows, texts, ends, present, repeated } = self;
        let mut values: Vec<T::T> = Vec::with_capacity(rows);
        let (read, _, levels) = reader.read_records(rows, Some(present), Some(repeated), &mut values)?;
        let mut values = values.iter();
        let is_there = |level: usize| leaf.present == 0 || present.get(level).is_some_and(|found| *found == leaf.present);
        if !leaf.repeated {
            for level in 0..levels {
                if is_there(level)
                    && let Some(value) = values.next()
                {
                    write(value, texts);
                }
                ends.push(texts.len());
            }
            return Ok(read);
        }
        let begins = |level: usize| repeated.get(level).is_none_or(|found| *found == 0);
        let (mut level, mut text) = (0, Vec::new());
        while level < levels {
            let first = level;
            while level == first || (level < levels && !begins(level)) {
                let there = is_there(level);
                // A list that is empty or absent has one level and no value.
                if there || level > first {
                    texts.push(if level == first { b'[' } else { b',' });
                    text.clear();
                    match if there { values.next() } else { None } {
                        Some(value) => write(value, &mut text),
                        None => text.extend_from_slice(b"null"),
                    }
                    texts.extend_from_slice(&leaf.form.quoted(&text, there));
                }
                level += 1;
            }
            if texts.last().is_some() && texts.len() > ends.last().copied().unwrap_or(0) {
                texts.push(b']');
            }
            ends.push(texts.len());
        }
        Ok(read)
    }
}
