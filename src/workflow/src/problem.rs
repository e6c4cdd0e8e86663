//! What is wrong with a document, where, and what to do?

use std::fmt;

use baton_domain::problem::Code;
use serde::{Serialize, Serializer};

/// A place in the text of a document. Both count from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Position {
    /// The beginning of a text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Where one is after reading `text` from here.
    #[must_use]
    pub fn after(self, text: &str) -> Self {
        text.chars().fold(self, |at, letter| match letter {
            '\n' => Self { line: at.line.saturating_add(1), column: 1 },
            _ => Self { column: at.column.saturating_add(1), ..at },
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// One thing that is wrong with a document. A document is read and checked as a whole, so that all its problems are told at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentProblem {
    /// The stable code, explained in `docs/errors`.
    #[serde(serialize_with = "as_text")]
    pub code: Code,
    /// Where it stands.
    #[serde(flatten)]
    pub at: Position,
    /// The value that it is about, as a JSON Pointer: `/steps/extract/with/file`, or `/steps/0/with/file` where steps are a list.
    pub path: String,
    /// What is wrong, without full stop.
    pub message: String,
    /// What to do, a sentence.
    pub advice: String,
}

fn as_text<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

impl fmt::Display for DocumentProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {} ({})", self.at, self.message, self.advice, self.code.as_str())
    }
}

impl std::error::Error for DocumentProblem {}

/// The most problems that are told of one document; a broken one may have as many as it has values.
pub const MAXIMUM_PROBLEMS: usize = 100;

/// Collects problems while a document is read and checked.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<DocumentProblem>,
}

impl Problems {
    pub(crate) fn add(&mut self, code: Code, at: Position, path: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) {
        if self.found.len() < MAXIMUM_PROBLEMS {
            self.found.push(DocumentProblem { code, at, path: path.into(), message: message.into(), advice: advice.into() });
        }
    }

    /// Whether more problems would be dropped: then nobody needs to look for what was meant.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= MAXIMUM_PROBLEMS
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// In the order of the document.
    pub(crate) fn into_sorted(mut self) -> Vec<DocumentProblem> {
        self.found.sort_by(|one, other| (one.at, &one.path).cmp(&(other.at, &other.path)));
        self.found
    }
}

/// A JSON Pointer one level deeper.
pub(crate) fn below(path: &str, key: impl fmt::Display) -> String {
    format!("{path}/{}", key.to_string().replace('~', "~0").replace('/', "~1"))
}

/// The longest word for which a similar one is looked for.
const LONGEST_COMPARED: usize = 64;

/// The name among `known` that is most like `wrong`, if one is like it: what was probably meant.
pub(crate) fn similar<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > LONGEST_COMPARED {
        return None;
    }
    let wrong: Vec<char> = wrong.to_lowercase().chars().collect();
    let most = (wrong.len() / 3).max(1);
    let rated = known.into_iter().filter(|name| name.len() <= LONGEST_COMPARED).filter_map(|name| {
        let letters: Vec<char> = name.to_lowercase().chars().collect();
        if letters.len().abs_diff(wrong.len()) > most {
            return None;
        }
        let distance = distance(&wrong, &letters);
        (distance <= most).then_some((distance, name))
    });
    rated.min().map(|(_, name)| name)
}

/// How many letters have to be put in, left out, changed or swapped with their neighbour (optimal string alignment).
fn distance(one: &[char], other: &[char]) -> usize {
    let width = other.len() + 1;
    let mut before = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1; width];
        for (column, against) in other.iter().enumerate() {
            let changed = last[column] + usize::from(letter != against);
            let mut least = changed.min(last[column + 1] + 1).min(next[column] + 1);
            if row > 0 && column > 0 && one[row - 1] == *against && *letter == other[column - 1] {
                least = least.min(before[column - 1] + 1);
            }
            next[column + 1] = least;
        }
        before = std::mem::replace(&mut last, next);
    }
    last[width - 1]
}

/// `Did you mean …?`, or else `otherwise`.
pub(crate) fn suggestion<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>, otherwise: impl FnOnce() -> String) -> String {
    similar(wrong, known).map_or_else(otherwise, |name| format!("Did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found() {
        let known = ["needs", "foreach", "timeout", "nlp.sentiment"];
        assert_eq!(similar("need", known), Some("needs"));
        assert_eq!(similar("foraech", known), Some("foreach"));
        assert_eq!(similar("nlp.sentimant", known), Some("nlp.sentiment"));
        assert_eq!(similar("uses", known), None);
        assert_eq!(similar(&"x".repeat(1000), known), None);
    }

    #[test]
    fn a_place_counts_lines_and_characters() {
        assert_eq!(Position::START.after("aé\n b"), Position { line: 2, column: 3 });
    }

    #[test]
    fn a_pointer_escapes_what_it_must() {
        assert_eq!(below("/steps", "a/b~c"), "/steps/a~1b~0c");
    }
}
