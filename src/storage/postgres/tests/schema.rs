//! Are the two dialects one schema? The same tables, the same columns, the same columns that may be absent.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::harness::{database, open};
use baton_storage::NoSink;
use baton_storage_sqlite::SqliteOptions;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

/// Tables, their columns, and which of those may be absent.
type Schema = BTreeMap<String, BTreeMap<String, bool>>;

async fn of_sqlite() -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baton.db");
    SqliteOptions::new(&path).open(Arc::new(NoSink)).await.unwrap().close().await;
    let mut sql = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let rows = sqlx::query(
        "SELECT tables.name AS tab, columns.name AS col, columns.\"notnull\" = 0 AS maybe
         FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%' AND tables.name NOT LIKE '_sqlx%'",
    )
    .fetch_all(&mut sql)
    .await
    .unwrap();
    let mut schema = Schema::new();
    for row in rows {
        schema.entry(row.get("tab")).or_default().insert(row.get("col"), row.get("maybe"));
    }
    schema
}

/// Without the bytes of artifacts: beside a file they are in a folder.
async fn of_postgres() -> Schema {
    let url = database();
    open(&url).await.close().await;
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let rows = sqlx::query(
        "SELECT table_name::text AS tab, column_name::text AS col, is_nullable = 'YES' AS maybe FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' AND table_name NOT IN ('blobs', 'blob_chunks')",
    )
    .fetch_all(&mut sql)
    .await
    .unwrap();
    let mut schema = Schema::new();
    for row in rows {
        schema.entry(row.get("tab")).or_default().insert(row.get("col"), row.get("maybe"));
    }
    schema
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (of_sqlite().await, Box::pin(of_postgres()).await);
    assert!(sqlite.len() > 10, "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}
