//! How is a table asked whose columns are known only when the run goes on?

use super::AGGREGATES;
use crate::builder::{Builder, Planned};
use crate::draft::quoted;
use crate::given::{Column, ColumnKind};
use crate::words::{Kind, name_stems};

impl Builder<'_> {
    /// Of a table whose columns are known only when the run goes on: their names are found there.
    pub(super) fn at_run(&mut self, table: usize) -> Planned<()> {
        let sentence = self.sentence();
        let names = self.values[table].columns_at_run.clone().unwrap_or_default();
        let function = self.function(&sentence).unwrap_or("count");
        let find =
            |word: &str| format!("default(first(filter({names}, c => contains(lower(c), {}))), {})", quoted(&singular(word)), quoted(word));
        let group_word = sentence
            .windows(2)
            .rev()
            .find(|pair| pair[0].is_any(&["per", "by", "each", "every"]) && pair[1].kind == Kind::Word && !pair[1].is_any(&["the"]))
            .map(|pair| pair[1].lower.clone());
        let verbs: Vec<&str> = AGGREGATES.iter().flat_map(|(words, _)| words.iter().copied()).collect();
        let value_word = sentence.iter().position(|token| token.is_any(&verbs)).and_then(|place| {
            sentence[place + 1..]
                .iter()
                .find(|token| token.kind == Kind::Word && !token.is_any(&["of", "the", "a", "all", "up", "is", "per", "by"]))
                .map(|token| token.lower.clone())
        });
        let value_word = sentence.iter().find(|token| token.kind == Kind::Quoted).map(|token| token.lower.clone()).or(value_word);
        let entry = self.entry("t", table);
        let select = |expr: &str| format!("\"${{{{ {expr} }}}}\"");
        let number = |word: &str| format!("CAST(replace({}, ',', '') AS REAL)", select(&find(word)));
        // "The tallest one": the column is known by words that are near to it.
        let superlative = sentence.iter().find(|token| crate::lexicon::is(token, "most") || crate::lexicon::is(token, "least"));
        if let Some(token) = superlative.filter(|_| self.function(&sentence).is_none()) {
            let rising = crate::lexicon::is(token, "least");
            let words: Vec<&str> = crate::lexicon::siblings(&token.lower).into_iter().take(12).collect();
            let stated = sentence.iter().find(|token| token.kind == Kind::Quoted).map(|token| token.lower.clone());
            let tests: Vec<String> = match stated {
                Some(name) => vec![format!("contains(lower(c), {})", quoted(&name))],
                None => words.iter().map(|word| format!("contains(lower(c), {})", quoted(word))).collect(),
            };
            if tests.is_empty() {
                return Err(
                    self.missing("the column of numbers", "Name the column by which the rows are to be ordered, in quotation marks.")
                );
            }
            let column = format!("default(first(filter({names}, c => {})), default(last({names}), 'column_1'))", tests.join(" || "));
            let many = sentence.iter().find_map(crate::words::Token::number).filter(|many| (1.0..=1000.0).contains(many)).unwrap_or(1.0);
            let sql = format!(
                "SELECT * FROM t ORDER BY CAST(replace({}, ',', '') AS REAL){} LIMIT {many}",
                select(&column),
                if rising { "" } else { " DESC" }
            );
            self.rules.push("the column is found by words near to the one that is said when the run goes on".to_owned());
            return self.run(&sql, false, vec![entry], Vec::new());
        }
        let (sql, columns) = match (function, value_word, group_word) {
            ("count", _, Some(group)) => (
                format!("SELECT {0} AS \"{group}\", count(*) AS \"rows\" FROM t GROUP BY 1 ORDER BY 1", select(&find(&group))),
                vec![(group, ColumnKind::Group), ("rows".to_owned(), ColumnKind::Number)],
            ),
            ("count", _, None) => ("SELECT count(*) AS \"rows\" FROM t".to_owned(), vec![("rows".to_owned(), ColumnKind::Number)]),
            (function, Some(value), Some(group)) => {
                let made = format!("{function}_{value}");
                (
                    format!(
                        "SELECT {} AS \"{group}\", {function}({}) AS \"{made}\" FROM t GROUP BY 1 ORDER BY 1",
                        select(&find(&group)),
                        number(&value)
                    ),
                    vec![(group, ColumnKind::Group), (made, ColumnKind::Number)],
                )
            }
            (function, Some(value), None) => {
                let made = format!("{function}_{value}");
                (format!("SELECT {function}({}) AS \"{made}\" FROM t", number(&value)), vec![(made, ColumnKind::Number)])
            }
            _ => return Err(self.missing("the column of numbers", "Name the column that is to be added up or averaged.")),
        };
        self.rules.push("the page's columns are found by their names when the run goes on".to_owned());
        let columns = columns.into_iter().map(|(name, kind)| Column::new(name, kind)).collect();
        self.run(&sql, false, vec![entry], columns)
    }
}

fn singular(word: &str) -> String {
    let stems = name_stems(word);
    stems.into_iter().next().filter(|stem| word.starts_with(stem.as_str())).unwrap_or_else(|| word.to_owned())
}
