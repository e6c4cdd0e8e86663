//! Does every call lead to one award and one outcome, whoever dies?

use baton_domain::id::{ContractId, ProjectId};
use baton_domain::ports::{AgentRecords, SkillRecords};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::ContractService;
use baton_domain::task::{Priority, TaskState};
use baton_domain::user::Caller;
use baton_domain::wire::contract::{
    BidTerms, BidWeights, ContractDetail, ContractFilter, ContractMessage, ContractState, ContractWork, NewContract,
};
use baton_sharing::Sharing;
use serde_json::json;

use crate::world::{World, event, person, viewer};

fn call() -> NewContract {
    NewContract {
        work: ContractWork {
            skill: "demo.work".into(),
            input: json!({"n": 1}),
            title: Some("Count".into()),
            priority: Priority::default(),
        },
        agents: None,
        callers: Default::default(),
        weights: BidWeights::default(),
        required: Default::default(),
        wanted: Default::default(),
        maximum_cost: None,
        finish_within_ms: None,
        bid_within_ms: Some(10_000),
        accept_within_ms: Some(5_000),
        report_within_ms: Some(60_000),
        maximum_awards: None,
    }
}

/// Three agents; `fast` is the best, then `sure`.
fn world(seed: u64) -> World {
    let world = World::new(seed);
    for (name, busy) in [("fast", 0), ("sure", 0), ("slow", 2)] {
        world.agents.add(name, busy);
    }
    let measured = [("fast", (100.0, 90, 10)), ("sure", (400.0, 98, 2)), ("slow", (4_000.0, 98, 2))];
    world.metrics.0.lock().extend(measured.map(|(name, figures)| (name.to_owned(), figures)));
    world
}

async fn look(server: &Sharing, id: ContractId) -> ContractDetail {
    server.contract(&viewer(1), id).await.unwrap()
}

/// Ends the tasks that wait and lets the driver go on, until there is nothing more to do.
async fn finish(world: &World, server: &Sharing, id: ContractId) -> ContractDetail {
    for _ in 0..50 {
        server.round().await.unwrap();
        for task in world.tasks.in_state(TaskState::Queued) {
            world.tasks.end(task.id, TaskState::Completed);
        }
        let detail = look(server, id).await;
        if !matches!(detail.contract.state, ContractState::Called | ContractState::Awarded | ContractState::Accepted) {
            server.round().await.unwrap();
            return look(server, id).await;
        }
        world.advance(10_000);
    }
    panic!("it goes on: {:?}", look(server, id).await);
}

/// One award counted, and one task did it.
fn once(world: &World, detail: &ContractDetail) {
    assert_eq!(detail.contract.state, ContractState::Done, "{detail:?}");
    let kept = detail.awards.iter().filter(|award| award.withdrawn.is_none()).count();
    assert_eq!(kept, 1, "{detail:?}");
    assert_eq!(world.tasks.in_state(TaskState::Completed).len(), 1, "{detail:?}");
    assert!(world.tasks.in_state(TaskState::Queued).is_empty());
}

