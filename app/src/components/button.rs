//! What buttons and links that look like buttons are like.

use leptos::prelude::*;

use super::icon::{Icon, Sign};

/// How much a button asks to be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// The one thing to do here.
    Primary,
    /// Something to do.
    #[default]
    Plain,
    /// Something that ends or deletes.
    Danger,
    /// Something small in a row of text.
    Quiet,
}

impl Kind {
    /// The classes of a button of this kind; links may use them too.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Primary => {
                "inline-flex min-h-8 items-center justify-center gap-1.5 rounded-control border border-transparent bg-accent px-3 py-1 text-13 font-medium text-accent-text hover:bg-accent-strong disabled:opacity-60"
            }
            Self::Plain => {
                "inline-flex min-h-8 items-center justify-center gap-1.5 rounded-control border border-line-strong bg-raised px-3 py-1 text-13 font-medium text-text hover:bg-sunken disabled:opacity-60"
            }
            Self::Danger => {
                "inline-flex min-h-8 items-center justify-center gap-1.5 rounded-control border border-danger bg-raised px-3 py-1 text-13 font-medium text-danger hover:bg-danger-tint disabled:opacity-60"
            }
            Self::Quiet => {
                "inline-flex min-h-7 items-center justify-center gap-1.5 rounded-control border border-transparent px-2 py-0.5 text-13 text-soft hover:bg-sunken hover:text-text disabled:opacity-60"
            }
        }
    }
}

/// A button of a form, or one with `on:click`.
#[component]
pub fn Button(
    /// How much it asks to be pressed.
    #[prop(optional)]
    kind: Kind,
    /// Whether it sends the form around it.
    #[prop(optional)]
    submits: bool,
    /// Whether what it does is under way, or cannot be done now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// What a test holds on to.
    #[prop(optional, into)]
    test_id: Option<&'static str>,
    /// A sign before the words.
    #[prop(optional, into)]
    sign: Option<Sign>,
    /// The words: a verb.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type=if submits { "submit" } else { "button" }
            class=kind.class()
            disabled=move || disabled.get()
            data-testid=test_id
        >
            {sign.map(|sign| view! { <Icon sign/> })}
            {children()}
        </button>
    }
    .into_any()
}
