//! Who voted for what? A column an answer, a card a ballot under what it puts first, before and after a debate.

use std::collections::BTreeMap;

use baton_domain::wire::decision::{BallotView, ChoiceView, DraftView};
use leptos::prelude::*;
use serde_json::Value;

use super::decision::Data;
use super::verdict::voter_name;
use super::words::{points, share};
use crate::components::badge::Badge;
use crate::components::card::Card;
use crate::components::json_tree::JsonTree;
use crate::reactive::memo;

/// The most answers that stand side by side; the rest is counted below.
const DRAWN: usize = 12;

/// The columns of each round.
#[component]
pub(super) fn Ballots(data: RwSignal<Data>) -> impl IntoView {
    let shown = memo(move |_| data.with(|data| (data.detail.ballots.clone(), data.detail.choices.clone(), data.detail.disclosed)));
    let content = move || {
        let (ballots, choices, disclosed) = shown.get();
        if !disclosed {
            return view! {
                <p class="text-13 text-soft">
                    "What voters say is shown when the voting is over, so that nobody votes with the others in view."
                </p>
            }
            .into_any();
        }
        if ballots.is_empty() {
            return view! { <p class="text-13 text-soft">"No ballot was cast."</p> }.into_any();
        }
        let mut rounds: Vec<u8> = ballots.iter().map(|ballot| ballot.round).collect();
        rounds.sort_unstable();
        rounds.dedup();
        let several = rounds.len() > 1;
        let rounds: Vec<_> = rounds
            .into_iter()
            .rev()
            .map(|round| {
                let of_it: Vec<BallotView> = ballots.iter().filter(|ballot| ballot.round == round).cloned().collect();
                let heading = several.then(|| {
                    let words = if round == 1 { "Before the debate" } else { "After the debate" };
                    view! { <h3 class="text-13 font-medium">{words}</h3> }
                });
                view! {
                    {heading}
                    {columns(round, &of_it, &choices, data)}
                }
            })
            .collect();
        view! { <div class="space-y-3">{rounds}</div> }.into_any()
    };
    view! {
        <Card title="Ballots" test_id="ballots">
            {content}
        </Card>
        <Drafts data/>
    }
    .into_any()
}

fn columns(round: u8, ballots: &[BallotView], choices: &[ChoiceView], data: RwSignal<Data>) -> AnyView {
    let (order, own) = data.with_untracked(|data| {
        let count = data.detail.counts.iter().rev().find(|count| count.round == round);
        let order: Vec<String> = count.map(|count| count.order.iter().flatten().cloned().collect()).unwrap_or_default();
        (order, count.map(|count| count.points.clone()).unwrap_or_default())
    });
    let won = data.with_untracked(|data| data.detail.summary.verdict.as_ref().and_then(|verdict| verdict.key.clone()));
    let mut sorted: Vec<&ChoiceView> = choices.iter().collect();
    sorted.sort_by_key(|choice| order.iter().position(|key| *key == choice.key).unwrap_or(usize::MAX));
    let rest = sorted.len().saturating_sub(DRAWN);
    let drawn: Vec<_> = sorted
        .into_iter()
        .take(DRAWN)
        .map(|choice| {
            let first: Vec<_> = ballots
                .iter()
                .filter(|ballot| first_of(&ballot.says).contains(&choice.key))
                .map(|ballot| ballot_card(ballot, data))
                .collect();
            let winner = (won.as_deref() == Some(choice.key.as_str())).then(|| view! { <Badge>"verdict"</Badge> });
            let has = own.get(&choice.key).map(|value| format!("{} by the rule", points(*value)));
            let authors = authors(choice, data);
            view! {
                <section class="min-w-52 flex-1 space-y-2" data-testid="choice" data-key=choice.key.clone()>
                    <header class="space-y-1 border-b border-line pb-2">
                        <p class="flex flex-wrap items-center gap-2">
                            <code class="font-mono text-12 text-muted">{choice.key.clone()}</code>
                            {winner}
                        </p>
                        {answer(&choice.answer)}
                        {choice.description.clone().map(|words| view! { <p class="text-12 text-soft">{words}</p> })}
                        <p class="text-12 text-muted">{has} {authors}</p>
                    </header>
                    {if first.is_empty() {
                        view! { <p class="text-12 text-muted">"Nobody put it first."</p> }.into_any()
                    } else {
                        first.into_any()
                    }}
                </section>
            }
        })
        .collect();
    let abstained: Vec<_> =
        ballots.iter().filter(|ballot| first_of(&ballot.says).is_empty()).map(|ballot| ballot_card(ballot, data)).collect();
    let abstained = (!abstained.is_empty()).then(|| {
        view! {
            <section class="min-w-52 flex-1 space-y-2" data-testid="abstained">
                <header class="border-b border-line pb-2 text-13 font-medium">"No opinion"</header>
                {abstained}
            </section>
        }
    });
    view! {
        <div class="flex gap-4 overflow-x-auto pb-2" role="group" aria-label="Ballots by what they put first" tabindex="0">
            {drawn}
            {abstained}
        </div>
        {(rest > 0).then(|| view! { <p class="text-12 text-muted">{format!("and {rest} more answers; the count below has all of them")}</p> })}
    }
    .into_any()
}

