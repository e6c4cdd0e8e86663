//! Who could take a task of this skill with these labels, best first? One lane answers for one skill and set of labels.
//!
//! A lane is brought up to date when it is asked, by the members that changed since: a change costs a note in each lane of the
//! agent, and a choice costs the changes since the last one, each O(log n), and never a look at all agents.

use std::collections::BTreeSet;

use baton_domain::agent::Strategy;
use baton_domain::ports::Chance;
use baton_domain::wire::task::{AgentRef, Candidate, Explanation, Rejection};

use super::latency::PeakEwma;
use super::member::Member;
use super::reason::{RejectReason, Tally};
use super::score::{self, Question};

/// How many candidates an explanation names.
pub(super) const EXPLAINED: usize = 8;

/// A place in the order: the better score, then the one whose turn is longer ago, then the one that registered first.
type Key = (u64, u64, u32);

/// An agent in a lane.
#[derive(Debug, Clone)]
struct Seat {
    agent: u32,
    /// The skill's position among the agent's skills.
    at: usize,
    key: Key,
    /// Its place among those that may be drawn, for `fastest`.
    place: usize,
    /// Why it is out of the question; it is in the order if nothing is against it.
    reject: Option<RejectReason>,
    /// Whether it is noted as changed.
    noted: bool,
}

/// How the candidates are kept.
#[derive(Debug, Clone)]
enum Order {
    /// Best first; the last part of a key is the seat.
    Ranked(BTreeSet<Key>),
    /// As they came, to draw from.
    Drawn(Vec<Lot>),
}

/// A candidate that may be drawn, with all that is asked of it. What is drawn by lot is in no cache, so it lies in one line of
/// memory.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Lot {
    seat: u32,
    agent: u32,
    pending: PeakEwma,
    name: AgentRef,
}

/// The agents for one skill and set of labels.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    /// The labels, sorted, each once.
    pub(super) labels: Vec<String>,
    /// The choice that last asked this lane.
    pub(super) used: u64,
    seats: Vec<Seat>,
    order: Order,
    changed: Vec<u32>,
    fell: Tally,
}

/// The best agent, and why.
pub(super) struct Best {
    pub(super) agent: u32,
    pub(super) explanation: Explanation,
}

impl Lane {
    /// A lane of these agents, each with the skill's position among its skills; `fell` counts those that are not in it.
    pub(super) fn new(labels: Vec<String>, strategy: Strategy, agents: Vec<(u32, usize)>, fell: Tally) -> Self {
        let order = match strategy {
            Strategy::Fastest => Order::Drawn(Vec::new()),
            Strategy::RoundRobin | Strategy::LeastLoaded | Strategy::Weighted => Order::Ranked(BTreeSet::new()),
        };
        let mut fell = fell;
        // Nobody is in the order before the first look, which counts each where it belongs.
        let seats: Vec<Seat> = agents
            .into_iter()
            .map(|(agent, at)| {
                fell.add(RejectReason::NoSlot, 1);
                Seat { agent, at, key: (0, 0, 0), place: 0, reject: Some(RejectReason::NoSlot), noted: true }
            })
            .collect();
        let changed = (0..).take(seats.len()).collect();
        Self { labels, used: 0, seats, order, changed, fell }
    }

    pub(super) fn agents(&self) -> impl Iterator<Item = u32> {
        self.seats.iter().map(|seat| seat.agent)
    }

    /// Notes that the agent of this seat changed.
    pub(super) fn note(&mut self, seat: u32) {
        let noted = &mut self.seats[seat as usize].noted;
        if !*noted {
            *noted = true;
            self.changed.push(seat);
        }
    }

    fn catch_up(&mut self, question: &Question<'_>, members: &[Member]) {
        let mut changed = std::mem::take(&mut self.changed);
        for seat in changed.drain(..) {
            self.refresh(seat, question, members);
        }
        // Its room is used again.
        self.changed = changed;
    }

    fn refresh(&mut self, number: u32, question: &Question<'_>, members: &[Member]) {
        let seat = &mut self.seats[number as usize];
        let member = &members[seat.agent as usize];
        seat.noted = false;
        let (before, after) = (seat.reject, member.reject(question.options));
        if before != after {
            if let Some(reason) = before {
                self.fell.remove_one(reason);
            }
            if let Some(reason) = after {
                self.fell.add(reason, 1);
            }
            seat.reject = after;
        }
        match &mut self.order {
            Order::Ranked(ranked) => {
                let key = (descending(score::kept_score(question, member, seat.at)), member.last_turn, number);
                if before.is_none() && (after.is_some() || key != seat.key) {
                    ranked.remove(&seat.key);
                }
                if after.is_none() && (before.is_some() || key != seat.key) {
                    ranked.insert(key);
                }
                seat.key = key;
            }
            Order::Drawn(drawn) => match (before, after) {
                (Some(_), None) => {
                    seat.place = drawn.len();
                    let (pending, name) = (score::pending(member, seat.at), member.facts.agent.clone());
                    drawn.push(Lot { seat: number, agent: seat.agent, pending, name });
                }
                (None, None) => drawn[seat.place].pending = score::pending(member, seat.at),
                (None, Some(_)) => {
                    let place = seat.place;
                    drawn.swap_remove(place);
                    if let Some(moved) = drawn.get(place) {
                        self.seats[moved.seat as usize].place = place;
                    }
                }
                (Some(_), Some(_)) => {}
            },
        }
    }

