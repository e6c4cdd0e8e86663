//! Why did an exchange with the outside fail?

use std::error::Error as _;
use std::io;

use baton_domain::problem::Code;

/// Why an exchange failed. The message never holds a query, a header, or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct EgressError {
    /// The stable code, one of `EGRESS-…`.
    pub code: Code,
    /// What happened and what to do.
    pub message: String,
    /// Whether another attempt could succeed.
    pub passing: bool,
}

impl EgressError {
    /// A failure that another attempt would meet again.
    pub(crate) fn lasting(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), passing: false }
    }

    /// A failure that may pass.
    pub(crate) fn passing(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), passing: true }
    }

    /// What a failure of the HTTP library means for the exchange with `place`.
    pub(crate) fn of(error: &reqwest::Error, place: &str) -> Self {
        if let Some(reason) = tls_reason(error) {
            return Self::lasting(Code::TlsRefused, format!("{place}: {reason}"));
        }
        let reason = innermost(error);
        if error.is_timeout() {
            return Self::passing(Code::ExchangeTimedOut, format!("{place}: the connection did not come up in time"));
        }
        // With decompression on, a body that was cut is called one that does not decode.
        if error.is_decode() && !causes(error).any(|cause| cause.is::<hyper::Error>()) {
            return Self::lasting(Code::AnswerUnusable, format!("{place}: the compressed body is broken: {reason}"));
        }
        if error.is_builder() {
            return Self::lasting(Code::UrlRefused, format!("{place}: {reason}"));
        }
        if malformed(error) {
            return Self::lasting(Code::AnswerUnusable, format!("{place}: {reason}"));
        }
        Self::passing(Code::HostUnreachable, format!("{place}: {reason}"))
    }
}

/// All causes; those within an `io::Error` too, which `source` steps over.
fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    let mut next: Option<&'a (dyn std::error::Error + 'static)> = error.source();
    std::iter::from_fn(move || {
        let current = next?;
        next = match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => current.source(),
        };
        Some(current)
    })
}

/// Why a host's certificate is not trusted, where that is why there is no answer.
pub(crate) fn distrust(error: &reqwest::Error) -> Option<String> {
    let refused = |cause: &rustls::Error| matches!(cause, rustls::Error::InvalidCertificate(_));
    causes(error).filter_map(|cause| cause.downcast_ref::<rustls::Error>()).find(|cause| refused(cause)).map(ToString::to_string)
}

fn tls_reason(error: &reqwest::Error) -> Option<String> {
    causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()).map(ToString::to_string)
}

/// Whether the host answered something that is no HTTP.
fn malformed(error: &reqwest::Error) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse)
}

fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "the exchange failed".to_owned(), ToString::to_string)
}
