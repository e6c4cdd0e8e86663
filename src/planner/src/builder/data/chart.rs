//! Which chart is drawn, of which columns?

use serde_json::{Value as Json, json};

use crate::builder::numbers::beside;
use crate::builder::{Builder, Planned};
use crate::columns::{Role, spoken};
use crate::draft::literal;
use crate::given::{Column, ColumnKind};
use crate::values::What;
use crate::words::Token;

impl Builder<'_> {
    pub(super) fn chart(&mut self) -> Planned<()> {
        self.skill("data_science.chart")?;
        let counted =
            self.steps.iter().rposition(|step| step.draft.uses == "nlp.keywords" && !step.list && step.draft.condition == self.condition);
        let tables = self.values.iter().any(|value| matches!(value.what, What::Artifact(crate::given::Form::Table)));
        if let Some(step) = counted.filter(|_| !tables) {
            return self.chart_of_keywords(step);
        }
        let table = self.table()?;
        let table = self.asked_first(table)?;
        let region = self.region();
        let sentence = self.sentence();
        // What is drawn may have been said before: then how it is put together was too.
        let before = spoken(&sentence, &self.values[table].columns).is_empty();
        let asked: Vec<Token> = if before { self.reading.tokens.clone() } else { region.clone() };
        let near = |words: &[&str]| asked.iter().any(|token| token.is_any(words));
        let has = |words: &[&str]| near(words) || sentence.iter().any(|token| token.is_any(words));
        let said = self.columns_of(table);
        let known = self.values[table].columns.clone();
        let kinds: [(&[&str], &str); 8] = [
            (&["histogram", "distribution"], "histogram"),
            (&["boxplot", "boxplots", "box"], "boxplot"),
            (&["scatter", "scatterplot", "relationship"], "scatter"),
            (&["pie", "proportion", "proportions", "shares"], "pie"),
            (&["heatmap", "heat"], "heatmap"),
            (&["area"], "area"),
            (&["line", "trend", "curve", "time"], "line"),
            (&["bar", "bars", "columns"], "bar"),
        ];
        let mut kind =
            kinds.iter().find(|(words, _)| near(words)).or_else(|| kinds.iter().find(|(words, _)| has(words))).map(|(_, kind)| *kind);
        let mut values: Vec<String> = said
            .iter()
            .filter(|column| {
                column.role == Role::Value && !matches!(column.kind, Some(ColumnKind::Group | ColumnKind::Time | ColumnKind::Text))
            })
            .map(|column| column.name.clone())
            .collect();
        let mut along: Vec<String> = said
            .iter()
            .filter(|column| {
                column.role != Role::Value || matches!(column.kind, Some(ColumnKind::Group | ColumnKind::Time | ColumnKind::Text))
            })
            .map(|column| column.name.clone())
            .collect();
        // Where each row is another department, there is nothing to count.
        let one_each = known.iter().any(|column| {
            column.unique
                && matches!(column.kind, ColumnKind::Group | ColumnKind::Text)
                && (said.is_empty() || said.iter().any(|said| said.name == column.name))
        });
        // What is known of the table fills what the goal leaves out.
        if said.is_empty() || (values.is_empty() && !near(&["number", "count", "many"])) {
            let numbers: Vec<&Column> = known.iter().filter(|column| column.kind == ColumnKind::Number).collect();
            if self.values[table].step.is_some() && !numbers.is_empty() {
                values = numbers.iter().take(1).map(|column| column.name.clone()).collect();
            } else if let ([one], true) = (numbers.as_slice(), one_each || !matches!(kind, Some("pie" | "bar"))) {
                values = vec![one.name.clone()];
            }
        }
        if along.is_empty() && !matches!(kind, Some("histogram" | "boxplot" | "scatter")) {
            let rest: Vec<&Column> = known.iter().filter(|column| column.kind != ColumnKind::Number).collect();
            let times = rest.iter().find(|column| column.kind == ColumnKind::Time);
            let from_step = self.values[table].step.is_some();
            if let Some(time) = times.filter(|_| kind.is_none() || kind == Some("line") || kind == Some("area") || from_step) {
                along = vec![time.name.clone()];
            } else if let (Some(first), true) = (rest.first(), from_step || rest.len() == 1) {
                along = vec![first.name.clone()];
            }
        }
        if values.is_empty() && along.is_empty() && known.is_empty() && self.values[table].columns_at_run.is_none() {
            return Err(self.missing("the columns to draw", "Name the columns, in quotation marks or after the word column."));
        }
        if said.is_empty() && self.values[table].step.is_none() && known.len() > 2 && kind.is_none() && along.is_empty() {
            let candidates: Vec<String> = known.iter().take(20).map(|column| column.name.clone()).collect();
            return Err(self.ambiguous("the chart could be of any columns".to_owned(), candidates));
        }
        let timed = along.iter().any(|name| known.iter().any(|column| column.name == *name && column.kind == ColumnKind::Time));
        let kind = *kind.get_or_insert(if timed { "line" } else { "bar" });
        let mut with = self.of_table(table);
        with.insert("kind".to_owned(), json!(kind));
        match kind {
            "histogram" => {
                let Some(x) = values.first().or(along.first()) else {
                    return Err(self.missing("the column to draw", "Name the column whose values are to be counted."));
                };
                with.insert("x".to_owned(), literal(x));
                if let Some(bins) = beside(&sentence, &["bins", "bin", "classes"]) {
                    with.insert("bins".to_owned(), json!(bins.clamp(1, 200)));
                }
            }
            "scatter" => {
                let mut both = values.iter().chain(&along).cloned().collect::<Vec<_>>();
                if both.len() < 2 {
                    return Err(self.missing("two columns of numbers", "Name the two columns that are to be drawn against one another."));
                }
                // "A against B": A upwards, B along. "A and B": A along.
                let against = said.iter().any(|column| column.role == Role::Along);
                let (x, y) = if against { (both[1].clone(), both[0].clone()) } else { (both[0].clone(), both[1].clone()) };
                with.insert("x".to_owned(), literal(&x));
                with.insert("y".to_owned(), json!([literal(&y)]));
                if both.len() > 2 {
                    with.insert("group".to_owned(), literal(&both.swap_remove(2)));
                }
            }
            _ => {
                if let Some(x) = along.first() {
                    with.insert("x".to_owned(), literal(x));
                } else if values.len() == 1 && known.is_empty() {
                    return Err(self.missing("the column along x", "Name the column of categories or times."));
                }
                if let Some(group) = along.get(1) {
                    with.insert("group".to_owned(), literal(group));
                }
                if !values.is_empty() {
                    with.insert("y".to_owned(), Json::Array(values.iter().take(10).map(|column| literal(column)).collect()));
                }
            }
        }
        let aggregates: [(&[&str], &str); 6] = [
            (&["average", "mean", "averages"], "mean"),
            (&["total", "sum", "totals", "sums"], "sum"),
            (&["median"], "median"),
            (&["highest", "maximum", "max"], "max"),
            (&["lowest", "minimum", "min"], "min"),
            (&["number", "count", "many", "counts"], "count"),
        ];
        let fresh = self.values[table].step.is_none();
        if let Some((_, aggregate)) =
            aggregates.iter().find(|(words, _)| near(words)).filter(|_| fresh && !matches!(kind, "histogram" | "boxplot" | "scatter"))
        {
            if *aggregate == "count" {
                with.remove("y");
            }
            with.insert("aggregate".to_owned(), json!(aggregate));
        }
        if let Some(top) = beside(&region, &["top", "largest", "biggest", "highest"]).filter(|_| fresh && matches!(kind, "bar" | "pie")) {
            with.insert("top".to_owned(), json!(top.clamp(1, 100)));
        }
        if near(&["stacked"]) {
            with.insert("stacked".to_owned(), json!(true));
        }
        if near(&["logarithmic", "log"]) {
            with.insert("log".to_owned(), json!(true));
        }
        let step = self.simple("data_science.chart", with, table)?;
        let made = self.product(step, What::Chart, "chart", "the chart", None);
        self.values[made] = self.values[made].clone().named(&["chart", "plot", "diagram", "graph"]);
        Ok(())
    }

    /// "Takings by weekday", "of July only": what a chart cannot work out by itself is asked of the table before.
    fn asked_first(&mut self, table: usize) -> Planned<usize> {
        let value = &self.values[table];
        if value.step.is_some() || value.list || value.columns.is_empty() {
            return Ok(table);
        }
        let sentence = self.sentence();
        if !self.needs_question(&sentence, table) {
            return Ok(table);
        }
        let before = self.steps.len();
        self.query()?;
        let made = self.current.filter(|made| self.values[*made].step.is_some_and(|step| step >= before));
        Ok(made.unwrap_or(table))
    }

    /// What is in no table is drawn in a report, of what the step gave.
    fn chart_of_keywords(&mut self, step: usize) -> Planned<()> {
        self.skill("documentation.report")?;
        let out = self.output(step);
        let list = |field: &str| crate::draft::expression(&format!("map({out}.keywords, k => k.{field})"));
        let chart = json!({"xAxis": {"type": "category", "data": list("term")}, "yAxis": {"type": "value"}, "series": [{"type": "bar", "name": "Occurrences", "data": list("count")}]});
        let sections =
            json!([{"title": "Keywords", "chart": chart, "result": {"keywords": crate::draft::expression(&format!("{out}.keywords"))}}]);
        let with = serde_json::Map::from_iter([("title".to_owned(), json!("Keywords")), ("sections".to_owned(), sections)]);
        let why = format!("{}.", self.clause());
        self.step("documentation.report", with, None, &why)?;
        self.rules.push("what is in no table is drawn in a report".to_owned());
        Ok(())
    }
}
