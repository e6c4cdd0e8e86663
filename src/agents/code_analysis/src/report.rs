//! How sources become a report: languages, trees, measures, findings, copies.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::allowance::{Allowance, TASK_TIME, is_too_slow};
use crate::audit::{gather, nothing};
use crate::duplication::{self, Duplication, MAXIMUM_TOKENS, tokens};
use crate::files::{self, File};
use crate::languages::Facts;
use crate::lines::{Lines, Marks};
use crate::measure::{Function, Measured};
use crate::rules::{Finding, Watch};
use crate::source::{Source, cut};
use crate::{guess, measure, tree};

/// The most that a result lists of one source, and of several; all of it counts in the totals.
const FUNCTIONS: usize = 2_000;
const FUNCTIONS_OF_SEVERAL: usize = 800;
const FINDINGS: usize = 1_000;
const FINDINGS_OF_SEVERAL: usize = 500;
const FILES: usize = 400;
const PLACES: usize = 300;
const SKIPPED: usize = 100;
/// The longest name of a file that a result repeats, in characters.
const NAME: usize = 160;
/// The least tokens of a copy unless the input says otherwise, as in other tools; and the least lines.
pub(crate) const LEAST_TOKENS: usize = 50;
const LEAST_LINES: usize = 2;
/// The name of a source that came without one.
const SOURCE: &str = "source";

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
    least_tokens: Option<usize>,
    #[serde(default)]
    same_shape: bool,
}

/// One file, measured.
struct Read {
    name: String,
    facts: &'static Facts,
    measured: Measured,
    findings: Vec<Finding>,
    found: usize,
    tokens: Vec<tokens::Token>,
}

/// Everything that was read.
#[derive(Default)]
struct Report {
    files: Vec<Read>,
    skipped: Vec<(String, String)>,
    notes: Vec<String>,
    duplication: Duplication,
    several: bool,
}

/// A row of a list, with its file where there are several.
#[derive(Serialize)]
struct Within<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(flatten)]
    row: &'a T,
}

/// Reports on the input's sources.
pub(crate) async fn perform(context: Context, input: Value, file_time: Duration) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let report = context.blocking(move |context| read(context, &input, file_time)).await?;
    let (result, whole) = tell(&context, &report);
    let mut result = result;
    if let Some(whole) = whole {
        let bytes = serde_json::to_vec(&whole).map_err(|error| SkillError::internal(error.to_string()))?;
        result["artifact"] = json!(context.store("metrics.json", "application/json", &bytes).await?);
    }
    context.progress(1.0, "done");
    Ok(result)
}

fn read(context: &Context, input: &Input, file_time: Duration) -> Result<Report, SkillError> {
    let gathered = gather(
        context,
        input.source.as_deref(),
        input.artifact.as_ref(),
        (input.artifacts.as_slice(), input.paths.as_slice()),
        files::is_source,
    )?;
    let mut report = Report { skipped: gathered.skipped, several: gathered.files.len() > 1, ..Report::default() };
    let whole = Allowance::new(context, TASK_TIME);
    let count = gathered.files.len().max(1);
    let mut tokens = 0;
    for (place, file) in gathered.files.iter().enumerate() {
        context.check()?;
        if place.is_multiple_of(16) {
            context.progress(0.05 + 0.8 * place as f64 / count as f64, format!("reading {}", file.name));
        }
        if whole.is_over() {
            report.skipped.push((file.name.clone(), format!("the files before it took {} s; send fewer", TASK_TIME.as_secs())));
            continue;
        }
        match one(context, input, file, report.several, file_time, MAXIMUM_TOKENS - tokens, &mut report.notes) {
            Ok(read) => {
                tokens += read.tokens.len();
                report.files.push(read);
            }
            // One file alone fails with its reason; of many, it is named and the others are read.
            Err(error) if !report.several || context.is_canceled() => return Err(error),
            Err(error) => report.skipped.push((file.name.clone(), error.message)),
        }
    }
    if report.files.is_empty() {
        return Err(nothing(&report.skipped));
    }
    context.progress(0.85, "comparing tokens");
    let _span = context.span("duplication");
    let all: Vec<Vec<tokens::Token>> = report.files.iter_mut().map(|file| std::mem::take(&mut file.tokens)).collect();
    report.duplication = duplication::find(context, &all, input.least_tokens.unwrap_or(LEAST_TOKENS), LEAST_LINES)?;
    Ok(report)
}

