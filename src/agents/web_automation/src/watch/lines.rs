//! Which lines of a page count? Those of the wanted elements, without what is to be ignored, as people see them.

use std::collections::HashSet;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use ego_tree::iter::Edge;
use regex::{Regex, RegexBuilder};
use scraper::{ElementRef, Node};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Watched;
use crate::api::select::Selection;
use crate::page::{parse, selector, tidy};

/// The most bytes of the lines that are watched.
pub const MAXIMUM_WATCHED_BYTES: usize = 8 << 20;
/// The most patterns that are ignored.
pub const MAXIMUM_PATTERNS: usize = 50;
/// The most memory of one compiled pattern, in bytes.
const MAXIMUM_PATTERN_BYTES: usize = 4 << 20;
/// Elements that begin a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
];
const UNSEEN: &[&str] = &["script", "style", "template", "noscript"];

/// What counts of an answer.
pub(super) struct Rule {
    pub(super) selector: Option<String>,
    pub(super) select: Option<Selection>,
    pub(super) ignore_selectors: Vec<String>,
    pub(super) ignore_patterns: Vec<Regex>,
}

/// The patterns of an input.
pub(super) fn patterns(given: &[String]) -> Result<Vec<Regex>, SkillError> {
    let read = |(at, text): (usize, &String)| {
        let built = RegexBuilder::new(text).size_limit(MAXIMUM_PATTERN_BYTES).build();
        built.map_err(|error| SkillError::input(&format!("ignore_patterns[{at}]"), format!("it is no regular expression: {error}")))
    };
    given.iter().take(MAXIMUM_PATTERNS).enumerate().map(read).collect()
}

impl Rule {
    /// The lines of an answer that count. Call it within `blocking`.
    pub(super) fn lines(&self, context: &Context, content: Watched) -> Result<Vec<String>, SkillError> {
        let raw = match (content, &self.selector, &self.select) {
            (Watched::Json(_), Some(_), _) => return Err(unfit("selector: the answer is JSON; use `select`")),
            (Watched::Json(value), None, select) => {
                let value = match select {
                    Some(select) => select.pick("select", &value)?,
                    None => value,
                };
                printed(&value)?
            }
            (_, _, Some(_)) => return Err(unfit("select: the answer is not JSON; use `selector` for a page")),
            (Watched::Html(text), wanted, None) => self.page(context, &text, wanted.as_deref())?,
            (_, Some(_), None) => return Err(unfit("selector: the answer is no page")),
            (Watched::Text(text), None, None) => text,
            (Watched::Other(bytes), None, None) => format!("{} bytes, SHA-256 {:x}", bytes.len(), Sha256::digest(&bytes)),
        };
        let (mut lines, mut size) = (Vec::new(), 0);
        for (at, line) in raw.lines().enumerate() {
            if at % 4096 == 0 {
                context.check()?;
            }
            let mut line = line.to_owned();
            for pattern in &self.ignore_patterns {
                line = pattern.replace_all(&line, "").into_owned();
            }
            // JSON keeps its indentation, which says what belongs to what.
            let line = line.trim_end();
            if !line.trim().is_empty() {
                size += line.len() + 1;
                lines.push(line.to_owned());
            }
        }
        if size > MAXIMUM_WATCHED_BYTES {
            return Err(unfit(&format!("what is watched has more than {MAXIMUM_WATCHED_BYTES} bytes; watch a part of it")));
        }
        Ok(lines)
    }

    fn page(&self, context: &Context, text: &str, wanted: Option<&str>) -> Result<String, SkillError> {
        let html = parse(context, text)?;
        let mut ignored = HashSet::new();
        for (at, text) in self.ignore_selectors.iter().enumerate() {
            context.check()?;
            ignored.extend(html.select(&selector(&format!("ignore_selectors[{at}]"), text)?).map(|element| element.id()));
        }
        let mut lines = String::new();
        match wanted {
            None => self::text(html.root_element(), &|element| ignored.contains(&element.id()), &mut lines),
            Some(wanted) => {
                let wanted = selector("selector", wanted)?;
                let mut found = false;
                for element in html.select(&wanted) {
                    context.check()?;
                    found = true;
                    // One within another was read with that.
                    if !element.ancestors().filter_map(ElementRef::wrap).any(|above| wanted.matches(&above)) {
                        self::text(element, &|element| ignored.contains(&element.id()), &mut lines);
                    }
                }
                if !found {
                    return Err(SkillError::new(
                        Code::ValueMissing,
                        "selector: the page has no such element; check it against the page, whose markup may have changed",
                    ));
                }
            }
        }
        Ok(lines)
    }
}

fn unfit(message: &str) -> SkillError {
    SkillError::new(Code::WatchUnfit, message)
}

fn printed(value: &Value) -> Result<String, SkillError> {
    serde_json::to_string_pretty(value).map_err(|error| SkillError::internal(error.to_string()))
}

/// The text of an element, a line for each block, without what lies in ignored elements.
fn text(root: ElementRef<'_>, is_ignored: &dyn Fn(ElementRef<'_>) -> bool, lines: &mut String) {
    let mut line = String::new();
    let mut finish = |line: &mut String| {
        let tidied = tidy(std::iter::once(line.as_str()));
        line.clear();
        if !tidied.is_empty() {
            lines.push_str(&tidied);
            lines.push('\n');
        }
    };
    // How many elements that are not read are open.
    let mut hidden = 0_usize;
    for edge in root.traverse() {
        let (node, opens) = match edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        match node.value() {
            Node::Text(text) if opens && hidden == 0 => line.push_str(text),
            Node::Element(element) => {
                let skipped = UNSEEN.contains(&element.name()) || ElementRef::wrap(node).is_some_and(is_ignored);
                if skipped {
                    hidden = if opens { hidden + 1 } else { hidden.saturating_sub(1) };
                }
                if BLOCKS.contains(&element.name()) {
                    finish(&mut line);
                } else if matches!(element.name(), "td" | "th") {
                    line.push(' ');
                }
            }
            _ => {}
        }
    }
    finish(&mut line);
}
