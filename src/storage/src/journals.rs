//! What is stored of what goes on for long and is told facts: runs of workflows, decisions, contracts, conflicts, claims.
//!
//! A journal is a state machine that outlives every process. It has a head (how it stands), an opening (what it began with), facts (what it was
//! told, numbered from 1) and rows (parts of its state that are too many to be written anew each time). The machine itself is a pure function somewhere
//! else; the store keeps what that says, all of one turn in one transaction with the turn's events.
//!
//! Whoever writes says which version of the head they have seen. One that is no longer the newest is refused and changes nothing, so that two servers
//! that take the same journal forward can never both do it.

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, JournalId, LeaseToken, ProjectId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use serde_json::Value;

use crate::StoreError;

/// The most bytes of a journal's name. Whoever opens one keeps to it.
pub const JOURNAL_NAME_BYTES: usize = 200;
/// The most bytes of a journal's key. Whoever opens one keeps to it.
pub const JOURNAL_KEY_BYTES: usize = 300;
/// The most bytes of a row's group, and of its key. Whoever writes one keeps to it.
pub const JOURNAL_ROW_NAME_BYTES: usize = 200;

/// What a journal is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JournalKind {
    /// A run of a workflow.
    Run,
    /// A decision.
    Decision,
    /// A contract: a call for bids and what came of it.
    Contract,
    /// Bargaining over a shared resource.
    Bargain,
    /// A change that stands on an old version.
    Conflict,
    /// The versions of an artifact under one name.
    Line,
    /// The claims of a project on shared things.
    Claims,
    /// A plan: a goal and the workflow that was made for it.
    Plan,
    /// What was recorded of a run's calls.
    Recording,
    /// What a run asks people for.
    Approval,
}

impl JournalKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Run,
        Self::Decision,
        Self::Contract,
        Self::Bargain,
        Self::Conflict,
        Self::Line,
        Self::Claims,
        Self::Plan,
        Self::Recording,
        Self::Approval,
    ];

    /// The name in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Decision => "decision",
            Self::Contract => "contract",
            Self::Bargain => "bargain",
            Self::Conflict => "conflict",
            Self::Line => "line",
            Self::Claims => "claims",
            Self::Plan => "plan",
            Self::Recording => "recording",
            Self::Approval => "approval",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How a journal stands.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalHead {
    /// Which one. Identifiers are version 7 UUIDs, so that they sort by age.
    pub id: JournalId,
    /// What it is of.
    pub kind: JournalKind,
    /// Whose it is.
    pub project: ProjectId,
    /// What it is known by: the workflow's name, the beginning of the question; not unique. At most [`JOURNAL_NAME_BYTES`].
    pub name: String,
    /// Within a project and kind, there is one journal with a key. At most [`JOURNAL_KEY_BYTES`].
    pub key: Option<String>,
    /// The journal that asked for this one.
    pub parent: Option<JournalId>,
    /// Where it is in its life, as its machine calls it.
    pub state: String,
    /// Whether it goes on.
    pub live: bool,
    /// When something must be done about it, if nothing happens before. One that has ended may still have such an instant.
    pub wake_at: Option<Timestamp>,
    /// Grows by one with each write, from 1.
    pub version: i64,
    /// How many facts it was told.
    pub facts: i64,
    /// What lists show of it, and what its machine keeps there; small.
    pub summary: Value,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// On whose behalf it began.
    pub created_by: Principal,
}

/// A part of a journal's state. Within a journal there is one with a group and a key, each at most [`JOURNAL_ROW_NAME_BYTES`].
#[derive(Debug, Clone, PartialEq)]
pub struct JournalRow {
    /// Which rows it belongs to: the items of a step, the locks of a resource.
    pub group: String,
    /// Its name within the group. Rows come in the order of their keys' bytes.
    pub key: String,
    /// What it says; `None` in a write removes it.
    pub body: Option<Value>,
}

/// A journal to open. Its version becomes 1.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJournal {
    /// The head; version and number of facts are not looked at.
    pub head: JournalHead,
    /// What it begins with, which never changes.
    pub opening: Value,
    /// The first rows.
    pub rows: Vec<JournalRow>,
    /// The events of its beginning.
    pub events: Vec<NewEvent>,
}

/// A row of another journal that must stand as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalGuard {
    /// The other journal.
    pub journal: JournalId,
    /// The row's group.
    pub group: String,
    /// Its key.
    pub key: String,
    /// What it says.
    pub body: Value,
}

/// What must be so, or nothing is stored. It is looked at in the transaction of the write, and stays so until that commits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteGuard {
    /// A row of another journal stands as it was read.
    pub row: Option<JournalGuard>,
    /// A task runs under this lease.
    pub attempt: Option<(TaskId, LeaseToken)>,
}

/// What became of a write under a guard.
#[derive(Debug, Clone, PartialEq)]
pub enum Guarded<T> {
    /// What was guarded stands, so this became of it.
    Done(T),
    /// The row does not stand as it was read; nothing was stored.
    RowChanged,
    /// The task does not run under the lease any more; nothing was stored.
    AttemptOver,
}

/// What became of an opening.
#[derive(Debug, Clone, PartialEq)]
pub enum JournalOpened {
    /// It is stored.
    Stored,
    /// There is one with this key (or this identifier), as it stands now; nothing was stored.
    Exists(Box<JournalHead>),
}

