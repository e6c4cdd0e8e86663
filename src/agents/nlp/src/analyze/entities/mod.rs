//! What does a text name that has a form of its own: addresses, dates, sums, numbers with a checksum?
//!
//! Each kind has a pattern and a check. What fails its check (an IBAN's remainder, a card's Luhn digit, the 31st of April) is not
//! named at all. Kinds are tried in the order of the list, and what one has taken no later one gets. Persons and organizations are
//! named only beside a title or a legal form: without a gazetteer anything more would be a guess.

mod checks;
mod dates;

use std::sync::LazyLock;

use baton_agents_runtime::{Context, SkillError};
use regex::{Regex, RegexBuilder};
use serde::Serialize;

/// Something that a text names; places are in characters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Entity {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    /// The same in one form: ISO 8601 for dates, digits alone for numbers with a checksum, amount and currency for sums.
    pub(crate) value: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a check finds: the value, and how many bytes of the match belong to it.
type Checked = Option<(String, usize)>;

/// A kind, its pattern and its check, before the pattern is compiled.
type Described = (&'static str, String, fn(&str) -> Checked);

struct Rule {
    kind: &'static str,
    pattern: Option<Regex>,
    check: fn(&str) -> Checked,
}

/// Every kind, in the order in which they are tried.
pub(crate) const KINDS: &[&str] = &[
    "url",
    "email",
    "iban",
    "isbn",
    "credit_card",
    "datetime",
    "date",
    "uuid",
    "ip_address",
    "coordinates",
    "percentage",
    "money",
    "version",
    "phone",
    "time",
    "hashtag",
    "mention",
    "person",
    "organization",
];

/// Bytes of the automaton that a pattern may keep: what is seldom made anew is fast.
const AUTOMATON: usize = 16 << 20;
const NUMBER: &str = r"(?:\d{1,3}(?:[,.'’ \u{a0}\u{202f}]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)";
const CAPITALIZED: &str = r"\p{Lu}[\p{L}'’\-]*\p{Ll}[\p{L}'’\-]*";

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let month = dates::month_pattern();
    let scale = r"(?: ?(?i:thousand|million|billion|trillion|mio\.?|mrd\.?|millionen|milliarden|millions|milliards|bn|k|m)\b)?";
    let currency = checks::currency_pattern();
    let rules: Vec<Described> = vec![
        ("url", r#"(?i)(?:(?:https?|ftp)://|www\.)[^\s<>"“”«»\u{3000}-\u{303f}]{3,2000}"#.to_owned(), checks::url),
        ("email", r"[A-Za-z0-9](?:[A-Za-z0-9._%+\-]{0,62}[A-Za-z0-9_%+\-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}".to_owned(), checks::email),
        ("iban", r"[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}".to_owned(), checks::iban),
        ("isbn", r"(?:(?i:ISBN)(?:-1[03])?:? ?)?(?:97[89][ \-]?)?\d(?:[ \-]?\d){8}[ \-]?[\dX]".to_owned(), checks::isbn),
        ("credit_card", r"\d(?:[ \-]?\d){12,18}".to_owned(), checks::card),
        ("datetime", r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?Z| ?[+\-]\d{2}:?\d{2})?".to_owned(), dates::datetime),
        (
            "date",
            format!(
                r"\d{{4}}年\d{{1,2}}月\d{{1,2}}日|\d{{4}}[\-/.]\d{{1,2}}[\-/.]\d{{1,2}}|\d{{1,2}}[./\-]\d{{1,2}}[./\-]\d{{4}}|\d{{4}}-W\d{{2}}|Q[1-4][ /]\d{{4}}|\d{{1,2}}(?:st|nd|rd|th|\.|er|º|ª)?[ \-](?:de |of )?(?i:{month})\.?(?:,? (?:de |del )?\d{{4}}|-\d{{4}})?|(?i:{month})\.? (?:de )?\d{{4}}|(?i:{month})\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
            ),
            dates::date,
        ),
        ("uuid", r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}".to_owned(), checks::lower),
        ("ip_address", r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/\d{1,3})?".to_owned(), checks::ip),
        (
            "coordinates",
            r#"[+\-−]?\d{1,2}\.\d{3,12}°? ?[NS]?, ?[+\-−]?\d{1,3}\.\d{3,12}°? ?[EW]?|\d{1,2}° ?\d{1,2}['′’] ?(?:\d{1,2}(?:\.\d{1,6})?["″”] ?)?[NS],? ?\d{1,3}° ?\d{1,2}['′’] ?(?:\d{1,2}(?:\.\d{1,6})?["″”] ?)?[EWO]"#
                .to_owned(),
            checks::coordinates,
        ),
        ("percentage", format!(r"[+\-−]?{NUMBER}[ \u{{a0}}\u{{202f}}]?(?:%|‰|(?i:percent|per cent|prozent|pour cent|por ciento|procent)\b)"), checks::percentage),
        ("money", format!(r"(?:{currency})[ \u{{a0}}]?{NUMBER}{scale}|{NUMBER}{scale}[ \u{{a0}}\u{{202f}}]?(?:{currency})"), checks::money),
        ("version", r"(?i:version|release|v\.?) ?\d{1,6}(?:\.\d{1,6}){0,3}(?:[\-+][0-9A-Za-z.\-+]{1,40})?|\d{1,6}\.\d{1,6}\.\d{1,6}(?:[\-+][0-9A-Za-z.\-+]{1,40})?".to_owned(), checks::version),
        ("phone", r"\+\d[\d ()./\-\u{a0}]{6,24}\d|\(0?\d{2,5}\)[ /\-]?\d[\d \-/]{4,12}\d|0\d{1,5}[ /\-]\d[\d \-/]{4,12}\d|\d{3}-\d{3}-\d{4}".to_owned(), checks::phone),
        ("time", r"\d{1,2}:\d{2}(?::\d{2})?(?: ?(?i:[ap]\.?m\.?))?|\d{1,2} ?(?i:[ap]\.?m\.?)".to_owned(), dates::time),
        ("hashtag", r"#[\p{N}_]{0,50}\p{L}[\p{L}\p{N}_]{0,100}".to_owned(), checks::lower),
        ("mention", r"@[A-Za-z0-9_]{2,30}".to_owned(), checks::lower),
        (
            "person",
            format!(r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Dame|Herr|Frau|Mme|Monsieur|Madame|Señor|Señora|Sr|Sra|Dott|Signor|Signora|Senator|President|Judge|Captain)\.? (?:(?:Dr|Prof)\.? )?(?:{CAPITALIZED}|\p{{Lu}}\.)(?: (?:(?:von|van|de|der|den|di|da|del|la|bin|al) ){{0,2}}(?:{CAPITALIZED}|\p{{Lu}}\.)){{0,3}}"),
            checks::name,
        ),
        (
            "organization",
            format!(r"(?:(?:{CAPITALIZED}|\p{{Lu}}{{2,6}}|&|of|for|und|and) ){{0,4}}(?:{CAPITALIZED}|\p{{Lu}}{{2,6}}),? (?:Inc|Ltd|LLC|LLP|PLC|plc|GmbH|AG|KG|SE|Corp|Corporation|S\.A|S\.p\.A|SARL|B\.V|N\.V|Oy|AB|A/S|ApS|Foundation|University|Institute|Ministry)\.?|(?:University|Ministry|Institute|Bank|Department) (?:of|for) {CAPITALIZED}(?: (?:and )?{CAPITALIZED}){{0,2}}"),
            checks::name,
        ),
    ];
    rules
        .into_iter()
        .map(|(kind, pattern, check)| Rule { kind, pattern: RegexBuilder::new(&pattern).dfa_size_limit(AUTOMATON).build().ok(), check })
        .collect()
});

