//! Which documents does a JSON Schema allow? Compiles it to a grammar; what an answer cannot be held to is refused by its place.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::grammar::{Grammar, MAXIMUM_NODES, Member, Node, NodeId, UNBOUNDED, schema_error};
use super::numbers::Bounds;
use super::one_of;
use crate::LocalModelError;

/// How deep a schema may lie within itself.
const MAXIMUM_DEPTH: usize = 48;
/// The most items, characters or members that a schema may require.
const MAXIMUM_REQUIRED: u64 = 100_000;

/// The schema of a property that is only required.
static ANYTHING: Value = Value::Bool(true);

/// Keywords that restrict documents in ways that are not kept to.
const REFUSED: [&str; 19] = [
    "$dynamicRef",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "multipleOf",
    "not",
    "pattern",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$recursiveRef",
    "additionalItems",
];
/// Keywords that restrict documents, which are kept to.
const KEPT: [&str; 23] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "oneOf",
    "prefixItems",
    "properties",
    "required",
    "type",
    "uniqueItems",
];

impl Grammar {
    /// Compiles a JSON Schema (2020-12).
    ///
    /// Kept to: `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `minProperties` and `maxProperties` where
    /// the properties settle them, `items`, `prefixItems`, `minItems`, `maxItems`, `minLength`, `maxLength`, `minimum`, `maximum`,
    /// `exclusiveMinimum`, `exclusiveMaximum`, `anyOf`, `oneOf` of schemas that exclude each other, `allOf` of one, and `$ref`
    /// within the schema, also to itself. `format` is a remark, as the specification has it.
    ///
    /// # Errors
    /// [`LocalModelError::Schema`] names the place of what is not supported or never ends.
    pub fn compile(schema: &Value) -> Result<Self, LocalModelError> {
        let mut compiler = Compiler { whole: schema, nodes: Vec::new(), references: HashMap::new(), any: None };
        let closing_brace = compiler.literal("}")?;
        let root = compiler.value(schema, "", 0)?;
        Self::new(compiler.nodes, root, closing_brace)
    }
}

pub(super) struct Compiler<'a> {
    whole: &'a Value,
    nodes: Vec<Node>,
    /// What was compiled of the places that references name.
    references: HashMap<String, NodeId>,
    any: Option<NodeId>,
}

impl<'a> Compiler<'a> {
    pub(super) fn push(&mut self, node: Node) -> Result<NodeId, LocalModelError> {
        if self.nodes.len() >= MAXIMUM_NODES {
            return Err(schema_error("", "it is too large: leave out alternatives or values"));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() as NodeId - 1)
    }

    pub(super) fn literal(&mut self, text: &str) -> Result<NodeId, LocalModelError> {
        self.push(Node::Literal(text.as_bytes().into()))
    }

    fn sequence(&mut self, nodes: &[NodeId]) -> Result<NodeId, LocalModelError> {
        self.push(Node::Sequence(nodes.into()))
    }

    /// This text and perhaps one space.
    fn then_space(&mut self, text: &str) -> Result<NodeId, LocalModelError> {
        let choices = vec![self.literal(text)?, self.literal(&format!("{text} "))?];
        self.push(Node::Choice(choices))
    }

    fn value(&mut self, schema: &'a Value, at: &str, depth: usize) -> Result<NodeId, LocalModelError> {
        if depth > MAXIMUM_DEPTH {
            return Err(schema_error(at, "it lies too deep: use $ref, or fewer levels"));
        }
        let schema = match schema {
            Value::Bool(true) => return self.any(),
            Value::Bool(false) => return Err(schema_error(at, "it forbids everything")),
            Value::Object(schema) => schema,
            _ => return Err(schema_error(at, "a schema is an object")),
        };
        if let Some(keyword) = REFUSED.into_iter().find(|keyword| schema.contains_key(*keyword)) {
            return Err(schema_error(
                &format!("{at}/{keyword}"),
                format!("{keyword} is not supported: leave it out, and check the answer"),
            ));
        }
        if schema.get("uniqueItems").is_some_and(|unique| *unique == Value::Bool(true)) {
            return Err(schema_error(&format!("{at}/uniqueItems"), "it is not supported: leave it out, and check the answer"));
        }
        for keyword in ["$ref", "allOf", "anyOf", "oneOf"] {
            let Some(within) = schema.get(keyword) else { continue };
            // A type that only repeats what the alternatives say is common; anything else would have to be joined with them.
            if let Some(beside) = KEPT.into_iter().find(|other| *other != keyword && schema.contains_key(*other)) {
                return Err(schema_error(
                    at,
                    format!("{beside} beside {keyword} is not supported: write {beside} into the schemas of {keyword}"),
                ));
            }
            let at = format!("{at}/{keyword}");
            return if keyword == "$ref" { self.reference(within, &at, depth) } else { self.alternatives(keyword, within, &at, depth) };
        }
        if schema.contains_key("const") || schema.contains_key("enum") {
            return self.values(schema, at);
        }
        let kinds = kinds(schema, at)?;
        let mut choices = Vec::new();
        for kind in &kinds {
            choices.push(self.of_kind(kind, schema, at, depth)?);
        }
        match choices[..] {
            [] => self.any(),
            [one] => Ok(one),
            _ => self.push(Node::Choice(choices)),
        }
    }

