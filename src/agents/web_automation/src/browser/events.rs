//! What did a page do? Its requests, messages, dialogs and windows as the browser reports them; what it may not do is refused here.

use std::collections::{BTreeMap, HashMap, HashSet};

use baton_domain::problem::Code;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::devtools::{Devtools, Event};

/// The most requests of a page; those after it are refused.
pub const MAXIMUM_REQUESTS: u64 = 1_000;
/// How often a page may lead its own window elsewhere, redirects aside.
pub const MAXIMUM_NAVIGATIONS: u64 = 10;
/// The most events of one visit: a page that writes to its console without end is given up.
pub const MAXIMUM_EVENTS: u64 = 200_000;
/// How many requests and messages are kept, and how long a text of them may be, in bytes.
pub(super) const MAXIMUM_LISTED: usize = 300;
pub(super) const MAXIMUM_MESSAGES: usize = 100;
const MAXIMUM_TEXT_BYTES: usize = 500;
/// Requests that may be open for good, so that nobody waits for them.
const ENDLESS: &[&str] = &["EventSource", "WebSocket", "Ping"];

/// A request that the page made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub url: String,
    pub method: String,
    pub kind: String,
    pub status: Option<u16>,
    pub bytes: u64,
    pub failure: Option<String>,
}

/// Something that the page or the browser wrote to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub level: &'static str,
    pub text: String,
    pub place: String,
}

/// What happened until now.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The frame of the page itself.
    pub frame: String,
    pub requests: Vec<Asked>,
    pub asked: u64,
    pub failed: u64,
    pub messages: Vec<Said>,
    pub errors: u64,
    pub dialogs: Vec<String>,
    pub dialogs_shown: u64,
    pub popups: u64,
    pub downloads: u64,
    pub navigations: u64,
    /// Redirects of the page's own address: status and where from.
    pub hops: Vec<(u16, String)>,
    pub status: Option<u16>,
    pub content_type: String,
    pub decoded: u64,
    pub loaded: bool,
    /// The address that the window shows an error page for, and why.
    pub unreachable: Option<String>,
    pub failure: Option<String>,
    /// Why requests were refused here.
    pub refused: BTreeMap<String, (Code, String)>,
    /// A bound of the visit that was passed.
    pub over: Option<(Code, String)>,
    pub crashed: bool,
    open: HashMap<String, bool>,
    known: HashMap<String, usize>,
    redirects: HashMap<String, u32>,
    asked_for_credentials: HashSet<String>,
    events: u64,
    changed: Option<Instant>,
    document: String,
}

impl Seen {
    /// Since when nothing is under way; none while something is.
    pub(super) fn quiet_since(&self) -> Option<Instant> {
        if self.open.is_empty() { self.changed } else { None }
    }

    /// Whether the page itself is on its way somewhere else.
    pub(super) fn leaving(&self) -> bool {
        self.open.values().any(|own| *own)
    }
}

/// Listens to a visit and keeps it within its rules.
#[derive(Debug)]
pub(super) struct Witness {
    seen: Mutex<Seen>,
    changes: watch::Sender<()>,
    maximum_redirects: u32,
    user: String,
    secret: String,
}

impl Witness {
    pub(super) fn new(maximum_redirects: u32, credentials: (&str, &str)) -> Self {
        let seen = Mutex::new(Seen { changed: Some(Instant::now()), ..Seen::default() });
        let (user, secret) = (credentials.0.to_owned(), credentials.1.to_owned());
        Self { seen, changes: watch::Sender::new(()), maximum_redirects, user, secret }
    }

    /// Looks at what happened.
    pub(super) fn look<T>(&self, at: impl FnOnce(&mut Seen) -> T) -> T {
        at(&mut self.seen.lock())
    }

