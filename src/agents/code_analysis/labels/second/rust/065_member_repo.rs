use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sql_types::{BigInt, Text};
use rocket::form::FromForm;
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{get, State};
use serde::Serialize;

use crate::schema::members;

pub type DbPool = Pool<ConnectionManager<PgConnection>>;

#[derive(Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = members)]
pub struct Member {
    pub id: i64,
    pub handle: String,
    pub city: Option<String>,
}

#[derive(Debug, QueryableByName, Serialize)]
pub struct CityCount {
    #[diesel(sql_type = Text)]
    pub city: String,
    #[diesel(sql_type = BigInt)]
    pub members: i64,
}

#[derive(Debug, FromForm)]
pub struct MemberQuery {
    city: Option<String>,
    prefix: Option<String>,
}

fn escape_like(s: &str) -> String {
    s.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn find(conn: &mut PgConnection, q: &MemberQuery) -> QueryResult<Vec<Member>> {
    let mut query = members::table.select(Member::as_select()).into_boxed();
    if let Some(city) = &q.city {
        query = query.filter(members::city.eq(city));
    }
    if let Some(prefix) = &q.prefix {
        query = query.filter(members::handle.like(format!("{}%", escape_like(prefix))));
    }
    query.order(members::handle.asc()).limit(100).load(conn)
}

fn cities(conn: &mut PgConnection, at_least: i64) -> QueryResult<Vec<CityCount>> {
    diesel::sql_query(
        "SELECT city, COUNT(*) AS members FROM members \
         WHERE city IS NOT NULL GROUP BY city HAVING COUNT(*) >= $1 ORDER BY 2 DESC LIMIT 50",
    )
    .bind::<BigInt, _>(at_least)
    .load(conn)
}

#[get("/members?<q..>")]
pub fn search(pool: &State<DbPool>, q: MemberQuery) -> Result<Json<Vec<Member>>, Status> {
    let mut conn = pool.get().map_err(|_| Status::ServiceUnavailable)?;
    find(&mut conn, &q).map(Json).map_err(|_| Status::InternalServerError)
}

#[get("/members/cities?<min>")]
pub fn by_city(pool: &State<DbPool>, min: Option<u16>) -> Result<Json<Vec<CityCount>>, Status> {
    let mut conn = pool.get().map_err(|_| Status::ServiceUnavailable)?;
    cities(&mut conn, i64::from(min.unwrap_or(1)))
        .map(Json)
        .map_err(|_| Status::InternalServerError)
}
