//! When does a list of objects become rows of fields, and under which names do these travel?
//!
//! The rows stand on the form from the first, so that it works without scripts; those that are left as they were do not count.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{FormField, fields, type_of};

/// The most rows that a form has room for; a longer list is written as JSON.
pub const ROOM: usize = 8;
/// The most fields of one row; larger objects are written as JSON.
const WIDEST: usize = 12;

/// A list of small objects on a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// What one of them is called: the `title` of the schema's items.
    pub item: Option<String>,
    /// The fields of each row.
    pub fields: Vec<FormField>,
    /// How many rows there are: what the schema allows, and at most [`ROOM`].
    pub room: usize,
    /// The most objects that the schema allows.
    pub most: Option<u64>,
}

/// The name of the control of a field in a row, as `tables/0/name`.
#[must_use]
pub fn row_key(list: &str, row: usize, field: &str) -> String {
    format!("{list}/{row}/{field}")
}

impl Rows {
    /// The rows of a list with these items, if they are objects small enough.
    pub(super) fn of(items: &Map<String, Value>, most: Option<u64>) -> Option<Self> {
        if type_of(items) != Some("object") {
            return None;
        }
        let fields = fields(items, true);
        let room = most.and_then(|most| usize::try_from(most).ok()).map_or(ROOM, |most| most.min(ROOM));
        let item = items.get("title").and_then(Value::as_str).map(str::trim).filter(|title| !title.is_empty()).map(str::to_owned);
        ((1..=WIDEST).contains(&fields.len()) && room > 0).then_some(Self { item, fields, room, most })
    }

    /// Whether the list may be longer than the rows reach.
    #[must_use]
    pub fn may_overflow(&self) -> bool {
        self.most.and_then(|most| usize::try_from(most).ok()).is_none_or(|most| most > self.room)
    }

    /// Whether a list has its place in the rows: it is short enough, and no object has what no field takes.
    #[must_use]
    pub fn hold(&self, list: &Value) -> bool {
        let known = |name: &String| self.fields.iter().any(|field| field.name == *name);
        list.as_array().is_some_and(|items| {
            items.len() <= self.room && items.iter().all(|item| item.as_object().is_some_and(|item| item.keys().all(known)))
        })
    }

    /// The controls of all rows.
    pub(super) fn controls(&self, list: &str) -> Vec<(String, &FormField)> {
        let mut controls = Vec::new();
        for row in 0..self.room {
            controls.extend(self.fields.iter().map(|field| (row_key(list, row, &field.name), field)));
        }
        controls
    }

    /// What the controls of all rows hold at first.
    pub(super) fn texts(&self, list: &str, value: Option<&Value>) -> Vec<(String, String)> {
        let items = value.filter(|value| self.hold(value));
        let mut texts = Vec::new();
        for row in 0..self.room {
            let item = items.and_then(|items| items.get(row));
            for field in &self.fields {
                let own = field.texts(item.and_then(|item| item.get(&field.name)));
                texts.extend(own.into_iter().map(|(name, text)| (row_key(list, row, &name), text)));
            }
        }
        texts
    }

    /// The rows in which something stands that did not stand there at first.
    pub(super) fn filled(&self, list: &str, values: &BTreeMap<String, String>) -> Vec<usize> {
        let changed = |row: usize, field: &FormField| {
            let text = values.get(&row_key(list, row, &field.name)).map(|text| text.trim()).unwrap_or_default();
            !text.is_empty() && field.default_text().as_deref().map(str::trim) != Some(text)
        };
        (0..self.room).filter(|row| self.fields.iter().any(|field| changed(*row, field))).collect()
    }

    /// Whether a control of this name stands in one of the rows.
    pub(super) fn have(&self, list: &str, key: &str) -> bool {
        let Some((row, name)) = below(list, key).and_then(|rest| rest.split_once('/')) else { return false };
        let row = row.parse::<usize>().ok().filter(|number| number.to_string() == row);
        row.is_some_and(|row| row < self.room) && self.fields.iter().any(|field| field.name == name)
    }
}

/// `0/name` of `tables/0/name`.
pub(super) fn below<'a>(list: &str, key: &'a str) -> Option<&'a str> {
    key.strip_prefix(list)?.strip_prefix('/')
}
