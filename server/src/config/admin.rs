//! Who is the first administrator, when nobody is there to type the one-time code?

use baton_domain::wire::auth::Secret;

/// The first administrator.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AdminConfig {
    /// Email address of the first administrator, made at the start while there is no user.
    #[arg(long, env = "BATON_ADMIN_EMAIL", requires = "admin_password")]
    pub(crate) admin_email: Option<String>,
    /// Password of the first administrator. Only from the environment: arguments can be read by others.
    #[arg(long, env = "BATON_ADMIN_PASSWORD", hide_env_values = true, value_parser = secret)]
    pub(crate) admin_password: Option<Secret>,
}

#[expect(clippy::unnecessary_wraps, reason = "the form that the argument parser takes")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret(text.to_owned()))
}
