//! Which rows are put right before a question is asked of them: each once, and gaps filled?

use crate::builder::sources::identifier;
use crate::columns::{related, spoken};
use crate::given::{Column, ColumnKind};
use crate::lexicon;
use crate::words::{Kind, Token};

/// What is done with rows first.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Prepared {
    /// Whether rows that are the same are taken once; by which column, where one is named.
    pub(super) once: Option<Option<String>>,
    /// Whether the rows that there are several times are what is asked for.
    pub(super) doubles: bool,
    /// A column whose gaps are filled, and with what, in SQL.
    pub(super) filled: Option<(String, String)>,
}

/// What some words want done with rows first.
pub(super) fn prepared(tokens: &[Token], columns: &[Column]) -> Prepared {
    let mut found = Prepared { filled: filled(tokens, columns), ..Prepared::default() };
    let twice = tokens.iter().position(|token| lexicon::is(token, "twice"));
    if let Some(place) = twice {
        let removes = tokens.iter().enumerate().any(|(at, token)| {
            (lexicon::is(token, "remove")
                || lexicon::is(token, "without")
                || token.is_any(&["once", "dedupe", "deduplicate", "no", "one", "clean", "rid"]))
                && at.abs_diff(place) <= 7
        }) || tokens[place].stem.starts_with("dedup")
            || tokens[place].stem.starts_with("deduplic");
        if removes {
            let said = spoken(&tokens[place..], columns);
            let by = said.iter().find(|spoken| spoken.at > 0 && tokens[place + spoken.at - 1].is_any(&["by", "same"]) && spoken.at <= 4);
            found.once = Some(by.map(|spoken| spoken.name.clone()));
        } else {
            found.doubles = true;
        }
    } else if tokens.windows(2).any(|pair| pair[0].is_any(&["only", "just"]) && pair[1].is("once"))
        || tokens.iter().any(|token| token.stem.starts_with("dedup"))
    {
        found.once = Some(None);
    }
    found
}

/// "Put the median of the hours wherever a value is absent", "treat missing temperatures as 20".
fn filled(tokens: &[Token], columns: &[Column]) -> Option<(String, String)> {
    let gap = tokens.iter().position(|token| lexicon::is(token, "missing")).or_else(|| {
        // "No temperature noted".
        tokens.windows(3).position(|three| {
            three[0].is_any(&["no", "not"])
                && three.iter().any(|token| token.is_any(&["noted", "given", "entered", "recorded", "filled", "known", "stated"]))
        })
    })?;
    let verb =
        tokens.iter().position(|token| lexicon::is(token, "fill") && !token.is_any(&["take", "count"]) || token.is_any(&["counts"]))?;
    let said = spoken(tokens, columns);
    let numbers: Vec<&crate::columns::Spoken> = said.iter().filter(|spoken| spoken.kind == Some(ColumnKind::Number)).collect();
    let nearest =
        numbers.iter().min_by_key(|spoken| spoken.at.abs_diff(verb).min(spoken.at.abs_diff(gap))).map(|spoken| spoken.name.clone());
    let column =
        nearest.or_else(|| related(tokens, columns, &[ColumnKind::Number]).first().map(|spoken| spoken.name.clone())).or_else(|| {
            let all: Vec<&Column> = columns.iter().filter(|column| column.kind == ColumnKind::Number).collect();
            if let [one] = all.as_slice() { Some(one.name.clone()) } else { None }
        })?;
    let name = identifier(&column);
    let after = &tokens[verb..tokens.len().min(verb + 12)];
    let with = after.iter().find_map(|token| match token.kind {
        Kind::Number(value) => Some(format!("{value}")),
        Kind::Word if token.is("median") => Some(format!("(SELECT median({name}) FROM t)")),
        Kind::Word if token.is_any(&["average", "mean"]) => Some(format!("(SELECT avg({name}) FROM t)")),
        Kind::Word if token.is_any(&["zero", "nought", "nil", "nothing"]) => Some("0".to_owned()),
        Kind::Word if token.is_any(&["maximum", "highest"]) => Some(format!("(SELECT max({name}) FROM t)")),
        Kind::Word if token.is_any(&["minimum", "lowest"]) => Some(format!("(SELECT min({name}) FROM t)")),
        _ => None,
    })?;
    Some((column, with))
}
