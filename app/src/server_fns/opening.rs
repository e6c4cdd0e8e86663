//! What does the form of a new decision ask for? Its fields become the terms of a decision, in which people stand by their addresses.

use std::collections::BTreeMap;

use baton_domain::id::AgentId;
use baton_domain::problem::Problem;
use baton_domain::services::Answer;
use baton_domain::wire::decision::StepDecision;
use serde_json::{Map, Value, json};

use super::typed::{Fields, filled, fraction, number, role};

/// Why a field is refused that says nothing with what else is chosen.
const UNUSED: &str = "With what else is chosen here this says nothing: leave it empty.";

/// The form, as it was sent.
#[derive(Debug, Default)]
pub(super) struct Opening {
    pub(super) question: String,
    pub(super) context: String,
    pub(super) options: String,
    pub(super) rule: String,
    pub(super) skill: String,
    pub(super) count: String,
    pub(super) agents: BTreeMap<String, String>,
    pub(super) role: String,
    pub(super) persons: String,
    pub(super) weight: BTreeMap<String, String>,
    pub(super) deadline_minutes: String,
    pub(super) quorum: String,
    pub(super) threshold: String,
    pub(super) judge: String,
    pub(super) people: String,
    pub(super) terms: BTreeMap<String, String>,
}

/// What it asks for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) step: StepDecision,
    /// What the form calls each of those who vote.
    voters: Vec<String>,
}

impl Opening {
    /// Reads the form.
    ///
    /// # Errors
    /// `REQUEST-002` with the form's name of the field.
    pub(super) fn read(self) -> Answer<Asked> {
        let mut terms = Fields::of(&self.terms);
        let mut more = Map::new();
        let options: Vec<Value> = self.options.lines().filter_map(filled).map(|line| option(&line)).collect();
        let voters = self.voters()?;
        put(&mut more, "context", filled(&self.context).map(Value::from));
        if options.is_empty() {
            put(&mut more, "canonical", canonical(&mut terms)?);
            put(&mut more, "ballots", terms.take("ballots").map(Value::from));
        }
        let skill = terms.take("task");
        let mut input = json!({});
        if skill.is_some() {
            if let Some(text) = terms.take("input") {
                let wrong = |error: serde_json::Error| Problem::invalid_field("input", format!("Write the input as JSON: {error}."));
                input = serde_json::from_str(&text).map_err(wrong)?;
            }
            for (name, pointer) in [("answer_at", "answer"), ("confidence_at", "confidence"), ("rationale_at", "rationale")] {
                put(&mut more, pointer, terms.take(name).map(Value::from));
            }
        }
        put(&mut more, "threshold", fraction("threshold", &self.threshold)?.map(Value::from));
        put(&mut more, "minimum_margin", terms.fraction("minimum_margin")?.map(Value::from));
        put(&mut more, "weights", terms.take("weights").map(Value::from));
        put(&mut more, "allow_dictator", terms.take("allow_dictator").map(|_| Value::Bool(true)));
        put(&mut more, "early_stop", terms.take("ask_all").map(|_| Value::Bool(false)));
        let breakers: Vec<Value> = TIES.iter().filter_map(|name| terms.take(name)).map(Value::from).collect();
        put(&mut more, "tie_break", Some(Value::from(breakers)).filter(|breakers| breakers != &json!([])));
        if let (least, most @ Some(_)) | (least @ Some(_), most) = (terms.fraction("scale_least")?, terms.fraction("scale_most")?) {
            more.insert("scale".to_owned(), json!({"least": least.unwrap_or(0.0), "most": most.unwrap_or(10.0)}));
        }
        put(&mut more, "deadline_seconds", minutes("deadline_minutes", Some(&self.deadline_minutes))?);
        put(&mut more, "stage_seconds", minutes("stage_minutes", terms.take("stage_minutes").as_ref())?);
        put(&mut more, "budget", budget(&mut terms)?);
        put(&mut more, "synthesizer", terms.take("synthesizer").map(|text| seat("synthesizer", &text)).transpose()?);
        more.insert("escalation".to_owned(), self.escalation(&mut terms)?);
        terms.spent(UNUSED)?;
        let (voters, members) = voters.into_iter().unzip();
        let step = StepDecision {
            skill,
            input,
            question: Some(self.question.trim().to_owned()),
            options: Some(Value::from(options)).filter(|options| options != &json!([])),
            voters: Some(Value::Array(members)),
            rule: filled(&self.rule),
            quorum: quorum(&self.quorum)?,
            deadline: None,
            more,
            tasks: None,
        };
        Ok(Asked { step, voters })
    }

