//! What does a document say? Feeds, structured data of pages, PDF, Word and e-mail as text and records; its bytes say which it is.

mod contract;
mod docx;
mod feed;
mod mail;
mod microdata;
mod numbering;
mod package;
mod pdf;
mod structured;
pub(crate) mod xml;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Media, Request, Rules, Url, shown, sniff};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub use contract::PARSE;
pub(crate) use contract::parse as contract;
pub use docx::MAXIMUM_PARAGRAPHS;
pub use feed::MAXIMUM_ENTRIES;
pub use mail::{MAXIMUM_ATTACHMENT_BYTES, MAXIMUM_ATTACHMENTS};
pub use microdata::{MAXIMUM_ITEM_DEPTH, MAXIMUM_ITEMS};
pub use package::{MAXIMUM_MEMBER_BYTES, MAXIMUM_MEMBERS};
pub use pdf::MAXIMUM_PDF_PAGES;
pub use xml::{MAXIMUM_XML_DEPTH, MAXIMUM_XML_EVENTS};

use crate::charset::decode;
use crate::outside;
use crate::records::{MAXIMUM_INLINE_BYTES, Records, Save};

/// The largest document, in bytes.
pub const MAXIMUM_DOCUMENT_BYTES: u64 = 32 << 20;
/// The most bytes of text that a document gives.
pub const MAXIMUM_TEXT_BYTES: usize = 32 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    url: Option<String>,
    artifact: Option<String>,
    base_url: Option<String>,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    save: Save,
}

/// A kind of document.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Auto,
    Feed,
    Page,
    Pdf,
    Docx,
    Mail,
}

/// A document that was not read yet.
struct Document {
    bytes: Vec<u8>,
    declared: Option<String>,
    /// Where it was found, or is said to be from.
    url: Option<Url>,
    name: String,
}

/// A file that lay within a document.
struct Enclosed {
    name: String,
    media_type: String,
    bytes: Vec<u8>,
}

/// What a document says.
#[derive(Default)]
struct Parsed {
    kind: &'static str,
    title: Option<String>,
    /// What is known of it besides, as its author and date.
    facts: Map<String, Value>,
    text: Option<String>,
    /// The same in Markdown, where the document has headings, lists or tables.
    markdown: Option<String>,
    records: Records,
    files: Vec<Enclosed>,
    /// What was left out, in words.
    notes: Vec<String>,
}

impl Parsed {
    fn of(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    /// Notes a fact, if there is one.
    fn fact(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let value = value.into();
            if !value.is_null() && value != "" && value != json!([]) {
                self.facts.insert(name.to_owned(), value);
            }
        }
    }
}

/// A document that is not what it seems or is asked to be.
fn unfit(message: impl Into<String>) -> SkillError {
    SkillError::new(Code::DocumentUnfit, message)
}

/// A document that unfolds beyond the bounds.
fn excessive(message: impl Into<String>) -> SkillError {
    SkillError::new(Code::DocumentExcessive, message)
}

/// Reads the document that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let (wanted, save) = (input.kind, input.save);
    let document = load(&context, input).await?;
    context.progress(0.4, format!("reading {}", document.name));
    let (url, size, name) = (document.url.clone(), document.bytes.len(), document.name.clone());
    let parsed = context.blocking(move |context| read(context, wanted, &document)).await?;
    context.info(
        format!("{name} is a {} with {} records", parsed.kind, parsed.records.count()),
        json!({"bytes": size, "files": parsed.files.len()}),
    );
    for note in &parsed.notes {
        context.warn(note.clone(), Value::Null);
    }
    context.progress(0.8, "keeping what was read");
    describe(&context, parsed, url, size, save).await
}

async fn load(context: &Context, input: Input) -> Result<Document, SkillError> {
    match (input.url, input.artifact) {
        (Some(url), None) => {
            let mut request = Request::get(Rules::parse(&url).map_err(outside::failed)?);
            request.maximum_bytes = Some(MAXIMUM_DOCUMENT_BYTES);
            let client = outside::client(context)?;
            context.progress(0.1, format!("asking {}", shown(&request.url)));
            let _span = context.span("fetch");
            let mut answer = client.send(request).await.map_err(outside::failed)?;
            if let Some(error) = outside::refused(&answer) {
                return Err(error);
            }
            let bytes = answer.bytes().await.map_err(outside::failed)?;
            let declared = answer.content_type().map(str::to_owned);
            Ok(Document { bytes, declared, name: shown(&answer.url), url: Some(answer.url.clone()) })
        }
        (None, Some(id)) => {
            let url = input.base_url.as_deref().map(Rules::parse).transpose();
            let url = url.map_err(|error| SkillError::input("base_url", error.message))?;
            let file = context.file(&id)?;
            if file.size > MAXIMUM_DOCUMENT_BYTES {
                let message = format!("artifact: {} has {} bytes; a document has at most {MAXIMUM_DOCUMENT_BYTES}", file.name, file.size);
                return Err(excessive(message));
            }
            let (path, name) = (file.path.clone(), file.name.clone());
            let read = tokio::fs::read(path).await;
            let bytes = read.map_err(|error| SkillError::internal(format!("cannot read {name}: {error}")))?;
            Ok(Document { bytes, declared: None, url, name })
        }
        _ => Err(SkillError::input("url", "give either an address or an artifact")),
    }
}

