//! What is in a Word document? Its paragraphs, headings, lists and tables as text, Markdown and records.

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};
use quick_xml::events::BytesStart;
use serde_json::json;

use super::numbering::{Numbering, Styles, outline};
use super::package::Package;
use super::xml::{Met, attribute, walk};
use super::{Document, Parsed, excessive, unfit};
use crate::page::tidy;

/// The most paragraphs of a document, those of tables among them.
pub const MAXIMUM_PARAGRAPHS: usize = 500_000;
/// The deepest list that Markdown shows.
const MAXIMUM_LIST_DEPTH: u8 = 8;

/// A paragraph that is being read.
#[derive(Debug, Default)]
struct Paragraph {
    text: String,
    markdown: String,
    style: Option<String>,
    level: Option<u8>,
    list: Option<(Option<String>, u8)>,
}

/// A table that is being read; those within cells stand in one another.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    cell: Vec<String>,
    span: usize,
}

struct Reader<'a> {
    styles: &'a Styles,
    numbering: &'a Numbering,
    links: &'a HashMap<String, String>,
    parsed: &'a mut Parsed,
    text: String,
    markdown: String,
    paragraph: Option<Paragraph>,
    /// Paragraphs outside of this one, which holds a text box.
    outer: Vec<Option<Paragraph>>,
    tables: Vec<Table>,
    paragraphs: usize,
    tables_read: usize,
    /// Numbers of the items counted so far, by list and level.
    counts: HashMap<(String, u8), usize>,
    link: Option<String>,
    bold: bool,
    italic: bool,
    /// Elements whose text is not part of the document as it stands: what was deleted, codes of fields, and the second copy of drawings.
    unseen: usize,
    in_text: bool,
    in_list: bool,
}

pub(super) fn read(context: &Context, document: &Document) -> Result<Parsed, SkillError> {
    let name = document.name.as_str();
    let mut package = Package::open(name, &document.bytes)?;
    let main = package.text("word/document.xml")?.ok_or_else(|| unfit(format!("{name} has no word/document.xml")))?;
    let styles = package.text("word/styles.xml")?.map_or_else(|| Ok(Styles::default()), |text| Styles::read(context, &text))?;
    let numbering = package.text("word/numbering.xml")?.map_or_else(|| Ok(Numbering::default()), |text| Numbering::read(context, &text))?;
    let links = package.text("word/_rels/document.xml.rels")?.map_or_else(|| Ok(HashMap::new()), |text| links(context, &text))?;
    let mut parsed = Parsed::of("docx");
    if let Some(core) = package.text("docProps/core.xml")? {
        properties(context, &core, &mut parsed)?;
    }
    let mut reader = Reader {
        styles: &styles,
        numbering: &numbering,
        links: &links,
        parsed: &mut parsed,
        text: String::new(),
        markdown: String::new(),
        paragraph: None,
        outer: Vec::new(),
        tables: Vec::new(),
        paragraphs: 0,
        tables_read: 0,
        counts: HashMap::new(),
        link: None,
        bold: false,
        italic: false,
        unseen: 0,
        in_text: false,
        in_list: false,
    };
    walk(context, "word/document.xml", &main, |met| reader.meet(met))?;
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(notes) = package.text(notes)? {
            walk(context, "notes", &notes, |met| reader.meet(met))?;
        }
    }
    let (text, markdown) = (reader.text.trim().to_owned(), reader.markdown.trim().to_owned());
    parsed.text = Some(text);
    parsed.markdown = Some(markdown);
    Ok(parsed)
}

/// Where the links of a document lead, by their identifiers.
fn links(context: &Context, text: &str) -> Result<HashMap<String, String>, SkillError> {
    let mut links = HashMap::new();
    walk(context, "document.xml.rels", text, |met| {
        if let Met::Start("Relationship", tag) = met
            && attribute(tag, "TargetMode").as_deref() == Some("External")
            && let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target"))
        {
            links.insert(id, target);
        }
        Ok(())
    })?;
    Ok(links)
}

fn properties(context: &Context, text: &str, parsed: &mut Parsed) -> Result<(), SkillError> {
    let mut current = String::new();
    let mut values: HashMap<&str, String> = HashMap::new();
    const KNOWN: [&str; 6] = ["title", "subject", "creator", "created", "modified", "keywords"];
    walk(context, "core.xml", text, |met| {
        match met {
            Met::Start(name, _) => name.clone_into(&mut current),
            Met::End(_) => current.clear(),
            Met::Text(text) => {
                if let Some(name) = KNOWN.iter().find(|name| **name == current) {
                    values.entry(name).or_default().push_str(text);
                }
            }
        }
        Ok(())
    })?;
    parsed.title = values.remove("title").map(|title| tidy(std::iter::once(title.as_str()))).filter(|title| !title.is_empty());
    for name in &KNOWN[1..] {
        parsed.fact(name, values.remove(name));
    }
    Ok(())
}

