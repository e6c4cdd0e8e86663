//! What does a question ask, and of which tables or records?

mod at_run;
mod filters;
mod grouped;
mod joined;
mod records;

use serde_json::{Map, Value as Json, json};

use self::filters::compared;
use crate::builder::sources::{Need, rank};
use crate::builder::{Builder, Planned};
use crate::columns::spoken;
use crate::draft::literal;
use crate::given::{Column, Form};
use crate::values::What;
use crate::words::{Kind, Token};

pub(crate) use self::filters::comparison;

/// What is asked of a table.
#[derive(Debug, Default)]
struct Question {
    /// The function over values, and its name in words.
    aggregate: Option<&'static str>,
    /// At most so many, the largest or smallest first.
    top: Option<u64>,
    rising: bool,
}

const AGGREGATES: &[(&[&str], &str)] = &[
    (&["average", "mean", "averages"], "avg"),
    (&["total", "sum", "totals", "add", "spent", "revenue", "sums", "earned", "altogether", "much"], "sum"),
    (&["median"], "median"),
    (&["number", "count", "many", "counts", "often"], "count"),
    (&["maximum", "max"], "max"),
    (&["minimum", "min"], "min"),
];

impl Builder<'_> {
    pub(super) fn query(&mut self) -> Planned<()> {
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
        let tables: Vec<usize> = (0..self.values.len())
            .filter(|place| {
                matches!(self.values[*place].what, What::Artifact(Form::Table))
                    && !self.values[*place].list
                    && self.values[*place].step.is_none()
            })
            .collect();
        let joins = sentence
            .iter()
            .chain(&self.region())
            .any(|token| token.is_any(&["join", "joined", "together", "combine", "merge", "match", "matched", "belong"]))
            || self.reading.tokens.iter().any(|token| token.is_any(&["belong", "join", "joined"]));
        let shared = tables.len() == 2 && joins;
        let spoken_tables = tables.iter().filter(|place| !spoken(&sentence, &self.values[**place].columns).is_empty()).count();
        if shared || (tables.len() == 2 && spoken_tables == 2 && self.common(&tables).is_some()) {
            return self.joined(&tables);
        }
        let records = self.current.filter(|place| self.values[*place].what == What::Records && self.is_sure(*place)).or_else(|| {
            let direct = (0..self.values.len()).any(|place| rank(&self.values[place], Need::Table) >= 5);
            (0..self.values.len()).rev().find(|place| !direct && self.values[*place].what == What::Records && self.is_sure(*place))
        });
        if let Some(records) = records {
            return self.of_records(records);
        }
        let table = self.table()?;
        if self.values[table].columns_at_run.is_some() {
            return self.at_run(table);
        }
        self.of_table_in_sql(table)
    }

    fn entry(&self, name: &str, table: usize) -> Json {
        let mut entry = Map::from_iter([("name".to_owned(), json!(name)), ("artifact".to_owned(), self.values[table].json())]);
        if self.values[table].step.is_none() {
            entry.extend(self.table_terms());
        }
        Json::Object(entry)
    }

    fn run(&mut self, sql: &str, escaped: bool, tables: Vec<Json>, columns: Vec<Column>) -> Planned<()> {
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

    fn question(&self, tokens: &[Token]) -> Question {
        let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        let aggregate = AGGREGATES.iter().find(|(words, _)| has(words)).map(|(_, function)| *function);
        let falling = has(&["top", "most", "largest", "highest", "biggest", "best", "greatest", "longest", "heaviest", "oldest"]);
        let rising = has(&["lowest", "smallest", "least", "worst", "cheapest", "fewest", "shortest", "youngest"]);
        let count = tokens.iter().enumerate().find_map(|(place, token)| match token.kind {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
            Kind::Number(value) if value.fract() == 0.0 && (1.0..=1000.0).contains(&value) && !compared(tokens, place) => {
                Some(value as u64)
            }
            _ => None,
        });
        let ordered = falling || rising;
        Question {
            aggregate,
            top: if ordered { count.or(Some(if has(&["which", "what", "who"]) { 1 } else { 10 })) } else { None },
            rising: rising && !falling,
        }
    }
}
