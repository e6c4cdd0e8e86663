//! Do the ballots of a decision, as they are stored, still give the verdict that is stored?

use std::collections::BTreeSet;

use baton_decisions::protocol::{Fact, Proceedings};
use baton_domain::id::{DEFAULT_PROJECT, DecisionId, JournalId};
use baton_domain::invariants::{Invariant, Violation};
use baton_domain::wire::decision::{DecisionState, DecisionSummary};
use baton_storage::{JournalHead, JournalKind, JournalQuery, StoreError};
use parking_lot::Mutex;

use crate::Councils;
use crate::council::{Beginning, opening, read};
use crate::view;

/// The most facts of a decision that is counted again.
const MOST_FACTS: i64 = 2_000;
/// Facts of one reading.
const PAGE: u32 = 500;

/// Decisions that have ended and came to what is stored, each with the version that it had: no more than one look takes.
#[derive(Default)]
pub(crate) struct Counted(Mutex<BTreeSet<(JournalId, i64)>>);

impl Councils {
    /// Counts those of the newest decisions again that have ended; looks at no more than `most`. Each is counted from what it began with and what it was told,
    /// as both are stored. Gives those that come to something else than what is stored. One that is very long or cannot be read is passed over, and so is one
    /// that came to the same before and was not written since.
    ///
    /// # Errors
    /// If storage does not answer, or the list of decisions cannot be read.
    pub async fn recount(&self, most: u32) -> Result<Vec<(DecisionId, Violation)>, StoreError> {
        let query = JournalQuery {
            project: DEFAULT_PROJECT,
            kind: JournalKind::Decision,
            name: None,
            state: None,
            live: None,
            parent: None,
            before: None,
            limit: most,
        };
        let before = self.counted.0.lock().clone();
        let (mut found, mut same) = (Vec::new(), BTreeSet::new());
        for head in self.parts.journals.journals(&query).await?.items {
            if head.live || head.facts > MOST_FACTS {
                continue;
            }
            let place = (head.id, head.version);
            if before.contains(&place) {
                same.insert(place);
                continue;
            }
            let id = DecisionId::new(*head.id.as_uuid());
            let Ok(stored) = read::<DecisionSummary>(head.summary.clone()) else { continue };
            let counted = match self.counted_again(&head).await {
                Err(StoreError::Corrupt(reason)) => {
                    tracing::warn!(decision = %id, reason, "a decision cannot be read to be counted again");
                    continue;
                }
                counted => counted?,
            };
            let Some(counted) = counted else { continue };
            let (stored, counted) = (outcome(&stored), outcome(&counted));
            if stored == counted {
                same.insert(place);
            } else {
                let detail = format!("decision {id}: {stored:?} is stored, and counted again it is {counted:?}");
                found.push((id, Violation { invariant: Invariant::BallotCountsOnce, detail }));
            }
        }
        *self.counted.0.lock() = same;
        Ok(found)
    }

    /// What lists would show of a decision if it was told everything now; none if that cannot be read, or was forgotten meanwhile.
    async fn counted_again(&self, head: &JournalHead) -> Result<Option<DecisionSummary>, StoreError> {
        let Some(value) = self.parts.journals.journal_opening(head.id).await? else { return Ok(None) };
        let Ok(beginning) = read::<Beginning>(value) else { return Ok(None) };
        let mut proceedings = Proceedings::open(opening(head.id, &beginning));
        let mut told = 0;
        while told < head.facts {
            let wanted = u32::try_from(head.facts - told).unwrap_or(PAGE).min(PAGE);
            let facts = self.parts.journals.journal_facts(head.id, told, wanted).await?;
            let Some(last) = facts.last() else { return Ok(None) };
            told = last.number;
            for fact in facts {
                let Ok(what) = read(fact.body) else { return Ok(None) };
                proceedings.apply(&Fact { at: fact.at, what });
            }
            // A store that answers at once makes no pause, and others wait for this thread.
            tokio::task::yield_now().await;
        }
        Ok(Some(view::summary(head, &beginning, &proceedings, None)))
    }
}

/// What was decided: the state and the key of the answer. Who settled it and why are words that another version says differently, and numbers that were
/// divided may have lost their last digit on the way.
fn outcome(summary: &DecisionSummary) -> (DecisionState, Option<&str>) {
    (summary.state, summary.verdict.as_ref().and_then(|verdict| verdict.key.as_deref()))
}
