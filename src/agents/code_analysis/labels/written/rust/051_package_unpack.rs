use std::fs::{self, File};
use std::io;
use std::path::Path;
use zip::ZipArchive;

#[derive(Debug)]
pub struct Summary {
    pub files: usize,
    pub bytes: u64,
}

pub fn unpack(archive: &Path, dest: &Path) -> io::Result<Summary> {
    let mut zip = ZipArchive::new(File::open(archive)?)?;
    let mut summary = Summary { files: 0, bytes: 0 };
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i)?;
        let out = dest.join(entry.name());
        if entry.is_dir() {
            fs::create_dir_all(&out)?;
            continue;
        }
        if let Some(parent) = out.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create(&out)?;
        summary.bytes += io::copy(&mut entry, &mut file)?;
        summary.files += 1;
        #[cfg(unix)]
        if let Some(mode) = entry.unix_mode() {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&out, fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(summary)
}