fn read(context: &Context, wanted: Kind, document: &Document) -> Result<Parsed, SkillError> {
    let _span = context.span("parse");
    // Parts of messages have few headers: whoever says that it is one is believed.
    let found = if wanted == Kind::Mail && mail::has_headers(&document.bytes) { Kind::Mail } else { recognised(document)? };
    if wanted != Kind::Auto && wanted != found {
        let message =
            format!("kind: {} is a {}, not a {}; leave `kind` out to read it as what it is", document.name, name(found), name(wanted));
        return Err(unfit(message));
    }
    let mut parsed = match found {
        Kind::Feed => feed::read(context, document)?,
        Kind::Pdf => pdf::read(context, document)?,
        Kind::Docx => docx::read(context, document)?,
        Kind::Mail => mail::read(context, document)?,
        Kind::Page | Kind::Auto => structured::read(context, document)?,
    };
    for text in [&mut parsed.text, &mut parsed.markdown].into_iter().flatten() {
        if text.len() > MAXIMUM_TEXT_BYTES {
            text.truncate(text.floor_char_boundary(MAXIMUM_TEXT_BYTES));
            parsed.notes.push(format!("the text was cut after {MAXIMUM_TEXT_BYTES} bytes"));
        }
    }
    Ok(parsed)
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Auto | Kind::Page => "page",
        Kind::Feed => "feed",
        Kind::Pdf => "pdf",
        Kind::Docx => "docx",
        Kind::Mail => "mail",
    }
}

/// What a document is by its bytes; the declared type decides only where these leave it open.
fn recognised(document: &Document) -> Result<Kind, SkillError> {
    let unknown = |what: &str| {
        let advice = "parse reads feeds (RSS, Atom, JSON Feed), pages, PDF, Word documents (.docx) and e-mail (.eml)";
        SkillError::new(Code::DocumentUnknown, format!("{} is {what}; {advice}", document.name))
    };
    let bytes = &document.bytes;
    if bytes.is_empty() {
        return Err(unknown("empty"));
    }
    // A PDF may have up to a kilobyte before it begins (ISO 32000-1, annex H).
    let start = &bytes[..bytes.len().min(1024)];
    if start.windows(5).any(|window| window == b"%PDF-") && sniff(None, bytes) != Media::Html {
        return Ok(Kind::Pdf);
    }
    match sniff(document.declared.as_deref(), bytes) {
        Media::Pdf => Ok(Kind::Pdf),
        Media::Zip => package::kind(bytes).map_err(|what| unknown(&what)),
        Media::Mail => Ok(Kind::Mail),
        Media::Html => Ok(Kind::Page),
        Media::Xml => {
            let text = decode(document.declared.as_deref(), bytes);
            match xml::root(&text)?.as_str() {
                "rss" | "feed" | "RDF" => Ok(Kind::Feed),
                "html" => Ok(Kind::Page),
                other => Err(unknown(&format!("XML whose root is {other:?}"))),
            }
        }
        Media::Json => {
            let text = decode(document.declared.as_deref(), bytes);
            let feed = text.contains("jsonfeed.org/version/");
            if feed { Ok(Kind::Feed) } else { Err(unknown("JSON that is no JSON Feed")) }
        }
        Media::Text | Media::Binary if mail::is_multipart(bytes) => Ok(Kind::Mail),
        // Fragments of HTML often look like text.
        Media::Text if bytes.windows(2).any(|pair| pair == b"</") => Ok(Kind::Page),
        Media::Text => Err(unknown("plain text")),
        Media::Image => Err(unknown("a picture")),
        Media::Binary if bytes.starts_with(b"\xd0\xcf\x11\xe0") => Err(unknown("an Office document of before 2007 or an encrypted one")),
        Media::Binary => Err(unknown("binary")),
    }
}

async fn describe(context: &Context, parsed: Parsed, url: Option<Url>, size: usize, save: Save) -> Result<Value, SkillError> {
    let mut result = json!({"kind": parsed.kind, "bytes": size, "facts": parsed.facts, "notes": parsed.notes});
    if let Some(url) = url {
        result["url"] = json!(url.as_str());
    }
    if let Some(title) = parsed.title {
        result["title"] = json!(title);
    }
    for (field, text, name, kind) in [
        ("text", parsed.text, "text.txt", "text/plain; charset=utf-8"),
        ("markdown", parsed.markdown, "text.md", "text/markdown; charset=utf-8"),
    ] {
        let Some(mut text) = text else { continue };
        if field == "text" {
            result["length"] = json!(text.chars().count());
        }
        if text.len() > MAXIMUM_INLINE_BYTES {
            result[format!("{field}_file")] = json!(context.store(name, kind, text.as_bytes()).await?);
            text.truncate(text.floor_char_boundary(MAXIMUM_INLINE_BYTES));
        }
        result[field] = json!(text);
    }
    let mut files = Vec::new();
    for file in parsed.files {
        let id = context.store(&file.name, &file.media_type, &file.bytes).await?;
        files.push(json!({"name": file.name, "type": file.media_type, "bytes": file.bytes.len(), "artifact": id}));
    }
    result["files"] = json!(files);
    parsed.records.describe(context, "records", save, &mut result).await?;
    context.progress(1.0, "done");
    Ok(result)
}
