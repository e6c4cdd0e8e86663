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
