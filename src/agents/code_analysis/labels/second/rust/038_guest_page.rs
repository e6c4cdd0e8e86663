use axum::{
    extract::Form,
    response::Html,
    routing::{get, post},
    Router,
};
use serde::Deserialize;

const LAYOUT: &str = r#"<!doctype html>
<html>
  <head><meta charset="utf-8"><title>Guest book</title></head>
  <body><main>{{content}}</main></body>
</html>"#;

const FORM: &str = r#"<form method="post" action="/guestbook/preview">
<input name="name" maxlength="80"><textarea name="message"></textarea>
<button>Preview</button></form>"#;

#[derive(Deserialize)]
struct Entry {
    name: String,
    message: String,
}

impl Entry {
    fn is_empty(&self) -> bool {
        self.name.trim().is_empty() || self.message.trim().is_empty()
    }

    fn paragraphs(&self) -> String {
        self.message
            .split("\n\n")
            .map(|p| format!("<p>{}</p>", p.trim()))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn layout(content: String) -> Html<String> {
    let page = LAYOUT.to_string();
    Html(page.replace("{{content}}", &content))
}

async fn show_form() -> Html<String> {
    layout(FORM.to_string())
}

async fn preview(Form(entry): Form<Entry>) -> Html<String> {
    if entry.is_empty() {
        return layout(format!("<p>Please fill in both fields.</p>{FORM}"));
    }
    let mut content = String::from("<h2>Message from ");
    content += entry.name.trim();
    content += "</h2>";
    content += &entry.paragraphs();
    layout(content)
}

pub fn router() -> Router {
    Router::new()
        .route("/guestbook", get(show_form))
        .route("/guestbook/preview", post(preview))
}
