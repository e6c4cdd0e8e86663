//! Which skills can a plan use, and which of them fit some words?

use std::collections::BTreeMap;

use baton_domain::agent::Skill;
use baton_retrieval::suggest;
use baton_workflow::Known;

/// The registered skills, as plans use them.
#[derive(Debug, Clone)]
pub struct Skills {
    all: BTreeMap<String, Skill>,
    known: Known,
}

impl Skills {
    /// A catalogue of these skills.
    #[must_use]
    pub fn new(skills: impl IntoIterator<Item = Skill>) -> Self {
        let mut known = Known::new();
        let mut all = BTreeMap::new();
        for skill in skills {
            known.add_skill(skill.name.clone(), skill.input_schema.clone(), skill.output_schema.clone());
            all.insert(skill.name.clone(), skill);
        }
        Self { all, known }
    }

    /// The skill of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Skill> {
        self.all.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Skill> {
        self.all.values()
    }

    /// The same as documents are checked against.
    #[must_use]
    pub const fn known(&self) -> &Known {
        &self.known
    }

    /// Those that fit some words, the best first with 1.
    #[must_use]
    pub fn find(&self, words: &str, limit: usize) -> Vec<(String, f64)> {
        suggest(self.plannable(), words, limit).into_iter().map(|found| (found.skill.name.clone(), found.score)).collect()
    }

    /// Those that a plan may use by itself: those of the platform's own operation and of its diagnosis it may not.
    pub fn plannable(&self) -> impl Iterator<Item = &Skill> {
        self.all.values().filter(|skill| !skill.name.starts_with("operations.") && !skill.name.starts_with("diagnostics."))
    }
}
