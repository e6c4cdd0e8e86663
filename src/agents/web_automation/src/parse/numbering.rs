//! Which paragraphs of a Word document are headings or items of lists? What its styles and its numbering say.

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};

use super::xml::{Met, attribute, walk};

/// How far a style is followed to the one that it is based on.
const MAXIMUM_INHERITANCE: usize = 16;

/// What a paragraph's style says of it.
#[derive(Debug, Default, Clone)]
struct Style {
    /// 1 to 9 for headings.
    level: Option<u8>,
    /// The list that its paragraphs belong to.
    list: Option<(String, u8)>,
    /// The level that the name of a list's style tells: `List Bullet 2` is a list of its own, indented.
    named: u8,
    based_on: Option<String>,
}

/// The styles of a document.
#[derive(Debug, Default)]
pub(super) struct Styles(HashMap<String, Style>);

impl Styles {
    pub(super) fn read(context: &Context, text: &str) -> Result<Self, SkillError> {
        let mut styles: HashMap<String, Style> = HashMap::new();
        let mut current: Option<(String, Style)> = None;
        walk(context, "styles.xml", text, |met| {
            match met {
                Met::Start("style", tag) => current = attribute(tag, "styleId").map(|id| (id, Style::default())),
                Met::End("style") => styles.extend(current.take()),
                Met::Start(name, tag) => {
                    let Some((_, style)) = &mut current else { return Ok(()) };
                    let value = attribute(tag, "val");
                    match name {
                        "name" => {
                            let name = value.unwrap_or_default().to_lowercase();
                            let number = name.strip_prefix("heading ").and_then(|number| number.parse().ok());
                            let list = name.strip_prefix("list bullet ").or_else(|| name.strip_prefix("list number "));
                            style.named = list.and_then(|number| number.parse::<u8>().ok()).map_or(0, |number| number.saturating_sub(1));
                            style.level = number.or_else(|| (name == "title").then_some(1)).or(style.level);
                        }
                        "basedOn" => style.based_on = value,
                        "outlineLvl" if style.level.is_none() => style.level = outline(value.as_deref()),
                        "numId" => style.list = Some((value.unwrap_or_default(), style.list.as_ref().map_or(0, |list| list.1))),
                        "ilvl" => {
                            let level = value.and_then(|value| value.parse().ok()).unwrap_or(0);
                            style.list = Some((style.list.as_ref().map_or_else(String::new, |list| list.0.clone()), level));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self(styles))
    }

    fn chain(&self, id: &str) -> impl Iterator<Item = &Style> {
        let mut next = self.0.get(id);
        let chain = std::iter::from_fn(move || {
            let style = next?;
            next = style.based_on.as_ref().and_then(|id| self.0.get(id));
            Some(style)
        });
        chain.take(MAXIMUM_INHERITANCE)
    }

    /// The level of a heading with this style.
    pub(super) fn level(&self, id: &str) -> Option<u8> {
        self.chain(id).find_map(|style| style.level)
    }

    /// The list of a paragraph with this style, and its level there.
    pub(super) fn list(&self, id: &str) -> Option<(String, u8)> {
        self.chain(id).find_map(|style| style.list.clone()).filter(|list| !list.0.is_empty())
    }

    /// How far the name of a style indents a list that itself begins at its first level.
    pub(super) fn indent(&self, id: &str) -> u8 {
        self.0.get(id).map_or(0, |style| style.named)
    }
}

/// An outline level counts from 0; 9 is running text.
pub(super) fn outline(value: Option<&str>) -> Option<u8> {
    value.and_then(|value| value.parse::<u8>().ok()).filter(|level| *level < 9).map(|level| level + 1)
}

/// Which lists of a document count their items: by list and level.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    ordered: HashMap<(String, u8), bool>,
    lists: HashMap<String, String>,
}

impl Numbering {
    pub(super) fn read(context: &Context, text: &str) -> Result<Self, SkillError> {
        let mut numbering = Self::default();
        let (mut shape, mut level, mut list) = (String::new(), 0, None);
        walk(context, "numbering.xml", text, |met| {
            if let Met::Start(name, tag) = met {
                match name {
                    "abstractNum" => shape = attribute(tag, "abstractNumId").unwrap_or_default(),
                    "lvl" => level = attribute(tag, "ilvl").and_then(|value| value.parse().ok()).unwrap_or(0),
                    "numFmt" if list.is_none() => {
                        let format = attribute(tag, "val").unwrap_or_default();
                        numbering.ordered.insert((shape.clone(), level), !matches!(format.as_str(), "bullet" | "none"));
                    }
                    "num" => list = attribute(tag, "numId"),
                    "abstractNumId" => {
                        if let (Some(list), Some(shape)) = (&list, attribute(tag, "val")) {
                            numbering.lists.insert(list.clone(), shape);
                        }
                    }
                    _ => {}
                }
            }
            Ok(())
        })?;
        Ok(numbering)
    }

    /// Whether a list counts its items at this level.
    pub(super) fn is_ordered(&self, list: &str, level: u8) -> bool {
        self.lists.get(list).and_then(|shape| self.ordered.get(&(shape.clone(), level))).copied().unwrap_or(false)
    }
}