    /// Tells when something has happened.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Takes an event of the browser.
    pub(super) fn hear(&self, devtools: &Devtools, event: Event) {
        let Event { method, params, session } = event;
        let mut seen = self.seen.lock();
        seen.events += 1;
        if seen.events > MAXIMUM_EVENTS {
            over(&mut seen, Code::PageOverLimit, format!("the page caused more than {MAXIMUM_EVENTS} events, as messages to its console"));
            if seen.events % 1_000 != 1 {
                return;
            }
        }
        match method.as_str() {
            "Fetch.requestPaused" => self.paused(&mut seen, devtools, &params, &session),
            "Fetch.authRequired" => self.credentials(&mut seen, devtools, &params, &session),
            "Target.attachedToTarget" => attached(devtools, &params),
            "Target.targetCreated" => created(devtools, &params),
            "Target.targetCrashed" | "Inspector.targetCrashed" => seen.crashed = true,
            "Page.windowOpen" => seen.popups += 1,
            "Page.javascriptDialogOpening" => dialog(&mut seen, devtools, &params, &session),
            "Page.loadEventFired" => {
                seen.loaded = true;
                seen.changed = Some(Instant::now());
            }
            "Page.frameNavigated" => navigated(&mut seen, &params["frame"]),
            "Browser.downloadWillBegin" => seen.downloads += 1,
            "Runtime.consoleAPICalled" => console(&mut seen, &params),
            "Runtime.exceptionThrown" => exception(&mut seen, &params["exceptionDetails"]),
            "Log.entryAdded" => entry(&mut seen, &params["entry"]),
            network if network.starts_with("Network.") => heard(&mut seen, network, &params, &session),
            _ => return,
        }
        drop(seen);
        self.changes.send_replace(());
    }

    /// Lets a request go on, or not.
    fn paused(&self, seen: &mut Seen, devtools: &Devtools, params: &Value, session: &str) {
        let url = text(&params["request"]["url"]);
        let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let id = text(&params["networkId"]);
        let redirects =
            seen.redirects.entry(id).and_modify(|count| *count += u32::from(params["redirectedRequestId"].is_string())).or_insert(0);
        let refusal = if *redirects > self.maximum_redirects {
            Some((Code::TooManyRedirects, format!("{}: more than {} redirects", short(&url), self.maximum_redirects)))
        } else if !matches!(scheme.as_str(), "http" | "https" | "ws" | "wss" | "data" | "blob" | "about") {
            Some((Code::UrlRefused, format!("{scheme}: addresses are not fetched, only http and https ones")))
        } else if seen.asked > MAXIMUM_REQUESTS {
            let refusal = (Code::PageOverLimit, format!("the page made more than {MAXIMUM_REQUESTS} requests"));
            over(seen, refusal.0, refusal.1.clone());
            Some(refusal)
        } else if seen.navigations > MAXIMUM_NAVIGATIONS {
            let refusal = (Code::TooManyRedirects, format!("the page led its window elsewhere more than {MAXIMUM_NAVIGATIONS} times"));
            over(seen, refusal.0, refusal.1.clone());
            Some(refusal)
        } else {
            None
        };
        let id = &params["requestId"];
        match refusal {
            Some(refusal) => {
                devtools.tell(session, "Fetch.failRequest", json!({"requestId": id, "errorReason": "BlockedByClient"}));
                if seen.refused.len() < MAXIMUM_LISTED {
                    seen.refused.insert(url, refusal);
                }
            }
            None => devtools.tell(session, "Fetch.continueRequest", json!({"requestId": id})),
        }
    }

    /// Only our own proxy gets credentials, and only once for a request: a second question means that they were wrong.
    fn credentials(&self, seen: &mut Seen, devtools: &Devtools, params: &Value, session: &str) {
        let id = text(&params["requestId"]);
        let ours = params["authChallenge"]["source"] == "Proxy" && seen.asked_for_credentials.insert(id.clone());
        let response = if ours {
            json!({"response": "ProvideCredentials", "username": self.user, "password": self.secret})
        } else {
            json!({"response": "CancelAuth"})
        };
        devtools.tell(session, "Fetch.continueWithAuth", json!({"requestId": id, "authChallengeResponse": response}));
    }
}

