//! How are several tasks submitted at once? As a list in JSON, all of which is accepted, or nothing.

use baton_domain::id::TaskId;
use baton_domain::user::Permission;
use leptos::prelude::*;

use crate::components::action::{emptied_by, refusal};
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL};
use crate::form_action::{ActionForm, FormAction};
use crate::server_fns::batch::SubmitBatch;
use crate::session::use_session;

/// What a list looks like.
const EXAMPLE: &str = r#"[
  {"skill": "nlp.sentiment", "input": {"text": "What a fine day."}, "ref": "mood"},
  {"skill": "nlp.keywords", "input": {"text": "…"}, "depends_on": ["mood"], "priority": 2}
]"#;

/// The form, and what came of it.
#[component]
pub(super) fn Several() -> impl IntoView {
    let submit = FormAction::<SubmitBatch>::new();
    let form = emptied_by(submit);
    let problem = Signal::derive(move || refusal(submit));
    // The sentence alone is read out, and not a thousand links.
    let ids = move || submit.get().and_then(Result::ok).map(|batch| batch.ids);
    let sentence = move || ids().map(|ids| sentence(ids.len()));
    let links = move || ids().map(links);
    let may = use_session().may(Permission::Work);
    view! {
        <Card title="Several at once" test_id="batch">
            <ActionForm action=submit node_ref=form>
                <div class="space-y-3">
                    <LastProblem problem/>
                    <div data-testid="accepted">
                        <p class="text-13 font-medium" role="status">
                            {sentence}
                        </p>
                        {links}
                    </div>
                    <div class="min-w-0">
                        <label class=LABEL for="field-tasks">
                            "Tasks"
                        </label>
                        <textarea
                            id="field-tasks"
                            name="tasks"
                            rows="14"
                            required
                            spellcheck="false"
                            placeholder=EXAMPLE
                            class=format!("{CONTROL} resize-y font-mono aria-[invalid=true]:border-danger")
                            aria-invalid=move || problem.with(Option::is_some).then_some("true")
                            aria-describedby="field-tasks-help"
                        ></textarea>
                        <p id="field-tasks-help" class="mt-1 text-12 text-muted">
                            "A JSON list of 1 to 1,000 tasks, each as POST /api/v1/tasks takes it; one may depend on another by its ref. All are
                            accepted, or none. What is wrong is said with its place: /tasks/0 is the first."
                        </p>
                    </div>
                    <Button
                        submits=true
                        kind=Kind::Primary
                        test_id="submit-batch"
                        disabled=Signal::derive(move || submit.pending().get() || !may)
                    >
                        "Submit all"
                    </Button>
                    {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include submitting tasks."</p> })}
                </div>
            </ActionForm>
        </Card>
    }
    .into_any()
}

/// How many tasks were accepted.
fn sentence(count: usize) -> String {
    if count == 1 { "1 task is accepted.".to_owned() } else { format!("{count} tasks are accepted.") }
}

/// The tasks that were accepted, in the order of the list.
fn links(ids: Vec<TaskId>) -> AnyView {
    let items: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let id = id.to_string();
            let href = format!("/tasks/{id}");
            view! {
                <li>
                    <a class="font-mono text-12 text-accent hover:underline" href=href data-testid="accepted-task">
                        {id}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <ol class="mt-1 max-h-64 list-decimal overflow-auto rounded-control border border-line bg-sunken py-3 pl-11 pr-3">{items}</ol>
    }
    .into_any()
}
