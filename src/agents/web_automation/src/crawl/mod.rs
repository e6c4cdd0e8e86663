//! What is on a site? Read page after page as its robots.txt wants it, within bounds, and gone on with where an earlier attempt stood.

mod contract;
mod frontier;
mod pages;
pub(crate) mod robots;
mod scope;
mod sitemap;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{EgressClient, Request, Rules, Url, shown};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

pub use contract::CRAWL;
pub(crate) use contract::crawl as contract;
use frontier::{Frontier, PART_BYTES, Waiting};
use pages::{Outcome, Pages};
pub use robots::MAXIMUM_ROBOTS_BYTES;
use robots::Robots;
use scope::{Reach, Scope, target};
pub use sitemap::MAXIMUM_SITEMAP_BYTES;

use crate::outside;
use crate::records::{Records, Save};

/// The most pages of a crawl.
pub const MAXIMUM_CRAWL_PAGES: usize = 1_000;
/// The most links from the first page to the last.
pub const MAXIMUM_CRAWL_DEPTH: u32 = 20;
/// The longest that a crawl may take, in seconds; what earlier attempts took counts.
pub const MAXIMUM_CRAWL_SECONDS: u64 = 3_600;
/// The most bytes of all pages, in MiB.
pub const MAXIMUM_CRAWL_MEBIBYTES: u64 = 1_024;
/// The longest that is waited between two pages, whatever the site asks for.
const MAXIMUM_DELAY: Duration = Duration::from_secs(60);
/// The most sitemaps that are read.
const MAXIMUM_SITEMAPS: usize = 50;
/// How many pages are read between two checkpoints.
const STRIDE: usize = 10;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    url: String,
    #[serde(default)]
    reach: Reach,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default = "hundred")]
    maximum_pages: usize,
    #[serde(default = "three")]
    maximum_depth: u32,
    #[serde(default = "ten_minutes")]
    maximum_seconds: u64,
    #[serde(default = "hundred_mebibytes")]
    maximum_mebibytes: u64,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default = "yes")]
    sitemap: bool,
    #[serde(default)]
    keep_text: bool,
    #[serde(default)]
    save: Save,
}

const fn hundred() -> usize {
    100
}

const fn three() -> u32 {
    3
}

const fn ten_minutes() -> u64 {
    600
}

const fn hundred_mebibytes() -> u64 {
    100
}

const fn yes() -> bool {
    true
}

/// A crawl under way.
struct Crawl<'a> {
    context: &'a Context,
    client: EgressClient,
    scope: Scope,
    input: Input,
    /// What each origin asks of robots.
    robots: HashMap<String, Arc<Robots>>,
    /// When each host was asked last.
    asked: HashMap<String, Instant>,
    frontier: Frontier,
    records: Records,
    until: Instant,
}

