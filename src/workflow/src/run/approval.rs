//! Who may decide on an approval, of exactly what, and until when?

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::command::Command;
use super::fact::Person;
use super::key::{Key, KeyKind};
use super::rows::StepState;
use super::turn::Turn;
use super::values::Scope;
use super::{Plan, Run};
use crate::document::{Action, Approve};
use crate::expression::Failure;

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
        if by.name == self.run.beginning.requested_by {
            return Err(Problem::new(
                Code::ApprovalForbidden,
                "Whoever asked for the run may not decide on its approvals. Ask somebody else.",
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

    pub(super) fn approved(&mut self, key: &Key, hash: &str, by: &Person, comment: Option<&str>) -> Result<(), Problem> {
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

fn may_decide(approve: &Approve, by: &Person) -> bool {
    let named = |who: &String| match who.strip_prefix("role:") {
        Some(role) => by.roles.iter().any(|known| known == role.trim()),
        None => *who == by.name,
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
        if !step.row.foreach {
            return Ok(json!({"step": said.id, "uses": uses, "input": self.input_of(plan, place, 0, said)?}));
        }
        // An item that an earlier generation completed is not done again.
        let open = (0..step.items.len()).filter(|index| !step.kept(*index));
        let inputs = open.map(|index| self.input_of(plan, place, index, said)).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({"step": said.id, "uses": uses, "inputs": inputs}))
    }

    /// Of what is approved, by which document, in which run and try.
    fn approval_hash(&self, place: usize, subject: &Value) -> String {
        let generation = self.steps.get(place).map_or(0, |step| step.row.generation);
        let whole = json!({"run": self.beginning.id, "document": self.beginning.hash, "generation": generation, "subject": subject});
        hex::encode(Sha256::digest(whole.to_string()))
    }

    /// What asks for an approval, and its timer.
    pub(super) fn approval_commands(&self, plan: &Plan, place: usize) -> Result<Vec<Command>, Failure> {
        let (Some(said), Some(step)) = (plan.workflow.steps.get(place), self.steps.get(place)) else {
            return Ok(Vec::new());
        };
        let (Some(approve), Some(hash)) = (&said.approve, &step.row.approval) else {
            return Ok(Vec::new());
        };
        let scope = Scope { run: self, plan, step: Some(place), index: None };
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
