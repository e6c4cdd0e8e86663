//! Can the leader still be caught, and whose ballot made the difference?

use crate::ballot::{Ballot, Opinion, Weight};
use crate::pairwise::Pairwise;
use crate::rule::Rule;
use crate::tally::tally_within;
use crate::verdict::{Outcome, Terms, TieBreak, decide, support, weight};

/// The most ballots among which pivotal ones are looked for: each is left out once.
pub const MAXIMUM_PIVOTAL_BALLOTS: usize = 1_000;
/// The most cells that one count may look at where pivotal ballots are looked for: ballots times options, or times pairs of options.
pub const MAXIMUM_PIVOTAL_CELLS: usize = 1_000_000;

/// Whether ballots that are still to come, of these weights, could change the outcome: put another option first, or bring quorum or threshold
/// about or down. Never says no wrongly; where a rule gives no bound (scores and medians without a scale) it says yes as long as anything is to come.
#[must_use]
pub fn can_be_caught(terms: &Terms, options: usize, ballots: &[Ballot], to_come: &[Weight]) -> bool {
    let rule = terms.rule;
    let coming: i128 = to_come.iter().map(|weight| i128::from(weight.0)).sum();
    if coming == 0 {
        return false;
    }
    let now = tally_within(rule, terms.scale, options, ballots);
    let [leader] = now.first() else { return true };
    if ballots.len() < terms.quorum {
        return true;
    }
    if let Some(threshold) = terms.threshold {
        // As if all that is to come were against it.
        let all = weight(ballots) + u128::try_from(coming).unwrap_or(u128::MAX);
        if !threshold.is_met(support(*leader, options, ballots, rule), all) {
            return true;
        }
    }
    let others = || (0..options).filter(|option| option != leader);
    let ahead = |gain: i128| {
        let of = |option: usize| now.points.get(option).map_or(0, |points| points.value);
        others().all(|other| of(*leader) - of(other) > gain)
    };
    match rule {
        Rule::Plurality | Rule::Approval => !ahead(coming),
        // Points are doubled; a ballot gives a rival at most that many more than the leader.
        Rule::Borda => !ahead(coming * 2 * i128::try_from(options.saturating_sub(1)).unwrap_or(i128::MAX)),
        // Whoever has more than half of all first places wins in the first round.
        Rule::InstantRunoff => {
            let first = crate::count::first_places(options, ballots);
            let of = |option: usize| first.get(option).map_or(0, |points| points.value);
            let total: i128 = (0..options).map(of).sum();
            of(*leader) * 2 <= total + coming
        }
        // Whoever beats every other one stays first.
        Rule::Copeland | Rule::Schulze => {
            let pairs = Pairwise::of(options, ballots);
            !others().all(|other| i128::from(pairs.votes(*leader, other)) - i128::from(pairs.votes(other, *leader)) > coming)
        }
        Rule::Score => terms.scale.is_none_or(|scale| !ahead(coming * scale.span())),
        Rule::Median => {
            let (Some(scale), Ok(parts)) = (terms.scale, u64::try_from(coming)) else { return true };
            // A better score never lowers a median or its gauge, a worse one never raises them: nothing is worse for the leader than that all that
            // is to come gives it the least and one rival the most.
            !others().all(|rival| {
                let mut scores = vec![Some(scale.least()); options];
                if let Some(score) = scores.get_mut(rival) {
                    *score = Some(scale.most());
                }
                let worst = Ballot { weight: Weight(parts), opinion: Opinion::Scores(scores) };
                let all: Vec<Ballot> = ballots.iter().cloned().chain([worst]).collect();
                let then = tally_within(rule, terms.scale, options, &all).points;
                then.get(*leader) > then.get(rival)
            })
        }
    }
}

/// The ballots without which the outcome would be another one; none where there are more than [`MAXIMUM_PIVOTAL_BALLOTS`], or
/// where a count looks at more than [`MAXIMUM_PIVOTAL_CELLS`].
#[must_use]
pub fn pivotal(keys: &[&str], ballots: &[Ballot], terms: &Terms) -> Option<Vec<usize>> {
    let breaking = terms.tie_breaks.iter().filter_map(|by| match by {
        TieBreak::Rule(rule) => Some(*rule),
        TieBreak::Lot(_) => None,
    });
    let pairs = breaking.chain([terms.rule]).any(|rule| matches!(rule, Rule::Copeland | Rule::Schulze));
    let each = if pairs { keys.len().saturating_mul(keys.len()) } else { keys.len() };
    if ballots.len() > MAXIMUM_PIVOTAL_BALLOTS || ballots.len().saturating_mul(each) > MAXIMUM_PIVOTAL_CELLS {
        return None;
    }
    let first = |ballots: &[Ballot]| match decide(keys, ballots, terms).outcome {
        Outcome::Decided(option) => Some(option),
        _ => None,
    };
    let with_all = first(ballots);
    let mut known: Vec<(&Ballot, bool)> = Vec::new();
    let mut found = Vec::new();
    for (place, ballot) in ballots.iter().enumerate() {
        // Ballots that say the same make the same difference.
        let differs = match known.iter().find(|(other, _)| *other == ballot) {
            Some((_, differs)) => *differs,
            None => {
                let rest: Vec<Ballot> =
                    ballots.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, ballot)| ballot.clone()).collect();
                let differs = first(&rest) != with_all;
                known.push((ballot, differs));
                differs
            }
        };
        if differs {
            found.push(place);
        }
    }
    Some(found)
}