/// Reads the site that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let question = input.clone();
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let mut start = Rules::parse(&input.url).map_err(outside::failed)?;
    start.set_fragment(None);
    let scope = Scope::new(start.clone(), input.reach, &input.include, &input.exclude);
    let resumed = context.resumed().and_then(|kept| Frontier::resume(kept, &question));
    let is_resumed = resumed.is_some();
    let frontier = resumed.unwrap_or_default();
    let left = Duration::from_secs(input.maximum_seconds.min(MAXIMUM_CRAWL_SECONDS));
    let left = left.saturating_sub(Duration::from_millis(frontier.counts.elapsed_ms));
    let began = Instant::now();
    let mut crawl = Crawl {
        client: outside::client(&context)?,
        context: &context,
        scope,
        input,
        robots: HashMap::new(),
        asked: HashMap::new(),
        frontier,
        records: Records::default(),
        until: began + left,
    };
    let earlier = (crawl.frontier.parts.clone(), crawl.frontier.counts.elapsed_ms);
    let mut sitemaps = 0;
    if is_resumed {
        let counts = &crawl.frontier.counts;
        context.info(format!("going on after {} pages", counts.pages), json!({"waiting": crawl.frontier.waiting()}));
        crawl.records = Records::of(crawl.frontier.pending.clone());
    } else {
        let robots = crawl.robots_of(&start).await?;
        if !robots.allows(&target(&start)) {
            let message = format!("url: the robots.txt of {} asks robots not to fetch this address", start.host_str().unwrap_or_default());
            return Err(SkillError::new(Code::RobotsForbid, message));
        }
        crawl.frontier.add(start.clone(), 0);
        if crawl.input.sitemap {
            sitemaps = crawl.read_sitemaps(&start, &robots).await?;
        }
    }
    let stopped = crawl.run(began, earlier.1, &question).await?;
    let waiting = crawl.frontier.waiting();
    let counts = crawl.frontier.counts.clone();
    context.info(
        format!("{} pages read of {}; stopped by {stopped}", counts.pages, shown(&start)),
        json!({"failed": counts.failed, "duplicates": counts.duplicates, "waiting": waiting}),
    );
    let mut result = json!({
        "url": start.as_str(), "pages": counts.pages, "failed": counts.failed, "duplicates": counts.duplicates, "forbidden": counts.forbidden,
        "bytes": counts.bytes, "waiting": waiting + crawl.frontier.lost, "stopped": stopped, "sitemaps": sitemaps, "resumed": is_resumed,
        "parts": earlier.0
    });
    let save = crawl.input.save;
    crawl.records.describe(&context, "pages", save, &mut result).await?;
    context.progress(1.0, "done");
    Ok(result)
}

