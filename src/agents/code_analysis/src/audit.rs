//! How sources become a list of findings: the reviews by rules, with suppressions, fingerprints and a SARIF file.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::allowance::{Allowance, TASK_TIME, is_too_slow};
use crate::engine::rule::{Catalogue, Confidence, Kind};
use crate::engine::{Found, Ready};
use crate::files::{self, File, Files};
use crate::languages::{ALL, Facts};
use crate::rules::Severity;
use crate::source::Source;
use crate::{guess, own, sarif, tree};

/// The most findings that a result lists; the SARIF file has up to ten times as many.
pub(crate) const LISTED: usize = 500;
/// The most findings that the SARIF file has.
const KEPT: usize = 5_000;
/// Files that take longer are named in the log.
const SLOW: Duration = Duration::from_secs(1);
/// The most skipped files that a result names.
const SKIPPED: usize = 100;
/// A line of more bytes was written by a tool.
const LONG_LINE: usize = 4_096;
/// What a comment says to suppress a rule on its line, or, alone on a line, on the next.
const IGNORE: &str = "baton:ignore";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    source: Option<String>,
    artifact: Option<String>,
    #[serde(default)]
    artifacts: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    language: Option<String>,
    rules: Option<String>,
    #[serde(default)]
    rule_files: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    least_severity: Option<Severity>,
    least_confidence: Option<Confidence>,
}

/// Reviews the input's sources by the rules of a kind.
pub(crate) async fn perform(
    context: Context,
    input: Value,
    kind: Kind,
    file_time: Duration,
    kept: Option<PathBuf>,
) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let mut own = own::given(&context, input.rules.as_deref(), &input.rule_files).await?;
    let review = context
        .blocking(move |context| {
            if let Some(folder) = kept {
                own.extend(own::kept(context, &folder)?);
            }
            review(context, &input, &own, kind, file_time)
        })
        .await?;
    let log = sarif::log(&review.found, &review.suppressed);
    let bytes = serde_json::to_vec(&log).map_err(|error| SkillError::internal(error.to_string()))?;
    let artifact = context.store("findings.sarif", sarif::MEDIA_TYPE, &bytes).await?;
    context.progress(1.0, "done");
    Ok(answer(&review, json!(artifact)))
}

/// What a review found.
#[derive(Default)]
pub(crate) struct Review {
    pub(crate) found: Vec<Found>,
    pub(crate) suppressed: Vec<Found>,
    pub(crate) total: usize,
    pub(crate) languages: BTreeMap<&'static str, usize>,
    pub(crate) read: usize,
    pub(crate) skipped: Vec<(String, String)>,
    /// What else is to be said, as of files that were read in part.
    pub(crate) notes: Vec<String>,
}

fn review(context: &Context, input: &Input, own: &[(String, String)], kind: Kind, file_time: Duration) -> Result<Review, SkillError> {
    let own = if own.is_empty() { None } else { Some(Catalogue::with(kind, own)?) };
    let files = gather(
        context,
        input.source.as_deref(),
        input.artifact.as_ref(),
        (input.artifacts.as_slice(), input.paths.as_slice()),
        files::is_source,
    )?;
    let one = files.files.len() == 1;
    let mut review = Review { skipped: files.skipped, ..Review::default() };
    let whole = Allowance::new(context, TASK_TIME);
    let mut slow = false;
    let mut ready: HashMap<&str, Arc<Ready<'_>>> = HashMap::new();
    let count = files.files.len().max(1);
    for (place, file) in files.files.iter().enumerate() {
        context.check()?;
        if place.is_multiple_of(16) {
            context.progress(0.05 + 0.9 * place as f64 / count as f64, format!("reading {}", file.name));
        }
        if whole.is_over() {
            slow = true;
            review.skipped.push((file.name.clone(), format!("the files before it took {} s; send fewer", TASK_TIME.as_secs())));
            continue;
        }
        let allowance = Allowance::new(context, file_time);
        let (facts, parsed, text) = match open(&allowance, file, input.language.as_deref(), one) {
            Ok(opened) => opened,
            Err(error) if is_too_slow(&error) => {
                slow = true;
                review.skipped.push((file.name.clone(), error.message));
                continue;
            }
            // One file alone fails with its reason; of many, it is named and the others are read.
            Err(error) if one || context.is_canceled() => return Err(error),
            Err(error) => {
                review.skipped.push((file.name.clone(), error.message));
                continue;
            }
        };
        let ready = match ready.entry(facts.name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(match &own {
                Some(catalogue) => Arc::new(Ready::new(catalogue, facts)),
                None => Ready::shipped(kind, facts)?,
            }),
        };
        let (found, share) = ready.find(&allowance, &parsed, text, &file.name)?;
        if share < 1.0 {
            let message = format!(
                "{} was looked at in part: its {} s were over after {:.0} % of it.",
                file.name,
                file_time.as_secs_f32(),
                share * 100.0
            );
            review.notes.push(message);
        }
        if allowance.elapsed() > SLOW {
            let seconds = allowance.elapsed().as_secs_f64();
            context.info(format!("{} took {seconds:.1} s", file.name), json!({"file": file.name, "seconds": seconds}));
        }
        review.read += 1;
        *review.languages.entry(facts.name).or_default() += 1;
        let wanted = found.into_iter().filter(|one| {
            input.least_severity.is_none_or(|least| one.severity >= least)
                && input.least_confidence.is_none_or(|least| one.confidence >= least)
                && !input.exclude.contains(&one.rule)
        });
        sort_out(&mut review, wanted.collect(), text);
    }
    if review.read == 0 && !slow {
        return Err(nothing(&review.skipped));
    }
    if let Some(note) = own.as_ref().and_then(Catalogue::note) {
        // Of many notes the first are told.
        review.notes.insert(0, note);
    }
    review.found.sort_by(|a, b| {
        (b.severity, b.confidence)
            .cmp(&(a.severity, a.confidence))
            .then_with(|| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)))
    });
    review.total = review.found.len();
    review.found.truncate(KEPT);
    review.suppressed.truncate(KEPT);
    let message = format!("{} files read, {} findings, {} suppressed", review.read, review.total, review.suppressed.len());
    context.info(message, json!({"files": review.read, "findings": review.total, "skipped": review.skipped.len()}));
    Ok(review)
}

