//! In which columns are anomalies looked for, and by which method?

use serde_json::{Value as Json, json};

use crate::builder::{Builder, Planned};
use crate::columns::Role;
use crate::draft::literal;
use crate::given::{ColumnKind, Form};
use crate::values::What;

impl Builder<'_> {
    pub(super) fn anomalies(&mut self) -> Planned<()> {
        self.skill("data_science.anomalies")?;
        let table = self.table()?;
        let mut with = self.of_table(table);
        let said = self.columns_of(table);
        let known = self.values[table].columns.clone();
        let id = |name: &str| known.iter().any(|column| column.name == name && crate::builder::query::is_key(column));
        let columns: Vec<Json> = said
            .iter()
            .filter(|column| matches!(column.kind, Some(ColumnKind::Number) | None) && column.role != Role::Along && !id(&column.name))
            .map(|column| literal(&column.name))
            .collect();
        if !columns.is_empty() {
            with.insert("columns".to_owned(), Json::Array(columns));
        }
        let sentence = self.sentence();
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let time = said.iter().find(|column| column.kind == Some(ColumnKind::Time)).map(|column| column.name.clone());
        let over = has(&[
            "over", "series", "season", "seasonal", "trend", "day", "days", "daily", "hour", "hourly", "week", "month", "monthly", "spike",
            "spikes", "time", "when",
        ]);
        // A series tells where in time something is wrong, whatever the goal says.
        let series = self.values[table].columns.iter().any(|column| column.kind == ColumnKind::Time && column.unique);
        let over = over || series;
        let only = self.values[table]
            .columns
            .iter()
            .filter(|column| column.kind == ColumnKind::Time)
            .map(|column| column.name.clone())
            .collect::<Vec<_>>();
        if let Some(time) = time.or_else(|| if over && only.len() == 1 { only.first().cloned() } else { None }) {
            with.insert("time".to_owned(), literal(&time));
        }
        let methods =
            [(&["isolation", "forest"][..], "isolation_forest"), (&["interquartile", "iqr", "tukey"][..], "iqr"), (&["mad"][..], "mad")];
        if let Some((_, method)) = methods.iter().find(|(words, _)| has(words)) {
            with.insert("method".to_owned(), json!(method));
            with.remove("time");
        }
        let step = self.simple("data_science.anomalies", with, table)?;
        let made = self.product(step, What::Artifact(Form::Table), "table", "the anomalies", None);
        self.values[made] = self.values[made].clone().named(&["anomalies", "outliers"]);
        Ok(())
    }
}
