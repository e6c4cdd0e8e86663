//! How a page's script leaves the page; none of it runs on the server.

use leptos::prelude::window;

/// Loads another page from the server.
pub fn load(path: &str) {
    // A browser refuses only while the tab is being closed.
    let _ = window().location().assign(path);
}

/// Loads this page anew.
pub fn reload() {
    let _ = window().location().reload();
}

/// Goes to the sign-in page, which comes back here afterwards.
pub fn to_sign_in() {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    if path == "/sign-in" || path == "/first-run" {
        return;
    }
    let here = format!("{path}{}", location.search().unwrap_or_default());
    load(&format!("/sign-in?next={}", js_sys::encode_uri_component(&here)));
}

/// Whether the browser has a network.
#[must_use]
pub fn online() -> bool {
    window().navigator().on_line()
}
