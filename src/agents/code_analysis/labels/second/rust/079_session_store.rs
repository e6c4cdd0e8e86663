use std::sync::Arc;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use dashmap::DashMap;
use rand::rngs::OsRng;
use rand::RngCore;
use rocket::http::{Cookie, CookieJar, SameSite, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::time::{Duration, OffsetDateTime};

const COOKIE: &str = "__Host-session";
const LIFETIME: Duration = Duration::hours(6);

#[derive(Clone)]
pub struct Session {
    pub user_id: i64,
    expires: OffsetDateTime,
}

#[derive(Default, Clone)]
pub struct SessionStore {
    map: Arc<DashMap<String, Session>>,
}

fn session_id() -> String {
    let mut raw = [0u8; 32];
    OsRng.fill_bytes(&mut raw);
    URL_SAFE_NO_PAD.encode(raw)
}

impl SessionStore {
    pub fn start(&self, user_id: i64, jar: &CookieJar<'_>) {
        let id = session_id();
        let expires = OffsetDateTime::now_utc() + LIFETIME;
        self.map.insert(id.clone(), Session { user_id, expires });
        jar.add(
            Cookie::build((COOKIE, id))
                .path("/")
                .secure(true)
                .http_only(true)
                .same_site(SameSite::Strict)
                .max_age(LIFETIME),
        );
    }

    pub fn end(&self, jar: &CookieJar<'_>) {
        if let Some(c) = jar.get(COOKIE) {
            self.map.remove(c.value());
        }
        jar.remove(Cookie::build(COOKIE).path("/"));
    }

    pub fn sweep(&self) {
        let now = OffsetDateTime::now_utc();
        self.map.retain(|_, s| s.expires > now);
    }

    fn lookup(&self, id: &str) -> Option<Session> {
        let session = self.map.get(id)?.clone();
        (session.expires > OffsetDateTime::now_utc()).then_some(session)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Session {
    type Error = ();

    async fn from_request(req: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let found = req.rocket().state::<SessionStore>().and_then(|store| {
            let cookie = req.cookies().get(COOKIE)?;
            store.lookup(cookie.value())
        });
        match found {
            Some(s) => Outcome::Success(s),
            None => Outcome::Error((Status::Unauthorized, ())),
        }
    }
}
