//! Is every case in the list that back-ends take?
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_case_is_listed() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let list: String = files(&source.join("list")).iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let listed: BTreeSet<&str> = list.lines().filter_map(|line| line.trim().strip_suffix(',')).collect();
    let mut cases = 0;
    for file in files(&source) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            let case = line.strip_prefix("pub async fn ").and_then(|rest| rest.strip_suffix("(world: &World) {"));
            let Some(case) = case else { continue };
            assert!(listed.contains(case), "{case} of {} is not listed", file.display());
            cases += 1;
        }
    }
    assert!(cases >= 100, "only {cases} cases were found");
}
