//! What does an API have to say? Read with GET, page by page, within bounds of pages, records, bytes and time.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Method, Url, header, shown};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::exchange::{Api, Content, Read};
use super::paging::{Paging, PagingInput, Step};
use super::place;
use super::select::Selection;
use crate::fetch::How;
use crate::records::{MAXIMUM_INLINE_BYTES, Records, Save};

/// The most pages of one call.
pub const MAXIMUM_API_PAGES: usize = 1_000;
/// The most records of one call.
pub const MAXIMUM_API_RECORDS: usize = 100_000;
/// The most bytes of all answers of one call.
pub const MAXIMUM_API_TOTAL_BYTES: usize = 64 << 20;
/// The longest that one call may go on asking, in seconds.
pub const MAXIMUM_API_SECONDS: u64 = 900;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    connection: String,
    #[serde(default)]
    method: How,
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: BTreeMap<String, Value>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    select: Option<String>,
    #[serde(default)]
    pagination: PagingInput,
    #[serde(default = "ten")]
    maximum_pages: usize,
    #[serde(default = "ten_thousand")]
    maximum_records: usize,
    #[serde(default = "two_minutes")]
    maximum_seconds: u64,
    #[serde(default = "yes")]
    fail_on_error_status: bool,
    #[serde(default)]
    save: Save,
}

const fn ten() -> usize {
    10
}

const fn ten_thousand() -> usize {
    10_000
}

const fn two_minutes() -> u64 {
    120
}

const fn yes() -> bool {
    true
}

/// Why a call went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    End,
    Pages,
    Records,
    Bytes,
    Time,
    Repeated,
}

impl Stopped {
    const fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Pages => "pages",
            Self::Records => "records",
            Self::Bytes => "bytes",
            Self::Time => "time",
            Self::Repeated => "repeated",
        }
    }
}

/// Asks the API that the input's connection leads to.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let api = Api::of(&context, &input.connection)?;
    let hider = api.hider.clone();
    call(&context, &api, input).await.map_err(|error| hider.error(error))
}

async fn call(context: &Context, api: &Api, input: Input) -> Result<Value, SkillError> {
    let selection = input.select.as_deref().map(|text| Selection::read("select", text)).transpose()?.map(Arc::new);
    let mut paging = Paging::read(&api.grant, input.pagination)?;
    let head = matches!(input.method, How::Head);
    if head && (paging.is_on() || selection.is_some()) {
        return Err(SkillError::input("method", "HEAD gets headers only: there is nothing to select from, and there are no pages"));
    }
    let headers = api.headers(&input.headers)?;
    let query = place::parameters("query", input.query)?;
    let url = place::address(&api.grant, &api.base, &input.path, &query)?;
    if !paging.is_on() {
        let method = if head { Method::HEAD } else { Method::GET };
        context.progress(0.1, format!("asking {}", shown(&url)));
        let read = api.ask(context, method, &url, &headers, None).await?;
        if input.fail_on_error_status
            && let Some(error) = read.refused()
        {
            return Err(error);
        }
        return single(context, api, &url, read, selection, input.save).await;
    }
    let first = paging.first(url);
    let bounds = Bounds {
        pages: input.maximum_pages.min(MAXIMUM_API_PAGES),
        records: input.maximum_records.min(MAXIMUM_API_RECORDS),
        until: Instant::now() + Duration::from_secs(input.maximum_seconds.min(MAXIMUM_API_SECONDS)),
    };
    paged(context, api, first, &headers, selection, paging, &bounds, input.save).await
}

struct Bounds {
    pages: usize,
    records: usize,
    until: Instant,
}

/// One answer: its list as records, anything else as data, text or a file.
async fn single(
    context: &Context,
    api: &Api,
    url: &Url,
    read: Read,
    selection: Option<Arc<Selection>>,
    save: Save,
) -> Result<Value, SkillError> {
    let mut result = json!({
        "url": shown(url), "status": read.answer.status.as_u16(), "bytes": read.bytes, "pages": 1, "stopped": Stopped::End.name(),
        "headers": read.headers(&api.hider)
    });
    match (read.content, selection) {
        (Content::Nothing, _) => {}
        (Content::Json(value), selection) => {
            let value = picked(context, value, selection).await?;
            kept(context, value, save, &mut result).await?;
        }
        (Content::Text(_) | Content::Other(_), Some(_)) => return Err(no_json("select")),
        (Content::Text(mut text), None) => {
            if text.len() > MAXIMUM_INLINE_BYTES {
                result["artifact"] = json!(context.store("answer.txt", "text/plain; charset=utf-8", text.as_bytes()).await?);
                text.truncate(text.floor_char_boundary(MAXIMUM_INLINE_BYTES));
                result["truncated"] = json!(true);
            }
            result["text"] = json!(text);
        }
        (Content::Other(bytes), None) => {
            let declared = read.answer.content_type().unwrap_or("application/octet-stream");
            result["artifact"] = json!(context.store("answer", declared, &bytes).await?);
        }
    }
    context.info(format!("{} answered {}", shown(url), result["status"]), json!({"bytes": read.bytes}));
    context.progress(1.0, "done");
    Ok(result)
}

