//! Which client reaches endpoints that an administrator configured? One that trusts their certificate authority too.

use std::time::Duration;

use crate::egress;

/// A client for one configured endpoint: it follows no redirect, so that a key goes to no other host.
///
/// # Errors
/// If the certificate authority is none, or the TLS library cannot be set up.
pub fn client(ca_pem: Option<&str>, timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = egress::builder().timeout(timeout);
    if let Some(pem) = ca_pem {
        for certificate in reqwest::Certificate::from_pem_bundle(pem.as_bytes())? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build()
}
