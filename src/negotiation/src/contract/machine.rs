//! To whom does the contract go, and what comes of it?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bid::{Bid, MAXIMUM_REASON, Scored, Shortcoming, cut, rank, within_bounds};
use super::call::{Call, MAXIMUM_KEY};

/// The largest result in bytes of JSON. What is larger is stored elsewhere, and its place reported.
pub const MAXIMUM_RESULT: usize = 1024 * 1024;

/// What comes to the contract from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A proposal.
    Bid {
        /// Whose.
        bidder: String,
        /// The bid.
        bid: Bid,
    },
    /// No proposal.
    Refuse {
        /// Whose.
        bidder: String,
        /// Why.
        why: Shortcoming,
    },
    /// The award is taken.
    Accept {
        /// By whom.
        bidder: String,
        /// The award's number.
        award: u32,
    },
    /// The award is not taken.
    Decline {
        /// By whom.
        bidder: String,
        /// The award's number.
        award: u32,
        /// Why.
        because: String,
    },
    /// It is done.
    Report {
        /// By whom.
        bidder: String,
        /// The award's number.
        award: u32,
        /// What came of it.
        result: Value,
    },
    /// It cannot be done.
    Failure {
        /// By whom.
        bidder: String,
        /// The award's number.
        award: u32,
        /// Why.
        because: String,
    },
    /// A bidder is lost.
    Lost {
        /// Which.
        bidder: String,
    },
    /// It is no longer needed.
    Cancel {
        /// By whom.
        by: String,
    },
    /// Nothing but the passing of time.
    Tick,
}

/// Why an award came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Withdrawal {
    /// Its bidder did not take it.
    Declined {
        /// In its words.
        because: String,
    },
    /// Its bidder failed.
    Failed {
        /// In its words.
        because: String,
    },
    /// Its bidder did not answer in time.
    NotAccepted,
    /// Its bidder did not report in time.
    NotReported,
    /// Its bidder was lost.
    Lost,
    /// The contract was cancelled.
    Cancelled,
}

/// How a contract ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// It is done.
    Done {
        /// Under which award.
        award: u32,
        /// By whom.
        bidder: String,
        /// What came of it.
        result: Value,
    },
    /// Nobody did it.
    Nobody {
        /// How many bids met the call.
        bids: usize,
        /// How many awards came to nothing.
        awards: u32,
    },
    /// It was cancelled.
    Cancelled {
        /// By whom.
        by: String,
    },
}

/// What happened. The events of a contract, in their order, are the contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Somebody bid.
    Bid {
        /// Who.
        bidder: String,
        /// What.
        bid: Bid,
    },
    /// Somebody will not, or cannot.
    Refused {
        /// Who.
        bidder: String,
        /// Why.
        why: Shortcoming,
    },
    /// The bids were compared. None counts that comes later.
    Ranked {
        /// From the best to the worst.
        ranking: Vec<Scored>,
    },
    /// It goes to somebody.
    Awarded {
        /// The award's number, from 1.
        award: u32,
        /// To whom.
        bidder: String,
        /// Until when it must be accepted.
        accept_by: Timestamp,
    },
    /// Somebody took it.
    Accepted {
        /// The award's number.
        award: u32,
        /// Until when it must be reported on.
        report_by: Timestamp,
    },
    /// The award came to nothing.
    Withdrawn {
        /// The award's number.
        award: u32,
        /// Why.
        why: Withdrawal,
    },
    /// It has its outcome.
    Closed {
        /// Which.
        outcome: Outcome,
    },
}

/// Who has the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Award {
    /// Its number: what comes under another counts no more.
    pub number: u32,
    /// Whose it is.
    pub bidder: String,
    /// Whether it was accepted.
    pub accepted: bool,
    /// Until when it must be accepted, or reported on.
    pub due: Timestamp,
}

/// A contract as its events made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// What is called for.
    pub call: Call,
    /// What each bidder has answered so far.
    pub answers: BTreeMap<String, Result<Bid, Shortcoming>>,
    /// The bids from the best to the worst, once they are compared.
    pub ranking: Option<Vec<Scored>>,
    /// Who had it, or is lost.
    pub passed: BTreeSet<String>,
    /// Who has it.
    pub award: Option<Award>,
    /// The awards that came to nothing: number and bidder.
    pub withdrawn: Vec<(u32, String)>,
    /// The awards that their own bidders gave up: so that who says so again is not told that it is wrong.
    #[serde(default)]
    pub given_up: BTreeMap<u32, Withdrawal>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// How many events made it: what a store compares before it appends.
    pub version: u64,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What the sender is told.
    pub answer: Result<(), Problem>,
    /// What happened, to be stored in one transaction; also where the message was refused.
    pub events: Vec<Event>,
}

impl Contract {
    /// A call that was just made.
    ///
    /// # Errors
    /// [`Code::InvalidCall`], naming the field.
    pub fn open(call: Call) -> Result<Self, Problem> {
        call.check()?;
        Ok(Self {
            call,
            answers: BTreeMap::new(),
            ranking: None,
            passed: BTreeSet::new(),
            award: None,
            withdrawn: Vec::new(),
            given_up: BTreeMap::new(),
            outcome: None,
            version: 0,
        })
    }

