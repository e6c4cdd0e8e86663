//! What a server function answers when it refuses: the same problem, with the same status, as REST.

use std::fmt;

use baton_domain::problem::{Code, Problem};
use leptos::server_fn::codec::Post;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::json;

/// A refused or failed call. It carries the whole problem to the page that called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiError(pub Problem);

/// The answer of a server function.
pub type Called<T> = Result<T, ApiError>;

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ApiError {}

#[cfg(feature = "ssr")]
impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        super::serve::refuse(problem)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = ProblemBody;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let problem = translated(error);
        // The server makes this one only while it answers a call; then its status must be the problem's.
        #[cfg(feature = "ssr")]
        return super::serve::refuse(problem);
        #[cfg(not(feature = "ssr"))]
        Self(problem)
    }
}

/// What went wrong around a call, as a problem.
fn translated(error: ServerFnErrorErr) -> Problem {
    match error {
        ServerFnErrorErr::Request(message) if message == NOT_A_FORM => {
            Problem::new(Code::UnsupportedMediaType, "Send multipart/form-data with a boundary.")
        }
        ServerFnErrorErr::Request(_) => {
            Problem::new(Code::ServerUnreachable, "The server does not answer. Check the connection and try again.")
        }
        ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => wrong_field(&message),
        ServerFnErrorErr::Deserialization(message) if message.contains("length limit exceeded") => {
            Problem::new(Code::BodyTooLarge, "Send less at once.")
        }
        ServerFnErrorErr::Deserialization(message) => match message.strip_prefix(WRONG_DATA) {
            Some(message) => wrong_field(message),
            None => Problem::new(Code::MalformedJson, message),
        },
        other => Problem::new(Code::Internal, other.to_string()),
    }
}

/// Serde names a field between back-ticks.
fn wrong_field(message: &str) -> Problem {
    match message.split('`').nth(1) {
        Some(field) => Problem::invalid_field(field, message),
        None => Problem::new(Code::InvalidRequest, message),
    }
}

/// JSON in both directions; unlike Leptos' own codec it tells broken JSON from JSON that does not fit.
pub type Json = Post<JsonBody>;

/// What marks a request to a form's function that is no form.
pub(super) const NOT_A_FORM: &str = "not a form";

/// What marks well-formed JSON of the wrong shape.
const WRONG_DATA: &str = "wrong data: ";

/// The codec behind [`Json`].
#[derive(Debug)]
pub struct JsonBody;

impl ContentType for JsonBody {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonBody {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonBody {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonBody {
    type Error = String;

    #[cfg(feature = "ssr")]
    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => format!("{WRONG_DATA}{error}"),
            _ => error.to_string(),
        })
    }

    #[cfg(not(feature = "ssr"))]
    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let value = json::parse(str::from_utf8(&bytes).map_err(|error| error.to_string())?)?;
        json::of(value).map_err(|error| format!("{WRONG_DATA}{error}"))
    }
}

/// How the problem is written: RFC 9457, as REST writes it.
#[derive(Debug)]
pub struct ProblemBody;

impl ContentType for ProblemBody {
    const CONTENT_TYPE: &'static str = "application/problem+json";
}

impl FormatType for ProblemBody {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<ApiError> for ProblemBody {
    type Error = serde_json::Error;

    fn encode(error: &ApiError) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(error).map(Bytes::from)
    }
}

impl Decodes<ApiError> for ProblemBody {
    type Error = String;

    fn decode(bytes: Bytes) -> Result<ApiError, Self::Error> {
        json::read(str::from_utf8(&bytes).map_err(|error| error.to_string())?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn broken_json_and_json_of_the_wrong_shape_are_told_apart() {
        let read = |text: &'static str| <JsonBody as Decodes<Vec<u8>>>::decode(Bytes::from_static(text.as_bytes())).unwrap_err();
        let code = |text| translated(ServerFnErrorErr::Deserialization(read(text))).code;
        assert_eq!(code("[1,"), "REQUEST-001");
        assert_eq!(code("{}"), "REQUEST-002");
    }

    #[test]
    fn a_missing_field_is_named() {
        let problem = translated(ServerFnErrorErr::Args("missing field `email`".to_owned()));
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "email"));
    }
}
