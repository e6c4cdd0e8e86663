//! A store that fails at a chosen step: before a write is stored, or after, when nobody is told that it was.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use baton_domain::id::{EventSeq, JournalId, ProjectId};
use baton_domain::time::Timestamp;
use baton_storage::{
    Guarded, JournalFact, JournalHead, JournalKind, JournalOpened, JournalPage, JournalQuery, JournalRow, JournalStore, JournalWrite,
    JournalWritten, NewJournal, RowPlace, StoreError, WriteGuard,
};
use baton_storage_memory::MemoryStore;
use parking_lot::Mutex;

/// Counts steps that change something, and burns through at one of them; then nothing works until it is renewed.
#[derive(Default)]
pub(crate) struct Fuse {
    burns: Mutex<Option<(u32, bool)>>,
    /// How often it was read what a journal began with.
    openings: AtomicU32,
    /// Whether that does not read back.
    damaged: AtomicBool,
}

/// What a step may do.
pub(crate) enum Pass {
    Go,
    /// Do it, and do not tell.
    GoSilently,
    No,
}

impl Fuse {
    /// Lets so many steps pass; the next one is done and not told (`silently`), or not done.
    pub(crate) fn set(&self, steps: u32, silently: bool) {
        *self.burns.lock() = Some((steps, silently));
    }

    pub(crate) fn renew(&self) {
        *self.burns.lock() = None;
    }

    pub(crate) fn is_burnt(&self) -> bool {
        matches!(*self.burns.lock(), Some((u32::MAX, _)))
    }

    /// How often it was read what a journal began with.
    pub(crate) fn openings(&self) -> u32 {
        self.openings.load(Ordering::SeqCst)
    }

    /// What journals began with does not read back from now on.
    pub(crate) fn damage(&self) {
        self.damaged.store(true, Ordering::SeqCst);
    }

    pub(crate) fn step(&self) -> Pass {
        match &mut *self.burns.lock() {
            None => Pass::Go,
            Some((u32::MAX, _)) => Pass::No,
            Some((left, silently)) if *left == 0 => {
                *left = u32::MAX;
                if *silently { Pass::GoSilently } else { Pass::No }
            }
            Some((left, _)) => {
                *left -= 1;
                Pass::Go
            }
        }
    }
}

pub(crate) struct FusedJournals {
    pub(crate) store: MemoryStore,
    pub(crate) fuse: std::sync::Arc<Fuse>,
}

fn away<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("the test says so".into()))
}

#[async_trait]
impl JournalStore for FusedJournals {
    async fn open_journal(&self, new: NewJournal) -> Result<JournalOpened, StoreError> {
        match self.fuse.step() {
            Pass::Go => self.store.open_journal(new).await,
            Pass::GoSilently => {
                self.store.open_journal(new).await?;
                away()
            }
            Pass::No => away(),
        }
    }

    async fn write_journal(&self, write: JournalWrite) -> Result<JournalWritten, StoreError> {
        match self.fuse.step() {
            Pass::Go => self.store.write_journal(write).await,
            Pass::GoSilently => {
                self.store.write_journal(write).await?;
                away()
            }
            Pass::No => away(),
        }
    }

    async fn open_journal_while(&self, _: NewJournal, _: WriteGuard) -> Result<Guarded<JournalOpened>, StoreError> {
        unreachable!("no decision stands on a row of another journal")
    }

    async fn write_journal_while(&self, _: JournalWrite, _: WriteGuard) -> Result<Guarded<JournalWritten>, StoreError> {
        unreachable!("no decision stands on a row of another journal")
    }

    async fn journal(&self, id: JournalId) -> Result<Option<(JournalHead, EventSeq)>, StoreError> {
        if self.fuse.is_burnt() { away() } else { self.store.journal(id).await }
    }

    async fn journal_by_key(&self, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, StoreError> {
        self.store.journal_by_key(project, kind, key).await
    }

    async fn journal_opening(&self, id: JournalId) -> Result<Option<serde_json::Value>, StoreError> {
        self.fuse.openings.fetch_add(1, Ordering::SeqCst);
        if self.fuse.damaged.load(Ordering::SeqCst) {
            return Err(StoreError::Corrupt("the test says so".into()));
        }
        self.store.journal_opening(id).await
    }

    async fn journal_facts(&self, id: JournalId, after: i64, limit: u32) -> Result<Vec<JournalFact>, StoreError> {
        // In small pages, so that reading on is tested.
        self.store.journal_facts(id, after, limit.min(3)).await
    }

    async fn journal_rows(
        &self,
        id: JournalId,
        group: Option<&str>,
        after: Option<&RowPlace>,
        limit: u32,
    ) -> Result<(Vec<JournalRow>, i64), StoreError> {
        self.store.journal_rows(id, group, after, limit).await
    }

    async fn journals(&self, query: &JournalQuery) -> Result<JournalPage, StoreError> {
        self.store.journals(query).await
    }

    async fn due_journals(&self, kind: JournalKind, now: Timestamp, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.store.due_journals(kind, now, limit).await
    }

    async fn live_journals(&self, kind: JournalKind, after: Option<JournalId>, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.store.live_journals(kind, after, limit).await
    }

    async fn next_wake(&self, kind: JournalKind) -> Result<Option<Timestamp>, StoreError> {
        self.store.next_wake(kind).await
    }

    async fn forget_journals(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store.forget_journals(before, limit).await
    }
}
