//! What happens in the cases that people will ask about?

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{agent_id, opening, options, user_id, voters};
use baton_decisions::canonical::{Canonicalisation, MAXIMUM_ANSWER_BYTES};
use baton_decisions::decision::{
    AgentChoice, Answers, BallotSource, Debate, DecisionRule, Escalation, MAXIMUM_VOTERS, Member, NewDecision, Otherwise, PersonChoice,
    Quorum, TieBreaker,
};
use baton_decisions::protocol::{
    Action, Applied, BallotGiven, By, Deadline, DraftGiven, Fact, Happened, Ignored, MAXIMUM_RATIONALE_BYTES, Order, Outcome, PersonAnswer,
    Proceedings, Reason, Receipt, Request, Said, Spent, Stage,
};
use baton_decisions::roster::VoterId;
use baton_domain::task::Budget;
use baton_domain::time::Timestamp;
use serde_json::{Value, json};

/// A decision that is told things.
struct Told(Proceedings);

impl Told {
    fn of(decision: NewDecision) -> Self {
        Self(Proceedings::open(opening(decision, 11)))
    }

    fn fact(&mut self, what: Happened) -> Receipt {
        let at = Timestamp::from_millis(self.0.opening.at.as_millis() + 1);
        self.0.apply(&Fact { at, what })
    }

    /// A vote by the answer's text, whatever its label is on this voter's ballot.
    fn votes(&mut self, voter: &VoterId, answer: &str) -> Receipt {
        let (round, label) = self
            .0
            .commands()
            .into_iter()
            .find_map(|command| match command.action {
                Action::AskBallot { voter: asked, round, entries, .. } if asked == *voter => {
                    Some((round, entries.iter().find(|entry| entry.answer == answer)?.label.clone()))
                }
                _ => None,
            })
            .unwrap_or((1, "?".into()));
        self.says(voter, round, Said::Choice { choice: label })
    }

    fn says(&mut self, voter: &VoterId, round: u8, says: Said) -> Receipt {
        let ballot = BallotGiven { says, confidence: None, rationale: None };
        self.fact(Happened::BallotArrived { voter: voter.clone(), round, ballot, spent: Spent::default() })
    }

    fn drafts(&mut self, voter: &VoterId, answer: Value, confidence: Option<f64>) -> Receipt {
        let draft = DraftGiven { answer, confidence, rationale: Some(format!("so says {voter}")) };
        let spent = Spent { tokens: 10, cost_millionths: 100 };
        self.fact(Happened::DraftArrived { voter: voter.clone(), round: self.0.round, draft, spent })
    }

    fn judges(&mut self, order: Order, answer: &str) -> Receipt {
        let found = self.0.commands().into_iter().find_map(|command| match command.action {
            Action::AskJudge { order: asked, candidates, .. } if asked == order => {
                candidates.into_iter().find(|candidate| candidate.answer == answer).map(|candidate| candidate.label)
            }
            _ => None,
        });
        self.fact(Happened::JudgeAnswered { order, choice: found, rationale: None, spent: Spent::default() })
    }

    fn passes(&mut self) -> Receipt {
        let deadline = Deadline::Stage(self.0.stage_number);
        self.0.apply(&Fact { at: self.0.stage_deadline, what: Happened::DeadlinePassed { deadline } })
    }

    fn pending(&self) -> Vec<String> {
        let ask = |action: &Action| !matches!(action, Action::Withdraw { .. } | Action::SetDeadline { .. } | Action::Conclude { .. });
        let id = format!("{}/", self.0.opening.id);
        self.0.commands().iter().filter(|command| ask(&command.action)).map(|command| command.id.replace(&id, "")).collect()
    }

    /// The outcome, who decided, why, and the answer.
    fn end(&self) -> (Outcome, Option<By>, Reason, Value) {
        let end = self.0.conclusion.clone().expect("it has ended");
        (end.outcome, end.by, end.why, end.answer.unwrap_or_default())
    }
}

fn voter(number: usize) -> VoterId {
    VoterId::agent(agent_id(number), 1)
}

fn closed(rule: DecisionRule, count: usize) -> NewDecision {
    NewDecision { rule, ..NewDecision::of("Which?", options(3), voters(count)) }
}

