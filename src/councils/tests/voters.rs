//! Agents that vote by a skill: majorities, ties, silence, late and failed answers, budgets.

use baton_domain::problem::Code;
use baton_domain::services::DecisionService;
use baton_domain::task::{Budget, SharedBudget, TaskState};
use baton_domain::wire::decision::{DecisionFilter, DecisionState};
use baton_storage::{ModelStore, SpendingScope, Spent};
use serde_json::json;

use crate::world::{Reply, World, agent_id, request, says, user, verdict, voters};

/// `a1` to `a3` say yes, the others no.
fn three_to_the_rest(_: &str, _: &serde_json::Value, agent: &str) -> Reply {
    says(if ["agent:a1", "agent:a2", "agent:a3"].contains(&agent) { "yes" } else { "no" })
}

#[tokio::test]
async fn agents_vote_by_what_their_skill_says() {
    let world = World::new(three_to_the_rest).await;
    let opened = world.open(json!({"electorate": voters(1..=5), "rule": "majority", "early_stop": false})).await;
    assert_eq!((opened.state, opened.stage.as_str(), opened.asked), (DecisionState::Open, "balloting", 5));
    world.settle().await;
    assert_eq!(verdict(&world, opened.id).await, ("decided".into(), Some("yes".into()), "rule_decided".into()));
    let detail = world.detail(opened.id).await;
    assert!(detail.disclosed && detail.ballots.len() == 5 && detail.dissent.len() == 2);
    assert!(detail.requests.iter().all(|request| request.status == "answered" && request.task_id.is_some()), "{:?}", detail.requests);
    assert_eq!(detail.ballots[0].confidence, Some(0.8));
    let kinds = world.kinds(opened.id);
    assert!(kinds[0] == "decision.opened" && kinds.ends_with(&["decision.decided".into(), "decision.ended".into()]), "{kinds:?}");
    let tasks = world.tasks.all();
    assert!(tasks.iter().all(|task| task.by.principal == user(1).principal && task.submitted == 1), "as the requester, once");
}

#[tokio::test]
async fn early_stop_cancels_those_who_cannot_change_it() {
    let world = World::new(|key, input, agent| match agent {
        "agent:a4" | "agent:a5" => Reply::Silent,
        _ => three_to_the_rest(key, input, agent),
    })
    .await;
    let opened = world.open(json!({"electorate": voters(1..=5)})).await;
    world.settle().await;
    assert_eq!(verdict(&world, opened.id).await, ("decided".into(), Some("yes".into()), "all_agree".into()));
    let cancelled = world.tasks.all().into_iter().filter(|task| task.detail.summary.state == TaskState::Canceled).count();
    assert_eq!(cancelled, 2);
}

#[tokio::test]
async fn free_answers_of_a_skill_are_votes_for_themselves() {
    let world = World::new(|_, _, agent| {
        let number = match agent {
            "agent:a1" => 10.0,
            "agent:a2" => 10.004,
            _ => 12.0,
        };
        Reply::Completed(json!({"answer": number}))
    })
    .await;
    let canonical = json!({"kind": "free", "canonical": {"method": "number", "absolute": 0.01}});
    let opened = world.open(json!({"electorate": voters(1..=3), "answers": canonical})).await;
    world.settle().await;
    let detail = world.detail(opened.id).await;
    assert_eq!(detail.summary.verdict.unwrap().answer, Some(json!(10.0)), "of two that are the same the smaller");
    assert_eq!(detail.drafts.len(), 3);
}

#[tokio::test]
async fn ties_are_broken_as_asked_or_escalate() {
    let script = |_: &str, _: &serde_json::Value, agent: &str| says(if agent == "agent:a1" { "yes" } else { "no" });
    let world = World::new(script).await;
    let opened = world.open(json!({"electorate": voters(1..=2)})).await;
    world.settle().await;
    assert_eq!(verdict(&world, opened.id).await.0, "escalated");
    assert_eq!(world.detail(opened.id).await.summary.verdict.unwrap().missed.as_deref(), Some("tie"));
    let by_lot = world.open(json!({"electorate": voters(1..=2), "tie_break": ["lot"]})).await;
    world.settle().await;
    let detail = world.detail(by_lot.id).await.summary.verdict.unwrap();
    assert!(detail.by.as_deref() == Some("tie_break") && detail.key.is_some());
}

