//! Who exactly votes, judges and is asked? An electorate's words become a list that is stored and never changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use baton_domain::id::{AgentId, UserId};
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Role;
use baton_voting::Weight;
use serde::{Deserialize, Serialize};

use crate::decision::{AgentChoice, MAXIMUM_VOTERS, Member, NewDecision, PersonChoice, Quorum, Weighting, Wrong, problem};
use crate::lab::{Calibration, log_odds_weights};

/// A voter's name within its decision: `agent:<id>`, `agent:<id>#2` for a second sample, `user:<id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VoterId(String);

impl VoterId {
    /// One sample of an agent; the first is 1.
    #[must_use]
    pub fn agent(agent: AgentId, sample: u32) -> Self {
        Self(if sample <= 1 { format!("agent:{agent}") } else { format!("agent:{agent}#{sample}") })
    }

    /// A person.
    #[must_use]
    pub fn person(user: UserId) -> Self {
        Self(format!("user:{user}"))
    }

    /// The name as it stands in an address or a request. It names a voter only where the roster has it.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VoterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who a voter is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Who {
    /// An agent.
    Agent {
        /// The agent.
        agent_id: AgentId,
        /// Which of its answers this is, from 1.
        sample: u32,
    },
    /// A person.
    Person {
        /// The person.
        user_id: UserId,
    },
}

/// A voter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voter {
    /// Its name within the decision.
    pub id: VoterId,
    /// Who it is.
    pub who: Who,
    /// The family of the model that answers for it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// How much it counts, in millionths of a vote.
    pub weight: u64,
    /// What its confidence is worth, as its record has it.
    #[serde(default)]
    pub calibration: Calibration,
}

/// An agent that judges or writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The agent.
    pub agent_id: AgentId,
    /// The family of its model, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
}

/// All who take part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The voters, by their names.
    pub voters: BTreeMap<VoterId, Voter>,
    /// How many of them must take part.
    pub quorum: usize,
    /// Who judges if it comes to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<Seat>,
    /// Who writes one answer out of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthesizer: Option<Seat>,
    /// Who is asked at last, before the deadline.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub people: BTreeSet<UserId>,
}

/// An agent that there is.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownAgent {
    /// The agent.
    pub agent_id: AgentId,
    /// What it can do.
    pub skills: Vec<String>,
    /// The family of its model, where that is known.
    pub family: Option<String>,
    /// Whether it takes work now.
    pub available: bool,
    /// How good its record in such questions is: see [`crate::lab::Routing`]. The better is asked first.
    pub score: f64,
    /// How often it was right, with few samples drawn to the mean: see [`crate::lab::Record::accuracy`]. None if nothing is known.
    pub accuracy: Option<f64>,
    /// What its confidence is worth.
    pub calibration: Calibration,
}

/// A person that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownUser {
    /// The person.
    pub user_id: UserId,
    /// Their role.
    pub role: Role,
}

/// Whom an electorate may name.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// All agents.
    pub agents: &'a [KnownAgent],
    /// All people.
    pub users: &'a [KnownUser],
}

/// What was found of a member: a voter, its weight if one is given, its accuracy if one is known.
struct Found {
    voter: Voter,
    given: Option<f64>,
    accuracy: Option<f64>,
}

/// Finds the voters, the judge and the people of a decision that [`crate::decision::check`] has passed. Somebody who is named twice votes once, with the
/// first weight that is given.
///
/// # Errors
/// A problem that names every member that there is not, a quorum above the electorate, a weight of half of all or more, and a judge who votes or is of
/// a voter's family.
pub fn resolve(decision: &NewDecision, known: Known<'_>) -> Result<Roster, Problem> {
    let mut wrongs = Vec::new();
    let mut found: BTreeMap<VoterId, Found> = BTreeMap::new();
    for (place, member) in decision.electorate.iter().enumerate() {
        match of_member(member, known) {
            Ok(voters) => {
                for one in voters {
                    let given = one.given;
                    // A weight that is given counts, in whichever of the places.
                    let known = found.entry(one.voter.id.clone()).or_insert(one);
                    known.given = known.given.or(given);
                }
            }
            Err((field, message)) => wrongs.push(Wrong::new(Code::WrongElectorate, format!("/electorate/{place}/{field}"), message)),
        }
    }
    if found.len() > MAXIMUM_VOTERS {
        wrongs.push(Wrong::new(
            Code::WrongElectorate,
            "/electorate",
            format!("These are {} voters; at most {MAXIMUM_VOTERS} may be.", found.len()),
        ));
    }
    let weights = weigh(decision, &found);
    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let alike = weights.windows(2).all(|pair| pair.first() == pair.last());
    if !alike && !decision.allow_dictator && weights.iter().any(|weight| u128::from(*weight) * 2 >= total) {
        wrongs.push(Wrong::new(
            Code::WrongWeight,
            "/electorate",
            "One voter has half of all weight or more and would decide alone: lower it, or set `allow_dictator`.",
        ));
    }
    let voters: BTreeMap<VoterId, Voter> =
        found.into_iter().zip(weights).map(|((id, found), weight)| (id, Voter { weight, ..found.voter })).collect();
    let quorum = decision.quorum.map_or(Quorum::majority(voters.len()), |quorum| quorum.of(voters.len()));
    if quorum > voters.len() {
        let message = format!("The quorum is {quorum} and there are {} voters: it could never be reached.", voters.len());
        wrongs.push(Wrong::new(Code::QuorumOutOfReach, "/quorum", message));
    }
    let judge = decision.escalation.judge.as_ref().and_then(|choice| {
        seat(choice, known, Some(&voters)).map_err(|message| wrongs.push(Wrong::new(Code::JudgeUnfit, "/escalation/judge", message))).ok()
    });
    let synthesizer = decision.synthesizer.as_ref().and_then(|choice| {
        seat(choice, known, None).map_err(|message| wrongs.push(Wrong::new(Code::JudgeUnfit, "/synthesizer", message))).ok()
    });
    let people = people(decision, known, &mut wrongs);
    problem(wrongs)?;
    Ok(Roster { voters, quorum, judge, synthesizer, people })
}

