//! How are `foreach`, `retry`, `approve`, `decide` and `wait` read?

use std::collections::BTreeMap;

use baton_domain::problem::Code;
use baton_domain::task::{Jitter, RetryPolicy};
use serde_json::{Map, Value};

use super::duration::Duration;
use super::fields::Reader;
use super::read::is_name;
use super::{
    Action, Approve, DEFAULT_CONCURRENCY, DEFAULT_EXPIRY, Decide, Foreach, MAXIMUM_CONCURRENCY, MAXIMUM_ITEMS, Reference, RetryTerms,
};
use crate::problem::{Position, below};
use crate::source::{Node, NodeValue};

/// Names that expressions give another meaning.
const RESERVED: [&str; 7] = ["inputs", "steps", "run", "index", "true", "false", "null"];
/// The longest delay between attempts: that of a task.
const MAXIMUM_DELAY: Duration = Duration::from_millis(86_400_000);
/// The most attempts: that of a task.
const MAXIMUM_ATTEMPTS: u64 = 100;
const MAXIMUM_WHO: usize = 20;

/// Where everything within a value stands: of a map where its keys do, of a list where its items do.
fn places(node: &Node, pointer: &str, found: &mut BTreeMap<String, Position>) {
    match &node.value {
        NodeValue::Map(entries) => {
            for (key, value) in entries {
                let pointer = below(pointer, &key.text);
                places(value, &pointer, found);
                found.insert(pointer, key.at);
            }
        }
        NodeValue::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let pointer = below(pointer, index);
                places(item, &pointer, found);
                found.insert(pointer, item.at);
            }
        }
        _ => {}
    }
}

