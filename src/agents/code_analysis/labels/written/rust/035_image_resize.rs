use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;
use uuid::Uuid;

pub struct Resizer {
    source: PathBuf,
    target: PathBuf,
}

impl Resizer {
    pub fn new(source: &Path, target: &Path) -> Self {
        Self { source: source.to_owned(), target: target.to_owned() }
    }

    pub async fn resize(&self, image: Uuid, width: u16) -> io::Result<PathBuf> {
        let width = width.clamp(16, 4096);
        let input = self.source.join(format!("{image}.png"));
        let output = self.target.join(format!("{image}-{width}.webp"));
        let mut child = Command::new("/usr/bin/cwebp")
            .arg("-quiet")
            .args(["-resize", &width.to_string(), "0"])
            .arg("-o")
            .arg(&output)
            .arg("--")
            .arg(&input)
            .kill_on_drop(true)
            .spawn()?;
        let status = timeout(Duration::from_secs(20), child.wait())
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "resize timed out"))??;
        if status.success() {
            Ok(output)
        } else {
            Err(io::Error::new(io::ErrorKind::Other, "resize failed"))
        }
    }
}
