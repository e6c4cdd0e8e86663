//! Models' families: voters of as many as there are, and judges of none of theirs.

use baton_domain::id::DEFAULT_PROJECT;
use baton_domain::services::DecisionService;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::decision::VoterView;
use baton_domain::wire::model::ModelSettings;
use baton_storage::{SettingsKind, SettingsRecord, SettingsStore};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Reply, World, agent_id, request, user, voters};

/// Configures a model under the name `m` and its rank.
async fn configure(world: &World, rank: u32, model: &str, change: impl Fn(&mut ModelSettings)) {
    let mut settings = ModelSettings { model: model.to_owned(), rank, ..ModelSettings::unset() };
    change(&mut settings);
    let at = Timestamp::from_millis(0);
    let record = SettingsRecord {
        kind: SettingsKind::Model,
        id: Uuid::from_u128(0xC000 + u128::from(rank)),
        project: DEFAULT_PROJECT,
        name: format!("m{rank}"),
        settings: serde_json::to_value(settings).unwrap(),
        secret: None,
        created_at: at,
        updated_at: at,
        updated_by: "a test".into(),
    };
    world.store.insert_settings(record, Principal::System).await.unwrap();
}

fn families(voters: &[VoterView]) -> Vec<Option<&str>> {
    voters.iter().map(|voter| voter.family.as_deref()).collect()
}

async fn refused(world: &World, asked: Value) -> Option<(String, String)> {
    let problem = world.councils.open(&user(1), request(asked), None).await.err()?;
    Some((problem.code, problem.errors.first().map(|error| error.field.clone()).unwrap_or_default()))
}

#[tokio::test]
async fn as_many_families_vote_as_there_are() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    configure(&world, 1, "anthropic/claude-sonnet-4", |_| {}).await;
    for number in 1..=8 {
        world.agents.label(number, "model:gpt-4o");
    }
    world.agents.label(9, "model:m1");
    let opened = world.open(json!({"electorate": [{"kind": "skill", "skill": "demo.answer", "count": 2}]})).await;
    let voters = world.detail(opened.id).await.voters;
    assert_eq!(families(&voters), [Some("gpt"), Some("claude")], "the last agent comes before seven of the first one's family");
    assert_eq!(voters[1].agent_id, Some(agent_id(9)));
}

#[tokio::test]
async fn whoever_is_asked_in_words_is_of_the_family_that_is_asked_first() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    let asked = json!({"task": null, "electorate": voters(10..=11)});
    let opened = world.open(asked.clone()).await;
    assert_eq!(families(&world.detail(opened.id).await.voters), [None, None], "nobody knows");
    configure(&world, 3, "azure/genailab-maas-gpt-4o-mini", |_| {}).await;
    configure(&world, 1, "claude-sonnet", |settings| settings.enabled = false).await;
    configure(&world, 2, "qwen-embeddings", |settings| settings.embeds = true).await;
    world.agents.label(11, "model:llama-3");
    let opened = world.open(asked).await;
    assert_eq!(families(&world.detail(opened.id).await.voters), [Some("gpt"), Some("llama")]);
    // What a skill gives by rules is of no model.
    let opened = world.open(json!({"electorate": voters(1..=2)})).await;
    assert_eq!(families(&world.detail(opened.id).await.voters), [None, None]);
    let named = json!({"skill": "prompt.answer", "input": {"instructions": "Say.", "input": "?", "model": "mistral-large"}});
    let opened = world.open(json!({"task": named, "electorate": voters(10..=10), "answers": {"kind": "free"}})).await;
    assert_eq!(families(&world.detail(opened.id).await.voters), [Some("mistral")]);
}

#[tokio::test]
async fn a_judge_is_not_of_a_voters_family() {
    let world = World::new(|_, _, _| Reply::Silent).await;
    for number in 1..=2 {
        world.agents.label(number, "model:gpt-4o");
    }
    let asked = |judge: Value| json!({"electorate": voters(1..=2), "escalation": {"debate": "never", "judge": judge}});
    let this = asked(json!({"kind": "agent", "agent_id": agent_id(10)}));
    assert_eq!(refused(&world, this.clone()).await, None, "of which family it is nobody knows");
    configure(&world, 1, "gpt-4o-mini", |_| {}).await;
    let unfit = Some(("DECISION-011".to_owned(), "/escalation/judge".to_owned()));
    assert_eq!(refused(&world, this.clone()).await, unfit);
    let best = asked(json!({"kind": "skill", "skill": "prompt.answer"}));
    let opened = world.open(best.clone()).await;
    let only = world.detail(opened.id).await.judge.unwrap();
    assert_eq!(only.family.as_deref(), Some("gpt"), "both speakers are answered by the one model, and there is no other");
    world.agents.label(11, "model:claude-sonnet");
    let opened = world.open(best).await;
    let judge = world.detail(opened.id).await.judge.unwrap();
    assert_eq!((judge.agent_id, judge.family.as_deref()), (Some(agent_id(11)), Some("claude")), "the first that is no kin");
}
