//! People: they vote and decide through the service, and nobody else does it for them.

use baton_domain::services::DecisionService;
use baton_domain::wire::decision::{CancelDecision, DecisionState, LaterVerdict, PersonChoice, PersonVerdict, RetallyChoice, YourPart};
use serde_json::{Value, json};

use crate::world::{Reply, World, agent_id, choice, says, user, user_id, verdict, voters};

fn people(numbers: &[u128]) -> Value {
    numbers.iter().map(|number| json!({"kind": "user", "user_id": user_id(*number)})).collect()
}

fn takes(key: &str) -> PersonVerdict {
    PersonVerdict { answer: PersonChoice::Choice { key: key.into() }, comment: Some("I looked.".into()) }
}

#[tokio::test]
async fn people_vote_each_once_and_outsiders_never() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    let opened = world.open(json!({"electorate": people(&[1, 2, 3]), "task": null, "early_stop": false, "rule": "majority"})).await;
    assert_eq!(opened.people, [user_id(1), user_id(2), user_id(3)], "who is asked stands in the event");
    let id = opened.id;
    let mine = world.detail(id).await;
    assert!(
        matches!(&mine.yours, Some(YourPart::Ballot { reads, entries, .. }) if reads == "choice" && entries.len() == 2),
        "{:?}",
        mine.yours
    );
    assert_eq!(world.votes(1, id, "yes").await.unwrap().answered, 1);
    assert_eq!(world.votes(1, id, "no").await.unwrap_err(), "DECISION-022");
    let half = world.detail(id).await;
    assert!(!half.disclosed && half.ballots.is_empty() && half.yours.is_none(), "nobody sees how others voted while votes are cast");
    assert_eq!(world.councils.retally(&user(1), id, RetallyChoice::default()).await.unwrap_err().code, "DECISION-024");
    let mut key = user(2);
    key.principal =
        baton_domain::user::Principal::ApiKey { id: baton_domain::id::ApiKeyId::new(uuid::Uuid::from_u128(5)), name: "ci".into() };
    assert_eq!(world.councils.vote(&key, id, choice("A")).await.unwrap_err().code, "DECISION-020");
    assert_eq!(world.councils.vote(&user(9), id, choice("A")).await.unwrap_err().code, "DECISION-020");
    assert_eq!(world.councils.vote(&user(4), id, choice("A")).await.unwrap_err().code, "AUTH-005");
    assert_eq!(world.councils.vote(&user(2), id, choice("Z")).await.unwrap_err().code, "DECISION-021");
    world.votes(2, id, "no").await.unwrap();
    let last = world.votes(3, id, "yes").await.unwrap();
    assert_eq!((last.state, last.people.len()), (DecisionState::Decided, 0));
    assert_eq!(world.votes(3, id, "yes").await.unwrap_err(), "DECISION-022");
    assert_eq!(world.detail(id).await.ballots.len(), 3);
    assert_eq!(world.kinds(id).iter().filter(|kind| *kind == "decision.ended").count(), 1);
}

#[tokio::test]
async fn a_late_vote_is_refused_and_changes_nothing() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    let opened = world.open(json!({"electorate": people(&[1, 2]), "task": null, "early_stop": false, "quorum": 1})).await;
    world.votes(1, opened.id, "yes").await.unwrap();
    world.after(601);
    // Nobody has written yet that the time is over.
    let code = world.votes(2, opened.id, "no").await.unwrap_err();
    assert_eq!(code, "DECISION-023");
    world.settle().await;
    assert_eq!(verdict(&world, opened.id).await.1.as_deref(), Some("yes"));
}

#[tokio::test]
async fn two_votes_at_once_are_both_counted() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    let opened = world.open(json!({"electorate": people(&[1, 2, 3]), "task": null, "early_stop": false})).await;
    let other = world.another();
    let callers = [user(1), user(2), user(3)];
    let a = world.councils.vote(&callers[0], opened.id, choice("A"));
    let b = other.vote(&callers[1], opened.id, choice("A"));
    let c = other.vote(&callers[2], opened.id, choice("B"));
    let (a, b, c) = futures::join!(a, b, c);
    assert!(a.is_ok() && b.is_ok() && c.is_ok(), "{a:?} {b:?} {c:?}");
    assert_eq!(world.detail(opened.id).await.ballots.len(), 3);
}

