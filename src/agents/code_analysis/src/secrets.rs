//! Which secrets lie in files: known formats with their checksums, and assignments of texts that are as random as secrets are.
//!
//! A secret is never repeated: a result has its first four characters at most.

pub(crate) mod formats;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::allowance::{Allowance, TASK_TIME};
use crate::audit::{Review, answer, gather, nothing, sort_out};
use crate::columns::Columns;
use crate::engine::Found;
use crate::rules::Severity;
use crate::{own, sarif};
use formats::Format;
use turn::{Ask, Turn};

/// As much of a line is searched at once, in bytes; longer lines, which tools write, in several parts.
const WINDOW: usize = 20_000;
/// How much of a part the next one has too, in bytes. Formats are far shorter; of tokens without a longest length more is seen.
const OVERLAP: usize = 2_000;
/// The most findings of one file.
const FILE_FINDINGS: usize = 200;
/// Secrets of a line that a later part may meet again: those of the overlap, eight characters each at least.
const RECENT: usize = OVERLAP / 8;

/// What is shown of a secret.
fn redacted(secret: &str) -> String {
    let shown: String = secret.chars().take(4).collect();
    let shown = if secret.chars().count() >= 16 { shown } else { String::new() };
    format!("{shown}… ({} characters)", secret.chars().count())
}

/// The secrets of a text, and whether there are more than are kept.
fn find(text: &str, file: &str, turn: &mut Turn<'_>, ask: &mut Ask<'_>) -> Result<(Vec<Found>, bool), SkillError> {
    let shipped = formats::shipped()?;
    let mut found: Vec<Found> = Vec::new();
    let mut start = 0;
    let mut unchecked = 0;
    for (number, line) in text.split('\n').enumerate() {
        let began = start;
        start += line.len() + 1;
        if line.len() < 8 {
            continue;
        }
        let mut taken: Vec<Range<usize>> = Vec::new();
        let mut columns = Columns::default();
        for window in windows(line) {
            unchecked += window.len();
            if unchecked >= WINDOW {
                unchecked = 0;
                turn.late |= !ask()?;
            }
            let mut here = within(line, &window, &taken, shipped, turn, ask)?;
            // In their order, so that the columns of a long line are counted once.
            here.sort_by_key(|(secret, _)| secret.start);
            for (secret, format) in here {
                if found.len() >= FILE_FINDINGS {
                    return Ok((found, true));
                }
                let at = |columns: &mut Columns, place: usize| columns.of(text, began + place, place);
                found.push(Found {
                    rule: format.id().to_owned(),
                    title: format.title().to_owned(),
                    severity: Severity::Error,
                    confidence: format.confidence(),
                    cwe: vec!["CWE-798".to_owned()],
                    message: format!("{}: {}", format.title(), redacted(&line[secret.clone()])),
                    advice:
                        "Withdraw it where it was issued, then read it from the environment or a secret store; it stays in the history."
                            .to_owned(),
                    file: file.to_owned(),
                    line: number + 1,
                    column: at(&mut columns, secret.start),
                    end_line: number + 1,
                    end_column: at(&mut columns, secret.end),
                    snippet: String::new(),
                    source_line: None,
                    fingerprint: String::new(),
                });
                taken.push(secret);
            }
            // Later windows begin behind most of them.
            let reach = taken.len().saturating_sub(RECENT);
            taken.drain(..reach);
        }
    }
    Ok((found, false))
}

/// The parts of a line that are searched one by one. Each begins a good deal before the one before it ends, so that what is cut there is
/// whole here.
fn windows(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let end = line.floor_char_boundary(start + WINDOW);
        next = (end < line.len()).then(|| line.floor_char_boundary(end - OVERLAP));
        Some(start..end)
    })
}

