//! Which rows does a question leave out?

use crate::builder::Builder;
use crate::builder::sources::identifier;
use crate::columns::Spoken;
use crate::given::{Column, ColumnKind};
use crate::words::{Kind, Token};

impl Builder<'_> {
    /// Conditions on rows: a column with a comparison, a quotation, a time, or words that are the value of some column. Each with its column.
    pub(super) fn filters(&self, tokens: &[Token], columns: &[Column], said: &[Spoken]) -> Vec<(Option<String>, String)> {
        let mut found = Vec::new();
        let mut taken = 0;
        for (place, token) in tokens.iter().enumerate() {
            if let Kind::Number(number) | Kind::Percent(number) = token.kind
                && let Some(operator) = comparison(tokens, place)
                && !is_year(tokens, place)
            {
                let before = said
                    .iter()
                    .rev()
                    .find(|column| {
                        column.at < place && !matches!(column.kind, Some(ColumnKind::Text | ColumnKind::Group | ColumnKind::Time))
                    })
                    .or_else(|| said.iter().find(|column| column.at > place && column.kind == Some(ColumnKind::Number)));
                if let Some(column) = before {
                    found.push((Some(column.name.clone()), format!("{} {operator} {number}", identifier(&column.name))));
                }
            }
            if place < taken {
                continue;
            }
            let valued = columns.iter().find_map(|column| crate::columns::value_at(tokens, place, column).map(|value| (column, value)));
            // A word that names another column is that column, not a value of this one.
            let named = valued.is_some_and(|(column, _)| said.iter().any(|spoken| spoken.at == place && spoken.name != column.name));
            if let Some((column, value)) = valued.filter(|_| !named) {
                taken = place + crate::words::name_stems(value).len().max(1);
                let name = identifier(&column.name);
                let text = value.replace('\'', "''");
                let sql = if is_left_out(tokens, place, taken) {
                    format!("coalesce({name}, '') <> '{text}'")
                } else {
                    format!("{name} = '{text}'")
                };
                found.push((Some(column.name.clone()), sql));
                continue;
            }
            let is_column = columns.iter().any(|column| column.name == token.text);
            let titled = place > 0 && tokens[place - 1].is_any(&["called", "titled", "title", "heading", "headed", "headline", "named"]);
            if token.kind == Kind::Quoted && !is_column && !columns.is_empty() && !titled {
                let value = token.lower.replace('\'', "''");
                let before = said.iter().rev().find(|column| column.at < place && place - column.at <= 4);
                let not = place > 0 && tokens[..place].iter().rev().take(3).any(|token| token.is_any(&["not", "isn", "except", "without"]));
                match before {
                    Some(column) => found.push((
                        Some(column.name.clone()),
                        format!("lower({}) {} '{value}'", identifier(&column.name), if not { "<>" } else { "=" }),
                    )),
                    None => found.push((None, format!("'{value}' {} ({})", if not { "NOT IN" } else { "IN" }, lowered(columns)))),
                }
            }
            // "the open ones", "only open orders".
            let ones = tokens.get(place + 1).is_some_and(|next| next.is_any(&["ones"]))
                || (place > 0
                    && tokens[place - 1].is("only")
                    && token.kind == Kind::Word
                    && !columns.is_empty()
                    && columns.iter().any(|column| column.kind == ColumnKind::Text && !column.unique)
                    && !tokens[place]
                        .is_any(&["the", "if", "those", "rows", "a", "in", "for", "count", "take", "use", "with", "want", "need", "on"]));
            if ones
                && token.kind == Kind::Word
                && !said.iter().any(|column| column.at == place)
                && !columns.is_empty()
                && !token.is_any(&[
                    "the", "five", "largest", "best", "other", "big", "small", "worst", "first", "last", "wrong", "which", "right",
                    "these", "those", "new", "old", "good", "bad",
                ])
            {
                found.push((None, format!("'{}' IN ({})", token.lower, lowered(columns))));
            }
        }
        found.extend(columns.iter().filter_map(|column| either_way(tokens, column)));
        found.extend(in_time(tokens, columns, said));
        // Two values of one column: rows with either.
        let mut together: Vec<(Option<String>, String)> = Vec::new();
        for (column, sql) in found {
            let equal = column.as_ref().is_some_and(|column| sql.starts_with(&format!("{} = '", identifier(column))));
            if together.iter().any(|(_, text)| *text == sql) {
                continue;
            }
            let known = together.iter_mut().find(|(other, text)| equal && *other == column && text.contains(" = '"));
            match known {
                Some((_, text)) if *text != sql => *text = format!("({text} OR {sql})"),
                Some(_) => {}
                None => together.push((column, sql)),
            }
        }
        together
    }
}

