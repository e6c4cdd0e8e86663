//! How does a step get a table, and how is that read?

use serde_json::{Map, Value as Json, json};

use super::{Need, rank};
use crate::builder::{Builder, Planned};
use crate::given::Form;
use crate::values::{Value, What};

impl Builder<'_> {
    /// A table to work on: the place of its value, which is an artifact.
    pub(crate) fn table(&mut self) -> Planned<usize> {
        let picked =
            self.pick(Need::Table, "a table", "Give a CSV, TSV, JSON, NDJSON or Parquet file, or the address of a page with a table.")?;
        match picked.as_slice() {
            [one] => self.as_table(*one),
            several => {
                let candidates: Vec<String> = several.iter().map(|place| self.values[*place].label.clone()).collect();
                // The columns that the part speaks of may tell which one is meant.
                let region = self.region();
                let speaking: Vec<usize> = several
                    .iter()
                    .copied()
                    .filter(|place| {
                        !crate::columns::spoken(&region, &self.values[*place].columns).is_empty() && !self.values[*place].columns.is_empty()
                    })
                    .collect();
                // A model learns from what is known, and is applied to what is new.
                let fresh = ["new", "second", "test", "unseen", "fresh", "next", "open", "todo", "unlabel", "candid", "incom"];
                let old: Vec<usize> = several
                    .iter()
                    .copied()
                    .filter(|place| !self.values[*place].names.iter().flatten().any(|stem| fresh.iter().any(|word| stem.starts_with(word))))
                    .collect();
                // What a table has and another lacks is learnt from the one that has it.
                let full: Vec<usize> = several
                    .iter()
                    .copied()
                    .filter(|place| several.iter().all(|other| self.values[*other].columns.len() <= self.values[*place].columns.len()))
                    .collect();
                // An address that the goal states is meant before one that is only given.
                let stated: Vec<usize> = several.iter().copied().filter(|place| self.values[*place].literal.is_some()).collect();
                match speaking.as_slice() {
                    _ if stated.len() == 1 && several.iter().all(|place| self.values[*place].what == What::Address) => {
                        self.as_table(stated[0])
                    }
                    _ if self.now.capability == "train" && full.len() == 1 => self.as_table(full[0]),
                    [one] => self.as_table(*one),
                    _ if self.now.capability == "train" && old.len() == 1 => self.as_table(old[0]),
                    _ => Err(self.ambiguous(format!("the table could be any of {}", candidates.join(", ")), candidates)),
                }
            }
        }
    }

    pub(crate) fn as_table(&mut self, place: usize) -> Planned<usize> {
        let value = self.values[place].clone();
        match value.what {
            What::Artifact(Form::Table | Form::Unknown | Form::Data | Form::Prose) => Ok(place),
            What::Address if rank(&value, Need::Table) == 8 => self.fetched(place, "artifact"),
            What::Address | What::Artifact(Form::Page) => self.table_of_page(place),
            _ => Err(self.missing("a table", "Give a CSV, TSV, JSON, NDJSON or Parquet file.")),
        }
    }

    /// The first table of a page.
    pub(crate) fn table_of_page(&mut self, place: usize) -> Planned<usize> {
        if let Some(made) = self.made(place, "table") {
            return Ok(made);
        }
        let feed = self.direct(if self.values[place].what == What::Address { "url" } else { "artifact" }, place);
        let step = self.bridge("web_automation.tables", feed.map(), feed.list.clone(), "Reads the tables of the page.")?;
        self.explanation.assumptions.push("of several tables of the page, the first is taken".to_owned());
        let first = format!("first({}.tables)", self.output(step));
        let mut value = Value::new(What::Artifact(Form::Table), format!("default({first}.artifact, first([]))"), "the page's table");
        value.step = Some(step);
        value.columns = self.values[place].columns.clone();
        value.columns_at_run = Some(format!("default({first}.preview.columns, [])"));
        self.values.push(value);
        let made = self.values.len() - 1;
        self.remember(place, "table", made);
        Ok(made)
    }

    /// How the table's file is to be read, where the goal says so.
    pub(crate) fn table_terms(&self) -> Map<String, Json> {
        let mut terms = Map::new();
        let tokens = &self.reading.tokens;
        let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        let header = tokens
            .windows(3)
            .any(|three| three[0].is_any(&["no", "without"]) && three.iter().any(|token| token.is_any(&["header", "headers", "heading"])))
            || tokens
                .windows(6)
                .any(|near| near[0].is_any(&["not", "lacks", "missing"]) && near.iter().any(|token| token.is_any(&["header"])));
        if header {
            terms.insert("header".to_owned(), json!(false));
        }
        if has(&["separated", "delimiter", "delimited", "separator", "between"]) {
            let mark = [
                ("semicolon", ";"),
                ("semicolons", ";"),
                ("tab", "tab"),
                ("tabs", "tab"),
                ("pipe", "|"),
                ("pipes", "|"),
                ("comma", ","),
                ("commas", ","),
            ];
            if let Some((_, mark)) = mark.iter().find(|(word, _)| has(&[word])) {
                terms.insert("delimiter".to_owned(), json!(mark));
            }
        }
        terms
    }
}
