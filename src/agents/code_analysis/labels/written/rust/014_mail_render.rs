use rocket::http::Status;
use rocket::serde::{json::Json, Deserialize};
use rocket::{post, State};
use tera::{Context, Tera};

pub struct Settings {
    pub site: String,
    pub smtp_password: String,
}

#[derive(Deserialize)]
#[serde(crate = "rocket::serde")]
pub struct Preview {
    template: String,
    name: String,
}

fn context(settings: &Settings, name: &str) -> Context {
    let mut ctx = Context::new();
    ctx.insert("site", &settings.site);
    ctx.insert("smtp_password", &settings.smtp_password);
    ctx.insert("name", name);
    ctx
}

#[post("/mail/preview", data = "<body>")]
pub fn preview(settings: &State<Settings>, body: Json<Preview>) -> Result<String, Status> {
    let ctx = context(settings, &body.name);
    Tera::one_off(&body.template, &ctx, false)
        .map_err(|_| Status::UnprocessableEntity)
}