#[tokio::test]
async fn silent_voters_end_in_a_verdict_or_an_escalation_by_the_deadline() {
    for (silent, state) in [(1, "decided"), (3, "escalated")] {
        let world = World::new(move |_, _, agent| {
            let number: u32 = agent.trim_start_matches("agent:a").parse().unwrap();
            if number <= silent { Reply::Silent } else { says("no") }
        })
        .await;
        let opened = world.open(json!({"electorate": voters(1..=3), "early_stop": false})).await;
        world.settle().await;
        assert_eq!(verdict(&world, opened.id).await.0, "open");
        world.after(600);
        world.settle().await;
        assert_eq!(verdict(&world, opened.id).await.0, state, "{silent} silent");
        assert!(world.tasks.all().iter().all(|task| task.detail.summary.state.is_terminal()), "what is not awaited is cancelled");
    }
}

#[tokio::test]
async fn what_came_in_time_counts_though_it_is_heard_late() {
    let mut world = World::new(|_, _, _| says("yes")).await;
    let opened = world.open(json!({"electorate": voters(1..=3), "early_stop": false})).await;
    world.councils.pass(false).await.unwrap();
    // The tasks end, nobody hears of it, and the server is away until long after the deadline.
    drop(world.tasks.work());
    world.after(3_000);
    world.restart();
    world.councils.pass(true).await.unwrap();
    assert_eq!(verdict(&world, opened.id).await, ("decided".into(), Some("yes".into()), "all_agree".into()));
}

#[tokio::test]
async fn failures_and_answers_that_do_not_fit_are_not_waited_for() {
    let world = World::new(|_, _, agent| match agent {
        "agent:a1" => Reply::Failed("MODEL-001"),
        "agent:a2" => says("maybe"),
        "agent:a3" => Reply::Completed(json!({"label": "no"})),
        _ => says("no"),
    })
    .await;
    let opened = world.open(json!({"electorate": voters(1..=5), "quorum": 2})).await;
    world.settle().await;
    assert_eq!(verdict(&world, opened.id).await, ("decided".into(), Some("no".into()), "all_agree".into()));
    let codes: Vec<Option<String>> = world.detail(opened.id).await.requests.into_iter().map(|request| request.code).collect();
    assert_eq!(codes, [Some("MODEL-001".into()), Some("DECISION-021".into()), Some("DECISION-025".into()), None, None]);
}

#[tokio::test]
async fn a_refused_task_is_a_failure_and_a_full_queue_is_waited_for() {
    let world = World::new(|_, _, _| says("yes")).await;
    world.tasks.refuse(Some(Code::QueueFull));
    let waits = world.open(json!({"electorate": voters(1..=3)})).await;
    world.settle().await;
    assert_eq!(verdict(&world, waits.id).await.0, "open");
    world.tasks.refuse(Some(Code::InputRejected));
    world.settle().await;
    assert_eq!(verdict(&world, waits.id).await.0, "escalated");
    let detail = world.detail(waits.id).await;
    assert!(detail.requests.iter().filter(|request| request.kind == "ballot").all(|request| request.code.as_deref() == Some("TASK-003")));
}

#[tokio::test]
async fn what_is_spent_is_counted_and_a_spent_budget_asks_no_model_more() {
    let world = World::new(|key, _, agent| match agent {
        _ if key.contains("/judge/") => says("never asked"),
        "agent:a1" => says("yes"),
        _ => says("no"),
    })
    .await;
    let judge = json!({"debate": "never", "judge": {"kind": "agent", "agent_id": agent_id(10)}});
    let opened = world.open(json!({"electorate": voters(1..=2), "budget": {"tokens": 100}, "escalation": judge})).await;
    world.councils.pass(false).await.unwrap();
    for task in world.tasks.all() {
        assert_eq!(task.asked.budget.and_then(|budget| budget.tokens), Some(100), "no single task may spend more than all");
        let scope = SpendingScope { name: format!("task:{}", task.detail.summary.id), tokens: None, cost_micros: None };
        world.store.spend(vec![scope], Spent { tokens: 60, cost_micros: 2_000_000 }, task.detail.summary.created_at).await.unwrap();
    }
    world.settle().await;
    let detail = world.detail(opened.id).await;
    assert!(detail.budget_spent && detail.summary.state == DecisionState::Escalated, "a tie, and no budget for the judge");
    assert_eq!((detail.summary.spent.tokens, detail.summary.spent.cost), (120, 4.0));
}

