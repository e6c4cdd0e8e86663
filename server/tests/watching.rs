//! Does a watch go on from what the last task found, also after the server has started anew?

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::harness::{PATIENCE, Server, command, data_folder};
use baton_clients::baton_api::BatonApi;
use baton_domain::task::TaskState;
use baton_domain::wire::task::NewTask;
use serde_json::{Value, json};

/// A site with one page, which can be exchanged.
fn site() -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let page = Arc::new(Mutex::new("<p>One</p>".to_owned()));
    let shown = Arc::clone(&page);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let page = shown.lock().unwrap().clone();
            let length = page.len();
            let _ =
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}");
        }
    });
    (address, page)
}

async fn watch(api: &BatonApi, input: Value) -> Value {
    let ended = api.run(&NewTask::new("web_automation.watch", input), PATIENCE).await.unwrap();
    assert_eq!(ended.summary.state, TaskState::Completed, "{:?}", ended.summary.failure);
    ended.result.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_watches_in_a_row_say_first_and_then_what_changed() {
    let ((site, page), folder) = (site(), data_folder());
    let flags = ["--egress-private-hosts", &site, "--egress-interval-millis", "0"];
    let server = Server::start_with(command(folder.path(), &flags));
    let api = server.api().await;
    let input = json!({"url": format!("http://{site}/")});
    let first = watch(&api, input.clone()).await;
    assert_eq!(first["state"], "first");
    assert_eq!(watch(&api, input.clone()).await["state"], "unchanged");
    "<p>Another</p>".clone_into(&mut page.lock().unwrap());
    let changed = watch(&api, input.clone()).await;
    assert_eq!((&changed["state"], &changed["changes"][0]["after"]), (&json!("changed"), &json!("Another")));
    // Another question and another name are watched apart; a state that is given counts in the place of the remembered one.
    assert_eq!(watch(&api, json!({"url": format!("http://{site}/"), "name": "mine"})).await["state"], "first");
    let given = watch(&api, json!({"url": format!("http://{site}/"), "since": first["artifact"]})).await;
    assert_eq!(given["changes"][0]["before"], "One");
    assert!(server.terminate());

    let server = Server::start_with(command(folder.path(), &flags));
    let api = server.api().await;
    assert_eq!(watch(&api, input).await["state"], "unchanged", "it is remembered in the store");
    assert!(server.terminate());
}
