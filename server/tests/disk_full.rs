//! What happens when the disk is full? Work is refused with a code, nothing that was acknowledged is lost, and when there is room
//! again the server goes on by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::keyed::{Answer, KeyedClient};
use crate::harness::ledger::Ledger;
use crate::harness::{PATIENCE, Server, command, data_folder};
use baton_domain::wire::task::NewTask;
use reqwest::StatusCode;
use serde_json::json;

/// The room on the disk, and what is left of it when the test begins to fill it.
const ROOM: &str = "size=32m";
const LEFT: u64 = 3 << 20;

/// A small disk of its own. Dropping it takes it away.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Nothing where this test may not mount one.
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", ROOM, "tmpfs"]).arg(at).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    /// How many bytes are free.
    fn free(&self) -> u64 {
        let told = Command::new("df").args(["--output=avail", "-B1"]).arg(&self.0).output().expect("df runs");
        String::from_utf8(told.stdout).expect("text").lines().last().expect("a line").trim().parse().expect("a number")
    }

    fn fill(&self, all_but: u64) -> PathBuf {
        let ballast = self.0.join("ballast");
        let bytes = self.free().saturating_sub(all_but);
        std::fs::write(&ballast, vec![1; usize::try_from(bytes).expect("it fits")]).expect("the ballast");
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A process that has just been killed may still hold it.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn large(number: usize) -> Vec<NewTask> {
    let filling = "x".repeat(8_000);
    (0..10).map(|index| NewTask::new("diagnostics.echo", json!({"message": format!("{number}/{index} {filling}")}))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_loses_nothing_and_is_over_when_there_is_room() {
    let place = data_folder();
    let Some(disk) = SmallDisk::mount(place.path()) else {
        eprintln!("not tested: no disk of this test's own can be mounted here, which takes root");
        return;
    };
    let said = data_folder();
    let said = said.path().join("stderr");
    let data = place.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let mut start = command(&data, &[]);
    start.stderr(std::fs::File::create(&said).unwrap());
    let server = Server::start_with(start);
    // Signing in writes, too.
    let (api, client) = (server.api().await, KeyedClient::sign_in(&server).await.expect("signed in"));
    let ballast = disk.fill(LEFT);

    let (mut acknowledged, mut refused, mut number) = (Vec::new(), 0, 0);
    let began = Instant::now();
    while refused < 5 {
        assert!(began.elapsed() < PATIENCE, "{} were taken, {refused} refused", acknowledged.len());
        match client.submit(&format!("fill-{number}"), &large(number)).await {
            Answer::Stored(batch) => acknowledged.extend(batch.ids),
            Answer::Refused(status, code) => {
                assert!(
                    matches!(status, StatusCode::INSUFFICIENT_STORAGE | StatusCode::SERVICE_UNAVAILABLE) && !code.is_empty(),
                    "{status} {code}"
                );
                refused += 1;
                // Attempts that run now cannot record their ends either.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Answer::Silence => panic!("the server is gone"),
        }
        number += 1;
    }
    assert!(!acknowledged.is_empty(), "nothing was taken before the disk was full");
    // What only reads goes on.
    api.tasks("limit=1").await.expect("a list");

    std::fs::remove_file(&ballast).unwrap();
    let freed = Instant::now();
    loop {
        match client.submit("after", &large(number)).await {
            Answer::Stored(batch) => {
                acknowledged.extend(batch.ids);
                break;
            }
            answer => assert!(freed.elapsed() < Duration::from_secs(10), "there is room again: {answer:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut ledger = Ledger::default();
    while ledger.read(&api).await < acknowledged.len() {
        assert!(freed.elapsed() < PATIENCE, "{} of {} ended", ledger.read(&api).await, acknowledged.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ledger.check(&acknowledged);
    assert!(server.terminate());
    let said = std::fs::read_to_string(&said).unwrap();
    assert!(!said.contains("panicked"), "{said}");
}
