//! How records in JSON become rows: their keys are columns, what is nested in an object is `outer.inner`, an array stays its text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use csv::ByteRecord;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::scanner::{Scanner, Trouble};
use super::table::{not_utf8, unreadable};
use crate::limits::{MAXIMUM_DEPTH, MAXIMUM_FILE_COLUMNS, MAXIMUM_FLATTENED, MAXIMUM_RECORD_BYTES};

/// Where the records of a document are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the array that begins at this byte.
    Array(u64),
    /// One after the other, from the beginning.
    Lines,
}

fn wrong(message: impl Into<String>) -> SkillError {
    SkillError::new(Code::WrongJson, message.into())
}

/// A trouble at a record, the first of which is 1; 0 for the document as a whole.
fn explained(trouble: Trouble, record: u64, offset: u64) -> SkillError {
    let place = if record == 0 { "the document".to_owned() } else { format!("record {record}") };
    match trouble {
        Trouble::Io(error) => not_utf8(&error).unwrap_or_else(|| unreadable(&error)),
        Trouble::Cut => wrong(format!("the file ends within {place}, after {offset} bytes. It was cut off; export it again.")),
        Trouble::Long => SkillError::new(
            Code::RecordTooLarge,
            format!(
                "{place} has more than {} MB. Is the whole file one record? Write an array of records, or one a line.",
                MAXIMUM_RECORD_BYTES >> 20
            ),
        ),
        Trouble::Deep => {
            SkillError::new(Code::RecordTooLarge, format!("{place} is nested deeper than {MAXIMUM_DEPTH} levels. Flatten it before."))
        }
        Trouble::Expected(what) => {
            wrong(format!("{what} is expected in {place}, at byte {offset}. Correct the file; each record is an object."))
        }
    }
}

/// Finds the records of a document that begins with an object: one a line, or in the one array of objects that it holds.
pub(crate) fn place_in_object(context: &Context, path: &Path) -> Result<Place, SkillError> {
    let mut scanner = Scanner::new(super::table::open(path)?);
    let found = find(context, &mut scanner);
    let offset = scanner.offset();
    found.map_err(|trouble| explained(trouble, 0, offset))?
}

fn find(context: &Context, scanner: &mut Scanner<File>) -> Result<Result<Place, SkillError>, Trouble> {
    let mut pulse = |_| context.check();
    let mut arrays: Vec<(String, u64)> = Vec::new();
    scanner.expect(b'{', "an object")?;
    if scanner.peek()? == Some(b'}') {
        scanner.pass();
    } else {
        loop {
            if scanner.peek()? != Some(b'"') {
                return Err(Trouble::Expected("a name in quotes"));
            }
            let mut name = Vec::new();
            if let Err(stop) = scanner.value(Some(&mut name), &mut pulse)? {
                return Ok(Err(stop));
            }
            scanner.expect(b':', "a colon")?;
            let begins = scanner.peek()?;
            let offset = scanner.offset();
            if begins == Some(b'[') {
                scanner.pass();
                if scanner.peek()? == Some(b'{') {
                    arrays.push((String::from_utf8_lossy(&name).into_owned(), offset));
                }
                // The rest of the array: its elements one by one, so that nothing but brackets is kept.
                if let Err(stop) = pass_elements(scanner, &mut pulse)? {
                    return Ok(Err(stop));
                }
            } else if let Err(stop) = scanner.value(None, &mut pulse)? {
                return Ok(Err(stop));
            }
            match scanner.peek()? {
                Some(b',') => scanner.pass(),
                Some(b'}') => {
                    scanner.pass();
                    break;
                }
                Some(_) => return Err(Trouble::Expected("a comma or the end of the object")),
                None => return Err(Trouble::Cut),
            }
        }
    }
    // More than one object: each is a record, whatever it holds.
    if scanner.peek()?.is_some() {
        return Ok(Ok(Place::Lines));
    }
    Ok(match arrays.as_slice() {
        [] => Ok(Place::Lines),
        [(_, offset)] => Ok(Place::Array(*offset)),
        several => {
            let names: Vec<&str> = several.iter().take(5).map(|(name, _)| name.as_str()).collect();
            Err(wrong(format!(
                "the object holds several arrays of records ({}). Send the one that is meant, as an array.",
                names.join(", ")
            )))
        }
    })
}

fn pass_elements<E>(scanner: &mut Scanner<File>, pulse: &mut impl FnMut(u64) -> Result<(), E>) -> Result<Result<(), E>, Trouble> {
    if scanner.peek()? == Some(b']') {
        scanner.pass();
        return Ok(Ok(()));
    }
    loop {
        if let Err(stop) = scanner.value(None, pulse)? {
            return Ok(Err(stop));
        }
        match scanner.peek()? {
            Some(b',') => scanner.pass(),
            Some(b']') => {
                scanner.pass();
                return Ok(Ok(()));
            }
            Some(_) => return Err(Trouble::Expected("a comma or the end of the array")),
            None => return Err(Trouble::Cut),
        }
    }
}

/// The columns that records were seen to have, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Columns {
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The column of this name; `hint` is where it was in the record before.
    fn place(&mut self, name: &str, hint: usize) -> Option<usize> {
        if self.names.get(hint).is_some_and(|known| known == name) {
            return Some(hint);
        }
        if let Some(place) = self.places.get(name) {
            return Some(*place);
        }
        if self.names.len() == MAXIMUM_FILE_COLUMNS {
            return None;
        }
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), self.names.len() - 1);
        Some(self.names.len() - 1)
    }
}