/// Everything that the text names, in order.
pub(crate) fn find(context: &Context, text: &str) -> Result<Vec<Entity>, SkillError> {
    search(text, || context.check())
}

fn search(text: &str, go_on: impl Fn() -> Result<(), SkillError>) -> Result<Vec<Entity>, SkillError> {
    let borders = borders(text);
    // What is taken, by its first byte.
    let mut taken: std::collections::BTreeMap<usize, (usize, &'static str, String)> = std::collections::BTreeMap::new();
    for rule in RULES.iter() {
        let Some(pattern) = &rule.pattern else { continue };
        let (mut at, mut tried) = (0, 0_usize);
        for border in &borders {
            go_on()?;
            let part = &text[..*border];
            while let Some(found) = pattern.find_at(part, at) {
                tried += 1;
                if tried.is_multiple_of(1_024) {
                    go_on()?;
                }
                let start = found.start();
                // What fails is tried again behind it; a number behind its first figures, for a good one may begin within it.
                at = match rule.kind {
                    "iban" | "isbn" | "credit_card" | "phone" => found
                        .as_str()
                        .char_indices()
                        .skip(1)
                        .find(|(_, character)| !character.is_alphanumeric())
                        .map_or(found.end(), |(place, _)| start + place),
                    _ => found.end(),
                };
                let free = taken.range(..found.end()).next_back().is_none_or(|(_, (end, _, _))| *end <= start);
                if !free || !begins(text, start, rule.kind) {
                    continue;
                }
                if let Some((value, length)) = (rule.check)(found.as_str())
                    && ends(text, start + length, rule.kind)
                {
                    at = (start + length).max(start + 1);
                    taken.insert(start, (start + length, rule.kind, value));
                }
            }
            at = at.max(*border);
        }
    }
    go_on()?;
    let (mut bytes, mut characters) = (0, 0);
    let mut place = |byte: usize| {
        characters += text.get(bytes..byte).map_or(0, |piece| piece.chars().count());
        bytes = byte;
        characters
    };
    Ok(taken
        .into_iter()
        .map(|(start, (end, kind, value))| {
            let (first, last) = (place(start), place(end));
            Entity { kind, text: text[start..end].to_owned(), value, start: first, end: last }
        })
        .collect())
}

/// Where a search may pause to ask whether to go on: a text of megabytes is searched in parts, each up to the end of a line or sentence, or
/// a space where there is none. Without even that the search goes on to the end.
fn borders(text: &str) -> Vec<usize> {
    const PART: usize = 128 << 10;
    let mut borders = Vec::new();
    let mut last = 0;
    while text.len() - last > PART {
        let near = text.floor_char_boundary(last + PART);
        let (head, tail) = (&text[last..near], &text[near..]);
        let end = ["\n", ". ", " "].iter().find_map(|sign| head.rfind(sign).map(|place| last + place + sign.len()));
        let Some(end) = end.or_else(|| tail.find(char::is_whitespace).map(|place| near + place + 1)) else { break };
        let end = text.ceil_char_boundary(end);
        borders.push(end);
        last = end;
    }
    borders.push(text.len());
    borders
}

/// Whether something of this kind may begin here: not within a word or a number.
fn begins(text: &str, start: usize, kind: &str) -> bool {
    let Some(before) = text[..start].chars().next_back() else { return true };
    match kind {
        "hashtag" | "mention" => !(before.is_alphanumeric() || matches!(before, '#' | '@' | '&' | '/' | '_' | '.')),
        "email" => !(before.is_alphanumeric() || matches!(before, '.' | '_' | '%' | '+' | '-')),
        "date" | "datetime" if text[start..].contains('年') && !before.is_numeric() => true,
        "url" | "money" | "percentage" => !(before.is_ascii_alphanumeric() || matches!(before, '.' | ',') && number_before(text, start)),
        _ => {
            !(before.is_alphanumeric()
                || matches!(before, '_' | '#' | '@')
                || matches!(before, '.' | ',' | '-' | '/' | ':') && number_before(text, start))
        }
    }
}

/// Whether the character before the one before is a digit: `1.23` holds no `23`.
fn number_before(text: &str, start: usize) -> bool {
    text[..start].chars().nth_back(1).is_some_and(char::is_numeric)
}

/// Whether something of this kind may end here.
fn ends(text: &str, end: usize, kind: &str) -> bool {
    let mut after = text[end..].chars();
    let Some(next) = after.next() else { return true };
    match kind {
        "url" | "date" if !next.is_ascii_alphanumeric() && next.is_alphanumeric() => true,
        "email" => !(next.is_alphanumeric() || matches!(next, '@' | '_' | '-')),
        "url" | "hashtag" => true,
        // A port may follow.
        "ip_address" => !(next.is_alphanumeric() || matches!(next, '_' | '.' | '-') && after.next().is_some_and(char::is_numeric)),
        // Signs and words end themselves.
        "money" | "percentage" => !next.is_ascii_digit(),
        _ => {
            !(next.is_alphanumeric()
                || next == '_'
                || matches!(next, '.' | '-' | '/' | ':') && after.next().is_some_and(|character| character.is_ascii_digit()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<(&'static str, String)> {
        search(text, || Ok(())).unwrap().into_iter().map(|entity| (entity.kind, entity.value)).collect()
    }

    #[test]
    fn every_pattern_compiles_and_every_kind_has_one() {
        assert_eq!(RULES.iter().map(|rule| rule.kind).collect::<Vec<_>>(), KINDS);
        let broken: Vec<&str> = RULES.iter().filter(|rule| rule.pattern.is_none()).map(|rule| rule.kind).collect();
        assert!(broken.is_empty(), "{broken:?}");
    }

    #[test]
    fn what_has_a_form_is_named() {
        for (text, kind, value) in [
            ("Write to ann.lee+x@mail.example.org.", "email", "ann.lee+x@mail.example.org"),
            ("See https://example.org/a_(b)?c=1, please.", "url", "https://example.org/a_(b)?c=1"),
            ("(www.example.org)", "url", "www.example.org"),
            ("IBAN DE89 3704 0044 0532 0130 00 in time", "iban", "DE89370400440532013000"),
            ("GB82WEST12345698765432", "iban", "GB82WEST12345698765432"),
            ("card 4111 1111 1111 1111 expires", "credit_card", "4111111111111111"),
            ("order 12345 4111 1111 1111 1111 today", "credit_card", "4111111111111111"),
            ("378282246310005", "credit_card", "378282246310005"),
            ("ISBN 978-3-16-148410-0", "isbn", "9783161484100"),
            ("ISBN 0-306-40615-2.", "isbn", "0306406152"),
            ("on 2024-02-29 at", "date", "2024-02-29"),
            ("on 31.12.2023.", "date", "2023-12-31"),
            ("on 12/31/2023", "date", "2023-12-31"),
            ("on 31/12/2023", "date", "2023-12-31"),
            ("on 3 March 2021", "date", "2021-03-03"),
            ("on March 3rd, 2021,", "date", "2021-03-03"),
            ("on Mar 3 2021", "date", "2021-03-03"),
            ("am 3. März 2021", "date", "2021-03-03"),
            ("le 1er janvier 2020", "date", "2020-01-01"),
            ("el 5 de mayo de 1862", "date", "1862-05-05"),
            ("in June 1999", "date", "1999-06"),
            ("2023年5月1日に", "date", "2023-05-01"),
            ("2024/7/9", "date", "2024-07-09"),
            ("week 2024-W05", "date", "2024-W05"),
            ("in Q3 2024", "date", "2024-Q3"),
            ("14-Jul-2020", "date", "2020-07-14"),
            ("on May 5", "date", "--05-05"),
            ("2024-05-01T10:30:00Z", "datetime", "2024-05-01T10:30:00Z"),
            ("at 5:30 pm", "time", "17:30"),
            ("at 23:59:01", "time", "23:59:01"),
            ("$1,234.50 was paid", "money", "1234.50 USD"),
            ("1.234,50 € kosten", "money", "1234.50 EUR"),
            ("CHF 12'000", "money", "12000 CHF"),
            ("£3.5 million", "money", "3500000 GBP"),
            ("20 dollars", "money", "20 USD"),
            ("12.5% of", "percentage", "12.5 %"),
            ("um 3 Prozent", "percentage", "3 %"),
            ("10.0.0.1:80", "ip_address", "10.0.0.1"),
            ("from 192.168.1.0/24", "ip_address", "192.168.1.0/24"),
            ("2001:db8::1 answers", "ip_address", "2001:db8::1"),
            ("version 1.2", "version", "1.2"),
            ("v2.10.3-rc.1", "version", "2.10.3-rc.1"),
            ("+41 44 668 18 00", "phone", "+41446681800"),
            ("(212) 555-0123", "phone", "2125550123"),
            ("at 47.3769, 8.5417 in", "coordinates", "47.3769,8.5417"),
            ("48°51′24″N 2°21′03″E", "coordinates", "48.856667,2.350833"),
            ("#Rust2024 is", "hashtag", "#rust2024"),
            ("by @some_one", "mention", "@some_one"),
            ("7F3E0A52-90d1-4c6b-8f2e-0123456789ab", "uuid", "7f3e0a52-90d1-4c6b-8f2e-0123456789ab"),
            ("Dr. Anna Keller spoke", "person", "Dr. Anna Keller"),
            ("by Acme Widgets Ltd.", "organization", "Acme Widgets Ltd"),
        ] {
            assert!(found(text).contains(&(kind, value.to_owned())), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn what_fails_its_check_is_not() {
        for (text, kind) in [
            ("DE89 3704 0044 0532 0130 01", "iban"),
            ("4111 1111 1111 1112", "credit_card"),
            ("1234 5678 9012 3456 78", "credit_card"),
            ("978-3-16-148410-1", "isbn"),
            ("2023-02-29", "date"),
            ("31.04.2023", "date"),
            ("45/45/2020", "date"),
            ("25:61", "time"),
            ("300.1.1.1", "ip_address"),
            ("12:30:45", "ip_address"),
            ("91.5000, 8.0000", "coordinates"),
            ("a@b", "email"),
            ("mail..x@@example.org", "email"),
            ("#123", "hashtag"),
            ("it may 2 days", "date"),
            ("3.14159", "version"),
            ("abcdef", "uuid"),
            ("The House", "person"),
        ] {
            let named: Vec<_> = found(text).into_iter().filter(|(found, _)| *found == kind).collect();
            assert!(named.is_empty(), "{text}: {named:?}");
        }
    }

    proptest! {
        #[test]
        fn entities_never_overlap_and_stand_where_they_say(text in "[ a-zA-Zé0-9@.:/+#%€$,\\-°漢\n]{0,300}") {
            let characters: Vec<char> = text.chars().collect();
            let mut last = 0;
            for entity in search(&text, || Ok(())).unwrap() {
                prop_assert!(entity.start >= last && entity.end > entity.start);
                prop_assert_eq!(characters[entity.start..entity.end].iter().collect::<String>(), entity.text);
                last = entity.end;
            }
        }
    }
}
