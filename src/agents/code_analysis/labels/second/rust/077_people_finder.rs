use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    routing::get,
    Json, Router,
};
use ldap3::{LdapConnAsync, Scope, SearchEntry};
use serde::{Deserialize, Serialize};

pub struct Directory {
    url: String,
    base: String,
    bind_dn: String,
    bind_pw: String,
}

#[derive(Deserialize)]
struct PeopleQuery {
    name: String,
    department: Option<String>,
}

#[derive(Serialize)]
struct Person {
    dn: String,
    cn: Option<String>,
    mail: Option<String>,
}

fn build_filter(q: &PeopleQuery) -> String {
    let mut filter = format!("(&(objectClass=inetOrgPerson)(cn=*{}*)", q.name);
    if let Some(dep) = &q.department {
        filter.push_str(&format!("(departmentNumber={dep})"));
    }
    filter.push(')');
    filter
}

impl Directory {
    pub fn from_env() -> Result<Self, std::env::VarError> {
        Ok(Directory {
            url: format!("ldaps://{}", std::env::var("LDAP_HOST")?),
            base: std::env::var("LDAP_BASE")?,
            bind_dn: std::env::var("LDAP_BIND_DN")?,
            bind_pw: std::env::var("LDAP_BIND_PASSWORD")?,
        })
    }

    async fn people(&self, q: &PeopleQuery) -> ldap3::result::Result<Vec<Person>> {
        let (conn, mut ldap) = LdapConnAsync::new(&self.url).await?;
        ldap3::drive!(conn);
        ldap.simple_bind(&self.bind_dn, &self.bind_pw).await?.success()?;
        let filter = build_filter(q);
        let (entries, _) = ldap
            .search(&self.base, Scope::Subtree, &filter, vec!["cn", "mail"])
            .await?
            .success()?;
        ldap.unbind().await?;
        let first = |e: &SearchEntry, k: &str| e.attrs.get(k).and_then(|v| v.first().cloned());
        Ok(entries
            .into_iter()
            .take(100)
            .map(SearchEntry::construct)
            .map(|e| Person { cn: first(&e, "cn"), mail: first(&e, "mail"), dn: e.dn })
            .collect())
    }
}

async fn find(
    State(dir): State<Arc<Directory>>,
    Query(q): Query<PeopleQuery>,
) -> Result<Json<Vec<Person>>, StatusCode> {
    dir.people(&q).await.map(Json).map_err(|e| {
        tracing::error!("ldap: {e}");
        StatusCode::BAD_GATEWAY
    })
}

pub fn router(dir: Arc<Directory>) -> Router {
    Router::new().route("/people", get(find)).with_state(dir)
}
