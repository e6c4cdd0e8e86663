//! Does a decision end in time, count every ballot once, and come to the same whatever the order, the repetitions and the crashes?

use std::collections::BTreeSet;

use crate::world::{Crash, Draw, Manners, Run, opening, random_decision, run};
use baton_decisions::protocol::Deadline;
use baton_decisions::protocol::{
    Action, By, Conclusion, Fact, Happened, Ignored, Outcome, Proceedings, Reason, Receipt, Request, Stage, Status,
};
use baton_domain::time::Timestamp;
use proptest::prelude::*;

fn random_opening(seed: u64) -> baton_decisions::protocol::Opening {
    let mut draw = Draw::new(seed);
    let decision = random_decision(&mut draw);
    opening(decision, draw.next())
}

fn wild(seed: u64) -> Manners {
    Manners { seed, wild: true, late_costs: true }
}

/// What is the same in every order.
fn essence(run: &Run) -> (Conclusion, Vec<(Stage, Reason)>) {
    let state = &run.proceedings;
    let mut conclusion = state.conclusion.clone().unwrap();
    conclusion.at = Timestamp::default();
    (conclusion, state.story.iter().map(|step| (step.stage, step.why)).collect())
}

/// What must be true of every decision that has ended.
fn sound(run: &Run) {
    let state = &run.proceedings;
    let conclusion = state.conclusion.as_ref().expect("it has ended");
    assert!(conclusion.at <= state.deadline, "by the deadline: {conclusion:?}");
    match conclusion.outcome {
        Outcome::Decided => assert!(conclusion.answer.is_some() && conclusion.by.is_some()),
        Outcome::Escalated => assert!(state.awaits_people() && state.requests[&Request::Person].status == Status::Pending),
        Outcome::Refused | Outcome::Cancelled => assert!(conclusion.answer.is_none()),
    }
    // A ballot counts once, and only those of voters who were asked and answered.
    let ballots = state.ballot_box().ballots;
    let voters: BTreeSet<_> = ballots.iter().map(|ballot| ballot.voter.clone()).collect();
    assert_eq!(voters.len(), ballots.len());
    for voter in &voters {
        assert!(state.roster().voters.contains_key(voter));
        let answered = |request: &Request| request.voter() == Some(voter) && !matches!(request, Request::Argument(_));
        assert!(state.requests.iter().any(|(request, asked)| answered(request) && asked.status == Status::Answered));
    }
    for count in &state.counts {
        assert!(count.counted + count.abstained <= state.roster().voters.len());
        let most: f64 = state.roster().voters.values().map(|voter| voter.weight as f64 / 1e6).sum();
        assert!(count.weight <= most + 1e-6, "{} of {most}", count.weight);
    }
    if matches!(conclusion.by, Some(By::Vote | By::TieBreak)) {
        assert!(ballots.len() >= state.roster().quorum);
    }
    let arguing = state.story.iter().filter(|step| step.stage == Stage::Arguing).count();
    assert!(arguing <= 1 && state.story.iter().filter(|step| step.stage == Stage::Judging).count() <= 1);
    if conclusion.by == Some(By::Judge) {
        let words: BTreeSet<_> = state.judge_words.values().map(|word| word.key.clone()).collect();
        assert!(state.judge_words.len() == 2 && words.len() == 1, "only a consistent answer counts");
    }
    assert!(state.requests.values().all(|asked| asked.status != Status::Pending) || state.awaits_people());
    for command in run.commands.values() {
        anonymous(state, &command.action);
    }
}

