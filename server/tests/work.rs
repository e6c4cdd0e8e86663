//! Do the agents do their work behind the real binary, in child processes too, and stop when they are told to?

use crate::harness;

use std::io::{Read, Write};
#[cfg(target_os = "linux")]
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::harness::{Server, data_folder, repository};
use baton_clients::baton_api::BatonApi;
use baton_domain::id::TaskId;
use baton_domain::task::TaskState;
use baton_domain::wire::task::{NewTask, TaskDetail};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

#[test]
fn the_demo_completes_its_mixed_batch_fast_enough() {
    let examples = repository().join("examples");
    let output = Command::new(harness::binary()).args(["demo", "--count", "66", "--examples"]).arg(examples).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    for skill in ["data_science.profile", "nlp.sentiment", "nlp.keywords", "nlp.summarize", "nlp.detect_language", "code_analysis.metrics"]
    {
        assert!(said.contains(skill), "{skill} is not in the report:\n{said}");
    }
    assert!(said.contains("66 tasks in"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_files_and_texts_end_in_coded_failures_and_the_server_lives() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let api = server.api().await;
    let upload = async |name: &str, bytes: &[u8]| api.upload(name, "text/plain", bytes.to_vec()).await.unwrap().id;
    let ragged = upload("ragged.csv", b"a,b\n1,2\n3\n").await;
    let latin = upload("latin.csv", b"name,town\nRen\xe9,Orl\xe9ans\n").await;
    let empty = upload("empty.csv", b"a,b\n").await;
    let broken = upload("broken.rs", b"fn main( { let x = ; }").await;
    let cases = [
        ("data_science.profile", json!({"artifact": ragged}), "DATA-001"),
        ("data_science.profile", json!({"artifact": latin}), "DATA-002"),
        ("data_science.profile", json!({"artifact": empty}), "DATA-003"),
        ("nlp.sentiment", json!({"text": "   "}), "NLP-001"),
        ("code_analysis.metrics", json!({"artifact": broken}), "CODE-001"),
    ];
    for (skill, input, code) in cases {
        let task = api.run(&NewTask::new(skill, input), Duration::from_secs(30)).await.unwrap();
        assert_eq!(task.summary.state, TaskState::Failed, "{skill} {code}");
        assert_eq!(task.summary.failure.map(|failure| failure.code).as_deref(), Some(code), "{skill}");
        assert_eq!(task.attempts.len(), 1, "{code} is not tried again");
    }
    let fine = api.run(&NewTask::new("nlp.sentiment", json!({"text": "A fine day."})), Duration::from_secs(30)).await.unwrap();
    assert_eq!(fine.summary.state, TaskState::Completed);
    assert!(server.terminate());
}

/// A site with this page, and who says each time that it was asked for something.
fn site(page: &'static str) -> (String, UnboundedReceiver<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let site = listener.local_addr().unwrap().to_string();
    let (send, visits) = unbounded_channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4_096];
            let _ = stream.read(&mut asked);
            // Not every test listens.
            let _ = send.send(());
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                page.len()
            );
        }
    });
    (site, visits)
}

/// Paths of sockets are short, and an attempt's folder lies deep in that of the data: the browser must come up there all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_pictured_behind_the_real_binary() {
    if baton_agents_web_automation::browser_program().is_none() {
        eprintln!("SKIPPED: no Chromium is installed on this machine");
        return;
    }
    let (site, _visits) = site("<!doctype html><title>A page</title><p>hello");
    let folder = data_folder();
    let data = folder.path().join("a/folder/that/somebody/chose");
    let server = Server::start_with(harness::command(&data, &["--egress-private-hosts", &site]));
    let api = server.api().await;
    for skill in ["web_automation.screenshot", "web_automation.render"] {
        let input = json!({"url": format!("http://{site}/"), "wait_for": "load"});
        let task = api.run(&NewTask::new(skill, input), Duration::from_secs(60)).await.unwrap();
        assert_eq!(task.summary.state, TaskState::Completed, "{skill}: {:?}", task.summary.failure);
        assert_eq!(task.attempts.len(), 1, "{skill}");
    }
    assert!(server.terminate());
}