    /// Who votes, each with what the form calls it.
    fn voters(&self) -> Answer<Vec<(String, Value)>> {
        let mut weights = Fields::of(&self.weight);
        let mut voters = Vec::new();
        if let Some(skill) = filled(&self.skill) {
            let count = number::<i64>("count", &self.count)?;
            voters.push(("skill".to_owned(), member(json!({"skill": skill, "count": count}), weights.fraction("skill")?)));
        } else if filled(&self.count).is_some() {
            return Err(Problem::invalid_field("count", "Say of which skill, or leave it empty."));
        }
        for (agent, times) in &self.agents {
            let Some(samples) = number::<i64>("agents", times)?.filter(|samples| *samples != 0) else { continue };
            let voter =
                json!({"kind": "agent", "agent_id": agent_id("agents", agent)?, "samples": Some(samples).filter(|times| *times != 1)});
            voters.push((format!("agents[{agent}]"), member(voter, weights.fraction(agent)?)));
        }
        if let Some(role) = role("role", &self.role)? {
            voters.push(("role".to_owned(), member(json!({"role": role}), weights.fraction("role")?)));
        }
        for line in self.persons.lines().filter_map(filled) {
            let (address, weight) = line.rsplit_once(':').unwrap_or((line.as_str(), ""));
            voters.push((format!("persons, {}", address.trim()), member(json!({"user": address.trim()}), fraction("persons", weight)?)));
        }
        weights.spent("This weight is nobody's: say who votes, or leave it empty.")?;
        Ok(voters)
    }

    /// What follows where the ballots do not decide.
    fn escalation(&self, terms: &mut Fields) -> Answer<Value> {
        let mut escalation = Map::new();
        put(&mut escalation, "debate", terms.take("debate").map(Value::from));
        put(&mut escalation, "judge", filled(&self.judge).map(|text| seat("judge", &text)).transpose()?);
        let mut people: Vec<Value> = role("people", &self.people)?.map(|role| json!({"role": role})).into_iter().collect();
        let named = terms.take("people_named").unwrap_or_default();
        people.extend(named.lines().filter_map(filled).map(|address| json!({"user": address})));
        escalation.insert("people".to_owned(), Value::Array(people));
        if let Some(kind) = terms.take("otherwise") {
            let key = if kind == "option" { terms.take("otherwise_key") } else { None };
            let otherwise = if kind == "option" { json!({"kind": kind, "key": key.unwrap_or_default()}) } else { json!({"kind": kind}) };
            escalation.insert("otherwise".to_owned(), otherwise);
        }
        Ok(Value::Object(escalation))
    }
}

/// What breaks ties, one after the other.
const TIES: [&str; 3] = ["tie_first", "tie_second", "tie_third"];

/// What the form calls the fields of a decision, those within others first.
const NAMES: [(&str, &str); 23] = [
    ("/answers/options", "options"),
    ("/answers/canonical/absolute", "absolute"),
    ("/answers/canonical/relative", "relative"),
    ("/answers/canonical/fields", "fields"),
    ("/answers", "canonical"),
    ("/task/skill", "task"),
    ("/task/input", "input"),
    ("/task/answer", "answer_at"),
    ("/task/confidence", "confidence_at"),
    ("/task/rationale", "rationale_at"),
    ("/scale/most", "scale_most"),
    ("/scale", "scale_least"),
    ("/budget/cost", "cost"),
    ("/budget", "tokens"),
    ("/escalation/judge", "judge"),
    ("/escalation/people", "people"),
    ("/escalation/user", "people_named"),
    ("/escalation/debate", "debate"),
    ("/escalation/otherwise/key", "otherwise_key"),
    ("/escalation/otherwise", "otherwise"),
    ("/deadline_seconds", "deadline_minutes"),
    ("/stage_seconds", "stage_minutes"),
    ("/electorate", "who votes"),
];

impl Asked {
    /// The same problem, with the fields as the form names them.
    pub(super) fn in_its_words(&self, mut problem: Problem) -> Problem {
        for error in &mut problem.errors {
            error.field = self.named(&error.field);
        }
        problem
    }

