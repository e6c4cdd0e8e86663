//! Which numbers and names does a part of a goal state as parameters?

use crate::given::Given;
use crate::words::{Kind, Token, name_stems};

use super::Builder;
use crate::values::What;

/// A number beside one of some words: `four sentences`, `top 5`, `sentences: 3`.
pub(crate) fn beside(tokens: &[Token], words: &[&str]) -> Option<u64> {
    let whole = |token: &Token| match token.kind {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
        Kind::Number(value) if value.fract() == 0.0 && (0.0..1e9).contains(&value) => Some(value as u64),
        _ => None,
    };
    for (place, token) in tokens.iter().enumerate() {
        let Some(value) = whole(token) else { continue };
        let near = |place: usize| tokens.get(place).is_some_and(|other| words.iter().any(|word| other.is(word)));
        if near(place + 1) || near(place + 2) || near(place + 3) || (place > 0 && near(place - 1)) {
            return Some(value);
        }
    }
    None
}

/// The first number of a text.
pub(crate) fn first(tokens: &[Token]) -> Option<f64> {
    tokens.iter().find_map(Token::number)
}

/// Languages by their English names.
const LANGUAGES: &[(&str, &str)] = &[
    ("english", "en"),
    ("german", "de"),
    ("french", "fr"),
    ("spanish", "es"),
    ("italian", "it"),
    ("portuguese", "pt"),
    ("dutch", "nl"),
    ("polish", "pl"),
    ("russian", "ru"),
    ("turkish", "tr"),
    ("arabic", "ar"),
    ("chinese", "zh"),
    ("japanese", "ja"),
    ("korean", "ko"),
    ("hindi", "hi"),
    ("swedish", "sv"),
    ("danish", "da"),
    ("norwegian", "nb"),
    ("finnish", "fi"),
    ("czech", "cs"),
    ("greek", "el"),
    ("hebrew", "he"),
    ("hungarian", "hu"),
    ("ukrainian", "uk"),
    ("romanian", "ro"),
    ("bulgarian", "bg"),
    ("croatian", "hr"),
    ("slovak", "sk"),
    ("vietnamese", "vi"),
    ("thai", "th"),
    ("indonesian", "id"),
    ("persian", "fa"),
    ("catalan", "ca"),
    ("latin", "la"),
];

/// The language that a text names, the last one where there are several: `from English into German`.
pub(crate) fn language(tokens: &[Token]) -> Option<&'static str> {
    let named = |token: &Token| LANGUAGES.iter().find(|(name, _)| token.is(name)).map(|(_, code)| *code);
    let after = tokens.windows(2).filter(|pair| pair[0].is_any(&["into", "to", "in"])).find_map(|pair| named(&pair[1]));
    after.or_else(|| tokens.iter().rev().find_map(named))
}

const SOURCES: &[(&str, &str)] = &[
    ("python", "python"),
    ("javascript", "javascript"),
    ("typescript", "typescript"),
    ("rust", "rust"),
    ("java", "java"),
    ("golang", "go"),
    ("go", "go"),
];

/// The programming language that a text names.
pub(crate) fn source_language(tokens: &[Token]) -> Option<&'static str> {
    let ending = |token: &Token| {
        let (_, ending) = token.lower.rsplit_once('.')?;
        Some(match ending {
            "py" => "python",
            "js" | "mjs" | "jsx" => "javascript",
            "ts" | "tsx" => "typescript",
            "rs" => "rust",
            "java" => "java",
            "go" => "go",
            _ => return None,
        })
    };
    let named = tokens.iter().find_map(|token| {
        SOURCES.iter().find(|(name, _)| token.is(name) && (*name != "go" || token.text == "Go")).map(|(_, language)| *language)
    });
    named.or_else(|| tokens.iter().filter(|token| matches!(token.kind, Kind::Address | Kind::File)).find_map(ending))
}

impl Builder<'_> {
    /// An input of kind number that a text speaks of, as an expression. The only one is also meant by `the threshold that I give`.
    pub(crate) fn number_input(&self, tokens: &[Token]) -> Option<String> {
        let numbers: Vec<&Given> = self.given.iter().filter(|given| crate::values::Value::of_input(given).what == What::Number).collect();
        let spoken = numbers.iter().find(|given| {
            let stems = name_stems(&given.name);
            tokens.iter().any(|token| stems.contains(&token.stem) || token.lower == given.name.to_lowercase())
        });
        spoken.map(|given| format!("inputs.{}", given.name))
    }

    /// An input of kind number by one of some names.
    pub(crate) fn number_named(&self, names: &[&str]) -> Option<String> {
        let numbers = self.given.iter().filter(|given| crate::values::Value::of_input(given).what == What::Number);
        let found = numbers
            .filter(|given| names.iter().any(|name| given.name.to_lowercase().contains(name)))
            .map(|given| format!("inputs.{}", given.name));
        found.into_iter().next()
    }
}
