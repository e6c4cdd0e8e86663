//! Which option is left when those with the fewest first places leave one after the other?

use crate::ballot::{Ballot, PARTS};
use crate::heard::projected;
use crate::tally::{Points, Round};

/// The instant runoff. An option's points are the round in which it left, the last ones' the round after all others; the rounds say the votes. An option that some may not speak of has as many votes of all as it has of those that may; who
/// may speak of only one of those that are left says nothing any more.
pub(crate) fn instant_runoff(options: usize, ballots: &[Ballot], rounds: &mut Vec<Round>) -> Vec<Points> {
    run(options, ballots, rounds).0
}

/// The votes that each option has in the last round, of those that may speak of it.
pub(crate) fn last_votes(options: usize, ballots: &[Ballot]) -> Vec<i128> {
    run(options, ballots, &mut Vec::new()).1
}

fn run(options: usize, ballots: &[Ballot], rounds: &mut Vec<Round>) -> (Vec<Points>, Vec<i128>) {
    // All ballots' options one after the other, with whether each is the last of its place, and where each ballot stands and ends: what
    // lies before has left.
    let mut listed: Vec<(usize, bool)> = Vec::new();
    let mut stands: Vec<(i128, usize, usize, &[usize])> = Vec::new();
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
            stands.push((i128::from(ballot.weight.0), begin, listed.len(), &ballot.silent));
        }
    }
    let mut left = vec![None; options];
    let mut round = 0_i128;
    let (mut here, mut last) = (Vec::new(), vec![0; options]);
    loop {
        let (mut votes, mut deaf, mut all) = (vec![0_i128; options], vec![0_i128; options], 0_i128);
        let here_still = |option: &&usize| left.get(**option) == Some(&None);
        let standing = left.iter().filter(|left| left.is_none()).count();
        for (weight, stand, end, silent) in &mut stands {
            if !silent.is_empty() && standing - silent.iter().filter(here_still).count() < 2 {
                continue;
            }
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
                all += *weight;
                for option in *silent {
                    if let Some(deaf) = deaf.get_mut(*option) {
                        *deaf += *weight;
                    }
                }
                break;
            }
        }
        let of_all = votes.iter().zip(deaf).map(|(votes, deaf)| projected(*votes, all - deaf, all)).enumerate();
        let remaining: Vec<(usize, i128)> = of_all.filter(|(option, _)| left.get(*option) == Some(&None)).collect();
        let Some(fewest) = remaining.iter().map(|(_, votes)| *votes).min() else { break };
        let most = remaining.iter().map(|(_, votes)| *votes).max().unwrap_or(fewest);
        round += 1;
        let shown = remaining.iter().map(|(option, votes)| (*option, *votes as f64 / PARTS)).collect();
        // Whoever has more than half cannot lose any more, and those who are all alike tie for good.
        let over = most * 2 > all || most == fewest;
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
            last = votes;
            break;
        }
    }
    (left.into_iter().map(|points| points.unwrap_or(Points::of(0, 1))).collect(), last)
}