    /// The best agent with its explanation, or why each fell. With `fits` false the host has nothing left for the skill.
    pub(super) fn choose(
        &mut self,
        question: &Question<'_>,
        members: &[Member],
        fits: bool,
        chance: &dyn Chance,
    ) -> Result<Best, Vec<Rejection>> {
        self.catch_up(question, members);
        let mut fell = self.fell;
        if !fits {
            fell.add(RejectReason::NoCapacity, self.candidates());
            return Err(fell.rejections());
        }
        let mut list: Vec<(u32, Candidate)> = Vec::new();
        let explain = |number: u32| {
            let seat = &self.seats[number as usize];
            let member = &members[seat.agent as usize];
            (seat.agent, score::terms(question, member, seat.at).candidate(&member.facts.agent))
        };
        match &self.order {
            Order::Ranked(ranked) => list.extend(ranked.iter().take(EXPLAINED).map(|&(_, _, number)| explain(number))),
            Order::Drawn(drawn) => {
                // Both are looked at before either is explained, their names too: what would be two waits for memory is one.
                let mut two = draw_two(drawn, chance).map(|lot| lot.map(|lot| (lot, score::fastest(question, &lot.pending))));
                if let [Some((_, one)), Some((_, other))] = &two
                    && other.score() > one.score()
                {
                    two.swap(0, 1);
                }
                std::hint::black_box(two.each_ref().map(|lot| lot.as_ref().and_then(|(lot, _)| lot.name.name.as_bytes().first().copied())));
                list.extend(two.into_iter().flatten().map(|(lot, terms)| (lot.agent, terms.candidate(&lot.name))));
                fell.add(RejectReason::NotSampled, self.candidates().saturating_sub(2));
            }
        }
        let Some(agent) = list.first().map(|(agent, _)| *agent) else { return Err(fell.rejections()) };
        let candidates = list.into_iter().map(|(_, candidate)| candidate).collect();
        let strategy = question.strategy.as_str().to_owned();
        Ok(Best { agent, explanation: Explanation { strategy, candidates, rejected: fell.rejections(), version: None } })
    }

    fn candidates(&self) -> u32 {
        let count = match &self.order {
            Order::Ranked(ranked) => ranked.len(),
            Order::Drawn(drawn) => drawn.len(),
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// Two different ones by lot, or the only one: with two to choose from, the longest queue grows with the logarithm of the
/// logarithm of the number of agents (Mitzenmacher, *The Power of Two Choices in Randomized Load Balancing*, 2001).
fn draw_two<'a, T>(drawn: &'a [T], chance: &dyn Chance) -> [Option<&'a T>; 2] {
    if drawn.len() < 2 {
        return [drawn.first(), None];
    }
    let first = below(drawn.len(), chance.next());
    let second = below(drawn.len() - 1, chance.next());
    // One of those that are left.
    let second = if second >= first { second + 1 } else { second };
    [drawn.get(first), drawn.get(second)]
}

/// A whole number below `count` from a number in [0, 1).
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "between 0 and a count of agents")]
fn below(count: usize, draw: f64) -> usize {
    ((count as f64 * draw) as usize).min(count - 1)
}

/// A number that sorts the other way round than the score.
fn descending(score: f64) -> u64 {
    // Adding zero turns -0 into 0, which are equal scores.
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 1 { bits } else { !(bits | 1 << 63) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn higher_scores_sort_first(one in -1e12f64..1e12, other in -1e12f64..1e12) {
            prop_assert_eq!(descending(one).cmp(&descending(other)), other.total_cmp(&one));
        }

        #[test]
        fn two_different_ones_are_drawn(count in 2usize..50, first in 0.0f64..1.0, second in 0.0f64..1.0) {
            struct Given(std::sync::Mutex<Vec<f64>>);
            impl Chance for Given {
                fn next(&self) -> f64 {
                    self.0.lock().unwrap().pop().unwrap()
                }
            }
            let all: Vec<u32> = (0..u32::try_from(count).unwrap()).collect();
            let [one, other] = draw_two(&all, &Given(std::sync::Mutex::new(vec![second, first])));
            prop_assert!(one.is_some() && other.is_some() && one != other);
        }
    }
}
