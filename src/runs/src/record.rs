//! How is a run kept in its journal?
//!
//! The opening holds what never changes. Rows: the run's header, one a step, one an item that has begun, one an item of an earlier try, one a signal, and one a
//! piece of work under way: what was begun together, with the identifiers of it once they are known. The core's facts are kept in short: what a piece of work gave is with its
//! item.

use std::collections::BTreeMap;

use baton_domain::id::{JournalId, RunId};
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Principal;
use baton_domain::wire::run::RunParent;
use baton_storage::{JournalRow, JournalStore, RowPlace};
use baton_workflow::Plan;
use baton_workflow::run::{Beginning, Header, ItemRow, ItemState, SignalRow, StepError, StepRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::work::{Work, json_bytes};

/// The group of the run's own row, and its key.
pub(crate) const RUN: &str = "run";
pub(crate) const STEPS: &str = "steps";
pub(crate) const SIGNALS: &str = "signals";
pub(crate) const WORK: &str = "work";
/// The items of steps without a list, by step, so that a page reads them at once.
pub(crate) const SINGLE: &str = "single";
const ITEMS: &str = "items:";
/// What items of earlier tries gave, by step: a run that was begun anew can be followed from its beginning.
const PAST: &str = "past:";
/// Comes after every group of items of earlier tries, and before those that follow.
const AFTER_PAST: &str = "past;";
/// The most bytes, as JSON, of what items of earlier tries gave that are read of a run; of more a replay says that they are not kept.
const MAXIMUM_PAST_BYTES: usize = 64 << 20;
/// Rows that are read at once.
const ROWS: u32 = 1_000;
/// How many are read at once of a run that changes faster than that: all of it as it was at one instant, for a run in memory is no smaller.
const ALL_ROWS: u32 = 1_000_000;
/// How often a reading begins anew because the run was written meanwhile.
const READINGS: u32 = 5;

/// What a run began with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub beginning: Beginning,
    /// The version of its workflow.
    pub version: u32,
    /// What people read.
    pub title: String,
    /// What began it.
    pub parent: Option<RunParent>,
    /// How many runs are above it.
    pub depth: u32,
    /// The versions of the workflows that it uses, as they were when it began.
    pub uses: BTreeMap<String, u32>,
    /// Whether those are all below it, whatever they are used through; a run of an earlier version says only which it uses itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// A hash of the request, if it had a key.
    pub request: Option<String>,
    /// Who has asked for the runs above it: none of them decides on its approvals either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub askers: Vec<Principal>,
}

/// How a run stands, with what the core does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeadRow {
    pub header: Header,
    /// On whose behalf it works: whoever asked for this try.
    pub acting: Principal,
    /// Whether it is paused because the run that began it is.
    #[serde(default)]
    pub held: bool,
}

pub(crate) fn journal(id: RunId) -> JournalId {
    JournalId::new(*id.as_uuid())
}

pub(crate) fn items_of(step: &str) -> String {
    format!("{ITEMS}{step}")
}

/// Keys come in the order of their bytes; a list has at most 10,000 items.
pub(crate) fn item_key(index: u32) -> String {
    format!("{index:06}")
}

pub(crate) fn broken(what: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal, format!("What is stored of the run cannot be read: {what}."))
}

pub(crate) fn row(group: impl Into<String>, key: impl Into<String>, body: &impl Serialize) -> Result<JournalRow, Problem> {
    let body = serde_json::to_value(body).map_err(broken)?;
    Ok(JournalRow { group: group.into(), key: key.into(), body: Some(body) })
}

/// The row of an item, of a list or of a step without; its output is moved, not copied.
pub(crate) fn item_row(item: ItemRow, id: Option<Uuid>, foreach: bool) -> JournalRow {
    let mut body = Map::new();
    body.insert("generation".to_owned(), item.generation.into());
    body.insert("state".to_owned(), item.state.as_str().into());
    if let Some(output) = item.output {
        body.insert("output".to_owned(), output);
    }
    if let Some(error) = item.error {
        body.insert("error".to_owned(), serde_json::json!({"code": error.code, "message": error.message}));
    }
    if let Some(id) = id {
        body.insert("id".to_owned(), id.hyphenated().to_string().into());
    }
    let (group, key) = if foreach { (items_of(&item.step), item_key(item.index)) } else { (SINGLE.to_owned(), item.step) };
    JournalRow { group, key, body: Some(Value::Object(body)) }
}

/// The row of an item that a later try takes the place of.
pub(crate) fn past_row(item: ItemRow, id: Option<Uuid>) -> JournalRow {
    let (group, key) = (format!("{PAST}{}", item.step), format!("{:06}/{}", item.generation, item_key(item.index)));
    JournalRow { group, key, ..item_row(item, id, true) }
}

/// What the row of an item says.
#[derive(Debug, Deserialize)]
pub(crate) struct ItemBody {
    pub generation: u32,
    pub state: ItemState,
    #[serde(default)]
    pub output: Option<Value>,
    #[serde(default)]
    pub error: Option<StepError>,
    /// Its task, run or decision, once it has ended.
    #[serde(default)]
    pub id: Option<Uuid>,
}

