//! Which page of an API's list comes next? By number, by offset, by a cursor in the answer, or by the header `Link`.

use std::collections::HashSet;

use baton_agents_runtime::SkillError;
use baton_clients::egress::{Answer, Url, header};
use baton_domain::connection::ConnectionGrant;
use serde::Deserialize;
use serde_json::Value;

use super::place::{next, with_query};
use super::secret::is_own_parameter;
use super::select::Selection;

/// How an API cuts its lists into pages; part of the input.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PagingInput {
    kind: How,
    parameter: Option<String>,
    start: Option<u64>,
    size_parameter: Option<String>,
    size: Option<u64>,
    from: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    #[default]
    None,
    Link,
    Page,
    Offset,
    Cursor,
}

/// The way through the pages.
pub(crate) struct Paging {
    how: How,
    parameter: String,
    size: Option<u64>,
    size_parameter: Option<String>,
    from: Option<Selection>,
    /// Whether what `from` picks is an address of its own, not the value of a parameter.
    address: bool,
    position: u64,
    /// Whether a page had as many records as it was asked for.
    full: bool,
    seen: HashSet<String>,
}

/// Where the way leads after a page.
pub(crate) enum Step {
    /// To this address.
    To(Url),
    /// Nowhere: that was the last page.
    End,
    /// To a page that was read before: the API goes in a circle.
    Circle,
}

impl Paging {
    pub(crate) fn read(grant: &ConnectionGrant, input: PagingInput) -> Result<Self, SkillError> {
        let PagingInput { kind: how, parameter, start, size_parameter, size, from } = input;
        for (field, name) in [("pagination.parameter", &parameter), ("pagination.size_parameter", &size_parameter)] {
            if name.as_deref().is_some_and(|name| is_own_parameter(grant, name)) {
                return Err(SkillError::input(field, "it is the connection's own parameter"));
            }
        }
        let from = from.as_deref().map(|text| Selection::read("pagination.from", text)).transpose()?;
        if how == How::Cursor && from.is_none() {
            return Err(SkillError::input("pagination.from", "say where the answer holds the cursor or the address of the next page"));
        }
        let address = how == How::Cursor && parameter.is_none();
        let usual = if how == How::Offset { "offset" } else { "page" };
        let parameter = parameter.unwrap_or_else(|| usual.to_owned());
        let position = start.unwrap_or(u64::from(how == How::Page));
        Ok(Self { how, parameter, size, size_parameter, from, address, position, full: false, seen: HashSet::new() })
    }

    /// Whether there is more than one page to read at all.
    pub(crate) fn is_on(&self) -> bool {
        self.how != How::None
    }

    /// Whether a page that is not there means that the one before was the last.
    pub(crate) fn ends_by_absence(&self) -> bool {
        matches!(self.how, How::Page | How::Offset)
    }

    /// The address of the first page.
    pub(crate) fn first(&mut self, mut url: Url) -> Url {
        let mut own = Vec::new();
        if let (Some(name), Some(size)) = (&self.size_parameter, self.size) {
            own.push((name.clone(), size.to_string()));
        }
        if matches!(self.how, How::Page | How::Offset) {
            own.push((self.parameter.clone(), self.position.to_string()));
        }
        with_query(&mut url, &own);
        self.seen.insert(url.to_string());
        url
    }

    /// The address of the next page, after one of so many records.
    pub(crate) fn after(&mut self, base: &Url, url: &Url, answer: &Answer, value: &Value, records: usize) -> Result<Step, SkillError> {
        let to = match self.how {
            How::None => None,
            How::Link => match linked(answer) {
                Some(named) => Some(next(base, url, &named)?),
                None => None,
            },
            How::Page | How::Offset => {
                let full = self.size.is_some_and(|size| records as u64 >= size);
                // An API may give smaller pages than it is asked for. That a short page is the last is known only where a full one was seen.
                let last = records == 0 || (self.full && !full);
                self.full |= full;
                (!last).then(|| {
                    self.position = self.position.saturating_add(if self.how == How::Page { 1 } else { records as u64 });
                    self.with(url, self.position.to_string())
                })
            }
            How::Cursor => {
                let cursor = self.from.as_ref().map(|from| from.cursor("pagination.from", value)).transpose()?.flatten();
                match cursor {
                    Some(named) if self.address => Some(next(base, url, &named)?),
                    Some(cursor) => Some(self.with(url, cursor)),
                    None => None,
                }
            }
        };
        let Some(to) = to else { return Ok(Step::End) };
        Ok(if self.seen.insert(to.to_string()) { Step::To(to) } else { Step::Circle })
    }

    fn with(&self, url: &Url, value: String) -> Url {
        let mut url = url.clone();
        with_query(&mut url, &[(self.parameter.clone(), value)]);
        url
    }
}

/// The address that the headers `Link` name as the next page.
fn linked(answer: &Answer) -> Option<String> {
    answer.headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_link)
}

/// The target of the first link whose relation is `next` (RFC 8288, section 3).
fn next_link(mut text: &str) -> Option<String> {
    loop {
        let start = text.find('<')?;
        let (target, rest) = text[start + 1..].split_once('>')?;
        let (relations, after) = relations(rest);
        if relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next")) {
            return Some(target.trim().to_owned());
        }
        text = after;
    }
}

/// The value of the first parameter `rel`, and what stands after this link. A quoted value may hold any sign.
fn relations(mut text: &str) -> (String, &str) {
    let mut found: Option<String> = None;
    loop {
        text = text.trim_start();
        let Some(rest) = text.strip_prefix(';') else {
            return (found.unwrap_or_default(), text);
        };
        let end = rest.find(['=', ';', ',']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        text = &rest[end..];
        let Some(value) = text.strip_prefix('=') else { continue };
        let value = value.trim_start();
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => {
                let mut escaped = false;
                let close = quoted.find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                let close = close.unwrap_or(quoted.len());
                (&quoted[..close], quoted.get(close + 1..).unwrap_or_default())
            }
            None => value.split_at(value.find([';', ',']).unwrap_or(value.len())),
        };
        if name.eq_ignore_ascii_case("rel") && found.is_none() {
            found = Some(value.trim().to_owned());
        }
        text = after;
    }
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn links_are_read_as_the_standard_writes_them() {
        for (text, target) in [
            (
                "<https://api.example/a?page=2>; rel=\"next\", <https://api.example/a?page=9>; rel=\"last\"",
                Some("https://api.example/a?page=2"),
            ),
            ("<a>; rel=prev, </b,c;d>; title=\"x, <no>; rel=next\"; rel=next", Some("/b,c;d")),
            // RFC 8288, section 3.5.
            ("<http://example.org/>; rel=\"start http://example.net/relation/other\"", None),
            ("</TheBook/chapter4>; rel=\"next\"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel", Some("/TheBook/chapter4")),
            ("<a>;rel=\"prev next\"", Some("a")),
            ("<a> ; REL = Next", Some("a")),
            // Only the first of several counts.
            ("<a>; rel=prev; rel=next", None),
            ("<a>; rel=\"next", Some("a")),
            ("<a", None),
            ("", None),
            (";;;=\"<<>>", None),
        ] {
            assert_eq!(next_link(text).as_deref(), target, "{text}");
        }
    }
}
