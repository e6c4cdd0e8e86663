//! How do parties come to a split by themselves? Alternating offers, in bounded rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::split::{Method, split};
use super::utility::{Claimant, check};
use crate::lot::lot;

/// The most rounds.
pub const MAXIMUM_ROUNDS: u32 = 1_000;
/// The longest that a party may take for an offer or an answer: thirty days.
pub const MAXIMUM_TURN_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// How stubborn an automated party is at most: the power of the share of the rounds that have passed. With it all products are below 2^128.
const MAXIMUM_STUBBORNNESS: u32 = 6;

/// What is bargained over, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How many units there are.
    pub pot: u64,
    /// Who bargains, at least two.
    pub parties: Vec<Claimant>,
    /// How many offers are made at most.
    pub rounds: u32,
    /// How long an offer, or the answers to it, may take.
    pub turn_ms: u64,
    /// What happens where they do not agree: this split, or none.
    pub mediated_by: Option<Method>,
    /// Of the lot that says who begins.
    pub seed: u64,
}

/// An offer on the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Whose.
    pub by: String,
    /// What each party would get.
    pub shares: BTreeMap<String, u64>,
    /// Who has said yes; whoever made it has.
    pub accepted: BTreeSet<String>,
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// They bargain.
    Open {
        /// Which round, from 0.
        round: u32,
        /// Who is to make an offer, or made the one on the table.
        proposer: String,
        /// The offer, once it is made.
        offer: Option<Offer>,
        /// When the turn ends by itself: silence is no.
        due: Timestamp,
    },
    /// All said yes.
    Agreed {
        /// In which round.
        round: u32,
        /// What each gets.
        shares: BTreeMap<String, u64>,
    },
    /// They did not agree, and this was settled for them.
    Mediated {
        /// How.
        method: Method,
        /// What each gets.
        shares: BTreeMap<String, u64>,
    },
    /// They did not agree, and each has what it has without an agreement.
    Failed,
}

/// What a party says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// An offer.
    Offer {
        /// Whose.
        by: String,
        /// In which round.
        round: u32,
        /// What each party would get.
        shares: BTreeMap<String, u64>,
    },
    /// Yes.
    Accept {
        /// Whose.
        by: String,
        /// To the offer of which round.
        round: u32,
    },
    /// No.
    Reject {
        /// Whose.
        by: String,
        /// To the offer of which round.
        round: u32,
    },
    /// Nothing but the passing of time.
    Tick,
}

/// A bargaining of two or more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bargaining {
    /// What about, and how.
    pub terms: Terms,
    /// How it stands.
    pub state: State,
    /// Who ended the last round by a no, and which: so that who says so again is not told that it is wrong.
    #[serde(default)]
    pub rejected: Option<(String, u32)>,
    /// How often it changed: what a store compares before it writes.
    pub version: u64,
}

impl Bargaining {
    /// Begins. The parties take turns in an order that is drawn by lot.
    ///
    /// # Errors
    /// [`Code::InvalidBargain`], naming the field.
    pub fn open(terms: Terms, now: Timestamp) -> Result<Self, Problem> {
        check(terms.pot, &terms.parties)?;
        let wrong = |field: &str, what: &str| {
            Err(Problem::new(Code::InvalidBargain, format!("`{field}` cannot be: {what}")).with_field(field, what))
        };
        if terms.parties.len() < 2 {
            return wrong("parties", "two bargain at least.");
        }
        if terms.rounds == 0 || terms.rounds > MAXIMUM_ROUNDS {
            return wrong("rounds", "bargain for 1 to 1,000 rounds.");
        }
        if terms.turn_ms == 0 || terms.turn_ms > MAXIMUM_TURN_MS {
            return wrong("turn_ms", "a turn takes from 1 ms to 30 days.");
        }
        let mut bargaining = Self { terms, state: State::Failed, rejected: None, version: 0 };
        bargaining.state = bargaining.turn(0, now);
        Ok(bargaining)
    }

