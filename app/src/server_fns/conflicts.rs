//! What a person does with lines of versions and with changes that disagree.

use baton_domain::id::{ArtifactId, ConflictId};
use baton_domain::page::Page;
use baton_domain::wire::conflict::{
    ConflictChoice, ConflictDetail, ConflictFilter, ConflictView, LineDetail, LineFilter, LineView, PutOutcome, PutVersion,
};
#[cfg(feature = "ssr")]
use baton_domain::wire::conflict::{DismissConflict, ResolveConflict};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Lines, the newest first.
///
/// # Errors
/// As [`ConflictService::lines`](baton_domain::services::ConflictService::lines).
#[server(name = ListLines, endpoint = "/conflicts/lines", input = Json, output = Json)]
pub async fn lines(filter: LineFilter) -> Called<Page<LineView>> {
    serve::answer(serve::services()?.conflicts.lines(&serve::caller(), filter).await)
}

/// One line with its versions.
///
/// # Errors
/// As [`ConflictService::line`](baton_domain::services::ConflictService::line).
#[server(name = GetLine, endpoint = "/conflicts/line", input = Json, output = Json)]
pub async fn line(name: String, filter: LineFilter) -> Called<LineDetail> {
    serve::answer(serve::services()?.conflicts.line(&serve::caller(), &name, filter).await)
}

/// Stores a version of a line.
///
/// # Errors
/// As [`ConflictService::put`](baton_domain::services::ConflictService::put).
#[server(name = PutLineVersion, endpoint = "/conflicts/put", input = Json, output = Json)]
pub async fn put(name: String, version: PutVersion) -> Called<PutOutcome> {
    serve::answer(serve::services()?.conflicts.put(&serve::caller(), &name, version).await)
}

/// Conflicts, the newest first.
///
/// # Errors
/// As [`ConflictService::conflicts`](baton_domain::services::ConflictService::conflicts).
#[server(name = ListConflicts, endpoint = "/conflicts/list", input = Json, output = Json)]
pub async fn list(filter: ConflictFilter) -> Called<Page<ConflictView>> {
    serve::answer(serve::services()?.conflicts.conflicts(&serve::caller(), filter).await)
}

/// One conflict with what there is to look at.
///
/// # Errors
/// As [`ConflictService::conflict`](baton_domain::services::ConflictService::conflict).
#[server(name = GetConflict, endpoint = "/conflicts/get", input = Json, output = Json)]
pub async fn get(id: ConflictId) -> Called<ConflictDetail> {
    serve::answer(serve::services()?.conflicts.conflict(&serve::caller(), id).await)
}

/// Settles a conflict; `artifact` is the new content where it was edited.
///
/// # Errors
/// As [`ConflictService::resolve`](baton_domain::services::ConflictService::resolve).
#[server(name = SettleConflict, endpoint = "/conflicts/resolve", input = PostUrl, output = Json)]
pub async fn resolve(
    id: ConflictId,
    seen: u64,
    choice: ConflictChoice,
    #[server(default)] artifact: Option<ArtifactId>,
) -> Called<ConflictView> {
    let how = ResolveConflict { seen, choice, artifact };
    let settled = serve::answer(serve::services()?.conflicts.resolve(&serve::caller(), id, how).await)?;
    serve::go_back();
    Ok(settled)
}

/// Says that a conflict does not matter.
///
/// # Errors
/// As [`ConflictService::dismiss`](baton_domain::services::ConflictService::dismiss).
#[server(name = DismissOneConflict, endpoint = "/conflicts/dismiss", input = PostUrl, output = Json)]
pub async fn dismiss(id: ConflictId, seen: u64, because: String) -> Called<ConflictView> {
    let why = DismissConflict { seen, because };
    let dismissed = serve::answer(serve::services()?.conflicts.dismiss(&serve::caller(), id, why).await)?;
    serve::go_back();
    Ok(dismissed)
}
