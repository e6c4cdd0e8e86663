//! How is the language of a text shown?

use leptos::prelude::*;

use super::bar::bar;
use super::facts::{facts, heading};
use super::shape::Language;
use crate::components::chart::figures::as_percent;

pub(super) fn view(result: Language) -> AnyView {
    let title = named(&result.language, &result.name);
    let mut pairs = Vec::new();
    if !result.script.is_empty() {
        pairs.push(("Script", result.script));
    }
    if let Some(confidence) = result.confidence {
        pairs.push(("Confidence", as_percent(confidence)));
    }
    if let Some(reliable) = result.reliable {
        pairs.push(("Reliable", if reliable { "yes" } else { "no, the text is short or mixed" }.to_owned()));
    }
    let sure = result.confidence.map(|confidence| view! { <div class="max-w-md">{bar(confidence, "text-accent")}</div> });
    let others: Vec<_> = result
        .alternatives
        .iter()
        .map(|other| {
            view! {
                <li class="grid grid-cols-[10rem_1fr_4rem] items-center gap-3">
                    <span class="truncate">{named(&other.language, &other.name)}</span>
                    {bar(other.confidence, "text-queued")}
                    <span class="text-right font-mono text-12 tabular-nums">{as_percent(other.confidence)}</span>
                </li>
            }
        })
        .collect();
    let alternatives = (!others.is_empty()).then(|| {
        view! {
            <div class="grid max-w-xl gap-2">
                {heading("It could also be")}
                <ol class="grid list-none gap-1 p-0 text-13">{others}</ol>
            </div>
        }
    });
    view! {
        <div class="grid gap-3">
            <p class="text-20 font-semibold">{title}</p>
            {sure}
            {facts(pairs)}
        </div>
        {alternatives}
    }
    .into_any()
}

/// `English (en)`.
fn named(code: &str, name: &str) -> String {
    if name.is_empty() { code.to_owned() } else { format!("{name} ({code})") }
}
