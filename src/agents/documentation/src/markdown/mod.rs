//! How does Markdown become HTML that cannot do harm?
//!
//! Raw HTML is shown as text, links go only where a reader can follow them safely, and pictures come only from within: so the
//! result needs no sanitizer, and a property test holds that it has no element and no attribute beside the known ones.

mod html;

use pulldown_cmark::Options;

pub(crate) use html::{escape as escape_html, is_safe_address, to_html};

/// The Markdown that is read: CommonMark with tables, strikethrough, task lists and footnotes.
pub(crate) fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES
}
