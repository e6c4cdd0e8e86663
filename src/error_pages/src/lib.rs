//! What does an error code mean, and what is to be done about it? The pages of `docs/errors`, for whoever shows or quotes them.

// `PAGES`: (code, markdown), by code.
include!(concat!(env!("OUT_DIR"), "/error_pages.rs"));

/// The heading of what led to the error.
const CAUSE: &str = "## Cause";
/// The heading of what helps.
const ACTION: &str = "## What to do";

/// What the page of a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorPage {
    /// What it means, in a few words.
    pub title: &'static str,
    /// What leads to it, as Markdown.
    pub cause: &'static str,
    /// What helps, as Markdown.
    pub action: &'static str,
}

/// The page of a code as it is written, as Markdown; none for a code that is not one of ours.
#[must_use]
pub fn markdown(code: &str) -> Option<&'static str> {
    PAGES.binary_search_by_key(&code, |(name, _)| name).ok().and_then(|place| PAGES.get(place)).map(|(_, markdown)| *markdown)
}

/// The page of a code in its parts; none for a code that is not one of ours.
#[must_use]
pub fn page(code: &str) -> Option<ErrorPage> {
    let text = markdown(code)?;
    let (heading, rest) = text.split_once('\n')?;
    let (_, rest) = rest.split_once(CAUSE)?;
    let (cause, action) = rest.split_once(ACTION)?;
    let title = heading.split_once(": ")?.1;
    Some(ErrorPage { title: title.trim(), cause: cause.trim(), action: action.trim() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use baton_domain::problem::Code;

    use super::*;

    #[test]
    fn every_code_has_a_page_that_begins_with_its_name_and_title() {
        for code in Code::ALL {
            let markdown = markdown(code.as_str()).unwrap_or_else(|| panic!("{}", code.as_str()));
            let heading = format!("# {}: {}", code.as_str(), code.title());
            assert_eq!(markdown.lines().next(), Some(heading.as_str()));
            let lines = markdown.lines().filter(|line| !line.is_empty()).count();
            assert!((4..=12).contains(&lines), "{} has {lines} lines", code.as_str());
            let page = page(code.as_str()).unwrap_or_else(|| panic!("{} lacks a cause or what to do", code.as_str()));
            assert_eq!(page.title, code.title());
            assert!(!page.cause.is_empty() && !page.action.is_empty(), "{}", code.as_str());
        }
        assert_eq!(PAGES.len(), Code::ALL.len(), "a page without its code");
    }

    #[test]
    fn other_codes_have_no_page() {
        assert_eq!((page("NOPE-001"), markdown(""), markdown("../DATA-001")), (None, None, None));
    }
}
