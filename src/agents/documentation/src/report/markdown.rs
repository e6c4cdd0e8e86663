//! How is a report written as Markdown?

use std::fmt::Write;

use super::{Part, Report, Table, tables};
use crate::template::escape_markdown;

pub(super) fn write(report: &Report) -> String {
    let mut text = format!("# {}\n", line(&report.title));
    for part in [&report.subtitle, &report.byline].into_iter().filter(|part| !part.is_empty()) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n*{}*\n", line(part));
    }
    for part in &report.parts {
        text.push('\n');
        let _ = match part {
            Part::Heading { level, text: heading } => writeln!(text, "{} {}", "#".repeat(usize::from(*level)), line(heading)),
            Part::Markdown(markdown) => writeln!(text, "{}", markdown.trim_end()),
            Part::Table(table) => write!(text, "{}", table_of(table)),
            Part::Chart { caption, file, scene } => {
                let caption = if caption.is_empty() { &scene.title } else { caption };
                writeln!(text, "![{}]({})", line(caption), address(file))
            }
            Part::Picture { caption, file, .. } => writeln!(text, "![{}]({})", line(caption), address(file)),
        };
    }
    if !report.sources.is_empty() {
        text.push_str("\n## Sources\n\n");
        for (place, source) in report.sources.iter().enumerate() {
            let number = place + 1;
            let _ = match &source.link {
                Some(link) if source.task.is_some() => {
                    writeln!(text, "{number}. {} [{}]({link})", line(&source.title), line(&source.place))
                }
                Some(link) => writeln!(text, "{number}. {} (<{link}>)", line(&source.title)),
                None => writeln!(text, "{number}. {} {}", line(&source.title), line(&source.place)),
            };
        }
    }
    text
}

/// Text within a line.
fn line(text: &str) -> String {
    escape_markdown(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A file's name as the address of a picture.
fn address(file: &str) -> String {
    file.chars()
        .map(|character| if character.is_alphanumeric() || matches!(character, '.' | '-' | '_') { character } else { '-' })
        .collect()
}

fn table_of(table: &Table) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.iter().map(|cell| line(cell)).collect::<Vec<_>>().join(" | "));
    let rule: Vec<&str> = tables::numeric(table).into_iter().map(|right| if right { "---:" } else { "---" }).collect();
    let caption = if table.caption.is_empty() { String::new() } else { format!("\n*{}*\n", line(&table.caption)) };
    format!("{}| {} |\n{}{caption}", row(&table.columns), rule.join(" | "), table.rows.iter().map(|cells| row(cells)).collect::<String>())
}
