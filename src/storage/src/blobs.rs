//! Where are the bytes of artifacts? In a folder, by the SHA-256 of their content, hashed while they come.

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::AsyncWriteExt;

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

    /// Receives bytes; they are on disk, not only in its cache, when this returns, but are no blob before [`keep`](Self::keep).
    ///
    /// # Errors
    /// [`BlobError`]; nothing is left behind then.
    pub async fn receive(&self, mut bytes: impl Stream<Item = io::Result<Bytes>> + Unpin) -> Result<ReceivedBlob, BlobError> {
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

    /// Makes received bytes a blob. Whoever also removes blobs must not do both at once: a blob that is there already is the
    /// same blob.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn keep(&self, received: ReceivedBlob) -> Result<(), BlobError> {
        let path = self.path(&received.sha256);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).await?;
            fs::rename(&received.unfinished.0, &path).await?;
            // The name is durable only when its folder is.
            fs::File::open(folder).await?.sync_all().await?;
        }
        Ok(())
    }

    /// Opens a blob for reading.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn read(&self, sha256: &str) -> io::Result<fs::File> {
        fs::File::open(self.path(sha256)).await
    }

    /// Removes a blob; one that is not there is no error.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn remove(&self, sha256: &str) -> io::Result<()> {
        match fs::remove_file(self.path(sha256)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    fn chunks(parts: &[&'static str]) -> impl Stream<Item = io::Result<Bytes>> + Unpin {
        stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn the_same_bytes_in_other_chunks_are_the_same_blob() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobFolder::open(folder.path().join("blobs"), 100).await.unwrap();
        let sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
        for parts in [vec!["hello ", "world"], vec!["hello world"]] {
            let received = blobs.receive(chunks(&parts)).await.unwrap();
            assert_eq!((received.sha256.as_str(), received.size), (sha256, 11));
            blobs.keep(received).await.unwrap();
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
