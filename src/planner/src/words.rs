//! Of which words is a goal made? Words with their stems, numbers, quotations, addresses and names of files, each with its place.

use baton_retrieval::words::stem;

/// What a piece of a goal is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Word,
    Number(f64),
    /// A number with a percent sign, as a share.
    Percent(f64),
    /// What stands in quotation marks, without them.
    Quoted,
    Address,
    File,
    Mark(char),
}

/// A piece of a goal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    /// As it is written, without quotation marks.
    pub(crate) text: String,
    pub(crate) lower: String,
    pub(crate) stem: String,
    pub(crate) kind: Kind,
    /// Where it stands in the goal, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.lower == word
    }

    pub(crate) fn is_any(&self, words: &[&str]) -> bool {
        self.kind == Kind::Word && words.contains(&self.lower.as_str())
    }

    pub(crate) const fn is_mark(&self) -> bool {
        matches!(self.kind, Kind::Mark(_))
    }

    pub(crate) const fn number(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(value) | Kind::Percent(value) => Some(value),
            _ => None,
        }
    }
}

/// Endings of names of files that goals speak of.
const ENDINGS: &[&str] = &[
    "csv", "tsv", "json", "ndjson", "parquet", "xlsx", "txt", "md", "pdf", "docx", "eml", "html", "htm", "xml", "rss", "atom", "zip",
    "log", "yaml", "yml", "toml", "lock", "py", "rs", "go", "java", "js", "ts", "tsx", "jsx", "mjs", "png", "sql", "tar", "gz", "ini",
    "cfg", "conf", "env", "sh", "wav", "mp3", "jpg", "jpeg", "svg", "gif", "jsonl", "mp4", "m4a",
];
const SMALL: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];
const TENS: [(&str, f64); 8] = [
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("hundred", 100.0),
];
/// Opening quotation marks and what closes them.
const QUOTES: [(char, char); 6] = [('"', '"'), ('`', '`'), ('“', '”'), ('„', '“'), ('«', '»'), ('‘', '’')];

/// The pieces of a goal, in order.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &text[at..];
        if let Some((inner, length)) = quotation(rest, found.last().is_some_and(|last| last.end == at)) {
            found.push(token(inner, Kind::Quoted, at, at + length));
            at += length;
        } else if rest.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("tl;dr")) {
            found.push(token("tldr", Kind::Word, at, at + 5));
            at += 5;
        } else if letter == '\n' {
            found.push(token("\n", Kind::Mark('\n'), at, at + 1));
            at += 1;
        } else if letter.is_whitespace() {
            at += letter.len_utf8();
        } else if rest.starts_with("http://") || rest.starts_with("https://") || rest.starts_with("www.") {
            let length = rest.find(|c: char| c.is_whitespace() || "<>\"`”’)".contains(c)).unwrap_or(rest.len());
            let address = rest[..length].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
            found.push(token(address, Kind::Address, at, at + address.len()));
            at += address.len().max(1);
        } else if letter.is_alphanumeric() || (letter == '_' && rest.len() > 1) {
            let length = word_length(rest);
            let word = &rest[..length];
            let (kind, more) = kind_of(word, &rest[length..]);
            found.push(token(word, kind, at, at + length + more));
            at += length + more;
        } else {
            found.push(token(&rest[..letter.len_utf8()], Kind::Mark(letter), at, at + letter.len_utf8()));
            at += letter.len_utf8();
        }
    }
    dozens(&mut found);
    found
}

/// "A dozen" is twelve, "half a dozen" six, "a couple" two.
fn dozens(tokens: &mut [Token]) {
    for place in 1..tokens.len() {
        let after = |back: usize, word: &str| place >= back && tokens[place - back].is(word);
        let value = match tokens[place].lower.as_str() {
            "dozen" if after(2, "half") || after(1, "half") => 6.0,
            "dozen" => 12.0,
            "couple" if after(1, "a") => 2.0,
            "handful" if after(1, "a") => 5.0,
            _ => continue,
        };
        tokens[place].kind = Kind::Number(value);
    }
}

/// A quotation at the beginning of a text: what is in it and how long it is with its marks. An apostrophe within a word opens none.
fn quotation(rest: &str, glued: bool) -> Option<(&str, usize)> {
    let first = rest.chars().next()?;
    let close = match QUOTES.iter().find(|(open, _)| *open == first) {
        Some((_, close)) => *close,
        None if first == '\'' && !glued => '\'',
        None => return None,
    };
    let body = &rest[first.len_utf8()..];
    let end = body.char_indices().find(|(place, c)| {
        let after = body[place + c.len_utf8()..].chars().next();
        *c == close && (close != '\'' || after.is_none_or(|after| !after.is_alphanumeric()))
    })?;
    let inner = &body[..end.0];
    (!inner.is_empty() && !inner.contains('\n')).then_some((inner, first.len_utf8() + end.0 + close.len_utf8()))
}

