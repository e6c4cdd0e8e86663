//! In which order do the things stand that two sides have added, removed and moved?

use std::collections::{HashMap, HashSet};

/// The order of the keys in `keep`, and whether both sides moved what was there, and not alike; then the old order stands.
///
/// What is new on one side stays behind what it stood behind there. Where both sides add at one place, the order of the keys decides whose come first:
/// it does not matter which side is which.
pub(super) fn merged_order<'a>(base: &[&'a str], ours: &[&'a str], theirs: &[&'a str], keep: &HashSet<&'a str>) -> (Vec<&'a str>, bool) {
    let set = |keys: &[&'a str]| keys.iter().copied().collect::<HashSet<&str>>();
    let (in_base, in_ours, in_theirs) = (set(base), set(ours), set(theirs));
    let everywhere = |key: &&str| keep.contains(key) && in_base.contains(key) && in_ours.contains(key) && in_theirs.contains(key);
    let common = |keys: &[&'a str]| keys.iter().copied().filter(everywhere).collect::<Vec<&str>>();
    let (was, mine, its) = (common(base), common(ours), common(theirs));
    let (mut order, conflict) = if mine == was {
        (its, false)
    } else if its == was || mine == its {
        (mine, false)
    } else {
        (was, true)
    };

    // What one side removed and the other changed stays where it was.
    let placed: HashSet<&str> = order.iter().copied().collect();
    let stays = |key: &str| keep.contains(key) && in_base.contains(key);
    let mut behind: HashMap<Option<&str>, Vec<&str>> = HashMap::new();
    let mut last = None;
    for key in base.iter().copied().filter(|key| stays(key)) {
        if placed.contains(key) {
            last = Some(key);
        } else {
            behind.entry(last).or_default().push(key);
        }
    }
    order = inserted(order, &behind);

    let added = |keys: &[&'a str]| {
        let mut behind: HashMap<Option<&'a str>, Vec<&'a str>> = HashMap::new();
        let mut last = None;
        for key in keys.iter().copied() {
            if stays(key) {
                last = Some(key);
            } else if keep.contains(key) && !in_base.contains(key) {
                behind.entry(last).or_default().push(key);
            }
        }
        behind
    };
    let (mine, its) = (added(ours), added(theirs));
    let mut together: HashMap<Option<&str>, Vec<&str>> = HashMap::new();
    for place in mine.keys().chain(its.keys()) {
        let lists = [mine.get(place), its.get(place)].map(|list| list.cloned().unwrap_or_default());
        let [one, other] = if lists[0] <= lists[1] { lists } else { [lists[1].clone(), lists[0].clone()] };
        together.insert(*place, one.into_iter().chain(other).collect());
    }
    (inserted(order, &together), conflict)
}

/// Puts lists behind keys; what is there already is not put twice.
fn inserted<'a>(order: Vec<&'a str>, behind: &HashMap<Option<&'a str>, Vec<&'a str>>) -> Vec<&'a str> {
    let mut seen: HashSet<&str> = order.iter().copied().collect();
    let mut result = Vec::with_capacity(order.len());
    for place in std::iter::once(None).chain(order.into_iter().map(Some)) {
        result.extend(place);
        result.extend(behind.get(&place).into_iter().flatten().copied().filter(|key| seen.insert(key)));
    }
    result
}
