//! What belongs to one server: its data folder, used by one server at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use baton_domain::problem::Code;

use crate::start_error::StartError;

/// A data folder that this process holds.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    // The lock ends with the file, however the process ends.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing, and takes it.
    pub(crate) fn take(path: &Path) -> Result<Self, StartError> {
        let unusable = |error: std::io::Error| {
            StartError::new(
                Code::DataFolderUnusable,
                format!("{}: {error}. Make it writable, or name another with --data.", path.display()),
            )
        };
        fs::create_dir_all(path).map_err(unusable)?;
        let path = path.canonicalize().map_err(unusable)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join("baton.lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StartError::new(
                Code::DataFolderLocked,
                format!("{} belongs to a server that runs now. Stop that one, or name another folder with --data.", path.display()),
            )),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Something in the folder.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}
