//! Whether files go in and out as streams, with the headers that keep browsers from running them.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::StreamExt;

use crate::client::{Bench, request};
use crate::fakes::HASH;

const OPERATOR: (&str, &str) = ("authorization", "Bearer operator");

#[tokio::test]
async fn an_upload_is_handed_on_in_pieces_with_what_was_said_of_it() {
    let bench = Bench::new();
    let pieces = futures::stream::iter((0..40).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b'x'; 64 * 1024]))));
    let headers = [OPERATOR, ("content-type", "text/csv"), ("x-content-sha256", HASH)];
    let answer = bench.send(request("POST", "/api/v1/artifacts?name=sales%20%C3%BC.csv", &headers, Body::from_stream(pieces))).await;
    assert_eq!(answer.status, 201, "larger than the limit of JSON bodies: {}", answer.text());
    assert_eq!(answer.header("location"), "/api/v1/artifacts/00000000-0000-0000-0000-000000000046");
    assert_eq!(answer.json()["size"], 40 * 64 * 1024);
    let noted = bench.script.noted();
    assert!(noted[0].contains("sales ü.csv") && noted[0].contains("text/csv") && noted[0].contains(HASH), "{}", noted[0]);
    assert_eq!(noted[1], "stored 2621440 bytes in 40 pieces");
}

#[tokio::test]
async fn forms_and_nameless_uploads_are_refused() {
    let bench = Bench::new();
    let form = [OPERATOR, ("content-type", "multipart/form-data; boundary=x")];
    assert_eq!(bench.call("POST", "/api/v1/artifacts?name=a", &form).await.problem().1, "REQUEST-004");
    let nameless = bench.call("POST", "/api/v1/artifacts", &[OPERATOR]).await;
    assert_eq!((nameless.problem().1.as_str(), nameless.fields()), ("REQUEST-010", vec!["name".to_owned()]));
    let digest = bench.call("POST", "/api/v1/artifacts?name=a", &[OPERATOR, ("content-digest", "sha-256=xyz")]).await;
    assert_eq!(digest.problem().1, "REQUEST-002");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_falls_silent_is_ended_and_a_long_one_is_not() {
    let bench = Bench::new();
    let silent = futures::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"begun"))]).chain(futures::stream::pending());
    let answer = bench.send(request("POST", "/api/v1/artifacts?name=a", &[OPERATOR], Body::from_stream(silent))).await;
    assert_eq!(answer.problem(), (408, "REQUEST-011".to_owned()));
    let slow = futures::stream::iter(0..10).then(|_| async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Ok::<_, Infallible>(Bytes::from_static(b"piece"))
    });
    let answer = bench.send(request("POST", "/api/v1/artifacts?name=a", &[OPERATOR], Body::from_stream(slow))).await;
    assert_eq!(answer.status, 201, "200 seconds in all, never more than 20 of silence");
}

#[tokio::test]
async fn a_download_is_an_attachment_that_no_browser_runs() {
    let bench = Bench::new();
    let path = "/api/v1/artifacts/00000000-0000-0000-0000-000000000046/content";
    let answer = bench.get(path).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "hello"));
    assert_eq!(answer.header("content-type"), "text/html");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"evil.html\"; filename*=UTF-8''evil.html");
    assert!(answer.header("content-security-policy").ends_with("sandbox"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("etag"), format!("\"{HASH}\""));
    assert_eq!((answer.header("content-length"), answer.header("cache-control")), ("5", "private, no-cache"));
    let known = bench.call("GET", path, &[OPERATOR, ("if-none-match", answer.header("etag"))]).await;
    assert_eq!((known.status.as_u16(), known.bytes.len()), (304, 0));
    let other = bench.call("GET", path, &[OPERATOR, ("if-none-match", "\"other\"")]).await;
    assert_eq!(other.status, 200);
}