/// How long the word at the beginning is: letters, digits and `_`, and single `.`, `,`, `/` or `'` between them where they belong to it.
fn word_length(rest: &str) -> usize {
    let mut length = 0;
    let letters: Vec<(usize, char)> = rest.char_indices().collect();
    for (index, (place, letter)) in letters.iter().enumerate() {
        let next = letters.get(index + 1).map(|(_, next)| *next);
        let inner = match letter {
            _ if letter.is_alphanumeric() || *letter == '_' => true,
            '.' | '/' => {
                let word = &rest[..*place];
                let after: String = rest[place + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
                let number = *letter == '.' && word.chars().all(|c| c.is_ascii_digit()) && next.is_some_and(|next| next.is_ascii_digit());
                number || (*letter == '.' && ENDINGS.contains(&after.to_lowercase().as_str())) || (*letter == '/' && slashed(rest, *place))
            }
            ',' => rest[..*place].chars().all(|c| c.is_ascii_digit()) && thousands(&rest[place + 1..]),
            _ => false,
        };
        if !inner {
            break;
        }
        length = place + letter.len_utf8();
    }
    length
}

/// Whether a slash is within the path of a file.
fn slashed(rest: &str, place: usize) -> bool {
    let end = rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len());
    let path = rest[..end].trim_end_matches(['.', ':', ';']);
    place < path.len() && path.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending.to_lowercase().as_str()))
}

/// Whether a comma stands between thousands.
fn thousands(after: &str) -> bool {
    let digits = after.chars().take_while(char::is_ascii_digit).count();
    digits == 3
}

/// What a word is, and how many bytes after it belong to it.
fn kind_of(word: &str, after: &str) -> (Kind, usize) {
    let plain = word.replace(',', "");
    let (digits, glued_percent) = (plain.as_str(), after.starts_with('%'));
    if let Ok(value) = digits.parse::<f64>()
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && value.is_finite()
    {
        if glued_percent {
            return (Kind::Percent(value / 100.0), 1);
        }
        let spaced = after.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        let gap = after.len() - spaced.len();
        if spaced.starts_with('%') {
            return (Kind::Percent(value / 100.0), gap + 1);
        }
        for unit in ["percent", "per cent"] {
            if spaced.to_lowercase().starts_with(unit) {
                return (Kind::Percent(value / 100.0), gap + unit.len());
            }
        }
        return (Kind::Number(value), 0);
    }
    let lower = word.to_lowercase();
    if let Some(value) = SMALL.iter().position(|name| *name == lower).filter(|value| *value != 1) {
        #[expect(clippy::cast_precision_loss, reason = "at most twenty")]
        return (Kind::Number(value as f64), 0);
    }
    if let Some((_, value)) = TENS.iter().find(|(name, _)| *name == lower) {
        return (Kind::Number(*value), 0);
    }
    if lower.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)) {
        return (Kind::File, 0);
    }
    (Kind::Word, 0)
}

fn token(text: &str, kind: Kind, start: usize, end: usize) -> Token {
    let lower = text.to_lowercase();
    let stem = if kind == Kind::Word { stem(&lower) } else { lower.clone() };
    Token { text: text.to_owned(), lower, stem, kind, start, end }
}

/// The stems of a name: `body_mass_g`, `bodyMass` and `body mass` have the same.
pub(crate) fn name_stems(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if letter.is_alphanumeric() { letter } else { ' ' });
        before = letter;
    }
    spaced.to_lowercase().split_whitespace().map(stem).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, Kind)> {
        tokens(text).into_iter().map(|token| (token.text, token.kind)).collect()
    }

    #[test]
    fn numbers_quotations_addresses_and_files_are_whole() {
        assert_eq!(
            shown("Read https://example.org/a.html, then 20 % of 'order total' in sales.csv."),
            vec![
                ("Read".into(), Kind::Word),
                ("https://example.org/a.html".into(), Kind::Address),
                (",".into(), Kind::Mark(',')),
                ("then".into(), Kind::Word),
                ("20".into(), Kind::Percent(0.2)),
                ("of".into(), Kind::Word),
                ("order total".into(), Kind::Quoted),
                ("in".into(), Kind::Word),
                ("sales.csv".into(), Kind::File),
                (".".into(), Kind::Mark('.')),
            ]
        );
    }

    #[test]
    fn an_apostrophe_opens_no_quotation() {
        let words: Vec<String> = tokens("the customer's mood isn't 'good'").into_iter().map(|token| token.text).collect();
        assert_eq!(words, ["the", "customer", "'", "s", "mood", "isn", "'", "t", "good"]);
    }

    #[test]
    fn numbers_come_in_words_and_with_thousands() {
        let numbers: Vec<f64> = tokens("three of 1,000 and 0.05 or twelve, thirty").iter().filter_map(Token::number).collect();
        assert_eq!(numbers, [3.0, 1000.0, 0.05, 12.0, 30.0]);
    }

    #[test]
    fn names_have_the_same_stems_however_they_are_written() {
        assert_eq!(name_stems("customerReviews"), name_stems("customer_review"));
        assert_eq!(name_stems("body_mass_g").len(), 3);
    }

    proptest::proptest! {
        #[test]
        fn pieces_lie_in_order_within_any_text(text in "\\PC{0,80}") {
            let mut end = 0;
            for token in tokens(&text) {
                proptest::prop_assert!(token.start >= end && token.end > token.start && token.end <= text.len());
                proptest::prop_assert!(text.is_char_boundary(token.start) && text.is_char_boundary(token.end));
                end = token.end;
            }
        }
    }
}
