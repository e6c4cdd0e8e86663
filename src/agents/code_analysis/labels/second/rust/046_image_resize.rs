use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use actix_web::{get, web, HttpResponse};
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Webp,
    Png,
    Jpeg,
}

impl Format {
    fn prefix(self) -> &'static str {
        match self {
            Format::Webp => "webp:-",
            Format::Png => "png:-",
            Format::Jpeg => "jpeg:-",
        }
    }

    fn mime(self) -> &'static str {
        match self {
            Format::Webp => "image/webp",
            Format::Png => "image/png",
            Format::Jpeg => "image/jpeg",
        }
    }
}

#[derive(Deserialize)]
struct Options {
    width: u16,
    format: Format,
}

pub struct Originals(pub PathBuf);

async fn resize(source: &Path, o: &Options) -> std::io::Result<Vec<u8>> {
    let width = o.width.clamp(16, 2048);
    let mut input = std::ffi::OsString::from("png:");
    input.push(source);
    let child = Command::new("/usr/bin/convert")
        .arg(input)
        .arg("-resize")
        .arg(format!("{width}x"))
        .arg(o.format.prefix())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let out = timeout(Duration::from_secs(15), child)
        .await
        .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
    if !out.status.success() {
        return Err(std::io::Error::new(std::io::ErrorKind::Other, "convert failed"));
    }
    Ok(out.stdout)
}

#[get("/images/{id}")]
pub async fn image(root: web::Data<Originals>, id: web::Path<Uuid>, o: web::Query<Options>) -> HttpResponse {
    let source = root.0.join(format!("{}.png", id.as_simple()));
    match tokio::fs::try_exists(&source).await {
        Ok(true) => {}
        _ => return HttpResponse::NotFound().finish(),
    }
    match resize(&source, &o).await {
        Ok(bytes) => HttpResponse::Ok().content_type(o.format.mime()).body(bytes),
        Err(e) => {
            log::error!("resize: {e}");
            HttpResponse::InternalServerError().finish()
        }
    }
}
