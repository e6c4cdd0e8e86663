//! How is Markdown read into the parts of a document?

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use super::{Block, Span};
use crate::markdown;

/// Deeper lists and quotes are read as if they were at this depth.
const DEPTH: usize = 12;

/// What is open while events come.
#[derive(Debug)]
enum Open {
    /// Blocks within a quote, an item or the document.
    Blocks {
        kind: Holder,
        blocks: Vec<Block>,
    },
    List {
        first: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Table {
        right: Vec<bool>,
        head: Vec<Vec<Span>>,
        rows: Vec<Vec<Vec<Span>>>,
        row: Vec<Vec<Span>>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Document,
    Quote,
    Item,
}

#[derive(Debug, Default)]
struct Reader {
    open: Vec<Open>,
    spans: Vec<Span>,
    bold: u32,
    italic: u32,
    struck: u32,
    links: Vec<Option<String>>,
    code: Option<String>,
}

/// The parts of a Markdown text. Raw HTML is text; pictures that are not part of the document are links.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut reader = Reader { open: vec![Open::Blocks { kind: Holder::Document, blocks: Vec::new() }], ..Reader::default() };
    for event in Parser::new_ext(text, markdown::options()) {
        reader.take(event);
    }
    reader.end_paragraph();
    while reader.open.len() > 1 {
        reader.close();
    }
    match reader.open.pop() {
        Some(Open::Blocks { blocks, .. }) => blocks,
        _ => Vec::new(),
    }
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.say(&text, false),
            },
            Event::Code(text) => self.say(&text, true),
            Event::SoftBreak => self.say(" ", false),
            Event::HardBreak => {
                self.say("", false);
                if let Some(last) = self.spans.last_mut() {
                    last.ends_line = true;
                }
            }
            Event::Rule => self.put(Block::Rule),
            Event::TaskListMarker(done) => self.say(if done { "[x] " } else { "[ ] " }, true),
            Event::FootnoteReference(name) => self.say(&format!("[{name}]"), false),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.say(&text, true),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.bold += 1,
            Tag::Emphasis => self.italic += 1,
            Tag::Strikethrough => self.struck += 1,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((markdown::is_safe_address(&dest_url) && !dest_url.starts_with("data:")).then(|| dest_url.to_string()));
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.end_paragraph();
                self.code = Some(String::new());
            }
            Tag::BlockQuote(_) => self.open(Open::Blocks { kind: Holder::Quote, blocks: Vec::new() }),
            Tag::List(first) => self.open(Open::List { first, items: Vec::new() }),
            Tag::Item => self.open(Open::Blocks { kind: Holder::Item, blocks: Vec::new() }),
            Tag::FootnoteDefinition(name) => {
                self.end_paragraph();
                self.say(&format!("[{name}] "), false);
            }
            Tag::Table(columns) => {
                let right = columns.iter().map(|alignment| *alignment == Alignment::Right).collect();
                self.open(Open::Table { right, head: Vec::new(), rows: Vec::new(), row: Vec::new() });
            }
            Tag::Heading { .. } => self.end_paragraph(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Emphasis => self.italic = self.italic.saturating_sub(1),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => drop(self.links.pop()),
            TagEnd::Paragraph | TagEnd::HtmlBlock | TagEnd::FootnoteDefinition => self.end_paragraph(),
            TagEnd::Heading(level) => {
                let text = std::mem::take(&mut self.spans);
                self.put(Block::Heading { level: depth(level), text });
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.put(Block::Code(code.trim_end_matches('\n').to_owned()));
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.spans);
                if let Some(Open::Table { row, .. }) = self.open.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::TableHead => {
                if let Some(Open::Table { row, head, .. }) = self.open.last_mut() {
                    *head = std::mem::take(row);
                }
            }
            TagEnd::TableRow => {
                if let Some(Open::Table { row, rows, .. }) = self.open.last_mut() {
                    rows.push(std::mem::take(row));
                }
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item | TagEnd::Table => {
                self.end_paragraph();
                self.close();
            }
            _ => {}
        }
    }

    fn open(&mut self, open: Open) {
        self.end_paragraph();
        self.open.push(open);
    }

    /// Ends what is open, and puts it into what it lies in.
    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Blocks { kind: Holder::Item, blocks }) => match self.open.last_mut() {
                Some(Open::List { items, .. }) => items.push(blocks),
                _ => blocks.into_iter().for_each(|block| self.put(block)),
            },
            Some(Open::Blocks { blocks, .. }) if self.open.len() > DEPTH => blocks.into_iter().for_each(|block| self.put(block)),
            Some(Open::Blocks { blocks, .. }) => self.put(Block::Quote(blocks)),
            Some(Open::List { items, .. }) if self.open.len() > DEPTH => items.into_iter().flatten().for_each(|block| self.put(block)),
            Some(Open::List { first, items }) => self.put(Block::List { first, items }),
            Some(Open::Table { right, head, rows, .. }) => self.put(Block::Table { head, rows, right }),
            None => {}
        }
    }

    fn put(&mut self, block: Block) {
        for open in self.open.iter_mut().rev() {
            if let Open::Blocks { blocks, .. } = open {
                blocks.push(block);
                return;
            }
        }
    }

    fn end_paragraph(&mut self) {
        if !self.spans.is_empty() {
            let spans = std::mem::take(&mut self.spans);
            self.put(Block::Paragraph(spans));
        }
    }

    fn say(&mut self, text: &str, code: bool) {
        self.spans.push(Span {
            text: text.to_owned(),
            bold: self.bold > 0,
            italic: self.italic > 0,
            code,
            struck: self.struck > 0,
            link: self.links.last().cloned().flatten(),
            ends_line: false,
        });
    }
}

const fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text_of;
    use super::*;

    fn words(block: &Block) -> String {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) | Block::Caption(text) => text_of(text),
            Block::Code(text) => text.clone(),
            Block::Quote(blocks) => blocks.iter().map(words).collect::<Vec<_>>().join(" "),
            Block::List { items, .. } => items.iter().flatten().map(words).collect::<Vec<_>>().join(" "),
            Block::Table { head, rows, .. } => rows.iter().chain([head]).flatten().map(|cell| text_of(cell)).collect::<Vec<_>>().join(" "),
            Block::Rule | Block::Picture(_) | Block::Chart(_) => String::new(),
        }
    }

    #[test]
    fn every_part_is_read() {
        let text = "# One\n\nA **bold** [link](https://e.org).\n\n- a\n- b\n  1. c\n\n> q\n\n```\ncode\n```\n\n| x | y |\n| - | -: |\n| 1 | 2 |\n\n---\n";
        let read = blocks(text);
        assert!(
            matches!(
                &read[..],
                [
                    Block::Heading { level: 1, .. },
                    Block::Paragraph(_),
                    Block::List { .. },
                    Block::Quote(_),
                    Block::Code(_),
                    Block::Table { .. },
                    Block::Rule
                ]
            ),
            "{read:?}"
        );
        assert!(
            matches!(&read[1], Block::Paragraph(spans) if spans.iter().any(|span| span.bold) && spans.iter().any(|span| span.link.is_some()))
        );
        assert!(matches!(&read[5], Block::Table { right, rows, .. } if right == &[false, true] && rows.len() == 1));
    }

    proptest! {
        #[test]
        fn no_word_is_lost(words_in in prop::collection::vec("[a-zA-Z]{3,8}", 1..20), marks in prop::collection::vec("(\n\n|\n> |\n- |\n1. |\n# |\n    | |\n- - - |<b>|`|\n```\n|\n|)", 1..20)) {
            let text: String = words_in.iter().zip(marks.iter().cycle()).map(|(word, mark)| format!("{word}{mark}")).collect();
            let found = blocks(&text).iter().map(words).collect::<Vec<_>>().join(" ");
            for word in &words_in {
                // What stands after ``` on its line names the language.
                prop_assert!(found.contains(word.as_str()) || text.contains("```"), "{word} of {text:?} is not in {found:?}");
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = blocks(&"> ".repeat(5_000));
        assert!(deep.len() <= 1);
        let lists: String = (0..200).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect();
        let all = blocks(&lists).iter().map(words).collect::<String>();
        assert_eq!(all.matches('x').count(), 200);
    }
}
