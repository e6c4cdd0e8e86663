//! How a task is submitted by the form, with its files: one function, with scripts and without.

use baton_domain::wire::task::TaskSummary;
use leptos::prelude::server;

use super::upload::MultipartFormData;
pub use super::upload::Upload;
use super::{Called, Json};

/// Submits the form of the page "New task": `skill`, `title`, `priority`, the fields of the [terms](crate::components::task_terms), `decide_agents`,
/// `decide_samples`, `decide_rule`, `decide_answer`, `input[<property>]` as text, and `file[<property>]` (or `files[<property>]`, for a list of them) as files,
/// which are stored first and whose identifiers go into the input. What stands in a row of a list is named `<list>/<row>/<property>`.
///
/// # Errors
/// As [`TaskService::submit`](baton_domain::services::TaskService::submit) and
/// [`ArtifactService::put`](baton_domain::services::ArtifactService::put); `REQUEST-002` for a broken form.
#[server(endpoint = "/tasks/submit_form", input = MultipartFormData, output = Json)]
pub async fn submit_form(form: Upload) -> Called<TaskSummary> {
    reading::submit(form).await
}

#[cfg(feature = "ssr")]
mod reading {
    use baton_domain::problem::{Code, Problem};
    use baton_domain::schema::input_from_form;
    use baton_domain::services::{Answer, Services};
    use baton_domain::task::{Priority, RetryPolicy};
    use baton_domain::user::Caller;
    use baton_domain::wire::task::{NewTask, TaskSummary};
    use serde_json::{Map, Value};

    use super::super::form::SentForm;
    use super::super::{ApiError, serve};
    use super::Upload;
    use crate::components::decide_form::{DECIDE_FIELDS, decide_terms};
    use crate::components::task_terms::{task_terms, term_fields, with_terms};

    /// The fields of the form beside the input's, the terms' and those of several agents.
    const FIELDS: [&str; 4] = ["skill", "title", "priority", "idempotency_key"];

    pub(super) async fn submit(upload: Upload) -> Result<TaskSummary, ApiError> {
        let services = serve::services()?;
        let caller = serve::caller();
        let mut form = SentForm::default();
        let known: Vec<&str> = FIELDS.into_iter().chain(DECIDE_FIELDS).chain(term_fields().map(|field| field.name)).collect();
        let outcome = match form.read(&services, &caller, upload.0, &known).await {
            Ok(()) => send(&form, &services, &caller).await,
            Err(problem) => Err(problem),
        };
        if outcome.is_err() {
            form.forget(&services, &caller).await;
        }
        let task = serve::answer(outcome)?;
        serve::go(&format!("/tasks/{}", task.id));
        Ok(task)
    }

    async fn send(form: &SentForm, services: &Services, caller: &Caller) -> Answer<TaskSummary> {
        let Some(skill) = form.filled("skill") else {
            return Err(Problem::invalid_field("skill", "Choose a skill."));
        };
        let (input, retry, schema) = match services.agents.skill(caller, skill).await {
            Ok(skill) => (input_from_form(&skill, &form.input)?, skill.retry, skill.input_schema),
            // The task service says it in its own words, the same as over REST.
            Err(problem) if problem.is(Code::NoSuchSkill) => (Value::Object(Map::new()), RetryPolicy::default(), Value::Null),
            Err(problem) => return Err(problem),
        };
        let mut task = NewTask::new(skill, input);
        task.title = form.filled("title").map(str::to_owned);
        if let Some(priority) = form.filled("priority") {
            let number: u8 = priority.parse().map_err(|_| Problem::invalid_field("priority", "Use 1 (critical) to 5 (background)."))?;
            task.priority = Priority::new(number).map_err(|error| Problem::invalid_field("priority", error.to_string()))?;
        }
        let filled = |name: &str| form.filled(name).map(str::to_owned);
        let mut task = with_terms(&task, task_terms(&filled, &retry))?;
        task.decide = decide_terms(filled).map(Box::new);
        let submitted = services.tasks.submit(caller, task, form.filled("idempotency_key").map(str::to_owned)).await;
        submitted.map_err(|problem| form.placed(&schema, problem))
    }
}
