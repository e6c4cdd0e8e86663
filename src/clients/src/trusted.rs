//! Which client reaches endpoints that an administrator configured? One that trusts their certificate authority too.

use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

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

/// Whether a text is a certificate authority that [`client`] can trust: one certificate or several in PEM form, each read to its end.
///
/// # Errors
/// What is wrong with it, in words for whoever gave it.
pub fn check_authority(pem: &str) -> Result<(), String> {
    if pem.contains("PRIVATE KEY-----") {
        return Err("there is a private key in it; give the certificates alone".to_owned());
    }
    let mut store = RootCertStore::empty();
    for (place, certificate) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
        let wrong = |why: String| format!("certificate {} cannot be read: {why}; paste it with its line breaks", place + 1);
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        store.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(
            "there is no certificate in it; paste it in PEM form with its line breaks, from -----BEGIN CERTIFICATE----- on".to_owned()
        );
    }
    Ok(())
}

/// Why an endpoint's certificate is not trusted, where that is why there is no answer: it will not be a moment later either.
#[must_use]
pub fn distrust(error: &reqwest::Error) -> Option<String> {
    egress::distrust(error)
}
