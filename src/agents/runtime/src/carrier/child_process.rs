//! How an attempt runs in a child process: messages over its standard streams, limits of CPU, memory and files.
//!
//! The child is the same program, started with another argument. It takes its limits upon itself before it
//! touches the input, and dies with its parent. Its environment is empty: secrets of the server stay there.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::agent::Limits;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::io::{AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{CHANNEL, Connection, Worker, in_process, lines};
use crate::AgentRegistry;
use crate::protocol::{FromAgent, Start, ToAgent, VERSION};

/// How to start the child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildCommand {
    /// The program: this one.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// The most bytes of a child's standard error that are kept for the log.
const STDERR_BYTES: u64 = 8 << 10;

/// Begins an attempt in a child process.
///
/// # Errors
/// If the process cannot be started.
pub fn begin_child(command: &ChildCommand, start: Start) -> io::Result<Connection> {
    let mut child = Command::new(&command.program)
        .args(&command.arguments)
        .env_clear()
        .current_dir(&start.scratch)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("the child has no standard streams"));
    };
    let (to_agent, mut host_says) = mpsc::channel::<ToAgent>(CHANNEL);
    let (say, from_agent) = mpsc::channel::<FromAgent>(CHANNEL);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move {
        let speak = async {
            lines::write(&mut stdin, &ToAgent::Start(Box::new(start))).await?;
            while let Some(message) = host_says.recv().await {
                lines::write(&mut stdin, &message).await?;
            }
            std::future::pending::<io::Result<()>>().await
        };
        let listen = async {
            let mut stream = BufReader::new(stdout);
            let mut line = Vec::new();
            while let Some(message) = lines::read::<FromAgent>(&mut stream, &mut line).await? {
                let last = matches!(message, FromAgent::Outcome { .. });
                if say.send(message).await.is_err() || last {
                    break;
                }
            }
            io::Result::Ok(())
        };
        let complain = async {
            let mut text = Vec::new();
            let mut stderr = stderr;
            let _ = (&mut stderr).take(STDERR_BYTES).read_to_end(&mut text).await;
            if !text.is_empty() {
                let message = format!("standard error: {}", String::from_utf8_lossy(&text).trim_end());
                let _ = say
                    .send(FromAgent::Log { level: baton_domain::wire::trace::Level::Warn, message, fields: serde_json::Value::Null })
                    .await;
            }
            // What is over the limit is read and dropped, so that the child never blocks on it.
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        };
        tokio::select! {
            () = stopped.cancelled() => {}
            result = async {
                tokio::select! {
                    // A child that does not read its input may still have spoken its outcome: only listening ends the exchange.
                    result = listen => result,
                    never = async { let _ = speak.await; std::future::pending::<io::Result<()>>().await } => never,
                    () = async { complain.await; std::future::pending::<()>().await } => Ok(()),
                }
            } => {
                if let Err(error) = result {
                    tracing::warn!(%error, "the child process broke the attempt protocol");
                }
            }
        }
        drop(say);
        end(&mut child, stopped.is_cancelled()).await
    });
    Ok(Connection { to_agent, from_agent, worker: Worker::new(task, stop) })
}

/// Lets a child that has spoken its outcome end by itself for a moment, then kills it; waits until it is gone.
async fn end(child: &mut tokio::process::Child, at_once: bool) -> Option<ExitStatus> {
    if !at_once && let Ok(status) = tokio::time::timeout(Duration::from_secs(1), child.wait()).await {
        return status.ok();
    }
    let _ = child.start_kill();
    child.wait().await.ok()
}

/// How the child's side ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildEnd {
    /// It spoke its outcome.
    Spoke,
    /// The host went away or spoke no start of this protocol.
    NoHost,
}

/// The child's side: takes its limits, reads the start from standard input, works, speaks on standard output.
///
/// # Errors
/// If the limits cannot be taken or the streams fail.
pub fn serve_child(registry: &AgentRegistry) -> io::Result<ChildEnd> {
    die_with_parent();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).max_blocking_threads(4).enable_all().build()?;
    let served = runtime.block_on(async {
        let mut stdin = BufReader::new(tokio::io::stdin());
        let mut line = Vec::new();
        let Some(ToAgent::Start(start)) = lines::read(&mut stdin, &mut line).await? else {
            return Ok(ChildEnd::NoHost);
        };
        if start.protocol != VERSION {
            return Ok(ChildEnd::NoHost);
        }
        take_limits(&start.limits)?;
        let Some(agent) = registry.get(&start.agent) else {
            return Ok(ChildEnd::NoHost);
        };
        speak(agent, *start, stdin).await
    });
    // A read of standard input cannot be cancelled; waiting for it would keep the child until its host goes.
    runtime.shutdown_background();
    served
}

async fn speak(agent: Arc<dyn crate::Agent>, start: Start, mut stdin: BufReader<tokio::io::Stdin>) -> io::Result<ChildEnd> {
    let (to_agent, host_says) = mpsc::channel(CHANNEL);
    let (say, mut said) = mpsc::channel(CHANNEL);
    let canceled = CancellationToken::new();
    let working = tokio::spawn(in_process::run(agent, start, host_says, say, canceled.clone()));
    let listen = async move {
        let mut line = Vec::new();
        while let Ok(Some(message)) = lines::read::<ToAgent>(&mut stdin, &mut line).await {
            if to_agent.send(message).await.is_err() {
                break;
            }
        }
    };
    let mut stdout = tokio::io::stdout();
    let write = async {
        while let Some(message) = said.recv().await {
            lines::write(&mut stdout, &message).await?;
        }
        io::Result::Ok(())
    };
    let end = tokio::select! {
        result = write => result.map(|()| ChildEnd::Spoke),
        () = listen => Ok(ChildEnd::NoHost),
    };
    canceled.cancel();
    working.abort();
    end
}

fn take_limits(limits: &Limits) -> io::Result<()> {
    let between = |resource, value: u64, last: u64| {
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(last) }).map_err(io::Error::from)
    };
    let set = |resource, value: u64| between(resource, value, value);
    #[cfg(target_os = "linux")]
    set(Resource::As, address_space()?.saturating_add(limits.memory_bytes))?;
    // The signal of the first tells why the child died; at the last it would be killed as anybody could kill it.
    between(Resource::Cpu, limits.cpu_seconds, limits.cpu_seconds.saturating_add(1))?;
    set(Resource::Fsize, limits.file_bytes)?;
    set(Resource::Nofile, limits.open_files)?;
    set(Resource::Core, 0)
}

/// What the program has mapped already, in bytes: the allocator reserves address space that it may never use, and the
/// limit is on what the attempt adds.
#[cfg(target_os = "linux")]
fn address_space() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split(' ').next().and_then(|size| size.parse().ok()).ok_or_else(|| io::Error::other("statm does not read"))?;
    Ok(pages.saturating_mul(rustix::param::page_size() as u64))
}

#[cfg(target_os = "linux")]
fn die_with_parent() {
    // Best effort: without it an orphan still ends when its standard input does.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

#[cfg(not(target_os = "linux"))]
const fn die_with_parent() {}
