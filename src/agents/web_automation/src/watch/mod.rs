//! What changed at an address since last time? What counts of it is kept line by line and held against the earlier lines, which the service
//! remembers for whoever asks.

mod contract;
mod lines;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Media, Method, Request, Rules, header, shown, sniff};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

pub use contract::WATCH;
pub(crate) use contract::watch as contract;
pub use lines::{MAXIMUM_PATTERNS, MAXIMUM_WATCHED_BYTES};

use crate::api::select::Selection;
use crate::api::{Api, Content, place};
use crate::page::{MAXIMUM_PAGE_BYTES, selector};
use crate::{charset, outside};
use lines::{Rule, patterns};
use state::State;

/// The longest that lines are compared for the shortest difference; after that a longer one is taken.
const MOST_EFFORT: Duration = Duration::from_secs(5);
/// The most places of change that a result lists, and the most bytes of the difference in it.
const MAXIMUM_CHANGES: usize = 200;
const MAXIMUM_DIFF_BYTES: usize = 200 << 10;
/// The longest side of one change in the list, in bytes.
const MAXIMUM_SIDE_BYTES: usize = 1_000;
/// Lines around a change.
const CONTEXT_LINES: usize = 3;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Input {
    url: Option<String>,
    connection: Option<String>,
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: BTreeMap<String, Value>,
    selector: Option<String>,
    select: Option<String>,
    #[serde(default)]
    ignore_selectors: Vec<String>,
    #[serde(default)]
    ignore_patterns: Vec<String>,
    #[serde(skip_serializing)]
    since: Option<String>,
    #[serde(skip_serializing)]
    name: Option<String>,
}

/// What was found at the address.
struct Found {
    url: String,
    status: u16,
    etag: Option<String>,
    last_modified: Option<String>,
    /// None if the host says that nothing changed.
    content: Option<Watched>,
}

/// A body, as far as it is understood.
enum Watched {
    Html(String),
    Text(String),
    Json(Value),
    Other(Vec<u8>),
}

/// Looks what changed.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    // What was asked decides whether an earlier state is one of this question; a form writes out what others leave to the defaults.
    let question = serde_json::to_value(&input).map_err(|error| SkillError::internal(error.to_string()))?;
    let rule = Arc::new(rule(&input)?);
    // Whoever gives a state keeps track himself.
    let key = input.since.is_none().then(|| state::key(input.name.as_deref(), &question));
    let before = match (&input.since, &key) {
        (Some(id), _) => Some(State::load(&context, id, &question).await?),
        (None, Some(key)) => State::last(&context, key, &question).await?,
        (None, None) => None,
    };
    context.progress(0.1, "asking");
    let found = find(&context, &input, before.as_ref()).await?;
    context.progress(0.5, "reading the answer");
    let lines = match (found.content, &before) {
        (Some(content), _) => context.blocking(move |context| rule.lines(context, content)).await?,
        (None, Some(before)) => before.lines.clone(),
        (None, None) => return Err(SkillError::internal("the host says that nothing changed, though it was not asked")),
    };
    let state = State::of(&question, found.etag, found.last_modified, lines);
    let mut result = json!({"url": found.url, "status": found.status, "lines": state.lines.len()});
    let file = serde_json::to_vec(&state).map_err(|error| SkillError::internal(error.to_string()))?;
    let artifact = context.store("watch.json", "application/json", &file).await?;
    result["artifact"] = json!(artifact);
    // It counts once this task has completed: what is said below reaches whoever asked, or the next task says it.
    if let Some(key) = &key
        && !context.remember(key, json!({"lines": state.lines.len()}), Some(artifact)).await?
    {
        context.info("another task looked at the same meanwhile; what that one found is remembered", Value::Null);
    }
    let Some(before) = before else {
        result["state"] = json!("first");
        context.info(format!("{}: looked at for the first time", found.url), json!({"lines": state.lines.len()}));
        context.progress(1.0, "done");
        return Ok(result);
    };
    if before.lines == state.lines {
        result["state"] = json!("unchanged");
        context.info(format!("{}: unchanged", found.url), Value::Null);
        context.progress(1.0, "done");
        return Ok(result);
    }
    context.progress(0.7, "comparing");
    let difference = context.blocking(move |_| Ok(compare(&before.lines, &state.lines))).await?;
    if let (Some(result), Value::Object(difference)) = (result.as_object_mut(), difference) {
        result.extend(difference);
    }
    context.info(format!("{}: changed", found.url), json!({"added": result["added"], "removed": result["removed"]}));
    context.progress(1.0, "done");
    Ok(result)
}

fn rule(input: &Input) -> Result<Rule, SkillError> {
    if input.url.is_some() == input.connection.is_some() {
        return Err(SkillError::input("url", "give either an address or a connection"));
    }
    if input.connection.is_none() && !(input.path.is_empty() && input.query.is_empty()) {
        return Err(SkillError::input("path", "a path and a query belong to a connection; write them into the address"));
    }
    if input.selector.is_some() && input.select.is_some() {
        return Err(SkillError::input("select", "give a selector for pages or an expression for JSON, not both"));
    }
    // Selectors are read again where they are used: they cannot go to another thread.
    for (at, text) in input.ignore_selectors.iter().enumerate() {
        selector(&format!("ignore_selectors[{at}]"), text)?;
    }
    if let Some(text) = &input.selector {
        selector("selector", text)?;
    }
    Ok(Rule {
        selector: input.selector.clone(),
        select: input.select.as_deref().map(|text| Selection::read("select", text)).transpose()?,
        ignore_selectors: input.ignore_selectors.clone(),
        ignore_patterns: patterns(&input.ignore_patterns)?,
    })
}

