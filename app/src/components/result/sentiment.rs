//! How is the feeling of a text shown?

use leptos::prelude::*;

use super::bar::balance;
use super::facts::{facts, heading};
use super::shape::{FeltSentence, Sentiment};
use super::table::{Head, MAXIMUM_ROWS, NUMBER, ROW, TEXT, table};
use crate::components::chart::figures::as_percent;

pub(super) fn view(result: Sentiment) -> AnyView {
    let shares = [("Positive", result.positive), ("Neutral", result.neutral), ("Negative", result.negative)];
    let shares = shares.into_iter().filter_map(|(name, share)| share.map(|share| (name, as_percent(share)))).collect();
    let sentences = (!result.sentences.is_empty()).then(|| by_sentence(&result.sentences));
    let said = format!("{} on a scale from -1 to 1", signed(result.compound));
    view! {
        <div class="grid gap-3">
            <p class="flex flex-wrap items-baseline gap-x-3">
                <span class=format!("text-20 font-semibold {}", tone(&result.label))>{in_words(&result.label)}</span>
                <span class="font-mono text-13 tabular-nums">{said}</span>
            </p>
            <div class="max-w-md">
                {balance(result.compound, tone(&result.label))}
                <p class="flex justify-between text-12 text-muted" aria-hidden="true">
                    <span>"negative"</span>
                    <span>"neutral"</span>
                    <span>"positive"</span>
                </p>
            </div>
            {facts(shares)}
        </div>
        {sentences}
    }
    .into_any()
}

fn by_sentence(sentences: &[FeltSentence]) -> AnyView {
    let rows = sentences
        .iter()
        .take(MAXIMUM_ROWS)
        .map(|sentence| {
            let tone = tone(&sentence.label);
            view! {
                <tr class=ROW>
                    <td class=TEXT>{sentence.text.clone()}</td>
                    <td class=format!("{TEXT} whitespace-nowrap {tone}")>{in_words(&sentence.label)}</td>
                    <td class=NUMBER>{signed(sentence.compound)}</td>
                    <td class="w-40 px-3 py-3">{balance(sentence.compound, tone)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let heads = [Head::Text("Sentence"), Head::Text("Feeling"), Head::Number("Compound"), Head::Text("Balance")];
    view! {
        <div class="grid min-w-0 gap-2">
            {heading("By sentence")}
            {table("Sentences", &heads, rows, sentences.len())}
        </div>
    }
    .into_any()
}

fn tone(label: &str) -> &'static str {
    match label {
        "positive" => "text-completed",
        "negative" => "text-failed",
        _ => "text-canceled",
    }
}

fn in_words(label: &str) -> String {
    match label {
        "positive" => "Positive".to_owned(),
        "negative" => "Negative".to_owned(),
        "neutral" => "Neutral".to_owned(),
        other => other.to_owned(),
    }
}

fn signed(value: f64) -> String {
    format!("{value:+.2}")
}
