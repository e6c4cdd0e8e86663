//! Which parts of a page are its article? Readability finds the place; what it leaves out there by mistake is put back, and what
//! frames an article (permalink marks, tables of contents, bylines, teasers) is taken out of it.

use std::collections::HashMap;

use dom_smoothie::{Article, Config, Readability, ReadabilityError};
use ego_tree::{NodeId, NodeRef};
use html5ever::{LocalName, QualName, ns};
use scraper::node::Element;
use scraper::{Html, Node};

use super::names;

/// The attribute that numbers a page's elements, so that those which Readability keeps are known again.
const NUMBER: &str = "data-baton-number";
/// The fewest characters of a block of prose.
const PROSE_CHARACTERS: usize = 60;
/// The longest byline, date line or list of tags, in characters.
const LINE_CHARACTERS: usize = 200;
/// How many elements around the article's place are looked through for more of it.
const LEVELS_AROUND: usize = 4;
/// Elements that hold no text of a page.
const UNSEEN: &[&str] = &[
    "script", "style", "template", "noscript", "head", "iframe", "object", "svg", "select", "textarea", "button", "input", "canvas",
    "audio", "video", "datalist",
];
/// Elements that frame a page.
const FRAME: &[&str] = &["nav", "footer", "aside", "form", "dialog", "menu"];
/// Roles that frame a page.
const FRAME_ROLES: &[&str] =
    &["navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alert", "doc-toc", "doc-endnotes"];
/// Elements whose text is one block of prose.
const BLOCKS: &[&str] = &["p", "li", "dd", "blockquote", "pre", "td", "figcaption"];

/// One element of a page, measured.
#[derive(Debug)]
pub(super) struct Part {
    node: NodeId,
    parent: Option<usize>,
    name: String,
    class: String,
    /// Its characters without white space, and those within links, and within links into the page itself.
    characters: usize,
    linked: usize,
    linked_within: usize,
    /// Its characters in blocks of prose and in code.
    prose: usize,
    /// Whether a block of text stands within it.
    blocks: bool,
    /// Whether a heading within it is a link: a teaser leads to its own article.
    teaser: bool,
    /// Whether Readability kept it.
    kept: bool,
    /// Whether it, or something within it, is of the article.
    holds: bool,
    frame: bool,
}

/// The article's place in a page.
#[derive(Debug)]
pub(super) struct Body {
    parts: Vec<Part>,
    numbers: HashMap<NodeId, usize>,
}

/// Numbers the page's elements, lets Readability choose among them, and corrects its choice.
pub(super) fn choose(html: &mut Html, url: Option<&str>) -> Result<(Article, Body), ReadabilityError> {
    wrap(html);
    let nodes: Vec<NodeId> = html.tree.root().descendants().filter(|node| node.value().is_element()).map(|node| node.id()).collect();
    for (number, id) in nodes.iter().enumerate() {
        if let Some(mut node) = html.tree.get_mut(*id)
            && let Node::Element(element) = node.value()
        {
            mark(element, number);
        }
    }
    let article = Readability::new(html.html(), url, Some(Config::default()))?.parse()?;
    let mut body = Body::measure(html, &nodes);
    // A page may write such an attribute itself; it can but keep a part of its own.
    for found in article.content.split(NUMBER).skip(1) {
        let digits = found.trim_start_matches(['=', '"']).split('"').next().unwrap_or_default();
        if let Some(part) = digits.parse::<usize>().ok().and_then(|number| body.parts.get_mut(number)) {
            part.kept = true;
            part.holds = true;
        }
    }
    body.put_back();
    body.hold();
    body.take_out(html);
    body.hold();
    Ok((article, body))
}

