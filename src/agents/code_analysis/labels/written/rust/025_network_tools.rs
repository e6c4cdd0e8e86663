use rocket::form::Form;
use rocket::http::Status;
use rocket::{get, post, routes, FromForm, Route};
use std::process::Command;

#[derive(FromForm)]
pub struct Trace {
    host: String,
    hops: Option<u8>,
}

impl Trace {
    fn command_line(&self) -> String {
        let hops = self.hops.unwrap_or(16);
        format!("traceroute -m {} {} | head -n 40", hops, self.host)
    }
}

#[post("/trace", data = "<form>")]
fn trace(form: Form<Trace>) -> Result<String, Status> {
    let line = form.command_line();
    let out = Command::new("sh")
        .arg("-c")
        .arg(line)
        .output()
        .map_err(|_| Status::ServiceUnavailable)?;
    if !out.status.success() {
        return Err(Status::BadGateway);
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

#[get("/trace")]
fn usage() -> &'static str {
    "POST host and hops"
}

pub fn mount() -> Vec<Route> {
    routes![trace, usage]
}
