//! How is a page visited? A browser of its own goes there through the guarded proxy, and waits until the page is ready or the time is over.

use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{EgressClient, EgressError, EgressProxy, ProxyBounds, Rules, Traffic, Url, shown};
use baton_domain::problem::Code;
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::devtools::CallError;
use super::events::{MAXIMUM_REQUESTS, Seen, Witness, introductions, short};
use super::install;
use super::process::Browser;
use crate::outside;

/// The most bytes that all hosts of a page may send together.
pub const MAXIMUM_PAGE_TRAFFIC_BYTES: u64 = 128 << 20;
/// The most connections of a page: besides its requests, those that the browser opens again.
const MAXIMUM_EXCHANGES: u64 = 2 * MAXIMUM_REQUESTS;
/// How long nothing may be under way until the network counts as idle.
const IDLE: Duration = Duration::from_millis(500);
/// How long a loaded page gets to lead its window elsewhere.
const SETTLE: Duration = Duration::from_millis(200);
/// How long the browser may take for a command that needs nothing of the page.
const COMMAND: Duration = Duration::from_secs(10);
/// How long reading a page or taking its picture may take.
pub(super) const TAKE: Duration = Duration::from_secs(20);
/// How often a selector is tried.
const TRY: Duration = Duration::from_millis(100);
/// The longest wait that an input may ask for, in seconds.
pub const MAXIMUM_WAIT_SECONDS: u64 = 120;

/// When a page is ready.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wait {
    /// Its load event has come.
    Load,
    /// It is loaded, and nothing was under way for half a second.
    #[default]
    NetworkIdle,
}

/// What to do with a page that is not ready in time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Late {
    /// Take it as it is.
    #[default]
    Take,
    /// Fail.
    Fail,
}

/// How a page is visited; part of the input of both skills.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Plan {
    url: String,
    #[serde(default)]
    wait_for: Wait,
    wait_selector: Option<String>,
    #[serde(default = "twenty")]
    wait_seconds: u64,
    #[serde(default)]
    if_late: Late,
    #[serde(default)]
    extra_wait_ms: u64,
    #[serde(default = "yes")]
    fail_on_error_status: bool,
    #[serde(default)]
    viewport: Viewport,
    #[serde(default = "one")]
    scale: f64,
    #[serde(default)]
    dark: bool,
}

const fn yes() -> bool {
    true
}

const fn twenty() -> u64 {
    20
}

const fn one() -> f64 {
    1.0
}

/// The window, in CSS pixels.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Viewport {
    pub width: u32,
    pub height: u32,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { width: 1280, height: 800 }
    }
}

/// A page that is open and, as far as its rule says, ready.
pub(super) struct Visit {
    browser: Browser,
    proxy: EgressProxy,
    witness: Arc<Witness>,
    session: String,
    began: Instant,
    plan: Plan,
    maximum_bytes: u64,
    /// Whether it was ready in time.
    pub ready: bool,
}

