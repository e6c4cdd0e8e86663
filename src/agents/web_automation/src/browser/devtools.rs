//! How is the browser spoken to? In messages of the DevTools protocol over two pipes: JSON, each ended by a zero byte. No port is open.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The longest message of the browser, in bytes; a picture comes as one.
pub(super) const MAXIMUM_MESSAGE_BYTES: usize = 96 << 20;
/// Commands that wait to be written.
const QUEUE: usize = 4_096;

/// Why a command has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// The browser is gone.
    Gone,
    /// It did not answer in time.
    Late,
    /// It refused.
    Refused(String),
}

/// Something that the browser reports.
#[derive(Debug)]
pub(super) struct Event {
    pub method: String,
    pub params: Value,
    /// Of which target; empty for the browser itself.
    pub session: String,
}

/// Takes events as they come. It must not wait.
pub(super) type Listener = Box<dyn Fn(&Devtools, Event) + Send + Sync>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: Option<u64>,
    #[serde(default)]
    method: String,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    session_id: String,
    result: Option<Value>,
    error: Option<Refusal>,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
}

type Waiting = oneshot::Sender<Result<Value, CallError>>;

#[derive(Debug)]
struct Shared {
    next: AtomicU64,
    /// None once the browser is gone.
    waiting: Mutex<Option<HashMap<u64, Waiting>>>,
    out: mpsc::Sender<Vec<u8>>,
    too_long: AtomicBool,
}

/// The browser's end of the conversation. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Devtools {
    shared: Arc<Shared>,
}

impl Devtools {
    /// A conversation, and the work that carries it on until the browser's pipe ends.
    pub(super) fn over(
        from: impl AsyncRead + Send + Unpin + 'static,
        to: impl AsyncWrite + Send + Unpin + 'static,
        listener: Listener,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (out, queue) = mpsc::channel(QUEUE);
        let shared = Shared { next: AtomicU64::new(1), waiting: Mutex::new(Some(HashMap::new())), out, too_long: AtomicBool::new(false) };
        let devtools = Self { shared: Arc::new(shared) };
        let listening = devtools.clone();
        let work = async move {
            tokio::select! {
                () = write(to, queue) => {}
                () = listening.read(from, listener) => {}
            }
            // Whoever waits learns that nothing will come.
            drop(listening.shared.waiting.lock().take());
        };
        (devtools, work)
    }

    async fn read(&self, from: impl AsyncRead + Unpin, listener: Listener) {
        let mut from = BufReader::with_capacity(256 << 10, from);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = (&mut from).take(MAXIMUM_MESSAGE_BYTES as u64).read_until(0, &mut bytes).await;
            if read.is_err() || bytes.pop() != Some(0) {
                self.shared.too_long.store(bytes.len() + 1 >= MAXIMUM_MESSAGE_BYTES, Ordering::Relaxed);
                return;
            }
            let Some(message) = parse(&bytes) else { continue };
            match message.id {
                Some(id) => {
                    let waiting = self.shared.waiting.lock().as_mut().and_then(|waiting| waiting.remove(&id));
                    let result =
                        message.error.map_or(Ok(message.result.unwrap_or_default()), |error| Err(CallError::Refused(error.message)));
                    if let Some(waiting) = waiting {
                        let _ = waiting.send(result);
                    }
                }
                None => listener(self, Event { method: message.method, params: message.params, session: message.session_id }),
            }
            if bytes.capacity() > 4 << 20 {
                bytes = Vec::new();
            }
        }
    }

    /// Whether the conversation has ended.
    pub(super) fn is_over(&self) -> bool {
        self.shared.waiting.lock().is_none()
    }

    /// Whether it ended with a message that was too long.
    pub(super) fn was_too_long(&self) -> bool {
        self.shared.too_long.load(Ordering::Relaxed)
    }

    /// Gives a command and waits for its result.
    pub(super) async fn call(&self, session: &str, method: &str, params: Value, limit: Duration) -> Result<Value, CallError> {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.waiting.lock().as_mut().ok_or(CallError::Gone)?.insert(id, send);
        let exchange = async {
            self.shared.out.send(written(id, session, method, params)).await.map_err(|_| CallError::Gone)?;
            answer.await.map_err(|_| CallError::Gone)?
        };
        timeout(limit, exchange).await.unwrap_or_else(|_| {
            if let Some(waiting) = self.shared.waiting.lock().as_mut() {
                waiting.remove(&id);
            }
            Err(CallError::Late)
        })
    }

    /// Gives a command whose result nobody needs. With a full queue it is dropped: the browser does not read any more.
    pub(super) fn tell(&self, session: &str, method: &str, params: Value) {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let _ = self.shared.out.try_send(written(id, session, method, params));
    }
}