fn authors(choice: &ChoiceView, data: RwSignal<Data>) -> Option<String> {
    let names: Vec<String> = data.with_untracked(|data| choice.authors.iter().map(|voter| voter_name(data, voter)).collect());
    (!names.is_empty()).then(|| format!(" from {}", names.join(", ")))
}

/// An answer, as text where it is one.
pub(super) fn answer(value: &Value) -> AnyView {
    match value {
        Value::String(text) => {
            view! { <p class="line-clamp-6 whitespace-pre-wrap break-words text-14 font-medium">{text.clone()}</p> }.into_any()
        }
        other => view! { <JsonTree value=other.clone()/> }.into_any(),
    }
}

fn ballot_card(ballot: &BallotView, data: RwSignal<Data>) -> AnyView {
    let (name, weight) = data.with_untracked(|data| {
        let weight = data.detail.voters.iter().find(|voter| voter.voter == ballot.voter).map_or(1.0, |voter| voter.weight);
        (voter_name(data, &ballot.voter), weight)
    });
    let sure = ballot.confidence.map(|confidence| format!("{} sure", share(confidence)));
    let counts = ((weight - 1.0).abs() > 1e-9).then(|| format!("counts {}", points(weight)));
    let more: Vec<String> = sure.into_iter().chain(counts).chain(whole(&ballot.says)).collect();
    let why = ballot.rationale.clone().map(|why| {
        view! {
            <details>
                <summary class="text-12 text-accent">"Why"</summary>
                <p class="mt-1 whitespace-pre-wrap break-words text-12 text-soft">{why}</p>
            </details>
        }
    });
    view! {
        <article class="rounded-control border border-line bg-sunken p-2" data-testid="ballot" data-voter=ballot.voter.clone()>
            <p class="truncate text-13 font-medium">{name}</p>
            {(!more.is_empty()).then(|| view! { <p class="break-words text-12 text-muted">{more.join("; ")}</p> })}
            {why}
        </article>
    }
    .into_any()
}

