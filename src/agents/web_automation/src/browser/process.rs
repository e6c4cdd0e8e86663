//! How does a browser live and die? In a process group and a folder of its own, watched for memory and disk; all of it goes with the attempt.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::EgressProxy;
use baton_domain::problem::Code;
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, geteuid, kill_process_group};
use serde_json::json;
use tokio::io::{AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::devtools::{CallError, Devtools, Listener, MAXIMUM_MESSAGE_BYTES};
use super::memory;

/// The most memory of the browser and all its processes that is not the program itself, in bytes.
pub const MAXIMUM_BROWSER_MEMORY_BYTES: u64 = 1 << 30;
/// The most that the browser may write into its folder, in bytes.
pub const MAXIMUM_PROFILE_BYTES: u64 = 256 << 20;
/// How often memory and disk are looked at.
const WATCH: Duration = Duration::from_millis(200);
/// How long the browser may take to come up.
const START: Duration = Duration::from_secs(20);
/// The most bytes of its standard error that are kept for a message.
const COMPLAINT_BYTES: u64 = 16 << 10;
/// How much of the line that says why is repeated, in characters.
const COMPLAINT_CHARACTERS: usize = 300;
/// The name that only the browser knows, of our proxy. Every other name leads nowhere in its resolver.
const PROXY_NAME: &str = "baton-proxy.invalid";

/// The shell sets the limits and moves the pipes to where the browser expects them, which Rust could do in unsafe code only.
/// No core files; CPU seconds of each process. The browser makes a socket in its temporary folder, whose path may have 107 bytes, and a data
/// folder with the attempt's and the browser's own in it has more: through its own working folder, which is the profile, the path is short.
const STARTER: &str = r#"ulimit -c 0; ulimit -t 300
if [ -d "/proc/$$/cwd/tmp" ]; then TMPDIR="/proc/$$/cwd/tmp"; export TMPDIR; fi
exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#;

/// What the browser is told, beside the proxy and its folder.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    // Nothing of its own accord: no updates, reports, experiments, accounts.
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-field-trial-config",
    "--disable-sync",
    "--metrics-recording-only",
    // Nothing past the proxy.
    "--disable-quic",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--proxy-bypass-list=<-loopback>",
    // Nobody answers.
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--disable-notifications",
    "--disable-search-engine-choice-screen",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
    // Alike on every machine.
    "--disable-backgrounding-occluded-windows",
    "--disable-gpu",
    "--disable-renderer-backgrounding",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=en-US",
    "--disk-cache-size=33554432",
    "--js-flags=--max-old-space-size=512",
    // HTTP addresses are asked as HTTP; no lists and no casting are fetched.
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,DialMediaRouteProvider,OptimizationHints,Translate,\
     AutofillServerCommunication,CertificateTransparencyComponentUpdater,InterestFeedContentSuggestions",
];

/// A running browser. Dropping it kills it with all its children and removes its folder.
pub(super) struct Browser {
    /// The conversation with it.
    pub devtools: Devtools,
    /// Not waited for: it is reaped by the runtime once it was killed.
    child: Option<Child>,
    group: Option<Pid>,
    profile: PathBuf,
    program: PathBuf,
    /// Why it was killed, if it was.
    over: Arc<Mutex<Option<SkillError>>>,
    complaint: Arc<Mutex<Vec<u8>>>,
    _tasks: JoinSet<()>,
}

