//! How does the browser read JSON? Through a value first, and from there field by field.
//!
//! `serde_json` reads a text straight into a type, for which it brings its reader anew for every type, and with each a second way, by
//! position. That is right for a server, and was a fifth of what a page has to load. Here the text is parsed once, by code that there is
//! once, and a type brings what names its fields only. Nothing is read by position, which no answer of ours is written by.

use serde::de::value::{Error, StringDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// Reads a text.
///
/// # Errors
/// What is no JSON, or not of this shape, in words.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let value = parse(text)?;
    T::deserialize(Node(value)).map_err(|error| error.to_string())
}

/// Reads a value that is parsed already.
///
/// # Errors
/// What is not of this shape, in words.
pub fn of<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    T::deserialize(Node(value)).map_err(|error| error.to_string())
}

/// Parses a text.
///
/// # Errors
/// What is no JSON, in words.
pub fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// A value on its way into a type.
struct Node(Value);

/// What was found where something else is read.
fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cold]
fn other(value: &Value, expected: &str) -> Error {
    Error::custom(format_args!("{} stands where {expected} is read", found(value)))
}

fn number<'de, V: Visitor<'de>>(value: &Value, visitor: V) -> Result<V::Value, Error> {
    let Value::Number(number) = value else { return Err(other(value, "a number")) };
    if let Some(whole) = number.as_u64() {
        visitor.visit_u64(whole)
    } else if let Some(whole) = number.as_i64() {
        visitor.visit_i64(whole)
    } else {
        visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            number(&self.0, visitor)
        })*
    };
}