fn one(
    context: &Context,
    input: &Input,
    file: &File,
    several: bool,
    file_time: Duration,
    room: usize,
    notes: &mut Vec<String>,
) -> Result<Read, SkillError> {
    let allowance = Allowance::new(context, file_time);
    let text = file.text()?;
    let named = (file.name != SOURCE).then(|| file.name.clone());
    let source = Source { text: text.to_owned(), file_name: named.clone() };
    let mut note = |message: String| {
        if notes.len() < SKIPPED {
            notes.push(if several { format!("{}: {message}", cut(&file.name, NAME)) } else { message });
        }
    };
    let (facts, parsed) = {
        let mut span = if several { None } else { Some(context.span("parse")) };
        let mut failed = |error: SkillError| {
            if let Some(span) = &mut span {
                span.failed();
            }
            error
        };
        let facts = guess::language(&allowance, if several { None } else { input.language.as_deref() }, &source).map_err(&mut failed)?;
        let parsed = match tree::parse(&allowance, facts, text, named.as_deref()) {
            Ok(parsed) => Some(parsed),
            // Its lines are still worth telling.
            Err(error) if is_too_slow(&error) => {
                note(format!("it was not understood in time, so only its lines are told: {}", error.message));
                None
            }
            Err(error) => return Err(failed(error)),
        };
        if let Some(span) = &mut span {
            span.set(json!({"language": facts.name, "bytes": text.len()}));
        }
        (facts, parsed)
    };
    let mut watch = Watch::new(facts, text, named.as_deref());
    let (measured, tokens) = match &parsed {
        Some(parsed) => {
            let _span = if several { None } else { Some(context.span("measure")) };
            let measured = measure::measure(&allowance, facts, parsed, text, &mut watch)?;
            (measured, tokens::of(&allowance, parsed, text, input.same_shape)?)
        }
        None => (Measured { functions: Vec::new(), lines: Marks::unread(text).count(), share: 0.0 }, Vec::new()),
    };
    if parsed.is_some() && measured.share < 1.0 {
        note(format!("the time was over after {:.0} % of it; the rest is not in the numbers.", measured.share * 100.0));
    }
    let mut tokens = tokens;
    if tokens.len() > room {
        note(format!("at most {MAXIMUM_TOKENS} tokens are compared; the copies in it are not found."));
        tokens.clear();
    }
    let (findings, found) = watch.finish(&measured.functions);
    Ok(Read { name: cut(&file.name, NAME), facts, measured, findings, found, tokens })
}

