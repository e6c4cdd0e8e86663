//! Where is the data?

use std::path::PathBuf;

/// The data folder.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataConfig {
    /// Folder of the database, the artifacts and the token key; made if it is missing.
    #[arg(long, env = "BATON_DATA", default_value = "data")]
    pub(crate) data: PathBuf,
}
