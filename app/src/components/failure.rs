//! What a page says whose data could not be read: what, code, what to do, again.

use baton_domain::problem::{Code, Problem};
use leptos::prelude::*;
use leptos_meta::Title;

use super::banner::ProblemBanner;
use super::button::Kind;
use crate::navigation;
use crate::reactive::effect;

/// A page that could not be read.
#[component]
pub fn Failure(
    /// Why.
    problem: Problem,
) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::server_fns::serve::set_page_status(problem.status);
    let signed_out = problem.status == 401;
    effect(move || {
        if signed_out {
            navigation::to_sign_in();
        }
    });
    let title = if problem.is(Code::Forbidden) { "You may not see this" } else { "This page could not be read" };
    let request =
        problem.request_id.clone().map(|id| view! { <p class="text-12 text-muted">"Request "<code class="font-mono">{id}</code></p> });
    view! {
        <Title text=title/>
        <div class="mx-auto max-w-2xl space-y-4 p-6">
            <h1 class="text-20 font-semibold">{title}</h1>
            <ProblemBanner problem/>
            {request}
            <p class="flex gap-2">
                <a class=Kind::Primary.class() href="" rel="external">
                    "Try again"
                </a>
                <a class=Kind::Plain.class() href="/">
                    "Go to the overview"
                </a>
            </p>
        </div>
    }
    .into_any()
}