#[tokio::test]
async fn what_voters_cannot_decide_a_person_does() {
    let world = World::new(|_, _, agent| says(if agent == "agent:a1" { "yes" } else { "no" })).await;
    let escalation = json!({"debate": "never", "people": [{"kind": "user", "user_id": user_id(2)}]});
    let opened = world.open(json!({"electorate": voters(1..=2), "escalation": escalation})).await;
    let early = world.councils.answer(&user(2), opened.id, takes("no")).await.unwrap_err();
    assert_eq!(early.code, "DECISION-024");
    world.settle().await;
    let asked = world.detail(opened.id).await;
    assert_eq!((asked.summary.stage.as_str(), &asked.summary.people[..]), ("asking_person", &[user_id(2)][..]));
    assert!(asked.disclosed && asked.ballots.len() == 2, "whoever decides sees what was said");
    let theirs = world.councils.decision(&user(2), opened.id).await.unwrap().yours;
    assert!(matches!(&theirs, Some(YourPart::Verdict { choices, free: false, until: Some(_) }) if choices.len() == 2), "{theirs:?}");
    assert_eq!(world.councils.answer(&user(1), opened.id, takes("no")).await.unwrap_err().code, "DECISION-020");
    assert_eq!(world.councils.answer(&user(2), opened.id, takes("perhaps")).await.unwrap_err().code, "DECISION-025");
    let decided = world.councils.answer(&user(2), opened.id, takes("no")).await.unwrap();
    let said = decided.verdict.unwrap();
    assert_eq!((said.by.as_deref(), said.person, said.comment.as_deref()), (Some("person"), Some(user_id(2)), Some("I looked.")));
    assert_eq!(world.councils.answer(&user(2), opened.id, takes("yes")).await.unwrap_err().code, "DECISION-026");
}

#[tokio::test]
async fn an_escalation_stays_open_and_anybody_may_decide_it_if_nobody_was_named() {
    let mut world = World::new(|_, _, agent| says(if agent == "agent:a1" { "yes" } else { "no" })).await;
    let opened = world.open(json!({"electorate": voters(1..=2)})).await;
    world.settle().await;
    let escalated = world.detail(opened.id).await.summary;
    assert!(escalated.state == DecisionState::Escalated && escalated.anyone);
    assert!(world.kinds(opened.id).contains(&"decision.escalated".to_owned()));
    assert!(!world.kinds(opened.id).contains(&"decision.ended".to_owned()), "it has not ended: a person may decide");
    let judged = LaterVerdict { key: Some("yes".into()), comment: None };
    assert_eq!(world.councils.judge_later(&user(1), opened.id, judged).await.unwrap_err().code, "DECISION-024");
    world.after(90 * 24 * 3_600);
    world.restart();
    assert_eq!(world.councils.pass(true).await.unwrap(), None, "nothing is due");
    let refused = PersonVerdict { answer: PersonChoice::Refuse, comment: None };
    assert_eq!(world.councils.answer(&user(3), opened.id, refused).await.unwrap().state, DecisionState::Refused);
    assert_eq!(world.kinds(opened.id).last().unwrap(), "decision.ended");
}

