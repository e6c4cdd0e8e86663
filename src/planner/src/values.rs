//! What is there for a step to work on: inputs, addresses that the goal states, and what earlier steps give.

use serde_json::Value as Json;

use crate::draft::{expression, literal};
use crate::given::{Column, Form, Given, GivenKind, Shape, form_of};
use crate::words::{Kind, Token, name_stems};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Artifact(Form),
    Text,
    Address,
    Number,
    /// A list of objects.
    Records,
    Object,
    Connection,
    /// A chart for the dashboard.
    Chart,
    Other,
}

/// A value that steps can work on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    pub(crate) what: What,
    /// The expression that gives it.
    pub(crate) expr: String,
    /// The text itself, where the goal states it.
    pub(crate) literal: Option<String>,
    /// The address that an input is.
    pub(crate) address: Option<String>,
    pub(crate) list: bool,
    /// Names by which goals speak of it, each as its stems.
    pub(crate) names: Vec<Vec<String>>,
    pub(crate) columns: Vec<Column>,
    /// Names of columns that are known only when the run goes on: an expression that gives their list.
    pub(crate) columns_at_run: Option<String>,
    /// The step that gives it.
    pub(crate) step: Option<usize>,
    /// What people call it.
    pub(crate) label: String,
    /// Whether it stands for what it was made of from then on, as the text of a page does.
    pub(crate) flows: bool,
    /// Whether it has gaps that are to be filled in.
    pub(crate) template: bool,
}

impl Value {
    pub(crate) fn new(what: What, expr: impl Into<String>, label: impl Into<String>) -> Self {
        let label = label.into();
        Self {
            what,
            expr: expr.into(),
            literal: None,
            address: None,
            list: false,
            names: vec![name_stems(&label)],
            columns: Vec::new(),
            columns_at_run: None,
            step: None,
            label,
            flows: false,
            template: false,
        }
    }

    pub(crate) fn of_input(given: &Given) -> Self {
        let what = match (given.kind, given.shape) {
            (GivenKind::Artifact, _) | (_, Shape::Artifacts) => {
                let form = form_of(given.media_type.as_deref(), given.file.as_deref());
                // JSON whose values are records is a table.
                What::Artifact(if form == Form::Data && !given.columns.is_empty() { Form::Table } else { form })
            }
            (_, Shape::Records) => What::Records,
            (_, Shape::Addresses) | (GivenKind::Url, _) => What::Address,
            (_, Shape::Object) => What::Object,
            (GivenKind::Text, _) | (_, Shape::Texts) => What::Text,
            (GivenKind::Number, Shape::Single) => What::Number,
            (GivenKind::Connection, _) => What::Connection,
            _ => What::Other,
        };
        let list = !matches!(given.shape, Shape::Single | Shape::Object) && what != What::Records;
        let mut value = Self::new(what, format!("inputs.{}", given.name), format!("input `{}`", given.name));
        value.names = vec![name_stems(&given.name)];
        if let Some(file) = &given.file {
            let base = file.rsplit('/').next().unwrap_or(file);
            value.names.push(vec![base.to_lowercase()]);
            value.names.push(name_stems(base.rsplit_once('.').map_or(base, |(stem, _)| stem)));
        }
        value.names.extend(given.address.iter().map(|address| vec![address.to_lowercase()]));
        Self { list, columns: given.columns.clone(), template: !given.gaps.is_empty(), address: given.address.clone(), ..value }
    }

    pub(crate) fn of_address(address: &str) -> Self {
        let full = if address.starts_with("www.") { format!("https://{address}") } else { address.to_owned() };
        let mut value = Self::new(What::Address, crate::draft::quoted(&full), full.clone());
        value.names = vec![vec![address.to_lowercase()]];
        value.literal = Some(full);
        value
    }

    /// Where it is, in small letters; empty where nobody knows.
    pub(crate) fn place(&self) -> String {
        self.literal.as_deref().or(self.address.as_deref()).unwrap_or_default().to_lowercase()
    }

    /// The value as it stands in a document.
    pub(crate) fn json(&self) -> Json {
        self.literal.as_deref().map_or_else(|| expression(&self.expr), literal)
    }

    pub(crate) fn named(mut self, names: &[&str]) -> Self {
        self.names.extend(names.iter().map(|name| name_stems(name)));
        self
    }

    pub(crate) const fn flowing(mut self) -> Self {
        self.flows = true;
        self
    }

    /// Where a text speaks of it, if it does: the place of the word and how many words.
    pub(crate) fn mentioned(&self, tokens: &[Token]) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        // `ours` has the stem of `our`, which speaks of anything: then the file itself has to be named.
        let common = ["our", "your", "their", "my", "this", "that", "one", "two", "it", "a", "b", "all", "me", "us"];
        for name in self.names.iter().filter(|name| !name.is_empty()) {
            let vague = name.len() == 1 && common.contains(&name[0].as_str());
            for place in 0..tokens.len() {
                if vague && tokens[place].kind == Kind::Word {
                    continue;
                }
                let fits = name.iter().enumerate().all(|(offset, stem)| {
                    tokens.get(place + offset).is_some_and(|token| {
                        let word = matches!(token.kind, Kind::Word | Kind::Quoted | Kind::File | Kind::Address);
                        word && (&token.stem == stem
                            || token.lower == *stem
                            || base(&token.lower) == stem.as_str()
                            || (token.kind == Kind::Quoted && name_stems(&token.text) == *name))
                    })
                });
                if fits && best.is_none_or(|(_, length)| name.len() > length) {
                    best = Some((place, name.len()));
                }
            }
        }
        best
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