    fn of_kind(&mut self, kind: &str, schema: &'a Map<String, Value>, at: &str, depth: usize) -> Result<NodeId, LocalModelError> {
        match kind {
            "null" => self.literal("null"),
            "boolean" => {
                let choices = vec![self.literal("true")?, self.literal("false")?];
                self.push(Node::Choice(choices))
            }
            "integer" => self.integer(at, &bounds(schema, at)?),
            "number" => self.number(at, &bounds(schema, at)?),
            "string" => {
                let (least, most) = range(schema, "minLength", "maxLength", at)?;
                self.string(least, most)
            }
            "array" => self.array(schema, at, depth),
            "object" => self.object(schema, at, depth),
            other => Err(schema_error(&format!("{at}/type"), format!("{other:?} is no type"))),
        }
    }

    fn reference(&mut self, reference: &'a Value, at: &str, depth: usize) -> Result<NodeId, LocalModelError> {
        let (pointer, schema) =
            self.resolve(reference).ok_or_else(|| schema_error(at, "it leads to no place within the schema, as \"#/$defs/name\" would"))?;
        if let Some(known) = self.references.get(pointer) {
            return Ok(*known);
        }
        // Its place is taken before it is compiled: it may name itself.
        let id = self.push(Node::Choice(Vec::new()))?;
        self.references.insert(pointer.into(), id);
        let node = self.value(schema, pointer, depth + 1)?;
        self.nodes[id as usize] = Node::Choice(vec![node]);
        Ok(id)
    }

    fn resolve(&self, reference: &'a Value) -> Option<(&'a str, &'a Value)> {
        let pointer = reference.as_str()?.strip_prefix('#')?;
        Some((pointer, self.whole.pointer(pointer)?))
    }

    fn alternatives(&mut self, keyword: &str, list: &'a Value, at: &str, depth: usize) -> Result<NodeId, LocalModelError> {
        let list = list.as_array().filter(|list| !list.is_empty()).ok_or_else(|| schema_error(at, "it is a list of schemas"))?;
        if keyword == "allOf" && list.len() > 1 {
            return Err(schema_error(at, "allOf of several schemas is not supported: write one schema"));
        }
        if keyword == "oneOf" {
            let resolved: Vec<&Value> =
                list.iter().map(|schema| schema.get("$ref").and_then(|to| self.resolve(to)).map_or(schema, |(_, to)| to)).collect();
            for (index, one) in resolved.iter().enumerate() {
                if resolved[..index].iter().any(|other| !one_of::exclude(one, other)) {
                    return Err(schema_error(
                        at,
                        "a document might fit two of them: use anyOf, or a required property with a const of its own in each",
                    ));
                }
            }
        }
        let mut choices = Vec::new();
        for (index, schema) in list.iter().enumerate() {
            choices.push(self.value(schema, &format!("{at}/{index}"), depth + 1)?);
        }
        self.push(Node::Choice(choices))
    }

    fn values(&mut self, schema: &'a Map<String, Value>, at: &str) -> Result<NodeId, LocalModelError> {
        let values = match (schema.get("const"), schema.get("enum")) {
            (Some(value), None) => std::slice::from_ref(value),
            (None, Some(Value::Array(values))) => values,
            (None, _) => return Err(schema_error(&format!("{at}/enum"), "it is a list of values")),
            (Some(_), Some(_)) => return Err(schema_error(at, "const beside enum is not supported: one is enough")),
        };
        if let Some(beside) = KEPT.into_iter().find(|other| !["const", "enum", "type"].contains(other) && schema.contains_key(*other)) {
            return Err(schema_error(at, format!("{beside} beside enum or const is not supported: leave out the values that do not fit")));
        }
        let kinds = kinds(schema, at)?;
        let mut choices = Vec::new();
        for value in values.iter().filter(|value| kinds.is_empty() || kinds.iter().any(|kind| one_of::is(value, kind))) {
            choices.push(self.literal(&value.to_string())?);
        }
        if choices.is_empty() {
            return Err(schema_error(at, "it allows no value"));
        }
        self.push(Node::Choice(choices))
    }

