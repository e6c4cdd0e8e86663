//! What does a rule make of the ballots, and what would others have made of them?

use baton_domain::wire::decision::{Retallied, RuleComparison};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_navigate;

use super::decision::Data;
use super::verdict::{choice_words, voter_name};
use super::words::{RULES, points, rule_words, share, why_words};
use crate::components::badge::Badge;
use crate::components::banner::ProblemBanner;
use crate::components::button::Button;
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL, TextField};
use crate::components::table::{CELL, Column, NAME, NUMBER, Table};
use crate::reactive::memo;

/// Rules that count no ballots.
const COUNT_NOTHING: [&str; 3] = ["judge", "synthesis", "debate"];

/// The count of the decision, and by the rule that is chosen.
#[component]
pub(super) fn Tally(data: RwSignal<Data>) -> impl IntoView {
    let counts = memo(move |_| data.with(|data| data.detail.counts.clone()));
    let tally = memo(move |_| data.with(|data| data.tally.clone()));
    let refused = memo(move |_| data.with(|data| data.refused.clone()));
    let own = move || {
        let rows: Vec<_> = counts
            .get()
            .into_iter()
            .map(|count| {
                let order: Vec<String> = data.with_untracked(|data| {
                    count.order.iter().map(|keys| keys.iter().map(|key| choice_words(data, key)).collect::<Vec<_>>().join(" = ")).collect()
                });
                let broken = (!count.broken_by.is_empty()).then(|| format!("; tie broken by {}", count.broken_by.join(", ")));
                let margin = count.margin.map_or_else(|| "–".to_owned(), share);
                view! {
                    <tr data-testid="count">
                        <th scope="row" class=NUMBER>{count.round}</th>
                        <td class=format!("{CELL} max-w-96 break-words")>{order.join(" > ")}</td>
                        <td class=NUMBER>{count.counted}</td>
                        <td class=NUMBER>{count.abstained}</td>
                        <td class=NUMBER>{margin}</td>
                        <td class=CELL>{why_words(&count.result)} {broken}</td>
                    </tr>
                }
            })
            .collect();
        (!rows.is_empty()).then(|| {
            let columns = vec![
                Column::Number("Round"),
                Column::Text("Order"),
                Column::Number("Counted"),
                Column::Number("Without opinion"),
                Column::Number("Ahead by"),
                Column::Text("Result"),
            ];
            view! {
                <Card title="How it was counted" flush=true>
                    <Table label="Counts" columns>
                        {rows}
                    </Table>
                </Card>
            }
        })
    };
    view! {
        {own}
        {move || refused.get().map(|problem| view! { <ProblemBanner problem/> })}
        {move || tally.get().map(|tally| view! { <Recount data tally/> })}
    }
    .into_any()
}

#[component]
fn Recount(data: RwSignal<Data>, tally: Retallied) -> impl IntoView {
    let address = data.with_untracked(|data| format!("/decisions/{}", data.detail.summary.id));
    let chosen = tally.chosen.rule.clone();
    let options: Vec<_> = RULES
        .iter()
        .filter(|(rule, _)| !COUNT_NOTHING.contains(rule))
        .map(|(rule, words)| view! { <option value=*rule selected=*rule == chosen>{*words}</option> })
        .collect();
    let navigate = use_navigate();
    let go = address.clone();
    let asked = data.with_untracked(|data| data.asked.clone());
    let kept = asked.clone();
    let choose = move |event| {
        let options = leptos_router::NavigateOptions { scroll: false, ..Default::default() };
        navigate(&format!("{go}{}", kept.query(&event_target_value(&event))), options);
    };
    let disagrees = if tally.disagrees {
        "Rules disagree about these ballots.".to_owned()
    } else {
        "All rules that decide come to the same.".to_owned()
    };
    let pivotal = match &tally.pivotal {
        None => "There are too many ballots to say who was pivotal.".to_owned(),
        Some(voters) if voters.is_empty() => "No single ballot made the difference.".to_owned(),
        Some(voters) => {
            let names: Vec<String> = data.with_untracked(|data| voters.iter().map(|voter| voter_name(data, voter)).collect());
            format!("Without their ballot it would have come to something else: {}.", names.join(", "))
        }
    };
    let points_of = ranks(&tally.chosen, data);
    let rules: Vec<_> = tally.rules.iter().map(|rule| rule_row(rule, &tally.own, data)).collect();
    let columns = vec![Column::Text("Rule"), Column::Text("Decides for"), Column::Number("Ahead by"), Column::Text("Note")];
    view! {
        <Card title="The same ballots by another rule" test_id="tally">
            <div class="space-y-3">
                <Form method="get" action=address>
                    <div class="flex flex-wrap items-end gap-2">
                        <div class="min-w-0">
                            <label class=LABEL for="field-rule">
                                "Rule"
                            </label>
                            <select id="field-rule" name="rule" class=CONTROL data-testid="tally-rule" on:change=choose>
                                {options}
                            </select>
                        </div>
                        <TextField
                            name="threshold"
                            label="Share that the first must have"
                            value=asked.threshold
                            autocomplete="off"
                            placeholder="as it was"
                        />
                        <TextField name="quorum" label="How many must have taken part" value=asked.quorum autocomplete="off" placeholder="as it was"/>
                        <TextField name="tie_break" label="What breaks ties" value=asked.tie_break autocomplete="off" placeholder="borda, lot"/>
                        <Button submits=true test_id="tally-count">"Count"</Button>
                    </div>
                </Form>
                {outcome(&tally.chosen, data)}
                {points_of}
                <p class="text-13 text-soft">{disagrees} " " {pivotal}</p>
                <Table label="By every rule" columns test_id="rules">
                    {rules}
                </Table>
            </div>
        </Card>
    }
    .into_any()
}