/// Everything that the rows of a run say.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub head: Option<HeadRow>,
    pub steps: Vec<StepRow>,
    pub items: Vec<ItemRow>,
    /// The identifiers of items that have ended, by step and index.
    pub ids: BTreeMap<(String, u32), Uuid>,
    /// Items of earlier tries, with their identifiers: as many as are within the bounds, where they were asked for.
    pub past: Vec<(ItemRow, Option<Uuid>)>,
    past_bytes: usize,
    pub signals: Vec<SignalRow>,
    pub works: BTreeMap<String, Work>,
    /// None before anything was read.
    pub version: Option<i64>,
}

impl Read {
    /// Takes a row, but for one of an earlier try that is not wanted or beyond the bounds.
    fn take(&mut self, row: JournalRow, past: bool) -> Result<(), Problem> {
        let Some(body) = row.body else {
            return Ok(());
        };
        match row.group.as_str() {
            RUN => self.head = Some(serde_json::from_value(body).map_err(broken)?),
            STEPS => self.steps.push(serde_json::from_value(body).map_err(broken)?),
            SIGNALS => self.signals.push(serde_json::from_value(body).map_err(broken)?),
            WORK => drop(self.works.insert(row.key, serde_json::from_value(body).map_err(broken)?)),
            group if group.starts_with(PAST) => {
                self.past_bytes = self.past_bytes.saturating_add(if past { json_bytes(&body) } else { 0 });
                if !past || self.past_bytes > MAXIMUM_PAST_BYTES {
                    return Ok(());
                }
                let step = group.trim_start_matches(PAST).to_owned();
                let index = row.key.rsplit('/').next().unwrap_or_default().parse().map_err(broken)?;
                let ItemBody { generation, state, output, error, id } = serde_json::from_value(body).map_err(broken)?;
                self.past.push((ItemRow { step, index, generation, state, output, error }, id));
            }
            group => {
                let (step, index) = match group.strip_prefix(ITEMS) {
                    Some(step) => (step.to_owned(), row.key.parse().map_err(broken)?),
                    None if group == SINGLE => (row.key, 0),
                    None => return Err(broken(format!("a row of {group}"))),
                };
                let ItemBody { generation, state, output, error, id } = serde_json::from_value(body).map_err(broken)?;
                if let Some(id) = id {
                    self.ids.insert((step.clone(), index), id);
                }
                self.items.push(ItemRow { step, index, generation, state, output, error });
            }
        }
        Ok(())
    }
}

/// Reads rows of one version, of one group or of all; those of earlier tries too.
pub(crate) async fn read(journals: &dyn JournalStore, id: RunId, group: Option<&str>) -> Result<Read, Problem> {
    for reading in 0..READINGS {
        let most = if reading == 0 { ROWS } else { ALL_ROWS };
        let mut read = Read::default();
        if read.span(journals, id, Span { group, after: None, most, past: true }).await? {
            return Ok(read);
        }
    }
    Err(too_fast())
}

/// Reads how a run stands: rows of one version, without those of earlier tries, which may be many times as large.
pub(crate) async fn read_now(journals: &dyn JournalStore, id: RunId, plan: &Plan) -> Result<Read, Problem> {
    let lists: Vec<String> = plan.workflow.steps.iter().filter(|said| said.foreach.is_some()).map(|said| items_of(&said.id)).collect();
    'again: for reading in 0..READINGS {
        let mut read = Read::default();
        let most = if reading == 0 { ROWS } else { ALL_ROWS };
        // One that changes faster than its parts can be read is read as it was at one instant, with all that there is.
        if reading + 1 == READINGS {
            read.span(journals, id, Span { group: None, after: None, most: ALL_ROWS, past: false }).await?;
            return Ok(read);
        }
        let after = Some((AFTER_PAST.to_owned(), String::new()));
        if !read.span(journals, id, Span { group: None, after, most, past: false }).await? {
            continue 'again;
        }
        for group in &lists {
            if !read.span(journals, id, Span { group: Some(group), after: None, most, past: false }).await? {
                continue 'again;
            }
        }
        return Ok(read);
    }
    Err(too_fast())
}

/// Which rows are read.
struct Span<'a> {
    group: Option<&'a str>,
    after: Option<RowPlace>,
    /// How many at once.
    most: u32,
    /// With those of earlier tries.
    past: bool,
}

impl Read {
    /// Reads more rows; whether all that was read is of one version.
    async fn span(&mut self, journals: &dyn JournalStore, id: RunId, span: Span<'_>) -> Result<bool, Problem> {
        let Span { group, mut after, most, past } = span;
        loop {
            let (rows, version) = journals.journal_rows(journal(id), group, after.as_ref(), most).await?;
            if self.version.is_some_and(|known| known != version) {
                return Ok(false);
            }
            self.version = Some(version);
            let last = rows.len() < most as usize;
            after = rows.last().map(|row| (row.group.clone(), row.key.clone()));
            for row in rows {
                self.take(row, past)?;
            }
            if last {
                return Ok(true);
            }
        }
    }
}

fn too_fast() -> Problem {
    Problem::new(Code::StorageUnavailable, "The run changes faster than it can be read; try again.").retry_after(1)
}
