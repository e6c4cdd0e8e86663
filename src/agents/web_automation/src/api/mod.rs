//! What does an API of a connection answer? Asked with its secret, which nothing shows, and never outside its address.

mod call;
mod contract;
mod exchange;
mod paging;
pub(crate) mod place;
mod secret;
pub(crate) mod select;
mod send;

pub(crate) use call::perform as call;
pub use call::{MAXIMUM_API_PAGES, MAXIMUM_API_RECORDS, MAXIMUM_API_SECONDS, MAXIMUM_API_TOTAL_BYTES};
pub use contract::{API_CALL, API_SEND};
pub(crate) use contract::{api_call, api_send};
pub(crate) use exchange::{Api, Content};
pub use exchange::{MAXIMUM_API_BYTES, MAXIMUM_BODY_BYTES};
pub use select::{MAXIMUM_EXPRESSION_BYTES, MAXIMUM_EXPRESSION_DEPTH, MAXIMUM_PICKED_VALUES};
pub(crate) use send::perform as send;
