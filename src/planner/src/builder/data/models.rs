//! What does a model learn, and what is predicted with it?

use serde_json::{Value as Json, json};

use crate::builder::numbers::beside;
use crate::builder::{Builder, Planned};
use crate::columns::spoken;
use crate::draft::literal;
use crate::given::{ColumnKind, Form};
use crate::values::What;
use crate::words::Kind;

impl Builder<'_> {
    pub(super) fn train(&mut self) -> Planned<()> {
        self.skill("data_science.train")?;
        // What one table lacks is learnt from the other, whichever is spoken of.
        let table = match self.fuller() {
            Some(full) => full,
            None => self.table()?,
        };
        let mut with = self.of_table(table);
        let sentence = self.sentence();
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let parts = crate::lexicon::says(&sentence, "split") && crate::lexicon::says(&sentence, "kinds");
        let alike = has(&["alike", "similar", "similarly", "lookalikes", "segmentation"]) && !has(&["model", "regression", "forest"]);
        let groups = (has(&["cluster", "clusters", "clustering", "segment", "segments", "kmeans", "groups"])
            || parts
            || alike
            || sentence.windows(2).any(|pair| pair[0].is("k") && pair[1].is("means"))
            || sentence.windows(3).any(|three| three[0].is("k") && three[2].is("means")))
            && !has(&["predict", "predicts", "predicting"]);
        let components = has(&["pca", "principal"]);
        let mut said = spoken(&sentence, &self.values[table].columns);
        if said.is_empty() && !groups {
            // The columns may be named in a sentence before.
            said = spoken(&self.reading.tokens, &self.values[table].columns);
        }
        if components || groups {
            with.insert("method".to_owned(), json!(if components { "pca" } else { "k_means" }));
            let known = self.values[table].columns.clone();
            let number =
                |name: &str| known.is_empty() || known.iter().any(|column| column.name == name && column.kind == ColumnKind::Number);
            let mut features: Vec<Json> = said.iter().filter(|column| number(&column.name)).map(|column| literal(&column.name)).collect();
            if features.is_empty() {
                // What is measured, without what only names a row.
                features = known
                    .iter()
                    .filter(|column| column.kind == ColumnKind::Number && !crate::builder::query::is_key(column))
                    .map(|column| literal(&column.name))
                    .collect();
            }
            if !features.is_empty() {
                with.insert("features".to_owned(), Json::Array(features));
            }
            let words: &[&str] = if components {
                &["components", "component"]
            } else {
                &[
                    "clusters",
                    "groups",
                    "segments",
                    "cluster",
                    "kinds",
                    "types",
                    "families",
                    "classes",
                    "bunches",
                    "tribes",
                    "clumps",
                    "sorts",
                    "sets",
                    "camps",
                    "buckets",
                    "categories",
                    "piles",
                ]
            };
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
            // What the other table lacks is what it is to be given.
            let lacking = self.lacking(table);
            // "A model of price on area and age": what stands before `on`.
            let on = sentence.iter().position(|token| token.is("on")).filter(|place| {
                said.iter().any(|column| column.at < *place && *place - column.at <= 2) && said.iter().any(|column| column.at > *place)
            });
            let regressed = on.and_then(|place| said.iter().rev().find(|column| column.at < place)).cloned();
            let from = on.unwrap_or(from);
            let lacking = lacking.and_then(|name| {
                self.values[table].columns.iter().find(|column| column.name == name).map(|column| crate::columns::Spoken {
                    name: column.name.clone(),
                    kind: Some(column.kind),
                    levels: column.levels,
                    at: said.iter().find(|spoken| spoken.name == name).map_or(0, |spoken| spoken.at),
                    role: crate::columns::Role::Value,
                })
            });
            let loosely = crate::columns::related(&sentence, &self.values[table].columns, &[ColumnKind::Number, ColumnKind::Group]);
            let target = lacking
                .as_ref()
                .or(regressed.as_ref())
                .or_else(|| {
                    target_word
                        .and_then(|place| said.iter().find(|column| column.at > place))
                        .or_else(|| said.iter().find(|column| column.at < from))
                        .or_else(|| said.first())
                })
                .or_else(|| loosely.first());
            // What is either so or so is what is asked about, where nothing is named.
            let either: Vec<crate::columns::Spoken> = self.values[table]
                .columns
                .iter()
                .filter(|column| column.kind == ColumnKind::Group && column.levels == 2)
                .map(|column| crate::columns::Spoken {
                    name: column.name.clone(),
                    kind: Some(column.kind),
                    levels: 2,
                    at: 0,
                    role: crate::columns::Role::Value,
                })
                .collect();
            let target = target.or(if let [one] = either.as_slice() { Some(one) } else { None });
            let Some(target) = target.cloned() else {
                return Err(self.missing("the column to predict", "Name the column that the model is to predict."));
            };
            with.insert("target".to_owned(), literal(&target.name));
            // "Leave customer_id out": all others.
            let left_out: Vec<&str> = said
                .iter()
                .filter(|column| column.name != target.name && left_out(&sentence, column.at))
                .map(|column| column.name.as_str())
                .collect();
            let mut features: Vec<Json> = said
                .iter()
                .filter(|column| column.name != target.name && column.at > from && !left_out.contains(&column.name.as_str()))
                .map(|column| literal(&column.name))
                .collect();
            if features.is_empty() {
                // A column that only names a row tells nothing of another.
                let rest: Vec<&crate::given::Column> = self.values[table]
                    .columns
                    .iter()
                    .filter(|column| {
                        let names_a_row = crate::builder::query::is_key(column) || (column.unique && column.kind == ColumnKind::Text);
                        column.name != target.name && !left_out.contains(&column.name.as_str()) && !names_a_row
                    })
                    .collect();
                if rest.len() + 1 < self.values[table].columns.len() {
                    features = rest.iter().map(|column| literal(&column.name)).collect();
                }
            }
            if !features.is_empty() {
                with.insert("features".to_owned(), Json::Array(features));
            }
            let class = matches!(target.kind, Some(ColumnKind::Group | ColumnKind::Text));
            let method = if has(&["logistic"]) {
                "logistic"
            } else if has(&["ridge"]) {
                "ridge"
            } else if has(&["linear", "straight", "line"])
                || self.reading.tokens.iter().any(|token| token.is_any(&["line", "linear"]))
                || (has(&["regression"]) && !class)
            {
                "linear"
            } else if has(&["regression"]) {
                "logistic"
            } else {
                "random_forest"
            };
            with.insert("method".to_owned(), json!(method));
            if !has(&["forest", "linear", "logistic", "ridge", "regression", "line", "straight"]) {
                self.explanation.assumptions.push(format!("the model is a {}", method.replace('_', " ")));
            }
        }
        if let Some(share) = sentence.iter().find_map(|token| match token.kind {
            Kind::Percent(share) if (0.05..=0.5).contains(&share) => Some(share),
            Kind::Word => match token.lower.as_str() {
                "quarter" => Some(0.25),
                "fifth" => Some(0.2),
                "third" => Some(1.0 / 3.0),
                "tenth" => Some(0.1),
                "half" => Some(0.5),
                _ => None,
            },
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

    /// The table that has all columns of another one, and one more.
    fn fuller(&self) -> Option<usize> {
        let tables: Vec<usize> = (0..self.values.len())
            .filter(|place| {
                let value = &self.values[*place];
                value.step.is_none() && !value.list && !value.columns.is_empty() && value.what == What::Artifact(Form::Table)
            })
            .collect();
        let [one, other] = tables.as_slice() else { return None };
        let more = |full: usize, less: usize| {
            let lacks = |column: &&crate::given::Column| !self.values[less].columns.iter().any(|known| known.name == column.name);
            self.values[full].columns.iter().filter(lacks).count() == 1
                && self.values[full].columns.len() == self.values[less].columns.len() + 1
        };
        if more(*one, *other) {
            Some(*one)
        } else if more(*other, *one) {
            Some(*other)
        } else {
            None
        }
    }

    /// The column that another table lacks which has all the others: what is to be predicted for it.
    fn lacking(&self, table: usize) -> Option<String> {
        let own = &self.values[table].columns;
        let others = self.values.iter().enumerate().filter(|(place, value)| {
            *place != table && value.step.is_none() && !value.columns.is_empty() && matches!(value.what, What::Artifact(Form::Table))
        });
        for (_, other) in others {
            let lacks: Vec<&str> = own
                .iter()
                .filter(|column| !other.columns.iter().any(|known| known.name == column.name))
                .map(|column| column.name.as_str())
                .collect();
            if let [one] = lacks.as_slice() {
                return Some((*one).to_owned());
            }
        }
        None
    }

    pub(super) fn predict(&mut self) -> Planned<()> {
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
}

/// Whether a column is named to be left out.
fn left_out(tokens: &[crate::words::Token], at: usize) -> bool {
    let near = |words: &[&str], from: usize, to: usize| {
        tokens.get(from.min(tokens.len())..to.min(tokens.len())).unwrap_or_default().iter().any(|token| token.is_any(words))
    };
    near(&["ignore", "without", "except", "excluding", "drop", "not", "skip", "omit", "leave", "exclude"], at.saturating_sub(4), at)
        && !near(&["from", "on", "using"], at.saturating_sub(2), at)
        || (near(&["leave", "keep", "take"], at.saturating_sub(3), at) && near(&["out", "aside"], at + 1, at + 3))
}
