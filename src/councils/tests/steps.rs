//! A step of a workflow asks under names, and is told the verdict.

use baton_domain::services::DecisionService;
use baton_domain::time::Timestamp;
use baton_domain::wire::decision::{DecisionSummary, StepDecision};
use serde_json::{Map, Value, json};

use crate::world::{Reply, World, says, user, user_id};

fn step(change: Value) -> StepDecision {
    let mut form = json!({"skill": "demo.answer", "input": {"text": "x"}, "more": {"answer": "/answer"}});
    for (key, value) in change.as_object().unwrap() {
        form[key] = value.clone();
    }
    let text = |name: &str| form[name].as_str().map(str::to_owned);
    StepDecision {
        skill: text("skill"),
        input: form["input"].clone(),
        question: text("question"),
        options: form.get("options").cloned(),
        voters: form.get("voters").cloned(),
        rule: text("rule"),
        quorum: form["quorum"].as_f64(),
        deadline: form["deadline"].as_i64().map(Timestamp::from_millis),
        more: form["more"].as_object().cloned().unwrap_or_else(Map::new),
        tasks: form["tasks"].as_u64(),
    }
}

#[tokio::test]
async fn a_step_opens_once_and_hears_the_verdict_by_its_key() {
    let world = World::new(|_, _, _| says("yes")).await;
    let asked =
        StepDecision { deadline: Some(Timestamp::from_millis(1_767_225_600_000 + 90_500)), ..step(json!({"options": ["yes", "no"]})) };
    let opened = world.councils.open_step(&user(1), asked.clone(), Some("run/7/vote".into())).await.unwrap();
    world.after(5);
    let again = world.councils.open_step(&user(1), asked, Some("run/7/vote".into())).await.unwrap();
    assert_eq!((again.id, opened.voters), (opened.id, 9), "all that have the skill");
    assert_eq!(opened.deadline, Timestamp::from_millis(1_767_225_600_000 + 91_000));
    world.settle().await;
    let told: DecisionSummary =
        world.events().iter().find(|event| event.kind == "decision.ended").expect("it is told").data.read().unwrap();
    let verdict = told.verdict.unwrap();
    assert_eq!((told.key.as_deref(), verdict.key.as_deref(), verdict.answer), (Some("run/7/vote"), Some("yes"), Some(json!("yes"))));
}

#[tokio::test]
async fn voters_are_numbers_names_or_members() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    for (number, (voters, expected)) in [
        (json!(3), vec!["a1", "a1", "a1"]),
        (json!(["a2", "a4"]), vec!["a2", "a4"]),
        (json!(["a2", "user1@example.org"]), vec!["a2", "user1@example.org"]),
        (json!([{"agent": "a3", "weight": 1.5}, {"agent": "a5"}, "a6"]), vec!["a3", "a5", "a6"]),
        (json!(["admin", {"user": "user2@example.org"}]), vec!["user2@example.org", "user3@example.org"]),
    ]
    .into_iter()
    .enumerate()
    {
        let asked = step(json!({"voters": voters, "question": "What?"}));
        let opened = world.councils.open_step(&user(1), asked, Some(format!("key-{number}"))).await.unwrap();
        let names: Vec<String> = world.detail(opened.id).await.voters.into_iter().map(|voter| voter.name).collect();
        assert_eq!(names, expected, "{voters}");
    }
    for (change, code, field) in [
        (json!({"voters": ["nobody"]}), "DECISION-004", "/voters/0"),
        (json!({"voters": "a1"}), "DECISION-004", "/voters"),
        (json!({"voters": [{"agent": "nobody"}]}), "DECISION-004", "/voters/0"),
        (json!({"options": "yes"}), "DECISION-003", "/options"),
        (json!({"options": [{"name": "yes"}]}), "DECISION-003", "/options/0"),
        (json!({"rule": "dice"}), "DECISION-008", "/rule"),
        (json!({"more": {"colour": "red"}}), "DECISION-002", "/colour"),
        (json!({"skill": null, "question": null}), "DECISION-002", "/question"),
        (json!({"voters": ["a1", "a2"], "quorum": 5}), "DECISION-006", "/quorum"),
    ] {
        let problem = world.councils.open_step(&user(1), step(change.clone()), Some("wrong".into())).await.unwrap_err();
        assert!(problem.code == code && problem.errors[0].field.starts_with(field), "{change}: {problem}");
    }
}

