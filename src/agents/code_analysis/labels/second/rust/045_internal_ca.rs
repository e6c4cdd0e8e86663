use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Certificate, Client, Identity};
use serde::de::DeserializeOwned;

#[derive(Debug, Clone)]
pub struct TlsFiles {
    pub ca: PathBuf,
    pub identity: PathBuf,
}

pub struct InternalApi {
    base: reqwest::Url,
    http: Client,
}

impl InternalApi {
    pub fn new(base: &str, files: &TlsFiles) -> Result<Self> {
        let ca = std::fs::read(&files.ca).with_context(|| format!("read {}", files.ca.display()))?;
        let identity = std::fs::read(&files.identity)
            .with_context(|| format!("read {}", files.identity.display()))?;
        let http = Client::builder()
            .use_rustls_tls()
            .tls_built_in_root_certs(false)
            .add_root_certificate(Certificate::from_pem(&ca)?)
            .identity(Identity::from_pem(&identity)?)
            .min_tls_version(reqwest::tls::Version::TLS_1_2)
            .https_only(true)
            .timeout(Duration::from_secs(10))
            .build()?;
        let base = base.parse().context("base url")?;
        Ok(InternalApi { base, http })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let url = self.base.join(path)?;
        let response = self.http.get(url).send().await?.error_for_status()?;
        Ok(response.json().await?)
    }

    pub async fn quota(&self, tenant: u64) -> Result<u64> {
        #[derive(serde::Deserialize)]
        struct Quota {
            bytes: u64,
        }
        let q: Quota = self.get(&format!("v1/tenants/{tenant}/quota")).await?;
        Ok(q.bytes)
    }

    pub async fn healthy(&self) -> bool {
        match self.get::<serde_json::Value>("healthz").await {
            Ok(_) => true,
            Err(e) => {
                tracing::warn!("internal api: {e:#}");
                false
            }
        }
    }
}
