//! Do two servers and a worker on one PostgreSQL share the work, and finish what one of them leaves?

use std::time::{Duration, Instant};

use crate::harness::cluster::{Cluster, Ledger, Rest, signal, submit};
use crate::harness::{PATIENCE, Server};
use baton_domain::server::ServerKind;
use baton_domain::task::TaskState;
use baton_domain::wire::agent::{AgentList, Balancing, HostView};
use baton_domain::wire::task::NewTask;
use baton_testkit::scale;
use serde_json::json;

/// A lease that is lost soon, and one as it is in production.
fn lease_millis() -> u64 {
    scale().of(3_000, 30_000) as u64
}

/// What is promised of attempts whose server was killed.
const ELSEWHERE: Duration = Duration::from_secs(45);

/// On which servers attempts were whose traces say that they lost their tasks, and those of them whose outcomes came and were refused: an attempt that is
/// told of it before says something else.
const TRACED: &str = "SELECT server_name FROM errors JOIN attempts ON attempts.id = attempt_id WHERE code = 'ATTEMPT-011'";
const REFUSED: &str = "SELECT server_name FROM errors JOIN attempts ON attempts.id = attempt_id \
     WHERE code = 'ATTEMPT-011' AND message LIKE 'The attempt''s outcome was refused:%'";

/// While it stands, no result of this server is stored: whoever has one says it again and again. Each that was said leaves a lock behind, which a transaction
/// that is rolled back keeps.
const HOLD_BACK: &str = "CREATE TABLE held_back (server TEXT);
     INSERT INTO held_back VALUES ('two');
     CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         IF NEW.outcome = 'completed' AND EXISTS (SELECT 1 FROM held_back WHERE server = NEW.server_name) THEN
             PERFORM pg_try_advisory_lock(4711, hashtext(NEW.id::text));
             RAISE EXCEPTION 'not yet' USING ERRCODE = '23505';
         END IF;
         RETURN NEW;
     END $$;
     CREATE TRIGGER hold_back BEFORE UPDATE ON attempts FOR EACH ROW EXECUTE FUNCTION hold_back()";

