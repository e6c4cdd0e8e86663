//! A crash after every step: a server that starts anew ends the decision with the same verdict, and each ballot is counted once.

use std::collections::BTreeMap;

use baton_domain::id::JournalId;
use baton_domain::services::DecisionService;
use baton_storage::JournalStore;
use serde_json::{Value, json};

use crate::world::{Reply, World, agent_id, request, says, user, user_id, voters};

/// Two for yes, two for no; the judge, asked in words, chooses `no` in both orders.
fn script(key: &str, input: &Value, agent: &str) -> Reply {
    if key.contains("/judge/") {
        let data: Value = serde_json::from_str(input["input"].as_str().unwrap()).unwrap();
        let no = data["answers"].as_array().unwrap().iter().find(|answer| answer["answer"] == "no").unwrap();
        return Reply::Completed(json!({"json": {"choice": no["label"], "argument": "It is safer."}}));
    }
    says(if ["agent:a1", "agent:a2"].contains(&agent) { "yes" } else { "no" })
}

fn asked() -> Value {
    json!({
        "electorate": voters(1..=4), "early_stop": false,
        "escalation": {"debate": "never", "judge": {"kind": "agent", "agent_id": agent_id(10)}, "people": [{"kind": "user", "user_id": user_id(2)}]},
    })
}

/// Opens under a key, as whoever gets no answer does again, and lets everything happen.
async fn live(world: &World) {
    for _ in 0..2 {
        drop(world.councils.open(&user(1), request(asked()), Some("the-one".into())).await);
        world.settle().await;
    }
}

/// What came of it, and how often each kind of fact of each voter was told.
async fn end(world: &World) -> (Option<String>, Option<String>, BTreeMap<String, usize>, usize) {
    let page = world.councils.list(&user(1), baton_domain::wire::decision::DecisionFilter::default()).await.unwrap();
    assert_eq!(page.items.len(), 1, "one decision under the key");
    let id = page.items[0].id;
    let verdict = world.detail(id).await.summary.verdict.expect("a verdict");
    let mut facts: BTreeMap<String, usize> = BTreeMap::new();
    for fact in world.store.journal_facts(JournalId::new(*id.as_uuid()), 0, 1_000).await.unwrap() {
        let name = format!("{}/{}{}", fact.body["kind"], fact.body["voter"], fact.body["order"]);
        *facts.entry(name).or_default() += 1;
    }
    let ended = world.kinds(id).iter().filter(|kind| *kind == "decision.ended").count();
    (verdict.key, verdict.by, facts, ended)
}

#[tokio::test]
async fn a_crash_after_any_step_changes_nothing() {
    let calm = World::new(script).await;
    live(&calm).await;
    let expected = end(&calm).await;
    assert_eq!((expected.0.as_deref(), expected.1.as_deref(), expected.3), (Some("no"), Some("judge"), 1));
    assert!(expected.2.values().all(|count| *count == 1), "{:?}", expected.2);
    let (mut steps, mut burnt) = (0, 0);
    loop {
        let mut all_passed = true;
        for silently in [false, true] {
            let mut world = World::new(script).await;
            world.fuse.set(steps, silently);
            live(&world).await;
            all_passed &= !world.fuse.is_burnt();
            burnt += u32::from(world.fuse.is_burnt());
            world.fuse.renew();
            world.restart();
            world.councils.pass(true).await.unwrap();
            world.settle().await;
            live(&world).await;
            assert_eq!(end(&world).await, expected, "a crash at step {steps}, silently: {silently}");
            let mut keys: Vec<String> = world.tasks.all().into_iter().map(|task| task.key).collect();
            let all = keys.len();
            keys.dedup();
            assert_eq!((all, keys.len()), (6, 6), "four voters and a judge in two orders, each asked once");
        }
        if all_passed {
            break;
        }
        steps += 1;
    }
    assert!(burnt > 20, "{burnt} crashes");
}

#[tokio::test]
async fn two_drivers_at_once_do_what_one_does() {
    let calm = World::new(script).await;
    live(&calm).await;
    let expected = end(&calm).await;
    let world = World::new(script).await;
    let other = world.another();
    world.councils.open(&user(1), request(asked()), Some("the-one".into())).await.unwrap();
    for _ in 0..20 {
        let (one, two) = futures::join!(world.councils.pass(true), other.pass(true));
        assert!(one.is_ok() && two.is_ok());
        for event in world.tasks.work() {
            world.councils.heard(&event);
            other.heard(&event);
        }
    }
    assert_eq!(end(&world).await, expected);
}

#[tokio::test]
async fn a_dead_judge_ends_with_the_person_and_a_silent_person_with_the_deadline() {
    for answers in [true, false] {
        let world = World::new(|key, input, agent| if key.contains("/judge/") { Reply::Silent } else { script(key, input, agent) }).await;
        let opened = world.councils.open(&user(1), request(asked()), None).await.unwrap();
        world.settle().await;
        assert_eq!(world.detail(opened.id).await.summary.stage, "judging");
        world.after(101);
        world.settle().await;
        let detail = world.detail(opened.id).await;
        assert_eq!((detail.summary.stage.as_str(), detail.story.last().unwrap().why.as_str()), ("asking_person", "judge_failed"));
        if answers {
            use baton_domain::wire::decision::{PersonChoice, PersonVerdict};
            let verdict = PersonVerdict { answer: PersonChoice::Choice { key: "yes".into() }, comment: None };
            world.councils.answer(&user(2), opened.id, verdict).await.unwrap();
        } else {
            world.after(600);
            world.settle().await;
        }
        let state = world.detail(opened.id).await.summary.state.to_string();
        assert_eq!(state, if answers { "decided" } else { "escalated" });
        assert!(world.tasks.all().iter().all(|task| task.detail.summary.state.is_terminal()), "the judge is not left running");
    }
}

#[tokio::test(start_paused = true)]
async fn the_loop_ends_decisions_by_itself_and_stops_when_told() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    let opened = world.open(json!({"electorate": voters(1..=3)})).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(world.councils.clone().run(stop.clone()));
    for _ in 0..60 {
        // Time is the test's: the runtime goes on when nothing else can, and the clock with it.
        tokio::time::sleep(std::time::Duration::from_secs(15)).await;
        world.after(15);
    }
    assert_eq!(world.detail(opened.id).await.summary.state.to_string(), "escalated");
    stop.cancel();
    running.await.unwrap();
}
