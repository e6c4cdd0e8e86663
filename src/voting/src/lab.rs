//! Can the leader still be caught, and whose ballot made the difference?

use crate::ballot::{Ballot, Weight};
use crate::count::{Sums, approval_sums, borda_sums, first_sums, score_sums};
use crate::grades::{columns, weight_of_all};
use crate::heard::projected;
use crate::pairwise::Pairwise;
use crate::rule::Rule;
use crate::verdict::{Outcome, Terms, TieBreak, decide, support};

/// The most ballots among which pivotal ones are looked for: each is left out once.
pub const MAXIMUM_PIVOTAL_BALLOTS: usize = 1_000;
/// The most cells that one count may look at where pivotal ballots are looked for: ballots times options, or times pairs of options.
pub const MAXIMUM_PIVOTAL_CELLS: usize = 1_000_000;

/// Whether ballots that are still to come, of these weights, could change the outcome: put another option first, or bring quorum or threshold
/// about or down. What is to come may speak of all options or be silent about some. Never says no wrongly; where a rule gives no bound (scores and
/// medians without a scale) it says yes as long as anything is to come.
#[must_use]
pub fn can_be_caught(terms: &Terms, options: usize, ballots: &[Ballot], to_come: &[Weight]) -> bool {
    let coming: i128 = to_come.iter().map(|weight| i128::from(weight.0)).sum();
    if coming == 0 {
        return false;
    }
    let Some(leader) = out_of_reach(terms, options, ballots, coming) else { return true };
    if ballots.len() < terms.quorum {
        return true;
    }
    terms.threshold.is_some_and(|threshold| {
        let (votes, of) = support(leader, options, ballots, terms.rule, threshold);
        // As if all that is to come were against it.
        !threshold.is_met(votes, of + u128::try_from(coming).unwrap_or(u128::MAX))
    })
}

/// The option that stays the first, whatever so much more says.
fn out_of_reach(terms: &Terms, options: usize, ballots: &[Ballot], coming: i128) -> Option<usize> {
    let rule = terms.rule;
    match (rule, terms.scale) {
        (Rule::Plurality, _) => ahead(&first_sums(options, ballots), coming, (0, coming)),
        (Rule::Approval, _) => ahead(&approval_sums(options, ballots), coming, (0, coming)),
        // All duels of what is to come, twice as the sums are.
        (Rule::Borda, _) => {
            let duels = coming * 2 * i128::try_from(options.saturating_sub(1)).unwrap_or(i128::MAX);
            ahead(&borda_sums(options, ballots), duels, (0, duels))
        }
        // Whoever has more than half of all first places wins in the first round.
        (Rule::InstantRunoff, _) => {
            let mut first = first_sums(options, ballots);
            let compare = ballots.iter().filter(|ballot| ballot.speaks() && ballot.compares(options));
            first.heard.all = compare.map(|ballot| i128::from(ballot.weight.0)).sum();
            let leader = ahead(&first, coming, (0, coming))?;
            let (votes, heard) = (*first.of.get(leader)?, *first.heard.of.get(leader)?);
            (votes * 2 > heard + coming + ROUNDING).then_some(leader)
        }
        // Whoever beats every other one stays first.
        (Rule::Copeland | Rule::Schulze, _) => {
            let pairs = Pairwise::of(options, ballots);
            let beats = |one: usize, other: usize| i128::from(pairs.votes(one, other)) - i128::from(pairs.votes(other, one)) > coming;
            (0..options).find(|one| (0..options).all(|other| other == *one || beats(*one, other)))
        }
        (Rule::Score, Some(scale)) => {
            let worst_and_best = (coming * i128::from(scale.least), coming * i128::from(scale.most));
            ahead(&score_sums(options, ballots, terms.scale), coming, worst_and_best)
        }
        // A better score never lowers a median or its gauge, a worse one never raises them: nothing is worse for the leader than that all that is to come
        // gives it the least and one rival the most.
        (Rule::Median, Some(scale)) => {
            let (columns, all) = (columns(options, ballots, terms.scale), weight_of_all(ballots));
            let leader = best(columns.iter().map(|column| column.points(None, all)))?;
            let least = columns.get(leader)?.points(Some((scale.least, coming)), all);
            let safe = |rival: usize| {
                let most = columns.get(rival).map(|column| column.points(Some((scale.most, coming)), all));
                most.is_some_and(|most| least.value > most.value || least.value == most.value && least.second - most.second > ROUNDING)
            };
            (0..options).all(|rival| rival == leader || safe(rival)).then_some(leader)
        }
        (Rule::Score | Rule::Median, None) => None,
    }
}

/// How much two shares may come nearer to one another because each is rounded down.
const ROUNDING: i128 = 1;

/// The option whose share stays above every other one's where `heard` more is heard, of which it has the least that can be and a rival the most.
fn ahead(sums: &Sums, heard: i128, (least, most): (i128, i128)) -> Option<usize> {
    let share = |option: usize, more: i128| {
        let of = sums.heard.of.get(option).copied().unwrap_or(0) + heard;
        projected(sums.of.get(option).copied().unwrap_or(0) + more, of, sums.heard.all)
    };
    let options = 0..sums.of.len();
    let leader = best(options.clone().map(|option| share(option, least)))?;
    let own = share(leader, least);
    options.into_iter().all(|rival| rival == leader || own - share(rival, most) > ROUNDING).then_some(leader)
}

/// Where the greatest stands.
fn best<T: Ord>(of: impl Iterator<Item = T>) -> Option<usize> {
    of.enumerate().max_by(|one, other| one.1.cmp(&other.1)).map(|(place, _)| place)
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
