//! Is a PostgreSQL believed that proves who it is, and no other?

use crate::harness;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::harness::insert;
use baton_storage::{EventStore, NoSink, StoreError};
use baton_storage_postgres::PostgresOptions;
use baton_testkit::PostgresServer;
use sqlx::{Connection, PgConnection};

fn with_tls(url: &str, authority: &Path) -> String {
    format!("{url}?sslmode=verify-full&sslrootcert={}", authority.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_authority_is_believed_a_wrong_one_a_wrong_name_and_an_expired_certificate_are_not() {
    let (server, [authority, stranger]) = tokio::task::spawn_blocking(PostgresServer::start_with_tls).await.unwrap().unwrap();
    let plain = server.new_database().unwrap();
    let url = with_tls(&plain, &authority.certificate());
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let encrypted: bool = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetch_one(&mut sql).await.unwrap();
    assert!(encrypted);

    let store = PostgresOptions::new(&url).open(Arc::new(NoSink)).await.unwrap();
    assert_eq!(insert(&store, 3).await.len(), 3);
    store.ping().await.unwrap();
    // The heart has a connection of its own.
    let beat = baton_storage::Beat {
        server: baton_domain::id::ServerId::new(uuid::Uuid::from_u128(1)),
        at: harness::at(0),
        leases: vec![],
        until: harness::at(1),
        agents: vec![],
    };
    baton_storage::ServerStore::own_heart(&store).unwrap().beat(beat).await.unwrap();
    let all = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'baton'";
    assert!(sqlx::query_scalar::<_, bool>(all).fetch_one(&mut sql).await.unwrap(), "every connection of the store");
    store.close().await;

    let elsewhere = plain.replace("127.0.0.1", "localhost");
    refused("another authority", &with_tls(&plain, &stranger.certificate()), "invalid peer certificate").await;
    refused("another name", &with_tls(&elsewhere, &authority.certificate()), "not valid for name").await;
    let server = tokio::task::spawn_blocking(move || server.let_certificate_expire(&authority).map(|()| (server, authority)));
    let (_server, authority) = server.await.unwrap().unwrap();
    refused("an expired certificate", &with_tls(&plain, &authority.certificate()), "expired").await;
}

/// The store is not opened, and for this reason: that it is away for another would prove nothing.
async fn refused(what: &str, url: &str, because: &str) {
    let options = PostgresOptions { acquire_timeout: Duration::from_secs(5), ..PostgresOptions::new(url) };
    let refused = tokio::time::timeout(Duration::from_secs(30), options.open(Arc::new(NoSink))).await.unwrap();
    assert!(matches!(&refused, Err(StoreError::Unavailable(reason)) if reason.contains(because)), "{what}: {refused:?}");
}
