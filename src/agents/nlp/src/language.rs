//! Which language a text is in, how sure that is, and what else it could be.

use baton_agents_runtime::{Context, SkillError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use whatlang::{Detector, Lang};

use crate::text;

/// As much of a text as detection looks at: more changes nothing.
const SAMPLE: usize = 20_000;
/// The most other languages that are named.
const ALTERNATIVES: usize = 3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: Option<String>,
    artifact: Option<String>,
}

/// What is known about the language of a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Detected {
    /// ISO 639-1, or 639-3 where there is no shorter code; `und` if there is no letter to go by.
    pub(crate) language: &'static str,
    pub(crate) name: &'static str,
    pub(crate) script: String,
    pub(crate) confidence: f64,
    pub(crate) reliable: bool,
    pub(crate) alternatives: Vec<Alternative>,
}

/// Another language that the text could be in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Alternative {
    language: &'static str,
    name: &'static str,
    confidence: f64,
}

/// Detects the language of the input's text.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let text = text::of(&context, input.text, input.artifact.as_deref()).await?;
    let detected = context
        .blocking(move |context| {
            let _span = context.span("detect");
            Ok(detect(&text))
        })
        .await?;
    context.progress(1.0, "done");
    context.info(format!("the language is {}", detected.name), json!({"language": detected.language, "confidence": detected.confidence}));
    Ok(json!(detected))
}

/// Detects the language of a text.
pub(crate) fn detect(text: &str) -> Detected {
    let sample = text.char_indices().nth(SAMPLE).map_or(text, |(end, _)| &text[..end]);
    let Some(info) = whatlang::detect(sample) else {
        let script = whatlang::detect_script(sample).map_or_else(|| "Unknown".to_owned(), |script| script_name(script.name()).to_owned());
        return Detected { language: "und", name: "Undetermined", script, confidence: 0.0, reliable: false, alternatives: vec![] };
    };
    let confidence = info.confidence().clamp(0.0, 1.0);
    // The detector names one language. What certainty it leaves is given to those it names when the better ones
    // are set aside, each taking its share of the rest.
    let (mut rest, mut least, mut denied, mut alternatives) = (1.0 - confidence, confidence, vec![info.lang()], Vec::new());
    while alternatives.len() < ALTERNATIVES && rest > 1e-3 {
        let Some(next) = Detector::with_denylist(denied.clone()).detect(sample).filter(|next| !denied.contains(&next.lang())) else {
            break;
        };
        // None is likelier than the one before.
        let share = (rest * next.confidence().clamp(0.0, 1.0)).min(least);
        if share < 1e-3 {
            break;
        }
        least = share;
        alternatives.push(Alternative { language: code_of(next.lang()), name: next.lang().eng_name(), confidence: rounded(share) });
        rest -= share;
        denied.push(next.lang());
    }
    Detected {
        language: code_of(info.lang()),
        name: info.lang().eng_name(),
        script: script_name(info.script().name()).to_owned(),
        confidence: rounded(confidence),
        reliable: info.is_reliable(),
        alternatives,
    }
}

/// Code and English name of a language by its two-letter code.
pub(crate) fn named(code: &str) -> Option<(&'static str, &'static str)> {
    of_code(code).map(|language| (code_of(language), language.eng_name()))
}

/// The codes of all languages that can be told from one another, in order.
pub(crate) fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = Lang::all().iter().map(|language| code_of(*language)).collect();
    codes.sort_unstable();
    codes
}

/// Of these languages the one that a text is most likely in.
pub(crate) fn nearest(text: &str, codes: &[&str]) -> Option<&'static str> {
    let allowed: Vec<Lang> = codes.iter().filter_map(|code| of_code(code)).collect();
    Detector::with_allowlist(allowed).detect(text).map(|info| code_of(info.lang()))
}