/// The result, and all of it where the result holds only a part.
fn tell(context: &Context, report: &Report) -> (Value, Option<Value>) {
    let several = report.several;
    let all_functions = || report.files.iter().flat_map(|file| file.measured.functions.iter().map(move |row| (file, row)));
    let count = all_functions().count();
    let mut functions: Vec<(&Read, &Function)> = all_functions().collect();
    let mut findings: Vec<(&Read, &Finding)> =
        report.files.iter().flat_map(|file| file.findings.iter().map(move |row| (file, row))).collect();
    let found: usize = report.files.iter().map(|file| file.found).sum();
    if several {
        // What matters most comes first, since not all may be listed.
        functions.sort_by_key(|(_, function)| std::cmp::Reverse((function.cognitive, function.cyclomatic)));
        findings.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    }
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &report.files {
        *languages.entry(file.facts.name).or_default() += 1;
    }
    let main = languages.iter().max_by_key(|(_, count)| **count).map_or("", |(name, _)| *name);
    let lines = report.files.iter().fold(Lines::default(), |sum, file| sum.plus(file.measured.lines));
    let sum: f64 = all_functions().map(|(_, function)| f64::from(function.cyclomatic)).sum();
    let mean = if count == 0 { 0.0 } else { (sum / count as f64 * 100.0).round() / 100.0 };
    let most = all_functions().map(|(_, function)| function.cyclomatic).max().unwrap_or(0);
    let copies = &report.duplication;
    let duplicated: usize = copies.lines.iter().sum();
    let places: usize = copies.groups.iter().map(|group| group.places.len()).sum();
    let part = |limits: Option<[usize; 4]>| {
        let [functions_most, findings_most, files_most, places_most] = limits.unwrap_or([usize::MAX; 4]);
        let name = |file: &'_ Read| several.then(|| file.name.clone());
        let functions: Vec<Value> =
            functions.iter().take(functions_most).map(|(file, row)| json!(Within { file: name(file).as_deref(), row: *row })).collect();
        let findings: Vec<Value> =
            findings.iter().take(findings_most).map(|(file, row)| json!(Within { file: name(file).as_deref(), row: *row })).collect();
        let mut clones: Vec<Value> = Vec::new();
        for (group, copy) in copies.groups.iter().enumerate() {
            if clones.len() + copy.places.len() > places_most {
                break;
            }
            clones.extend(copy.places.iter().map(|place| {
                let file = &report.files[place.file].name;
                json!({
                    "group": group + 1, "tokens": copy.tokens, "lines": place.end_line - place.line + 1, "file": file, "line": place.line,
                    "end_line": place.end_line
                })
            }));
        }
        let mut files: Vec<(usize, &Read)> = report.files.iter().enumerate().collect();
        files.sort_by_key(|(_, file)| std::cmp::Reverse(file.measured.lines.total));
        let files: Vec<Value> = files.into_iter().take(files_most).map(|(place, file)| row(file, copies.lines[place])).collect();
        let share = if lines.total == 0 { 0.0 } else { (duplicated as f64 / lines.total as f64).min(1.0) };
        json!({
            "language": main,
            "lines": lines,
            "functions": functions,
            "totals": {"functions": count, "mean_cyclomatic": mean, "max_cyclomatic": most},
            "findings": findings,
            "files": files,
            "duplication": {
                "share": (share * 10_000.0).round() / 10_000.0, "lines": duplicated, "groups": copies.groups.len(), "tokens": copies.tokens, "copies": clones
            },
            "notes": report.notes,
            "skipped": report.skipped.iter().take(SKIPPED).map(|(file, reason)| json!({"file": cut(file, NAME), "reason": cut(reason, 300)})).collect::<Vec<_>>()
        })
    };
    let limits = if several { [FUNCTIONS_OF_SEVERAL, FINDINGS_OF_SEVERAL, FILES, PLACES] } else { [FUNCTIONS, FINDINGS, 1, PLACES] };
    let mut result = part(Some(limits));
    let listed = |name: &str| result[name].as_array().map_or(0, Vec::len);
    let listed_places = result["duplication"]["copies"].as_array().map_or(0, Vec::len);
    let short = listed("functions") < count
        || listed("findings") < found
        || (several && listed("files") < report.files.len())
        || listed_places < places;
    let whole = short.then(|| part(None));
    if short {
        let message = format!(
            "The result lists {} of {count} functions, {} of {found} findings and {listed_places} of {places} places of copies; the file has the rest.",
            listed("functions"),
            listed("findings")
        );
        context.warn(message.clone(), Value::Null);
        if let Some(notes) = result["notes"].as_array_mut() {
            notes.push(json!(message));
        }
    }
    context.info(
        format!("{} files, {count} functions, {found} findings, {} groups of copies", report.files.len(), copies.groups.len()),
        json!({"files": report.files.len(), "functions": count, "findings": found, "duplicated_lines": duplicated}),
    );
    (result, whole)
}

fn row(file: &Read, duplicated: usize) -> Value {
    let functions = &file.measured.functions;
    let lines = file.measured.lines;
    json!({
        "file": file.name, "language": file.facts.name, "lines": lines.total, "code": lines.code, "comment": lines.comment,
        "functions": functions.len(),
        "max_cyclomatic": functions.iter().map(|function| function.cyclomatic).max().unwrap_or(0),
        "max_cognitive": functions.iter().map(|function| function.cognitive).max().unwrap_or(0),
        "duplicated_lines": duplicated
    })
}
