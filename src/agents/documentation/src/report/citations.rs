//! How do `[@id]` in texts become numbers that lead to the list of sources?

use baton_agents_runtime::SkillError;

use super::Source;

/// Puts numbers in place of citations. `field` names the text in errors.
pub(super) fn number(text: &str, sources: &[Source], field: &str) -> Result<String, SkillError> {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find("[@") {
        let after = &rest[begin + 2..];
        let end = after.find(|character: char| !(character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | ':')));
        let Some(end) = end.filter(|end| *end > 0 && after[*end..].starts_with(']')) else {
            written.push_str(&rest[..begin + 2]);
            rest = after;
            continue;
        };
        written.push_str(&rest[..begin]);
        written.push_str(&mark(&after[..end], sources, field)?);
        rest = &after[end + 1..];
    }
    written.push_str(rest);
    Ok(written)
}

/// A citation of one source.
pub(super) fn mark(id: &str, sources: &[Source], field: &str) -> Result<String, SkillError> {
    mark_of(|source| source.id == id, sources).ok_or_else(|| {
        let known: Vec<&str> = sources.iter().map(|source| source.id.as_str()).take(20).collect();
        SkillError::input(field, format!("[@{id}] names no source; known are: {}. Add it to `sources`", known.join(", ")))
    })
}

/// A citation of the first source that is wanted.
pub(super) fn mark_of(wanted: impl Fn(&Source) -> bool, sources: &[Source]) -> Option<String> {
    sources.iter().position(wanted).map(|place| format!("[\\[{0}\\]](#source-{0})", place + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(id: &str) -> Source {
        Source { id: id.to_owned(), title: id.to_owned(), place: String::new(), link: None, task: None }
    }

    #[test]
    fn citations_are_numbered_by_the_list() {
        let sources = [source("a"), source("b-2")];
        let text = number("One [@b-2], two [@a]; mail [@ x] and [@].", &sources, "f").unwrap();
        assert_eq!(text, "One [\\[2\\]](#source-2), two [\\[1\\]](#source-1); mail [@ x] and [@].");
        assert!(number("[@c]", &sources, "sections/0/markdown").unwrap_err().message.contains("sections/0/markdown"));
    }
}