fn free(rule: DecisionRule, count: usize) -> NewDecision {
    NewDecision { rule, ..NewDecision::of("How many?", Answers::Free { canonical: Canonicalisation::default() }, voters(count)) }
}

fn judged(mut decision: NewDecision) -> NewDecision {
    decision.escalation = Escalation {
        debate: Debate::Never,
        judge: Some(AgentChoice::Agent { agent_id: agent_id(7) }),
        people: vec![PersonChoice::User { user_id: user_id(0) }],
        otherwise: Otherwise::Escalate,
    };
    decision
}

#[test]
fn samples_of_one_agent_stop_as_soon_as_nothing_can_change() {
    let electorate = vec![Member::Agent { agent_id: agent_id(0), samples: Some(5), weight: None }];
    let answers = Answers::Free { canonical: Canonicalisation::Number { absolute: 0.0, relative: 0.0 } };
    let mut told = Told::of(NewDecision::of("17 * 3?", answers, electorate));
    assert_eq!(told.pending().len(), 5);
    for (sample, answer) in [(1, json!("51")), (4, json!(51.0)), (2, json!(" 51 "))] {
        assert_eq!(told.drafts(&VoterId::agent(agent_id(0), sample), answer, None), Receipt::Counted);
    }
    let (outcome, by, why, answer) = told.end();
    assert_eq!((outcome, by, why), (Outcome::Decided, Some(By::Vote), Reason::AllAgree));
    assert_eq!(told.0.conclusion.as_ref().unwrap().form.as_deref(), Some("51"), "{answer}");
    let withdrawn: Vec<String> = told
        .0
        .commands()
        .into_iter()
        .filter(|command| matches!(command.action, Action::Withdraw { .. }))
        .map(|command| command.id)
        .collect();
    assert_eq!(withdrawn.len(), 2, "the other two are not awaited: {withdrawn:?}");
    assert_eq!(told.0.conclusion.as_ref().unwrap().spent.tokens, 30);
    let late = told.drafts(&VoterId::agent(agent_id(0), 3), json!(7), None);
    assert_eq!(late.accepted().unwrap_err().code, "DECISION-023");
    assert_eq!(told.0.spent.tokens, 40, "what comes late is paid for");
}

#[test]
fn near_numbers_are_one_answer_and_the_middle_one_is_told() {
    let answers = Answers::Free { canonical: Canonicalisation::Number { absolute: 0.2, relative: 0.0 } };
    let mut told = Told::of(NewDecision::of("How far?", answers, voters(4)));
    for (number, answer) in [10.2, 3.0, 10.0, 10.1].into_iter().enumerate() {
        told.drafts(&voter(number), json!(answer), None);
    }
    assert_eq!(told.end(), (Outcome::Decided, Some(By::Vote), Reason::RuleDecided, json!(10.1)));
    let dissent = &told.0.conclusion.as_ref().unwrap().dissent;
    assert_eq!((dissent.len(), &dissent[0].voter, dissent[0].rationale.is_some()), (1, &voter(1), true));
}

#[test]
fn each_voter_sees_another_order_and_no_author() {
    let told = Told::of(NewDecision { answers: options(5), ..closed(DecisionRule::Borda, 7) });
    let mut orders = BTreeSet::new();
    for command in told.0.commands() {
        if let Action::AskBallot { entries, reads, .. } = command.action {
            assert_eq!(entries.iter().map(|entry| entry.label.as_str()).collect::<Vec<_>>(), ["A", "B", "C", "D", "E"]);
            assert_eq!(reads.as_str(), "ranking");
            orders.insert(entries.iter().map(|entry| entry.answer.to_string()).collect::<String>());
        }
    }
    assert!(orders.len() >= 5, "{orders:?}");
    let again = Told::of(NewDecision { answers: options(5), ..closed(DecisionRule::Borda, 7) });
    assert_eq!(again.0.commands(), told.0.commands(), "the same seed, the same ballots");
}

