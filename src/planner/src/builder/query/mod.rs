//! What does a question ask, and of which tables or records?

mod ask;
mod at_run;
mod balance;
mod filters;
mod prepare;
mod question;
mod records;
mod two;

use serde_json::{Map, Value as Json, json};

use self::ask::Rows;
use self::question::AGGREGATES;
use crate::builder::sources::{Need, rank};
use crate::builder::{Builder, Planned};
use crate::columns::spoken;
use crate::draft::literal;
use crate::given::{Column, ColumnKind, Form};
use crate::values::What;
use crate::words::{Kind, Token};

pub(crate) use self::filters::{comparison, is_year, month_of};
pub(crate) use self::question::is_key;

/// Whether a number is a bound and no count of what is asked for.
fn question_number(tokens: &[Token], place: usize) -> bool {
    comparison(tokens, place).is_some()
        || place > 0 && tokens[place - 1].is_any(&["to", "within", "than", "until"])
        || is_year(tokens, place)
}

impl Builder<'_> {
    pub(crate) fn query(&mut self) -> Planned<()> {
        self.skill("data_science.query")?;
        let sentence = self.sentence();
        // A statement in the goal is taken as it is.
        if let Some(sql) = sentence
            .iter()
            .find(|token| token.kind == Kind::Quoted && token.lower.trim_start().starts_with("select"))
            .map(|token| token.text.clone())
        {
            return self.stated(&sql);
        }
        // What was just made of a table goes on, unless the part speaks of another.
        let made = self.current.filter(|place| {
            let value = &self.values[*place];
            value.what == What::Artifact(Form::Table)
                && value.step.is_some()
                && value.flows
                && !value.columns.is_empty()
                && self.is_sure(*place)
        });
        let tables: Vec<usize> = (0..self.values.len())
            .filter(|place| {
                let value = &self.values[*place];
                let table =
                    value.what == What::Artifact(Form::Table) || (value.what == What::Artifact(Form::Page) && !value.columns.is_empty());
                table && !value.list && value.step.is_none()
            })
            .collect();
        let named: Vec<usize> = tables.iter().copied().filter(|place| self.values[*place].mentioned(&sentence).is_some()).collect();
        if let Some(made) = made.filter(|place| {
            named.is_empty()
                && (!spoken(&sentence, &self.values[*place].columns).is_empty()
                    || tables.iter().all(|table| spoken(&sentence, &self.values[*table].columns).is_empty()))
        }) {
            return self.of_one(made);
        }
        if tables.len() >= 2 && tables.iter().all(|place| !self.values[*place].columns.is_empty()) {
            let joins = self.is_missing(&sentence)
                || self.asks_balance(&sentence)
                || self.reading.tokens.iter().any(|token| {
                    token.lower == "two"
                        || token.is_any(&[
                            "join", "joined", "together", "combine", "merge", "match", "matched", "belong", "both", "two", "stack",
                            "append", "beside", "compare", "each", "against",
                        ])
                });
            let spoken_tables: Vec<usize> =
                tables.iter().copied().filter(|place| !spoken(&sentence, &self.values[*place].columns).is_empty()).collect();
            let only = if named.len() == 1 {
                named.first()
            } else if named.is_empty() && spoken_tables.len() == 1 {
                spoken_tables.first()
            } else {
                None
            };
            // A question that one table answers alone needs no other, unless the goal puts them together.
            let alone = only.filter(|place| {
                let others: Vec<usize> = tables.iter().copied().filter(|other| other != *place).collect();
                let foreign = others.iter().any(|other| {
                    spoken(&sentence, &self.values[*other].columns)
                        .iter()
                        .any(|spoken| !self.values[**place].columns.iter().any(|column| column.name == spoken.name))
                });
                !joins && !foreign
            });
            if let Some(one) = alone {
                return self.of_one(*one);
            }
            let mut chosen = Vec::new();
            for place in tables.iter().take(8) {
                chosen.push(self.as_table(*place)?);
            }
            return self.of_two(&chosen);
        }
        let records = self.current.filter(|place| self.values[*place].what == What::Records && self.is_sure(*place)).or_else(|| {
            let direct = (0..self.values.len()).any(|place| rank(&self.values[place], Need::Table) >= 5);
            (0..self.values.len()).rev().find(|place| !direct && self.values[*place].what == What::Records && self.is_sure(*place))
        });
        if let Some(records) = records {
            return match self.table_of_answer(records, &sentence) {
                Some(table) => self.at_run(table),
                None => self.of_records(records),
            };
        }
        let table = self.table()?;
        self.of_one(table)
    }

    /// The records of an interface as a table, where the goal speaks of their fields in words that may not be their names.
    fn table_of_answer(&mut self, records: usize, sentence: &[Token]) -> Option<usize> {
        let value = self.values[records].clone();
        let step = value.step.filter(|step| value.columns.is_empty() && self.steps[*step].draft.uses == "web_automation.api_call")?;
        let other_words = sentence.iter().any(|token| token.kind == Kind::Word && crate::lexicon::siblings(&token.lower).len() > 1);
        if !other_words
            || !matches!(self.function(sentence), Some("sum" | "avg") | None)
            || sentence.iter().any(|token| token.kind == Kind::Quoted)
        {
            return None;
        }
        let out = self.output(step);
        self.steps[step].draft.with.insert("save".to_owned(), json!("csv"));
        let mut table =
            crate::values::Value::new(What::Artifact(Form::Table), format!("default({out}.artifact, first([]))"), "the answer as a table");
        table.step = Some(step);
        table.columns_at_run = Some(format!("flatten(map(slice(default({out}.records, []), 0, 1), r => keys(r)))"));
        self.values.push(table);
        Some(self.values.len() - 1)
    }

    /// A question about one table.
    fn of_one(&mut self, table: usize) -> Planned<()> {
        let table = self.as_table(table)?;
        let columns = self.values[table].columns.clone();
        let numbers = columns.iter().any(|column| column.kind == ColumnKind::Number);
        if self.values[table].columns_at_run.is_some() && !numbers {
            return self.at_run(table);
        }
        let entry = self.entry("t", table);
        self.ask(Rows { sql: "t".to_owned(), columns, entries: vec![entry], label: None })
    }

    /// Whether some words ask of a table what no chart works out by itself: parts of times, and rows that are left out.
    pub(crate) fn needs_question(&self, tokens: &[Token], table: usize) -> bool {
        let columns = &self.values[table].columns;
        let words = question::Words::new(tokens, columns);
        words.part_of_time().is_some() || !self.filters(tokens, columns, &words.said).is_empty()
    }

    /// How closely two columns of numbers go together.
    pub(crate) fn correlated(&mut self, table: usize, one: &str, other: &str) -> Planned<()> {
        self.skill("data_science.query")?;
        let (first, second) = (crate::builder::sources::identifier(one), crate::builder::sources::identifier(other));
        let sql = format!(
            "SELECT corr({first}, {second}) AS \"correlation\", count(*) AS \"rows\" FROM t WHERE {first} IS NOT NULL AND {second} IS NOT NULL"
        );
        let entry = self.entry("t", table);
        self.run(&sql, true, vec![entry], vec![Column::new("correlation", ColumnKind::Number)])
    }

    fn entry(&self, name: &str, table: usize) -> Json {
        let mut entry = Map::from_iter([("name".to_owned(), json!(name)), ("artifact".to_owned(), self.values[table].json())]);
        if self.values[table].step.is_none() {
            entry.extend(self.table_terms());
        }
        Json::Object(entry)
    }

    pub(super) fn run(&mut self, sql: &str, escaped: bool, tables: Vec<Json>, columns: Vec<Column>) -> Planned<()> {
        let sql = if escaped { literal(sql) } else { json!(sql) };
        let with = Map::from_iter([("sql".to_owned(), sql), ("tables".to_owned(), Json::Array(tables))]);
        let why = format!("{}.", self.clause());
        let step = self.step("data_science.query", with, None, &why)?;
        let made = self.product(step, What::Artifact(Form::Table), "table", "the answer", None);
        self.values[made].columns = columns;
        self.values[made] = self.values[made].clone().named(&["result", "rows", "answer"]).flowing();
        self.current = Some(made);
        Ok(())
    }

    fn stated(&mut self, sql: &str) -> Planned<()> {
        let tables: Vec<usize> =
            (0..self.values.len()).filter(|place| rank(&self.values[*place], Need::Table) >= 6 && !self.values[*place].list).collect();
        if tables.is_empty() {
            return Err(self.missing("a table", "Give a CSV, TSV, JSON, NDJSON or Parquet file."));
        }
        let lower = sql.to_lowercase();
        let name = |place: usize| {
            self.given
                .iter()
                .find(|given| self.values[place].expr == format!("inputs.{}", given.name))
                .map_or("t", |given| given.name.as_str())
                .to_owned()
        };
        let mut entries = Vec::new();
        for place in &tables {
            let name = if tables.len() == 1 {
                // The name that the statement uses.
                let after = lower.split_whitespace().skip_while(|word| *word != "from").nth(1).unwrap_or("t");
                after.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '_').to_owned()
            } else {
                name(*place)
            };
            entries.push(self.entry(&name, *place));
        }
        self.run(sql, true, entries, Vec::new())
    }

    /// The function that some words ask for.
    fn function(&self, tokens: &[Token]) -> Option<&'static str> {
        let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        AGGREGATES.iter().find(|(words, _)| has(words)).map(|(_, function)| *function)
    }
}
