//! How work is balanced: each skill with its strategy, and what is taken of the host.

use baton_domain::wire::agent::{Balancing, HostView, SkillBalancing};
use leptos::prelude::*;

use super::needs::{cores, needs_words};
use super::table::{CELL, CODE, CODE_NAME, Column, Table};
use crate::format;

/// Every skill: by what agents are chosen, what an attempt needs, who would be chosen now, and what is against the others.
#[component]
pub fn BalancingTable(
    /// How work is balanced now.
    balancing: RwSignal<Balancing>,
) -> impl IntoView {
    let rows = move || balancing.with(|balancing| balancing.skills.iter().map(row).collect_view());
    let columns = ["Skill", "Strategy", "An attempt", "Next", "Out of the question"].map(Column::Text).to_vec();
    let host = move || balancing.with(|balancing| host_words(&balancing.host));
    view! {
        <Table label="Balancing" columns>{rows}</Table>
        <p class="px-4 py-3 text-12 text-muted" data-testid="host">{host}</p>
    }
    .into_any()
}

fn row(skill: &SkillBalancing) -> impl IntoView + use<> {
    let next = match skill.now.candidates.first() {
        Some(best) => best.agent.name.clone(),
        None if !skill.fits => "nobody: this host can never give that".to_owned(),
        None => "nobody now".to_owned(),
    };
    let fell: Vec<String> = skill.now.rejected.iter().map(|fell| format!("{} by {}", fell.count, fell.reason)).collect();
    let fell = if fell.is_empty() { "nobody".to_owned() } else { fell.join(", ") };
    view! {
        <tr data-testid="balancing-row" data-skill=skill.skill.clone()>
            <th scope="row" class=CODE_NAME>{skill.skill.clone()}</th>
            <td class=CODE>{skill.strategy.as_str()}</td>
            <td class=CELL>{needs_words(&skill.needs)}</td>
            <td class=CELL>{next}</td>
            <td class=format!("{CELL} text-soft")>{fell}</td>
        </tr>
    }
}

fn host_words(host: &HostView) -> String {
    let models = if host.models.is_empty() { String::new() } else { format!("; models: {}", host.models.join(", ")) };
    let part = if host.shared_by > 1 { format!(", its part of a machine that {} share", host.shared_by) } else { String::new() };
    format!(
        "{}: {} of {} and {} of {} MiB taken{part}{models}",
        host.name,
        cores(host.cpu_taken_millicores),
        cores(host.cpu_millicores),
        format::count(host.memory_taken_mib.into()),
        format::count(host.memory_mib.into()),
    )
}
