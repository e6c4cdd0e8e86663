//! Which secrets lie in files: known formats with their checksums, and assignments of texts that are as random as secrets are.
//!
//! A secret is never repeated: a result has its first four characters at most.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use baton_agents_runtime::{Context, SkillError};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audit::{Review, answer, gather, nothing, sort_out};
use crate::columns::Columns;
use crate::engine::Found;
use crate::engine::rule::Confidence;
use crate::rules::Severity;
use crate::sarif;

/// Shannon entropy, in bits a character, from which a text counts as random; hexadecimal digits have at most 4.
const RANDOM: f64 = 3.5;
const RANDOM_HEX: f64 = 3.0;
/// As much of a line is searched at once, in bytes; longer lines, which tools write, in several parts.
const WINDOW: usize = 20_000;
/// How much of a part the next one has too, in bytes. Formats are far shorter; of tokens without a longest length more is seen.
const OVERLAP: usize = 2_000;
/// The most findings of one file.
const FILE_FINDINGS: usize = 200;
/// Secrets of a line that a later part may meet again: those of the overlap, eight characters each at least.
const RECENT: usize = OVERLAP / 8;

/// The formats that are looked for.
const SHIPPED: &str = include_str!("../rules/secrets.toml");

/// How one kind of secret is written, and what a text must have besides; `rules/secrets.toml` tells what each key means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Format {
    id: String,
    title: String,
    expression: String,
    confidence: Confidence,
    #[serde(default)]
    after: usize,
    #[serde(default)]
    entropy: f64,
    #[serde(default)]
    checksum: bool,
    #[serde(default)]
    random: bool,
    #[serde(default)]
    placeholders: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    secret: Vec<Format>,
}

impl Format {
    /// Whether what the expression found can be a secret.
    fn fits(&self, text: &str) -> bool {
        (self.placeholders || !placeholder(text))
            && (self.entropy <= 0.0 || entropy(text.get(self.after..).unwrap_or_default()) >= self.entropy)
            && (!self.checksum || checksum(text))
            && (!self.random || random(text))
    }
}

static FORMATS: LazyLock<Result<Vec<(Regex, Format)>, String>> = LazyLock::new(|| read(SHIPPED));

/// Formats with their expressions compiled, or why they cannot be used.
fn read(text: &str) -> Result<Vec<(Regex, Format)>, String> {
    let document: Document = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut formats = Vec::new();
    for format in document.secret {
        let regex = Regex::new(&format.expression).map_err(|error| format!("{}: {error}", format.id))?;
        if regex.captures_len() < 2 {
            return Err(format!("{}: its expression has no group, which would be the secret", format.id));
        }
        formats.push((regex, format));
    }
    Ok(formats)
}

fn formats() -> Result<&'static [(Regex, Format)], SkillError> {
    match &*FORMATS {
        Ok(formats) => Ok(formats.as_slice()),
        Err(why) => Err(SkillError::internal(format!("the formats of secrets cannot be read: {why}"))),
    }
}

/// Shannon entropy in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts: BTreeMap<char, f64> = BTreeMap::new();
    for character in text.chars() {
        *counts.entry(character).or_default() += 1.0;
    }
    let total = text.chars().count().max(1) as f64;
    counts.values().map(|count| count / total).map(|share| -share * share.log2()).sum()
}

fn random(text: &str) -> bool {
    let hexadecimal = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let kinds = [text.bytes().any(|byte| byte.is_ascii_digit()), text.bytes().any(|byte| byte.is_ascii_alphabetic())];
    let mixed = kinds.into_iter().all(|kind| kind) || text.bytes().any(|byte| byte.is_ascii_punctuation() && !b"._-/".contains(&byte));
    mixed
        && entropy(text)
            >= if hexadecimal {
                RANDOM_HEX
            } else if text.len() < 16 {
                2.75
            } else {
                RANDOM
            }
}

/// Whether a text stands for a secret instead of being one.
fn placeholder(text: &str) -> bool {
    const WORDS: [&str; 26] = [
        "example",
        "placeholder",
        "changeme",
        "change_me",
        "your",
        "xxxx",
        "****",
        "dummy",
        "sample",
        "insert",
        "replace",
        "redacted",
        "todo",
        "fake",
        "<",
        "${",
        "{{",
        "%(",
        "$(",
        "process.env",
        "os.environ",
        "getenv",
        "0000",
        "1234567",
        "abcdef",
        "password",
    ];
    let lower = text.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) || text.contains("...") || text.contains('(') || text.starts_with('$')
}

