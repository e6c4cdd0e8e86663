//! Can a decision be made as it is asked for? The words of the wire become those of the rules, and each wrong field has its code.

use baton_decisions::decision::{self, Member};
use baton_domain::problem::{Code, FieldError, Problem};
use baton_domain::user::{Permission, Role};
use baton_domain::wire::decision::{DecisionMember, DecisionTask, NewDecision, PersonSeat};
use baton_domain::wire::task::MAXIMUM_INPUT_BYTES;

/// The longest JSON Pointer into a result, in bytes.
const MAXIMUM_POINTER_BYTES: usize = 500;

/// A problem with one field.
pub(crate) fn wrong(code: Code, field: impl Into<String>, message: impl Into<String>) -> Problem {
    let message = message.into();
    Problem { errors: vec![FieldError { field: field.into(), message: message.clone() }], ..Problem::new(code, message) }
}

/// What is asked, in the words of the rules, checked as far as that can be done without knowing agents and people.
///
/// # Errors
/// A problem that names the wrong fields.
pub(crate) fn checked(asked: &NewDecision) -> Result<decision::NewDecision, Problem> {
    numbers(asked)?;
    task(asked)?;
    people(asked)?;
    let mut form = serde_json::to_value(asked).map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    if let Some(fields) = form.as_object_mut() {
        fields.remove("task");
    }
    let read: Result<decision::NewDecision, _> = serde_path_to_error::deserialize(form);
    let core = read.map_err(|error| {
        let path = pointer(error.path());
        let code = match path.split('/').nth(1) {
            Some("rule" | "ballots") => Code::RuleUnfit,
            Some("answers") => Code::WrongCanonicalisation,
            Some("quorum") => Code::QuorumOutOfReach,
            Some("electorate") => Code::WrongElectorate,
            Some("weights") => Code::WrongWeight,
            _ => Code::InvalidDecision,
        };
        wrong(code, path, error.inner().to_string())
    })?;
    decision::check(&core)?;
    Ok(core)
}

/// Where something stands, as a JSON Pointer.
pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let name = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{key}"),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => String::new(),
    };
    path.iter().map(name).collect()
}

/// JSON has no numbers that are none, and would leave them out.
fn numbers(asked: &NewDecision) -> Result<(), Problem> {
    let finite = |field: &str, code: Code, number: Option<f64>| match number {
        Some(number) if !number.is_finite() => Err(wrong(code, field, "This is no number.")),
        _ => Ok(()),
    };
    for (place, member) in asked.electorate.iter().enumerate() {
        let (DecisionMember::Agent { weight, .. }
        | DecisionMember::Skill { weight, .. }
        | DecisionMember::User { weight, .. }
        | DecisionMember::Role { weight, .. }) = member;
        finite(&format!("/electorate/{place}/weight"), Code::WrongWeight, *weight)?;
    }
    finite("/threshold", Code::WrongThreshold, asked.threshold)?;
    finite("/minimum_margin", Code::WrongThreshold, asked.minimum_margin)?;
    finite("/scale/least", Code::WrongScale, asked.scale.map(|scale| scale.least))?;
    finite("/scale/most", Code::WrongScale, asked.scale.map(|scale| scale.most))?;
    finite("/budget/cost", Code::InvalidDecision, asked.budget.cost)
}

fn task(asked: &NewDecision) -> Result<(), Problem> {
    let Some(DecisionTask { input, answer, confidence, rationale, .. }) = &asked.task else { return Ok(()) };
    if serde_json::to_vec(input).map_or(usize::MAX, |text| text.len()) > MAXIMUM_INPUT_BYTES {
        let message = format!("At most {MAXIMUM_INPUT_BYTES} bytes: larger inputs belong into artifacts.");
        return Err(wrong(Code::InvalidDecision, "/task/input", message));
    }
    for (field, pointer) in [("answer", answer), ("confidence", confidence), ("rationale", rationale)] {
        let fits = |text: &String| text.len() <= MAXIMUM_POINTER_BYTES && (text.is_empty() || text.starts_with('/'));
        if pointer.as_ref().is_some_and(|text| !fits(text)) {
            return Err(wrong(Code::InvalidDecision, format!("/task/{field}"), "A JSON Pointer begins with a slash, as `/label`."));
        }
    }
    Ok(())
}

/// Whether somebody with this role may vote and decide.
pub(crate) const fn may_take_part(role: Role) -> bool {
    role.allows(Permission::Work)
}