impl Reader<'_> {
    fn meet(&mut self, met: Met<'_>) -> Result<(), SkillError> {
        match met {
            Met::Start(name, tag) => self.start(name, tag),
            Met::End(name) => self.end(name),
            Met::Text(text) => {
                if self.in_text {
                    self.write(text);
                }
                Ok(())
            }
        }
    }

    fn start(&mut self, name: &str, tag: &BytesStart<'_>) -> Result<(), SkillError> {
        if self.unseen > 0 || matches!(name, "del" | "moveFrom" | "instrText" | "delText" | "Fallback" | "separator") {
            self.unseen += 1;
            return Ok(());
        }
        let value = || attribute(tag, "val");
        // A switch is on unless it says otherwise.
        let on = || !matches!(value().as_deref(), Some("0" | "false" | "off"));
        match name {
            "p" => {
                self.paragraphs += 1;
                if self.paragraphs > MAXIMUM_PARAGRAPHS {
                    return Err(excessive(format!("the document has more than {MAXIMUM_PARAGRAPHS} paragraphs")));
                }
                let outside = self.paragraph.replace(Paragraph::default());
                self.outer.push(outside);
            }
            "tbl" => self.tables.push(Table::default()),
            "tc" => {
                if let Some(table) = self.tables.last_mut() {
                    table.span = 1;
                }
            }
            "gridSpan" => {
                if let (Some(table), Some(span)) = (self.tables.last_mut(), value().and_then(|value| value.parse::<usize>().ok())) {
                    table.span = span.clamp(1, 63);
                }
            }
            "r" => (self.bold, self.italic) = (false, false),
            "b" => self.bold = on(),
            "i" => self.italic = on(),
            "t" => self.in_text = true,
            "tab" if self.paragraph.is_some() && attribute(tag, "pos").is_none() => self.write("\t"),
            "br" | "cr" => self.write("\n"),
            "noBreakHyphen" => self.write("-"),
            "hyperlink" => self.link = attribute(tag, "id").and_then(|id| self.links.get(&id).cloned()),
            "pStyle" | "outlineLvl" | "numId" | "ilvl" => {
                let Some(paragraph) = &mut self.paragraph else { return Ok(()) };
                match name {
                    "pStyle" => paragraph.style = value(),
                    "outlineLvl" => paragraph.level = outline(value().as_deref()),
                    "numId" => paragraph.list.get_or_insert((None, 0)).0 = value(),
                    _ => paragraph.list.get_or_insert((None, 0)).1 = value().and_then(|value| value.parse().ok()).unwrap_or(0),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), SkillError> {
        if self.unseen > 0 {
            self.unseen -= 1;
            return Ok(());
        }
        match name {
            "t" => self.in_text = false,
            "hyperlink" => self.link = None,
            "p" => {
                let outside = self.outer.pop().flatten();
                if let Some(paragraph) = std::mem::replace(&mut self.paragraph, outside) {
                    self.finish(paragraph)?;
                }
            }
            "tc" => {
                if let Some(table) = self.tables.last_mut() {
                    let cell = table.cell.join("\n");
                    table.cell.clear();
                    table.row.push(cell);
                    // What spans columns stands in the first; the others keep the columns in line.
                    table.row.extend(std::iter::repeat_n(String::new(), table.span.saturating_sub(1)));
                }
            }
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    let row = std::mem::take(&mut table.row);
                    table.rows.push(row);
                }
            }
            "tbl" => {
                if let Some(table) = self.tables.pop() {
                    self.finish_table(table)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn write(&mut self, text: &str) {
        let Some(paragraph) = &mut self.paragraph else { return };
        paragraph.text.push_str(text);
        let mark = match (self.bold, self.italic) {
            _ if text.trim().is_empty() => "",
            (true, true) => "***",
            (true, false) => "**",
            (false, true) => "*",
            (false, false) => "",
        };
        let mut piece = escaped(text).replace('\n', "  \n");
        if !mark.is_empty() {
            let (lead, trail) = (piece.len() - piece.trim_start().len(), piece.len() - piece.trim_end().len());
            piece = format!("{}{mark}{}{mark}{}", &piece[..lead], piece.trim(), &piece[piece.len() - trail..]);
        }
        if let Some(link) = self.link.as_ref().filter(|link| !piece.trim().is_empty() && !link.contains(['(', ')', ' ', '<', '>'])) {
            piece = format!("[{}]({link})", piece.trim());
        }
        // Word cuts a text into runs anywhere: two bold ones in a row are one.
        if !mark.is_empty() && self.link.is_none() && paragraph.markdown.ends_with(mark) && piece.starts_with(mark) {
            let end = paragraph.markdown.len() - mark.len();
            if !paragraph.markdown[..end].ends_with('*') && !paragraph.markdown[..end].ends_with(' ') {
                paragraph.markdown.truncate(end);
                piece.drain(..mark.len());
            }
        }
        paragraph.markdown.push_str(&piece);
    }

    fn finish(&mut self, paragraph: Paragraph) -> Result<(), SkillError> {
        let text = paragraph.text.trim().to_owned();
        if let Some(table) = self.tables.last_mut() {
            if !text.is_empty() {
                table.cell.push(text);
            }
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        let style = paragraph.style.as_deref().unwrap_or_default();
        let level = paragraph.level.or_else(|| self.styles.level(style));
        let styled = self.styles.list(style);
        let list = match paragraph.list {
            // `0` takes a paragraph out of the list of its style.
            Some((Some(id), _)) if id == "0" => None,
            Some((Some(id), depth)) => Some((id, depth)),
            Some((None, depth)) => styled.map(|(id, _)| (id, depth)),
            None => styled,
        };
        let markdown = paragraph.markdown.trim();
        let (record, line) = match (level, list) {
            (Some(level), _) => {
                let level = level.clamp(1, 6);
                let flat = tidy(std::iter::once(text.as_str()));
                (json!({"kind": "heading", "level": level, "text": flat}), format!("{} {}", "#".repeat(usize::from(level)), escaped(&flat)))
            }
            (None, Some((list, depth))) => {
                let ordered = self.numbering.is_ordered(&list, depth);
                let depth = if depth == 0 { self.styles.indent(style) } else { depth }.min(MAXIMUM_LIST_DEPTH);
                let mark = if ordered {
                    self.counts.retain(|(other, level), _| *other != list || *level <= depth);
                    let count = self.counts.entry((list, depth)).or_insert(0);
                    *count += 1;
                    format!("{count}.")
                } else {
                    "-".to_owned()
                };
                (
                    json!({"kind": "item", "level": depth + 1, "text": text}),
                    format!("{}{mark} {markdown}", "   ".repeat(usize::from(depth))),
                )
            }
            (None, None) => (json!({"kind": "paragraph", "text": text}), markdown.to_owned()),
        };
        let is_item = record["kind"] == "item";
        // Items of a list stand line by line, everything else with an empty line between.
        if !(is_item && self.in_list) {
            self.markdown.push('\n');
        }
        self.in_list = is_item;
        self.markdown.push_str(&line);
        self.markdown.push('\n');
        self.text.push_str(&text);
        self.text.push('\n');
        self.parsed.records.push(&record)
    }

    fn finish_table(&mut self, table: Table) -> Result<(), SkillError> {
        let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        if columns == 0 {
            return Ok(());
        }
        let flat = |cell: &String| tidy(std::iter::once(cell.as_str()));
        if let Some(outside) = self.tables.last_mut() {
            // A table within a cell is that cell's text.
            outside.cell.extend(table.rows.iter().map(|row| row.iter().map(flat).collect::<Vec<_>>().join(" | ")));
            return Ok(());
        }
        self.tables_read += 1;
        self.in_list = false;
        self.markdown.push('\n');
        for (number, row) in table.rows.iter().enumerate() {
            let mut cells: Vec<String> = row.iter().map(flat).collect();
            cells.resize(columns, String::new());
            self.text.push_str(&cells.join("\t"));
            self.text.push('\n');
            let marked: Vec<String> = cells.iter().map(|cell| escaped(cell).replace('|', "\\|")).collect();
            self.markdown.push_str(&format!("| {} |\n", marked.join(" | ")));
            if number == 0 {
                self.markdown.push_str(&format!("|{}\n", " --- |".repeat(columns)));
            }
            self.parsed.records.push(&json!({"kind": "row", "table": self.tables_read, "level": number + 1, "text": cells.join("\t")}))?;
        }
        Ok(())
    }
}

/// A text in which no sign means anything to Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