fn of_member(member: &Member, known: Known<'_>) -> Result<Vec<Found>, (&'static str, String)> {
    let of_agent = |agent: &KnownAgent, sample: u32, given: Option<f64>| Found {
        voter: Voter {
            id: VoterId::agent(agent.agent_id, sample),
            who: Who::Agent { agent_id: agent.agent_id, sample },
            family: agent.family.clone(),
            weight: Weight::ONE.millionths(),
            calibration: agent.calibration.clone(),
        },
        given,
        accuracy: agent.accuracy,
    };
    let of_person = |user: &KnownUser, given: Option<f64>| Found {
        voter: Voter {
            id: VoterId::person(user.user_id),
            who: Who::Person { user_id: user.user_id },
            family: None,
            weight: Weight::ONE.millionths(),
            calibration: Calibration::default(),
        },
        given,
        accuracy: None,
    };
    match member {
        Member::Agent { agent_id, samples, weight } => {
            let agent = known.agents.iter().find(|agent| agent.agent_id == *agent_id && agent.available);
            let agent = agent.ok_or(("agent_id", "There is no such agent that takes work.".to_owned()))?;
            let samples = u32::try_from(samples.unwrap_or(1)).unwrap_or(1).max(1);
            Ok((1..=samples).map(|sample| of_agent(agent, sample, *weight)).collect())
        }
        Member::Skill { skill, count, weight } => {
            let able = best_first(skill, known);
            let wanted = count.map_or(able.len(), |count| usize::try_from(count).unwrap_or(0));
            if able.is_empty() {
                return Err(("skill", format!("No agent that takes work has the skill `{skill}`.")));
            }
            if wanted > able.len() {
                return Err((
                    "count",
                    format!("Only {} agents that take work have the skill `{skill}`: ask for samples of one, or for fewer.", able.len()),
                ));
            }
            Ok(of_all_families(&able, wanted).into_iter().map(|agent| of_agent(agent, 1, *weight)).collect())
        }
        Member::User { user_id, weight } => {
            let user = known.users.iter().find(|user| user.user_id == *user_id);
            Ok(vec![of_person(user.ok_or(("user_id", "There is no such person.".to_owned()))?, *weight)])
        }
        Member::Role { role, weight } => {
            let found: Vec<Found> = known.users.iter().filter(|user| user.role == *role).map(|user| of_person(user, *weight)).collect();
            if found.is_empty() { Err(("role", format!("Nobody has the role `{}`.", role.as_str()))) } else { Ok(found) }
        }
    }
}

fn best_first<'a>(skill: &str, known: Known<'a>) -> Vec<&'a KnownAgent> {
    let mut able: Vec<&KnownAgent> =
        known.agents.iter().filter(|agent| agent.available && agent.skills.iter().any(|one| one == skill)).collect();
    able.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.agent_id.cmp(&other.agent_id)));
    able
}

/// The best of each family first, then the second of each: voters of one model make the same mistakes. Who is of no known family is one by itself.
fn of_all_families<'a>(able: &[&'a KnownAgent], wanted: usize) -> Vec<&'a KnownAgent> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut turns: Vec<(usize, &KnownAgent)> = able
        .iter()
        .map(|agent| {
            let turn = agent.family.as_deref().map_or(0, |family| {
                let count = seen.entry(family).or_default();
                *count += 1;
                *count - 1
            });
            (turn, *agent)
        })
        .collect();
    // Stable: within a turn the best stay first.
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().take(wanted).map(|(_, agent)| agent).collect()
}

