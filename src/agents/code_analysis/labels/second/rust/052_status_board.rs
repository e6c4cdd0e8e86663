use std::sync::{Arc, RwLock};

use actix_web::{error, web, App, Error, HttpResponse, HttpServer};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tera::{Context, Tera};

const BOARD: &str = r#"<!doctype html><title>Status</title>
<h1>Incidents</h1>
{% for i in incidents %}
<article><h2>{{ i.title }}</h2><p>{{ i.details }}</p><time>{{ i.at }}</time></article>
{% else %}<p>All systems operational</p>{% endfor %}"#;

#[derive(Clone, Serialize)]
struct Incident {
    title: String,
    details: String,
    at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct NewIncident {
    title: String,
    details: String,
}

#[derive(Clone)]
struct Board {
    tera: Arc<Tera>,
    incidents: Arc<RwLock<Vec<Incident>>>,
}

fn templates() -> tera::Result<Tera> {
    let mut tera = Tera::default();
    tera.add_raw_template("board.html", BOARD)?;
    tera.autoescape_on(vec![]);
    Ok(tera)
}

async fn report(board: web::Data<Board>, form: web::Form<NewIncident>) -> HttpResponse {
    let NewIncident { title, details } = form.into_inner();
    let mut list = board.incidents.write().unwrap_or_else(|p| p.into_inner());
    list.insert(0, Incident { title, details, at: Utc::now() });
    list.truncate(50);
    HttpResponse::SeeOther().insert_header(("Location", "/")).finish()
}

async fn show(board: web::Data<Board>) -> Result<HttpResponse, Error> {
    let mut ctx = Context::new();
    let list = board.incidents.read().unwrap_or_else(|p| p.into_inner()).clone();
    ctx.insert("incidents", &list);
    let html = board.tera.render("board.html", &ctx).map_err(|e| {
        log::error!("render board: {e}");
        error::ErrorInternalServerError("template error")
    })?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let board = Board {
        tera: Arc::new(templates().expect("templates compile")),
        incidents: Arc::default(),
    };
    HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(board.clone()))
            .route("/", web::get().to(show))
            .route("/incidents", web::post().to(report))
    })
    .bind(("0.0.0.0", 8080))?
    .run()
    .await
}
