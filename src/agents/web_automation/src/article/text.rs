//! How is an article written as text? Paragraphs, headings, lists, tables and code each keep their form.

use ego_tree::NodeRef;
use scraper::{Html, Node};

use super::body::Body;

/// The form of an article's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    /// Without marks of form.
    #[default]
    Plain,
    /// Markdown.
    Markdown,
}

/// Writes blocks: an empty line between paragraphs, none between the items of a list.
struct Writer {
    out: String,
    form: Form,
    /// Inline text that waits for the end of its block.
    line: String,
    /// What the next block begins with: the mark of a list item.
    mark: String,
    /// Spaces before each line, for nested lists.
    indent: usize,
    quoted: usize,
    /// Whether the next block follows the one before without an empty line.
    tight: bool,
}

impl Writer {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if !c.is_whitespace() {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
                self.line.push(' ');
            }
        }
    }

    /// Ends the block that was being written.
    fn end(&mut self, prefix: &str, tight: bool) {
        let line = std::mem::take(&mut self.line);
        if !line.trim().is_empty() {
            self.block(&format!("{prefix}{}", line.trim()), tight);
        }
    }

    fn block(&mut self, text: &str, tight: bool) {
        if !self.out.is_empty() {
            self.out.push_str(if self.tight && tight { "\n" } else { "\n\n" });
        }
        self.tight = tight;
        let mark = std::mem::take(&mut self.mark);
        let quote = if self.form == Form::Markdown { "> ".repeat(self.quoted) } else { String::new() };
        for (number, line) in text.lines().enumerate() {
            if number > 0 {
                self.out.push('\n');
            }
            let indent = if number == 0 { self.indent.saturating_sub(mark.len()) } else { self.indent };
            self.out.push_str(&quote);
            self.out.extend(std::iter::repeat_n(' ', indent));
            if number == 0 {
                self.out.push_str(&mark);
            }
            self.out.push_str(line);
        }
    }
}

/// The text of the article.
pub(super) fn write(html: &Html, body: &Body, form: Form) -> String {
    let mut writer = Writer { out: String::new(), form, line: String::new(), mark: String::new(), indent: 0, quoted: 0, tight: false };
    node(&mut writer, body, html.tree.root());
    writer.end("", false);
    writer.out
}

/// Depth is bounded by [`crate::MAXIMUM_DEPTH`].
fn node(writer: &mut Writer, body: &Body, at: NodeRef<'_, Node>) {
    match at.value() {
        Node::Text(text) if at.parent().is_some_and(|parent| body.says(parent.id())) => writer.text(text),
        Node::Element(element) if body.holds(at.id()) => self::element(writer, body, at, element.name()),
        Node::Document => inside(writer, body, at),
        _ => {}
    }
}

fn inside(writer: &mut Writer, body: &Body, at: NodeRef<'_, Node>) {
    for child in at.children() {
        node(writer, body, child);
    }
}

fn element(writer: &mut Writer, body: &Body, at: NodeRef<'_, Node>, name: &str) {
    let marked = writer.form == Form::Markdown;
    match name {
        "br" => {
            while writer.line.ends_with(' ') {
                writer.line.pop();
            }
            if !writer.line.is_empty() {
                writer.line.push('\n');
            }
        }
        "pre" => code(writer, body, at),
        "code" | "kbd" | "samp" | "tt" if marked && !writer.line.contains('`') => {
            let before = writer.line.len();
            inside(writer, body, at);
            // An element of code may hold blocks, and then is none.
            if writer.line.len() > before {
                let spaced = writer.line[before..].starts_with(' ');
                writer.line.insert(before + usize::from(spaced), '`');
                let end = writer.line.trim_end().len();
                writer.line.insert(end, '`');
            }
        }
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            writer.end("", false);
            inside(writer, body, at);
            let level = name.as_bytes().get(1).map_or(2, |digit| usize::from(digit - b'0'));
            let prefix = if marked { format!("{} ", "#".repeat(level.max(2))) } else { String::new() };
            writer.line = writer.line.replace('\n', " ");
            writer.end(&prefix, false);
        }
        "ul" | "ol" => list(writer, body, at, name == "ol"),
        "table" => {
            writer.end("", false);
            table(writer, body, at);
        }
        "blockquote" => {
            writer.end("", false);
            writer.quoted += 1;
            inside(writer, body, at);
            writer.end("", false);
            writer.quoted -= 1;
        }
        "dt" | "dd" => {
            writer.end("", false);
            inside(writer, body, at);
            writer.end("", true);
        }
        "p" | "div" | "section" | "article" | "main" | "header" | "figure" | "figcaption" | "dl" | "center" | "address" | "details"
        | "summary" | "aside" | "fieldset" | "hr" | "body" | "td" | "th" | "tr" | "caption" | "li" => {
            writer.end("", false);
            inside(writer, body, at);
            writer.end("", false);
        }
        _ => inside(writer, body, at),
    }
}

