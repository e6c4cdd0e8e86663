//! What does it cost to choose an agent, among few and among many? Without a server: the balancer alone.

use baton_orchestration::load_balancer::measure;
use serde_json::json;

use super::{Bench, now};

impl Bench {
    /// Measures each strategy on two fleets, in turns.
    pub(super) fn balancer(&self) {
        let began = now();
        for (few, many) in measure::few_and_many(&|| began.elapsed()) {
            let setting = format!("{} among {} and {} agents of one skill, 16 attempts at a time", few.strategy, few.agents, many.agents);
            for cost in [few, many] {
                let name = format!("choice_{}_{}", cost.strategy, cost.agents);
                self.report.figure(&name, cost.micros, "µs", &setting, json!({"task_micros": cost.task_micros}));
            }
            let ratio = many.micros / few.micros;
            self.report.figure(&format!("choice_{}_ratio", few.strategy), ratio, "×", &setting, json!({}));
        }
    }
}
