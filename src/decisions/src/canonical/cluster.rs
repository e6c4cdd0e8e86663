//! How do groups that somebody else found become groups of answers?

use std::collections::BTreeMap;

/// Groups by a measure of similarity: two answers belong together if a chain of pairs leads from one to the other, each pair at least so
/// similar. That does not depend on the order of the answers if the measure does not.
#[must_use]
pub fn by_similarity(answers: usize, similarity: impl Fn(usize, usize) -> f64, least: f64) -> Vec<Vec<usize>> {
    let mut roots = Roots::of(answers);
    for one in 0..answers {
        for other in one + 1..answers {
            if similarity(one, other) >= least {
                roots.join(one, other);
            }
        }
    }
    roots.groups()
}

/// Groups joined with those of equal forms: what is the same text is the same answer, whatever the model says. Answers in no group stand alone.
/// None if an answer stands in two groups or there is no such answer.
#[must_use]
pub fn merged(forms: &[&str], found: &[Vec<usize>]) -> Option<Vec<Vec<usize>>> {
    let mut roots = Roots::of(forms.len());
    let mut placed = vec![false; forms.len()];
    for group in found {
        for place in group {
            let seen = placed.get_mut(*place)?;
            if std::mem::replace(seen, true) {
                return None;
            }
            roots.join(*group.first()?, *place);
        }
    }
    let mut same: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, form) in forms.iter().enumerate() {
        roots.join(*same.entry(form).or_insert(place), place);
    }
    let mut groups = roots.groups();
    let form = |place: &usize| forms.get(*place).copied().unwrap_or_default();
    for group in &mut groups {
        group.sort_by_key(|place| (form(place), *place));
    }
    groups.sort_by_key(|group| group.first().map_or("", form));
    Some(groups)
}

/// Disjoint sets.
struct Roots(Vec<usize>);

impl Roots {
    fn of(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&self, mut place: usize) -> usize {
        while let Some(above) = self.0.get(place).copied()
            && above != place
        {
            place = above;
        }
        place
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        // The smaller number stays the root: groups come out in the order of their first member.
        if let Some(above) = self.0.get_mut(one.max(other)) {
            *above = one.min(other);
        }
    }

    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for place in 0..self.0.len() {
            groups.entry(self.root(place)).or_default().push(place);
        }
        groups.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_answers_form_chains() {
        let places: [f64; 5] = [0.0, 5.0, 0.9, 1.8, 5.5];
        let near = |one: usize, other: usize| 1.0 - (places[one] - places[other]).abs();
        assert_eq!(by_similarity(5, near, 0.0), [vec![0, 2, 3], vec![1, 4]]);
        assert_eq!(by_similarity(5, |_, _| f64::NAN, 0.0).len(), 5, "what is not known is not similar");
    }

    #[test]
    fn given_groups_are_kept_and_equal_texts_joined() {
        let forms = ["b", "a", "b", "c", "d"];
        assert_eq!(merged(&forms, &[vec![0, 1]]), Some(vec![vec![1, 0, 2], vec![3], vec![4]]));
        assert_eq!(merged(&forms, &[vec![0], vec![0, 1]]), None, "in two groups");
        assert_eq!(merged(&forms, &[vec![5]]), None, "no such answer");
        assert_eq!(merged(&forms, &[vec![], vec![3, 4]]), Some(vec![vec![1], vec![0, 2], vec![3, 4]]));
    }
}
