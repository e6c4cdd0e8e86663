//! Which rows does a question leave out?

use crate::builder::Builder;
use crate::builder::sources::identifier;
use crate::columns::Spoken;
use crate::given::{Column, ColumnKind};
use crate::words::{Kind, Token};

impl Builder<'_> {
    /// Conditions on rows: a column with a comparison, a quotation, or a word that is the value of some column. Each with its column.
    pub(super) fn filters(&self, tokens: &[Token], columns: &[Column], said: &[Spoken]) -> Vec<(Option<String>, String)> {
        let mut found = Vec::new();
        for (place, token) in tokens.iter().enumerate() {
            if let Kind::Number(number) | Kind::Percent(number) = token.kind
                && let Some(operator) = comparison(tokens, place)
            {
                let before = said
                    .iter()
                    .rev()
                    .find(|column| column.at < place && !matches!(column.kind, Some(ColumnKind::Text)))
                    .or_else(|| said.iter().find(|column| column.at > place && column.kind == Some(ColumnKind::Number)));
                if let Some(column) = before {
                    found.push((Some(column.name.clone()), format!("{} {operator} {number}", identifier(&column.name))));
                }
            }
            let valued = columns.iter().find_map(|column| crate::columns::value_at(tokens, place, column).map(|value| (column, value)));
            if let Some((column, value)) = valued {
                let not = tokens[..place].iter().rev().take(3).any(|token| token.is_any(&["not", "isn", "except", "without"]));
                found.push((
                    Some(column.name.clone()),
                    format!("{} {} '{}'", identifier(&column.name), if not { "<>" } else { "=" }, value.replace('\'', "''")),
                ));
                continue;
            }
            let is_column = columns.iter().any(|column| column.name == token.text);
            if token.kind == Kind::Quoted && !is_column && !columns.is_empty() {
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
                    && !tokens[place].is_any(&["the", "if", "those", "rows", "a", "in", "for"]));
            if ones
                && token.kind == Kind::Word
                && !said.iter().any(|column| column.at == place)
                && !columns.is_empty()
                && !token.is_any(&["the", "five", "largest", "best", "other"])
            {
                found.push((None, format!("'{}' IN ({})", token.lower, lowered(columns))));
            }
        }
        // Two values of one column: rows with either.
        let mut together: Vec<(Option<String>, String)> = Vec::new();
        for (column, sql) in found {
            let equal = column.as_ref().is_some_and(|column| sql.starts_with(&format!("{} = '", identifier(column))));
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