#[tokio::test]
async fn the_best_by_what_was_measured_gets_the_work() {
    let world = world(21);
    let server = world.server();
    let called = server.call(&person(1), call(), Some("k".into())).await.unwrap();
    assert_eq!(called.state, ContractState::Accepted);
    let detail = look(&server, called.id).await;
    let order: Vec<&str> = detail.bids.iter().map(|bid| bid.bidder.as_str()).collect();
    assert_eq!(order, ["agent:fast", "agent:sure", "agent:slow"]);
    let bid = detail.bids[0].bid.unwrap();
    assert_eq!((bid.eta_ms, detail.bids[0].rank, detail.bids[2].bid.unwrap().eta_ms), (100, Some(1), 8_000));
    assert!((bid.confidence - 91.0 / 102.0).abs() < 1e-5);
    let task = world.tasks.in_state(TaskState::Queued)[0].clone();
    assert_eq!((task.labels.as_slice(), task.title.as_str()), (["agent:fast".to_owned()].as_slice(), "Count"));
    assert_eq!(detail.awards[0].task, Some(task.id));
    // What counts decides.
    let sure = NewContract { weights: BidWeights { cost: 0, speed: 0, capability: 0, confidence: 1 }, ..call() };
    assert_eq!(server.call(&person(1), sure.clone(), None).await.unwrap().winner.as_deref(), Some("agent:sure"));
    // The key finds the contract, and refuses another call.
    assert_eq!(server.call(&person(1), call(), Some("k".into())).await.unwrap().id, called.id);
    assert!(server.call(&person(1), sure, Some("k".into())).await.unwrap_err().is(Code::IdempotencyConflict));
    world.tasks.end(task.id, TaskState::Completed);
    world.advance(11_000);
    server.round().await.unwrap();
    let done = look(&server, called.id).await;
    assert_eq!((done.contract.state, done.result), (ContractState::Done, Some(json!({"task": task.id}))));
    let page = server.contracts(&viewer(1), ContractFilter { live: Some(false), ..ContractFilter::default() }).await.unwrap();
    assert_eq!((page.items.len(), page.items[0].id), (1, called.id));
    for (wrong, code) in [
        (NewContract { maximum_awards: Some(0), ..call() }, Code::InvalidCall),
        (NewContract { agents: Some(["nobody".to_owned()].into()), ..call() }, Code::NoSuchAgent),
        (NewContract { work: ContractWork { skill: "no.such".into(), ..call().work }, ..call() }, Code::UnknownSkill),
    ] {
        let problem = server.call(&person(1), wrong, None).await.unwrap_err();
        assert!(problem.is(code) || problem.is(Code::NoSuchSkill), "{problem}");
    }
}

#[tokio::test]
async fn a_bid_is_as_sure_as_the_agent_was_right_by_decisions_that_people_judged() {
    let world = world(22);
    let server = world.server();
    let sure = || NewContract { weights: BidWeights { cost: 0, speed: 0, capability: 0, confidence: 1 }, ..call() };
    let winner = server.call(&person(1), sure(), None).await.unwrap().winner;
    assert!(["agent:sure", "agent:slow"].map(Some).contains(&winner.as_deref()), "both are as sure by what they did: {winner:?}");
    // Nobody but these two was judged, and they were wrong more often than not.
    let judged = world.agents.agents.lock().iter().filter(|agent| agent.name != "fast").map(|agent| (agent.id, 0.4)).collect();
    let records = SkillRecords { usual: 0.8, agents: judged };
    *world.records.0.lock() = AgentRecords([("demo.work".to_owned(), records)].into());
    let called = server.call(&person(1), sure(), None).await.unwrap();
    assert_eq!(called.winner.as_deref(), Some("agent:fast"));
    let detail = look(&server, called.id).await;
    let confidence = |name: &str| detail.bids.iter().find(|bid| bid.bidder == name).unwrap().bid.unwrap().confidence;
    assert!((confidence("agent:fast") - 91.0 / 102.0 * 0.8).abs() < 1e-5 && (confidence("agent:sure") - 99.0 / 102.0 * 0.4).abs() < 1e-5);
}

#[tokio::test]
async fn an_agent_that_dies_at_any_message_leaves_one_award() {
    for when in 0..6 {
        let world = world(30 + when);
        let server = world.server();
        let gone = Problem::new(Code::StorageUnavailable, "later");
        if when == 0 {
            // Before it bids.
            let named = NewContract { agents: Some(["fast".to_owned(), "sure".to_owned()].into()), ..call() };
            *world.tasks.refuses.lock() = Some(gone);
            let called = server.call(&person(1), named, None).await.unwrap();
            world.agents.dies("fast");
            *world.tasks.refuses.lock() = None;
            once(&world, &finish(&world, &server, called.id).await);
            continue;
        }
        if when == 1 {
            // After the award, before its task.
            *world.tasks.refuses.lock() = Some(gone);
        }
        let called = server.call(&person(1), call(), None).await.unwrap();
        assert_eq!(called.winner.as_deref(), Some("agent:fast"));
        match when {
            1 => {
                assert_eq!(called.state, ContractState::Awarded);
                world.agents.dies("fast");
                *world.tasks.refuses.lock() = None;
            }
            // While its task waits for it.
            2 => {
                world.agents.dies("fast");
                server.heard(&event(&world, "agent.drained", "agent:1"));
            }
            // At work: the task fails.
            3 => world.tasks.end(world.tasks.in_state(TaskState::Queued)[0].id, TaskState::Failed),
            // It never reports.
            4 => {
                let task = world.tasks.in_state(TaskState::Queued)[0].id;
                world.tasks.end(task, TaskState::Running);
                world.advance(70_000);
            }
            // After the report: nothing is lost by it.
            _ => {
                world.tasks.end(world.tasks.in_state(TaskState::Queued)[0].id, TaskState::Completed);
                world.agents.dies("fast");
            }
        }
        world.advance(1);
        server.round().await.unwrap();
        let detail = finish(&world, &server, called.id).await;
        once(&world, &detail);
        let winner = if when == 5 { "agent:fast" } else { "agent:sure" };
        assert_eq!(detail.contract.winner.as_deref(), Some(winner), "{when}");
        assert!(world.tasks.in_state(TaskState::Running).is_empty(), "{when}: what was withdrawn is cancelled");
    }
}

