//! How does source code become the files and the result that a reader gets?

use baton_agents_runtime::{Context, SkillError};
use serde_json::{Value, json};

use super::{Input, source};
use crate::limits::MAXIMUM_SHOWN_BYTES;
use crate::template::Format;
use crate::{files, markdown, page};

/// The most rows of each list within a result; the file of records has all of them.
const MODULES: usize = 500;
const ITEMS: usize = 500;
const SKIPPED: usize = 100;

pub(super) async fn perform(context: Context, input: Input) -> Result<Value, SkillError> {
    if !input.tags.is_empty() {
        return Err(SkillError::input("tags", "source code has none; leave them out"));
    }
    let named = source::named(input.artifact.as_ref(), &input.artifacts, &input.paths)?;
    let title = match (&input.title, named.as_slice()) {
        (Some(title), _) => title.clone(),
        (None, [one]) => {
            context.file(&one.id)?.name.rsplit_once('.').map_or_else(|| "API reference".to_owned(), |(stem, _)| stem.to_owned())
        }
        _ => "API reference".to_owned(),
    };
    let (heading, html) = (title.clone(), input.html);
    let (described, told, records) = context
        .blocking(move |context| {
            let described = {
                let _span = context.span("read");
                match &input.source {
                    Some(text) => source::of_text(context, text, input.language.as_deref(), input.private)?,
                    None => source::of_files(context, &named, input.private)?,
                }
            };
            let _span = context.span("reference");
            context.progress(0.8, "writing the reference");
            let told = source::tell(&heading, &described.modules, &|| context.check())?;
            let records = source::records(&described.modules);
            Ok((described, told, records))
        })
        .await?;
    let name = files::name_of(&title, "api");
    let artifact = context.store(&format!("{name}.md"), Format::Markdown.media_type(), told.markdown.as_bytes()).await?;
    let bytes = serde_json::to_vec(&records).map_err(|error| SkillError::internal(error.to_string()))?;
    let records_artifact = context.store(&format!("{name}.json"), "application/json", &bytes).await?;
    let (shown, cut) = files::shown(&told.markdown, MAXIMUM_SHOWN_BYTES);
    let mut notes = described.notes;
    if cut {
        notes.push(format!("The text is shown up to {} KB; the files have all of it.", MAXIMUM_SHOWN_BYTES / 1_000));
    }
    if told.cut {
        notes.push("The reference ends where it became too long; the records have all items. Describe fewer files at once.".to_owned());
    }
    if records.len() > ITEMS {
        notes.push(format!("The first {ITEMS} of {} items are listed; the file of records has all of them.", records.len()));
    }
    let short = |record: &Value| {
        let keep = ["module", "kind", "name", "signature", "summary", "file", "line", "described"];
        Value::Object(keep.iter().map(|key| ((*key).to_owned(), cut_text(&record[*key], 300))).collect())
    };
    let modules: Vec<Value> = described
        .modules
        .iter()
        .take(MODULES)
        .map(|module| {
            let (counted, described) = source::coverage(module);
            json!({"module": cut_text(&json!(module.name), 300), "items": counted, "described": described})
        })
        .collect();
    let share = if told.counted == 0 { 1.0 } else { told.described as f64 / told.counted as f64 };
    let mut result = json!({
        "markdown": shown,
        "title": title,
        "coverage": {"share": share, "items": told.counted, "described": told.described, "files": described.files},
        "modules": modules,
        "items": records.iter().take(ITEMS).map(short).collect::<Vec<_>>(),
        "skipped": described.skipped.iter().take(SKIPPED).map(|(file, reason)| json!({"file": file, "reason": reason})).collect::<Vec<_>>(),
        "artifact": artifact,
        "records_artifact": records_artifact,
        "notes": notes
    });
    if html {
        let (title, whole) = (title.clone(), told.markdown);
        let html = context.blocking(move |_| Ok(page::whole(&title, "en", &markdown::to_html(&whole)))).await?;
        result["html_artifact"] = json!(context.store(&format!("{name}.html"), Format::Html.media_type(), html.as_bytes()).await?);
    }
    context.progress(1.0, "done");
    Ok(result)
}

fn cut_text(value: &Value, characters: usize) -> Value {
    match value {
        Value::String(text) => json!(text.chars().take(characters).collect::<String>()),
        other => other.clone(),
    }
}
