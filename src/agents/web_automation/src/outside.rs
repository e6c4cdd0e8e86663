//! How does a skill reach out? With the policy that its attempt was given, at the pace of the host, and with codes for what fails.

use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Answer, EgressClient, EgressError, Turn, shown};
use baton_domain::egress::EgressPolicy;
use baton_domain::problem::Code;

/// The longest that a host's `Retry-After` is taken at its word.
const MAXIMUM_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The guarded client of this attempt.
pub(crate) fn client(context: &Context) -> Result<EgressClient, SkillError> {
    client_with(context, |_| ())
}

/// The same with a policy that was changed.
pub(crate) fn client_with(context: &Context, change: impl FnOnce(&mut EgressPolicy)) -> Result<EgressClient, SkillError> {
    let none = || SkillError::new(Code::NoEgress, "this attempt was given no way out: the installation lets nothing reach the network");
    let mut policy = context.egress().ok_or_else(none)?.clone();
    change(&mut policy);
    let waiting = context.clone();
    let turn: Turn = Arc::new(move |host| {
        let context = waiting.clone();
        Box::pin(async move { context.permit(&host).await.map_err(ended) })
    });
    EgressClient::new(policy, Some(turn)).map_err(failed)
}

/// What ended the wait for a host's turn, for the client: the rules that refuse the host by now, or whoever called the wait off.
fn ended(error: SkillError) -> EgressError {
    let code = Code::parse(&error.code).unwrap_or(Code::HostUnreachable);
    EgressError { code, message: error.message, passing: error.retryable }
}

/// What a failure of an exchange means for the skill.
pub(crate) fn failed(error: EgressError) -> SkillError {
    if error.passing { SkillError::passing(error.code, error.message) } else { SkillError::new(error.code, error.message) }
}

/// The failure that an answer's status is, if it is 400 or more.
pub(crate) fn refused(answer: &Answer) -> Option<SkillError> {
    let status = answer.status;
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let message = format!("{} answered {status}", shown(&answer.url));
    if !matches!(status.as_u16(), 408 | 425 | 429 | 500..) {
        return Some(SkillError::new(Code::StatusRefused, message));
    }
    let wait = answer.retry_after().map(|wait| wait.min(MAXIMUM_RETRY_AFTER).as_millis());
    let retry_after_ms = wait.and_then(|wait| u64::try_from(wait).ok());
    Some(SkillError { retry_after_ms, ..SkillError::passing(Code::StatusRefused, message) })
}