fn people(asked: &NewDecision) -> Result<(), Problem> {
    let message = |role: Role| format!("The role {} only looks on: name operators, admins, or people with such a role.", role.as_str());
    for (place, member) in asked.electorate.iter().enumerate() {
        if let DecisionMember::Role { role, .. } = member
            && !may_take_part(*role)
        {
            return Err(wrong(Code::WrongElectorate, format!("/electorate/{place}/role"), message(*role)));
        }
    }
    for (place, seat) in asked.escalation.people.iter().enumerate() {
        if let PersonSeat::Role { role } = seat
            && !may_take_part(*role)
        {
            return Err(wrong(Code::WrongElectorate, format!("/escalation/people/{place}/role"), message(*role)));
        }
    }
    Ok(())
}

/// Whether what is known of agents' records makes a difference.
pub(crate) fn needs_records(core: &decision::NewDecision) -> bool {
    core.weighting() == decision::Weighting::Records
        || core.rule == decision::DecisionRule::ConfidenceWeighted
        || core.electorate.iter().any(|member| matches!(member, Member::Skill { count: Some(_), .. }))
}

#[cfg(test)]
mod tests {
    use baton_domain::wire::decision::DecisionAnswers;
    use serde_json::{Value, json};

    use super::*;

    fn asked(change: Value) -> NewDecision {
        let mut form = json!({
            "question": "Ship it?",
            "answers": {"kind": "options", "options": [{"key": "yes"}, {"key": "no"}]},
            "electorate": [{"kind": "skill", "skill": "prompt.answer"}],
        });
        for (key, value) in change.as_object().unwrap() {
            form[key] = value.clone();
        }
        serde_json::from_value(form).unwrap()
    }

    #[test]
    fn names_that_there_are_not_are_told_with_their_fields() {
        for (change, code, field) in [
            (json!({"rule": "dice"}), "DECISION-008", "/rule"),
            (json!({"quorum": "all"}), "DECISION-006", "/quorum"),
            (json!({"weights": "mine"}), "DECISION-005", "/weights"),
            (json!({"tie_break": ["coin"]}), "DECISION-002", "/tie_break/0"),
            (json!({"escalation": {"debate": "often"}}), "DECISION-002", "/escalation/debate"),
            (json!({"answers": {"kind": "free", "canonical": {"method": "smell"}}}), "DECISION-010", "/answers"),
            (json!({"answers": {"kind": "options", "options": []}}), "DECISION-003", "/answers/options"),
            (json!({"electorate": []}), "DECISION-004", "/electorate"),
            (json!({"electorate": [{"kind": "role", "role": "viewer"}]}), "DECISION-004", "/electorate/0/role"),
            (json!({"escalation": {"people": [{"kind": "role", "role": "viewer"}]}}), "DECISION-004", "/escalation/people/0/role"),
            (json!({"task": {"skill": "a.b", "input": {}, "answer": "label"}}), "DECISION-002", "/task/answer"),
            (json!({"task": {"skill": "a.b", "input": "x".repeat(MAXIMUM_INPUT_BYTES)}}), "DECISION-002", "/task/input"),
        ] {
            let problem = checked(&asked(change.clone())).unwrap_err();
            assert!(problem.code == code && problem.errors[0].field.starts_with(field), "{change}: {problem}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_and_not_left_out() {
        let mut nan = asked(json!({"electorate": [{"kind": "skill", "skill": "a.b", "weight": 1.0}]}));
        let DecisionMember::Skill { weight, .. } = &mut nan.electorate[0] else { panic!("a skill") };
        *weight = Some(f64::NAN);
        assert_eq!(checked(&nan).unwrap_err().code, "DECISION-005");
        assert_eq!(checked(&NewDecision { threshold: Some(f64::NAN), ..asked(json!({})) }).unwrap_err().code, "DECISION-007");
    }

    #[test]
    fn what_is_well_asked_is_the_same_in_the_words_of_the_rules() {
        let core =
            checked(&asked(json!({"rule": "borda", "quorum": {"share": 0.5}, "escalation": {"otherwise": {"kind": "refuse"}}}))).unwrap();
        assert_eq!((core.rule.as_str(), core.quorum.map(|quorum| quorum.of(4))), ("borda", Some(2)));
        assert!(!needs_records(&core));
        let free = NewDecision { answers: DecisionAnswers::Free { canonical: None }, ..asked(json!({})) };
        assert!(checked(&free).unwrap().is_free());
    }
}
