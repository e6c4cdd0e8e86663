//! How is XML of strangers read? As events within bounds of depth and number; entities that a document declares are never unfolded.

use baton_agents_runtime::{Context, SkillError};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::{excessive, unfit};

/// The deepest nesting of elements.
pub const MAXIMUM_XML_DEPTH: usize = 256;
/// The most tags, texts and references of a document.
pub const MAXIMUM_XML_EVENTS: usize = 20_000_000;
/// How many events are read between two looks at whether somebody asked to stop.
const STRIDE: usize = 4_096;

/// What is met in a document; names without their prefix.
pub(crate) enum Met<'a> {
    Start(&'a str, &'a BytesStart<'a>),
    End(&'a str),
    Text(&'a str),
}

/// Reads a document and hands over what is met. An element without content starts and ends.
pub(crate) fn walk(
    context: &Context,
    name: &str,
    text: &str,
    mut meet: impl FnMut(Met<'_>) -> Result<(), SkillError>,
) -> Result<(), SkillError> {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut events) = (0_usize, 0_usize);
    loop {
        events += 1;
        if events.is_multiple_of(STRIDE) {
            context.check()?;
        }
        if events > MAXIMUM_XML_EVENTS {
            return Err(excessive(format!("{name} has more than {MAXIMUM_XML_EVENTS} tags and texts")));
        }
        let event = reader.read_event();
        let event = event.map_err(|error| unfit(format!("{name} is no proper XML, at byte {}: {error}", reader.error_position())))?;
        match event {
            Event::Start(tag) => {
                depth += 1;
                if depth > MAXIMUM_XML_DEPTH {
                    return Err(excessive(format!("{name} is nested more than {MAXIMUM_XML_DEPTH} elements deep")));
                }
                meet(Met::Start(tag.local_name().as_ref(), &tag))?;
            }
            Event::Empty(tag) => {
                meet(Met::Start(tag.local_name().as_ref(), &tag))?;
                meet(Met::End(tag.local_name().as_ref()))?;
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                meet(Met::End(tag.local_name().as_ref()))?;
            }
            Event::Text(text) => meet(Met::Text(&text.html_content()))?,
            Event::CData(text) => meet(Met::Text(&text))?,
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().ok().flatten().map(String::from);
                // An entity of the document's own stays unread: unfolding them is how a kilobyte becomes gigabytes.
                let known = character.or_else(|| resolve_predefined_entity(&reference).map(str::to_owned));
                meet(Met::Text(known.as_deref().unwrap_or("\u{fffd}")))?;
            }
            Event::Eof if depth > 0 => return Err(unfit(format!("{name} ends within {depth} open elements"))),
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// The value of an attribute, by its name without prefix.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned))
}

/// The name of the root element, without its prefix.
pub(super) fn root(text: &str) -> Result<String, SkillError> {
    let mut reader = Reader::from_str(text);
    for _ in 0..STRIDE {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => return Ok(tag.local_name().as_ref().to_owned()),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => return Err(unfit(format!("the document is no proper XML: {error}"))),
        }
    }
    Err(unfit("the document is XML without an element"))
}
