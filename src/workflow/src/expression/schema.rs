//! How does a JSON Schema say what a value can be, and a type a JSON Schema?

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::types::kinds::{ALL, BOOLEAN, INTEGER, LIST, NULL, NUMBER, OBJECT, TEXT};
use super::types::{Field, Fields, Type};

/// Below this level of a schema nothing is known, so that schemas which refer to themselves end.
const MAXIMUM_DEPTH: usize = 12;
/// The most parts of a schema that a type is made of, or a schema of a type; of the others nothing is known.
const MAXIMUM_NODES: usize = 20_000;

/// The type of the values that fit a JSON Schema (draft 2020-12). It may be wider than the schema, never narrower: what a type cannot say,
/// as ranges and patterns, is left to the check of the value itself. Properties of an object that the schema does not name are taken not to be
/// there unless it speaks of them (`additionalProperties`): reading one is a slip far more often than not.
#[must_use]
pub fn type_of_schema(schema: &Value) -> Type {
    read(schema, &Root { schema, left: Cell::new(MAXIMUM_NODES) }, 0)
}

/// The whole schema, and how many parts of it may still be read: one that refers to itself in many properties unfolds without measure.
struct Root<'a> {
    schema: &'a Value,
    left: Cell<usize>,
}

impl Root<'_> {
    fn may(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

fn read(schema: &Value, root: &Root<'_>, depth: usize) -> Type {
    let Some(map) = schema.as_object().filter(|_| depth < MAXIMUM_DEPTH && root.may()) else {
        return Type::any();
    };
    if let Some(target) = map.get("$ref").and_then(Value::as_str) {
        let found = target.strip_prefix('#').and_then(|pointer| root.schema.pointer(pointer));
        return found.map_or_else(Type::any, |target| read(target, root, depth + 1));
    }
    let mut kind = own(map, root, depth);
    if let Some(parts) = map.get("allOf").and_then(Value::as_array) {
        for part in parts {
            kind = both(kind, read(part, root, depth + 1));
        }
    }
    for word in ["anyOf", "oneOf"] {
        let branches = map.get(word).and_then(Value::as_array);
        // Branches that only say which properties are required together say nothing of kinds.
        let typed = branches.filter(|branches| branches.iter().all(says_kind));
        let union = typed.and_then(|branches| branches.iter().map(|branch| read(branch, root, depth + 1)).reduce(Type::or));
        if let Some(union) = union {
            kind = both(kind, union);
        }
    }
    kind
}

fn says_kind(schema: &Value) -> bool {
    ["type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf", "properties"].iter().any(|word| schema.get(word).is_some())
}

fn own(map: &Map<String, Value>, root: &Root<'_>, depth: usize) -> Type {
    if let Some(only) = map.get("const") {
        return type_of_value(only);
    }
    if let Some(options) = map.get("enum").and_then(Value::as_array) {
        return options.iter().map(type_of_value).reduce(Type::or).unwrap_or_else(Type::any);
    }
    let named = match map.get("type") {
        Some(Value::String(name)) => bits(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(bits).fold(0, |all, bit| all | bit),
        _ if map.contains_key("properties") => OBJECT,
        _ if map.contains_key("items") => LIST,
        _ => ALL,
    };
    let mut kind = Type::of(if named == 0 { ALL } else { named });
    if kind.may_be(LIST) {
        let items = map.get("items").map(|items| read(items, root, depth + 1));
        kind.items = items.filter(|items| !items.is_any()).map(Arc::new);
    }
    if kind.may_be(OBJECT) {
        kind.fields = fields(map, root, depth);
    }
    if kind.may_be(TEXT) {
        kind.format = map.get("format").and_then(Value::as_str).map(Arc::from);
    }
    kind
}

fn fields(map: &Map<String, Value>, root: &Root<'_>, depth: usize) -> Option<Arc<Fields>> {
    let properties = map.get("properties").and_then(Value::as_object);
    let more = map.get("additionalProperties").or_else(|| map.get("patternProperties"));
    if properties.is_none() && !matches!(more, Some(Value::Bool(false))) {
        return None;
    }
    let required: BTreeSet<&str> = map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let known = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), Field { kind: read(schema, root, depth + 1), required: required.contains(name.as_str()) }));
    let open = more.is_some_and(|more| *more != Value::Bool(false));
    let closed = matches!(more, Some(Value::Bool(false)));
    Some(Arc::new(Fields { known: known.collect(), open, closed }))
}