fn outcome(chosen: &RuleComparison, data: RwSignal<Data>) -> AnyView {
    let decides = match &chosen.key {
        Some(key) => {
            let answer = data.with_untracked(|data| choice_words(data, key));
            let margin = chosen.margin.map(|margin| format!(", ahead by {}", share(margin))).unwrap_or_default();
            format!("{} decides for {answer}{margin}.", rule_words(&chosen.rule))
        }
        None => {
            let missed = chosen.missed.as_deref().map_or_else(|| "it comes to nothing".to_owned(), why_words);
            format!("{} does not decide: {missed}.", rule_words(&chosen.rule))
        }
    };
    let differs = chosen.differs.then(|| view! { <Badge>"not what was decided"</Badge> });
    let poor = (!chosen.complete)
        .then_some("The ballots say less than this rule reads: what is missing counts as the last place or the least score.");
    view! {
        <div class="space-y-1">
            <p class="flex flex-wrap items-center gap-2 text-14 font-medium" role="status" data-testid="tally-outcome">
                {decides}
                {differs}
            </p>
            <p class="text-12 text-muted">{poor}</p>
        </div>
    }
    .into_any()
}

/// What each answer has by the rule, the first first, as bars with numbers.
fn ranks(chosen: &RuleComparison, data: RwSignal<Data>) -> AnyView {
    let most = chosen.points.values().copied().fold(0.0, f64::max);
    let rows: Vec<_> = chosen
        .order
        .iter()
        .flatten()
        .map(|key| {
            let value = chosen.points.get(key).copied().unwrap_or_default();
            let width = if most > 0.0 { (value.max(0.0) / most * 100.0).clamp(0.0, 100.0) } else { 0.0 };
            let words = data.with_untracked(|data| choice_words(data, key));
            view! {
                <li class="grid grid-cols-[minmax(6rem,40%)_1fr_4.5rem] items-center gap-2 text-13" data-testid="tally-row" data-key=key.clone()>
                    <span class="truncate" title=words.clone()>{words.clone()}</span>
                    <span class="h-2 rounded-sm bg-sunken" aria-hidden="true">
                        <span class="block h-full rounded-sm bg-accent" style=format!("width:{width:.1}%")></span>
                    </span>
                    <span class="text-right tabular-nums">{points(value)}</span>
                </li>
            }
        })
        .collect();
    view! { <ol class="space-y-1">{rows}</ol> }.into_any()
}

fn rule_row(rule: &RuleComparison, own: &str, data: RwSignal<Data>) -> AnyView {
    let decides = match &rule.key {
        Some(key) => data.with_untracked(|data| choice_words(data, key)),
        None => rule.missed.as_deref().map_or_else(|| "–".to_owned(), |missed| format!("nothing: {}", why_words(missed))),
    };
    let notes = [(rule.rule == own, "its own rule"), (rule.differs, "differs"), (!rule.complete, "reads more than was said")];
    let notes: Vec<&str> = notes.iter().filter(|(is, _)| *is).map(|(_, words)| *words).collect();
    view! {
        <tr data-testid="rule-row" data-rule=rule.rule.clone()>
            <th scope="row" class=NAME>{rule_words(&rule.rule)}</th>
            <td class=format!("{CELL} max-w-60 break-words")>{decides}</td>
            <td class=NUMBER>{rule.margin.map_or_else(|| "–".to_owned(), share)}</td>
            <td class=format!("{CELL} text-soft")>{notes.join(", ")}</td>
        </tr>
    }
    .into_any()
}
