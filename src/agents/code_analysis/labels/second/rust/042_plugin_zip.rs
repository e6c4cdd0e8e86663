use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use anyhow::{bail, Context, Result};
use clap::Parser;
use zip::ZipArchive;

const MAX_ENTRIES: usize = 2_000;
const MAX_TOTAL: u64 = 256 * 1024 * 1024;

#[derive(Parser)]
struct Cli {
    archive: std::path::PathBuf,
    #[arg(long, default_value = "plugins")]
    dest: std::path::PathBuf,
}

fn extract(archive: File, dest: &Path) -> Result<usize> {
    let mut zip = ZipArchive::new(archive).context("open archive")?;
    if zip.len() > MAX_ENTRIES {
        bail!("archive has {} entries", zip.len());
    }
    let mut budget = MAX_TOTAL;
    let mut files = 0;
    for i in 0..zip.len() {
        let entry = zip.by_index(i)?;
        let Some(relative) = entry.enclosed_name().map(|p| p.to_owned()) else {
            bail!("entry {i} has an unsafe path");
        };
        let target = dest.join(relative);
        if entry.is_dir() {
            fs::create_dir_all(&target)?;
            continue;
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut out = File::options().write(true).create_new(true).open(&target)?;
        let copied = io::copy(&mut entry.take(budget + 1), &mut out)?;
        if copied > budget {
            bail!("archive expands to more than {MAX_TOTAL} bytes");
        }
        budget -= copied;
        files += 1;
    }
    Ok(files)
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let archive = File::open(&cli.archive).with_context(|| format!("open {}", cli.archive.display()))?;
    fs::create_dir(&cli.dest).with_context(|| format!("create {}", cli.dest.display()))?;
    match extract(archive, &cli.dest) {
        Ok(n) => println!("{n} files installed"),
        Err(e) => {
            fs::remove_dir_all(&cli.dest)?;
            return Err(e);
        }
    }
    Ok(())
}
