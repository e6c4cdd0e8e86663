//! What does a workflow's step ask for? Names become identifiers, and everything else has the words of a decision.

use baton_domain::agent::AgentStatus;
use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_domain::wire::decision::{DecisionAnswers, DecisionMember, DecisionTask, NewDecision, StepDecision};
use serde_json::{Map, Value, json};

use crate::cast::{Everybody, IN_WORDS, seats};
use crate::request::{checked, pointer, wrong as refused};

/// How long a step waits for its verdict if it does not say, in seconds.
const USUAL_SECONDS: i64 = 600;

/// The decision of a step.
///
/// # Errors
/// A problem that names what is wrong, by the names of the step's terms.
pub(crate) fn decision(step: &StepDecision, everybody: &Everybody, now: Timestamp) -> Result<NewDecision, Problem> {
    let mut more = step.more.clone();
    let skill = step.skill.clone();
    let answers = answers(step.options.as_ref(), more.remove("canonical"))?;
    let mut text = |name: &str| more.remove(name).and_then(|value| value.as_str().map(str::to_owned));
    let task = skill.clone().map(|skill| DecisionTask {
        skill,
        input: step.input.clone(),
        answer: text("answer"),
        confidence: text("confidence"),
        rationale: text("rationale"),
    });
    let seconds = step.deadline.map_or(USUAL_SECONDS, |deadline| {
        let left = deadline.since(now).as_millis().div_ceil(1_000);
        i64::try_from(left).unwrap_or(i64::MAX).clamp(1, 30 * 24 * 3_600)
    });
    let question = step.question.clone().or_else(|| skill.as_ref().map(|skill| format!("What is the result of {skill}?")));
    let question =
        question.ok_or_else(|| refused(Code::InvalidDecision, "/question", "Say what is to be decided, or which skill runs."))?;
    let mut form = Map::from_iter([("question".to_owned(), json!(question)), ("electorate".to_owned(), json!([]))]);
    form.insert("answers".to_owned(), serde_json::to_value(answers).unwrap_or_default());
    form.insert("deadline_seconds".to_owned(), json!(seconds));
    if let Some(rule) = &step.rule {
        form.insert("rule".to_owned(), json!(rule));
    }
    if let Some(quorum) = step.quorum {
        form.insert("quorum".to_owned(), if quorum < 1.0 { json!({"share": quorum}) } else { json!(quorum.round() as i64) });
    }
    for (name, value) in more {
        let value = resolved(value, everybody).map_err(|mut problem| {
            problem.errors.iter_mut().for_each(|error| error.field = format!("/{name}{}", error.field));
            problem
        })?;
        form.insert(name, value);
    }
    let read: Result<NewDecision, _> = serde_path_to_error::deserialize(Value::Object(form));
    let mut decision = read.map_err(|error| refused(Code::InvalidDecision, pointer(error.path()), error.inner().to_string()))?;
    decision.electorate = electorate(step, everybody)?;
    decision.task = task;
    Ok(decision)
}

/// What is wrong with a step as things are now, by the names of its terms. It has not begun: its deadline is counted from the beginning of time.
pub(crate) fn wrong(step: &StepDecision, everybody: &Everybody) -> Option<Problem> {
    let made = decision(step, everybody, Timestamp::from_millis(0)).and_then(|asked| {
        let core = checked(&asked)?;
        seats(&asked, &core, everybody, &[])
    });
    // Nobody of a role today may be somebody tomorrow.
    let later = |problem: &Problem| !problem.errors.is_empty() && problem.errors.iter().all(|error| error.field.ends_with("/role"));
    made.err().filter(|problem| !later(problem)).map(in_its_words)
}

/// A problem with a decision, with the fields as a step names them.
fn in_its_words(mut problem: Problem) -> Problem {
    let names = [
        ("/electorate", "/voters"),
        ("/answers/options", "/options"),
        ("/answers/canonical", "/canonical"),
        ("/answers/free/canonical", "/canonical"),
        ("/answers", "/canonical"),
        ("/deadline_seconds", "/deadline"),
        ("/task", ""),
    ];
    for error in &mut problem.errors {
        let found = names.iter().find_map(|(name, own)| {
            let rest = error.field.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
            Some(format!("{own}{rest}"))
        });
        error.field = found.unwrap_or_else(|| std::mem::take(&mut error.field));
    }
    problem
}

fn answers(options: Option<&Value>, canonical: Option<Value>) -> Result<DecisionAnswers, Problem> {
    let Some(options) = options.filter(|options| !options.is_null()) else { return Ok(DecisionAnswers::Free { canonical }) };
    let list = options.as_array().ok_or_else(|| refused(Code::WrongOptions, "/options", "Options are a list."))?;
    let one = |(place, option): (usize, &Value)| {
        let form = match option {
            Value::String(key) => json!({"key": key}),
            Value::Number(_) | Value::Bool(_) => json!({"key": option.to_string()}),
            other => other.clone(),
        };
        let message = "An option is a key, or an object with `key`, `label` and `description`.";
        serde_json::from_value(form).map_err(|_| refused(Code::WrongOptions, format!("/options/{place}"), message))
    };
    Ok(DecisionAnswers::Options { options: list.iter().enumerate().map(one).collect::<Result<_, _>>()? })
}

