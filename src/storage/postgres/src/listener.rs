//! How does this server hear of what others committed? Notifications ring, and what is new is read from the log.
//!
//! A notification that is lost costs time, never an event: after each new connection, and now and then, the log is asked anyway.

use std::sync::Arc;
use std::time::Duration;

use baton_storage::StoreError;
use futures::future::BoxFuture;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::time::{sleep, timeout};

use crate::events;
use crate::failure::failed;
use crate::feed::{CHANNEL, Feed};

/// How long after a failure the next try is made: twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After this long without a ring the log is asked all the same.
const QUIET: Duration = Duration::from_secs(2);
/// Rows of one read.
const ROWS: u32 = 1_000;
/// After this long without a notification the connection is asked whether it still is one, and for how long it may think.
const SILENCE: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(5);

/// Begins to listen. Boxed, so that the compiler sees that it is `Send` whoever waits for it.
pub(crate) fn begin(pool: &PgPool) -> BoxFuture<'_, Result<PgListener, StoreError>> {
    Box::pin(async move {
        let mut listener = PgListener::connect_with(pool).await.map_err(failed)?;
        listener.listen(CHANNEL).await.map_err(failed)?;
        // Each new connection is made here, where the pauses are.
        listener.eager_reconnect(false);
        Ok(listener)
    })
}

/// Rings the feed for what is notified, on one connection after another.
pub(crate) async fn listen(pool: PgPool, first: PgListener, feed: Arc<Feed>) {
    let mut listening = Some(first);
    let mut pause = FIRST_PAUSE;
    while !pool.is_closed() {
        match listening.take() {
            Some(mut listener) => {
                pause = FIRST_PAUSE;
                while let Some(payload) = next(&mut listener).await {
                    feed.notified(&payload);
                }
            }
            None => {
                sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
                listening = begin(&pool).await.ok();
                // What was committed while nobody listened.
                feed.ring();
            }
        }
    }
}

/// What the next notification says; `None` if the connection is lost.
async fn next(listener: &mut PgListener) -> Option<String> {
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(received) => return received.ok().flatten().map(|notification| notification.payload().to_owned()),
            // A network that swallows everything looks like one in which nothing happens.
            Err(_) => {
                let asked = timeout(ANSWER, sqlx::query("SELECT 1").execute(&mut *listener)).await;
                asked.ok()?.ok()?;
            }
        }
    }
}

/// Reads from the log what the feed has not seen, whenever it is rung.
pub(crate) async fn follow(pool: PgPool, feed: Arc<Feed>) {
    let mut pause = FIRST_PAUSE;
    while !pool.is_closed() {
        // Asked at least this often, even if no ring came.
        let _ = timeout(QUIET, feed.rung()).await;
        while let Err(error) = catch_up(&pool, &feed).await {
            if pool.is_closed() {
                return;
            }
            tracing::warn!(%error, "the log of events cannot be read; trying again");
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
        pause = FIRST_PAUSE;
    }
}

async fn catch_up(pool: &PgPool, feed: &Feed) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await.map_err(failed)?;
    loop {
        let since = feed.seen();
        let events = events::after(&mut connection, since, ROWS).await?;
        if events.is_empty() {
            return Ok(());
        }
        feed.read(since, &events);
    }
}
