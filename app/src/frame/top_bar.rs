//! What is always in sight: the connection, the theme, who is signed in.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;

use super::bell::Bell;
use super::connection::ConnectionDot;
use super::theme_switch::ThemeSwitch;
use crate::components::button::Kind;
use crate::components::icon::{Icon, Sign};
use crate::server_fns::auth::Logout;
use crate::session::use_session;

/// The top bar.
#[component]
pub fn TopBar() -> impl IntoView {
    let session = use_session();
    let role = session.role().map_or("", |role| role.as_str());
    view! {
        <header class="sticky top-0 z-30 flex h-12 items-center justify-between gap-3 border-b border-line bg-background px-4 max-phone:static">
            <p class="min-w-0 truncate text-13 text-muted">"Project " <span class="font-medium text-text">"default"</span></p>
            <div class="flex items-center gap-2">
                <ConnectionDot/>
                <Bell/>
                <ThemeSwitch/>
                <span class="flex min-w-0 items-center gap-1.5 text-13" data-testid="person" title=format!("{} ({role})", session.label())>
                    <Icon sign=Sign::Person/>
                    <span class="max-w-48 truncate max-phone:sr-only">{session.label()}</span>
                </span>
                // A whole page is loaded afterwards, so that nothing of the session stays in this one.
                <form method="post" action=Logout::url()>
                    <button type="submit" class=Kind::Quiet.class() data-testid="sign-out">
                        "Sign out"
                    </button>
                </form>
            </div>
        </header>
    }
    .into_any()
}
