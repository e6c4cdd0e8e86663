//! How is one address fetched? Whole, with its headers; its text in the result, anything else as an artifact.

use std::collections::BTreeMap;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Answer, Method, Request, Rules, header, shown, sniff};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::charset::decode;
use crate::outside;

/// The longest text that stands in the result itself, in bytes; a longer one is cut there and whole in the artifact.
pub const MAXIMUM_INLINE_BYTES: usize = 256 << 10;
/// The most headers that a result lists, and the longest value, in bytes.
const MAXIMUM_HEADERS: usize = 100;
const MAXIMUM_HEADER_BYTES: usize = 2 << 10;
/// Headers that belong to the client or prove an identity; the first kind would break the exchange, the second belongs into a connection.
const OWN_HEADERS: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "accept-encoding",
    "expect",
    "authorization",
    "cookie",
    "proxy-authorization",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    url: String,
    #[serde(default)]
    method: How,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    maximum_bytes: Option<u64>,
    #[serde(default = "yes")]
    fail_on_error_status: bool,
    #[serde(default)]
    keep: Keep,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Default, Deserialize)]
pub(crate) enum How {
    #[default]
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "HEAD")]
    Head,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Keep {
    #[default]
    Auto,
    Text,
    Artifact,
}

/// Fetches the address that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let mut request = Request::get(Rules::parse(&input.url).map_err(outside::failed)?);
    if matches!(input.method, How::Head) {
        request.method = Method::HEAD;
    }
    request.maximum_bytes = input.maximum_bytes;
    request.headers = headers(&input.headers)?;
    let client = outside::client(&context)?;
    context.progress(0.1, format!("asking {}", shown(&request.url)));
    let span = context.span("fetch");
    let mut answer = client.send(request).await.map_err(outside::failed)?;
    if input.fail_on_error_status
        && let Some(error) = outside::refused(&answer)
    {
        return Err(error);
    }
    context.progress(0.3, "reading the answer");
    let bytes = answer.bytes().await.map_err(outside::failed)?;
    drop(span);
    context.info(
        format!("{} answered {} with {} bytes", shown(&answer.url), answer.status.as_u16(), bytes.len()),
        json!({"status": answer.status.as_u16(), "bytes": bytes.len(), "redirects": answer.hops.len()}),
    );
    let result = describe(&context, &answer, &bytes, &input.keep).await?;
    context.progress(1.0, "done");
    Ok(result)
}

pub(crate) fn headers(given: &BTreeMap<String, String>) -> Result<header::HeaderMap, SkillError> {
    let mut headers = header::HeaderMap::new();
    for (name, value) in given {
        if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            let advice = "credentials belong into a connection, and headers of the exchange itself are set by the client";
            return Err(SkillError::input("headers", format!("{name} cannot be given; {advice}")));
        }
        let name: header::HeaderName =
            name.parse().map_err(|_| SkillError::input("headers", format!("{name:?} is no name of a header")))?;
        let value =
            value.parse().map_err(|_| SkillError::input("headers", format!("the value of {name} has characters that no header has")))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

async fn describe(context: &Context, answer: &Answer, bytes: &[u8], keep: &Keep) -> Result<Value, SkillError> {
    let media = sniff(answer.content_type(), bytes);
    let redirects: Vec<Value> = answer.hops.iter().map(|hop| json!({"status": hop.status, "url": hop.url.as_str()})).collect();
    let mut result = json!({
        "url": answer.url.as_str(), "status": answer.status.as_u16(), "kind": media.name(), "bytes": bytes.len(),
        "redirects": redirects, "headers": listed(answer)
    });
    if let Some(declared) = answer.content_type() {
        result["content_type"] = json!(declared);
    }
    let text = (*keep != Keep::Artifact && media.is_text()).then(|| decode(answer.content_type(), bytes));
    let whole = text.as_ref().is_some_and(|text| text.len() <= MAXIMUM_INLINE_BYTES);
    if let Some(mut text) = text {
        if !whole {
            text.truncate(text.floor_char_boundary(MAXIMUM_INLINE_BYTES));
        }
        result["text"] = json!(text);
        result["truncated"] = json!(!whole);
    }
    let store = match keep {
        Keep::Artifact => true,
        Keep::Auto => !whole,
        Keep::Text => false,
    };
    if store && !bytes.is_empty() {
        let declared = answer.content_type().unwrap_or("application/octet-stream");
        result["artifact"] = json!(context.store(&name(answer), declared, bytes).await?);
    }
    Ok(result)
}

fn listed(answer: &Answer) -> Value {
    let mut headers = Map::new();
    for (name, value) in answer.headers.iter().take(MAXIMUM_HEADERS) {
        let mut value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        value.truncate(value.floor_char_boundary(MAXIMUM_HEADER_BYTES));
        match headers.get_mut(name.as_str()) {
            Some(Value::String(before)) => *before = format!("{before}\n{value}"),
            _ => drop(headers.insert(name.as_str().to_owned(), Value::String(value))),
        }
    }
    Value::Object(headers)
}

/// A name for the file: the last part of the address, without what file systems mind.
fn name(answer: &Answer) -> String {
    let last = answer.url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty())).unwrap_or("index");
    let kept: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(100).collect();
    let kept = kept.trim_start_matches('.');
    if kept.is_empty() { "index".to_owned() } else { kept.to_owned() }
}
