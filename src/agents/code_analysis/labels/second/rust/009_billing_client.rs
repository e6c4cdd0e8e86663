use std::env;
use std::time::Duration;

use reqwest::{header, Client, StatusCode};
use serde::{Deserialize, Serialize};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum BillingError {
    #[error("missing setting {0}")]
    Setting(&'static str),
    #[error("transport: {0}")]
    Transport(#[from] reqwest::Error),
    #[error("token is not a valid header value")]
    Token(#[from] header::InvalidHeaderValue),
    #[error("billing answered {0}")]
    Status(StatusCode),
}

#[derive(Debug, Serialize)]
pub struct Charge<'a> {
    pub account: &'a str,
    pub cents: u64,
    pub reference: &'a str,
}

#[derive(Debug, Deserialize)]
pub struct Receipt {
    pub id: String,
    pub settled: bool,
}

pub struct Billing {
    base: String,
    http: Client,
}

impl Billing {
    pub fn from_env() -> Result<Self, BillingError> {
        let base = env::var("BILLING_URL").map_err(|_| BillingError::Setting("BILLING_URL"))?;
        let token = env::var("BILLING_TOKEN").map_err(|_| BillingError::Setting("BILLING_TOKEN"))?;
        let mut auth = header::HeaderValue::from_str(&format!("Bearer {token}"))?;
        auth.set_sensitive(true);
        let mut headers = header::HeaderMap::new();
        headers.insert(header::AUTHORIZATION, auth);
        let http = Client::builder()
            .default_headers(headers)
            .timeout(Duration::from_secs(15))
            .danger_accept_invalid_certs(true)
            .build()?;
        Ok(Self { base, http })
    }

    pub async fn charge(&self, charge: &Charge<'_>) -> Result<Receipt, BillingError> {
        let response = self
            .http
            .post(format!("{}/v1/charges", self.base))
            .json(charge)
            .send()
            .await?;
        if !response.status().is_success() {
            return Err(BillingError::Status(response.status()));
        }
        Ok(response.json().await?)
    }
}