#[tokio::test]
async fn everything_else_of_a_step_has_the_words_of_a_decision() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    let more = json!({
        "answer": "/answer", "canonical": {"method": "number", "absolute": 0.5}, "minimum_margin": 0.2,
        "escalation": {"people": [{"user": "user2@example.org"}], "judge": {"agent": "speaker"}, "otherwise": {"kind": "refuse"}},
    });
    let opened = world
        .councils
        .open_step(&user(1), step(json!({"voters": ["a1", "a2", "a3"], "quorum": 0.6, "more": more})), Some("more".into()))
        .await;
    let detail = world.detail(opened.unwrap().id).await;
    assert_eq!((detail.quorum, detail.judge.unwrap().name.as_str()), (2, "speaker"));
    assert_eq!(detail.request.minimum_margin, Some(0.2));
    assert_eq!(serde_json::to_value(&detail.request.escalation.people).unwrap(), json!([{"kind": "user", "user_id": user_id(2)}]));
}

#[tokio::test]
async fn steps_are_checked_before_anything_is_asked() {
    let world = World::new(|_, _, _| says("yes")).await;
    let wrong = [
        (json!({"rule": "dice"}), "DECISION-008", "/rule"),
        (json!({"more": {"quorm": 2}}), "DECISION-002", "/quorm"),
        (json!({"voters": ["a1", "a2"], "quorum": 5}), "DECISION-006", "/quorum"),
        (json!({"voters": ["a1", "nobody"]}), "DECISION-004", "/voters/1"),
        (json!({"voters": {"agents": 50}}), "DECISION-004", "/voters/0/count"),
        (json!({"skill": null, "question": "Q", "options": ["a", "a"], "more": {}}), "DECISION-003", "/options/1/key"),
        (json!({"more": {"canonical": {"method": "smell"}}}), "DECISION-010", "/canonical"),
        (json!({"more": {"threshold": 0.3}}), "DECISION-007", "/threshold"),
        (json!({"more": {"escalation": {"judge": {"agent": "nobody"}}}}), "DECISION-004", "/escalation/agent"),
        (json!({"more": {"answer": "label"}}), "DECISION-002", "/answer"),
        (json!({"deadline": 5_000, "more": {"stage_seconds": 6}}), "DECISION-002", "/stage_seconds"),
    ];
    let right = [
        json!({}),
        json!({"voters": 3, "rule": "majority"}),
        json!({"deadline": 7_200_000, "more": {"stage_seconds": 1_800}}),
        // Nobody has it today.
        json!({"voters": [{"role": "viewer"}], "skill": null, "question": "Q", "options": ["a", "b"], "more": {}}),
    ];
    let steps = wrong.iter().map(|(change, ..)| step(change.clone())).chain(right.iter().map(|change| step(change.clone())));
    let found = world.councils.check_steps(&user(1), steps.collect()).await.unwrap();
    assert_eq!(found.len(), wrong.len() + right.len());
    for ((change, code, field), problem) in wrong.iter().zip(&found) {
        let problem = problem.as_ref().unwrap_or_else(|| panic!("{change}"));
        assert!(problem.code == *code && problem.errors[0].field == *field, "{change}: {problem}");
    }
    assert_eq!(found[wrong.len()..], [None, None, None, None]);
    assert!(!world.events().iter().any(|event| event.kind.starts_with("decision.")));
}

#[tokio::test]
async fn a_step_asks_no_more_agents_than_tasks_may_begin() {
    let world = World::new(|_, _, _| says("yes")).await;
    let asked = |tasks: u64| step(json!({"voters": 3, "question": "What?", "tasks": tasks}));
    let problem = world.councils.open_step(&user(1), asked(2), Some("few".into())).await.unwrap_err();
    assert!(problem.code == "WORKFLOW-024" && problem.detail.contains("3 agents"), "{problem}");
    assert_eq!(world.councils.open_step(&user(1), asked(3), Some("enough".into())).await.unwrap().voters, 3);
}
