//! What happens where there are many answers, many samples of one agent, or votes that are near?

use std::collections::BTreeSet;

use crate::world::{agent_id, opening_among, voters};
use baton_decisions::canonical::Canonicalisation;
use baton_decisions::decision::{
    AgentChoice, Answers, BallotKind, BallotSource, ChoiceOption, Debate, DecisionRule, Escalation, Member, NewDecision, check,
};
use baton_decisions::lab::{BallotBox, BoxedBallot, compare};
use baton_decisions::protocol::{
    Action, BallotGiven, DraftGiven, Fact, Happened, MAXIMUM_FAILURE_BYTES, MAXIMUM_WRITTEN_BYTES, Outcome, Proceedings, Reason, Receipt,
    Request, Said, Spent, Stage, Status,
};
use baton_decisions::roster::VoterId;
use baton_domain::time::Timestamp;
use serde_json::{Value, json};

fn open(decision: NewDecision) -> Proceedings {
    Proceedings::open(opening_among(260, decision, 11))
}

fn tell(told: &mut Proceedings, what: Happened) -> Receipt {
    let at = Timestamp::from_millis(told.opening.at.as_millis() + 1);
    told.apply(&Fact { at, what })
}

fn drafts(told: &mut Proceedings, voter: &VoterId, answer: Value) {
    let draft = DraftGiven { answer, confidence: None, rationale: None };
    let happened = Happened::DraftArrived { voter: voter.clone(), round: told.round, draft, spent: Spent::default() };
    assert_eq!(tell(told, happened), Receipt::Counted);
}

/// The ballots that are asked for: whose, with the labels and answers that stand on it.
fn asked(told: &Proceedings) -> Vec<(VoterId, Vec<(String, Value)>)> {
    let ballots = told.commands().into_iter().filter_map(|command| match command.action {
        Action::AskBallot { voter, entries, .. } => {
            Some((voter, entries.into_iter().map(|entry| (entry.label, entry.answer)).collect::<Vec<_>>()))
        }
        _ => None,
    });
    ballots.collect()
}

fn samples(count: usize) -> Vec<Member> {
    vec![Member::Agent { agent_id: agent_id(0), samples: Some(count as i64), weight: None }]
}

fn free(source: BallotSource, electorate: Vec<Member>) -> NewDecision {
    let answers = Answers::Free { canonical: Canonicalisation::default() };
    NewDecision { ballots: Some(source), early_stop: false, ..NewDecision::of("Which?", answers, electorate) }
}

#[test]
fn drafts_that_all_differ_are_counted_as_they_were_decided() {
    let mut told = open(free(BallotSource::Drafts, samples(1_000)));
    for sample in 1..=1_000_u32 {
        let answer = if sample <= 800 { json!("x") } else { json!(format!("other {sample}")) };
        drafts(&mut told, &VoterId::agent(agent_id(0), sample), answer);
    }
    let end = told.conclusion.clone().unwrap();
    assert_eq!((end.outcome, end.answer), (Outcome::Decided, Some(json!("x"))));
    let ballots = told.ballot_box();
    assert_eq!(ballots.keys.len(), 201);
    let again = ballots.retally(DecisionRule::Plurality);
    assert_eq!((again.key, again.missed, again.counted), (end.key.clone(), None, 1_000));
    assert_eq!(ballots.retally(DecisionRule::Borda).key, end.key);
    // Rules that compare each with each have a bound of their own: they say nothing.
    assert_eq!(ballots.retally(DecisionRule::Schulze).key, None);
    let compared = compare(&ballots);
    assert_eq!(compared.pivotal, Some(vec![]));
}

#[test]
fn the_answers_that_most_gave_are_voted_on() {
    for others in [199_usize, 200, 250] {
        let mut told = open(free(BallotSource::Separate, voters(others + 2)));
        for number in 0..others + 2 {
            let answer = if number < 2 { json!("x") } else { json!(format!("other {number}")) };
            drafts(&mut told, &VoterId::agent(agent_id(number), 1), answer);
        }
        assert_eq!(told.stage, Stage::Balloting);
        assert_eq!((told.choices.len(), told.left_out), ((others + 1).min(200), (others + 1).saturating_sub(200)));
        for (voter, entries) in asked(&told) {
            let label = entries.iter().find(|(_, answer)| answer == "x").expect("two gave it").0.clone();
            let ballot = BallotGiven { says: Said::Choice { choice: label }, confidence: None, rationale: None };
            let happened = Happened::BallotArrived { voter, round: 1, ballot, spent: Spent::default() };
            assert_eq!(tell(&mut told, happened), Receipt::Counted);
        }
        let end = told.conclusion.clone().unwrap();
        assert_eq!((end.outcome, end.answer), (Outcome::Decided, Some(json!("x"))));
    }
}

