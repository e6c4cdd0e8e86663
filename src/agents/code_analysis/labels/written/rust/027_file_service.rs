use std::path::PathBuf;
use std::sync::Arc;
use warp::{http::StatusCode, Filter, Rejection, Reply};

#[derive(Clone)]
struct Files {
    base: Arc<PathBuf>,
}

impl Files {
    fn locate(&self, rel: &str) -> PathBuf {
        self.base.join(rel)
    }

    async fn read(&self, rel: &str) -> std::io::Result<Vec<u8>> {
        let path = self.locate(rel);
        tokio::fs::read(path).await
    }
}

async fn serve(query: std::collections::HashMap<String, String>, files: Files) -> Result<impl Reply, Rejection> {
    let name = query.get("name").cloned().unwrap_or_default();
    match files.read(&name).await {
        Ok(data) => Ok(warp::reply::with_status(data, StatusCode::OK)),
        Err(_) => Ok(warp::reply::with_status(Vec::new(), StatusCode::NOT_FOUND)),
    }
}

pub fn routes(base: PathBuf) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    let files = Files { base: Arc::new(base) };
    warp::path("file")
        .and(warp::query())
        .and(warp::any().map(move || files.clone()))
        .and_then(serve)
}
