//! What counts as the same word and what says nothing: stems and stop words by language.

use std::collections::HashSet;

use rust_stemmers::{Algorithm, Stemmer};

/// How words of one language are looked at.
pub(crate) struct Words {
    language: String,
    stemmer: Option<Stemmer>,
    stop_words: Option<HashSet<&'static str>>,
}

impl Words {
    /// Of a language by its two-letter code.
    pub(crate) fn of(language: &str) -> Self {
        // The lists know Norwegian as a whole.
        let listed = if language == "nb" { "no" } else { language };
        let stop_words = stop_words::lookup(listed).map(|words| words.iter().copied().collect());
        Self { language: language.to_owned(), stemmer: algorithm(language).map(Stemmer::create), stop_words }
    }

    /// The language's two-letter code.
    pub(crate) fn language(&self) -> &str {
        &self.language
    }

    /// Where a short word that has lost its last vowel ends within a word as texts write it, in bytes: that of `l’` in `l’équipe`.
    pub(crate) fn elided(&self, word: &str) -> Option<usize> {
        let known: &[&str] = match self.language.as_str() {
            "fr" => &["l", "d", "j", "m", "t", "s", "n", "c", "qu", "lorsqu", "puisqu", "jusqu", "quoiqu"],
            "it" => &["l", "d", "un", "dell", "all", "nell", "dall", "sull", "c", "gl", "quest", "quell", "s", "m", "t", "v"],
            "ca" => &["l", "d", "m", "t", "s", "n"],
            _ => return None,
        };
        let place = word.find(['\'', '’'])?;
        let end = place + word[place..].chars().next().map_or(0, char::len_utf8);
        (known.contains(&word[..place].to_lowercase().as_str()) && word[end..].starts_with(char::is_alphanumeric)).then_some(end)
    }

    /// Whether there is a list of stop words.
    pub(crate) fn has_stop_words(&self) -> bool {
        self.stop_words.is_some()
    }

    /// Whether a word in lower case says nothing by itself.
    pub(crate) fn is_stop_word(&self, word: &str) -> bool {
        let known = |word: &str| self.stop_words.as_ref().is_some_and(|words| words.contains(word));
        // Lists write apostrophes straight.
        known(word) || (word.contains('’') && known(&word.replace('’', "'")))
    }

    /// The stem of a word in lower case.
    pub(crate) fn stem(&self, word: &str) -> String {
        match &self.stemmer {
            Some(stemmer) => stemmer.stem(word).into_owned(),
            None => word.to_owned(),
        }
    }
}

fn algorithm(language: &str) -> Option<Algorithm> {
    Some(match language {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "nl" => Algorithm::Dutch,
        "en" => Algorithm::English,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nb" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "es" => Algorithm::Spanish,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_their_stem() {
        let english = Words::of("en");
        assert_eq!(english.stem("nations"), english.stem("nation"));
        let german = Words::of("de");
        assert_eq!(german.stem("kindern"), german.stem("kinder"));
        assert_eq!(Words::of("zh").stem("人"), "人");
    }

    #[test]
    fn what_lost_its_vowel_is_told_from_the_word() {
        let french = Words::of("fr");
        for (word, place) in
            [("l’équipe", Some(4)), ("l'équipe", Some(2)), ("Qu'il", Some(3)), ("aujourd'hui", None), ("équipe", None), ("l'", None)]
        {
            assert_eq!(french.elided(word), place, "{word}");
        }
        assert_eq!((Words::of("it").elided("dell'arte"), Words::of("en").elided("don't")), (Some(5), None));
    }

    #[test]
    fn stop_words_are_those_of_the_language() {
        assert!(Words::of("en").is_stop_word("the") && Words::of("en").is_stop_word("don’t"));
        assert!(Words::of("de").is_stop_word("der") && !Words::of("de").is_stop_word("freiheit"));
        assert!(Words::of("nb").has_stop_words());
    }
}
