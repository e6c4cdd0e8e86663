//! Can a decision be made as it is asked for? Each wrong field has its code and says what to do.

use std::collections::BTreeSet;

use baton_domain::problem::{Code, FieldError, Problem};
use baton_domain::task::Budget;
use baton_voting::{MAXIMUM_OPTIONS, Scale, Threshold, Weight};

use super::{
    Answers, BallotKind, BallotSource, ChoiceOption, Debate, DecisionRule, MAXIMUM_CANDIDATES, MAXIMUM_DEADLINE_SECONDS, MAXIMUM_KEY_BYTES,
    MAXIMUM_LABEL_BYTES, MAXIMUM_QUESTION_BYTES, MAXIMUM_VOTERS, Member, NewDecision, Otherwise, Quorum, TieBreaker, Weighting,
};

/// A wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) code: Code,
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Wrong {
    pub(crate) fn new(code: Code, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, field: field.into(), message: message.into() }
    }
}

/// One problem of all wrong fields: theirs if they share a code, else [`Code::InvalidDecision`], and each message ends with its own.
pub(crate) fn problem(wrongs: Vec<Wrong>) -> Result<(), Problem> {
    let Some(first) = wrongs.first() else { return Ok(()) };
    let code = if wrongs.iter().all(|wrong| wrong.code == first.code) { first.code } else { Code::InvalidDecision };
    let alone = code != Code::InvalidDecision;
    let fields: BTreeSet<&str> = wrongs.iter().map(|wrong| wrong.field.as_str()).collect();
    let mut problem = Problem::new(
        code,
        match wrongs.as_slice() {
            [only] => only.message.clone(),
            _ => format!("Correct {} and ask again.", fields.into_iter().collect::<Vec<_>>().join(", ")),
        },
    );
    problem.errors = wrongs
        .into_iter()
        .map(|wrong| FieldError {
            field: wrong.field,
            message: if alone { wrong.message } else { format!("{} ({})", wrong.message, wrong.code.as_str()) },
        })
        .collect();
    Err(problem)
}

/// Checks all that can be checked without knowing which agents and people there are; [`crate::roster::resolve`] does the rest.
///
/// # Errors
/// A problem that names every wrong field, with a code each.
pub fn check(decision: &NewDecision) -> Result<(), Problem> {
    let mut wrongs = Vec::new();
    texts(decision, &mut wrongs);
    answers(decision, &mut wrongs);
    electorate(decision, &mut wrongs);
    terms(decision, &mut wrongs);
    rule(decision, &mut wrongs);
    times(decision, &mut wrongs);
    problem(wrongs)
}

fn texts(decision: &NewDecision, wrongs: &mut Vec<Wrong>) {
    if decision.question.trim().is_empty() {
        wrongs.push(Wrong::new(Code::InvalidDecision, "/question", "Say what is to be decided."));
    }
    for (field, text) in [("/question", Some(&decision.question)), ("/context", decision.context.as_ref())] {
        if text.is_some_and(|text| text.len() > MAXIMUM_QUESTION_BYTES) {
            wrongs.push(Wrong::new(
                Code::InvalidDecision,
                field,
                format!("At most {MAXIMUM_QUESTION_BYTES} bytes: put more into an artifact and name it."),
            ));
        }
    }
}

fn answers(decision: &NewDecision, wrongs: &mut Vec<Wrong>) {
    match &decision.answers {
        Answers::Options { options } => choices(options, decision.rule, wrongs),
        Answers::Free { canonical } => {
            if let Some((field, message)) = canonical.wrong() {
                wrongs.push(Wrong::new(Code::WrongCanonicalisation, format!("/answers/canonical/{field}"), message));
            }
        }
    }
}

