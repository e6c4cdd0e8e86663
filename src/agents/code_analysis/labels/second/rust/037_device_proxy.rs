#[macro_use]
extern crate rocket;

use std::time::Duration;

use rocket::http::{ContentType, Status};
use rocket::State;

enum Resource {
    Info,
    Sensors,
}

impl<'r> rocket::request::FromParam<'r> for Resource {
    type Error = &'r str;

    fn from_param(param: &'r str) -> Result<Self, Self::Error> {
        match param {
            "info" => Ok(Resource::Info),
            "sensors" => Ok(Resource::Sensors),
            other => Err(other),
        }
    }
}

impl Resource {
    fn endpoint(&self) -> &'static str {
        match self {
            Resource::Info => "/api/v1/info",
            Resource::Sensors => "/api/v1/sensors",
        }
    }
}

fn device_url(host: &str, resource: &Resource) -> String {
    let mut url = String::from("http://");
    url.push_str(host);
    url.push_str(resource.endpoint());
    url
}

#[get("/devices/<host>/<resource>")]
async fn proxy(
    host: &str,
    resource: Resource,
    client: &State<reqwest::Client>,
) -> Result<(ContentType, String), Status> {
    let url = device_url(host, &resource);
    let upstream = client.get(url).timeout(Duration::from_secs(4)).send().await;
    let response = upstream.map_err(|e| {
        warn!("device request failed: {}", e.is_timeout());
        Status::BadGateway
    })?;
    if response.content_length().unwrap_or(0) > 1_000_000 {
        return Err(Status::BadGateway);
    }
    let body = response.text().await.map_err(|_| Status::BadGateway)?;
    Ok((ContentType::JSON, body))
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .manage(reqwest::Client::new())
        .mount("/", routes![proxy])
}
