//! How a run is begun by the form of its workflow, with its files: one function, with scripts and without.

use baton_domain::wire::run::RunSummary;
use leptos::prelude::server;

use super::upload::MultipartFormData;
pub use super::upload::Upload;
use super::{Called, Json};

/// Begins a run from the form of a workflow's page: `workflow`, `version`, `idempotency_key`, `input[<property>]` as text, and `file[<property>]` or
/// `files[<property>]` as files, which are stored first and whose identifiers go into the input.
///
/// # Errors
/// As [`RunService::start`](baton_domain::services::RunService::start) and
/// [`ArtifactService::put`](baton_domain::services::ArtifactService::put); `TASK-003` for fields that are not of their kind, `REQUEST-002` for a broken form.
#[server(endpoint = "/runs/start_form", input = MultipartFormData, output = Json)]
pub async fn start_form(form: Upload) -> Called<RunSummary> {
    reading::start(form).await
}

#[cfg(feature = "ssr")]
mod reading {
    use baton_domain::problem::Problem;
    use baton_domain::schema::input_from_schema;
    use baton_domain::services::{Answer, Services};
    use baton_domain::user::Caller;
    use baton_domain::wire::run::{NewRun, RunSummary};

    use super::super::form::SentForm;
    use super::super::{ApiError, serve};
    use super::Upload;

    /// The fields of the form beside the input's.
    const FIELDS: [&str; 3] = ["workflow", "version", "idempotency_key"];

    pub(super) async fn start(upload: Upload) -> Result<RunSummary, ApiError> {
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
        let run = serve::answer(outcome)?;
        serve::go(&format!("/runs/{}", run.id));
        Ok(run)
    }

    async fn send(form: &SentForm, services: &Services, caller: &Caller) -> Answer<RunSummary> {
        let Some(name) = form.filled("workflow") else {
            return Err(Problem::invalid_field("workflow", "Choose a workflow."));
        };
        let version = form.number("version")?;
        let workflow = services.workflows.workflow(caller, name, version).await?;
        let input = input_from_schema(&workflow.input_schema, name, &form.input)?;
        let run = NewRun { workflow: name.to_owned(), version, input };
        let started = services.runs.start(caller, run, form.filled("idempotency_key").map(str::to_owned)).await;
        started.map_err(|problem| form.placed(&workflow.input_schema, problem))
    }
}
