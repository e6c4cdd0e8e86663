//! The lab: the same ballots by other rules, and rules and voters against what people said later.

use baton_domain::id::DEFAULT_PROJECT;
use baton_domain::ports::Records;
use baton_domain::services::DecisionService;
use baton_domain::wire::decision::{LabFilter, LaterVerdict, RetallyChoice};
use serde_json::json;

use crate::world::{Reply, World, user, voters};

/// Rankings of the capital of Tennessee, as the textbooks have them, by a tenth: 4, 3, 1 and 1 voters.
fn tennessee(_: &str, _: &serde_json::Value, agent: &str) -> Reply {
    let number: u32 = agent.trim_start_matches("agent:a").parse().unwrap();
    let order = match number {
        1..=4 => ["memphis", "nashville", "chattanooga", "knoxville"],
        5..=7 => ["nashville", "chattanooga", "knoxville", "memphis"],
        8 => ["chattanooga", "knoxville", "nashville", "memphis"],
        _ => ["knoxville", "chattanooga", "nashville", "memphis"],
    };
    Reply::Completed(json!({"answer": order, "confidence": 0.9}))
}

async fn decided(world: &World) -> baton_domain::id::DecisionId {
    let options: Vec<serde_json::Value> =
        ["memphis", "nashville", "chattanooga", "knoxville"].iter().map(|key| json!({"key": key})).collect();
    let asked =
        json!({"electorate": voters(1..=9), "rule": "schulze", "early_stop": false, "answers": {"kind": "options", "options": options}});
    let opened = world.open(asked).await;
    world.settle().await;
    opened.id
}

#[tokio::test]
async fn other_rules_count_the_same_ballots_without_asking_anybody() {
    let world = World::new(tennessee).await;
    let id = decided(&world).await;
    let asked = world.tasks.all().len();
    let by = |rule: &str| {
        let (councils, rule) = (world.councils.clone(), rule.to_owned());
        async move { councils.retally(&user(4), id, RetallyChoice { rule: Some(rule), ..RetallyChoice::default() }).await }
    };
    let own = world.councils.retally(&user(4), id, RetallyChoice::default()).await.unwrap();
    assert_eq!((own.own.as_str(), own.chosen.key.as_deref(), own.chosen.differs), ("schulze", Some("nashville"), false));
    assert_eq!(world.detail(id).await.summary.verdict.unwrap().key, own.chosen.key, "as it was decided");
    let plurality = by("plurality").await.unwrap();
    assert_eq!((plurality.chosen.key.as_deref(), plurality.chosen.differs, plurality.disagrees), (Some("memphis"), true, true));
    assert_eq!(plurality.chosen.points["memphis"], 4.0);
    assert!(plurality.winners["memphis"].contains(&"plurality".to_owned()) && plurality.rules.len() >= 12);
    let all = plurality.rules.iter().find(|one| one.rule == "plurality").unwrap();
    assert_eq!((all.key.clone(), all.points.clone()), (plurality.chosen.key.clone(), plurality.chosen.points.clone()));
    for (rule, code) in [("judge", "DECISION-008"), ("dice", "DECISION-008"), ("synthesis", "DECISION-008")] {
        assert_eq!(by(rule).await.unwrap_err().code, code, "{rule}");
    }
    let strict = RetallyChoice { rule: Some("plurality".into()), threshold: Some(0.6), ..RetallyChoice::default() };
    assert_eq!(world.councils.retally(&user(1), id, strict).await.unwrap().chosen.missed.as_deref(), Some("below_threshold"));
    let many = RetallyChoice { quorum: Some(10), ..RetallyChoice::default() };
    assert_eq!(world.councils.retally(&user(1), id, many).await.unwrap().chosen.missed.as_deref(), Some("no_quorum"));
    let wrong = RetallyChoice { threshold: Some(0.3), ..RetallyChoice::default() };
    assert_eq!(world.councils.retally(&user(1), id, wrong).await.unwrap_err().code, "DECISION-007");
    assert_eq!(world.tasks.all().len(), asked, "no voter was asked again");
}

