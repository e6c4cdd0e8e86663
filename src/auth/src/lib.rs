//! Who calls, and how is it proven? Passwords, sessions, access tokens, API keys, lock-out and the one-time code.
//!
//! [`AuthOptions`] builds [`Auth`], which implements both
//! [`AuthService`](baton_domain::services::AuthService) and [`MemberService`](baton_domain::services::MemberService).
//! What a role may do stands in [`baton_domain::user::Role::allows`]; here it is only asked. `docs/threat-model.md`
//! says what this crate defends against and what it does not.

mod api_key;
mod audit;
mod auth;
mod auth_service;
mod authenticate;
mod email;
mod lockout;
mod members;
mod options;
mod password;
mod password_rules;
mod random;
mod seal;
mod session;
mod session_cache;
mod setup_code;
mod sign_in;
mod successors;
#[cfg(test)]
mod tests;
mod token;
mod token_key;

pub use auth::Auth;
pub use options::AuthOptions;
pub use seal::SecretSealer;
pub use token_key::{KeyError, TokenKey};
