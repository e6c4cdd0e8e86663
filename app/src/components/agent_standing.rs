//! How an agent stands with the balancer: its circuit, its instances, its skills.

use baton_domain::agent::{CircuitState, InstanceKind, InstanceStatus};
use baton_domain::user::Permission;
use baton_domain::wire::agent::{AgentStanding, InstanceView, SkillStanding};
use leptos::prelude::*;

use super::banner::LastProblem;
use super::button::Button;
use super::icon::Sign;
use super::needs::needs_words;
use super::table::{CELL, Column, NAME, NUMBER, Table};
use super::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::reactive::{effect, memo};
use crate::server_fns::agents::ResetCircuit;
use crate::session::use_session;

/// The word for a circuit's state.
#[must_use]
pub const fn circuit_word(state: CircuitState) -> &'static str {
    match state {
        CircuitState::Closed => "closed",
        CircuitState::Open => "open",
        CircuitState::HalfOpen => "half open",
    }
}

const fn circuit_colour(state: CircuitState) -> &'static str {
    match state {
        CircuitState::Closed => "text-success",
        CircuitState::Open => "text-danger",
        CircuitState::HalfOpen => "text-warning",
    }
}

const fn kind_words(kind: InstanceKind) -> &'static str {
    match kind {
        InstanceKind::InProcess => "in the server",
        InstanceKind::Child => "child processes",
        InstanceKind::Server => "server",
        InstanceKind::Worker => "worker",
    }
}

const fn status_colour(status: InstanceStatus) -> &'static str {
    match status {
        InstanceStatus::Ready => "text-success",
        InstanceStatus::Starting | InstanceStatus::Draining => "text-warning",
        InstanceStatus::Unhealthy => "text-danger",
        InstanceStatus::Stopped => "text-muted",
    }
}

/// The circuit in a word or two, and the button that closes it.
#[component]
pub fn Circuit(
    /// How the agent stands.
    standing: RwSignal<Option<AgentStanding>>,
    /// Its instances in other servers and workers, each of which has a circuit of its own.
    elsewhere: RwSignal<Vec<InstanceView>>,
) -> impl IntoView {
    let reset = FormAction::<ResetCircuit>::new();
    effect(move || {
        if let Some(Ok(answer)) = reset.get() {
            standing.try_set(Some(answer));
        }
    });
    let problem = Signal::derive(move || reset.get().and_then(Result::err).map(|error| error.0));
    let circuit = memo(move |_| standing.with(|standing| standing.as_ref().map(|standing| standing.circuit)));
    let trouble = memo(move |_| {
        standing.with(|standing| {
            standing.as_ref().is_some_and(|standing| {
                standing.circuit.state != CircuitState::Closed
                    || standing.circuit.consecutive_failures > 0
                    || standing.instances.iter().any(is_in_trouble)
            })
        }) || elsewhere.with(|instances| instances.iter().any(is_in_trouble))
    });
    let may = use_session().may(Permission::Operate);
    let words = move || {
        circuit.get().map(|circuit| {
            let state = circuit.state;
            view! {
                <p class="text-13" data-testid="circuit" data-state=state.as_str()>
                    <span class=format!("font-medium {}", circuit_colour(state))>{circuit_word(state)}</span>
                    {circuit.open_until.map(|at| view! { ", tried again " <RelativeTime at/> })}
                    <span class="text-muted">
                        {format!(
                            "; {} failures since the last success, {:.0} % of the latest attempts failed",
                            format::count(circuit.consecutive_failures.into()),
                            circuit.failure_rate * 100.0,
                        )}
                    </span>
                </p>
            }
        })
    };
    let button = move || {
        let id = || standing.with_untracked(|standing| standing.as_ref().map(|standing| standing.agent_id.to_string()));
        (may && trouble.get()).then(id).flatten().map(|id| {
            view! {
                <ActionForm action=reset>
                    <input type="hidden" name="id" value=id/>
                    <Button submits=true sign=Sign::Repeat test_id="reset-circuit" disabled=reset.pending()>
                        "Close the circuit"
                    </Button>
                </ActionForm>
            }
        })
    };
    view! {
        <div class="space-y-2">
            <LastProblem problem/>
            {words}
            {button}
        </div>
    }
    .into_any()
}

/// Whether closing the circuit would do something for an instance: it waits for its next start, or the circuit is open where it is.
fn is_in_trouble(instance: &InstanceView) -> bool {
    // One that has only fallen silent has no failures, and hears nothing.
    (instance.status == InstanceStatus::Unhealthy && instance.failures > 0)
        || instance.circuit.is_some_and(|circuit| circuit.state != CircuitState::Closed)
}

/// How many instances an agent has on the server that answers, and between how many that moves.
#[must_use]
pub fn range_words(standing: &AgentStanding) -> String {
    let (present, range) = (here(standing).count(), standing.range);
    if present == 0 {
        return "none on this server".to_owned();
    }
    if range.minimum == range.maximum {
        return present.to_string();
    }
    format!("{present}, between {} and {} as its queue ages", range.minimum, range.maximum)
}

/// The instances on the server that answers.
fn here(standing: &AgentStanding) -> impl Iterator<Item = &InstanceView> {
    standing.instances.iter().filter(|instance| instance.server.is_none())
}

