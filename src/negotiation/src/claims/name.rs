//! What can be claimed, and by whom? Names of resources with a kind and a path, and holders.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest name in bytes.
pub const MAXIMUM_NAME: usize = 512;
/// The most parts of a path.
pub const MAXIMUM_DEPTH: usize = 16;
/// The longest kind in bytes.
const MAXIMUM_KIND: usize = 32;

/// The name of something shared: a kind, a colon and a path, as `connection:crm` or `path:reports/2026`.
///
/// A claim on a name covers everything beneath it: `path:reports` covers `path:reports/2026`, and not `path:reports2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Resource(String);

impl Resource {
    /// The name that is written so.
    ///
    /// # Errors
    /// [`Code::MalformedResource`], with what is wrong.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = |what: &str| {
            let shown: String = text.chars().take(80).collect();
            Err(Problem::new(Code::MalformedResource, format!("`{shown}` {what}.")).with_field("resource", what))
        };
        if text.len() > MAXIMUM_NAME {
            return wrong("is longer than 512 bytes");
        }
        let Some((kind, path)) = text.split_once(':') else { return wrong("has no kind before a colon, as `path:` has") };
        let letters = kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if kind.is_empty() || kind.len() > MAXIMUM_KIND || !letters {
            return wrong("has a kind that is not of 1 to 32 lower-case letters, digits and `_`");
        }
        if path.split('/').count() > MAXIMUM_DEPTH {
            return wrong("has more than 16 parts");
        }
        for part in path.split('/') {
            if part.is_empty() || part == "." || part == ".." {
                return wrong("has a part that is empty, `.` or `..`");
            }
            if part.chars().any(char::is_control) || part.trim() != part {
                return wrong("has control characters, or spaces around a part");
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a claim on this name is one on the other too: it is the same, or lies beneath.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the two have anything in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// The names above this one, from the top.
    pub(crate) fn above(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').filter_map(|(at, _)| self.0.get(..at))
    }

    /// From where to where the names beneath this one lie in the order of names: `0` is the sign after `/`.
    pub(crate) fn beneath(&self) -> (String, String) {
        (format!("{}/", self.0), format!("{}0", self.0))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Resource {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Resource {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        Self::parse(&text)
    }
}

impl From<Resource> for String {
    fn from(resource: Resource) -> Self {
        resource.0
    }
}

/// What kind of thing holds a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderKind {
    /// One execution of a task.
    Attempt,
    /// A task, over all its attempts.
    Task,
    /// A workflow's run.
    Run,
    /// A person.
    Person,
    /// A machine with a key of its own.
    Key,
}

impl HolderKind {
    const WORDS: [(Self, &'static str); 5] =
        [(Self::Attempt, "attempt"), (Self::Task, "task"), (Self::Run, "run"), (Self::Person, "person"), (Self::Key, "key")];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(kind, _)| *kind == self).map_or("attempt", |(_, word)| word)
    }
}

/// Who holds a claim or waits for one, as `attempt:018f…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Holder {
    /// What it is.
    pub kind: HolderKind,
    /// Which one.
    pub id: Uuid,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.id.hyphenated())
    }
}

impl FromStr for Holder {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let parsed = text.split_once(':').and_then(|(word, id)| {
            let (kind, _) = HolderKind::WORDS.into_iter().find(|(_, known)| *known == word)?;
            Some(Self { kind, id: Uuid::try_parse(id).ok()? })
        });
        parsed.ok_or_else(|| Problem::invalid_field("holder", "Write `attempt:`, `task:`, `run:`, `person:` or `key:` and a UUID."))
    }
}

impl TryFrom<String> for Holder {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<Holder> for String {
    fn from(holder: Holder) -> Self {
        holder.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for right in ["connection:crm", "path:reports/2026 Q1/ü", "topic:a"] {
            assert_eq!(Resource::parse(right).map(String::from), Ok(right.to_owned()));
        }
        let long = format!("path:{}", "a".repeat(508));
        let deep = format!("path:{}", ["a"; 17].join("/"));
        for wrong in ["", "crm", ":crm", "Path:a", "path:", "path:/a", "path:a//b", "path:a/../b", "path:a/ b", "path:a\n", &long, &deep] {
            assert!(Resource::parse(wrong).is_err_and(|problem| problem.is(Code::MalformedResource)), "{wrong}");
        }
        assert!(Resource::parse(&long[..MAXIMUM_NAME]).is_ok() && Resource::parse(&deep[..deep.len() - 2]).is_ok());
    }

    #[test]
    fn a_name_covers_what_lies_beneath() {
        let name = |text: &str| Resource::parse(text).unwrap();
        let (top, below, beside) = (name("path:a/b"), name("path:a/b/c/d"), name("path:a/b!"));
        assert!(top.covers(&below) && top.covers(&top) && !below.covers(&top) && below.overlaps(&top));
        assert!(!top.covers(&beside) && !top.overlaps(&name("path:a/bc")) && !top.overlaps(&name("topic:a/b")));
        assert_eq!(below.above().collect::<Vec<_>>(), ["path:a", "path:a/b", "path:a/b/c"]);
        let (from, to) = top.beneath();
        assert!(from.as_str() <= below.as_str() && below.as_str() < to.as_str() && beside.as_str() < from.as_str());
    }

    #[test]
    fn holders_are_written_and_read() {
        let text = "\"run:00000000-0000-0000-0000-000000000007\"";
        let holder: Holder = serde_json::from_str(text).unwrap();
        assert_eq!((holder.kind, serde_json::to_string(&holder).unwrap()), (HolderKind::Run, text.to_owned()));
        assert!("robot:00000000-0000-0000-0000-000000000007".parse::<Holder>().is_err() && "task:7".parse::<Holder>().is_err());
    }
}
