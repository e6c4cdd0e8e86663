//! How is a report written as HTML that needs nothing else?

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Part, Report, Table, tables};
use crate::document::PictureKind;
use crate::markdown::{escape_html, to_html};

/// Reports of more sections than this begin with a list of them.
const CONTENTS: usize = 3;

pub(super) fn write(report: &Report) -> String {
    let mut html = format!("<h1>{}</h1>\n", escape_html(&report.title));
    for (class, part) in [("subtitle", &report.subtitle), ("byline", &report.byline)] {
        if !part.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(html, "<p class=\"{class}\">{}</p>", escape_html(part));
        }
    }
    contents(&mut html, report);
    let mut headings = 0;
    for part in &report.parts {
        let _ = match part {
            Part::Heading { level, text } => {
                headings += 1;
                let level = (*level).clamp(2, 6);
                writeln!(html, "<h{level} id=\"part-{headings}\">{}</h{level}>", escape_html(text))
            }
            Part::Markdown(text) => write!(html, "{}", to_html(text)),
            Part::Table(table) => write!(html, "{}", table_of(table)),
            Part::Chart { scene, caption, .. } => writeln!(html, "<figure>\n{}{}</figure>", scene.to_svg(), caption_of(caption)),
            Part::Picture { picture, caption, .. } => {
                // What a picture of vectors could do in a page it cannot do in an image.
                let kind = if picture.kind == PictureKind::Svg { "image/svg+xml" } else { picture.kind.media_type() };
                let data = STANDARD.encode(&picture.bytes);
                writeln!(
                    html,
                    "<figure>\n<img src=\"data:{kind};base64,{data}\" alt=\"{}\">\n{}</figure>",
                    escape_html(&picture.alt),
                    caption_of(caption)
                )
            }
        };
    }
    if !report.sources.is_empty() {
        html.push_str("<h2>Sources</h2>\n<ol>\n");
        for (place, source) in report.sources.iter().enumerate() {
            let shown = escape_html(&source.place);
            let shown = match &source.link {
                Some(link) => format!("<a href=\"{}\">{shown}</a>", escape_html(link)),
                None => shown,
            };
            let _ = writeln!(html, "<li id=\"source-{}\">{} {shown}</li>", place + 1, escape_html(&source.title));
        }
        html.push_str("</ol>\n");
    }
    html
}

fn contents(html: &mut String, report: &Report) {
    let headings = report.parts.iter().filter_map(|part| match part {
        Part::Heading { level, text } => Some((*level, text)),
        _ => None,
    });
    let sections: Vec<(usize, &String)> =
        headings.enumerate().filter(|(_, (level, _))| *level == 2).map(|(place, (_, text))| (place + 1, text)).collect();
    if sections.len() <= CONTENTS {
        return;
    }
    html.push_str("<nav class=\"contents\">\n<ul>\n");
    for (place, text) in sections {
        let _ = writeln!(html, "<li><a href=\"#part-{place}\">{}</a></li>", escape_html(text));
    }
    html.push_str("</ul>\n</nav>\n");
}

fn caption_of(caption: &str) -> String {
    if caption.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>\n", escape_html(caption)) }
}

fn table_of(table: &Table) -> String {
    let right = tables::numeric(table);
    let cells = |row: &[String], tag: &str| -> String {
        let cell = |(place, text): (usize, &String)| {
            let class = if right.get(place).copied().unwrap_or(false) { " class=\"number\"" } else { "" };
            format!("<{tag}{class}>{}</{tag}>", escape_html(text))
        };
        row.iter().enumerate().map(cell).collect()
    };
    let caption = if table.caption.is_empty() { String::new() } else { format!("<caption>{}</caption>\n", escape_html(&table.caption)) };
    let named = table.columns.iter().any(|name| !name.is_empty());
    let head = if named { format!("<thead><tr>{}</tr></thead>\n", cells(&table.columns, "th")) } else { String::new() };
    let body: String = table.rows.iter().map(|row| format!("<tr>{}</tr>\n", cells(row, "td"))).collect();
    format!("<div class=\"scroll\"><table>\n{caption}{head}<tbody>\n{body}</tbody>\n</table></div>\n")
}