/// Gives each text that stands directly in a `div` an element of its own: Readability puts paragraphs in place of such ones, and the
/// number would be lost.
fn wrap(html: &mut Html) {
    let is_div = |node: NodeRef<'_, Node>| node.value().as_element().is_some_and(|element| element.name() == "div");
    let texts: Vec<NodeId> = html
        .tree
        .root()
        .descendants()
        .filter(|node| node.value().as_text().is_some_and(|text| !text.trim().is_empty()) && node.parent().is_some_and(is_div))
        .map(|node| node.id())
        .collect();
    for id in texts {
        let span = Element::new(QualName::new(None, ns!(html), LocalName::from("span")), Vec::new());
        let Some(mut text) = html.tree.get_mut(id) else { continue };
        let span = text.insert_before(Node::Element(span)).id();
        if let Some(mut span) = html.tree.get_mut(span) {
            span.append_id(id);
        }
    }
}

fn mark(element: &mut Element, number: usize) {
    let name = QualName::new(None, ns!(), LocalName::from(NUMBER));
    element.attrs.retain(|(known, _)| *known != name);
    // The attributes are searched by halving.
    let place = element.attrs.partition_point(|(known, _)| *known < name);
    element.attrs.insert(place, (name, number.to_string().as_str().into()));
}

fn first_class(class: &str) -> &str {
    class.split_ascii_whitespace().next().unwrap_or_default()
}

impl Part {
    fn share_linked(&self) -> f64 {
        self.linked as f64 / self.characters.max(1) as f64
    }

    fn share_prose(&self) -> f64 {
        self.prose as f64 / self.characters.max(1) as f64
    }

