//! What does a chart have to watch on the page: its own size, the theme, whether motion is wanted?

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, MediaQueryList, MutationObserver, MutationObserverInit, ResizeObserver};

use super::theme::Theme;

const DARK: &str = "(prefers-color-scheme: dark)";
const STILL: &str = "(prefers-reduced-motion: reduce)";

/// Whether the reader asked for no motion.
pub(super) fn motion_unwanted() -> bool {
    media(STILL).is_some_and(|query| query.matches())
}

/// The theme that the page has now: what `data-theme` says, else what the reader's system prefers.
pub(super) fn theme_now() -> Theme {
    match root().and_then(|root| root.get_attribute("data-theme")).as_deref() {
        Some("dark") => Theme::Dark,
        Some("light") => Theme::Light,
        _ if media(DARK).is_some_and(|query| query.matches()) => Theme::Dark,
        _ => Theme::Light,
    }
}

fn root() -> Option<Element> {
    document().document_element()
}

fn media(query: &str) -> Option<MediaQueryList> {
    window().match_media(query).ok().flatten()
}

/// Calls back when the theme may have changed, until it is dropped.
pub(super) struct ThemeWatch {
    observer: Option<MutationObserver>,
    preference: Option<MediaQueryList>,
    on_change: Closure<dyn FnMut()>,
}

impl ThemeWatch {
    pub(super) fn start(changed: impl FnMut() + 'static) -> Self {
        let on_change = Closure::<dyn FnMut()>::new(changed);
        let callback = on_change.as_ref().unchecked_ref();
        let observer = MutationObserver::new(callback).ok();
        if let (Some(observer), Some(root)) = (&observer, root()) {
            let what = MutationObserverInit::new();
            what.set_attributes(true);
            what.set_attribute_filter(&js_sys::Array::of1(&JsValue::from_str("data-theme")));
            // A chart that misses the change keeps its colours; nothing else hangs on it.
            let _ = observer.observe_with_options(&root, &what);
        }
        let preference = media(DARK);
        if let Some(preference) = &preference {
            let _ = preference.add_event_listener_with_callback("change", callback);
        }
        Self { observer, preference, on_change }
    }
}

impl Drop for ThemeWatch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
        if let Some(preference) = &self.preference {
            let _ = preference.remove_event_listener_with_callback("change", self.on_change.as_ref().unchecked_ref());
        }
    }
}

/// Calls back with the width of an element when it changes, first with the one it has, until it is dropped.
pub(super) struct WidthWatch {
    observer: Option<ResizeObserver>,
    _on_resize: Closure<dyn FnMut()>,
}

impl WidthWatch {
    pub(super) fn start(element: &HtmlElement, mut changed: impl FnMut(i32) + 'static) -> Self {
        let watched = element.clone();
        let on_resize = Closure::<dyn FnMut()>::new(move || changed(watched.client_width()));
        let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(element);
        }
        Self { observer, _on_resize: on_resize }
    }
}

impl Drop for WidthWatch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}
