//! What does the installation keep for reviews of code, so that it need not be given with each task?

use std::path::{Path, PathBuf};

use baton_domain::problem::Code;

use crate::start_error::StartError;

/// Folders that the code analysis agent reads whenever it uses them.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct CodeConfig {
    /// Folder of own rules and formats of secrets (up to 20 files in TOML, 256 KiB together) that every review of code and every search for secrets uses besides
    /// the shipped ones; read each time.
    #[arg(long, env = "BATON_CODE_RULES")]
    pub(crate) code_rules: Option<PathBuf>,
    /// Folder of advisories (OSV in JSON, RustSec in TOML or Markdown, zip files of them; 20,000 files and 256 MB at most) that lock files are held against
    /// besides those that a task brings; read for each task.
    #[arg(long, env = "BATON_CODE_ADVISORIES")]
    pub(crate) code_advisories: Option<PathBuf>,
}

impl CodeConfig {
    fn folders(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        let named = [("--code-rules", &self.code_rules), ("--code-advisories", &self.code_advisories)];
        named.into_iter().filter_map(|(flag, folder)| Some((flag, folder.as_ref()?)))
    }

    /// Refuses folders that are none.
    ///
    /// # Errors
    /// `START-…` of a wrong configuration.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        match self.folders().find(|(_, folder)| !folder.is_dir()) {
            None => Ok(()),
            Some((flag, folder)) => Err(wrong(flag, folder, "is no folder that can be read")),
        }
    }

    /// How a child process for an attempt is told the same. It works in a folder of its own, so that paths are whole.
    pub(crate) fn arguments(&self) -> Result<Vec<String>, StartError> {
        let mut arguments = Vec::new();
        for (flag, folder) in self.folders() {
            let whole = std::path::absolute(folder).map_err(|_| wrong(flag, folder, "has no whole path"))?;
            let text = whole.into_os_string().into_string().map_err(|_| wrong(flag, folder, "has a name that is not UTF-8"))?;
            arguments.extend([flag.to_owned(), text]);
        }
        Ok(arguments)
    }
}

fn wrong(flag: &str, folder: &Path, why: &str) -> StartError {
    StartError::new(Code::ConfigurationInvalid, format!("{flag}: {} {why}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_told_whole_paths() {
        assert_eq!(CodeConfig::default().arguments().unwrap(), Vec::<String>::new());
        let config = CodeConfig { code_rules: Some("rules".into()), code_advisories: Some("/srv/advisories".into()) };
        let here = std::env::current_dir().unwrap().join("rules").to_str().unwrap().to_owned();
        let expected = ["--code-rules", here.as_str(), "--code-advisories", "/srv/advisories"];
        assert_eq!(config.arguments().unwrap(), expected);
        assert!(CodeConfig { code_rules: Some("/nowhere/at/all".into()), ..CodeConfig::default() }.check().is_err());
        assert!(CodeConfig { code_rules: Some(std::env::temp_dir()), ..CodeConfig::default() }.check().is_ok());
    }
}
