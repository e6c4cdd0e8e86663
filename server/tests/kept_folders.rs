//! Are rules, formats of secrets and advisories used that the installation keeps, by agents that work in processes of their own?

use crate::harness::{PATIENCE, Server, command, data_folder};
use baton_clients::baton_api::BatonApi;
use baton_domain::task::TaskState;
use baton_domain::wire::task::NewTask;
use serde_json::{Value, json};

const RULE: &str = "[[rule]]\nid = \"no-legacy-connect\"\ntitle = \"Old connection\"\nlanguages = [\"python\"]\ncwe = [477]\nseverity = \"warning\"\n\
    confidence = \"high\"\nmessage = \"legacy.connect is no longer allowed.\"\nadvice = \"Use the pool.\"\ncall = [{ name = [\"legacy.connect\"] }]\n";

const FORMAT: &str =
    "[[secret]]\nid = \"acme-token\"\ntitle = \"Token of Acme\"\nexpression = '\\b(acme_[a-z0-9]{16})\\b'\nconfidence = \"high\"\n";

async fn run(api: &BatonApi, skill: &str, input: Value) -> Value {
    let ended = api.run(&NewTask::new(skill, input), PATIENCE).await.unwrap();
    assert_eq!(ended.summary.state, TaskState::Completed, "{skill}: {:?}", ended.summary.failure);
    ended.result.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_advisories_in_the_kept_folders_are_read_when_they_are_used() {
    let (data, rules, advisories) = (data_folder(), data_folder(), data_folder());
    let flags = ["--code-rules", rules.path().to_str().unwrap(), "--code-advisories", advisories.path().to_str().unwrap()];
    let server = Server::start_with(command(data.path(), &flags));
    let api = server.api().await;
    let source = json!({"source": "import legacy\n\nlegacy.connect(\"db\")\n", "language": "python"});
    assert_eq!(run(&api, "code_analysis.security_audit", source.clone()).await["summary"]["findings"], 0);
    std::fs::write(rules.path().join("team.toml"), RULE).unwrap();
    let found = run(&api, "code_analysis.security_audit", source).await;
    assert_eq!(found["findings"][0]["rule"], "no-legacy-connect", "{found}");

    let hidden = json!({"source": "run --as acme_q7zk2vx9lm4tp8rw\n"});
    assert_eq!(run(&api, "code_analysis.secrets", hidden.clone()).await["summary"]["findings"], 0);
    std::fs::write(rules.path().join("formats.toml"), FORMAT).unwrap();
    let found = run(&api, "code_analysis.secrets", hidden).await;
    assert_eq!(found["findings"][0]["rule"], "acme-token", "{found}");

    let advisory = json!({
        "id": "TEST-1", "summary": "bad", "affected": [
            {"package": {"ecosystem": "crates.io", "name": "bad"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "1.1.0"}]}]}
        ]
    });
    std::fs::write(advisories.path().join("TEST-1.json"), advisory.to_string()).unwrap();
    let lock = b"[[package]]\nname = \"bad\"\nversion = \"1.9.0\"\nsource = \"registry+x\"\n".to_vec();
    let lock = api.upload("Cargo.lock", "text/plain", lock).await.unwrap().id;
    let checked = run(&api, "code_analysis.dependencies", json!({"artifact": lock})).await;
    assert_eq!((&checked["advisories"], &checked["summary"]["findings"]), (&json!(1), &json!(1)), "{checked}");
    assert!(server.terminate());
}
