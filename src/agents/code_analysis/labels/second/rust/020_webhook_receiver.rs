use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    routing::post,
    Router,
};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;
use tokio::sync::mpsc::Sender;

type HmacSha256 = Hmac<Sha256>;

const TOLERANCE: u64 = 300;

pub struct Receiver {
    secret: Vec<u8>,
    events: Sender<Event>,
}

#[derive(Debug, Deserialize)]
pub struct Event {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub data: serde_json::Value,
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl Receiver {
    pub fn from_env(events: Sender<Event>) -> Result<Self, std::env::VarError> {
        Ok(Receiver { secret: std::env::var("WEBHOOK_SECRET")?.into_bytes(), events })
    }

    fn fresh(&self, timestamp: &str) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        timestamp.parse::<u64>().is_ok_and(|t| now.abs_diff(t) <= TOLERANCE)
    }

    fn authentic(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let (Some(timestamp), Some(signature)) =
            (header(headers, "x-acme-timestamp"), header(headers, "x-acme-signature"))
        else {
            return false;
        };
        let Ok(signature) = hex::decode(signature) else {
            return false;
        };
        let Ok(mut mac) = HmacSha256::new_from_slice(&self.secret) else {
            return false;
        };
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(&signature).is_ok() && self.fresh(timestamp)
    }
}

async fn receive(State(rx): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if !rx.authentic(&headers, &body) {
        return StatusCode::UNAUTHORIZED;
    }
    match serde_json::from_slice::<Event>(&body) {
        Ok(event) => match rx.events.try_send(event) {
            Ok(()) => StatusCode::ACCEPTED,
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        },
        Err(e) => {
            tracing::warn!("event rejected: {e}");
            StatusCode::BAD_REQUEST
        }
    }
}

pub fn router(receiver: Arc<Receiver>) -> Router {
    Router::new()
        .route("/webhooks/acme", post(receive))
        .layer(DefaultBodyLimit::max(256 * 1024))
        .with_state(receiver)
}