impl Visit {
    /// Opens the page and waits for it. Dropping the visit ends the browser.
    pub(super) async fn open(context: &Context, client: &EgressClient, plan: Plan) -> Result<Self, SkillError> {
        let url = Rules::parse(&plan.url).map_err(outside::failed)?;
        let program = install::find()?;
        // What is refused anyway needs no browser. The proxy checks again, and by what it then finds.
        let late = |_| SkillError::passing(Code::ExchangeTimedOut, format!("{}: its name did not resolve in time", shown(&url)));
        let admitted = timeout(COMMAND, client.guard().admit(&url)).await.map_err(late)?.map_err(outside::failed)?;
        let began = Instant::now();
        let span = context.span("browser");
        context.progress(0.1, "starting the browser");
        // An exception for a host within is for whoever names it, not for the scripts of any page of the internet.
        let private = admitted.private;
        let bounds = ProxyBounds { bytes: MAXIMUM_PAGE_TRAFFIC_BYTES, exchanges: MAXIMUM_EXCHANGES, private };
        let proxy = EgressProxy::open(client, bounds).await.map_err(outside::failed)?;
        let witness = Arc::new(Witness::new(client.policy().maximum_redirects, proxy.credentials()));
        let hearing = Arc::clone(&witness);
        let listener = Box::new(move |devtools: &_, event| hearing.hear(devtools, event));
        let browser = Browser::start(context, &program, &proxy, listener).await?;
        let maximum_bytes = client.policy().maximum_bytes;
        let mut visit = Self { browser, proxy, witness, session: String::new(), began, plan, maximum_bytes, ready: false };
        visit.prepare(&client.policy().user_agent).await?;
        drop(span);
        context.info(format!("{} is there", program.display()), json!({"milliseconds": visit.milliseconds()}));
        context.progress(0.3, format!("visiting {}", shown(&url)));
        let _span = context.span("visit");
        let deadline = Instant::now() + Duration::from_secs(visit.plan.wait_seconds.clamp(1, MAXIMUM_WAIT_SECONDS));
        visit.navigate(&url, deadline).await?;
        visit.wait(context, deadline).await?;
        visit.verify()?;
        Ok(visit)
    }