    fn string(&mut self, least: u32, most: u32) -> Result<NodeId, LocalModelError> {
        let quote = self.literal("\"")?;
        let characters = self.push(Node::Characters { least, most })?;
        self.sequence(&[quote, characters, quote])
    }

    fn array(&mut self, schema: &'a Map<String, Value>, at: &str, depth: usize) -> Result<NodeId, LocalModelError> {
        let (least, most) = range(schema, "minItems", "maxItems", at)?;
        let (open, close) = (self.literal("[")?, self.literal("]")?);
        let comma = self.then_space(",")?;
        let first = match schema.get("prefixItems") {
            None => Vec::new(),
            Some(Value::Array(first)) => first.iter().collect(),
            Some(_) => return Err(schema_error(&format!("{at}/prefixItems"), "it is a list of schemas")),
        };
        let count = first.len() as u32;
        if most < count {
            return Err(schema_error(at, "maxItems below the number of prefixItems is not supported: leave out those that never come"));
        }
        let mut parts = vec![open];
        for (index, item) in first.into_iter().enumerate() {
            if index > 0 {
                parts.push(comma);
            }
            parts.push(self.value(item, &format!("{at}/prefixItems/{index}"), depth + 1)?);
        }
        let item = schema.get("items").filter(|items| **items != Value::Bool(false));
        let more = match (item, schema.contains_key("items")) {
            (Some(item), _) => Some(self.value(item, &format!("{at}/items"), depth + 1)?),
            (None, false) if count == 0 || least > count => Some(self.any()?),
            (None, _) => None,
        };
        match more {
            Some(item) => {
                let further = self.sequence(&[comma, item])?;
                let first = if count > 0 { further } else { item };
                let most = if most == UNBOUNDED { UNBOUNDED } else { most - count };
                parts.push(self.push(Node::Repeat { first, further, least: least.saturating_sub(count), most })?);
            }
            None if least > count => return Err(schema_error(at, "minItems asks for more than items allows")),
            None => {}
        }
        parts.push(close);
        self.sequence(&parts)
    }

    fn object(&mut self, schema: &'a Map<String, Value>, at: &str, depth: usize) -> Result<NodeId, LocalModelError> {
        let named = match schema.get("properties") {
            None => None,
            Some(Value::Object(named)) => Some(named),
            Some(_) => return Err(schema_error(&format!("{at}/properties"), "it is an object of schemas")),
        };
        let mut required = Vec::new();
        match schema.get("required") {
            None => {}
            Some(Value::Array(names)) => {
                for name in names {
                    let name = name.as_str().ok_or_else(|| schema_error(&format!("{at}/required"), "it is a list of names"))?;
                    required.push(name);
                }
            }
            Some(_) => return Err(schema_error(&format!("{at}/required"), "it is a list of names")),
        }
        let (least, most) = range(schema, "minProperties", "maxProperties", at)?;
        let others = schema.get("additionalProperties");
        let open = self.literal("{")?;
        if named.is_none_or(Map::is_empty) && required.is_empty() && others.is_none_or(|others| *others != Value::Bool(false)) {
            if least > 0 {
                return Err(schema_error(
                    &format!("{at}/minProperties"),
                    "it is not supported where the names are free: name the properties",
                ));
            }
            let value = match others {
                Some(others) => self.value(others, &format!("{at}/additionalProperties"), depth + 1)?,
                None => self.any()?,
            };
            let members = self.free_members(value, most)?;
            return self.sequence(&[open, members]);
        }
        let mut properties: Vec<(&str, &'a Value, String)> = Vec::new();
        for (name, property) in
            named.into_iter().flatten().filter(|(name, property)| **property != Value::Bool(false) || required.contains(&name.as_str()))
        {
            properties.push((name, property, format!("{at}/properties/{}", name.replace('~', "~0").replace('/', "~1"))));
        }
        properties.sort_by(|a, b| order(a.1).total_cmp(&order(b.1)));
        for name in &required {
            if properties.iter().any(|(known, ..)| known == name) {
                continue;
            }
            properties.push((name, others.unwrap_or(&ANYTHING), format!("{at}/additionalProperties")));
        }
        let must = properties.iter().filter(|(name, ..)| required.contains(name)).count();
        if least as usize > must || (most as usize) < properties.len() {
            return Err(schema_error(
                at,
                "minProperties and maxProperties are not supported here: say by required which properties there are",
            ));
        }
        let comma = self.then_space(",")?;
        let mut members = Vec::new();
        for (name, property, at) in properties {
            let name_and_colon = self.then_space(&format!("{}:", Value::from(name)))?;
            let value = self.value(property, &at, depth + 1)?;
            let plain = self.sequence(&[name_and_colon, value])?;
            let after_comma = self.sequence(&[comma, plain])?;
            members.push(Member { plain, after_comma, required: required.contains(&name) });
        }
        let members = self.push(Node::Members(members.into()))?;
        self.sequence(&[open, members])
    }

    /// Members with any names, and the closing brace.
    fn free_members(&mut self, value: NodeId, most: u32) -> Result<NodeId, LocalModelError> {
        let (name, colon, comma, close) = (self.string(0, UNBOUNDED)?, self.then_space(":")?, self.then_space(",")?, self.literal("}")?);
        let member = self.sequence(&[name, colon, value])?;
        let further = self.sequence(&[comma, member])?;
        let members = self.push(Node::Repeat { first: member, further, least: 0, most })?;
        self.sequence(&[members, close])
    }

    /// Any document.
    fn any(&mut self) -> Result<NodeId, LocalModelError> {
        if let Some(any) = self.any {
            return Ok(any);
        }
        let id = self.push(Node::Choice(Vec::new()))?;
        self.any = Some(id);
        let mut choices = vec![self.literal("null")?, self.literal("true")?, self.literal("false")?];
        choices.push(self.number("", &Bounds::default())?);
        choices.push(self.string(0, UNBOUNDED)?);
        let (open, close, comma) = (self.literal("[")?, self.literal("]")?, self.then_space(",")?);
        let further = self.sequence(&[comma, id])?;
        let items = self.push(Node::Repeat { first: id, further, least: 0, most: UNBOUNDED })?;
        choices.push(self.sequence(&[open, items, close])?);
        let open = self.literal("{")?;
        let members = self.free_members(id, UNBOUNDED)?;
        choices.push(self.sequence(&[open, members])?);
        self.nodes[id as usize] = Node::Choice(choices);
        Ok(id)
    }
}

/// The types that a schema names, or that its keywords are about; none: all of them.
fn kinds<'a>(schema: &'a Map<String, Value>, at: &str) -> Result<Vec<&'a str>, LocalModelError> {
    let wrong = || schema_error(&format!("{at}/type"), "it is the name of a type, or a list of names");
    match schema.get("type") {
        Some(Value::String(kind)) => Ok(vec![kind]),
        Some(Value::Array(kinds)) if !kinds.is_empty() => kinds.iter().map(|kind| kind.as_str().ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
        // What says nothing of its type, but restricts one, is written as that one.
        None => {
            let about: [(&str, &[&str]); 4] = [
                ("object", &["properties", "required", "additionalProperties", "minProperties", "maxProperties"]),
                ("array", &["items", "prefixItems", "minItems", "maxItems"]),
                ("string", &["minLength", "maxLength"]),
                ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
            ];
            let mut found = about.into_iter().filter(|(_, keywords)| keywords.iter().any(|keyword| schema.contains_key(*keyword)));
            Ok(found.next().map(|(kind, _)| kind).into_iter().collect())
        }
    }
}