/// The keys of what a ballot puts first; none of one without opinion.
pub(super) fn first_of(says: &Value) -> Vec<String> {
    let texts = |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
    match says.get("kind").and_then(Value::as_str) {
        Some("choice") => says.get("choice").and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
        Some("approvals") => says.get("choices").map(texts).unwrap_or_default(),
        Some("ranking") => says.get("places").and_then(|places| places.get(0)).map(texts).unwrap_or_default(),
        Some("scores") => {
            let scores: BTreeMap<&String, f64> = says
                .get("scores")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter_map(|(key, score)| Some((key, score.as_f64()?)))
                .collect();
            let most = scores.values().copied().fold(f64::NEG_INFINITY, f64::max);
            scores.into_iter().filter(|(_, score)| *score >= most).map(|(key, _)| key.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// All that a ballot says, where that is more than its first.
fn whole(says: &Value) -> Option<String> {
    match says.get("kind").and_then(Value::as_str)? {
        "ranking" => {
            let places = says.get("places")?.as_array()?;
            let place = |place: &Value| {
                let keys: Vec<&str> = place.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                keys.join(" = ")
            };
            Some(places.iter().map(place).collect::<Vec<_>>().join(" > "))
        }
        "scores" => {
            let scores = says.get("scores")?.as_object()?;
            // A whole number is written as one, whatever it was read as.
            let one = |(key, score): (&String, &Value)| format!("{key} {}", score.as_f64().map_or_else(|| score.to_string(), points));
            Some(scores.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

/// What voters wrote themselves, and what they said in the debate.
#[component]
fn Drafts(data: RwSignal<Data>) -> impl IntoView {
    let shown = memo(move |_| {
        data.with(|data| (data.detail.drafts.clone(), data.detail.arguments.clone(), data.detail.synthesis.clone(), data.detail.left_out))
    });
    move || {
        let (drafts, arguments, synthesis, left_out) = shown.get();
        if drafts.is_empty() && arguments.is_empty() && synthesis.is_none() {
            return None;
        }
        let drafts: Vec<_> = drafts.into_iter().map(|draft| draft_row(draft, data)).collect();
        let arguments: Vec<_> = arguments
            .into_iter()
            .map(|(voter, argument)| {
                let name = data.with_untracked(|data| voter_name(data, &voter));
                view! {
                    <li>
                        <span class="font-medium">{name}</span>
                        <p class="whitespace-pre-wrap break-words text-soft">{argument}</p>
                    </li>
                }
            })
            .collect();
        let left_out = (left_out > 0).then(|| format!("{left_out} answers had no room on the ballots."));
        Some(view! {
            <Card title="Drafts and arguments">
                <div class="space-y-3 text-13">
                    {synthesis
                        .map(|value| {
                            view! {
                                <div>
                                    <h3 class="font-medium">"Written out of all"</h3>
                                    {answer(&value)}
                                </div>
                            }
                        })}
                    {(!drafts.is_empty()).then(|| view! { <ul class="space-y-2">{drafts}</ul> })}
                    {left_out}
                    {(!arguments.is_empty())
                        .then(|| {
                            view! {
                                <div>
                                    <h3 class="font-medium">"In the debate"</h3>
                                    <ul class="space-y-2">{arguments}</ul>
                                </div>
                            }
                        })}
                </div>
            </Card>
        })
    }
}

fn draft_row(draft: DraftView, data: RwSignal<Data>) -> AnyView {
    let name = data.with_untracked(|data| voter_name(data, &draft.voter));
    let sure = draft.confidence.map(|confidence| format!(", {} sure", share(confidence)));
    view! {
        <li class="border-t border-line pt-2 first:border-t-0" data-testid="draft">
            <p class="text-12 text-muted">{format!("{name}, round {}", draft.round)} {sure}</p>
            {answer(&draft.answer)}
            {draft.rationale.map(|why| view! { <p class="whitespace-pre-wrap break-words text-12 text-soft">{why}</p> })}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_of_every_kind_of_ballot_is_found() {
        assert_eq!(first_of(&json!({"kind": "choice", "choice": "a"})), ["a"]);
        assert_eq!(first_of(&json!({"kind": "approvals", "choices": ["a", "b"]})), ["a", "b"]);
        assert_eq!(first_of(&json!({"kind": "ranking", "places": [["b"], ["a"]]})), ["b"]);
        assert_eq!(first_of(&json!({"kind": "scores", "scores": {"a": 3, "b": 7.5, "c": 7.5}})), ["b", "c"]);
        assert!(first_of(&json!({"kind": "abstention"})).is_empty());
        assert_eq!(whole(&json!({"kind": "ranking", "places": [["b", "c"], ["a"]]})).as_deref(), Some("b = c > a"));
        assert_eq!(whole(&json!({"kind": "scores", "scores": {"a": 5.0, "b": 7.25, "c": 0}})).as_deref(), Some("a 5, b 7.25, c 0"));
    }
}