    async fn prepare(&mut self, user_agent: &str) -> Result<(), SkillError> {
        let version = self.command("", "Browser.getVersion", json!({})).await?;
        // A profile of its own for the page: the browser asks its maker's hosts for this and that, and must not find the proxy's
        // credentials, which it keeps by profile.
        let profile = self.command("", "Target.createBrowserContext", json!({"disposeOnDetach": true})).await?;
        let profile = &profile["browserContextId"];
        let downloads = json!({"behavior": "deny", "eventsEnabled": true, "browserContextId": profile});
        self.command("", "Browser.setDownloadBehavior", downloads).await?;
        // None granted, all others denied.
        self.command("", "Browser.grantPermissions", json!({"permissions": [], "browserContextId": profile})).await?;
        self.command("", "Target.setDiscoverTargets", json!({"discover": true})).await?;
        let Viewport { width, height } = self.plan.viewport;
        let page = json!({"url": "about:blank", "width": width, "height": height, "browserContextId": profile});
        let made = self.command("", "Target.createTarget", page).await?;
        let attached = self.command("", "Target.attachToTarget", json!({"targetId": made["targetId"], "flatten": true})).await?;
        self.session = attached["sessionId"].as_str().unwrap_or_default().to_owned();
        // It is a browser, and says whose.
        let browser = version["userAgent"].as_str().unwrap_or_default().replace("HeadlessChrome", "Chrome");
        let scheme = if self.plan.dark { "dark" } else { "light" };
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}
        ]);
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": self.plan.scale, "mobile": false});
        let mut commands = introductions("page");
        commands.push(("Network.setUserAgentOverride", json!({"userAgent": format!("{browser} {user_agent}")})));
        commands.push(("Emulation.setDeviceMetricsOverride", metrics));
        commands.push(("Emulation.setEmulatedMedia", json!({"features": features})));
        try_join_all(commands.into_iter().map(|(method, params)| self.command(&self.session, method, params))).await?;
        let tree = self.command(&self.session, "Page.getFrameTree", json!({})).await?;
        let frame = tree["frameTree"]["frame"]["id"].as_str().unwrap_or_default().to_owned();
        self.witness.look(|seen| seen.frame = frame);
        Ok(())
    }

    async fn navigate(&self, url: &Url, deadline: Instant) -> Result<(), SkillError> {
        let limit = deadline.saturating_duration_since(Instant::now());
        let going = self.browser.devtools.call(&self.session, "Page.navigate", json!({"url": url.as_str()}), limit);
        let went = tokio::select! {
            went = going => went,
            error = self.trouble() => return Err(error),
        };
        let went = match went {
            Ok(went) => went,
            Err(CallError::Late) => {
                let message = format!("{}: no page within {} s", shown(url), self.plan.wait_seconds);
                return Err(SkillError::passing(Code::ExchangeTimedOut, message));
            }
            Err(error) => return Err(self.browser.failed(&error)),
        };
        if went["isDownload"] == true {
            return Err(no_page(url, "it is a file to download; fetch it with web_automation.fetch"));
        }
        match went["errorText"].as_str() {
            Some(reason) => Err(self.failed(url, reason)),
            None => Ok(()),
        }
    }

    /// Waits until the page is ready, as the rule says.
    async fn wait(&mut self, context: &Context, deadline: Instant) -> Result<(), SkillError> {
        let ready = async {
            self.settled().await;
            if let Some(selector) = &self.plan.wait_selector {
                self.appears(selector).await?;
            }
            sleep(Duration::from_millis(self.plan.extra_wait_ms)).await;
            Ok::<_, SkillError>(())
        };
        let in_time = tokio::select! {
            error = self.trouble() => return Err(error),
            ready = ready => { ready?; true }
            () = sleep_until(deadline) => false,
        };
        self.ready = in_time;
        if in_time {
            return Ok(());
        }
        let seconds = self.plan.wait_seconds;
        if self.plan.if_late == Late::Fail || self.plan.wait_selector.is_some() {
            let what = self.plan.wait_selector.as_ref().map_or_else(
                || "the page was not ready".to_owned(),
                |selector| format!("wait_selector: nothing matched {selector:?}, or the page was not loaded,"),
            );
            return Err(SkillError::passing(Code::PageNotReady, format!("{what} within {seconds} s")));
        }
        context.warn(format!("the page was not ready within {seconds} s and is taken as it is"), json!({}));
        // Scripts that never let go would keep it from being read; both commands reach a page that is busy.
        for (method, params) in
            [("Runtime.terminateExecution", json!({})), ("Emulation.setScriptExecutionDisabled", json!({"value": true}))]
        {
            let _ = self.browser.devtools.call(&self.session, method, params, Duration::from_secs(2)).await;
        }
        // What is still on its way is not waited for.
        self.browser.devtools.tell(&self.session, "Page.stopLoading", json!({}));
        Ok(())
    }

    async fn settled(&self) {
        let mut changes = self.witness.changes();
        let quiet = if self.plan.wait_for == Wait::NetworkIdle { IDLE } else { SETTLE };
        loop {
            let until = self.witness.look(|seen| match self.plan.wait_for {
                Wait::Load => (seen.loaded && !seen.leaving()).then(Instant::now),
                Wait::NetworkIdle => seen.quiet_since().filter(|_| seen.loaded),
            });
            let Some(since) = until else {
                let _ = changes.changed().await;
                continue;
            };
            // Anything that happens meanwhile begins the wait anew, where it matters.
            tokio::select! {
                () = sleep_until(since + quiet) => return,
                _ = changes.changed(), if self.plan.wait_for == Wait::NetworkIdle => {}
                () = self.leaves(), if self.plan.wait_for == Wait::Load => {}
            }
        }
    }

    async fn leaves(&self) {
        let mut changes = self.witness.changes();
        while !self.witness.look(|seen| seen.leaving() || !seen.loaded) {
            let _ = changes.changed().await;
        }
    }

    async fn appears(&self, selector: &str) -> Result<(), SkillError> {
        let expression = format!("!!Document.prototype.querySelector.call(document, {})", json!(selector));
        loop {
            match self.evaluate(&expression, COMMAND).await {
                Ok(Value::Bool(true)) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.contains("is not a valid selector") => {
                    return Err(SkillError::input("wait_selector", format!("{selector:?} is no CSS selector")));
                }
                // The page may have gone elsewhere just now.
                Err(_) => {}
            }
            sleep(TRY).await;
        }
    }

    /// Returns when the visit cannot go on.
    async fn trouble(&self) -> SkillError {
        let mut changes = self.witness.changes();
        loop {
            if let Err(error) = self.within_bounds() {
                return error;
            }
            // The proxy's bounds and a browser that was killed send no event.
            let _ = timeout(Duration::from_millis(100), changes.changed()).await;
        }
    }

    fn within_bounds(&self) -> Result<(), SkillError> {
        if let Some(over) = self.browser.over() {
            return Err(over);
        }
        if self.browser.devtools.is_over() {
            return Err(self.browser.failed(&CallError::Gone));
        }
        if let Some(over) = self.proxy.over() {
            return Err(SkillError::new(Code::PageOverLimit, format!("the page: {}", over.message)));
        }
        self.witness.look(|seen| {
            if let Some((code, message)) = &seen.over {
                return Err(SkillError::new(*code, message.clone()));
            }
            if seen.crashed {
                return Err(SkillError::new(Code::PageCrashed, "the page's process ended: it took too much memory, or broke"));
            }
            if seen.decoded > self.maximum_bytes {
                let message = format!("{}: the page has more than {} bytes", short(&self.plan.url), self.maximum_bytes);
                return Err(SkillError::new(Code::AnswerTooLarge, message));
            }
            Ok(())
        })
    }

    /// Whether what the window shows is a page that may be taken.
    fn verify(&self) -> Result<(), SkillError> {
        self.within_bounds()?;
        let (unreachable, failure, status, kind, downloads) = self.witness.look(|seen: &mut Seen| {
            (seen.unreachable.clone(), seen.failure.clone(), seen.status, seen.content_type.clone(), seen.downloads)
        });
        if let Some(unreachable) = unreachable {
            let url =
                Url::parse(&unreachable).map_err(|_| SkillError::new(Code::UrlRefused, "the page led to something that is no address"))?;
            return Err(self.failed(&url, failure.as_deref().unwrap_or("the page cannot be reached")));
        }
        if let Some(status) = status.filter(|status| *status >= 400 && self.plan.fail_on_error_status) {
            let message = format!("{} answered {status}", short(&self.plan.url));
            let passing = matches!(status, 408 | 425 | 429 | 500..);
            return Err(SkillError { retryable: passing, ..SkillError::new(Code::StatusRefused, message) });
        }
        let shows =
            kind.is_empty() || kind.starts_with("text/") || kind.starts_with("image/") || kind.contains("xml") || kind.contains("json");
        if !shows || (downloads > 0 && kind.is_empty()) {
            let url = Url::parse(&self.plan.url).map_err(|error| SkillError::input("url", error))?;
            return Err(no_page(&url, &format!("it is {kind}; fetch it with web_automation.fetch")));
        }
        Ok(())
    }

    /// What it means that the page's own address failed.
    fn failed(&self, url: &Url, reason: &str) -> SkillError {
        if let Err(error) = self.within_bounds() {
            return error;
        }
        if let Some((code, message)) =
            self.witness.look(|seen| seen.refused.get(url.as_str()).or_else(|| seen.refused.values().next_back()).cloned())
            && reason.contains("BLOCKED")
        {
            return SkillError::new(code, message);
        }
        // After redirects, the address that failed is the last one.
        let last =
            self.witness.look(|seen| seen.requests.iter().rev().find(|asked| asked.kind == "Document").map(|asked| asked.url.clone()));
        let last = last.and_then(|url| Url::parse(&url).ok());
        if let Some(refusal) = last.as_ref().and_then(|url| self.proxy.refusal(url)).or_else(|| self.proxy.refusal(url)) {
            return outside::failed(refusal);
        }
        if reason.contains("ERR_ABORTED") {
            return no_page(url, "it has no content, or is a file to download; fetch it with web_automation.fetch");
        }
        outside::failed(meaning(url, reason))
    }

    /// Ends the browser, and gives what happened and what passed.
    pub(super) async fn close(self) -> (Arc<Witness>, Traffic, EgressProxy) {
        let traffic = self.proxy.traffic();
        self.browser.close().await;
        (self.witness, traffic, self.proxy)
    }

    /// Since the visit began.
    pub(super) fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The plan's window and scale.
    pub(super) fn window(&self) -> (Viewport, f64) {
        (self.plan.viewport, self.plan.scale)
    }

    async fn command(&self, session: &str, method: &str, params: Value) -> Result<Value, SkillError> {
        self.browser.devtools.call(session, method, params, COMMAND).await.map_err(|error| self.browser.failed(&error))
    }

    /// A command that takes something from the page.
    pub(super) async fn take(&self, method: &str, params: Value) -> Result<Value, SkillError> {
        let taking = self.browser.devtools.call(&self.session, method, params, TAKE);
        let taken = tokio::select! {
            taken = taking => taken,
            error = self.trouble() => return Err(error),
        };
        taken.map_err(|error| match error {
            CallError::Late => busy(),
            other => self.browser.failed(&other),
        })
    }

    /// The value of an expression, in a world of its own: the page's scripts cannot change what it calls.
    pub(super) async fn evaluate(&self, expression: &str, limit: Duration) -> Result<Value, String> {
        let said = |error: CallError| match error {
            CallError::Refused(message) => message,
            CallError::Late => "late".to_owned(),
            CallError::Gone => "gone".to_owned(),
        };
        let frame = self.witness.look(|seen| seen.frame.clone());
        let devtools = &self.browser.devtools;
        let world = json!({"frameId": frame, "worldName": "baton"});
        let world = devtools.call(&self.session, "Page.createIsolatedWorld", world, limit).await.map_err(said)?;
        let evaluation = json!({"expression": expression, "contextId": world["executionContextId"], "returnByValue": true});
        let mut result = devtools.call(&self.session, "Runtime.evaluate", evaluation, limit).await.map_err(said)?;
        if result["exceptionDetails"].is_object() {
            return Err(result["exceptionDetails"]["exception"]["description"].as_str().unwrap_or("an exception").to_owned());
        }
        Ok(result["result"]["value"].take())
    }

    /// The same for what the result needs.
    pub(super) async fn read(&self, expression: &str) -> Result<Value, SkillError> {
        let read = tokio::select! {
            read = self.evaluate(expression, TAKE) => read,
            error = self.trouble() => return Err(error),
        };
        read.map_err(|error| match error.as_str() {
            "late" => busy(),
            "gone" => self.browser.failed(&CallError::Gone),
            other => SkillError::passing(Code::BrowserFailed, format!("the page cannot be read: {}", short(other))),
        })
    }
}