    fn heading(&self) -> bool {
        matches!(self.name.as_str(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
    }
}

impl Body {
    fn measure(html: &Html, nodes: &[NodeId]) -> Self {
        let numbers: HashMap<NodeId, usize> = nodes.iter().enumerate().map(|(number, id)| (*id, number)).collect();
        let mut parts: Vec<Part> = Vec::with_capacity(nodes.len());
        for id in nodes {
            let Some(node) = html.tree.get(*id) else { continue };
            let Node::Element(element) = node.value() else { continue };
            let parent = node.parent().and_then(|parent| numbers.get(&parent.id())).copied();
            let role = element.attr("role").unwrap_or_default();
            let hidden = element.attr("hidden").is_some() || element.attr("aria-hidden") == Some("true");
            parts.push(Part {
                node: *id,
                parent,
                name: element.name().to_owned(),
                class: format!("{} {}", element.attr("class").unwrap_or_default(), element.id().unwrap_or_default()).to_ascii_lowercase(),
                characters: 0,
                linked: 0,
                linked_within: 0,
                prose: 0,
                blocks: false,
                teaser: false,
                kept: false,
                holds: false,
                frame: FRAME.contains(&element.name()) || FRAME_ROLES.contains(&role) || UNSEEN.contains(&element.name()) || hidden,
            });
        }
        for text in html.tree.root().descendants() {
            let (Node::Text(words), Some(parent)) = (text.value(), text.parent().and_then(|parent| numbers.get(&parent.id()))) else {
                continue;
            };
            if !UNSEEN.contains(&parts[*parent].name.as_str()) {
                parts[*parent].characters += words.chars().filter(|c| !c.is_whitespace()).count();
            }
        }
        // Parents stand before their children: backwards, each is whole when it is added to its parent.
        for number in (0..parts.len()).rev() {
            let part = &mut parts[number];
            if part.name == "a" {
                part.linked = part.characters;
                let within = html.tree.get(part.node).and_then(|node| node.value().as_element()?.attr("href"));
                part.linked_within = if within.is_some_and(|href| href.starts_with('#')) { part.characters } else { 0 };
            }
            let block = BLOCKS.contains(&part.name.as_str());
            if (block || part.name == "div" && !part.blocks) && part.prose == 0 {
                let prose = part.name == "pre" || part.characters >= PROSE_CHARACTERS && part.share_linked() < 0.33;
                part.prose = if prose { part.characters } else { 0 };
            }
            let block = block || part.blocks;
            let linked_heading = part.heading() && (part.linked - part.linked_within) * 10 > part.characters * 9;
            part.teaser |= part.linked > 0 && (linked_heading || part.name == "a" && names::title(&part.class));
            let teaser = part.teaser;
            let (characters, linked, within, prose) = (part.characters, part.linked, part.linked_within, part.prose);
            let parent = if UNSEEN.contains(&part.name.as_str()) { None } else { part.parent };
            if let Some(parent) = parent {
                let parent = &mut parts[parent];
                parent.characters += characters;
                parent.linked += linked;
                parent.linked_within += within;
                parent.prose += prose;
                parent.blocks |= block;
                parent.teaser |= teaser;
            }
        }
        Self { parts, numbers }
    }

    /// Whether an ancestor or the element itself frames the page or its name says so.
    fn framed(&self, number: usize) -> bool {
        let part = &self.parts[number];
        part.frame || names::frames(&part.class)
    }

    fn hold(&mut self) {
        for part in &mut self.parts {
            part.holds = part.kept;
        }
        for number in (0..self.parts.len()).rev() {
            if self.parts[number].holds
                && let Some(parent) = self.parts[number].parent
            {
                self.parts[parent].holds = true;
            }
        }
    }

    /// Keeps an element with all within it that does not frame.
    fn keep(&mut self, root: usize) {
        self.parts[root].kept = true;
        for number in root + 1..self.parts.len() {
            let Some(parent) = self.parts[number].parent.filter(|parent| *parent >= root) else { break };
            self.parts[number].kept = self.parts[parent].kept && !self.framed(number);
        }
    }

    fn put_back(&mut self) {
        self.hold();
        let Some(place) = self.place() else { return };
        let children = self.children();
        // Within: what was taken for a side matter, though it is code, a table, a heading, or prose without links.
        for number in place..self.parts.len() {
            if number != place && self.parts[number].parent.is_none_or(|parent| parent < place) {
                break;
            }
            let inside = self.parts[number].parent.is_some_and(|parent| self.parts[parent].kept);
            if inside && !self.parts[number].holds && self.belongs_within(number) {
                self.keep(number);
            }
        }
        // Beside and around: sections of the same text that scored too low to be joined.
        for number in place..self.parts.len() {
            if number != place && self.parts[number].parent.is_none_or(|parent| parent < place) {
                break;
            }
            if self.parts[number].holds && !self.parts[number].kept {
                self.join(children.get(&number).map(Vec::as_slice).unwrap_or_default());
            }
        }
        let mut around = place;
        for _ in 0..LEVELS_AROUND {
            let part = &self.parts[around];
            let whole = matches!(part.name.as_str(), "main" | "article" | "body" | "td") || names::whole(&part.class);
            match part.parent {
                Some(parent) if !whole && !matches!(self.parts[parent].name.as_str(), "body" | "html") => around = parent,
                _ => break,
            }
            self.join(children.get(&around).map(Vec::as_slice).unwrap_or_default());
        }
    }

    /// Keeps those of some siblings that are like the ones which hold the article.
    fn join(&mut self, siblings: &[usize]) {
        let like: Vec<(String, String)> = siblings
            .iter()
            .map(|sibling| &self.parts[*sibling])
            .filter(|part| part.holds && !part.class.trim().is_empty())
            .map(|part| (part.name.clone(), first_class(&part.class).to_owned()))
            .collect();
        for sibling in siblings {
            let part = &self.parts[*sibling];
            let alike = like.iter().any(|(name, class)| part.name == *name && first_class(&part.class) == class);
            let alike = alike && part.characters > 0 && part.share_linked() < 0.5 && !part.teaser && !self.framed(*sibling);
            if !part.holds && (alike || self.belongs_beside(*sibling)) {
                self.keep(*sibling);
            }
        }
    }

    /// The innermost element that holds all that was kept.
    fn place(&self) -> Option<usize> {
        let mut holding: HashMap<Option<usize>, usize> = HashMap::new();
        for part in self.parts.iter().filter(|part| part.holds) {
            *holding.entry(part.parent).or_default() += 1;
        }
        let mut place = self.parts.iter().position(|part| part.holds)?;
        while !self.parts[place].kept && holding.get(&Some(place)) == Some(&1) {
            place += 1 + self.parts[place + 1..].iter().position(|part| part.holds)?;
        }
        Some(place)
    }

    fn children(&self) -> HashMap<usize, Vec<usize>> {
        let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, part) in self.parts.iter().enumerate() {
            if let Some(parent) = part.parent {
                children.entry(parent).or_default().push(number);
            }
        }
        children
    }

    fn belongs_within(&self, number: usize) -> bool {
        let part = &self.parts[number];
        if part.characters == 0 || part.frame || names::surely_frames(&part.class) {
            return false;
        }
        match part.name.as_str() {
            "pre" | "code" => true,
            "h2" | "h3" | "h4" | "h5" | "h6" => !names::frames(&part.class),
            "ul" | "ol" | "dl" => part.share_linked() < 0.4 && !names::frames(&part.class),
            // What is named like a frame is one unless it is plainly prose: DocBook's boxes are called side bars.
            _ if names::frames(&part.class) => part.share_prose() > 0.7 && part.share_linked() < 0.1 && part.prose >= 2 * PROSE_CHARACTERS,
            _ => part.share_prose() > 0.5 && part.share_linked() < 0.3,
        }
    }

    fn belongs_beside(&self, number: usize) -> bool {
        let part = &self.parts[number];
        if part.characters == 0 || part.teaser || self.framed(number) {
            return false;
        }
        match part.name.as_str() {
            "pre" => true,
            "p" => part.characters >= PROSE_CHARACTERS && part.share_linked() < 0.3,
            "h2" | "h3" | "h4" | "h5" | "h6" | "a" | "span" | "table" | "ul" | "ol" | "header" => false,
            _ => part.share_prose() > 0.6 && part.share_linked() < 0.25 && part.prose >= 2 * PROSE_CHARACTERS,
        }
    }

    fn take_out(&mut self, html: &Html) {
        for number in 0..self.parts.len() {
            let part = &self.parts[number];
            // What only holds was a block that Readability wrote anew.
            if !part.holds || !self.goes(html, number) {
                continue;
            }
            let root = number;
            self.parts[root].kept = false;
            for number in root + 1..self.parts.len() {
                if self.parts[number].parent.is_none_or(|parent| parent < root) {
                    break;
                }
                self.parts[number].kept = false;
            }
        }
    }

    fn goes(&self, html: &Html, number: usize) -> bool {
        let part = &self.parts[number];
        let Some(element) = html.tree.get(part.node).and_then(|node| node.value().as_element()) else { return false };
        let href = element.attr("href").unwrap_or_default();
        match part.name.as_str() {
            // A permalink mark, or one that leads to a note.
            "a" if href.starts_with('#') && part.characters <= 1 => true,
            "sup" if part.linked_within == part.characters && part.characters > 0 => true,
            "ul" | "ol" | "dl" | "div" | "nav" | "table" | "details" | "section"
                if part.linked_within * 10 > part.characters * 8 && part.linked_within > 0 =>
            {
                true
            }
            _ if names::notes(&part.class) => true,
            _ => part.characters < LINE_CHARACTERS && !part.heading() && names::line(&part.class) && part.name != "a",
        }
    }

    /// Whether the text that stands directly in an element is of the article.
    pub(super) fn says(&self, node: NodeId) -> bool {
        self.numbers.get(&node).is_some_and(|number| self.parts[*number].kept)
    }

    /// Whether anything within an element is of the article.
    pub(super) fn holds(&self, node: NodeId) -> bool {
        self.numbers.get(&node).is_some_and(|number| self.parts[*number].holds)
    }
}