fn choices(options: &[ChoiceOption], rule: DecisionRule, wrongs: &mut Vec<Wrong>) {
    let mut wrong = |field: String, message: String| wrongs.push(Wrong::new(Code::WrongOptions, field, message));
    if options.is_empty() {
        return wrong("/answers/options".into(), "Name the options to choose from, or ask for free answers.".into());
    }
    if options.len() == 1 {
        return wrong("/answers/options".into(), "With one option there is nothing to decide: name another one, as `none`.".into());
    }
    if options.len() > MAXIMUM_OPTIONS {
        return wrong("/answers/options".into(), format!("At most {MAXIMUM_OPTIONS} options: decide in two steps."));
    }
    if rule == DecisionRule::Judge && options.len() > MAXIMUM_CANDIDATES {
        return wrong("/answers/options".into(), format!("A judge is shown at most {MAXIMUM_CANDIDATES} options: decide in two steps."));
    }
    let mut seen = BTreeSet::new();
    for (place, option) in options.iter().enumerate() {
        let field = format!("/answers/options/{place}");
        if option.key.trim().is_empty() || option.key.len() > MAXIMUM_KEY_BYTES {
            wrong(format!("{field}/key"), format!("A key has 1 to {MAXIMUM_KEY_BYTES} bytes."));
        } else if !seen.insert(crate::canonical::text(&option.key, true)) {
            wrong(format!("{field}/key"), format!("`{}` stands there twice: name each option once.", option.key));
        }
        for (name, text) in [("label", &option.label), ("description", &option.description)] {
            if text.as_ref().is_some_and(|text| text.len() > MAXIMUM_LABEL_BYTES) {
                wrong(format!("{field}/{name}"), format!("At most {MAXIMUM_LABEL_BYTES} bytes."));
            }
        }
    }
}

fn electorate(decision: &NewDecision, wrongs: &mut Vec<Wrong>) {
    let alone = decision.rule == DecisionRule::Judge && !decision.is_free();
    if decision.electorate.is_empty() && !alone {
        wrongs.push(Wrong::new(Code::WrongElectorate, "/electorate", "Name at least one voter: an agent, a skill, a person or a role."));
    }
    if decision.electorate.len() > MAXIMUM_VOTERS {
        wrongs.push(Wrong::new(Code::WrongElectorate, "/electorate", format!("At most {MAXIMUM_VOTERS} voters.")));
    }
    let mut total: i64 = 0;
    for (place, member) in decision.electorate.iter().enumerate() {
        let field = |name: &str| format!("/electorate/{place}/{name}");
        let count = match member {
            Member::Agent { samples, .. } => Some(("samples", *samples)),
            Member::Skill { count, .. } => Some(("count", *count)),
            _ => None,
        };
        let most = i64::try_from(MAXIMUM_VOTERS).unwrap_or(i64::MAX);
        if let Some((name, Some(count))) = count {
            if (1..=most).contains(&count) {
                total = total.saturating_add(count);
            } else {
                wrongs.push(Wrong::new(Code::WrongElectorate, field(name), format!("From 1 to {MAXIMUM_VOTERS}.")));
            }
        } else {
            total = total.saturating_add(1);
        }
        if let Some(weight) = member.weight() {
            if Weight::new(weight).is_err() {
                wrongs.push(Wrong::new(Code::WrongWeight, field("weight"), "A weight is a number above 0 and at most 1,000,000."));
            }
            if decision.weights.is_some_and(|from| from != Weighting::Given) {
                wrongs.push(Wrong::new(
                    Code::WrongWeight,
                    field("weight"),
                    "Weights are given here and asked for elsewhere: leave `weights` out.",
                ));
            }
        }
        if total > most {
            wrongs.push(Wrong::new(
                Code::WrongElectorate,
                "/electorate",
                format!("At most {MAXIMUM_VOTERS} voters, samples counted one by one."),
            ));
            return;
        }
    }
}

