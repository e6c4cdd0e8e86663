use std::io::{self, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

const MAX_UNPACKED: u64 = 1 << 30;
const MAX_FILES: usize = 50_000;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("io: {0}")]
    Io(#[from] io::Error),
    #[error("entry type {0:?} is not allowed")]
    EntryType(EntryType),
    #[error("entry would leave the target directory")]
    Outside,
    #[error("too many files")]
    TooMany,
}

#[derive(Debug, Default)]
pub struct Summary {
    pub files: usize,
    pub bytes: u64,
}

pub fn import<R: Read>(source: R, target: &Path) -> Result<Summary, ImportError> {
    let limited = GzDecoder::new(source).take(MAX_UNPACKED);
    let mut archive = Archive::new(limited);
    archive.set_preserve_permissions(false);
    archive.set_unpack_xattrs(false);

    let mut summary = Summary::default();
    for entry in archive.entries()? {
        let mut entry = entry?;
        match entry.header().entry_type() {
            EntryType::Regular => {
                summary.files += 1;
                summary.bytes = summary.bytes.saturating_add(entry.size());
            }
            EntryType::Directory => {}
            other => return Err(ImportError::EntryType(other)),
        }
        if summary.files > MAX_FILES {
            return Err(ImportError::TooMany);
        }
        if !entry.unpack_in(target)? {
            return Err(ImportError::Outside);
        }
    }
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_input_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(import(io::empty(), dir.path()).is_err());
    }
}