/// The script that a language is written in, if it is one that no other spelling shares: languages of several scripts have none here.
pub(crate) fn script_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "ru" | "uk" | "bg" | "be" | "mk" => "Cyrillic",
        "ar" | "fa" | "ur" => "Arabic",
        "he" | "yi" => "Hebrew",
        "hi" | "mr" | "ne" => "Devanagari",
        "el" => "Greek",
        "zh" => "Han",
        "ko" => "Hangul",
        "th" => "Thai",
        "ka" => "Georgian",
        "hy" => "Armenian",
        "bn" => "Bengali",
        "ta" => "Tamil",
        "te" => "Telugu",
        "en" | "de" | "fr" | "es" | "it" | "pt" | "nl" | "pl" | "cs" | "sk" | "hu" | "ro" | "tr" | "sv" | "da" | "nb" | "fi" | "et"
        | "lv" | "lt" | "hr" | "sl" | "ca" | "vi" | "id" | "af" | "cy" | "la" | "eo" => "Latin",
        _ => return None,
    })
}

fn of_code(code: &str) -> Option<Lang> {
    Lang::all().iter().copied().find(|language| code_of(*language) == code)
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// Scripts by the name that Unicode gives them.
fn script_name(name: &str) -> &str {
    match name {
        "Mandarin" => "Han",
        other => other,
    }
}

/// The two-letter code of a language.
fn code_of(language: Lang) -> &'static str {
    match language.code() {
        "epo" => "eo",
        "eng" => "en",
        "rus" => "ru",
        "cmn" => "zh",
        "spa" => "es",
        "por" => "pt",
        "ita" => "it",
        "ben" => "bn",
        "fra" => "fr",
        "deu" => "de",
        "ukr" => "uk",
        "kat" => "ka",
        "ara" => "ar",
        "hin" => "hi",
        "jpn" => "ja",
        "heb" => "he",
        "yid" => "yi",
        "pol" => "pl",
        "amh" => "am",
        "jav" => "jv",
        "kor" => "ko",
        "nob" => "nb",
        "dan" => "da",
        "swe" => "sv",
        "fin" => "fi",
        "tur" => "tr",
        "nld" => "nl",
        "hun" => "hu",
        "ces" => "cs",
        "ell" => "el",
        "bul" => "bg",
        "bel" => "be",
        "mar" => "mr",
        "kan" => "kn",
        "ron" => "ro",
        "slv" => "sl",
        "hrv" => "hr",
        "srp" => "sr",
        "mkd" => "mk",
        "lit" => "lt",
        "lav" => "lv",
        "est" => "et",
        "tam" => "ta",
        "vie" => "vi",
        "urd" => "ur",
        "tha" => "th",
        "guj" => "gu",
        "uzb" => "uz",
        "pan" => "pa",
        "aze" => "az",
        "ind" => "id",
        "tel" => "te",
        "pes" => "fa",
        "mal" => "ml",
        "ori" => "or",
        "mya" => "my",
        "nep" => "ne",
        "sin" => "si",
        "khm" => "km",
        "tuk" => "tk",
        "aka" => "ak",
        "zul" => "zu",
        "sna" => "sn",
        "afr" => "af",
        "lat" => "la",
        "slk" => "sk",
        "cat" => "ca",
        "tgl" => "tl",
        "hye" => "hy",
        "cym" => "cy",
        longer => longer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_two_letter_code_of_its_own() {
        let mut codes: Vec<&str> = Lang::all().iter().map(|language| code_of(*language)).collect();
        assert!(codes.iter().all(|code| code.len() == 2), "{codes:?}");
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    #[test]
    fn confidences_never_add_up_to_more_than_one() {
        for text in ["I am begging pardon", "Mit dem Wissen wächst der Zweifel.", "水", "¿Qué tal?", "Hei, hvordan går det?"] {
            let detected = detect(text);
            let sum: f64 = detected.confidence + detected.alternatives.iter().map(|other| other.confidence).sum::<f64>();
            assert!(sum <= 1.001, "{text}: {detected:?}");
        }
    }
}
