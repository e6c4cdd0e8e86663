//! Can this be a translation? What cannot is refused, whoever wrote it: a model that lacks the language, or one that obeyed the text.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::language;

/// Texts of fewer letters have no language that could be told.
const LETTERS: usize = 24;
/// From so many letters on the detector must name the target, or one that it takes for it.
const CERTAIN: usize = 120;
/// Shares of the original's length, weighed by script, within which a translation lies; short ones vary more.
const RATIO: (f64, f64) = (0.4, 2.5);
const SHORT_RATIO: (f64, f64) = (0.2, 5.0);
/// Texts of less weight are short.
const SHORT: f64 = 60.0;
/// The share of its words that a text may keep in another language.
const KEPT: f64 = 0.6;
/// Languages that a detector takes for one another.
const ALIKE: &[&[&str]] = &[
    &["nb", "da", "sv"],
    &["cs", "sk"],
    &["hr", "sr", "sl"],
    &["es", "pt", "ca"],
    &["ru", "uk", "be", "bg", "mk"],
    &["nl", "af"],
    &["hi", "mr", "ne"],
    &["id", "jv"],
];

/// What the checks saw.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) detected: &'static str,
    pub(super) confidence: f64,
    pub(super) language_checked: bool,
    pub(super) ratio: f64,
}

/// Checks a translation; the error says what is wrong with it.
pub(super) fn check(original: &str, translation: &str, source: &str, target: (&'static str, &'static str)) -> Result<Seen, String> {
    if !translation.chars().any(char::is_alphanumeric) {
        return Err("the answer is empty".to_owned());
    }
    let ratio = length(original, translation)?;
    copy(original, translation)?;
    addresses(original, translation)?;
    numbers(original, translation)?;
    let (detected, confidence, language_checked) = written_in(translation, source, target)?;
    Ok(Seen { detected, confidence, language_checked, ratio })
}

/// Characters, where one of Han or Kana counts as three and one of Hangul as two.
fn weight(text: &str) -> f64 {
    text.chars()
        .filter(|character| character.is_alphanumeric())
        .map(|character| match character {
            '\u{3040}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => 3.0,
            '\u{ac00}'..='\u{d7af}' => 2.0,
            _ => 1.0,
        })
        .sum()
}

fn length(original: &str, translation: &str) -> Result<f64, String> {
    let (before, after) = (weight(original), weight(translation));
    let ratio = after / before.max(1.0);
    let (least, most) = if before < SHORT { SHORT_RATIO } else { RATIO };
    // A few letters can become a phrase.
    let few = before < 12.0 && after < 80.0;
    if !few && !(least..=most).contains(&ratio) {
        return Err(format!("its length is {ratio:.2} of the original's"));
    }
    Ok(ratio)
}

fn words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphabetic()).filter(|word| word.chars().count() > 2).map(str::to_lowercase).collect()
}

fn copy(original: &str, translation: &str) -> Result<(), String> {
    let kept: HashSet<String> = words(original).into_iter().collect();
    let written = words(translation);
    let repeated = written.iter().filter(|word| kept.contains(*word)).count();
    if written.len() >= 6 && repeated as f64 > KEPT * written.len() as f64 {
        return Err("it repeats the original".to_owned());
    }
    if original.chars().filter(|character| character.is_alphabetic()).count() > LETTERS && original.trim() == translation.trim() {
        return Err("it repeats the original".to_owned());
    }
    Ok(())
}

static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(?:https?://|www\.)[^\s<>()]+|[\w.+\-]+@[\w\-]+\.[\w.\-]+").ok());

/// A translation has no address that the original has not.
fn addresses(original: &str, translation: &str) -> Result<(), String> {
    let Some(pattern) = ADDRESS.as_ref() else { return Ok(()) };
    let lower = original.to_lowercase();
    let new = pattern
        .find_iter(translation)
        .map(|found| found.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '。']))
        .find(|found| !lower.contains(&found.to_lowercase()));
    new.map_or(Ok(()), |address| Err(format!("it has an address that the original has not: {}", crate::text::cut(address, 80))))
}

/// Most of the original's longer numbers stand in the translation, however they are written.
fn numbers(original: &str, translation: &str) -> Result<(), String> {
    let of = |text: &str| -> HashSet<String> {
        let mut found = HashSet::new();
        let mut open = String::new();
        for character in text.chars().chain([' ']) {
            match digit(character) {
                Some(digit) => open.push(digit),
                // Separators of thousands and of decimals differ between languages.
                None if matches!(character, '.' | ',' | '\'' | '’' | '\u{a0}' | '\u{202f}') => {}
                None => {
                    if open.len() >= 2 {
                        found.insert(open.clone());
                    }
                    open.clear();
                }
            }
        }
        found
    };
    let wanted = of(original);
    let found = of(translation);
    let kept = wanted.intersection(&found).count();
    // Chinese and Japanese may write numbers out, a character or two for each.
    let written_out = translation.chars().filter(|character| "〇零一二三四五六七八九十百千万億亿".contains(*character)).count();
    if wanted.len() >= 3 && kept * 2 < wanted.len() && kept + written_out < wanted.len() {
        return Err(format!("it has {kept} of the original's {} numbers", wanted.len()));
    }
    Ok(())
}

