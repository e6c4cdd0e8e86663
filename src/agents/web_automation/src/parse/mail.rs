//! What is in an e-mail? Its headers, its text, and what is attached, each as a file of its own.

use baton_agents_runtime::{Context, SkillError};
use mail_parser::{Address, HeaderValue, MessageParser, MessagePart, MimeHeaders, PartType};
use serde_json::{Value, json};

use super::{Document, Enclosed, Parsed, unfit};
use crate::page;

/// The most attachments of a message; further ones are listed and not kept.
pub const MAXIMUM_ATTACHMENTS: usize = 50;
/// The most bytes of all attachments together.
pub const MAXIMUM_ATTACHMENT_BYTES: usize = 48 << 20;
/// The most parts of a message.
const MAXIMUM_PARTS: usize = 5_000;
/// The longest header, in bytes.
const MAXIMUM_HEADER_BYTES: usize = 8 << 10;

pub(super) fn read(context: &Context, document: &Document) -> Result<Parsed, SkillError> {
    // Mailboxes put a line `From …` before each message.
    let bytes = document.bytes.strip_prefix(b"From ").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        rest.get(end + 1..)
    });
    let bytes = bytes.unwrap_or(&document.bytes);
    let message = MessageParser::default().parse(bytes).ok_or_else(|| unfit(format!("{} has no header of a message", document.name)))?;
    context.check()?;
    if message.parts.len() > MAXIMUM_PARTS {
        return Err(super::excessive(format!("{} has more than {MAXIMUM_PARTS} parts", document.name)));
    }
    let mut parsed = Parsed::of("mail");
    parsed.title = message.subject().map(|subject| page::tidy(std::iter::once(subject)));
    for (name, address) in
        [("from", message.from()), ("to", message.to()), ("cc", message.cc()), ("bcc", message.bcc()), ("reply_to", message.reply_to())]
    {
        parsed.fact(name, address.map(people));
    }
    parsed.fact("date", message.date().map(|date| date.to_rfc3339()));
    parsed.fact("message_id", message.message_id());
    parsed.fact("in_reply_to", listed(message.in_reply_to()));
    parsed.fact("references", listed(message.references()));
    for name in ["List-Id", "Return-Path", "Auto-Submitted", "Authentication-Results"] {
        parsed.fact(&name.to_ascii_lowercase().replace('-', "_"), message.header_raw(name).map(short));
    }
    let texts: Vec<String> = (0..message.text_body_count())
        .filter_map(|at| match message.text_part(u32::try_from(at).unwrap_or(u32::MAX)).map(|part| &part.body) {
            Some(PartType::Text(text)) => Some(text.trim_end().replace("\r\n", "\n")),
            // A message in HTML alone: as people see it.
            Some(PartType::Html(html)) => Some(page::parse(context, html).map(|html| page::text(html.root_element())).unwrap_or_default()),
            _ => None,
        })
        .collect();
    parsed.text = Some(texts.join("\n\n"));
    let (mut left, mut kept) = (MAXIMUM_ATTACHMENT_BYTES, 0);
    for (number, part) in message.attachments().enumerate() {
        context.check()?;
        let name = safe(part.attachment_name(), number, part);
        let media_type = kind(part);
        let size = part.len();
        let keep = kept < MAXIMUM_ATTACHMENTS && size <= left && size > 0;
        parsed.records.push(&json!({
            "name": name, "type": media_type, "bytes": size, "inline": part.content_disposition().is_some_and(|is| is.is_inline()), "kept": keep
        }))?;
        if keep {
            left -= size;
            kept += 1;
            parsed.files.push(Enclosed { name, media_type, bytes: part.contents().to_vec() });
        } else if size > 0 {
            parsed.notes.push(format!("the attachment {name:?} of {size} bytes was not kept"));
        }
    }
    Ok(parsed)
}

/// Whether a text begins as a message: with a header line.
pub(super) fn has_headers(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_name = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    bytes.starts_with(b"From ") || (is_name && line.len() > name.len())
}

/// Whether a text begins as a message of several parts, which need not have more than this header.
pub(super) fn is_multipart(bytes: &[u8]) -> bool {
    const START: &[u8] = b"content-type: multipart/";
    bytes.get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START))
}

fn short(text: &str) -> String {
    let mut text = page::tidy(std::iter::once(text));
    text.truncate(text.floor_char_boundary(MAXIMUM_HEADER_BYTES));
    text
}

fn listed(value: &HeaderValue<'_>) -> Option<Value> {
    match value {
        HeaderValue::Text(text) => Some(json!([text])),
        HeaderValue::TextList(texts) => Some(json!(texts)),
        _ => None,
    }
}

/// Each person as `Name <address>`.
fn people(address: &Address<'_>) -> Value {
    let person = |one: &mail_parser::Addr<'_>| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{} <{address}>", page::tidy(std::iter::once(name))),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    address.iter().map(person).filter(|text| !text.is_empty()).map(|text| short(&text)).collect()
}

fn kind(part: &MessagePart<'_>) -> String {
    let usual = match part.body {
        PartType::Message(_) => "message/rfc822",
        PartType::Text(_) => "text/plain",
        PartType::Html(_) => "text/html",
        _ => "application/octet-stream",
    };
    let Some(given) = part.content_type() else { return usual.to_owned() };
    let kind = format!("{}/{}", given.ctype(), given.subtype().unwrap_or("octet-stream")).to_ascii_lowercase();
    let plain = kind.len() <= 100 && kind.chars().all(|c| c.is_ascii_alphanumeric() || "/.+-_".contains(c));
    if plain { kind } else { usual.to_owned() }
}

/// A name for a file: without folders, and without what file systems mind.
fn safe(given: Option<&str>, number: usize, part: &MessagePart<'_>) -> String {
    let last = given.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control() && !"<>:\"|?*".contains(*c)).take(100).collect();
    let kept = kept.trim().trim_start_matches('.').trim();
    if !kept.is_empty() {
        return kept.to_owned();
    }
    let ending = match part.body {
        PartType::Message(_) => "eml",
        PartType::Text(_) => "txt",
        PartType::Html(_) => "html",
        _ => "bin",
    };
    format!("attachment-{}.{ending}", number + 1)
}
