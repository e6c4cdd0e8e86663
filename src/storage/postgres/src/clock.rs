//! What time is it for all servers? The database's, asked now and then; in between this machine counts on.
//!
//! Counting on is left to the monotonic clock, which nobody sets: a machine whose clock is an hour off, or is set while Baton
//! runs, ends no lease too early and holds none too long. What is left is the error of one question, at most the time that its
//! answer took, and the drift until the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use baton_domain::ports::Clock;
use baton_domain::time::Timestamp;
use baton_storage::StoreError;
use sqlx::{PgConnection, PgPool};
use tokio::time::{Instant, sleep, timeout};

use crate::failure::{Fault, failed};

/// How often the database is asked.
const EVERY: Duration = Duration::from_secs(5);
/// An answer that took longer says too little.
const SLOW: Duration = Duration::from_millis(500);

/// The database's clock, as this process knows it.
#[derive(Debug)]
pub(crate) struct DatabaseClock {
    origin: Instant,
    /// What the database's clock showed at `origin`, in microseconds since the Unix epoch.
    shown: AtomicI64,
}

impl DatabaseClock {
    /// Asks for the first time.
    pub(crate) async fn ask(sql: &mut PgConnection) -> Result<Self, Fault> {
        let clock = Self { origin: Instant::now(), shown: AtomicI64::new(0) };
        // The connection has been used, so the answer does not wait for anything.
        clock.correct(sql, Duration::MAX).await?;
        Ok(clock)
    }

    async fn correct(&self, sql: &mut PgConnection, slow: Duration) -> Result<(), Fault> {
        let asked = self.origin.elapsed();
        let shown: i64 =
            sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").fetch_one(sql).await.map_err(failed)?;
        let took = self.origin.elapsed().saturating_sub(asked);
        if took <= slow {
            // It was shown half-way between question and answer, as far as anybody knows.
            self.shown.store(shown.saturating_sub(micros(asked + took / 2)), Ordering::Relaxed);
        }
        Ok(())
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let micros = self.shown.load(Ordering::Relaxed).saturating_add(micros(self.origin.elapsed()));
        Timestamp::from_millis(micros.div_euclid(1_000))
    }
}

/// Asks again and again. While the database does not answer, the clock counts on.
pub(crate) async fn follow(pool: PgPool, clock: Arc<DatabaseClock>) {
    while !pool.is_closed() {
        sleep(EVERY).await;
        let asked = timeout(EVERY, async {
            let mut connection = pool.acquire().await.map_err(failed)?;
            clock.correct(&mut connection, SLOW).await
        });
        if let Ok(Err(fault)) = asked.await {
            tracing::debug!(error = %StoreError::from(fault), "the database's clock could not be asked");
        }
    }
}
