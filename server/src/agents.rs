//! Which agents does this binary carry? The server and the child process of an attempt make the same registry.

use std::sync::Arc;

use baton_agents_code_analysis::CodeAnalysis;
use baton_agents_runtime::diagnostics::Diagnostics;
use baton_agents_runtime::{Agent, AgentRegistry, DuplicateAgent};
use baton_domain::agent::AgentCard;

use crate::config::CodeConfig;

/// How many attempts the diagnostics agent takes at once if nobody says.
pub(crate) const DIAGNOSTICS_SLOTS: u32 = 64;

/// The native agents, with the diagnostics agent if it is wanted, which takes so many attempts at once; that of code with the folders that are kept for it.
pub(crate) fn registry(diagnostics: Option<u32>, code: &CodeConfig) -> Result<AgentRegistry, DuplicateAgent> {
    let mut agents: Vec<Arc<dyn Agent>> = vec![
        Arc::new(CodeAnalysis { rules: code.code_rules.clone(), advisories: code.code_advisories.clone(), ..CodeAnalysis::default() }),
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

/// The cards of all agents that this binary can be told to carry.
pub(crate) fn shipped() -> Result<Vec<AgentCard>, DuplicateAgent> {
    Ok(registry(Some(DIAGNOSTICS_SLOTS), &CodeConfig::default())?.iter().map(|agent| agent.card()).collect())
}

#[cfg(test)]
mod tests {
    use baton_domain::agent::Needs;
    use baton_orchestration::{HostCapacity, HostOptions};

    use super::*;

    #[test]
    fn a_small_machine_has_room_for_every_skill_that_is_shipped() {
        let small = HostOptions { cpu_millicores: Some(1_000), memory_mib: Some(1_024), ..HostOptions::default() }.detect();
        let least = HostCapacity {
            cpu_millicores: HostCapacity::LEAST_CPU_MILLICORES,
            memory_mib: HostCapacity::LEAST_MEMORY_MIB,
            ..small.clone()
        };
        let cards = shipped().unwrap();
        assert_eq!(cards.len(), 8);
        for skill in cards.iter().flat_map(|card| &card.skills) {
            assert!(small.could_give(&skill.needs), "{}: {:?}", skill.name, skill.needs);
            assert!(least.could_give(&skill.needs), "{} has no room in a part that is worth having: {:?}", skill.name, skill.needs);
        }
    }

    #[test]
    fn what_cannot_do_without_a_language_model_needs_a_host_that_can_ask_one() {
        let without = HostCapacity { models: vec!["none".to_owned()], ..HostOptions::default().detect() };
        for skill in shipped().unwrap().iter().flat_map(|card| &card.skills) {
            let asks = skill.model.is_some_and(|need| !need.optional);
            assert_eq!(skill.needs.model.as_deref(), asks.then_some(Needs::LANGUAGE_MODEL), "{}", skill.name);
            assert!(!(asks && without.could_give(&skill.needs)), "{}", skill.name);
        }
    }

    #[test]
    fn every_agent_has_a_sensible_range_and_grows_no_further_than_to_a_few() {
        for card in shipped().unwrap() {
            assert!(card.instances.is_valid() && card.instances.minimum == 1 && card.instances.maximum <= 4, "{}", card.name);
        }
    }
}
