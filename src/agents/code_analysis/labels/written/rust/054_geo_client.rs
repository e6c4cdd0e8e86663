use reqwest::{redirect::Policy, Client, Url};
use serde::Deserialize;
use std::time::Duration;

#[derive(Debug, Deserialize)]
pub struct Place {
    pub name: String,
    pub lat: f64,
    pub lon: f64,
}

pub struct Geo {
    client: Client,
    base: Url,
    key: String,
}

impl Geo {
    pub fn from_env() -> Result<Self, Box<dyn std::error::Error>> {
        let key = std::env::var("GEO_API_KEY")?;
        let client = Client::builder()
            .https_only(true)
            .redirect(Policy::none())
            .timeout(Duration::from_secs(8))
            .build()?;
        Ok(Self { client, base: Url::parse("https://geo.acme.example/v1/search")?, key })
    }

    pub async fn search(&self, text: &str) -> reqwest::Result<Vec<Place>> {
        self.client
            .get(self.base.clone())
            .query(&[("q", text), ("limit", "5")])
            .bearer_auth(&self.key)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await
    }
}
