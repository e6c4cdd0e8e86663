//! How values stand in columns: identifiers as 16 bytes, instants as milliseconds, structures as JSON text.

use baton_domain::time::Timestamp;
use baton_storage::StoreError;
use rusqlite::Row;
use rusqlite::types::{FromSql, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::failure::failed;

/// The columns of a row, read from left to right: looking them up by name would cost more than reading them.
pub(crate) struct Columns<'row, 'statement> {
    row: &'row Row<'statement>,
    next: usize,
}

impl<'row, 'statement> Columns<'row, 'statement> {
    /// Before the first column.
    pub(crate) fn of(row: &'row Row<'statement>) -> Self {
        Self { row, next: 0 }
    }

    fn place(&mut self) -> usize {
        let place = self.next;
        self.next += 1;
        place
    }

    /// The next column.
    pub(crate) fn get<T: FromSql>(&mut self) -> Result<T, StoreError> {
        let place = self.place();
        self.row.get(place).map_err(failed)
    }

    /// Text that may be absent, without a copy of it.
    pub(crate) fn maybe_str(&mut self) -> Result<Option<&'row str>, StoreError> {
        let place = self.place();
        match self.row.get_ref(place).map_err(failed)? {
            ValueRef::Null => Ok(None),
            value => value.as_str().map(Some).map_err(|error| StoreError::Corrupt(format!("column {place}: {error}"))),
        }
    }

    /// Text, without a copy of it.
    pub(crate) fn str(&mut self) -> Result<&'row str, StoreError> {
        let place = self.next;
        self.maybe_str()?.ok_or_else(|| StoreError::Corrupt(format!("column {place} is absent")))
    }

    /// An instant.
    pub(crate) fn instant(&mut self) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::from_millis(self.get()?))
    }

    /// An instant that may be absent.
    pub(crate) fn maybe_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get::<Option<i64>>()?.map(Timestamp::from_millis))
    }

    /// An identifier.
    pub(crate) fn id<T>(&mut self, wrap: fn(Uuid) -> T) -> Result<T, StoreError> {
        Ok(wrap(Uuid::from_bytes(self.get()?)))
    }

    /// An identifier that may be absent.
    pub(crate) fn maybe_id<T>(&mut self, wrap: fn(Uuid) -> T) -> Result<Option<T>, StoreError> {
        Ok(self.get::<Option<[u8; 16]>>()?.map(|bytes| wrap(Uuid::from_bytes(bytes))))
    }

    /// A value of a closed set, by its name.
    pub(crate) fn named<T>(&mut self, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.str()?;
        parse(text).ok_or_else(|| StoreError::Corrupt(format!("{text:?} is no name of this column")))
    }

    /// A value of a closed set that may be absent.
    pub(crate) fn maybe_named<T>(&mut self, parse: fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        match self.maybe_str()? {
            None => Ok(None),
            Some(text) => parse(text).map(Some).ok_or_else(|| StoreError::Corrupt(format!("{text:?} is no name of this column"))),
        }
    }

    /// A structure.
    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        structure(self.str()?)
    }

    /// A structure that may be absent.
    pub(crate) fn maybe_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        self.maybe_str()?.map(structure).transpose()
    }

    /// A count.
    pub(crate) fn count(&mut self) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.get::<i64>()?).unwrap_or(0))
    }

    /// A small number.
    pub(crate) fn small(&mut self) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.get::<i64>()?).unwrap_or(u32::MAX))
    }
}

fn structure<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A structure as text.
pub(crate) fn text(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A structure that may be absent, as text.
pub(crate) fn maybe_text(value: Option<&impl Serialize>) -> Result<Option<String>, StoreError> {
    value.map(text).transpose()
}

/// A number of rows or a count, as it is stored.
pub(crate) fn stored_count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
