//! How does source code become a reference: which files there are, what each makes public, which modules that makes, and how it is told?

mod go;
mod item;
mod java;
mod modules;
mod python;
mod rust;
mod script;
mod tags;
mod tell;

use baton_agents_runtime::{Context, SkillError};
use baton_agents_syntax::allowance::{Allowance, FILE_TIME, TASK_TIME};
pub(super) use baton_agents_syntax::files::named;
use baton_agents_syntax::files::{self, File, Named};
use baton_agents_syntax::guess;
use baton_agents_syntax::languages::{Facts, Language};
use baton_agents_syntax::source::Source;
use baton_agents_syntax::tree;
use baton_domain::problem::Code;
use item::Found;

use modules::Module;
pub(super) use tell::{coverage, records, tell};

/// The most items of a reference.
pub(crate) const MAXIMUM_ITEMS: usize = 20_000;

/// One file, read.
struct Read {
    name: String,
    language: Language,
    found: Found,
}

/// The modules of sources, and what was left out with the reason.
#[derive(Debug, Default)]
pub(super) struct Described {
    pub(super) modules: Vec<Module>,
    pub(super) skipped: Vec<(String, String)>,
    pub(super) notes: Vec<String>,
    pub(super) files: usize,
}

/// Whether a file's name is that of source code or of an archive of it.
pub(super) fn is_code(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    Facts::of_file(name).is_some() || [".zip", ".jar", ".whl"].iter().any(|end| lower.ends_with(end))
}

/// Reads the text of an input.
pub(super) fn of_text(context: &Context, text: &str, language: Option<&str>, private: bool) -> Result<Described, SkillError> {
    let file = File { name: String::new(), bytes: text.as_bytes().to_vec() };
    let read = one(context, &file, language, private)?;
    finish(context, vec![read], Vec::new(), private)
}

/// Reads files and archives.
pub(super) fn of_files(context: &Context, named: &[Named], private: bool) -> Result<Described, SkillError> {
    let gathered = files::read(context, named, files::is_source)?;
    let mut skipped = gathered.skipped;
    let mut read = Vec::new();
    let whole = Allowance::new(context, TASK_TIME);
    let count = gathered.files.len().max(1);
    for (place, file) in gathered.files.iter().enumerate() {
        context.check()?;
        if place.is_multiple_of(16) {
            context.progress(0.05 + 0.7 * place as f64 / count as f64, format!("reading {}", file.name));
        }
        if !private && is_test(&file.name) {
            skipped.push((file.name.clone(), "it is a test".to_owned()));
            continue;
        }
        if whole.is_over() {
            skipped.push((file.name.clone(), format!("the files before it took {} s; send fewer", TASK_TIME.as_secs())));
            continue;
        }
        match one(context, file, None, private) {
            Ok(one) => read.push(one),
            Err(error) if count == 1 || context.is_canceled() => return Err(error),
            Err(error) => skipped.push((file.name.clone(), error.message)),
        }
    }
    finish(context, read, skipped, private)
}

fn one(context: &Context, file: &File, language: Option<&str>, private: bool) -> Result<Read, SkillError> {
    let allowance = Allowance::new(context, FILE_TIME);
    let text = file.text()?;
    let named = (!file.name.is_empty()).then(|| file.name.clone());
    let source = Source { text: text.to_owned(), file_name: named.clone() };
    let facts = guess::language(&allowance, language, &source)?;
    let parsed = tree::parse_leniently(&allowance, facts, text, named.as_deref())?;
    let root = parsed.tree.root_node();
    let found = match facts.language {
        Language::Rust => rust::read(root, text, private),
        Language::Python => python::read(root, text, private),
        Language::JavaScript | Language::TypeScript => script::read(root, text, private),
        Language::Go => go::read(root, text, private),
        Language::Java => java::read(root, text, private),
    };
    Ok(Read { name: file.name.clone(), language: facts.language, found })
}

fn finish(context: &Context, read: Vec<Read>, skipped: Vec<(String, String)>, private: bool) -> Result<Described, SkillError> {
    let files = read.len();
    let mut notes = Vec::new();
    let mut modules = modules::of(read, private);
    let total: usize = modules.iter().map(|module| module.items.len()).sum();
    if modules.iter().all(|module| module.items.is_empty() && module.doc.is_empty()) {
        let first = skipped.first().map_or_else(String::new, |(name, why)| format!(" {name}: {why}."));
        let message =
            format!("none of the {files} files that were read makes anything public.{first} Set `private` to describe all of it.");
        return Err(SkillError::new(Code::NothingToDocument, message));
    }
    if total > MAXIMUM_ITEMS {
        notes.push(format!("There are {total} public items; the first {MAXIMUM_ITEMS} are told."));
        let mut room = MAXIMUM_ITEMS;
        for module in &mut modules {
            module.items.truncate(room);
            room -= module.items.len();
        }
        modules.retain(|module| !module.items.is_empty());
    }
    context.info(format!("{files} files, {} modules, {total} public items", modules.len()), serde_json::Value::Null);
    Ok(Described { modules, skipped, notes, files })
}

/// Whether a file is a test by the habits of its language.
fn is_test(name: &str) -> bool {
    let mut parts = name.rsplit('/');
    let last = parts.next().unwrap_or("");
    let stem = last.split('.').next().unwrap_or("");
    last.ends_with("_test.go")
        || [".test.", ".spec."].iter().any(|part| last.contains(part))
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "conftest"
        || parts.any(|part| matches!(part, "test" | "tests" | "__tests__" | "testdata" | "benches" | "examples"))
}