#[tokio::test]
async fn all_tasks_share_the_budget_and_one_that_is_too_small_escalates() {
    let world = World::new(|_, _, agent| match agent {
        "agent:a1" => says("yes"),
        "agent:a2" => says("no"),
        _ => Reply::Failed("MODEL-005"),
    })
    .await;
    let then = json!({"debate": "if_missed", "judge": {"kind": "agent", "agent_id": agent_id(10)}});
    let opened = world.open(json!({"electorate": voters(1..=5), "budget": {"tokens": 100}, "escalation": then})).await;
    world.settle().await;
    let shared = SharedBudget { decision: opened.id, budget: Budget { tokens: Some(100), cost: None } };
    let tasks = world.tasks.all();
    assert!(tasks.len() == 5 && tasks.iter().all(|task| task.shared == Some(shared)), "neither a debate nor a judge is asked for");
    let detail = world.detail(opened.id).await;
    assert!(detail.budget_spent && detail.summary.state == DecisionState::Escalated, "{:?}", detail.summary);
    let short = detail.requests.iter().filter(|request| request.code.as_deref() == Some("MODEL-005")).count();
    assert_eq!(short, 3);
    // Without a budget the same answers lead to a debate.
    let opened = world.open(json!({"electorate": voters(1..=5), "escalation": {"debate": "if_missed"}})).await;
    world.settle().await;
    let tasks: Vec<_> = world.tasks.all().into_iter().filter(|task| task.key.starts_with(&opened.id.to_string())).collect();
    assert!(tasks.len() > 5 && tasks.iter().all(|task| task.shared.is_none()));
}

#[tokio::test]
async fn whoever_was_asked_before_the_budget_ran_short_is_heard() {
    let world = World::new(|_, _, agent| match agent {
        "agent:a1" | "agent:a2" => Reply::Silent,
        _ => Reply::Failed("MODEL-005"),
    })
    .await;
    let opened = world.open(json!({"electorate": voters(1..=3), "budget": {"tokens": 100}})).await;
    world.settle().await;
    let detail = world.detail(opened.id).await;
    assert!(!detail.budget_spent && detail.summary.state == DecisionState::Open, "two are at work on what they set aside");
    assert!(world.tasks.all().iter().all(|task| task.detail.summary.state != TaskState::Canceled));
    world.after(600);
    world.settle().await;
    assert_eq!(world.detail(opened.id).await.summary.state, DecisionState::Escalated);
}

#[tokio::test]
async fn what_is_no_use_is_paid_once_and_what_is_kept_equals_what_is_stored() {
    let mut world = World::new(|_, _, agent| says(if agent == "agent:a1" { "perhaps" } else { "no" })).await;
    let opened = world.open(json!({"electorate": voters(1..=3), "early_stop": false})).await;
    world.councils.pass(false).await.unwrap();
    for task in world.tasks.all() {
        let scope = SpendingScope { name: format!("task:{}", task.detail.summary.id), tokens: None, cost_micros: None };
        world.store.spend(vec![scope], Spent { tokens: 7, cost_micros: 0 }, task.detail.summary.created_at).await.unwrap();
    }
    world.settle().await;
    let kept = world.detail(opened.id).await;
    assert_eq!((kept.summary.spent.tokens, kept.requests[0].code.as_deref()), (21, Some("DECISION-021")));
    world.restart();
    let mut read = world.detail(opened.id).await;
    // Only the number of what was ignored is not kept.
    read.ignored.clone_from(&kept.ignored);
    assert_eq!(read, kept);
}