#[test]
fn nobody_votes_for_an_answer_that_is_theirs_alone() {
    let mut told = Told::of(NewDecision { ballots: Some(BallotSource::Separate), ..free(DecisionRule::Plurality, 3) });
    for (number, answer) in ["x", "y", "y"].into_iter().enumerate() {
        told.drafts(&voter(number), json!(answer), None);
    }
    assert_eq!(told.0.stage, Stage::Balloting);
    let shown: BTreeMap<VoterId, usize> = told
        .0
        .commands()
        .into_iter()
        .filter_map(|command| match command.action {
            Action::AskBallot { voter, entries, .. } => Some((voter, entries.len())),
            _ => None,
        })
        .collect();
    assert_eq!(shown, BTreeMap::from([(voter(0), 1), (voter(1), 2), (voter(2), 2)]), "what others have found too may be voted for");
    assert_eq!(told.votes(&voter(0), "x").accepted().unwrap_err().code, "DECISION-021");
    for number in 0..3 {
        told.votes(&voter(number), "y");
    }
    assert_eq!(told.end().3, json!("y"));
}

#[test]
fn arguments_are_shared_once_without_names_and_without_one_s_own() {
    let mut told = Told::of(free(DecisionRule::Debate, 3));
    for (number, answer) in ["x", "x", "y"].into_iter().enumerate() {
        told.drafts(&voter(number), json!(answer), None);
    }
    assert_eq!((told.0.stage, told.0.missed), (Stage::Arguing, Some(Reason::DebateByRule)), "although x leads");
    for number in 0..3 {
        let argument = format!("argument {number}");
        told.fact(Happened::ArgumentArrived { voter: voter(number), argument, spent: Spent::default() });
    }
    for command in told.0.commands() {
        if let Action::AskDraft { voter: asked, arguments, round } = command.action {
            let heard: BTreeSet<&str> = arguments.iter().map(|argument| argument.0.as_str()).collect();
            let others: Vec<String> = (0..3).filter(|number| voter(*number) != asked).map(|number| format!("argument {number}")).collect();
            assert_eq!((round, heard), (2, others.iter().map(String::as_str).collect()));
        }
    }
    // The second is convinced, the third says nothing any more: its word stands.
    told.drafts(&voter(0), json!("y"), None);
    told.drafts(&voter(1), json!("x"), None);
    assert_eq!(told.passes(), Receipt::Counted);
    assert_eq!((told.end().3, told.0.conclusion.as_ref().unwrap().rounds), (json!("y"), 2));
}

#[test]
fn only_a_judge_who_chooses_the_same_in_both_orders_is_heard() {
    for (forward, backward, end) in [
        ("a", "a", (Outcome::Decided, Some(By::Judge), Reason::JudgeConsistent, json!("a"))),
        ("a", "b", (Outcome::Escalated, None, Reason::NobodyLeft, Value::Null)),
        ("a", "nothing", (Outcome::Escalated, None, Reason::NobodyLeft, Value::Null)),
    ] {
        let mut decision = judged(closed(DecisionRule::Plurality, 2));
        decision.escalation.people.clear();
        let mut told = Told::of(decision);
        told.votes(&voter(0), "a");
        told.votes(&voter(1), "b");
        assert_eq!(told.pending(), ["judge/forward", "judge/backward"]);
        let shown = |order: Order| {
            let asked = told.0.commands().into_iter().find_map(|command| match command.action {
                Action::AskJudge { order: asked, candidates, .. } if asked == order => Some(candidates),
                _ => None,
            });
            asked.unwrap().into_iter().map(|candidate| candidate.answer).collect::<Vec<_>>()
        };
        assert_eq!(shown(Order::Forward), shown(Order::Backward).into_iter().rev().collect::<Vec<_>>());
        assert_eq!(shown(Order::Forward).len(), 2, "only those that tie");
        told.judges(Order::Forward, forward);
        told.judges(Order::Backward, backward);
        assert_eq!(told.end(), end, "{forward} {backward}");
        assert_eq!(told.0.conclusion.as_ref().unwrap().missed, Some(Reason::Tie));
    }
}

