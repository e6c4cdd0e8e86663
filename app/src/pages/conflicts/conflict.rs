//! One conflict: what it was, what is stored and what was to be stored, place by place, and what is kept.

use baton_domain::id::ConflictId;
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Permission;
use baton_domain::wire::conflict::{ConflictChoice, ConflictDetail, ConflictRegion, ContentRef, RegionKind};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos::task::spawn_local;
use leptos_router::hooks::use_params_map;
use wasm_bindgen::JsCast as _;
use web_sys::{FormData, HtmlFormElement};

use super::lines::address;
use super::{choice_words, mark, places_words};
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::TextField;
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::pages::task::Fact;
use crate::reactive::{effect, memo};
use crate::server_fns::conflicts::{DismissOneConflict, get};
use crate::server_fns::settle::{ResolveForm, Upload, resolve_form};
use crate::server_fns::{ApiError, Called};
use crate::session::use_session;

/// The page of one conflict.
#[component]
pub(crate) fn Conflict() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = PageData::new(move || id.get(), read);
    loaded(data, |detail| view! { <Content detail/> })
}

async fn read(id: String) -> Called<ConflictDetail> {
    let Ok(id) = id.parse::<ConflictId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchConflict, "The address holds no conflict's id; look for it on the page Conflicts.")));
    };
    get(id).await
}

#[component]
fn Content(detail: ConflictDetail) -> impl IntoView {
    let first = detail.conflict.clone();
    let id = first.id;
    let subject = format!("conflict:{id}");
    let concerns = move |event: &LiveEvent| event.subject == subject;
    let fresh = Fresh::new(detail, |detail| detail.as_of, concerns, move || read(id.to_string()));
    let detail = fresh.value();
    let mark = memo(move |_| detail.with(|detail| mark(&detail.conflict)));
    let regions = memo(move |_| detail.with(|detail| (detail.regions.clone(), detail.conflict.places, detail.conflict.clean)));
    let came = move || {
        let conflict = detail.with(|detail| detail.conflict.clone());
        let kept = conflict.choice.map(|choice| {
            let version = conflict.version.map_or_else(|| ", no new version".to_owned(), |version| format!(", as version {version}"));
            view! { <Fact name="Kept">{choice_words(choice)} {version}</Fact> }
        });
        let settled = conflict.resolved_at.map(|at| {
            let by = conflict.resolved_by.map(|by| format!(" by {by}"));
            view! { <Fact name="Settled"><RelativeTime at/> {by}</Fact> }
        });
        let because = conflict.because.map(|because| view! { <Fact name="Why it does not matter">{because}</Fact> });
        let decision = conflict.decision.map(|decision| {
            view! {
                <Fact name="Voted on in">
                    <a class="text-accent hover:underline" href=format!("/decisions/{decision}")>
                        "the decision"
                    </a>
                </Fact>
            }
        });
        view! {
            {kept}
            {settled}
            {because}
            {decision}
        }
    };
    view! {
        <div class="space-y-4">
            <PageHead title=first.line.clone() facts=view! { <MarkPill mark test_id="conflict-state"/> }.into_any()/>
            <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
                <Fact name="Change by">
                    {first.by.clone()}
                    ", "
                    <RelativeTime at=first.opened_at/>
                </Fact>
                {came}
                <Fact name="Line">
                    <a class="text-accent hover:underline" href=address(Some(&first.line), None)>
                        "all its versions"
                    </a>
                </Fact>
                <Fact name="Id">
                    <code class="break-all font-mono text-12">{id.to_string()}</code>
                </Fact>
            </dl>
            <Sides detail/>
            <Card title="Where they disagree" test_id="regions">
                {move || {
                    let (regions, places, clean) = regions.get();
                    draw_regions(regions, places, clean)
                }}
            </Card>
            <Settle detail fresh/>
        </div>
    }
    .into_any()
}

/// The three contents.
#[component]
fn Sides(detail: RwSignal<ConflictDetail>) -> impl IntoView {
    let sides = memo(move |_| detail.with(|detail| (detail.base.clone(), detail.ours.clone(), detail.theirs.clone())));
    let side = |title: &'static str, content: Option<ContentRef>| {
        let body = match content {
            Some(content) => {
                let number = match content.number {
                    Some(number) => format!("Version {number}"),
                    None => "Not a version".to_owned(),
                };
                view! {
                    <p class="text-13">{number}</p>
                    <p class="text-12 text-muted">{content.media_type}</p>
                    <a class="text-13 text-accent hover:underline" href=format!("/api/v1/artifacts/{}/content", content.artifact) rel="external">
                        "Open it"
                        <span class="sr-only">{format!(": {title}")}</span>
                    </a>
                }
                .into_any()
            }
            None => view! { <p class="text-13 text-soft">"Nothing: both are new."</p> }.into_any(),
        };
        view! {
            <section class="min-w-0 rounded-card border border-line bg-raised p-4" data-testid="side">
                <h2 class="mb-1 text-14 font-semibold">{title}</h2>
                {body}
            </section>
        }
    };
    move || {
        let (base, ours, theirs) = sides.get();
        view! {
            <div class="grid grid-cols-1 gap-4 sm:grid-cols-3">
                {side("What it was", base)}
                {side("What is stored", Some(ours))}
                {side("What was to be stored", Some(theirs))}
            </div>
        }
    }
}

