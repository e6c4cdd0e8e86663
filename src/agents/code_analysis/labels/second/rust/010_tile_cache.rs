use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use actix_web::http::header::{ETag, EntityTag, IF_NONE_MATCH};
use actix_web::{get, web, HttpRequest, HttpResponse};
use md5::{Digest, Md5};
use tempfile::NamedTempFile;

pub struct TileCache {
    dir: PathBuf,
}

fn cache_key(layer: u16, z: u8, x: u32, y: u32) -> String {
    let mut h = Md5::new();
    h.update(layer.to_be_bytes());
    h.update([z]);
    h.update(x.to_be_bytes());
    h.update(y.to_be_bytes());
    hex::encode(h.finalize())
}

fn entity_tag(bytes: &[u8]) -> EntityTag {
    EntityTag::new_strong(hex::encode(Md5::digest(bytes)))
}

impl TileCache {
    pub fn new(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        Ok(TileCache { dir: dir.to_owned() })
    }

    fn path(&self, key: &str) -> PathBuf {
        let (shard, rest) = key.split_at(2);
        self.dir.join(shard).join(rest)
    }

    fn load_or_render<F>(&self, key: &str, render: F) -> io::Result<Vec<u8>>
    where
        F: FnOnce() -> io::Result<Vec<u8>>,
    {
        let path = self.path(key);
        match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        let bytes = render()?;
        let parent = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(parent)?;
        let mut tmp = NamedTempFile::new_in(parent)?;
        tmp.write_all(&bytes)?;
        tmp.persist(&path).map_err(|e| e.error)?;
        Ok(bytes)
    }
}

#[get("/tiles/{layer}/{z}/{x}/{y}")]
pub async fn tile(req: HttpRequest, cache: web::Data<TileCache>, p: web::Path<(u16, u8, u32, u32)>) -> HttpResponse {
    let (layer, z, x, y) = p.into_inner();
    if z > 20 || x >= 1 << z || y >= 1 << z {
        return HttpResponse::NotFound().finish();
    }
    let key = cache_key(layer, z, x, y);
    let result = web::block(move || cache.load_or_render(&key, || crate::render::tile(layer, z, x, y))).await;
    let Ok(Ok(bytes)) = result else {
        return HttpResponse::InternalServerError().finish();
    };
    let tag = entity_tag(&bytes);
    if req.headers().get(IF_NONE_MATCH).and_then(|v| v.to_str().ok()) == Some(&tag.to_string()) {
        return HttpResponse::NotModified().finish();
    }
    HttpResponse::Ok().insert_header(ETag(tag)).content_type("image/png").body(bytes)
}
