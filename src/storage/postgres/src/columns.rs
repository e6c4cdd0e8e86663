//! How values stand in columns: identifiers as UUIDs, instants as milliseconds, structures as JSON text.

use std::borrow::Cow;

use baton_domain::time::Timestamp;
use baton_storage::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::failure::failed;

/// A column of a row, by name.
pub(crate) fn get<'r, T>(row: &'r PgRow, column: &str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    Ok(row.try_get(column).map_err(failed)?)
}

/// An instant.
pub(crate) fn instant(row: &PgRow, column: &str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_millis(get(row, column)?))
}

/// An instant that may be absent.
pub(crate) fn maybe_instant(row: &PgRow, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis))
}

/// An identifier.
pub(crate) fn id<T>(row: &PgRow, column: &str, wrap: fn(Uuid) -> T) -> Result<T, StoreError> {
    Ok(wrap(get(row, column)?))
}

/// An identifier that may be absent.
pub(crate) fn maybe_id<T>(row: &PgRow, column: &str, wrap: fn(Uuid) -> T) -> Result<Option<T>, StoreError> {
    Ok(get::<Option<Uuid>>(row, column)?.map(wrap))
}

/// A value of a closed set, by its name.
pub(crate) fn named<T>(row: &PgRow, column: &str, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
    let text: &str = get(row, column)?;
    parse(text).ok_or_else(|| StoreError::Corrupt(format!("{column} holds {text:?}")))
}

/// A value of a closed set that may be absent.
pub(crate) fn maybe_named<T>(row: &PgRow, column: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
    match get::<Option<&str>>(row, column)? {
        None => Ok(None),
        Some(text) => parse(text).map(Some).ok_or_else(|| StoreError::Corrupt(format!("{column} holds {text:?}"))),
    }
}

/// A structure.
pub(crate) fn json<T: DeserializeOwned>(row: &PgRow, column: &str) -> Result<T, StoreError> {
    let text: &str = get(row, column)?;
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

/// A structure that may be absent.
pub(crate) fn maybe_json<T: DeserializeOwned>(row: &PgRow, column: &str) -> Result<Option<T>, StoreError> {
    match get::<Option<&str>>(row, column)? {
        None => Ok(None),
        Some(text) => serde_json::from_str(text).map(Some).map_err(|error| StoreError::Corrupt(format!("{column}: {error}"))),
    }
}

/// A structure as text.
pub(crate) fn text(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A structure that may be absent, as text.
pub(crate) fn maybe_text(value: Option<&impl Serialize>) -> Result<Option<String>, StoreError> {
    value.map(text).transpose()
}

/// Text that people or programs wrote. PostgreSQL alone refuses the character NUL, which is shown as the replacement character
/// everywhere anyway; JSON text holds it as an escape and needs no care.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Such text where it may be absent.
pub(crate) fn maybe_plain(text: Option<&str>) -> Option<Cow<'_, str>> {
    text.map(plain)
}

/// A number of rows or a count, as it is stored.
pub(crate) fn stored_count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A small number, as it is stored.
pub(crate) fn stored_small(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// A stored count.
pub(crate) fn count(row: &PgRow, column: &str) -> Result<u64, StoreError> {
    Ok(u64::try_from(get::<i64>(row, column)?).unwrap_or(0))
}

/// A stored small number.
pub(crate) fn small(row: &PgRow, column: &str) -> Result<u32, StoreError> {
    Ok(u32::try_from(get::<i32>(row, column)?).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_nul_is_stored_as_it_is() {
        assert!(matches!(plain("as it is"), Cow::Borrowed("as it is")));
        assert_eq!(plain("a\0b"), "a\u{fffd}b");
    }
}