#[tokio::test]
async fn a_caller_that_falls_silent_at_any_message_leaves_one_award() {
    let tag = |number: u128| person(number).principal.tag();
    let bid = |cost| ContractMessage::Bid { terms: BidTerms { cost, eta_ms: 1_000, capability: 1.0, confidence: 1.0 } };
    for silent in 0..5 {
        let world = world(40 + silent);
        let server = world.server();
        let callers = [tag(7), tag(8)].into();
        let asked = NewContract { agents: Some(Default::default()), callers, ..call() };
        let called = server.call(&person(1), asked, None).await.unwrap();
        assert_eq!(called.state, ContractState::Called);
        let id = called.id;
        assert!(server.tell(&person(9), id, bid(1)).await.unwrap_err().is(Code::NotCalled));
        server.tell(&person(8), id, bid(900)).await.unwrap();
        let first = if silent == 0 { 8 } else { 7 };
        if silent > 0 {
            server.tell(&person(7), id, bid(100)).await.unwrap();
            server.tell(&person(7), id, bid(100)).await.unwrap();
        } else {
            world.advance(10_000);
            server.round().await.unwrap();
        }
        assert_eq!(look(&server, id).await.contract.winner, Some(tag(first)));
        if silent >= 2 {
            server.tell(&person(7), id, ContractMessage::Accept { award: 1 }).await.unwrap();
        }
        match silent {
            0 => {}
            1 => world.advance(5_000),
            2 => world.advance(60_000),
            3 => drop(server.tell(&person(7), id, ContractMessage::Fail { award: 1, because: "No time.".into() }).await.unwrap()),
            _ => drop(server.tell(&person(7), id, ContractMessage::Report { award: 1, result: json!(1) }).await.unwrap()),
        }
        server.round().await.unwrap();
        let detail = look(&server, id).await;
        let (winner, award) = match silent {
            0 => (8, 1),
            4 => (7, 1),
            _ => (8, 2),
        };
        assert_eq!((detail.contract.winner, detail.contract.award), (Some(tag(winner)), award), "{silent}");
        if silent < 4 {
            let late = ContractMessage::Report { award: 1, result: json!("late") };
            if silent > 0 {
                assert!(server.tell(&person(7), id, late).await.unwrap_err().is(Code::AwardLost));
            }
            server.tell(&person(8), id, ContractMessage::Report { award, result: json!("done") }).await.unwrap();
            // Again, after an answer that was lost.
            server.tell(&person(8), id, ContractMessage::Report { award, result: json!("done") }).await.unwrap();
        }
        let detail = look(&server, id).await;
        assert_eq!(detail.contract.state, ContractState::Done);
        assert_eq!(detail.result, Some(if silent == 4 { json!(1) } else { json!("done") }));
        assert!(server.cancel(&person(1), id).await.unwrap_err().is(Code::ContractClosed));
        assert_eq!(server.round().await.unwrap().due, 0);
    }
}

