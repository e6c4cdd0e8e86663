//! Which modules do files make, and which of them can be seen from outside?

use std::collections::{BTreeMap, BTreeSet};

use baton_agents_syntax::languages::Language;

use super::Read;
use super::item::{Found, Item};

/// A module of a reference: a module of Rust or Python, a file of JavaScript, a package of Go or Java.
#[derive(Debug)]
pub(in crate::api_docs) struct Module {
    pub(in crate::api_docs) name: String,
    pub(in crate::api_docs) language: Language,
    pub(in crate::api_docs) doc: String,
    pub(super) items: Vec<Entry>,
    /// Modules and files that it passes on as they are.
    pub(super) passes_on: Vec<String>,
}

/// An item and the file that it stands in.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) file: String,
    pub(super) item: Item,
}

pub(super) fn of(read: Vec<Read>, private: bool) -> Vec<Module> {
    let names: BTreeSet<String> = read.iter().map(|file| file.name.clone()).collect();
    let packages: BTreeSet<String> = names.iter().filter_map(|name| name.strip_suffix("/__init__.py").map(str::to_owned)).collect();
    let seen = Seen::of(&read);
    let mut modules: BTreeMap<(String, &'static str), Module> = BTreeMap::new();
    for file in read {
        let Some(name) = module_name(&file, &names, &packages, private) else { continue };
        let hidden = file.language == Language::Rust && !private && seen.is_hidden(&file.name);
        add(&mut modules, name, file.language, &file.name, file.found, hidden.then_some(&seen));
    }
    modules.into_values().filter(|module| !module.items.is_empty() || !module.doc.is_empty()).collect()
}

fn add(
    modules: &mut BTreeMap<(String, &'static str), Module>,
    name: String,
    language: Language,
    file: &str,
    found: Found,
    only_passed_on: Option<&Seen>,
) {
    let key = (name.clone(), label(language));
    let module = modules.entry(key).or_insert_with(|| Module {
        name: name.clone(),
        language,
        doc: String::new(),
        items: Vec::new(),
        passes_on: Vec::new(),
    });
    if only_passed_on.is_none() {
        // A package may be described in any of its files; the longest says most.
        if found.doc.len() > module.doc.len() {
            module.doc = found.doc;
        }
        if matches!(language, Language::JavaScript | Language::TypeScript) {
            module.passes_on.extend(found.exported);
        }
    }
    let kept = found.items.into_iter().filter(|item| only_passed_on.is_none_or(|seen| seen.passes_on(item, &name)));
    module.items.extend(kept.map(|item| Entry { file: file.to_owned(), item }));
    if only_passed_on.is_none() {
        let joint = if language == Language::Rust { "::" } else { "." };
        for (inner, found) in found.modules {
            add(modules, format!("{name}{joint}{inner}"), language, file, found, None);
        }
    }
}

pub(super) const fn label(language: Language) -> &'static str {
    match language {
        Language::Rust => "rust",
        Language::Python => "python",
        Language::JavaScript => "javascript",
        Language::TypeScript => "typescript",
        Language::Go => "go",
        Language::Java => "java",
    }
}

/// The name of the module that a file is or belongs to; nothing if it cannot be seen from outside.
fn module_name(file: &Read, names: &BTreeSet<String>, packages: &BTreeSet<String>, private: bool) -> Option<String> {
    let path = file.name.as_str();
    let (folder, last) = path.rsplit_once('/').unwrap_or(("", path));
    match file.language {
        Language::Rust => Some(rust_path(path).join("::")),
        Language::Python => {
            let stem = last.split('.').next().unwrap_or(last);
            let mut parts = if stem == "__init__" { Vec::new() } else { vec![stem] };
            let mut folder = folder;
            while packages.contains(folder) {
                let (above, own) = folder.rsplit_once('/').unwrap_or(("", folder));
                parts.push(own);
                folder = above;
            }
            parts.reverse();
            let hidden = parts.iter().any(|part| part.starts_with('_') && !part.starts_with("__"));
            (private || !hidden).then(|| parts.join("."))
        }
        Language::JavaScript => {
            // A declaration of types beside it says the same and more.
            let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
            let typed = ["d.ts", "d.mts", "d.cts"].iter().any(|end| names.contains(&format!("{stem}.{end}")));
            (private || !typed).then(|| shown(path))
        }
        Language::TypeScript => Some(shown(path)),
        Language::Go => {
            let internal = folder.split('/').any(|part| part == "internal" || part == "vendor");
            let package = file.found.package.clone().unwrap_or_default();
            let place = folder.rsplit('/').next().unwrap_or("");
            (private || !internal)
                .then(|| if place == package || folder.is_empty() { place_or(folder, &package) } else { format!("{folder} ({package})") })
        }
        Language::Java => Some(file.found.package.clone().unwrap_or_else(|| "(default package)".to_owned())),
    }
}

fn place_or(folder: &str, package: &str) -> String {
    if folder.is_empty() { package.to_owned() } else { folder.to_owned() }
}

fn shown(path: &str) -> String {
    // Packages of npm lie in a folder of that name.
    let path = path.strip_prefix("package/").unwrap_or(path);
    if path.is_empty() { "source".to_owned() } else { path.to_owned() }
}

/// `name-1.0/src/a/b.rs` is `name::a::b`.
fn rust_path(path: &str) -> Vec<String> {
    let (before, within) = match path.rfind("src/") {
        Some(at) if at == 0 || path[..at].ends_with('/') => (path[..at].trim_end_matches('/'), &path[at + 4..]),
        _ => ("", path),
    };
    let folder = before.rsplit('/').next().unwrap_or("");
    // A package as it is published has its version behind its name.
    let name = folder
        .rsplit_once('-')
        .filter(|(_, version)| version.starts_with(|first: char| first.is_ascii_digit()))
        .map_or(folder, |(name, _)| name);
    let mut parts = vec![if name.is_empty() { "crate".to_owned() } else { name.replace('-', "_") }];
    parts.extend(within.trim_end_matches(".rs").split('/').filter(|part| !part.is_empty()).map(str::to_owned));
    if parts.len() > 1 && parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// What Rust's modules declare and pass on.
struct Seen {
    /// Modules that are declared without `pub`.
    closed: BTreeSet<String>,
    /// The last names of what is passed on by `pub use`; of `a::*`, the name of the module and a star.
    exported: BTreeSet<String>,
}

impl Seen {
    fn of(read: &[Read]) -> Self {
        let mut seen = Self { closed: BTreeSet::new(), exported: BTreeSet::new() };
        for file in read.iter().filter(|file| file.language == Language::Rust) {
            let path = rust_path(&file.name).join("::");
            let closed = file.found.declared.iter().filter(|(_, public)| !public);
            seen.closed.extend(closed.map(|(name, _)| format!("{path}::{name}")));
            for used in &file.found.exported {
                let mut parts = used.rsplit("::").map(str::trim);
                match (parts.next(), parts.next()) {
                    (Some("*"), Some(module)) => seen.exported.insert(format!("{module}::*")),
                    (Some(last), _) => seen.exported.insert(last.to_owned()),
                    _ => false,
                };
            }
        }
        seen
    }

    fn is_hidden(&self, file: &str) -> bool {
        let path = rust_path(file);
        (2..=path.len()).any(|length| self.closed.contains(&path[..length].join("::")))
    }

    fn passes_on(&self, item: &Item, module: &str) -> bool {
        let owner = item.name.split("::").next().unwrap_or("");
        let last = module.rsplit("::").next().unwrap_or("");
        item.kind == "macro" || self.exported.contains(owner) || self.exported.contains(&format!("{last}::*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_rust_are_named_as_their_modules() {
        assert_eq!(rust_path("serde-json-1.0.1/src/value/mod.rs").join("::"), "serde_json::value");
        assert_eq!(rust_path("src/lib.rs").join("::"), "crate");
        assert_eq!(rust_path("a.rs").join("::"), "crate::a");
        assert_eq!(rust_path("").join("::"), "crate");
    }
}
