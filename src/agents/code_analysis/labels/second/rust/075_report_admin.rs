#[macro_use]
extern crate rocket;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Text};
use rocket::form::Form;
use rocket::http::Status;
use rocket::serde::{json::Json, Serialize};
use rocket_sync_db_pools::database;

#[database("reports")]
pub struct ReportsDb(diesel::PgConnection);

#[derive(FromForm)]
pub struct ReportForm {
    year: u16,
    order_by: String,
}

#[derive(QueryableByName, Serialize)]
#[serde(crate = "rocket::serde")]
pub struct Revenue {
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Double)]
    total: f64,
}

fn revenue_sql(form: &ReportForm) -> String {
    let mut s = String::with_capacity(256);
    s.push_str("SELECT c.id AS customer_id, c.name, SUM(i.amount) AS total ");
    s.push_str("FROM invoices i JOIN customers c ON c.id = i.customer_id ");
    s.push_str(&format!("WHERE i.year = {} GROUP BY c.id, c.name ORDER BY ", form.year));
    s.push_str(&form.order_by);
    s
}

#[post("/reports/revenue", data = "<form>")]
async fn revenue(db: ReportsDb, form: Form<ReportForm>) -> Result<Json<Vec<Revenue>>, Status> {
    let statement = revenue_sql(&form);
    let result = db
        .run(move |conn| {
            diesel::sql_query(statement)
                .load::<Revenue>(conn)
        })
        .await;
    match result {
        Ok(rows) => Ok(Json(rows)),
        Err(err) => {
            error!("revenue report: {err}");
            Err(Status::InternalServerError)
        }
    }
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(ReportsDb::fairing())
        .mount("/", routes![revenue])
}