/// Whether a value is named to be left out: "without the test accounts", "cancelled orders don't count".
fn is_left_out(tokens: &[Token], place: usize, end: usize) -> bool {
    let mark = |token: &Token| matches!(token.kind, Kind::Mark(',' | ';' | '.' | ':' | '!' | '(' | '-' | '–'));
    let verbs = [
        "drop",
        "minus",
        "skip",
        "skipping",
        "ignore",
        "ignoring",
        "except",
        "excluding",
        "exclude",
        "without",
        "not",
        "isn",
        "aren",
        "non",
        "omit",
        "omitting",
        "discard",
        "forget",
        "disregard",
        "remove",
        "bar",
        "but",
    ];
    let before: Vec<&Token> = tokens[..place].iter().rev().take_while(|token| !mark(token)).take(5).collect();
    let out = before.windows(2).any(|pair| {
        (pair[1].is_any(&["leave", "leaving", "left", "take", "throw", "kick", "cut"]) && pair[0].is_any(&["out", "aside", "away", "off"]))
            || (pair[1].is_any(&["other", "apart", "rather"]) && pair[0].is_any(&["than", "from"]))
    });
    let direct = before.iter().take(4).any(|token| token.is_any(&verbs) && !token.is("but"))
        || before.iter().take(3).enumerate().any(|(number, token)| {
            token.is("but") && before.get(number + 1).is_some_and(|token| token.is_any(&["all", "anything", "everything"]))
        });
    // "Leave the minor ones out", "cancelled orders don't count".
    let after: Vec<&Token> = tokens[end.min(tokens.len())..].iter().take_while(|token| !mark(token)).take(6).collect();
    let later = after.iter().enumerate().any(|(number, token)| {
        token.is_any(&["ignored", "excluded", "aside", "omitted", "skipped", "dropped"])
            || (token.is("out") && before.iter().any(|token| token.is_any(&["leave", "leaving", "keep", "take"])))
            || (token.is_any(&["stay", "left", "stays", "leave"]) && after.get(number + 1).is_some_and(|next| next.is("out")))
            || (token.is_any(&["t", "not"])
                && after
                    .iter()
                    .skip(number + 1)
                    .take(2)
                    .any(|next| next.is_any(&["count", "matter", "belong", "included", "wanted", "interest", "counted"])))
            || (token.is_any(&["no"]) && after.get(number + 1).is_some_and(|next| next.is("matter")))
    });
    out || direct || later
}

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/// The month that a word names, from 1.
pub(crate) fn month_of(token: &Token) -> Option<usize> {
    let word = token.lower.as_str();
    // "may" and "march" are months with a capital only.
    if token.kind != Kind::Word || (["may", "march"].contains(&word) && !token.text.starts_with(char::is_uppercase)) {
        return None;
    }
    MONTHS
        .iter()
        .position(|month| *month == word || (word.len() == 3 && month.starts_with(word)) || word == "sept" && *month == "september")
        .map(|place| place + 1)
}

/// Whether a number is a year: four digits, said as one.
pub(crate) fn is_year(tokens: &[Token], place: usize) -> bool {
    let token = &tokens[place];
    let Kind::Number(value) = token.kind else { return false };
    let before = place.checked_sub(1).and_then(|place| tokens.get(place));
    value.fract() == 0.0
        && (1900.0..2100.0).contains(&value)
        && token.text.len() == 4
        && before.is_none_or(|token| {
            month_of(token).is_some()
                || token.is_mark()
                || token.is_any(&[
                    "in", "for", "during", "of", "since", "from", "until", "after", "before", "year", "to", "and", "through", "till",
                    "only", "the",
                ])
        })
}