    fn named(&self, field: &str) -> String {
        let below = |place: &str| field.strip_prefix(place).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let numbered = |rest: &str| rest.get(1..).and_then(|rest| rest.split('/').next()).and_then(|place| place.parse::<usize>().ok());
        if let Some(place) = below("/tie_break").and_then(numbered) {
            return TIES.get(place).copied().unwrap_or("tie_first").to_owned();
        }
        if let Some(rest) = below("/electorate").or_else(|| below("/voters"))
            && let Some(voter) = numbered(rest).and_then(|place| self.voters.get(place))
        {
            let part = rest.split('/').nth(2).map(|part| format!(": {part}")).unwrap_or_default();
            return format!("{voter}{part}");
        }
        let known = NAMES.iter().find(|(place, _)| below(place).is_some()).map(|(_, name)| *name);
        known.unwrap_or_else(|| field.trim_start_matches('/')).to_owned()
    }
}

fn put(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}

/// `approve`, `approve: It goes out`, or `approve: It goes out | Since all tests are green`.
fn option(line: &str) -> Value {
    let (line, description) = line.split_once(" | ").map_or((line, None), |(line, description)| (line, filled(description)));
    let (key, label) = line.split_once(':').map_or((line, None), |(key, label)| (key, filled(label)));
    let mut option = Map::from_iter([("key".to_owned(), Value::from(key.trim()))]);
    put(&mut option, "label", label.map(Value::from));
    put(&mut option, "description", description.map(Value::from));
    Value::Object(option)
}

fn member(mut voter: Value, weight: Option<f64>) -> Value {
    if let (Some(fields), Some(weight)) = (voter.as_object_mut(), weight) {
        fields.insert("weight".to_owned(), json!(weight));
    }
    voter
}

/// An agent as the form names it. What begins with a digit would be read as a place in a list.
fn agent_id(field: &str, text: &str) -> Answer<AgentId> {
    text.trim_start_matches("id:").parse().map_err(|_| Problem::invalid_field(field, "This is no agent's id. Reload the page."))
}

/// An agent (`id:…`), or the best with a skill.
fn seat(field: &str, text: &str) -> Answer<Value> {
    Ok(if text.starts_with("id:") { json!({"kind": "agent", "agent_id": agent_id(field, text)?}) } else { json!({"skill": text}) })
}

fn minutes(field: &str, text: Option<&String>) -> Answer<Option<Value>> {
    let minutes = fraction(field, text.map_or("", String::as_str))?;
    // What is no time is refused where all times are.
    Ok(minutes.map(|minutes| Value::from((minutes * 60.0).round() as i64)))
}

/// A number of voters, or a share below 1.
fn quorum(text: &str) -> Answer<Option<f64>> {
    match fraction("quorum", text)? {
        Some(quorum) if quorum >= 1.0 && quorum.fract() != 0.0 => {
            Err(Problem::invalid_field("quorum", "Write a whole number of voters, or a share below 1."))
        }
        quorum => Ok(quorum),
    }
}

fn budget(terms: &mut Fields) -> Answer<Option<Value>> {
    let tokens = number::<u64>("tokens", &terms.take("tokens").unwrap_or_default())?;
    let cost = terms.fraction("cost")?;
    Ok((tokens.is_some() || cost.is_some()).then(|| json!({"tokens": tokens, "cost": cost})))
}

/// Which answers are the same.
fn canonical(terms: &mut Fields) -> Answer<Option<Value>> {
    Ok(match terms.take("canonical").as_deref() {
        None => None,
        Some("ignore_case") => Some(json!({"method": "exact", "ignore_case": true})),
        Some("number") => {
            let (absolute, relative) = (terms.fraction("absolute")?, terms.fraction("relative")?);
            Some(json!({"method": "number", "absolute": absolute.unwrap_or(0.0), "relative": relative.unwrap_or(0.0)}))
        }
        Some(method @ ("json" | "json_ignore_case")) => {
            let fields: Vec<String> = terms.take("fields").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
            Some(json!({"method": "json", "fields": fields, "ignore_case": method == "json_ignore_case"}))
        }
        Some(method) => Some(json!({"method": method})),
    })
}

#[cfg(test)]
mod tests;
