//! What does a plan say before it is a document? Steps with their inputs and why they are there; and how is it written down?

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftStep {
    /// Its id.
    pub id: String,
    /// The skill.
    pub uses: String,
    /// Why it is there, in a sentence.
    pub why: String,
    /// Its input; texts may hold `${{ … }}`.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// The list that it is done for, as an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreach: Option<String>,
    /// Its condition, as an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Steps that come before it, besides those that its expressions read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Whether the run goes on without it if it fails.
    #[serde(default)]
    pub optional: bool,
}

/// An input of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftInput {
    /// Its name.
    pub name: String,
    /// Its JSON Schema.
    pub schema: Value,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The workflow's name.
    pub name: String,
    /// What people read.
    pub title: String,
    /// The goal.
    pub goal: String,
    /// What a run is given.
    pub inputs: Vec<DraftInput>,
    /// The steps, each after those that it needs.
    pub steps: Vec<DraftStep>,
    /// What a run gives: names and expressions.
    pub outputs: Vec<(String, String)>,
}

/// How an item of a list is called in the steps of plans.
pub(crate) const ITEM: &str = "item";
/// How many items of a list are worked on at once.
const CONCURRENCY: u64 = 8;

/// An expression as a value of a document.
pub(crate) fn expression(text: &str) -> Value {
    Value::String(format!("${{{{ {text} }}}}"))
}

/// A text that means itself, whatever it holds.
pub(crate) fn literal(text: &str) -> Value {
    Value::String(text.replace("${{", "$${{"))
}

/// A text within an expression.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace(['\n', '\r'], " "))
}

impl Draft {
    /// The document in YAML, with a comment of why above each step.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut out = String::new();
        for line in self.goal.lines() {
            out.push_str(&format!("# {}\n", comment(line)));
        }
        out.push_str(&format!("name: {}\nversion: 1\n", scalar(&self.name)));
        for (key, text, most) in [("title", &self.title, 200), ("description", &self.goal.replace('\n', " "), 1_000)] {
            if !text.trim().is_empty() {
                out.push_str(&format!("{key}: {}\n", scalar(&clipped(text, most))));
            }
        }
        if !self.inputs.is_empty() {
            out.push_str("\ninputs:\n");
            for input in &self.inputs {
                out.push_str(&format!("  {}: {}\n", input.name, flow(&input.schema)));
            }
        }
        out.push_str("\nsteps:\n");
        for step in &self.steps {
            out.push_str(&step.to_yaml());
        }
        if !self.outputs.is_empty() {
            out.push_str("outputs:\n");
            for (name, value) in &self.outputs {
                out.push_str(&format!("  {name}: {}\n", scalar(&format!("${{{{ {value} }}}}"))));
            }
        }
        out
    }
}

impl DraftStep {
    fn to_yaml(&self) -> String {
        let mut out = String::new();
        for line in self.why.lines().filter(|line| !line.trim().is_empty()) {
            out.push_str(&format!("  # {}\n", comment(line)));
        }
        out.push_str(&format!("  {}:\n    uses: {}\n", self.id, scalar(&self.uses)));
        if !self.needs.is_empty() {
            out.push_str(&format!("    needs: [{}]\n", self.needs.join(", ")));
        }
        if let Some(condition) = &self.condition {
            out.push_str(&format!("    if: {}\n", scalar(&format!("${{{{ {condition} }}}}"))));
        }
        if let Some(items) = &self.foreach {
            let items = scalar(&format!("${{{{ {items} }}}}"));
            out.push_str(&format!("    foreach:\n      items: {items}\n      as: {ITEM}\n      concurrency: {CONCURRENCY}\n"));
        }
        if !self.with.is_empty() {
            out.push_str("    with:\n");
            block(&mut out, &self.with, 6);
        }
        if self.optional {
            out.push_str("    on_failure: continue\n");
        }
        out.push('\n');
        out
    }
}

