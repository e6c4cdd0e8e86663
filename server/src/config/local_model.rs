//! Where is the model that runs inside the process?

use std::path::PathBuf;

use crate::data_folder::DataFolder;
use crate::local_model::InProcess;

/// The settings of the model inside the process.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LocalModelConfig {
    /// File of the model that runs inside the process (GGUF). By default SmolLM2-135M-Instruct, where the set-up has put it; without
    /// it, skills that need a model are refused with MODEL-001 unless another one is configured.
    #[arg(long, env = "BATON_LOCAL_MODEL")]
    pub(crate) local_model: Option<PathBuf>,
    /// The folder of the user's caches, where the set-up puts what it fetches.
    #[arg(long, env = "XDG_CACHE_HOME", hide = true)]
    pub(crate) cache_home: Option<PathBuf>,
    /// The user's folder, which holds the caches unless they are elsewhere.
    #[arg(long, env = "HOME", hide = true)]
    pub(crate) home: Option<PathBuf>,
}

impl LocalModelConfig {
    /// The model; its file is looked for when it is asked.
    pub(crate) fn model(&self, folder: &DataFolder) -> InProcess {
        let cache = self.cache_home.clone().or_else(|| Some(self.home.as_ref()?.join(".cache")));
        let path = self.local_model.clone();
        InProcess::new(path.unwrap_or_else(|| InProcess::default_path(cache.as_deref(), folder.path())))
    }
}
