//! Where are the dashboard's built files?

use std::path::PathBuf;

/// The built files.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SiteConfig {
    /// Folder that the dashboard was built into; by default `site` beside the folder of the program.
    #[arg(long, env = "LEPTOS_SITE_ROOT")]
    pub(crate) site: Option<PathBuf>,
}

impl SiteConfig {
    /// The folder: as told, else `site` beside the folder of the program, which is where it is built.
    pub(crate) fn root(&self) -> PathBuf {
        let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("site"));
        self.site.clone().or_else(beside).unwrap_or_else(|| PathBuf::from("target/site"))
    }
}
