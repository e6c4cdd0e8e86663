use std::sync::{Arc, Mutex};

use actix_web::{error::ErrorInternalServerError, web, HttpResponse, Result};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

pub type Db = Arc<Mutex<Connection>>;

#[derive(Deserialize)]
pub struct EventQuery {
    pub source: Option<String>,
    pub level: Option<u8>,
}

#[derive(Serialize)]
pub struct Event {
    pub id: i64,
    pub source: String,
    pub level: u8,
    pub message: String,
}

fn conditions(q: &EventQuery) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let Some(level) = q.level {
        parts.push(format!("level >= {level}"));
    }
    if let Some(source) = &q.source {
        parts.push(["source = '", source.as_str(), "'"].concat());
    }
    if parts.is_empty() {
        String::from("1 = 1")
    } else {
        parts.join(" AND ")
    }
}

fn load(conn: &Connection, filter: &str) -> rusqlite::Result<Vec<Event>> {
    let query = format!("SELECT id, source, level, message FROM events WHERE {filter} ORDER BY id DESC LIMIT 500");
    let mut stmt = conn.prepare(&query)?;
    let rows = stmt.query_map([], |row| {
        Ok(Event {
            id: row.get(0)?,
            source: row.get(1)?,
            level: row.get(2)?,
            message: row.get(3)?,
        })
    })?;
    rows.collect()
}

pub async fn list(db: web::Data<Db>, q: web::Query<EventQuery>) -> Result<HttpResponse> {
    let db = Arc::clone(&db);
    let events = web::block(move || {
        let conn = db.lock().unwrap_or_else(|p| p.into_inner());
        load(&conn, &conditions(&q))
    })
    .await?
    .map_err(|e| {
        log::error!("event query: {e}");
        ErrorInternalServerError("query failed")
    })?;
    Ok(HttpResponse::Ok().json(events))
}

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/events").route(web::get().to(list)));
}
