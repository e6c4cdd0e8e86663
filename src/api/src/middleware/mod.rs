//! What every request passes before a handler sees it.

pub(crate) mod authenticate;
pub(crate) mod origin;
pub(crate) mod rate_limit;
pub(crate) mod request_context;
pub(crate) mod security_headers;
