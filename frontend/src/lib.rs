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
    baton_app::take_over();
}

/// Room in the program's data, which nothing uses and no file carries. What one part of the program needs moves into that part's file, and is
/// aligned there; if all of it together became longer than it was by a single byte, all of it would stay in the first file.
#[used]
static ROOM: [u8; 8192] = [1; 8192];
