use std::time::Duration;

use anyhow::{Context, Result};
use futures::StreamExt;
use lapin::{options::*, types::FieldTable, Connection, ConnectionProperties};
use native_tls::TlsConnector;
use postgres_native_tls::MakeTlsConnector;
use serde::Deserialize;
use tokio_postgres::Client;

#[derive(Debug, Deserialize)]
struct Cleanup {
    tenant: i64,
    devices: Vec<String>,
}

async fn connect() -> Result<Client> {
    let dsn = std::env::var("DATABASE_URL").context("DATABASE_URL")?;
    let tls = MakeTlsConnector::new(TlsConnector::new()?);
    let (client, connection) = tokio_postgres::connect(&dsn, tls).await?;
    tokio::spawn(async move {
        if let Err(e) = connection.await {
            tracing::error!("postgres connection: {e}");
        }
    });
    Ok(client)
}

async fn apply(client: &Client, job: &Cleanup) -> Result<u64> {
    let names = job
        .devices
        .iter()
        .take(500)
        .map(|d| format!("'{d}'"))
        .collect::<Vec<_>>()
        .join(",");
    let mut sql = String::from("DELETE FROM readings WHERE tenant_id = ");
    sql.push_str(&job.tenant.to_string());
    sql.push_str(" AND device IN (");
    sql.push_str(&names);
    sql.push(')');
    let removed = client.execute(sql.as_str(), &[]).await?;
    Ok(removed)
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt::init();
    let client = connect().await?;
    let amqp = std::env::var("AMQP_URL").context("AMQP_URL")?;
    let conn = Connection::connect(&amqp, ConnectionProperties::default()).await?;
    let channel = conn.create_channel().await?;
    let mut consumer = channel
        .basic_consume("cleanup", "cleanup-worker", BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    while let Some(delivery) = consumer.next().await {
        let delivery = delivery?;
        match serde_json::from_slice::<Cleanup>(&delivery.data) {
            Ok(job) if !job.devices.is_empty() => match apply(&client, &job).await {
                Ok(n) => tracing::info!(tenant = job.tenant, rows = n, "cleaned"),
                Err(e) => {
                    tracing::error!("cleanup failed: {e:#}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
            Ok(_) => {}
            Err(e) => tracing::warn!("bad message: {e}"),
        }
        delivery.ack(BasicAckOptions::default()).await?;
    }
    Ok(())
}
