//! In which order do the parts of a report come together?

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

use super::input::{Input, MAXIMUM_PICTURES_BYTES, SourceInput};
use super::{Part, Report, Source, citations, parts, result, tables};
use crate::markdown::is_safe_address;

pub(super) async fn report(context: &Context, input: Input) -> Result<Report, SkillError> {
    let sources = input.sources.into_iter().enumerate().map(|(place, source)| source_of(source, place)).collect::<Result<Vec<_>, _>>()?;
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
            all.push(Part::Table(
                tables::of_file(context, &field("table_artifact"), id, &section.columns, &section.caption, &mut notes).await?,
            ));
        }
        if let Some(options) = &section.chart {
            charts += 1;
            all.push(parts::chart_of(options, &section.caption, &field("chart"), charts)?);
        }
        if let Some(id) = &section.image {
            let part = parts::picture_of(context, id, &section.caption, &field("image")).await?;
            if let Part::Picture { picture, .. } = &part {
                picture_bytes += picture.bytes.len() as u64;
            }
            if picture_bytes > MAXIMUM_PICTURES_BYTES {
                let message =
                    format!("{}: the pictures have more than {MAXIMUM_PICTURES_BYTES} bytes together. Leave some out.", field("image"));
                return Err(SkillError::new(Code::DocumentTooLarge, message));
            }
            all.push(part);
        }
        if let Some(value) = &section.result {
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
        if !section.sources.is_empty() {
            let marks = section.sources.iter().map(|id| citations::mark(id, &sources, &field("sources"))).collect::<Result<Vec<_>, _>>()?;
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
    let places = [
        source.url,
        source.task.map(|task| format!("task {task}")),
        source.artifact.map(|artifact| format!("artifact {artifact}")),
        source.note,
    ];
    let place = places.into_iter().flatten().collect::<Vec<_>>().join(", ");
    Ok(Source { id: source.id, title: source.title, place, link })
}
