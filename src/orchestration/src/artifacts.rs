//! How are files stored, shown and deleted? The artifact service over the store and the folder of blobs.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::ArtifactId;
use baton_domain::page::{DEFAULT_LIMIT, MAXIMUM_LIMIT, Page};
use baton_domain::ports::Sources;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ArtifactContent, ArtifactService, ByteStream, NewArtifact};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::artifact::{ArtifactFilter, ArtifactView};
use baton_storage::Store;
use baton_storage::blobs::{BlobError, Blobs};
use tokio::sync::{Mutex, MutexGuard};

use crate::gate::Gate;

/// The longest name of a file, in bytes.
const MAXIMUM_NAME: usize = 255;
/// The longest content type.
const MAXIMUM_MEDIA_TYPE: usize = 127;

/// The artifact service.
pub(crate) struct Artifacts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) sources: Sources,
    pub(crate) gate: Gate,
    /// Held while a blob gets or loses its last row: between the two, another upload of the same bytes would lose its blob.
    pub(crate) turn: Mutex<()>,
}

impl Artifacts {
    async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        if self.blobs.needs_turns() { Some(self.turn.lock().await) } else { None }
    }
}

/// The rows of a page: 1 to 500, 50 when nobody says.
pub(crate) fn page_limit(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAXIMUM_LIMIT).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::new(Code::InvalidQuery, "Use a limit from 1 to 500.")
            .with_field("limit", format!("{limit} is not between 1 and {MAXIMUM_LIMIT}"))),
    }
}

/// The row that a page begins after.
pub(crate) fn page_cursor<T: std::str::FromStr>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    cursor
        .map(|text| {
            text.parse().map_err(|_| {
                Problem::new(Code::InvalidQuery, "Use the next_cursor of the page before.")
                    .with_field("cursor", "not a cursor of this list")
            })
        })
        .transpose()
}

fn no_such_artifact(id: ArtifactId) -> Problem {
    Problem::new(Code::NoSuchArtifact, format!("There is no artifact {id}; it may have been deleted."))
}

/// The last part of a path, without control characters; empty if nothing is left, or only dots, which name a folder.
pub(crate) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).collect();
    let plain = plain.trim();
    if plain.chars().all(|c| c == '.') { String::new() } else { plain.to_owned() }
}

fn from_blob_error(error: BlobError) -> Problem {
    match error {
        BlobError::TooLarge(maximum) => Problem::new(Code::ArtifactTooLarge, format!("An artifact may have at most {maximum} bytes.")),
        BlobError::Full => Problem::new(Code::StorageFull, "Free space on the server's disk.").retry_after(30),
        BlobError::Store(error) => error.into(),
        BlobError::Io(error) => {
            tracing::warn!(%error, "an upload broke off");
            Problem::new(Code::StorageUnavailable, "The upload broke off; send it again.").retry_after(1)
        }
    }
}

#[async_trait]
impl ArtifactService for Artifacts {
    async fn put(&self, caller: &Caller, artifact: NewArtifact, bytes: ByteStream) -> Answer<ArtifactView> {
        self.gate.require(caller, Permission::Work, "artifact.put")?;
        let name = plain_name(&artifact.name);
        if name.is_empty() || name.len() > MAXIMUM_NAME {
            return Err(Problem::invalid_field("name", format!("give the file a name of 1 to {MAXIMUM_NAME} bytes")));
        }
        let media_type = match artifact.media_type {
            Some(given)
                if given.len() > MAXIMUM_MEDIA_TYPE || !given.contains('/') || !given.bytes().all(|byte| (b' '..=b'~').contains(&byte)) =>
            {
                return Err(Problem::invalid_field("media_type", "give a content type, as text/csv"));
            }
            Some(given) => given,
            None => mime_guess::from_path(&name).first_raw().unwrap_or("application/octet-stream").to_owned(),
        };
        let blob = self.blobs.receive(bytes).await.map_err(from_blob_error)?;
        if let Some(wanted) = artifact.sha256
            && !wanted.eq_ignore_ascii_case(&blob.sha256)
        {
            return Err(Problem::new(Code::HashMismatch, format!("The content has the SHA-256 {}; send it again.", blob.sha256)));
        }
        let view = ArtifactView {
            id: ArtifactId::new(self.sources.ids.next()),
            project_id: caller.project,
            name,
            media_type,
            size: blob.size,
            sha256: blob.sha256.clone(),
            created_by: caller.principal.label().to_owned(),
            task_id: artifact.task_id,
            created_at: self.sources.clock.now(),
        };
        let _turn = self.turn().await;
        self.blobs.keep(blob, view.created_at).await.map_err(from_blob_error)?;
        self.store.insert_artifact(view.clone(), caller.principal.clone()).await?;
        Ok(view)
    }

    async fn list(&self, caller: &Caller, filter: ArtifactFilter) -> Answer<Page<ArtifactView>> {
        self.gate.require(caller, Permission::Read, "artifact.list")?;
        let limit = page_limit(filter.limit)?;
        let before = page_cursor(filter.cursor.as_deref())?;
        let mut page = self.store.artifacts(filter.task, before, limit + 1).await?;
        let more = page.items.len() > limit as usize;
        page.items.truncate(limit as usize);
        let next_cursor = page.items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(Page { items: page.items, next_cursor, as_of: page.as_of })
    }

    async fn get(&self, caller: &Caller, id: ArtifactId) -> Answer<ArtifactView> {
        self.gate.require(caller, Permission::Read, "artifact.get")?;
        self.store.artifact(id).await?.ok_or_else(|| no_such_artifact(id))
    }

    async fn open(&self, caller: &Caller, id: ArtifactId) -> Answer<ArtifactContent> {
        let view = self.get(caller, id).await?;
        let bytes = self.blobs.read(&view.sha256).await.map_err(|error| {
            if error.kind() != std::io::ErrorKind::NotFound {
                tracing::warn!(%error, artifact = %id, "a blob cannot be read");
                return Problem::new(Code::StorageUnavailable, "Try again in a moment.").retry_after(2);
            }
            tracing::error!(%error, artifact = %id, "a blob is missing");
            no_such_artifact(id)
        })?;
        Ok(ArtifactContent { view, bytes })
    }

    async fn delete(&self, caller: &Caller, id: ArtifactId) -> Answer<()> {
        self.gate.require(caller, Permission::Work, "artifact.delete")?;
        if self.store.artifact_in_use(id).await? {
            return Err(Problem::new(
                Code::ArtifactInUse,
                "A task that goes on, the newest version of a line or an open conflict needs it.",
            ));
        }
        let _turn = self.turn().await;
        let deleted = self.store.delete_artifact(id, caller.principal.clone(), self.sources.clock.now()).await?;
        let unused = deleted.ok_or_else(|| no_such_artifact(id))?;
        if let Some(sha256) = unused
            && let Err(error) = self.blobs.remove(&sha256).await
        {
            // The row is gone, so nobody sees the blob any more; it only takes room.
            tracing::warn!(%error, %sha256, "a blob could not be removed");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere() {
        for (given, kept) in [
            ("a.csv", "a.csv"),
            (" ü b.csv ", "ü b.csv"),
            (".gitignore", ".gitignore"),
            ("../../etc/passwd", "passwd"),
            ("/etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\data\\a.csv", "a.csv"),
            ("a\n\0b.csv", "ab.csv"),
            ("..", ""),
            ("a/..", ""),
            (" . ", ""),
            ("folder/", ""),
            ("", ""),
        ] {
            assert_eq!(plain_name(given), kept, "{given:?}");
        }
    }
}
