//! How a task is submitted by the form, with its files: one function, with scripts and without.

use baton_domain::wire::task::TaskSummary;
use leptos::prelude::server;

use super::upload::MultipartFormData;
pub use super::upload::Upload;
use super::{Called, Json};

/// Submits the form of the page "New task": `skill`, `title`, `priority`, `depends_on`, `fairness_key`,
/// `fairness_weight`, `budget_tokens`, `budget_cost`, `decide_agents`, `decide_samples`, `decide_rule`, `decide_answer`, `input[<property>]` as text and
/// `file[<property>]` as files, which are stored first and whose identifiers go into the input.
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
    use baton_domain::task::{Budget, Priority};
    use baton_domain::user::Caller;
    use baton_domain::wire::task::{DependsOn, NewTask, TaskSummary};

    use super::super::form::SentForm;
    use super::super::{ApiError, serve};
    use super::Upload;
    use crate::components::decide_form::{DECIDE_FIELDS, decide_terms};

    /// The fields of the form beside the input's.
    const FIELDS: [&str; 13] = [
        "skill",
        "title",
        "priority",
        "depends_on",
        "fairness_key",
        "fairness_weight",
        "budget_tokens",
        "budget_cost",
        "idempotency_key",
        DECIDE_FIELDS[0],
        DECIDE_FIELDS[1],
        DECIDE_FIELDS[2],
        DECIDE_FIELDS[3],
    ];

    pub(super) async fn submit(upload: Upload) -> Result<TaskSummary, ApiError> {
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
        let task = serve::answer(outcome)?;
        serve::go(&format!("/tasks/{}", task.id));
        Ok(task)
    }

    async fn send(form: &SentForm, services: &Services, caller: &Caller) -> Answer<TaskSummary> {
        let Some(skill) = form.filled("skill") else {
            return Err(Problem::invalid_field("skill", "Choose a skill."));
        };
        let input = match services.agents.skill(caller, skill).await {
            Ok(skill) => input_from_form(&skill, &form.input)?,
            // The task service says it in its own words, the same as over REST.
            Err(problem) if problem.is(Code::NoSuchSkill) => serde_json::json!({}),
            Err(problem) => return Err(problem),
        };
        let mut task = NewTask::new(skill, input);
        task.title = form.filled("title").map(str::to_owned);
        if let Some(priority) = form.filled("priority") {
            let number: u8 = priority.parse().map_err(|_| Problem::invalid_field("priority", "Use 1 (critical) to 5 (background)."))?;
            task.priority = Priority::new(number).map_err(|error| Problem::invalid_field("priority", error.to_string()))?;
        }
        for word in form.filled("depends_on").unwrap_or_default().split([' ', ',', '\n']).filter(|word| !word.is_empty()) {
            let id = word.parse().map_err(|_| Problem::invalid_field("depends_on", "Use the ids of tasks, with spaces between."))?;
            task.depends_on.push(DependsOn::Task(id));
        }
        task.fairness_key = form.filled("fairness_key").map(str::to_owned);
        if let Some(weight) = form.number("fairness_weight")? {
            task.fairness_weight = weight;
        }
        let budget = Budget { tokens: form.number("budget_tokens")?, cost: form.number("budget_cost")? };
        task.budget = Some(budget).filter(|budget| *budget != Budget::default());
        task.decide = decide_terms(|name| form.filled(name).map(str::to_owned)).map(Box::new);
        services.tasks.submit(caller, task, form.filled("idempotency_key").map(str::to_owned)).await
    }
}
