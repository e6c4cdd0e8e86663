//! Where sentences begin and end: the boundaries of UAX 29, less those after abbreviations and within wrapped lines.

use unicode_segmentation::UnicodeSegmentation;

/// Words whose full stop ends no sentence, in lower case and without it.
const ABBREVIATIONS: &[&str] = &[
    // English
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "e.g", "i.e", "etc", "cf", "fig", "figs", "eq", "no", "vol", "pp", "ed", "eds",
    "approx", "dept", "est", "gen", "gov", "sen", "rep", "rev", "hon", "lt", "col", "sgt", "capt", "u.s", "u.k", "a.m", "p.m", "ph.d",
    "al", "ca", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", // German
    "z.b", "d.h", "bzw", "usw", "nr", "abs", "u.a", "o.ä", "str", "ggf", "vgl", "evtl", "inkl", "zzgl", "hrsg", "hr", "fr", "z.t", "bspw",
    // French, Spanish, Italian, Portuguese, Dutch
    "m", "mme", "mlle", "p.ex", "c.-à-d", "sr", "sra", "srta", "ud", "uds", "p.ej", "ej", "sig", "sigg", "dott", "ecc", "pág", "art",
    "bijv", "d.w.z", "enz", "dhr", "mevr",
];

/// Abbreviations that end a sentence as often as not: what follows decides.
const OFTEN_LAST: &[&str] = &[
    "etc", "usw", "ecc", "enz", "a.m", "p.m", "u.s", "u.k", "al", "jr", "sr", "ph.d", "no", "art", "ed", "sig", "str", "col", "mar", "est",
    "fig", "rep", "hr", "fr",
];

/// The sentences of a text in order, each with its white space made single spaces. Blank ones are left out.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for paragraph in paragraphs(text) {
        let mut open = String::new();
        let mut pieces = paragraph.split_sentence_bounds().peekable();
        while let Some(piece) = pieces.next() {
            open.push_str(piece);
            if pieces.peek().is_some_and(|next| goes_on(&open, next)) {
                continue;
            }
            let sentence = open.trim();
            if !sentence.is_empty() {
                sentences.push(sentence.to_owned());
            }
            open.clear();
        }
    }
    sentences
}

/// Lines that belong together, joined by spaces. A line break within running text is no boundary; one after the end
/// of a sentence, after a short line (a heading, an item of a list) and a blank line are.
fn paragraphs(text: &str) -> Vec<String> {
    /// A line that is shorter was not wrapped.
    const WRAPPED: usize = 45;
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = String::new();
    let mut wrapped = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let joined = words.join(" ");
        if !wrapped && !open.is_empty() {
            paragraphs.push(std::mem::take(&mut open));
        }
        if joined.is_empty() {
            if !open.is_empty() {
                paragraphs.push(std::mem::take(&mut open));
            }
            wrapped = false;
            continue;
        }
        if !open.is_empty() {
            open.push(' ');
        }
        wrapped = joined.chars().count() >= WRAPPED;
        open.push_str(&joined);
    }
    if !open.is_empty() {
        paragraphs.push(open);
    }
    paragraphs
}

/// Whether the sentence is not over although UAX 29 sees a boundary.
fn goes_on(open: &str, next: &str) -> bool {
    let Some(before) = open.trim_end().strip_suffix('.') else { return false };
    let word =
        before.rsplit(|character: char| character.is_whitespace() || matches!(character, '(' | '[' | '"' | '“' | '«')).next().unwrap_or("");
    let follows = next.trim_start().chars().next();
    // A single capital letter is an initial, unless it is the pronoun.
    let mut letters = word.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return letter.is_uppercase() && letter != 'I' && follows.is_some_and(char::is_alphabetic);
    }
    let word = word.to_lowercase();
    if !ABBREVIATIONS.contains(&word.as_str()) {
        return false;
    }
    if !OFTEN_LAST.contains(&word.as_str()) {
        return true;
    }
    // `No. 5`, `p.m. and`: what goes on has a digit or a small letter.
    follows.is_some_and(|character| character.is_numeric() || character.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn abbreviations_and_initials_end_no_sentence() {
        assert_eq!(
            split("Dr. Keller met J. R. Smith at 5 p.m. in Basel. They spoke about No. 7, e.g. its size. It was 3.5 m long."),
            ["Dr. Keller met J. R. Smith at 5 p.m. in Basel.", "They spoke about No. 7, e.g. its size.", "It was 3.5 m long."]
        );
        assert_eq!(split("It was me and I. Then we left."), ["It was me and I.", "Then we left."]);
        assert_eq!(split("Das gilt z.B. für Kinder. Nicht für Dr. Huber."), ["Das gilt z.B. für Kinder.", "Nicht für Dr. Huber."]);
    }

    #[test]
    fn wrapped_lines_are_joined_and_headings_are_not() {
        let text =
            "A heading\nThis is a line that was wrapped by some text editor\nat a column of its own. Second one.\n\nThird\n- an item\n";
        assert_eq!(
            split(text),
            [
                "A heading",
                "This is a line that was wrapped by some text editor at a column of its own.",
                "Second one.",
                "Third",
                "- an item"
            ]
        );
    }

    #[test]
    fn exclamations_questions_and_other_scripts_are_split() {
        assert_eq!(split("Really?! Yes... Good!!! “Fine.” he said."), ["Really?!", "Yes...", "Good!!!", "“Fine.” he said."]);
        assert_eq!(split("人人生而自由。他们赋有理性和良心。"), ["人人生而自由。", "他们赋有理性和良心。"]);
    }

    proptest! {
        #[test]
        fn no_character_but_white_space_is_lost(text in "\\PC{0,200}") {
            let dense = |text: &str| text.split_whitespace().collect::<String>();
            let joined: String = split(&text).iter().map(|sentence| dense(sentence)).collect();
            prop_assert_eq!(joined, dense(&text));
        }
    }
}
