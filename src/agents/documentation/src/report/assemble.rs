//! In which order do the parts of a report come together?

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde_json::Value;

use super::input::{Input, MAXIMUM_PICTURES_BYTES, SourceInput};
use super::{Part, Report, Source, citations, cited, parts, result, tables};
use crate::files;
use crate::markdown::is_safe_address;

pub(super) async fn report(context: &Context, input: Input) -> Result<Report, SkillError> {
    let site = cited::site(&input.site)?;
    let mut sources = Vec::new();
    for (place, source) in input.sources.into_iter().enumerate() {
        sources.push(match source.task.clone() {
            Some(task) => cited::source(context, source, &task, place, &site).await?,
            None => source_of(source, place)?,
        });
    }
    // Before the texts, which cite tasks of later sections, too.
    let mut results = cited::results(context, &input.sections, &mut sources, &site).await?;
    let mut all = Vec::new();
    let mut notes = Vec::new();
    let (mut charts, mut picture_bytes) = (0, 0);
    let count = input.sections.len();
    for (place, section) in input.sections.into_iter().enumerate() {
        context.check()?;
        context.progress(0.05 + 0.3 * place as f64 / count as f64, format!("reading {}", section.title));
        let field = |name: &str| format!("sections/{place}/{name}");
        all.push(Part::Heading { level: 2, text: section.title.clone() });
        if let Some(text) = &section.markdown {
            all.push(Part::Markdown(citations::number(text, &sources, &field("markdown"))?));
        }
        if let Some(table) = &section.table {
            if let Some(row) = table.rows.iter().position(|row| row.len() != table.columns.len()) {
                let message = format!("the row has {} values, but there are {} columns", table.rows[row].len(), table.columns.len());
                return Err(SkillError::input(&field(&format!("table/rows/{row}")), message));
            }
            all.push(Part::Table(tables::of_rows(&table.columns, &table.rows, &section.caption, &mut notes)));
        }
        if let Some(id) = &section.table_artifact {
            let file = files::named(context, &field("table_artifact"), id)?;
            all.push(Part::Table(
                tables::of_file(context, &field("table_artifact"), file, &section.columns, &section.caption, &mut notes).await?,
            ));
        }
        if let Some(options) = &section.chart {
            charts += 1;
            all.push(parts::chart_of(options, &section.caption, &field("chart"), charts)?);
        }
        let mut pictures = Vec::new();
        if let Some(id) = &section.image {
            let file = files::named(context, &field("image"), id)?;
            pictures.push((parts::picture_of(context, file, &section.caption, &field("image")).await?, field("image")));
        }
        let mut values: Vec<Value> = section.result.into_iter().collect();
        let mut marks = section.sources.iter().map(|id| citations::mark(id, &sources, &field("sources"))).collect::<Result<Vec<_>, _>>()?;
        if let Some(result) = results.remove(&place) {
            let mark = citations::mark_of(|source| source.task == Some(result.task), &sources);
            let new = mark.filter(|mark| !marks.contains(mark));
            marks.extend(new);
            match result.file {
                None => values.push(result.value),
                Some(file) if cited::is_picture(&file) => {
                    pictures.push((parts::picture_of(context, file, &section.caption, &field("task")).await?, field("task")));
                }
                Some(file) if cited::is_table(&file) => all.push(Part::Table(
                    tables::of_file(context, &field("task"), file, &section.columns, &section.caption, &mut notes).await?,
                )),
                Some(file) => return Err(cited::cannot_be_shown(&field("task"), &file)),
            }
        }
        for (part, field) in pictures {
            if let Part::Picture { picture, .. } = &part {
                picture_bytes += picture.bytes.len() as u64;
            }
            if picture_bytes > MAXIMUM_PICTURES_BYTES {
                let message = format!("{field}: the pictures have more than {MAXIMUM_PICTURES_BYTES} bytes together. Leave some out.");
                return Err(SkillError::new(Code::DocumentTooLarge, message));
            }
            all.push(part);
        }
        for value in &values {
            let mut shown = Vec::new();
            result::show(value, 3, &mut shown, &mut charts, &mut notes);
            // A result of one list would repeat the section's title.
            if let [Part::Heading { text, .. }, ..] = &shown[..]
                && result::same_words(text, &section.title)
            {
                shown.remove(0);
            }
            all.extend(shown);
        }
        if !marks.is_empty() {
            all.push(Part::Markdown(format!("*Sources:* {}", marks.join(" "))));
        }
    }
    let byline = [input.authors.join(", "), input.date].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    Ok(Report { title: input.title, subtitle: input.subtitle, byline, language: input.language, parts: all, sources, notes })
}

fn source_of(source: SourceInput, place: usize) -> Result<Source, SkillError> {
    let link = source.url.clone().filter(|address| is_safe_address(address));
    if source.url.is_some() && link.is_none() {
        return Err(SkillError::input(&format!("sources/{place}/url"), "the address is not of the web; write it as https://…"));
    }
    let places = [source.url, source.artifact.map(|artifact| format!("artifact {artifact}")), source.note];
    let place = places.into_iter().flatten().collect::<Vec<_>>().join(", ");
    Ok(Source { id: source.id, title: source.title, place, link, task: None })
}