#[test]
fn a_dead_judge_leaves_it_to_a_person() {
    let mut told = Told::of(judged(closed(DecisionRule::Unanimity, 2)));
    told.votes(&voter(0), "a");
    told.votes(&voter(1), "b");
    told.judges(Order::Forward, "a");
    let failed = Happened::Failed { request: Request::Judge(Order::Backward), code: "ATTEMPT-001".into(), spent: Spent::default() };
    told.fact(failed);
    assert_eq!(told.pending(), ["person"]);
    let answer = |user| Happened::PersonAnswered {
        user_id: user_id(user),
        answer: PersonAnswer::Choice { key: "c".into() },
        comment: Some("neither".into()),
    };
    assert_eq!(told.fact(answer(1)).accepted().unwrap_err().code, "DECISION-020");
    assert_eq!(told.fact(answer(0)), Receipt::Counted);
    assert_eq!(told.end(), (Outcome::Decided, Some(By::Person), Reason::PersonDecided, json!("c")));
    let end = told.0.conclusion.as_ref().unwrap();
    assert_eq!((end.person, end.comment.as_deref(), end.missed), (Some(user_id(0)), Some("neither"), Some(Reason::Tie)));
    assert_eq!(end.dissent.len(), 2);
    assert_eq!(told.fact(answer(0)).accepted().unwrap_err().code, "DECISION-026");
}

#[test]
fn when_all_are_dead_it_is_escalated_and_people_may_still_decide() {
    let mut told = Told::of(closed(DecisionRule::Plurality, 3));
    for number in 0..3 {
        told.fact(Happened::VoterDied { voter: voter(number) });
    }
    assert_eq!(told.end(), (Outcome::Escalated, None, Reason::NobodyLeft, Value::Null));
    assert_eq!(told.pending(), ["person"]);
    assert!(told.0.awaits_people());
    told.fact(Happened::PersonAnswered { user_id: user_id(2), answer: PersonAnswer::Choice { key: "b".into() }, comment: None });
    assert_eq!(told.end(), (Outcome::Decided, Some(By::Person), Reason::PersonDecided, json!("b")));
    assert!(told.pending().is_empty());
}

#[test]
fn people_who_were_asked_in_vain_are_asked_again_under_another_name() {
    let mut told = Told::of(judged(closed(DecisionRule::Unanimity, 2)));
    told.votes(&voter(0), "a");
    told.votes(&voter(1), "b");
    told.passes();
    assert_eq!(told.pending(), ["person"]);
    told.passes();
    assert_eq!(told.end().0, Outcome::Escalated);
    assert_eq!(told.pending(), ["person/escalated"]);
    assert_eq!("person/escalated".parse(), Ok(Request::Person));
}

#[test]
fn what_comes_otherwise_comes_when_nobody_answers() {
    for (otherwise, outcome, answer) in [
        (Otherwise::Refuse, Outcome::Refused, Value::Null),
        (Otherwise::Option { key: "c".into() }, Outcome::Decided, json!("c")),
        (Otherwise::Escalate, Outcome::Escalated, Value::Null),
    ] {
        let mut decision = closed(DecisionRule::Majority, 3);
        decision.escalation.otherwise = otherwise;
        let mut told = Told::of(decision);
        told.fact(Happened::DeadlinePassed { deadline: Deadline::Decision });
        let (found, _, why, said) = told.end();
        assert_eq!((found, why, said), (outcome, Reason::DeadlinePassed, answer));
    }
}

#[test]
fn when_the_budget_is_spent_no_model_is_asked_any_more() {
    let mut decision = judged(free(DecisionRule::Plurality, 2));
    decision.budget = Budget { tokens: Some(20), cost: None };
    let mut told = Told::of(decision);
    told.drafts(&voter(0), json!("x"), None);
    told.drafts(&voter(1), json!("y"), None);
    assert_eq!(told.pending(), ["person"], "not the judge");
    // And where a reservation is refused, those on their way are called back, while people may vote.
    let mut decision = closed(DecisionRule::Plurality, 2);
    decision.electorate.push(Member::User { user_id: user_id(1), weight: None });
    let mut told = Told::of(decision);
    told.fact(Happened::BudgetSpent);
    assert_eq!(told.pending(), [format!("ballot/1/{}", VoterId::person(user_id(1)))]);
}

