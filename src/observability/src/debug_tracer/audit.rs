//! How is it recorded who asked for what and was refused? Services hand rows to a bounded queue; a writer stores them in batches.
//!
//! What changes a state has its event in the same transaction and needs no row from here. This is for what leaves no
//! event: refusals and questions. Handing over never waits and never fails the request. A row is stored within about a
//! second, and at shutdown; while storage fails, rows wait in the queue. What finds no room there is written to the
//! server's log instead, so that it is recorded somewhere.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::AuditId;
use baton_domain::ports::Sources;
use baton_domain::problem::Problem;
use baton_domain::user::Caller;
use baton_storage::{AuditRow, EventStore, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Rows that wait at most.
const QUEUE: usize = 4_096;
/// Rows of one transaction.
const BATCH: usize = 256;
/// How long the first row of a batch waits for company.
const WINDOW: Duration = Duration::from_millis(500);
/// How long after a failure storage is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often a batch is tried at shutdown, and how long each time.
const LAST_TRIES: u32 = 3;
const LAST_TRY: Duration = Duration::from_secs(2);

/// Hands rows over. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Auditor {
    queue: mpsc::Sender<AuditRow>,
    sources: Sources,
}

impl Auditor {
    /// A handle and the writer that stores what is handed over; run the writer until the services have stopped.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>, sources: Sources) -> (Self, AuditWriter) {
        let (queue, rows) = mpsc::channel(QUEUE);
        (Self { queue, sources }, AuditWriter { rows, store })
    }

    /// Records that the caller asked for an action (`task.cancel`) on a target (`task:<id>`) and what came of it.
    /// Returns at once.
    pub fn record(&self, caller: &Caller, action: &str, target: Option<&str>, result: Result<(), &Problem>) {
        let row = AuditRow {
            id: AuditId::new(self.sources.ids.next()),
            at: self.sources.clock.now(),
            principal: caller.principal.clone(),
            action: action.to_owned(),
            target: target.map(str::to_owned),
            allowed: result.is_ok(),
            code: result.err().map(|problem| problem.code.clone()),
            request_id: caller.request_id.clone(),
            address: None,
        };
        if let Err(error) = self.queue.try_send(row) {
            log_instead(&error.into_inner(), "the queue of audit rows is full or closed");
        }
    }
}

/// Stores what the handles hand over.
pub struct AuditWriter {
    rows: mpsc::Receiver<AuditRow>,
    store: Arc<dyn EventStore>,
}

impl std::fmt::Debug for AuditWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditWriter").field("waiting", &self.rows.len()).finish_non_exhaustive()
    }
}

impl AuditWriter {
    /// Stores rows until shutdown or until the last handle is gone, then what is left. Give the shutdown after the
    /// services have stopped and before the store closes.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        while !shutdown.is_cancelled() {
            if self.collect(&mut batch, &shutdown).await == Ended::Yes {
                break;
            }
            self.store_or_wait(&mut batch, &shutdown).await;
        }
        self.rows.close();
        loop {
            while batch.len() < BATCH {
                match self.rows.try_recv() {
                    Ok(row) => batch.push(row),
                    Err(_) => break,
                }
            }
            if batch.is_empty() {
                return;
            }
            self.store_at_last(&mut batch).await;
        }
    }

    /// Waits for a row, and a moment for more.
    async fn collect(&mut self, batch: &mut Vec<AuditRow>, shutdown: &CancellationToken) -> Ended {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ended::Yes,
            received = self.rows.recv_many(batch, BATCH) => if received == 0 {
                return Ended::Yes;
            },
        }
        let window = tokio::time::sleep(WINDOW);
        tokio::pin!(window);
        while batch.len() < BATCH {
            let room = BATCH - batch.len();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = &mut window => break,
                received = self.rows.recv_many(batch, room) => if received == 0 {
                    break;
                },
            }
        }
        Ended::No
    }

    /// Stores a batch; while storage fails it is tried again, until shutdown.
    async fn store_or_wait(&mut self, batch: &mut Vec<AuditRow>, shutdown: &CancellationToken) {
        let mut failures = 0u32;
        loop {
            match self.store.audit(batch.clone()).await {
                Ok(()) => {
                    batch.clear();
                    return;
                }
                Err(error) if will_pass(&error) => {
                    failures = failures.saturating_add(1);
                    if failures == 1 {
                        tracing::warn!(%error, rows = batch.len(), "audit rows cannot be stored; trying again every second");
                    }
                }
                Err(error) => {
                    give_up(batch, &error);
                    return;
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    /// Stores a batch in bounded time.
    async fn store_at_last(&mut self, batch: &mut Vec<AuditRow>) {
        let mut failure = StoreError::Unavailable("no answer in time".to_owned());
        for _ in 0..LAST_TRIES {
            match tokio::time::timeout(LAST_TRY, self.store.audit(batch.clone())).await {
                Ok(Ok(())) => {
                    batch.clear();
                    return;
                }
                Ok(Err(error)) => failure = error,
                Err(_) => {}
            }
        }
        give_up(batch, &failure);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Yes,
    No,
}

fn will_pass(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::Full)
}

fn give_up(batch: &mut Vec<AuditRow>, error: &StoreError) {
    tracing::error!(%error, rows = batch.len(), "audit rows cannot be stored; they follow");
    for row in batch.drain(..) {
        log_instead(&row, "an audit row was not stored");
    }
}

fn log_instead(row: &AuditRow, why: &'static str) {
    tracing::error!(
        at = %row.at,
        principal = row.principal.tag(),
        action = row.action,
        target_of_action = row.target,
        allowed = row.allowed,
        code = row.code,
        request_id = row.request_id,
        "{why}"
    );
}