/// Conditions on a column of times: "in 2024", "since March", "in May".
fn in_time(tokens: &[Token], columns: &[Column], said: &[Spoken]) -> Vec<(Option<String>, String)> {
    let time = said
        .iter()
        .find(|spoken| spoken.kind == Some(ColumnKind::Time))
        .and_then(|spoken| columns.iter().find(|column| column.name == spoken.name))
        .or_else(|| columns.iter().find(|column| column.kind == ColumnKind::Time));
    let Some(time) = time else { return Vec::new() };
    let name = identifier(&time.name);
    if let Some(sql) = between(tokens, &name) {
        return vec![(Some(time.name.clone()), sql)];
    }
    let mut found = Vec::new();
    let mut done = usize::MAX;
    for place in 0..tokens.len() {
        if place == done {
            continue;
        }
        let month = month_of(&tokens[place]);
        let year_at = |place: usize| (place < tokens.len() && is_year(tokens, place)).then(|| tokens[place].text.clone());
        let year = if month.is_some() { year_at(place + 1) } else { year_at(place) };
        if month.is_none() && year.is_none() {
            continue;
        }
        if month.is_some() && year.is_some() {
            done = place + 1;
        }
        let before = place.checked_sub(1).and_then(|place| tokens.get(place));
        let operator = match before {
            Some(token) if token.is_any(&["since", "from"]) => ">=",
            Some(token) if token.is("after") => ">",
            Some(token) if token.is("before") => "<",
            Some(token) if token.is_any(&["until", "till", "through"]) => "<=",
            _ => "=",
        };
        let sql = match (year, month) {
            (Some(year), Some(month)) => format!("substr({name}, 1, 7) {operator} '{year}-{month:02}'"),
            (Some(year), None) => format!("substr({name}, 1, 4) {operator} '{year}'"),
            (None, Some(month)) => format!("substr({name}, 6, 2) {operator} '{month:02}'"),
            (None, None) => continue,
        };
        found.push((Some(time.name.clone()), sql));
    }
    // "Between 2019 and 2022", "in May and June": either, not both at once.
    if found.len() > 1 && found.iter().all(|(_, sql)| sql.contains(" = '")) {
        let all: Vec<&str> = found.iter().map(|(_, sql)| sql.as_str()).collect();
        return vec![(Some(time.name.clone()), format!("({})", all.join(" OR ")))];
    }
    // "Last year": the one before the newest of the data.
    if found.is_empty()
        && let Some(newest) = time.latest.iter().max()
        && let Some(year) = newest.get(..4).and_then(|year| year.parse::<i32>().ok())
    {
        let said = |word: &str| tokens.windows(2).any(|pair| pair[0].is(word) && pair[1].is("year"));
        if said("last") || said("this") {
            found.push((Some(time.name.clone()), format!("substr({name}, 1, 4) = (SELECT max(substr({name}, 1, 4)) FROM t)")));
        }
        let _ = year;
    }
    found
}

/// "Without a receipt", "where the box is not ticked": a column of yes and no, said to be one or the other.
fn either_way(tokens: &[Token], column: &Column) -> Option<(Option<String>, String)> {
    let pairs = [("yes", "no"), ("y", "n"), ("true", "false"), ("ja", "nein"), ("x", "")];
    let value = |wanted: &str| column.values.iter().find(|value| value.to_lowercase() == wanted);
    let (yes, no) = pairs.iter().find_map(|(yes, no)| Some((value(yes)?, value(no)?))).filter(|_| column.values.len() == 2)?;
    let stems: Vec<String> = crate::words::name_stems(&column.name).into_iter().filter(|stem| stem.chars().count() >= 4).collect();
    let place = tokens.iter().position(|token| token.kind == Kind::Word && stems.contains(&token.stem))?;
    let before = |words: &[&str]| tokens[place.saturating_sub(4)..place].iter().any(|token| token.is_any(words));
    let after = |words: &[&str]| tokens[place + 1..tokens.len().min(place + 4)].iter().any(|token| token.is_any(words));
    let without = ["without", "no", "not", "missing", "lacking", "lacks", "lack", "never", "isn", "hasn", "doesn", "don", "haven"];
    let value = if before(&without) || after(&["missing", "lacking"]) {
        no
    } else if before(&["with", "only", "whose", "having", "those"]) {
        yes
    } else {
        return None;
    };
    Some((Some(column.name.clone()), format!("{} = '{}'", identifier(&column.name), value.replace('\'', "''"))))
}