/// The instances of an agent.
#[component]
pub fn Instances(
    /// How the agent stands.
    standing: RwSignal<Option<AgentStanding>>,
    /// Its instances in other servers and workers.
    elsewhere: RwSignal<Vec<InstanceView>>,
) -> impl IntoView {
    let here = move || standing.with(|standing| standing.iter().flat_map(here).map(instance_row).collect_view());
    let there = move || elsewhere.with(|instances| instances.iter().map(instance_row).collect_view());
    let columns =
        ["Instance", "Runs in", "Host", "Status"].map(Column::Text).into_iter().chain([Column::Number("Busy")]).collect::<Vec<_>>();
    view! { <Table label="Instances" columns test_id="instances">{here} {there}</Table> }.into_any()
}

fn instance_row(instance: &InstanceView) -> impl IntoView + use<> {
    let status = instance.status;
    let circuit = instance.circuit.filter(|circuit| circuit.state != CircuitState::Closed);
    view! {
        <tr data-testid="instance" data-kind=instance.kind.as_str() data-status=status.as_str()>
            <th scope="row" class=NAME>{instance.number}</th>
            <td class=CELL>
                {kind_words(instance.kind)}
                {instance.server.as_ref().map(|name| format!(" {name}"))}
            </td>
            <td class=CELL>{instance.host.clone()}</td>
            <td class=CELL>
                <span class=status_colour(status)>{status.as_str()}</span>
                {instance.restart_at.map(|at| view! { ", starts again " <RelativeTime at/> })}
                {circuit.map(|circuit| {
                    view! {
                        ", circuit "
                        <span class=circuit_colour(circuit.state) data-testid="circuit-there">{circuit_word(circuit.state)}</span>
                        {circuit.open_until.map(|at| view! { ", tried again " <RelativeTime at/> })}
                    }
                })}
            </td>
            <td class=NUMBER>{format!("{} of {}", instance.busy, instance.slots)}</td>
        </tr>
    }
}

/// How the skills of an agent are balanced, each a way to give it work.
#[component]
pub fn Skills(
    /// The names of the skills, for when the server that answers does not carry the agent.
    names: Vec<String>,
    /// How the agent stands.
    standing: RwSignal<Option<AgentStanding>>,
) -> impl IntoView {
    let rows = move || {
        let known: Vec<SkillStanding> =
            standing.with(|standing| standing.as_ref().map(|standing| standing.skills.clone()).unwrap_or_default());
        let row = |name: &String| skill_row(name, known.iter().find(|skill| skill.skill == *name));
        names.iter().map(row).collect_view()
    };
    view! { <ul class="space-y-2">{rows}</ul> }.into_any()
}

fn skill_row(name: &str, known: Option<&SkillStanding>) -> impl IntoView + use<> {
    let words = known.map(|known| {
        let p95 = known.p95_ms.map(|p95| format!(", p95 {}", format::millis(p95))).unwrap_or_default();
        format!("{}, {}{p95}", known.strategy, needs_words(&known.needs))
    });
    view! {
        <li>
            <a class="font-mono text-13 text-accent hover:underline" href=format!("/tasks/new?skill={name}")>
                {name.to_owned()}
            </a>
            {words.map(|words| view! { <p class="text-12 text-muted" data-testid="skill-balancing">{words}</p> })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::agent::InstanceRange;
    use baton_domain::id::{AgentId, DEFAULT_PROJECT};
    use baton_domain::wire::agent::CircuitView;

    use super::*;

    #[test]
    fn how_many_instances_there_are_and_may_be_is_said_in_words() {
        let instance = |number| InstanceView {
            number,
            kind: InstanceKind::Child,
            host: "h".to_owned(),
            server: None,
            status: InstanceStatus::Ready,
            slots: 2,
            busy: 0,
            failures: 0,
            restart_at: None,
            circuit: None,
        };
        let standing = |range| AgentStanding {
            agent_id: AgentId::new(*DEFAULT_PROJECT.as_uuid()),
            circuit: CircuitView { state: CircuitState::Closed, consecutive_failures: 0, failure_rate: 0.0, open_until: None },
            instances: vec![instance(1), instance(2)],
            range,
            success_rate: 1.0,
            cost_micros: 0,
            skills: Vec::new(),
        };
        assert_eq!(range_words(&standing(InstanceRange::up_to(4))), "2, between 1 and 4 as its queue ages");
        assert_eq!(range_words(&standing(InstanceRange { minimum: 2, maximum: 2 })), "2");
        let there = InstanceView { server: Some("two".to_owned()), ..instance(1) };
        let elsewhere = AgentStanding { instances: vec![there], ..standing(InstanceRange::up_to(4)) };
        assert_eq!(range_words(&elsewhere), "none on this server");
    }

    #[test]
    fn closing_the_circuit_is_offered_where_it_does_something() {
        let circuit = |state| Some(CircuitView { state, consecutive_failures: 0, failure_rate: 0.0, open_until: None });
        let instance = |status, failures, circuit| InstanceView {
            number: 1,
            kind: InstanceKind::Worker,
            host: "h".to_owned(),
            server: Some("two".to_owned()),
            status,
            slots: 2,
            busy: 0,
            failures,
            restart_at: None,
            circuit,
        };
        assert!(!is_in_trouble(&instance(InstanceStatus::Ready, 2, circuit(CircuitState::Closed))));
        assert!(is_in_trouble(&instance(InstanceStatus::Ready, 0, circuit(CircuitState::Open))));
        assert!(is_in_trouble(&instance(InstanceStatus::Ready, 0, circuit(CircuitState::HalfOpen))));
        assert!(is_in_trouble(&instance(InstanceStatus::Unhealthy, 3, None)));
        assert!(!is_in_trouble(&instance(InstanceStatus::Unhealthy, 0, None)), "it is silent");
    }
}
