//! How is each kind of secret written, in the shipped formats and in a user's own, and what must a text have besides to be one?

use std::collections::BTreeMap;
use std::sync::LazyLock;

use baton_agents_runtime::SkillError;
use regex::Regex;
use serde::Deserialize;
use toml::Spanned;

use crate::engine::expression::bounded;
use crate::engine::rule::{Confidence, MAXIMUM_RULES, NO_ID, is_id};
use crate::own::{line_of, malformed, parse, within};

/// Shannon entropy, in bits a character, from which a text counts as random; hexadecimal digits have at most 4.
const RANDOM: f64 = 3.5;
const RANDOM_HEX: f64 = 3.0;
/// The most bits a character that a user's own format may demand: a text of more than 256 different ones would be needed for more.
const MAXIMUM_ENTROPY: f64 = 8.0;
/// The most characters of the title of a user's own format: every finding has it.
const MAXIMUM_TITLE: usize = 200;

/// The formats that come with the agent.
const SHIPPED: &str = include_str!("../../rules/secrets.toml");

/// A format as it is written; `rules/secrets.toml` tells what each key means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    id: Spanned<String>,
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

/// A format that is ready to be looked for.
#[derive(Debug)]
pub(crate) struct Format {
    written: Written,
    pub(super) regex: Regex,
    /// How many bytes of one file it is held against at most, if it is a user's own, which may be made to take long.
    pub(super) longest: Option<usize>,
}

impl Format {
    pub(super) fn id(&self) -> &str {
        self.written.id.get_ref()
    }

    pub(super) fn title(&self) -> &str {
        &self.written.title
    }

    pub(super) fn confidence(&self) -> Confidence {
        self.written.confidence
    }

    /// Whether what the expression found can be a secret.
    pub(super) fn fits(&self, text: &str) -> bool {
        let wanted = &self.written;
        (wanted.placeholders || !placeholder(text))
            && (wanted.entropy <= 0.0 || entropy(text.get(wanted.after..).unwrap_or_default()) >= wanted.entropy)
            && (!wanted.checksum || checksum(text))
            && (!wanted.random || random(text))
    }
}

static FORMATS: LazyLock<Result<Vec<Format>, String>> = LazyLock::new(|| read(SHIPPED));

/// The shipped formats.
///
/// # Errors
/// `INTERNAL-001` if they cannot be read, since none would find nothing, and would say so of every file.
pub(super) fn shipped() -> Result<&'static [Format], SkillError> {
    match &*FORMATS {
        Ok(formats) => Ok(formats.as_slice()),
        Err(why) => Err(SkillError::internal(format!("the formats of secrets cannot be read: {why}"))),
    }
}

/// Shipped formats, or why they cannot be used.
pub(super) fn read(text: &str) -> Result<Vec<Format>, String> {
    let document = parse("secrets.toml", text).map_err(|error| error.message)?;
    if document.secret.is_empty() {
        return Err("there are none".to_owned());
    }
    let mut formats = Vec::new();
    for written in document.secret {
        let regex = Regex::new(&written.expression).map_err(|error| format!("{}: {error}", written.id.get_ref()))?;
        let format = Format { written, regex, longest: None };
        has_group(&format.regex).map_err(|why| format!("{}: {why}", format.id()))?;
        formats.push(format);
    }
    Ok(formats)
}

/// A user's own formats, of texts with what messages call them. Rules, which may stand in the same texts, are for the reviews.
///
/// # Errors
/// `CODE-004` with the text, the line and the format that cannot be used.
pub(super) fn own(texts: &[(String, String)]) -> Result<Vec<Format>, SkillError> {
    within(texts)?;
    let shipped = shipped()?;
    let mut formats: Vec<Format> = Vec::new();
    for (name, text) in texts {
        for written in parse(name, text)?.secret {
            let id = written.id.get_ref().clone();
            let place = format!("{name}, line {}", line_of(text, written.id.span().start));
            if shipped.iter().chain(&formats).any(|other| other.id() == id) {
                return Err(malformed(format!("{place}: there is already a format {id}; give this one another id.")));
            }
            if formats.len() >= MAXIMUM_RULES {
                return Err(malformed(format!("{place}: there are more than {MAXIMUM_RULES} formats; send fewer.")));
            }
            formats.push(checked(written).map_err(|why| malformed(format!("{place}, format {id}: {why}.")))?);
        }
    }
    Ok(formats)
}

/// A user's own format, or why it is none.
fn checked(written: Written) -> Result<Format, String> {
    if !is_id(written.id.get_ref()) {
        return Err(NO_ID.to_owned());
    }
    if written.title.trim().is_empty() || written.title.chars().count() > MAXIMUM_TITLE {
        return Err(format!("its title must have 1 to {MAXIMUM_TITLE} characters"));
    }
    if !(0.0..=MAXIMUM_ENTROPY).contains(&written.entropy) {
        return Err(format!("its entropy must be from 0 to {MAXIMUM_ENTROPY} bits a character"));
    }
    let expression = bounded(&written.expression)?;
    has_group(expression.regex())?;
    if expression.regex().is_match("") {
        return Err("its expression fits where nothing is; let it demand some characters".to_owned());
    }
    Ok(Format { written, regex: expression.regex().clone(), longest: Some(expression.longest()) })
}

/// The first group is the secret.
fn has_group(regex: &Regex) -> Result<(), String> {
    if regex.captures_len() < 2 {
        return Err("its expression has no group, which would be the secret; put parentheses around it".to_owned());
    }
    Ok(())
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
pub(super) fn checksum(token: &str) -> bool {
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

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
