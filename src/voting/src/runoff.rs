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

/// A ballot that is still heard.
struct Standing<'a> {
    weight: i128,
    /// Where its options begin that have not left, and where they end.
    begin: usize,
    end: usize,
    silent: &'a [usize],
    /// What each option of its first place has of it; none once nothing of it is left or it says nothing any more.
    part: Option<i128>,
    /// The last round in which one of that place left.
    touched: usize,
}

/// What is counted from round to round. A ballot is looked at again only when one of its first place leaves, so that all rounds together go over
/// each ballot's options once or twice.
struct Count {
    /// All ballots' options one after the other, with whether each is the last of its place.
    listed: Vec<(usize, bool)>,
    left: Vec<Option<Points>>,
    votes: Vec<i128>,
    /// What those weigh that must be silent about each, and all.
    deaf: Vec<i128>,
    all: i128,
    /// Which ballots have each option in the first of their places.
    first_of: Vec<Vec<usize>>,
}

impl Count {
    fn of(options: usize) -> Self {
        let (votes, first_of) = (vec![0; options], vec![Vec::new(); options]);
        Self { listed: Vec::new(), left: vec![None; options], deaf: votes.clone(), votes, all: 0, first_of }
    }

    fn stands(&self, option: usize) -> bool {
        self.left.get(option) == Some(&None)
    }

    /// The first place from here on, with those that left.
    fn place(&self, begin: usize, end: usize) -> &[(usize, bool)] {
        let rest = self.listed.get(begin..end).unwrap_or_default();
        rest.get(..rest.iter().position(|(_, last)| *last).map_or(rest.len(), |at| at + 1)).unwrap_or_default()
    }

    /// Whether a ballot may speak of only one of those that are left.
    fn is_quiet(&self, ballot: &Standing<'_>, standing: usize) -> bool {
        // Most may speak of nearly all: they are not gone through.
        !ballot.silent.is_empty()
            && standing < ballot.silent.len().saturating_add(2)
            && standing.saturating_sub(ballot.silent.iter().filter(|option| self.stands(**option)).count()) < 2
    }

    /// Gives a ballot's weight to the first of its places of which somebody stands.
    fn give(&mut self, number: usize, ballot: &mut Standing<'_>) {
        while ballot.begin < ballot.end {
            let place = self.place(ballot.begin, ballot.end);
            let (length, here) = (place.len(), place.iter().filter(|(option, _)| self.stands(*option)).count());
            if here == 0 {
                ballot.begin += length;
                continue;
            }
            let part = ballot.weight / i128::try_from(here).unwrap_or(1);
            self.add(ballot.begin, length, part);
            for (option, _) in self.listed.get(ballot.begin..ballot.begin + length).unwrap_or_default() {
                if let (Some(None), Some(first_of)) = (self.left.get(*option), self.first_of.get_mut(*option)) {
                    first_of.push(number);
                }
            }
            ballot.part = Some(part);
            self.weigh(ballot, ballot.weight);
            return;
        }
    }

    /// Takes back what a ballot has given, for good.
    fn take_back(&mut self, ballot: &mut Standing<'_>) {
        let Some(part) = ballot.part.take() else { return };
        let length = self.place(ballot.begin, ballot.end).len();
        self.add(ballot.begin, length, -part);
        self.weigh(ballot, -ballot.weight);
        ballot.begin = ballot.end;
    }

    fn weigh(&mut self, ballot: &Standing<'_>, weight: i128) {
        self.all += weight;
        for option in ballot.silent {
            if let Some(deaf) = self.deaf.get_mut(*option) {
                *deaf += weight;
            }
        }
    }

