//! What does a report take, and within which bounds?

use std::collections::BTreeMap;

use baton_agents_runtime::SkillError;
use serde::Deserialize;
use serde_json::Value;

/// The most sections.
pub(crate) const MAXIMUM_SECTIONS: usize = 100;
/// The most sources.
pub(crate) const MAXIMUM_SOURCES: usize = 200;
/// The most rows of a table that are shown.
pub(crate) const MAXIMUM_TABLE_ROWS: usize = 1_000;
/// The most bytes of all that is cited of tasks, as JSON.
pub(super) const MAXIMUM_CITED_BYTES: usize = 8 << 20;
/// The most bytes of a table's file.
pub(super) const MAXIMUM_TABLE_BYTES: u64 = 16 << 20;
/// The most bytes of a picture, and of all of them.
pub(super) const MAXIMUM_PICTURE_BYTES: u64 = 8 << 20;
pub(super) const MAXIMUM_PICTURES_BYTES: u64 = 32 << 20;

/// A form that a report is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    Markdown,
    Html,
    Pdf,
}

fn every_form() -> Vec<Form> {
    vec![Form::Markdown, Form::Html, Form::Pdf]
}

fn english() -> String {
    "en".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub(super) title: String,
    #[serde(default)]
    pub(super) subtitle: String,
    #[serde(default)]
    pub(super) authors: Vec<String>,
    #[serde(default)]
    pub(super) date: String,
    #[serde(default = "english")]
    pub(super) language: String,
    pub(super) sections: Vec<Section>,
    #[serde(default)]
    pub(super) sources: Vec<SourceInput>,
    #[serde(default = "every_form")]
    pub(super) formats: Vec<Form>,
    #[serde(default)]
    pub(super) site: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) markdown: Option<String>,
    pub(super) table: Option<TableInput>,
    pub(super) table_artifact: Option<String>,
    #[serde(default)]
    pub(super) columns: Vec<String>,
    pub(super) chart: Option<Value>,
    pub(super) image: Option<String>,
    pub(super) result: Option<Value>,
    pub(super) task: Option<String>,
    pub(super) pointer: Option<String>,
    #[serde(default)]
    pub(super) caption: String,
    #[serde(default)]
    pub(super) sources: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableInput {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceInput {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) url: Option<String>,
    pub(super) task: Option<String>,
    pub(super) artifact: Option<String>,
    pub(super) note: Option<String>,
}

pub(super) fn read(input: Value) -> Result<Input, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let mut ids = BTreeMap::new();
    for (place, source) in input.sources.iter().enumerate() {
        if let Some(first) = ids.insert(source.id.as_str(), place) {
            return Err(SkillError::input(
                &format!("sources/{place}/id"),
                format!("{} is also the id of source {first}; give each its own", source.id),
            ));
        }
    }
    if let Some(place) = input.sections.iter().position(Section::is_empty) {
        let message = "the section has nothing: give it markdown, a table, a chart, an image, a result or a task";
        return Err(SkillError::input(&format!("sections/{place}"), message));
    }
    if let Some(place) = input.sections.iter().position(|section| section.pointer.is_some() && section.task.is_none()) {
        return Err(SkillError::input(&format!("sections/{place}/pointer"), "there is no task whose result it could point into"));
    }
    Ok(input)
}

impl Section {
    fn is_empty(&self) -> bool {
        let has = [
            self.table.is_some(),
            self.table_artifact.is_some(),
            self.chart.is_some(),
            self.image.is_some(),
            self.result.is_some(),
            self.task.is_some(),
        ];
        !has.contains(&true) && self.markdown.as_ref().is_none_or(|text| text.trim().is_empty())
    }
}
