//! Does the client of OpenAI-compatible APIs do right by real answers over HTTP: whole, streamed, wrong, cut, endless?

use crate::support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Books, ask, gateway_with, model};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use baton_clients_llm::gateway::endpoints;
use baton_clients_llm::{CallError, Endpoint, Provider};
use baton_domain::model::{FinishReason, ModelAnswer, ModelRequest, ModelTier, ToolSpec};
use baton_domain::ports::{ConfiguredModel, Models};
use baton_domain::problem::Code;
use baton_domain::wire::model::{Capabilities, ModelSettings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Answer = Arc<dyn Fn(Value) -> Response + Send + Sync>;

#[derive(Clone)]
struct Api {
    answer: Answer,
    seen: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
}

async fn respond(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    api.seen.lock().unwrap().push((headers, body.clone()));
    (api.answer)(body)
}

/// An API that answers so; gives the model that stands behind it, and what the API saw.
async fn api(answer: impl Fn(Value) -> Response + Send + Sync + 'static) -> (ConfiguredModel, Api) {
    let api = Api { answer: Arc::new(answer), seen: Arc::default() };
    let router = Router::new().route("/v1/chat/completions", post(respond)).route("/v1/embeddings", post(respond)).with_state(api.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut model = model("m", ModelTier::Medium, 1);
    model.settings.base_url = format!("http://{address}/v1/");
    (model, api)
}

fn said(text: &str) -> Value {
    json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 10, "completion_tokens": 3}})
}

async fn asked(model: ConfiguredModel, request: ModelRequest) -> Result<ModelAnswer, CallError> {
    Endpoint::new(model).unwrap().complete(&request, None).await
}

#[tokio::test]
async fn a_whole_answer_names_its_model_and_what_it_cost() {
    let (model, api) = api(|_| axum::Json(said("hello")).into_response()).await;
    let answer = asked(model, ask("hi")).await.unwrap();
    assert_eq!((answer.model.as_str(), answer.text.as_str(), answer.finish), ("m", "hello", FinishReason::Stop));
    assert_eq!((answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.cost_micros), (10, 3, 16));
    let seen = api.seen.lock().unwrap();
    assert_eq!(seen[0].0["authorization"], "Bearer sk-secret");
    assert_eq!((&seen[0].1["model"], &seen[0].1["messages"][0]), (&json!("m"), &json!({"role": "user", "content": "hi"})));
}

#[tokio::test]
async fn without_a_word_on_tokens_as_many_are_counted_as_there_may_have_been() {
    let (model, _) = api(|_| axum::Json(json!({"choices": [{"message": {"content": "hello"}}]})).into_response()).await;
    let usage = asked(model, ask("hi")).await.unwrap().usage;
    assert!(usage.prompt_tokens >= 2 && usage.completion_tokens == 5, "{usage:?}");
}

fn stream(pieces: &[&str]) -> Response {
    let pieces: Vec<Result<String, std::io::Error>> = pieces.iter().map(|piece| Ok((*piece).to_owned())).collect();
    ([("content-type", "text/event-stream")], Body::from_stream(futures::stream::iter(pieces))).into_response()
}

#[tokio::test]
async fn a_streamed_answer_comes_piece_by_piece_wherever_it_is_cut() {
    let (model, api) = api(|_| {
        stream(&[
            "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\nda",
            "ta: {\"choices\":[{\"delta\":{\"content\":\"lo\"},\"finish_reason\":null}]}\n\n: ping\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
        ])
    })
    .await;
    let pieces = Mutex::new(Vec::new());
    let write = |piece: &str| pieces.lock().unwrap().push(piece.to_owned());
    let answer = Endpoint::new(model).unwrap().complete(&ask("hi"), Some(&write)).await.unwrap();
    assert_eq!(pieces.lock().unwrap().clone(), ["Hel", "lo"]);
    assert_eq!((answer.text.as_str(), answer.finish, answer.usage.prompt_tokens), ("Hello", FinishReason::Length, 7));
    assert_eq!(api.seen.lock().unwrap()[0].1["stream"], true);
}

