//! Which access tokens are refused? The known attacks on JWTs, one by one, and any change to a good one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_domain::services::AuthService;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Role};
use hmac::{Hmac, Mac};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

use super::*;

const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token with this header and these claims, signed with HMAC-SHA-256 and this key.
fn signed(header: &str, claims: &Value, key: &[u8]) -> String {
    let message = format!("{}.{}", encode(header), encode(&claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn with(claims: &Value, field: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[field] = value;
    claims
}

fn without(claims: &Value, field: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().unwrap().remove(field);
    claims
}

#[tokio::test]
async fn a_token_says_what_it_must_and_is_accepted() {
    let (world, tokens) = World::with_ada().await;
    let claims = claims_of(&tokens.access_token.0);
    let mut fields: Vec<&String> = claims.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["aud", "exp", "iat", "iss", "jti", "nbf", "role", "sid", "sub", "typ"]);
    assert_eq!((&claims["iss"], &claims["aud"], &claims["typ"]), (&json!("baton"), &json!("baton-api"), &json!("access")));
    let expires_at = Timestamp::from_millis(claims["exp"].as_i64().unwrap() * 1000);
    assert_eq!(expires_at, tokens.access_expires_at);
    assert_eq!(expires_at.since(world.clock.now()), seconds(600));
    // The same token made by hand is accepted, so what is refused below is refused for its difference.
    assert_eq!(signed(HEADER, &claims, &KEY).split('.').next(), tokens.access_token.0.split('.').next());
    let proven = world.bearer(&secret(&signed(HEADER, &claims, &KEY))).await.unwrap();
    assert_eq!((proven.caller.principal.label(), proven.caller.role), (ADA, Some(Role::Admin)));
    assert_eq!(proven.caller.request_id.as_deref(), Some("request-1"));
}

#[tokio::test]
async fn every_known_attack_is_refused() {
    let (world, tokens) = World::with_ada().await;
    let good = &tokens.access_token.0;
    let claims = claims_of(good);
    let good_claims = String::from_utf8(URL_SAFE_NO_PAD.decode(good.split('.').nth(1).unwrap()).unwrap()).unwrap();
    let now = world.clock.now().as_millis() / 1000;
    let own = |header: &str| signed(header, &claims, &KEY);
    let changed = |field: &str, value: Value| signed(HEADER, &with(&claims, field, value), &KEY);
    let unsigned = |header: &str| format!("{}.{}.", encode(header), encode(&claims.to_string()));
    let strong = {
        let message = format!("{}.{}", encode(r#"{"typ":"JWT","alg":"HS512"}"#), encode(&claims.to_string()));
        let mut mac = Hmac::<Sha512>::new_from_slice(&KEY).unwrap();
        mac.update(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    };
    let (body, signature) = good.rsplit_once('.').unwrap();
    let other_person = good_claims.replace(&claims["sub"].as_str().unwrap()[30..], "000000");
    let mine = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode([7; 32])});
    let attacks = [
        ("1 no algorithm", unsigned(r#"{"typ":"JWT","alg":"none"}"#)),
        ("1 no algorithm, spelt otherwise", unsigned(r#"{"typ":"JWT","alg":"nOnE"}"#)),
        ("1 no algorithm, our signature", format!("{}.{}.{signature}", encode(r#"{"alg":"none"}"#), encode(&claims.to_string()))),
        ("2 another algorithm of the family", strong),
        ("3 a public-key algorithm with our key as the secret", own(r#"{"typ":"JWT","alg":"RS256"}"#)),
        ("4 a key of its own", signed(&json!({"typ":"JWT","alg":"HS256","jwk":mine}).to_string(), &claims, &[7; 32])),
        ("5 a link to a key", own(r#"{"typ":"JWT","alg":"HS256","jku":"https://evil.example/keys"}"#)),
        ("6 a link to a certificate", own(r#"{"typ":"JWT","alg":"HS256","x5u":"https://evil.example/cert"}"#)),
        ("7 a key id that is a path", signed(r#"{"typ":"JWT","alg":"HS256","kid":"../../dev/null"}"#, &claims, b"")),
        ("7 a key id that is SQL", own(r#"{"typ":"JWT","alg":"HS256","kid":"' OR 1=1 --"}"#)),
        ("8 expired", changed("exp", json!(now - 1))),
        ("9 not valid yet", changed("nbf", json!(now + 60))),
        ("9 issued in the future", changed("iat", json!(now + 60))),
        ("10 another issuer", changed("iss", json!("evil"))),
        ("11 another audience", changed("aud", json!("other-api"))),
        ("11 several audiences", changed("aud", json!(["baton-api", "other-api"]))),
        ("12 another type", changed("typ", json!("refresh"))),
        ("12 another type in the header", own(r#"{"typ":"logout+jwt","alg":"HS256"}"#)),
        ("13 a refresh token", tokens.refresh_token.clone().unwrap().0),
        ("14 a shorter signature", format!("{body}.{}", &signature[..20])),
        ("14 no signature", format!("{body}.")),
        ("14 two parts", body.to_owned()),
        ("14 nothing", String::new()),
        ("15 two megabytes", format!("{}.{}.{signature}", encode(HEADER), "A".repeat(2 << 20))),
        ("15 two megabytes of dots", ".".repeat(2 << 20)),
        ("another key", signed(HEADER, &claims, &[7; 32])),
        ("another person with the old signature", format!("{}.{}.{signature}", encode(HEADER), encode(&other_person))),
        ("an extension that must be understood", own(r#"{"typ":"JWT","alg":"HS256","crit":["b64"],"b64":false}"#)),
        ("without an end", signed(HEADER, &without(&claims, "exp"), &KEY)),
        ("an end that is text", changed("exp", json!("9999999999"))),
        ("without a type", signed(HEADER, &without(&claims, "typ"), &KEY)),
        ("a claim of its own", changed("admin", json!(true))),
        ("the session of somebody else", changed("sub", json!("00000000-0000-0000-0000-00000000dead"))),
        ("a session that never was", changed("sid", json!("00000000-0000-0000-0000-00000000dead"))),
        ("a space before it", format!(" {good}")),
        ("a line after it", format!("{good}\n")),
    ];
    for (name, token) in attacks {
        let answer = world.bearer(&secret(&token)).await;
        let problem = answer.map(|proven| format!("accepted as {:?}", proven.caller)).unwrap_err();
        assert_eq!(problem.status, 401, "{name}: {problem}");
        let expected = match name {
            "8 expired" => "AUTH-003",
            "a session that never was" => "AUTH-009",
            _ => "AUTH-004",
        };
        assert_eq!(problem.code, expected, "{name}");
        assert!(token.len() < 20 || !problem.to_string().contains(&token), "{name}: the refusal repeats the token");
    }
    assert!(world.bearer(&tokens.access_token).await.is_ok());
}

#[tokio::test]
async fn a_token_is_good_to_the_second_it_names_and_no_longer() {
    let (world, tokens) = World::with_ada().await;
    world.clock.advance(Duration::from_millis(599_999));
    assert!(world.bearer(&tokens.access_token).await.is_ok());
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(code(world.bearer(&tokens.access_token).await), "AUTH-003");
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_lengthen_a_token_beyond_the_leeway() {
    let (world, tokens) = World::with_ada().await;
    world.clock.set_back(seconds(5));
    assert!(world.bearer(&tokens.access_token).await.is_ok());
    world.clock.set_back(seconds(1));
    assert_eq!(code(world.bearer(&tokens.access_token).await), "AUTH-004");
}

#[tokio::test]
async fn a_session_that_is_signed_out_is_refused_at_once() {
    let (world, tokens) = World::with_ada().await;
    let caller = world.caller(&tokens).await;
    assert!(world.bearer(&tokens.access_token).await.is_ok());
    world.auth.logout(&caller).await.unwrap();
    assert_eq!(code(world.bearer(&tokens.access_token).await), "AUTH-009");
    assert_eq!(code(world.refresh(tokens.refresh_token.as_ref().unwrap()).await), "AUTH-009");
    assert_eq!(code(world.auth.still_valid(&caller).await), "AUTH-009");
    let row = world.last_record().await;
    assert_eq!((row.action.as_str(), row.allowed), ("auth.logout", true));
}

#[tokio::test]
async fn a_live_connection_asks_again_within_five_seconds() {
    let (world, tokens) = World::with_ada().await;
    let proven = world.bearer(&tokens.access_token).await.unwrap();
    let limit = world.clock.now().plus(seconds(5));
    assert!(proven.valid_until.is_some_and(|until| until < limit));
    assert!(world.auth.still_valid(&proven.caller).await.unwrap().valid_until.is_some_and(|until| until < limit));
    // Past the access token's end the session still holds the connection.
    world.clock.advance(seconds(3600));
    assert!(world.auth.still_valid(&proven.caller).await.is_ok());
    assert_eq!(code(world.auth.still_valid(&Caller::anonymous()).await), "AUTH-009");
}

#[tokio::test]
async fn a_token_of_another_installation_is_refused() {
    let (one, tokens) = World::with_ada().await;
    let key = TokenKey::load_or_create(&one.folder.path().join("other.key")).unwrap();
    let store = Arc::clone(&one.store) as Arc<dyn Store>;
    let other = AuthOptions::default().build_with(store, sources(&one.clock), &key, CHEAP).unwrap();
    let credential = Credential::Bearer(tokens.access_token);
    assert_eq!(code(other.authenticate(&from("192.0.2.1"), Some(credential)).await), "AUTH-004");
}

#[test]
fn any_change_to_a_token_makes_it_invalid() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (world, tokens) = runtime.block_on(World::with_ada());
    let good = tokens.access_token.0.into_bytes();
    let length = good.len();
    proptest!(ProptestConfig::with_cases(512), |(at in 0..length, byte in any::<u8>(), cut in 0..length)| {
        let mut changed = good.clone();
        changed[at] = byte;
        let is_same = changed == good;
        if let Ok(text) = String::from_utf8(changed) {
            prop_assert_eq!(world.auth.access_tokens.read(&text).is_ok(), is_same);
        }
        let cut = String::from_utf8(good[..cut].to_vec()).unwrap();
        prop_assert!(world.auth.access_tokens.read(&cut).is_err());
    });
}
