//! How a person signs in.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::components::banner::{LastProblem, ProblemBanner};
use crate::components::button::{Button, Kind};
use crate::components::field::TextField;
use crate::components::loaded::loaded;
use crate::form_action::{ActionForm, FormAction};
use crate::navigation;
use crate::page_data::PageData;
use crate::reactive::effect;
use crate::server_fns::auth::{Login, first_run_status};
use crate::session::use_session;

/// The sign-in page. A fresh installation is sent on to make its first administrator.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let status = PageData::new(|| (), |()| first_run_status());
    let content = loaded(status, |status| {
        if status.needed {
            #[cfg(feature = "ssr")]
            crate::server_fns::serve::redirect_page("/first-run");
            view! { <a href="/first-run" rel="external">"Make the first administrator"</a> }.into_any()
        } else {
            view! { <Form/> }.into_any()
        }
    });
    view! {
        <Title text="Sign in"/>
        <Quiet>
            {content}
        </Quiet>
    }
    .into_any()
}

/// A page with one form in its middle.
#[component]
pub(super) fn Quiet(children: Children) -> impl IntoView {
    view! {
        <main class="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center gap-6 p-6">
            <p class="flex items-center gap-2 text-20 font-semibold">
                <img src="/favicon.svg" alt="" class="size-7"/>
                "Baton"
            </p>
            {children()}
        </main>
    }
    .into_any()
}

#[component]
fn Form() -> impl IntoView {
    let login = FormAction::<Login>::new();
    let query = use_query_map();
    let next = query.with_untracked(|query| query.get("next").unwrap_or_default());
    let left = use_session().flash.problem;
    let go_on = next.clone();
    effect(move || {
        if let Some(Ok(_)) = login.get() {
            navigation::load(if go_on.starts_with('/') && !go_on.starts_with("//") { &go_on } else { "/" });
        }
    });
    let problem = Signal::derive(move || login.get().and_then(Result::err).map(|error| error.0));
    // What the page before left is old news once the form is sent again.
    let left = move || (login.version().get() == 0).then(|| left.clone().map(|problem| view! { <ProblemBanner problem/> }));
    let done = Signal::derive(move || login.pending().get() || matches!(login.get(), Some(Ok(_))));
    view! {
        <h1 class="text-28 font-semibold">"Sign in"</h1>
        {left}
        <LastProblem problem/>
        <ActionForm action=login>
            <div class="space-y-4">
                <input type="hidden" name="next" value=next/>
                <TextField name="email" label="Email" kind="email" required=true autocomplete="username" autofocus=true max_length="254"/>
                <TextField name="password" label="Password" kind="password" required=true autocomplete="current-password" max_length="128"/>
                <div class="grid">
                    <Button submits=true kind=Kind::Primary test_id="sign-in" disabled=done>
                        "Sign in"
                    </Button>
                </div>
            </div>
        </ActionForm>
    }
    .into_any()
}
