//! How is a conflict settled by the form of its page, with what somebody made of both sides as a file: one function, with scripts and without.

use baton_domain::wire::conflict::ConflictView;
use leptos::prelude::server;

use super::upload::MultipartFormData;
pub use super::upload::Upload;
use super::{Called, Json};

/// Settles a conflict from the form of its page: `id`, `seen`, `choice`, and of what somebody made of both `file[artifact]` or `input[artifact]`.
///
/// # Errors
/// As [`ConflictService::resolve`](baton_domain::services::ConflictService::resolve) and
/// [`ArtifactService::put`](baton_domain::services::ArtifactService::put); `REQUEST-002` for a broken form.
#[server(name = ResolveForm, endpoint = "/conflicts/resolve_form", input = MultipartFormData, output = Json)]
pub async fn resolve_form(form: Upload) -> Called<ConflictView> {
    reading::resolve(form).await
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
        let artifact =
            form.input.get("artifact").map(|text| text.trim()).filter(|text| !text.is_empty() && choice == ConflictChoice::Edited);
        let artifact = artifact.map(str::parse).transpose();
        let artifact = artifact.map_err(|_| Problem::invalid_field("artifact", "This is not the id of an artifact. Choose a file."))?;
        services.conflicts.resolve(caller, id, ResolveConflict { seen, choice, artifact }).await
    }
}