async fn find(context: &Context, input: &Input, before: Option<&State>) -> Result<Found, SkillError> {
    let mut headers = header::HeaderMap::new();
    for (name, value) in [
        (header::IF_NONE_MATCH, before.and_then(|before| before.etag.as_deref())),
        (header::IF_MODIFIED_SINCE, before.and_then(|before| before.last_modified.as_deref())),
    ] {
        // What a host sent as a header can be sent back as one; a file that was changed by hand perhaps not.
        if let Some(value) = value.and_then(|value| header::HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    let of =
        |headers: &header::HeaderMap, name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if let Some(name) = &input.connection {
        let api = Api::of(context, name)?;
        let query = place::parameters("query", input.query.clone())?;
        let url = place::address(&api.grant, &api.base, &input.path, &query)?;
        headers.insert(header::ACCEPT, header::HeaderValue::from_static("application/json, */*;q=0.5"));
        let read = api.ask(context, Method::GET, &url, &headers, None).await.map_err(|error| api.hider.error(error))?;
        if let Some(error) = read.refused() {
            return Err(api.hider.error(error));
        }
        let status = read.answer.status.as_u16();
        let content = (status != 304).then_some(match read.content {
            Content::Json(value) => Watched::Json(value),
            Content::Text(text) if sniff(read.answer.content_type(), text.as_bytes()) == Media::Html => Watched::Html(text),
            Content::Text(text) => Watched::Text(text),
            Content::Nothing => Watched::Text(String::new()),
            Content::Other(bytes) => Watched::Other(bytes),
        });
        let (etag, last_modified) = (of(&read.answer.headers, header::ETAG), of(&read.answer.headers, header::LAST_MODIFIED));
        return Ok(Found { url: shown(&url), status, etag, last_modified, content });
    }
    let mut request = Request::get(Rules::parse(input.url.as_deref().unwrap_or_default()).map_err(outside::failed)?);
    request.maximum_bytes = Some(MAXIMUM_PAGE_BYTES);
    request.headers = headers;
    let client = outside::client(context)?;
    let mut answer = client.send(request).await.map_err(outside::failed)?;
    if let Some(error) = outside::refused(&answer) {
        return Err(error);
    }
    let (etag, last_modified) = (of(&answer.headers, header::ETAG), of(&answer.headers, header::LAST_MODIFIED));
    let (url, status) = (shown(&answer.url), answer.status.as_u16());
    if status == 304 {
        return Ok(Found { url, status, etag, last_modified, content: None });
    }
    let bytes = answer.bytes().await.map_err(outside::failed)?;
    let declared = answer.content_type();
    let media = sniff(declared, &bytes);
    let content = match media {
        Media::Html => Watched::Html(charset::decode(declared, &bytes)),
        _ if !media.is_text() => Watched::Other(bytes),
        _ => {
            let text = charset::decode(declared, &bytes);
            match serde_json::from_str(&text) {
                Ok(value @ (Value::Object(_) | Value::Array(_))) => Watched::Json(value),
                _ => Watched::Text(text),
            }
        }
    };
    Ok(Found { url, status, etag, last_modified, content: Some(content) })
}

fn compare(before: &[String], after: &[String]) -> Value {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.iter().map(String::as_str).collect(), after.iter().map(String::as_str).collect());
    let diff = TextDiff::configure().timeout(MOST_EFFORT).newline_terminated(false).diff_slices(&old, &new);
    let (mut added, mut removed) = (0_usize, 0_usize);
    let mut changes = Vec::new();
    for operation in diff.ops() {
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for change in diff.iter_changes(operation) {
            match change.tag() {
                ChangeTag::Delete => gone.push(change.value().to_owned()),
                ChangeTag::Insert => come.push(change.value().to_owned()),
                ChangeTag::Equal => {}
            }
        }
        added += come.len();
        removed += gone.len();
        if (gone.is_empty() && come.is_empty()) || changes.len() >= MAXIMUM_CHANGES {
            continue;
        }
        let kind = match (gone.is_empty(), come.is_empty()) {
            (true, _) => "added",
            (_, true) => "removed",
            _ => "changed",
        };
        changes.push(json!({"kind": kind, "line": operation.new_range().start + 1, "before": side(&gone), "after": side(&come)}));
    }
    let ratio = f64::from(diff.ratio());
    let mut text = diff.unified_diff().context_radius(CONTEXT_LINES).header("before", "after").to_string();
    let truncated = text.len() > MAXIMUM_DIFF_BYTES;
    if truncated {
        text.truncate(text.floor_char_boundary(MAXIMUM_DIFF_BYTES));
    }
    json!({
        "state": "changed", "added": added, "removed": removed, "similarity": (ratio * 1e4).round() / 1e4, "changes": changes, "diff": text,
        "truncated": truncated || changes.len() >= MAXIMUM_CHANGES
    })
}

fn side(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.truncate(text.floor_char_boundary(MAXIMUM_SIDE_BYTES));
    text
}
