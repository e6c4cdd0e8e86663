//! What is done with a table, and with which of its columns?

mod anomalies;
mod chart;
mod forecast;
mod hypotheses;
mod models;
mod span;

use serde_json::{Map, Value as Json};

use crate::builder::{Builder, Planned};
use crate::columns::{Spoken, spoken};
use crate::values::What;

impl Builder<'_> {
    pub(super) fn data(&mut self) -> Planned<()> {
        match self.now.capability {
            "profile" => self.profile(),
            "chart" => self.chart(),
            "forecast" => self.forecast(),
            "anomalies" => self.anomalies(),
            "train" => self.train(),
            "predict" => self.predict(),
            _ => self.test(),
        }
    }

    /// The beginning of a step's input: its table, and how that is read.
    fn of_table(&self, table: usize) -> Map<String, Json> {
        let mut with = Map::from_iter([("artifact".to_owned(), self.values[table].json())]);
        if self.values[table].step.is_none() {
            with.extend(self.table_terms());
        }
        with
    }

    /// The columns that the present part speaks of; of the whole sentence, if the part names none.
    pub(crate) fn columns_of(&self, table: usize) -> Vec<Spoken> {
        let known = &self.values[table].columns;
        let near = spoken(&self.region(), known);
        let wide = spoken(&self.sentence(), known);
        // "Draw it as bars" speaks of what was asked before.
        match (near.is_empty(), wide.is_empty()) {
            (false, _) => near,
            (true, false) => wide,
            (true, true) => spoken(&self.reading.tokens, known),
        }
    }

    fn simple(&mut self, skill: &str, with: Map<String, Json>, table: usize) -> Planned<usize> {
        let why = format!("{}.", self.clause());
        let list = self.values[table].list;
        let (with, foreach) = if list {
            let mut with = with;
            with.insert("artifact".to_owned(), Self::item());
            (with, Some(self.values[table].expr.clone()))
        } else {
            (with, None)
        };
        let step = self.step(skill, with, foreach, &why)?;
        self.current = Some(table);
        Ok(step)
    }

    fn profile(&mut self) -> Planned<()> {
        self.skill("data_science.profile")?;
        let table = self.table()?;
        let with = self.of_table(table);
        let step = self.simple("data_science.profile", with, table)?;
        let made = self.product(step, What::Other, "columns", "the profile", None);
        self.values[made] = self.values[made].clone().named(&["profile", "overview", "statistics"]);
        Ok(())
    }
}