fn bits(name: &str) -> u8 {
    match name {
        "null" => NULL,
        "boolean" => BOOLEAN,
        "integer" => INTEGER,
        "number" => INTEGER | NUMBER,
        "string" => TEXT,
        "array" => LIST,
        "object" => OBJECT,
        _ => 0,
    }
}

/// What fits both: of each thing that only one of them knows, that.
fn both(one: Type, other: Type) -> Type {
    let kinds = one.kinds & other.kinds;
    let fields = match (one.fields, other.fields) {
        (Some(mine), Some(theirs)) => {
            let mut joined = mine.as_ref().clone();
            joined.open |= theirs.open;
            joined.closed |= theirs.closed;
            for (name, field) in &theirs.known {
                let entry = joined.known.entry(name.clone()).or_insert_with(|| field.clone());
                entry.required |= field.required;
            }
            Some(Arc::new(joined))
        }
        (mine, theirs) => mine.or(theirs),
    };
    Type {
        kinds: if kinds == 0 { ALL } else { kinds },
        items: one.items.or(other.items),
        fields,
        choices: one.choices.or(other.choices),
        format: one.format.or(other.format),
    }
}

/// The kind of one value, without looking into it.
pub(crate) fn kind_of_value(value: &Value) -> Type {
    match value {
        Value::Array(_) => Type::of(LIST),
        Value::Object(_) => Type::of(OBJECT),
        Value::String(_) => Type::text(),
        other => type_of_value(other),
    }
}

/// The type of one value.
#[must_use]
pub fn type_of_value(value: &Value) -> Type {
    match value {
        Value::Null => Type::of(NULL),
        Value::Bool(_) => Type::boolean(),
        Value::Number(number) if number.is_f64() && number.as_f64().is_none_or(|value| value.fract() != 0.0) => Type::of(NUMBER),
        Value::Number(_) => Type::integer(),
        Value::String(text) => Type { choices: Some(Arc::new(BTreeSet::from([text.clone()]))), ..Type::text() },
        Value::Array(items) => items.iter().map(type_of_value).reduce(Type::or).map_or(Type::of(LIST), Type::list),
        Value::Object(map) => Type::object(map.iter().map(|(name, value)| {
            let field = Field { kind: type_of_value(value), required: true };
            (name.clone(), field)
        })),
    }
}

impl Type {
    /// The JSON Schema that says the same.
    #[must_use]
    pub fn to_schema(&self) -> Value {
        self.schema_within(&Cell::new(MAXIMUM_NODES))
    }

    fn schema_within(&self, left: &Cell<usize>) -> Value {
        left.set(left.get().saturating_sub(1));
        if self.is_any() || left.get() == 0 {
            return json!({});
        }
        let mut map = Map::new();
        if self.kinds != ALL {
            let mut names = Vec::new();
            for name in ["null", "boolean", "string", "array", "object"] {
                if self.may_be(bits(name)) {
                    names.push(Value::from(name));
                }
            }
            if self.may_be(NUMBER) {
                names.push(Value::from("number"));
            } else if self.may_be(INTEGER) {
                names.push(Value::from("integer"));
            }
            let kind = if names.len() == 1 { names.remove(0) } else { Value::Array(names) };
            map.insert("type".to_owned(), kind);
        }
        if let Some(items) = &self.items {
            map.insert("items".to_owned(), items.schema_within(left));
        }
        if let Some(fields) = &self.fields {
            let properties: Map<String, Value> =
                fields.known.iter().map(|(name, field)| (name.clone(), field.kind.schema_within(left))).collect();
            let required: Vec<&str> = fields.known.iter().filter(|(_, field)| field.required).map(|(name, _)| name.as_str()).collect();
            map.insert("properties".to_owned(), Value::Object(properties));
            map.insert("required".to_owned(), json!(required));
            if fields.open || fields.closed {
                map.insert("additionalProperties".to_owned(), Value::Bool(fields.open));
            }
        }
        if let Some(format) = &self.format {
            map.insert("format".to_owned(), Value::from(format.as_ref()));
        }
        if let Some(choices) = self.choices.as_ref().filter(|_| self.kinds == TEXT) {
            map.insert("enum".to_owned(), choices.iter().map(String::as_str).collect());
        }
        Value::Object(map)
    }
}
