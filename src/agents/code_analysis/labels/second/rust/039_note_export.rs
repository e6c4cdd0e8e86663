use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use warp::http::{Response, StatusCode};
use warp::Filter;

#[derive(Debug, Deserialize)]
struct ExportParams {
    folder: String,
    note: String,
}

struct Notebook {
    base: PathBuf,
}

impl Notebook {
    fn path_of(&self, p: &ExportParams) -> PathBuf {
        let relative = format!("{}/{}.md", p.folder, p.note);
        self.base.join(relative.trim_start_matches('/'))
    }

    fn export(&self, p: &ExportParams) -> std::io::Result<String> {
        render(&self.path_of(p))
    }
}

fn render(file: &Path) -> std::io::Result<String> {
    let body = std::fs::read_to_string(file)?;
    let mut out = String::with_capacity(body.len() + 64);
    for line in body.lines().filter(|l| !l.starts_with("%%")) {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    Ok(out)
}

async fn handle(p: ExportParams, nb: Arc<Notebook>) -> Result<Response<String>, Infallible> {
    let result = tokio::task::spawn_blocking(move || nb.export(&p)).await;
    let reply = match result {
        Ok(Ok(text)) => Response::builder()
            .header("content-type", "text/plain; charset=utf-8")
            .body(text),
        Ok(Err(_)) => Response::builder().status(StatusCode::NOT_FOUND).body(String::new()),
        Err(_) => Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).body(String::new()),
    };
    Ok(reply.expect("static response"))
}

#[tokio::main]
async fn main() {
    env_logger::init();
    let nb = Arc::new(Notebook { base: PathBuf::from("/srv/notes") });
    let with_nb = warp::any().map(move || Arc::clone(&nb));
    let export = warp::path!("export")
        .and(warp::get())
        .and(warp::query::<ExportParams>())
        .and(with_nb)
        .and_then(handle);
    warp::serve(export).run(([127, 0, 0, 1], 8090)).await;
}
