//! What can a value be? Types as sets of kinds, so that "text or missing" is one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The kinds of JSON values, as bits.
pub(crate) mod kinds {
    pub(crate) const NULL: u8 = 1;
    pub(crate) const BOOLEAN: u8 = 2;
    pub(crate) const INTEGER: u8 = 4;
    pub(crate) const NUMBER: u8 = 8;
    pub(crate) const TEXT: u8 = 16;
    pub(crate) const LIST: u8 = 32;
    pub(crate) const OBJECT: u8 = 64;
    pub(crate) const ALL: u8 = 127;
}
use kinds::{ALL, BOOLEAN, INTEGER, LIST, NULL, NUMBER, OBJECT, TEXT};

/// The most texts that a type tells apart when it is made of others.
const MAXIMUM_CHOICES: usize = 100;

/// The most properties of objects of which one of two is made: a list of many objects is read object by object.
const MAXIMUM_JOINED: usize = 1_000;

/// A type. What it does not say is not known: lists without a type of values hold anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    pub(crate) kinds: u8,
    pub(crate) items: Option<Arc<Type>>,
    pub(crate) fields: Option<Arc<Fields>>,
    /// Which texts it can be.
    pub(crate) choices: Option<Arc<BTreeSet<String>>>,
    /// The schema's `format` of a text.
    pub(crate) format: Option<Arc<str>>,
}

/// The properties of an object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields {
    /// Those that are known.
    pub known: BTreeMap<String, Field>,
    /// Whether it may have others, by its schema's own words.
    pub open: bool,
    /// Whether it has no others, by its schema's own words.
    pub closed: bool,
}

/// A property of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// What it can be.
    pub kind: Type,
    /// Whether it is always there.
    pub required: bool,
}

impl Type {
    pub(crate) const fn of(kinds: u8) -> Self {
        Self { kinds, items: None, fields: None, choices: None, format: None }
    }

    /// Anything: nothing is known.
    #[must_use]
    pub const fn any() -> Self {
        Self::of(ALL)
    }

    /// A text.
    #[must_use]
    pub const fn text() -> Self {
        Self::of(TEXT)
    }

    /// True or false.
    #[must_use]
    pub const fn boolean() -> Self {
        Self::of(BOOLEAN)
    }

    /// A whole number.
    #[must_use]
    pub const fn integer() -> Self {
        Self::of(INTEGER)
    }

    /// A number; whole ones are numbers too.
    #[must_use]
    pub const fn number() -> Self {
        Self::of(INTEGER | NUMBER)
    }

    /// A list of such values.
    #[must_use]
    pub fn list(items: Self) -> Self {
        let items = (!items.is_any()).then(|| Arc::new(items));
        Self { items, ..Self::of(LIST) }
    }

    /// An object with these properties and no others.
    #[must_use]
    pub fn object(known: impl IntoIterator<Item = (String, Field)>) -> Self {
        Self { fields: Some(Arc::new(Fields { known: known.into_iter().collect(), open: false, closed: true })), ..Self::of(OBJECT) }
    }

