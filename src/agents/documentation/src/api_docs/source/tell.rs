//! In which words does a reference tell modules and their items, and how much of them is described?

use std::fmt::Write;

use baton_agents_runtime::SkillError;
use serde_json::{Value, json};

use super::item::Item;
use super::modules::{Entry, Module, label};
use crate::template::escape_markdown;

/// The most bytes of a reference in Markdown; records have all items.
const MAXIMUM_MARKDOWN_BYTES: usize = 8 << 20;
/// The most items without a description that the reference names.
const UNDESCRIBED: usize = 500;

/// A reference.
#[derive(Debug)]
pub(in crate::api_docs) struct Told {
    pub(in crate::api_docs) markdown: String,
    /// Items that should be described, and those that are.
    pub(in crate::api_docs) counted: usize,
    pub(in crate::api_docs) described: usize,
    pub(in crate::api_docs) cut: bool,
}

/// Writes the reference of modules.
pub(in crate::api_docs) fn tell(title: &str, modules: &[Module], step: &dyn Fn() -> Result<(), SkillError>) -> Result<Told, SkillError> {
    let counted = modules.iter().flat_map(|module| &module.items).filter(|entry| entry.item.counts).count();
    let described = modules.iter().flat_map(|module| &module.items).filter(|entry| entry.item.counts && !entry.item.doc.is_empty()).count();
    let mut text = format!("# {}\n", escape_markdown(title));
    // Writing to a String cannot fail.
    let share = if counted == 0 { 100.0 } else { described as f64 / counted as f64 * 100.0 };
    let _ = write!(text, "\n{described} of {counted} public items are described ({share:.0} %).\n");
    if modules.len() > 1 {
        text.push_str("\n| Module | Items | Described |\n| --- | --- | --- |\n");
        for module in modules {
            let (counted, described) = coverage(module);
            let _ = writeln!(text, "| {} | {} | {described} of {counted} |", escape_markdown(&module.name), module.items.len());
        }
    }
    let mut cut = false;
    for module in modules {
        step()?;
        if text.len() > MAXIMUM_MARKDOWN_BYTES {
            cut = true;
            break;
        }
        one(&mut text, module);
    }
    let missing: Vec<(&Module, &Entry)> = modules
        .iter()
        .flat_map(|module| module.items.iter().map(move |entry| (module, entry)))
        .filter(|(_, entry)| entry.item.counts && entry.item.doc.is_empty())
        .collect();
    if !missing.is_empty() {
        text.push_str("\n## Not described\n\n");
        for (module, entry) in missing.iter().take(UNDESCRIBED) {
            let item = &entry.item;
            let _ = writeln!(text, "- {} in {}: {}", code(&item.name), escape_markdown(&module.name), place(entry, item.kind));
        }
        if missing.len() > UNDESCRIBED {
            let _ = writeln!(text, "- and {} more", missing.len() - UNDESCRIBED);
        }
    }
    Ok(Told { markdown: text, counted, described, cut })
}

pub(in crate::api_docs) fn coverage(module: &Module) -> (usize, usize) {
    let counted = module.items.iter().filter(|entry| entry.item.counts);
    counted.fold((0, 0), |(counted, described), entry| (counted + 1, described + usize::from(!entry.item.doc.is_empty())))
}

fn place(entry: &Entry, kind: &str) -> String {
    if entry.file.is_empty() {
        format!("{kind}, line {}", entry.item.line)
    } else {
        format!("{kind}, {}:{}", escape_markdown(&entry.file), entry.item.line)
    }
}

fn one(text: &mut String, module: &Module) {
    let name = if module.name.is_empty() { "Module" } else { &module.name };
    let _ = write!(text, "\n## {}\n", escape_markdown(name));
    paragraphs(text, &module.doc, 4);
    if !module.passes_on.is_empty() {
        let _ = write!(
            text,
            "\nAlso exports what {} export.\n",
            module.passes_on.iter().take(50).map(|name| code(name)).collect::<Vec<_>>().join(", ")
        );
    }
    let mut listed = false;
    for entry in &module.items {
        let item = &entry.item;
        // Fields, variants and their like are short enough for a list.
        if item.member && !item.counts {
            if !listed {
                text.push('\n');
            }
            listed = true;
            let _ = writeln!(text, "- {}{}", code(&item.signature), first(&item.doc).map_or_else(String::new, |doc| format!(": {doc}")));
            continue;
        }
        listed = false;
        let _ = write!(text, "\n{} {} {}\n", if item.member { "####" } else { "###" }, item.kind, code(&item.name));
        let _ = write!(text, "\n````{}\n{}\n````\n", label(module.language), item.signature.replace("````", ""));
        if item.doc.is_empty() {
            if item.counts {
                text.push_str("\n*Not described.*\n");
            }
        } else {
            paragraphs(text, &item.doc, 5);
        }
    }
}

/// A description, its headings below those of the reference, its code fences closed.
fn paragraphs(text: &mut String, doc: &str, level: usize) {
    if doc.trim().is_empty() {
        return;
    }
    text.push('\n');
    let mut fence: Option<&str> = None;
    for row in doc.lines() {
        let start = row.trim_start();
        let mark = ["````", "```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        if fence.is_none() && row.starts_with('#') && row.trim_start_matches('#').starts_with(' ') {
            let own = row.len() - row.trim_start_matches('#').len();
            let _ = writeln!(text, "{}{}", "#".repeat((level + own - 1).min(6)), row.trim_start_matches('#'));
        } else {
            let _ = writeln!(text, "{row}");
        }
    }
    if let Some(mark) = fence {
        let _ = writeln!(text, "{mark}");
    }
}

/// The first paragraph of a description, in one line.
fn first(doc: &str) -> Option<String> {
    let words: Vec<&str> = doc
        .trim()
        .lines()
        .take_while(|row| !row.trim().is_empty() && !row.trim_start().starts_with("```"))
        .flat_map(str::split_whitespace)
        .collect();
    let line = words.join(" ");
    (!line.is_empty()).then(|| line.chars().take(400).collect())
}

fn code(text: &str) -> String {
    crate::api_docs::reference::code(text)
}

/// The items as records.
pub(in crate::api_docs) fn records(modules: &[Module]) -> Vec<Value> {
    let row = |module: &Module, entry: &Entry| {
        let Item { kind, name, signature, doc, line, counts, .. } = &entry.item;
        json!({
            "module": module.name, "kind": kind, "name": name, "signature": signature, "summary": first(doc).unwrap_or_default(), "doc": doc,
            "file": entry.file, "line": line, "language": label(module.language), "described": !doc.is_empty(), "counts": counts
        })
    };
    modules.iter().flat_map(|module| module.items.iter().map(move |entry| row(module, entry))).collect()
}
