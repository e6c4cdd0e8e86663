use actix_web::{web, HttpResponse, Responder};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sql_types::{BigInt, Text};
use serde::{Deserialize, Serialize};

type DbPool = Pool<ConnectionManager<PgConnection>>;

#[derive(QueryableByName, Serialize)]
struct Entry {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    action: String,
}

#[derive(Deserialize)]
struct Params {
    actor: String,
    since: String,
}

async fn report(pool: web::Data<DbPool>, q: web::Query<Params>) -> impl Responder {
    let params = q.into_inner();
    let found = web::block(move || {
        let mut conn = pool.get().map_err(|e| e.to_string())?;
        let text = format!(
            "SELECT id, action FROM audit WHERE actor = '{}' AND at > '{}'",
            params.actor, params.since
        );
        diesel::sql_query(text)
            .load::<Entry>(&mut conn)
            .map_err(|e| e.to_string())
    })
    .await;
    match found {
        Ok(Ok(rows)) => HttpResponse::Ok().json(rows),
        _ => HttpResponse::InternalServerError().finish(),
    }
}

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/audit", web::get().to(report));
}
