//! How the bytes of files come in and go out: streamed both ways, never whole in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use baton_domain::id::ArtifactId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{ByteStream, NewArtifact};
use baton_domain::wire::artifact::ArtifactView;
use futures::{Stream, StreamExt};
use serde::Deserialize;

use super::{Created, created};
use crate::extract::{Id, Params, SignedIn, content_hash};
use crate::gateway::Gateway;
use crate::problem_response::{Failure, Reply};

/// What the query of an upload says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    name: String,
}

/// Store a file
///
/// The body is the file itself, as it is: no form, no encoding. It is hashed on the way and on disk when this
/// answers. With a promised hash a body that arrives otherwise is refused.
#[utoipa::path(
    post, path = "/artifacts", tag = "artifacts", operation_id = "upload_artifact",
    params(
        ("name" = String, Query, description = "The file's name; folders are cut off", example = json!("sales.csv")),
        ("Content-Digest" = Option<String>, Header, description = "The promised hash, as sha-256=:<base64>: (RFC 9530)"),
        ("X-Content-SHA256" = Option<String>, Header, description = "The promised hash in hexadecimal"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The bytes; Content-Type says what they are"),
    responses((status = 201, description = "Stored", body = ArtifactView, headers(("Location", description = "The artifact's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["ARTIFACT-002", "ARTIFACT-004", "REQUEST-004", "STORAGE-002"])))
)]
pub(crate) async fn upload_artifact(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(upload): Params<Upload>,
    request: Request,
) -> Reply<Created<ArtifactView>> {
    let artifact = NewArtifact {
        name: upload.name,
        media_type: media_type(request.headers())?,
        sha256: content_hash(request.headers())?,
        task_id: None,
    };
    let fell_silent = Arc::new(AtomicBool::new(false));
    let limit = gateway.config.limits.upload_silence;
    let bytes: ByteStream = Box::pin(impatient(request.into_body(), limit, Arc::clone(&fell_silent)));
    match gateway.services.artifacts.put(&caller, artifact, bytes).await {
        Ok(view) => Ok(created("artifacts", view.id, view)),
        Err(_) if fell_silent.load(Ordering::SeqCst) => {
            Err(Failure::new(Code::RequestTimeout, format!("The upload was silent for {} s; send it again.", limit.as_secs())))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The body's pieces; an error if the next one does not come in time, so that a stalled client holds nothing.
fn impatient(body: Body, limit: Duration, fell_silent: Arc<AtomicBool>) -> impl Stream<Item = std::io::Result<axum::body::Bytes>> + Send {
    futures::stream::unfold(Some(body.into_data_stream()), move |pieces| {
        let fell_silent = Arc::clone(&fell_silent);
        async move {
            let mut pieces = pieces?;
            match tokio::time::timeout(limit, pieces.next()).await {
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some(pieces))),
                Ok(Some(Err(error))) => Some((Err(std::io::Error::other(error)), None)),
                Ok(None) => None,
                Err(_) => {
                    fell_silent.store(true, Ordering::SeqCst);
                    Some((Err(std::io::ErrorKind::TimedOut.into()), None))
                }
            }
        }
    })
}

fn media_type(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(None) };
    match value.to_str() {
        Ok(text) if text.to_ascii_lowercase().starts_with("multipart/") => {
            Err(Problem::new(Code::UnsupportedMediaType, "Send the file itself as the body, not a form; its name goes into ?name=."))
        }
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => Err(Problem::new(Code::UnsupportedMediaType, "Write Content-Type in ASCII.")),
    }
}

/// Download a file
///
/// Always as an attachment: a stored page must not run in this server's name. The `ETag` is the content's SHA-256.
#[utoipa::path(
    get, path = "/artifacts/{id}/content", tag = "artifacts", operation_id = "download_artifact",
    params(
        ("id" = String, Path, format = "uuid", description = "The artifact"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of a copy one has"),
    ),
    responses(
        (status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream",
            headers(("ETag", description = "The SHA-256, quoted"), ("Content-Disposition", description = "The file's name"))),
        (status = 304, description = "The copy is still right"),
    ),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["ARTIFACT-001"])))
)]
pub(crate) async fn download_artifact(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ArtifactId>,
    headers: HeaderMap,
) -> Reply<Response> {
    let content = gateway.services.artifacts.open(&caller, id).await?;
    let tag = format!("\"{}\"", content.view.sha256);
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = if known.split(',').map(str::trim).any(|known| known == tag || known.strip_prefix("W/") == Some(&tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from_stream(content.bytes).into_response();
        describe(response.headers_mut(), &content.view);
        response
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    // Content never changes under its id, but whoever signs out must not leave it in a shared cache.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

fn describe(headers: &mut HeaderMap, view: &ArtifactView) {
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(&view.media_type).unwrap_or(octets));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(view.size));
    headers.insert(CONTENT_DISPOSITION, attachment(&view.name));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; sandbox"),
    );
}

/// `Content-Disposition` for any name: ASCII for old clients, UTF-8 for the others (RFC 6266).
fn attachment(name: &str) -> HeaderValue {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_ ".contains(c) { c } else { '_' }).collect();
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_name_can_break_out_of_its_header() {
        assert_eq!(attachment("sales.csv"), "attachment; filename=\"sales.csv\"; filename*=UTF-8''sales.csv");
        assert_eq!(
            attachment("a\"; x=\r\nü.txt"),
            "attachment; filename=\"a__ x___ü.txt\"; filename*=UTF-8''a%22%3B%20x%3D%0D%0A%C3%BC.txt".replace('ü', "_").as_str()
        );
    }
}
