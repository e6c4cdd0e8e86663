//! Writes the frames of the charts, made with charming, for `components::chart::options` to fill.
//!
//! charming describes every option of ECharts as types, which as code in the browser would be some 40 KB on each first visit.
//! What those types say of a chart does not change while the page lives: only its data does. So they speak here, once, and the
//! pages carry what they said.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "how cargo and build scripts speak with each other")]

mod frames;

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build");
    let folder = env::var_os("OUT_DIR").map(PathBuf::from).ok_or(io::ErrorKind::NotFound)?;
    for (name, chart) in frames::all() {
        fs::write(folder.join(format!("{name}.json")), serde_json::to_vec(&chart)?)?;
    }
    Ok(())
}
