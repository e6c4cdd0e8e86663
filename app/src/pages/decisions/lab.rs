//! The lab: which rules and voters were right, held against what people found later?

use baton_domain::wire::decision::{DecisionLab, JudgedDecision, LabFilter, RuleStanding, ShareView, VoterStanding};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use super::of_decisions;
use super::words::{RULES, points, rule_words, share};
use crate::components::button::Button;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::{SelectField, TextField};
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, CODE, Column, NAME, NUMBER, QUIET, TableCard};
use crate::components::times::RelativeTime;
use crate::format;
use crate::live::Fresh;
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, decisions};

/// The page of the lab.
#[component]
pub(crate) fn Lab() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let data = PageData::new(move || filter.get(), read);
    view! {
        <PageHead title="Decision lab"/>
        {loaded(data, |(filter, lab)| view! { <Content filter lab/> })}
    }
    .into_any()
}

async fn read(filter: LabFilter) -> Called<(LabFilter, DecisionLab)> {
    let lab = decisions::lab(filter.clone()).await?;
    Ok((filter, lab))
}

fn filter(query: &ParamsMap) -> LabFilter {
    let text = |name| query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    LabFilter {
        skill: text("skill"),
        rule: text("rule"),
        from: text("from").and_then(|at| at.parse().ok()),
        before: text("before").and_then(|at| at.parse().ok()),
    }
}

#[component]
fn Content(filter: LabFilter, lab: DecisionLab) -> impl IntoView {
    let again = filter.clone();
    let fresh = Fresh::new((filter.clone(), lab), |(_, lab)| lab.as_of, of_decisions, move || read(again.clone()));
    let rules = std::iter::once((String::new(), "Any rule".to_owned()))
        .chain(RULES.iter().map(|(rule, _)| ((*rule).to_owned(), rule_words(rule))))
        .collect();
    let drawn = move || fresh.value().with(|(_, lab)| draw(lab));
    view! {
        <div class="space-y-4">
            <p class="max-w-prose text-13 text-soft">
                "The stored ballots of every decision for which somebody has recorded what was right, counted by every rule. No agent is asked again."
            </p>
            <section class="rounded-card border border-line bg-raised p-4" aria-label="Filter" data-testid="filter">
                <Form method="get" action="/decisions/lab">
                    <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-[2fr_1fr_1fr_auto]">
                        <TextField name="skill" label="Skill" value=filter.skill.clone().unwrap_or_default() max_length="200"/>
                        <SelectField name="rule" label="Decided by" options=rules value=filter.rule.clone().unwrap_or_default()/>
                        <TextField
                            name="from"
                            label="Opened from"
                            value=filter.from.map(|at| at.to_string()).unwrap_or_default()
                            placeholder="2026-01-31T08:00:00Z"
                        />
                        <Button submits=true sign=Sign::Search>
                            "Filter"
                        </Button>
                    </div>
                </Form>
            </section>
            {drawn}
        </div>
    }
    .into_any()
}

fn draw(lab: &DecisionLab) -> AnyView {
    if lab.judged == 0 {
        return view! {
            <Card title="Rules">
                <Empty text="Nobody has recorded yet what turned out to be right: the page of a decision that has ended takes it."/>
            </Card>
        }
        .into_any();
    }
    let more = if lab.more { " (the newest; there are more)" } else { "" };
    let rules = lab.rules.iter().map(rule).collect();
    let rule_columns = vec![Column::Text("Rule"), Column::Number("Right"), Column::Text("With 95 % confidence"), Column::Number("Decided")];
    let voters = lab.voters.iter().map(voter).collect();
    let voter_columns = vec![
        Column::Text("Voter"),
        Column::Text("Skill"),
        Column::Number("Right"),
        Column::Text("With 95 % confidence"),
        Column::Number("Believed right"),
        Column::Number("Brier"),
        Column::Number("Calibration error"),
        Column::Number("Tokens"),
        Column::Number("Cost"),
    ];
    let decisions = lab.decisions.iter().map(judged).collect();
    let decision_columns = vec![
        Column::Text("Question"),
        Column::Text("Rule"),
        Column::Text("Came to"),
        Column::Text("Right was"),
        Column::Roomy("Rules that were right"),
        Column::Text("Opened"),
    ];
    view! {
        <p class="text-14" data-testid="lab-summary">
            {format!("{} decisions were judged{more}.", format::count(lab.judged))}
        </p>
        <TableCard title="Rules, the best first" columns=rule_columns rows=rules empty="No rule was counted." test_id="lab-rules"/>
        <TableCard title="Voters" columns=voter_columns rows=voters empty="No voter said anything." test_id="lab-voters"/>
        <TableCard title="Judged decisions" columns=decision_columns rows=decisions empty="No decision was judged." test_id="lab-decisions"/>
    }
    .into_any()
}

