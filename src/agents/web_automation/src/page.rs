//! Which page does an input name, and how is it read? From an address or a file, as browsers do, within bounds of size, depth and time.

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Media, Request, Rules, Url, shown, sniff};
use baton_domain::problem::Code;
use html5ever::driver;
use html5ever::tendril::TendrilSink;
use scraper::{ElementRef, Html, HtmlTreeSink, Node, Selector};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::charset::decode;
use crate::outside;

/// The largest page, in bytes.
pub const MAXIMUM_PAGE_BYTES: u64 = 16 << 20;
/// The deepest nesting. Browsers stop at 512; the parser searches all open elements at many a tag, so depth costs its square.
pub const MAXIMUM_DEPTH: usize = 1_000;
/// The most elements, texts and comments of a page.
pub const MAXIMUM_NODES: usize = 2_000_000;
/// The parser gets a page in pieces of this size; between them it can be stopped.
const PIECE_BYTES: usize = 4 << 10;

/// Where a page comes from; part of the input of each skill that reads one.
#[derive(Debug, Deserialize)]
pub(crate) struct Source {
    url: Option<String>,
    artifact: Option<String>,
    base_url: Option<String>,
}

/// A page that was not parsed yet.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its text.
    pub text: String,
    /// Where it was found, or is said to be from.
    pub url: Option<Url>,
}

/// The properties by which an input names a page; other skills add theirs from order 10 on.
pub(crate) fn properties() -> Value {
    let length = baton_clients::egress::MAXIMUM_URL_BYTES;
    json!({
        "url": {
            "type": "string", "title": "Address", "minLength": 1, "maxLength": length, "x-order": 1, "x-title": true,
            "description": "The page's http or https address; or give an artifact."
        },
        "artifact": {
            "type": "string", "format": "artifact", "title": "HTML file", "x-order": 2,
            "description": "A stored page of up to 16 MiB; or give an address."
        },
        "base_url": {
            "type": "string", "title": "Base address", "minLength": 1, "maxLength": length, "x-order": 3,
            "description": "Where the page of an artifact is from: relative links are joined to it."
        }
    })
}

/// An input takes exactly one of address and artifact.
pub(crate) fn one_source() -> Value {
    json!([{"required": ["url"]}, {"required": ["artifact"]}])
}

/// Fetches or reads the page.
pub(crate) async fn load(context: &Context, source: Source) -> Result<Page, SkillError> {
    match (source.url, source.artifact) {
        (Some(url), None) => fetch(context, &url).await,
        (None, Some(id)) => {
            let url = source.base_url.as_deref().map(Rules::parse).transpose();
            read(context, &id, url.map_err(|error| SkillError::input("base_url", error.message))?).await
        }
        _ => Err(SkillError::input("url", "give either an address or an artifact")),
    }
}

async fn fetch(context: &Context, url: &str) -> Result<Page, SkillError> {
    let mut request = Request::get(Rules::parse(url).map_err(outside::failed)?);
    request.maximum_bytes = Some(MAXIMUM_PAGE_BYTES);
    let client = outside::client(context)?;
    context.progress(0.1, format!("asking {}", shown(&request.url)));
    let _span = context.span("fetch");
    let mut answer = client.send(request).await.map_err(outside::failed)?;
    if let Some(error) = outside::refused(&answer) {
        return Err(error);
    }
    let bytes = answer.bytes().await.map_err(outside::failed)?;
    let text = html(answer.content_type(), &bytes, &shown(&answer.url))?;
    context.info(format!("{} answered with {} bytes", shown(&answer.url), bytes.len()), json!({"bytes": bytes.len()}));
    Ok(Page { text, url: Some(answer.url.clone()) })
}

async fn read(context: &Context, id: &str, url: Option<Url>) -> Result<Page, SkillError> {
    let file = context.file(id)?;
    if file.size > MAXIMUM_PAGE_BYTES {
        let message = format!("artifact: {} has {} bytes; a page has at most {MAXIMUM_PAGE_BYTES}", file.name, file.size);
        return Err(SkillError::new(Code::PageUnfit, message));
    }
    let (path, name, declared) = (file.path.clone(), file.name.clone(), file.media_type.clone());
    let read = move |_: &Context| {
        let bytes = std::fs::read(&path).map_err(|error| SkillError::internal(format!("cannot read {name}: {error}")))?;
        // A file says nothing reliable of its own type, but perhaps its encoding.
        let declared = declared.contains("html").then_some(declared.as_str());
        html(declared, &bytes, &name)
    };
    Ok(Page { text: context.blocking(read).await?, url })
}