/// Puts JSON into the result: a list as records, anything else as data, which becomes a file where it is large.
pub(super) async fn kept(context: &Context, value: Value, save: Save, result: &mut Value) -> Result<(), SkillError> {
    if let Value::Array(items) = value {
        let mut records = Records::default();
        for item in items.iter().take(MAXIMUM_API_RECORDS) {
            records.push(item)?;
        }
        if items.len() > MAXIMUM_API_RECORDS {
            result["stopped"] = json!(Stopped::Records.name());
        }
        return records.describe(context, "records", save, result).await;
    }
    let bytes = serde_json::to_vec(&value).map_err(|error| SkillError::internal(error.to_string()))?;
    if bytes.len() <= MAXIMUM_INLINE_BYTES {
        result["data"] = value;
    } else {
        result["artifact"] = json!(context.store("answer.json", "application/json", &bytes).await?);
        result["truncated"] = json!(true);
    }
    Ok(())
}

pub(super) async fn picked(context: &Context, value: Value, selection: Option<Arc<Selection>>) -> Result<Value, SkillError> {
    let Some(selection) = selection else { return Ok(value) };
    context.blocking(move |_| selection.pick("select", &value)).await
}

pub(super) fn no_json(field: &str) -> SkillError {
    SkillError::new(Code::ApiAnswerUnfit, format!("{field}: the answer is not JSON, so nothing can be picked from it"))
}

#[expect(clippy::too_many_arguments, reason = "what one call is made of")]
async fn paged(
    context: &Context,
    api: &Api,
    first: Url,
    headers: &header::HeaderMap,
    selection: Option<Arc<Selection>>,
    mut paging: Paging,
    bounds: &Bounds,
    save: Save,
) -> Result<Value, SkillError> {
    let (mut url, mut pages, mut bytes, mut records) = (first, 0, 0, Records::default());
    let (mut before, mut status) = (None, 200);
    let (place, mut listed) = (shown(&url), Value::Null);
    let stopped = loop {
        context.check()?;
        let Ok(read) = timeout_at(bounds.until, api.ask(context, Method::GET, &url, headers, None)).await else { break Stopped::Time };
        let read = read?;
        // Some APIs have no page after the last instead of an empty one.
        if pages > 0 && read.answer.status.as_u16() == 404 && paging.ends_by_absence() {
            break Stopped::End;
        }
        if let Some(error) = read.refused() {
            return Err(error);
        }
        status = read.answer.status.as_u16();
        bytes += read.bytes;
        listed = read.headers(&api.hider);
        let value = match read.content {
            Content::Json(value) => value,
            Content::Nothing => Value::Null,
            Content::Text(_) | Content::Other(_) => return Err(no_json("pagination")),
        };
        pages += 1;
        let items = match picked(context, value.clone(), selection.clone()).await? {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            other => vec![other],
        };
        let mut hasher = DefaultHasher::new();
        items.hash(&mut hasher);
        let hash = hasher.finish();
        // Whoever asks for a page after the last gets the last again from some.
        if before.replace(hash) == Some(hash) && !items.is_empty() {
            break Stopped::Repeated;
        }
        for item in items.iter().take(bounds.records - records.count()) {
            records.push(item)?;
        }
        let step = paging.after(&api.base, &url, &read.answer, &value, items.len())?;
        let more = !matches!(step, Step::End);
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let share = (pages as f64 / bounds.pages as f64).max(records.count() as f64 / bounds.records as f64);
        context.progress(0.9 * share, format!("{pages} pages, {} records", records.count()));
        if records.count() >= bounds.records {
            break if more { Stopped::Records } else { Stopped::End };
        }
        if bytes >= MAXIMUM_API_TOTAL_BYTES || records.bytes() >= MAXIMUM_API_TOTAL_BYTES {
            break if more { Stopped::Bytes } else { Stopped::End };
        }
        match step {
            Step::End => break Stopped::End,
            Step::Circle => break Stopped::Repeated,
            Step::To(_) if pages >= bounds.pages => break Stopped::Pages,
            Step::To(next) => url = next,
        }
    };
    if stopped == Stopped::Time && pages == 0 {
        return Err(SkillError::passing(Code::ExchangeTimedOut, format!("maximum_seconds: {place} did not answer within that time")));
    }
    if !matches!(stopped, Stopped::End) {
        context.warn(format!("there may be more: stopped by {}", stopped.name()), json!({"pages": pages}));
    }
    context.info(format!("{place} answered {pages} pages with {} records", records.count()), json!({"bytes": bytes}));
    let mut result = json!({"url": place, "status": status, "bytes": bytes, "pages": pages, "stopped": stopped.name(), "headers": listed});
    records.describe(context, "records", save, &mut result).await?;
    context.progress(1.0, "done");
    Ok(result)
}