#[test]
fn samples_of_one_agent_do_not_vote_for_its_own_answer() {
    let mut electorate = samples(2);
    electorate.extend(voters(3).into_iter().skip(1));
    let mut told = open(free(BallotSource::Separate, electorate));
    for (voter, answer) in [((0, 1), "x"), ((0, 2), "x"), ((1, 1), "y"), ((2, 1), "z")] {
        drafts(&mut told, &VoterId::agent(agent_id(voter.0), voter.1), json!(answer));
    }
    let seen = |voter: VoterId| {
        let ballot = asked(&told).into_iter().find(|(other, _)| *other == voter).unwrap().1;
        ballot.into_iter().map(|(_, answer)| answer.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    for sample in [1, 2] {
        assert_eq!(seen(VoterId::agent(agent_id(0), sample)), set(&["y", "z"]), "sample {sample}");
    }
    assert_eq!(seen(VoterId::agent(agent_id(1), 1)), set(&["x", "z"]));
    // Where all answers are of one agent, each sample leaves out its own alone: there would be nothing to vote on else.
    let mut told = open(free(BallotSource::Separate, samples(3)));
    for (sample, answer) in [(1, "x"), (2, "y"), (3, "x")] {
        drafts(&mut told, &VoterId::agent(agent_id(0), sample), json!(answer));
    }
    let sizes: Vec<usize> = asked(&told).into_iter().map(|(_, entries)| entries.len()).collect();
    assert_eq!(sizes, [2, 1, 2]);
}

/// Says, for each voter, in which order it puts answers; only those that stand on its ballot are said.
fn votes_as(told: &mut Proceedings, rule: DecisionRule, scores: &[(&str, f64)]) {
    for (voter, entries) in asked(told) {
        let mut scored: Vec<(String, f64)> =
            entries.into_iter().map(|(label, answer)| (label, scores.iter().find(|(name, _)| answer == *name).unwrap().1)).collect();
        scored.sort_by(|one, other| other.1.total_cmp(&one.1));
        let says = match rule.reads() {
            BallotKind::Scores => Said::Scores { scores: scored.into_iter().collect() },
            BallotKind::Ranking => Said::Ranking { places: scored.into_iter().map(|(label, _)| vec![label]).collect() },
            BallotKind::Approvals => {
                Said::Approvals { choices: scored.into_iter().filter(|(_, score)| *score > 8.0).map(|(label, _)| label).collect() }
            }
            BallotKind::Choice => Said::Choice { choice: scored.swap_remove(0).0 },
        };
        let ballot = BallotGiven { says, confidence: None, rationale: None };
        let happened = Happened::BallotArrived { voter, round: 1, ballot, spent: Spent::default() };
        assert_eq!(tell(told, happened), Receipt::Counted);
    }
}

fn separate(rule: DecisionRule, answers: &[&str]) -> Proceedings {
    let mut told = open(NewDecision { rule, ..free(BallotSource::Separate, voters(answers.len())) });
    for (number, answer) in answers.iter().enumerate() {
        drafts(&mut told, &VoterId::agent(agent_id(number), 1), json!(answer));
    }
    told
}

#[test]
fn what_all_prefer_is_decided_whoever_wrote_it() {
    let prefer = [("x", 9.0), ("y", 8.0), ("z", 0.0)];
    for rule in BallotBox::rules().filter(|rule| !matches!(rule, DecisionRule::Unanimity)) {
        for authors in [["x", "y", "y", "z"], ["y", "x", "x", "z"], ["z", "y", "x", "z"], ["y", "z", "y", "x"]] {
            let mut told = separate(rule, &authors);
            votes_as(&mut told, rule, &prefer);
            let end = told.conclusion.clone().unwrap();
            assert_eq!((end.outcome, end.answer), (Outcome::Decided, Some(json!("x"))), "{rule} of {authors:?}: {:?}", told.counts);
            // The lab counts the same, and knows of what nobody spoke.
            let again = told.ballot_box().retally(rule);
            let points: Vec<f64> = again.points.iter().map(|points| (points * 1e6).round() / 1e6).collect();
            assert_eq!((again.key, points), (end.key, told.counts[0].points.clone()));
        }
    }
}

#[test]
fn a_lone_dissenter_is_not_made_to_agree() {
    for (rule, decided) in [(DecisionRule::Unanimity, false), (DecisionRule::Majority, true), (DecisionRule::Plurality, true)] {
        let mut told = separate(rule, &["x", "x", "y"]);
        votes_as(&mut told, rule, &[("x", 9.0), ("y", 8.0)]);
        assert_eq!(told.counts[0].points, [3.0, 0.0], "of two who may choose, as many of three");
        assert_eq!(told.conclusion.is_some(), decided, "{rule}");
        if let Some(end) = &told.conclusion {
            assert_eq!((end.answer.clone(), end.why), (Some(json!("x")), Reason::RuleDecided), "not all agree");
        }
    }
}

fn boxed(rule: DecisionRule, keys: &[&str], ballots: &[(u64, &[&str])]) -> BallotBox {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let cast = ballots.iter().enumerate().map(|(place, (weight, order))| BoxedBallot {
        voter: VoterId::named(format!("agent:{place}")),
        weight: weight * 1_000_000,
        confidence: None,
        corrected: 500_000,
        says: Said::Ranking { places: order.iter().map(|key| vec![(*key).to_owned()]).collect() },
        silent: vec![],
        spent: Spent::default(),
    });
    BallotBox {
        rule,
        threshold: None,
        scale: None,
        quorum: 0,
        tie_break: vec![],
        seed: 1,
        forms: keys.clone(),
        keys,
        ballots: cast.collect(),
    }
}

#[test]
fn margins_are_votes_and_one_where_all_agree() {
    use DecisionRule::{Borda, Copeland, InstantRunoff, Plurality, Schulze};
    let margin = |ballots: &BallotBox, rule| (ballots.retally(rule).margin.unwrap() * 1e6).round() / 1e6;
    let near = boxed(Plurality, &["a", "b"], &[(51, &["a", "b"]), (49, &["b", "a"])]);
    let agreed = boxed(Plurality, &["a", "b", "c", "d"], &[(3, &["a", "b", "c", "d"]), (3, &["a", "d", "c", "b"])]);
    for rule in [Plurality, InstantRunoff, Borda, Copeland, Schulze] {
        assert_eq!(margin(&near, rule), 0.02, "{rule}");
        // Borda's two seconds share the points of the second and of the last place.
        assert_eq!(margin(&agreed, rule), 1.0, "{rule}");
    }
    // The two weakest leave together: in the last round that more than one stood in, it was 40 to 30.
    let together = boxed(InstantRunoff, &["a", "b", "c"], &[(40, &["a", "b", "c"]), (30, &["b", "a", "c"]), (30, &["c", "b", "a"])]);
    assert_eq!(margin(&together, InstantRunoff), 0.1);
    // Everybody is beaten by somebody (65, 75 and 60 of 100): the weakest majority of the first is none.
    let cycle = boxed(Schulze, &["a", "b", "c"], &[(40, &["a", "b", "c"]), (35, &["b", "c", "a"]), (25, &["c", "a", "b"])]);
    assert_eq!((cycle.retally(Schulze).key.as_deref(), margin(&cycle, Schulze)), (Some("a"), 0.0));
}

#[test]
fn the_threshold_of_a_debate_is_that_of_its_vote() {
    let mut debate = boxed(DecisionRule::Debate, &["a", "b"], &[(3, &["a", "b"]), (2, &["b", "a"])]);
    assert_eq!(compare(&debate).pivotal, Some(vec![VoterId::named("agent:0")]));
    debate.threshold = Some(0.75);
    let compared = compare(&debate);
    let plurality = compared.rules.iter().find(|one| one.retally.rule == compared.own).unwrap();
    assert_eq!((plurality.retally.key.clone(), plurality.retally.missed.as_deref()), (None, Some("below_threshold")));
}

fn many_options(count: usize) -> Answers {
    let option = |place: usize| ChoiceOption { key: format!("o{place:02}"), label: None, description: None };
    Answers::Options { options: (0..count).map(option).collect() }
}

#[test]
fn a_judge_is_shown_all_options_or_those_that_the_ballots_put_first() {
    let judge = Escalation { judge: Some(AgentChoice::Agent { agent_id: agent_id(7) }), ..Escalation::default() };
    let by_judge = |count| NewDecision {
        rule: DecisionRule::Judge,
        escalation: judge.clone(),
        ..NewDecision::of("Which?", many_options(count), vec![])
    };
    assert!(check(&by_judge(26)).is_ok());
    assert_eq!(check(&by_judge(27)).unwrap_err().errors[0].field, "/answers/options");
    // The last in the request has votes, too few of them: it is before the judge all the same.
    let mut told =
        open(NewDecision { rule: DecisionRule::Unanimity, escalation: Escalation { debate: Debate::Never, ..judge }, ..by_judge_vote() });
    let scattered: Vec<(VoterId, Vec<(String, Value)>)> = asked(&told);
    for (place, (voter, entries)) in scattered.into_iter().enumerate() {
        let wanted = if place < 2 { "o29".to_owned() } else { format!("o{:02}", place - 2) };
        let label = entries.iter().find(|(_, answer)| *answer == json!(wanted)).unwrap().0.clone();
        let ballot = BallotGiven { says: Said::Choice { choice: label }, confidence: None, rationale: None };
        tell(&mut told, Happened::BallotArrived { voter, round: 1, ballot, spent: Spent::default() });
    }
    assert_eq!(told.stage, Stage::Judging);
    assert_eq!(told.candidates.len(), 26);
    assert!(told.candidates.contains(&"o29".to_owned()));
    let first: Vec<String> = (0..26).map(|place| format!("o{place:02}")).collect();
    assert!(told.candidates.iter().any(|key| *key > first[24] && key != "o29"), "who ties is drawn, not taken in the order of the request");
}

fn by_judge_vote() -> NewDecision {
    let all_but_the_judge: Vec<Member> =
        voters(32).into_iter().enumerate().filter(|(number, _)| *number != 7).map(|(_, member)| member).collect();
    NewDecision { early_stop: false, ..NewDecision::of("Which?", many_options(30), all_but_the_judge) }
}

#[test]
fn what_is_kept_has_a_bound() {
    let mut decision = free(BallotSource::Drafts, samples(2));
    decision.answers = Answers::Free { canonical: Canonicalisation::Json { fields: vec!["/x".into()], ignore_case: false } };
    let mut told = open(decision);
    let first = VoterId::agent(agent_id(0), 1);
    let sends = |told: &mut Proceedings, rest: usize| {
        let draft = DraftGiven { answer: json!({"x": 1, "y": "z".repeat(rest)}), confidence: None, rationale: None };
        tell(told, Happened::DraftArrived { voter: first.clone(), round: 1, draft, spent: Spent::default() })
    };
    // The form is a few bytes long; what is kept beside it is not.
    let around = json!({"x": 1, "y": ""}).to_string().len();
    assert_eq!(sends(&mut told, MAXIMUM_WRITTEN_BYTES - around + 1).accepted().unwrap_err().code, "DECISION-025");
    assert_eq!(sends(&mut told, MAXIMUM_WRITTEN_BYTES - around), Receipt::Counted);
    let request = Request::Draft(1, VoterId::agent(agent_id(0), 2));
    tell(&mut told, Happened::Failed { request: request.clone(), code: "x".repeat(10_000), spent: Spent::default() });
    assert_eq!(told.requests[&request].status, Status::Failed { code: "x".repeat(MAXIMUM_FAILURE_BYTES) });
    // An answer that is written out of all has the same bound.
    let mut decision = free(BallotSource::Drafts, voters(2));
    (decision.rule, decision.ballots) = (DecisionRule::Synthesis, None);
    decision.synthesizer = Some(AgentChoice::Agent { agent_id: agent_id(0) });
    let mut told = open(decision);
    drafts(&mut told, &first, json!("x"));
    drafts(&mut told, &VoterId::agent(agent_id(1), 1), json!("y"));
    let written = |rest: usize| Happened::SynthesisArrived { answer: json!("z".repeat(rest)), spent: Spent::default() };
    assert_eq!(tell(&mut told, written(MAXIMUM_WRITTEN_BYTES)).accepted().unwrap_err().code, "DECISION-025");
    assert_eq!(tell(&mut told, written(MAXIMUM_WRITTEN_BYTES - 2)), Receipt::Counted);
}

#[test]
fn a_weight_counts_in_whichever_place_it_is_given() {
    let mut electorate = voters(3);
    electorate.push(Member::Agent { agent_id: agent_id(1), samples: None, weight: Some(1.5) });
    let told =
        open(NewDecision { allow_dictator: true, rule: DecisionRule::Weighted, ..NewDecision::of("Which?", many_options(2), electorate) });
    let weights: Vec<u64> = told.opening.roster.voters.values().map(|voter| voter.weight).collect();
    assert_eq!(weights, [1_000_000, 1_500_000, 1_000_000]);
}
