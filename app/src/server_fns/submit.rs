//! How a task is submitted by the form, with its files: one function, with scripts and without.

use baton_domain::wire::task::TaskSummary;
use leptos::prelude::server;

use super::upload::MultipartFormData;
pub use super::upload::Upload;
use super::{Called, Json};

/// Submits the form of the page "New task": `skill`, `title`, `priority`, `depends_on`, `fairness_key`,
/// `fairness_weight`, `budget_tokens`, `budget_cost`, `input[<property>]` as text and
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
    use std::collections::BTreeMap;
    use std::io;

    use baton_domain::id::ArtifactId;
    use baton_domain::problem::{Code, Problem};
    use baton_domain::schema::input_from_form;
    use baton_domain::services::{Answer, NewArtifact, Services};
    use baton_domain::task::{Budget, Priority};
    use baton_domain::user::{Caller, Permission};
    use baton_domain::wire::task::{DependsOn, MAXIMUM_INPUT_BYTES, NewTask, TaskSummary};
    use futures::TryStreamExt as _;
    use leptos::server_fn::codec::MultipartData;

    use super::super::{ApiError, serve};
    use super::Upload;

    /// The most fields of one form.
    const MOST_FIELDS: usize = 100;
    /// The most files of one form.
    const MOST_FILES: usize = 16;

    /// What the form says.
    #[derive(Default)]
    struct Form {
        skill: String,
        title: String,
        priority: String,
        /// The other fields of the task, by their names.
        more: BTreeMap<String, String>,
        idempotency_key: Option<String>,
        input: BTreeMap<String, String>,
        stored: Vec<ArtifactId>,
        text_bytes: usize,
    }

    pub(super) async fn submit(upload: Upload) -> Result<TaskSummary, ApiError> {
        let services = serve::services()?;
        let caller = serve::caller();
        // Before anything is stored, not only when the task is.
        serve::answer(caller.require(Permission::Work))?;
        let mut form = Form::default();
        let outcome = match form.read(&services, &caller, upload.0).await {
            Ok(()) => form.send(&services, &caller).await,
            Err(problem) => Err(problem),
        };
        if outcome.is_err() {
            // Nobody refers to these files; a failure here only leaves them for the clean-up.
            for id in form.stored {
                let _ = services.artifacts.delete(&caller, id).await;
            }
        }
        let task = serve::answer(outcome)?;
        serve::go(&format!("/tasks/{}", task.id));
        Ok(task)
    }

    impl Form {
        async fn read(&mut self, services: &Services, caller: &Caller, data: MultipartData) -> Answer<()> {
            let Some(mut fields) = data.into_inner() else { return Err(broken("it did not arrive as a form")) };
            let mut count = 0;
            while let Some(mut field) = fields.next_field().await.map_err(broken)? {
                count += 1;
                if count > MOST_FIELDS {
                    return Err(broken(format!("it has more than {MOST_FIELDS} fields")));
                }
                let name = field.name().unwrap_or_default().to_owned();
                if let Some(property) = inside(&name, "file") {
                    let file_name = field.file_name().unwrap_or_default().to_owned();
                    // A file field that was left empty comes without a name.
                    if file_name.is_empty() {
                        continue;
                    }
                    if self.stored.len() == MOST_FILES {
                        return Err(broken(format!("it has more than {MOST_FILES} files")));
                    }
                    let media_type = field.content_type().map(ToString::to_string).filter(|kind| kind != "application/octet-stream");
                    let artifact = NewArtifact { name: file_name, media_type, sha256: None, task_id: None };
                    let bytes = Box::pin(field.map_err(io::Error::other));
                    let view = services.artifacts.put(caller, artifact, bytes).await?;
                    self.stored.push(view.id);
                    self.input.insert(property.to_owned(), view.id.to_string());
                    continue;
                }
                let mut text = Vec::new();
                while let Some(chunk) = field.chunk().await.map_err(broken)? {
                    self.text_bytes += chunk.len();
                    if self.text_bytes > MAXIMUM_INPUT_BYTES {
                        return Err(Problem::new(
                            Code::BodyTooLarge,
                            format!("The text of the form is longer than {MAXIMUM_INPUT_BYTES} bytes. Send it as a file."),
                        ));
                    }
                    text.extend_from_slice(&chunk);
                }
                let text = String::from_utf8(text).map_err(|_| Problem::invalid_field(name.as_str(), "Is not UTF-8 text."))?;
                self.keep(&name, text)?;
            }
            Ok(())
        }

        fn keep(&mut self, name: &str, text: String) -> Answer<()> {
            match name {
                "skill" => self.skill = text,
                "title" => self.title = text,
                "priority" => self.priority = text,
                "depends_on" | "fairness_key" | "fairness_weight" | "budget_tokens" | "budget_cost" => {
                    self.more.insert(name.to_owned(), text.trim().to_owned());
                }
                "idempotency_key" => self.idempotency_key = Some(text).filter(|key| !key.is_empty()),
                _ => match inside(name, "input") {
                    // A file of the same property wins over a typed identifier, whichever comes first.
                    Some(property) => {
                        let typed = self.input.entry(property.to_owned()).or_default();
                        if typed.is_empty() {
                            // Browsers end the lines of a text area with CR LF.
                            *typed = text.replace("\r\n", "\n");
                        }
                    }
                    None => return Err(Problem::invalid_field(name, "The form has no such field.")),
                },
            }
            Ok(())
        }

        async fn send(&mut self, services: &Services, caller: &Caller) -> Answer<TaskSummary> {
            if self.skill.is_empty() {
                return Err(Problem::invalid_field("skill", "Choose a skill."));
            }
            let input = match services.agents.skill(caller, &self.skill).await {
                Ok(skill) => input_from_form(&skill, &self.input)?,
                // The task service says it in its own words, the same as over REST.
                Err(problem) if problem.is(Code::NoSuchSkill) => serde_json::json!({}),
                Err(problem) => return Err(problem),
            };
            let mut task = NewTask::new(self.skill.as_str(), input);
            task.title = Some(self.title.trim().to_owned()).filter(|title| !title.is_empty());
            if !self.priority.is_empty() {
                let number: u8 =
                    self.priority.parse().map_err(|_| Problem::invalid_field("priority", "Use 1 (critical) to 5 (background)."))?;
                task.priority = Priority::new(number).map_err(|error| Problem::invalid_field("priority", error.to_string()))?;
            }
            self.more_of(&mut task)?;
            services.tasks.submit(caller, task, self.idempotency_key.take()).await
        }

        /// What a field beyond the usual ones holds, if it was filled in.
        fn filled(&self, name: &str) -> Option<&str> {
            self.more.get(name).map(String::as_str).filter(|text| !text.is_empty())
        }

        fn number<T: std::str::FromStr>(&self, name: &str) -> Answer<Option<T>> {
            let wrong = |_| Problem::invalid_field(name, "Use a number.");
            self.filled(name).map(|text| text.parse().map_err(wrong)).transpose()
        }

        fn more_of(&self, task: &mut NewTask) -> Answer<()> {
            for word in self.filled("depends_on").unwrap_or_default().split([' ', ',', '\n']).filter(|word| !word.is_empty()) {
                let id = word.parse().map_err(|_| Problem::invalid_field("depends_on", "Use the ids of tasks, with spaces between."))?;
                task.depends_on.push(DependsOn::Task(id));
            }
            task.fairness_key = self.filled("fairness_key").map(str::to_owned);
            if let Some(weight) = self.number("fairness_weight")? {
                task.fairness_weight = weight;
            }
            let budget = Budget { tokens: self.number("budget_tokens")?, cost: self.number("budget_cost")? };
            task.budget = Some(budget).filter(|budget| *budget != Budget::default());
            Ok(())
        }
    }

    /// `text` of `input[text]`.
    fn inside<'a>(name: &'a str, group: &str) -> Option<&'a str> {
        name.strip_prefix(group)?.strip_prefix('[')?.strip_suffix(']')
    }

    fn broken(why: impl ToString) -> Problem {
        Problem::new(Code::InvalidRequest, format!("The form is broken: {}. Reload the page and send it again.", why.to_string()))
    }
}
