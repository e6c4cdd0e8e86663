//! Whether what the page shows is live, said in the top bar.

use leptos::prelude::*;

use crate::live::{Connection, use_live};

/// The state of the connection.
#[component]
pub fn ConnectionDot() -> impl IntoView {
    let connection = use_live().connection();
    let words = {
        let connection = connection.clone();
        move || match connection.get() {
            Connection::Idle => "not live",
            Connection::Connecting => "connecting",
            Connection::Live => "live",
            Connection::Reconnecting => "reconnecting",
            Connection::Offline => "offline",
        }
    };
    let dot = move || match connection.get() {
        Connection::Idle | Connection::Connecting => "size-2 rounded-full bg-paused",
        Connection::Live => "size-2 rounded-full bg-completed",
        Connection::Reconnecting => "size-2 animate-pulse-slow rounded-full bg-waiting",
        Connection::Offline => "size-2 rounded-full bg-failed",
    };
    view! {
        <p class="flex items-center gap-1.5 whitespace-nowrap text-12 text-soft" role="status" data-testid="connection">
            <span class=dot aria-hidden="true"></span>
            <span>{words}</span>
        </p>
    }
    .into_any()
}
