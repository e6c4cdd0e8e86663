//! What is forecast, and how far?

use serde_json::{Map, Value as Json, json};

use crate::builder::numbers::beside;
use crate::builder::{Builder, Planned};
use crate::columns::{Role, Spoken};
use crate::draft::{expression, literal};
use crate::given::{Column, ColumnKind, Form};
use crate::values::What;
use crate::words::Kind;

impl Builder<'_> {
    pub(super) fn forecast(&mut self) -> Planned<()> {
        self.skill("data_science.forecast")?;
        let table = self.table()?;
        let columns = self.values[table].columns.clone();
        let said = self.columns_of(table);
        let mut with = self.of_table(table);
        let number = |column: &&Spoken| matches!(column.kind, Some(ColumnKind::Number) | None) && column.role != Role::Along;
        let mut values: Vec<&Spoken> = said.iter().filter(number).collect();
        if values.len() > 1 {
            values.retain(|column| column.role == Role::Value);
        }
        let numbers: Vec<&Column> = columns.iter().filter(|column| column.kind == ColumnKind::Number).collect();
        let time = said.iter().find(|column| column.kind == Some(ColumnKind::Time)).map(|column| column.name.clone());
        let times: Vec<&Column> = columns.iter().filter(|column| column.kind == ColumnKind::Time).collect();
        let several = values.len() > 1;
        match (values.as_slice(), numbers.as_slice()) {
            ([one], _) => {
                with.insert("value".to_owned(), literal(&one.name));
            }
            ([], [one]) => {
                with.insert("value".to_owned(), literal(&one.name));
            }
            ([], []) if columns.is_empty() => {
                self.explanation.assumptions.push("the column to forecast is the only one of numbers".to_owned());
            }
            ([], []) => return Err(self.missing("a column of numbers", "Name the column that is to be forecast.")),
            ([], several) => {
                let candidates: Vec<String> = several.iter().map(|column| column.name.clone()).collect();
                return Err(self.ambiguous("several columns could be forecast".to_owned(), candidates));
            }
            _ => {}
        }
        if let Some(time) = time.or_else(|| if times.len() == 1 { times.first().map(|column| column.name.clone()) } else { None }) {
            with.insert("time".to_owned(), literal(&time));
        }
        if let Some(horizon) = self.horizon() {
            with.insert("horizon".to_owned(), horizon);
        }
        let sentence = self.sentence();
        if let Some(share) = sentence.iter().find_map(|token| match token.kind {
            Kind::Percent(share) if (0.5..=0.999).contains(&share) => Some(share),
            _ => None,
        }) {
            with.insert("confidence".to_owned(), json!(share));
        }
        if several {
            // One forecast for each of the columns.
            for column in values.iter().map(|column| column.name.clone()).collect::<Vec<_>>() {
                let mut with = with.clone();
                with.insert("value".to_owned(), literal(&column));
                self.forecast_step(with, table)?;
            }
            return Ok(());
        }
        self.forecast_step(with, table)
    }

    fn forecast_step(&mut self, with: Map<String, Json>, table: usize) -> Planned<()> {
        let step = self.simple("data_science.forecast", with, table)?;
        let made = self.product(step, What::Artifact(Form::Table), "table", "the forecast", None);
        let number = |name: &str| Column { name: name.to_owned(), kind: ColumnKind::Number, levels: 0, values: Vec::new() };
        self.values[made].columns = vec![
            Column { name: "time".to_owned(), kind: ColumnKind::Time, levels: 0, values: Vec::new() },
            number("value"),
            number("low"),
            number("high"),
        ];
        self.values[made] = self.values[made].clone().named(&["forecast", "prediction", "projection"]);
        Ok(())
    }

    /// How many steps ahead: a number beside a span of time, or `a year` in months.
    fn horizon(&self) -> Option<Json> {
        let units = [
            "months", "month", "years", "year", "quarters", "quarter", "weeks", "week", "days", "day", "steps", "periods", "values",
            "points", "hours", "hour", "step", "period", "ahead",
        ];
        let tokens = self.region();
        let all = self.sentence();
        let found = beside(&tokens, &units).or_else(|| beside(&all, &units));
        if let Some(number) = found {
            return Some(json!(number.clamp(1, 1000)));
        }
        if let Some(input) = self.number_named(&["horizon", "months", "steps", "ahead", "periods", "years", "weeks", "days"]) {
            return Some(expression(&format!("round({input})")));
        }
        let next = |unit: &str| {
            all.windows(2).any(|pair| pair[0].is_any(&["next", "coming", "a", "one", "following", "another"]) && pair[1].is(unit))
        };
        let monthly = self.values.iter().flat_map(|value| &value.columns).any(|column| column.name.to_lowercase().contains("month"));
        if next("year") {
            return Some(json!(if monthly { 12 } else { 1 }));
        }
        if next("quarter") && monthly {
            return Some(json!(3));
        }
        (next("month") || next("quarter") || next("week") || next("day")).then(|| json!(1))
    }
}
