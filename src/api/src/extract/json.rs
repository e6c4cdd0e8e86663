//! How JSON bodies are read, and how the field that does not fit is named.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use baton_domain::problem::{Code, Problem};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::problem_response::Failure;

/// Bodies above this are parsed beside the event loop, so that one batch does not hold up everybody's sockets.
const PARSED_ASIDE: usize = 256 * 1024;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON body that may be absent.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        check_type(request.headers())?;
        let bytes = read(request, state).await?;
        parse(bytes).await.map(Self)
    }
}

impl<T: DeserializeOwned + Default + Send + 'static, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let checked = check_type(request.headers());
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        checked?;
        parse(bytes).await.map(Self)
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |detail| Err(Problem::new(Code::UnsupportedMediaType, detail));
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
        return unsupported("Send JSON with Content-Type: application/json.");
    }
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            unsupported("Send the body as it is, without Content-Encoding.")
        }
        _ => Ok(()),
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Failure> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(reason) if reason.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Failure::new(Code::BodyTooLarge, "Send less at a time; large inputs are stored as artifacts first.")
        }
        _ => Failure::new(Code::MalformedJson, "The body ended before it was complete; send it again."),
    })
}

async fn parse<T: DeserializeOwned + Send + 'static>(bytes: Bytes) -> Result<T, Failure> {
    if bytes.len() <= PARSED_ASIDE {
        return decode(&bytes).map_err(Failure);
    }
    match tokio::task::spawn_blocking(move || decode(&bytes)).await {
        Ok(decoded) => decoded.map_err(Failure),
        Err(_) => Err(Failure::new(Code::Internal, "The body could not be parsed; send it again.")),
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde_json stops at a depth of 128, which is what keeps a hostile body from exhausting the stack.
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let (path, error) = (error.path().clone(), error.inner());
        if error.is_data() { wrong_field(&path, &error.to_string()) } else { malformed(error) }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(Code::MalformedJson, format!("It does not parse: {error}."))
}

/// A problem that points to the field with a JSON Pointer.
fn wrong_field(path: &Path, message: &str) -> Problem {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&escaped(key)),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    // Of a field that is missing or unknown serde gives the parent's path and the name in its message.
    if let Some(name) = message.strip_prefix("missing field ").or_else(|| message.strip_prefix("unknown field ")) {
        let name = escaped(name.split('`').nth(1).unwrap_or_default());
        if !pointer.ends_with(&name) {
            pointer.push_str(&name);
        }
    }
    Problem::invalid_field(pointer, sentence(message))
}

fn escaped(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A message of serde as a sentence; long ones are cut, since they may repeat the input.
pub(crate) fn sentence(message: &str) -> String {
    let mut text: String = message.chars().take(300).collect();
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::wire::task::{NewBatch, NewTask};

    fn field<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> (String, String) {
        let problem = decode::<T>(json.as_bytes()).unwrap_err();
        (problem.code.clone(), problem.errors.first().map(|error| error.field.clone()).unwrap_or_default())
    }

    #[test]
    fn the_field_that_does_not_fit_is_named() {
        let wrong = |field: &str| ("REQUEST-002".to_owned(), field.to_owned());
        assert_eq!(field::<NewTask>(r#"{"input": {}}"#), wrong("/skill"));
        assert_eq!(field::<NewTask>(r#"{"skill": 5, "input": {}}"#), wrong("/skill"));
        assert_eq!(field::<NewTask>(r#"{"skill": "a.b", "input": {}, "owner": "me"}"#), wrong("/owner"));
        let run = r#"{"skill": "a.b", "input": {}, "run_id": "00000000-0000-0000-0000-000000000028"}"#;
        assert_eq!(field::<NewTask>(run), wrong("/run_id"), "nobody outside says whose run it is part of");
        assert_eq!(field::<NewTask>(r#"{"skill": "a.b", "input": {}, "priority": 9}"#), wrong("/priority"));
        assert_eq!(field::<NewTask>(r#"{"skill": "a.b", "input": {}, "retry": {"tries": 2}}"#), wrong("/retry/tries"));
        let batch = r#"{"tasks": [{"skill": "a.b", "input": {}}, {"skill": "a.b"}]}"#;
        assert_eq!(field::<NewBatch>(batch), wrong("/tasks/1/input"));
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        let malformed = ("REQUEST-001".to_owned(), String::new());
        for text in ["", "{", r#"{"skill": "a.b", "input": {}} {}"#, "nonsense", r#"{"skill": "a.b",}"#, "\u{feff}{}"] {
            assert_eq!(field::<NewTask>(text), malformed, "{text}");
        }
        let deep = format!(r#"{{"skill": "a.b", "input": {}1{}}}"#, "[".repeat(200), "]".repeat(200));
        assert_eq!(field::<NewTask>(&deep), malformed);
        let nested = format!(r#"{{"skill": "a.b", "input": {}1{}}}"#, "[".repeat(120), "]".repeat(120));
        assert!(decode::<NewTask>(nested.as_bytes()).is_ok());
    }
}
