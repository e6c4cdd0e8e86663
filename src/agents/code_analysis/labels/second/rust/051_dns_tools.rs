use std::process::Stdio;
use std::time::Duration;

use actix_web::{get, web, HttpResponse, Responder};
use serde::{Deserialize, Serialize};
use tokio::process::Command;
use tokio::time::timeout;

#[derive(Deserialize)]
struct LookupQuery {
    domain: String,
    #[serde(default)]
    record: Record,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "UPPERCASE")]
enum Record {
    #[default]
    A,
    Aaaa,
    Mx,
    Txt,
}

impl Record {
    fn as_str(self) -> &'static str {
        match self {
            Record::A => "A",
            Record::Aaaa => "AAAA",
            Record::Mx => "MX",
            Record::Txt => "TXT",
        }
    }
}

#[derive(Serialize)]
struct LookupReply {
    answers: Vec<String>,
}

#[get("/dns")]
async fn lookup(q: web::Query<LookupQuery>) -> impl Responder {
    let script = format!("dig +short {} {} | sort -u | head -n 20", q.record.as_str(), q.domain);
    let child = Command::new("sh")
        .arg("-c")
        .arg(&script)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();

    match timeout(Duration::from_secs(5), child).await {
        Ok(Ok(out)) if out.status.success() => {
            let answers = String::from_utf8_lossy(&out.stdout)
                .lines()
                .map(str::to_owned)
                .collect();
            HttpResponse::Ok().json(LookupReply { answers })
        }
        Ok(Ok(_)) => HttpResponse::NotFound().finish(),
        Ok(Err(e)) => {
            log::error!("dig could not start: {e}");
            HttpResponse::InternalServerError().finish()
        }
        Err(_) => HttpResponse::GatewayTimeout().finish(),
    }
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(lookup);
}
