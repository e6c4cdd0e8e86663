//! How does a report come about: from its sections, other tasks' results and files to Markdown, a web page and a PDF?

mod assemble;
mod citations;
mod cited;
mod html;
mod input;
mod markdown;
mod parts;
mod result;
mod tables;

use baton_agents_drawing::Scene;
use baton_agents_runtime::{Context, SkillError};
use baton_domain::id::TaskId;
use serde_json::{Value, json};

use crate::document::{Block, Picture, plain};
use crate::limits::MAXIMUM_SHOWN_BYTES;
use crate::pdf::About;
use crate::template::Format;
use crate::{document, files, page, pdf};

pub(crate) use input::{MAXIMUM_SECTIONS, MAXIMUM_SOURCES, MAXIMUM_TABLE_ROWS};

/// A report, ready to be written in any form.
#[derive(Debug)]
struct Report {
    title: String,
    subtitle: String,
    byline: String,
    language: String,
    parts: Vec<Part>,
    sources: Vec<Source>,
    notes: Vec<String>,
}

/// A part of a report.
#[derive(Debug)]
enum Part {
    Heading {
        level: u8,
        text: String,
    },
    /// Markdown whose citations are links to the list of sources.
    Markdown(String),
    Table(Table),
    Chart {
        scene: Box<Scene>,
        caption: String,
        file: String,
    },
    Picture {
        picture: Picture,
        caption: String,
        file: String,
    },
}

/// A table of texts.
#[derive(Debug, Default, Clone, PartialEq)]
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    caption: String,
}

/// What a report stands on.
#[derive(Debug, Clone, PartialEq)]
struct Source {
    id: String,
    title: String,
    /// Where it is to be found: an address, a task, an artifact.
    place: String,
    link: Option<String>,
    /// The task whose result it is, once that was looked up.
    task: Option<TaskId>,
}

/// Makes the report of an input.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input = input::read(input)?;
    let wanted = input.formats.clone();
    context.progress(0.05, "reading the parts");
    let report = assemble::report(&context, input).await?;
    let name = files::name_of(&report.title, "report");
    let mut notes = report.notes.clone();

    let markdown = markdown::write(&report);
    let (shown, cut) = files::shown(&markdown, MAXIMUM_SHOWN_BYTES);
    if cut {
        notes.push(format!("The text is shown up to {} KB; the files have all of it.", MAXIMUM_SHOWN_BYTES / 1_000));
    }
    let mut result = json!({"markdown": shown});
    let charts = report.parts.iter().filter(|part| matches!(part, Part::Chart { .. })).count();
    let tables = report.parts.iter().filter(|part| matches!(part, Part::Table(_))).count();
    if wanted.contains(&input::Form::Markdown) {
        result["artifact"] = json!(context.store(&format!("{name}.md"), Format::Markdown.media_type(), markdown.as_bytes()).await?);
        let mut pictures = Vec::new();
        for part in &report.parts {
            context.check()?;
            match part {
                Part::Chart { scene, file, .. } => pictures.push(context.store(file, "image/svg+xml", scene.to_svg().as_bytes()).await?),
                Part::Picture { picture, file, .. } => pictures.push(context.store(file, picture.kind.media_type(), &picture.bytes).await?),
                _ => {}
            }
        }
        result["pictures"] = json!(pictures);
    }
    if wanted.contains(&input::Form::Html) {
        context.progress(0.4, "writing the web page");
        let html = page::whole(&report.title, &report.language, &html::write(&report));
        result["html_artifact"] = json!(context.store(&format!("{name}.html"), Format::Html.media_type(), html.as_bytes()).await?);
    }
    result["sections"] = json!(report.parts.iter().filter(|part| matches!(part, Part::Heading { level: 2, .. })).count());
    result["tables"] = json!(tables);
    result["charts"] = json!(charts);
    let sources = report.sources.iter().enumerate();
    result["sources"] = sources.map(|(place, source)| shown_source(place + 1, source)).collect();
    if wanted.contains(&input::Form::Pdf) {
        context.progress(0.6, "writing the PDF");
        let written = context
            .blocking(move |context| {
                let _span = context.span("pdf");
                let about = About { title: report.title.clone(), authors: vec![], language: report.language.clone() };
                pdf::pdf(&blocks(report), &about, &|| context.check())
            })
            .await?;
        notes.extend(pdf::note_of(&written.missing));
        result["pages"] = json!(written.pages);
        result["pdf_artifact"] = json!(context.store(&format!("{name}.pdf"), "application/pdf", &written.bytes).await?);
    }
    result["notes"] = json!(notes);
    context.progress(1.0, "done");
    context.info(format!("wrote the report {name}"), json!({"charts": charts, "tables": tables}));
    Ok(result)
}

fn shown_source(number: usize, source: &Source) -> Value {
    let mut shown = json!({"number": number, "title": source.title, "place": source.place});
    if let Some(task) = source.task {
        shown["task"] = json!(task);
    }
    shown
}

/// The report as the parts of a document.
fn blocks(report: Report) -> Vec<Block> {
    let mut blocks = vec![Block::Heading { level: 1, text: plain(report.title) }];
    for line in [report.subtitle, report.byline].into_iter().filter(|line| !line.is_empty()) {
        blocks.push(Block::Caption(plain(line)));
    }
    for part in report.parts {
        match part {
            Part::Heading { level, text } => blocks.push(Block::Heading { level, text: plain(text) }),
            Part::Markdown(text) => blocks.extend(document::blocks(&text)),
            Part::Table(table) => {
                let right = tables::numeric(&table);
                let cells = |row: Vec<String>| row.into_iter().map(plain).collect::<Vec<_>>();
                blocks.push(Block::Table { head: cells(table.columns), rows: table.rows.into_iter().map(cells).collect(), right });
                blocks.extend((!table.caption.is_empty()).then(|| Block::Caption(plain(table.caption))));
            }
            Part::Chart { scene, caption, .. } => {
                blocks.push(Block::Chart(*scene));
                blocks.extend((!caption.is_empty()).then(|| Block::Caption(plain(caption))));
            }
            Part::Picture { picture, caption, .. } => {
                blocks.push(Block::Picture(picture));
                blocks.extend((!caption.is_empty()).then(|| Block::Caption(plain(caption))));
            }
        }
    }
    if !report.sources.is_empty() {
        blocks.push(Block::Heading { level: 2, text: plain("Sources") });
        let items = report.sources.into_iter().map(|source| {
            // A document that lies somewhere has no place that a link could begin at.
            let link = source.link.filter(|link| !link.starts_with('/'));
            let place = document::Span { text: format!(" {}", source.place), link, ..document::Span::default() };
            vec![Block::Paragraph(vec![document::Span { text: source.title, ..document::Span::default() }, place])]
        });
        blocks.push(Block::List { first: Some(1), items: items.collect() });
    }
    blocks
}
