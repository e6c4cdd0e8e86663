//! Does the analysis of a failure go by its facts, and by no secret in them?

use baton_domain::task::TaskState;
use baton_domain::wire::task::NewTask;
use serde_json::json;

use super::world::{SCRIPTED, World};

#[tokio::test]
async fn an_analysis_is_given_what_happened_without_its_secrets() {
    let world = World::new().await;
    let title = Some("Sign in with password=titlesecret0123".to_owned());
    let failed = world.run(NewTask { title, ..NewTask::new(SCRIPTED, json!({"do": "leak"})) }).await;
    assert_eq!(failed.summary.state, TaskState::Failed);
    let asked = world.tasks().analyze(&world.caller, failed.summary.id).await.unwrap();
    let analysis = world.ended(asked.id).await;
    let facts = analysis.input.to_string();
    // What tells of the failure is there, from the attempt, both lines of the log and the trace.
    for told in ["db.example.com/x answered 401", "signing in again", "Authorization", "user:[masked]@", "api_key=[masked]"] {
        assert!(facts.contains(told), "{told} is not in {facts}");
    }
    let shown = format!("{facts} {}", analysis.summary.title);
    for secret in ["titlesecret", "spansecret", "fieldsecret", "linesecret", "urlsecret", "failsecret"] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
    assert!(failed.summary.failure.unwrap().message.contains("failsecret"), "the task's own page shows it as it was");
}
