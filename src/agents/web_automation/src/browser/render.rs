//! What does a page say once its scripts have run? Its HTML and text, what it asked for and what it was refused.

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{EgressClient, EgressProxy, Traffic, Url};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use super::events::{Asked, Seen, short};
use super::visit::{Plan, Visit};

/// The largest HTML after scripts, in bytes: what the other skills read.
pub const MAXIMUM_HTML_BYTES: u64 = crate::page::MAXIMUM_PAGE_BYTES;
/// The most bytes of HTML, and of text, that stand in the result, as JSON writes them.
pub const MAXIMUM_RENDERED_INLINE_BYTES: usize = 192 << 10;
/// The longest text that is read of a page, in UTF-16 units.
const MAXIMUM_TEXT_UNITS: usize = 4 << 20;
/// How many addresses of redirects are listed.
const MAXIMUM_HOPS: usize = 20;

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(flatten)]
    plan: Plan,
}

/// Renders the page that the input names.
pub(super) async fn perform(context: Context, client: EgressClient, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let visit = Visit::open(&context, &client, input.plan).await?;
    context.progress(0.7, "reading the page");
    let span = context.span("read");
    let page = visit.read(&expression()).await?;
    drop(span);
    let (ready, milliseconds) = (visit.ready, visit.milliseconds());
    let (witness, traffic, proxy) = visit.close().await;
    if !page["html"].is_string() {
        let message =
            format!("the page has {} characters of HTML after its scripts; at most {MAXIMUM_HTML_BYTES} bytes are taken", page["length"]);
        return Err(SkillError::new(Code::PageOverLimit, message));
    }
    let html = page["html"].as_str().unwrap_or_default();
    if html.len() as u64 > MAXIMUM_HTML_BYTES {
        let message = format!("the page has {} bytes of HTML after its scripts; at most {MAXIMUM_HTML_BYTES} are taken", html.len());
        return Err(SkillError::new(Code::PageOverLimit, message));
    }
    let mut result = witness.look(|seen| facts(seen, &traffic, &proxy));
    let text = page["text"].as_str().unwrap_or_default();
    let (inline, cut) = fitting(text, MAXIMUM_RENDERED_INLINE_BYTES);
    result["url"] = json!(address(&page["url"]));
    result["title"] = json!(short(page["title"].as_str().unwrap_or_default().trim()));
    result["language"] = json!(short(page["language"].as_str().unwrap_or_default()));
    result["elements"] = page["elements"].clone();
    result["ready"] = json!(ready);
    result["milliseconds"] = json!(milliseconds);
    result["text"] = json!(inline);
    result["truncated"] = json!(cut || page["text_cut"] == true);
    if let (html, false) = fitting(html, MAXIMUM_RENDERED_INLINE_BYTES) {
        result["html"] = json!(html);
    }
    result["artifact"] = json!(context.store("page.html", "text/html; charset=utf-8", html.as_bytes()).await?);
    if cut {
        result["text_artifact"] = json!(context.store("page.txt", "text/plain; charset=utf-8", text.as_bytes()).await?);
    }
    context.info(
        format!("{} elements after {milliseconds} ms; {} requests, {} refused", page["elements"], result["request_count"], traffic.refused),
        json!({"bytes": traffic.bytes}),
    );
    context.progress(1.0, "done");
    Ok(result)
}

/// Getters are taken from the prototype: elements named `body` would stand before them. Halves of surrogate pairs are replaced.
fn expression() -> String {
    format!(
        r"(() => {{
  const of = (name) => Object.getOwnPropertyDescriptor(Document.prototype, name).get.call(document);
  const whole = (text) => String(text).toWellFormed();
  const root = of('documentElement'), body = of('body');
  const kind = of('doctype');
  const html = (kind ? new XMLSerializer().serializeToString(kind) + '\n' : '') + (root ? root.outerHTML : '');
  const text = body ? body.innerText ?? body.textContent : root ? root.textContent : '';
  return {{
    html: html.length > {MAXIMUM_HTML_BYTES} ? null : whole(html), length: html.length,
    text: whole(text.slice(0, {MAXIMUM_TEXT_UNITS})), text_cut: text.length > {MAXIMUM_TEXT_UNITS},
    title: whole(of('title').slice(0, 2000)), language: root && root.lang ? whole(root.lang.slice(0, 100)) : '',
    url: of('URL'), elements: Document.prototype.getElementsByTagName.call(document, '*').length
  }};
}})()"
    )
}

/// What of a text fits into so many bytes of JSON, and whether something was cut.
fn fitting(text: &str, maximum: usize) -> (&str, bool) {
    let mut bytes = 0;
    for (at, c) in text.char_indices() {
        bytes += match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            other => other.len_utf8(),
        };
        if bytes > maximum {
            return (&text[..at], true);
        }
    }
    (text, false)
}

/// An address, whole unless it is longer than any that may be fetched; pages can make long ones.
fn address(url: &Value) -> String {
    let url = url.as_str().unwrap_or_default();
    url[..url.floor_char_boundary(baton_clients::egress::MAXIMUM_URL_BYTES)].to_owned()
}

/// What both skills tell of a visit.
pub(super) fn facts(seen: &mut Seen, traffic: &Traffic, proxy: &EgressProxy) -> Value {
    let requests: Vec<Value> = seen.requests.iter().map(|asked| request(seen, proxy, asked)).collect();
    let refused = requests.iter().filter(|request| !request["refused"].is_null()).count();
    let messages: Vec<Value> =
        seen.messages.iter().map(|said| json!({"level": said.level, "text": said.text, "place": said.place})).collect();
    let hops: Vec<Value> = seen.hops.iter().take(MAXIMUM_HOPS).map(|(status, url)| json!({"status": status, "url": short(url)})).collect();
    let mut result = json!({
        "content_type": short(&seen.content_type), "redirects": hops, "request_count": seen.asked,
        "failed_count": seen.failed, "refused_count": refused, "bytes": traffic.bytes, "error_count": seen.errors,
        "popups": seen.popups, "downloads": seen.downloads, "dialog_count": seen.dialogs_shown, "dialogs": seen.dialogs,
        "console": messages, "requests": requests
    });
    if let Some(status) = seen.status {
        result["status"] = json!(status);
    }
    result
}

fn request(seen: &Seen, proxy: &EgressProxy, asked: &Asked) -> Value {
    let mut request = json!({"url": asked.url, "method": asked.method, "kind": asked.kind, "bytes": asked.bytes});
    if let Some(status) = asked.status {
        request["status"] = json!(status);
    }
    if let Some(failure) = &asked.failure {
        request["failure"] = json!(failure);
        let here = seen.refused.get(&asked.url).map(|(code, message)| format!("{}: {message}", code.as_str()));
        let there = || Url::parse(&asked.url).ok().and_then(|url| proxy.refusal(&url)).map(|error| error.to_string());
        if let Some(refused) = here.or_else(there) {
            request["refused"] = json!(short(&refused));
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_fits_is_as_long_as_json_says(text in "(\\PC|[\0-\u{1f}\"\\\\]){0,200}", maximum in 0_usize..300) {
            let (kept, cut) = fitting(&text, maximum);
            let written = |text: &str| json!(text).to_string().len() - 2;
            prop_assert!(text.starts_with(kept) && written(kept) <= maximum);
            prop_assert_eq!(cut, written(&text) > maximum);
        }
    }
}