    /// Whether nothing is known.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.kinds == ALL && self.items.is_none() && self.fields.is_none() && self.choices.is_none()
    }

    /// Whether it may be of one of these kinds.
    pub(crate) const fn may_be(&self, kinds: u8) -> bool {
        self.kinds & kinds != 0
    }

    /// Whether it is of one of these kinds, as far as is known.
    pub(crate) const fn is(&self, kinds: u8) -> bool {
        self.kinds & !kinds == 0 || self.kinds == ALL
    }

    /// The same, or missing.
    #[must_use]
    pub fn or_missing(mut self) -> Self {
        self.kinds |= NULL;
        self
    }

    /// Whether it may be missing; of what is not known, it is not assumed.
    #[must_use]
    pub const fn may_be_missing(&self) -> bool {
        self.may_be(NULL) && self.kinds != ALL
    }

    /// The same without "missing".
    #[must_use]
    pub fn present(mut self) -> Self {
        if self.kinds != ALL && self.kinds != NULL {
            self.kinds &= !NULL;
        }
        self
    }

    /// The values of a list.
    pub(crate) fn item(&self) -> Self {
        self.items.as_deref().cloned().unwrap_or_else(Self::any)
    }

    /// What is one or the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let both = |kind: u8| self.may_be(kind) && other.may_be(kind);
        let items = match (&self.items, &other.items) {
            _ if !both(LIST) => self.items.clone().or_else(|| other.items.clone()),
            (Some(one), Some(two)) => Some(Arc::new(one.as_ref().clone().or(two.as_ref().clone()))),
            _ => None,
        };
        let fields = match (&self.fields, &other.fields) {
            _ if !both(OBJECT) => self.fields.clone().or_else(|| other.fields.clone()),
            // Of more properties than anybody names it is not known which there are.
            (Some(one), Some(two)) if one.known.len() + two.known.len() <= MAXIMUM_JOINED => Some(Arc::new(join(one, two))),
            _ => None,
        };
        let choices = match (&self.choices, &other.choices) {
            _ if !both(TEXT) => self.choices.clone().or_else(|| other.choices.clone()),
            // Of many texts it says nothing that each of them is one that can be.
            (Some(one), Some(two)) if one.len() + two.len() <= MAXIMUM_CHOICES => Some(Arc::new(one.union(two).cloned().collect())),
            _ => None,
        };
        let format = match (&self.format, &other.format) {
            _ if !both(TEXT) => self.format.clone().or_else(|| other.format.clone()),
            (Some(one), Some(two)) if one == two => Some(one.clone()),
            _ => None,
        };
        Self { kinds: self.kinds | other.kinds, items, fields, choices, format }
    }

    /// Why a value of this type does not fit where one of `wanted` is expected, if it does not. What is not known is taken to fit: whoever
    /// receives the value checks it again.
    #[must_use]
    pub fn misfit(&self, wanted: &Self) -> Option<String> {
        if self.kinds == ALL || wanted.kinds == ALL {
            return None;
        }
        let mut allowed = wanted.kinds;
        if allowed & NUMBER != 0 {
            allowed |= INTEGER;
        }
        if self.kinds & allowed == 0 {
            return Some(format!("it is {self}, where {wanted} is expected"));
        }
        if self.kinds & !allowed == NULL {
            return Some(format!("it may be missing, where {wanted} is expected"));
        }
        if self.kinds & !allowed != 0 {
            return Some(format!("it may be {}, where {wanted} is expected", Self::of(self.kinds & !allowed)));
        }
        self.misfit_text(wanted).or_else(|| self.misfit_list(wanted)).or_else(|| self.misfit_object(wanted))
    }

    fn misfit_text(&self, wanted: &Self) -> Option<String> {
        if !self.may_be(TEXT) {
            return None;
        }
        if let (Some(mine), Some(theirs)) = (&self.choices, &wanted.choices) {
            let odd: Vec<&str> = mine.difference(theirs).map(String::as_str).take(5).collect();
            if !odd.is_empty() {
                let known: Vec<&str> = theirs.iter().map(String::as_str).take(20).collect();
                return Some(format!("it may be `{}`, where one of {} is expected", odd.join("`, `"), known.join(", ")));
            }
        }
        // Ids of artifacts and names of connections are texts, but not every text is one.
        match wanted.format.as_deref() {
            Some(format @ ("artifact" | "connection")) if self.format.as_deref() != Some(format) && self.choices.is_none() => {
                let what = if format == "artifact" { "an artifact's id" } else { "a connection's name" };
                Some(format!("it is a text of no special format, where {what} is expected (`format: {format}`)"))
            }
            _ => None,
        }
    }

    fn misfit_list(&self, wanted: &Self) -> Option<String> {
        let (Some(mine), Some(theirs)) = (&self.items, &wanted.items) else {
            return None;
        };
        mine.misfit(theirs).map(|why| format!("of its values, {why}"))
    }

    fn misfit_object(&self, wanted: &Self) -> Option<String> {
        let (Some(mine), Some(theirs)) = (&self.fields, &wanted.fields) else {
            return None;
        };
        for (name, field) in &theirs.known {
            match mine.known.get(name) {
                Some(own) => {
                    let kind = if field.required { own.kind.clone() } else { own.kind.clone().present() };
                    if let Some(why) = kind.misfit(&field.kind) {
                        return Some(format!("of its `{name}`, {why}"));
                    }
                }
                None if field.required && !mine.open => return Some(format!("it has no `{name}`, which is required")),
                None => {}
            }
        }
        let extra = mine.known.keys().find(|name| theirs.closed && !theirs.known.contains_key(*name));
        extra.map(|name| format!("it has `{name}`, which is not expected"))
    }
}

fn join(one: &Fields, two: &Fields) -> Fields {
    let mut known = BTreeMap::new();
    for name in one.known.keys().chain(two.known.keys()) {
        let field = match (one.known.get(name), two.known.get(name)) {
            (Some(left), Some(right)) => {
                Field { kind: left.kind.clone().or(right.kind.clone()), required: left.required && right.required }
            }
            (Some(only), None) | (None, Some(only)) => Field { kind: only.kind.clone(), required: false },
            (None, None) => continue,
        };
        known.insert(name.clone(), field);
    }
    Fields { known, open: one.open || two.open, closed: one.closed && two.closed }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kinds == ALL {
            return f.write_str("anything");
        }
        let mut names = Vec::new();
        if self.may_be(TEXT) {
            names.push(match &self.format {
                Some(format) => format!("a text ({format})"),
                None => "a text".to_owned(),
            });
        }
        if self.may_be(NUMBER) {
            names.push("a number".to_owned());
        } else if self.may_be(INTEGER) {
            names.push("a whole number".to_owned());
        }
        if self.may_be(BOOLEAN) {
            names.push("true or false".to_owned());
        }
        if self.may_be(LIST) {
            names.push(match &self.items {
                Some(items) if items.kinds != ALL => format!("a list (each {items})"),
                _ => "a list".to_owned(),
            });
        }
        if self.may_be(OBJECT) {
            names.push("an object".to_owned());
        }
        if self.may_be(NULL) {
            names.push("missing".to_owned());
        }
        if names.is_empty() { f.write_str("nothing at all") } else { f.write_str(&names.join(" or ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_unlike_objects_no_properties_are_known() {
        let of = |number: usize| Type::object([(format!("k{number}"), Field { kind: Type::integer(), required: true })]);
        let joined = |count: usize| (0..count).map(of).reduce(Type::or).unwrap();
        assert_eq!(joined(MAXIMUM_JOINED).fields.map(|fields| fields.known.len()), Some(MAXIMUM_JOINED));
        let many = joined(MAXIMUM_JOINED + 1);
        assert!(many.kinds == OBJECT && many.fields.is_none());
    }
}