#[test]
fn confidence_counts_by_what_it_is_worth() {
    let mut told = Told::of(NewDecision { quorum: Some(Quorum::Voters(3)), ..free(DecisionRule::ConfidenceWeighted, 3) });
    told.drafts(&voter(0), json!("x"), Some(0.0));
    told.drafts(&voter(1), json!("x"), Some(0.0));
    told.drafts(&voter(2), json!("y"), Some(1.0));
    // Nothing is known of them: 0 is worth 0.25, 1 is worth 0.75.
    assert_eq!((told.0.counts[0].points.as_slice(), told.end().3), ([0.5, 0.75].as_slice(), json!("y")));
    let mut told = Told::of(free(DecisionRule::ConfidenceWeighted, 3));
    assert_eq!(told.drafts(&voter(0), json!("x"), Some(f64::NAN)).accepted().unwrap_err().code, "DECISION-021");
}

#[test]
fn a_synthesis_is_written_of_drafts_that_differ_and_of_no_others() {
    let decision = || {
        let mut decision = judged(free(DecisionRule::Synthesis, 3));
        decision.synthesizer = Some(AgentChoice::Agent { agent_id: agent_id(0) });
        decision
    };
    let mut told = Told::of(decision());
    (0..3).for_each(|number| drop(told.drafts(&voter(number), json!("same"), None)));
    assert_eq!(told.end(), (Outcome::Decided, Some(By::Vote), Reason::AllAgree, json!("same")));
    let drafted = || {
        let mut told = Told::of(decision());
        (0..3).for_each(|number| drop(told.drafts(&voter(number), json!(format!("text {number}")), None)));
        told
    };
    let mut told = drafted();
    assert_eq!(told.pending(), ["synthesis"]);
    told.fact(Happened::SynthesisArrived { answer: json!("all three"), spent: Spent::default() });
    assert_eq!(told.end(), (Outcome::Decided, Some(By::Synthesis), Reason::Synthesised, json!("all three")));
    let mut told = drafted();
    told.fact(Happened::Failed { request: Request::Synthesis, code: "MODEL-004".into(), spent: Spent::default() });
    assert_eq!(told.pending(), ["judge/forward", "judge/backward"]);
}