/// The secrets in a part of a line, but for what was found before. Where several formats find the same place, the first counts: a user's own
/// know better what it is.
fn within<'f>(
    line: &str,
    window: &Range<usize>,
    before: &[Range<usize>],
    shipped: &'f [Format],
    turn: &mut Turn<'f>,
    ask: &mut Ask<'_>,
) -> Result<Vec<(Range<usize>, &'f Format)>, SkillError> {
    let mut found: Vec<(Range<usize>, &'f Format)> = Vec::new();
    let own: &'f [Format] = turn.formats;
    for (place, format) in own.iter().enumerate() {
        meet(line, window, before, format, &mut found, &mut |bytes| turn.may(place, bytes, ask))?;
    }
    for format in shipped {
        meet(line, window, before, format, &mut found, &mut |_| Ok(true))?;
    }
    Ok(found)
}

/// Adds what one format finds in a part of a line. `may` is asked before it is held against so many bytes.
fn meet<'f>(
    line: &str,
    window: &Range<usize>,
    before: &[Range<usize>],
    format: &'f Format,
    found: &mut Vec<(Range<usize>, &'f Format)>,
    may: &mut dyn FnMut(usize) -> Result<bool, SkillError>,
) -> Result<(), SkillError> {
    // What stands before the part is seen, so that a word that began there is none that begins here; what stands behind is not.
    let seen = &line[..window.end];
    let cut = window.end < line.len();
    let mut from = window.start;
    while may(seen.len() - from)? {
        let Some(captures) = format.regex.captures_at(seen, from) else { break };
        let Some(whole) = captures.get(0) else { break };
        if whole.is_empty() {
            // One of a user's own may fit between two characters, as at the edge of a word.
            if whole.end() == seen.len() {
                break;
            }
            from = seen.ceil_char_boundary(whole.end() + 1);
            continue;
        }
        from = whole.end();
        let Some(secret) = captures.get(1).map(|secret| secret.range()).filter(|secret| !secret.is_empty()) else { continue };
        // It may go on behind the part's end, and is whole in the next.
        if cut && whole.end() == window.end && whole.start() + OVERLAP > window.end + 4 {
            break;
        }
        let text = &line[secret.clone()];
        let overlaps =
            before.iter().chain(found.iter().map(|(range, _)| range)).any(|range| range.start < secret.end && secret.start < range.end);
        if !overlaps && format.fits(text) {
            found.push((secret, format));
        }
        if found.len() > FILE_FINDINGS {
            break;
        }
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    source: Option<String>,
    artifact: Option<String>,
    #[serde(default)]
    artifacts: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    rules: Option<String>,
    #[serde(default)]
    rule_files: Vec<String>,
}

/// Whether a member of an archive is of what others wrote, or of a history: neither is searched.
fn is_foreign(name: &str) -> bool {
    name.split('/').any(|part| part == ".git" || part == "node_modules")
}

/// What is said of the members of archives that are not searched.
fn left_out(names: &[String]) -> Option<String> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for name in names.iter().filter(|name| !is_foreign(name)) {
        let kind = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        *kinds.entry(kind).or_default() += 1;
    }
    let other: usize = kinds.values().sum();
    let foreign = names.len() - other;
    let mut parts = Vec::new();
    if foreign > 0 {
        parts.push(format!("{foreign} in .git or node_modules"));
    }
    if other > 0 {
        let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} .{kind}")).collect();
        parts.push(format!("{other} by their names no text ({})", kinds.join(", ")));
    }
    (!parts.is_empty()).then(|| format!("Of archives {} files were not searched: {}.", names.len(), parts.join("; ")))
}

/// Whether a member of an archive is searched: all but what is known not to be text.
fn is_text(name: &str) -> bool {
    const OTHER: [&str; 18] = [
        "png", "jpg", "jpeg", "gif", "webp", "ico", "pdf", "zip", "gz", "jar", "class", "so", "dll", "exe", "woff", "woff2", "wasm", "pyc",
    ];
    !is_foreign(name) && !name.rsplit_once('.').is_some_and(|(_, extension)| OTHER.contains(&extension.to_ascii_lowercase().as_str()))
}

