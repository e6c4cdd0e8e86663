//! What do two changes of one JSON document make together?

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::order::merged_order;
use super::regions::{By, regions};
use crate::replay::canonical;

/// How deep documents may be nested.
pub const MAXIMUM_NESTING: usize = 128;
/// The most values of a document, those inside others counted too.
pub const MAXIMUM_VALUES: usize = 1_000_000;

/// The most places where two changes disagree that are listed.
pub const MAXIMUM_CONFLICTS: usize = 200;
/// The longest JSON Pointer that is listed, in bytes; longer ones are cut, and end with `…`.
pub const MAXIMUM_POINTER: usize = 4_096;

/// How arrays are merged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrays {
    /// As one value.
    Whole,
    /// As a sequence of values, as lines of a text are.
    #[default]
    ByValue,
    /// As objects that are told apart by a member, `id` perhaps; by value where one lacks it, or two have the same.
    ByKey(String),
}

/// How a document is merged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JsonOptions {
    /// How its arrays are.
    pub arrays: Arrays,
    /// How those at certain places are, by JSON Pointer (RFC 6901). An index may be `*`.
    pub at: BTreeMap<String, Arrays>,
}

/// How two changes disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disagreement {
    /// Both changed it, and not alike.
    Changed,
    /// One removed it, and the other changed it.
    Removed,
    /// Both added it, and not alike.
    Added,
    /// Both moved things, and not alike.
    Order,
}

/// A place where two changes disagree. What is nothing is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JsonConflict {
    /// The place in the merged document, as a JSON Pointer.
    pub pointer: String,
    /// How.
    pub kind: Disagreement,
    /// What it was.
    pub base: Option<Value>,
    /// What one made of it.
    pub ours: Option<Value>,
    /// What the other made of it.
    pub theirs: Option<Value>,
}

/// A merged document. Where the sides disagree it is as it was before; what both added differently is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergedJson {
    /// The document.
    pub value: Value,
    /// The first places where the sides disagree, at most [`MAXIMUM_CONFLICTS`].
    pub conflicts: Vec<JsonConflict>,
    /// In how many places they do.
    pub total: usize,
}

/// Merges two changes of a document. With no base, both added it.
///
/// # Errors
/// [`Code::MergeTooLarge`] for documents beyond the bounds.
pub fn merge_json(base: Option<&Value>, ours: &Value, theirs: &Value, options: &JsonOptions) -> Result<MergedJson, Problem> {
    for value in base.into_iter().chain([ours, theirs]) {
        let mut left = MAXIMUM_VALUES;
        measure(value, MAXIMUM_NESTING, &mut left)?;
    }
    let mut work = Work { options, conflicts: Vec::new(), total: 0, pointer: Vec::new() };
    let value = work.merge(base, Some(ours), Some(theirs)).unwrap_or(Value::Null);
    Ok(MergedJson { value, conflicts: work.conflicts, total: work.total })
}

fn measure(value: &Value, depth: usize, left: &mut usize) -> Result<(), Problem> {
    *left = left.checked_sub(1).ok_or_else(|| Problem::new(Code::MergeTooLarge, "A document has more than 1,000,000 values."))?;
    if !matches!(value, Value::Array(_) | Value::Object(_)) {
        return Ok(());
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Problem::new(Code::MergeTooLarge, "A document is nested deeper than 128 levels."));
    };
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| measure(item, depth, left)),
        Value::Object(members) => members.values().try_for_each(|member| measure(member, depth, left)),
        _ => Ok(()),
    }
}

struct Work<'a> {
    options: &'a JsonOptions,
    conflicts: Vec<JsonConflict>,
    total: usize,
    pointer: Vec<String>,
}

