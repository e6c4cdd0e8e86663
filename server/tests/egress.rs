//! Do agents keep to the rules of where they may reach out to, from the moment somebody sets them?

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::harness::cluster::{Cluster, Rest};
use crate::harness::{PATIENCE, Server, command, data_folder};
use baton_clients::baton_api::BatonApi;
use baton_domain::id::EventSeq;
use baton_domain::task::TaskState;
use baton_domain::wire::egress::{EgressRules, EgressView};
use baton_domain::wire::task::NewTask;
use baton_testkit::scale;
use serde_json::{Value, json};

/// A site whose page is always the same.
fn site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        }
    });
    address
}

/// The code that a fetch of the site fails with, if it fails.
async fn fetch(api: &BatonApi, site: &str) -> Option<String> {
    let task = NewTask::new("web_automation.fetch", json!({"url": format!("http://{site}/")}));
    let ended = api.run(&task, PATIENCE).await.unwrap().summary;
    assert_eq!(ended.state == TaskState::Completed, ended.failure.is_none(), "{ended:?}");
    ended.failure.map(|failure| failure.code)
}

async fn set(rest: &Rest, rules: Value) -> EgressView {
    let answer = rest.put("/egress", &rules).await;
    assert_eq!(answer.status(), 200, "{rules}");
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_of_a_denied_host_is_refused_from_the_moment_it_is_denied() {
    let (site, folder) = (site(), data_folder());
    let flags = ["--egress-private-hosts", &site, "--egress-interval-millis", "0", "--egress-maximum-redirects", "4"];
    let server = Server::start_with(command(folder.path(), &flags));
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    let before: EgressView = rest.get("/egress").await.json().await.unwrap();
    assert_eq!((before.bounds.private_hosts, before.bounds.maximum_redirects, before.updated_by), (vec![site.clone()], 4, None));
    assert_eq!(fetch(&api, &site).await, None);

    let view = set(&rest, json!({"deny": ["127.0.0.1"]})).await;
    assert!(view.updated_by.is_some());
    assert_eq!(fetch(&api, &site).await.as_deref(), Some("EGRESS-002"));
    set(&rest, json!({"allow": ["*.example.org"]})).await;
    assert_eq!(fetch(&api, &site).await.as_deref(), Some("EGRESS-002"));
    set(&rest, json!({"allow": ["0x7f.1", "*.example.org"], "maximum_bytes": 1024})).await;
    assert_eq!(fetch(&api, &site).await, None, "the same address in another spelling");

    for (rules, field) in [(json!({"deny": ["http://a.example"]}), "/deny/0"), (json!({"maximum_redirects": 5}), "/maximum_redirects")] {
        let answer = rest.put("/egress", &rules).await;
        assert_eq!(answer.status(), 422, "{rules}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["errors"][0]["field"]), (&json!("REQUEST-002"), &json!(field)));
    }
    let events = api.events(EventSeq(0), "egress").await.unwrap();
    let told: Vec<_> = events.items.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(told, ["egress.created", "egress.changed", "egress.changed"], "each change is on record");
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_one_server_is_told_hold_on_the_others() {
    let site = site();
    let mut cluster = Cluster::new(scale().of(3_000, 30_000) as u64);
    let mut start = |name: &str| {
        let mut command = cluster.plain_server_command(name);
        command.args(["--egress-private-hosts", &site, "--egress-interval-millis", "0"]);
        Server::start_with(command)
    };
    let (one, two) = (start("one"), start("two"));
    let (api, rest) = (one.api().await, Rest::of(&one).await);
    // What the first takes in is done by the second.
    rest.change("one", "drain").await;
    let task = NewTask::new("web_automation.fetch", json!({"url": format!("http://{site}/")}));
    for (rules, code) in [(json!({}), None), (json!({"deny": ["127.0.0.1"]}), Some("EGRESS-002")), (json!({}), None)] {
        set(&rest, rules).await;
        let ended = api.run(&task, PATIENCE).await.unwrap();
        assert_eq!(ended.summary.failure.as_ref().map(|failure| failure.code.as_str()), code, "{:?}", ended.summary.failure);
        assert_eq!(ended.attempts[0].server.as_ref().unwrap().name, "two");
    }
    let second: EgressView = rest.at(&two).get("/egress").await.json().await.unwrap();
    assert_eq!(second.rules, EgressRules::default());
    assert!(two.terminate() && one.terminate());
}
