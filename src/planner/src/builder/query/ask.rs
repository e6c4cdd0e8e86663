//! How is a question about rows said in SQL?

use serde_json::Value as Json;

use super::prepare::prepared;
use super::question::{Group, Measure, Words, is_key};
use crate::builder::sources::identifier;
use crate::builder::{Builder, Planned};
use crate::given::{Column, ColumnKind};
use crate::words::Token;

/// Rows to ask: a name or a statement in brackets, with what the statement's tables are.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) sql: String,
    pub(super) columns: Vec<Column>,
    pub(super) entries: Vec<Json>,
    /// The column that names what a key stands for, as the customers' names.
    pub(super) label: Option<(String, String)>,
}

impl Builder<'_> {
    pub(super) fn ask(&mut self, rows: Rows) -> Planned<()> {
        let columns = rows.columns.clone();
        let mut scope = self.sentence();
        // "Bar chart of it": the question stands elsewhere.
        if crate::columns::spoken(&scope, &columns).is_empty() && !self.asks(&scope) {
            scope = self.reading.tokens.clone();
        }
        let aside = self.context();
        let wide: Vec<Token> = scope.iter().chain(&aside).cloned().collect();
        let words = Words::new(&scope, &columns);
        let mut filters = self.filters(&scope, &columns, &words.said);
        // "Cancelled orders don't count", in a sentence of its own.
        for filter in self.filters(&aside, &columns, &crate::columns::spoken(&aside, &columns)) {
            if !filters.contains(&filter)
                && filter.1.contains("<>") | filter.1.contains("substr") | aside.iter().any(|token| token.is("only"))
            {
                filters.push(filter);
            }
        }
        let prepared = prepared(&wide, &columns);
        let filtered: Vec<&str> = filters.iter().filter_map(|(column, _)| column.as_deref()).collect();
        let mut question = words.question(&filtered);
        let source = if prepared.filled.is_none() && prepared.once.is_none() { rows.sql.clone() } else { "t2".to_owned() };
        let mut with = String::new();
        if source == "t2" {
            let distinct = match &prepared.once {
                Some(None) => "DISTINCT ",
                _ => "",
            };
            let list = match &prepared.filled {
                Some((column, value)) => {
                    self.rules.push(format!("gaps of `{column}` are filled"));
                    let named: Vec<String> = columns
                        .iter()
                        .map(|one| {
                            let name = identifier(&one.name);
                            if one.name == *column {
                                format!("coalesce({name}, {}) AS {name}", value.replace("FROM t)", &format!("FROM {})", rows.sql)))
                            } else {
                                name
                            }
                        })
                        .collect();
                    named.join(", ")
                }
                None => "*".to_owned(),
            };
            let group = match &prepared.once {
                Some(Some(column)) => format!(" GROUP BY {}", identifier(column)),
                _ => String::new(),
            };
            if prepared.once.is_some() {
                self.rules.push("rows that are the same are taken once".to_owned());
            }
            with = format!("WITH t2 AS (SELECT {distinct}{list} FROM {}{group}) ", rows.sql);
        }
        let wheres: Vec<String> = filters.iter().map(|(_, sql)| sql.replace("FROM t)", &format!("FROM {source})"))).collect();
        let place = if wheres.is_empty() { String::new() } else { format!(" WHERE {}", wheres.join(" AND ")) };
        if prepared.doubles {
            let all: Vec<String> = columns
                .iter()
                .filter(|column| column.kind != ColumnKind::Number || !is_key(column))
                .map(|column| identifier(&column.name))
                .collect();
            let said: Vec<String> = words.said.iter().map(|spoken| identifier(&spoken.name)).collect();
            let by = if said.is_empty() { all } else { said };
            let sql = format!(
                "{with}SELECT {0}, count(*) AS \"times\" FROM {source}{place} GROUP BY {0} HAVING count(*) > 1 ORDER BY count(*) DESC",
                by.join(", ")
            );
            return self.run(&sql, true, rows.entries, columns);
        }
        if let (true, Some(Measure { function: "share", .. })) = (question.groups.is_empty(), question.measures.first())
            && !wheres.is_empty()
        {
            let sql = format!(
                "{with}SELECT 100.0 * sum(CASE WHEN {} THEN 1 ELSE 0 END) / count(*) AS \"percent\", count(*) AS \"rows\" FROM {source}",
                wheres.join(" AND ")
            );
            return self.run(&sql, true, rows.entries, vec![Column::new("percent", ColumnKind::Number)]);
        }
        // What was put right is what is reckoned with, where nothing else is named.
        if let Some((column, _)) = &prepared.filled {
            for measure in
                question.measures.iter_mut().filter(|measure| measure.column.is_none() && !matches!(measure.function, "count" | "share"))
            {
                measure.column = Some(column.clone());
            }
        }
        // The column may be named in a sentence of its own: "Look at the column price. What is the average by shop?"
        if question.measures.iter().any(|measure| measure.column.is_none() && !matches!(measure.function, "count" | "share")) {
            let elsewhere = crate::columns::spoken(&self.reading.tokens, &columns);
            let number = elsewhere.iter().find(|spoken| {
                spoken.kind == Some(ColumnKind::Number)
                    && columns.iter().any(|column| column.name == spoken.name && !is_key(column))
                    && !question.groups.iter().any(|group| group.name == spoken.name)
            });
            if let Some(number) = number {
                for measure in question
                    .measures
                    .iter_mut()
                    .filter(|measure| measure.column.is_none() && !matches!(measure.function, "count" | "share"))
                {
                    measure.column = Some(number.name.clone());
                }
            }
        }
        let grouped = !question.groups.is_empty();
        if question.measures.is_empty() && grouped {
            question.measures.push(words.usual_measure(question.value.as_ref()));
        }
        // What a key stands for is named beside it.
        if let Some((key, label)) = rows.label.as_ref().filter(|(key, _)| question.groups.iter().any(|group| group.name == *key)) {
            let at = question.groups.iter().position(|group| group.name == *key).unwrap_or(0);
            if !question.groups.iter().any(|group| group.name == *label) {
                question.groups.insert(at, Group { sql: identifier(label), name: label.clone(), kind: ColumnKind::Group });
            }
        }
        if question.measures.is_empty() {
            let value = question.value.clone().or_else(|| if question.ordered { words.likely_number() } else { None });
            let puts_right = source == "t2";
            if place.is_empty() && question.top.is_none() && !puts_right {
                return Err(self.missing(
                    "what to ask of the table",
                    "Say what is to be counted, added up or averaged, and by which column; or give the statement in quotation marks.",
                ));
            }
            if question.ordered && value.is_none() && !puts_right && place.is_empty() {
                return Err(self.missing("the column of numbers", "Name the column by which the rows are to be ordered."));
            }
            let mut sql = format!("{with}SELECT * FROM {source}{place}");
            if let (Some(top), Some(value)) = (question.top, value) {
                let direction = if question.rising { "" } else { " DESC" };
                sql.push_str(&format!(" ORDER BY {}{direction} LIMIT {top}", identifier(&value)));
            }
            return self.run(&sql, true, rows.entries, columns);
        }
        let mut select: Vec<String> = question.groups.iter().map(|group| aliased(&group.sql, &group.name)).collect();
        let mut made: Vec<Column> = question
            .groups
            .iter()
            .map(|group| {
                let levels = columns.iter().find(|column| column.name == group.name).map_or(0, |column| column.levels);
                Column { levels, ..Column::new(group.name.clone(), group.kind) }
            })
            .collect();
        for measure in &question.measures {
            let Measure { function, column } = measure;
            let (sql, name) = match (*function, column) {
                ("count", _) => match self.counted(&words, &question.groups) {
                    Some(column) => (format!("count(DISTINCT {})", identifier(&column)), format!("count_{column}")),
                    None => ("count(*)".to_owned(), "count_rows".to_owned()),
                },
                ("share", Some(column)) => {
                    (format!("100.0 * sum({0}) / sum(sum({0})) OVER ()", identifier(column)), format!("percent_{column}"))
                }
                ("share", None) => ("100.0 * count(*) / sum(count(*)) OVER ()".to_owned(), "percent".to_owned()),
                (function, Some(column)) => (format!("{function}({})", identifier(column)), format!("{function}_{column}")),
                (_, None) => return Err(self.missing("the column of numbers", "Name the column that is to be added up or averaged.")),
            };
            select.push(format!("{sql} AS {}", identifier(&name)));
            made.push(Column::new(name, ColumnKind::Number));
        }
        let mut sql = format!("{with}SELECT {} FROM {source}{place}", select.join(", "));
        if grouped {
            let by: Vec<String> = (1..=question.groups.len()).map(|number| number.to_string()).collect();
            sql.push_str(&format!(" GROUP BY {}", by.join(", ")));
            let direction = if question.rising { "" } else { " DESC" };
            sql.push_str(&if question.ordered {
                format!(" ORDER BY {}{direction}", question.groups.len() + 1)
            } else {
                format!(" ORDER BY {}", by.join(", "))
            });
            if let Some(top) = question.top {
                sql.push_str(&format!(" LIMIT {top}"));
            }
        }
        self.run(&sql, true, rows.entries, made)
    }

    /// Whether some words ask for a number or an order.
    fn asks(&self, tokens: &[Token]) -> bool {
        tokens.iter().any(|token| super::question::AGGREGATES.iter().any(|(words, _)| token.is_any(words)))
    }

    /// What is counted where it is no row: "how many customers" of a table of orders.
    fn counted(&self, words: &Words<'_>, groups: &[Group]) -> Option<String> {
        let place = words.tokens.iter().position(|token| token.is_any(&["many", "number"]))?;
        let different = words.tokens.iter().any(|token| token.is_any(&["different", "distinct", "unique"]));
        let spoken = words.said.iter().find(|spoken| {
            spoken.at > place
                && spoken.at <= place + 3
                && matches!(spoken.kind, Some(ColumnKind::Text | ColumnKind::Group))
                && !groups.iter().any(|group| group.name == spoken.name)
        })?;
        let column = words.columns.iter().find(|column| column.name == spoken.name)?;
        let by_value = crate::columns::value_at(words.tokens, spoken.at, column).is_some();
        (!by_value && (different || !column.unique)).then(|| column.name.clone())
    }

    /// Sentences that ask for nothing: what they say holds for the others.
    pub(crate) fn context(&self) -> Vec<Token> {
        let mut found: Vec<Token> = Vec::new();
        for sentence in crate::reading::sentences(&self.reading.tokens) {
            if sentence != self.now.sentence && !self.asked.contains(&sentence) {
                found.extend_from_slice(self.reading.slice(sentence));
            }
        }
        found
    }
}

fn aliased(sql: &str, name: &str) -> String {
    let alias = identifier(name);
    if sql == alias { alias } else { format!("{sql} AS {alias}") }
}
