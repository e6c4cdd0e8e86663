//! What is in a feed? RSS of all versions, Atom and JSON Feed as records of one shape.

use baton_agents_runtime::{Context, SkillError};
use feed_rs::model::{Entry, Link, Text};
use scraper::Html;
use serde_json::{Map, Value, json};

use super::{Document, Parsed, unfit, xml};
use crate::charset::decode;
use crate::page;

/// The most entries of a feed.
pub const MAXIMUM_ENTRIES: usize = 20_000;
/// The longest text of an entry's field, in bytes.
const MAXIMUM_FIELD_BYTES: usize = 64 << 10;

pub(super) fn read(context: &Context, document: &Document) -> Result<Parsed, SkillError> {
    let text = decode(document.declared.as_deref(), &document.bytes);
    let text = text.trim_start();
    let text = if text.starts_with('<') {
        // The library calls itself for each level and knows no bound.
        xml::walk(context, &document.name, text, |_| Ok(()))?;
        // It would believe the declaration, which speaks of the bytes, not of the text.
        text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map_or(text, |(_, rest)| rest)
    } else {
        text
    };
    let base = document.url.as_ref().map(ToString::to_string);
    let parser = feed_rs::parser::Builder::new().base_uri(base.as_deref()).build();
    let feed = parser.parse(text.as_bytes()).map_err(|error| unfit(format!("{} is no proper feed: {error}", document.name)))?;
    let mut parsed = Parsed::of("feed");
    parsed.title = plain(feed.title.as_ref());
    parsed.fact("format", Some(format!("{:?}", feed.feed_type).to_ascii_lowercase()));
    parsed.fact("description", plain(feed.description.as_ref()));
    parsed.fact("link", address(&feed.links));
    parsed.fact("language", feed.language.clone());
    parsed.fact("updated", feed.updated.map(|time| time.to_rfc3339()));
    parsed.fact("published", feed.published.map(|time| time.to_rfc3339()));
    parsed.fact("authors", Some(names(&feed.authors)));
    parsed.fact("generator", feed.generator.as_ref().map(|generator| generator.content.clone()));
    parsed.fact("minutes_to_live", feed.ttl);
    for entry in feed.entries.iter().take(MAXIMUM_ENTRIES) {
        context.check()?;
        parsed.records.push(&record(entry))?;
    }
    if feed.entries.len() > MAXIMUM_ENTRIES {
        parsed.notes.push(format!("of {} entries the first {MAXIMUM_ENTRIES} were read", feed.entries.len()));
    }
    Ok(parsed)
}

fn record(entry: &Entry) -> Value {
    let mut record = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(mut value) = value.filter(|value| !value.is_empty()) {
            value.truncate(value.floor_char_boundary(MAXIMUM_FIELD_BYTES));
            record.insert(name.to_owned(), json!(value));
        }
    };
    put("id", Some(entry.id.clone()));
    put("title", plain(entry.title.as_ref()));
    put("url", address(&entry.links));
    put("published", entry.published.map(|time| time.to_rfc3339()));
    put("updated", entry.updated.map(|time| time.to_rfc3339()));
    put("authors", Some(names(&entry.authors)));
    put(
        "categories",
        Some(entry.categories.iter().map(|category| category.label.as_deref().unwrap_or(&category.term)).collect::<Vec<_>>().join(", ")),
    );
    put("summary", plain(entry.summary.as_ref()));
    put("content", entry.content.as_ref().and_then(|content| content.body.as_deref()).map(visible));
    let enclosed = entry.media.iter().flat_map(|media| &media.content).filter_map(|content| content.url.as_ref());
    put("enclosures", Some(enclosed.map(ToString::to_string).collect::<Vec<_>>().join(" ")));
    Value::Object(record)
}

fn names(people: &[feed_rs::model::Person]) -> String {
    people.iter().filter_map(|person| person.name.as_deref()).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Where an entry leads: its alternate link, else the first that is not the feed's own.
fn address(links: &[Link]) -> Option<String> {
    let alternate = links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    let other = || links.iter().find(|link| !matches!(link.rel.as_deref(), Some("self" | "edit" | "replies" | "enclosure")));
    alternate.or_else(other).map(|link| link.href.clone())
}

fn plain(text: Option<&Text>) -> Option<String> {
    text.map(|text| visible(&text.content))
}

/// What people see of a text that may be HTML.
fn visible(text: &str) -> String {
    if text.contains(['<', '&']) { page::text(Html::parse_fragment(text).root_element()) } else { page::tidy(std::iter::once(text)) }
}
