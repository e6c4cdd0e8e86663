//! How are tables worked on: profiles, charts, forecasts, anomalies, models, tests?

use serde_json::{Map, Value as Json, json};

use super::numbers::beside;
use super::{Builder, Planned};
use crate::columns::{Role, Spoken, spoken};
use crate::draft::{expression, literal};
use crate::given::{Column, ColumnKind, Form};
use crate::values::What;
use crate::words::{Kind, Token};

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

    fn forecast(&mut self) -> Planned<()> {
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

    fn anomalies(&mut self) -> Planned<()> {
        self.skill("data_science.anomalies")?;
        let table = self.table()?;
        let mut with = self.of_table(table);
        let said = self.columns_of(table);
        let columns: Vec<Json> = said
            .iter()
            .filter(|column| matches!(column.kind, Some(ColumnKind::Number) | None) && column.role != Role::Along)
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

    fn train(&mut self) -> Planned<()> {
        self.skill("data_science.train")?;
        let table = self.table()?;
        let mut with = self.of_table(table);
        let sentence = self.sentence();
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let groups = has(&["cluster", "clusters", "segment", "segments", "kmeans", "means", "groups"]) && !has(&["predict", "predicts"]);
        let components = has(&["pca", "principal"]);
        let said = spoken(&sentence, &self.values[table].columns);
        if components || groups {
            with.insert("method".to_owned(), json!(if components { "pca" } else { "k_means" }));
            let features: Vec<Json> = said.iter().map(|column| literal(&column.name)).collect();
            if !features.is_empty() {
                with.insert("features".to_owned(), Json::Array(features));
            }
            let words: &[&str] = if components { &["components", "component"] } else { &["clusters", "groups", "segments", "cluster"] };
            if let Some(number) = beside(&sentence, words) {
                with.insert(if components { "components" } else { "clusters" }.to_owned(), json!(number.clamp(1, 100)));
            }
        } else {
            let from =
                sentence.iter().position(|token| token.is_any(&["from", "using", "with", "based", "out", "by"])).unwrap_or(usize::MAX);
            let target_word = sentence.iter().position(|token| {
                token.is_any(&[
                    "predict",
                    "predicts",
                    "predicting",
                    "classify",
                    "estimate",
                    "estimates",
                    "for",
                    "explain",
                    "explains",
                    "drives",
                    "influences",
                    "determines",
                    "guess",
                    "tells",
                    "tell",
                    "recognize",
                    "recognise",
                    "target",
                ])
            });
            let target = target_word
                .and_then(|place| said.iter().find(|column| column.at > place))
                .or_else(|| said.iter().find(|column| column.at < from))
                .or_else(|| said.first());
            let Some(target) = target.cloned() else {
                return Err(self.missing("the column to predict", "Name the column that the model is to predict."));
            };
            with.insert("target".to_owned(), literal(&target.name));
            let features: Vec<Json> = said
                .iter()
                .filter(|column| column.name != target.name && column.at > from && column.at != usize::MAX)
                .map(|column| literal(&column.name))
                .collect();
            if !features.is_empty() {
                with.insert("features".to_owned(), Json::Array(features));
            }
            let class = matches!(target.kind, Some(ColumnKind::Group | ColumnKind::Text));
            let method = if has(&["logistic"]) {
                "logistic"
            } else if has(&["ridge"]) {
                "ridge"
            } else if has(&["linear"]) || (has(&["regression"]) && !class) {
                "linear"
            } else if has(&["regression"]) {
                "logistic"
            } else {
                "random_forest"
            };
            with.insert("method".to_owned(), json!(method));
            if !has(&["forest", "linear", "logistic", "ridge", "regression"]) {
                self.explanation.assumptions.push(format!("the model is a {}", method.replace('_', " ")));
            }
        }
        if let Some(share) = sentence.iter().find_map(|token| match token.kind {
            Kind::Percent(share) if (0.05..=0.5).contains(&share) => Some(share),
            _ => None,
        }) && has(&["hold", "held", "holdout", "aside", "keep", "testing"])
        {
            with.insert("hold_out".to_owned(), json!(share));
        }
        let step = self.simple("data_science.train", with, table)?;
        let model = self.product(step, What::Artifact(Form::Data), "model", "the model", Some("first([])"));
        self.values[model] = self.values[model].clone().named(&["model", "trained model", "classifier"]);
        Ok(())
    }

    fn predict(&mut self) -> Planned<()> {
        self.skill("data_science.predict")?;
        let is_model = |builder: &Self, place: usize| {
            let value = &builder.values[place];
            matches!(value.what, What::Artifact(_))
                && value.names.iter().any(|name| name.iter().any(|stem| stem == "model" || stem == "classifi"))
        };
        let made =
            (0..self.values.len()).rev().find(|place| is_model(self, *place) && self.values[*place].step.is_some() && self.is_sure(*place));
        let given = (0..self.values.len()).find(|place| is_model(self, *place) && self.values[*place].step.is_none());
        let only = (0..self.values.len())
            .find(|place| self.values[*place].what == What::Artifact(Form::Data) && self.values[*place].step.is_none());
        let model = match made.or(given).or(only) {
            Some(model) => model,
            // What is to be predicted has to be learnt first.
            None => {
                self.train()?;
                (0..self.values.len())
                    .rev()
                    .find(|place| is_model(self, *place) && self.is_sure(*place))
                    .ok_or_else(|| self.missing("a model", "Give a model that `data_science.train` has made."))?
            }
        };
        let trained_on = self.values[model].step.and_then(|step| self.steps[step].draft.with.get("artifact").cloned());
        let others: Vec<usize> = (0..self.values.len())
            .filter(|place| {
                let value = &self.values[*place];
                matches!(value.what, What::Artifact(Form::Table | Form::Unknown))
                    && *place != model
                    && Some(value.json()) != trained_on
                    && value.step.is_none()
            })
            .collect();
        let table = match others.as_slice() {
            [one] => *one,
            [] => self.table()?,
            several => {
                let sentence = self.sentence();
                let spoken: Vec<usize> =
                    several.iter().copied().filter(|place| self.values[*place].mentioned(&sentence).is_some()).collect();
                match spoken.as_slice() {
                    [one] => *one,
                    _ => self.table()?,
                }
            }
        };
        let mut with = self.of_table(table);
        with.insert("model".to_owned(), self.values[model].json());
        let step = self.simple("data_science.predict", with, table)?;
        let made = self.product(step, What::Artifact(Form::Table), "table", "the predictions", None);
        self.values[made] = self.values[made].clone().named(&["predictions", "predicted rows"]).flowing();
        self.current = Some(made);
        Ok(())
    }

    fn test(&mut self) -> Planned<()> {
        self.skill("data_science.test")?;
        let table = self.table()?;
        let mut with = self.of_table(table);
        let known = self.values[table].columns.clone();
        let mut said = spoken(&self.sentence(), &known);
        if said.len() < 2 {
            // The question may stand in one sentence and the columns in another.
            for column in spoken(&self.reading.tokens, &known) {
                if !said.iter().any(|other| other.name == column.name) {
                    said.push(column);
                }
            }
        }
        let sentence = self.sentence();
        let all = self.reading.tokens.clone();
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let groups = |column: &&Spoken| {
            matches!(column.kind, Some(ColumnKind::Group | ColumnKind::Text)) || (column.kind.is_none() && column.role == Role::Group)
        };
        let classes: Vec<&Spoken> = said.iter().filter(groups).collect();
        let numbers: Vec<&Spoken> = said
            .iter()
            .filter(|column| matches!(column.kind, Some(ColumnKind::Number)) || (column.kind.is_none() && column.role != Role::Group))
            .collect();
        // A column of few numbers can group too, if it is said to.
        let group = classes
            .iter()
            .find(|column| column.role == Role::Group)
            .or(classes.first())
            .copied()
            .or_else(|| numbers.iter().find(|column| column.role == Role::Group && column.levels > 0).copied());
        let tested: Vec<&Spoken> =
            numbers.iter().copied().filter(|column| Some(column.name.as_str()) != group.map(|group| group.name.as_str())).collect();
        let named = [
            (&["mann", "whitney"][..], "mann_whitney"),
            (&["kruskal"][..], "kruskal_wallis"),
            (&["anova"][..], "anova"),
            (&["wilcoxon"][..], "wilcoxon"),
            (&["levene", "variances", "variance"][..], "levene"),
            (&["shapiro", "normally", "normal"][..], "shapiro_wilk"),
            (&["welch"][..], "welch"),
            (&["chi", "chisquare"][..], "chi_square_independence"),
            (&["paired"][..], "t_paired"),
        ];
        let asked = named.iter().find(|(words, _)| has(words)).map(|(_, test)| *test);
        let mut levels: Vec<String> = quoted_levels(&sentence, &known);
        if levels.is_empty()
            && let Some(column) = group.and_then(|group| known.iter().find(|column| column.name == group.name))
        {
            for place in 0..sentence.len() {
                let said = crate::columns::value_at(&sentence, place, column);
                levels.extend(
                    said.filter(|value| !levels.iter().any(|known| known == value)).map(str::to_owned).into_iter().collect::<Vec<_>>(),
                );
            }
            // All of them are said: then nothing is left out.
            if levels.len() == 1 || levels.len() == column.levels {
                levels.clear();
            }
        }
        let (test, columns): (&str, Vec<String>) = match (asked, tested.as_slice(), group) {
            (Some(test @ "shapiro_wilk"), [_, ..], _) => (test, tested.iter().map(|column| column.name.clone()).collect()),
            (Some(test @ ("t_paired" | "wilcoxon")), [first, second, ..], _) => {
                with.insert("against".to_owned(), literal(&second.name));
                (test, vec![first.name.clone()])
            }
            (_, [], Some(_)) if classes.len() >= 2 => {
                let group = classes.iter().find(|column| column.role == Role::Group).copied().unwrap_or(classes[1]);
                let tested = classes.iter().find(|column| column.name != group.name).copied().unwrap_or(classes[0]);
                with.insert("group".to_owned(), literal(&group.name));
                ("chi_square_independence", vec![tested.name.clone()])
            }
            (_, [_, ..], Some(group)) => {
                with.insert("group".to_owned(), literal(&group.name));
                let many = levels.len() > 2 || (levels.is_empty() && group.levels > 2);
                let test = asked.unwrap_or(if many { "anova" } else { "welch" });
                let test = if many && matches!(test, "welch") { "welch_anova" } else { test };
                if levels.len() >= 2 {
                    with.insert("levels".to_owned(), Json::Array(levels.iter().map(|level| literal(level)).collect()));
                }
                (test, tested.iter().map(|column| column.name.clone()).collect())
            }
            (_, [one], None) => {
                // One sample against a number; the group may be the only column that classifies.
                let candidates: Vec<&Column> = known.iter().filter(|column| column.kind == ColumnKind::Group).collect();
                let mean = sentence.iter().filter_map(Token::number).next();
                match (mean, candidates.as_slice()) {
                    (Some(mean), _) => {
                        with.insert("expected_mean".to_owned(), json!(mean));
                        ("t_one_sample", vec![one.name.clone()])
                    }
                    (None, [group]) => {
                        with.insert("group".to_owned(), literal(&group.name));
                        (asked.unwrap_or(if group.levels > 2 { "anova" } else { "welch" }), vec![one.name.clone()])
                    }
                    _ => return Err(self.missing("the groups to compare", "Name the column that says which group a row belongs to.")),
                }
            }
            (_, [first, second, ..], None) => {
                with.insert("against".to_owned(), literal(&second.name));
                let paired =
                    has(&["before", "after", "paired", "same"]) || all.iter().any(|token| token.is_any(&["paired", "before", "after"]));
                (asked.unwrap_or(if paired { "t_paired" } else { "welch" }), vec![first.name.clone()])
            }
            (_, [], Some(group)) => {
                let candidates: Vec<&Column> =
                    known.iter().filter(|column| column.kind == ColumnKind::Number && column.name != group.name).collect();
                with.insert("group".to_owned(), literal(&group.name));
                match candidates.as_slice() {
                    [one] => (asked.unwrap_or(if group.levels > 2 { "anova" } else { "welch" }), vec![one.name.clone()]),
                    _ => return Err(self.missing("the column to test", "Name the column of numbers that is to be compared.")),
                }
            }
            (_, [], None) => {
                return Err(
                    self.missing("the columns to test", "Name the column of numbers and the one that says which group a row belongs to.")
                );
            }
        };
        with.insert("test".to_owned(), json!(test));
        with.insert("columns".to_owned(), Json::Array(columns.iter().map(|column| literal(column)).collect()));
        if asked.is_none() {
            self.explanation.assumptions.push(format!("the test is `{test}`"));
        }
        let step = self.simple("data_science.test", with, table)?;
        let made = self.product(step, What::Other, "tests", "the test", None);
        self.values[made] = self.values[made].clone().named(&["test", "difference"]);
        Ok(())
    }

    fn chart(&mut self) -> Planned<()> {
        self.skill("data_science.chart")?;
        let table = self.table()?;
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
        // What is known of the table fills what the goal leaves out.
        if said.is_empty() || (values.is_empty() && !near(&["number", "count", "many"])) {
            let numbers: Vec<&Column> = known.iter().filter(|column| column.kind == ColumnKind::Number).collect();
            if self.values[table].step.is_some() && !numbers.is_empty() {
                values = numbers.iter().take(1).map(|column| column.name.clone()).collect();
            } else if let ([one], true) = (numbers.as_slice(), !matches!(kind, Some("pie" | "bar"))) {
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
}

/// Values in quotation marks that are no columns: the groups that are compared.
fn quoted_levels(tokens: &[Token], known: &[Column]) -> Vec<String> {
    tokens
        .iter()
        .filter(|token| token.kind == Kind::Quoted && !known.is_empty() && !known.iter().any(|column| column.name == token.text))
        .map(|token| token.text.clone())
        .collect()
}