fn terms(decision: &NewDecision, wrongs: &mut Vec<Wrong>) {
    match decision.quorum {
        Some(Quorum::Voters(count)) if count < 0 => {
            wrongs.push(Wrong::new(Code::QuorumOutOfReach, "/quorum", "A quorum is a number of voters, 0 or more."));
        }
        Some(Quorum::Share { share }) if !(0.0..=1.0).contains(&share) => {
            wrongs.push(Wrong::new(Code::QuorumOutOfReach, "/quorum/share", "A share of the voters is from 0 to 1."));
        }
        _ => {}
    }
    if let Some(share) = decision.threshold {
        if Threshold::supermajority(share).is_none() {
            wrongs.push(Wrong::new(Code::WrongThreshold, "/threshold", "A threshold is a share of the votes, above 0.5 and at most 1."));
        }
        if matches!(decision.rule, DecisionRule::Majority | DecisionRule::Unanimity) || !decision.rule.counts() {
            let message = format!("The rule `{}` has no other threshold: leave it out, or use `supermajority`.", decision.rule);
            wrongs.push(Wrong::new(Code::WrongThreshold, "/threshold", message));
        }
    }
    if decision.minimum_margin.is_some_and(|margin| !(0.0..=1.0).contains(&margin)) {
        wrongs.push(Wrong::new(Code::WrongThreshold, "/minimum_margin", "A margin is a share, from 0 to 1."));
    }
    if let Some(scale) = decision.scale {
        if Scale::new(scale.least, scale.most).is_err() {
            let message = "A scale goes from one number up to a greater one, from -1,000,000 to 1,000,000.";
            wrongs.push(Wrong::new(Code::WrongScale, "/scale", message));
        }
        if decision.rule.reads() != BallotKind::Scores {
            wrongs.push(Wrong::new(Code::WrongScale, "/scale", "Only `score` and `median` read scores: leave the scale out."));
        }
    }
    let mut seen = BTreeSet::new();
    for (place, breaker) in decision.tie_break.iter().enumerate() {
        if !seen.insert(*breaker) {
            wrongs.push(Wrong::new(Code::InvalidDecision, format!("/tie_break/{place}"), "It stands there twice: once is enough."));
        }
    }
    if decision.tie_break.iter().rev().skip(1).any(|breaker| *breaker == TieBreaker::Lot) {
        wrongs.push(Wrong::new(Code::InvalidDecision, "/tie_break", "A lot breaks every tie: put it last."));
    }
}

fn rule(decision: &NewDecision, wrongs: &mut Vec<Wrong>) {
    let mut unfit = |field: &str, message: &str| wrongs.push(Wrong::new(Code::RuleUnfit, field, message));
    let rule = decision.rule;
    if rule == DecisionRule::Synthesis && !decision.is_free() {
        unfit("/rule", "A synthesis writes a new answer: ask for free answers.");
    }
    if (rule == DecisionRule::Synthesis) != decision.synthesizer.is_some() {
        unfit("/synthesizer", "The rule `synthesis` needs an agent that writes the answer, and no other rule has one.");
    }
    if rule == DecisionRule::Judge && decision.escalation.judge.is_none() {
        unfit("/escalation/judge", "The rule `judge` needs a judge.");
    }
    if rule == DecisionRule::Debate && decision.escalation.debate == Debate::Never {
        unfit("/escalation/debate", "The rule `debate` needs a debate.");
    }
    match (decision.ballots, decision.is_free()) {
        (Some(BallotSource::Drafts), false) => unfit("/ballots", "Only free answers are drafted: leave this out."),
        (Some(BallotSource::Drafts), true) if rule.reads() != BallotKind::Choice => {
            unfit("/ballots", "A draft names one answer, and this rule reads more: use `separate`.");
        }
        (Some(BallotSource::Separate), true) if !rule.counts() => unfit("/ballots", "There are no ballots by this rule: leave this out."),
        _ => {}
    }
    if let Otherwise::Option { key } = &decision.escalation.otherwise {
        let known = matches!(&decision.answers, Answers::Options { options } if options.iter().any(|option| option.key == *key));
        if !known {
            unfit("/escalation/otherwise/key", "This is no option of the question.");
        }
    }
}

