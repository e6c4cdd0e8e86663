//! Which nodes of a tree fit the queries of all rules, gone through once?

use tree_sitter::{Language as Grammar, Query};

use super::rule::Rule;

/// All queries of a language as one, so that a tree is gone through once and not once a query, and the rule that each pattern is of.
pub(super) struct Queries {
    pub(super) query: Option<Query>,
    pub(super) rules: Vec<usize>,
}

impl Queries {
    pub(super) fn of(grammar: &Grammar, rules: &[&Rule]) -> Self {
        let texts = rules.iter().enumerate().flat_map(|(place, rule)| rule.written.query.iter().map(move |text| (place, text.as_str())));
        let texts: Vec<(usize, &str)> = texts.collect();
        Self::joined(grammar, &texts).unwrap_or_else(|| {
            // A rule for two languages may have a query that fits the grammar of one alone.
            let fitting: Vec<(usize, &str)> = texts.into_iter().filter(|(_, text)| Query::new(grammar, text).is_ok()).collect();
            Self::joined(grammar, &fitting).unwrap_or(Self { query: None, rules: Vec::new() })
        })
    }

    fn joined(grammar: &Grammar, texts: &[(usize, &str)]) -> Option<Self> {
        let mut whole = String::new();
        let mut ends: Vec<(usize, usize)> = Vec::new();
        for (rule, text) in texts {
            whole.push_str(text);
            whole.push('\n');
            ends.push((whole.len(), *rule));
        }
        let query = Query::new(grammar, &whole).ok()?;
        let rules = (0..query.pattern_count())
            .map(|pattern| {
                let start = query.start_byte_for_pattern(pattern);
                ends.get(ends.partition_point(|(end, _)| *end <= start)).map_or(usize::MAX, |(_, rule)| *rule)
            })
            .collect();
        Some(Self { query: Some(query), rules })
    }
}
