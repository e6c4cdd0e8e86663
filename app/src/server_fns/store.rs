//! How is a version stored by the form of the page of lines, with its content as a file: one function, with scripts and without.

use baton_domain::wire::conflict::PutOutcome;
use leptos::prelude::server;

use super::upload::MultipartFormData;
pub use super::upload::Upload;
use super::{Called, Json};

/// Stores a version from the form of its page: `name`, `base`, `policy`, `fence`, and the content as `file[artifact]` or `input[artifact]`.
///
/// # Errors
/// As [`ConflictService::put`](baton_domain::services::ConflictService::put) and
/// [`ArtifactService::put`](baton_domain::services::ArtifactService::put); `REQUEST-002` for a broken form.
#[server(name = PutForm, endpoint = "/conflicts/put_form", input = MultipartFormData, output = Json)]
pub async fn put_form(form: Upload) -> Called<PutOutcome> {
    reading::put(form).await
}

#[cfg(feature = "ssr")]
mod reading {
    use baton_domain::problem::Problem;
    use baton_domain::services::{Answer, Services};
    use baton_domain::user::Caller;
    use baton_domain::wire::conflict::{LinePolicy, PutOutcome, PutVersion};

    use super::super::form::SentForm;
    use super::super::{ApiError, serve};
    use super::Upload;

    /// The fields of the form beside the content.
    const FIELDS: [&str; 4] = ["name", "base", "policy", "fence"];

    pub(super) async fn put(upload: Upload) -> Result<PutOutcome, ApiError> {
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
        let outcome = serve::answer(outcome)?;
        match &outcome {
            PutOutcome::Conflict { conflict } => serve::go(&format!("/conflicts/{}", conflict.id)),
            PutOutcome::Stored { .. } | PutOutcome::Merged { .. } => serve::go_back(),
        }
        Ok(outcome)
    }

    async fn send(form: &SentForm, services: &Services, caller: &Caller) -> Answer<PutOutcome> {
        let name = form.filled("name").map(str::trim).unwrap_or_default();
        let policy = match form.filled("policy") {
            Some(policy) => Some(
                LinePolicy::parse(policy).ok_or_else(|| Problem::invalid_field("policy", "Choose what happens if others were faster."))?,
            ),
            None => None,
        };
        let no_file = || Problem::invalid_field("artifact", "Choose a file.");
        let artifact = form.input.get("artifact").and_then(|text| text.trim().parse().ok()).ok_or_else(no_file)?;
        let version = PutVersion { artifact, base: form.number("base")?, policy, form: None, fence: form.number("fence")? };
        services.conflicts.put(caller, name, version).await
    }
}
