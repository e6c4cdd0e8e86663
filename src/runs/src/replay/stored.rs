//! How is a run that has ended read, with everything that is its own?

use std::collections::BTreeMap;

use baton_domain::id::{ProjectId, RunId};
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::run::RunSummary;
use baton_storage::JournalKind;
use baton_workflow::Plan;
use baton_workflow::run::{Header, ItemRow, Rows};
use uuid::Uuid;

use super::Replays;
use crate::record::{self, Opening, broken, journal};
use crate::runs::no_such_run;
use crate::start::read_plan;

/// A run as it is stored.
pub(crate) struct Stored {
    pub id: RunId,
    pub project: ProjectId,
    pub summary: RunSummary,
    pub opening: Opening,
    pub plan: Plan,
    pub rows: Rows,
    /// The tasks, runs and decisions of items, by step and index.
    pub ids: BTreeMap<(String, u32), Uuid>,
    /// The places of items among the rows, by step and index.
    places: BTreeMap<(String, u32), usize>,
}

impl Stored {
    pub(crate) const fn header(&self) -> &Header {
        &self.rows.header
    }

    /// The items of a step that have begun, in the order of its list.
    pub(crate) fn items(&self, step: &str) -> Vec<&ItemRow> {
        let range = self.places.range((step.to_owned(), 0)..=(step.to_owned(), u32::MAX));
        range.filter_map(|(_, place)| self.rows.items.get(*place)).collect()
    }

    /// An item of a step.
    pub(crate) fn item(&self, step: &str, index: u32) -> Option<&ItemRow> {
        self.places.get(&(step.to_owned(), index)).and_then(|place| self.rows.items.get(*place))
    }

    /// The task, run or decision of an item.
    pub(crate) fn id_of(&self, step: &str, index: u32) -> Option<Uuid> {
        self.ids.get(&(step.to_owned(), index)).copied()
    }
}

/// That something is not kept any more.
pub(crate) fn forgotten(what: impl std::fmt::Display) -> Problem {
    Problem::new(Code::RecordingForgotten, format!("The run cannot be followed any more: {what}."))
}

impl Replays {
    /// Reads a run.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `REPLAY-007` while it goes on, `REPLAY-008` if its workflow is gone.
    pub(crate) async fn stored(&self, id: RunId) -> Result<Stored, Problem> {
        let journals = &*self.parts.journals;
        let head = journals.journal(journal(id)).await?.map(|(head, _)| head).filter(|head| head.kind == JournalKind::Run);
        let head = head.ok_or_else(|| no_such_run(id))?;
        if head.live {
            return Err(Problem::new(Code::ReplayTooEarly, format!("The run {id} is {}; ask again once it has ended.", head.state)));
        }
        let opening = journals.journal_opening(head.id).await?.ok_or_else(|| broken("its opening is gone"))?;
        let opening: Opening = serde_json::from_value(opening).map_err(broken)?;
        let name = &opening.beginning.workflow;
        let document = self.parts.workflows.workflow(head.project, name, Some(opening.version)).await?;
        let document = document.ok_or_else(|| forgotten(format!("version {} of the workflow `{name}` is gone", opening.version)))?;
        let plan = read_plan(&document)?;
        let read = record::read(journals, id, None).await?;
        let header = read.head.ok_or_else(|| broken("its header is gone"))?.header;
        let rows = Rows { beginning: opening.beginning.clone(), header, steps: read.steps, items: read.items, signals: read.signals };
        let summary: RunSummary = serde_json::from_value(head.summary).map_err(broken)?;
        let places = rows.items.iter().enumerate().map(|(place, item)| ((item.step.clone(), item.index), place)).collect();
        Ok(Stored { id, project: head.project, summary, opening, plan, rows, ids: read.ids, places })
    }
}