/// Nobody sees who wrote what, nor its own answer on its ballot.
fn anonymous(state: &Proceedings, action: &Action) {
    let Action::AskBallot { voter, entries, .. } = action else { return };
    for entry in entries {
        let alone =
            state.choices.iter().any(|choice| choice.answer == entry.answer && choice.authors.len() == 1 && choice.authors.contains(voter));
        assert!(!alone, "a vote for oneself");
        assert!(!serde_json::to_string(entry).unwrap().contains("agent:"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn every_decision_ends_by_its_deadline_and_counts_each_ballot_once(question in any::<u64>(), manners in any::<u64>(), order in any::<u64>()) {
        let opening = random_opening(question);
        let run = run(&opening, wild(manners), order, Crash::Never);
        sound(&run);
        // The facts are the truth.
        prop_assert!(Proceedings::replay(opening.clone(), &run.facts) == run.proceedings, "the facts are the truth");
        // And of them those that changed something: nothing else needs to be recorded.
        let recorded = run.facts.iter().zip(&run.changed).filter(|(_, changed)| **changed).map(|(fact, _)| fact);
        let mut replayed = Proceedings::replay(opening, recorded);
        replayed.ignored = run.proceedings.ignored.clone();
        prop_assert!(replayed == run.proceedings, "what was not recorded made a difference");
    }

    #[test]
    fn without_early_stop_the_order_of_voters_changes_nothing(question in any::<u64>(), manners in any::<u64>(), one in any::<u64>(), other in any::<u64>()) {
        let mut opening = random_opening(question);
        opening.decision.early_stop = false;
        let manners = Manners { late_costs: false, ..wild(manners) };
        let (one, other) = (run(&opening, manners, one, Crash::Never), run(&opening, manners, other, Crash::Never));
        prop_assert_eq!(essence(&one), essence(&other));
        prop_assert_eq!(&one.proceedings.counts, &other.proceedings.counts);
        prop_assert_eq!(&one.proceedings.ballots, &other.proceedings.ballots);
        prop_assert_eq!(&one.proceedings.drafts, &other.proceedings.drafts);
        prop_assert_eq!(&one.proceedings.choices, &other.proceedings.choices);
    }

    #[test]
    fn stopping_early_gives_the_answer_that_every_order_gives(question in any::<u64>(), manners in any::<u64>(), one in any::<u64>(), other in any::<u64>()) {
        let mut opening = random_opening(question);
        opening.decision.budget = Default::default();
        let manners = wild(manners);
        let answer = |early: bool, order: u64| {
            let mut opening = opening.clone();
            opening.decision.early_stop = early;
            let run = run(&opening, manners, order, Crash::Never);
            let conclusion = run.proceedings.conclusion.unwrap();
            (conclusion.outcome, conclusion.by, conclusion.form, conclusion.missed, conclusion.rounds)
        };
        let whole = answer(false, one);
        prop_assert_eq!(&answer(true, one), &whole);
        prop_assert_eq!(&answer(true, other), &whole);
    }

    #[test]
    fn a_crash_after_every_fact_changes_nothing(question in any::<u64>(), manners in any::<u64>(), order in any::<u64>()) {
        let mut opening = random_opening(question);
        opening.decision.early_stop = false;
        let manners = Manners { late_costs: false, ..wild(manners) };
        let whole = run(&opening, manners, order, Crash::Never);
        let broken = run(&opening, manners, order, Crash::Always);
        prop_assert_eq!(essence(&broken), essence(&whole));
        prop_assert_eq!(&broken.proceedings.counts, &whole.proceedings.counts);
        prop_assert_eq!(&broken.proceedings.ballots, &whole.proceedings.ballots);
        sound(&broken);
    }

    #[test]
    fn nothing_that_comes_after_the_end_changes_the_answer(question in any::<u64>(), manners in any::<u64>(), order in any::<u64>()) {
        let opening = random_opening(question);
        let mut run = run(&opening, wild(manners), order, Crash::Never);
        let conclusion = run.proceedings.conclusion.clone();
        let people = |fact: &Fact| matches!(fact.what, Happened::PersonAnswered { .. });
        for fact in run.facts.clone().iter().filter(|fact| !people(fact)) {
            let receipt = run.proceedings.apply(fact);
            prop_assert!(matches!(receipt, Receipt::Ignored(..)) || matches!(fact.what, Happened::DeadlinePassed { .. }), "{fact:?}: {receipt:?}");
            prop_assert_eq!(&run.proceedings.conclusion, &conclusion);
        }
    }

    #[test]
    fn time_alone_ends_it(question in any::<u64>(), manners in any::<u64>(), order in any::<u64>(), told in 0_usize..10, late in 0_u64..100) {
        // No timer of a stage ever rings, only that of all, or none and a fact comes long after.
        let opening = random_opening(question);
        let whole = run(&opening, wild(manners), order, Crash::Never);
        let timer = |fact: &Fact| matches!(fact.what, Happened::DeadlinePassed { .. });
        let facts: Vec<Fact> = whole.facts.iter().filter(|fact| !timer(fact)).take(told).cloned().collect();
        let state = Proceedings::replay(opening, &facts);
        for what in [Happened::DeadlinePassed { deadline: Deadline::Decision }, Happened::BudgetSpent] {
            let mut ended = state.clone();
            let at = Timestamp::from_millis(state.deadline.as_millis() + i64::try_from(late).unwrap());
            ended.apply(&Fact { at, what });
            let conclusion = ended.conclusion.expect("time has ended it");
            prop_assert!(conclusion.at <= state.deadline, "{:?}", ended.story);
        }
    }
}

#[test]
fn a_crash_at_each_single_fact_changes_nothing() {
    for seed in 0..60 {
        let mut opening = random_opening(seed);
        opening.decision.early_stop = false;
        let manners = Manners { late_costs: false, ..wild(seed ^ 0xabcd) };
        let whole = run(&opening, manners, seed, Crash::Never);
        for boundary in 1..=whole.facts.len() {
            let broken = run(&opening, manners, seed, Crash::After(boundary));
            assert_eq!(essence(&broken), essence(&whole), "seed {seed}, boundary {boundary}");
            assert_eq!(broken.proceedings.counts, whole.proceedings.counts);
        }
    }
}

#[test]
fn the_world_has_everything_in_it() {
    // What the properties say is worth as much as what they see.
    let (mut outcomes, mut bys, mut whys, mut ignored, mut stages, mut missed) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for seed in 0..6_000 {
        let run = run(&random_opening(seed), wild(seed.wrapping_mul(31)), seed, Crash::Never);
        let conclusion = run.proceedings.conclusion.as_ref().unwrap();
        outcomes.insert(format!("{:?}", conclusion.outcome));
        bys.insert(format!("{:?}", conclusion.by));
        whys.insert(format!("{:?}", conclusion.why));
        missed.insert(format!("{:?}", conclusion.missed));
        ignored.extend(run.proceedings.ignored.keys().copied());
        stages.extend(run.proceedings.story.iter().map(|step| format!("{:?}", step.stage)));
        missed.extend(run.proceedings.story.iter().map(|step| format!("Some({:?})", step.why)));
    }
    assert_eq!(outcomes.len(), 3, "{outcomes:?}: nobody cancels here");
    assert_eq!(bys.len(), 7, "{bys:?}");
    assert_eq!(stages.len(), 8, "{stages:?}");
    for why in ["AllAgree", "OutOfReach", "RuleDecided", "JudgeConsistent", "Synthesised", "PersonDecided", "NobodyLeft", "DeadlinePassed"]
    {
        assert!(whys.contains(why), "{why}: {whys:?}");
    }
    for reason in ["NoQuorum", "NoOpinion", "Tie", "BelowThreshold", "MarginMissed", "DebateByRule", "JudgeByRule", "SynthesisFailed"] {
        assert!(missed.contains(&format!("Some({reason})")), "{reason}: {missed:?}");
    }
    for one in [Ignored::Outsider, Ignored::Duplicate, Ignored::Late, Ignored::BallotUnfit, Ignored::AnswerUnfit, Ignored::NotAsked] {
        assert!(ignored.contains(&one), "{one:?}: {ignored:?}");
    }
}
