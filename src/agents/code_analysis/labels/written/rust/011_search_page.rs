use axum::{extract::{Query, State}, response::Html, routing::get, Router};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
struct Search {
    q: Option<String>,
}

struct Index {
    titles: Vec<String>,
}

impl Index {
    fn find<'a>(&'a self, term: &str) -> Vec<&'a str> {
        let term = term.to_lowercase();
        self.titles
            .iter()
            .filter(|t| t.to_lowercase().contains(&term))
            .map(String::as_str)
            .take(20)
            .collect()
    }
}

async fn page(State(index): State<Arc<Index>>, Query(s): Query<Search>) -> Html<String> {
    let term = s.q.unwrap_or_default();
    let hits = index.find(&term);
    let mut body = format!("<h1>{} results for {}</h1><ol>", hits.len(), term);
    for hit in hits {
        body.push_str(&format!("<li>{}</li>", hit));
    }
    body.push_str("</ol>");
    Html(body)
}

pub fn router(titles: Vec<String>) -> Router {
    Router::new()
        .route("/search", get(page))
        .with_state(Arc::new(Index { titles }))
}
