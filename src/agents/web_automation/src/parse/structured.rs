//! What does a page say to machines? Its JSON-LD, its microdata, and what its head tells of it.

use baton_agents_runtime::{Context, SkillError};
use scraper::Html;
use serde_json::{Value, json};

use super::{Document, Parsed, microdata};
use crate::charset::decode;
use crate::page::{self, absolute, base, selector, text, tidy};

/// How deep lists and graphs of JSON-LD are looked into for items.
const MAXIMUM_NESTING: usize = 8;
/// The most facts of a page's head, and the longest one in bytes.
const MAXIMUM_FACTS: usize = 100;
const MAXIMUM_FACT_BYTES: usize = 4 << 10;

pub(super) fn read(context: &Context, document: &Document) -> Result<Parsed, SkillError> {
    let source = decode(document.declared.as_deref(), &document.bytes);
    let html = page::parse(context, &source)?;
    let base = base(&html, document.url.as_ref());
    let mut parsed = Parsed::of("page");
    head(&html, base.as_ref(), &mut parsed)?;
    let mut broken = 0;
    for script in html.select(&selector("page", "script[type]")?) {
        context.check()?;
        let kind = script.attr("type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/ld+json") {
            continue;
        }
        let data: String = script.text().collect();
        match lenient(&data) {
            Some(value) => collect(value, MAXIMUM_NESTING, &mut parsed)?,
            None if data.trim().is_empty() => {}
            None => broken += 1,
        }
    }
    if broken > 0 {
        parsed.notes.push(format!("{broken} blocks of JSON-LD do not read as JSON"));
    }
    for item in microdata::items(context, &html, base.as_ref())? {
        let kind = item["type"].as_array().and_then(|kinds| kinds.first()).cloned().unwrap_or_default();
        parsed.records.push(&json!({"format": "microdata", "type": short(&kind), "data": item}))?;
    }
    let body = html.select(&selector("page", "body")?).next();
    parsed.text = body.map(text);
    Ok(parsed)
}

/// JSON as pages hold it: some wrap it into comments or CDATA, end it with a semicolon, or leave line breaks within texts.
fn lenient(data: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(data) {
        return Some(value);
    }
    let mut text = data.trim();
    for (open, close) in [("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>")] {
        text = text.strip_prefix(open).map_or(text, |rest| rest.trim_end().strip_suffix(close).unwrap_or(rest)).trim();
    }
    let text = text.trim_end_matches(';');
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    serde_json::from_str(&flat).ok()
}

fn collect(value: Value, depth: usize, parsed: &mut Parsed) -> Result<(), SkillError> {
    match value {
        Value::Array(items) if depth > 0 => items.into_iter().try_for_each(|item| collect(item, depth - 1, parsed)),
        Value::Object(mut map) => {
            if parsed.records.count() >= microdata::MAXIMUM_ITEMS {
                return Ok(());
            }
            if let Some(graph @ Value::Array(_)) = map.get_mut("@graph").map(Value::take) {
                return collect(graph, depth.saturating_sub(1), parsed);
            }
            let kind = match map.get("@type") {
                Some(Value::Array(kinds)) => kinds.first().cloned().unwrap_or_default(),
                kind => kind.cloned().unwrap_or_default(),
            };
            parsed.records.push(&json!({"format": "json-ld", "type": short(&kind), "data": map}))
        }
        _ => Ok(()),
    }
}

/// The last part of a type's address: `https://schema.org/Product` is `Product`.
fn short(kind: &Value) -> String {
    let kind = kind.as_str().unwrap_or_default();
    kind.rsplit(['/', '#']).next().unwrap_or(kind).to_owned()
}

fn head(html: &Html, base: Option<&baton_clients::egress::Url>, parsed: &mut Parsed) -> Result<(), SkillError> {
    let first = |query: &str| selector("page", query).map(|query| html.select(&query).next());
    parsed.title = first("title")?.map(text).filter(|title| !title.is_empty());
    parsed.fact("language", first("html[lang]")?.and_then(|element| element.attr("lang")));
    let canonical = first("link[rel~=canonical][href]")?.and_then(|element| absolute(base, element.attr("href")?));
    parsed.fact("canonical", canonical.map(String::from));
    let feeds = selector("page", "link[rel~=alternate][type*=rss][href], link[rel~=alternate][type*=atom][href]")?;
    let feeds: Vec<String> = html.select(&feeds).filter_map(|link| absolute(base, link.attr("href")?)).map(String::from).collect();
    parsed.fact("feeds", Some(feeds));
    for meta in html.select(&selector("page", "meta[content]")?) {
        let Some(name) = meta.attr("property").or_else(|| meta.attr("name")) else { continue };
        let name = tidy(std::iter::once(name)).to_ascii_lowercase();
        let known = ["description", "author", "keywords", "date", "generator"].contains(&name.as_str());
        let known = known || ["og:", "article:", "twitter:", "dc.", "citation_"].iter().any(|family| name.starts_with(family));
        if known && !parsed.facts.contains_key(&name) && parsed.facts.len() < MAXIMUM_FACTS {
            let mut content = tidy(meta.attr("content").into_iter());
            content.truncate(content.floor_char_boundary(MAXIMUM_FACT_BYTES));
            parsed.fact(&name, Some(content));
        }
    }
    Ok(())
}
