//! Where the browser enters the dashboard: takes over the page that the server drew.

#![recursion_limit = "256"]

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page. Called once by the script in the document's head.
#[wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        baton_app::crash::show();
    }));
    // Waits for the part that the page lies in.
    leptos::mount::hydrate_lazy(baton_app::App);
}
