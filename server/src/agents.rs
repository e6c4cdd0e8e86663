//! Which agents does this binary carry? The server and the child process of an attempt make the same registry.

use std::sync::Arc;

use baton_agents_runtime::diagnostics::Diagnostics;
use baton_agents_runtime::{Agent, AgentRegistry, DuplicateAgent};

/// How many attempts the diagnostics agent takes at once if nobody says.
pub(crate) const DIAGNOSTICS_SLOTS: u32 = 64;

/// The native agents, with the diagnostics agent if it is wanted, which takes so many attempts at once.
pub(crate) fn registry(diagnostics: Option<u32>) -> Result<AgentRegistry, DuplicateAgent> {
    let mut agents: Vec<Arc<dyn Agent>> = vec![
        Arc::new(baton_agents_code_analysis::CodeAnalysis::default()),
        Arc::new(baton_agents_custom::Operations::default()),
        Arc::new(baton_agents_custom::Prompt::default()),
        Arc::new(baton_agents_data_science::DataScience::default()),
        Arc::new(baton_agents_documentation::Documentation::default()),
        Arc::new(baton_agents_nlp::Nlp::default()),
        Arc::new(baton_agents_web_automation::WebAutomation::default()),
    ];
    if let Some(slots) = diagnostics {
        agents.push(Arc::new(Diagnostics { slots }));
    }
    AgentRegistry::new(agents)
}
