//! Does PostgreSQL answer at all? Whoever waits for it is told within two seconds that it does not.
//!
//! A database that is being restarted, or a network that swallows everything, would otherwise keep callers waiting for as long as a
//! statement may take; and under load a long wait alone says nothing. So one connection asks for nothing, again and again: while it
//! gets no answer, no caller waits for another.

use std::time::Duration;

use baton_storage::StoreError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::group;

/// How often it is asked.
const EVERY: Duration = Duration::from_millis(250);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_millis(1_200);

/// Whether PostgreSQL answers. Clones say the same.
#[derive(Debug, Clone)]
pub(crate) struct Reach(watch::Sender<bool>);

fn silent() -> StoreError {
    StoreError::Unavailable("PostgreSQL does not answer".to_owned())
}

impl Reach {
    /// It has answered just now.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(true))
    }

    /// Waits until PostgreSQL does not answer.
    pub(crate) async fn lost(&self) {
        // This side keeps the channel open.
        let _ = self.0.subscribe().wait_for(|answers| !answers).await;
    }

    /// The answer of something that PostgreSQL is asked, or that it does not answer. What is given up may have been done.
    pub(crate) async fn answered<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        if !*self.0.borrow() {
            return Err(silent());
        }
        tokio::select! {
            biased;
            answer = work => answer,
            () = self.lost() => Err(silent()),
        }
    }

    fn learn(&self, answers: bool) {
        if self.0.send_replace(answers) != answers {
            if answers {
                tracing::info!("PostgreSQL answers again");
            } else {
                tracing::warn!("PostgreSQL does not answer; callers are told to come again");
            }
        }
    }
}

/// Asks for nothing, again and again.
pub(crate) async fn watch(connect: PgConnectOptions, reach: Reach) {
    let mut held: Option<PgConnection> = None;
    loop {
        let answers = match held.take() {
            Some(connection) => match ask(connection).await {
                Ok(connection) => {
                    held = Some(connection);
                    true
                }
                // One connection may be lost while the others are not.
                Err(Lost::Ended) => begin(&connect, &mut held).await,
                Err(Lost::Silent) => false,
            },
            None => begin(&connect, &mut held).await,
        };
        reach.learn(answers);
        sleep(EVERY).await;
    }
}

/// How a connection was lost.
enum Lost {
    Ended,
    Silent,
}

async fn ask(mut connection: PgConnection) -> Result<PgConnection, Lost> {
    match timeout(ANSWER, connection.ping()).await {
        Ok(Ok(())) => Ok(connection),
        Ok(Err(_)) => Err(Lost::Ended),
        Err(_) => Err(Lost::Silent),
    }
}

async fn begin(connect: &PgConnectOptions, held: &mut Option<PgConnection>) -> bool {
    *held = timeout(ANSWER, group::connect(connect)).await.ok().and_then(Result::ok);
    held.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_told_when_it_does_not_answer_and_whoever_asks_then_is_told_at_once() {
        let reach = Reach::new();
        assert_eq!(reach.answered(async { Ok(1) }).await, Ok(1));
        let waiting = tokio::spawn({
            let reach = reach.clone();
            async move { reach.answered(std::future::pending::<Result<(), _>>()).await }
        });
        tokio::task::yield_now().await;
        reach.learn(false);
        assert_eq!(waiting.await.unwrap(), Err(silent()));
        assert_eq!(reach.answered(async { Ok(1) }).await, Err(silent()));
        reach.learn(true);
        assert_eq!(reach.answered(async { Ok(2) }).await, Ok(2));
    }
}
