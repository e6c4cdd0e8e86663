//! Where on which page does each part of a document stand?

use baton_agents_drawing::fonts::Font;
use baton_agents_drawing::{Colour, Scene};
use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;

use super::lines::{Line, Look, fill};
use super::{ABOVE, BELOW, Entry, HEIGHT, Laid, MAXIMUM_PAGES, Mark, SIDE, WIDTH, table};
use crate::document::{Block, Picture, Span, plain, text_of};

const TEXT: Colour = Colour { red: 0x17, green: 0x1b, blue: 0x23, opacity: 1.0 };
const MUTED: Colour = Colour { red: 0x59, green: 0x62, blue: 0x73, opacity: 1.0 };
const RULE: Colour = Colour { red: 0xc8, green: 0xcd, blue: 0xd6, opacity: 1.0 };
const SUNKEN: Colour = Colour { red: 0xf3, green: 0xf4, blue: 0xf7, opacity: 1.0 };
const BODY: f64 = 10.0;
const LEADING: f64 = 1.45;
const BOTTOM: f64 = HEIGHT - BELOW;

/// The pages so far, and where the next mark goes.
struct Pen<'a> {
    laid: Laid,
    y: f64,
    step: &'a dyn Fn() -> Result<(), SkillError>,
}

pub(super) fn lay(blocks: &[Block], step: &dyn Fn() -> Result<(), SkillError>) -> Result<Laid, SkillError> {
    let mut pen = Pen { laid: Laid { pages: vec![Vec::new()], ..Laid::default() }, y: ABOVE, step };
    pen.blocks(blocks, SIDE, WIDTH - 2.0 * SIDE)?;
    Ok(pen.laid)
}

const fn body(colour: Colour) -> Look {
    Look { size: BODY, bold: false, colour }
}

