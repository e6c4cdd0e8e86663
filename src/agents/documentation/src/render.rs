//! How is a template filled, checked and stored?

use std::collections::BTreeMap;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::limits::{MAXIMUM_DATA_BYTES, MAXIMUM_SHOWN_BYTES, MAXIMUM_TEMPLATE_BYTES};
use crate::template::{Format, Missing, Template};
use crate::{document, files, gallery, markdown, page, pdf, template};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    gallery: Option<String>,
    template: Option<String>,
    template_artifact: Option<String>,
    data: Option<Map<String, Value>>,
    data_artifact: Option<String>,
    format: Option<Format>,
    #[serde(default)]
    files: Vec<File>,
    #[serde(default)]
    missing: Missing,
    #[serde(default)]
    partials: BTreeMap<String, String>,
    name: Option<String>,
}

/// Another form of a Markdown document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum File {
    Html,
    Pdf,
}

/// The template of an input.
struct Chosen {
    name: String,
    source: String,
    format: Format,
    entry: Option<&'static gallery::Entry>,
}

/// Fills the template of an input.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let chosen = chosen(&context, &input).await?;
    if !input.files.is_empty() && chosen.format != Format::Markdown {
        return Err(SkillError::input(
            "files",
            "only Markdown becomes a web page or a PDF; set `format` to `markdown`, or leave `files` out",
        ));
    }
    let data = data(&context, &input).await?;
    if let Some(entry) = chosen.entry {
        gallery::check(entry, &data)?;
    }
    context.progress(0.2, "filling the template");
    let name = files::name_of(input.name.as_deref().unwrap_or(&chosen.name), "document");
    let title = data.get("title").and_then(Value::as_str).unwrap_or(&chosen.name).to_owned();
    let (format, template_name) = (chosen.format, chosen.name.clone());
    let (missing, partials) = (input.missing, input.partials);
    let text = context
        .blocking(move |context| {
            let _span = context.span("render");
            let template = Template { name: &chosen.name, source: &chosen.source, partials: &partials };
            template::render(&template, &data, chosen.format, missing, &|| context.check())
        })
        .await?;

    let mut notes = Vec::new();
    if text.trim().is_empty() {
        notes.push("The template wrote nothing but white space.".to_owned());
    }
    let (shown, cut) = files::shown(&text, MAXIMUM_SHOWN_BYTES);
    if cut {
        notes.push(format!("The text is shown up to {} KB; the file has all of it.", MAXIMUM_SHOWN_BYTES / 1_000));
    }
    let artifact = context.store(&format!("{name}.{}", format.extension()), format.media_type(), text.as_bytes()).await?;
    let key = match format {
        Format::Markdown => "markdown",
        Format::Html => "html",
        Format::Text => "text",
    };
    let mut result = json!({"template": template_name, "format": format, "characters": text.chars().count(), "artifact": artifact});
    result[key] = shown.into();
    if input.files.contains(&File::Html) {
        let html = page::whole(&title, "en", &markdown::to_html(&text));
        result["html_artifact"] = json!(context.store(&format!("{name}.html"), Format::Html.media_type(), html.as_bytes()).await?);
    }
    if input.files.contains(&File::Pdf) {
        context.progress(0.6, "writing the PDF");
        let about = pdf::About { title, authors: Vec::new(), language: "en".to_owned() };
        let written = context
            .blocking(move |context| {
                let _span = context.span("pdf");
                pdf::pdf(&document::blocks(&text), &about, &|| context.check())
            })
            .await?;
        notes.extend(pdf::note_of(&written.missing));
        result["pdf_artifact"] = json!(context.store(&format!("{name}.pdf"), "application/pdf", &written.bytes).await?);
    }
    result["notes"] = notes.into();
    context.progress(1.0, "done");
    context.info(format!("{template_name} gave {} characters", result["characters"]), json!({"format": format}));
    Ok(result)
}

async fn chosen(context: &Context, input: &Input) -> Result<Chosen, SkillError> {
    match (&input.gallery, &input.template, &input.template_artifact) {
        (Some(name), None, None) => {
            let entry = gallery::find(name).ok_or_else(|| {
                SkillError::input("gallery", format!("there is no template {name}; there are {}", gallery::names().join(", ")))
            })?;
            if input.format.is_some_and(|format| format != entry.format) {
                let message = format!("{name} writes {}; leave `format` out", entry.format.extension());
                return Err(SkillError::input("format", message));
            }
            Ok(Chosen { name: name.clone(), source: entry.template.to_owned(), format: entry.format, entry: Some(entry) })
        }
        (None, Some(source), None) => Ok(Chosen {
            name: "template".to_owned(),
            source: source.clone(),
            format: input.format.unwrap_or(Format::Markdown),
            entry: None,
        }),
        (None, None, Some(id)) => {
            let file = files::text(context, "template_artifact", id, MAXIMUM_TEMPLATE_BYTES).await?;
            let format = input.format.unwrap_or_else(|| format_of(&file.name));
            Ok(Chosen { name: file.name, source: file.text, format, entry: None })
        }
        _ => Err(SkillError::input("template", "give one of `gallery`, `template` and `template_artifact`")),
    }
}

/// What a template of this name writes: `page.html.j2` writes HTML.
fn format_of(name: &str) -> Format {
    let name = name.to_lowercase();
    let name = name.trim_end_matches(".j2").trim_end_matches(".jinja").trim_end_matches(".jinja2");
    match name.rsplit('.').next() {
        Some("html" | "htm" | "xhtml") => Format::Html,
        Some("txt" | "text") => Format::Text,
        _ => Format::Markdown,
    }
}

async fn data(context: &Context, input: &Input) -> Result<Value, SkillError> {
    match (&input.data, &input.data_artifact) {
        (Some(data), None) => Ok(Value::Object(data.clone())),
        (None, None) => Ok(json!({})),
        (None, Some(id)) => {
            let file = files::text(context, "data_artifact", id, MAXIMUM_DATA_BYTES).await?;
            let data: Value = serde_json::from_str(&file.text).map_err(|error| {
                SkillError::new(Code::TemplateDataInvalid, format!("data_artifact: {} is no JSON: {error}. Correct the file.", file.name))
            })?;
            match data {
                Value::Object(_) => Ok(data),
                Value::Array(items) => Ok(json!({"items": items})),
                _ => Err(SkillError::new(
                    Code::TemplateDataInvalid,
                    "data_artifact: the JSON is neither an object nor a list. Put the value into an object.",
                )),
            }
        }
        (Some(_), Some(_)) => Err(SkillError::input("data", "give either `data` or `data_artifact`, not both")),
    }
}