/// What a target of the page, a frame or a worker, is told before it runs.
pub(super) fn introductions(kind: &str) -> Vec<(&'static str, Value)> {
    let follow = json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true});
    let mut commands = vec![("Network.enable", json!({"maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0}))];
    if matches!(kind, "page" | "iframe") {
        commands.push(("Fetch.enable", json!({"handleAuthRequests": true, "patterns": [{"urlPattern": "*"}]})));
        commands.push(("Page.enable", json!({})));
        commands.push(("Network.setBypassServiceWorker", json!({"bypass": true})));
        commands.push(("Log.enable", json!({})));
    }
    commands.push(("Runtime.enable", json!({})));
    commands.push(("Target.setAutoAttach", follow));
    commands
}

fn attached(devtools: &Devtools, params: &Value) {
    let (session, kind) = (text(&params["sessionId"]), text(&params["targetInfo"]["type"]));
    // The page itself is introduced by whoever made it.
    if kind == "page" {
        return;
    }
    for (method, params) in introductions(&kind) {
        devtools.tell(&session, method, params);
    }
    devtools.tell(&session, "Runtime.runIfWaitingForDebugger", json!({}));
}

/// Windows that the page opened are closed at once.
fn created(devtools: &Devtools, params: &Value) {
    let info = &params["targetInfo"];
    if info["type"] == "page" && info["openerId"].is_string() {
        devtools.tell("", "Target.closeTarget", json!({"targetId": info["targetId"]}));
    }
}

fn dialog(seen: &mut Seen, devtools: &Devtools, params: &Value, session: &str) {
    // Whoever wants to leave may; nothing else is agreed to.
    let leave = params["type"] == "beforeunload";
    devtools.tell(session, "Page.handleJavaScriptDialog", json!({"accept": leave}));
    seen.dialogs_shown += 1;
    if seen.dialogs.len() < MAXIMUM_MESSAGES {
        seen.dialogs.push(short(&format!("{}: {}", text(&params["type"]), text(&params["message"]))));
    }
}

fn navigated(seen: &mut Seen, frame: &Value) {
    // Frames within the page have a parent.
    if frame["parentId"].is_string() {
        return;
    }
    seen.loaded = false;
    seen.unreachable = frame["unreachableUrl"].as_str().map(str::to_owned);
    if seen.unreachable.is_none() {
        seen.content_type = text(&frame["mimeType"]);
    }
}

fn console(seen: &mut Seen, params: &Value) {
    let level = match params["type"].as_str() {
        Some("error" | "assert") => "error",
        Some("warning") => "warning",
        _ => "info",
    };
    let arguments = params["args"].as_array().map_or(&[][..], Vec::as_slice);
    let words: Vec<String> = arguments.iter().take(20).map(shown).collect();
    let frame = &params["stackTrace"]["callFrames"][0];
    say(seen, level, &words.join(" "), place(&frame["url"], &frame["lineNumber"]));
}

fn shown(argument: &Value) -> String {
    match &argument["value"] {
        Value::String(text) => short(text),
        Value::Null => argument["description"].as_str().or_else(|| argument["type"].as_str()).map(short).unwrap_or_default(),
        value => short(&value.to_string()),
    }
}

fn exception(seen: &mut Seen, details: &Value) {
    let what = details["exception"]["description"].as_str().or_else(|| details["exception"]["value"].as_str());
    let message = format!("{} {}", text(&details["text"]), short(what.unwrap_or_default()));
    say(seen, "error", message.trim(), place(&details["url"], &details["lineNumber"]));
}

fn entry(seen: &mut Seen, entry: &Value) {
    let level = match entry["level"].as_str() {
        Some("error") => "error",
        Some("warning") => "warning",
        _ => "info",
    };
    say(seen, level, &text(&entry["text"]), place(&entry["url"], &entry["lineNumber"]));
}

fn say(seen: &mut Seen, level: &'static str, message: &str, place: String) {
    seen.errors += u64::from(level == "error");
    if seen.messages.len() < MAXIMUM_MESSAGES {
        seen.messages.push(Said { level, text: short(message), place });
    }
}

/// `address:line`, lines counted from one.
fn place(url: &Value, line: &Value) -> String {
    match (url.as_str().filter(|url| !url.is_empty()), line.as_u64()) {
        (Some(url), Some(line)) => format!("{}:{}", short(url), line + 1),
        (Some(url), None) => short(url),
        _ => String::new(),
    }
}

fn heard(seen: &mut Seen, method: &str, params: &Value, session: &str) {
    // Numbers of requests are of their target.
    let key = format!("{session} {}", text(&params["requestId"]));
    match method {
        "Network.requestWillBeSent" => asked(seen, params, key),
        "Network.webSocketCreated" => {
            let url = text(&params["url"]);
            list(seen, key, Asked { url: short(&url), method: "GET".to_owned(), kind: "WebSocket".to_owned(), ..Asked::default() });
        }
        "Network.webSocketHandshakeResponseReceived" => {
            if let Some(at) = seen.known.get(&key).copied() {
                seen.requests[at].status = status(&params["response"]);
            }
        }
        "Network.webSocketFrameError" => fail(seen, &key, &text(&params["errorMessage"])),
        "Network.responseReceived" => {
            let own = own(seen, params);
            let status = status(&params["response"]);
            if let Some(at) = seen.known.get(&key).copied() {
                seen.requests[at].status = status;
            }
            if own {
                seen.status = status;
                seen.document = key;
                seen.decoded = 0;
            }
        }
        "Network.dataReceived" if seen.document == key => seen.decoded += params["dataLength"].as_u64().unwrap_or(0),
        "Network.loadingFinished" => {
            if let Some(at) = seen.known.get(&key).copied() {
                // The browser gives a number with a point.
                seen.requests[at].bytes = params["encodedDataLength"].as_f64().map_or(0, |bytes| bytes.max(0.0) as u64);
            }
            close(seen, &key);
        }
        "Network.loadingFailed" => {
            let reason = text(&params["errorText"]);
            if seen.open.get(&key) == Some(&true) {
                seen.failure = Some(reason.clone());
            }
            fail(seen, &key, &reason);
            close(seen, &key);
        }
        _ => {}
    }
}

/// Whether it is the document of the page's own window.
fn own(seen: &Seen, params: &Value) -> bool {
    params["type"] == "Document" && !seen.frame.is_empty() && params["frameId"] == seen.frame.as_str()
}

fn asked(seen: &mut Seen, params: &Value, key: String) {
    let url = text(&params["request"]["url"]);
    if url.starts_with("data:") || url.starts_with("blob:") {
        return;
    }
    let own = own(seen, params);
    let redirected = &params["redirectResponse"];
    if redirected.is_object() {
        if let Some(at) = seen.known.get(&key).copied() {
            seen.requests[at].status = status(redirected);
        }
        if own {
            seen.hops.push((status(redirected).unwrap_or_default(), text(&redirected["url"])));
        }
    } else if own {
        seen.navigations += 1;
        // What came before was another page's.
        seen.hops.clear();
        seen.status = None;
    }
    let kind = text(&params["type"]);
    if !ENDLESS.contains(&kind.as_str()) {
        seen.open.insert(key.clone(), own);
        seen.changed = Some(Instant::now());
    }
    let method = short(&text(&params["request"]["method"]));
    list(seen, key, Asked { url: short(&url), method, kind, ..Asked::default() });
}

fn list(seen: &mut Seen, key: String, asked: Asked) {
    seen.asked += 1;
    if seen.requests.len() < MAXIMUM_LISTED {
        seen.known.insert(key, seen.requests.len());
        seen.requests.push(asked);
    } else {
        seen.known.remove(&key);
    }
}

fn fail(seen: &mut Seen, key: &str, reason: &str) {
    seen.failed += 1;
    if let Some(at) = seen.known.get(key).copied() {
        seen.requests[at].failure = Some(short(reason));
    }
}

fn close(seen: &mut Seen, key: &str) {
    if seen.open.remove(key).is_some() {
        seen.changed = Some(Instant::now());
    }
}

fn status(response: &Value) -> Option<u16> {
    response["status"].as_u64().and_then(|status| u16::try_from(status).ok()).filter(|status| *status >= 100)
}

fn over(seen: &mut Seen, code: Code, message: String) {
    seen.over.get_or_insert((code, message));
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A text of the page, cut to a length that results can hold, without control characters.
pub(super) fn short(text: &str) -> String {
    let cut = &text[..text.floor_char_boundary(MAXIMUM_TEXT_BYTES)];
    let mut kept: String = cut.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    if cut.len() < text.len() {
        kept.push('…');
    }
    kept
}
