//! Which columns does a goal speak of, and as what?

use crate::given::{Column, ColumnKind};
use crate::words::{Kind, Token, name_stems};

/// A column that is spoken of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spoken {
    pub(crate) name: String,
    pub(crate) kind: Option<ColumnKind>,
    pub(crate) levels: usize,
    /// Where, among the tokens that were looked at.
    pub(crate) at: usize,
    /// The word before it that says as what.
    pub(crate) role: Role,
}

/// As what a column is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// What is looked at.
    Value,
    /// What rows are put together by: `per`, `by`, `for each`.
    Group,
    /// What values are held against: `over`, `against`.
    Along,
}

/// Units at the end of a column's name, which goals leave out.
const UNITS: &[&str] = &[
    "g", "kg", "mm", "cm", "m", "km", "c", "f", "s", "ms", "h", "usd", "eur", "gbp", "pct", "percent", "id", "no", "deg", "mg", "ml", "l",
    "kwh",
];
const GROUPING: &[&str] = &["by", "per", "each", "every", "between", "across", "among", "grouped", "within"];
const ALONG: &[&str] = &["over", "against", "versus", "vs", "along", "with", "on"];

/// The columns that a text speaks of, in its order: those of the table where they are known, else those that are quoted, have underscores or
/// are called a column.
pub(crate) fn spoken(tokens: &[Token], known: &[Column]) -> Vec<Spoken> {
    let mut found: Vec<(usize, usize, Spoken)> = Vec::new();
    if known.is_empty() {
        for (place, token) in tokens.iter().enumerate() {
            if is_stated(tokens, place) {
                found.push((place, 1, Spoken { name: token.text.clone(), kind: None, levels: 0, at: place, role: role(tokens, place) }));
            }
        }
    }
    let mut candidates: Vec<(Vec<String>, &Column)> = Vec::new();
    for column in known {
        let full = name_stems(&column.name);
        if full.len() > 1 && full.last().is_some_and(|last| UNITS.contains(&last.as_str())) {
            candidates.push((full[..full.len() - 1].to_vec(), column));
        }
        if full.last().is_some_and(|last| last == "email" || last == "mail") {
            candidates.push((vec!["e".to_owned(), "mail".to_owned()], column));
        }
        candidates.push((full, column));
    }
    candidates.sort_by_key(|(stems, _)| std::cmp::Reverse(stems.len()));
    for (stems, column) in candidates.iter().filter(|(stems, _)| !stems.is_empty()) {
        for place in 0..tokens.len() {
            let exact = tokens[place].lower == column.name.to_lowercase() && !tokens[place].is_mark();
            let length = if exact { 1 } else { spread(tokens, place, stems) };
            let free = found.iter().all(|(at, taken, _)| place + length <= *at || at + taken <= place);
            if length > 0 && free {
                let spoken = Spoken {
                    name: column.name.clone(),
                    kind: Some(column.kind),
                    levels: column.levels,
                    at: place,
                    role: role(tokens, place),
                };
                found.push((place, length, spoken));
            }
        }
    }
    // A value of a column speaks of the column: "between male and female".
    for column in known.iter().filter(|column| !column.values.is_empty()) {
        for place in 0..tokens.len() {
            let free = found.iter().all(|(at, taken, spoken)| (place < *at || at + taken <= place) && spoken.name != column.name);
            if free && value_at(tokens, place, column).is_some() {
                found.push((
                    place,
                    1,
                    Spoken { name: column.name.clone(), kind: Some(column.kind), levels: column.levels, at: place, role: Role::Group },
                ));
            }
        }
    }
    partly(tokens, known, &mut found);
    found.sort_by_key(|(place, ..)| *place);
    let mut seen: Vec<Spoken> = Vec::new();
    for (_, _, spoken) in found {
        // Said twice, the second time as a group: "average price per price class" is not; "sales by month, month by month" is.
        match seen.iter_mut().find(|known| known.name == spoken.name) {
            Some(known) if known.role == Role::Value && spoken.role != Role::Value => known.role = spoken.role,
            Some(_) => {}
            None => seen.push(spoken),
        }
    }
    seen
}