#[tokio::test]
async fn an_endpoint_that_answers_in_one_piece_although_it_was_asked_to_stream_is_understood() {
    let (model, api) = api(|_| axum::Json(said("Hello")).into_response()).await;
    let pieces = Mutex::new(Vec::new());
    let write = |piece: &str| pieces.lock().unwrap().push(piece.to_owned());
    let answer = Endpoint::new(model).unwrap().complete(&ask("hi"), Some(&write)).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish, answer.usage.completion_tokens), ("Hello", FinishReason::Stop, 3));
    assert_eq!(pieces.lock().unwrap().clone(), ["Hello"]);
    assert_eq!(api.seen.lock().unwrap()[0].1["stream"], true);
}

#[tokio::test]
async fn calls_of_tools_are_put_together_from_their_pieces() {
    let (model, api) = api(|_| {
        stream(&[
            "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"search\",\"arguments\":\"{\\\"q\\\":\"}}]}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
        ])
    })
    .await;
    let tool = ToolSpec { name: "search".to_owned(), description: "finds".to_owned(), parameters: json!({"type": "object"}) };
    let request = ModelRequest { tools: vec![tool], ..ask("hi") };
    let answer = Endpoint::new(model).unwrap().complete(&request, Some(&|_: &str| {})).await.unwrap();
    assert_eq!((answer.finish, answer.tool_calls[0].name.as_str()), (FinishReason::ToolCalls, "search"));
    assert_eq!((answer.tool_calls[0].id.as_str(), &answer.tool_calls[0].arguments), ("c1", &json!({"q": 1})));
    assert_eq!(api.seen.lock().unwrap()[0].1["tools"][0]["function"]["name"], "search");
}

#[tokio::test]
async fn each_refusal_has_its_code_and_says_whether_it_may_pass() {
    let error = |message: &str| axum::Json(json!({"error": {"message": message}}));
    for (status, message, code, passing, wait) in [
        (StatusCode::UNAUTHORIZED, "bad key", Code::ModelRefused, false, None),
        (StatusCode::NOT_FOUND, "no such model", Code::ModelRefused, false, None),
        (StatusCode::BAD_REQUEST, "maximum context length is 100 tokens", Code::PromptTooLong, false, None),
        (StatusCode::TOO_MANY_REQUESTS, "slow down", Code::ModelFailed, true, Some(Duration::from_secs(3))),
        (StatusCode::INTERNAL_SERVER_ERROR, "oops", Code::ModelFailed, true, Some(Duration::from_secs(3))),
        (StatusCode::FOUND, "elsewhere", Code::ModelRefused, false, None),
    ] {
        let (model, _) = api(move |_| {
            let mut response = (status, error(message)).into_response();
            if wait.is_some() {
                response.headers_mut().insert("retry-after", "3".parse().unwrap());
            }
            response.headers_mut().insert("location", "http://127.0.0.1:1/".parse().unwrap());
            response
        })
        .await;
        let refused = asked(model, ask("hi")).await.unwrap_err();
        assert_eq!((refused.code, refused.passing, refused.retry_after), (code, passing, wait), "{refused:?}");
        assert!(!refused.message.contains("sk-secret") && !refused.may_have_cost, "{}", refused.message);
    }
}

#[tokio::test]
async fn answers_that_are_none_fail_within_their_bounds() {
    let endless = || {
        let chunk = Bytes::from(vec![b' '; 64 << 10]);
        Body::from_stream(futures::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()))).into_response()
    };
    let cut = || stream(&["data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n"]);
    let answers: Vec<(&str, Answer)> = vec![
        ("no JSON", Arc::new(|_| "<html>".into_response())),
        ("no choice", Arc::new(|_| axum::Json(json!({"choices": []})).into_response())),
        ("endless", Arc::new(move |_| endless())),
        ("cut", Arc::new(move |_| cut())),
        ("broken stream", Arc::new(|_| stream(&["data: {nonsense\n\n"]))),
    ];
    for (what, answer) in answers {
        let (model, _) = api(move |body| answer(body)).await;
        let written: &(dyn Fn(&str) + Send + Sync) = &|_: &str| {};
        let streams = matches!(what, "cut" | "broken stream");
        let failed = Endpoint::new(model).unwrap().complete(&ask("hi"), streams.then_some(written)).await.unwrap_err();
        assert!(failed.code == Code::ModelFailed && failed.may_have_cost, "{what}: {failed:?}");
    }
}

