//! How many syllables has a word?
//!
//! Vowels that stand together are one syllable, less those that are silent. For English the rules cover silent `e`, `-ed`, `-es`
//! and the commonest vowels in hiatus; measured against the CMU Pronouncing Dictionary by a test on a sample of it.

/// The syllables of a word; at least 1 if it has a letter, else 0.
pub(crate) fn count(word: &str, language: &str) -> usize {
    let letters: Vec<char> = word.chars().flat_map(char::to_lowercase).filter(|letter| letter.is_alphabetic()).collect();
    if letters.is_empty() {
        return 0;
    }
    let groups = match language {
        "en" => english(&letters),
        "fr" => french(&letters),
        "es" | "pt" | "it" => hiatus(&letters),
        // Every vowel letter is a syllable of its own.
        "ru" | "uk" | "bg" | "be" | "tr" | "hu" | "sr" | "mk" | "hr" | "sl" => letters.iter().filter(|letter| is_vowel(**letter)).count(),
        _ => runs(&letters),
    };
    groups.max(1)
}

fn is_vowel(letter: char) -> bool {
    matches!(
        letter,
        'a' | 'e'
            | 'i'
            | 'o'
            | 'u'
            | 'y'
            | 'ä'
            | 'ö'
            | 'ü'
            | 'à'
            | 'á'
            | 'â'
            | 'ã'
            | 'å'
            | 'æ'
            | 'è'
            | 'é'
            | 'ê'
            | 'ë'
            | 'ì'
            | 'í'
            | 'î'
            | 'ï'
            | 'ò'
            | 'ó'
            | 'ô'
            | 'õ'
            | 'ø'
            | 'œ'
            | 'ù'
            | 'ú'
            | 'û'
            | 'ý'
            | 'ÿ'
            | 'ą'
            | 'ę'
            | 'ě'
            | 'ů'
            | 'ő'
            | 'ű'
            | 'ı'
            | 'ă'
            | 'ā'
            | 'ē'
            | 'ī'
            | 'ū'
            | 'ė'
            | 'į'
            | 'ų'
            | 'а'
            | 'е'
            | 'ё'
            | 'и'
            | 'о'
            | 'у'
            | 'ы'
            | 'э'
            | 'ю'
            | 'я'
            | 'і'
            | 'ї'
            | 'є'
            | 'ъ'
            | 'α'
            | 'ε'
            | 'η'
            | 'ι'
            | 'ο'
            | 'υ'
            | 'ω'
            | 'ά'
            | 'έ'
            | 'ή'
            | 'ί'
            | 'ό'
            | 'ύ'
            | 'ώ'
    )
}

/// Stretches of vowels.
fn runs(letters: &[char]) -> usize {
    let mut count = 0;
    let mut within = false;
    for letter in letters {
        let vowel = is_vowel(*letter);
        count += usize::from(vowel && !within);
        within = vowel;
    }
    count
}

/// Stretches of vowels, where two strong ones (a, e, o) or an accented weak one (í, ú) are apart.
fn hiatus(letters: &[char]) -> usize {
    let strong =
        |letter: char| matches!(letter, 'a' | 'e' | 'o' | 'á' | 'é' | 'ó' | 'à' | 'è' | 'ò' | 'â' | 'ê' | 'ô' | 'í' | 'ú' | 'ì' | 'ù');
    let mut count = 0;
    let mut before: Option<char> = None;
    for (at, letter) in letters.iter().enumerate() {
        // `qu`, `gue`, `gui`: the `u` is not said.
        let silent = *letter == 'u'
            && at > 0
            && matches!(letters[at - 1], 'q' | 'g')
            && letters.get(at + 1).is_some_and(|next| {
                matches!(next, 'e' | 'i' | 'é' | 'í' | 'a' | 'o') && (letters[at - 1] == 'q' || matches!(next, 'e' | 'i' | 'é' | 'í'))
            });
        if silent || !is_vowel(*letter) {
            before = None;
            continue;
        }
        let apart = before.is_none_or(|before| strong(before) && strong(*letter));
        count += usize::from(apart);
        before = Some(*letter);
    }
    count
}

/// Stretches of vowels, less a last `e`, `es` or `ent` that is not said.
fn french(letters: &[char]) -> usize {
    let count = runs(letters);
    let ends = |ending: &str| {
        let ending: Vec<char> = ending.chars().collect();
        letters.len() > ending.len() + 1 && letters.ends_with(&ending) && !is_vowel(letters[letters.len() - ending.len() - 1])
    };
    if count > 1 && (ends("e") || ends("es")) { count - 1 } else { count }
}

