//! What a person does with lines of versions, and with changes that disagree.

use baton_domain::id::ConflictId;
use baton_domain::page::Page;
#[cfg(feature = "ssr")]
use baton_domain::wire::conflict::DismissConflict;
use baton_domain::wire::conflict::{ConflictDetail, ConflictFilter, ConflictView, LineDetail, LineFilter, LineView, PutOutcome, PutVersion};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::upload::MultipartFormData;
pub use super::upload::Upload;
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
#[server(name = ReadLine, endpoint = "/conflicts/line", input = Json, output = Json)]
pub async fn line(name: String, filter: LineFilter) -> Called<LineDetail> {
    serve::answer(serve::services()?.conflicts.line(&serve::caller(), &name, filter).await)
}

/// Stores a version over the one that it stands on.
///
/// # Errors
/// As [`ConflictService::put`](baton_domain::services::ConflictService::put).
#[server(name = PutLine, endpoint = "/conflicts/put", input = Json, output = Json)]
pub async fn put(name: String, version: PutVersion) -> Called<PutOutcome> {
    serve::answer(serve::services()?.conflicts.put(&serve::caller(), &name, version).await)
}

/// Conflicts, the newest first.
///
/// # Errors
/// As [`ConflictService::conflicts`](baton_domain::services::ConflictService::conflicts).
#[server(name = ListConflicts, endpoint = "/conflicts/conflicts", input = Json, output = Json)]
pub async fn conflicts(filter: ConflictFilter) -> Called<Page<ConflictView>> {
    serve::answer(serve::services()?.conflicts.conflicts(&serve::caller(), filter).await)
}

/// One conflict, compared with the newest version of its line.
///
/// # Errors
/// As [`ConflictService::conflict`](baton_domain::services::ConflictService::conflict).
#[server(name = ReadConflict, endpoint = "/conflicts/conflict", input = Json, output = Json)]
pub async fn conflict(id: ConflictId) -> Called<ConflictDetail> {
    serve::answer(serve::services()?.conflicts.conflict(&serve::caller(), id).await)
}

/// Settles a conflict from the form of its page: `id`, `seen`, `choice`, and of what somebody made of both `file[artifact]` or `input[artifact]`.
///
/// # Errors
/// As [`ConflictService::resolve`](baton_domain::services::ConflictService::resolve) and
/// [`ArtifactService::put`](baton_domain::services::ArtifactService::put); `REQUEST-002` for a broken form.
#[server(name = ResolveForm, endpoint = "/conflicts/resolve_form", input = MultipartFormData, output = Json)]
pub async fn resolve_form(form: Upload) -> Called<ConflictView> {
    reading::resolve(form).await
}

/// Says that a conflict does not matter.
///
/// # Errors
/// As [`ConflictService::dismiss`](baton_domain::services::ConflictService::dismiss).
#[server(name = Dismiss, endpoint = "/conflicts/dismiss", input = PostUrl, output = Json)]
pub async fn dismiss(id: ConflictId, seen: u64, because: String) -> Called<ConflictView> {
    let why = DismissConflict { seen, because };
    let conflict = serve::answer(serve::services()?.conflicts.dismiss(&serve::caller(), id, why).await)?;
    serve::go_back();
    Ok(conflict)
}

#[cfg(feature = "ssr")]
mod reading {
    use baton_domain::problem::Problem;
    use baton_domain::services::{Answer, Services};
    use baton_domain::user::Caller;
    use baton_domain::wire::conflict::{ConflictChoice, ConflictView, ResolveConflict};

    use super::super::form::SentForm;
    use super::super::{ApiError, serve};
    use super::Upload;

    /// The fields of the form beside the new content.
    const FIELDS: [&str; 3] = ["id", "seen", "choice"];

    pub(super) async fn resolve(upload: Upload) -> Result<ConflictView, ApiError> {
        let services = serve::services()?;
        let caller = serve::caller();
        let mut form = SentForm::default();
        let outcome = match form.read(&services, &caller, upload.0, &FIELDS).await {
            Ok(()) => send(&form, &services, &caller).await,
            Err(problem) => Err(problem),
        };
        if outcome.is_err() {
            form.forget(&services, &caller).await;
        }
        let conflict = serve::answer(outcome)?;
        serve::go_back();
        Ok(conflict)
    }

    async fn send(form: &SentForm, services: &Services, caller: &Caller) -> Answer<ConflictView> {
        let broken = |field: &str| Problem::invalid_field(field, "The form is broken. Reload the page and send it again.");
        let id = form.filled("id").and_then(|id| id.parse().ok()).ok_or_else(|| broken("id"))?;
        let seen = form.number("seen")?.ok_or_else(|| broken("seen"))?;
        let choice = form.filled("choice").and_then(ConflictChoice::parse);
        let choice = choice.ok_or_else(|| Problem::invalid_field("choice", "Choose what is kept."))?;
        let artifact = form.input.get("artifact").map(|text| text.trim()).filter(|text| !text.is_empty() && choice == ConflictChoice::Edited);
        let artifact = artifact.map(str::parse).transpose();
        let artifact = artifact.map_err(|_| Problem::invalid_field("artifact", "This is not the id of an artifact. Choose a file."))?;
        services.conflicts.resolve(caller, id, ResolveConflict { seen, choice, artifact }).await
    }
}