fn range(schema: &Map<String, Value>, least: &str, most: &str, at: &str) -> Result<(u32, u32), LocalModelError> {
    let count = |keyword: &str| match schema.get(keyword) {
        None => Ok(None),
        Some(value) => {
            let whole = value.as_f64().filter(|n| *n >= 0.0 && n.fract() == 0.0).map(|n| n as u64);
            whole.map(Some).ok_or_else(|| schema_error(&format!("{at}/{keyword}"), "it is a whole number, not below 0"))
        }
    };
    let (from, to) = (count(least)?.unwrap_or(0), count(most)?);
    if from > MAXIMUM_REQUIRED {
        return Err(schema_error(&format!("{at}/{least}"), format!("more than {MAXIMUM_REQUIRED} is not supported")));
    }
    if to.is_some_and(|to| to < from) {
        return Err(schema_error(&format!("{at}/{most}"), format!("it is below {least}")));
    }
    Ok((from as u32, to.map_or(UNBOUNDED, |to| u32::try_from(to).unwrap_or(UNBOUNDED))))
}

fn bounds(schema: &Map<String, Value>, at: &str) -> Result<Bounds, LocalModelError> {
    let bound = |keyword: &str| match schema.get(keyword) {
        None => Ok(None),
        // Beyond it, whole numbers are no longer told apart by all readers.
        Some(value) => match value.as_f64().filter(|x| x.abs() <= 1e18) {
            Some(x) => Ok(Some(x)),
            None => Err(schema_error(&format!("{at}/{keyword}"), "it is a number between -1e18 and 1e18")),
        },
    };
    Ok(Bounds { least: bound("minimum")?, above: bound("exclusiveMinimum")?, most: bound("maximum")?, below: bound("exclusiveMaximum")? })
}

/// Where a property stands; those that do not say, behind the others as they come.
fn order(property: &Value) -> f64 {
    property.get("x-order").and_then(Value::as_f64).unwrap_or(f64::INFINITY)
}