fn english(letters: &[char]) -> usize {
    let word: String = letters.iter().collect();
    let vowel = |letter: char| matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y') || (!letter.is_ascii() && is_vowel(letter));
    let mut count: isize = 0;
    let mut within = false;
    for (at, letter) in letters.iter().enumerate() {
        // A `y` before a vowel is a consonant: `beyond`.
        let said = vowel(*letter) && !(*letter == 'y' && letters.get(at + 1).is_some_and(|next| vowel(*next)));
        count += isize::from(said && !within);
        within = said;
    }
    let n = letters.len();
    let at = |back: usize| n.checked_sub(back).and_then(|place| letters.get(place)).copied().unwrap_or(' ');
    // A last `e` after a consonant is silent; `-le` after a consonant is not.
    if at(1) == 'e' && n > 2 && !vowel(at(2)) && (at(2) != 'l' || vowel(at(3))) {
        count -= 1;
    }
    if word.ends_with("es") && n > 3 && !vowel(at(3)) {
        // `horses`, `boxes`, `dishes`: said after a hiss; `makes` is not.
        let said =
            matches!(at(3), 's' | 'z' | 'x' | 'c' | 'g') || (at(3) == 'h' && matches!(at(4), 'c' | 's')) || (at(3) == 'l' && !vowel(at(4)));
        count -= isize::from(!said);
    }
    if word.ends_with("ed") && n > 3 && !vowel(at(3)) && !matches!(at(3), 't' | 'd') && (at(3) != 'l' || vowel(at(4))) {
        count -= 1;
    }
    for silent in ["ely", "eless", "eness", "ement", "eful"] {
        if let Some(before) = word.strip_suffix(silent)
            && before.len() >= 2
            && !before.ends_with(['a', 'e', 'i', 'o', 'u'])
            && before.contains(['a', 'e', 'i', 'o', 'u', 'y'])
            && !(silent == "ement" && before.ends_with("cl"))
        {
            count -= 1;
        }
    }
    let times = |pattern: &str| isize::try_from(word.matches(pattern).count()).unwrap_or(0);
    // Vowels that are said apart, and where they are one after all.
    count += ["ia", "iu", "io", "eo", "ua", "uou", "ying"].into_iter().map(times).sum::<isize>();
    count -= [
        "tion", "sion", "cious", "tious", "gion", "cial", "xious", "cian", "geous", "gious", "qua", "gua", "people", "cion", "tia", "sia",
        "eou", "ssua",
    ]
    .into_iter()
    .map(times)
    .sum::<isize>();
    if word.ends_with("ism") || word.ends_with("isms") {
        count += 1;
    }
    // `didn't`, whose apostrophe is no letter.
    if matches!(word.as_str(), "didnt" | "couldnt" | "wouldnt" | "shouldnt" | "doesnt" | "isnt" | "wasnt" | "hasnt" | "hadnt") {
        count += 1;
    }
    usize::try_from(count.max(1)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_agrees_with_the_pronouncing_dictionary() {
        let (mut right, mut all, mut sum, mut expected, mut wrong) = (0, 0, 0, 0, Vec::new());
        for line in include_str!("../../tests/reference/syllables.tsv").lines() {
            let (word, syllables) = line.split_once('\t').unwrap();
            let syllables: usize = syllables.parse().unwrap();
            let counted = count(word, "en");
            all += 1;
            right += usize::from(counted == syllables);
            sum += counted;
            expected += syllables;
            if counted != syllables {
                wrong.push(format!("{word} {counted}/{syllables}"));
            }
        }
        let share = right as f64 / f64::from(all);
        println!("{right} of {all} words ({share:.4}), {sum} syllables for {expected}");
        assert!(all >= 2_000 && share >= 0.90, "{share}: {:?}", &wrong[..wrong.len().min(300)]);
        assert!((sum as f64 / expected as f64 - 1.0).abs() < 0.02, "{sum} for {expected}");
    }

    #[test]
    fn other_languages_count_as_their_schoolbooks_do() {
        for (language, word, syllables) in [
            ("de", "Freiheit", 2),
            ("de", "Menschenrechte", 4),
            ("es", "país", 2),
            ("es", "aéreo", 4),
            ("es", "guitarra", 3),
            ("it", "famiglia", 3),
            ("fr", "table", 1),
            ("fr", "liberté", 3),
            ("ru", "молоко", 3),
            ("tr", "okul", 2),
            ("nl", "vrijheid", 2),
            ("en", "", 0),
            ("en", "42", 0),
        ] {
            assert_eq!(count(word, language), syllables, "{word}");
        }
    }
}
