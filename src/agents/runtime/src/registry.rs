//! Which agents this program carries: the server and the child process make the same registry.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Agent;

/// Two agents with one name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two agents are called {0}; names must be unique")]
pub struct DuplicateAgent(pub String);

/// Agents by name.
#[derive(Clone, Default)]
pub struct AgentRegistry {
    agents: BTreeMap<String, Arc<dyn Agent>>,
}

impl std::fmt::Debug for AgentRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.agents.keys()).finish()
    }
}

impl AgentRegistry {
    /// A registry of these agents.
    ///
    /// # Errors
    /// [`DuplicateAgent`] if two share a name.
    pub fn new(agents: impl IntoIterator<Item = Arc<dyn Agent>>) -> Result<Self, DuplicateAgent> {
        let mut registry = Self::default();
        for agent in agents {
            let name = agent.card().name;
            if registry.agents.insert(name.clone(), agent).is_some() {
                return Err(DuplicateAgent(name));
            }
        }
        Ok(registry)
    }

    /// The agent with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<dyn Agent>> {
        self.agents.get(name).cloned()
    }

    /// All agents, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Agent>> {
        self.agents.values()
    }
}