#[tokio::test]
async fn a_cancelled_decision_cancels_its_tasks_and_cancelling_twice_does_no_harm() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    let opened = world.open(json!({"electorate": voters(1..=3)})).await;
    world.settle().await;
    let why = || CancelDecision { reason: Some("not needed".into()) };
    assert_eq!(world.councils.cancel(&user(1), opened.id, why()).await.unwrap().state, DecisionState::Cancelled);
    assert_eq!(world.councils.cancel(&user(1), opened.id, why()).await.unwrap().state, DecisionState::Cancelled);
    world.settle().await;
    assert!(world.tasks.all().iter().all(|task| task.detail.summary.state.is_terminal()));
    assert_eq!(world.councils.pass(true).await.unwrap(), None);
    assert_eq!(world.detail(opened.id).await.summary.verdict.unwrap().comment.as_deref(), Some("not needed"));
    let done = world.open(json!({"electorate": people(&[1]), "task": null})).await;
    world.votes(1, done.id, "yes").await.unwrap();
    assert_eq!(world.councils.cancel(&user(1), done.id, why()).await.unwrap_err().code, "DECISION-026");
}

#[tokio::test]
async fn agents_and_people_vote_together() {
    let world = World::new(|_, _, _| says("no")).await;
    let electorate = json!([
        {"kind": "agent", "agent_id": agent_id(1)}, {"kind": "agent", "agent_id": agent_id(2)},
        {"kind": "user", "user_id": user_id(1), "weight": 3.0},
    ]);
    let opened = world.open(json!({"electorate": electorate, "allow_dictator": true, "early_stop": false})).await;
    world.settle().await;
    world.votes(1, opened.id, "yes").await.unwrap();
    assert_eq!(verdict(&world, opened.id).await.1.as_deref(), Some("yes"), "weight counts");
}

#[tokio::test]
async fn whoever_votes_neither_ends_what_others_asked_for_nor_judges_it() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    let open = || world.open(json!({"electorate": people(&[1, 2, 3]), "task": null, "early_stop": false}));
    let cancel = |who: u128, id| {
        let councils = &world.councils;
        async move {
            let why = CancelDecision { reason: None };
            councils.cancel(&user(who), id, why).await.map(|summary| summary.state).map_err(|problem| problem.code)
        }
    };
    // User 1 has asked, and votes as well.
    let theirs = open().await.id;
    assert_eq!(cancel(2, theirs).await.unwrap_err(), "AUTH-005");
    assert_eq!(cancel(1, theirs).await.unwrap(), DecisionState::Cancelled);
    let other = open().await.id;
    assert_eq!(cancel(5, other).await.unwrap(), DecisionState::Cancelled, "whoever has no vote may");
    let decided = open().await.id;
    for voter in 1..=3 {
        world.votes(voter, decided, "yes").await.unwrap();
    }
    let judged = |who: u128| {
        let verdict = LaterVerdict { key: Some("yes".into()), comment: None };
        let councils = &world.councils;
        async move { councils.judge_later(&user(who), decided, verdict).await.map(|_| ()).map_err(|problem| problem.code) }
    };
    assert_eq!(judged(1).await.unwrap_err(), "AUTH-005");
    assert_eq!(judged(2).await.unwrap_err(), "AUTH-005");
    judged(5).await.unwrap();
}

#[tokio::test]
async fn ballots_are_counted_again_while_a_person_is_asked_and_not_before() {
    let world = World::new(|_, _, agent| match agent {
        "agent:a1" => says("yes"),
        "agent:a2" => says("no"),
        _ => Reply::Silent,
    })
    .await;
    let asks = json!({"debate": "never", "people": [{"kind": "user", "user_id": user_id(2)}]});
    let open = world.open(json!({"electorate": voters(1..=3), "early_stop": false, "escalation": asks})).await.id;
    world.settle().await;
    assert!(!world.detail(open).await.is_countable(), "somebody still votes");
    // Before the deadline a person that was named is asked, after it anybody is.
    for (electorate, escalation) in [(voters(1..=2), asks.clone()), (voters(1..=2), json!({"debate": "never"}))] {
        let id = world.open(json!({"electorate": electorate, "escalation": escalation})).await.id;
        world.settle().await;
        let detail = world.detail(id).await;
        assert!(!detail.summary.state.is_ended() && detail.is_countable(), "{:?}", detail.summary);
        let counted = world.councils.retally(&user(1), id, RetallyChoice::default()).await.unwrap();
        assert_eq!(counted.chosen.missed.as_deref(), Some("tie"));
    }
}