/// Columns of which only a part is said, where it can be no other: `hours` of `hours_worked`, `temperature` of `temp`.
fn partly(tokens: &[Token], known: &[Column], found: &mut Vec<(usize, usize, Spoken)>) {
    let telling = |stem: &str| stem.chars().count() >= 3 && !UNITS.contains(&stem) && !GENERIC.contains(&stem);
    let likely = |word: &str, stem: &str| {
        let (short, long) = if word.len() < stem.len() { (word, stem) } else { (stem, word) };
        word == stem || (short.chars().count() >= 4 && long.starts_with(short) && long.len() >= short.len() + 3)
    };
    let stems: Vec<Vec<String>> = known.iter().map(|column| name_stems(&column.name)).collect();
    for (place, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Word || !telling(&token.stem) || found.iter().any(|(at, length, _)| place >= *at && place < at + length) {
            continue;
        }
        let fits = |exact: bool| -> Vec<usize> {
            let same = |stem: &String| telling(stem) && if exact { *stem == token.stem } else { likely(&token.stem, stem) };
            (0..known.len()).filter(|number| stems[*number].iter().any(same)).collect()
        };
        let exact = fits(true);
        let all = if exact.is_empty() { fits(false) } else { exact };
        if let [one] = all.as_slice()
            && !found.iter().any(|(_, _, spoken)| spoken.name == known[*one].name)
        {
            found.push((place, 1, said(&known[*one], tokens, place)));
        }
    }
}

/// Parts of names that say nothing by themselves.
const GENERIC: &[&str] = &[
    "name", "number", "total", "date", "time", "valu", "count", "type", "averag", "mean", "sum", "per", "the", "and", "for", "new", "old",
    "all", "our",
];

fn said(column: &Column, tokens: &[Token], place: usize) -> Spoken {
    Spoken { name: column.name.clone(), kind: Some(column.kind), levels: column.levels, at: place, role: role(tokens, place) }
}

/// Columns of some kinds that a text speaks of in other words, as `takings` of `revenue`, where only one of them can be meant.
pub(crate) fn related(tokens: &[Token], known: &[Column], kinds: &[ColumnKind]) -> Vec<Spoken> {
    let mut found: Vec<Spoken> = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let counts =
            ["total", "sum", "amount", "value", "number", "count", "volume", "average", "mean", "long"].contains(&token.lower.as_str());
        if token.kind != Kind::Word || counts {
            continue;
        }
        let fits: Vec<&Column> = known
            .iter()
            .filter(|column| kinds.contains(&column.kind) && crate::lexicon::relation(&token.stem, &name_stems(&column.name)) > 0)
            .collect();
        if let [one] = fits.as_slice()
            && !found.iter().any(|known| known.name == one.name)
        {
            found.push(said(one, tokens, place));
        }
    }
    found
}

/// The value of a column that a token says. Short ones could be anything, unless the column's name stands before them.
pub(crate) fn value_at<'a>(tokens: &[Token], place: usize, column: &'a Column) -> Option<&'a str> {
    let token = tokens.get(place)?;
    if !matches!(token.kind, Kind::Word | Kind::Quoted) {
        return None;
    }
    let stems = name_stems(&column.name);
    let called = place > 0 && stems.last() == Some(&tokens[place - 1].stem);
    let fits = |value: &&String| {
        let lower = value.to_lowercase();
        let same = lower == token.lower;
        let long = token.text.chars().count() > 2 && !COMMON.contains(&token.lower.as_str());
        // A single capital stands for a value: "hall B".
        let whole = same && (called || token.kind == Kind::Quoted || long);
        let words = name_stems(value);
        // "cancelled" in other forms; "front desk" in two words.
        let form = words.len() == 1
            && words[0] == token.stem
            && token.text.chars().count() > 4
            && !stems.contains(&token.stem)
            && lower.chars().count() > 3;
        let several = words.len() > 1
            && words.iter().enumerate().all(|(offset, stem)| tokens.get(place + offset).is_some_and(|next| next.stem == *stem));
        whole || form && !COMMON.contains(&token.lower.as_str()) || several
    };
    column.values.iter().find(fits).map(String::as_str)
}

