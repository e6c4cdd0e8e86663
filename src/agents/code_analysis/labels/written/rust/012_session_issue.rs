use actix_web::cookie::{time::Duration, Cookie};
use actix_web::{post, web, HttpResponse};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Mutex;
use uuid::Uuid;

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
}

pub struct Sessions {
    live: Mutex<HashMap<String, String>>,
    check: fn(&str, &str) -> bool,
}

#[post("/session")]
async fn start(state: web::Data<Sessions>, form: web::Form<Credentials>) -> HttpResponse {
    if !(state.check)(&form.user, &form.password) {
        return HttpResponse::Unauthorized().finish();
    }
    let id = Uuid::new_v4().to_string();
    match state.live.lock() {
        Ok(mut live) => {
            live.insert(id.clone(), form.user.clone());
        }
        Err(_) => return HttpResponse::InternalServerError().finish(),
    }
    let cookie = Cookie::build("sid", id)
        .path("/")
        .secure(false)
        .http_only(false)
        .max_age(Duration::days(7))
        .finish();
    HttpResponse::NoContent().cookie(cookie).finish()
}
