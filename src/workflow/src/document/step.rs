//! How is a step read, and which of its keys contradict one another?

use baton_domain::problem::Code;

use super::fields::{Fields, Reader};
use super::read::is_name;
use super::{Action, OnFailure, Reference, Step};
use crate::expression::{Expression, Place, parse_whole};
use crate::problem::{Position, below};
use crate::source::{Node, NodeValue};

const KEYS: [&str; 13] =
    ["id", "title", "uses", "with", "needs", "if", "foreach", "retry", "timeout", "approve", "decide", "wait", "on_failure"];
/// Words of other systems and of the sections of a step.
const ELSEWHERE: [(&str, &str); 10] = [
    ("name", "Write `title` for what people read, and `id` for what others refer to."),
    ("concurrency", "It belongs into `foreach`: `foreach: {items: …, concurrency: 8}`."),
    ("matrix", "Write `foreach`."),
    ("strategy", "Write `foreach`."),
    ("run", "Write `uses` with the name of a skill."),
    ("depends_on", "Write `needs`."),
    ("depends", "Write `needs`."),
    ("when", "Write `if`."),
    ("withItems", "Write `foreach`."),
    ("continue-on-error", "Write `on_failure: continue`."),
];
/// What stands before the name of a workflow that a step uses.
const WORKFLOW: &str = "workflow:";
const MAXIMUM_USES: usize = 200;

