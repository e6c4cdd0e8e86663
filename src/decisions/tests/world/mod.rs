//! A small world for decisions: random questions, and voters who answer, fail, die, fall silent, come late, repeat themselves and talk nonsense, all
//! from a seed. What somebody does depends on the request alone, so that the same request asked again is answered the same.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use baton_decisions::canonical::Canonicalisation;
use baton_decisions::decision::{
    AgentChoice, Answers, BallotKind, BallotSource, ChoiceOption, Debate, DecisionRule, Escalation, Member, NewDecision, Otherwise,
    PersonChoice, Quorum, TieBreaker, check,
};
use baton_decisions::lab::Calibration;
use baton_decisions::protocol::{
    Action, BallotGiven, Candidate, Command, Deadline, DraftGiven, Fact, Happened, Opening, PersonAnswer, Proceedings, Receipt, Request,
    Said, Spent,
};
use baton_decisions::roster::{Known, KnownAgent, KnownUser, VoterId, resolve};
use baton_domain::id::{AgentId, DecisionId, UserId};
use baton_domain::task::Budget;
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use serde_json::{Value, json};
use uuid::Uuid;

/// `SplitMix64`.
#[derive(Clone)]
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Numbers of their own for each name.
    pub fn named(seed: u64, name: &str) -> Self {
        Self(name.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

pub fn agent_id(number: usize) -> AgentId {
    AgentId::new(Uuid::from_u128(1_000 + number as u128))
}

pub fn user_id(number: usize) -> UserId {
    UserId::new(Uuid::from_u128(9_000 + number as u128))
}

/// Everybody that there is: agents 0 to 6 of families `f0` to `f2`, agent 7 of a family of its own, and six people.
pub fn opening(decision: NewDecision, seed: u64) -> Opening {
    opening_among(8, decision, seed)
}

/// The same where there are so many agents; the eighth is the judge.
pub fn opening_among(count: usize, decision: NewDecision, seed: u64) -> Opening {
    let agents: Vec<KnownAgent> = (0..count)
        .map(|number| KnownAgent {
            agent_id: agent_id(number),
            skills: vec![if number != 7 { "answer".into() } else { "judge".into() }],
            family: Some(if number != 7 { format!("f{}", number % 3) } else { "judges".into() }),
            available: true,
            score: 1.0 - number as f64 / 10.0,
            accuracy: Some(0.9 - number.min(17) as f64 / 20.0),
            calibration: Calibration::default(),
        })
        .collect();
    let users: Vec<KnownUser> = (0..6).map(|number| KnownUser { user_id: user_id(number), role: Role::Operator }).collect();
    check(&decision).unwrap();
    let roster = resolve(&decision, Known { agents: &agents, users: &users }).unwrap();
    Opening { id: DecisionId::new(Uuid::from_u128(42)), decision, roster, seed, at: Timestamp::from_millis(1_000_000) }
}

/// Options `a`, `b` and so on.
pub fn options(count: usize) -> Answers {
    let key = |place: usize| ["a", "b", "c", "d", "e"][place].to_owned();
    Answers::Options { options: (0..count).map(|place| ChoiceOption { key: key(place), label: None, description: None }).collect() }
}

pub fn voters(count: usize) -> Vec<Member> {
    (0..count).map(|number| Member::Agent { agent_id: agent_id(number), samples: None, weight: None }).collect()
}

/// Any question that may be asked.
pub fn random_decision(draw: &mut Draw) -> NewDecision {
    let rule = draw.one(DecisionRule::ALL);
    let free = rule == DecisionRule::Synthesis || draw.chance(50);
    let answers = if free {
        let canonical = match draw.below(4) {
            0 => Canonicalisation::Exact { ignore_case: draw.chance(50) },
            1 => Canonicalisation::Number { absolute: draw.one(&[0.0, 0.5, 1.0]), relative: 0.0 },
            2 => Canonicalisation::Json { fields: if draw.chance(50) { vec!["/x".into()] } else { vec![] }, ignore_case: false },
            _ => Canonicalisation::Clustered,
        };
        Answers::Free { canonical }
    } else {
        options(2 + draw.below(4))
    };
    let count = 1 + draw.below(6);
    let mut electorate: Vec<Member> = (0..count)
        .map(|number| {
            let weight = draw.chance(30).then(|| 0.5 + draw.below(20) as f64 / 10.0);
            match draw.below(6) {
                0 => Member::User { user_id: user_id(number), weight },
                1 => Member::Agent { agent_id: agent_id(number), samples: Some(2), weight },
                _ => Member::Agent { agent_id: agent_id(number), samples: None, weight },
            }
        })
        .collect();
    if rule == DecisionRule::Judge && !free && draw.chance(30) {
        electorate.clear();
    }
    let least = electorate.len();
    let judge = (rule == DecisionRule::Judge || draw.chance(50)).then(|| AgentChoice::Agent { agent_id: agent_id(7) });
    let mut tie_break: Vec<TieBreaker> = Vec::new();
    for breaker in TieBreaker::ALL {
        if draw.chance(12) {
            tie_break.push(*breaker);
        }
    }
    let plain = matches!(rule, DecisionRule::Majority | DecisionRule::Unanimity) || !rule.counts();
    NewDecision {
        rule,
        ballots: (free && rule.counts() && draw.chance(30)).then_some(BallotSource::Separate),
        quorum: draw.chance(60).then(|| Quorum::Voters(draw.below(least + 1) as i64)),
        threshold: (!plain && draw.chance(25)).then(|| draw.one(&[0.51, 0.67, 0.75, 1.0])),
        minimum_margin: draw.chance(15).then(|| draw.one(&[0.1, 0.3])),
        allow_dictator: true,
        tie_break,
        early_stop: draw.chance(50),
        deadline_seconds: 60,
        stage_seconds: draw.chance(30).then_some(10),
        budget: Budget { tokens: draw.chance(20).then(|| 1 + draw.below(100) as u64), cost: None },
        synthesizer: (rule == DecisionRule::Synthesis).then(|| AgentChoice::Agent { agent_id: agent_id(0) }),
        escalation: Escalation {
            debate: if rule != DecisionRule::Debate && draw.chance(30) { Debate::Never } else { Debate::IfMissed },
            judge,
            people: if draw.chance(40) { vec![PersonChoice::User { user_id: user_id(0) }] } else { vec![] },
            otherwise: match draw.below(4) {
                0 => Otherwise::Refuse,
                1 if !free => Otherwise::Option { key: "a".into() },
                _ => Otherwise::Escalate,
            },
        },
        ..NewDecision::of("What now?", answers, electorate)
    }
}

/// What voters do in a world.
#[derive(Clone, Copy)]
pub struct Manners {
    /// The seed.
    pub seed: u64,
    /// Whether anybody fails, dies, falls silent, comes late, repeats itself or talks nonsense.
    pub wild: bool,
    /// Whether what comes late costs anything.
    pub late_costs: bool,
}

/// What comes back for a request: now, and after its stage.
pub fn answers(proceedings: &Proceedings, command: &Command, manners: Manners) -> (Vec<Happened>, Vec<Happened>) {
    let mut draw = Draw::named(manners.seed, &command.id);
    let spent = Spent { tokens: draw.below(20) as u64, cost_millionths: draw.below(1_000) as u64 };
    let request: Option<Request> = command.id.split_once('/').and_then(|(_, name)| name.parse().ok());
    let proper = |draw: &mut Draw| proper(proceedings, &command.action, draw, spent);
    let Some(answer) = proper(&mut draw) else { return (vec![], vec![]) };
    let request = request.unwrap();
    if !manners.wild {
        return (vec![answer], vec![]);
    }
    let failed = || Happened::Failed { request: request.clone(), code: "ATTEMPT-002".into(), spent };
    match draw.below(20) {
        0 => (vec![], vec![]),
        1 | 2 => (vec![failed()], vec![]),
        3 => match request.voter() {
            Some(voter) => (vec![Happened::VoterDied { voter: voter.clone() }], vec![]),
            None => (vec![failed()], vec![]),
        },
        4 | 5 => (vec![], vec![if manners.late_costs { answer } else { free_of_cost(answer) }]),
        6 | 7 => {
            let other = proper(&mut draw).unwrap();
            (vec![answer.clone(), answer, other], vec![])
        }
        8 | 9 => (vec![nonsense(&answer, &mut draw), answer], vec![]),
        10 => (vec![outsider(&answer), answer], vec![]),
        11 => (vec![nonsense(&answer, &mut draw), failed(), answer], vec![]),
        _ => (vec![answer], vec![]),
    }
}

fn free_of_cost(mut answer: Happened) -> Happened {
    match &mut answer {
        Happened::DraftArrived { spent, .. }
        | Happened::ClustersArrived { spent, .. }
        | Happened::BallotArrived { spent, .. }
        | Happened::ArgumentArrived { spent, .. }
        | Happened::SynthesisArrived { spent, .. }
        | Happened::JudgeAnswered { spent, .. }
        | Happened::Failed { spent, .. } => *spent = Spent::default(),
        _ => {}
    }
    answer
}

/// A proper answer.
fn proper(proceedings: &Proceedings, action: &Action, draw: &mut Draw, spent: Spent) -> Option<Happened> {
    let confidence = draw.chance(70).then(|| draw.below(1_001) as f64 / 1_000.0);
    let rationale = draw.chance(70).then(|| format!("because of {}", draw.below(5)));
    Some(match action {
        Action::AskDraft { voter, round, .. } => {
            let draft = DraftGiven { answer: random_answer(proceedings.decision(), draw), confidence, rationale };
            Happened::DraftArrived { voter: voter.clone(), round: *round, draft, spent }
        }
        Action::AskBallot { voter, round, reads, entries, .. } => {
            let labels: Vec<String> = entries.iter().map(|entry| entry.label.clone()).collect();
            let says = random_vote(*reads, &labels, draw);
            Happened::BallotArrived { voter: voter.clone(), round: *round, ballot: BallotGiven { says, confidence, rationale }, spent }
        }
        Action::AskArgument { voter, .. } => {
            Happened::ArgumentArrived { voter: voter.clone(), argument: format!("consider {}", draw.below(4)), spent }
        }
        Action::AskClusters { round, answers } => {
            // By the texts alone: who asks again hears the same.
            let mut groups: BTreeMap<u64, Vec<VoterId>> = BTreeMap::new();
            for (voter, answer) in answers {
                groups.entry(Draw::named(3, &answer.to_string()).next() % 3).or_default().push(voter.clone());
            }
            Happened::ClustersArrived { round: *round, groups: groups.into_values().collect(), spent }
        }
        Action::AskSynthesis { .. } => Happened::SynthesisArrived { answer: json!("all of it"), spent },
        Action::AskJudge { order, candidates, .. } => {
            let best = |candidate: &&Candidate| Draw::named(5, &candidate.answer.to_string()).next();
            // Some judges look at the answers, some take the first.
            let sees = Draw::named(7, &proceedings.opening.seed.to_string()).chance(70);
            let choice = if sees { candidates.iter().min_by_key(best) } else { candidates.first() };
            Happened::JudgeAnswered { order: *order, choice: choice.map(|candidate| candidate.label.clone()), rationale, spent }
        }
        Action::AskPerson { people, choices } => {
            let answer = match choices.first() {
                Some(_) => PersonAnswer::Choice { key: draw.one(choices) },
                None if proceedings.decision().is_free() => PersonAnswer::Answer { answer: random_answer(proceedings.decision(), draw) },
                None => PersonAnswer::Refuse,
            };
            Happened::PersonAnswered { user_id: people.first().copied().unwrap_or(user_id(3)), answer, comment: None }
        }
        Action::Withdraw { .. } | Action::SetDeadline { .. } | Action::Conclude { .. } => return None,
    })
}

fn random_answer(decision: &NewDecision, draw: &mut Draw) -> Value {
    let Answers::Free { canonical } = &decision.answers else { return Value::Null };
    match canonical {
        Canonicalisation::Number { .. } => json!(draw.below(9) as f64 / 2.0),
        Canonicalisation::Json { .. } => json!({"x": draw.below(3), "y": draw.below(2)}),
        _ => json!(draw.one(&["yes", " Yes", "no", "no ", "perhaps"])),
    }
}

fn random_vote(reads: BallotKind, labels: &[String], draw: &mut Draw) -> Said {
    if labels.is_empty() || draw.chance(8) {
        return Said::Abstention;
    }
    let mut some = labels.to_vec();
    for place in (1..some.len()).rev() {
        some.swap(place, draw.below(place + 1));
    }
    some.truncate(1 + draw.below(labels.len()));
    match reads {
        BallotKind::Choice => Said::Choice { choice: some[0].clone() },
        BallotKind::Approvals => Said::Approvals { choices: some },
        BallotKind::Ranking => {
            let mut places: Vec<Vec<String>> = Vec::new();
            for label in some {
                match places.last_mut() {
                    Some(place) if draw.chance(20) => place.push(label),
                    _ => places.push(vec![label]),
                }
            }
            Said::Ranking { places }
        }
        BallotKind::Scores => Said::Scores { scores: some.into_iter().map(|label| (label, draw.below(11) as f64)).collect() },
    }
}

/// An answer that cannot be counted.
fn nonsense(answer: &Happened, draw: &mut Draw) -> Happened {
    let mut answer = answer.clone();
    match &mut answer {
        Happened::DraftArrived { draft, .. } if draw.chance(50) => draft.answer = json!(""),
        Happened::DraftArrived { draft, .. } => draft.confidence = Some(f64::NAN),
        Happened::BallotArrived { ballot, .. } => match draw.below(4) {
            0 => ballot.confidence = Some(draw.one(&[f64::NAN, 1.5, -0.1, f64::INFINITY])),
            1 => ballot.says = Said::Choice { choice: "ZZ".into() },
            2 => ballot.says = Said::Scores { scores: BTreeMap::from([("A".to_owned(), draw.one(&[f64::NAN, 11.0, -1.0]))]) },
            _ => ballot.says = Said::Ranking { places: vec![vec!["A".into()], vec!["A".into()]] },
        },
        Happened::ClustersArrived { groups, .. } => groups.push(vec![VoterId::named("agent:nobody")]),
        Happened::JudgeAnswered { choice, .. } => *choice = Some("?".into()),
        Happened::SynthesisArrived { answer, .. } => *answer = json!(" "),
        Happened::PersonAnswered { answer, .. } => *answer = PersonAnswer::Choice { key: "nothing like it".into() },
        other => *other = Happened::DeadlinePassed { deadline: Deadline::Stage(999) },
    }
    answer
}

/// The same from somebody who does not take part, or at another time.
fn outsider(answer: &Happened) -> Happened {
    let mut answer = answer.clone();
    match &mut answer {
        // A round that there is not.
        Happened::BallotArrived { round, .. } => *round = 9,
        Happened::DraftArrived { voter, .. } | Happened::ArgumentArrived { voter, .. } => {
            *voter = VoterId::named("agent:outsider");
        }
        Happened::PersonAnswered { user_id, .. } => *user_id = UserId::new(Uuid::from_u128(1)),
        other => {
            *other = Happened::Failed {
                request: Request::Ballot(7, VoterId::named("agent:outsider")),
                code: "X".into(),
                spent: Spent::default(),
            }
        }
    }
    answer
}

/// When a run crashes.
#[derive(Clone, Copy, PartialEq)]
pub enum Crash {
    Never,
    /// After so many facts.
    After(usize),
    /// After every fact.
    Always,
}

/// A decision that has been run to its end.
pub struct Run {
    pub proceedings: Proceedings,
    pub facts: Vec<Fact>,
    pub commands: BTreeMap<String, Command>,
    pub receipts: Vec<Receipt>,
    /// Whether each fact changed something.
    pub changed: Vec<bool>,
}

/// Runs a decision until it has ended. `order` says whose fact comes next.
pub fn run(opening: &Opening, manners: Manners, order: u64, crash: Crash) -> Run {
    let mut order = Draw::new(order);
    let mut run = Run {
        proceedings: Proceedings::open(opening.clone()),
        facts: vec![],
        commands: BTreeMap::new(),
        receipts: vec![],
        changed: vec![],
    };
    let mut issued: BTreeSet<String> = BTreeSet::new();
    // What is on its way, by who has sent it: nobody overtakes himself.
    let mut coming: BTreeMap<String, VecDeque<Happened>> = BTreeMap::new();
    let mut late: Vec<(u32, String, Happened)> = Vec::new();
    let mut now = opening.at;
    for _ in 0..2_000 {
        for command in run.proceedings.commands() {
            if issued.insert(command.id.clone()) {
                let (soon, later) = answers(&run.proceedings, &command, manners);
                let request: Option<Request> = command.id.split_once('/').and_then(|(_, name)| name.parse().ok());
                let sender = request.as_ref().and_then(Request::voter).map_or_else(|| command.id.clone(), ToString::to_string);
                // Asked again and again, somebody who has not been heard yet says it again, but not for ever.
                let queue = coming.entry(sender.clone()).or_default();
                if queue.len() < 6 {
                    queue.extend(soon);
                }
                if late.iter().filter(|(_, other, _)| *other == sender).count() < 2 {
                    late.extend(later.into_iter().map(|fact| (run.proceedings.stage_number, sender.clone(), fact)));
                }
                run.commands.insert(command.id.clone(), command);
            }
        }
        if run.proceedings.conclusion.is_some() {
            return run;
        }
        let stage = run.proceedings.stage_number;
        for (_, sender, fact) in late.extract_if(.., |(of, ..)| *of < stage) {
            coming.entry(sender).or_default().push_back(fact);
        }
        let senders: Vec<String> = coming.iter().filter(|(_, facts)| !facts.is_empty()).map(|(sender, _)| sender.clone()).collect();
        let what = if senders.is_empty() {
            // Timers may ring late, the same for whoever was faster.
            let late = if manners.wild { Draw::named(manners.seed, &format!("timer {stage}")).below(4) * 2_000 } else { 0 };
            now = run.proceedings.stage_deadline.plus(std::time::Duration::from_millis(late as u64));
            Happened::DeadlinePassed { deadline: Deadline::Stage(stage) }
        } else {
            coming.get_mut(&order.one(&senders)).unwrap().pop_front().unwrap()
        };
        let fact = Fact { at: now, what };
        let applied = run.proceedings.take_in(&fact);
        run.receipts.push(applied.receipt);
        run.changed.push(applied.changed);
        run.facts.push(fact);
        if crash == Crash::Always || crash == Crash::After(run.facts.len()) {
            // What was in memory is gone: the state is read again, everything that is pending is asked again. What was on its way still comes.
            let written = serde_json::to_string(&run.proceedings).unwrap();
            let read: Proceedings = serde_json::from_str(&written).unwrap();
            assert!(read == run.proceedings, "what is read is what was written");
            run.proceedings = read;
            issued.clear();
        }
    }
    panic!("the decision does not end: {:?}", run.proceedings.story);
}
