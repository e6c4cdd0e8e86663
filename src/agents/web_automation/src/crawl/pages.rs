//! What is on one page of a crawl? Its title, text and links, if it is a page at all.

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{EgressClient, Media, Request, Url, header, sniff};
use serde_json::{Value, json};

use super::frontier::Waiting;
use crate::charset::decode;
use crate::{outside, page};

/// The most bytes of one page; a larger one is listed with the error.
const MAXIMUM_BYTES: u64 = 8 << 20;
/// The most links of one page that are followed.
const MAXIMUM_LINKS: usize = 2_000;
/// From this length on a text alone tells a page from others, in bytes.
const TELLING_BYTES: usize = 100;
/// The longest text that a record keeps, and the longest title, in bytes.
const MAXIMUM_TEXT_BYTES: usize = 20_000;
const MAXIMUM_TITLE_BYTES: usize = 500;

/// What came of an address.
pub(super) enum Outcome {
    /// Nothing that a record is made of.
    Skipped,
    Failed(SkillError, Value),
    Read(Value),
}

impl Outcome {
    pub(super) fn failed(next: &Waiting, error: SkillError) -> Self {
        let record = json!({"url": next.url.as_str(), "depth": next.depth, "error": error.code, "note": error.message});
        Self::Failed(error, record)
    }
}

/// A page that was fetched.
pub(super) struct Pages {
    /// Where it was in the end.
    pub(super) url: Url,
    pub(super) bytes: u64,
    status: u16,
    kind: &'static str,
    /// What it says; none if it is no HTML.
    pub(super) facts: Option<Facts>,
}

/// What a page says.
pub(super) struct Facts {
    title: String,
    pub(super) text: String,
    pub(super) links: Vec<Url>,
    pub(super) canonical: Option<Url>,
    /// Whether it asks robots not to follow its links, or not to list it.
    pub(super) nofollow: bool,
    noindex: bool,
}

impl Facts {
    /// What makes a page the same as another one: its text. Of a page with hardly any, as one of pictures, also its title and links.
    pub(super) fn print(&self) -> String {
        if self.text.len() >= TELLING_BYTES {
            return self.text.clone();
        }
        let links: Vec<&str> = self.links.iter().map(Url::as_str).collect();
        format!("{}\n{}\n{}", self.text, self.title, links.join("\n"))
    }
}

impl Pages {
    pub(super) async fn fetch(context: &Context, client: &EgressClient, next: &Waiting) -> Result<Self, SkillError> {
        let mut request = Request::get(next.url.clone());
        request.maximum_bytes = Some(MAXIMUM_BYTES);
        request.headers.insert(header::ACCEPT, header::HeaderValue::from_static("text/html, application/xhtml+xml, */*;q=0.1"));
        let mut answer = client.send(request).await.map_err(outside::failed)?;
        if let Some(error) = outside::refused(&answer) {
            return Err(error);
        }
        let (url, status) = (answer.url.clone(), answer.status.as_u16());
        let declared = answer.content_type().map(str::to_owned);
        let kind = declared.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        // What says that it is a picture or an archive is not loaded to see whether it lies.
        let known_other = ["image/", "video/", "audio/", "font/"].iter().any(|family| kind.starts_with(family))
            || matches!(kind.as_str(), "application/pdf" | "application/zip" | "application/javascript" | "text/css" | "text/javascript");
        if known_other {
            let kind = if kind.starts_with("image/") { "image" } else { "other" };
            return Ok(Self { url, bytes: 0, status, kind, facts: None });
        }
        let robots_header = answer.header("x-robots-tag").unwrap_or_default().to_ascii_lowercase();
        let bytes = answer.bytes().await.map_err(outside::failed)?;
        let length = bytes.len() as u64;
        let media = sniff(declared.as_deref(), &bytes);
        if media != Media::Html {
            return Ok(Self { url, bytes: length, status, kind: media.name(), facts: None });
        }
        let address = url.clone();
        let facts = context.blocking(move |context| read(context, &decode(declared.as_deref(), &bytes), &address, &robots_header)).await?;
        Ok(Self { url, bytes: length, status, kind: media.name(), facts: Some(facts) })
    }

    pub(super) fn record(&self, next: &Waiting, note: Option<&str>, keep_text: bool) -> Value {
        let mut record = json!({"url": self.url.as_str(), "status": self.status, "depth": next.depth, "kind": self.kind});
        if self.url != next.url {
            record["redirected_from"] = json!(next.url.as_str());
        }
        if let Some(note) = note {
            record["note"] = json!(note);
        }
        let Some(facts) = self.facts.as_ref().filter(|_| note.is_none()) else { return record };
        record["title"] = json!(facts.title);
        record["text_length"] = json!(facts.text.chars().count());
        record["links"] = json!(facts.links.len());
        if let Some(canonical) = facts.canonical.as_ref().filter(|canonical| **canonical != self.url) {
            record["canonical"] = json!(canonical.as_str());
        }
        if facts.noindex {
            record["noindex"] = json!(true);
        }
        if keep_text && !facts.noindex {
            record["text"] = json!(facts.text[..facts.text.floor_char_boundary(MAXIMUM_TEXT_BYTES)]);
        }
        record
    }
}

fn read(context: &Context, text: &str, url: &Url, header: &str) -> Result<Facts, SkillError> {
    let html = page::parse(context, text)?;
    let base = page::base(&html, Some(url));
    let first = |query: &str| page::selector("page", query).map(|query| html.select(&query).next());
    let mut title = first("title")?.map(page::text).unwrap_or_default();
    title.truncate(title.floor_char_boundary(MAXIMUM_TITLE_BYTES));
    let canonical = first("link[rel~=canonical][href]")?.and_then(|link| followed(base.as_ref(), link.attr("href")?));
    let asked = first("meta[name=robots i][content]")?.and_then(|meta| meta.attr("content")).unwrap_or_default().to_ascii_lowercase();
    let asks = |what: &str| {
        let words = || asked.split(',').chain(header.split(',')).map(str::trim);
        words().any(|word| word == what || word == "none")
    };
    let (mut links, mut seen) = (Vec::new(), std::collections::HashSet::new());
    for link in html.select(&page::selector("page", "a[href], area[href], link[rel~=next][href]")?) {
        context.check()?;
        let nofollow = link.attr("rel").is_some_and(|rel| rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("nofollow")));
        if let Some(url) = link.attr("href").filter(|_| !nofollow).and_then(|href| followed(base.as_ref(), href))
            && seen.insert(url.clone())
        {
            links.push(url);
        }
        if links.len() >= MAXIMUM_LINKS {
            break;
        }
    }
    let (nofollow, noindex) = (asks("nofollow"), asks("noindex"));
    let text = first("body")?.map(page::text).unwrap_or_default();
    Ok(Facts { title, text, links, canonical, nofollow, noindex })
}

/// An address that can be fetched, without its fragment.
fn followed(base: Option<&Url>, href: &str) -> Option<Url> {
    let mut url = page::absolute(base, href)?;
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()).then_some(url)
}