/// The processes that a server has started and that live.
fn children(pid: u32) -> usize {
    let listed = Command::new("ps").args(["-o", "pid=", "--ppid", &pid.to_string()]).output().unwrap();
    String::from_utf8(listed.stdout).unwrap().lines().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_child_process_is_gone_within_a_second() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let api = server.api().await;
    let ids = api.submit_batch(vec![NewTask::new("diagnostics.spin", json!({"milliseconds": 60_000}))]).await.unwrap().ids;
    while api.task(ids[0]).await.unwrap().summary.state != TaskState::Running || children(server.pid()) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let began = Instant::now();
    let client = baton_clients::egress::client().unwrap();
    let tokens: serde_json::Value = client
        .post(format!("{}/api/v1/auth/login", server.url))
        .json(&json!({"email": harness::EMAIL, "password": harness::PASSWORD}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let cancel =
        client.post(format!("{}/api/v1/tasks/{}/cancel", server.url, ids[0])).bearer_auth(tokens["access_token"].as_str().unwrap());
    assert!(cancel.send().await.unwrap().status().is_success());
    while api.task(ids[0]).await.unwrap().summary.state != TaskState::Canceled || children(server.pid()) > 0 {
        assert!(began.elapsed() < Duration::from_secs(1), "it still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(server.terminate());
}

/// How long an attempt may take whose end at its deadline is measured: enough to be seen at work.
const DEADLINE: Duration = Duration::from_secs(2);

/// The task once it has ended and nothing of it works any more, which must be so within a second of its deadline, which comes at the latest
/// this long after now.
async fn stopped(api: &BatonApi, id: TaskId, deadline: Duration, works: impl Fn() -> bool) -> TaskDetail {
    let began = Instant::now();
    loop {
        let task = api.task(id).await.unwrap();
        if task.summary.state.is_terminal() && !works() {
            return task;
        }
        assert!(began.elapsed() < deadline + Duration::from_secs(1), "it still runs: {}", task.summary.state);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_process_that_takes_too_long_is_gone_within_a_second_of_its_deadline() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let api = server.api().await;
    let spin = NewTask::new("diagnostics.spin", json!({"milliseconds": 60_000}));
    let id = api.submit_batch(vec![harness::closing_after(DEADLINE, spin)]).await.unwrap().ids[0];
    loop {
        let state = api.task(id).await.unwrap().summary.state;
        if state == TaskState::Running && children(server.pid()) > 0 {
            break;
        }
        assert!(!state.is_terminal(), "it was never seen at work: {state}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let task = stopped(&api, id, DEADLINE, || children(server.pid()) > 0).await;
    let code = task.summary.failure.map(|failure| failure.code);
    assert_eq!((task.summary.state, code.as_deref()), (TaskState::TimedOut, Some("ATTEMPT-002")));
    assert!(server.terminate());
}

/// Whether processes live in this folder: their command lines name it, or what they inherited does.
#[cfg(target_os = "linux")]
fn inhabited(folder: &Path) -> bool {
    let wanted = folder.to_str().unwrap();
    let names = |process: &Path| {
        ["cmdline", "environ"].iter().any(|file| {
            let text = std::fs::read(process.join(file)).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(wanted)
        })
    };
    std::fs::read_dir("/proc").unwrap().flatten().any(|process| names(&process.path()))
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_browser_of_a_page_that_takes_too_long_is_gone_within_a_second_of_its_deadline() {
    /// Browsers take their time to come up.
    const DEADLINE: Duration = Duration::from_secs(8);
    if baton_agents_web_automation::browser_program().is_none() {
        eprintln!("SKIPPED: no Chromium is installed on this machine");
        return;
    }
    let (site, mut visits) = site("<!doctype html><title>Busy</title><script>while (true) {}</script>");
    let folder = data_folder();
    let scratch = folder.path().join("scratch");
    let server = Server::start_with(harness::command(folder.path(), &["--egress-private-hosts", &site]));
    let api = server.api().await;
    let page = NewTask::new("web_automation.render", json!({"url": format!("http://{site}/"), "wait_seconds": 60}));
    let id = api.submit_batch(vec![harness::closing_after(DEADLINE, page)]).await.unwrap().ids[0];
    let visit = tokio::time::timeout(DEADLINE, visits.recv()).await;
    assert!(visit.is_ok() && inhabited(&scratch), "its browser was never seen at work");
    let task = stopped(&api, id, DEADLINE, || inhabited(&scratch)).await;
    let code = task.summary.failure.map(|failure| failure.code);
    assert_eq!((task.summary.state, code.as_deref()), (TaskState::TimedOut, Some("ATTEMPT-002")));
    assert!(server.terminate());
}
