//! What does a table within a result look like?

use leptos::prelude::*;

/// The most rows of one table on the page.
pub(super) const MAXIMUM_ROWS: usize = 200;

/// A column's title and whether it holds numbers.
#[derive(Clone, Copy)]
pub(super) enum Head {
    /// Text, on the left.
    Text(&'static str),
    /// Numbers, on the right.
    Number(&'static str),
}

/// A table that scrolls sideways by itself where the page is narrow. `all` is how many rows there are; `rows` may be fewer.
pub(super) fn table(label: &'static str, heads: &[Head], rows: Vec<AnyView>, all: usize) -> AnyView {
    let shown = rows.len();
    let heads: Vec<_> = heads
        .iter()
        .map(|head| {
            let (text, class) = match *head {
                Head::Text(text) => (text, "px-3 py-2 text-left font-medium whitespace-nowrap"),
                Head::Number(text) => (text, "px-3 py-2 text-right font-medium whitespace-nowrap"),
            };
            view! { <th scope="col" class=class>{text}</th> }
        })
        .collect();
    let rest = (all > shown)
        .then(|| view! { <p class="border-t border-line px-3 py-2 text-12 text-muted">{format!("The first {shown} of {all}.")}</p> });
    view! {
        <div class="min-w-0 overflow-x-auto rounded-card border border-line" role="region" aria-label=label tabindex="0">
            <table class="w-full border-collapse text-13">
                <caption class="sr-only">{label}</caption>
                <thead class="bg-sunken text-12 text-soft">
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {rest}
        </div>
    }
    .into_any()
}

/// The class of a row.
pub(super) const ROW: &str = "border-t border-line align-top";
/// The class of a cell of text.
pub(super) const TEXT: &str = "px-3 py-1.5";
/// The class of a cell of numbers.
pub(super) const NUMBER: &str = "px-3 py-1.5 text-right font-mono text-12 tabular-nums whitespace-nowrap";