/// "Between July and September 2026", "from March to May": months from one to another; a year that stands with the last holds for both.
fn between(tokens: &[Token], name: &str) -> Option<String> {
    let months: Vec<(usize, usize)> =
        tokens.iter().enumerate().filter_map(|(place, token)| month_of(token).map(|month| (place, month))).collect();
    let (one, other) = months.windows(2).map(|pair| (pair[0], pair[1])).find(|(one, other)| {
        let opens = one.0 > 0 && tokens[one.0 - 1].is_any(&["between", "from"]);
        let joins = tokens[one.0 + 1..other.0].iter().any(|token| {
            token.is_any(&["to", "until", "till", "through"])
                || (opens && token.is("and"))
                || matches!(token.kind, Kind::Mark('-' | '–' | '—'))
        });
        other.0 - one.0 <= 4 && joins
    })?;
    let year = |place: usize| (place < tokens.len() && is_year(tokens, place)).then(|| tokens[place].text.clone());
    let (first, last) = (year(one.0 + 1), year(other.0 + 1));
    Some(match (first.or_else(|| last.clone()), last) {
        (Some(first), Some(last)) => format!("substr({name}, 1, 7) BETWEEN '{first}-{:02}' AND '{last}-{:02}'", one.1, other.1),
        _ if one.1 <= other.1 => format!("substr({name}, 6, 2) BETWEEN '{:02}' AND '{:02}'", one.1, other.1),
        _ => format!("(substr({name}, 6, 2) >= '{:02}' OR substr({name}, 6, 2) <= '{:02}')", one.1, other.1),
    })
}

fn lowered(columns: &[Column]) -> String {
    columns.iter().take(50).map(|column| format!("lower({})", identifier(&column.name))).collect::<Vec<_>>().join(", ")
}

pub(super) fn compared(tokens: &[Token], place: usize) -> bool {
    comparison(tokens, place).is_some()
}

/// The comparison with a number: `above 20`, `20 or more`.
pub(crate) fn comparison(tokens: &[Token], place: usize) -> Option<&'static str> {
    let after = |offset: usize, words: &[&str]| tokens.get(place + offset).is_some_and(|token| token.is_any(words));
    if after(1, &["or"]) {
        if after(2, &["more", "above", "higher", "greater", "over", "later"]) {
            return Some(">=");
        }
        if after(2, &["less", "fewer", "below", "lower", "under"]) {
            return Some("<=");
        }
    }
    let before: Vec<&Token> = tokens[..place].iter().rev().take(4).collect();
    for (distance, token) in before.iter().enumerate() {
        if token.is("least") {
            return Some(">=");
        }
        // "From 6 on" and "the top 5" compare nothing.
        if token.is_any(&["top", "first", "last"]) {
            return None;
        }
        if token.is("most") && before.get(distance + 1).is_some_and(|token| token.is("at")) {
            return Some("<=");
        }
        let negated = before.get(distance + 1).is_some_and(|token| token.is_any(&["not", "no"]));
        if token.is_any(&[
            "above",
            "over",
            "more",
            "greater",
            "exceeds",
            "exceed",
            "exceeding",
            "higher",
            "larger",
            "beyond",
            "bigger",
            "longer",
            "after",
            "older",
            "heavier",
            "taller",
            "faster",
            "costlier",
            "dearer",
            "since",
        ]) {
            return Some(if negated { "<=" } else { ">" });
        }
        if token.is_any(&[
            "below", "under", "less", "fewer", "lower", "smaller", "shorter", "before", "younger", "lighter", "cheaper", "slower", "until",
        ]) {
            return Some(if negated { ">=" } else { "<" });
        }
        if token.is_any(&["equals", "equal", "exactly"]) {
            return Some("=");
        }
        if token.is("is") && distance == 0 {
            return Some("=");
        }
        if !token.is_any(&["than", "of", "a", "the", "to", "in", "one"]) && !token.is_mark() {
            break;
        }
    }
    None
}