/// GitHub's and npm's tokens end in a checksum: CRC-32 of the part between, in base 62, six digits.
fn checksum(token: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((_, rest)) = token.split_once('_') else { return false };
    let Some((body, check)) = rest.split_at_checked(rest.len().saturating_sub(6)) else { return false };
    let mut crc = crc32(body.as_bytes());
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(crc % 62) as usize];
        crc /= 62;
    }
    check.as_bytes() == digits
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// What is shown of a secret.
fn redacted(secret: &str) -> String {
    let shown: String = secret.chars().take(4).collect();
    let shown = if secret.chars().count() >= 16 { shown } else { String::new() };
    format!("{shown}… ({} characters)", secret.chars().count())
}

/// The secrets of a text, and whether there are more than are kept. `check` is asked again and again whether to go on.
fn find(text: &str, file: &str, check: &mut dyn FnMut() -> Result<(), SkillError>) -> Result<(Vec<Found>, bool), SkillError> {
    let formats = formats()?;
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
                check()?;
            }
            let mut here = within(line, window, &taken, formats);
            // In their order, so that the columns of a long line are counted once.
            here.sort_by_key(|(secret, _)| secret.start);
            for (secret, format) in here {
                if found.len() >= FILE_FINDINGS {
                    return Ok((found, true));
                }
                let at = |columns: &mut Columns, place: usize| columns.of(text, began + place, place);
                found.push(Found {
                    rule: format.id.clone(),
                    title: format.title.clone(),
                    severity: Severity::Error,
                    confidence: format.confidence,
                    cwe: vec!["CWE-798".to_owned()],
                    message: format!("{}: {}", format.title, redacted(&line[secret.clone()])),
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

/// The secrets in a part of a line, but for what was found before.
fn within<'f>(
    line: &str,
    window: Range<usize>,
    before: &[Range<usize>],
    formats: &'f [(Regex, Format)],
) -> Vec<(Range<usize>, &'f Format)> {
    // What stands before the part is seen, so that a word that began there is none that begins here; what stands behind is not.
    let seen = &line[..window.end];
    let cut = window.end < line.len();
    let mut found: Vec<(Range<usize>, &Format)> = Vec::new();
    for (regex, format) in formats {
        let mut from = window.start;
        while let Some(captures) = regex.captures_at(seen, from) {
            let Some(whole) = captures.get(0) else { break };
            if whole.is_empty() {
                break;
            }
            from = whole.end();
            let Some(secret) = captures.get(1).map(|secret| secret.range()) else { continue };
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
    }
    found
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

/// Looks for secrets in the input's files.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let review = context.blocking(move |context| search(context, &input)).await?;
    let bytes =
        serde_json::to_vec(&sarif::log(&review.found, &review.suppressed)).map_err(|error| SkillError::internal(error.to_string()))?;
    let artifact = context.store("secrets.sarif", sarif::MEDIA_TYPE, &bytes).await?;
    context.progress(1.0, "done");
    Ok(answer(&review, json!(artifact)))
}

fn search(context: &Context, input: &Input) -> Result<Review, SkillError> {
    let files =
        gather(context, input.source.as_deref(), input.artifact.as_ref(), (input.artifacts.as_slice(), input.paths.as_slice()), is_text)?;
    let notes = left_out(&files.unwanted).into_iter().collect();
    let mut review = Review { skipped: files.skipped, notes, ..Review::default() };
    let count = files.files.len().max(1);
    for (place, file) in files.files.iter().enumerate() {
        context.check()?;
        if place.is_multiple_of(64) {
            context.progress(0.05 + 0.9 * place as f64 / count as f64, format!("searching {}", file.name));
        }
        match file.text().ok() {
            Some(text) => {
                review.read += 1;
                let (found, more) = find(text, &file.name, &mut || context.check())?;
                if more {
                    review.notes.push(format!("{}: the first {FILE_FINDINGS} secrets are listed; there are more.", file.name));
                }
                sort_out(&mut review, found, text);
            }
            None => review.skipped.push((file.name.clone(), "it is not UTF-8 text".to_owned())),
        }
    }
    if review.read == 0 {
        return Err(nothing(&review.skipped));
    }
    review.total = review.found.len();
    review.found.truncate(5_000);
    context.info(format!("{} files searched, {} secrets", review.read, review.total), Value::Null);
    Ok(review)
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
