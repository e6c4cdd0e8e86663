//! How does the description of an interface become a reference that people read?

mod document;
mod examples;
mod of_code;
mod reference;
mod schema;
mod source;

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::limits::MAXIMUM_SHOWN_BYTES;
use crate::template::Format;
use crate::{files, markdown, page};

/// The most bytes of a document.
pub(crate) const MAXIMUM_DOCUMENT_BYTES: u64 = 8 << 20;
/// The most characters of a document within the input.
pub(crate) const MAXIMUM_DOCUMENT_CHARACTERS: usize = 500_000;
/// The most operations.
pub(crate) const MAXIMUM_OPERATIONS: usize = 2_000;
/// The most characters of source code within the input.
pub(crate) const MAXIMUM_SOURCE_CHARACTERS: usize = 200_000;
pub(crate) use source::MAXIMUM_ITEMS;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    document: Option<String>,
    source: Option<String>,
    artifact: Option<String>,
    #[serde(default)]
    artifacts: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    language: Option<String>,
    #[serde(default)]
    private: bool,
    title: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default = "yes")]
    html: bool,
}

/// Whether an artifact holds source code and not the description of an interface.
fn is_code(context: &Context, id: &str) -> Result<bool, SkillError> {
    let file = context.file(id).map_err(|_| SkillError::input("artifact", format!("{id} is not among the artifacts of this input")))?;
    Ok(source::is_code(&file.name))
}

const fn yes() -> bool {
    true
}

/// Writes the reference of an input.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let text = match (&input.document, &input.source, &input.artifact, input.artifacts.is_empty()) {
        (Some(document), None, None, true) => document.clone(),
        (None, None, Some(id), true) if !is_code(&context, id)? => {
            files::text(&context, "artifact", id, MAXIMUM_DOCUMENT_BYTES).await?.text
        }
        (None, Some(_), None, true) | (None, None, Some(_), _) | (None, None, None, false) => {
            return of_code::perform(context, input).await;
        }
        _ => {
            let message = "give one of `document`, `source`, `artifact` and `artifacts`; of these only the last two may stand together";
            return Err(SkillError::input("document", message));
        }
    };
    context.progress(0.1, "reading the document");
    let (tags, title) = (input.tags.clone(), input.title.clone());
    let written = context
        .blocking(move |context| {
            let _span = context.span("reference");
            let document = document::read(&text)?;
            reference::write(&document, title.as_deref(), &tags, &|| context.check())
        })
        .await?;
    let name = files::name_of(&written.title, "api");
    let artifact = context.store(&format!("{name}.md"), Format::Markdown.media_type(), written.markdown.as_bytes()).await?;
    let (shown, cut) = files::shown(&written.markdown, MAXIMUM_SHOWN_BYTES);
    let mut notes = written.notes.clone();
    if cut {
        notes.push(format!("The text is shown up to {} KB; the files have all of it.", MAXIMUM_SHOWN_BYTES / 1_000));
    }
    let mut result = json!({
        "markdown": shown, "title": written.title, "version": written.version, "operations": written.operations, "schemas": written.schemas, "artifact": artifact
    });
    if input.html {
        let title = written.title.clone();
        let whole = written.markdown;
        let html = context.blocking(move |_| Ok(page::whole(&title, "en", &markdown::to_html(&whole)))).await?;
        result["html_artifact"] = json!(context.store(&format!("{name}.html"), Format::Html.media_type(), html.as_bytes()).await?);
    }
    result["notes"] = json!(notes);
    context.progress(1.0, "done");
    Ok(result)
}
