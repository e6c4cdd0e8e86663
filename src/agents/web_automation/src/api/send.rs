//! How is an API told something? With one request that is never repeated unless the API itself said that it did not take it.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Method, header, shown};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{kept, no_json, picked};
use super::exchange::{Api, Content, MAXIMUM_BODY_BYTES};
use super::place;
use super::select::Selection;
use crate::records::{MAXIMUM_INLINE_BYTES, Save};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    connection: String,
    method: How,
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: BTreeMap<String, Value>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Absent is another thing than null, which is JSON.
    #[serde(default, deserialize_with = "present")]
    json: Option<Value>,
    form: Option<BTreeMap<String, Value>>,
    select: Option<String>,
    #[serde(default = "yes")]
    fail_on_error_status: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum How {
    Post,
    Put,
    Patch,
    Delete,
}

/// Sends what the input says.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let api = Api::of(&context, &input.connection)?;
    let hider = api.hider.clone();
    send(&context, &api, input).await.map_err(|error| hider.error(error))
}

async fn send(context: &Context, api: &Api, input: Input) -> Result<Value, SkillError> {
    let selection = input.select.as_deref().map(|text| Selection::read("select", text)).transpose()?.map(Arc::new);
    let mut headers = api.headers(&input.headers)?;
    let query = place::parameters("query", input.query)?;
    let url = place::address(&api.grant, &api.base, &input.path, &query)?;
    let (body, kind) = match (input.json, input.form) {
        (Some(_), Some(_)) => return Err(SkillError::input("form", "give either JSON or a form")),
        (Some(json), None) => (Some(json.to_string().into_bytes()), "application/json"),
        (None, Some(form)) => {
            let form = place::parameters("form", form)?;
            (
                Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes()),
                "application/x-www-form-urlencoded",
            )
        }
        (None, None) => (None, ""),
    };
    if let Some(body) = &body {
        if body.len() > MAXIMUM_BODY_BYTES {
            return Err(SkillError::input("json", format!("the body has {} bytes; at most {MAXIMUM_BODY_BYTES} are sent", body.len())));
        }
        if !headers.contains_key(header::CONTENT_TYPE) {
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
        }
    }
    let method = match input.method {
        How::Post => Method::POST,
        How::Put => Method::PUT,
        How::Patch => Method::PATCH,
        How::Delete => Method::DELETE,
    };
    context.progress(0.2, format!("{method} {}", shown(&url)));
    let read = api.ask(context, method.clone(), &url, &headers, body).await.map_err(once)?;
    let status = read.answer.status.as_u16();
    context.info(format!("{method} {} was answered with {status}", shown(&url)), json!({"status": status}));
    if input.fail_on_error_status
        && let Some(mut error) = read.refused()
    {
        // These say that the request was not taken; any other error may have come half-way.
        error.retryable = matches!(status, 429 | 503);
        return Err(error);
    }
    let mut result = json!({
        "url": shown(&url), "method": method.as_str(), "status": status, "bytes": read.bytes, "headers": read.headers(&api.hider)
    });
    match (read.content, selection) {
        (Content::Nothing, _) => {}
        (Content::Json(value), selection) => {
            let value = picked(context, value, selection).await?;
            if value.is_array() {
                kept(context, json!({"items": value}), Save::Auto, &mut result).await?;
                if let Some(items) = result.pointer_mut("/data/items").map(Value::take) {
                    result["data"] = items;
                }
            } else {
                kept(context, value, Save::Auto, &mut result).await?;
            }
        }
        (_, Some(_)) => return Err(SkillError { retryable: false, ..no_json("select") }),
        (Content::Text(mut text), None) => {
            result["truncated"] = json!(text.len() > MAXIMUM_INLINE_BYTES);
            text.truncate(text.floor_char_boundary(MAXIMUM_INLINE_BYTES));
            result["text"] = json!(text);
        }
        (Content::Other(bytes), None) => {
            let declared = read.answer.content_type().unwrap_or("application/octet-stream");
            result["artifact"] = json!(context.store("answer", declared, &bytes).await?);
        }
    }
    context.progress(1.0, "done");
    Ok(result)
}

/// A failure after which nobody knows whether the API took the request is not tried again.
fn once(error: SkillError) -> SkillError {
    if !error.retryable || error.code == Code::NameUnresolved.as_str() {
        return error;
    }
    let message = format!("{}. It is not known whether the API took the request: look there before sending it again", error.message);
    SkillError { retryable: false, message, ..error }
}
