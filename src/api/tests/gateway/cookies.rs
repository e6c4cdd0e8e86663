//! Whether a browser's session is kept in its cookies, renewed, cleared, and never used from another site.

use axum::http::Method;
use axum::routing::{any, get};
use axum::{Extension, Router};
use baton_domain::user::Caller;
use serde_json::json;

use crate::client::{Answered, Bench, answer, request};
use axum::body::Body;

const OURS: (&str, &str) = ("origin", "http://127.0.0.1:3000");

fn login() -> serde_json::Value {
    json!({"email": "ada@example.com", "password": "right"})
}

#[tokio::test]
async fn signing_in_sets_cookies_that_scripts_cannot_read() {
    let bench = Bench::new();
    let program = bench.post_with("/api/v1/auth/login", &login(), &[]).await;
    assert_eq!(program.json()["refresh_token"], "good", "a program finds its refresh token in the body");
    let browser = bench.post_with("/api/v1/auth/login", &login(), &[OURS]).await;
    assert_eq!(browser.json().get("refresh_token"), None, "a browser's scripts do not");
    assert_eq!(
        browser.cookies(),
        [
            "baton_access=good; Path=/; Max-Age=900; HttpOnly; SameSite=Lax",
            "baton_refresh=good; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"
        ]
    );
    let secure = Bench::with(|config| config.public_origin = Some("https://baton.example.com".into()));
    let over_https = secure.post_with("/api/v1/auth/login", &login(), &[]).await;
    assert_eq!(over_https.cookies()[0], "__Host-baton_access=good; Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure");
    let plain_name = secure.call("GET", "/api/v1/auth/me", &[("cookie", "baton_access=good")]).await;
    assert_eq!(plain_name.problem().1, "AUTH-001", "over https only the __Host- name counts");
}

#[tokio::test]
async fn a_stale_session_does_not_keep_anybody_from_signing_in() {
    let bench = Bench::new();
    let stale = [("cookie", "baton_access=old; baton_refresh=ended"), OURS];
    assert_eq!(bench.post_with("/api/v1/auth/login", &login(), &stale).await.status, 200);
    assert_eq!(bench.call("GET", "/api/v1/health/live", &stale).await.status, 200);
    let refused = bench.call("GET", "/api/v1/auth/me", &stale).await;
    assert_eq!(refused.problem(), (401, "AUTH-009".to_owned()));
    assert!(refused.cookies().iter().all(|cookie| cookie.contains("Max-Age=0")) && refused.cookies().len() == 2);
}

#[tokio::test]
async fn an_expired_access_cookie_is_renewed_on_the_way() {
    let bench = Bench::new();
    let me = async |cookie: &str| bench.call("GET", "/api/v1/auth/me", &[("cookie", cookie)]).await;
    let renewed = me("theme=dark; baton_access=old; baton_refresh=good").await;
    assert_eq!((renewed.status.as_u16(), renewed.cookies().len()), (200, 2));
    assert!(renewed.cookies()[0].starts_with("baton_access=fresh") && renewed.cookies()[1].starts_with("baton_refresh=next"));
    let second_tab = me("baton_refresh=grace").await;
    assert_eq!(second_tab.cookies().len(), 1, "within the grace the newer refresh cookie stays");
    assert_eq!(me("baton_access=good").await.cookies(), Vec::<&str>::new());
}

#[tokio::test]
async fn storage_that_does_not_answer_signs_nobody_out() {
    let answer = Bench::new().call("GET", "/api/v1/auth/me", &[("cookie", "baton_access=old; baton_refresh=down")]).await;
    assert_eq!(answer.problem(), (503, "STORAGE-001".to_owned()));
    assert_eq!(answer.cookies(), Vec::<&str>::new());
}

#[tokio::test]
async fn signing_out_clears_the_cookies_even_when_the_session_was_just_renewed() {
    let bench = Bench::new();
    let answer = bench.call("POST", "/api/v1/auth/logout", &[("cookie", "baton_access=old; baton_refresh=good"), OURS]).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.cookies().len(), 2);
    assert!(answer.cookies().iter().all(|cookie| cookie.contains("=; Path=/; Max-Age=0")), "{:?}", answer.cookies());
}

