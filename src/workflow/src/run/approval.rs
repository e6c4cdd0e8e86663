//! Who may decide on an approval, of exactly what, and until when?

use std::collections::BTreeMap;

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::command::Command;
use super::fact::Person;
use super::key::{Key, KeyKind};
use super::rows::StepState;
use super::turn::Turn;
use super::values::Scope;
use super::work::bytes_of;
use super::{Plan, Run};
use crate::document::{Action, Approve, Decide, Step as Said};
use crate::expression::{Failure, Meter};

/// The most that somebody is asked to approve of at once, as JSON.
const MAXIMUM_SUBJECT_BYTES: usize = 16 << 20;
/// The most steps that it may take to make what is approved.
const MAXIMUM_SUBJECT_STEPS: u64 = 20_000_000;

impl Turn<'_> {
    /// Asks for a step's approval.
    pub(super) fn ask(&mut self, place: usize) {
        let at = self.at;
        let hash = match self.run.subject(self.plan, place) {
            Ok(subject) => self.run.approval_hash(place, &subject),
            Err(failure) => return self.fail(place, failure.code, format!("what is to be approved: {failure}")),
        };
        let Some(step) = self.change(place) else {
            return;
        };
        step.row.state = StepState::Approving;
        step.row.approval = Some(hash);
        step.row.asked_at = Some(at);
        match self.run.approval_commands(self.plan, place) {
            Ok(commands) => self.commands.extend(commands),
            Err(failure) => self.fail(place, failure.code, format!("the message of the approval: {failure}")),
        }
    }

    /// The step whose approval is open and may be decided on by this person, who has seen what it is about.
    fn open(&self, key: &Key, hash: &str, by: &Person) -> Result<usize, Problem> {
        let not_open = || Problem::new(Code::ApprovalNotOpen, "It has been decided on, or belongs to an earlier try. Look at the run.");
        let place = self.current(key).filter(|_| key.kind == KeyKind::Approval).ok_or_else(not_open)?;
        let step = self.step(place).filter(|step| step.row.state == StepState::Approving).ok_or_else(not_open)?;
        let approve = self.plan.workflow.steps.get(place).and_then(|step| step.approve.as_ref()).ok_or_else(not_open)?;
        if self.run.askers().any(|asker| *asker == by.name) {
            return Err(Problem::new(
                Code::ApprovalForbidden,
                "Whoever asked for the run, or began it anew, may not decide on its approvals. Ask somebody else.",
            ));
        }
        if !may_decide(approve, by) {
            let detail = format!("Only {} may decide on this approval.", approve.who.join(", "));
            return Err(Problem::new(Code::ApprovalForbidden, detail));
        }
        // Also before the timer has told so.
        if self.at >= step.expires_at(approve) {
            return Err(Problem::new(Code::ApprovalExpired, "Its time is over. Retry the run from this step to ask again."));
        }
        if step.row.approval.as_deref() != Some(hash) {
            return Err(Problem::new(Code::ApprovalDiffers, "Load the approval again and look at what the step would do now."));
        }
        Ok(place)
    }

    /// Whether the same person has decided the same on the same: it is told again.
    fn decided_before(&self, key: &Key, hash: &str, by: &Person, agreed: bool) -> bool {
        let place = self.current(key).filter(|_| key.kind == KeyKind::Approval);
        let Some(row) = place.and_then(|place| self.step(place)).map(|step| &step.row) else {
            return false;
        };
        let refused = row.error.as_ref().is_some_and(|error| error.code == Code::ApprovalRefused.as_str());
        row.decided_by.as_ref() == Some(&by.name) && row.approval.as_deref() == Some(hash) && refused != agreed
    }

    pub(super) fn approved(&mut self, key: &Key, hash: &str, by: &Person, comment: Option<&str>) -> Result<(), Problem> {
        if self.decided_before(key, hash, by, true) {
            self.ignored = true;
            return Ok(());
        }
        let place = self.open(key, hash, by)?;
        // What is begun is made anew from the run, so it is compared once more.
        let now = self.run.subject(self.plan, place).ok().map(|subject| self.run.approval_hash(place, &subject));
        if now.as_deref() != Some(hash) {
            return Err(Problem::new(Code::ApprovalDiffers, "Load the approval again and look at what the step would do now."));
        }
        self.decided(place, by, comment);
        self.start_work(place);
        Ok(())
    }

    pub(super) fn refused(&mut self, key: &Key, hash: &str, by: &Person, comment: Option<&str>) -> Result<(), Problem> {
        if self.decided_before(key, hash, by, false) {
            self.ignored = true;
            return Ok(());
        }
        let place = self.open(key, hash, by)?;
        self.decided(place, by, comment);
        let message = comment.map_or_else(|| format!("{} refused it", by.name), |comment| format!("{} refused it: {comment}", by.name));
        self.fail(place, Code::ApprovalRefused, message);
        Ok(())
    }

    fn decided(&mut self, place: usize, by: &Person, comment: Option<&str>) {
        if let Some(step) = self.change(place) {
            step.row.decided_by = Some(by.name.clone());
            step.row.comment = comment.map(str::to_owned);
        }
    }
}

/// What the hash of an approval is over.
#[derive(Serialize)]
struct Whole<'a> {
    run: &'a str,
    document: &'a str,
    generation: u32,
    subject: &'a Value,
}

/// A hash that is written into piece by piece, so that the whole text is never held.
struct Hash(Sha256);