    /// Makes a move. What time has brought about by `now` happens first. A move that was made before is made again without a change.
    ///
    /// # Errors
    /// [`Code::BargainClosed`] after the end, [`Code::NotYourTurn`] for a move that is another's or of another round, [`Code::InvalidOffer`] for shares
    /// that are no split, or that give whoever says yes to them less than it insists on.
    pub fn make(&mut self, next: Move, now: Timestamp) -> Result<(), Problem> {
        while let State::Open { round, due, .. } = &self.state {
            if *due > now {
                break;
            }
            // Each turn that was missed took its time.
            let (round, due) = (*round, *due);
            self.pass(round, due);
        }
        let (by, of) = match &next {
            Move::Tick => return Ok(()),
            Move::Offer { by, round, .. } | Move::Accept { by, round } | Move::Reject { by, round } => (by.clone(), *round),
        };
        match (&next, &self.state) {
            (Move::Reject { .. }, _) if self.rejected.as_ref().is_some_and(|(before, round)| *before == by && *round == of) => {
                return Ok(());
            }
            (Move::Accept { .. }, State::Agreed { round, .. }) if *round == of && self.party(&by).is_some() => return Ok(()),
            _ => {}
        }
        let State::Open { round, proposer, offer, .. } = self.state.clone() else {
            return Err(Problem::new(Code::BargainClosed, "The bargaining is over. Its state says how it ended."));
        };
        let Some(party) = self.party(&by).cloned() else {
            return Err(Problem::new(Code::NotYourTurn, format!("{by} is no party of this bargaining.")));
        };
        if of != round {
            return Err(Problem::new(Code::NotYourTurn, format!("Round {of} is not the one that runs: that is round {round}.")));
        }
        match (next, offer) {
            (Move::Offer { shares, .. }, offer) => {
                if by != proposer {
                    return Err(Problem::new(Code::NotYourTurn, format!("It is {proposer}'s turn to make an offer.")));
                }
                match offer {
                    Some(before) if before.shares == shares => return Ok(()),
                    Some(_) => return Err(Problem::new(Code::NotYourTurn, format!("{by} has made its offer of this round."))),
                    None => {}
                }
                self.check_offer(&party, &shares)?;
                let due = now.plus(Duration::from_millis(self.terms.turn_ms));
                let offer = Offer { by: by.clone(), shares, accepted: BTreeSet::from([by]) };
                self.change(State::Open { round, proposer, offer: Some(offer), due });
            }
            (_, None) => return Err(Problem::new(Code::NotYourTurn, format!("{proposer} has not made its offer yet."))),
            (Move::Accept { .. }, Some(mut offer)) => {
                if !party.accepts(offer.shares.get(&by).copied().unwrap_or(0)) {
                    let detail = format!("The offer is worth less to {by} than the {} it insists on.", party.least);
                    return Err(Problem::new(Code::InvalidOffer, detail));
                }
                if !offer.accepted.insert(by) {
                    return Ok(());
                }
                if offer.accepted.len() == self.terms.parties.len() {
                    self.change(State::Agreed { round, shares: offer.shares });
                } else if let State::Open { due, .. } = self.state {
                    self.change(State::Open { round, proposer, offer: Some(offer), due });
                }
            }
            // Whoever made the offer takes it back by saying no to it.
            _ => {
                self.pass(round, now);
                self.rejected = Some((by, round));
            }
        }
        Ok(())
    }

    /// When something happens by itself.
    #[must_use]
    pub fn next_tick(&self) -> Option<Timestamp> {
        if let State::Open { due, .. } = &self.state { Some(*due) } else { None }
    }

    /// What a party would settle for in a round, in worth: it begins at the best that it can get while the others get what they insist on, and is down
    /// at what it insists on in the last round. With `stubbornness` 1 in equal steps, with more the slower at first (Faratin, Sierra and Jennings, 1998).
    ///
    /// Nothing for who is no party.
    #[must_use]
    pub fn aspiration(&self, key: &str, round: u32, stubbornness: u32) -> Option<u64> {
        let party = self.party(key)?;
        let others: u64 = self.terms.parties.iter().filter(|other| other.key != key).filter_map(|other| other.units_for(other.least)).sum();
        let best = party.worth(self.terms.pot.saturating_sub(others)).max(party.least);
        let (last, power) = (u128::from(self.terms.rounds - 1), stubbornness.clamp(1, MAXIMUM_STUBBORNNESS));
        if last == 0 {
            return Some(party.least);
        }
        let passed = u128::from(round).min(last);
        // What is given up by now: the share of the rounds that have passed, to the power.
        let given = u128::from(best - party.least) * passed.pow(power) / last.pow(power);
        Some(best - u64::try_from(given).unwrap_or(u64::MAX).min(best - party.least))
    }