#[tokio::test]
async fn a_model_that_hangs_ends_with_its_time() {
    let (mut model, _) = api(|_| Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>()).into_response()).await;
    model.settings.timeout_ms = 200;
    let failed = asked(model, ask("hi")).await.unwrap_err();
    assert!(failed.passing && failed.may_have_cost && failed.message.contains("200 ms"), "{failed:?}");
    let unreachable = ConfiguredModel {
        settings: ModelSettings { base_url: "http://127.0.0.1:9/v1".to_owned(), ..support::settings(ModelTier::Tiny, 1) },
        ..support::model("m", ModelTier::Tiny, 1)
    };
    let failed = asked(unreachable, ask("hi")).await.unwrap_err();
    assert!(failed.passing && !failed.may_have_cost && failed.message.contains("cannot be reached"), "{failed:?}");
}

/// An API behind TLS, whose certificate for a host comes from an authority of its own; gives its port, that authority, and how often it was
/// reached.
async fn behind_tls(host: &str) -> (u16, String, Arc<AtomicUsize>) {
    let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let authority = params.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(params, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                let body = said("hello").to_string();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await
            });
        }
    });
    (port, authority, reached)
}

#[tokio::test]
async fn a_private_authority_is_trusted_for_its_own_certificates_only() {
    let (port, authority, _) = behind_tls("localhost").await;
    let (other_port, other, reached) = behind_tls("other.test").await;
    let at = |port: u16, authority: Option<&String>| {
        let mut model = model("m", ModelTier::Medium, 1);
        model.settings.base_url = format!("https://localhost:{port}/v1");
        model.settings.ca_pem = authority.cloned();
        model
    };
    assert_eq!(asked(at(port, Some(&authority)), ask("hi")).await.unwrap().text, "hello");
    // Nobody that is known, somebody else, and the right one with a certificate for another host.
    for model in [at(port, None), at(port, Some(&other)), at(other_port, Some(&other))] {
        let refused = asked(model, ask("hi")).await.unwrap_err();
        assert!(refused.code == Code::ModelFailed && !refused.passing && !refused.may_have_cost, "{refused:?}");
        assert!(refused.message.contains("is not trusted"), "{}", refused.message);
    }
    let before = reached.load(Ordering::SeqCst);
    let books = Arc::new(Books { models: vec![at(other_port, Some(&other))], ..Books::default() });
    let gateway = gateway_with(&books, endpoints());
    let refused = gateway.complete(&support::caller(), ask("hi"), None).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.retryable, reached.load(Ordering::SeqCst) - before), ("MODEL-004", false, 1));
    assert!(gateway.check_authority(&authority).is_ok() && gateway.check_authority(&authority.replace('\n', " ")).is_err());
}

#[tokio::test]
async fn texts_are_placed_in_their_order_or_not_at_all() {
    let (model, _) = api(|body| {
        let count = body["input"].as_array().unwrap().len();
        let place = |index: usize| json!({"index": index, "embedding": [index as f32, 1.0]});
        axum::Json(json!({"data": (0..count).rev().map(place).collect::<Vec<_>>(), "usage": {"prompt_tokens": 4}})).into_response()
    })
    .await;
    let placed = Endpoint::new(model).unwrap().embed(&["a".to_owned(), "b".to_owned()]).await.unwrap();
    assert_eq!((placed.vectors, placed.usage.prompt_tokens, placed.usage.cost_micros), (vec![vec![0.0, 1.0], vec![1.0, 1.0]], 4, 4));
    let (model, _) = api(|_| axum::Json(json!({"data": [{"index": 0, "embedding": [1.0]}]})).into_response()).await;
    assert!(Endpoint::new(model).unwrap().embed(&["a".to_owned(), "b".to_owned()]).await.is_err());
}

