//! Which client reaches endpoints that an administrator configured? One that trusts their certificate authority too.

use std::time::Duration;

use crate::egress;

/// How long a connection to an endpoint may take to come up.
const CONNECT: Duration = Duration::from_secs(10);

/// A client for one configured endpoint: it follows no redirect, so that a key goes to no other host.
///
/// # Errors
/// If the certificate authority is none, or the TLS library cannot be set up.
#[expect(clippy::disallowed_methods, reason = "beside egress this is the one place that makes a client")]
pub fn client(ca_pem: Option<&str>, timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    egress::install_provider();
    let mut builder = reqwest::Client::builder().connect_timeout(CONNECT).timeout(timeout).redirect(reqwest::redirect::Policy::none());
    if let Some(pem) = ca_pem {
        for certificate in reqwest::Certificate::from_pem_bundle(pem.as_bytes())? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build()
}
