//! How light and dark are chosen: kept in a cookie, so that the server draws the next page right at once.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::components::button::Kind;
use crate::components::icon::{Icon, Sign};
use crate::session::{Theme, use_session};

/// Goes from one theme to the next: system, light, dark.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let theme = RwSignal::new(use_session().theme);
    let next = move |_| {
        let chosen = match theme.get_untracked() {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        };
        theme.set(chosen);
        keep(chosen);
    };
    let words = move || match theme.get() {
        Theme::System => "Theme: as the system",
        Theme::Light => "Theme: light",
        Theme::Dark => "Theme: dark",
    };
    let sign = Signal::derive(move || match theme.get() {
        Theme::System => Sign::Screen,
        Theme::Light => Sign::Sun,
        Theme::Dark => Sign::Moon,
    });
    view! {
        <button
            type="button"
            class=format!("{} needs-script", Kind::Quiet.class())
            on:click=next
            title=words
            data-testid="theme"
            data-theme-choice=move || theme.get().as_str()
        >
            <Icon sign/>
            <span class="sr-only">{words}</span>
        </button>
    }
    .into_any()
}

/// Shows the theme now, and tells the server for later pages.
fn keep(theme: Theme) {
    let document = document();
    if let Some(root) = document.document_element() {
        // The page keeps its look if this fails; the cookie counts from the next one on.
        let _ = root.set_attribute("data-theme", theme.as_str());
    }
    let cookie = format!("{}={}; Path=/; Max-Age=31536000; SameSite=Lax", Theme::COOKIE, theme.as_str());
    if let Some(document) = document.dyn_ref::<web_sys::HtmlDocument>() {
        let _ = document.set_cookie(&cookie);
    }
}
