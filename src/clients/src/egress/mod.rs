//! Which HTTP client reaches out? The guarded one ([`EgressClient`]) for whatever an input names; [`client`] for Baton's own servers.
//!
//! An address that an input or a page names is checked at every step: its form ([`Rules`]), the host by the lists of the policy, each
//! address that the name resolves to ([`special`]), and all of it again for every redirect. The connection then goes to the very
//! addresses that were checked, so that a name that changes its answer (DNS rebinding) gains nothing.

mod address;
mod error;
mod exchange;
mod guard;
mod network;
mod proxy;
mod rules;
mod sniff;

use std::sync::Once;
use std::time::Duration;

pub use address::special;
pub use error::EgressError;
pub(crate) use error::distrust;
pub use exchange::{Answer, EgressClient, Hop, Request};
pub use guard::{Admitted, Guard, Turn};
pub use network::{Network, SystemNetwork};
pub use proxy::{EgressProxy, MAXIMUM_CONNECTIONS, MAXIMUM_HEAD_BYTES, ProxyBounds, Refusal, Traffic};
pub use reqwest::{Method, Url, header};
pub use rules::{MAXIMUM_URL_BYTES, Rules, shown};
pub use sniff::{Media, sniff};

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(10);

/// A client that follows no redirect and keeps connections open.
///
/// # Errors
/// If the TLS library cannot be set up.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    builder().build()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes a client")]
pub(crate) fn builder() -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Somebody else may have installed one; either serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none())
}
