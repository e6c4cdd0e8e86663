//! Has the program taken over the page that the server drew? Until then nothing may become another than it was drawn.
//!
//! Where a text is taken over, the program holds it for what the server wrote and does not look. What became another before,
//! while the part that the page lies in was still on its way, would stay as it was drawn.

use leptos::prelude::*;

use crate::reactive::effect;

/// Tells when the page is taken over; found in the context of a browser's page.
#[derive(Clone)]
struct TakenOver(ArcRwSignal<bool>);

/// Takes the page over, and says so once all of it is. Called once.
#[cfg(feature = "hydrate")]
pub fn take_over() {
    let taken_over = ArcRwSignal::new(false);
    let told = TakenOver(taken_over.clone());
    // Leptos' own way to spawn has to be set up first, which taking over does.
    wasm_bindgen_futures::spawn_local(async move {
        let app = move || {
            provide_context(told);
            crate::App()
        };
        // Waits for the part that the page lies in.
        hydrate_from_async(leptos::tachys::dom::body(), app).await.forget();
        taken_over.set(true);
    });
}

/// Does something once the page is taken over, which on the server it never is.
pub(crate) fn once_taken_over(done: impl Fn() + 'static) {
    if let Some(TakenOver(taken_over)) = use_context() {
        effect(move || {
            if taken_over.get() {
                done();
            }
        });
    }
}
