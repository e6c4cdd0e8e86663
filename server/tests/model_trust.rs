//! Does a model whose certificate comes from a private authority answer tasks once that authority stands in its settings, and not before?

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use baton_clients::baton_api::BatonApi;
use baton_domain::task::TaskState;
use baton_domain::wire::model::ModelView;
use baton_domain::wire::task::{NewTask, TaskDetail};
use serde_json::{Value, json};

use crate::harness::cluster::Rest;
use crate::harness::model_api::read;
use crate::harness::{PATIENCE, Server, data_folder};

const SAID: &str = "Somebody within the walls.";

/// An OpenAI-compatible API behind TLS.
struct Walled {
    port: u16,
    /// Who its certificate for `localhost` comes from, in PEM form.
    authority: String,
    /// How many questions it was asked.
    asked: Arc<AtomicUsize>,
}

impl Walled {
    fn start() -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let authority = params.self_signed(&authority_key).unwrap().pem();
        let issuer = rcgen::Issuer::new(params, authority_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, mut session) = (stream.unwrap(), rustls::ServerConnection::new(Arc::clone(&config)).unwrap());
                let mut stream = rustls::Stream::new(&mut session, &mut stream);
                // Whoever does not trust it leaves before a question.
                if read(&mut stream).is_some() {
                    count.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.write_all(answer().as_bytes());
                    let _ = stream.flush();
                }
            }
        });
        Self { port, authority, asked }
    }

    /// The model behind it, with this authority.
    fn model(&self, authority: Option<&str>) -> Value {
        let mut settings = json!({
            "base_url": format!("https://localhost:{}/v1", self.port), "model": "m", "tier": "large", "context_tokens": 200_000, "private": true
        });
        if let Some(pem) = authority {
            settings["ca_pem"] = json!(pem);
        }
        json!({"name": "walled", "settings": settings})
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// An answer that is written piece by piece, as a task wants it.
fn answer() -> String {
    let pieces = [json!({"choices": [{"delta": {"content": SAID}}]}), json!({"choices": [{"delta": {}, "finish_reason": "stop"}]})];
    let mut body: String = pieces.iter().flat_map(|piece| ["data: ".to_owned(), piece.to_string(), "\n\n".to_owned()]).collect();
    body.push_str("data: [DONE]\n\n");
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// A task that asks the model, once it has ended.
async fn ask(api: &BatonApi) -> TaskDetail {
    let input = json!({"instructions": "Answer in one sentence.", "input": "Who is there?", "model": "walled"});
    api.run(&NewTask::new("prompt.answer", input), PATIENCE).await.unwrap()
}

/// That a task fails at once since the model is not trusted.
async fn is_not_trusted(api: &BatonApi) {
    let task = ask(api).await;
    let failure = task.summary.failure.unwrap();
    assert_eq!((task.summary.state, failure.code.as_str(), failure.retryable), (TaskState::Failed, "MODEL-004", false), "{failure:?}");
    assert!(failure.message.contains("walled is not trusted") && task.attempts.len() == 1, "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_behind_a_private_authority_answers_once_that_one_is_given() {
    let (walled, other, folder) = (Walled::start(), Walled::start(), data_folder());
    let server = Server::start(folder.path());
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    let made = rest.post("/models", &walled.model(None)).await;
    assert_eq!(made.status(), 201);
    let path = format!("/models/{}", made.json::<ModelView>().await.unwrap().id.unwrap());
    is_not_trusted(&api).await;

    // Its lines run together: it is refused while whoever pasted it looks at it.
    let refused = rest.put(&path, &walled.model(Some(&walled.authority.replace('\n', " ")))).await;
    assert_eq!(refused.status(), 422);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!((&problem["code"], &problem["errors"][0]["field"]), (&json!("MODEL-009"), &json!("/settings/ca_pem")));
    // Somebody else's.
    assert_eq!(rest.put(&path, &walled.model(Some(&other.authority))).await.status(), 200);
    is_not_trusted(&api).await;
    assert_eq!(walled.asked(), 0, "nothing was told to whom nobody trusts");

    let changed = rest.put(&path, &walled.model(Some(&walled.authority))).await;
    assert_eq!(changed.status(), 200);
    assert_eq!(changed.json::<ModelView>().await.unwrap().settings.ca_pem.as_deref(), Some(walled.authority.as_str()));
    let task = ask(&api).await;
    let result = task.result.unwrap_or_else(|| panic!("{:?}", task.summary.failure));
    assert_eq!((&result["text"], &result["model"], walled.asked()), (&json!(SAID), &json!("walled"), 1));
    assert!(server.terminate());
}
