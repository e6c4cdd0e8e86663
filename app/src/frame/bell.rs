//! How many notifications wait, in the top bar: a link to them, whose number changes as they come.

use leptos::prelude::*;

use crate::components::button::Kind;
use crate::components::icon::{Icon, Sign};
use crate::live::use_unread;
use crate::reactive::effect;

/// The most that the number shows.
const MOST: u32 = 99;

/// The link with the number of unread notifications.
#[component]
pub fn Bell() -> impl IntoView {
    let unread = use_unread();
    let said = unread.said();
    // The answer may come while the page still takes over what the server drew, and that was drawn without a number.
    let taken_over = RwSignal::new(false);
    effect(move || taken_over.set(true));
    let (named, shown) = (unread.clone(), unread);
    let number = move || match shown.count() {
        _ if !taken_over.get() => None,
        0 => None,
        count if count > MOST => Some(format!("{MOST}+")),
        count => Some(count.to_string()),
    };
    view! {
        <a href="/notifications" class=Kind::Quiet.class() title="Notifications" data-testid="bell">
            <Icon sign=Sign::Bell/>
            <span class="sr-only">{move || words(if taken_over.get() { named.count() } else { 0 })}</span>
            <span
                aria-hidden="true"
                data-testid="unread"
                class="rounded-full bg-accent px-1.5 text-12 font-medium tabular-nums text-accent-text empty:hidden"
            >
                {number}
            </span>
        </a>
        // Only growth is said aloud, and many at once as one: the link's own words change in silence.
        <span class="sr-only" aria-live="polite" data-testid="unread-said">
            {move || said.get().filter(|_| taken_over.get()).map(words)}
        </span>
    }
    .into_any()
}

fn words(count: u32) -> String {
    match count {
        0 => "Notifications".to_owned(),
        1 => "1 unread notification".to_owned(),
        count => format!("{count} unread notifications"),
    }
}
