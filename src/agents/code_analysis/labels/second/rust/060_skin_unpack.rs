use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;

use actix_web::{post, web, HttpResponse};
use thiserror::Error;
use zip::ZipArchive;

const MAX_ENTRIES: usize = 400;
const MAX_ENTRY_BYTES: u64 = 4 * 1024 * 1024;

#[derive(Debug, Error)]
pub enum SkinError {
    #[error("archive: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("io: {0}")]
    Io(#[from] io::Error),
    #[error("archive has too many entries")]
    TooMany,
}

pub struct SkinStore {
    pub root: std::path::PathBuf,
}

fn unpack(data: &[u8], dest: &Path) -> Result<usize, SkinError> {
    let mut archive = ZipArchive::new(Cursor::new(data))?;
    if archive.len() > MAX_ENTRIES {
        return Err(SkinError::TooMany);
    }
    let mut written = 0;
    for i in 0..archive.len() {
        let entry = archive.by_index(i)?;
        let out_path = dest.join(entry.name());
        if entry.is_dir() {
            fs::create_dir_all(&out_path)?;
            continue;
        }
        if let Some(parent) = out_path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut out = File::create(&out_path)?;
        io::copy(&mut entry.take(MAX_ENTRY_BYTES), &mut out)?;
        written += 1;
    }
    Ok(written)
}

#[post("/skins")]
pub async fn upload(store: web::Data<SkinStore>, body: web::Bytes) -> HttpResponse {
    let dir = store.root.join(uuid::Uuid::new_v4().to_string());
    let result = web::block(move || {
        fs::create_dir_all(&dir)?;
        unpack(&body, &dir)
    })
    .await;
    match result {
        Ok(Ok(n)) => HttpResponse::Created().json(serde_json::json!({ "files": n })),
        Ok(Err(e)) => {
            log::warn!("skin rejected: {e}");
            HttpResponse::UnprocessableEntity().finish()
        }
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
