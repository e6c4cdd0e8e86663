//! How is a table asked whose columns are known only when the run goes on?

use super::AGGREGATES;
use crate::builder::{Builder, Planned};
use crate::draft::quoted;
use crate::given::{Column, ColumnKind};
use crate::words::{Kind, name_stems};

/// Words for amounts that add up without anybody saying so.
const MONEY: &[&str] = &["turnover", "revenue", "sales", "takings", "cost", "costs", "spending", "income"];

impl Builder<'_> {
    /// Of a table whose columns are known only when the run goes on: their names are found there.
    pub(super) fn at_run(&mut self, table: usize) -> Planned<()> {
        let sentence = self.sentence();
        let names = self.values[table].columns_at_run.clone().unwrap_or_default();
        let money = sentence.iter().find(|token| token.is_any(MONEY)).map(|token| token.lower.clone());
        let function = self.function(&sentence).unwrap_or(if money.is_some() { "sum" } else { "count" });
        let find = |word: &str| found(&names, &near(word), &quoted(word));
        let group_word =
            (0..sentence.len()).rev().filter(|place| sentence[*place].is_any(&["per", "by", "each", "every"])).find_map(|place| {
                let next = sentence[place + 1..].iter().find(|token| !token.is_any(&["the", "a", "of"]))?;
                (next.kind == Kind::Word).then(|| next.lower.clone())
            });
        let verbs: Vec<&str> = AGGREGATES.iter().flat_map(|(words, _)| words.iter().copied()).collect();
        let value_word = sentence.iter().position(|token| token.is_any(&verbs)).and_then(|place| {
            let word = |token: &&crate::words::Token| {
                token.kind == Kind::Word
                    && !token
                        .is_any(&["of", "the", "a", "all", "up", "is", "per", "by", "over", "those", "them", "each", "every", "in", "for"])
                    && Some(&token.lower) != group_word.as_ref()
            };
            let after = sentence[place + 1..].iter().take(4).find(word).filter(|token| !near(&token.lower).is_empty());
            // "What do we pay on average".
            let before = sentence[..place].iter().rev().find(|token| near(&token.lower).len() > 2);
            before
                .filter(|_| after.is_none_or(|after| near(&after.lower).len() < 2) || sentence[place.saturating_sub(1)].is("on"))
                .or(after)
                .map(|token| token.lower.clone())
        });
        // "The turnover per country": what adds up is named without a verb.
        let value_word = value_word.or_else(|| {
            let amounts = sentence.iter().filter(|token| token.kind == Kind::Word && Some(&token.lower) != group_word.as_ref());
            let first = || amounts.map(|token| token.lower.clone()).find(|word| near(word).len() > 2);
            // What the rows are of comes before it: "the orders, and the turnover per country".
            money.clone().filter(|money| Some(money) != group_word.as_ref()).or_else(first)
        });
        let value_word = sentence.iter().find(|token| token.kind == Kind::Quoted).map(|token| token.lower.clone()).or(value_word);
        let entry = self.entry("t", table);
        let select = |expr: &str| format!("\"${{{{ {expr} }}}}\"");
        let cast = |expr: &str| format!("CAST(replace({}, ',', '') AS REAL)", select(expr));
        let number = |word: &str| cast(&find(word));
        // Rows that the goal leaves out, by the unit or the word beside a number: "up to 500 kg", "within two days".
        let bounds: Vec<String> = limits(&self.reading.tokens)
            .into_iter()
            .map(|(words, operator, value)| format!("{} {operator} {value}", cast(&found(&names, &words, &quoted(&words[0])))))
            .collect();
        let place = if bounds.is_empty() { String::new() } else { format!(" WHERE {}", bounds.join(" AND ")) };
        // "The tallest one": the column is known by words that are near to it.
        let of_them = sentence.windows(3).any(|three| three[0].is("which") && three.iter().any(|token| token.is_any(&["of", "is"])));
        let superlative = sentence.iter().find(|token| crate::lexicon::is(token, "most") || crate::lexicon::is(token, "least"));
        if let Some(token) = superlative.filter(|_| (group_word.is_none() || of_them) && matches!(function, "count" | "avg" | "sum")) {
            let rising = crate::lexicon::is(token, "least");
            let mut words: Vec<String> = crate::lexicon::siblings(&token.lower).into_iter().take(12).map(str::to_owned).collect();
            if let Some(value) = value_word.as_deref().filter(|_| function != "count") {
                words.extend(near(value));
            }
            if let Some(name) = sentence.iter().find(|token| token.kind == Kind::Quoted).map(|token| token.lower.clone()) {
                words = vec![name];
            }
            if words.is_empty() {
                // "The most points": what there is most of.
                let after = sentence.iter().position(|other| other.start == token.start).and_then(|place| sentence.get(place + 1));
                let after = after.filter(|next| next.kind == Kind::Word && next.text.chars().count() > 3);
                words = after.map(|next| near(&next.lower)).unwrap_or_default();
            }
            if words.is_empty() {
                return Err(
                    self.missing("the column of numbers", "Name the column by which the rows are to be ordered, in quotation marks.")
                );
            }
            let column = found(&names, &words, &format!("default(last({names}), 'column_1')"));
            let rows = cast(&column);
            let all = if function == "count" { String::new() } else { format!(", {function}({rows}) OVER () AS \"{function}\"") };
            let many =
                sentence.iter().enumerate().find_map(|(at, token)| token.number().filter(|_| !super::question_number(&sentence, at)));
            let limit = match many.filter(|many| (1.0..=1000.0).contains(many)) {
                Some(many) => format!(" LIMIT {many}"),
                None if all.is_empty() => " LIMIT 1".to_owned(),
                None => String::new(),
            };
            let sql = format!("SELECT *{all} FROM t{place} ORDER BY {rows}{}{limit}", if rising { "" } else { " DESC" });
            self.rules.push("the column is found by words near to the one that is said when the run goes on".to_owned());
            return self.run(&sql, false, vec![entry], Vec::new());
        }
        if function == "count"
            && group_word.is_none()
            && !bounds.is_empty()
            && !sentence.iter().any(|token| token.is_any(&["many", "number", "count"]))
        {
            return self.run(&format!("SELECT * FROM t{place}"), false, vec![entry], Vec::new());
        }
        let (sql, columns) = match (function, value_word, group_word) {
            ("count", _, Some(group)) => (
                format!("SELECT {0} AS \"{group}\", count(*) AS \"rows\" FROM t{place} GROUP BY 1 ORDER BY 1", select(&find(&group))),
                vec![(group, ColumnKind::Group), ("rows".to_owned(), ColumnKind::Number)],
            ),
            ("count", _, None) => (format!("SELECT count(*) AS \"rows\" FROM t{place}"), vec![("rows".to_owned(), ColumnKind::Number)]),
            (function, Some(value), Some(group)) => {
                let made = format!("{function}_{value}");
                (
                    format!(
                        "SELECT {} AS \"{group}\", {function}({}) AS \"{made}\" FROM t{place} GROUP BY 1 ORDER BY 1",
                        select(&find(&group)),
                        number(&value)
                    ),
                    vec![(group, ColumnKind::Group), (made, ColumnKind::Number)],
                )
            }
            (function, Some(value), None) => {
                let made = format!("{function}_{value}");
                (format!("SELECT {function}({}) AS \"{made}\" FROM t{place}", number(&value)), vec![(made, ColumnKind::Number)])
            }
            _ => return Err(self.missing("the column of numbers", "Name the column that is to be added up or averaged.")),
        };
        self.rules.push("the page's columns are found by their names when the run goes on".to_owned());
        let columns = columns.into_iter().map(|(name, kind)| Column::new(name, kind)).collect();
        self.run(&sql, false, vec![entry], columns)
    }
}