/// Looks for secrets in the input's files, in the shipped formats and in own ones: of the input and of the folder that is kept. These may take
/// so long for one file.
pub(crate) async fn perform(context: Context, input: Value, file_time: Duration, kept: Option<PathBuf>) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let mut texts = own::given(&context, input.rules.as_deref(), &input.rule_files).await?;
    let review = context
        .blocking(move |context| {
            if let Some(folder) = kept {
                texts.extend(own::kept(context, &folder)?);
            }
            search(context, &input, &formats::own(&texts)?, file_time)
        })
        .await?;
    let bytes =
        serde_json::to_vec(&sarif::log(&review.found, &review.suppressed)).map_err(|error| SkillError::internal(error.to_string()))?;
    let artifact = context.store("secrets.sarif", sarif::MEDIA_TYPE, &bytes).await?;
    context.progress(1.0, "done");
    Ok(answer(&review, json!(artifact)))
}

fn search(context: &Context, input: &Input, own: &[Format], file_time: Duration) -> Result<Review, SkillError> {
    let files =
        gather(context, input.source.as_deref(), input.artifact.as_ref(), (input.artifacts.as_slice(), input.paths.as_slice()), is_text)?;
    let notes = left_out(&files.unwanted).into_iter().collect();
    let mut review = Review { skipped: files.skipped, notes, ..Review::default() };
    let count = files.files.len().max(1);
    // The shipped formats are known to be quick; what a user brings has its time for each file and for all.
    let whole = Allowance::new(context, TASK_TIME);
    let mut cut: BTreeSet<usize> = BTreeSet::new();
    for (place, file) in files.files.iter().enumerate() {
        context.check()?;
        if place.is_multiple_of(64) {
            context.progress(0.05 + 0.9 * place as f64 / count as f64, format!("searching {}", file.name));
        }
        let Ok(text) = file.text() else {
            review.skipped.push((file.name.clone(), "it is not UTF-8 text".to_owned()));
            continue;
        };
        review.read += 1;
        let allowance = Allowance::new(context, file_time);
        let mut turn = Turn::new(own);
        turn.late = whole.is_over();
        let mut ask = || -> Result<bool, SkillError> {
            context.check()?;
            Ok(!allowance.is_over() && !whole.is_over())
        };
        let (found, more) = find(text, &file.name, &mut turn, &mut ask)?;
        if more {
            review.notes.push(format!("{}: the first {FILE_FINDINGS} secrets are listed; there are more.", file.name));
        }
        if turn.late && !own.is_empty() {
            let message = format!("{} was searched in part for secrets in own formats: their time was over. Use simpler ones.", file.name);
            review.notes.push(message);
        }
        cut.extend(turn.cut());
        sort_out(&mut review, found, text);
    }
    if review.read == 0 {
        return Err(nothing(&review.skipped));
    }
    if let Some(note) = in_part(own, &cut) {
        // Of many notes the first are told.
        review.notes.insert(0, note);
    }
    review.total = review.found.len();
    review.found.truncate(5_000);
    context.info(format!("{} files searched, {} secrets", review.read, review.total), Value::Null);
    Ok(review)
}

/// Which of a user's own formats were looked for only at the beginning of a file, if any were.
fn in_part(own: &[Format], cut: &BTreeSet<usize>) -> Option<String> {
    let told = |format: &Format| format!("{} (at most {} bytes)", format.id(), format.longest.unwrap_or(usize::MAX));
    let formats: Vec<String> = cut.iter().filter_map(|place| own.get(*place)).map(told).collect();
    (!formats.is_empty()).then(|| {
        format!(
            "Of longer files, these formats were looked for at the beginning only, because their expressions are large or fit too often; use simpler ones: {}.",
            formats.join(", ")
        )
    })
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
