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
const RULES: f32 = 1.5;
/// The chance that words give which rules know by heart.
const KNOWN: f32 = 0.5;
/// How much a step counts beside a part.
const ASKED: f32 = 0.7;
/// What a reading loses for each strong word that it plans nothing for.
const LEFT: f32 = 0.8;

type Outcome = Result<(Draft, Explanation), Refusal>;

/// A step: what it does, the parts that it is read from, and its chance.
type Step = (&'static str, Vec<(usize, usize)>, f32);

/// A reading with what came of it.
struct Tried {
    outcome: Outcome,
    worth: f32,
}

/// Plans the best of a goal's readings: the one by rules, the one by chances, and those with a second best meaning of a part.
pub(crate) fn chosen(ruled: &Reading, given: &[Given], skills: &Skills, terms: Terms) -> Outcome {
    let (plain, parts) = ruled.parts();
    let first = tried(ruled, &parts, given, skills, terms, RULES);
    // Another reading is only smaller by what it leaves out.
    if first.outcome.as_ref().is_err_and(|refusal| refusal.code == Code::PlanTooLarge) {
        return first.outcome;
    }
    // A skill of somebody else is known by its own words.
    if ruled.intents.is_empty() && first.outcome.as_ref().is_ok_and(|(draft, _)| draft.steps.iter().any(|step| !is_ours(&step.uses))) {
        return first.outcome;
    }
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
    // What sounds impossible may be meant otherwise.
    others.extend(
        parts
            .iter()
            .enumerate()
            .filter(|(_, part)| part.best().0 == IMPOSSIBLE && part.best().1 < 0.95)
            .map(|(place, part)| (place, NOTHING, part.best().1)),
    );
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

/// Whether rules and requests know a skill.
fn is_ours(skill: &str) -> bool {
    ["nlp.", "data_science.", "documentation.", "code_analysis.", "web_automation.", "prompt."]
        .iter()
        .any(|family| skill.starts_with(family))
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
    Tried { worth: worth(&intents, impossible, parts, reading) + more - wanting, outcome }
}

/// How well what is planned is what the parts ask for: each part should find one of its meanings, and each step a part that means it.
fn worth(intents: &[Intent], impossible: bool, parts: &[Part], reading: &Reading) -> f32 {
    // What words that rules know by heart ask for.
    let cues = reading.cues();
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
    // Each step by the part that it is read from, and what rules know by heart in that part; talk asks for nothing.
    let near = |span: (usize, usize)| -> Vec<&Part> { parts.iter().filter(|part| part.span.0 < span.1 && span.0 < part.span.1).collect() };
    let mut steps: Vec<Step> = Vec::new();
    for intent in intents.iter().filter(|_| !impossible) {
        let around = near(intent.cue);
        let said = around
            .iter()
            .map(|part| {
                let cue = cues
                    .iter()
                    .filter(|cue| cue.capability == intent.capability && part.span.0 <= cue.from && cue.to <= part.span.1)
                    .map(|cue| if cue.weight >= 1.5 { KNOWN } else { KNOWN * 0.4 })
                    .fold(0.0, f32::max);
                meant(part, intent.capability).max((1.0 - part.chance(NOTHING)) * cue)
            })
            .fold(0.0, f32::max);
        let spans: Vec<(usize, usize)> = around.iter().map(|part| part.span).collect();
        match steps.iter_mut().find(|(name, known, _)| *name == intent.capability && *known == spans) {
            Some((.., most)) => *most = most.max(said),
            None => steps.push((intent.capability, spans, said)),
        }
    }
    if impossible {
        steps.push((IMPOSSIBLE, Vec::new(), parts.iter().map(|part| part.chance(IMPOSSIBLE)).fold(0.0, f32::max)));
    }
    let asked: f32 = steps.iter().map(|(.., said)| ASKED * said.max(f32::MIN_POSITIVE).ln().max(FLOOR)).sum();
    let nothing = if names.is_empty() { FLOOR } else { 0.0 };
    // Strong words that nothing is planned for.
    let mut left: Vec<&str> =
        cues.iter().filter(|cue| cue.weight >= 2.0 && !names.contains(&cue.capability)).map(|cue| cue.capability).collect();
    left.sort_unstable();
    left.dedup();
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let left = left.len() as f32;
    found + asked + nothing - if impossible { 0.0 } else { LEFT * left }
}
