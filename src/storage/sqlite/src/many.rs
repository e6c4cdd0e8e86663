//! How does one statement write many rows? As parts of a few fixed sizes, so that each size is prepared once.
//!
//! A statement costs more to hand to the connection's thread than to run for a row; that cost is shared by its rows.

use sqlx::query_builder::{QueryBuilder, Separated};
use sqlx::{Sqlite, SqliteConnection};

use crate::failure::failed;
use baton_storage::StoreError;

/// Rows of one statement. With 27 columns the largest stays far below SQLite's 32,766 parameters.
const SIZES: [usize; 5] = [128, 32, 8, 3, 1];

/// Cuts rows into parts of those sizes, the largest first.
pub(crate) fn parts<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= rows.len())?;
        let (part, rest) = rows.split_at(size);
        rows = rest;
        Some(part)
    })
}

/// The values of one row, as they are bound.
pub(crate) type Values<'a> = Separated<'a, Sqlite, &'static str>;

/// Inserts rows; `head` is the statement up to its values, `bind` binds those of one row in the order of its columns.
pub(crate) async fn insert<T>(
    sql: &mut SqliteConnection,
    head: &'static str,
    rows: &[T],
    mut bind: impl FnMut(&mut Values<'_>, &T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for part in parts(rows) {
        let mut query = with_values(head, part, &mut bind)?;
        query.build().execute(&mut *sql).await.map_err(failed)?;
    }
    Ok(())
}

/// `head (VALUES …)`, with the values of these rows.
pub(crate) fn with_values<T>(
    head: &'static str,
    part: &[T],
    mut bind: impl FnMut(&mut Values<'_>, &T) -> Result<(), StoreError>,
) -> Result<QueryBuilder<Sqlite>, StoreError> {
    let mut query = QueryBuilder::new(head);
    query.push(" VALUES ");
    for (index, row) in part.iter().enumerate() {
        query.push(if index == 0 { "(" } else { ", (" });
        bind(&mut query.separated(", "), row)?;
        query.push(")");
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_row_once_and_have_few_sizes() {
        for count in [0, 1, 2, 3, 7, 129, 500, 1_000] {
            let rows: Vec<usize> = (0..count).collect();
            let seen: Vec<usize> = parts(&rows).flatten().copied().collect();
            assert_eq!(seen, rows);
            assert!(parts(&rows).all(|part| SIZES.contains(&part.len())));
        }
    }
}
