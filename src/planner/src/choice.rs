//! Which of several readings of a goal is taken? The one whose steps its words ask for best, and that leaves no part of them out.

use baton_domain::problem::Code;

use crate::asking::{IMPOSSIBLE, NOTHING};
use crate::builder::Builder;
use crate::catalogue::Skills;
use crate::draft::Draft;
use crate::given::Given;
use crate::plan::{Explanation, Terms};
use crate::reading::{Intent, Part, Reading};
use crate::refusal::Refusal;

/// The most readings of a goal that are tried.
const READINGS: usize = 6;
/// The least chance of a second best meaning that is tried.
const SECOND: f32 = 0.08;
/// What a reading loses that cannot be planned for want of something.
const WANTING: f32 = 2.5;
/// What a word that nobody asks for costs at most, as a logarithm.
const FLOOR: f32 = -4.0;
/// How much more a reading by rules is believed than one by chances.
const RULES: f32 = 0.5;

type Outcome = Result<(Draft, Explanation), Refusal>;

/// A reading with what came of it.
struct Tried {
    outcome: Outcome,
    worth: f32,
}

/// Plans the best of a goal's readings: the one by rules, the one by chances, and those with a second best meaning of a part.
pub(crate) fn chosen(ruled: &Reading, given: &[Given], skills: &Skills, terms: Terms) -> Outcome {
    let (plain, parts) = ruled.parts();
    let first = tried(ruled, &parts, given, skills, terms, RULES);
    let judged = plain.clone().asked_by(&parts, None);
    let mut all = vec![first, tried(&judged, &parts, given, skills, terms, 0.0)];
    // What a part may mean beside, the likeliest first.
    let mut others: Vec<(usize, &'static str, f32)> = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.best().0 != NOTHING || parts.len() == 1)
        .flat_map(|(place, part)| part.ranked().into_iter().skip(1).take(2).map(move |(name, chance)| (place, name, chance)))
        .filter(|(_, name, chance)| *chance >= SECOND && *name != NOTHING && *name != IMPOSSIBLE)
        .collect();
    others.sort_by(|one, other| other.2.total_cmp(&one.2).then(one.0.cmp(&other.0)));
    for (place, name, _) in others.into_iter().take(READINGS - all.len()) {
        let reading = plain.clone().asked_by(&parts, Some((place, name)));
        all.push(tried(&reading, &parts, given, skills, terms, 0.0));
    }
    let mut best = 0;
    for place in 1..all.len() {
        if all[place].worth > all[best].worth {
            best = place;
        }
    }
    // Where nothing can be planned, the reading by rules says why.
    let best = if all.iter().all(|tried| tried.outcome.is_err()) { 0 } else { best };
    all.swap_remove(best).outcome
}

fn tried(reading: &Reading, parts: &[Part], given: &[Given], skills: &Skills, terms: Terms, more: f32) -> Tried {
    let builder = Builder::new(reading, given, skills, terms);
    let intents = if reading.unknown.is_empty() { builder.ordered() } else { Vec::new() };
    let outcome = builder.build();
    let impossible = !reading.unknown.is_empty();
    let wanting = match &outcome {
        Ok(_) => 0.0,
        // What needs a model is understood all the same.
        Err(refusal) if refusal.code == Code::GoalNeedsModel => 0.5,
        Err(_) if impossible => 0.0,
        Err(_) => WANTING,
    };
    Tried { worth: worth(&intents, impossible, parts) + more - wanting, outcome }
}

/// How well what is planned is what the parts ask for: each part should find one of its meanings, and each step a part that means it.
fn worth(intents: &[Intent], impossible: bool, parts: &[Part]) -> f32 {
    let mut names: Vec<&'static str> = intents.iter().map(|intent| intent.capability).collect();
    if impossible {
        names = vec![IMPOSSIBLE];
    }
    names.sort_unstable();
    names.dedup();
    let meant = |part: &Part, name: &str| -> f32 {
        // A note, a report and a filled template are much the same.
        let same: &[&str] = match name {
            "report" | "note" => &["report", "note", "render"],
            "render" => &["render", "note"],
            _ => &[],
        };
        if same.is_empty() { part.chance(name) } else { same.iter().map(|name| part.chance(name)).sum() }
    };
    let found: f32 = parts
        .iter()
        .map(|part| {
            let best = names.iter().map(|name| meant(part, name)).fold(part.chance(NOTHING), f32::max);
            best.max(f32::MIN_POSITIVE).ln().max(FLOOR)
        })
        .sum();
    let asked: f32 = names
        .iter()
        .map(|name| {
            let best = parts.iter().map(|part| meant(part, name)).fold(0.0, f32::max);
            0.6 * best.max(f32::MIN_POSITIVE).ln().max(FLOOR)
        })
        .sum();
    let nothing = if names.is_empty() { FLOOR } else { 0.0 };
    found + asked + nothing
}