    /// The offer that an automated party makes in this round: as much as it aspires to for itself, and the rest among the others by Nash's split.
    ///
    /// # Errors
    /// [`Code::NoAgreement`] if what the parties insist on is more than the pot, [`Code::NotYourTurn`] for who is no party.
    pub fn propose(&self, key: &str, round: u32, stubbornness: u32) -> Result<BTreeMap<String, u64>, Problem> {
        let not_a_party = || Problem::new(Code::NotYourTurn, format!("{key} is no party of this bargaining."));
        let party = self.party(key).ok_or_else(not_a_party)?;
        let wanted = self.aspiration(key, round, stubbornness).ok_or_else(not_a_party)?;
        let others: Vec<Claimant> = self.terms.parties.iter().filter(|other| other.key != key).cloned().collect();
        let own = party.units_for(wanted).unwrap_or(self.terms.pot).min(self.terms.pot);
        if !party.accepts(own) {
            let detail = format!("{key} insists on {}, and the whole pot is not worth that to it.", party.least);
            return Err(Problem::new(Code::NoAgreement, detail));
        }
        let rest = split(self.terms.pot - own, &others, Method::Nash, self.terms.seed)?;
        let mut shares: BTreeMap<String, u64> = rest.portions.into_iter().map(|portion| (portion.key, portion.units)).collect();
        shares.insert(key.to_owned(), own);
        Ok(shares)
    }

    /// Whether an automated party says yes to the offer on the table: it is worth what the party would settle for now.
    #[must_use]
    pub fn would_accept(&self, key: &str, stubbornness: u32) -> bool {
        let State::Open { round, offer: Some(offer), .. } = &self.state else { return false };
        let (Some(party), Some(wanted)) = (self.party(key), self.aspiration(key, *round, stubbornness)) else { return false };
        offer.shares.get(key).is_some_and(|units| party.worth(*units) >= wanted)
    }

    fn party(&self, key: &str) -> Option<&Claimant> {
        self.terms.parties.iter().find(|party| party.key == key)
    }

    fn check_offer(&self, by: &Claimant, shares: &BTreeMap<String, u64>) -> Result<(), Problem> {
        let wrong = |what: String| Err(Problem::new(Code::InvalidOffer, what.clone()).with_field("shares", what));
        if shares.len() != self.terms.parties.len() || shares.keys().any(|key| self.party(key).is_none()) {
            return wrong("An offer gives each party a share, if only 0, and nobody else.".into());
        }
        let total = shares.values().try_fold(0_u64, |total, units| total.checked_add(*units));
        if total.is_none_or(|total| total > self.terms.pot) {
            return wrong(format!("The shares are together more than the {} units that there are.", self.terms.pot));
        }
        if !by.accepts(shares.get(&by.key).copied().unwrap_or(0)) {
            return wrong(format!("{} would get less than the {} it insists on itself.", by.key, by.least));
        }
        Ok(())
    }

    fn change(&mut self, state: State) {
        self.version += 1;
        self.state = state;
    }

    /// The turn of a round, for whoever is next.
    fn turn(&self, round: u32, now: Timestamp) -> State {
        let mut order: Vec<&str> = self.terms.parties.iter().map(|party| party.key.as_str()).collect();
        order.sort_by_key(|key| (lot(self.terms.seed, key), *key));
        let proposer = order.get(round as usize % order.len().max(1)).copied().unwrap_or_default().to_owned();
        State::Open { round, proposer, offer: None, due: now.plus(Duration::from_millis(self.terms.turn_ms)) }
    }

    /// Ends a round without an agreement.
    fn pass(&mut self, round: u32, now: Timestamp) {
        if round + 1 < self.terms.rounds {
            let next = self.turn(round + 1, now);
            return self.change(next);
        }
        let mediated = self.terms.mediated_by.and_then(|method| {
            let split = split(self.terms.pot, &self.terms.parties, method, self.terms.seed).ok()?;
            let shares = split.portions.into_iter().map(|portion| (portion.key, portion.units)).collect();
            Some(State::Mediated { method, shares })
        });
        self.change(mediated.unwrap_or(State::Failed));
    }
}
