//! What is wrong with a text that a model wrote?

use unicode_segmentation::UnicodeSegmentation;
use whatlang::Detector;

use super::facts::Differences;

/// Texts of fewer words are too short to tell their language.
const LEAST_WORDS: f64 = 12.0;

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

/// What is wrong, in words that the model is told.
pub(super) fn faults(text: &str, wish: &Wish, differences: &Differences, cut_off: bool) -> Vec<String> {
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
    if !differences.addresses.is_empty() {
        faults.push(format!("it has addresses that were not given: {}", differences.addresses.join(", ")));
    }
    if !wish.loose && differences.missing.len() > differences.kept {
        faults.push(format!("it lacks {}", differences.missing.iter().take(8).cloned().collect::<Vec<_>>().join(", ")));
    }
    faults
}
