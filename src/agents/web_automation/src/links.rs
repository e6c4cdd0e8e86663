//! Where does a page lead? Each link with its text, its absolute address, and whether it stays on the site.

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::page::{self, Page, Source, absolute, base, parse, selector, text, tidy};

/// The most links of one page.
pub const MAXIMUM_LINKS: usize = 5_000;
/// The longest text of a link, in bytes; a longer one is cut.
pub const MAXIMUM_LINK_TEXT_BYTES: usize = 500;
/// How many bytes of links stand in the result.
const MAXIMUM_INLINE_LINK_BYTES: usize = 768 << 10;

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(flatten)]
    source: Source,
    #[serde(default)]
    kind: Which,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default = "thousand")]
    maximum_links: usize,
}

const fn thousand() -> usize {
    1_000
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Which {
    #[default]
    All,
    Internal,
    External,
}

/// Lists the links of the page that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let scope = input.scope.as_deref().map(|text| selector("scope", text)).transpose()?;
    let page = page::load(&context, input.source).await?;
    context.progress(0.5, "reading the page");
    let (which, maximum) = (input.kind, input.maximum_links.min(MAXIMUM_LINKS));
    let result = context.blocking(move |context| list(context, &page, scope.as_ref(), which, maximum)).await?;
    context.progress(1.0, "done");
    Ok(result)
}

fn list(context: &Context, page: &Page, scope: Option<&scraper::Selector>, which: Which, maximum: usize) -> Result<Value, SkillError> {
    let _span = context.span("links");
    let html = parse(context, &page.text)?;
    let base = base(&html, page.url.as_ref());
    let home = page.url.as_ref().or(base.as_ref());
    let (mut links, mut found, mut unusable, mut bytes) = (Vec::new(), 0_usize, 0_usize, 0_usize);
    for element in html.select(&selector("links", "a[href], area[href]")?) {
        context.check()?;
        // An element is within the scope if it or one above it fits.
        let within =
            |scope: &scraper::Selector| element.ancestors().filter_map(scraper::ElementRef::wrap).any(|above| scope.matches(&above));
        if scope.is_some_and(|scope| !scope.matches(&element) && !within(scope)) {
            continue;
        }
        let Some(url) = element.attr("href").and_then(|href| absolute(base.as_ref(), href)).filter(has_host) else {
            unusable += 1;
            continue;
        };
        let internal = home.is_some_and(|home| home.host_str() == url.host_str());
        if (which == Which::Internal && !internal) || (which == Which::External && internal) {
            continue;
        }
        found += 1;
        if links.len() >= maximum || bytes > MAXIMUM_INLINE_LINK_BYTES {
            continue;
        }
        let mut text = text(element);
        if text.is_empty() {
            // What a screen reader would say.
            let picture = selector("links", "img[alt]")?;
            let named = || element.select(&picture).next().and_then(|picture| picture.attr("alt"));
            text = tidy(element.attr("aria-label").or_else(|| element.attr("alt")).or_else(named).unwrap_or_default().split(' '));
        }
        text.truncate(text.floor_char_boundary(MAXIMUM_LINK_TEXT_BYTES));
        let rel = tidy(element.attr("rel").unwrap_or_default().split_inclusive(' '));
        let link = json!({"text": text, "url": url.as_str(), "rel": rel, "kind": if internal { "internal" } else { "external" }});
        bytes += link.to_string().len();
        if bytes <= MAXIMUM_INLINE_LINK_BYTES {
            links.push(link);
        }
    }
    context.info(format!("{found} links found"), json!({"unusable": unusable}));
    let truncated = links.len() < found;
    let mut result = json!({"count": found, "unusable": unusable, "truncated": truncated, "links": links});
    if let Some(url) = &page.url {
        result["url"] = json!(url.as_str());
    }
    Ok(result)
}

/// Whether an address leads to another page, which those of mail, telephone and scripts do not.
fn has_host(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some()
}