/// How many results were said meanwhile.
const SAID: &str = "SELECT count(DISTINCT objid) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database \
     WHERE datname = current_database() AND locktype = 'advisory' AND classid = 4711";

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_and_a_worker_share_the_work_and_know_one_another() {
    let mut cluster = Cluster::new(lease_millis());
    let (one, two) = (cluster.server("one"), cluster.server("two"));
    let worker = cluster.worker("three", &[]);
    let (rest, api) = (Rest::of(&one).await, one.api().await);
    // A token of one is believed by the other, which signs with the same key.
    let seen = rest.at(&two).servers().await.items;
    let kinds: Vec<_> = seen.iter().map(|server| (server.name.as_str(), server.kind)).collect();
    assert_eq!(kinds, [("one", ServerKind::Server), ("three", ServerKind::Worker), ("two", ServerKind::Server)]);
    assert_eq!(seen.iter().filter(|server| server.leads).count(), 1);
    let agents: serde_json::Value = rest.get("/agents").await.json().await.unwrap();
    let diagnostics = agents["items"].as_array().unwrap().iter().find(|agent| agent["name"] == "diagnostics").unwrap();
    assert_eq!(diagnostics["slots"], 3 * 64, "the slots of all three");
    // Until each knows of the others.
    tokio::time::sleep(Duration::from_millis(lease_millis() / 9 * 2)).await;
    let count = scale().of(1_500, 10_000);
    let ids = submit(&api, count, "diagnostics.sleep", json!({"milliseconds": 400})).await;
    let mut ledger = Ledger::default();
    ledger.ended(&two.api().await, count, PATIENCE * 3).await;
    ledger.holds(&ids);
    let shares = cluster.completed_by().await;
    assert_eq!(shares.values().sum::<usize>(), count, "each attempt counts once: {shares:?}");
    for name in ["one", "two", "three"] {
        assert!(shares[name] * 10 >= count * 3, "{name} did less than 30 %: {shares:?}");
    }
    assert!(worker.terminate().0);
    let left: Vec<String> = rest.servers().await.items.into_iter().map(|server| server.name).collect();
    assert_eq!(left, ["one", "two"]);
    assert!(two.terminate() && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_hears_of_the_end_whoever_works_and_wherever_it_is_cancelled() {
    let mut cluster = Cluster::new(lease_millis());
    let (one, two) = (cluster.server("one"), cluster.server("two"));
    let (rest, api) = (Rest::of(&one).await, one.api().await);
    rest.change("one", "drain").await;
    for _ in 0..20 {
        let task = api.run(&NewTask::new("diagnostics.echo", json!({"message": "hello"})), Duration::from_secs(30)).await.unwrap();
        assert_eq!(task.summary.state, TaskState::Completed);
        assert_eq!(task.attempts[0].server.as_ref().unwrap().name, "two");
    }
    let endless = submit(&api, 1, "diagnostics.sleep", json!({"milliseconds": 600_000})).await[0];
    cluster.runs_on("two", 1).await;
    assert!(rest.post(&format!("/tasks/{endless}/cancel"), &json!({})).await.status().is_success());
    let task: serde_json::Value = rest.get(&format!("/tasks/{endless}?wait=30")).await.json().await.unwrap();
    assert_eq!(task["summary"]["state"].as_str().or(task["state"].as_str()), Some("canceled"), "{task}");
    assert!(two.terminate() && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_reads_the_files_that_a_server_stored_and_a_server_those_of_a_worker() {
    let mut cluster = Cluster::new(lease_millis());
    let (one, two) = (cluster.server("one"), cluster.server("two"));
    let worker = cluster.worker("three", &[]);
    let (rest, api) = (Rest::of(&one).await, one.api().await);
    for name in ["one", "two"] {
        rest.change(name, "drain").await;
    }
    // More than two chunks, and no round number of them.
    let mut table = "town,people\n".to_owned();
    while table.len() < (2 << 20) + 4_321 {
        table.push_str("Nantes,323204\nTours,136463\n");
    }
    let stored = api.upload("towns.csv", "text/csv", table.clone().into_bytes()).await.unwrap();
    let content = rest.at(&two).get(&format!("/artifacts/{}/content", stored.id)).await.bytes().await.unwrap();
    assert!(content == table.as_bytes(), "{} of {} bytes", content.len(), table.len());
    let task = api.run(&NewTask::new("data_science.profile", json!({"artifact": stored.id})), Duration::from_secs(60)).await.unwrap();
    assert_eq!(task.summary.state, TaskState::Completed, "{:?}", task.summary.failure);
    assert_eq!(task.attempts[0].server.as_ref().unwrap().name, "three");
    for made in task.artifacts {
        let answer = rest.get(&format!("/artifacts/{}/content", made.id)).await;
        assert_eq!(answer.bytes().await.unwrap().len() as u64, made.size, "{}", made.name);
    }
    assert!(worker.terminate().0 && two.terminate() && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_held_is_finished_elsewhere() {
    let mut cluster = Cluster::new(lease_millis());
    let (one, two) = (cluster.server("one"), cluster.server("two"));
    let worker = cluster.worker("three", &[]);
    let api = one.api().await;
    let count = 150;
    let ids = submit(&api, count, "diagnostics.sleep", json!({"milliseconds": 1_500})).await;
    cluster.runs_on("two", 10).await;
    two.kill();
    let killed = Instant::now();
    let held = cluster.running_on("two").await;
    assert!(held > 0, "the kill met nothing");
    let mut ledger = Ledger::default();
    ledger.ended(&api, count, ELSEWHERE).await;
    eprintln!("{held} attempts of a killed server were finished elsewhere after {:.1} s", killed.elapsed().as_secs_f64());
    ledger.holds(&ids);
    let lost = cluster.column::<String>("SELECT server_name FROM attempts WHERE outcome = 'lost'").await;
    assert_eq!((lost.len(), lost.iter().all(|name| name == "two")), (held, true), "{lost:?}");
    // And it is forgotten.
    let rest = Rest::of(&one).await;
    let began = Instant::now();
    while rest.servers().await.items.iter().any(|server| server.name == "two") {
        assert!(began.elapsed() < Duration::from_millis(lease_millis() * 3), "it is still listed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(worker.terminate().0 && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_stopped_past_its_lease_gets_its_late_completions_refused() {
    let mut cluster = Cluster::new(lease_millis());
    // All of them at once, on either server.
    let (count, slots) = (100, "100");
    let [one, two] = ["one", "two"].map(|name| {
        let mut start = cluster.server_command(name);
        start.args(["--diagnostics-slots", slots]);
        // It complains each time that a result is held back.
        start.stderr(std::process::Stdio::null());
        Server::start_with(start)
    });
    let (rest, api) = (Rest::of(&one).await, one.api().await);
    rest.change("one", "drain").await;
    cluster.execute(HOLD_BACK).await;
    let ids = submit(&api, count, "diagnostics.echo", json!({})).await;
    // It is stopped when it has the result of each and none is stored: what it still has to say of them are results, whatever its heart learns first.
    let began = Instant::now();
    while cluster.column::<i64>(SAID).await != [count as i64] {
        assert!(began.elapsed() < PATIENCE, "only {:?} of {count} had a result", cluster.column::<i64>(SAID).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    signal(two.pid(), "STOP");
    let held = cluster.running_on("two").await;
    assert_eq!(held, count, "some had ended before it was stopped");
    rest.change("one", "resume").await;
    let mut ledger = Ledger::default();
    ledger.ended(&api, count, ELSEWHERE).await;
    let before = cluster.completed_by().await;
    cluster.execute("DELETE FROM held_back").await;
    signal(two.pid(), "CONT");
    // It is awake when it works again: then what it held has ended, one way or the other.
    rest.change("one", "drain").await;
    let again = submit(&api, 20, "diagnostics.echo", json!({})).await;
    ledger.ended(&api, count + again.len(), PATIENCE).await;
    ledger.holds(&ids);
    let after = cluster.completed_by().await;
    assert_eq!(after["one"], before["one"], "nothing of what it held was done twice: {before:?} {after:?}");
    assert_eq!(after["two"], before.get("two").unwrap_or(&0) + again.len(), "its late completions were refused: {before:?} {after:?}");
    let lost = cluster.column::<String>("SELECT server_name FROM attempts WHERE outcome = 'lost'").await;
    assert_eq!(lost, vec!["two"; held], "each of the {held} was taken from it");
    // And each of them says so where people look.
    let began = Instant::now();
    while cluster.column::<String>(TRACED).await.len() < held {
        assert!(began.elapsed() < PATIENCE, "not every trace says that the lease was lost");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(cluster.column::<String>(TRACED).await, vec!["two"; held]);
    assert_eq!(cluster.column::<String>(REFUSED).await, vec!["two"; held], "a completion was not refused but never sent");
    assert!(two.terminate() && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_leads_soon_after_the_leader_was_killed() {
    let mut cluster = Cluster::new(lease_millis());
    let mut servers = vec![("one", cluster.server("one")), ("two", cluster.server("two"))];
    let rest = Rest::of(&servers[0].1).await;
    let leader =
        |list: baton_domain::wire::server::ServerList| list.items.into_iter().find(|server| server.leads).map(|server| server.name);
    let first = leader(rest.servers().await).expect("somebody leads");
    let place = servers.iter().position(|(name, _)| *name == first).unwrap();
    let (_, killed) = servers.remove(place);
    killed.kill();
    let (name, other) = servers.remove(0);
    let rest = rest.at(&other);
    let began = Instant::now();
    while leader(rest.servers().await).as_deref() != Some(name) {
        assert!(began.elapsed() < Duration::from_secs(15), "nobody leads");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(other.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_hands_its_work_back_and_no_attempt_is_burnt() {
    let mut cluster = Cluster::new(lease_millis());
    let one = cluster.server("one");
    let worker = cluster.worker("two", &["--drain-seconds", "1"]);
    let (rest, api) = (Rest::of(&one).await, one.api().await);
    rest.change("one", "drain").await;
    let ids = submit(&api, 20, "diagnostics.sleep", json!({"milliseconds": 4_000})).await;
    cluster.runs_on("two", ids.len()).await;
    let (well, took) = worker.terminate();
    assert!(well && took < Duration::from_secs(30), "{took:?}");
    rest.change("one", "resume").await;
    let mut ledger = Ledger::default();
    ledger.ended(&api, ids.len(), PATIENCE).await;
    ledger.holds(&ids);
    assert!(ledger.tasks.values().all(|(_, task)| task.attempt == 1), "an attempt was burnt");
    assert_eq!(cluster.completed_by().await["one"], ids.len());
    assert!(one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_divided_among_those_that_run_on_it_and_they_may_share_their_settings() {
    let mut cluster = Cluster::new(lease_millis());
    // Of these, one of the servers carries no diagnostics.
    let settings = ["--balancing-for=diagnostics.spin=fastest,own.skill=fastest", "--instances=diagnostics=1..2,nlp=1..3"];
    let (mut first, mut second) = (cluster.plain_server_command("one"), cluster.server_command("two"));
    first.args(settings);
    second.args(settings);
    let one = Server::start_with(first);
    let rest = Rest::of(&one).await;
    let alone = host(&rest).await;
    assert_eq!(alone.shared_by, 1);
    let two = Server::start_with(second);
    assert_eq!(host(&rest.at(&two)).await.shared_by, 2, "it looks around before it takes anything");
    let worker = cluster.worker("three", &settings);
    for door in [&rest, &rest.at(&two)] {
        shared_by(door, 3).await;
    }
    let (here, there) = (host(&rest).await, host(&rest.at(&two)).await);
    assert!(here.cpu_millicores + there.cpu_millicores <= alone.cpu_millicores, "{here:?} {there:?} {alone:?}");
    assert!(here.memory_mib + there.memory_mib <= alone.memory_mib, "{here:?} {there:?} {alone:?}");
    assert!(here.cpu_millicores >= 1_000 && here.memory_mib >= alone.memory_mib.min(512), "{here:?}");
    let agents: AgentList = rest.get("/agents").await.json().await.unwrap();
    let nlp = agents.items.iter().find(|agent| agent.name == "nlp").unwrap().id;
    let standing = agents.standings.iter().find(|standing| standing.agent_id == nlp).unwrap();
    assert_eq!((standing.range.minimum, standing.range.maximum, standing.instances.len()), (1, 3, 1));

    assert!(worker.terminate().0 && two.terminate());
    shared_by(&rest, 1).await;
    assert_eq!(host(&rest).await.cpu_millicores, alone.cpu_millicores);
    assert!(one.terminate());
}

async fn host(rest: &Rest) -> HostView {
    let balancing: Balancing = rest.get("/balancing").await.json().await.unwrap();
    balancing.host
}

/// Waits until a server knows that so many run on its machine.
async fn shared_by(rest: &Rest, count: u32) {
    let began = Instant::now();
    while host(rest).await.shared_by != count {
        assert!(began.elapsed() < PATIENCE, "{:?}", host(rest).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
