use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Source {
    pub url: String,
    pub rev: Option<String>,
}

fn check(status: ExitStatus) -> io::Result<()> {
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::Other, "git failed"))
    }
}

pub fn fetch(source: &Source, into: &Path) -> io::Result<()> {
    let status = Command::new("git")
        .arg("clone")
        .arg("--quiet")
        .arg(&source.url)
        .arg(into)
        .status()?;
    check(status)?;
    if let Some(rev) = &source.rev {
        let status = Command::new("git")
            .current_dir(into)
            .args(["fetch", "origin", rev])
            .status()?;
        check(status)?;
    }
    Ok(())
}

pub fn fetch_all(manifest: &str, root: &Path) -> io::Result<usize> {
    let sources: Vec<Source> = serde_json::from_str(manifest)?;
    for (n, s) in sources.iter().enumerate() {
        fetch(s, &root.join(n.to_string()))?;
    }
    Ok(sources.len())
}
