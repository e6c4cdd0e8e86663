//! What became of an action that a form has sent: why it was refused, and a form that is empty again after it was not.

use baton_domain::problem::Problem;
use leptos::html;
use leptos::prelude::*;

use crate::form_action::FormAction;
use crate::reactive::effect;

/// Why the last try was refused.
pub fn refusal<F>(action: FormAction<F>) -> Option<Problem> {
    action.refusal()
}

/// The node of a form that is emptied when the action was carried out; one that was refused keeps what was typed.
pub fn emptied_by<F: 'static>(action: FormAction<F>) -> NodeRef<html::Form> {
    let form = NodeRef::<html::Form>::new();
    effect(move || {
        let done = action.version().get() > 0 && action.is_done();
        if let Some(form) = form.get_untracked().filter(|_| done) {
            form.reset();
        }
    });
    form
}
