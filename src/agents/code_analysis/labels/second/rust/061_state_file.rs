use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::Builder;

const MAX_STATE: u64 = 256 * 1024;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub agent_id: String,
    pub refresh_token: String,
    pub last_sync: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("state file: {0}")]
    Io(#[from] io::Error),
    #[error("state file is not valid: {0}")]
    Format(#[from] serde_json::Error),
}

pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    pub fn in_dir(dir: &Path) -> Result<Self, StateError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(StateFile { path: dir.join("state.json") })
    }

    pub fn load(&self) -> Result<State, StateError> {
        let file = match File::open(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            other => other?,
        };
        let mut text = String::new();
        file.take(MAX_STATE).read_to_string(&mut text)?;
        Ok(serde_json::from_str(&text)?)
    }

    pub fn store(&self, state: &State) -> Result<(), StateError> {
        let dir = self.path.parent().unwrap_or_else(|| Path::new("."));
        let mut tmp = Builder::new().prefix(".state-").tempfile_in(dir)?;
        serde_json::to_writer(&mut tmp, state)?;
        tmp.as_file().sync_all()?;
        tmp.persist(&self.path).map_err(|e| e.error)?;
        Ok(())
    }

    pub fn export(&self, target: &Path) -> Result<(), StateError> {
        let state = self.load()?;
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(target)?;
        out.write_all(serde_json::to_string_pretty(&state)?.as_bytes())?;
        Ok(())
    }
}
