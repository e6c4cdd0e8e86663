use actix_web::{post, web, HttpResponse};
use futures_util::TryStreamExt;
use mongodb::bson::{doc, oid::ObjectId, Document};
use mongodb::options::FindOptions;
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Asset {
    #[serde(rename = "_id")]
    id: ObjectId,
    tag: String,
    site: String,
    owner: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetQuery {
    site: Option<String>,
    owner: Option<String>,
    tags: Option<Vec<String>>,
    unassigned: Option<bool>,
}

impl AssetQuery {
    fn to_filter(&self) -> Document {
        let mut filter = doc! { "retired": false };
        if let Some(site) = &self.site {
            filter.insert("site", site);
        }
        if let Some(owner) = &self.owner {
            filter.insert("owner", doc! { "$eq": owner });
        }
        if let Some(tags) = &self.tags {
            filter.insert("tag", doc! { "$in": tags });
        }
        if self.unassigned == Some(true) {
            filter.insert("owner", doc! { "$exists": false });
        }
        filter
    }
}

pub struct Assets {
    coll: Collection<Asset>,
}

impl Assets {
    pub fn new(db: &Database) -> Self {
        Assets { coll: db.collection("assets") }
    }

    async fn search(&self, q: &AssetQuery) -> mongodb::error::Result<Vec<Asset>> {
        let options = FindOptions::builder().limit(200).sort(doc! { "tag": 1 }).build();
        let cursor = self.coll.find(q.to_filter()).with_options(options).await?;
        cursor.try_collect().await
    }
}

#[post("/assets/search")]
async fn search(assets: web::Data<Assets>, q: web::Json<AssetQuery>) -> HttpResponse {
    if q.tags.as_ref().is_some_and(|t| t.len() > 50) {
        return HttpResponse::BadRequest().finish();
    }
    match assets.search(&q).await {
        Ok(list) => HttpResponse::Ok().json(list),
        Err(e) => {
            log::error!("asset search: {e}");
            HttpResponse::InternalServerError().finish()
        }
    }
}

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::JsonConfig::default().limit(16 * 1024)).service(search);
}
