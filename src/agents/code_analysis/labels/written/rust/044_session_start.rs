use axum::http::{header, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use rand::rngs::OsRng;
use rand::RngCore;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const LIFETIME: Duration = Duration::from_secs(8 * 3600);

#[derive(Default)]
pub struct Sessions {
    live: Mutex<HashMap<[u8; 32], (u64, Instant)>>,
}

impl Sessions {
    pub fn start(&self, user: u64) -> Response {
        let mut raw = [0u8; 32];
        OsRng.fill_bytes(&mut raw);
        let id = URL_SAFE_NO_PAD.encode(raw);
        let now = Instant::now();
        {
            let mut live = self.live.lock().unwrap_or_else(|e| e.into_inner());
            live.retain(|_, (_, until)| *until > now);
            live.insert(Sha256::digest(id.as_bytes()).into(), (user, now + LIFETIME));
        }
        let text = format!(
            "__Host-sid={id}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Lax",
            LIFETIME.as_secs()
        );
        match HeaderValue::from_str(&text) {
            Ok(v) => (StatusCode::NO_CONTENT, [(header::SET_COOKIE, v)]).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    pub fn user(&self, id: &str) -> Option<u64> {
        let key: [u8; 32] = Sha256::digest(id.as_bytes()).into();
        let live = self.live.lock().unwrap_or_else(|e| e.into_inner());
        let (user, until) = live.get(&key)?;
        (*until > Instant::now()).then_some(*user)
    }
}