impl Work<'_> {
    /// Three versions of one place, each of which may not be there.
    fn merge(&mut self, base: Option<&Value>, ours: Option<&Value>, theirs: Option<&Value>) -> Option<Value> {
        if ours == theirs || theirs == base {
            return ours.cloned();
        }
        if ours == base {
            return theirs.cloned();
        }
        match (base, ours, theirs) {
            (_, Some(Value::Object(mine)), Some(Value::Object(its))) if base.is_none_or(Value::is_object) => {
                Some(Value::Object(self.objects(base.and_then(Value::as_object), mine, its)))
            }
            (_, Some(Value::Array(mine)), Some(Value::Array(its))) if base.is_none_or(Value::is_array) => {
                self.arrays(base.and_then(Value::as_array).map(Vec::as_slice), mine, its)
            }
            _ => {
                let kind = match (base, ours, theirs) {
                    (_, None, _) | (_, _, None) => Disagreement::Removed,
                    (None, ..) => Disagreement::Added,
                    _ => Disagreement::Changed,
                };
                self.disagree(kind, base.cloned(), ours.cloned(), theirs.cloned())
            }
        }
    }

    fn disagree(&mut self, kind: Disagreement, base: Option<Value>, ours: Option<Value>, theirs: Option<Value>) -> Option<Value> {
        let kept = base.clone().unwrap_or(Value::Null);
        self.total += 1;
        if self.conflicts.len() < MAXIMUM_CONFLICTS {
            self.conflicts.push(JsonConflict { pointer: self.place(), kind, base, ours, theirs });
        }
        Some(kept)
    }

    fn place(&self) -> String {
        let mut pointer = String::new();
        for part in &self.pointer {
            pointer.push('/');
            for sign in part.chars() {
                match sign {
                    '~' => pointer.push_str("~0"),
                    '/' => pointer.push_str("~1"),
                    sign => pointer.push(sign),
                }
                if pointer.len() > MAXIMUM_POINTER {
                    pointer.push('…');
                    return pointer;
                }
            }
        }
        pointer
    }

    fn within<T>(&mut self, part: String, then: impl FnOnce(&mut Self) -> T) -> T {
        self.pointer.push(part);
        let result = then(self);
        self.pointer.pop();
        result
    }

    fn objects(&mut self, base: Option<&Map<String, Value>>, mine: &Map<String, Value>, its: &Map<String, Value>) -> Map<String, Value> {
        let names: BTreeSet<&String> = mine.keys().chain(its.keys()).chain(base.into_iter().flat_map(Map::keys)).collect();
        let mut merged = Map::new();
        for name in names {
            let was = base.and_then(|base| base.get(name));
            let value = self.within(name.clone(), |work| work.merge(was, mine.get(name), its.get(name)));
            if let Some(value) = value {
                merged.insert(name.clone(), value);
            }
        }
        merged
    }

    fn arrays(&mut self, base: Option<&[Value]>, mine: &[Value], its: &[Value]) -> Option<Value> {
        let whole = |items: &[Value]| Value::Array(items.to_vec());
        let rule = self.rule().clone();
        if let Arrays::ByKey(key) = &rule
            && let (Some(was), Some(own), Some(other)) = (by_key(base.unwrap_or_default(), key), by_key(mine, key), by_key(its, key))
        {
            return Some(self.keyed([&was, &own, &other]));
        }
        let kind = if base.is_none() { Disagreement::Added } else { Disagreement::Changed };
        let merged = if rule == Arrays::Whole { None } else { by_value(base.unwrap_or_default(), mine, its) };
        merged.map_or_else(|| self.disagree(kind, base.map(whole), Some(whole(mine)), Some(whole(its))), |items| Some(Value::Array(items)))
    }

    fn rule(&self) -> &Arrays {
        let fits = |pointer: &str| {
            let mut parts = pointer.split('/').skip(1);
            let all = self.pointer.iter().all(|part| {
                parts.next().is_some_and(|wanted| {
                    wanted.replace("~1", "/").replace("~0", "~") == *part || (wanted == "*" && part.parse::<usize>().is_ok())
                })
            });
            all && parts.next().is_none()
        };
        self.options.at.iter().find(|(pointer, _)| fits(pointer)).map_or(&self.options.arrays, |(_, rule)| rule)
    }

    fn keyed(&mut self, [was, own, other]: [&Keyed<'_>; 3]) -> Value {
        let names: BTreeSet<&str> = [was, own, other].into_iter().flat_map(|side| side.order.iter().map(String::as_str)).collect();
        // Whoever was removed on one side and stays the same on the other is gone; the rest is kept, and its conflicts are found below.
        let keep: HashSet<&str> = names
            .into_iter()
            .filter(|name| match (was.items.get(*name), own.items.get(*name), other.items.get(*name)) {
                (_, None, None) => false,
                (Some(base), Some(left), None) | (Some(base), None, Some(left)) => base != left,
                _ => true,
            })
            .collect();
        let [base_keys, own_keys, other_keys] = [was, own, other].map(|side| side.order.iter().map(String::as_str).collect::<Vec<_>>());
        let (order, moved) = merged_order(&base_keys, &own_keys, &other_keys, &keep);
        if moved {
            let list = |side: &Keyed<'_>| Some(Value::Array(side.order.iter().map(|name| Value::String(name.clone())).collect()));
            self.disagree(Disagreement::Order, list(was), list(own), list(other));
        }
        let mut items = Vec::with_capacity(order.len());
        for name in order {
            let at = items.len().to_string();
            let [base, mine, its] = [was, own, other].map(|side| side.items.get(name).copied());
            items.extend(self.within(at, |work| work.merge(base, mine, its)));
        }
        Value::Array(items)
    }
}

/// The items of an array by what tells them apart.
struct Keyed<'a> {
    order: Vec<String>,
    items: HashMap<String, &'a Value>,
}

fn by_key<'a>(items: &'a [Value], key: &str) -> Option<Keyed<'a>> {
    let mut keyed = Keyed { order: Vec::with_capacity(items.len()), items: HashMap::with_capacity(items.len()) };
    for item in items {
        let name = match item.get(key)? {
            name @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => canonical(name).ok()?,
            _ => return None,
        };
        if keyed.items.insert(name.clone(), item).is_some() {
            return None;
        }
        keyed.order.push(name);
    }
    Some(keyed)
}

/// The merged sequence, or nothing if the changes meet.
fn by_value(base: &[Value], mine: &[Value], its: &[Value]) -> Option<Vec<Value>> {
    let mut known: HashMap<String, u32> = HashMap::new();
    let mut numbers = |items: &[Value]| -> Option<Vec<u32>> {
        let number = |item: &Value| {
            let next = u32::try_from(known.len()).ok()?;
            // As it is written, and not in its canonical form: to whoever made 1.0 of 1 that was a change.
            Some(*known.entry(item.to_string()).or_insert(next))
        };
        items.iter().map(number).collect()
    };
    let (was, own, other) = (numbers(base)?, numbers(mine)?, numbers(its)?);
    let mut merged = Vec::new();
    for region in regions(&was, &own, &other) {
        merged.extend_from_slice(match region.by {
            By::Conflict => return None,
            By::Theirs => its.get(region.theirs)?,
            By::Nobody | By::Ours => mine.get(region.ours)?,
        });
    }
    Some(merged)
}
