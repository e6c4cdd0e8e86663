//! Which of many patterns does a name fit, without trying each?

use std::collections::HashMap;

use super::rule::fits;

/// Patterns by the part after their last dot: most patterns end in a word of their own, and a name is held only against those that
/// end as it does.
#[derive(Debug)]
pub(crate) struct Names<'a, T> {
    by_last: HashMap<&'a str, Vec<(&'a str, T)>>,
    /// Patterns whose last part has a star.
    open: Vec<(&'a str, T)>,
}

impl<T> Default for Names<'_, T> {
    fn default() -> Self {
        Self { by_last: HashMap::new(), open: Vec::new() }
    }
}

impl<'a, T: Copy> Names<'a, T> {
    pub(crate) fn add(&mut self, pattern: &'a str, of: T) {
        let last = last(pattern);
        if last.contains('*') {
            self.open.push((pattern, of));
        } else {
            self.by_last.entry(last).or_default().push((pattern, of));
        }
    }

    /// What the patterns that a name fits stand for, in no order.
    pub(crate) fn of<'b>(&'b self, name: &'b str) -> impl Iterator<Item = T> + 'b {
        let known = self.by_last.get(last(name)).map(Vec::as_slice).unwrap_or_default();
        known.iter().chain(&self.open).filter(move |(pattern, _)| fits(pattern, name)).map(|(_, of)| *of)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.of(name).next().is_some()
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_the_patterns_that_they_would_fit_one_by_one() {
        let patterns = ["a.b", "*.b", "*b", "a.*", "a.*.c", "b", "*", "a.b()", ".b", "a.b*"];
        let mut names = Names::default();
        for (place, pattern) in patterns.iter().enumerate() {
            names.add(pattern, place);
        }
        for name in ["a.b", "b", "x.a.b", "a.x.c", "a.b().c", "", "a.b()", ".b", "a.bc"] {
            let mut found: Vec<usize> = names.of(name).collect();
            found.sort_unstable();
            let expected: Vec<usize> = (0..patterns.len()).filter(|place| fits(patterns[*place], name)).collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}
