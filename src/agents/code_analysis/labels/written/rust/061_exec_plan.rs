use std::collections::{BTreeMap, VecDeque};

#[derive(Debug, Clone, Default)]
pub struct Plan {
    steps: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum PlanError {
    Unknown(String),
    Cycle,
}

impl Plan {
    pub fn step(&mut self, name: &str, after: &[&str]) -> &mut Self {
        self.steps
            .insert(name.to_owned(), after.iter().map(|s| s.to_string()).collect());
        self
    }

    pub fn exec_order(&self) -> Result<Vec<&str>, PlanError> {
        let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, after) in &self.steps {
            for dep in after {
                if !self.steps.contains_key(dep) {
                    return Err(PlanError::Unknown(dep.clone()));
                }
            }
            waiting.insert(name, after.len());
        }
        let mut ready: VecDeque<&str> = waiting.iter().filter(|(_, n)| **n == 0).map(|(k, _)| *k).collect();
        let mut order = Vec::with_capacity(waiting.len());
        while let Some(name) = ready.pop_front() {
            order.push(name);
            for (other, after) in &self.steps {
                let hits = after.iter().filter(|d| d.as_str() == name).count();
                if hits == 0 {
                    continue;
                }
                if let Some(n) = waiting.get_mut(other.as_str()) {
                    *n -= hits;
                    if *n == 0 {
                        ready.push_back(other);
                    }
                }
            }
        }
        if order.len() == self.steps.len() {
            Ok(order)
        } else {
            Err(PlanError::Cycle)
        }
    }
}
