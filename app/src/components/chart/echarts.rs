//! How does the page reach Apache ECharts?
//!
//! The library is one script of this server, fetched when the first chart needs it. The binding is our own because
//! charming's can neither dispose a chart nor change its theme.

use std::cell::RefCell;

use js_sys::{JSON, Reflect};
use leptos::prelude::{document, window};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, HtmlScriptElement};

use super::theme::{self, Theme};

const SCRIPT: &str = "/vendor/echarts.min.js";

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type Instance;
    #[wasm_bindgen(js_namespace = echarts, js_name = init, catch)]
    fn init(element: &HtmlElement, theme: &str) -> Result<Instance, JsValue>;
    #[wasm_bindgen(js_namespace = echarts, js_name = registerTheme, catch)]
    fn register_theme(name: &str, definition: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, js_name = setOption, catch)]
    fn set_option(this: &Instance, option: &JsValue, how: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, js_name = setTheme, catch)]
    fn set_theme(this: &Instance, name: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn resize(this: &Instance) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn dispose(this: &Instance) -> Result<(), JsValue>;
}

type Waiting = Box<dyn FnOnce(bool)>;

enum Library {
    Absent,
    Loading(Vec<Waiting>),
    Loaded,
}

thread_local! {
    static LIBRARY: RefCell<Library> = const { RefCell::new(Library::Absent) };
}

/// Calls `then` once the library is there, at once if it is; with `false` if it cannot be had. A later call tries again.
pub(super) fn when_loaded(then: impl FnOnce(bool) + 'static) {
    let (now, fetch) = LIBRARY.with_borrow_mut(|library| match library {
        Library::Loaded => (Some(then), false),
        Library::Loading(waiting) => {
            waiting.push(Box::new(then));
            (None, false)
        }
        Library::Absent => {
            *library = Library::Loading(vec![Box::new(then)]);
            (None, true)
        }
    });
    if let Some(then) = now {
        then(true);
    }
    if fetch && insert_script().is_none() {
        settle(false);
    }
}

fn settle(loaded: bool) {
    let loaded = loaded && register_themes().is_ok();
    let next = if loaded { Library::Loaded } else { Library::Absent };
    let waiting = LIBRARY.with_borrow_mut(|library| std::mem::replace(library, next));
    // Outside the borrow: who waits may ask again.
    if let Library::Loading(waiting) = waiting {
        waiting.into_iter().for_each(|then| then(loaded));
    }
}

fn insert_script() -> Option<()> {
    let document = document();
    let script: HtmlScriptElement = document.create_element("script").ok()?.dyn_into().ok()?;
    // The attribute is hidden from scripts; the property of a script that was let in still has the nonce.
    let nonce = document.query_selector("script[nonce]").ok().flatten().and_then(|known| known.dyn_into::<HtmlElement>().ok());
    if let Some(nonce) = nonce.map(|known| known.nonce()).filter(|nonce| !nonce.is_empty()) {
        script.set_nonce(&nonce);
    }
    let on_load = Closure::once_into_js(|| settle(Reflect::has(&window(), &JsValue::from_str("echarts")).unwrap_or(false)));
    let on_error = Closure::once_into_js(|| settle(false));
    script.set_onload(Some(on_load.unchecked_ref()));
    script.set_onerror(Some(on_error.unchecked_ref()));
    script.set_async(true);
    script.set_src(SCRIPT);
    document.head()?.append_child(&script).ok()?;
    Some(())
}

fn register_themes() -> Result<(), JsValue> {
    [Theme::Light, Theme::Dark].into_iter().try_for_each(|theme| register_theme(theme.name(), &to_js(&theme::definition(theme))?))
}

fn to_js(value: &Value) -> Result<JsValue, JsValue> {
    JSON::parse(&value.to_string())
}

/// A chart on the page. Dropping it takes it off.
pub(super) struct Drawing {
    instance: Instance,
    theme: Theme,
}

impl Drawing {
    /// An empty chart in `element`, which must have a size.
    pub(super) fn start(element: &HtmlElement, theme: Theme) -> Option<Self> {
        init(element, theme.name()).ok().map(|instance| Self { instance, theme })
    }

    /// Shows `options` in the colours of `theme`; says whether that worked.
    pub(super) fn show(&mut self, options: &Value, theme: Theme, still: bool) -> bool {
        if theme != self.theme && self.instance.set_theme(theme.name()).is_ok() {
            self.theme = theme;
        }
        // Series are told apart by their ids, so that those that stay move and those that are gone go.
        let how = json!({"replaceMerge": ["series"], "lazyUpdate": true});
        let shown = to_js(&theme::resolve(options, theme, still))
            .and_then(|options| to_js(&how).and_then(|how| self.instance.set_option(&options, &how)));
        shown.is_ok()
    }

    /// Fits the chart to its element.
    pub(super) fn fit(&self) {
        // Nothing depends on it: the next change of size tries again.
        let _ = self.instance.resize();
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        // The page forgets the element anyway.
        let _ = self.instance.dispose();
    }
}