/// Calls `each` with every record, as long as the columns that are known by then, and with how many bytes have passed.
pub(crate) fn rows(
    context: &Context,
    path: &Path,
    place: Place,
    columns: &mut Columns,
    mut each: impl FnMut(&ByteRecord, u64) -> Result<(), SkillError>,
) -> Result<(), SkillError> {
    let mut scanner = Scanner::new(super::table::open(path)?);
    let mut pulse = |_| context.check();
    let (mut text, mut count) = (Vec::new(), 0u64);
    let mut cells = Cells::default();
    let mut row = ByteRecord::new();
    if let Place::Array(offset) = place {
        let begun = scanner.skip_to(offset).and_then(|()| scanner.expect(b'[', "an array"));
        begun.map_err(|trouble| explained(trouble, 0, scanner.offset()))?;
    }
    loop {
        let next = scanner.peek().map_err(|trouble| explained(trouble, count + 1, scanner.offset()))?;
        match (place, next) {
            (Place::Lines, None) => return Ok(()),
            (Place::Array(_), Some(b']')) if count == 0 => return Ok(()),
            (_, Some(b'{')) => {}
            (_, None) => return Err(explained(Trouble::Cut, count + 1, scanner.offset())),
            _ => return Err(explained(Trouble::Expected("an object"), count + 1, scanner.offset())),
        }
        count += 1;
        text.clear();
        scanner.value(Some(&mut text), &mut pulse).map_err(|trouble| explained(trouble, count, scanner.offset()))??;
        cells.read(&text, columns, count)?;
        cells.fill(&mut row, columns.names.len());
        each(&row, scanner.offset())?;
        if let Place::Array(_) = place {
            match scanner.peek().map_err(|trouble| explained(trouble, count, scanner.offset()))? {
                Some(b',') => scanner.pass(),
                Some(b']') => return Ok(()),
                Some(_) => return Err(explained(Trouble::Expected("a comma"), count + 1, scanner.offset())),
                None => return Err(explained(Trouble::Cut, count + 1, scanner.offset())),
            }
        }
    }
}

/// The cells of one record.
#[derive(Default)]
struct Cells {
    texts: Vec<u8>,
    /// For each column where its text is.
    places: Vec<Option<(usize, usize)>>,
    /// Columns that this record has.
    used: Vec<usize>,
    path: String,
    hint: usize,
}

impl Cells {
    fn read(&mut self, text: &[u8], columns: &mut Columns, number: u64) -> Result<(), SkillError> {
        self.texts.clear();
        for place in self.used.drain(..) {
            self.places[place] = None;
        }
        self.path.clear();
        self.hint = 0;
        let mut too_many = false;
        let text = std::str::from_utf8(text).map_err(|error| SkillError::internal(format!("record {number}: {error}")))?;
        self.object(text, columns, 0, &mut too_many).map_err(|error| {
            wrong(format!("record {number} is no JSON: {error}. NaN, single quotes and comments are none; correct the record."))
        })?;
        if too_many {
            let message = format!(
                "record {number}: the records have more than {MAXIMUM_FILE_COLUMNS} different keys. Are keys data? Turn them into rows."
            );
            return Err(SkillError::new(Code::TableTooLarge, message));
        }
        Ok(())
    }

    fn object(&mut self, text: &str, columns: &mut Columns, level: usize, too_many: &mut bool) -> serde_json::Result<()> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let walked = serde::de::Deserializer::deserialize_map(&mut reader, Members { cells: self, columns, level, too_many });
        walked.and_then(|()| reader.end())
    }

    fn member(&mut self, key: &str, value: &RawValue, columns: &mut Columns, level: usize, too_many: &mut bool) -> serde_json::Result<()> {
        let before = self.path.len();
        if level > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        let text = value.get();
        let begin = self.texts.len();
        match text.as_bytes().first() {
            Some(b'{') if level + 1 < MAXIMUM_FLATTENED && text.as_bytes()[1..].trim_ascii_start().first() != Some(&b'}') => {
                self.object(text, columns, level + 1, too_many)?;
                self.path.truncate(before);
                return Ok(());
            }
            Some(b'"') if !text.contains('\\') => self.texts.extend_from_slice(&text.as_bytes()[1..text.len() - 1]),
            Some(b'"') => {
                let plain: String = serde_json::from_str(text)?;
                self.texts.extend_from_slice(plain.as_bytes());
            }
            Some(b'n') => {}
            _ => self.texts.extend_from_slice(text.as_bytes()),
        }
        match columns.place(&self.path, self.hint) {
            None => *too_many = true,
            Some(place) => {
                self.hint = place + 1;
                if self.places.len() <= place {
                    self.places.resize(place + 1, None);
                }
                // Of a key that comes twice the last value counts, as most readers have it.
                if self.places[place].replace((begin, self.texts.len())).is_none() {
                    self.used.push(place);
                }
            }
        }
        self.path.truncate(before);
        Ok(())
    }

    fn fill(&self, row: &mut ByteRecord, columns: usize) {
        row.clear();
        for place in 0..columns {
            let text = self.places.get(place).copied().flatten().map_or(&[][..], |(begin, end)| &self.texts[begin..end]);
            row.push_field(text);
        }
    }
}

struct Members<'a> {
    cells: &'a mut Cells,
    columns: &'a mut Columns,
    level: usize,
    too_many: &'a mut bool,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { cells, columns, level, too_many } = self;
        while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
            cells.member(&key, value, columns, level, too_many).map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }
}

/// A key, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
