//! What does a page say? Its article without what surrounds it, and who wrote it when.

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::Url;
use baton_domain::problem::Code;
use dom_smoothie::{Article, ReadabilityError};
use scraper::Html;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::page::{self, Page, Source, absolute, base, parse};

mod body;
mod facts;
mod names;
mod text;

/// The longest text that stands in the result, in bytes; a longer one is cut there and whole in the artifact.
pub const MAXIMUM_ARTICLE_BYTES: usize = 256 << 10;
/// The most elements of a page whose article is looked for: every element is weighed several times.
pub const MAXIMUM_ARTICLE_ELEMENTS: usize = 50_000;
/// The longest title, byline and such, in bytes.
const MAXIMUM_FACT_BYTES: usize = 2 << 10;

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(flatten)]
    source: Source,
    #[serde(default)]
    format: text::Form,
}

/// Reads the article of the page that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let form = input.format;
    let page = page::load(&context, input.source).await?;
    context.progress(0.5, "looking for the article");
    let url = page.url.clone();
    let (mut result, text) = context.blocking(move |context| find(context, &page, form)).await?;
    if let Some(url) = url {
        result["url"] = json!(url.as_str());
    }
    if text.len() > MAXIMUM_ARTICLE_BYTES {
        let (name, media) = match form {
            text::Form::Plain => ("article.txt", "text/plain; charset=utf-8"),
            text::Form::Markdown => ("article.md", "text/markdown; charset=utf-8"),
        };
        result["artifact"] = json!(context.store(name, media, text.as_bytes()).await?);
    }
    context.info(format!("an article of {} characters found", result["length"]), Value::Null);
    context.progress(1.0, "done");
    Ok(result)
}

fn find(context: &Context, page: &Page, form: text::Form) -> Result<(Value, String), SkillError> {
    let _span = context.span("article");
    // First within the bounds of depth and size, which the library's own parser does not know; and it cannot be stopped.
    let mut html = parse(context, &page.text)?;
    let elements = html.tree.values().filter(|node| node.is_element()).count();
    if elements > MAXIMUM_ARTICLE_ELEMENTS {
        let message = format!("the page has {elements} elements; an article is looked for among at most {MAXIMUM_ARTICLE_ELEMENTS}");
        return Err(SkillError::new(Code::PageUnfit, message));
    }
    let base = base(&html, page.url.as_ref());
    context.check()?;
    let found = body::choose(&mut html, page.url.as_ref().map(Url::as_str));
    context.check()?;
    let (article, body) = found.map_err(|error| match error {
        ReadabilityError::GrabFailed => SkillError::new(Code::ValueMissing, "the page has no article: too little text stands together"),
        other => SkillError::new(Code::PageUnfit, format!("the page: {other}")),
    })?;
    let text = text::write(&html, &body, form);
    if text.is_empty() {
        return Err(SkillError::new(Code::ValueMissing, "the page has no article: it has no text"));
    }
    Ok((describe(&html, &article, &text, base.as_ref()), text))
}

fn describe(html: &Html, article: &Article, text: &str, base: Option<&Url>) -> Value {
    let shown = &text[..text.floor_char_boundary(MAXIMUM_ARTICLE_BYTES)];
    let mut result = json!({"text": shown, "truncated": shown.len() < text.len(), "length": text.chars().count()});
    let image = article.image.as_deref().and_then(|image| absolute(base, image)).map(String::from);
    let title = facts::title(html, &article.title);
    let published = article.published_time.clone().or_else(|| facts::published(html));
    for (name, fact) in [
        ("title", Some(&title)),
        ("byline", article.byline.as_ref()),
        ("site", article.site_name.as_ref()),
        ("language", article.lang.as_ref()),
        ("published", published.as_ref()),
        ("modified", article.modified_time.as_ref()),
        ("excerpt", article.excerpt.as_ref()),
        ("image", image.as_ref()),
    ] {
        if let Some(fact) = fact.map(|fact| fact.trim()).filter(|fact| !fact.is_empty()) {
            result[name] = json!(&fact[..fact.floor_char_boundary(MAXIMUM_FACT_BYTES)]);
        }
    }
    result
}