/// Values that are words of any goal.
const COMMON: &[&str] = &[
    "yes", "the", "all", "each", "any", "none", "other", "high", "low", "new", "not", "and", "for", "true", "false", "total", "table",
    "text", "mean", "data", "value",
];

/// How many tokens the stems take up that begin at a place, 0 if they do not.
fn spread(tokens: &[Token], place: usize, stems: &[String]) -> usize {
    let mut at = place;
    for (number, wanted) in stems.iter().enumerate() {
        if number > 0 && tokens.get(at).is_some_and(|token| matches!(token.kind, Kind::Mark('-' | '_'))) {
            at += 1;
        }
        let Some(token) = tokens.get(at) else { return 0 };
        let whole = name_stems(&token.text);
        let fits = !token.is_mark() && (token.stem == *wanted || (whole.len() == 1 && whole.first() == Some(wanted)));
        if !fits {
            // A single token may hold all of them: `body_mass_g`.
            return usize::from(number == 0 && whole == stems);
        }
        at += 1;
    }
    at - place
}

/// Whether a word is stated to be a column.
fn is_stated(tokens: &[Token], place: usize) -> bool {
    let token = &tokens[place];
    let word = |place: usize| tokens.get(place).map(|token| token.lower.as_str()).unwrap_or_default();
    match token.kind {
        Kind::Quoted => !token.text.contains(['<', '{', '#', '/']),
        Kind::Word => {
            let before = place.checked_sub(1).map(word).unwrap_or_default();
            let named = ["column", "columns", "field", "variable"].contains(&before)
                && !["of", "in", "by", "is", "and", "with", "are", "that"].contains(&token.lower.as_str());
            let named_after = ["column", "field"].contains(&word(place + 1))
                && !["the", "a", "each", "every", "this", "that", "which", "text", "one", "first", "last", "no"]
                    .contains(&token.lower.as_str());
            let listed = place >= 3 && tokens[place - 1].is("and") && ["columns"].contains(&word(place - 3));
            token.text.contains('_') || named || named_after || listed
        }
        _ => false,
    }
}

fn role(tokens: &[Token], place: usize) -> Role {
    for back in 1..=4 {
        let Some(token) = place.checked_sub(back).and_then(|before| tokens.get(before)) else { break };
        if token.is_any(GROUPING) {
            return Role::Group;
        }
        if token.is_any(ALONG) {
            return Role::Along;
        }
        if !token.is_any(&["the", "a", "an", "their", "its", "column", "columns", "same", "of", "different", "single", "various"]) {
            // "by hall and shift" groups by both.
            if token.is("and") && back == 1 {
                let two = place.checked_sub(2).map(|before| role(tokens, before));
                if two == Some(Role::Group) {
                    return Role::Group;
                }
            }
            break;
        }
        if token.is("of") {
            break;
        }
    }
    Role::Value
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::words::tokens;

    fn column(name: &str, kind: ColumnKind) -> Column {
        Column { levels: 3, ..Column::new(name, kind) }
    }

    #[test]
    fn columns_are_found_in_other_words_and_with_their_roles() {
        let known = [column("body_mass_g", ColumnKind::Number), column("species", ColumnKind::Group), column("sex", ColumnKind::Group)];
        let found = spoken(&tokens("Does the body mass differ between the species, and by sex?"), &known);
        let shown: Vec<(&str, Role)> = found.iter().map(|spoken| (spoken.name.as_str(), spoken.role)).collect();
        assert_eq!(shown, [("body_mass_g", Role::Value), ("species", Role::Group), ("sex", Role::Group)]);
    }

    #[test]
    fn of_a_table_that_is_not_known_only_what_is_called_a_column_is_one() {
        let names = |text: &str| spoken(&tokens(text), &[]).into_iter().map(|spoken| spoken.name).collect::<Vec<_>>();
        assert_eq!(names("Chart the column sales by 'order month' of the file"), ["sales", "order month"]);
        assert_eq!(names("Chart body_mass_g please"), ["body_mass_g"]);
        assert!(names("Look at the big table").is_empty());
    }
}
