//! How is the summary of a text shown?

use leptos::prelude::*;

use super::facts::{facts, remark};
use super::shape::Summary;
use super::table::MAXIMUM_ROWS;
use crate::components::chart::figures::figure;
use crate::format::count;

pub(super) fn view(mut result: Summary) -> AnyView {
    if result.sentences.is_empty() {
        return if result.text.is_empty() { remark("No sentence was chosen.") } else { written(result) };
    }
    result.sentences.sort_by_key(|sentence| sentence.index);
    let chosen = result.sentences.len();
    let mut pairs =
        vec![("Sentences", result.total_sentences.map_or_else(|| count(chosen as u64), |total| format!("{chosen} of {}", count(total))))];
    if !result.language.is_empty() {
        pairs.push(("Language", result.language));
    }
    let sentences: Vec<_> = result
        .sentences
        .iter()
        .take(MAXIMUM_ROWS)
        .map(|sentence| {
            // People count from one.
            let place = format!("Sentence {}", count(sentence.index.saturating_add(1)));
            view! {
                <li class="grid grid-cols-[7rem_1fr] gap-3 border-l-2 border-accent py-0.5 pl-3">
                    <span class="text-12 leading-6 text-muted">
                        <span class="block">{place}</span>
                        <span class="block font-mono tabular-nums">{format!("score {}", figure(sentence.score))}</span>
                    </span>
                    <span class="leading-6">{sentence.text.clone()}</span>
                </li>
            }
        })
        .collect();
    view! {
        {facts(pairs)}
        <ol class="grid max-w-4xl list-none gap-3 p-0" aria-label="The sentences that were chosen, in the order of the text">
            {sentences}
        </ol>
    }
    .into_any()
}

/// A summary in words that are not the text's own: whose they are stands before them.
fn written(result: Summary) -> AnyView {
    let mut pairs = vec![("Written by", result.models.join(", "))];
    if let Some(total) = result.total_sentences {
        pairs.push(("Sentences of the text", count(total)));
    }
    pairs.push(("Language", result.language));
    pairs.retain(|(_, value)| !value.is_empty());
    view! {
        {facts(pairs)}
        <p class="max-w-[75ch] text-14 whitespace-pre-wrap break-words">{result.text}</p>
    }
    .into_any()
}