impl Reader<'_> {
    pub(super) fn step(&mut self, node: &Node, path: &str, key: Option<(&str, Position)>) -> Option<Step> {
        let fields = self.fields(node, path, &KEYS, &ELSEWHERE)?;
        let (id, at) = self.id(&fields, key)?;
        let title = fields.get("title").and_then(|(node, path)| self.text(node, &path, 200));
        let foreach = fields.get("foreach").and_then(|(node, path)| self.foreach(node, &path));
        let approve = fields.get("approve").and_then(|(node, path)| self.approve(node, &path));
        let decide = fields.get("decide").and_then(|(node, path)| self.decide(node, &path));
        let action = self.action(&fields, at)?;
        let with = fields.get("with").and_then(|(node, path)| match node.value {
            NodeValue::Map(_) => Some(self.template(node, &path)),
            _ => {
                self.expected(node, &path, "a map of the input's properties");
                None
            }
        });
        let needs = fields.get("needs").map(|(node, path)| self.names(node, &path)).unwrap_or_default();
        if let Some(own) = needs.iter().find(|need| need.name == id) {
            self.problems.add(Code::WorkflowCycle, own.at, below(path, "needs"), format!("the step `{id}` needs itself"), "Remove it.");
        }
        let condition = fields.get("if").and_then(|(node, path)| self.condition(node, &path));
        let retry = fields.get("retry").and_then(|(node, path)| self.retry(node, &path));
        let timeout = fields.get("timeout").and_then(|(node, path)| self.duration(node, &path, false));
        let on_failure = fields.get("on_failure").and_then(|(node, path)| self.on_failure(node, &path)).unwrap_or_default();
        let path = path.to_owned();
        let step = Step { id, at, path, title, action, with, needs, condition, foreach, retry, timeout, approve, decide, on_failure };
        self.contradictions(&step, &fields);
        Some(step)
    }

    fn id(&mut self, fields: &Fields<'_>, key: Option<(&str, Position)>) -> Option<(String, Position)> {
        let (id, at, path) = match (key, fields.get("id")) {
            (Some((key, _)), Some((node, path))) => {
                let message = format!("the step `{key}` has an `id` too");
                self.contradiction(node.at, path, message, "Remove the `id`: in a map of steps the key is the id.");
                return None;
            }
            (Some((key, at)), None) => (key.to_owned(), at, fields.path.clone()),
            (None, Some((node, path))) => (self.text(node, &path, 200)?, node.at, path),
            (None, None) => {
                self.wrong(
                    fields.at,
                    fields.path.as_str(),
                    "the step has no `id`",
                    "Give each step of a list an `id`, or write a map of steps.",
                );
                return None;
            }
        };
        if !is_name(&id) {
            let advice = "Use letters, digits, `_` and `-`, at most 64, beginning with a letter.";
            self.wrong(at, path, format!("`{id}` cannot name a step"), advice);
            return None;
        }
        Some((id, at))
    }

    fn action(&mut self, fields: &Fields<'_>, at: Position) -> Option<Action> {
        if let Some((node, path)) = fields.get("uses") {
            if fields.has("wait") {
                let message = "a step waits and uses something too";
                self.contradiction(fields.place("wait"), below(&fields.path, "wait"), message, "Make two steps of it.");
                return None;
            }
            let name = self.text(node, &path, MAXIMUM_USES)?;
            return match name.strip_prefix(WORKFLOW) {
                Some(name) => Some(Action::Workflow(Reference { name: name.trim().to_owned(), at: node.at })),
                None => Some(Action::Skill(Reference { name, at: node.at })),
            };
        }
        if let Some((node, path)) = fields.get("wait") {
            if fields.has("decide") {
                let message = "a step waits and decides too";
                self.contradiction(fields.place("wait"), path, message, "Make two steps of it.");
                return None;
            }
            return self.wait(node, &path);
        }
        if fields.has("decide") {
            return Some(Action::Decide);
        }
        if fields.has("approve") {
            return Some(Action::Approve);
        }
        let advice = "Add `uses` with a skill or `workflow:NAME`, or `approve`, `decide` or `wait`.";
        self.wrong(at, fields.path.as_str(), "the step does nothing", advice);
        None
    }

    /// An expression, with or without `${{ }}` around it.
    fn condition(&mut self, node: &Node, path: &str) -> Option<Expression> {
        let text = match &node.value {
            NodeValue::Text(text) => text.trim(),
            NodeValue::Boolean(value) => return Some(Expression::fixed(*value, node.at)),
            _ => {
                self.expected(node, path, "a condition");
                return None;
            }
        };
        let wrapped = text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).filter(|inner| !inner.contains("${{"));
        let inner = wrapped.unwrap_or(text);
        let place = Place::of_whole(node, self.text, inner);
        match parse_whole(inner, &|offset| place.at(offset)) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.problems.add(Code::WorkflowExpression, error.at, path, error.message, error.advice);
                None
            }
        }
    }

    fn on_failure(&mut self, node: &Node, path: &str) -> Option<OnFailure> {
        if let NodeValue::Map(_) = node.value {
            let fields = self.fields(node, path, &["run"], &[])?;
            let Some((step, path)) = fields.get("run") else {
                self.wrong(node.at, path, "it does not say which step runs", "Write `on_failure: {run: STEP}`.");
                return None;
            };
            return self.text(step, &path, 200).map(|name| OnFailure::Run(Reference { name, at: step.at }));
        }
        if let NodeValue::Text(text) = &node.value
            && !matches!(text.as_str(), "fail" | "continue")
            && is_name(text)
            && crate::problem::similar(text, ["fail", "continue"]).is_none()
        {
            self.wrong(
                node.at,
                path,
                format!("`{text}` is not one of the words here"),
                format!("Write fail or continue, or `on_failure: {{run: {text}}}` to run that step."),
            );
            return None;
        }
        match self.word(node, path, &["fail", "continue"])? {
            "continue" => Some(OnFailure::Continue),
            _ => Some(OnFailure::Fail),
        }
    }

    fn contradictions(&mut self, step: &Step, fields: &Fields<'_>) {
        let mut refuse = |key: &str, message: &str, advice: &str| {
            self.contradiction(fields.place(key), below(&fields.path, key), message, advice);
        };
        let skill = matches!(step.action, Action::Skill(_));
        if step.retry.is_some() && !skill {
            refuse("retry", "only tasks of skills are tried again", "Remove `retry`, or use a skill.");
        }
        if step.retry.is_some() && step.decide.is_some() {
            refuse("retry", "a decision has its own terms", "State them within `decide`.");
        }
        if step.with.is_some() && matches!(step.action, Action::Signal { .. } | Action::Delay(_)) {
            refuse("with", "a step that waits has no input", "Remove `with`.");
        }
        if step.foreach.is_some() && matches!(step.action, Action::Signal { .. } | Action::Delay(_) | Action::Approve) {
            refuse("foreach", "a step that waits or is only approved is not done for a list", "Remove `foreach`, or use a skill.");
        }
        if step.timeout.is_some() && !step.works() {
            let advice = "Remove `timeout`: `approve` has `expires`, and `wait` has a `timeout` of its own.";
            refuse("timeout", "a step that only waits has its own bound of time", advice);
        }
        if let (Some(timeout), Some(decide)) = (step.timeout, &step.decide)
            && decide.deadline.is_some_and(|deadline| deadline > timeout)
        {
            refuse("timeout", "the decision's deadline is later than the step's timeout", "Raise the timeout, or lower the deadline.");
        }
        if step.decide.is_some() && matches!(step.action, Action::Workflow(_)) {
            refuse("decide", "a workflow is not decided on", "Put `decide` on a step within that workflow.");
        }
        if let (Some(decide), true) = (&step.decide, skill)
            && decide.options.is_some()
        {
            refuse("decide", "the options are the answers of the skill", "Remove `options`, or `uses`.");
        }
        if let OnFailure::Run(handler) = &step.on_failure
            && handler.name == step.id
        {
            refuse("on_failure", "a step handles its own failure", "Name another step, or write `retry`.");
        }
    }
}
