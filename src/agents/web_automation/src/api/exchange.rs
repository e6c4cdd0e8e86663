//! How is one exchange with an API made? With the connection's proof of identity, without redirects, and with an answer rid of the secret.

use std::collections::BTreeMap;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Answer, EgressClient, Media, Method, Request, Url, header, shown, sniff};
use baton_domain::connection::ConnectionGrant;
use baton_domain::problem::Code;
use serde_json::{Map, Value, json};

use super::place;
use super::secret::{Hider, authenticate, is_own_header};
use crate::charset::decode;
use crate::outside;

/// The most bytes of one answer.
pub const MAXIMUM_API_BYTES: u64 = 16 << 20;
/// The most bytes of a body that is sent.
pub const MAXIMUM_BODY_BYTES: usize = 1 << 20;
/// The longest part of an error's body that its message quotes, in bytes.
const MAXIMUM_QUOTE_BYTES: usize = 500;
/// The most headers that a result lists, and the longest value, in bytes.
const MAXIMUM_HEADERS: usize = 60;
const MAXIMUM_HEADER_BYTES: usize = 1 << 10;

/// An API that a connection leads to.
pub(crate) struct Api {
    pub(crate) grant: ConnectionGrant,
    pub(crate) base: Url,
    pub(crate) hider: Hider,
    client: EgressClient,
}

/// An answer that has been read.
pub(crate) struct Read {
    pub(crate) answer: Answer,
    pub(crate) content: Content,
    pub(crate) bytes: usize,
}

/// What an answer holds, without the secret.
pub(crate) enum Content {
    Nothing,
    Json(Value),
    Text(String),
    Other(Vec<u8>),
}

impl Api {
    /// The API of the connection that the input names.
    pub(crate) fn of(context: &Context, name: &str) -> Result<Self, SkillError> {
        let grant = context.connection(name)?.clone();
        let base = place::base(&grant)?;
        // The connection's own host may be a private one if an administrator said so; no other is by that.
        let own = base.host_str().zip(base.port_or_known_default()).map(|(host, port)| format!("{host}:{port}"));
        let client = outside::client_with(context, |policy| policy.private_hosts.extend(own.filter(|_| grant.private)))?;
        let hider = Hider::of(&grant);
        Ok(Self { grant, base, hider, client })
    }

    /// Headers of the input beside those that belong to the exchange or to the connection.
    pub(crate) fn headers(&self, given: &BTreeMap<String, String>) -> Result<header::HeaderMap, SkillError> {
        if let Some(name) = given.keys().find(|name| is_own_header(&self.grant, name)) {
            return Err(SkillError::input("headers", format!("{name} is the connection's own header; leave it out")));
        }
        let mut headers = crate::fetch::headers(given)?;
        if !headers.contains_key(header::ACCEPT) {
            headers.insert(header::ACCEPT, header::HeaderValue::from_static("application/json, */*;q=0.5"));
        }
        Ok(headers)
    }

    /// Asks and reads the whole answer. A status of 400 or more is an answer like any other.
    pub(crate) async fn ask(
        &self,
        context: &Context,
        method: Method,
        url: &Url,
        headers: &header::HeaderMap,
        body: Option<Vec<u8>>,
    ) -> Result<Read, SkillError> {
        let mut request = Request::get(url.clone());
        request.method = method;
        request.headers = headers.clone();
        request.body = body.map(Into::into);
        request.maximum_bytes = Some(MAXIMUM_API_BYTES);
        // A redirect could carry the secret, or what was asked, out of the connection's address.
        request.maximum_redirects = Some(0);
        authenticate(&self.grant, &mut request)?;
        let moved = |error: SkillError| {
            if error.code != Code::TooManyRedirects.as_str() {
                return error;
            }
            let message = format!(
                "{} redirects elsewhere; a connection's requests follow no redirect, so ask for the address it leads to",
                shown(url)
            );
            SkillError::new(Code::OutsideConnection, message)
        };
        let mut answer = self.client.send(request).await.map_err(|error| moved(outside::failed(error)))?;
        let bytes = answer.bytes().await.map_err(outside::failed)?;
        let (declared, hider) = (answer.content_type().map(str::to_owned), self.hider.clone());
        let length = bytes.len();
        let content = context.blocking(move |_| content(declared.as_deref(), bytes, &hider)).await?;
        Ok(Read { answer, content, bytes: length })
    }
}

impl Read {
    /// The failure that the answer's status is, with what the API says of it.
    pub(crate) fn refused(&self) -> Option<SkillError> {
        let mut error = outside::refused(&self.answer)?;
        let said = match &self.content {
            Content::Nothing | Content::Other(_) => return Some(error),
            Content::Json(value) => value.to_string(),
            Content::Text(text) => crate::page::tidy(std::iter::once(text.as_str())),
        };
        let cut = said.floor_char_boundary(MAXIMUM_QUOTE_BYTES);
        error.message = format!("{}: {}{}", error.message, &said[..cut], if cut < said.len() { "…" } else { "" });
        Some(error)
    }

    /// The headers that a result lists: none that sets a cookie, which is a secret of its own.
    pub(crate) fn headers(&self, hider: &Hider) -> Value {
        let mut listed = Map::new();
        let public = self.answer.headers.iter().filter(|(name, _)| *name != header::SET_COOKIE);
        for (name, value) in public.take(MAXIMUM_HEADERS) {
            let mut value = hider.text(&String::from_utf8_lossy(value.as_bytes()));
            value.truncate(value.floor_char_boundary(MAXIMUM_HEADER_BYTES));
            match listed.get_mut(name.as_str()) {
                Some(Value::String(before)) => *before = format!("{before}\n{value}"),
                _ => drop(listed.insert(name.as_str().to_owned(), json!(value))),
            }
        }
        Value::Object(listed)
    }
}

fn content(declared: Option<&str>, bytes: Vec<u8>, hider: &Hider) -> Result<Content, SkillError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Content::Nothing);
    }
    let media = sniff(declared, &bytes);
    if !media.is_text() {
        if hider.is_within(&bytes) {
            return Err(SkillError::new(
                Code::ApiAnswerUnfit,
                "the answer repeats the connection's secret within a file, so it is not kept",
            ));
        }
        return Ok(Content::Other(bytes));
    }
    let text = decode(declared, &bytes);
    if media != Media::Html
        && let Ok(value) = serde_json::from_str(&text)
    {
        return Ok(Content::Json(hider.value(value)));
    }
    if media == Media::Json && declared.is_some_and(|declared| declared.contains("json")) {
        let wrong = serde_json::from_str::<serde::de::IgnoredAny>(&text).err().map_or_else(String::new, |error| error.to_string());
        // What is declared as JSON and cut or broken must not pass for a text.
        return Err(SkillError::new(Code::ApiAnswerUnfit, format!("the answer says that it is JSON and does not read as such: {wrong}")));
    }
    Ok(Content::Text(hider.text(&text)))
}
