//! What does a step work on, and how well does what is there fit it?

mod bridges;
mod picking;
mod tables;
mod texts;

use serde_json::{Map, Value as Json};

use crate::builder::Builder;
use crate::draft::{ITEM, expression};
use crate::given::Form;
use crate::values::{Value, What};

/// What a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Text,
    Table,
    Page,
    Document,
    Source,
    Address,
    Log,
    Interface,
}

/// What a step is given: a property of its input, for one value or for each of a list.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub(crate) key: &'static str,
    pub(crate) value: Json,
    pub(crate) list: Option<String>,
    /// The value that it was made of.
    pub(crate) of: usize,
}

impl Feed {
    pub(crate) fn map(&self) -> Map<String, Json> {
        Map::from_iter([(self.key.to_owned(), self.value.clone())])
    }
}

/// How well a value fits what is needed; 0 if it does not.
pub(crate) fn rank(value: &Value, need: Need) -> u8 {
    use What::{Address, Artifact, Connection, Records, Text};
    let address = value.place();
    let ends = |endings: &[&str]| endings.iter().any(|ending| address.ends_with(ending));
    match (need, value.what) {
        (Need::Text, Text | Artifact(Form::Prose)) => 10,
        (Need::Text, Artifact(Form::Paper | Form::Page)) => 8,
        (Need::Text, Address) => 7,
        (Need::Text, Records | Artifact(Form::Unknown)) => 6,
        (Need::Text, Artifact(Form::Table)) => 5,
        (Need::Table, Artifact(Form::Table)) => 10,
        (Need::Table, Address) => {
            if ends(&[".csv", ".tsv", ".ndjson", ".parquet", ".json"]) {
                8
            } else {
                5
            }
        }
        (Need::Table, Artifact(Form::Unknown)) => 6,
        (Need::Table, Artifact(Form::Page | Form::Data)) => 4,
        (Need::Table, Artifact(Form::Prose)) => 2,
        (Need::Page, Address) => 10,
        (Need::Page, Artifact(Form::Page)) => 9,
        (Need::Page, Artifact(Form::Unknown)) => 3,
        (Need::Document, Artifact(Form::Paper)) => 10,
        (Need::Document, Address) => 8,
        (Need::Document, Artifact(Form::Unknown | Form::Page)) => 5,
        (Need::Source, Artifact(Form::Source)) => 10,
        (Need::Source, Artifact(Form::Archive)) => 9,
        (Need::Source, Address) => 7,
        (Need::Source, Artifact(Form::Unknown | Form::Data)) => 6,
        (Need::Source, Text) if value.step.is_none() || value.flows => 5,
        (Need::Source, Artifact(Form::Prose)) => 3,
        (Need::Address, Address) => 10,
        (Need::Log, Text | Artifact(Form::Prose)) => 9,
        (Need::Log, Artifact(Form::Unknown | Form::Data)) => 5,
        (Need::Log, Address) => 4,
        (Need::Interface, Artifact(Form::Source | Form::Data)) => 10,
        (Need::Interface, Artifact(Form::Archive)) => 9,
        (Need::Interface, Artifact(Form::Unknown)) | (_, Connection) if need == Need::Interface && value.what != Connection => 5,
        (Need::Interface, Address) => 6,
        (Need::Interface, Text) => 4,
        _ => 0,
    }
}

impl Builder<'_> {
    /// A feed of a value as it is.
    pub(crate) fn direct(&self, key: &'static str, place: usize) -> Feed {
        let value = &self.values[place];
        if value.list {
            Feed { key, value: expression(ITEM), list: Some(value.expr.clone()), of: place }
        } else {
            Feed { key, value: value.json(), list: None, of: place }
        }
    }
}

/// Whether what is at an address has to be read as a document.
pub(crate) fn is_paper(value: &Value) -> bool {
    let address = value.place();
    [".pdf", ".docx", ".eml", ".xml", ".rss", ".atom", "/feed"].iter().any(|ending| address.ends_with(ending))
}

/// A name in SQL.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
