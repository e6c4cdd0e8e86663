//! How is a workflow written? As a text, beside the graph that it makes and what is wrong with it, both as one types.

use std::time::Duration;

use baton_domain::user::Permission;
use baton_domain::wire::workflow::{WorkflowCheck, WorkflowDraft};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::document::{marks, place_of_step, problems};
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::code_editor::CodeEditor;
use crate::components::empty::Empty;
use crate::components::graph::{Graph, Pick};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::form_action::{ActionForm, FormAction};
use crate::live::{OneAtATime, Refresh};
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::Called;
use crate::server_fns::workflows::{check, get};
use crate::server_fns::written::StoreText;
use crate::session::use_session;

/// How long after a key the text is checked.
const PAUSE: Duration = Duration::from_millis(300);

/// What a new workflow begins as: it can be stored as it stands.
const BEGINNING: &str = "\
name: my-workflow
version: 1
title: What it does
inputs:
  texts: {type: array, items: {type: string}, title: Texts}
steps:
  rate:
    uses: nlp.sentiment
    foreach: {items: \"${{ inputs.texts }}\", as: text}
    with: {text: \"${{ text }}\"}
  report:
    uses: documentation.render
    with:
      template: \"{{ count }} texts were rated.\"
      data: {count: \"${{ length(steps.rate.output) }}\"}
outputs:
  page: ${{ steps.report.output.artifact }}
";

/// The page on which a workflow is written: a new one, or the next version of one that there is.
#[component]
pub(crate) fn EditWorkflow() -> impl IntoView {
    let query = use_query_map();
    let asked = memo(move |_| {
        query.with(|query| {
            let version: Option<u32> = query.get("version").and_then(|version| version.parse().ok());
            (query.get("workflow").filter(|name| !name.is_empty()), version)
        })
    });
    let data = PageData::new(move || asked.get(), |(name, version)| read(name, version));
    loaded(data, |data| view! { <Content data/> })
}

/// What the page begins with.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Data {
    /// The name of the workflow that is changed; none for a new one.
    name: Option<String>,
    /// The newest version that is stored: what the change stands on.
    newest: u32,
    text: String,
    check: WorkflowCheck,
}

async fn read(name: Option<String>, version: Option<u32>) -> Called<Data> {
    let Some(name) = name else {
        let check = check(draft(BEGINNING)).await?;
        return Ok(Data { name: None, newest: 0, text: BEGINNING.to_owned(), check });
    };
    let stored = get(name.clone(), version).await?;
    let check = check(draft(&stored.text)).await?;
    Ok(Data { name: Some(name), newest: stored.newest, text: stored.text, check })
}

fn draft(text: &str) -> WorkflowDraft {
    WorkflowDraft { text: text.to_owned() }
}

#[component]
fn Content(data: Data) -> impl IntoView {
    let Data { name, newest, text, check: first } = data;
    let store = FormAction::<StoreText>::new();
    let navigate = use_navigate();
    effect(move || {
        if let Some(Ok(stored)) = store.get() {
            navigate(&format!("/workflows/{}", stored.name), Default::default());
        }
    });
    let text = RwSignal::new(text);
    let go = RwSignal::new(None);
    let checked = Checked::new(text, first);
    let wrong = memo(move |_| checked.wrong_lines());
    let may = use_session().may(Permission::Work);
    let title = name.as_ref().map_or_else(|| "New workflow".to_owned(), |name| format!("Edit {name}"));
    let back = name.as_ref().map_or_else(|| "/workflows".to_owned(), |name| format!("/workflows/{name}"));
    let held = name.map(|name| view! { <input type="hidden" name="name" value=name/> });
    view! {
        <PageHead title/>
        <LastProblem problem=Signal::derive(move || refusal(store))/>
        <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-2">
            <ActionForm action=store>
                {held}
                <input type="hidden" name="seen_version" value=newest.to_string()/>
                <CodeEditor name="text" label="Document" text wrong go described_by="editor-help"/>
                <p id="editor-help" class="mt-1 text-12 text-muted">
                    "YAML or JSON. Steps that read what others give come after them by themselves. The Tab key leaves the text."
                </p>
                <div class="mt-3 flex flex-wrap items-center gap-2">
                    <Button
                        submits=true
                        kind=Kind::Primary
                        test_id="store-workflow"
                        disabled=Signal::derive(move || !may || store.pending().get() || checked.wrong())
                    >
                        {move || checked.store_words(newest)}
                    </Button>
                    <a class=Kind::Quiet.class() href=back>
                        "Leave it"
                    </a>
                    {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include storing workflows."</p> })}
                </div>
            </ActionForm>
            <div class="min-w-0 space-y-4">
                <Drawn checked text go/>
                <Found checked go/>
            </div>
        </div>
    }
    .into_any()
}

/// What the text is found to say.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Checked {
    now: RwSignal<WorkflowCheck>,
    /// Whether the text has changed since.
    behind: RwSignal<bool>,
    /// The last graph that there was, if the text makes none now.
    graph: Memo<(Option<baton_domain::wire::workflow::WorkflowGraph>, bool)>,
}

impl Checked {
    /// Checks the text whenever it has changed; `first` is what it is found to say before.
    pub(in crate::pages) fn new(text: RwSignal<String>, first: WorkflowCheck) -> Self {
        let now = RwSignal::new(first);
        let behind = RwSignal::new(false);
        let graph = memo(move |before: Option<&(Option<_>, bool)>| match now.with(|now| now.graph.clone()) {
            Some(graph) => (Some(graph), true),
            None => (before.and_then(|(graph, _)| graph.clone()), false),
        });
        let checked = Self { now, behind, graph };
        let (refresh, turns) = (Refresh::default(), OneAtATime::default());
        Effect::new(move |before: Option<String>| {
            let written = text.get();
            if before.is_some_and(|before| before != written) {
                behind.set(true);
                let turns = turns.clone();
                refresh.after(PAUSE, move || checked.again(text, turns));
            }
            written
        });
        checked
    }

    fn again(self, text: RwSignal<String>, turns: OneAtATime) {
        let Some(written) = text.try_get_untracked() else { return };
        if !turns.start() {
            return;
        }
        spawn_local(async move {
            let answer = check(draft(&written)).await;
            let same = text.try_with_untracked(|text| *text == written) == Some(true);
            // A failure leaves what is shown; storing says why.
            if let Ok(answer) = answer {
                self.now.try_set(answer);
                self.behind.try_set(!same);
            }
            if turns.ended() || !same {
                self.again(text, turns);
            }
        });
    }

    /// Whether something is wrong.
    pub(in crate::pages) fn wrong(self) -> bool {
        self.now.with(|now| !now.problems.is_empty())
    }

    /// The lines with something wrong.
    pub(in crate::pages) fn wrong_lines(self) -> Vec<u32> {
        self.now.with(|now| now.problems.iter().map(|problem| problem.line).collect())
    }

    /// What pressing the button does.
    fn store_words(self, newest: u32) -> String {
        self.now.with(|now| match now.newest {
            0 => "Store it".to_owned(),
            _ if newest == 0 => "Store it as a new version".to_owned(),
            known => format!("Store it as version {}", known + 1),
        })
    }
}

/// The graph of the text.
#[component]
pub(in crate::pages) fn Drawn(
    checked: Checked,
    text: RwSignal<String>,
    go: RwSignal<Option<crate::components::code_editor::Place>>,
) -> impl IntoView {
    let marks = memo(move |_| {
        checked.graph.with(|(graph, _)| graph.as_ref().map(|graph| checked.now.with(|now| marks(graph, &now.problems))).unwrap_or_default())
    });
    let jump = Callback::new(move |id: String| {
        if let Some(place) = text.with_untracked(|text| place_of_step(text, &id)) {
            go.set(Some(place));
        }
    });
    let graph = memo(move |_| checked.graph.with(|(graph, _)| graph.clone()));
    let drawn = move || match graph.get() {
        Some(graph) => {
            let label = format!("Graph of the workflow: {}", steps_words(graph.nodes.len()));
            view! { <Graph graph label marks pick=Pick::Press(jump)/> }.into_any()
        }
        None => view! { <Empty text="The graph appears once the text can be read."/> }.into_any(),
    };
    let note = move || {
        checked
            .graph
            .with(|(graph, newest)| (graph.is_some() && !newest).then_some("The graph is of the text before: this one makes none."))
    };
    view! {
        <Card title="Graph">
            {drawn}
            <p class="mt-2 text-12 text-muted" role="status">{note}</p>
        </Card>
    }
    .into_any()
}

/// `1 step`, `3 steps`.
pub(super) fn steps_words(count: usize) -> String {
    if count == 1 { "1 step".to_owned() } else { format!("{count} steps") }
}

/// What is wrong with the text.
#[component]
pub(in crate::pages) fn Found(checked: Checked, go: RwSignal<Option<crate::components::code_editor::Place>>) -> impl IntoView {
    let count = memo(move |_| checked.now.with(|now| now.problems.len()));
    let words = move || match (checked.behind.get(), count.get()) {
        (true, _) => "Checking…".to_owned(),
        (false, 0) => "Nothing is wrong with it.".to_owned(),
        (false, 1) => "1 problem keeps it from being stored.".to_owned(),
        (false, count) => format!("{count} problems keep it from being stored."),
    };
    let list = move || problems(checked.now.with(|now| now.problems.clone()), Some(go));
    view! {
        <Card title="Problems">
            <p class="text-13 text-soft" role="status" aria-live="polite" data-testid="check-status" data-problems=move || count.get().to_string()>
                {words}
            </p>
            {list}
        </Card>
    }
    .into_any()
}
