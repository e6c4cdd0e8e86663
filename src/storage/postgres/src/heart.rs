//! How does a server say that it lives when the rest of it is busy? On a connection of its own, which waits for no pool and no
//! queue, and belongs to the runtime of whoever beats.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use baton_storage::{Beat, Beaten, Heart, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::Mutex;

use crate::failure::Fault;
use crate::{group, servers};

/// Beats. Clones share the connection.
#[derive(Clone)]
pub(crate) struct PostgresHeart {
    connect: PgConnectOptions,
    connection: Arc<Mutex<Option<PgConnection>>>,
}

impl fmt::Debug for PostgresHeart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options hold the password.
        f.write_str("PostgresHeart")
    }
}

impl PostgresHeart {
    /// Connects with the first beat.
    pub(crate) fn new(connect: PgConnectOptions) -> Self {
        // A beat that waits for a lock is better tried again than waited for.
        let connect = connect.options([("lock_timeout", "2s"), ("statement_timeout", "5s")]);
        Self { connect, connection: Arc::default() }
    }
}

#[async_trait]
impl Heart for PostgresHeart {
    async fn beat(&self, beat: Beat) -> Result<Beaten, StoreError> {
        let mut held = self.connection.lock().await;
        // Taken out while it is used: one that a caller gave up waiting for is in the middle of something and is not used again.
        let mut connection = match held.take() {
            Some(connection) => connection,
            None => group::connect(&self.connect).await?,
        };
        let answer = servers::beat(&mut connection, &beat).await;
        if !matches!(answer, Err(Fault::Gone(_))) {
            *held = Some(connection);
        }
        Ok(answer?)
    }
}
