//! What does Baton ask a language model, and what becomes of the answer? An API that a test plays: each question waits for the test, which
//! answers when it wants, whole or piece by piece.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::PATIENCE;
use super::cluster::Rest;

/// An OpenAI-compatible API.
pub struct ModelApi {
    asked: mpsc::UnboundedReceiver<Asked>,
}

/// A question that waits for its answer.
pub struct Asked {
    /// What stands in it.
    pub body: Value,
    stream: TcpStream,
}

impl ModelApi {
    /// One that Baton knows from now on as the ablest model, by this name.
    pub async fn configured(rest: &Rest, name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (send, asked) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let Some(body) = read(&mut stream) else { continue };
                if send.send(Asked { body, stream }).is_err() {
                    break;
                }
            }
        });
        let settings = json!({
            "base_url": format!("http://{address}/v1"), "model": "m", "tier": "large", "context_tokens": 200_000, "private": true
        });
        let made = rest.post("/models", &json!({"name": name, "settings": settings})).await;
        let (status, said) = (made.status(), made.text().await.expect("a text"));
        assert_eq!(status, 201, "{said}");
        Self { asked }
    }

    /// The next question.
    pub async fn asked(&mut self) -> Asked {
        tokio::time::timeout(PATIENCE, self.asked.recv()).await.expect("a question in time").expect("an API")
    }
}

/// The body of a request; nothing if it breaks off.
pub fn read(stream: &mut impl Read) -> Option<Value> {
    let (mut bytes, mut piece) = (Vec::<u8>::new(), [0; 8_192]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())?;
            let body = &bytes[end + 4..];
            if body.len() >= length {
                return serde_json::from_slice(&body[..length]).ok();
            }
        }
        match stream.read(&mut piece) {
            Ok(read @ 1..) => bytes.extend_from_slice(&piece[..read]),
            _ => return None,
        }
    }
}

impl Asked {
    fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("somebody who listens");
    }

    /// Answers with this text.
    pub fn answer(self, text: &str) {
        self.whole(text, "stop");
    }

    /// Answers with this text, and says that the answer was cut off there.
    pub fn cut(self, text: &str) {
        self.whole(text, "length");
    }

    fn whole(mut self, text: &str, finish: &str) {
        let body = json!({
            "choices": [{"message": {"content": text}, "finish_reason": finish}], "usage": {"prompt_tokens": 9, "completion_tokens": 3}
        });
        let body = body.to_string();
        let length = body.len();
        self.send(&format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ));
    }

    /// Begins to answer piece by piece.
    pub fn begin(&mut self) {
        self.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
    }

    /// Writes a piece.
    pub fn piece(&mut self, text: &str) {
        self.send(&format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]})));
    }

    /// Tells how many tokens were read and written.
    pub fn used(&mut self, prompt_tokens: u64, completion_tokens: u64) {
        let usage = json!({"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens});
        self.send(&format!("data: {}\n\n", json!({"choices": [], "usage": usage})));
    }

    /// Ends what was written piece by piece.
    pub fn end(mut self) {
        self.send(&format!("data: {}\n\ndata: [DONE]\n\n", json!({"choices": [{"delta": {}, "finish_reason": "stop"}]})));
    }

    /// Waits, without an answer, until whoever asked has gone away; gives when that was.
    pub async fn left(mut self) -> Instant {
        let left = tokio::task::spawn_blocking(move || {
            self.stream.set_read_timeout(Some(PATIENCE)).expect("a time");
            // Who has asked says nothing more: what comes now is the end, or that the connection was cut.
            let _ = self.stream.read(&mut [0]);
            Instant::now()
        });
        left.await.expect("a moment")
    }
}