impl std::io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The terms of a decision, for those who approve of it.
fn terms(decide: &Decide) -> Value {
    let stated = [
        ("voters", decide.voters.clone()),
        ("rule", decide.rule.as_deref().map(Value::from)),
        ("quorum", decide.quorum.map(Value::from)),
        ("deadline", decide.deadline.map(|deadline| Value::from(deadline.to_string()))),
    ];
    let mut terms = decide.more.clone();
    terms.extend(stated.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Value::Object(terms)
}

fn may_decide(approve: &Approve, by: &Person) -> bool {
    let named = |who: &String| match who.strip_prefix("role:") {
        Some(role) => by.roles.iter().any(|known| known == role.trim()),
        // Addresses are the same however they are written.
        None => who.eq_ignore_ascii_case(&by.name),
    };
    approve.who.is_empty() || approve.who.iter().any(named)
}

impl super::Step {
    fn expires_at(&self, approve: &Approve) -> Timestamp {
        self.row.asked_at.unwrap_or_default().plus(approve.expires.as_std())
    }
}

impl Run {
    /// What is approved: the skill or workflow with all its inputs, or what a step without either hands on.
    fn subject(&self, plan: &Plan, place: usize) -> Result<Value, Failure> {
        let (Some(said), Some(step)) = (plan.workflow.steps.get(place), self.steps.get(place)) else {
            return Ok(Value::Null);
        };
        let uses = match &said.action {
            Action::Skill(skill) => skill.name.clone(),
            Action::Workflow(workflow) => format!("workflow:{}", workflow.name),
            Action::Decide => "decision".to_owned(),
            Action::Signal { name, .. } => format!("signal:{name}"),
            Action::Delay(span) => format!("wait:{span}"),
            Action::Approve => String::new(),
        };
        let mut subject = Map::new();
        subject.insert("step".to_owned(), Value::from(said.id.as_str()));
        subject.insert("uses".to_owned(), Value::from(uses));
        if let Some(decide) = &said.decide {
            subject.insert("terms".to_owned(), terms(decide));
        }
        let meter = Meter::of(MAXIMUM_SUBJECT_STEPS);
        if !step.row.foreach {
            subject.extend(self.part(plan, place, 0, said, &meter)?);
            return Ok(Value::Object(subject));
        }
        // An item that an earlier generation completed is not done again.
        let open = (0..step.items.len()).filter(|index| !step.kept(*index));
        let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::from([("inputs", Vec::new())]);
        let mut bytes = 0;
        for index in open {
            for (name, value) in self.part(plan, place, index, said, &meter)? {
                bytes += bytes_of(&value);
                if bytes > MAXIMUM_SUBJECT_BYTES {
                    let message = format!("it has more than {MAXIMUM_SUBJECT_BYTES} bytes, too many to be looked at; shorten the list");
                    return Err(Failure { code: Code::WorkflowExpressionExhausted, at: said.at, message });
                }
                let name = match name.as_str() {
                    "question" => "questions",
                    "options" => "options",
                    _ => "inputs",
                };
                lists.entry(name).or_default().push(value);
            }
        }
        subject.extend(lists.into_iter().map(|(name, values)| (name.to_owned(), Value::Array(values))));
        Ok(Value::Object(subject))
    }

    /// What is approved of one item: its input, and what is decided on.
    fn part(&self, plan: &Plan, place: usize, index: usize, said: &Said, meter: &Meter) -> Result<Map<String, Value>, Failure> {
        let mut part = Map::new();
        part.insert("input".to_owned(), self.input_of(plan, place, index, said, meter)?);
        let (question, options) = self.asked(plan, place, index, said, meter)?;
        if said.decide.as_ref().is_some_and(|decide| decide.question.is_some()) {
            part.insert("question".to_owned(), question.into());
        }
        if said.decide.as_ref().is_some_and(|decide| decide.options.is_some()) {
            part.insert("options".to_owned(), options.unwrap_or_default());
        }
        Ok(part)
    }

    /// Of what is approved, by which document, in which run and try.
    fn approval_hash(&self, place: usize, subject: &Value) -> String {
        let generation = self.steps.get(place).map_or(0, |step| step.row.generation);
        let whole = Whole { run: &self.beginning.id, document: &self.beginning.hash, generation, subject };
        let mut hash = Hash(Sha256::new());
        // Writing into a hash does not fail.
        let _ = serde_json::to_writer(&mut hash, &whole);
        hex::encode(hash.0.finalize())
    }

    /// What asks for an approval, and its timer.
    pub(super) fn approval_commands(&self, plan: &Plan, place: usize) -> Result<Vec<Command>, Failure> {
        let (Some(said), Some(step)) = (plan.workflow.steps.get(place), self.steps.get(place)) else {
            return Ok(Vec::new());
        };
        let (Some(approve), Some(hash)) = (&said.approve, &step.row.approval) else {
            return Ok(Vec::new());
        };
        let scope = Scope::of(self, plan, Some(place), None);
        let message = approve.message.as_ref().map(|message| message.evaluate(&scope)).transpose()?;
        let expires_at = step.expires_at(approve);
        let key = |kind| Key::of_step(&self.beginning.id, kind, &step.row.step, step.row.generation);
        Ok(vec![
            Command::AskApproval {
                key: key(KeyKind::Approval),
                hash: hash.clone(),
                subject: self.subject(plan, place)?,
                message: message.map(|message| message.as_str().map_or_else(|| message.to_string(), str::to_owned)),
                who: approve.who.clone(),
                expires_at,
            },
            Command::SetTimer { key: key(KeyKind::Expiry), at: expires_at },
        ])
    }
}
