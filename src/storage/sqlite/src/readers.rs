//! How is the file read beside the writer? On a few threads of their own: SQLite blocks, and the runtime's threads must not.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use baton_storage::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use crate::failure::failed;
use crate::open;
use crate::statement::run;

/// Reads that wait for a thread; callers wait when it is full.
const QUEUE: usize = 1_024;

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// Hands reads to the reading threads. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    // Taken by `close`: the threads end with the last sender.
    queue: Arc<Mutex<Option<mpsc::Sender<Read>>>>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Readers {
    /// Opens the connections and starts a thread for each.
    pub(crate) fn start(path: &Path, count: u32, busy_timeout: Duration) -> Result<Self, StoreError> {
        let (queue, waiting) = mpsc::channel::<Read>(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::new();
        for index in 0..count.max(1) {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
            open::prepare(&connection, open::READER_CACHE_KIB, busy_timeout)?;
            let waiting = Arc::clone(&waiting);
            let thread = std::thread::Builder::new().name(format!("baton-read-{index}"));
            let started = thread.spawn(move || {
                // The guard is given back before the read, so that the next thread waits meanwhile.
                while let Some(read) = { waiting.lock().blocking_recv() } {
                    read(&connection);
                }
            });
            threads.push(started.map_err(|error| StoreError::Unavailable(format!("a thread cannot be started: {error}")))?);
        }
        Ok(Self { queue: Arc::new(Mutex::new(Some(queue))), threads: Arc::new(Mutex::new(threads)) })
    }

    /// Reads within one snapshot of everything that is committed now.
    pub(crate) async fn snapshot<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.statement(move |sql| {
            run(sql, "BEGIN", [])?;
            let answer = read(sql);
            // Nothing was written, so there is nothing that could fail to be undone.
            run(sql, "ROLLBACK", [])?;
            answer
        })
        .await
    }

    /// Runs a read of a single statement, which is its own snapshot.
    pub(crate) async fn statement<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let closed = || StoreError::Unavailable("the store is closed".to_owned());
        let queue = self.queue.lock().clone().ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        let job: Read = Box::new(move |sql| {
            // Whoever asked may have gone.
            let _ = reply.send(read(sql));
        });
        queue.send(job).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Ends the threads after the reads that were handed in, and closes their connections.
    pub(crate) async fn close(&self) {
        self.queue.lock().take();
        let threads = std::mem::take(&mut *self.threads.lock());
        let ended = move || {
            // A thread that panicked holds no connection any more.
            threads.into_iter().for_each(|thread| drop(thread.join()));
        };
        let _ = tokio::task::spawn_blocking(ended).await;
    }
}
