//! How good would an agent be for a task?

use baton_domain::wire::task::{Candidate, ScoreTerm};

use super::AgentFacts;

/// What a free slot counts, as a share of all slots.
const FREE_SLOTS: f64 = 1.0;
/// What the share of attempts that succeeded counts; less than a slot, so that load decides first.
const SUCCESS: f64 = 0.2;

/// Scores an agent that can take the task.
#[expect(clippy::cast_precision_loss, reason = "counts of attempts stay far below 2^52")]
pub(super) fn candidate(facts: &AgentFacts) -> Candidate {
    let free = f64::from(facts.slots - facts.busy) / f64::from(facts.slots);
    // Laplace's rule of succession: an agent without a history is believed to succeed half of the time.
    let success = (facts.completed as f64 + 1.0) / ((facts.completed + facts.failed) as f64 + 2.0);
    let terms = vec![
        ScoreTerm { name: "free_slots".to_owned(), value: free, weight: FREE_SLOTS },
        ScoreTerm { name: "success_rate".to_owned(), value: success, weight: SUCCESS },
    ];
    let score = terms.iter().map(|term| term.value * term.weight).sum();
    Candidate { agent: facts.agent.clone(), score, terms }
}
