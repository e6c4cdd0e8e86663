//! Which error pages go into the program: every `docs/errors/*.md`, embedded so that the binary needs no files.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "how a build script is told things and tells cargo")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let folder = root.join("../../docs/errors").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md")
            && let Some(code) = path.file_stem().and_then(|stem| stem.to_str())
        {
            println!("cargo::rerun-if-changed={}", path.display());
            pages.push((code.to_owned(), path.clone()));
        }
    }
    pages.sort();
    let mut source = String::from("/// Every error page: the code and its markdown.\nstatic PAGES: &[(&str, &str)] = &[\n");
    for (code, path) in pages {
        writeln!(source, "    ({code:?}, include_str!({:?})),", path.to_str().ok_or("a path that is not UTF-8")?)?;
    }
    source.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("error_pages.rs"), source)?;
    Ok(())
}
