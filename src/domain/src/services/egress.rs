//! What can be done about where agents may reach out to.

use async_trait::async_trait;

use super::Answer;
use crate::user::Caller;
use crate::wire::egress::{EgressRules, EgressView};

/// Shows and sets what a project's agents may reach on the network, within what the servers were started with. Operators see it,
/// administrators set it.
#[async_trait]
pub trait EgressService: Send + Sync {
    /// The rules, and what the server was started with.
    ///
    /// # Errors
    /// Only those of storage, and for who may not see them.
    async fn get(&self, caller: &Caller) -> Answer<EgressView>;

    /// Sets the rules as a whole. The lists hold for every exchange that begins a second later or after that, on every server and worker, also of
    /// attempts that run already; the limits for attempts that begin from now on.
    ///
    /// # Errors
    /// `REQUEST-002` for what is no host, too many of them, and limits out of bounds or above those of the server.
    async fn set(&self, caller: &Caller, rules: EgressRules) -> Answer<EgressView>;
}