/// The first of some names that holds one of some words, the words in their order.
fn found(names: &str, words: &[String], otherwise: &str) -> String {
    let mut expr = otherwise.to_owned();
    for word in words.iter().take(16).rev() {
        expr = format!("default(first(filter({names}, c => contains(lower(c), {}))), {expr})", quoted(word));
    }
    expr
}

/// A word and those by which columns are called that hold the same, the word itself first.
fn near(word: &str) -> Vec<String> {
    let mut all = vec![singular(word)];
    all.extend(crate::lexicon::siblings(word).into_iter().map(str::to_owned).filter(|other| *other != all[0]).collect::<Vec<_>>());
    all
}

/// Words of columns by the units of their numbers.
const UNITS: &[(&[&str], &[&str])] = &[
    (&["kg", "kilo", "kilos", "kilograms", "tonnes", "grams", "g", "t"], &["weight", "kg", "mass", "gewicht"]),
    (&["day", "days", "weeks", "week"], &["day", "transit", "duration", "deliver", "lead", "time"]),
    (&["hour", "hours", "minutes", "min", "seconds"], &["hour", "minute", "duration", "time"]),
    (
        &["euro", "euros", "eur", "€", "dollars", "pounds", "francs", "chf", "usd"],
        &["price", "rate", "cost", "amount", "total", "eur", "fee"],
    ),
    (&["km", "kilometres", "miles", "m", "metres"], &["distance", "km", "length", "height"]),
    (&["degrees", "celsius"], &["temp"]),
    (&["seats", "people", "persons", "guests"], &["seat", "capacity", "people", "person", "guest"]),
    (&["stars", "points"], &["star", "point", "score", "rating"]),
];

/// Bounds that a goal sets for numbers: words of the column, the comparison and the number.
fn limits(tokens: &[crate::words::Token]) -> Vec<(Vec<String>, &'static str, f64)> {
    let mut found = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let Some(value) = token.number() else { continue };
        let before = |back: usize, words: &[&str]| {
            place.checked_sub(back).and_then(|place| tokens.get(place)).is_some_and(|token| token.is_any(words))
        };
        let operator = if (before(2, &["up"]) && before(1, &["to"]))
            || before(1, &["within", "maximum"])
            || (before(2, &["no"]) && before(1, &["than"]))
        {
            "<="
        } else if let Some(operator) = super::comparison(tokens, place) {
            operator
        } else {
            continue;
        };
        let unit = tokens.get(place + 1).map(|token| token.lower.as_str()).unwrap_or_default();
        let words = UNITS
            .iter()
            .find(|(units, _)| units.contains(&unit))
            .map(|(_, words)| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let noun = tokens
            .get(place + 1)
            .filter(|token| token.kind == Kind::Word && token.text.chars().count() > 3)
            .map(|token| near(&token.lower));
        if let Some(words) = words.or(noun) {
            found.push((words, operator, value));
        }
    }
    found.truncate(4);
    found
}

fn singular(word: &str) -> String {
    let stems = name_stems(word);
    stems.into_iter().next().filter(|stem| word.starts_with(stem.as_str())).unwrap_or_else(|| word.to_owned())
}