#[test]
fn clusters_are_data_and_without_them_texts_decide() {
    let clustered = || {
        let answers = Answers::Free { canonical: Canonicalisation::Clustered };
        let mut told = Told::of(NewDecision { tie_break: vec![TieBreaker::Lot], ..NewDecision::of("Why?", answers, voters(4)) });
        for (number, answer) in ["it leaks", "a leak", "it is slow", "leaks"].into_iter().enumerate() {
            told.drafts(&voter(number), json!(answer), None);
        }
        assert_eq!(told.pending(), ["clusters/1"]);
        told
    };
    let mut told = clustered();
    let groups = |groups: Vec<Vec<VoterId>>| Happened::ClustersArrived { round: 1, groups, spent: Spent::default() };
    let twice = groups(vec![vec![voter(0)], vec![voter(0)]]);
    assert_eq!(told.fact(twice).accepted().unwrap_err().code, "DECISION-025");
    told.fact(groups(vec![vec![voter(0), voter(1), voter(3)], vec![voter(2)]]));
    assert_eq!(told.0.choices.iter().map(|choice| choice.authors.len()).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(told.end().1, Some(By::Vote));
    let mut told = clustered();
    told.passes();
    assert_eq!(told.0.choices.len(), 4, "nobody found groups: four answers");
}

#[test]
fn what_does_not_count_is_told_and_the_vote_can_still_be_given() {
    let mut told = Told::of(closed(DecisionRule::Score, 3));
    let scores = |label: &str, score: f64| Said::Scores { scores: BTreeMap::from([(label.to_owned(), score)]) };
    let code = |receipt: Receipt| receipt.accepted().unwrap_err().code;
    assert_eq!(code(told.says(&VoterId::named("agent:nobody"), 1, scores("A", 1.0))), "DECISION-020");
    assert_eq!(code(told.says(&voter(0), 1, scores("Q", 1.0))), "DECISION-021");
    assert_eq!(code(told.says(&voter(0), 1, scores("A", f64::NAN))), "DECISION-021");
    assert_eq!(code(told.says(&voter(0), 1, scores("A", 10.5))), "DECISION-021");
    assert_eq!(code(told.says(&voter(0), 1, Said::Choice { choice: "A".into() })), "DECISION-021");
    assert_eq!(code(told.says(&voter(0), 2, scores("A", 1.0))), "DECISION-024");
    assert_eq!(code(told.drafts(&voter(0), json!("a"), None)), "DECISION-024");
    assert_eq!(told.says(&voter(0), 1, scores("A", 10.0)), Receipt::Counted);
    assert_eq!(code(told.says(&voter(0), 1, scores("A", 9.0))), "DECISION-022");
    let kept: Vec<_> = told.0.ballot_box().ballots.into_iter().map(|ballot| ballot.says).collect();
    assert!(matches!(&kept[..], [Said::Scores { scores }] if scores.values().eq([&10.0])), "{kept:?}");
    told.fact(Happened::Cancelled { reason: "nobody needs it".into() });
    assert_eq!(told.end().0, Outcome::Cancelled);
    assert_eq!(told.0.conclusion.as_ref().unwrap().comment.as_deref(), Some("nobody needs it"));
    assert_eq!(code(told.says(&voter(1), 1, scores("A", 1.0))), "DECISION-023");
}

#[test]
fn a_judge_alone_decides_without_voters() {
    let told = Told::of(judged(NewDecision { electorate: vec![], ..closed(DecisionRule::Judge, 0) }));
    assert_eq!(told.pending(), ["judge/forward", "judge/backward"]);
}

#[test]
fn what_is_said_is_kept_and_shown_within_bounds() {
    let mut told = Told::of(judged(free(DecisionRule::Unanimity, 7)));
    for number in 0..7 {
        let draft = DraftGiven {
            answer: json!(if number == 6 { "y" } else { "x" }),
            confidence: None,
            rationale: Some(format!("{number}\u{e9}").repeat(5_000)),
        };
        told.fact(Happened::DraftArrived { voter: voter(number), round: 1, draft, spent: Spent::default() });
    }
    let kept = told.0.drafts[0].values().map(|draft| draft.rationale.as_ref().unwrap().len());
    assert!(
        kept.clone().all(|length| length == MAXIMUM_RATIONALE_BYTES || length == MAXIMUM_RATIONALE_BYTES - 1),
        "{:?}",
        kept.collect::<Vec<_>>()
    );
    for command in told.0.commands() {
        if let Action::AskJudge { candidates, .. } = command.action {
            let counts: BTreeMap<String, usize> =
                candidates.iter().map(|candidate| (candidate.answer.to_string(), candidate.arguments.len())).collect();
            assert_eq!(counts, BTreeMap::from([("\"x\"".into(), 3), ("\"y\"".into(), 1)]), "six voices are three arguments");
        }
    }
    let large = told.drafts(&voter(0), json!("z".repeat(MAXIMUM_ANSWER_BYTES + 1)), None);
    assert_eq!(large.accepted().unwrap_err().code, "DECISION-022", "answered already; the bound itself is tested with the forms");
}

#[test]
fn a_stage_has_its_time_and_a_late_timer_makes_nothing_late() {
    let mut told = Told::of(closed(DecisionRule::Plurality, 2));
    let passed = |told: &Told| Happened::DeadlinePassed { deadline: Deadline::Stage(told.0.stage_number) };
    let early = told.fact(passed(&told));
    assert!(matches!(early, Receipt::Ignored(Ignored::Stale, _)) && told.0.stage == Stage::Balloting, "{early:?}");
    told.votes(&voter(0), "a");
    let late = Fact { at: told.0.deadline.plus(std::time::Duration::from_secs(5)), what: passed(&told) };
    assert_eq!(told.0.take_in(&late), Applied { receipt: Receipt::Counted, changed: true });
    assert_eq!(told.0.conclusion.as_ref().unwrap().at, told.0.deadline);
    assert!(!told.0.take_in(&late).changed);
}

#[test]
fn whatever_was_asked_for_is_paid() {
    let spends = |tokens| Spent { tokens, cost_millionths: tokens * 3 };
    let says = |choice: &str, tokens| Happened::BallotArrived {
        voter: voter(0),
        round: 1,
        ballot: BallotGiven { says: Said::Choice { choice: choice.into() }, confidence: None, rationale: None },
        spent: spends(tokens),
    };
    let open = || Told::of(NewDecision { early_stop: false, ..closed(DecisionRule::Plurality, 3) });
    let failed = |tokens| Happened::Failed { request: Request::Ballot(1, voter(0)), code: "X".into(), spent: spends(tokens) };
    let died = || Happened::VoterDied { voter: voter(0) };
    for (facts, tokens, changed) in [
        // What could not be read, and the answer after it; told again, the answer is the same.
        (vec![says("?", 10), says("A", 7), says("A", 7)], 17, vec![true, true, false]),
        // More than was told at first.
        (vec![says("A", 7), says("A", 9)], 9, vec![true, true]),
        (vec![failed(5), says("A", 7), says("A", 7)], 7, vec![true, true, false]),
        (vec![died(), says("A", 7), says("A", 7)], 7, vec![true, true, false]),
    ] {
        let mut told = open();
        let at = told.0.opening.at;
        let found: Vec<bool> = facts.iter().map(|what| told.0.take_in(&Fact { at, what: what.clone() }).changed).collect();
        assert_eq!((found, told.0.spent), (changed, spends(tokens)), "{facts:?}");
    }
}

#[test]
fn ballots_are_made_one_by_one() {
    let told = Told::of(closed(DecisionRule::Plurality, 6));
    let asked = std::cell::Cell::new(0);
    let mut commands = told.0.commands_one_by_one(|_| {
        asked.set(asked.get() + 1);
        false
    });
    assert!(commands.next().is_some());
    assert_eq!(asked.get(), 1, "the others are not made yet");
    let rest: Vec<String> = commands.map(|command| command.id).collect();
    assert_eq!(rest, told.0.commands().into_iter().skip(1).map(|command| command.id).collect::<Vec<_>>());
}

#[test]
fn a_thousand_voters_are_heard() {
    let electorate = vec![Member::Agent { agent_id: agent_id(0), samples: Some(MAXIMUM_VOTERS as i64), weight: None }];
    let mut told = Told::of(NewDecision { early_stop: false, ..NewDecision::of("Which?", options(5), electorate) });
    let asked = told.0.commands();
    assert_eq!(asked.len(), MAXIMUM_VOTERS + 2);
    let names: BTreeSet<&str> = asked.iter().map(|command| command.id.as_str()).collect();
    assert!(told.0.commands_unless(|name| names.contains(name)).is_empty());
    for command in &asked {
        if let Action::AskBallot { voter, .. } = &command.action {
            told.says(voter, 1, Said::Choice { choice: "A".into() });
        }
    }
    let count = told.0.counts.last().unwrap();
    assert_eq!((count.counted, count.points.iter().sum::<f64>()), (MAXIMUM_VOTERS, MAXIMUM_VOTERS as f64));
    // Everybody took what stood first: no option stood there much more often than another.
    assert!(count.points.iter().all(|points| (150.0..250.0).contains(points)), "{:?}", count.points);
}

#[test]
fn a_decision_reads_as_people_write_it() {
    let written = json!({
        "question": "Is the deploy safe?",
        "answers": {"kind": "options", "options": [{"key": "yes", "label": "Deploy"}, {"key": "no"}]},
        "electorate": [
            {"kind": "skill", "skill": "code_analysis.review", "count": 3},
            {"kind": "role", "role": "operator", "weight": 2.0},
        ],
        "rule": "supermajority",
        "threshold": 0.75,
        "quorum": {"share": 0.6},
        "tie_break": ["borda", "lot"],
        "early_stop": true,
        "deadline_seconds": 300,
        "budget": {"tokens": 20_000},
        "escalation": {
            "debate": "if_missed",
            "judge": {"kind": "skill", "skill": "judge"},
            "people": [{"kind": "role", "role": "operator"}],
            "otherwise": {"kind": "option", "key": "no"},
        },
    });
    let read: NewDecision = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);
    let short: NewDecision =
        serde_json::from_value(json!({"question": "How many?", "answers": {"kind": "free"}, "electorate": []})).unwrap();
    assert_eq!(short, NewDecision::of("How many?", Answers::Free { canonical: Canonicalisation::default() }, vec![]));
    for wrong in [json!({"question": "x", "answers": {"kind": "free"}, "qorum": 1}), json!({"question": "x", "answers": {"kind": "open"}})]
    {
        assert!(serde_json::from_value::<NewDecision>(wrong).is_err(), "what is misspelled is told");
    }
}