fn times(decision: &NewDecision, wrongs: &mut Vec<Wrong>) {
    let mut wrong = |field: &str, message: String| wrongs.push(Wrong::new(Code::InvalidDecision, field, message));
    if !(1..=MAXIMUM_DEADLINE_SECONDS).contains(&decision.deadline_seconds) {
        wrong("/deadline_seconds", format!("From 1 to {MAXIMUM_DEADLINE_SECONDS} seconds."));
    }
    if decision.stage_seconds.is_some_and(|seconds| seconds < 1 || seconds > decision.deadline_seconds) {
        wrong("/stage_seconds", "From 1 to the seconds of the deadline.".into());
    }
    if let Some(field) = decision.budget.invalid_field() {
        let message = format!("Above 0 and at most {} tokens, {} in money.", Budget::MAXIMUM_TOKENS, Budget::MAXIMUM_COST);
        wrong(&format!("/budget/{field}"), message);
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::id::AgentId;
    use serde_json::{Value, json};

    use super::*;

    fn base() -> Value {
        json!({
            "question": "Ship it?",
            "answers": {"kind": "options", "options": [{"key": "yes"}, {"key": "no"}]},
            "electorate": [{"kind": "skill", "skill": "code_analysis.review", "count": 3}],
        })
    }

    /// The code and the wrong fields of the base with a change merged into it.
    fn refused(change: Value) -> (String, Vec<String>) {
        let mut asked = base();
        for (key, value) in change.as_object().unwrap() {
            asked[key] = value.clone();
        }
        let decision: NewDecision = serde_json::from_value(asked).unwrap();
        match check(&decision) {
            Ok(()) => (String::new(), vec![]),
            Err(problem) => (problem.code, problem.errors.into_iter().map(|error| error.field).collect()),
        }
    }

    #[test]
    fn what_is_well_asked_passes() {
        assert_eq!(refused(json!({})), (String::new(), vec![]));
        let agent = AgentId::new(uuid::Uuid::from_u128(7));
        for change in [
            json!({"rule": "supermajority", "threshold": 0.75, "quorum": {"share": 0.6}}),
            json!({"rule": "median", "scale": {"least": 0, "most": 5}, "tie_break": ["borda", "lot"]}),
            json!({"answers": {"kind": "free", "canonical": {"method": "number", "absolute": 0.01}}}),
            json!({"electorate": [{"kind": "agent", "agent_id": agent, "samples": 5}], "answers": {"kind": "free"}}),
            json!({"rule": "judge", "electorate": [], "escalation": {"judge": {"kind": "agent", "agent_id": agent}}}),
            json!({"escalation": {"otherwise": {"kind": "option", "key": "no"}, "people": [{"kind": "role", "role": "operator"}]}}),
        ] {
            assert_eq!(refused(change.clone()), (String::new(), vec![]), "{change}");
        }
    }

    #[test]
    fn each_wrong_field_has_its_code() {
        let agent = AgentId::new(uuid::Uuid::from_u128(7));
        for (change, code, field) in [
            (json!({"question": " "}), "DECISION-002", "/question"),
            (json!({"question": "x".repeat(MAXIMUM_QUESTION_BYTES + 1)}), "DECISION-002", "/question"),
            (json!({"answers": {"kind": "options", "options": []}}), "DECISION-003", "/answers/options"),
            (json!({"answers": {"kind": "options", "options": [{"key": "yes"}]}}), "DECISION-003", "/answers/options"),
            (
                json!({"answers": {"kind": "options", "options": [{"key": "yes"}, {"key": "no"}, {"key": " YES"}]}}),
                "DECISION-003",
                "/answers/options/2/key",
            ),
            (json!({"answers": {"kind": "options", "options": [{"key": ""}, {"key": "no"}]}}), "DECISION-003", "/answers/options/0/key"),
            (
                json!({"answers": {"kind": "options", "options": (0..=MAXIMUM_OPTIONS).map(|n| json!({"key": n.to_string()})).collect::<Vec<_>>()}}),
                "DECISION-003",
                "/answers/options",
            ),
            (json!({"electorate": []}), "DECISION-004", "/electorate"),
            (json!({"electorate": [{"kind": "agent", "agent_id": agent, "samples": 0}]}), "DECISION-004", "/electorate/0/samples"),
            (json!({"electorate": [{"kind": "agent", "agent_id": agent, "samples": 1001}]}), "DECISION-004", "/electorate/0/samples"),
            (
                json!({"electorate": [{"kind": "agent", "agent_id": agent, "samples": 600}, {"kind": "skill", "skill": "s", "count": 600}]}),
                "DECISION-004",
                "/electorate",
            ),
            (json!({"electorate": [{"kind": "agent", "agent_id": agent, "weight": 0}]}), "DECISION-005", "/electorate/0/weight"),
            (json!({"electorate": [{"kind": "agent", "agent_id": agent, "weight": 2e6}]}), "DECISION-005", "/electorate/0/weight"),
            (
                json!({"electorate": [{"kind": "agent", "agent_id": agent, "weight": 2}], "weights": "equal"}),
                "DECISION-005",
                "/electorate/0/weight",
            ),
            (json!({"quorum": -1}), "DECISION-006", "/quorum"),
            (json!({"quorum": {"share": 1.5}}), "DECISION-006", "/quorum/share"),
            (json!({"threshold": 0.5}), "DECISION-007", "/threshold"),
            (json!({"threshold": 1.01}), "DECISION-007", "/threshold"),
            (json!({"rule": "majority", "threshold": 0.6}), "DECISION-007", "/threshold"),
            (json!({"minimum_margin": -0.1}), "DECISION-007", "/minimum_margin"),
            (json!({"rule": "synthesis"}), "DECISION-008", "/rule"),
            (json!({"rule": "synthesis", "answers": {"kind": "free"}}), "DECISION-008", "/synthesizer"),
            (json!({"rule": "judge"}), "DECISION-008", "/escalation/judge"),
            (json!({"rule": "debate", "escalation": {"debate": "never"}}), "DECISION-008", "/escalation/debate"),
            (json!({"ballots": "drafts"}), "DECISION-008", "/ballots"),
            (json!({"ballots": "drafts", "rule": "borda", "answers": {"kind": "free"}}), "DECISION-008", "/ballots"),
            (json!({"escalation": {"otherwise": {"kind": "option", "key": "maybe"}}}), "DECISION-008", "/escalation/otherwise/key"),
            (json!({"rule": "score", "scale": {"least": 5, "most": 5}}), "DECISION-009", "/scale"),
            (json!({"scale": {"least": 0, "most": 5}}), "DECISION-009", "/scale"),
            (json!({"tie_break": ["lot", "borda"]}), "DECISION-002", "/tie_break"),
            (json!({"tie_break": ["borda", "borda"]}), "DECISION-002", "/tie_break/1"),
            (json!({"deadline_seconds": 0}), "DECISION-002", "/deadline_seconds"),
            (json!({"deadline_seconds": 10, "stage_seconds": 11}), "DECISION-002", "/stage_seconds"),
            (json!({"budget": {"tokens": 0}}), "DECISION-002", "/budget/tokens"),
            (
                json!({"answers": {"kind": "free", "canonical": {"method": "number", "relative": 1.0}}}),
                "DECISION-010",
                "/answers/canonical/relative",
            ),
            (
                json!({"answers": {"kind": "free", "canonical": {"method": "json", "fields": ["/a", format!("/{}", "x".repeat(1_000))]}}}),
                "DECISION-010",
                "/answers/canonical/fields/1",
            ),
        ] {
            let (found, fields) = refused(change.clone());
            assert!(found == code && fields.iter().any(|one| one == field), "{change}: {found} {fields:?}");
        }
    }

    #[test]
    fn what_json_cannot_say_is_refused_too() {
        let mut decision: NewDecision = serde_json::from_value(base()).unwrap();
        decision.threshold = Some(f64::NAN);
        decision.minimum_margin = Some(f64::NAN);
        decision.quorum = Some(Quorum::Share { share: f64::NAN });
        decision.electorate = vec![Member::Skill { skill: "s".into(), count: None, weight: Some(f64::NAN) }];
        let problem = check(&decision).unwrap_err();
        assert_eq!(problem.code, "DECISION-002", "fields of several codes");
        let found: Vec<(&str, bool)> =
            problem.errors.iter().map(|error| (error.field.as_str(), error.message.contains("(DECISION-00"))).collect();
        assert_eq!(found, [("/electorate/0/weight", true), ("/quorum/share", true), ("/threshold", true), ("/minimum_margin", true)]);
    }
}