fn written(id: u64, session: &str, method: &str, params: Value) -> Vec<u8> {
    let mut message = json!({"id": id, "method": method, "params": params});
    if !session.is_empty() {
        message["sessionId"] = json!(session);
    }
    let mut bytes = message.to_string().into_bytes();
    bytes.push(0);
    bytes
}

async fn write(mut to: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = queue.recv().await {
        if to.write_all(&bytes).await.is_err() || to.flush().await.is_err() {
            return;
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Message> {
    serde_json::from_slice(bytes).or_else(|_| serde_json::from_str(&well_formed(&String::from_utf8_lossy(bytes)))).ok()
}

/// JSON whose strings have no half of a surrogate pair, which pages can put into theirs and Rust's strings cannot hold.
fn well_formed(text: &str) -> String {
    let bytes = text.as_bytes();
    let unit = |at: usize| {
        let digits = bytes.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"))?;
        u16::from_str_radix(std::str::from_utf8(&digits[2..]).ok()?, 16).ok()
    };
    let mut kept = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let length = match (bytes[at], unit(at)) {
            (b'\\', Some(0xd800..=0xdbff)) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => 12,
            (b'\\', Some(0xd800..=0xdfff)) => {
                kept.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (b'\\', _) => 2,
            _ => 1,
        };
        kept.extend_from_slice(&bytes[at..bytes.len().min(at + length)]);
        at += length;
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_does_not_lose_a_message() {
        let text = r#"{"method":"a","params":["\ud83d","\udE00x","\\ud83d","\ud83d\ude00","\"\ud800\ud800\n"]}"#;
        let message = parse(text.as_bytes()).unwrap();
        assert_eq!(message.params, json!(["\u{fffd}", "\u{fffd}x", "\\ud83d", "😀", "\"\u{fffd}\u{fffd}\n"]));
        assert!(parse(b"{").is_none() && parse(b"\xff").is_none());
    }

    #[tokio::test]
    async fn commands_get_their_results_and_nothing_waits_for_a_browser_that_is_gone() {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (from, to) = tokio::io::split(ours);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let events = Arc::clone(&heard);
        let (devtools, work) = Devtools::over(from, to, Box::new(move |_, event| events.lock().push((event.session, event.method))));
        let work = tokio::spawn(work);
        let browser = tokio::spawn(async move {
            let mut theirs = BufReader::new(theirs);
            for _ in 0..2 {
                let mut asked = Vec::new();
                theirs.read_until(0, &mut asked).await.unwrap();
                asked.pop();
                let asked: Value = serde_json::from_slice(&asked).unwrap();
                let mut answer = match asked["method"].as_str().unwrap() {
                    "good" => json!({"id": asked["id"], "result": {"session": asked["sessionId"]}}),
                    _ => json!({"id": asked["id"], "error": {"message": "no"}}),
                };
                answer["unknown"] = json!(1);
                theirs.write_all(format!("{answer}\0{{\"method\":\"e\",\"sessionId\":\"s\"}}\0nonsense\0").as_bytes()).await.unwrap();
            }
        });
        let limit = Duration::from_secs(20);
        assert_eq!(devtools.call("s", "good", json!({}), limit).await, Ok(json!({"session": "s"})));
        assert_eq!(devtools.call("", "bad", json!({}), limit).await, Err(CallError::Refused("no".to_owned())));
        browser.await.unwrap();
        assert_eq!(devtools.call("", "good", json!({}), limit).await, Err(CallError::Gone));
        work.await.unwrap();
        assert!(devtools.is_over() && !devtools.was_too_long());
        assert_eq!(*heard.lock(), vec![("s".to_owned(), "e".to_owned()); 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_browser_that_does_not_answer_is_late() {
        let (ours, _theirs) = tokio::io::duplex(1 << 16);
        let (from, to) = tokio::io::split(ours);
        let (devtools, work) = Devtools::over(from, to, Box::new(|_, _| {}));
        let work = tokio::spawn(work);
        assert_eq!(devtools.call("", "good", json!({}), Duration::from_secs(1)).await, Err(CallError::Late));
        work.abort();
    }
}
