//! Which HTTP client reaches out? This one; it is made nowhere else.

use std::sync::Once;
use std::time::Duration;

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(10);

/// A client that follows no redirect and keeps connections open.
///
/// # Errors
/// If the TLS library cannot be set up.
#[expect(clippy::disallowed_methods, reason = "this is the one place that makes a client")]
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    install_provider();
    reqwest::Client::builder().connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none()).build()
}

/// Makes sure that there is a crypto provider for TLS.
pub(crate) fn install_provider() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Somebody else may have installed one; either serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
