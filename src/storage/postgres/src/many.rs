//! How does one statement write many rows? Each column is one array, which `UNNEST` makes rows of again: the statement is the
//! same for any number of them and is prepared once.

use baton_storage::StoreError;

/// A column of rows, as it is bound.
pub(crate) fn column<'a, R, T>(rows: &'a [R], value: impl FnMut(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// A column whose values may not be storable.
pub(crate) fn try_column<'a, R, T>(rows: &'a [R], value: impl FnMut(&'a R) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(value).collect()
}