macro_rules! texts {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0 {
                Value::String(text) => visitor.visit_string(text),
                value => Err(other(&value, "a text")),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(answer) => visitor.visit_bool(answer),
            Value::Number(_) => number(&self.0, visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(list) => visitor.visit_seq(Elements(list.into_iter())),
            Value::Object(fields) => visitor.visit_map(Fields::of(fields)),
        }
    }

    numbers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    deserialize_f32 deserialize_f64 }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Bool(answer) => visitor.visit_bool(answer),
            value => Err(other(&value, "yes or no")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(Self(value)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            value => Err(other(&value, "nothing")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(list) => visitor.visit_seq(Elements(list.into_iter())),
            value => Err(other(&value, "a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(list) if list.len() == length => visitor.visit_seq(Elements(list.into_iter())),
            value => Err(other(&value, "a list of another length")),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Fields::of(fields)),
            value => Err(other(&value, "an object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, value: None }),
            Value::Object(fields) if fields.len() == 1 => match fields.into_iter().next() {
                Some((name, value)) => visitor.visit_enum(Variant { name, value: Some(value) }),
                None => Err(Error::custom("an object of one field is read")),
            },
            value => Err(other(&value, "a text, or an object of one field,")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 bytes byte_buf }
}

/// The elements of a list.
struct Elements(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Elements {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        match self.0.next() {
            Some(value) => seed.deserialize(Node(value)).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The fields of an object.
struct Fields {
    rest: serde_json::map::IntoIter,
    value: Value,
}

impl Fields {
    fn of(fields: Map<String, Value>) -> Self {
        Self { rest: fields.into_iter(), value: Value::Null }
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        match self.rest.next() {
            Some((name, value)) => {
                self.value = value;
                seed.deserialize(Key(name)).map(Some)
            }
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(Node(self.value.take()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The name of a field: a text, or what is written as one.
struct Key(String);

macro_rules! numbers_in_names {
    ($($method:ident $visit:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.parse() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(Error::custom(format_args!("`{}` is no number", self.0))),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Key {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0)
    }

    numbers_in_names! { deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
    deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64 }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(Variant { name: self.0, value: None })
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant by its name, with what it holds.
struct Variant {
    name: String,
    value: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Held;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Held), Error> {
        let name = seed.deserialize(StringDeserializer::<Error>::new(self.name))?;
        Ok((name, Held(self.value)))
    }
}

/// What a variant holds.
struct Held(Option<Value>);

impl Held {
    fn value(self) -> Result<Node, Error> {
        self.0.map(Node).ok_or_else(|| Error::custom("a variant is written without what it holds"))
    }
}

impl<'de> VariantAccess<'de> for Held {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None | Some(Value::Null) => Ok(()),
            Some(value) => Err(other(&value, "nothing")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.value()?.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.value()?.deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Everything {
        whole: i64,
        small: u8,
        share: f64,
        yes: bool,
        text: String,
        letter: char,
        none: Option<u32>,
        some: Option<Option<u32>>,
        #[serde(default)]
        left_out: u32,
        pair: (u32, String),
        list: Vec<Shape>,
        by_number: BTreeMap<u32, String>,
        by_name: BTreeMap<Name, i16>,
        #[serde(flatten)]
        flat: Flat,
        answer: Result<Name, String>,
        unit: (),
        any: Value,
    }

    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    struct Name(String);

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Flat {
        inner: u64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Shape {
        Unit,
        New(Name),
        Pair(u32, i8),
        Fields { here: Option<Tagged> },
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Tagged {
        One { number: u16 },
        Two,
    }

    fn everything() -> Everything {
        Everything {
            whole: -7,
            small: 255,
            share: 0.25,
            yes: true,
            text: "é \"quoted\"".to_owned(),
            letter: 'ß',
            none: None,
            some: Some(Some(3)),
            left_out: 9,
            pair: (1, "two".to_owned()),
            list: vec![
                Shape::Unit,
                Shape::New(Name("n".to_owned())),
                Shape::Pair(3, -4),
                Shape::Fields { here: Some(Tagged::One { number: 12 }) },
                Shape::Fields { here: Some(Tagged::Two) },
                Shape::Fields { here: None },
            ],
            by_number: BTreeMap::from([(7, "seven".to_owned())]),
            by_name: BTreeMap::from([(Name("key".to_owned()), -2)]),
            flat: Flat { inner: u64::MAX },
            answer: Err("no".to_owned()),
            unit: (),
            any: json!({"a": [1, 2.5, null, true]}),
        }
    }

    fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(thing: &T) {
        let text = serde_json::to_string(thing).unwrap();
        assert_eq!(read::<T>(&text).as_ref(), Ok(thing), "{text}");
        assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), thing, "{text}");
    }

    #[test]
    fn what_serde_json_writes_is_read_as_it_reads_it() {
        same(&everything());
        same(&Everything { answer: Ok(Name("yes".to_owned())), some: None, whole: i64::MIN, ..everything() });
        same(&vec![Some(1.5), None]);
        same(&Tagged::Two);
    }

    #[test]
    fn a_field_that_is_unknown_is_passed_over_and_one_that_may_be_left_out_is_made_up() {
        let mut value = serde_json::to_value(everything()).unwrap();
        value["more"] = json!({"of": ["it"]});
        value.as_object_mut().unwrap().remove("left_out");
        assert_eq!(of::<Everything>(value), Ok(Everything { left_out: 0, ..everything() }));
    }

    /// Each field, given each kind of value, is refused or read as `serde_json` does it.
    #[test]
    fn what_does_not_fit_is_refused_where_serde_json_refuses_it() {
        let whole = serde_json::to_value(everything()).unwrap();
        let kinds = [
            json!(null),
            json!(true),
            json!(300),
            json!(-1),
            json!(1.5),
            json!("word"),
            json!([]),
            json!([1, "x", 2]),
            json!({"x": 1}),
            json!({"x": 1, "y": 2}),
        ];
        let mut refused = 0;
        for name in whole.as_object().unwrap().keys() {
            for kind in &kinds {
                let mut value = whole.clone();
                value[name] = kind.clone();
                let theirs = serde_json::from_str::<Everything>(&value.to_string());
                let ours = read::<Everything>(&value.to_string());
                assert_eq!(ours.is_ok(), theirs.is_ok(), "{name} = {kind}: {ours:?} {theirs:?}");
                if let (Ok(ours), Ok(theirs)) = (&ours, theirs) {
                    assert_eq!(*ours, theirs);
                }
                refused += usize::from(ours.is_err());
            }
            let mut value = whole.clone();
            value.as_object_mut().unwrap().remove(name);
            assert_eq!(of::<Everything>(value.clone()).is_ok(), serde_json::from_value::<Everything>(value).is_ok(), "without {name}");
        }
        assert!(refused > 100, "{refused}");
    }

    #[test]
    fn what_is_no_json_is_said() {
        assert!(read::<u32>("{").unwrap_err().contains("EOF"));
        assert_eq!(read::<u32>("\"x\"").unwrap_err(), "a text stands where a number is read");
        assert!(read::<Flat>("{}").unwrap_err().contains("`inner`"));
    }
}
