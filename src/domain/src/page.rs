//! How long lists are cut: keyset pages with an opaque cursor.

use serde::{Deserialize, Serialize};

/// Rows of one page when the caller does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most rows that one page holds.
pub const MAXIMUM_LIMIT: u32 = 500;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// Give this as `cursor` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_cursor: Option<String>,
    /// The last event that these rows take into account; resume a subscription here.
    pub as_of: crate::id::EventSeq,
}
