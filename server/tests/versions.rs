//! Do skills and agents say what they must: where they work, and their versions, which are seen at each attempt and when they change?

use crate::harness;

use crate::harness::Server;
use crate::harness::cluster::Rest;
use baton_domain::agent::{Skill, is_version};
use baton_domain::wire::agent::AgentList;
use baton_domain::wire::live::EventPage;
use baton_domain::wire::task::TaskDetail;
use serde_json::{Value, json};

/// What reads files works in a child process: its input is long, and may be anybody's (docs/adr/003).
#[tokio::test(flavor = "multi_thread")]
async fn no_skill_reads_files_in_the_servers_own_process() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let skills: Vec<Skill> = rest.get("/skills").await.json().await.unwrap();
    let readers = skills.iter().filter(|skill| skill.input_schema.to_string().contains("\"format\":\"artifact\""));
    let (apart, here): (Vec<&Skill>, Vec<&Skill>) = readers.partition(|skill| skill.isolation.in_child(true));
    assert!(apart.len() > 25, "{}", apart.len());
    assert_eq!(here.iter().map(|skill| skill.name.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    // Source is parsed by code that is not checked as the rest is, however it comes.
    let explain = skills.iter().find(|skill| skill.name == "code_analysis.explain").unwrap();
    assert!(explain.isolation.in_child(false));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_version_is_seen_where_it_works_and_when_it_changes() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let skills: Vec<Skill> = rest.get("/skills").await.json().await.unwrap();
    assert!(skills.len() > 40 && skills.iter().all(|skill| is_version(&skill.version)), "{skills:?}");
    let agents: AgentList = rest.get("/agents").await.json().await.unwrap();
    let version = |name: &str| agents.items.iter().find(|agent| agent.name == name).unwrap().version.clone();
    assert!(agents.items.iter().all(|agent| is_version(&agent.version)), "{agents:?}");

    let task: Value = rest.post("/tasks", &json!({"skill": "diagnostics.echo", "input": {}})).await.json().await.unwrap();
    let path = format!("/tasks/{}?wait=60", task["id"].as_str().unwrap());
    let task: TaskDetail = rest.get(&path).await.json().await.unwrap();
    assert_eq!(task.attempts[0].explanation.version, Some(version("diagnostics")));
    assert!(server.terminate());

    // As if the server before had carried another version of one agent.
    let sql = rusqlite::Connection::open(folder.path().join("baton.db")).unwrap();
    let older = "UPDATE agents SET card = json_set(card, '$.version', '0.9.0') WHERE name = 'nlp'";
    assert_eq!(sql.execute(older, []).unwrap(), 1);
    drop(sql);
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let changed: EventPage = rest.get("/events?topics=agent.version_changed").await.json().await.unwrap();
    let seen: Vec<Value> = changed.items.iter().map(|event| event.data.value()).collect();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!((&seen[0]["name"], &seen[0]["version"]), (&json!("nlp"), &json!(version("nlp"))));
    assert!(server.terminate());
}