/// The files that an input names in one of the three ways; several come with their places in a tree.
pub(crate) fn gather(
    context: &Context,
    source: Option<&str>,
    artifact: Option<&String>,
    (artifacts, paths): (&[String], &[String]),
    wanted: fn(&str) -> bool,
) -> Result<Files, SkillError> {
    if let Some(source) = source {
        if artifact.is_some() || !artifacts.is_empty() {
            return Err(SkillError::input("source", "give either a source or artifacts"));
        }
        let mut files = Files::default();
        files.files.push(File { name: "source".to_owned(), bytes: source.as_bytes().to_vec() });
        return Ok(files);
    }
    let named = files::named(artifact, artifacts, paths)?;
    if named.is_empty() {
        return Err(SkillError::input("artifact", "give a source, an artifact or artifacts"));
    }
    files::read(context, &named, wanted)
}

/// A file's language, tree and text.
pub(crate) fn open<'a>(
    allowance: &Allowance<'_>,
    file: &'a File,
    language: Option<&str>,
    alone: bool,
) -> Result<(&'static Facts, tree::Parsed, &'a str), SkillError> {
    let text = file.text()?;
    let named = (file.name != "source").then(|| file.name.clone());
    let source = Source { text: text.to_owned(), file_name: named.clone() };
    let facts = guess::language(allowance, if alone { language } else { None }, &source)?;
    let parsed = tree::parse_leniently(allowance, facts, text, named.as_deref())?;
    Ok((facts, parsed, text))
}

pub(crate) fn nothing(skipped: &[(String, String)]) -> SkillError {
    let extensions: Vec<&str> = ALL.iter().flat_map(|facts| facts.extensions).copied().collect();
    let why = skipped.first().map_or_else(String::new, |(name, why)| format!(" {name}: {why}"));
    SkillError::new(Code::NothingToRead, format!("no file could be read; send files that end in one of {}.{why}", extensions.join(", ")))
}

/// Gives fingerprints and sets aside what comments suppress.
pub(crate) fn sort_out(review: &mut Review, found: Vec<Found>, text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for mut one in found {
        // The line's words, not its number: moving it changes nothing. Of equal ones, the order tells them apart.
        let line = lines.get(one.line - 1).map_or("", |line| *line);
        // In a file without lines, as tools write them, each place is known by what was found.
        let words: Vec<&str> = if line.len() > LONG_LINE { &one.snippet } else { line }.split_whitespace().collect();
        let base = format!("{}\n{}\n{}", one.rule, one.file, words.join(" "));
        let nth = seen.entry(base.clone()).or_default();
        one.fingerprint = hex::encode(&Sha256::digest(format!("{base}\n{nth}").as_bytes())[..16]);
        *nth += 1;
        if suppressed(&lines, one.line, &one.rule) {
            review.suppressed.push(one);
        } else {
            review.found.push(one);
        }
    }
}

fn suppressed(lines: &[&str], line: usize, rule: &str) -> bool {
    let names = |text: &str| {
        text.find(IGNORE).is_some_and(|at| {
            let comment = ["#", "//", "/*"].iter().any(|mark| text[..at].contains(mark));
            let rest = text[at + IGNORE.len()..].trim_start_matches(':');
            comment && rest.split([',', ' ', '\t']).take_while(|word| !matches!(*word, "--" | "*/")).any(|word| word.trim() == rule)
        })
    };
    let at = |place: usize| {
        let line = lines.get(place).copied().unwrap_or("");
        // A comment that ends a long line is near its end.
        &line[line.ceil_char_boundary(line.len().saturating_sub(LONG_LINE))..]
    };
    let before = line.checked_sub(2).map_or("", at);
    let alone = before.trim_start().starts_with(['#', '/']);
    names(at(line - 1)) || (alone && names(before))
}

/// The result of a review.
pub(crate) fn answer(review: &Review, artifact: Value) -> Value {
    let count = |severity: Severity| review.found.iter().filter(|one| one.severity == severity).count();
    let mut by_rule: BTreeMap<&str, (&Found, usize)> = BTreeMap::new();
    for one in &review.found {
        by_rule.entry(&one.rule).or_insert((one, 0)).1 += 1;
    }
    let mut rules: Vec<Value> = by_rule
        .into_iter()
        .map(|(rule, (one, count))| json!({"rule": rule, "title": one.title, "severity": one.severity, "cwe": one.cwe.join(", "), "count": count}))
        .collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule["count"].as_u64()));
    let skipped: Vec<Value> = review.skipped.iter().take(SKIPPED).map(|(file, reason)| json!({"file": file, "reason": reason})).collect();
    json!({
        "summary": {
            "files": review.read, "findings": review.total, "errors": count(Severity::Error), "warnings": count(Severity::Warning),
            "infos": count(Severity::Info), "suppressed": review.suppressed.len(), "skipped": review.skipped.len()
        },
        "languages": review.languages,
        "findings": &review.found[..review.found.len().min(LISTED)],
        "rules": rules,
        "skipped": skipped,
        "notes": &review.notes[..review.notes.len().min(SKIPPED)],
        "sarif": artifact
    })
}
