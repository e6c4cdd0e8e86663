//! What came of a decision, who decided, how clearly, and who said something else?

use baton_domain::wire::decision::{DecisionState, DecisionVerdict, JudgeWordView};
use leptos::prelude::*;
use serde_json::Value;

use super::decision::Data;
use super::words::{said, share, stage_words, why_words};
use crate::components::card::Card;
use crate::components::json_tree::JsonTree;
use crate::components::times::RelativeTime;
use crate::reactive::memo;

/// The verdict, or what is awaited.
#[component]
pub(super) fn Verdict(data: RwSignal<Data>) -> impl IntoView {
    let verdict = memo(move |_| data.with(|data| data.detail.summary.verdict.clone()));
    let stage = memo(move |_| data.with(|data| data.detail.summary.stage.clone()));
    let words = memo(move |_| data.with(|data| data.detail.judge_words.clone()));
    let content = move || match verdict.get() {
        Some(verdict) => draw(verdict, data),
        None => {
            let words = format!("No verdict yet: {}. It appears here as soon as there is one.", stage_words(&stage.get()));
            view! { <p class="text-13 text-soft">{words}</p> }.into_any()
        }
    };
    view! {
        <Card title="Verdict" test_id="verdict">
            {content}
            {move || judged(words.get())}
        </Card>
        <Dissent data/>
    }
    .into_any()
}

fn draw(verdict: DecisionVerdict, data: RwSignal<Data>) -> AnyView {
    let answer = match &verdict.answer {
        Some(Value::String(text)) => {
            view! { <p class="whitespace-pre-wrap break-words text-16 font-semibold">{text.clone()}</p> }.into_any()
        }
        Some(answer) => view! { <JsonTree value=answer.clone()/> }.into_any(),
        None => {
            let words = match verdict.outcome {
                DecisionState::Escalated => "The voters did not decide it: a person is asked.",
                DecisionState::Cancelled => "It was cancelled.",
                _ => "There is no answer.",
            };
            view! { <p class="text-16 font-semibold">{words}</p> }.into_any()
        }
    };
    let by = verdict.by.as_deref().map(|by| match by {
        "vote" => "Decided by vote",
        "tie_break" => "Decided by the tie-break",
        "synthesis" => "Written out of all drafts",
        "judge" => "Decided by the judge",
        "person" => "Decided by a person",
        "default" => "What was set for this case",
        _ => "Decided",
    });
    let margin = verdict.margin.map(|margin| format!(", ahead by {} of what is possible", share(margin)));
    let missed = verdict.missed.as_deref().map(|missed| format!(" The ballots alone did not decide: {}.", why_words(missed)));
    let line =
        format!("{}: {}{}.{}", by.unwrap_or("Ended"), why_words(&verdict.why), margin.unwrap_or_default(), missed.unwrap_or_default());
    let dissent = match verdict.dissenters {
        0 => None,
        1 => Some("1 voter said something else.".to_owned()),
        count => Some(format!("{count} voters said something else.")),
    };
    let comment = verdict.comment.map(|comment| view! { <blockquote class="border-l-2 border-line pl-3 text-13">{comment}</blockquote> });
    // A person's verdict was escalated before: what the ballots came to is with the counts.
    let rounds = (verdict.rounds > 1).then_some(" It was voted twice, with a debate between.");
    let key = verdict.key.filter(|_| {
        data.with_untracked(|data| !matches!(data.detail.request.answers, baton_domain::wire::decision::DecisionAnswers::Free { .. }))
    });
    view! {
        <div class="space-y-2">
            {answer}
            {key.map(|key| view! { <code class="font-mono text-12 text-muted" data-testid="verdict-key">{key}</code> })}
            <p class="text-13 text-soft">{line} {rounds}</p>
            {dissent.map(|words| view! { <p class="text-13 text-soft">{words}</p> })}
            {comment}
            <p class="text-12 text-muted">
                <RelativeTime at=verdict.at/>
            </p>
        </div>
    }
    .into_any()
}

/// What the judge said to each order of the answers.
fn judged(words: Vec<JudgeWordView>) -> Option<AnyView> {
    if words.is_empty() {
        return None;
    }
    let items: Vec<_> = words
        .into_iter()
        .map(|word| {
            let order = if word.order == "backward" { "In the reverse order" } else { "In the first order" };
            view! {
                <li>
                    <span class="text-muted">{order}</span>
                    ": "
                    {word.key.unwrap_or_else(|| "none".to_owned())}
                    {word.rationale.map(|why| view! { <p class="whitespace-pre-wrap break-words text-soft">{why}</p> })}
                </li>
            }
        })
        .collect();
    Some(
        view! {
            <div class="mt-3">
                <h3 class="text-13 font-medium">"The judge"</h3>
                <ul class="space-y-1 text-13">{items}</ul>
            </div>
        }
        .into_any(),
    )
}

/// Who said something else than the verdict, and why.
#[component]
fn Dissent(data: RwSignal<Data>) -> impl IntoView {
    let dissent = memo(move |_| data.with(|data| data.detail.dissent.clone()));
    move || {
        let dissent = dissent.get();
        if dissent.is_empty() {
            return None;
        }
        let items: Vec<_> = dissent
            .into_iter()
            .map(|view| {
                let (name, first) = data.with_untracked(|data| {
                    let first: Vec<String> = view.first.iter().map(|key| choice_words(data, key)).collect();
                    (voter_name(data, &view.voter), first.join(", "))
                });
                view! {
                    <li class="border-t border-line py-2 first:border-t-0" data-testid="dissent">
                        <p>
                            <span class="font-medium">{name}</span>
                            " put first: "
                            {first}
                        </p>
                        {view.rationale.map(|why| view! { <p class="whitespace-pre-wrap break-words text-soft">{why}</p> })}
                    </li>
                }
            })
            .collect();
        Some(view! {
            <Card title="Dissent">
                <ul class="text-13">{items}</ul>
            </Card>
        })
    }
}

/// A voter's name.
pub(super) fn voter_name(data: &Data, voter: &str) -> String {
    let known = data.detail.voters.iter().find(|known| known.voter == voter);
    known.map_or_else(
        || voter.to_owned(),
        |known| match known.sample {
            Some(sample) if sample > 1 => format!("{} ({sample})", known.name),
            _ => known.name.clone(),
        },
    )
}

/// An answer by its key, in a line.
pub(super) fn choice_words(data: &Data, key: &str) -> String {
    let choice = data.detail.choices.iter().find(|choice| choice.key == key);
    choice.map_or_else(|| key.to_owned(), |choice| said(&choice.answer))
}
