//! How are lists cut?

use std::str::FromStr;

use baton_domain::page::{DEFAULT_LIMIT, MAXIMUM_LIMIT};
use baton_domain::problem::{Code, Problem};

/// The rows of a page.
pub(crate) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAXIMUM_LIMIT).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::new(Code::InvalidQuery, format!("Use a limit from 1 to {MAXIMUM_LIMIT}."))
            .with_field("limit", format!("{limit} is not between 1 and {MAXIMUM_LIMIT}"))),
    }
}

/// The row that a page begins after.
pub(crate) fn cursor<T: FromStr>(text: Option<&str>) -> Result<Option<T>, Problem> {
    let wrong =
        |_| Problem::new(Code::InvalidQuery, "Use the next_cursor of the page before.").with_field("cursor", "not a cursor of this list");
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

/// Cuts rows, of which one more than the page holds was read, and gives where the next page begins.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: u32, place: impl Fn(&T) -> String) -> Option<String> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    rows.last().filter(|_| more).map(place)
}
