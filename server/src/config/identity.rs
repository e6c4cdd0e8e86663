//! Who is this server to the others, and which key do all of them sign tokens with?

use std::path::PathBuf;

use baton_auth::{KeyError, SecretSealer, TokenKey};
use baton_domain::server::ServerKind;
use baton_domain::wire::auth::Secret;
use baton_orchestration::Identity;

use crate::data_folder::DataFolder;
use crate::start_error::StartError;
use crate::wiring::VERSION;

/// The name of this server.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct NameConfig {
    /// What this server is called on the page of servers; by default the name of the machine and the number of the process.
    #[arg(long, env = "BATON_NAME", value_parser = name)]
    pub(crate) name: Option<String>,
}

/// The key that signs access tokens.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TokenKeyConfig {
    /// File of the key that signs access tokens, which only its owner may read; servers that share a database need the same key.
    /// By default token.key in the data folder, made if it is missing.
    #[arg(long, env = "BATON_TOKEN_KEY_FILE")]
    pub(crate) token_key_file: Option<PathBuf>,
    /// The key itself, 32 random bytes in hexadecimal or base64. Only from the environment: arguments can be read by others.
    #[arg(long, env = "BATON_TOKEN_KEY", hide = true, hide_env_values = true, value_parser = secret, conflicts_with = "token_key_file")]
    pub(crate) token_key: Option<Secret>,
}

/// The key that secrets of connections and models are encrypted with.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SecretKeyConfig {
    /// File of the key that secrets of connections and models are encrypted with, which only its owner may read; servers and workers
    /// that share a database need the same key. By default secret.key in the data folder, made if it is missing. Whoever loses it
    /// has to give every secret again.
    #[arg(long, env = "BATON_SECRET_KEY_FILE")]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// The key itself, 32 random bytes in hexadecimal or base64. Only from the environment: arguments can be read by others.
    #[arg(long, env = "BATON_SECRET_KEY", hide = true, hide_env_values = true, value_parser = secret, conflicts_with = "secret_key_file")]
    pub(crate) secret_key: Option<Secret>,
}

#[expect(clippy::unnecessary_wraps, reason = "the form that the argument parser takes")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret(text.to_owned()))
}

/// The name of this machine, where the system tells it in a file.
fn host() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let told = told.trim();
    if told.is_empty() { "localhost".to_owned() } else { told.chars().take(100).collect() }
}

fn name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if (1..=100).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err("use 1 to 100 letters, digits, dots, dashes and underscores".to_owned())
}

impl NameConfig {
    /// Who a server of this kind is.
    pub(crate) fn identity(&self, kind: ServerKind, token_key: Option<&TokenKey>) -> Identity {
        let host = host();
        let name = self.name.clone().unwrap_or_else(|| format!("{host}-{}", std::process::id()));
        Identity { id: None, name, kind, host, version: VERSION.to_owned(), token_key: token_key.map(TokenKey::fingerprint) }
    }
}

/// The key that is given, that of the file, or that of the data folder.
fn key(given: Option<&Secret>, file: Option<&PathBuf>, folder: &DataFolder, name: &str) -> Result<TokenKey, StartError> {
    let key: Result<TokenKey, KeyError> = match (given, file) {
        (Some(key), _) => TokenKey::parse(&key.0),
        (None, Some(file)) => TokenKey::load_or_create(file),
        (None, None) => TokenKey::load_or_create(&folder.join(name)),
    };
    key.map_err(|error| StartError::from(baton_domain::problem::Problem::from(error)))
}

impl TokenKeyConfig {
    /// The key.
    pub(crate) fn key(&self, folder: &DataFolder) -> Result<TokenKey, StartError> {
        key(self.token_key.as_ref(), self.token_key_file.as_ref(), folder, "token.key")
    }
}

impl SecretKeyConfig {
    /// What seals and opens secrets.
    pub(crate) fn sealer(&self, folder: &DataFolder) -> Result<SecretSealer, StartError> {
        Ok(SecretSealer::new(&key(self.secret_key.as_ref(), self.secret_key_file.as_ref(), folder, "secret.key")?))
    }
}
