//! What is wrong with a text that a model wrote?

use baton_agents_runtime::prompt::Material;
use unicode_segmentation::UnicodeSegmentation;
use whatlang::Detector;

use super::facts::Differences;

/// Texts of fewer words are too short to tell their language.
const LEAST_WORDS: f64 = 12.0;

/// The share of its telling words that a text has from the text that it is written from, and a draft from its brief. Both are far below what
/// honest texts have; a draft may be much longer than its brief.
const DRAWN_FROM_TEXT: f64 = 0.15;
const DRAWN_FROM_BRIEF: f64 = 0.02;
/// Texts of fewer telling words are too short for that.
const TELLING: usize = 8;

/// What a text is to be like.
pub(super) struct Wish {
    /// ISO 639-1, if it is known.
    pub(super) language: Option<String>,
    pub(super) words: f64,
    /// Whether the length is a wish only, and facts may be put in words of its own.
    pub(super) loose: bool,
}

/// How many words a text has.
pub(super) fn words(text: &str) -> f64 {
    text.unicode_words().count() as f64
}

/// The two-letter code of a text's language, where it is sure.
pub(super) fn language_of(text: &str) -> Option<String> {
    let info = Detector::new().detect(text).filter(|info| info.is_reliable())?;
    let code = match info.lang().code() {
        "eng" => "en",
        "deu" => "de",
        "fra" => "fr",
        "spa" => "es",
        "ita" => "it",
        "por" => "pt",
        "nld" => "nl",
        "pol" => "pl",
        "rus" => "ru",
        "ukr" => "uk",
        "ces" => "cs",
        "swe" => "sv",
        "dan" => "da",
        "nob" => "nb",
        "fin" => "fi",
        "hun" => "hu",
        "ron" => "ro",
        "tur" => "tr",
        "ell" => "el",
        "bul" => "bg",
        "jpn" => "ja",
        "cmn" => "zh",
        "kor" => "ko",
        "ara" => "ar",
        "heb" => "he",
        "hin" => "hi",
        other => other,
    };
    Some(code.to_owned())
}

/// Whether a text is one about its material, or what an order within the material makes of it; the fault in words that the model is told.
/// What is only an order has no other meaning, and is written anew as any text is.
fn obeys(text: &str, material: &Material, wish: &Wish) -> Option<String> {
    material.plain().split_whitespace().next()?;
    if material.repeats_an_order(text) {
        return Some("it only says what a sentence of the material orders".to_owned());
    }
    if let Some(address) = material.ordered_address(text) {
        return Some(format!("it has an address that only an order in the material has: {address}"));
    }
    let same_language = language_of(material.plain()).zip(language_of(text)).is_some_and(|(of_material, of_text)| of_material == of_text);
    let (shared, telling) = material.shared(text);
    let least = if wish.loose { DRAWN_FROM_BRIEF } else { DRAWN_FROM_TEXT };
    let foreign = same_language && telling >= TELLING && (shared as f64) < least * telling as f64;
    foreign.then(|| format!("it is not about the material: it shares {shared} of its {telling} telling words with it"))
}

/// What is wrong, in words that the model is told.
pub(super) fn faults(text: &str, material: &Material, wish: &Wish, differences: &Differences, cut_off: bool) -> Vec<String> {
    let count = words(text);
    if count == 0.0 {
        return vec!["there is no text".to_owned()];
    }
    let mut faults = Vec::new();
    if cut_off {
        faults.push("it is not finished; write less".to_owned());
    }
    let (least, most) = if wish.loose { (0.25, 2.5) } else { (0.4, 2.0) };
    // A few words more or less are no fault of a short text.
    if count < wish.words * least - 10.0 || count > wish.words * most + 20.0 {
        faults.push(format!("it has {count:.0} words instead of about {:.0}", wish.words));
    }
    if let Some(wanted) = &wish.language
        && count >= LEAST_WORDS
        && let Some(found) = language_of(text)
        && !wanted.to_lowercase().starts_with(&found)
    {
        faults.push(format!("it is in the language {found} instead of {wanted}"));
    }
    faults.extend(obeys(text, material, wish));
    if !differences.addresses.is_empty() {
        faults.push(format!("it has addresses that were not given: {}", differences.addresses.join(", ")));
    }
    if !wish.loose && differences.missing.len() > differences.kept {
        faults.push(format!("it lacks {}", differences.missing.iter().take(8).cloned().collect::<Vec<_>>().join(", ")));
    }
    faults
}