fn busy() -> SkillError {
    SkillError::new(Code::PageNotReady, "the page is busy: its scripts did not let it be read")
}

fn no_page(url: &Url, reason: &str) -> SkillError {
    SkillError::new(Code::NoPage, format!("{}: {reason}", shown(url)))
}

/// What an error of the browser's network means. Names are of Chromium's `net_error_list.h`.
fn meaning(url: &Url, reason: &str) -> EgressError {
    let name = reason.trim_start_matches("net::ERR_");
    let (code, passing) = match name {
        "NAME_NOT_RESOLVED" => (Code::NameUnresolved, true),
        "TIMED_OUT" | "CONNECTION_TIMED_OUT" => (Code::ExchangeTimedOut, true),
        "TOO_MANY_REDIRECTS" => (Code::TooManyRedirects, false),
        "UNSAFE_REDIRECT" | "DISALLOWED_URL_SCHEME" | "UNKNOWN_URL_SCHEME" | "INVALID_URL" | "UNSAFE_PORT" | "ACCESS_DENIED" => {
            (Code::UrlRefused, false)
        }
        "CONTENT_DECODING_FAILED" | "INVALID_HTTP_RESPONSE" | "INVALID_REDIRECT" | "INVALID_CHUNKED_ENCODING" | "HTTP2_PROTOCOL_ERROR" => {
            (Code::AnswerUnusable, false)
        }
        tls if tls.starts_with("CERT_") || tls.starts_with("SSL_") => (Code::TlsRefused, false),
        _ => (Code::HostUnreachable, true),
    };
    EgressError { code, message: format!("{}: {reason}", shown(url)), passing }
}