impl Crawl<'_> {
    /// Reads page after page; why it stopped.
    async fn run(&mut self, began: Instant, earlier_ms: u64, question: &Value) -> Result<&'static str, SkillError> {
        let most_pages = self.input.maximum_pages.min(MAXIMUM_CRAWL_PAGES);
        let most_bytes = self.input.maximum_mebibytes.min(MAXIMUM_CRAWL_MEBIBYTES) << 20;
        let mut since_checkpoint = 0;
        loop {
            self.context.check()?;
            if self.frontier.counts.pages >= most_pages {
                return Ok(if self.frontier.waiting() > 0 { "pages" } else { "end" });
            }
            if self.frontier.counts.bytes >= most_bytes {
                return Ok("bytes");
            }
            let Some(next) = self.frontier.take() else { return Ok("end") };
            let Ok(outcome) = timeout_at(self.until, self.visit(&next)).await else { return Ok("time") };
            let first = self.frontier.counts.pages == 0 && next.depth == 0;
            match outcome? {
                Outcome::Skipped => continue,
                // A crawl that never begins is a failure, not an empty result.
                Outcome::Failed(error, _) if first => return Err(error),
                Outcome::Failed(_, record) => {
                    self.frontier.counts.failed += 1;
                    self.keep(&record)?;
                }
                Outcome::Read(record) => self.keep(&record)?,
            }
            since_checkpoint += 1;
            #[expect(clippy::cast_precision_loss, reason = "a share for people")]
            let share = self.frontier.counts.pages as f64 / most_pages as f64;
            let message = format!("{} pages read, {} wait", self.frontier.counts.pages, self.frontier.waiting());
            self.context.progress(0.95 * share, message);
            if since_checkpoint >= STRIDE {
                self.frontier.counts.elapsed_ms = earlier_ms + u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                if self.checkpoint(question).await? {
                    since_checkpoint = 0;
                }
            }
        }
    }

    fn keep(&mut self, record: &Value) -> Result<(), SkillError> {
        self.frontier.counts.pages += 1;
        let mut line = serde_json::to_vec(record).map_err(|error| SkillError::internal(error.to_string()))?;
        line.push(b'\n');
        self.frontier.pending.extend(&line);
        self.records.push_line(&line);
        Ok(())
    }

    /// Keeps where the crawl stands; false if there was no room for it yet.
    async fn checkpoint(&mut self, question: &Value) -> Result<bool, SkillError> {
        let kept = match self.frontier.keep(question)? {
            Some(kept) => kept,
            // Too little for a file of its own: some more pages first.
            None if self.frontier.pending.len() < PART_BYTES => return Ok(false),
            None => {
                let name = format!("pages-{}.ndjson", self.frontier.parts.len() + 1);
                let id = self.context.store(&name, "application/x-ndjson", &self.frontier.pending).await?;
                self.frontier.parts.push(id.to_string());
                self.frontier.pending.clear();
                let Some(kept) = self.frontier.keep(question)? else { return Ok(false) };
                kept
            }
        };
        self.context.checkpoint(kept).await?;
        Ok(true)
    }

    async fn visit(&mut self, next: &Waiting) -> Result<Outcome, SkillError> {
        let robots = match self.robots_of(&next.url).await {
            Ok(robots) => robots,
            Err(error) => return Ok(Outcome::failed(next, error)),
        };
        if !robots.allows(&target(&next.url)) {
            self.frontier.counts.forbidden += 1;
            return Ok(Outcome::Skipped);
        }
        self.pause(&next.url, &robots).await;
        let mut fetched = Pages::fetch(self.context, &self.client, next).await;
        if let Err(error) = &fetched
            && error.retryable
            && let Some(wait) = error.retry_after_ms
        {
            // The site says when it has time again.
            sleep(Duration::from_millis(wait).min(MAXIMUM_DELAY)).await;
            fetched = Pages::fetch(self.context, &self.client, next).await;
        }
        self.asked.insert(next.url.host_str().unwrap_or_default().to_owned(), Instant::now());
        let page = match fetched {
            Ok(page) => page,
            Err(error) => return Ok(Outcome::failed(next, error)),
        };
        self.frontier.counts.bytes += page.bytes;
        if page.url != next.url {
            if !self.scope.is_of_site(&page.url) {
                return Ok(Outcome::Read(page.record(next, Some("it redirects to another site"), false)));
            }
            let there = self.robots_of(&page.url).await.is_ok_and(|robots| robots.allows(&target(&page.url)));
            if !there {
                self.frontier.counts.forbidden += 1;
                return Ok(Outcome::Skipped);
            }
            if !self.frontier.note(&page.url) {
                self.frontier.counts.duplicates += 1;
                return Ok(Outcome::Skipped);
            }
        }
        let Some(facts) = &page.facts else { return Ok(Outcome::Read(page.record(next, None, false))) };
        let repeats = self.frontier.repeats(&facts.print());
        if repeats {
            self.frontier.counts.duplicates += 1;
        }
        let canonical = facts.canonical.iter().filter(|url| **url != page.url);
        // What a page repeats leads where the first one led: a trap ends here.
        let links = facts.links.iter().filter(|_| !repeats && !facts.nofollow);
        if next.depth < self.input.maximum_depth {
            for url in canonical.chain(links) {
                if self.scope.covers(url) {
                    self.frontier.add(url.clone(), next.depth + 1);
                }
            }
        }
        let mut record = page.record(next, None, self.input.keep_text);
        if repeats {
            record["duplicate"] = json!(true);
        }
        Ok(Outcome::Read(record))
    }

    /// Waits as long as the site or the input wants between two pages of a host; the pace of the installation comes on top.
    async fn pause(&self, url: &Url, robots: &Robots) {
        let delay = robots.delay.unwrap_or_default().max(Duration::from_millis(self.input.delay_ms)).min(MAXIMUM_DELAY);
        if let Some(asked) = self.asked.get(url.host_str().unwrap_or_default()).filter(|_| !delay.is_zero()) {
            sleep_until(*asked + delay).await;
        }
    }

    /// What an origin asks of robots. One whose file cannot be had for a reason of its own asks for nothing (4xx) or to be left alone
    /// (5xx, no answer), as the standard has it.
    async fn robots_of(&mut self, url: &Url) -> Result<Arc<Robots>, SkillError> {
        let origin = url.origin().ascii_serialization();
        if let Some(robots) = self.robots.get(&origin) {
            return Ok(Arc::clone(robots));
        }
        let mut place = url.clone();
        place.set_path("/robots.txt");
        place.set_query(None);
        let unreadable = |what: String| {
            let message = format!("the robots.txt of {origin} cannot be read, so the site is left alone: {what}");
            SkillError::passing(Code::RobotsUnreadable, message)
        };
        let mut request = Request::get(place);
        request.maximum_bytes = Some(self.client.policy().maximum_bytes);
        let mut answer = match self.client.send(request).await {
            Ok(answer) => answer,
            // What the installation forbids is not the site's doing.
            Err(error) if !error.passing && error.code != Code::TooManyRedirects => return Err(outside::failed(error)),
            Err(error) if error.code == Code::TooManyRedirects => return Ok(self.remember(origin, Robots::default())),
            Err(error) => return Err(unreadable(error.message)),
        };
        let robots = if answer.status.is_success() {
            let mut bytes = Vec::new();
            // Only the beginning counts, however long the file is.
            while bytes.len() < MAXIMUM_ROBOTS_BYTES {
                match answer.chunk().await {
                    Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                    Ok(None) => break,
                    Err(error) => return Err(unreadable(error.message)),
                }
            }
            Robots::read(&String::from_utf8_lossy(&bytes), robots::name_of(&self.client.policy().user_agent))
        } else if answer.status.is_server_error() || answer.status.as_u16() == 429 {
            return Err(unreadable(format!("it answered {}", answer.status)));
        } else {
            Robots::default()
        };
        Ok(self.remember(origin, robots))
    }

    fn remember(&mut self, origin: String, robots: Robots) -> Arc<Robots> {
        let robots = Arc::new(robots);
        self.robots.insert(origin, Arc::clone(&robots));
        robots
    }

    /// Reads what the site lists of itself; how many sitemaps were read.
    async fn read_sitemaps(&mut self, start: &Url, robots: &Robots) -> Result<usize, SkillError> {
        let mut waiting: Vec<Url> = robots.sitemaps.iter().rev().filter_map(|place| start.join(place).ok()).collect();
        if waiting.is_empty() {
            waiting.extend(start.join("/sitemap.xml").ok());
        }
        let (mut read, mut foreign) = (0, 0);
        let mut seen = std::collections::HashSet::new();
        while let Some(place) = waiting.pop().filter(|_| seen.len() < MAXIMUM_SITEMAPS) {
            self.context.check()?;
            if !seen.insert(place.clone()) {
                continue;
            }
            // A file that names other hosts must not make this one ask them.
            if place.host_str() != start.host_str() || place.port_or_known_default() != start.port_or_known_default() {
                foreign += 1;
                continue;
            }
            let Ok(bytes) = timeout_at(self.until, self.sitemap(&place)).await else { break };
            let Some(bytes) = bytes else { continue };
            self.frontier.counts.bytes += bytes.len() as u64;
            let listed = match self.context.blocking(move |context| sitemap::read(context, &bytes)).await {
                Ok(listed) => listed,
                Err(error) => {
                    self.context.check()?;
                    self.context.warn(format!("{}: {}", shown(&place), error.message), Value::Null);
                    continue;
                }
            };
            read += 1;
            waiting.extend(listed.sitemaps.iter().rev().filter_map(|other| place.join(other).ok()));
            for page in listed.pages.iter().filter_map(|page| Url::parse(page).ok()) {
                let mut page = page;
                page.set_fragment(None);
                if self.scope.covers(&page) {
                    self.frontier.add(page, 1);
                } else if !self.scope.is_of_site(&page) {
                    foreign += 1;
                }
            }
        }
        if read > 0 || foreign > 0 {
            let waiting = self.frontier.waiting();
            self.context.info(format!("{read} sitemaps list {waiting} pages"), json!({"of_other_sites": foreign}));
        }
        Ok(read)
    }

    /// A sitemap's bytes, if it is there.
    async fn sitemap(&self, place: &Url) -> Option<Vec<u8>> {
        let mut request = Request::get(place.clone());
        request.maximum_bytes = Some(MAXIMUM_SITEMAP_BYTES);
        let mut answer = self.client.send(request).await.ok().filter(|answer| answer.status.is_success())?;
        match answer.bytes().await {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.context.warn(error.message, Value::Null);
                None
            }
        }
    }
}
