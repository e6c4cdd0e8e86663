//! How is a statement run? Prepared once for each connection, then by its text.

use baton_storage::StoreError;
use rusqlite::{Connection, Params};

use crate::columns::Columns;
use crate::failure::failed;

/// Prepared statements that a connection keeps.
pub(crate) const PREPARED: usize = 256;

/// Runs a statement that answers nothing; gives how many rows it changed.
pub(crate) fn run(sql: &Connection, text: &str, values: impl Params) -> Result<usize, StoreError> {
    #[cfg(test)]
    crate::plans::saw(text);
    sql.prepare_cached(text).and_then(|mut statement| statement.execute(values)).map_err(failed)
}

/// Every row of an answer.
pub(crate) fn all<T>(
    sql: &Connection,
    text: &str,
    values: impl Params,
    mut read: impl FnMut(&mut Columns<'_, '_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    #[cfg(test)]
    crate::plans::saw(text);
    let mut statement = sql.prepare_cached(text).map_err(failed)?;
    let mut rows = statement.query(values).map_err(failed)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        found.push(read(&mut Columns::of(row))?);
    }
    Ok(found)
}

/// The only row of an answer, if there is one.
pub(crate) fn maybe<T>(
    sql: &Connection,
    text: &str,
    values: impl Params,
    read: impl FnOnce(&mut Columns<'_, '_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    #[cfg(test)]
    crate::plans::saw(text);
    let mut statement = sql.prepare_cached(text).map_err(failed)?;
    let mut rows = statement.query(values).map_err(failed)?;
    match rows.next().map_err(failed)? {
        Some(row) => read(&mut Columns::of(row)).map(Some),
        None => Ok(None),
    }
}

/// The only row of an answer that always has one.
pub(crate) fn one<T>(
    sql: &Connection,
    text: &str,
    values: impl Params,
    read: impl FnOnce(&mut Columns<'_, '_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    maybe(sql, text, values, read)?.ok_or_else(|| StoreError::Corrupt("an answer that always has a row has none".to_owned()))
}
