//! What should the bidders have been told by now?

use std::collections::BTreeSet;

use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::machine::{Contract, Outcome};

/// What a bidder is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Make a bid, or refuse.
    Call {
        /// Until when.
        bid_by: Timestamp,
    },
    /// The contract is yours; accept it.
    Award {
        /// The award's number, for every message about it.
        award: u32,
        /// Until when.
        accept_by: Timestamp,
    },
    /// The award is withdrawn; stop.
    Withdraw {
        /// The award's number.
        award: u32,
    },
    /// It went to another, or to nobody.
    Reject,
}

/// A notice on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The same for the same notice of the same contract, however often it is sent: whoever has seen it need not look again.
    pub id: String,
    /// Who it is for.
    pub to: String,
    /// What it says.
    pub notice: Notice,
}

impl Contract {
    /// Everything that somebody should know by now and may not: to be sent after each step, and all over again after a crash.
    #[must_use]
    pub fn outbox(&self) -> Vec<Outgoing> {
        let id = self.call.id;
        let mut outbox = Vec::new();
        let mut send = |key: String, to: &str, notice: Notice| {
            outbox.push(Outgoing { id: format!("contract/{id}/{key}"), to: to.to_owned(), notice });
        };
        if self.ranking.is_none() && self.outcome.is_none() {
            for bidder in self.call.bidders.iter().filter(|bidder| !self.answers.contains_key(*bidder)) {
                send(format!("call/{bidder}"), bidder, Notice::Call { bid_by: self.call.bid_by });
            }
        }
        for (number, bidder) in &self.withdrawn {
            send(format!("withdraw/{number}"), bidder, Notice::Withdraw { award: *number });
        }
        if let Some(award) = self.award.as_ref().filter(|award| !award.accepted) {
            send(format!("award/{}", award.number), &award.bidder, Notice::Award { award: award.number, accept_by: award.due });
        }
        if let Some(outcome) = &self.outcome {
            let winner = if let Outcome::Done { bidder, .. } = outcome { Some(bidder) } else { None };
            let told: BTreeSet<&String> = self.withdrawn.iter().map(|(_, bidder)| bidder).chain(winner).collect();
            let bid = self.answers.iter().filter(|(_, answer)| answer.is_ok()).map(|(bidder, _)| bidder);
            for bidder in bid.filter(|bidder| !told.contains(bidder)) {
                send(format!("reject/{bidder}"), bidder, Notice::Reject);
            }
            // Whoever was called and still thinks about it need not.
            if self.ranking.is_none() {
                for bidder in self.call.bidders.iter().filter(|bidder| !self.answers.contains_key(*bidder)) {
                    send(format!("reject/{bidder}"), bidder, Notice::Reject);
                }
            }
        }
        outbox
    }
}
