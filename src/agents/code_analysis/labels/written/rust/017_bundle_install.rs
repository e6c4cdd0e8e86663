use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use zip::ZipArchive;

const MAX_ENTRIES: usize = 4096;
const MAX_TOTAL: u64 = 256 << 20;

fn invalid(msg: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, msg)
}

pub fn install(archive: &Path, dest: &Path) -> io::Result<u64> {
    let mut zip = ZipArchive::new(fs::File::open(archive)?)?;
    if zip.len() > MAX_ENTRIES {
        return Err(invalid("too many entries"));
    }
    let mut total = 0u64;
    for i in 0..zip.len() {
        let entry = zip.by_index(i)?;
        let rel = entry.enclosed_name().ok_or_else(|| invalid("entry outside of target"))?;
        let out = dest.join(rel);
        if entry.is_dir() {
            fs::create_dir_all(&out)?;
            continue;
        }
        if !entry.is_file() {
            return Err(invalid("links are not supported"));
        }
        if let Some(parent) = out.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(&out)?;
        let budget = MAX_TOTAL - total;
        let written = io::copy(&mut entry.take(budget + 1), &mut file)?;
        if written > budget {
            return Err(invalid("archive too large"));
        }
        total += written;
    }
    Ok(total)
}
