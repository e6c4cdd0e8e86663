//! What happens when the disk is full? Work is refused with a code, nothing that was acknowledged is lost, and when there is room
//! again the server goes on by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::keyed::{Answer, KeyedClient};
use crate::harness::ledger::Ledger;
use crate::harness::{PATIENCE, Server, command, data_folder};
use baton_domain::wire::task::NewTask;
use baton_testkit::{Scale, scale};
use reqwest::StatusCode;
use serde_json::json;

/// The room on the disk, and what is left of it when the test begins to fill it.
const ROOM: &str = "size=32m";
const LEFT: u64 = 3 << 20;

/// Mounts a disk at `$0` and becomes what follows.
const ON_A_DISK: &str = "mount -t tmpfs -o size=32m tmpfs \"$0\" && mkdir \"$0/data\" && exec \"$@\"";

/// A small disk of its own. Dropping it takes it away.
struct SmallDisk {
    /// Where this test sees it.
    at: PathBuf,
    mounted: bool,
}

impl SmallDisk {
    /// A server on one. Who may not mount one may do so in a name space of its own, where only the server has it; nothing where that is not allowed either.
    fn with_server(place: &Path, said: &Path) -> Option<(Self, Server)> {
        let log = || std::fs::File::create(said).expect("a file");
        let data = place.join("data");
        let mut start = command(&data, &[]);
        if done(Command::new("mount").args(["-t", "tmpfs", "-o", ROOM, "tmpfs"]).arg(place)) {
            let disk = Self { at: place.to_owned(), mounted: true };
            std::fs::create_dir(&data).expect("the folder");
            start.stderr(log());
            return Some((disk, Server::start_with(start)));
        }
        let apart = || {
            let mut apart = Command::new("unshare");
            apart.args(["--user", "--map-root-user", "--mount", "sh", "-c", ON_A_DISK]).arg(place);
            apart
        };
        if !done(apart().arg("true")) {
            return None;
        }
        let mut wrapped = apart();
        wrapped.arg(start.get_program()).args(start.get_args()).stdin(Stdio::null()).stderr(log());
        wrapped.envs(start.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let server = Server::start_with(wrapped);
        // What was started has become the server.
        let at = Path::new("/proc").join(server.pid().to_string()).join("root").join(place.strip_prefix("/").expect("from the root"));
        Some((Self { at, mounted: false }, server))
    }

    /// How many bytes are free.
    fn free(&self) -> u64 {
        // Unlike `df`, it asks of no other place than this.
        let told = Command::new("stat").args(["--file-system", "--format=%a %S"]).arg(&self.at).output().expect("stat runs");
        let told = String::from_utf8(told.stdout).expect("text");
        let (blocks, size) = told.trim().split_once(' ').expect("two numbers");
        blocks.parse::<u64>().expect("a number") * size.parse::<u64>().expect("a number")
    }

    fn fill(&self, all_but: u64) -> PathBuf {
        let ballast = self.at.join("ballast");
        let bytes = self.free().saturating_sub(all_but);
        std::fs::write(&ballast, vec![1; usize::try_from(bytes).expect("it fits")]).expect("the ballast");
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A process that has just been killed may still hold it. The disk of a name space goes with its server.
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(&self.at).status();
        }
    }
}

/// Whether a command does what it shall.
fn done(command: &mut Command) -> bool {
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn large(number: usize) -> Vec<NewTask> {
    let filling = "x".repeat(8_000);
    (0..10).map(|index| NewTask::new("diagnostics.echo", json!({"message": format!("{number}/{index} {filling}")}))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_loses_nothing_and_is_over_when_there_is_room() {
    let place = data_folder();
    let said = data_folder();
    let said = said.path().join("stderr");
    let Some((disk, server)) = SmallDisk::with_server(place.path(), &said) else {
        // Nothing is left out of the full form.
        assert_eq!(scale(), Scale::Short, "this takes root, or a user who may make name spaces");
        eprintln!("not tested: no disk of this test's own can be mounted here, by root or in a name space");
        return;
    };
    let room = disk.free();
    assert!((LEFT..=32 << 20).contains(&room), "{room} bytes are free: it is another disk");
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
