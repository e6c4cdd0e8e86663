//! Where are the bytes of artifacts? In a folder, or in a store that several servers share, by the SHA-256 of their content,
//! hashed while they come and never in memory as a whole.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use async_trait::async_trait;
use baton_domain::time::Timestamp;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use crate::StoreError;

/// Bytes on their way, in pieces.
pub type BlobStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// The bytes of artifacts.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Whether keeping a blob and storing its artifact must not come between deleting an artifact and removing its blob.
    fn needs_turns(&self) -> bool;

    /// Receives bytes; they are on disk when this returns, but are no blob before [`keep`](Self::keep).
    ///
    /// # Errors
    /// [`BlobError`]; nothing is left behind then.
    async fn receive(&self, bytes: BlobStream) -> Result<ReceivedBlob, BlobError>;

    /// Makes received bytes a blob, durably; a blob that is there already is the same blob.
    ///
    /// # Errors
    /// What the disk or the store says.
    async fn keep(&self, received: ReceivedBlob, at: Timestamp) -> Result<(), BlobError>;

    /// A blob's bytes, from its beginning.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if it is not there, or what the disk or the store says.
    async fn read(&self, sha256: &str) -> io::Result<BlobStream>;

    /// A file with a blob's bytes, for an agent to read: the blob itself, or a copy in a folder that the caller removes.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    async fn file(&self, sha256: &str, folder: &Path) -> io::Result<PathBuf>;

    /// Says that no artifact refers to a blob any more; one that is not there is no error.
    ///
    /// # Errors
    /// What the disk says.
    async fn remove(&self, sha256: &str) -> io::Result<()>;

    /// Removes blobs that no artifact refers to and that nobody has kept since an instant; says how many.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_unused(&self, untouched_since: Timestamp) -> Result<u64, StoreError>;
}

/// Writes a blob's bytes into a new file, and looks whether they are what they should be.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if they are not, or what the disk or the sender says; the file is of no use then.
pub async fn copy(mut bytes: BlobStream, sha256: &str, path: &Path) -> io::Result<()> {
    let (mut file, mut hash) = (fs::File::create(path).await?, Sha256::new());
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        hash.update(&piece);
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    if hex::encode(hash.finalize()) == sha256 {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("the stored bytes of {sha256} have another hash")))
}

/// A folder of blobs. The same content is stored once.
#[derive(Debug, Clone)]
pub struct BlobFolder {
    root: PathBuf,
    maximum: u64,
}

/// Why bytes were not stored.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// More bytes came than are allowed.
    #[error("more than {0} bytes")]
    TooLarge(u64),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The store did not take them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sender or the disk failed.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

/// Bytes that have come and are kept by nobody yet.
#[derive(Debug)]
pub struct ReceivedBlob {
    unfinished: Unfinished,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

impl ReceivedBlob {
    /// The file that they are in, until they are kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.unfinished.0
    }
}

/// A file that goes with its owner.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Not there when it was kept; and what cannot be removed goes at the next start.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl BlobFolder {
    /// Opens the folder, makes it if it is missing, and removes what interrupted uploads left.
    ///
    /// # Errors
    /// If the folder cannot be made or read.
    pub async fn open(root: PathBuf, maximum: u64) -> io::Result<Self> {
        let folder = Self { root, maximum };
        let incoming = folder.incoming();
        if fs::try_exists(&incoming).await? {
            fs::remove_dir_all(&incoming).await?;
        }
        fs::create_dir_all(&incoming).await?;
        Ok(folder)
    }

    /// The most bytes of one blob.
    #[must_use]
    pub const fn maximum(&self) -> u64 {
        self.maximum
    }

    fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    /// Where the blob with this hash lies.
    #[must_use]
    pub fn path(&self, sha256: &str) -> PathBuf {
        self.root.join(sha256.get(..2).unwrap_or("00")).join(sha256)
    }
}

#[async_trait]
impl Blobs for BlobFolder {
    fn needs_turns(&self) -> bool {
        true
    }

    async fn receive(&self, mut bytes: BlobStream) -> Result<ReceivedBlob, BlobError> {
        // Removed with the value, unless it is kept.
        let unfinished = Unfinished(self.incoming().join(uuid::Uuid::new_v4().to_string()));
        let mut file = fs::File::create(&unfinished.0).await?;
        let (mut hash, mut size) = (Sha256::new(), 0u64);
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            size += chunk.len() as u64;
            if size > self.maximum {
                return Err(BlobError::TooLarge(self.maximum));
            }
            hash.update(&chunk);
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        file.sync_all().await?;
        Ok(ReceivedBlob { unfinished, sha256: hex::encode(hash.finalize()), size })
    }

    async fn keep(&self, received: ReceivedBlob, _at: Timestamp) -> Result<(), BlobError> {
        let path = self.path(&received.sha256);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).await?;
            fs::rename(&received.unfinished.0, &path).await?;
            // The name is durable only when its folder is.
            fs::File::open(folder).await?.sync_all().await?;
        }
        Ok(())
    }

    async fn read(&self, sha256: &str) -> io::Result<BlobStream> {
        let file = fs::File::open(self.path(sha256)).await?;
        Ok(Box::pin(ReaderStream::with_capacity(file, 64 * 1024)))
    }

    async fn file(&self, sha256: &str, _folder: &Path) -> io::Result<PathBuf> {
        Ok(self.path(sha256))
    }

    async fn remove(&self, sha256: &str) -> io::Result<()> {
        match fs::remove_file(self.path(sha256)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    async fn forget_unused(&self, _untouched_since: Timestamp) -> Result<u64, StoreError> {
        // They go at once when nothing refers to them any more.
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    fn chunks(parts: &[&'static str]) -> BlobStream {
        Box::pin(stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))).collect::<Vec<_>>()))
    }

    #[tokio::test]
    async fn the_same_bytes_in_other_chunks_are_the_same_blob() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobFolder::open(folder.path().join("blobs"), 100).await.unwrap();
        let sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
        for parts in [vec!["hello ", "world"], vec!["hello world"]] {
            let received = blobs.receive(chunks(&parts)).await.unwrap();
            assert_eq!((received.sha256.as_str(), received.size), (sha256, 11));
            blobs.keep(received, Timestamp::from_millis(0)).await.unwrap();
            assert_eq!(fs::read(blobs.path(sha256)).await.unwrap(), b"hello world");
        }
        assert!(blobs.incoming().read_dir().unwrap().next().is_none());
    }

    #[tokio::test]
    async fn too_many_bytes_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobFolder::open(folder.path().join("blobs"), 5).await.unwrap();
        assert!(matches!(blobs.receive(chunks(&["123", "456"])).await, Err(BlobError::TooLarge(5))));
        drop(blobs.receive(chunks(&["123"])).await.unwrap());
        assert!(blobs.incoming().read_dir().unwrap().next().is_none());
    }
}