fn draw_regions(regions: Vec<ConflictRegion>, places: u64, clean: bool) -> AnyView {
    if clean {
        return view! { <p class="text-13 text-soft">"Nothing disagrees: both changes can be kept together."</p> }.into_any();
    }
    if regions.is_empty() {
        return view! { <p class="text-13 text-soft">"They can only be kept or left as a whole."</p> }.into_any();
    }
    let rest = places.saturating_sub(regions.len() as u64);
    let rows: Vec<_> = regions.into_iter().map(region).collect();
    view! {
        <ol class="space-y-3">{rows}</ol>
        {(rest > 0).then(|| view! { <p class="mt-2 text-12 text-muted">{format!("and {} more", places_words(rest))}</p> })}
    }
    .into_any()
}

fn region(region: ConflictRegion) -> AnyView {
    let how = match region.kind {
        RegionKind::Changed => "both changed it, and not alike",
        RegionKind::Removed => "one removed it, the other changed it",
        RegionKind::Added => "both added it, and not alike",
        RegionKind::Order => "both moved things, and not alike",
    };
    let side = |title: &'static str, text: Option<String>, tone: &'static str| {
        let text = match text {
            Some(text) => view! {
                <pre class="max-h-48 overflow-auto whitespace-pre-wrap break-words font-mono text-12" tabindex="0">{text}</pre>
            }
            .into_any(),
            None => view! { <p class="text-12 text-muted">"not there"</p> }.into_any(),
        };
        view! {
            <div class=format!("min-w-0 rounded-control border p-2 {tone}")>
                <p class="mb-1 text-12 font-medium text-soft">{title}</p>
                {text}
            </div>
        }
    };
    view! {
        <li class="min-w-0" data-testid="region" data-kind=region.kind.as_str()>
            <p class="mb-1 text-13">
                <code class="break-all font-mono text-12 font-medium">{region.place}</code>
                ": "
                {how}
            </p>
            <div class="grid grid-cols-1 gap-2 sm:grid-cols-3">
                {side("What it was", region.base, "border-line bg-sunken")}
                {side("What is stored", region.ours, "border-line bg-raised")}
                {side("What was to be stored", region.theirs, "border-accent bg-raised")}
            </div>
        </li>
    }
    .into_any()
}

/// What can be kept, and that it does not matter.
#[component]
fn Settle(detail: RwSignal<ConflictDetail>, fresh: Fresh<ConflictDetail>) -> impl IntoView {
    let dismiss = FormAction::<DismissOneConflict>::new();
    let problem = RwSignal::new(None::<Problem>);
    let sending = RwSignal::new(false);
    effect(move || {
        if dismiss.version().get() > 0 {
            fresh.read();
        }
    });
    let resolve = move |event: web_sys::SubmitEvent| {
        let form = event.current_target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let Some(form) = form.and_then(|form| FormData::new_with_form(&form).ok()) else { return };
        event.prevent_default();
        if sending.get_untracked() {
            return;
        }
        sending.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = resolve_form(Upload::from(form)).await;
            problem.try_set(answer.err().map(|error| error.0));
            sending.try_set(false);
            fresh.read();
        });
    };
    if !use_session().may(Permission::Work) {
        return ().into_any();
    }
    let offered = memo(move |_| detail.with(|detail| (detail.choices.clone(), detail.conflict.revision)));
    let id = detail.with_untracked(|detail| detail.conflict.id);
    let forms = move || {
        let (choices, revision) = offered.get();
        if choices.is_empty() {
            return None;
        }
        let edited = choices.contains(&ConflictChoice::Edited);
        let radios: Vec<_> = choices
            .into_iter()
            .map(|choice| {
                let field = format!("field-choice-{choice}");
                view! {
                    <div class="flex items-center gap-2">
                        <input id=field.clone() type="radio" name="choice" value=choice.as_str() required=true class="size-4"/>
                        <label class="text-14" for=field>
                            {choice_words(choice)}
                        </label>
                    </div>
                }
            })
            .collect();
        let file = edited.then(|| {
            view! {
                <div>
                    <label class=crate::components::field::LABEL for="field-edited">
                        "What you made of both, as a file"
                    </label>
                    <input id="field-edited" type="file" name="file[artifact]" class="w-full min-w-0 text-13" data-testid="edited-file"/>
                </div>
            }
        });
        Some(view! {
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-2">
                <Card title="What is kept" test_id="resolve">
                    <form class="space-y-3" method="post" action=ResolveForm::url() enctype="multipart/form-data" on:submit=resolve>
                        <LastProblem problem/>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <input type="hidden" name="seen" value=revision.to_string()/>
                        <fieldset class="space-y-2">
                            <legend class="mb-2 text-13 font-medium">"Choose what is kept"</legend>
                            {radios}
                        </fieldset>
                        {file}
                        <Button submits=true kind=Kind::Primary test_id="resolve-conflict" disabled=sending>
                            "Settle it"
                        </Button>
                    </form>
                </Card>
                <Card title="It does not matter" test_id="dismiss">
                    <div class="space-y-3">
                        <LastProblem problem=Signal::derive(move || refusal(dismiss))/>
                        <ActionForm action=dismiss>
                            <input type="hidden" name="id" value=id.to_string()/>
                            <input type="hidden" name="seen" value=revision.to_string()/>
                            <div class="space-y-3">
                                <TextField
                                    name="because"
                                    label="Why"
                                    required=true
                                    max_length="500"
                                    autocomplete="off"
                                    help="What is stored stays, and the change is left out."
                                />
                                <Button submits=true test_id="dismiss-conflict" disabled=dismiss.pending()>
                                    "Dismiss it"
                                </Button>
                            </div>
                        </ActionForm>
                    </div>
                </Card>
            </div>
        })
    };
    view! { {forms} }.into_any()
}