    /// The contract after one more event.
    pub fn record(&mut self, event: &Event) {
        self.version += 1;
        match event {
            Event::Bid { bidder, bid } => {
                self.answers.insert(bidder.clone(), Ok(*bid));
            }
            Event::Refused { bidder, why } => {
                self.answers.insert(bidder.clone(), Err(why.clone()));
                self.passed.insert(bidder.clone());
            }
            Event::Ranked { ranking } => self.ranking = Some(ranking.clone()),
            Event::Awarded { award, bidder, accept_by } => {
                self.passed.insert(bidder.clone());
                self.award = Some(Award { number: *award, bidder: bidder.clone(), accepted: false, due: *accept_by });
            }
            Event::Accepted { report_by, .. } => {
                if let Some(award) = &mut self.award {
                    (award.accepted, award.due) = (true, *report_by);
                }
            }
            Event::Withdrawn { award, why } => {
                if matches!(why, Withdrawal::Declined { .. } | Withdrawal::Failed { .. }) {
                    self.given_up.insert(*award, why.clone());
                }
                if let Some(award) = self.award.take() {
                    self.withdrawn.push((award.number, award.bidder));
                }
            }
            Event::Closed { outcome } => {
                self.award = None;
                self.outcome = Some(outcome.clone());
            }
        }
    }

    /// Takes a message. What time has brought about by `now` happens first, whatever the message is.
    ///
    /// Any message may come twice, late or out of order: one that was taken before is taken again without an event.
    pub fn take(&mut self, message: Message, now: Timestamp) -> Step {
        let mut work = Work { contract: self, now, events: Vec::new() };
        work.pass_time();
        let answer = work.take(message);
        work.pass_time();
        Step { answer, events: work.events }
    }

    /// When something happens by itself.
    #[must_use]
    pub fn next_tick(&self) -> Option<Timestamp> {
        match (&self.outcome, &self.award, &self.ranking) {
            (Some(_), _, _) => None,
            (None, Some(award), _) => Some(award.due),
            (None, None, _) => Some(self.call.bid_by),
        }
    }

    fn best_left(&self) -> Option<&Scored> {
        self.ranking.iter().flatten().find(|scored| !self.passed.contains(&scored.bidder))
    }
}

struct Work<'a> {
    contract: &'a mut Contract,
    now: Timestamp,
    events: Vec<Event>,
}

