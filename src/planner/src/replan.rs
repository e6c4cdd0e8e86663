//! A step failed for good: is there another way to do it, or can the rest do without?

mod by_model;

use std::collections::BTreeMap;

use baton_domain::problem::Code;
use serde_json::{Map, Value, json};

use crate::catalogue::Skills;
use crate::draft::document;
use crate::plan::problems;
use crate::refusal::Refusal;

pub use by_model::{Failed, replan_by_model};

/// How a step of the run stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stands {
    /// It has completed with this output.
    Completed(Value),
    /// It was skipped.
    Skipped,
    /// It failed, was cancelled, or did not come to its turn.
    Open,
}

/// Another way.
#[derive(Debug, Clone, PartialEq)]
pub struct Replanned {
    /// The document, from the failed step on.
    pub text: String,
    /// What its run is given: what the first run was given, and what its steps have given.
    pub input: Map<String, Value>,
    /// What is done otherwise, in a sentence.
    pub otherwise: String,
    /// Ways that were looked at before and do not hold together.
    pub tried: Vec<String>,
}

/// The most bytes of what a new run is given.
pub const MAXIMUM_HANDED_BYTES: usize = 1 << 20;

/// One change of the failed step.
struct Way {
    says: String,
    change: Change,
}

enum Change {
    /// Another skill, with other names of inputs and outputs.
    Skill { name: &'static str, inputs: &'static [(&'static str, &'static str)], outputs: &'static [(&'static str, &'static str)] },
    /// Parameters: those without a value are taken out.
    Parameters(Vec<(&'static str, Option<Value>)>),
    /// The page is opened in a browser first, and the step reads what that gives.
    Rendered,
    /// The rest does without.
    Without,
}

/// Plans another way for a failed step, by rules.
///
/// # Errors
/// `PLAN-011` if there is none, or if what was done so far is too large to be handed on.
pub fn replan(
    text: &str,
    step: &str,
    code: &str,
    so_far: &BTreeMap<String, Stands>,
    given: &Map<String, Value>,
    skills: &Skills,
) -> Result<Replanned, Refusal> {
    let none = |message: String| none(step, message);
    let workflow = baton_workflow::parse(text).map_err(|problems| {
        none(format!("the document cannot be read: {}", problems.first().map(ToString::to_string).unwrap_or_default()))
    })?;
    let whole = baton_workflow::to_json(text).map_err(|problem| none(problem.to_string()))?;
    let order: Vec<String> = workflow.steps.iter().map(|step| step.id.clone()).collect();
    let steps = steps_of(&whole, &order);
    let Some(failed) = steps.get(step).cloned() else { return Err(none(format!("the workflow has no step `{step}`"))) };
    let mut tried = Vec::new();
    for way in ways(&failed, code) {
        let Some((text, input)) = changed(&whole, &order, &steps, step, &way.change, so_far, given) else { continue };
        let size = Value::Object(input.clone()).to_string().len();
        if size > MAXIMUM_HANDED_BYTES {
            return Err(none(format!("what the steps so far have given is {size} bytes, more than {MAXIMUM_HANDED_BYTES}")));
        }
        match problems(&text, skills).first() {
            None => return Ok(Replanned { text, input, otherwise: way.says, tried }),
            Some(problem) => tried.push(format!("{}: {}", way.says, problem.message)),
        }
    }
    let looked = if tried.is_empty() { String::new() } else { format!(" ({})", tried.join("; ")) };
    Err(none(format!("rules know no other way for `{step}`, which failed with {code}{looked}")))
}

/// That there is no other way.
fn none(step: &str, message: String) -> Refusal {
    Refusal::new(Code::NoOtherWay, step, message, "Correct the cause and retry the run from this step, or edit the workflow.")
}

/// What a workflow is called that does the rest of another.
fn again(name: &str) -> String {
    if name.ends_with("-again") {
        return name.to_owned();
    }
    format!("{}-again", name.chars().take(50).collect::<String>().trim_end_matches('-'))
}

/// By what name an output of a step is handed on.
fn handed(id: &str) -> String {
    format!("{}_output", id.replace('-', "_"))
}

/// The steps by their ids, whether they are a list or a map.
fn steps_of(whole: &Value, order: &[String]) -> BTreeMap<String, Map<String, Value>> {
    let of = |id: &String| -> Option<Map<String, Value>> {
        match whole.get("steps")? {
            Value::Object(map) => map.get(id)?.as_object().cloned(),
            Value::Array(list) => {
                let mut found = list.iter().find(|step| step.get("id").and_then(Value::as_str) == Some(id))?.as_object().cloned()?;
                found.remove("id");
                Some(found)
            }
            _ => None,
        }
    };
    order.iter().filter_map(|id| Some((id.clone(), of(id)?))).collect()
}

/// Ways to do a step otherwise, the likeliest first.
fn ways(step: &Map<String, Value>, code: &str) -> Vec<Way> {
    let skill = step.get("uses").and_then(Value::as_str).unwrap_or_default();
    let with = step.get("with").and_then(Value::as_object).cloned().unwrap_or_default();
    let has = |key: &str| with.contains_key(key);
    let is = |key: &str, value: &str| with.get(key).and_then(Value::as_str) == Some(value);
    let mut found = Vec::new();
    let mut parameters = |says: &str, changes: Vec<(&'static str, Option<Value>)>| {
        found.push(Way { says: says.to_owned(), change: Change::Parameters(changes) })
    };
    match skill {
        "nlp.summarize" if is("mode", "abstractive") => {
            parameters("sentences of the text itself instead of a model's", vec![("mode", Some(json!("extractive")))])
        }
        "nlp.classify" if !is("method", "rules") => parameters("rules instead of a model", vec![("method", Some(json!("rules")))]),
        "nlp.similarity" if has("meaning") => parameters("words compared instead of meanings", vec![("meaning", None)]),
        "data_science.train" => {
            if !is("missing", "impute") {
                parameters("gaps filled instead of rows left out", vec![("missing", Some(json!("impute")))]);
            }
            if is("method", "linear") || is("method", "logistic") {
                parameters(
                    "a random forest instead of a regression",
                    vec![("method", Some(json!("random_forest"))), ("penalty", None), ("standardize", None)],
                );
            }
        }
        "data_science.forecast" => {
            if has("time") {
                parameters("rows in their order instead of the column of times", vec![("time", None)]);
            }
            if !is("model", "naive") {
                parameters("the simplest model", vec![("model", Some(json!("naive"))), ("season", None)]);
            }
        }
        "data_science.anomalies" => {
            if has("time") {
                parameters(
                    "each value by itself instead of as a series",
                    vec![("time", None), ("season", None), ("method", Some(json!("mad")))],
                );
            } else if !is("method", "iqr") {
                parameters(
                    "fences of quartiles instead of the method before",
                    vec![("method", Some(json!("iqr"))), ("threshold", None), ("share", None), ("trees", None)],
                );
            }
        }
        "data_science.test" => {
            let ranks = [
                ("welch", "mann_whitney"),
                ("t_two_sample", "mann_whitney"),
                ("anova", "kruskal_wallis"),
                ("welch_anova", "kruskal_wallis"),
                ("t_paired", "wilcoxon"),
            ];
            if let Some((_, other)) = ranks.iter().find(|(test, _)| is("test", test)) {
                parameters("a test of ranks instead of means", vec![("test", Some(json!(other))), ("pairwise", None)]);
            }
        }
        "documentation.report" if !with.get("formats").is_some_and(|formats| formats == &json!(["markdown"])) => {
            parameters("Markdown only", vec![("formats", Some(json!(["markdown"])))])
        }
        "documentation.render" => {
            if has("files") {
                parameters("without further files", vec![("files", None)]);
            }
            if !is("missing", "empty") {
                parameters("values that the data lack left empty", vec![("missing", Some(json!("empty")))]);
            }
        }
        name if name.starts_with("code_analysis.") && has("language") => {
            parameters("the language found out instead of stated", vec![("language", None)])
        }
        "web_automation.crawl" => parameters("fewer pages", vec![("maximum_pages", Some(json!(20)))]),
        _ => {}
    }
    let url = has("url");
    let mut other = |says: &str, change: Change| found.push(Way { says: says.to_owned(), change });
    match skill {
        "web_automation.article" if url => {
            other(
                "the page opened in a browser instead",
                Change::Skill {
                    name: "web_automation.render",
                    inputs: &[("url", "url")],
                    outputs: &[("text", "text"), ("title", "title")],
                },
            );
        }
        "web_automation.fetch" if url => {
            other(
                "the page opened in a browser instead",
                Change::Skill {
                    name: "web_automation.render",
                    inputs: &[("url", "url")],
                    outputs: &[("text", "text"), ("artifact", "artifact"), ("status", "status")],
                },
            );
        }
        "web_automation.parse" if url => {
            other(
                "the page's article instead",
                Change::Skill {
                    name: "web_automation.article",
                    inputs: &[("url", "url")],
                    outputs: &[("text", "text"), ("title", "title")],
                },
            );
        }
        "web_automation.render" if url => {
            other(
                "the page fetched without a browser",
                Change::Skill {
                    name: "web_automation.article",
                    inputs: &[("url", "url")],
                    outputs: &[("text", "text"), ("title", "title")],
                },
            );
        }
        "web_automation.tables" | "web_automation.extract" | "web_automation.links" if url => {
            other("the page opened in a browser first", Change::Rendered)
        }
        _ => {}
    }
    other("the rest does without it", Change::Without);
    // A model that is not there is not there for another skill of the same kind either: parameters come first anyway.
    if code.starts_with("MODEL-") {
        found.retain(|way| !matches!(way.change, Change::Skill { .. } | Change::Rendered));
    }
    found
}

/// The document with a change, from the failed step on; `None` where the change does not apply.
fn changed(
    whole: &Value,
    order: &[String],
    steps: &BTreeMap<String, Map<String, Value>>,
    failed: &str,
    change: &Change,
    so_far: &BTreeMap<String, Stands>,
    given: &Map<String, Value>,
) -> Option<(String, Map<String, Value>)> {
    let mut whole = whole.as_object()?.clone();
    let mut kept: Vec<(String, Map<String, Value>)> = Vec::new();
    for id in order {
        let open = !matches!(so_far.get(id), Some(Stands::Completed(_) | Stands::Skipped));
        if let Some(step) = steps.get(id).filter(|_| open) {
            kept.push((id.clone(), step.clone()));
        }
    }
    let place = kept.iter().position(|(id, _)| id == failed)?;
    match change {
        Change::Parameters(changes) => {
            let with = kept[place].1.entry("with").or_insert_with(|| json!({})).as_object_mut()?;
            for (key, value) in changes {
                match value {
                    Some(value) => with.insert((*key).to_owned(), value.clone()),
                    None => with.remove(*key),
                };
            }
        }
        Change::Skill { name, inputs, outputs } => {
            let with = kept[place].1.get("with")?.as_object()?.clone();
            let fresh: Map<String, Value> =
                inputs.iter().filter_map(|(old, new)| Some(((*new).to_owned(), with.get(*old)?.clone()))).collect();
            kept[place].1.insert("uses".to_owned(), json!(name));
            kept[place].1.insert("with".to_owned(), Value::Object(fresh));
            for (old, new) in outputs.iter().filter(|(old, new)| old != new) {
                let (from, to) = (format!("steps.{failed}.output.{old}"), format!("steps.{failed}.output.{new}"));
                each_text(&mut kept, &mut whole, &|text| replaced(text, &from, &to));
            }
        }
        Change::Rendered => {
            let id = format!("{failed}_page");
            if kept.iter().any(|(known, _)| *known == id) {
                return None;
            }
            let step = &mut kept[place].1;
            let with = step.get_mut("with")?.as_object_mut()?;
            let url = with.remove("url")?;
            with.insert("artifact".to_owned(), json!(format!("${{{{ steps.{id}.output.artifact }}}}")));
            let mut before =
                Map::from_iter([("uses".to_owned(), json!("web_automation.render")), ("with".to_owned(), json!({"url": url}))]);
            for key in ["if", "foreach"] {
                if let Some(value) = step.get(key) {
                    // In a list, each page would have to be paired with its own.
                    if key == "foreach" {
                        return None;
                    }
                    before.insert(key.to_owned(), value.clone());
                }
            }
            kept.insert(place, (id, before));
        }
        Change::Without => {
            kept.remove(place);
            let speaks = |text: &str| text.contains(&format!("steps.{failed}.")) || text.contains(&format!("steps['{failed}']"));
            for (_, step) in &mut kept {
                without_sections(step, &speaks);
                if let Some(Value::Array(needs)) = step.get_mut("needs") {
                    needs.retain(|need| need.as_str() != Some(failed));
                }
                if step.get("on_failure").and_then(|on| on.get("run")).and_then(Value::as_str) == Some(failed) {
                    step.remove("on_failure");
                }
                if speaks(&Value::Object(step.clone()).to_string()) {
                    return None;
                }
            }
            if let Some(Value::Object(outputs)) = whole.get_mut("outputs") {
                outputs.retain(|_, value| !speaks(&value.to_string()));
            }
        }
    }
    if kept.is_empty() {
        return None;
    }
    let mut input = given.clone();
    let mut inputs = whole.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
    for (id, stands) in so_far {
        let status = match stands {
            Stands::Completed(_) => "'completed'",
            Stands::Skipped => "'skipped'",
            Stands::Open => continue,
        };
        let name = handed(id);
        each_text(&mut kept, &mut whole, &|text| {
            replaced(&replaced(text, &format!("steps.{id}.output"), &format!("inputs.{name}")), &format!("steps.{id}.status"), status)
        });
        each_text(&mut kept, &mut whole, &|text| replaced(text, &format!("steps['{id}'].output"), &format!("inputs.{name}")));
        for (_, step) in &mut kept {
            if let Some(Value::Array(needs)) = step.get_mut("needs") {
                needs.retain(|need| need.as_str() != Some(id));
            }
        }
        let spoken = format!("inputs.{name}");
        let used = kept.iter().any(|(_, step)| Value::Object(step.clone()).to_string().contains(&spoken))
            || whole.get("outputs").is_some_and(|outputs| outputs.to_string().contains(&spoken));
        if !used {
            continue;
        }
        match stands {
            Stands::Completed(output) => {
                inputs.insert(name.clone(), json!({}));
                input.insert(name, output.clone());
            }
            _ => {
                inputs.insert(name, json!({"required": false}));
            }
        }
    }
    for (_, step) in &mut kept {
        if step.get("needs").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            step.remove("needs");
        }
    }
    whole.insert("inputs".to_owned(), Value::Object(inputs));
    let name = again(whole.get("name").and_then(Value::as_str).unwrap_or("plan"));
    whole.insert("name".to_owned(), json!(name));
    Some((document(&whole, &kept), input))
}

/// Takes out sections of a report that speak of something.
fn without_sections(step: &mut Map<String, Value>, speaks: &dyn Fn(&str) -> bool) {
    if step.get("uses").and_then(Value::as_str) != Some("documentation.report") {
        return;
    }
    if let Some(Value::Array(sections)) = step.get_mut("with").and_then(|with| with.get_mut("sections")) {
        let left: Vec<Value> = sections.iter().filter(|section| !speaks(&section.to_string())).cloned().collect();
        // A report of nothing is none.
        if !left.is_empty() {
            *sections = left;
        }
    }
}

/// Changes every text of the steps that are left and of the outputs.
fn each_text(steps: &mut [(String, Map<String, Value>)], whole: &mut Map<String, Value>, change: &dyn Fn(&str) -> String) {
    fn walk(value: &mut Value, change: &dyn Fn(&str) -> String) {
        match value {
            Value::String(text) => *text = change(text),
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
            Value::Object(map) => map.values_mut().for_each(|value| walk(value, change)),
            _ => {}
        }
    }
    for (_, step) in steps {
        step.values_mut().for_each(|value| walk(value, change));
    }
    if let Some(outputs) = whole.get_mut("outputs") {
        walk(outputs, change);
    }
}

/// A path replaced where it is whole: `steps.a.output`, not the beginning of `steps.a.output_x`, nor the end of `x.steps.a.output`.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(from) {
        let before = rest[..at].chars().next_back();
        let after = rest[at + from.len()..].chars().next();
        out.push_str(&rest[..at]);
        let whole = !before.is_some_and(|letter| word(letter) || letter == '.') && !after.is_some_and(word);
        out.push_str(if whole { to } else { from });
        rest = &rest[at + from.len()..];
    }
    out.push_str(rest);
    out
}