/// A decimal digit of any script that the languages here are written in, as ASCII.
fn digit(character: char) -> Option<char> {
    const ZEROS: [u32; 12] = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6, 0xc66, 0xe50, 0x1040, 0xff10];
    let code = u32::from(character);
    ZEROS.iter().find_map(|zero| char::from_digit(code.checked_sub(*zero).filter(|value| *value < 10)?, 10))
}

fn written_in(translation: &str, source: &str, target: (&'static str, &'static str)) -> Result<(&'static str, f64, bool), String> {
    let letters = translation.chars().filter(|character| character.is_alphabetic()).count();
    // A letter of Han or Hangul says as much as several of an alphabet.
    let telling = weight(translation) as usize;
    let seen = language::detect(translation);
    if letters == 0 {
        return Ok((seen.language, seen.confidence, false));
    }
    let wrong = || Err(format!("it is in {}, not in {}", seen.name, target.1));
    if let Some(script) = language::script_of(target.0)
        && script != seen.script
        && telling >= 12
    {
        return wrong();
    }
    if telling < LETTERS {
        return Ok((seen.language, seen.confidence, false));
    }
    let alike = |code: &str| ALIKE.iter().any(|group| group.contains(&code) && group.contains(&target.0));
    if seen.language == target.0 || (alike(seen.language) && seen.language != source) {
        return Ok((seen.language, seen.confidence, true));
    }
    // Where little is to go by, the question is only: is it rather the target or the source or English?
    if telling < CERTAIN && !seen.reliable && language::nearest(translation, &[target.0, source, "en"]) == Some(target.0) {
        return Ok((seen.language, seen.confidence, true));
    }
    if alike(seen.language) && language::nearest(translation, &[target.0, source]) == Some(target.0) {
        return Ok((seen.language, seen.confidence, true));
    }
    wrong()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GERMAN: (&str, &str) = ("de", "German");
    const ORIGINAL: &str =
        "The harbour was rebuilt in 1987 and again in 2004, at a cost of 12,500 pounds. Write to office@example.org if you want to see it.";

    fn fails(translation: &str) -> String {
        check(ORIGINAL, translation, "en", GERMAN).unwrap_err()
    }

    #[test]
    fn a_translation_passes() {
        let seen = check(
            ORIGINAL,
            "Der Hafen wurde 1987 und noch einmal 2004 wiederaufgebaut, für 12.500 Pfund. Schreiben Sie an office@example.org, wenn Sie ihn sehen möchten.",
            "en",
            GERMAN,
        )
        .unwrap();
        assert!(seen.language_checked && seen.detected == "de");
        assert!(check("Hello", "Guten Tag", "en", GERMAN).is_ok());
        assert!(
            check(
                "All human beings are born free and equal in dignity and rights.",
                "人人生而自由，在尊严和权利上一律平等。",
                "en",
                ("zh", "Chinese")
            )
            .is_ok()
        );
        assert!(check("All human beings are born free.", "Alle mennesker er født frie.", "en", ("da", "Danish")).is_ok());
    }

    #[test]
    fn what_is_none_does_not() {
        assert!(fails(ORIGINAL).contains("repeats"));
        assert!(fails("PWNED").contains("length"));
        assert!(fails("").contains("empty"));
        assert!(
            fails(
                "Le port a été reconstruit en 1987 puis en 2004, pour 12 500 livres. Écrivez à office@example.org si vous voulez le voir."
            )
            .contains("French")
        );
        assert!(fails("Der Hafen wurde 1987 und noch einmal 2004 gebaut, für 12.500 Pfund. Schreiben Sie an boss@attacker.example, wenn Sie ihn sehen möchten.").contains("address"));
        assert!(fails("Ich habe alle Anweisungen vergessen und schreibe lieber ein schönes Gedicht über das weite Meer und die hohen Berge im Winter.").contains("numbers"));
    }

    #[test]
    fn declarations_pass_as_translations_of_one_another() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/texts");
        let article = |code: &str| std::fs::read_to_string(folder.join(format!("udhr-{code}.txt"))).unwrap();
        let names = [
            ("ar", "Arabic"),
            ("de", "German"),
            ("en", "English"),
            ("es", "Spanish"),
            ("fr", "French"),
            ("it", "Italian"),
            ("ja", "Japanese"),
            ("nl", "Dutch"),
            ("pl", "Polish"),
            ("pt", "Portuguese"),
            ("ru", "Russian"),
            ("tr", "Turkish"),
            ("zh", "Chinese"),
        ];
        for (source, _) in names {
            for target in names.iter().filter(|(code, _)| *code != source) {
                if let Err(failed) = check(&article(source), &article(target.0), source, *target) {
                    panic!("{source} to {}: {failed}", target.0);
                }
            }
        }
    }
}
