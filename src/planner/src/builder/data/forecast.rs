//! What is forecast, and how far?

use serde_json::{Map, Value as Json, json};

use super::span;
use crate::builder::numbers::beside;
use crate::builder::query::{is_year, month_of};
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
            ([], several)
                if let [one] = crate::columns::related(&self.sentence(), &columns, &[ColumnKind::Number]).as_slice()
                    && several.iter().any(|column| column.name == one.name) =>
            {
                with.insert("value".to_owned(), literal(&one.name));
            }
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
        let number = |name: &str| Column::new(name, ColumnKind::Number);
        self.values[made].columns = vec![Column::new("time", ColumnKind::Time), number("value"), number("low"), number("high")];
        self.values[made] = self.values[made].clone().named(&["forecast", "prediction", "projection"]);
        Ok(())
    }

    /// How many steps it is from the last of the data to a time that the goal names: "in March 2025", "by December", "the rest of the year".
    fn until_said(&self) -> Option<i64> {
        let tokens = &self.reading.tokens;
        let latest = self
            .values
            .iter()
            .flat_map(|value| &value.columns)
            .find(|column| column.latest.len() == 2)
            .map(|column| column.latest.clone())?;
        let months = |value: &str| -> Option<i64> {
            let year: i64 = value.get(..4)?.parse().ok()?;
            let month: i64 = value.get(5..7).and_then(|month| month.parse().ok()).unwrap_or(1);
            Some(year * 12 + month - 1)
        };
        let (before, last) = (months(&latest[0])?, months(&latest[1])?);
        let step = (last - before).max(0);
        // Steps of days and weeks are not counted to a month.
        let yearly = latest[1].len() == 4;
        if !yearly && !(1..=6).contains(&step) {
            return None;
        }
        let mut targets: Vec<i64> = Vec::new();
        for place in 0..tokens.len() {
            let year = |place: usize| {
                (place < tokens.len() && is_year(tokens, place)).then(|| tokens[place].number()).flatten().map(|year| {
                    #[expect(clippy::cast_possible_truncation, reason = "between 1900 and 2100")]
                    {
                        year as i64
                    }
                })
            };
            if let Some(month) = month_of(&tokens[place]) {
                let month = i64::try_from(month).unwrap_or(1) - 1;
                // "January, February and March 2025": the year stands with the last.
                let stated = (place + 1..place + 8)
                    .take_while(|next| {
                        tokens.get(*next).is_some_and(|token| {
                            token.is_mark() || token.is("and") || month_of(token).is_some() || token.number().is_some()
                        })
                    })
                    .find_map(year);
                // "Up to the end of September" tells where the data end, if they do.
                let ends = stated.is_none() && month == last.rem_euclid(12);
                let others = tokens.iter().any(|token| month_of(token).is_some_and(|other| i64::try_from(other).unwrap_or(1) - 1 != month));
                if ends && others {
                    continue;
                }
                let target = stated.map_or_else(
                    || {
                        let this = last - last.rem_euclid(12) + month;
                        if this > last { this } else { this + 12 }
                    },
                    |year| year * 12 + month,
                );
                targets.push(target);
            } else if let Some(year) = year(place).filter(|_| place == 0 || month_of(&tokens[place - 1]).is_none()) {
                targets.push(if yearly { year * 12 } else { year * 12 + 11 });
            }
        }
        let words =
            |first: &str, second: &str| tokens.windows(3).any(|three| three[0].is(first) && three.iter().any(|token| token.is(second)));
        if words("rest", "year")
            || words("end", "year") && !words("next", "year")
            || tokens.windows(2).any(|pair| pair[0].is("year") && pair[1].is("end"))
        {
            targets.push(last - last.rem_euclid(12) + 11);
        }
        let far = targets.into_iter().filter(|target| *target > last).max()?;
        let step = if yearly { 12 } else { step };
        Some((far - last + step - 1) / step)
    }

    /// How many steps ahead: a number beside a span of time, or `a year` in months.
    fn horizon(&self) -> Option<Json> {
        let units = [
            "months", "month", "years", "year", "quarters", "quarter", "weeks", "week", "days", "day", "steps", "periods", "values",
            "points", "hours", "hour", "step", "period", "ahead",
        ];
        let tokens = self.region();
        let all = self.sentence();
        if let Some(steps) = self.until_said() {
            return Some(json!(steps.clamp(1, 1000)));
        }
        // "Two quarters" of what is counted by months are six.
        let step = self.values.iter().flat_map(|value| &value.columns).find_map(|column| span::step(&column.latest));
        if let Some((span, step)) = span::ahead(&tokens).or_else(|| span::ahead(&all)).zip(step) {
            #[expect(clippy::cast_possible_truncation, reason = "at most a thousand")]
            let steps = span::steps(span, step) as i64;
            return Some(json!(steps));
        }
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