/// A share with how many it is of, as `12 of 15`, and its interval as a bar.
fn interval(view: ShareView) -> AnyView {
    let words = format!("{} to {}", share(view.low), share(view.high));
    let place = format!("left:{:.1}%;width:{:.1}%", view.low * 100.0, ((view.high - view.low) * 100.0).max(1.0));
    let middle = format!("left:{:.1}%", view.share * 100.0);
    view! {
        <span class="flex items-center gap-2 whitespace-nowrap">
            <span class="relative h-2 w-24 shrink-0 rounded-sm bg-sunken" aria-hidden="true">
                <span class="absolute inset-y-0 rounded-sm bg-accent-tint" style=place></span>
                <span class="absolute -inset-y-0.5 w-0.5 bg-accent" style=middle></span>
            </span>
            <span class="text-12 text-muted">{words}</span>
        </span>
    }
    .into_any()
}

fn of(view: ShareView) -> String {
    format!("{} ({} of {})", share(view.share), format::count(view.count), format::count(view.of))
}

fn rule(standing: &RuleStanding) -> AnyView {
    view! {
        <tr data-testid="lab-rule" data-rule=standing.rule.clone()>
            <th scope="row" class=NAME>{rule_words(&standing.rule)}</th>
            <td class=NUMBER>{of(standing.right)}</td>
            <td class=CELL>{interval(standing.right)}</td>
            <td class=NUMBER>{of(standing.decided)}</td>
        </tr>
    }
    .into_any()
}

fn voter(standing: &VoterStanding) -> AnyView {
    let name = match standing.agent_id {
        Some(agent) => {
            view! { <a class="text-accent hover:underline" href=format!("/agents/{agent}")>{standing.name.clone()}</a> }.into_any()
        }
        None => standing.name.clone().into_any(),
    };
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), points);
    // By tenths, for who wants to know where it is too sure of itself.
    let tenths: Vec<String> = standing
        .calibration
        .iter()
        .map(|tenth| format!("{} sure, {} right ({} answers)", share(tenth.confidence), share(tenth.right), tenth.count))
        .collect();
    view! {
        <tr data-testid="lab-voter" data-voter=standing.voter.clone()>
            <th scope="row" class=NAME>{name}</th>
            <td class=CODE>{standing.skill.clone().unwrap_or_else(|| "questions".to_owned())}</td>
            <td class=NUMBER>{of(standing.right)}</td>
            <td class=CELL>{interval(standing.right)}</td>
            <td class=NUMBER>{share(standing.accuracy)}</td>
            <td class=NUMBER>{number(standing.brier)}</td>
            <td class=NUMBER title=tenths.join("\n")>{number(standing.calibration_error)}</td>
            <td class=NUMBER>{format::count(standing.spent.tokens)}</td>
            <td class=NUMBER>{points(standing.spent.cost)}</td>
        </tr>
    }
    .into_any()
}

fn judged(decision: &JudgedDecision) -> AnyView {
    let rules: Vec<String> = decision.right_rules.iter().map(|rule| rule_words(rule)).collect();
    let none = || "–".to_owned();
    view! {
        <tr data-testid="lab-decision" data-id=decision.id.to_string()>
            <th scope="row" class=format!("{CELL} max-w-80 text-left font-normal")>
                <a class="line-clamp-2 hover:underline" href=format!("/decisions/{}", decision.id)>
                    {decision.question.clone()}
                </a>
            </th>
            <td class=CELL>{rule_words(&decision.rule)}</td>
            <td class=CODE>{decision.key.clone().unwrap_or_else(none)}</td>
            <td class=CODE>{decision.right.clone().unwrap_or_else(none)}</td>
            <td class=format!("{CELL} max-w-80 text-soft max-phone:hidden")>{rules.join(", ")}</td>
            <td class=QUIET>
                <RelativeTime at=decision.opened_at/>
            </td>
        </tr>
    }
    .into_any()
}