#[tokio::test]
async fn a_session_is_renewed_with_the_token_of_the_body_or_of_the_cookie() {
    let bench = Bench::new();
    let by_body = bench.post_with("/api/v1/auth/refresh", &json!({"refresh_token": "good"}), &[]).await;
    assert_eq!((by_body.status.as_u16(), &by_body.json()["refresh_token"]), (200, &json!("next")));
    let by_cookie = bench.call("POST", "/api/v1/auth/refresh", &[("cookie", "baton_refresh=good"), OURS]).await;
    assert_eq!((by_cookie.status.as_u16(), by_cookie.json().get("refresh_token")), (200, None));
    assert_eq!(bench.call("POST", "/api/v1/auth/refresh", &[]).await.problem().1, "AUTH-004");
    let ended = bench.post_with("/api/v1/auth/refresh", &json!({"refresh_token": "used"}), &[]).await;
    assert_eq!(ended.problem().1, "AUTH-009");
    assert_eq!(bench.script.noted(), ["refresh good", "refresh good", "refresh used"], "the cookie was not used up before");
}

#[tokio::test]
async fn with_cookies_no_operation_that_changes_anything_takes_a_request_from_another_site() {
    let bench = Bench::new();
    let cookie = ("cookie", "baton_access=good; baton_refresh=good");
    let foreign: [&[(&str, &str)]; 5] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:9")],
        &[],
    ];
    for operation in baton_api::operations() {
        let path = operation.path.replace("{id}", "00000000-0000-0000-0000-000000000028").replace("{name}", "a.b");
        let is_socket = operation.operation_id == "follow_by_socket";
        if operation.method == "GET" && !is_socket {
            continue;
        }
        for origin in foreign {
            let upgrade: &[(&str, &str)] = if is_socket { &[("upgrade", "websocket")] } else { &[] };
            let answer = bench.call(operation.method, &path, &[&[cookie], origin, upgrade].concat()).await;
            assert_eq!(answer.problem(), (403, "REQUEST-008".to_owned()), "{} {path} {origin:?}", operation.method);
        }
    }
    assert_eq!(bench.script.noted(), Vec::<String>::new());
    let ours = bench.call("POST", "/api/v1/agents/00000000-0000-0000-0000-00000000003c/drain", &[cookie, OURS]).await;
    assert_eq!(ours.status, 200);
}

async fn page(bench: &Bench, method: Method, headers: &[(&str, &str)]) -> Answered {
    let show = |Extension(caller): Extension<Caller>| async move { caller.principal.label().to_owned() };
    let sign_in = async |Extension(gateway): Extension<baton_api::Gateway>| {
        let cookies = gateway.cookies().set(&crate::fakes::samples::tokens("signed-in", Some("new")));
        axum::response::AppendHeaders(cookies.into_iter().map(|cookie| ("set-cookie", cookie)).collect::<Vec<_>>())
    };
    let pages =
        Router::new().route("/", any(show)).route("/sfn/sign_in", get(sign_in).post(sign_in)).layer(Extension(bench.gateway.clone()));
    let path = if method == Method::POST { "/sfn/sign_in" } else { "/" };
    answer(bench.gateway.protect_pages(pages), request(method.as_str(), path, headers, Body::empty())).await
}

#[tokio::test]
async fn pages_pass_the_same_middleware_and_go_on_as_nobody_when_a_session_has_ended() {
    let bench = Bench::new();
    assert_eq!(page(&bench, Method::GET, &[("cookie", "baton_access=good")]).await.text(), "operator@example.com");
    assert_eq!(page(&bench, Method::GET, &[]).await.text(), "nobody");
    let stale = page(&bench, Method::GET, &[("cookie", "baton_refresh=ended")]).await;
    assert_eq!((stale.text().as_str(), stale.cookies().len()), ("nobody", 2));
    assert!(stale.cookies()[0].contains("Max-Age=0"));
    assert_eq!(stale.header("x-content-type-options"), "nosniff");
    let signed_in = page(&bench, Method::POST, &[("cookie", "baton_refresh=ended"), OURS]).await;
    assert!(signed_in.cookies().len() == 2 && signed_in.cookies()[0].starts_with("baton_access=signed-in"), "{:?}", signed_in.cookies());
    let foreign = page(&bench, Method::POST, &[("cookie", "baton_access=good"), ("origin", "https://evil.example")]).await;
    assert_eq!(foreign.problem(), (403, "REQUEST-008".to_owned()));
}
