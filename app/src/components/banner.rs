//! What a refused action looks like beside the form that asked for it.

use baton_domain::problem::Problem;
use leptos::prelude::*;

use super::icon::{Icon, Sign};

/// A problem: what happened, its code, what to do.
#[component]
pub fn ProblemBanner(
    /// The problem.
    problem: Problem,
) -> impl IntoView {
    let fields: Vec<_> = problem
        .errors
        .iter()
        .map(|error| view! { <li><code class="font-mono">{error.field.clone()}</code>": "{error.message.clone()}</li> })
        .collect();
    let wait = problem.retry_after.map(|seconds| format!(" Try again in {seconds} s."));
    view! {
        <div
            class="flex gap-2 rounded-control border border-danger bg-danger-tint p-3 text-13 text-text"
            role="alert"
            data-testid="error"
            data-code=problem.code.clone()
        >
            <span class="mt-0.5 text-danger">
                <Icon sign=Sign::Alert/>
            </span>
            <div class="min-w-0 break-words">
                <p class="font-medium">
                    {problem.title.clone()} " " <code class="font-mono text-12 text-soft">{problem.code.clone()}</code>
                </p>
                <p>{problem.detail.clone()} {wait}</p>
                {(!fields.is_empty()).then(|| view! { <ul class="mt-1 list-disc pl-4">{fields}</ul> })}
            </div>
        </div>
    }
    .into_any()
}

/// The problem of the last try, if it was refused.
#[component]
pub fn LastProblem(
    /// The problem, while there is one.
    #[prop(into)]
    problem: Signal<Option<Problem>>,
) -> impl IntoView {
    move || problem.get().map(|problem| view! { <ProblemBanner problem/> })
}
