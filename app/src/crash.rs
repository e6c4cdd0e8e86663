//! What a person sees when the page's program has stopped: a bar that offers to load the page anew.

/// The id of the bar, which every page carries hidden.
pub const BAR: &str = "crash";

/// Shows the bar. Called from the panic hook, when nothing else may be relied on.
pub fn show() {
    let bar = web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id(BAR));
    if let Some(bar) = bar {
        // Nothing more can be done if even this fails.
        let _ = bar.remove_attribute("hidden");
    }
}