/// One turn of a journal: everything of it is stored, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalWrite {
    /// Which one.
    pub id: JournalId,
    /// The version that was read; the new one is one more.
    pub version: i64,
    /// Where it is in its life now.
    pub state: String,
    /// Whether it goes on.
    pub live: bool,
    /// When something must be done about it.
    pub wake_at: Option<Timestamp>,
    /// What lists show of it, if that has changed.
    pub summary: Option<Value>,
    /// The facts, in the order in which they were told, each with its time.
    pub facts: Vec<(Timestamp, Value)>,
    /// Groups whose rows are removed first.
    pub cleared: Vec<String>,
    /// Rows that are stored in place of those with their group and key, or removed. A key stands here once.
    pub rows: Vec<JournalRow>,
    /// The events of the turn.
    pub events: Vec<NewEvent>,
    /// Now.
    pub at: Timestamp,
}

/// What became of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalWritten {
    /// It is stored; this is the version now.
    Stored(i64),
    /// Somebody else wrote first; this is the version now. Nothing was stored.
    Stale(i64),
    /// There is no such journal.
    Missing,
}

/// A fact with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalFact {
    /// Counted from 1.
    pub number: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub body: Value,
}

/// Which journals a list wants; what is `None` is not asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalQuery {
    /// Whose.
    pub project: ProjectId,
    /// Of which kind.
    pub kind: JournalKind,
    /// With exactly this name.
    pub name: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// Going on, or ended.
    pub live: Option<bool>,
    /// Asked for by this one.
    pub parent: Option<JournalId>,
    /// Older than this one.
    pub before: Option<JournalId>,
    /// The most.
    pub limit: u32,
}

/// Heads of a list, read in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalPage {
    /// The newest first.
    pub items: Vec<JournalHead>,
    /// The newest event at that moment.
    pub as_of: EventSeq,
}

/// Where a reading of rows goes on: after this group and key.
pub type RowPlace = (String, String);

/// Journals.
#[async_trait]
pub trait JournalStore: Send + Sync {
    /// Opens a journal, unless there is one with its key in the same project and kind, or with its identifier; if there are both, the
    /// one with its key is given.
    ///
    /// # Errors
    /// Those of storage; a project that does not exist is one of them.
    async fn open_journal(&self, new: NewJournal) -> Result<JournalOpened, StoreError>;

    /// Stores a turn, if the version is the newest.
    ///
    /// # Errors
    /// Only those of storage.
    async fn write_journal(&self, write: JournalWrite) -> Result<JournalWritten, StoreError>;

    /// Opens a journal as [`open_journal`](Self::open_journal) does, while something is so.
    ///
    /// # Errors
    /// As [`open_journal`](Self::open_journal).
    async fn open_journal_while(&self, new: NewJournal, guard: WriteGuard) -> Result<Guarded<JournalOpened>, StoreError>;

    /// Stores a turn as [`write_journal`](Self::write_journal) does, while something is so.
    ///
    /// # Errors
    /// Only those of storage.
    async fn write_journal_while(&self, write: JournalWrite, guard: WriteGuard) -> Result<Guarded<JournalWritten>, StoreError>;

    /// How a journal stands, with the newest event at that moment.
    ///
    /// # Errors
    /// Only those of storage.
    async fn journal(&self, id: JournalId) -> Result<Option<(JournalHead, EventSeq)>, StoreError>;

    /// The journal with a key.
    ///
    /// # Errors
    /// Only those of storage.
    async fn journal_by_key(&self, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, StoreError>;

    /// What a journal began with.
    ///
    /// # Errors
    /// Only those of storage.
    async fn journal_opening(&self, id: JournalId) -> Result<Option<Value>, StoreError>;

    /// Facts after a number, in order, at most `limit`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn journal_facts(&self, id: JournalId, after: i64, limit: u32) -> Result<Vec<JournalFact>, StoreError>;

    /// Rows, of one group or of all, by group and key, after a place, at most `limit`; with the version of the head at that moment, so that
    /// who reads in several pages sees whether it was written meanwhile. No rows and version 0 if there is no such journal.
    ///
    /// # Errors
    /// Only those of storage.
    async fn journal_rows(
        &self,
        id: JournalId,
        group: Option<&str>,
        after: Option<&RowPlace>,
        limit: u32,
    ) -> Result<(Vec<JournalRow>, i64), StoreError>;

    /// Journals, the newest first.
    ///
    /// # Errors
    /// Only those of storage.
    async fn journals(&self, query: &JournalQuery) -> Result<JournalPage, StoreError>;

    /// Journals of a kind, of all projects, that something must be done about by now, whether they go on or have ended, the earliest
    /// first, at most `limit`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn due_journals(&self, kind: JournalKind, now: Timestamp, limit: u32) -> Result<Vec<JournalHead>, StoreError>;

    /// Journals of a kind that go on, of all projects, by identifier, after one, at most `limit`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn live_journals(&self, kind: JournalKind, after: Option<JournalId>, limit: u32) -> Result<Vec<JournalHead>, StoreError>;

    /// The earliest instant at which something must be done about a journal of a kind.
    ///
    /// # Errors
    /// Only those of storage.
    async fn next_wake(&self, kind: JournalKind) -> Result<Option<Timestamp>, StoreError>;

    /// Removes journals with all that is theirs that have ended, wait for nothing and were last written before an instant, at most `limit`,
    /// those first that were written last the longest ago; gives how many. One whose parent is stored when this begins stays, but for a conflict:
    /// the line that it belongs to never ends.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_journals(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