#[tokio::test]
async fn a_probe_finds_what_an_endpoint_can_do_and_believes_no_claims() {
    // It streams and calls tools, and says that it keeps to schemas, but does not.
    let (able, _) = api(|body| match (body["stream"] == true, body["tools"].is_array()) {
        (true, _) => stream(&["data: {\"choices\":[{\"delta\":{\"content\":\"ready\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"]),
        (_, true) => {
            axum::Json(json!({"choices": [{"message": {"tool_calls": [{"id": "1", "function": {"name": "clock", "arguments": ""}}]}}]}))
                .into_response()
        }
        _ => axum::Json(said("ready")).into_response(),
    })
    .await;
    let (poor, _) = api(|body| {
        let more = body.get("stream").or(body.get("tools")).or(body.get("response_format")).is_some();
        if more { StatusCode::BAD_REQUEST.into_response() } else { axum::Json(said("ready")).into_response() }
    })
    .await;
    let gateway = gateway_with(&Arc::new(Books::default()), endpoints());
    let found = gateway.probe(Some(&able)).await;
    assert_eq!((found.ok, found.message.as_str()), (true, "ready"));
    assert_eq!(found.capabilities, Some(Capabilities { streaming: true, json_schema: false, tools: true, embeddings: false }));
    assert_eq!(gateway.probe(Some(&poor)).await.capabilities, Some(Capabilities::default()));
    let gone = ConfiguredModel { settings: support::settings(ModelTier::Tiny, 1), ..model("m", ModelTier::Tiny, 1) };
    assert!(!gateway.probe(Some(&gone)).await.ok);
}

#[tokio::test]
async fn an_endpoint_that_keeps_to_schemas_is_sent_the_schema_and_told_nothing() {
    let (mut model, api) = api(|_| axum::Json(said("{\"a\": 1}")).into_response()).await;
    model.settings.capabilities = Some(Capabilities { json_schema: true, ..Capabilities::default() });
    let books = Arc::new(Books { models: vec![model], ..Books::default() });
    let request = ModelRequest { schema: Some(json!({"type": "object"})), ..ask("hi") };
    let answer = gateway_with(&books, endpoints()).complete(&support::caller(), request, None).await.unwrap();
    assert_eq!(answer.json, Some(json!({"a": 1})));
    let seen = api.seen.lock().unwrap();
    assert_eq!((&seen[0].1["response_format"]["type"], seen[0].1["messages"].as_array().unwrap().len()), (&json!("json_schema"), 1));
}

#[tokio::test]
async fn arguments_that_an_endpoint_spoils_are_mended_held_against_the_tool_and_asked_for_again() {
    let calls = |arguments: &str| {
        let call = json!({"id": "c1", "type": "function", "function": {"name": "search", "arguments": arguments}});
        axum::Json(json!({"choices": [{"message": {"content": null, "tool_calls": [call]}, "finish_reason": "tool_calls"}]}))
            .into_response()
    };
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let (mut model, api) = api(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => calls("{\"q\": 7}"),
        _ => calls("{'q': 'seven',}"),
    })
    .await;
    let parameters = json!({"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]});
    let tool = ToolSpec { name: "search".to_owned(), description: "finds".to_owned(), parameters };
    let request = || ModelRequest { tools: vec![tool.clone()], ..ask("hi") };
    let gateway_of = |model: &ConfiguredModel| {
        let books = Arc::new(Books { models: vec![model.clone()], ..Books::default() });
        gateway_with(&books, endpoints())
    };
    // Nobody has found out that it calls tools.
    let refused = gateway_of(&model).complete(&support::caller(), request(), None).await.unwrap_err();
    assert_eq!((refused.code.as_str(), asked.load(Ordering::SeqCst)), ("MODEL-010", 0));
    model.settings.capabilities = Some(Capabilities { tools: true, ..Capabilities::default() });
    let answer = gateway_of(&model).complete(&support::caller(), request(), None).await.unwrap();
    assert_eq!((&answer.tool_calls[0].arguments, asked.load(Ordering::SeqCst)), (&json!({"q": "seven"}), 2));
    let seen = api.seen.lock().unwrap();
    let messages = seen[1].1["messages"].as_array().unwrap();
    assert!(messages.iter().all(|message| message.get("tool_calls").is_none()), "a call that was not made needs no answer: {messages:?}");
    assert!(messages.last().unwrap()["content"].as_str().unwrap().contains("not valid"), "{messages:?}");
}