impl Work<'_> {
    fn record(&mut self, event: Event) {
        self.contract.record(&event);
        self.events.push(event);
    }

    fn after(&self, span_ms: u64) -> Timestamp {
        self.now.plus(Duration::from_millis(span_ms))
    }

    fn pass_time(&mut self) {
        if self.contract.outcome.is_some() {
            return;
        }
        let answered = self.contract.call.bidders.iter().all(|bidder| self.contract.answers.contains_key(bidder));
        if self.contract.ranking.is_none() && (answered || self.now >= self.contract.call.bid_by) {
            let bids = self.contract.answers.iter().filter_map(|(bidder, answer)| Some((bidder.as_str(), *answer.as_ref().ok()?)));
            let ranking = rank(&self.contract.call, bids);
            self.record(Event::Ranked { ranking });
            self.award_next();
        }
        if let Some(award) = self.contract.award.clone().filter(|award| award.due <= self.now) {
            self.withdraw(&award, if award.accepted { Withdrawal::NotReported } else { Withdrawal::NotAccepted });
        }
    }

    /// Each award begins a time of its own, so one passing of time withdraws one at most.
    fn award_next(&mut self) {
        let awards = u32::try_from(self.contract.withdrawn.len()).unwrap_or(u32::MAX);
        match self.contract.best_left().map(|scored| scored.bidder.clone()) {
            Some(bidder) if awards < self.contract.call.maximum_awards => {
                let accept_by = self.after(self.contract.call.accept_within_ms);
                self.record(Event::Awarded { award: awards + 1, bidder, accept_by });
            }
            _ => {
                let bids = self.contract.ranking.as_ref().map_or(0, Vec::len);
                self.record(Event::Closed { outcome: Outcome::Nobody { bids, awards } });
            }
        }
    }

    fn withdraw(&mut self, award: &Award, why: Withdrawal) {
        self.record(Event::Withdrawn { award: award.number, why });
        self.award_next();
    }

    fn take(&mut self, message: Message) -> Result<(), Problem> {
        match message {
            Message::Tick => Ok(()),
            Message::Bid { bidder, bid } => {
                bid.check()?;
                let answer = bid.shortcoming(&self.contract.call).map_or(Ok(bid), Err);
                self.answer(bidder, answer)
            }
            Message::Refuse { bidder, why } => self.answer(bidder, Err(within_bounds(why))),
            Message::Accept { bidder, award } => {
                if let Some(held) = self.current(&bidder, award)? {
                    self.accept(&held);
                }
                Ok(())
            }
            Message::Decline { bidder, award, because } => {
                self.give_up(&bidder, award, Withdrawal::Declined { because: cut(because, MAXIMUM_REASON) })
            }
            Message::Failure { bidder, award, because } => {
                self.give_up(&bidder, award, Withdrawal::Failed { because: cut(because, MAXIMUM_REASON) })
            }
            Message::Report { bidder, award, result } => {
                if result.to_string().len() > MAXIMUM_RESULT {
                    let what = "Report at most 1 MiB of JSON. Store what is larger, and report where.";
                    return Err(Problem::invalid_field("result", what));
                }
                match &self.contract.outcome {
                    Some(Outcome::Done { award: number, bidder: by, result: before }) if *number == award && *by == bidder => {
                        return if *before == result { Ok(()) } else { Err(closed()) };
                    }
                    _ => {}
                }
                if let Some(held) = self.current(&bidder, award)? {
                    // The acceptance may have been overtaken, or lost.
                    self.accept(&held);
                    self.record(Event::Closed { outcome: Outcome::Done { award, bidder, result } });
                }
                Ok(())
            }
            Message::Lost { bidder } => self.lose(bidder),
            Message::Cancel { by } => {
                let by = cut(by, MAXIMUM_KEY);
                match &self.contract.outcome {
                    Some(Outcome::Cancelled { by: before }) if *before == by => return Ok(()),
                    Some(_) => return Err(closed()),
                    None => {}
                }
                if let Some(award) = self.contract.award.clone() {
                    self.record(Event::Withdrawn { award: award.number, why: Withdrawal::Cancelled });
                }
                self.record(Event::Closed { outcome: Outcome::Cancelled { by } });
                Ok(())
            }
        }
    }

    /// A bidder gives up its award; the same again is no second time.
    fn give_up(&mut self, bidder: &str, number: u32, why: Withdrawal) -> Result<(), Problem> {
        let its_own = self.contract.withdrawn.iter().any(|(award, by)| *award == number && by == bidder);
        if its_own && self.contract.given_up.get(&number) == Some(&why) {
            return Ok(());
        }
        match self.current(bidder, number)? {
            Some(held) => self.withdraw(&held, why),
            // It has reported: that counts.
            None => return Err(closed()),
        }
        Ok(())
    }

    fn answer(&mut self, bidder: String, answer: Result<Bid, Shortcoming>) -> Result<(), Problem> {
        if !self.contract.call.bidders.contains(&bidder) {
            return Err(Problem::new(Code::NotCalled, format!("{bidder} is not among those who were called.")));
        }
        match self.contract.answers.get(&bidder) {
            Some(before) if *before == answer => return Ok(()),
            // Otherwise an old copy of a first bid could undo the second.
            Some(_) => return Err(Problem::new(Code::InvalidBid, format!("{bidder} has answered already; the first answer counts."))),
            None => {}
        }
        if self.contract.ranking.is_some() || self.contract.outcome.is_some() {
            let detail = format!("Bids counted until {}, and were compared then or when all had answered.", self.contract.call.bid_by);
            return Err(Problem::new(Code::CallClosed, detail));
        }
        self.record(match answer {
            Ok(bid) => Event::Bid { bidder, bid },
            Err(why) => Event::Refused { bidder, why },
        });
        Ok(())
    }

    fn lose(&mut self, bidder: String) -> Result<(), Problem> {
        if !self.contract.call.bidders.contains(&bidder) {
            return Err(Problem::new(Code::NotCalled, format!("{bidder} is not among those who were called.")));
        }
        if self.contract.outcome.is_some() {
            return Ok(());
        }
        match self.contract.award.clone() {
            Some(award) if award.bidder == bidder => self.withdraw(&award, Withdrawal::Lost),
            _ if !self.contract.passed.contains(&bidder) => self.record(Event::Refused { bidder, why: Shortcoming::Lost }),
            _ => {}
        }
        Ok(())
    }

    fn accept(&mut self, award: &Award) {
        if !award.accepted {
            let report_by = self.after(self.contract.call.report_within_ms);
            self.record(Event::Accepted { award: award.number, report_by });
        }
    }

    /// The award that a message is about; nothing if all was done about it before.
    fn current(&self, bidder: &str, number: u32) -> Result<Option<Award>, Problem> {
        if let Some(award) = self.contract.award.as_ref().filter(|award| award.number == number && award.bidder == bidder) {
            return Ok(Some(award.clone()));
        }
        match &self.contract.outcome {
            Some(Outcome::Done { award, bidder: by, .. }) if *award == number && by == bidder => Ok(None),
            _ => {
                let now = self.contract.award.as_ref().map_or_else(
                    || "nobody has the contract now".to_owned(),
                    |award| format!("the contract is {}'s under award {} now", award.bidder, award.number),
                );
                Err(Problem::new(Code::AwardLost, format!("{bidder} does not have award {number}: {now}.")))
            }
        }
    }
}

fn closed() -> Problem {
    Problem::new(Code::ContractClosed, "The contract has its outcome already.")
}
