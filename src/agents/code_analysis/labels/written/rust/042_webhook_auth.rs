use actix_web::{post, web, HttpRequest, HttpResponse};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tokio::sync::mpsc::Sender;

pub struct Hook {
    key: Vec<u8>,
    queue: Sender<Vec<u8>>,
}

impl Hook {
    fn signature(&self, body: &[u8]) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(body);
        Some(hex::encode(mac.finalize().into_bytes()))
    }
}

#[post("/hook")]
async fn receive(req: HttpRequest, hook: web::Data<Hook>, body: web::Bytes) -> HttpResponse {
    let given = req
        .headers()
        .get("x-signature")
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    match hook.signature(&body) {
        Some(expected) if expected == given => {}
        _ => return HttpResponse::Unauthorized().finish(),
    }
    if hook.queue.send(body.to_vec()).await.is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    HttpResponse::Accepted().finish()
}
