//! Which option is left when those with the fewest first places leave one after the other?

use crate::ballot::{Ballot, PARTS};
use crate::tally::{Points, Round};

/// The instant runoff. An option's points are the round in which it left, the last ones' the round after all others; the rounds say the votes.
pub(crate) fn instant_runoff(options: usize, ballots: &[Ballot], rounds: &mut Vec<Round>) -> Vec<Points> {
    // All ballots' options one after the other, with whether each is the last of its place, and where each ballot stands and ends: what
    // lies before has left.
    let mut listed: Vec<(usize, bool)> = Vec::new();
    let mut stands: Vec<(i128, usize, usize)> = Vec::new();
    let (mut order, mut ends) = (Vec::new(), Vec::new());
    for ballot in ballots {
        ballot.write(options, &mut order, &mut ends);
        let begin = listed.len();
        let mut coming = ends.iter().peekable();
        for (at, option) in order.iter().enumerate() {
            let last = coming.next_if(|end| **end == at + 1).is_some();
            listed.push((*option, last));
        }
        if listed.len() > begin {
            stands.push((i128::from(ballot.weight.0), begin, listed.len()));
        }
    }
    let mut left = vec![None; options];
    let mut round = 0_i128;
    let mut here = Vec::new();
    loop {
        let mut votes = vec![0_i128; options];
        for (weight, stand, end) in &mut stands {
            while *stand < *end {
                here.clear();
                let place = listed.get(*stand..*end).unwrap_or_default();
                let length = place.iter().position(|(_, last)| *last).map_or(place.len(), |at| at + 1);
                let names = place.iter().take(length).map(|(option, _)| *option);
                here.extend(names.filter(|option| left.get(*option) == Some(&None)));
                if here.is_empty() {
                    *stand += length;
                    continue;
                }
                let part = *weight / i128::try_from(here.len()).unwrap_or(1);
                for option in &here {
                    if let Some(votes) = votes.get_mut(*option) {
                        *votes += part;
                    }
                }
                break;
            }
        }
        let remaining: Vec<(usize, i128)> =
            votes.iter().copied().enumerate().filter(|(option, _)| left.get(*option) == Some(&None)).collect();
        let Some(fewest) = remaining.iter().map(|(_, votes)| *votes).min() else { break };
        let most = remaining.iter().map(|(_, votes)| *votes).max().unwrap_or(fewest);
        let total: i128 = remaining.iter().map(|(_, votes)| *votes).sum();
        round += 1;
        let shown = remaining.iter().map(|(option, votes)| (*option, *votes as f64 / PARTS)).collect();
        // Whoever has more than half cannot lose any more, and those who are all alike tie for good.
        let over = most * 2 > total || most == fewest;
        let leaving: Vec<usize> =
            if over { Vec::new() } else { remaining.iter().filter(|(_, votes)| *votes == fewest).map(|(option, _)| *option).collect() };
        for option in &leaving {
            if let Some(left) = left.get_mut(*option) {
                *left = Some(Points::of(round, 1));
            }
        }
        rounds.push(Round { votes: shown, leaving: leaving.clone() });
        if over {
            for (option, votes) in remaining {
                if let Some(left) = left.get_mut(option) {
                    *left = Some(Points { value: round, second: votes, unit: 1 });
                }
            }
            break;
        }
    }
    left.into_iter().map(|points| points.unwrap_or(Points::of(0, 1))).collect()
}
