//! How is a share of one drawn?

use leptos::prelude::*;

/// A bar that is full at 1. It repeats a number that stands beside it, so it is silent.
pub(super) fn bar(share: f64, tone: &'static str) -> AnyView {
    let width = format!("{:.1}", if share.is_finite() { share.clamp(0.0, 1.0) * 100.0 } else { 0.0 });
    view! {
        <svg aria-hidden="true" viewBox="0 0 100 6" preserveAspectRatio="none" class=format!("block h-1.5 w-full min-w-16 {tone}")>
            <rect width="100" height="6" fill="currentColor" fill-opacity="0.14"></rect>
            <rect width=width height="6" fill="currentColor"></rect>
        </svg>
    }
    .into_any()
}

/// A bar to the left or to the right of the middle, for -1 to 1.
pub(super) fn balance(value: f64, tone: &'static str) -> AnyView {
    let value = if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
    let start = format!("{:.1}", 100.0 + value.min(0.0) * 100.0);
    let width = format!("{:.1}", value.abs() * 100.0);
    view! {
        <svg aria-hidden="true" viewBox="0 0 200 8" preserveAspectRatio="none" class=format!("block h-2 w-full min-w-24 {tone}")>
            <rect width="200" height="8" fill="currentColor" fill-opacity="0.14"></rect>
            <rect x=start width=width height="8" fill="currentColor"></rect>
            <rect x="99.5" width="1" height="8" class="text-text" fill="currentColor"></rect>
        </svg>
    }
    .into_any()
}
