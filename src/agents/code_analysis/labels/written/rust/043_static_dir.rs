use actix_web::{get, http::header, web, HttpResponse};
use std::path::{Component, Path, PathBuf};

pub struct Assets {
    root: PathBuf,
}

impl Assets {
    pub fn new(dir: &Path) -> std::io::Result<Self> {
        Ok(Self { root: dir.canonicalize()? })
    }

    fn resolve(&self, name: &str) -> Option<PathBuf> {
        let rel = Path::new(name);
        if !rel.components().all(|c| matches!(c, Component::Normal(_))) {
            return None;
        }
        let full = self.root.join(rel).canonicalize().ok()?;
        (full.starts_with(&self.root) && full.is_file()).then_some(full)
    }
}

#[get("/assets/{name:.*}")]
async fn asset(assets: web::Data<Assets>, name: web::Path<String>) -> HttpResponse {
    let name = name.into_inner();
    let found = web::block(move || {
        let path = assets.resolve(&name)?;
        std::fs::read(path).ok()
    })
    .await;
    match found {
        Ok(Some(data)) => HttpResponse::Ok()
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .content_type("application/octet-stream")
            .body(data),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
