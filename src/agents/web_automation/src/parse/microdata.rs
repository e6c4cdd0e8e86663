//! Which items does a page mark up as microdata? By the algorithms of the HTML standard, within bounds.
//!
//! Source: WHATWG HTML, section 5.2 "Encoding microdata" and 5.4.1 "JSON".

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::Url;
use scraper::{ElementRef, Html};
use serde_json::{Map, Value, json};

use super::excessive;
use crate::page::{absolute, selector, tidy};

/// The most items of a page.
pub const MAXIMUM_ITEMS: usize = 5_000;
/// The deepest nesting of items within one another.
pub const MAXIMUM_ITEM_DEPTH: usize = 32;
/// The most elements that all items of a page are looked for in: `itemref` lets many items share a large part.
const MAXIMUM_VISITS: usize = 2_000_000;
/// The longest value, in bytes.
const MAXIMUM_VALUE_BYTES: usize = 16 << 10;

struct Reader<'a> {
    context: &'a Context,
    base: Option<&'a Url>,
    by_id: HashMap<&'a str, ElementRef<'a>>,
    visits: usize,
}

/// The top-level items: `{type: [..], id, properties: {name: [values]}}`.
pub(super) fn items(context: &Context, html: &Html, base: Option<&Url>) -> Result<Vec<Value>, SkillError> {
    let mut by_id = HashMap::new();
    for element in html.select(&selector("page", "[id]")?) {
        // The first of several with one identifier counts.
        by_id.entry(element.attr("id").unwrap_or_default()).or_insert(element);
    }
    let mut reader = Reader { context, base, by_id, visits: 0 };
    let mut items = Vec::new();
    for element in html.select(&selector("page", "[itemscope]:not([itemprop])")?).take(MAXIMUM_ITEMS) {
        items.push(reader.item(element, &mut Vec::new())?);
    }
    Ok(items)
}

impl<'a> Reader<'a> {
    fn item(&mut self, element: ElementRef<'a>, above: &mut Vec<ElementRef<'a>>) -> Result<Value, SkillError> {
        above.push(element);
        let mut item = Map::new();
        let kinds: Vec<&str> = element.attr("itemtype").unwrap_or_default().split_ascii_whitespace().collect();
        if !kinds.is_empty() {
            item.insert("type".to_owned(), json!(kinds));
        }
        if let Some(id) = element.attr("itemid") {
            item.insert("id".to_owned(), json!(absolute(self.base, id).map_or_else(|| id.trim().to_owned(), String::from)));
        }
        let mut properties: Map<String, Value> = Map::new();
        for property in self.properties(element)? {
            let value = self.value(property, above)?;
            for name in property.attr("itemprop").unwrap_or_default().split_ascii_whitespace() {
                match properties.get_mut(name) {
                    Some(Value::Array(values)) => values.push(value.clone()),
                    _ => drop(properties.insert(name.to_owned(), json!([value]))),
                }
            }
        }
        item.insert("properties".to_owned(), Value::Object(properties));
        above.pop();
        Ok(Value::Object(item))
    }

    /// The elements that are properties of an item, in the order of the page: those below it and below what `itemref` names, but not
    /// below another item.
    fn properties(&mut self, root: ElementRef<'a>) -> Result<Vec<ElementRef<'a>>, SkillError> {
        let named = root.attr("itemref").unwrap_or_default().split_ascii_whitespace();
        let mut pending: Vec<ElementRef<'a>> = named.filter_map(|id| self.by_id.get(id).copied()).collect();
        let mut found = Vec::new();
        pending.extend(root.children().filter_map(ElementRef::wrap));
        let mut seen = std::collections::HashSet::new();
        while let Some(element) = pending.pop() {
            self.visits += 1;
            if self.visits.is_multiple_of(1024) {
                self.context.check()?;
            }
            if self.visits > MAXIMUM_VISITS {
                return Err(excessive("the microdata of the page refers to more than can be read"));
            }
            if element.id() == root.id() || !seen.insert(element.id()) {
                continue;
            }
            if element.attr("itemprop").is_some_and(|names| !names.trim().is_empty()) {
                found.push(element);
            }
            if element.attr("itemscope").is_none() {
                pending.extend(element.children().filter_map(ElementRef::wrap));
            }
        }
        found.sort_by_key(|element: &ElementRef<'_>| element.id());
        Ok(found)
    }

    fn value(&mut self, element: ElementRef<'a>, above: &mut Vec<ElementRef<'a>>) -> Result<Value, SkillError> {
        if element.attr("itemscope").is_some() {
            // What holds itself is an error by the standard too.
            if above.iter().any(|one| one.id() == element.id()) {
                return Ok(json!("ERROR"));
            }
            if above.len() >= MAXIMUM_ITEM_DEPTH {
                return Err(excessive(format!("the microdata of the page is nested more than {MAXIMUM_ITEM_DEPTH} items deep")));
            }
            return self.item(element, above);
        }
        let attribute = |name: &str| element.attr(name).unwrap_or_default().to_owned();
        let address = |name: &str| {
            let given = attribute(name);
            absolute(self.base, &given).map_or(given, String::from)
        };
        let mut value = match element.value().name() {
            "meta" => attribute("content"),
            "audio" | "embed" | "iframe" | "img" | "source" | "track" | "video" => address("src"),
            "a" | "area" | "link" => address("href"),
            "object" => address("data"),
            "data" | "meter" => attribute("value"),
            "time" if element.attr("datetime").is_some() => attribute("datetime"),
            _ => tidy(element.text()),
        };
        value.truncate(value.floor_char_boundary(MAXIMUM_VALUE_BYTES));
        Ok(json!(value))
    }
}