impl Browser {
    /// Starts a browser whose only way out is the proxy.
    pub(super) async fn start(context: &Context, program: &Path, proxy: &EgressProxy, listener: Listener) -> Result<Self, SkillError> {
        let profile = context.scratch()?.join(format!("browser-{}", proxy.address().port()));
        let temporary = profile.join("tmp");
        std::fs::create_dir_all(&temporary).map_err(|error| SkillError::internal(format!("cannot make the browser's folder: {error}")))?;
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(STARTER).arg(program).args(FLAGS);
        command.arg(format!("--user-data-dir={}", profile.display()));
        command.arg(format!("--proxy-server=http://{PROXY_NAME}:{}", proxy.address().port()));
        command.arg(format!("--host-resolver-rules=MAP {PROXY_NAME} 127.0.0.1, MAP * ~NOTFOUND"));
        if !roomy(Path::new("/dev/shm")) {
            command.arg("--disable-dev-shm-usage");
        }
        if geteuid().is_root() {
            context.warn("the server runs as root, so the browser runs without its sandbox; run the server as another user", json!({}));
            command.arg("--no-sandbox");
        }
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8").env("HOME", &profile).env("TMPDIR", &temporary);
        // It would look for a desktop otherwise.
        command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:").env("XDG_CONFIG_HOME", &profile).env("XDG_CACHE_HOME", &profile);
        command.current_dir(&profile).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        let cannot = |error: String| SkillError::passing(Code::BrowserFailed, format!("{} does not start: {error}", program.display()));
        let mut child = command.spawn().map_err(|error| cannot(error.to_string()))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
            return Err(cannot("it has no pipes".to_owned()));
        };
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let (devtools, conversation) = Devtools::over(stdout, stdin, listener);
        let (over, complaint) = (Arc::default(), Arc::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(conversation);
        tasks.spawn(listen(stderr, Arc::clone(&complaint)));
        if let Some(group) = group {
            tasks.spawn(watch(group, profile.clone(), Arc::clone(&over)));
        }
        let program = program.to_owned();
        let browser = Self { devtools, child: Some(child), group, profile, program, over, complaint, _tasks: tasks };
        match browser.devtools.call("", "Browser.getVersion", json!({}), START).await {
            Ok(_) => Ok(browser),
            Err(error) => Err(browser.failed(&error)),
        }
    }

    /// What it means that a command failed.
    pub(super) fn failed(&self, error: &CallError) -> SkillError {
        if let Some(over) = self.over.lock().clone() {
            return over;
        }
        if self.devtools.was_too_long() {
            let message = format!("the page caused a message of more than {} MiB, as one to its console", MAXIMUM_MESSAGE_BYTES >> 20);
            return SkillError::new(Code::PageOverLimit, message);
        }
        let message = match error {
            CallError::Gone => format!("the browser ended{}", reason(&String::from_utf8_lossy(&self.complaint.lock()), &self.program)),
            CallError::Late => "the browser does not answer; the machine may be too busy, or have too little memory".to_owned(),
            CallError::Refused(message) => format!("the browser refused: {message}"),
        };
        SkillError::passing(Code::BrowserFailed, message)
    }

    /// Why it was killed for what it took, if it was.
    pub(super) fn over(&self) -> Option<SkillError> {
        self.over.lock().clone()
    }

    /// Ends it and waits until nothing of it is left.
    pub(super) async fn close(mut self) {
        self.kill();
        if let Some(mut child) = self.child.take() {
            let _ = child.wait().await;
        }
        let profile = self.profile.clone();
        let _ = tokio::task::spawn_blocking(move || remove(&profile)).await;
    }