#[tokio::test]
async fn a_crash_after_any_write_leads_to_one_outcome_and_one_task() {
    for fails in [false, true] {
        for writes in 0..10 {
            for answer_lost in [false, true] {
                let world = world(50);
                let mut server = world.stopping(writes, answer_lost);
                let called = match server.call(&person(1), call(), Some("k".into())).await {
                    Ok(called) => called,
                    Err(_) => {
                        server = world.server();
                        server.call(&person(1), call(), Some("k".into())).await.unwrap()
                    }
                };
                if server.round().await.is_err() {
                    server = world.server();
                    server.take_up().await.unwrap();
                }
                if fails && let Some(task) = world.tasks.in_state(TaskState::Queued).first() {
                    world.tasks.end(task.id, TaskState::Failed);
                }
                world.advance(11_000);
                let _ = server.round().await;
                let server = world.server();
                server.take_up().await.unwrap();
                let detail = finish(&world, &server, called.id).await;
                once(&world, &detail);
                assert_eq!(world.events("contract.opened").len(), 1);
                assert_eq!(world.events("contract.closed").len(), 1, "{fails} {writes} {answer_lost}");
            }
        }
    }
}

#[tokio::test]
async fn two_servers_do_a_contract_once_and_a_cancelled_one_ends_its_task() {
    for seed in 0..20 {
        let world = world(60 + seed);
        let (one, other) = (world.server(), world.server());
        let key = Some("k".to_owned());
        let caller = person(1);
        let (first, second) = tokio::join!(one.call(&caller, call(), key.clone()), other.call(&caller, call(), key));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first.id, second.id);
        let (left, right) = tokio::join!(one.round(), other.round());
        assert!(left.is_ok() && right.is_ok());
        assert_eq!(world.tasks.tasks.lock().len(), 1);
        if seed % 2 == 0 {
            one.cancel(&person(1), first.id).await.unwrap();
            assert_eq!(other.cancel(&person(1), first.id).await.unwrap().state, ContractState::Cancelled);
            one.round().await.unwrap();
            assert_eq!(world.tasks.in_state(TaskState::Canceled).len(), 1);
        } else {
            world.tasks.end(world.tasks.in_state(TaskState::Queued)[0].id, TaskState::Completed);
            world.advance(11_000);
            let (left, right) = tokio::join!(one.round(), other.round());
            assert!(left.is_ok() && right.is_ok());
            once(&world, &look(&one, first.id).await);
        }
        assert_eq!(one.round().await.unwrap().due, 0);
    }
}

#[tokio::test]
async fn a_contract_that_there_is_not_is_neither_shown_nor_spoken_about() {
    let world = world(31);
    let server = world.server();
    let known = server.call(&person(1), call(), None).await.unwrap().id;
    let stranger = Caller { project: ProjectId::new(uuid::Uuid::from_u128(99)), ..person(1) };
    for (caller, id) in [(person(1), ContractId::new(uuid::Uuid::from_u128(5))), (stranger, known)] {
        assert!(server.contract(&caller, id).await.unwrap_err().is(Code::NoSuchContract));
        let word = ContractMessage::Refuse { because: "busy".into() };
        assert!(server.tell(&caller, id, word).await.unwrap_err().is(Code::NoSuchContract));
    }
    assert_eq!(look(&server, known).await.contract.id, known);
}

#[tokio::test]
async fn what_nobody_takes_or_does_ends_with_nobody_and_why() {
    let world = world(32);
    let server = world.server();
    let beyond = NewContract { required: ["gpu".to_owned()].into(), ..call() };
    let called = server.call(&person(1), beyond, None).await.unwrap();
    let detail = finish(&world, &server, called.id).await;
    assert_eq!((detail.contract.state, detail.contract.bids, &detail.contract.winner), (ContractState::Nobody, 0, &None));
    assert!(detail.bids.iter().all(|bid| bid.refusal.as_deref() == Some("It lacks gpu.")) && detail.bids.len() == 3, "{detail:?}");
    assert!(detail.awards.is_empty() && detail.result.is_none() && world.tasks.tasks.lock().is_empty(), "{detail:?}");
    // Nothing is left to be done.
    assert_eq!((server.round().await.unwrap().due, world.events("contract.closed").len()), (0, 1));
    assert!(server.cancel(&person(1), called.id).await.unwrap_err().is(Code::ContractClosed));
}