fn html(declared: Option<&str>, bytes: &[u8], name: &str) -> Result<String, SkillError> {
    let media = sniff(declared, bytes);
    // Fragments of HTML often look like plain text, and XHTML like XML.
    if !matches!(media, Media::Html | Media::Xml | Media::Text) {
        return Err(SkillError::new(Code::PageUnfit, format!("{name} is {}, not HTML; fetch it as a file instead", media.name())));
    }
    Ok(decode(declared, bytes))
}

/// Parses a page. Call it within [`Context::blocking`].
pub(crate) fn parse(context: &Context, text: &str) -> Result<Html, SkillError> {
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), driver::ParseOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        context.check()?;
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES.min(rest.len())));
        rest = after;
        parser.process(piece.into());
        let html = parser.tokenizer.sink.sink.0.borrow();
        within_bounds(&html)?;
    }
    let html = parser.finish();
    within_bounds(&html)?;
    Ok(html)
}

fn within_bounds(html: &Html) -> Result<(), SkillError> {
    let nodes = html.tree.nodes();
    if nodes.len() > MAXIMUM_NODES {
        return Err(SkillError::new(Code::PageUnfit, format!("the page has more than {MAXIMUM_NODES} elements and texts")));
    }
    // The newest node lies in what is open now: whatever grows deep is seen within a piece.
    if let Some(newest) = html.tree.nodes().next_back()
        && newest.ancestors().nth(MAXIMUM_DEPTH).is_some()
    {
        return Err(SkillError::new(Code::PageUnfit, format!("the page is nested more than {MAXIMUM_DEPTH} elements deep")));
    }
    Ok(())
}

/// What relative addresses of the page are joined to: its `base` element, which itself may be relative, or its own address.
pub(crate) fn base(html: &Html, url: Option<&Url>) -> Option<Url> {
    let named = Selector::parse("base[href]").ok().and_then(|selector| html.select(&selector).next()?.attr("href").map(str::to_owned));
    match (named, url) {
        (Some(named), Some(url)) => url.join(named.trim()).ok().or_else(|| Some(url.clone())),
        (Some(named), None) => Url::parse(named.trim()).ok(),
        (None, url) => url.cloned(),
    }
}

/// An address of the page as an absolute one, if it can be made one.
pub(crate) fn absolute(base: Option<&Url>, address: &str) -> Option<Url> {
    let address = address.trim();
    base.map_or_else(|| Url::parse(address).ok(), |base| base.join(address).ok())
}

/// A selector of the input.
pub(crate) fn selector(field: &str, text: &str) -> Result<Selector, SkillError> {
    Selector::parse(text).map_err(|error| SkillError::input(field, format!("{text:?} is no CSS selector: {error}")))
}

/// Text with each run of white space as one space, as browsers show it.
pub(crate) fn tidy<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let mut tidy = String::new();
    let mut space = false;
    for c in pieces.flat_map(str::chars) {
        if c.is_whitespace() {
            space = !tidy.is_empty();
        } else {
            if std::mem::take(&mut space) {
                tidy.push(' ');
            }
            tidy.push(c);
        }
    }
    tidy
}

/// The text of an element as people see it: without scripts and styles, and with a space where a new line begins.
pub(crate) fn text(element: ElementRef<'_>) -> String {
    const UNSEEN: &[&str] = &["script", "style", "template", "noscript"];
    const BREAKS: &[&str] = &["br", "p", "div", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "option"];
    let pieces = element.descendants().filter_map(|node| match node.value() {
        Node::Text(text) => {
            let parent = node.parent().and_then(ElementRef::wrap);
            (!parent.is_some_and(|parent| UNSEEN.contains(&parent.value().name()))).then_some(&**text)
        }
        Node::Element(element) => BREAKS.contains(&element.name()).then_some(" "),
        _ => None,
    });
    tidy(pieces)
}
