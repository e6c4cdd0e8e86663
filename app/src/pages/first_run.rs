//! How the first administrator of a new installation is made.

use leptos::prelude::*;
use leptos_meta::Title;

use super::sign_in::Quiet;
use crate::components::banner::{LastProblem, ProblemBanner};
use crate::components::button::{Button, Kind};
use crate::components::field::TextField;
use crate::components::loaded::loaded;
use crate::form_action::{ActionForm, FormAction};
use crate::navigation;
use crate::page_data::PageData;
use crate::reactive::effect;
use crate::server_fns::auth::{FirstRun as Create, first_run_status};
use crate::session::use_session;

/// The first-run page; once there is an administrator it leads to the sign-in page.
#[component]
pub(crate) fn FirstRun() -> impl IntoView {
    let status = PageData::new(|| (), |()| first_run_status());
    let content = loaded(status, |status| {
        if status.needed {
            view! { <Form/> }.into_any()
        } else {
            #[cfg(feature = "ssr")]
            crate::server_fns::serve::redirect_page("/sign-in");
            view! { <a href="/sign-in" rel="external">"Sign in"</a> }.into_any()
        }
    });
    view! {
        <Title text="First run"/>
        <Quiet>
            {content}
        </Quiet>
    }
    .into_any()
}

#[component]
fn Form() -> impl IntoView {
    let create = FormAction::<Create>::new();
    let left = use_session().flash.problem;
    effect(move || {
        if let Some(Ok(_)) = create.get() {
            navigation::load("/");
        }
    });
    let problem = Signal::derive(move || create.get().and_then(Result::err).map(|error| error.0));
    let left = move || (create.version().get() == 0).then(|| left.clone().map(|problem| view! { <ProblemBanner problem/> }));
    let done = Signal::derive(move || create.pending().get() || matches!(create.get(), Some(Ok(_))));
    view! {
        <div class="space-y-2">
            <h1 class="text-28 font-semibold">"Make the first administrator"</h1>
            <p class="text-14 text-soft">
                "The server printed a one-time code when it started. It shows that you may set this installation up."
            </p>
        </div>
        {left}
        <LastProblem problem/>
        <ActionForm action=create>
            <div class="space-y-4">
                <TextField name="code" label="One-time code" required=true autocomplete="one-time-code" autofocus=true max_length="64"/>
                <TextField name="email" label="Email" kind="email" required=true autocomplete="username" max_length="254"/>
                <TextField
                    name="password"
                    label="Password"
                    kind="password"
                    required=true
                    autocomplete="new-password"
                    min_length="8"
                    max_length="128"
                    help="8 to 128 characters, none of the best-known ones."
                />
                <div class="grid">
                    <Button submits=true kind=Kind::Primary test_id="first-run" disabled=done>
                        "Make it and sign in"
                    </Button>
                </div>
            </div>
        </ActionForm>
    }
    .into_any()
}