impl Reader<'_> {
    pub(super) fn foreach(&mut self, node: &Node, path: &str) -> Option<Foreach> {
        let NodeValue::Map(_) = node.value else {
            let items = self.items(node, path)?;
            let (name, concurrency) = ("item".to_owned(), DEFAULT_CONCURRENCY);
            return Some(Foreach { at: node.at, items, name, concurrency, fail_fast: true });
        };
        let elsewhere = [("in", "Write `items`."), ("item", "Write `as`."), ("max_parallel", "Write `concurrency`.")];
        let fields = self.fields(node, path, &["items", "as", "concurrency", "fail_fast"], &elsewhere)?;
        let Some((list, list_path)) = fields.get("items") else {
            self.wrong(node.at, path, "`foreach` has no list", "Add `items`.");
            return None;
        };
        let items = self.items(list, &list_path);
        let name = fields.get("as").and_then(|(node, path)| {
            let name = self.text(node, &path, 64)?;
            if !is_name(&name) || name.contains('-') || RESERVED.contains(&name.as_str()) {
                self.wrong(
                    node.at,
                    path,
                    format!("`{name}` cannot name an item"),
                    "Use letters, digits and `_`, and no word that expressions know.",
                );
                return None;
            }
            Some(name)
        });
        let concurrency = fields.get("concurrency").and_then(|(node, path)| self.whole(node, &path, 1, u64::from(MAXIMUM_CONCURRENCY)));
        let fail_fast = fields.get("fail_fast").and_then(|(node, path)| self.boolean(node, &path));
        Some(Foreach {
            at: node.at,
            items: items?,
            name: name.unwrap_or_else(|| "item".to_owned()),
            concurrency: concurrency.and_then(|count| u32::try_from(count).ok()).unwrap_or(DEFAULT_CONCURRENCY),
            fail_fast: fail_fast.unwrap_or(true),
        })
    }

    fn items(&mut self, node: &Node, path: &str) -> Option<crate::expression::Template> {
        match &node.value {
            NodeValue::List(items) if items.len() > MAXIMUM_ITEMS => {
                let message = format!("the list has {} items, more than {MAXIMUM_ITEMS}", items.len());
                self.problems.add(
                    Code::WorkflowForeach,
                    node.at,
                    path,
                    message,
                    "Put several items into one, or split the list over steps.",
                );
                None
            }
            NodeValue::List(_) => Some(self.template(node, path)),
            NodeValue::Text(text) if text.contains("${{") => Some(self.template(node, path)),
            _ => {
                let message = format!("{} stands where a list is expected", node.kind());
                self.problems.add(
                    Code::WorkflowForeach,
                    node.at,
                    path,
                    message,
                    "Write a list, or `${{ … }}` with an expression that gives one.",
                );
                None
            }
        }
    }

    pub(super) fn retry(&mut self, node: &Node, path: &str) -> Option<RetryTerms> {
        let small = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok());
        if let NodeValue::Number(_) = node.value {
            let attempts = small(self.whole(node, path, 1, MAXIMUM_ATTEMPTS));
            return Some(RetryTerms { maximum_attempts: attempts, ..RetryTerms::default() });
        }
        let known = [
            "maximum_attempts",
            "initial_interval",
            "backoff_coefficient",
            "maximum_interval",
            "jitter",
            "non_retryable",
            "quarantine_after",
        ];
        let elsewhere = [
            ("limit", "Write `maximum_attempts`, which counts the first attempt too."),
            ("attempts", "Write `maximum_attempts`."),
            ("initial_interval_ms", "Write `initial_interval` with a unit, as 500ms."),
            ("maximum_interval_ms", "Write `maximum_interval` with a unit, as 30s."),
        ];
        let fields = self.fields(node, path, &known, &elsewhere)?;
        let mut delay = |key: &str| {
            let (node, path) = fields.get(key)?;
            let value = self.duration(node, &path, true)?;
            if value > MAXIMUM_DELAY {
                self.wrong(node.at, path, format!("the delay is longer than {MAXIMUM_DELAY}"), "Shorten it.");
            }
            Some(value)
        };
        let (initial, longest) = (delay("initial_interval"), delay("maximum_interval"));
        let terms = RetryTerms {
            maximum_attempts: small(fields.get("maximum_attempts").and_then(|(node, path)| self.whole(node, &path, 1, MAXIMUM_ATTEMPTS))),
            initial_interval: initial,
            backoff_coefficient: fields.get("backoff_coefficient").and_then(|(node, path)| self.number(node, &path, 1.0, 1_000.0)),
            maximum_interval: longest,
            jitter: fields.get("jitter").and_then(|(node, path)| {
                Some(if self.word(node, &path, &["full", "none"])? == "none" { Jitter::None } else { Jitter::Full })
            }),
            non_retryable: fields
                .get("non_retryable")
                .map(|(node, path)| self.names(node, &path).into_iter().map(|reference| reference.name).collect()),
            quarantine_after: small(fields.get("quarantine_after").and_then(|(node, path)| self.whole(node, &path, 1, MAXIMUM_ATTEMPTS))),
        };
        let policy = terms.over(&RetryPolicy::default());
        if let (Some(_), Some(_)) = (terms.initial_interval, terms.maximum_interval)
            && policy.initial_interval_ms > policy.maximum_interval_ms
        {
            let message = "the first delay is longer than the longest";
            self.contradiction(fields.place("initial_interval"), below(path, "initial_interval"), message, "Raise `maximum_interval`.");
        }
        Some(terms)
    }

    pub(super) fn approve(&mut self, node: &Node, path: &str) -> Option<Approve> {
        let mut approve = Approve { at: node.at, who: Vec::new(), places: Vec::new(), message: None, expires: DEFAULT_EXPIRY };
        match &node.value {
            NodeValue::Boolean(true) => return Some(approve),
            NodeValue::Text(_) | NodeValue::List(_) => {
                self.who(node, path, &mut approve);
                return Some(approve);
            }
            _ => {}
        }
        let elsewhere = [("timeout", "Write `expires`."), ("by", "Write `who`."), ("approvers", "Write `who`.")];
        let fields = self.fields(node, path, &["who", "message", "expires"], &elsewhere)?;
        if let Some((node, path)) = fields.get("who") {
            self.who(node, &path, &mut approve);
        }
        approve.message = fields.get("message").map(|(node, path)| self.template(node, &path));
        if let Some((node, path)) = fields.get("expires") {
            approve.expires = self.duration(node, &path, false).unwrap_or(DEFAULT_EXPIRY);
        }
        Some(approve)
    }

    fn who(&mut self, node: &Node, path: &str, approve: &mut Approve) {
        self.literal(node, path);
        let names = self.names(node, path);
        if matches!(&node.value, NodeValue::List(items) if items.is_empty()) {
            self.wrong(node.at, path, "nobody may decide", "Name users or roles, or leave `who` out: then anybody but the requester may.");
        }
        if names.len() > MAXIMUM_WHO {
            self.wrong(node.at, path, format!("there are more than {MAXIMUM_WHO} names"), "Name a role instead: `role:operator`.");
        }
        let listed = matches!(node.value, NodeValue::List(_));
        for (index, Reference { name, at }) in names.into_iter().enumerate() {
            approve.who.push(name);
            approve.places.push((at, if listed { below(path, index) } else { path.to_owned() }));
        }
    }

    /// Refuses expressions where they would be taken literally: who decides, and by which rule, is said by the document alone.
    fn literal(&mut self, node: &Node, path: &str) {
        match &node.value {
            NodeValue::Text(text) if text.contains("${{") => {
                let message = "an expression stands where none is evaluated";
                self.wrong(node.at, path, message, "Write it out: who decides and by which terms does not hang on what a run is given.");
            }
            NodeValue::List(items) => items.iter().enumerate().for_each(|(index, item)| self.literal(item, &below(path, index))),
            NodeValue::Map(entries) => entries.iter().for_each(|(key, value)| self.literal(value, &below(path, &key.text))),
            _ => {}
        }
    }

    /// The keys that every decision has are checked; all others are kept with their places, since the rules of decisions are not known here: whoever holds decisions
    /// checks them before the document is stored.
    pub(super) fn decide(&mut self, node: &Node, path: &str) -> Option<Decide> {
        let fields = self.open_fields(node, path)?;
        let mut decide = Decide {
            at: node.at,
            question: None,
            options: None,
            voters: None,
            rule: None,
            quorum: None,
            deadline: None,
            more: Map::new(),
            places: BTreeMap::new(),
        };
        places(node, "", &mut decide.places);
        for (key, node, path) in fields.entries() {
            if !matches!(key.text.as_str(), "question" | "options") {
                self.literal(node, &path);
            }
            match key.text.as_str() {
                "question" => decide.question = Some(self.template(node, &path)),
                "options" => decide.options = self.options(node, &path),
                "voters" | "electorate" => decide.voters = self.voters(node, &path),
                "rule" => decide.rule = self.text(node, &path, 100),
                "quorum" => decide.quorum = self.number(node, &path, 0.000_001, 1_000.0),
                "deadline" => decide.deadline = self.duration(node, &path, false),
                _ => {
                    decide.more.insert(key.text.clone(), node.to_json());
                }
            }
        }
        if fields.has("voters") && fields.has("electorate") {
            self.contradiction(
                fields.place("electorate"),
                below(path, "electorate"),
                "the voters are stated twice",
                "Remove one of the two.",
            );
        }
        if decide.voters.is_none() && !fields.has("voters") && !fields.has("electorate") {
            self.wrong(node.at, path, "nobody votes", "Add `voters`: a number of samples, or a list of agents, skills, roles and users.");
        }
        Some(decide)
    }

    fn options(&mut self, node: &Node, path: &str) -> Option<crate::expression::Template> {
        match &node.value {
            NodeValue::List(items) if items.is_empty() => {
                self.wrong(node.at, path, "there is nothing to choose from", "Add options, or leave `options` out for free answers.");
                None
            }
            NodeValue::List(_) => Some(self.template(node, path)),
            NodeValue::Text(text) if text.contains("${{") => Some(self.template(node, path)),
            _ => {
                self.expected(node, path, "a list of options");
                None
            }
        }
    }

    fn voters(&mut self, node: &Node, path: &str) -> Option<Value> {
        match &node.value {
            NodeValue::Number(_) => self.whole(node, path, 1, 1_000).map(Value::from),
            NodeValue::List(items) if !items.is_empty() => Some(node.to_json()),
            NodeValue::Map(_) => Some(node.to_json()),
            _ => {
                self.expected(node, path, "a number of samples, a list of voters, or a map of terms");
                None
            }
        }
    }

    pub(super) fn wait(&mut self, node: &Node, path: &str) -> Option<Action> {
        if !matches!(node.value, NodeValue::Map(_)) {
            return self.duration(node, path, false).map(Action::Delay);
        }
        let fields = self.fields(node, path, &["signal", "schema", "timeout", "for"], &[("until", "Write `for` with a span of time.")])?;
        match (fields.get("signal"), fields.get("for")) {
            (Some((node, path)), None) => {
                let name = self.text(node, &path, 64)?;
                if !is_name(&name) {
                    self.wrong(
                        node.at,
                        path,
                        format!("`{name}` cannot name a signal"),
                        "Use letters, digits, `_` and `-`, beginning with a letter.",
                    );
                    return None;
                }
                let schema = fields.get("schema").and_then(|(node, path)| self.schema(node, &path)).map(Value::Object);
                let timeout = fields.get("timeout").and_then(|(node, path)| self.duration(node, &path, false));
                Some(Action::Signal { name, schema, timeout: timeout.unwrap_or(DEFAULT_EXPIRY) })
            }
            (None, Some((node, path))) => {
                for key in ["schema", "timeout"] {
                    if fields.has(key) {
                        self.contradiction(
                            fields.place(key),
                            below(&fields.path, key),
                            format!("`{key}` belongs to a signal"),
                            "Remove it.",
                        );
                    }
                }
                self.duration(node, &path, false).map(Action::Delay)
            }
            (Some(_), Some((node, path))) => {
                self.contradiction(
                    node.at,
                    path,
                    "a step waits for a signal and for a while",
                    "Write `timeout` for how long to wait for the signal.",
                );
                None
            }
            (None, None) => {
                self.wrong(node.at, path, "it does not say what is waited for", "Add `signal` or `for`.");
                None
            }
        }
    }
}