/// A document of its parts, with the steps in their order.
pub(crate) fn document(whole: &Map<String, Value>, steps: &[(String, Map<String, Value>)]) -> String {
    let mut out = String::new();
    for key in ["name", "version", "title", "description"] {
        if let Some(value) = whole.get(key) {
            out.push_str(&format!("{key}: {}\n", flow(value)));
        }
    }
    let section = |out: &mut String, key: &str| {
        if let Some(map) = whole.get(key).and_then(Value::as_object).filter(|map| !map.is_empty()) {
            out.push_str(&format!("\n{key}:\n"));
            block(out, map, 2);
        }
    };
    section(&mut out, "inputs");
    out.push_str("\nsteps:\n");
    for (id, step) in steps {
        out.push_str(&format!("  {}:\n", scalar(id)));
        block(&mut out, step, 4);
    }
    section(&mut out, "outputs");
    section(&mut out, "limits");
    out
}

fn block(out: &mut String, map: &Map<String, Value>, depth: usize) {
    let space = " ".repeat(depth);
    for (key, value) in map {
        match value {
            Value::Object(inner) if !inner.is_empty() && flow(value).len() > 80 => {
                out.push_str(&format!("{space}{}:\n", scalar(key)));
                block(out, inner, depth + 2);
            }
            Value::Array(items) if flow(value).len() > 80 => {
                out.push_str(&format!("{space}{}:\n", scalar(key)));
                for item in items {
                    list_item(out, item, depth + 2);
                }
            }
            _ => out.push_str(&format!("{space}{}: {}\n", scalar(key), flow(value))),
        }
    }
}

fn list_item(out: &mut String, item: &Value, depth: usize) {
    let space = " ".repeat(depth);
    match item {
        Value::Object(inner) if !inner.is_empty() => {
            let mut text = String::new();
            block(&mut text, inner, depth + 2);
            // The first property stands beside the dash.
            out.push_str(&format!("{space}- {}", &text[depth + 2..]));
        }
        _ => out.push_str(&format!("{space}- {}\n", flow(item))),
    }
}

/// A value in one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A text as YAML: plain where nothing in it can be misread, else as JSON, which is YAML too.
fn scalar(text: &str) -> String {
    let plain = !text.is_empty()
        && text.len() <= 64
        && text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-. ".contains(letter))
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str())
        && text.parse::<f64>().is_err();
    if plain { text.to_owned() } else { json!(text).to_string() }
}

/// A line of a comment: without what would end it.
fn comment(line: &str) -> String {
    clipped(
        &line
            .chars()
            .map(|letter| if letter.is_control() || letter == '\u{2028}' || letter == '\u{85}' { ' ' } else { letter })
            .collect::<String>(),
        400,
    )
}

/// A text of at most so many characters.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

/// A name for a workflow of what people read.
pub(crate) fn workflow_name(title: &str) -> String {
    let mut name = String::new();
    for letter in title.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            name.push(letter);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
        if name.len() >= 40 {
            break;
        }
    }
    let name = name.trim_matches('-').to_owned();
    if name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        name
    } else {
        format!("plan-{name}").trim_end_matches('-').to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "\\PC{0,90}".prop_map(|text| literal(&text))
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-z]{1,9}", inner), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect()))
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_a_plan_says_its_document_can_be_read(goal in "\\PC{0,120}(\n\\PC{0,40})?", value in any_value(), why in "\\PC{0,80}") {
            let step = |value: Value| DraftStep {
                id: "one".into(), uses: "nlp.keywords".into(), why: why.clone(), with: Map::from_iter([("text".to_owned(), value)]),
                foreach: None, condition: None, needs: vec![], optional: true,
            };
            let draft = |value: Value| Draft { name: workflow_name(&goal), title: "T".into(), goal: goal.clone(), inputs: vec![], steps: vec![step(value)], outputs: vec![] };
            let one = baton_workflow::parse(&draft(value.clone()).to_yaml());
            prop_assert!(one.is_ok(), "{:?}\n{}", one, draft(value).to_yaml());
            // What is written is what was meant: the same as JSON says.
            let named = draft(value.clone());
            let description = clipped(&goal.replace('\n', " "), 1_000);
            let description = if description.is_empty() { String::new() } else { format!("\"description\":{},", json!(description)) };
            let step = format!("{{\"uses\":\"nlp.keywords\",\"with\":{{\"text\":{value}}},\"on_failure\":\"continue\"}}");
            let as_json = format!("{{\"name\":{},\"version\":1,\"title\":\"T\",{description}\"steps\":{{\"one\":{step}}}}}", json!(named.name));
            prop_assert_eq!(one.unwrap().hash, baton_workflow::parse(&as_json).unwrap().hash);
        }
    }
}
