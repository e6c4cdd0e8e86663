//! Where are the bytes of artifacts, when several servers must have them? In the database, in chunks of 1 MiB.
//!
//! They come into a folder of this server first, where they are hashed; so a slow sender holds no transaction open. A blob and
//! its chunks are one transaction: whoever sees the blob sees all of it. A blob goes when the clean-up finds that no artifact
//! refers to it and nobody has stored it again for a while; so whoever stores it again just then keeps it.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use baton_domain::time::Timestamp;
use baton_storage::StoreError;
use baton_storage::blobs::{BlobError, BlobFolder, BlobStream, Blobs, ReceivedBlob};
use bytes::Bytes;
use futures::stream;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::failure::{Fault, failed};

/// Bytes of a chunk: what a server holds of a blob in memory at once.
const CHUNK: usize = 1 << 20;

/// The blobs of a database.
#[derive(Debug)]
pub(crate) struct PostgresBlobs {
    pub(crate) pool: PgPool,
    pub(crate) incoming: BlobFolder,
}

async fn store(sql: &mut PgConnection, received: &ReceivedBlob, at: Timestamp) -> Result<(), BlobError> {
    let refused = |error: sqlx::Error| BlobError::from(StoreError::from(failed(error)));
    let mut tx = sql.begin().await.map_err(refused)?;
    // Nobody has updated a row that was just inserted.
    let fresh: bool = sqlx::query_scalar(
        "INSERT INTO blobs (sha256, size, touched_at) VALUES ($1, $2, $3)
         ON CONFLICT (sha256) DO UPDATE SET touched_at = GREATEST(blobs.touched_at, excluded.touched_at) RETURNING xmax = 0",
    )
    .bind(&received.sha256)
    .bind(i64::try_from(received.size).unwrap_or(i64::MAX))
    .bind(at.as_millis())
    .fetch_one(&mut *tx)
    .await
    .map_err(refused)?;
    if !fresh {
        return tx.commit().await.map_err(refused);
    }
    let mut file = File::open(received.path()).await?;
    let mut n = 0_i32;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await?;
        if chunk.is_empty() {
            break;
        }
        sqlx::query("INSERT INTO blob_chunks (sha256, n, bytes) VALUES ($1, $2, $3)")
            .bind(&received.sha256)
            .bind(n)
            .bind(chunk)
            .execute(&mut *tx)
            .await
            .map_err(refused)?;
        n += 1;
    }
    tx.commit().await.map_err(refused)
}

async fn chunk(pool: &PgPool, sha256: &str, n: i32) -> Result<Option<Vec<u8>>, Fault> {
    sqlx::query_scalar("SELECT bytes FROM blob_chunks WHERE sha256 = $1 AND n = $2")
        .bind(sha256)
        .bind(n)
        .fetch_optional(pool)
        .await
        .map_err(failed)
}

#[async_trait]
impl Blobs for PostgresBlobs {
    fn needs_turns(&self) -> bool {
        false
    }

    async fn receive(&self, bytes: BlobStream) -> Result<ReceivedBlob, BlobError> {
        self.incoming.receive(bytes).await
    }

    async fn keep(&self, received: ReceivedBlob, at: Timestamp) -> Result<(), BlobError> {
        let mut connection = self.pool.acquire().await.map_err(|error| StoreError::from(failed(error)))?;
        store(&mut connection, &received, at).await
    }

    async fn read(&self, sha256: &str) -> io::Result<BlobStream> {
        let known: Option<i64> = sqlx::query_scalar("SELECT size FROM blobs WHERE sha256 = $1")
            .bind(sha256)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| io::Error::other(StoreError::from(failed(error))))?;
        if known.is_none() {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        let from = (self.pool.clone(), sha256.to_owned(), 0_i32);
        Ok(Box::pin(stream::try_unfold(from, |(pool, sha256, n)| async move {
            let bytes = chunk(&pool, &sha256, n).await.map_err(|fault| io::Error::other(StoreError::from(fault)))?;
            Ok(bytes.map(|bytes| (Bytes::from(bytes), (pool, sha256, n + 1))))
        })))
    }

    async fn file(&self, sha256: &str, folder: &Path) -> io::Result<PathBuf> {
        let path = folder.join(sha256);
        let bytes = self.read(sha256).await?;
        tokio::fs::create_dir_all(folder).await?;
        baton_storage::blobs::copy(bytes, sha256, &path).await?;
        Ok(path)
    }

    async fn remove(&self, _sha256: &str) -> io::Result<()> {
        // Somebody may be storing it again: the clean-up decides.
        Ok(())
    }

    async fn forget_unused(&self, untouched_since: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "DELETE FROM blobs WHERE touched_at < $1 AND NOT EXISTS (SELECT 1 FROM artifacts WHERE artifacts.sha256 = blobs.sha256)",
        )
        .bind(untouched_since.as_millis())
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected())
    }
}
