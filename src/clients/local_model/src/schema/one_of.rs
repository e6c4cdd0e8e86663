//! Can no document fit two of the schemas? Only then does `oneOf` mean what `anyOf` means.

use serde_json::Value;

const TYPES: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];

/// Whether it is plain that no document which is written for one fits the other. References must be resolved.
pub(super) fn exclude(one: &Value, other: &Value) -> bool {
    if !types(one).iter().any(|kind| types(other).contains(kind)) {
        return true;
    }
    if let (Some(one), Some(other)) = (values(one), values(other)) {
        return !one.iter().any(|value| other.iter().any(|other| same(value, other)));
    }
    let only_objects = |schema: &Value| types(schema) == ["object"];
    only_objects(one) && only_objects(other) && objects_exclude(one, other)
}

fn objects_exclude(one: &Value, other: &Value) -> bool {
    let required = |schema: &Value| -> Vec<String> {
        let names = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        names.iter().filter_map(|name| name.as_str().map(ToOwned::to_owned)).collect()
    };
    let (mine, others) = (required(one), required(other));
    // Both have the property, with different values: a discriminator.
    let told_apart = mine.iter().filter(|name| others.contains(name)).any(|name| {
        matches!((values(&one["properties"][name]), values(&other["properties"][name])),
            (Some(a), Some(b)) if !a.iter().any(|value| b.iter().any(|other| same(value, other))))
    });
    // Each requires what the other never has: only named properties are written.
    let lacks = |names: &[String], schema: &Value| {
        let named = schema["properties"].as_object().filter(|named| !named.is_empty());
        named.is_some_and(|named| names.iter().any(|name| !named.contains_key(name) && !required(schema).contains(name)))
    };
    told_apart || (lacks(&mine, other) && lacks(&others, one))
}

fn types(schema: &Value) -> Vec<&'static str> {
    if let Some(values) = values(schema) {
        return TYPES.into_iter().filter(|kind| values.iter().any(|value| is(value, kind))).collect();
    }
    let named = |kind: &str, name: &Value| name == kind || (kind == "number" && name == "integer");
    match &schema["type"] {
        Value::Array(names) => TYPES.into_iter().filter(|kind| names.iter().any(|name| named(kind, name))).collect(),
        Value::String(_) => TYPES.into_iter().filter(|kind| named(kind, &schema["type"])).collect(),
        _ => TYPES.to_vec(),
    }
}

fn values(schema: &Value) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => Some(vec![value]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        _ => None,
    }
}

/// Whether a value is of this type.
pub(super) fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|x| x.fract() == 0.0),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// Equal as JSON Schema means it: 1 is 1.0.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}
