//! What became of an action that a form has sent: why it was refused, and a form that is empty again after it was not.

use baton_domain::problem::Problem;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::server_fns::ApiError;

/// Why the last try was refused.
pub fn refusal<F>(action: ServerAction<F>) -> Option<Problem>
where
    F: ServerFn<Error = ApiError> + Clone + Send + Sync + 'static,
    F::Output: Clone + Send + Sync + 'static,
{
    action.value().with(|answer| match answer {
        Some(Err(error)) => Some(error.0.clone()),
        _ => None,
    })
}

/// The node of a form that is emptied when the action was carried out; one that was refused keeps what was typed.
pub fn emptied_by<F>(action: ServerAction<F>) -> NodeRef<html::Form>
where
    F: ServerFn<Error = ApiError> + Clone + Send + Sync + 'static,
    F::Output: Clone + Send + Sync + 'static,
{
    let form = NodeRef::<html::Form>::new();
    Effect::new(move || {
        let done = action.value().with(|answer| matches!(answer, Some(Ok(_))));
        if let Some(form) = form.get_untracked().filter(|_| done) {
            form.reset();
        }
    });
    form
}
