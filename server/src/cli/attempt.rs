//! How does a child process run one attempt? It serves the agents of this binary over its standard streams.

use baton_agents_runtime::carrier::{ChildEnd, serve_child};
use baton_domain::problem::Code;

use crate::agents;
use crate::config::CodeConfig;
use crate::start_error::StartError;

/// Serves one attempt.
pub(crate) fn run(code: &CodeConfig) -> Result<(), StartError> {
    let registry = agents::registry(Some(agents::DIAGNOSTICS_SLOTS), code)
        .map_err(|error| StartError::new(Code::ConfigurationInvalid, error.to_string()))?;
    match serve_child(&registry) {
        Ok(ChildEnd::Spoke) => Ok(()),
        Ok(ChildEnd::NoHost) => Err(StartError::new(Code::ProtocolViolated, "no server speaks the attempt protocol on standard input")),
        Err(error) => Err(StartError::new(Code::ProtocolViolated, error.to_string())),
    }
}