fn weigh(decision: &NewDecision, found: &BTreeMap<VoterId, Found>) -> Vec<u64> {
    match decision.weighting() {
        Weighting::Equal => vec![Weight::ONE.millionths(); found.len()],
        Weighting::Given => {
            found.values().map(|one| one.given.and_then(|weight| Weight::new(weight).ok()).unwrap_or(Weight::ONE).millionths()).collect()
        }
        Weighting::Records => {
            let options = match &decision.answers {
                crate::decision::Answers::Options { options } => options.len(),
                // How many answers there will be is not known: as with two, which is the most cautious.
                crate::decision::Answers::Free { .. } => 2,
            };
            let accuracies: Vec<Option<f64>> = found.values().map(|one| one.accuracy).collect();
            log_odds_weights(&accuracies, options)
        }
    }
}

/// Finds an agent for a seat. A judge, for whom the voters are given, is none of them, and of none of their families if that can be.
fn seat(choice: &AgentChoice, known: Known<'_>, voters: Option<&BTreeMap<VoterId, Voter>>) -> Result<Seat, String> {
    let votes = |agent: &KnownAgent| {
        voters.is_some_and(|voters| {
            voters.values().any(|voter| matches!(voter.who, Who::Agent { agent_id, .. } if agent_id == agent.agent_id))
        })
    };
    let kin = |agent: &KnownAgent| {
        agent.family.is_some() && voters.is_some_and(|voters| voters.values().any(|voter| voter.family == agent.family))
    };
    let found = match choice {
        AgentChoice::Agent { agent_id } => {
            let agent = known.agents.iter().find(|agent| agent.agent_id == *agent_id && agent.available);
            let agent = agent.ok_or("There is no such agent that takes work.")?;
            if votes(agent) {
                return Err("This agent votes, and may not judge its own answer: name another one.".into());
            }
            if kin(agent) {
                return Err("This agent's model is of a voter's family, and would favour it: name another one.".into());
            }
            agent
        }
        AgentChoice::Skill { skill } => {
            let best = best_first(skill, known);
            let free = || best.iter().filter(|agent| !votes(agent));
            // Of another family if there is one: a house with a single model has judges too, and the seat says of which family its own is.
            *free()
                .find(|agent| !kin(agent))
                .or_else(|| free().next())
                .ok_or_else(|| format!("No agent with the skill `{skill}` is free of the voters."))?
        }
    };
    Ok(Seat { agent_id: found.agent_id, family: found.family.clone() })
}

