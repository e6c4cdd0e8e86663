//! What a person does with stored files. Bytes go up through the submit form and come down over REST.

use baton_domain::id::ArtifactId;
use baton_domain::page::Page;
use baton_domain::wire::artifact::{ArtifactFilter, ArtifactView};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Files, the newest first.
///
/// # Errors
/// As [`ArtifactService::list`](baton_domain::services::ArtifactService::list).
#[server(endpoint = "/artifacts/list", input = Json, output = Json)]
pub async fn list(filter: ArtifactFilter) -> Called<Page<ArtifactView>> {
    serve::answer(serve::services()?.artifacts.list(&serve::caller(), filter).await)
}

/// One file, without its bytes.
///
/// # Errors
/// As [`ArtifactService::get`](baton_domain::services::ArtifactService::get).
#[server(endpoint = "/artifacts/get", input = Json, output = Json)]
pub async fn get(id: ArtifactId) -> Called<ArtifactView> {
    serve::answer(serve::services()?.artifacts.get(&serve::caller(), id).await)
}

/// Deletes a file.
///
/// # Errors
/// As [`ArtifactService::delete`](baton_domain::services::ArtifactService::delete).
#[server(endpoint = "/artifacts/delete", input = PostUrl, output = Json)]
pub async fn delete(id: ArtifactId) -> Called<()> {
    serve::answer(serve::services()?.artifacts.delete(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(())
}
