use std::fmt;
use std::net::SocketAddr;

use native_tls::TlsConnector;
use postgres_native_tls::MakeTlsConnector;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};

const PASSWORD_VAR: &str = "DB_PASSWORD";
const API_KEY_HEADER: &str = "x-api-key";
const DEFAULT_USER: &str = "inventory";

#[derive(Clone)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    pub db_host: String,
    pub db_user: String,
    pub password: Secret,
    pub api_key_header: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{0} is not set")]
    Missing(&'static str),
    #[error("LISTEN: {0}")]
    Listen(#[from] std::net::AddrParseError),
}

fn required(name: &'static str) -> Result<String, SettingsError> {
    std::env::var(name)
        .ok()
        .filter(|v| !v.is_empty())
        .ok_or(SettingsError::Missing(name))
}

impl Settings {
    pub fn load() -> Result<Self, SettingsError> {
        Ok(Settings {
            listen: std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".into()).parse()?,
            db_host: required("DB_HOST")?,
            db_user: std::env::var("DB_USER").unwrap_or_else(|_| DEFAULT_USER.into()),
            password: Secret(required(PASSWORD_VAR)?),
            api_key_header: API_KEY_HEADER,
        })
    }

    pub async fn connect(&self) -> anyhow::Result<Client> {
        let tls = MakeTlsConnector::new(TlsConnector::new()?);
        let (client, connection) = Config::new()
            .host(&self.db_host)
            .user(&self.db_user)
            .password(&self.password.0)
            .dbname("inventory")
            .ssl_mode(SslMode::Require)
            .connect(tls)
            .await?;
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::error!("database connection: {e}");
            }
        });
        Ok(client)
    }
}
