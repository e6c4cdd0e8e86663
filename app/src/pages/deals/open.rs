//! How does a person open a bargaining? By a form: what is shared, who bargains, and what happens if they do not agree.

use baton_domain::user::Permission;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL, SelectField, TextField};
use crate::components::page_head::PageHead;
use crate::form_action::{ActionForm, FormAction};
use crate::reactive::{effect, memo};
use crate::server_fns::deal::OpenBargainForm;
use crate::session::use_session;

/// How many rows for parties there are at first, and how many more each time.
const ROWS: usize = 4;
/// The most that there can be: as many as may bargain.
const MOST_ROWS: usize = 100;

/// The page on which a bargaining is opened.
#[component]
pub(crate) fn NewBargain() -> impl IntoView {
    let query = use_query_map();
    // From the address, so that it works without scripts.
    let count = memo(move |_| {
        let asked = query.with(|query| query.get("parties").and_then(|count| count.parse::<usize>().ok()));
        asked.unwrap_or(ROWS).clamp(2, MOST_ROWS)
    });
    let open = FormAction::<OpenBargainForm>::new();
    let navigate = use_navigate();
    effect(move || {
        if let Some(Ok(opened)) = open.get() {
            navigate(&format!("/bargains/{}", opened.id), Default::default());
        }
    });
    let may = use_session().may(Permission::Work);
    let mediations = [
        ("nash", "The split with the largest product of gains"),
        ("max_min", "The split with the largest least gain"),
        ("none", "Nobody gets anything by it"),
    ];
    let mediations = mediations.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let parties = move || (1..=count.get()).map(party).collect::<Vec<_>>();
    let more = move || {
        let next = (count.get() + ROWS).min(MOST_ROWS);
        (next > count.get()).then(|| {
            view! {
                <a class=Kind::Quiet.class() href=format!("/bargains/new?parties={next}") data-testid="more-parties">
                    "Room for more parties"
                </a>
            }
        })
    };
    view! {
        <PageHead title="Open a bargaining"/>
        <ActionForm action=open>
            <div class="space-y-4">
                <LastProblem problem=Signal::derive(move || refusal(open))/>
                <Card title="What is shared">
                    <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                        <TextField name="title" label="What it is" required=true max_length="200" placeholder="GPU hours of this week"/>
                        <TextField name="pot" label="How many units there are" kind="number" required=true/>
                        <TextField name="rounds" label="How many offers are made at most" kind="number" value="10" required=true/>
                        <TextField name="turn_minutes" label="Minutes for an offer, or the answers to it" kind="number" value="60"/>
                        <SelectField name="mediation" label="If they do not agree" options=mediations value="nash"/>
                        <TextField
                            name="stubbornness"
                            label="How slowly Baton gives in for whom it speaks"
                            kind="number"
                            value="2"
                            help="1 in equal steps, up to 6, the slowest at first."
                        />
                    </div>
                </Card>
                <Card title="Who bargains" aside=more.into_any()>
                    <div class="space-y-4">
                        <p class="text-13 text-muted">
                            "Rows without a name are left out. Worth is written as 10 at 5, 20 at 2: the first ten units are worth 5 each, twenty more 2."
                        </p>
                        {parties}
                    </div>
                </Card>
                <div class="flex flex-wrap items-center gap-2">
                    <Button
                        submits=true
                        kind=Kind::Primary
                        test_id="open-bargain"
                        disabled=Signal::derive(move || !may || open.pending().get())
                    >
                        "Open it"
                    </Button>
                    {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include opening a bargaining."</p> })}
                </div>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// The fields of one party. What begins with a digit would be read as a place in a list.
fn party(number: usize) -> AnyView {
    let field = |name: &'static str, label: &'static str, placeholder: &'static str| {
        let id = format!("field-party-{number}-{name}");
        view! {
            <div class="min-w-0">
                <label class=LABEL for=id.clone()>
                    {label}
                </label>
                <input
                    id=id
                    class=CONTROL
                    type="text"
                    name=format!("party[p{number}][{name}]")
                    placeholder=placeholder
                    autocomplete="off"
                    data-testid=format!("party-{name}")
                />
            </div>
        }
    };
    let voice = format!("field-party-{number}-voice");
    let list = format!("voices-{number}");
    view! {
        <fieldset class="grid grid-cols-1 gap-3 sm:grid-cols-2 rail:grid-cols-4" data-testid="party">
            <legend class="mb-1 text-12 text-muted">{format!("Party {number}")}</legend>
            {field("name", "Name", "Analytics")}
            {field("pieces", "What units are worth to it", "10 at 5, 20 at 2")}
            {field("least", "What it has without an agreement", "0")}
            <div class="min-w-0">
                <label class=LABEL for=voice.clone()>
                    "Who speaks for it"
                </label>
                <input
                    id=voice
                    class=CONTROL
                    type="text"
                    name=format!("party[p{number}][voice]")
                    value="automatic"
                    list=list.clone()
                    autocomplete="off"
                    data-testid="party-voice"
                />
                <datalist id=list>
                    <option value="automatic">"Baton, by what units are worth to it"</option>
                    <option value="me">"I do"</option>
                </datalist>
                <p class="mt-1 text-12 text-muted">"automatic, me, or somebody as user:… or key:…"</p>
            </div>
        </fieldset>
    }
    .into_any()
}
