//! Which number does a text of a page hold? The first one, with its groups of thousands, as `€ 1,234.50 per month`.

/// The first number of a text. `decimal` is `.` or `,`; the other one, spaces and apostrophes may group digits. None if there is none.
#[must_use]
pub fn number(text: &str, decimal: char) -> Option<f64> {
    let characters: Vec<char> = text.chars().collect();
    let digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let start = (0..characters.len()).find(|at| digit(*at))?;
    // `.5` is a half.
    let half = start > 0 && characters[start - 1] == decimal && !(start > 1 && characters[start - 2].is_alphanumeric());
    let first = if half { start - 1 } else { start };
    let before: String = characters[..first].iter().collect();
    let before = before.trim_end();
    // A minus after a letter or a digit joins words: `A-5`.
    let mut back = before.chars().rev().skip_while(|c| matches!(c, '€' | '$' | '£' | '¥'));
    let negative = matches!(back.next(), Some('-' | '\u{2212}')) && !back.next().is_some_and(char::is_alphanumeric);
    let mut kept = String::from(if negative { "-" } else { "" });
    let mut at = first;
    let mut fraction = false;
    while let Some(c) = characters.get(at).copied() {
        let group = !fraction && matches!(c, ',' | '.' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}');
        if c.is_ascii_digit() {
            kept.push(c);
        } else if c == decimal && !fraction && digit(at + 1) {
            fraction = true;
            kept.push('.');
        } else if group && c != decimal && (1..=3).all(|after| digit(at + after)) && !digit(at + 4) {
            // A separator stands before exactly three digits.
        } else {
            break;
        }
        at += 1;
    }
    // `1e3`, as APIs and attributes write it.
    if matches!(characters.get(at), Some('e' | 'E')) {
        let sign = usize::from(matches!(characters.get(at + 1), Some('-' | '+')));
        let exponent: String = characters[at + 1 + sign..].iter().take_while(|c| c.is_ascii_digit()).collect();
        if (1..=3).contains(&exponent.len()) {
            kept.push('e');
            kept.extend(characters[at + 1..=at + sign].iter());
            kept.push_str(&exponent);
        }
    }
    kept.parse::<f64>().ok().filter(|number| number.is_finite())
}
