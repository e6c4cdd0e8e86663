//! How a person stores a version: of a line over the one that they saw, or the first of a new one.

use baton_domain::problem::Problem;
use baton_domain::user::Permission;
use baton_domain::wire::conflict::{LinePolicy, PutOutcome};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast as _;
use web_sys::{FormData, HtmlFormElement};

use super::lines::address;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{LABEL, SelectField, TextField};
use crate::server_fns::store::{PutForm, Upload, put_form};
use crate::session::use_session;

/// What happens to a change that others were faster than, in words.
const POLICIES: [(LinePolicy, &str); 4] = [
    (LinePolicy::Merge, "Merge both, or ask a person where they disagree"),
    (LinePolicy::Escalate, "Ask a person"),
    (LinePolicy::Vote, "Put it to the vote"),
    (LinePolicy::Refuse, "Store nothing"),
];

/// The form. `line` is a line and its newest version as they were when the page opened: what comes meanwhile was not seen, so the change does not stand
/// on it.
pub(super) fn storing(line: Option<(String, u64)>) -> AnyView {
    if !use_session().may(Permission::Work) {
        return ().into_any();
    }
    let of_line = line.is_some();
    let seen = RwSignal::new(line.as_ref().map(|(_, newest)| *newest));
    let name = line.map(|(name, _)| name);
    let problem = RwSignal::new(None::<Problem>);
    let outcome = RwSignal::new(None::<(String, PutOutcome)>);
    let sending = RwSignal::new(false);
    let store = move |event: web_sys::SubmitEvent| {
        let Some(element) = event.current_target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        let Ok(form) = FormData::new_with_form(&element) else { return };
        event.prevent_default();
        if sending.get_untracked() {
            return;
        }
        sending.set(true);
        problem.set(None);
        outcome.set(None);
        let name = form.get("name").as_string().unwrap_or_default();
        spawn_local(async move {
            match put_form(Upload::from(form)).await {
                Ok(put) => {
                    // Whoever stores another one stands on this.
                    if let PutOutcome::Stored { version } | PutOutcome::Merged { version } = &put {
                        seen.try_set(of_line.then_some(version.number));
                        element.reset();
                    }
                    outcome.try_set(Some((name, put)));
                }
                Err(error) => drop(problem.try_set(Some(error.0))),
            }
            sending.try_set(false);
        });
    };
    let fields = move || {
        let name = match &name {
            Some(name) => view! { <input type="hidden" name="name" value=name.clone()/> }.into_any(),
            None => view! {
                <TextField
                    form="store-"
                    name="name"
                    label="Name"
                    required=true
                    max_length="200"
                    autocomplete="off"
                    placeholder="reports/2026.csv"
                />
            }
            .into_any(),
        };
        let base = seen.get().map(|base| {
            view! {
                <TextField
                    form="store-"
                    name="base"
                    label="The version that it stands on"
                    kind="number"
                    value=base.to_string()
                    required=true
                />
            }
        });
        view! {
            {name}
            {base}
            <div class="min-w-0">
                <label class=LABEL for="field-store-content">
                    "Its content, as a file"
                </label>
                <input
                    id="field-store-content"
                    type="file"
                    name="file[artifact]"
                    required=true
                    class="w-full min-w-0 text-13"
                    data-testid="version-file"
                />
            </div>
        }
    };
    let policies = POLICIES.map(|(policy, words)| (policy.as_str().to_owned(), words.to_owned())).to_vec();
    let policy = of_line.then(|| view! { <SelectField form="store-" name="policy" label="If others were faster" options=policies/> });
    let said = move || {
        outcome.with(|outcome| {
            let (name, put) = outcome.as_ref()?;
            let (words, href) = match put {
                PutOutcome::Stored { version } => (format!("Stored as version {}.", version.number), address(Some(name), None)),
                PutOutcome::Merged { version } => {
                    (format!("Others were faster: what both made is version {}.", version.number), address(Some(name), None))
                }
                PutOutcome::Conflict { conflict } => {
                    ("Others were faster, and the changes disagree.".to_owned(), format!("/conflicts/{}", conflict.id))
                }
            };
            Some(view! {
                <a class="text-accent underline" href=href>
                    {words}
                </a>
            })
        })
    };
    let title = if of_line { "Store a version" } else { "Share something under a new name" };
    view! {
        <Card title test_id="store-version">
            <form class="space-y-3" method="post" action=PutForm::url() enctype="multipart/form-data" on:submit=store>
                <LastProblem problem/>
                <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                    {fields} {policy}
                    <TextField
                        form="store-"
                        name="fence"
                        label="Number of your claim on it"
                        kind="number"
                        help="When given, it is stored only while the claim is held."
                    />
                </div>
                <div class="flex flex-wrap items-center gap-3">
                    <Button submits=true kind=Kind::Primary test_id="put-version" disabled=sending>
                        "Store it"
                    </Button>
                    <span role="status" class="text-13" data-testid="stored">
                        {said}
                    </span>
                </div>
            </form>
        </Card>
    }
    .into_any()
}