#[tokio::test]
async fn rules_and_voters_are_held_against_what_people_said_later() {
    let world = World::new(tennessee).await;
    let lab = world.councils.lab(&user(4), LabFilter::default()).await.unwrap();
    assert_eq!((lab.judged, lab.voters.len()), (0, 0));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(decided(&world).await);
    }
    let later = |key: &str| LaterVerdict { key: Some(key.into()), comment: Some("It is so.".into()) };
    assert_eq!(world.councils.judge_later(&user(1), ids[0], later("rome")).await.unwrap_err().code, "DECISION-025");
    assert_eq!(world.councils.judge_later(&user(4), ids[0], later("nashville")).await.unwrap_err().code, "AUTH-005");
    for id in &ids {
        let judged = world.councils.judge_later(&user(1), *id, later("memphis")).await.unwrap();
        assert_eq!(judged.later.unwrap().by, "user1@example.org");
        // The last word counts.
        world.councils.judge_later(&user(1), *id, later("nashville")).await.unwrap();
    }
    let lab = world.councils.lab(&user(4), LabFilter::default()).await.unwrap();
    let of = |rule: &str| lab.rules.iter().find(|one| one.rule == rule).unwrap();
    assert_eq!((lab.judged, of("schulze").right.count, of("plurality").right.count, of("plurality").decided.count), (3, 3, 0, 3));
    assert_eq!(lab.voters.len(), 9);
    let best = &lab.voters[0];
    assert!(best.right.count == 3 && best.name.starts_with('a') && best.skill.as_deref() == Some("demo.answer"), "{best:?}");
    assert!((best.brier.unwrap() - 0.01).abs() < 1e-9, "three times right at 0.9: {:?}", best.brier);
    let worst = lab.voters.last().unwrap();
    assert!(worst.right.count == 0 && (worst.brier.unwrap() - 0.81).abs() < 1e-9 && worst.accuracy < best.accuracy, "{worst:?}");
    assert_eq!(lab.decisions[0].id, ids[2], "the newest first");
    assert!(
        lab.decisions[0].right_rules.contains(&"schulze".to_owned()) && !lab.decisions[0].right_rules.contains(&"plurality".to_owned())
    );
    let none = LabFilter { skill: Some("other.skill".into()), ..LabFilter::default() };
    assert_eq!(world.councils.lab(&user(4), none).await.unwrap().judged, 0);
    let wrong = LabFilter { rule: Some("dice".into()), ..LabFilter::default() };
    assert_eq!(world.councils.lab(&user(4), wrong).await.unwrap_err().code, "DECISION-008");
}

#[tokio::test]
async fn what_is_known_of_voters_weighs_their_votes_and_chooses_whom_to_ask() {
    let world = World::new(tennessee).await;
    for _ in 0..6 {
        let id = decided(&world).await;
        let right = LaterVerdict { key: Some("nashville".into()), comment: None };
        world.councils.judge_later(&user(1), id, right).await.unwrap();
    }
    let options = json!({"kind": "options", "options": [{"key": "memphis"}, {"key": "nashville"}]});
    let best = world.open(json!({"electorate": [{"kind": "skill", "skill": "demo.answer", "count": 3}], "answers": options})).await;
    let names: Vec<String> = world.detail(best.id).await.voters.into_iter().map(|voter| voter.name).collect();
    assert_eq!(names, ["a5", "a6", "a7"], "those who were right before are asked first");
    let weighed = world.open(json!({"electorate": voters(3..=6), "rule": "weighted", "answers": options})).await;
    let voters = world.detail(weighed.id).await.voters;
    let weight = |name: &str| voters.iter().find(|voter| voter.name == name).unwrap().weight;
    assert!(weight("a5") > 3.0 * weight("a4"), "{voters:?}");
}

#[tokio::test]
async fn of_two_who_are_right_as_often_the_better_calibrated_one_is_chosen_first() {
    // Both give the same answers; one of them is sure of all, the other only of those that are right.
    let world = World::new(|_, input, agent| {
        let right = input.to_string().contains("right");
        let confidence = match agent {
            "agent:a1" => 0.95,
            _ if right => 0.95,
            _ => 0.05,
        };
        Reply::Completed(json!({"answer": "memphis", "confidence": confidence}))
    })
    .await;
    let known = world.councils.of_agents(DEFAULT_PROJECT).await.unwrap();
    assert!(known.0.is_empty(), "nobody was judged");
    for (question, key) in [("right", "memphis"), ("wrong", "nashville")].repeat(6) {
        let options = json!({"kind": "options", "options": [{"key": "memphis"}, {"key": "nashville"}]});
        let task = json!({"skill": "demo.answer", "input": {"asks": question}, "answer": "/answer", "confidence": "/confidence"});
        let asked = json!({"electorate": voters(1..=2), "answers": options, "task": task, "early_stop": false});
        let opened = world.open(asked).await;
        world.settle().await;
        let later = LaterVerdict { key: Some(key.into()), comment: None };
        world.councils.judge_later(&user(1), opened.id, later).await.unwrap();
    }
    // What was made of them before is given for a moment.
    assert_eq!(world.councils.of_agents(DEFAULT_PROJECT).await.unwrap(), known);
    world.clock.advance(std::time::Duration::from_secs(16));
    let known = world.councils.of_agents(DEFAULT_PROJECT).await.unwrap();
    let lab = world.councils.lab(&user(4), LabFilter::default()).await.unwrap();
    let of = |name: &str| {
        let voter = lab.voters.iter().find(|voter| voter.name == name).unwrap();
        (voter.right.count, known.of("demo.answer", voter.agent_id.unwrap()).unwrap())
    };
    let ((sure_right, sure), (knows_right, knows)) = (of("a1"), of("a2"));
    assert_eq!((sure_right, knows_right), (6, 6), "right as often");
    assert!(knows > sure && sure > 0.0 && knows < 1.0, "{sure} {knows}");
    assert_eq!(known.of("other.skill", lab.voters[0].agent_id.unwrap()), None);
}