    /// Lets these leave in this round, which is counted from 1.
    fn leave(&mut self, leaving: &[usize], round: usize, ballots: &mut [Standing<'_>]) {
        for option in leaving {
            if let (Some(left), Some(votes)) = (self.left.get_mut(*option), self.votes.get_mut(*option)) {
                *left = Some(Points::of(i128::try_from(round).unwrap_or(i128::MAX), 1));
                *votes = 0;
            }
        }
        for option in leaving {
            for number in self.first_of.get_mut(*option).map(std::mem::take).unwrap_or_default() {
                if let Some(ballot) = ballots.get_mut(number).filter(|ballot| ballot.touched < round) {
                    ballot.touched = round;
                    self.share_anew(number, ballot);
                }
            }
        }
    }

    /// Parts a ballot's weight among those of its place that are left, or gives it to the next one if there are none.
    fn share_anew(&mut self, number: usize, ballot: &mut Standing<'_>) {
        let Some(before) = ballot.part else { return };
        let place = self.place(ballot.begin, ballot.end);
        let (length, here) = (place.len(), place.iter().filter(|(option, _)| self.stands(*option)).count());
        if here == 0 {
            self.weigh(ballot, -ballot.weight);
            (ballot.part, ballot.begin) = (None, ballot.begin + length);
            self.give(number, ballot);
            return;
        }
        let part = ballot.weight / i128::try_from(here).unwrap_or(1);
        self.add(ballot.begin, length, part - before);
        ballot.part = Some(part);
    }

    /// Adds this to all of a place that are left.
    fn add(&mut self, begin: usize, length: usize, votes: i128) {
        let Self { listed, left, votes: sums, .. } = self;
        for (option, _) in listed.get(begin..begin + length).unwrap_or_default() {
            if let (Some(None), Some(sum)) = (left.get(*option), sums.get_mut(*option)) {
                *sum += votes;
            }
        }
    }
}

fn run(options: usize, ballots: &[Ballot], rounds: &mut Vec<Round>) -> (Vec<Points>, Vec<i128>) {
    let mut count = Count::of(options);
    let mut heard = Vec::new();
    let (mut order, mut ends) = (Vec::new(), Vec::new());
    for ballot in ballots {
        ballot.write(options, &mut order, &mut ends);
        let begin = count.listed.len();
        let mut coming = ends.iter().peekable();
        for (at, option) in order.iter().enumerate() {
            let last = coming.next_if(|end| **end == at + 1).is_some();
            count.listed.push((*option, last));
        }
        let end = count.listed.len();
        if end > begin {
            let weight = i128::from(ballot.weight.0);
            heard.push(Standing { weight, begin, end, silent: &ballot.silent, part: None, touched: 0 });
        }
    }
    for (number, ballot) in heard.iter_mut().enumerate() {
        count.give(number, ballot);
    }
    let mut round = 0_usize;
    let mut last = vec![0; options];
    loop {
        let standing = count.left.iter().filter(|left| left.is_none()).count();
        for ballot in &mut heard {
            if ballot.part.is_some() && count.is_quiet(ballot, standing) {
                // Whoever may speak of one only never speaks again.
                count.take_back(ballot);
            }
        }
        let of_all = count.votes.iter().zip(&count.deaf).map(|(votes, deaf)| projected(*votes, count.all - deaf, count.all)).enumerate();
        let remaining: Vec<(usize, i128)> = of_all.filter(|(option, _)| count.stands(*option)).collect();
        let Some(fewest) = remaining.iter().map(|(_, votes)| *votes).min() else { break };
        let most = remaining.iter().map(|(_, votes)| *votes).max().unwrap_or(fewest);
        round += 1;
        let shown = remaining.iter().map(|(option, votes)| (*option, *votes as f64 / PARTS)).collect();
        // Whoever has more than half cannot lose any more, and those who are all alike tie for good.
        let over = most * 2 > count.all || most == fewest;
        let leaving: Vec<usize> =
            if over { Vec::new() } else { remaining.iter().filter(|(_, votes)| *votes == fewest).map(|(option, _)| *option).collect() };
        count.leave(&leaving, round, &mut heard);
        rounds.push(Round { votes: shown, leaving });
        if over {
            for (option, votes) in remaining {
                if let Some(left) = count.left.get_mut(option) {
                    *left = Some(Points { value: i128::try_from(round).unwrap_or(i128::MAX), second: votes, unit: 1 });
                }
            }
            last = count.votes;
            break;
        }
    }
    (count.left.into_iter().map(|points| points.unwrap_or(Points::of(0, 1))).collect(), last)
}
