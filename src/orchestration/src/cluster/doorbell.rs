//! How does what another server committed reach the parts that wait for it here?
//!
//! The store hands the events of all servers to the bus, in the order of the log. Here they ring for the queues, and tell of
//! tasks that somebody wants to end, of agents and servers that were drained or resumed, and of circuits that were closed. A message
//! that is lost costs time: queues are looked at now and then anyway, the heartbeat brings the rest, and a circuit closes by itself.

use std::sync::Arc;

use baton_bus::message_bus::{Message, Subscription};
use baton_domain::agent::AgentStatus;
use baton_domain::event::Event;
use baton_domain::server::ServerStatus;
use baton_domain::task::{Priority, TaskState};
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::task::TaskSummary;
use baton_storage::{CIRCUIT_RESET, QueueClass};
use serde::Deserialize;

use super::Shared;
use crate::engine::Order;
use crate::task_manager::refusals::REFUSED;

/// Listens until the engine stops.
pub(crate) async fn run(shared: Shared, mut bus: Subscription) {
    loop {
        let message = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            message = bus.next() => message,
        };
        match message {
            Some(Message::Committed(events)) => hear_all(&shared, &events),
            Some(Message::Transient(_)) => {}
            Some(Message::Lagged) => {
                shared.backlog.look_again_at_all();
                shared.backlog.ring_all();
                shared.elsewhere.forget();
                if let Err(error) = shared.live.count(&*shared.store).await {
                    // A full queue is counted before it refuses; until then more may be taken in.
                    tracing::warn!(%error, "live tasks could not be counted");
                }
            }
            None => return,
        }
    }
}

/// What of a queued task tells where it waits.
#[derive(Deserialize)]
struct Queued {
    skill: String,
    #[serde(default)]
    fairness_key: Option<String>,
    priority: Priority,
    #[serde(default)]
    reason: Option<String>,
}

fn hear_all(shared: &Shared, events: &[Arc<Event>]) {
    for (index, event) in events.iter().enumerate() {
        shared.live.hear(event);
        // A task that was stored and begun in one commit waits for nobody.
        let begun = |next: &Arc<Event>| next.kind == "task.assigned" && next.subject == event.subject;
        if event.kind != "task.queued" || !events.get(index + 1).is_some_and(begun) {
            hear(shared, event);
        }
    }
}

fn hear(shared: &Shared, event: &Event) {
    if event.kind.starts_with("agent.") || event.kind.starts_with("server.") {
        shared.elsewhere.forget();
    }
    if shared.refusals.tasks() > 0
        && event.kind.strip_prefix("task.").and_then(TaskState::parse).is_some_and(TaskState::is_terminal)
        && let Some(task) = event.subject.strip_prefix("task:").and_then(|id| id.parse().ok())
    {
        shared.refusals.forget(task);
    }
    match event.kind.as_str() {
        "task.queued" => {
            if let Ok(Queued { skill, fairness_key, priority, reason }) = event.data.read() {
                if reason.as_deref() == Some(REFUSED)
                    && let Ok(TaskSummary { id, agent: Some(agent), .. }) = event.data.read()
                {
                    shared.refusals.note(id, [agent.id]);
                }
                shared.backlog.ring_one(&QueueClass { skill, fairness_key, priority });
            }
        }
        "task.cancel_requested" => {
            let Ok(task) = event.data.read::<TaskSummary>() else { return };
            if let Some(running) = shared.running.lock().get(&task.id) {
                running.orders.send_if_modified(|order| *order == Order::Work && std::mem::replace(order, Order::Cancel) == Order::Work);
            }
        }
        // Whoever leads has the sweep.
        "decision.ended" => shared.backlog.due.notify_one(),
        "agent.active" | "agent.draining" => {
            let Ok(agent) = event.data.read::<AgentView>() else { return };
            let status = if event.kind == "agent.active" { AgentStatus::Active } else { AgentStatus::Draining };
            shared.pool.set_status(agent.id, status);
            shared.backlog.rung.notify_one();
        }
        CIRCUIT_RESET => {
            let Ok(agent) = event.data.read::<AgentView>() else { return };
            shared.pool.reset_circuit(agent.id);
            shared.backlog.rung.notify_one();
        }
        "server.active" | "server.draining" if event.subject == format!("server:{}", shared.cluster.server().id) => {
            let status = if event.kind == "server.active" { ServerStatus::Active } else { ServerStatus::Draining };
            shared.cluster.set_status(status);
            shared.backlog.rung.notify_one();
        }
        _ => {}
    }
}