    fn kill(&self) {
        // Its children are in its group, or end when it does: they hang on its sockets.
        if let Some(group) = self.group.filter(|_| self.child.is_some()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.kill();
        if self.child.take().is_some() {
            let profile = std::mem::take(&mut self.profile);
            // The runtime may be going down, and the folder is small.
            std::thread::spawn(move || remove(&profile));
        }
    }
}

/// What a browser that ended said of it, and what to do.
fn reason(complaint: &str, program: &Path) -> String {
    // What it says last is often an echo; of its many lines the fatal ones say why.
    let telling = ["FATAL", "sandbox", "error while loading", "not found", "Permission denied", "cannot execute"];
    let lines = || complaint.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().rev().find(|line| telling.iter().any(|word| line.contains(word))).or_else(|| lines().next_back());
    let said = line.map(|line| format!(": {}", line.chars().take(COMPLAINT_CHARACTERS).collect::<String>())).unwrap_or_default();
    let advice = match line {
        Some(line) if line.contains("sandbox") => "Allow user namespaces for the server's user (kernel.unprivileged_userns_clone=1, or \
             kernel.apparmor_restrict_unprivileged_userns=0), which its sandbox needs"
            .to_owned(),
        Some(line) if line.contains("error while loading") => "Install the package that holds this library".to_owned(),
        Some(line) if line.contains("No space left") => "Make room in the data folder and in /dev/shm".to_owned(),
        _ => format!(
            "Start it by hand as the server's user to see why: {} --headless=new --dump-dom about:blank (as root with --no-sandbox)",
            program.display()
        ),
    };
    format!("{said}. {advice}.")
}

/// Whether shared memory has room for a browser; in containers it often has 64 MB. What lies elsewhere is not seen as memory.
fn roomy(place: &Path) -> bool {
    rustix::fs::statvfs(place).is_ok_and(|room| room.f_bavail.saturating_mul(room.f_frsize) >= MAXIMUM_BROWSER_MEMORY_BYTES)
}

/// Removes the folder. Processes that are dying may still write into it for a moment.
fn remove(profile: &Path) {
    for _ in 0..20 {
        if std::fs::remove_dir_all(profile).is_ok() || !profile.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

async fn listen(stderr: tokio::process::ChildStderr, complaint: Arc<Mutex<Vec<u8>>>) {
    let mut stderr = BufReader::new(stderr);
    let mut piece = vec![0; 4 << 10];
    while let Ok(length @ 1..) = stderr.read(&mut piece).await {
        let mut kept = complaint.lock();
        let room = (COMPLAINT_BYTES as usize).saturating_sub(kept.len());
        kept.extend_from_slice(&piece[..length.min(room)]);
    }
}

/// Kills a browser that takes too much.
async fn watch(group: Pid, profile: PathBuf, over: Arc<Mutex<Option<SkillError>>>) {
    let mut look = tokio::time::interval(WATCH);
    loop {
        look.tick().await;
        let folder = profile.clone();
        let used = tokio::task::spawn_blocking(move || (memory::of_group(group), memory::of_folder(&folder))).await;
        let Ok((memory, disk)) = used else { return };
        let Some(reason) = excess(memory, disk) else { continue };
        *over.lock() = Some(SkillError::new(Code::PageCrashed, reason));
        let _ = kill_process_group(group, Signal::KILL);
        return;
    }
}

/// What is too much of it, if something is.
fn excess(memory: u64, disk: u64) -> Option<String> {
    if memory > MAXIMUM_BROWSER_MEMORY_BYTES {
        return Some(format!("the page took more than {} MiB of memory", MAXIMUM_BROWSER_MEMORY_BYTES >> 20));
    }
    (disk > MAXIMUM_PROFILE_BYTES).then(|| format!("the page wrote more than {} MiB to disk", MAXIMUM_PROFILE_BYTES >> 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_ended_says_why_and_what_to_do() {
        let program = Path::new("/opt/chrome");
        for (said, line, advice) in [
            (
                "[1:2:ERROR:dbus.cc(1)] no bus\n[1:1:FATAL:a.cc(3)] Check failed: x\n#0 0x55\n",
                ": [1:1:FATAL:a.cc(3)] Check failed: x.",
                "/opt/chrome --headless=new",
            ),
            ("[1:FATAL:zygote_host_impl_linux.cc(1)] No usable sandbox! If\n", "No usable sandbox!", "Allow user namespaces"),
            ("/opt/chrome: error while loading shared libraries: libnss3.so: cannot open\n", "libnss3.so", "Install the package"),
            ("a\nb\n", ": b.", "Start it by hand"),
            ("", ".", "Start it by hand"),
        ] {
            let reason = reason(said, program);
            assert!(reason.contains(line) && reason.contains(advice) && reason.ends_with('.'), "{reason}");
        }
        assert!(reason(&"FATAL ".repeat(10_000), program).chars().count() < 600);
    }

    #[test]
    fn memory_and_disk_are_bounded() {
        assert_eq!(excess(MAXIMUM_BROWSER_MEMORY_BYTES, MAXIMUM_PROFILE_BYTES), None);
        assert!(excess(MAXIMUM_BROWSER_MEMORY_BYTES + 1, 0).unwrap().contains("memory"));
        assert!(excess(0, MAXIMUM_PROFILE_BYTES + 1).unwrap().contains("disk"));
    }
}