fn list(writer: &mut Writer, body: &Body, at: NodeRef<'_, Node>, numbered: bool) {
    writer.end("", true);
    let mut number = 0;
    for item in at.children() {
        if !body.holds(item.id()) {
            continue;
        }
        number += 1;
        let mark = if numbered { format!("{number}. ") } else { "- ".to_owned() };
        writer.indent += mark.len();
        let width = mark.len();
        writer.mark = mark;
        inside(writer, body, item);
        writer.end("", true);
        writer.mark.clear();
        writer.indent -= width;
    }
    writer.tight = false;
}

fn code(writer: &mut Writer, body: &Body, at: NodeRef<'_, Node>) {
    writer.end("", false);
    let mut text = String::new();
    for inner in at.descendants() {
        match inner.value() {
            Node::Text(words) if inner.parent().is_some_and(|parent| body.says(parent.id())) => text.push_str(words),
            Node::Element(element) if element.name() == "br" => text.push('\n'),
            _ => {}
        }
    }
    let text = text.trim_matches('\n').trim_end();
    if text.trim().is_empty() {
        return;
    }
    if writer.form == Form::Markdown {
        let fence = if text.contains("```") { "````" } else { "```" };
        writer.block(&format!("{fence}\n{text}\n{fence}"), false);
    } else {
        writer.block(text, false);
    }
}

/// A table of data is written by rows; one that only lays out the page is written as what it holds.
fn table(writer: &mut Writer, body: &Body, at: NodeRef<'_, Node>) {
    let is = |node: &NodeRef<'_, Node>, names: &[&str]| node.value().as_element().is_some_and(|element| names.contains(&element.name()));
    let blocks = &["table", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote"];
    let rows: Vec<_> = at.descendants().filter(|node| is(node, &["tr"])).collect();
    let cells = |row: &NodeRef<'_, Node>| row.children().filter(|cell| is(cell, &["td", "th"])).count();
    let widest = rows.iter().map(cells).max().unwrap_or_default();
    if widest < 2 || at.descendants().skip(1).any(|node| is(&node, blocks)) {
        inside(writer, body, at);
        writer.end("", false);
        return;
    }
    for caption in at.children().filter(|child| is(child, &["caption"])) {
        node(writer, body, caption);
    }
    let mut lines = Vec::new();
    for row in rows {
        let mut written = Vec::new();
        for cell in row.children().filter(|cell| is(cell, &["td", "th"])) {
            let mut inner = Writer {
                out: String::new(),
                form: writer.form,
                line: String::new(),
                mark: String::new(),
                indent: 0,
                quoted: 0,
                tight: true,
            };
            if body.holds(cell.id()) {
                inside(&mut inner, body, cell);
                inner.end("", true);
            }
            let text = inner.out.split_whitespace().collect::<Vec<_>>().join(" ");
            written.push(if writer.form == Form::Markdown { text.replace('|', "\\|") } else { text });
        }
        if written.iter().any(|cell| !cell.is_empty()) {
            lines.push(written.join(" | "));
        }
    }
    if writer.form == Form::Markdown && !lines.is_empty() {
        lines = lines.into_iter().map(|line| format!("| {line} |")).collect();
        lines.insert(1, format!("|{}", " --- |".repeat(widest)));
    }
    if !lines.is_empty() {
        writer.block(&lines.join("\n"), false);
    }
}
