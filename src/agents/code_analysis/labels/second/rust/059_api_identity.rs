use actix_web::{dev::Payload, error::ErrorUnauthorized, web, Error, FromRequest, HttpRequest, HttpResponse};
use futures_util::future::{ready, Ready};
use jsonwebtoken::{decode, Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub exp: u64,
    #[serde(default)]
    pub roles: Vec<String>,
}

pub struct Caller(pub Claims);

fn bearer(req: &HttpRequest) -> Option<&str> {
    req.headers()
        .get("authorization")?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

fn claims_of(token: &str) -> Result<Claims, jsonwebtoken::errors::Error> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.insecure_disable_signature_validation();
    validation.validate_aud = false;
    let data = decode::<Claims>(token, &DecodingKey::from_secret(&[]), &validation)?;
    Ok(data.claims)
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = bearer(req)
            .ok_or_else(|| ErrorUnauthorized("missing token"))
            .and_then(|t| claims_of(t).map_err(|_| ErrorUnauthorized("invalid token")))
            .map(Caller);
        ready(caller)
    }
}

async fn purge(caller: Caller, queue: web::Data<tokio::sync::mpsc::Sender<String>>) -> HttpResponse {
    if !caller.0.roles.iter().any(|r| r == "admin") {
        return HttpResponse::Forbidden().finish();
    }
    match queue.send(caller.0.sub).await {
        Ok(()) => HttpResponse::Accepted().finish(),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn me(caller: Caller) -> HttpResponse {
    HttpResponse::Ok().json(caller.0)
}

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/me", web::get().to(me))
        .route("/caches/purge", web::post().to(purge));
}
