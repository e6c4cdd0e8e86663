use actix_web::{post, web, HttpResponse};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Deserialize)]
struct PreviewRequest {
    url: String,
}

#[derive(Serialize)]
struct Preview {
    status: u16,
    title: Option<String>,
}

fn title(html: &str) -> Option<String> {
    let start = html.find("<title>")? + 7;
    let end = html[start..].find("</title>")?;
    Some(html[start..start + end].trim().to_owned())
}

async fn load(client: &reqwest::Client, url: &str) -> reqwest::Result<Preview> {
    let resp = client
        .get(url)
        .timeout(Duration::from_secs(5))
        .send()
        .await?;
    let status = resp.status().as_u16();
    let text = resp.text().await?;
    Ok(Preview { status, title: title(&text) })
}

#[post("/preview")]
async fn preview(client: web::Data<reqwest::Client>, body: web::Json<PreviewRequest>) -> HttpResponse {
    if !body.url.starts_with("https://") && !body.url.starts_with("http://") {
        return HttpResponse::BadRequest().finish();
    }
    match load(&client, &body.url).await {
        Ok(p) => HttpResponse::Ok().json(p),
        Err(_) => HttpResponse::BadGateway().finish(),
    }
}
