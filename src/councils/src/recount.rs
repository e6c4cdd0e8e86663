//! Do the ballots of a decision, as they are stored, still give the verdict that is stored?

use baton_decisions::protocol::{Fact, Proceedings};
use baton_domain::id::{DEFAULT_PROJECT, DecisionId};
use baton_domain::invariants::{Invariant, Violation};
use baton_domain::wire::decision::{DecisionState, DecisionSummary};
use baton_storage::{JournalHead, JournalKind, JournalQuery, StoreError};

use crate::Councils;
use crate::council::{Beginning, opening, read};
use crate::view;

/// The most facts of a decision that is counted again.
const MOST_FACTS: i64 = 2_000;
/// Facts of one reading.
const PAGE: u32 = 500;

impl Councils {
    /// Counts those of the newest decisions again that have ended; looks at no more than `most`. Each is counted from what it began with and what it was told,
    /// as both are stored. Gives those that come to something else than what is stored. One that is very long or cannot be read is passed over.
    ///
    /// # Errors
    /// If storage does not answer.
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
        let mut found = Vec::new();
        for head in self.parts.journals.journals(&query).await?.items {
            if head.live || head.facts > MOST_FACTS {
                continue;
            }
            let Ok(stored) = read::<DecisionSummary>(head.summary.clone()) else { continue };
            let Some(counted) = self.counted_again(&head).await? else { continue };
            let (stored, counted) = (verdict(&stored), verdict(&counted));
            if stored != counted {
                let id = DecisionId::new(*head.id.as_uuid());
                let detail = format!("decision {id}: {stored:?} is stored, and counted again it is {counted:?}");
                found.push((id, Violation { invariant: Invariant::BallotCountsOnce, detail }));
            }
        }
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
        }
        Ok(Some(view::summary(head, &beginning, &proceedings, None)))
    }
}

/// What was decided: the key of the answer, who settled it, and why.
#[derive(Debug, PartialEq)]
struct Counted<'a> {
    state: DecisionState,
    verdict: Option<[Option<&'a str>; 3]>,
}

/// What was decided, by whom and why; numbers that were divided may have lost their last digit on the way.
fn verdict(summary: &DecisionSummary) -> Counted<'_> {
    let verdict = summary.verdict.as_ref();
    let verdict = verdict.map(|verdict| [verdict.key.as_deref(), verdict.by.as_deref(), Some(verdict.why.as_str())]);
    Counted { state: summary.state, verdict }
}