fn electorate(step: &StepDecision, everybody: &Everybody) -> Result<Vec<DecisionMember>, Problem> {
    let skill = step.skill.as_deref().unwrap_or(IN_WORDS);
    match &step.voters {
        None | Some(Value::Null) => Ok(vec![DecisionMember::Skill { skill: skill.to_owned(), count: None, weight: None }]),
        Some(Value::Number(samples)) => {
            let agent = everybody.agents.iter().filter(|agent| agent.skills.iter().any(|has| has == skill));
            let agent = agent.min_by_key(|agent| (agent.status != AgentStatus::Active, &agent.name));
            let missing = || refused(Code::UnknownSkill, "/skill", format!("No agent has the skill {skill:?}."));
            let agent_id = agent.ok_or_else(missing)?.id;
            Ok(vec![DecisionMember::Agent { agent_id, samples: samples.as_i64(), weight: None }])
        }
        Some(Value::Array(list)) => list.iter().enumerate().map(|(place, voter)| member(voter, place, everybody)).collect(),
        Some(Value::Object(only)) if only.len() == 1 && only.contains_key("agents") => {
            let count = only.get("agents").and_then(Value::as_i64).filter(|count| *count >= 1);
            let count = count.ok_or_else(|| refused(Code::WrongElectorate, "/voters/agents", "A number of agents, from 1."))?;
            Ok(vec![DecisionMember::Skill { skill: skill.to_owned(), count: Some(count), weight: None }])
        }
        Some(Value::Object(only)) if only.len() == 1 && only.contains_key("samples") => {
            let samples = only.get("samples").filter(|samples| samples.is_number()).cloned();
            let samples = samples.ok_or_else(|| refused(Code::WrongElectorate, "/voters/samples", "A number of samples, from 1."))?;
            electorate(&StepDecision { voters: Some(samples), ..step.clone() }, everybody)
        }
        Some(one @ Value::Object(_)) => Ok(vec![member(one, 0, everybody)?]),
        Some(_) => {
            let message =
                "Voters are a number of samples, a list, or an object as {\"agents\": 3} or {\"agent\": \"name\", \"samples\": 3}.";
            Err(refused(Code::WrongElectorate, "/voters", message))
        }
    }
}

fn member(voter: &Value, place: usize, everybody: &Everybody) -> Result<DecisionMember, Problem> {
    let field = format!("/voters/{place}");
    if let Value::String(name) = voter {
        if let Some(agent) = everybody.agents.iter().find(|agent| agent.name == *name) {
            return Ok(DecisionMember::Agent { agent_id: agent.id, samples: None, weight: None });
        }
        if everybody.agents.iter().any(|agent| agent.skills.contains(name)) {
            return Ok(DecisionMember::Skill { skill: name.clone(), count: None, weight: None });
        }
        if let Some(role) = Role::parse(name) {
            return Ok(DecisionMember::Role { role, weight: None });
        }
        let user = everybody.users.iter().find(|(_, email)| email.eq_ignore_ascii_case(name));
        let missing =
            || refused(Code::WrongElectorate, field.clone(), format!("{name:?} is no agent, skill, role or person that may vote."));
        let (user, _) = user.ok_or_else(missing)?;
        return Ok(DecisionMember::User { user_id: user.user_id, weight: None });
    }
    let form = resolved(voter.clone(), everybody).map_err(|problem| refused(Code::WrongElectorate, field.clone(), problem.detail))?;
    serde_json::from_value(form).map_err(|error| refused(Code::WrongElectorate, field, error.to_string()))
}

/// A value in which `agent` and `user` name what `agent_id` and `user_id` identify, and an object that names one of them says so by its `kind`.
fn resolved(value: Value, everybody: &Everybody) -> Result<Value, Problem> {
    match value {
        Value::Array(list) => Ok(Value::Array(list.into_iter().map(|one| resolved(one, everybody)).collect::<Result<_, _>>()?)),
        Value::Object(fields) => {
            let mut found = Map::new();
            for (name, value) in fields {
                let missing = |what: &str| refused(Code::WrongElectorate, format!("/{name}"), format!("There is no such {what}: {value}."));
                match (name.as_str(), &value) {
                    ("agent", Value::String(text)) => {
                        let agent = everybody.agents.iter().find(|agent| agent.name == *text).ok_or_else(|| missing("agent"))?;
                        found.insert("agent_id".to_owned(), json!(agent.id));
                        found.entry("kind").or_insert_with(|| json!("agent"));
                    }
                    ("user", Value::String(text)) => {
                        let user =
                            everybody.users.iter().find(|(_, email)| email.eq_ignore_ascii_case(text)).ok_or_else(|| missing("person"))?;
                        found.insert("user_id".to_owned(), json!(user.0.user_id));
                        found.entry("kind").or_insert_with(|| json!("user"));
                    }
                    ("skill" | "role", _) => {
                        found.entry("kind").or_insert_with(|| json!(name));
                        found.insert(name, value);
                    }
                    _ => {
                        let value = resolved(value, everybody)?;
                        found.insert(name, value);
                    }
                }
            }
            Ok(Value::Object(found))
        }
        other => Ok(other),
    }
}