fn people(decision: &NewDecision, known: Known<'_>, wrongs: &mut Vec<Wrong>) -> BTreeSet<UserId> {
    let mut people = BTreeSet::new();
    for (place, choice) in decision.escalation.people.iter().enumerate() {
        let found: Vec<UserId> = known
            .users
            .iter()
            .filter(|user| match choice {
                PersonChoice::User { user_id } => user.user_id == *user_id,
                PersonChoice::Role { role } => user.role == *role,
            })
            .map(|user| user.user_id)
            .collect();
        if found.is_empty() {
            wrongs.push(Wrong::new(Code::WrongElectorate, format!("/escalation/people/{place}"), "There is nobody like that."));
        }
        people.extend(found);
    }
    people
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn agent(number: u128, family: Option<&str>, score: f64) -> KnownAgent {
        KnownAgent {
            agent_id: AgentId::new(Uuid::from_u128(number)),
            skills: vec!["answer".into()],
            family: family.map(str::to_owned),
            available: true,
            score,
            accuracy: Some(score),
            calibration: Calibration::default(),
        }
    }

    fn ask(change: serde_json::Value) -> NewDecision {
        let mut asked = json!({
            "question": "Ship it?",
            "answers": {"kind": "options", "options": [{"key": "yes"}, {"key": "no"}]},
            "electorate": [{"kind": "skill", "skill": "answer"}],
        });
        for (key, value) in change.as_object().unwrap() {
            asked[key] = value.clone();
        }
        let decision = serde_json::from_value(asked).unwrap();
        crate::decision::check(&decision).unwrap();
        decision
    }

    fn agents() -> Vec<KnownAgent> {
        vec![
            agent(1, Some("a"), 0.9),
            agent(2, Some("a"), 0.8),
            agent(3, Some("b"), 0.7),
            agent(4, None, 0.6),
            KnownAgent { available: false, ..agent(5, Some("c"), 0.99) },
        ]
    }

    fn roster(change: serde_json::Value) -> Result<Roster, Problem> {
        let users = [KnownUser { user_id: UserId::new(Uuid::from_u128(9)), role: Role::Operator }];
        resolve(&ask(change), Known { agents: &agents(), users: &users })
    }

    fn id(number: u128) -> String {
        Uuid::from_u128(number).hyphenated().to_string()
    }

    #[test]
    fn families_come_before_seconds_of_one_family() {
        let found = roster(json!({"electorate": [{"kind": "skill", "skill": "answer", "count": 3}]})).unwrap();
        let names: Vec<&str> = found.voters.keys().map(VoterId::as_str).collect();
        assert_eq!(names, [format!("agent:{}", id(1)), format!("agent:{}", id(3)), format!("agent:{}", id(4))]);
        assert_eq!(found.quorum, 2);
    }

    #[test]
    fn who_is_named_twice_votes_once_and_samples_are_voters() {
        let found = roster(json!({"electorate": [
            {"kind": "agent", "agent_id": id(1), "samples": 3}, {"kind": "skill", "skill": "answer"}, {"kind": "role", "role": "operator"},
            {"kind": "user", "user_id": id(9)},
        ]}))
        .unwrap();
        assert_eq!(found.voters.len(), 7, "{:?}", found.voters.keys());
        assert!(found.voters.contains_key(&VoterId::named(format!("agent:{}#3", id(1)))));
    }

    #[test]
    fn who_is_not_there_is_told() {
        for (change, code, field) in [
            (json!({"electorate": [{"kind": "skill", "skill": "dance"}]}), "DECISION-004", "/electorate/0/skill"),
            (json!({"electorate": [{"kind": "skill", "skill": "answer", "count": 9}]}), "DECISION-004", "/electorate/0/count"),
            (json!({"electorate": [{"kind": "agent", "agent_id": id(5)}]}), "DECISION-004", "/electorate/0/agent_id"),
            (json!({"electorate": [{"kind": "user", "user_id": id(1)}]}), "DECISION-004", "/electorate/0/user_id"),
            (json!({"electorate": [{"kind": "role", "role": "viewer"}]}), "DECISION-004", "/electorate/0/role"),
            (json!({"escalation": {"people": [{"kind": "role", "role": "viewer"}]}}), "DECISION-004", "/escalation/people/0"),
            (json!({"quorum": 5}), "DECISION-006", "/quorum"),
            (json!({"escalation": {"judge": {"kind": "agent", "agent_id": id(1)}}}), "DECISION-011", "/escalation/judge"),
            (json!({"escalation": {"judge": {"kind": "skill", "skill": "answer"}}}), "DECISION-011", "/escalation/judge"),
            (
                json!({"electorate": [{"kind": "agent", "agent_id": id(1)}], "escalation": {"judge": {"kind": "agent", "agent_id": id(2)}}}),
                "DECISION-011",
                "/escalation/judge",
            ),
        ] {
            let problem = roster(change.clone()).unwrap_err();
            assert!(problem.code == code && problem.errors[0].field == field, "{change}: {problem}");
        }
    }

    #[test]
    fn a_judge_is_of_another_family() {
        let change = json!({
            "electorate": [{"kind": "agent", "agent_id": id(1)}, {"kind": "agent", "agent_id": id(2)}],
            "escalation": {"judge": {"kind": "skill", "skill": "answer"}},
        });
        assert_eq!(roster(change).unwrap().judge.unwrap().agent_id, AgentId::new(Uuid::from_u128(3)));
    }

    #[test]
    fn nobody_decides_alone_unless_that_is_wanted() {
        let weighted = |weight: f64, allowed: bool| {
            json!({"allow_dictator": allowed, "electorate": [
                {"kind": "agent", "agent_id": id(1), "weight": weight}, {"kind": "agent", "agent_id": id(2)}, {"kind": "agent", "agent_id": id(3)},
            ]})
        };
        assert_eq!(roster(weighted(2.0, false)).unwrap_err().code, "DECISION-005");
        assert_eq!(roster(weighted(1.99, false)).unwrap().voters.values().map(|voter| voter.weight).max(), Some(1_990_000));
        assert!(roster(weighted(2.0, true)).is_ok());
        assert!(
            roster(json!({"electorate": [{"kind": "agent", "agent_id": id(1)}, {"kind": "agent", "agent_id": id(3)}]})).is_ok(),
            "two alike"
        );
        let by_records = roster(json!({"rule": "weighted"})).unwrap();
        let weights: Vec<u64> = by_records.voters.values().map(|voter| voter.weight).collect();
        assert!(weights.is_sorted_by(|one, other| one > other), "the better count more: {weights:?}");
        assert!(weights[0] * 2 < weights.iter().sum::<u64>());
    }
}