impl Pen<'_> {
    fn blocks(&mut self, blocks: &[Block], x: f64, width: f64) -> Result<(), SkillError> {
        for block in blocks {
            (self.step)()?;
            self.block(block, x, width)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block, x: f64, width: f64) -> Result<(), SkillError> {
        match block {
            Block::Heading { level, text } => self.heading(*level, text, x, width),
            Block::Paragraph(text) => self.running(text, body(TEXT), x, width, 7.0),
            Block::Caption(text) => self.running(text, Look { size: 8.5, bold: false, colour: MUTED }, x, width, 12.0),
            Block::List { first, items } => self.list(*first, items, x, width),
            Block::Code(text) => self.code(text, x, width),
            Block::Quote(blocks) => self.quote(blocks, x, width),
            Block::Table { head, rows, right } => self.table(head, rows, right, x, width),
            Block::Rule => {
                self.room(14.0)?;
                self.put(Mark::Box { x, y: self.y + 4.0, width, height: 0.7, colour: RULE });
                self.y += 14.0;
                Ok(())
            }
            Block::Picture(picture) => self.picture(picture, x, width),
            Block::Chart(scene) => self.chart(scene, x, width),
        }
    }

    fn put(&mut self, mark: Mark) {
        if let Some(page) = self.laid.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Begins a page if there is not so much room left.
    fn room(&mut self, height: f64) -> Result<(), SkillError> {
        if self.y + height > BOTTOM && self.y > ABOVE {
            self.page()?;
        }
        Ok(())
    }

    fn page(&mut self) -> Result<(), SkillError> {
        if self.laid.pages.len() >= MAXIMUM_PAGES {
            let message = format!("the PDF would have more than {MAXIMUM_PAGES} pages. Leave the PDF out, or make several documents.");
            return Err(SkillError::new(Code::DocumentTooLarge, message));
        }
        (self.step)()?;
        self.laid.pages.push(Vec::new());
        self.y = ABOVE;
        Ok(())
    }

    fn line(&mut self, line: &Line, look: Look, x: f64) {
        let baseline = self.y + look.size * (LEADING + 0.72) / 2.0;
        if let Some(page) = self.laid.pages.last_mut() {
            line.place(page, x, baseline, look);
        }
    }

    fn running(&mut self, text: &[Span], look: Look, x: f64, width: f64, after: f64) -> Result<(), SkillError> {
        let lines = fill(text, look, width, &mut self.laid.missing);
        let leading = look.size * LEADING;
        // No lone line at the foot of a page, nor at the head of the next.
        if lines.len() > 1 {
            self.room(leading * 2.0)?;
        }
        let count = lines.len();
        for (number, line) in lines.iter().enumerate() {
            self.room(if count > 2 && number + 2 == count { leading * 2.0 } else { leading })?;
            self.line(line, look, x);
            self.y += leading;
        }
        self.y += after;
        Ok(())
    }

    fn heading(&mut self, level: u8, text: &[Span], x: f64, width: f64) -> Result<(), SkillError> {
        let size = match level {
            1 => 20.0,
            2 => 14.5,
            3 => 12.0,
            _ => 10.5,
        };
        if self.y > ABOVE {
            self.y += size * 0.7;
        }
        // A heading is followed by some of what it is about.
        self.room(size * LEADING + BODY * LEADING * 3.0)?;
        let page = self.laid.pages.len() - 1;
        self.laid.outline.push(Entry { level, text: text_of(text), page, y: self.y });
        self.running(text, Look { size, bold: true, colour: TEXT }, x, width, size * 0.35)
    }

    fn list(&mut self, first: Option<u64>, items: &[Vec<Block>], x: f64, width: f64) -> Result<(), SkillError> {
        let last = first.map(|first| first + items.len() as u64);
        let indent = last.map_or(14.0, |last| Font::Regular.width(&format!("{last}."), BODY) + 7.0);
        for (place, item) in items.iter().enumerate() {
            (self.step)()?;
            self.room(BODY * LEADING)?;
            let sign = first.map_or_else(|| "•".to_owned(), |first| format!("{}.", first + place as u64));
            let look = body(MUTED);
            let marks = fill(&plain(sign), look, indent, &mut self.laid.missing);
            if let Some(mark) = marks.first() {
                self.line(mark, look, x);
            }
            if item.is_empty() {
                self.y += BODY * LEADING;
            }
            self.blocks(item, x + indent, (width - indent).max(40.0))?;
            // Items stand closer than paragraphs.
            self.y -= if matches!(item.last(), Some(Block::Paragraph(_))) { 4.0 } else { 0.0 };
        }
        self.y += 7.0;
        Ok(())
    }

    fn code(&mut self, text: &str, x: f64, width: f64) -> Result<(), SkillError> {
        let look = Look { size: 9.2, bold: false, colour: TEXT };
        let leading = look.size * 1.4;
        self.room(leading + 12.0)?;
        for (number, row) in text.lines().enumerate() {
            if number.is_multiple_of(256) {
                (self.step)()?;
            }
            // Spaces keep their width: leading ones are the form of code.
            let kept = row.replace('\t', "    ").replace(' ', "\u{a0}");
            let span = Span { text: kept, code: true, ..Span::default() };
            let lines = fill(&[span], look, width - 16.0, &mut self.laid.missing);
            for line in if lines.is_empty() { vec![Line::default()] } else { lines } {
                self.room(leading)?;
                self.put(Mark::Box { x, y: self.y, width, height: leading + 0.5, colour: SUNKEN });
                self.line(&line, look, x + 8.0);
                self.y += leading;
            }
        }
        self.y += 9.0;
        Ok(())
    }

    fn quote(&mut self, blocks: &[Block], x: f64, width: f64) -> Result<(), SkillError> {
        let (page, top) = (self.laid.pages.len() - 1, self.y);
        self.blocks(blocks, x + 14.0, (width - 14.0).max(40.0))?;
        // A bar along each page that the quote is on.
        let last = self.laid.pages.len() - 1;
        for number in page..=last {
            let from = if number == page { top } else { ABOVE };
            let to = if number == last { self.y - 5.0 } else { BOTTOM };
            if to > from {
                self.laid.pages[number].push(Mark::Box { x: x + 2.0, y: from, width: 2.0, height: to - from, colour: RULE });
            }
        }
        Ok(())
    }

    fn table(&mut self, head: &[Vec<Span>], rows: &[Vec<Vec<Span>>], right: &[bool], x: f64, width: f64) -> Result<(), SkillError> {
        let crowded = head.len() > 7;
        let look = Look { size: if crowded { 7.6 } else { 9.0 }, bold: false, colour: TEXT };
        let gap = if crowded { 6.0 } else { 12.0 };
        let columns = table::columns(head, rows, look, width, gap);
        let named = head.iter().any(|cell| !text_of(cell).is_empty());
        let header = Look { bold: true, colour: MUTED, ..look };
        if named {
            self.room(look.size * LEADING * 2.0 + 24.0)?;
            self.row(head, right, &columns, header, x, gap, None)?;
        }
        for (number, row) in rows.iter().enumerate() {
            if number.is_multiple_of(64) {
                (self.step)()?;
            }
            self.row(row, right, &columns, look, x, gap, named.then_some((head, header)))?;
        }
        self.y += 10.0;
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a row needs its table")]
    fn row(
        &mut self,
        cells: &[Vec<Span>],
        right: &[bool],
        columns: &[f64],
        look: Look,
        x: f64,
        gap: f64,
        head: Option<(&[Vec<Span>], Look)>,
    ) -> Result<(), SkillError> {
        let missing = &mut self.laid.missing;
        let filled: Vec<Vec<Line>> = cells.iter().zip(columns).map(|(cell, width)| fill(cell, look, width - gap, missing)).collect();
        let leading = look.size * 1.35;
        let most = filled.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut begin = 0;
        while begin < most {
            let whole = (most - begin) as f64 * leading + 7.0;
            let page = BOTTOM - ABOVE - 40.0;
            if self.y + whole.min(page) > BOTTOM && self.y > ABOVE {
                self.page()?;
                if let Some((head, header)) = head {
                    self.row(head, right, columns, header, x, gap, None)?;
                }
            }
            let fits = (((BOTTOM - self.y - 7.0) / leading).floor() as usize).max(1);
            let end = most.min(begin + fits);
            let top = self.y;
            let mut left = x;
            for (place, (lines, width)) in filled.iter().zip(columns).enumerate() {
                for (number, line) in lines.iter().take(end).skip(begin).enumerate() {
                    self.y = top + 3.0 + number as f64 * leading;
                    let moved = if right.get(place).copied().unwrap_or(false) { (width - gap - line.width).max(0.0) } else { 0.0 };
                    self.line(line, look, left + moved);
                }
                left += width;
            }
            self.y = top + (end - begin) as f64 * leading + 7.0;
            self.put(Mark::Box { x, y: self.y - 1.0, width: columns.iter().sum(), height: 0.5, colour: RULE });
            begin = end;
        }
        Ok(())
    }

    fn picture(&mut self, picture: &Picture, x: f64, width: f64) -> Result<(), SkillError> {
        let Some((wide, high)) = super::write::size_of(picture) else {
            return self.running(&plain(format!("[{}: the picture cannot be read]", picture.alt)), body(MUTED), x, width, 7.0);
        };
        // 96 pixels are an inch, which has 72 points.
        let scale = (width / wide).min((BOTTOM - ABOVE - 60.0) / high).min(0.75);
        let (wide, high) = (wide * scale, high * scale);
        self.room(high + 6.0)?;
        self.put(Mark::Picture { x, y: self.y, width: wide, height: high, picture: picture.clone() });
        self.y += high + 6.0;
        Ok(())
    }

    fn chart(&mut self, scene: &Scene, x: f64, width: f64) -> Result<(), SkillError> {
        let scale = (width / scene.width).min((BOTTOM - ABOVE - 60.0) / scene.height);
        let high = scene.height * scale;
        self.room(high + 6.0)?;
        self.put(Mark::Chart { x, y: self.y, scale, scene: scene.clone() });
        self.y += high + 6.0;
        Ok(())
    }
}
