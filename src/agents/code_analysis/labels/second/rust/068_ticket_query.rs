use std::sync::Arc;

use axum::{extract::State, http::StatusCode, routing::post, Json, Router};
use futures_util::TryStreamExt;
use mongodb::bson::{self, doc, Document};
use mongodb::{Client, Collection};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub struct Ticket {
    #[serde(rename = "_id")]
    id: bson::oid::ObjectId,
    subject: String,
    state: String,
    assignee: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TicketQuery {
    #[serde(default)]
    criteria: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    include_closed: bool,
}

pub struct Tickets {
    coll: Collection<Ticket>,
}

impl Tickets {
    pub async fn connect(uri: &str) -> mongodb::error::Result<Self> {
        let client = Client::with_uri_str(uri).await?;
        Ok(Tickets { coll: client.database("helpdesk").collection("tickets") })
    }

    async fn query(&self, q: TicketQuery) -> anyhow::Result<Vec<Ticket>> {
        let mut filter: Document = Document::try_from(q.criteria)?;
        if !q.include_closed {
            filter.insert("closed_at", bson::Bson::Null);
        }
        let mut cursor = self.coll.find(filter).limit(100).await?;
        let mut tickets = Vec::new();
        while let Some(t) = cursor.try_next().await? {
            tickets.push(t);
        }
        Ok(tickets)
    }

    async fn open_count(&self) -> mongodb::error::Result<u64> {
        self.coll.count_documents(doc! { "closed_at": null }).await
    }
}

async fn search(
    State(tickets): State<Arc<Tickets>>,
    Json(q): Json<TicketQuery>,
) -> Result<Json<Vec<Ticket>>, StatusCode> {
    tickets.query(q).await.map(Json).map_err(|e| {
        tracing::error!("ticket search: {e:#}");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}

async fn count(State(tickets): State<Arc<Tickets>>) -> Result<String, StatusCode> {
    let n = tickets.open_count().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(n.to_string())
}

pub fn router(tickets: Arc<Tickets>) -> Router {
    Router::new()
        .route("/tickets/search", post(search))
        .route("/tickets/open", post(count))
        .with_state(tickets)
}