#[tokio::test]
async fn wrong_requests_are_refused_with_code_and_field() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    for (change, code, field) in [
        (json!({"electorate": []}), "DECISION-004", "/electorate"),
        (json!({"electorate": voters(1..=3), "quorum": 4}), "DECISION-006", "/quorum"),
        (json!({"electorate": [{"kind": "skill", "skill": "no.such"}]}), "DECISION-004", "/electorate/0/skill"),
        (json!({"electorate": [{"kind": "user", "user_id": uuid::Uuid::from_u128(1)}]}), "DECISION-004", "/electorate/0/user_id"),
        (json!({"electorate": [{"kind": "agent", "agent_id": agent_id(99)}]}), "DECISION-004", "/electorate/0/agent_id"),
        (json!({"electorate": voters(1..=3), "task": {"skill": "no.such", "input": {}}}), "TASK-002", "/task/skill"),
        (json!({"electorate": voters(10..=11)}), "DECISION-004", "/electorate/0"),
        (json!({"electorate": voters(1..=3), "task": null}), "DECISION-004", "/electorate/0"),
        (
            json!({"electorate": voters(1..=3), "escalation": {"judge": {"kind": "agent", "agent_id": agent_id(4)}}}),
            "DECISION-011",
            "/escalation/judge",
        ),
    ] {
        let problem = world.councils.open(&user(1), request(change.clone()), None).await.unwrap_err();
        assert!(problem.code == code && problem.errors[0].field == field, "{change}: {problem}");
    }
    assert_eq!(world.councils.open(&user(4), request(json!({})), None).await.unwrap_err().code, "AUTH-005");
    assert!(world.events().iter().all(|event| !event.kind.starts_with("decision.")), "nothing was stored");
}

#[tokio::test]
async fn a_key_opens_one_decision() {
    let world = World::new(|_, _, _| says("yes")).await;
    let open = |change: serde_json::Value, caller: u128| {
        let councils = world.councils.clone();
        async move { councils.open(&user(caller), request(change), Some("once".into())).await }
    };
    let first = open(json!({"electorate": voters(1..=3)}), 1).await.unwrap();
    assert_eq!(open(json!({"electorate": voters(1..=3)}), 1).await.unwrap().id, first.id);
    assert_eq!(open(json!({"electorate": voters(1..=4)}), 1).await.unwrap_err().code, "REQUEST-009");
    assert_ne!(open(json!({"electorate": voters(1..=3)}), 2).await.unwrap().id, first.id, "everybody has keys of their own");
    assert_eq!(first.key.as_deref(), Some("once"));
}

#[tokio::test]
async fn lists_go_back_page_by_page_and_other_projects_see_nothing() {
    let world = World::new(|_, _, _| says("yes")).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.insert(0, world.open(json!({"electorate": voters(1..=3), "question": format!("Number {number}?")})).await.id);
    }
    let filter = DecisionFilter { limit: Some(2), ..DecisionFilter::default() };
    let first = world.councils.list(&user(4), filter.clone()).await.unwrap();
    let next = DecisionFilter { cursor: first.next_cursor.clone(), ..filter.clone() };
    let second = world.councils.list(&user(4), next).await.unwrap();
    let seen: Vec<_> = first.items.iter().chain(&second.items).map(|item| item.id).collect();
    assert_eq!(seen, ids[..4]);
    let wrong = DecisionFilter { cursor: Some("x".into()), ..filter.clone() };
    assert_eq!(world.councils.list(&user(1), wrong).await.unwrap_err().code, "REQUEST-010");
    world.settle().await;
    let decided = DecisionFilter { state: Some(DecisionState::Decided), ..DecisionFilter::default() };
    assert_eq!(world.councils.list(&user(1), decided).await.unwrap().items.len(), 5);
    let mut elsewhere = user(1);
    elsewhere.project = baton_domain::id::ProjectId::new(uuid::Uuid::from_u128(77));
    assert_eq!(world.councils.decision(&elsewhere, ids[0]).await.unwrap_err().code, "DECISION-001");
    assert!(world.councils.list(&elsewhere, DecisionFilter::default()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_thousand_voters_are_asked_heard_and_counted() {
    let world = World::new(|key, _, _| says(if key.ends_with('7') { "no" } else { "yes" })).await;
    let thousand = json!([{"kind": "agent", "agent_id": agent_id(1), "samples": 1_000}]);
    let opened = world.open(json!({"electorate": thousand, "early_stop": false})).await;
    world.settle().await;
    let detail = world.detail(opened.id).await;
    assert_eq!((detail.ballots.len(), detail.counts[0].points["yes"], detail.counts[0].points["no"]), (1_000, 900.0, 100.0));
    assert!(world.kinds(opened.id).len() < 20, "a turn, not a ballot, makes an event");
}
