//! How does an agent stand where others carry it, by what each of them last said?
//!
//! Servers and workers say with each heartbeat how their agents stand, so a word is as old as the last heartbeat at most. What has come about
//! since then by itself is added: a circuit whose time is over is half open, an instance that waited is started. Of a carrier that has said
//! nothing, since it has just joined or somebody has just closed the circuit, nothing bad is believed.

use baton_domain::agent::{AgentStatus, CircuitState, InstanceKind, InstanceStatus};
use baton_domain::id::ServerId;
use baton_domain::server::{ServerKind, ServerStatus};
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::{AgentStanding, CircuitView, InstanceView};
use baton_storage::{CarriedStanding, Carrying, KnownAgent};

use crate::load_balancer::RejectReason;

/// The circuit of whoever has said nothing.
const CLOSED: CircuitView = CircuitView { state: CircuitState::Closed, consecutive_failures: 0, failure_rate: 0.0, open_until: None };

/// The instances of an agent that others than this server have.
pub(super) fn instances(agent: &KnownAgent, mine: ServerId, alive_since: Timestamp, now: Timestamp) -> Vec<InstanceView> {
    let others = agent.carried.iter().filter(|on| on.server.id != mine);
    others.zip(1..).map(|(on, number)| instance(number, agent.status, on, alive_since, now)).collect()
}

/// All instances that a carrier has of an agent, as one.
fn instance(number: u32, agent: AgentStatus, on: &Carrying, alive_since: Timestamp, now: Timestamp) -> InstanceView {
    let said = on.standing.as_ref().map(|said| by_now(said, now));
    let drains = on.status != ServerStatus::Active || agent != AgentStatus::Active;
    let status = match said.as_ref().map_or(InstanceStatus::Ready, |said| said.status) {
        // It may be cut off, or stopped; the leader forgets it soon.
        _ if on.seen_at <= alive_since => InstanceStatus::Unhealthy,
        InstanceStatus::Ready | InstanceStatus::Starting if drains => InstanceStatus::Draining,
        status => status,
    };
    InstanceView {
        number,
        kind: match on.kind {
            ServerKind::Server => InstanceKind::Server,
            ServerKind::Worker => InstanceKind::Worker,
        },
        host: on.host.clone(),
        server: Some(on.server.name.clone()),
        status,
        slots: said.as_ref().map_or(on.slots, |said| said.slots),
        busy: busy(on, said.as_ref()),
        failures: said.as_ref().map_or(0, |said| said.failures),
        restart_at: said.as_ref().and_then(|said| said.restart_at),
        circuit: said.map(|said| said.circuit),
    }
}

/// How many attempts have a slot there: the registry counts all that run, and some of them gave theirs back while they wait for others.
fn busy(on: &Carrying, said: Option<&CarriedStanding>) -> u32 {
    on.busy.saturating_sub(said.map_or(0, |said| said.aside))
}

/// How many attempts of an agent run without a slot on others than this server, as they last said.
pub(super) fn aside(agent: &KnownAgent, mine: ServerId) -> u32 {
    let others = agent.carried.iter().filter(|on| on.server.id != mine);
    // What began to wait when the others last said so may have ended since: no more of them wait than there are.
    others.map(|on| on.busy - busy(on, on.standing.as_ref())).fold(0, u32::saturating_add)
}

/// How an agent that only others carry stands with them. Its circuit is the worst of those of the carriers that live: an open one before
/// a half open one before a closed one; of two that are open, the one that is tried again later; then the one with more failures one after
/// another, and the greater share of them.
pub(super) fn standing(agent: &KnownAgent, mine: ServerId, alive_since: Timestamp, now: Timestamp) -> AgentStanding {
    let alive = agent.carried.iter().filter(|on| on.server.id != mine && on.seen_at > alive_since);
    let circuits = alive.filter_map(|on| on.standing.as_ref()).map(|said| by_now(said, now).circuit);
    let badness = |circuit: &CircuitView| (rank(circuit.state), circuit.open_until, circuit.consecutive_failures);
    let worst = circuits.max_by(|one, other| badness(one).cmp(&badness(other)).then(one.failure_rate.total_cmp(&other.failure_rate)));
    AgentStanding {
        agent_id: agent.id,
        circuit: worst.unwrap_or(CLOSED),
        instances: instances(agent, mine, alive_since, now),
        range: agent.card.instances,
        // Nothing is known of it, as of an agent that has done nothing yet.
        success_rate: 0.5,
        cost_micros: agent.card.cost_micros,
        skills: Vec::new(),
    }
}

/// The same once somebody has closed the circuit: the carriers hear of it from the log, and may have said something else meanwhile.
pub(crate) fn once_closed(mut standing: AgentStanding) -> AgentStanding {
    standing.circuit = CLOSED;
    for circuit in standing.instances.iter_mut().filter_map(|instance| instance.circuit.as_mut()) {
        *circuit = CLOSED;
    }
    standing
}

/// The higher, the worse.
const fn rank(circuit: CircuitState) -> u8 {
    match circuit {
        CircuitState::Closed => 0,
        CircuitState::HalfOpen => 1,
        CircuitState::Open => 2,
    }
}

/// What a carrier said, with what has come about since then by itself.
fn by_now(said: &CarriedStanding, now: Timestamp) -> CarriedStanding {
    let mut said = said.clone();
    if said.circuit.open_until.is_some_and(|until| until <= now) {
        said.circuit = CircuitView { state: CircuitState::HalfOpen, open_until: None, ..said.circuit };
    }
    if said.restart_at.is_some_and(|at| at <= now) {
        said.restart_at = None;
        // On trial it gets one attempt.
        said.usable = said.usable.max(1);
        if said.status == InstanceStatus::Unhealthy {
            said.status = InstanceStatus::Starting;
        }
    }
    said
}

/// What keeps an agent that could do the work from taking it now, by what `told` says of each carrier. Of several carriers the one decides
/// that came furthest in the order in which a balancer looks: where only a slot is missing, the task begins sooner than where the circuit is open.
pub(super) fn cannot(
    agent: &KnownAgent,
    skill: &str,
    alive_since: Timestamp,
    now: Timestamp,
    told: impl Fn(&Carrying) -> Option<CarriedStanding>,
) -> Option<&'static str> {
    let mut alive = agent.carried.iter().filter(|on| on.seen_at > alive_since).peekable();
    if alive.peek().is_none() {
        return Some("not_running");
    }
    let mut furthest = RejectReason::Draining;
    for on in alive.filter(|on| on.status == ServerStatus::Active && agent.status == AgentStatus::Active) {
        // With nothing against one of them, nothing is against the agent.
        furthest = furthest.max(keeps(on, told(on).map(|said| by_now(&said, now)), skill)?);
    }
    Some(furthest.as_str())
}

/// What keeps a carrier that takes work from taking this, in the order in which its balancer looks.
fn keeps(on: &Carrying, said: Option<CarriedStanding>, skill: &str) -> Option<RejectReason> {
    let Some(said) = said else { return (on.busy >= on.slots).then_some(RejectReason::NoSlot) };
    let busy = busy(on, Some(&said));
    let through = match said.circuit.state {
        CircuitState::Closed => u32::MAX,
        CircuitState::HalfOpen => said.probes,
        CircuitState::Open => 0,
    };
    if said.usable == 0 {
        Some(RejectReason::Unhealthy)
    } else if busy >= through {
        Some(RejectReason::CircuitOpen)
    } else if busy >= said.usable {
        Some(RejectReason::NoSlot)
    } else if said.no_room.iter().any(|full| full == skill) {
        Some(RejectReason::NoCapacity)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::agent::{AgentCard, Family, InstanceRange};
    use baton_domain::id::AgentId;
    use baton_domain::server::ServerRef;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(100_000);
    const ALIVE_SINCE: Timestamp = Timestamp::from_millis(70_000);
    const SKILL: &str = "test.work";

    fn server(number: u128) -> ServerId {
        ServerId::new(Uuid::from_u128(number))
    }

    fn on(number: u128, slots: u32, busy: u32) -> Carrying {
        Carrying {
            server: ServerRef { id: server(number), name: format!("server {number}") },
            kind: ServerKind::Worker,
            host: "far.example".into(),
            status: ServerStatus::Active,
            slots,
            busy,
            seen_at: NOW,
            standing: None,
        }
    }

    /// One that was last seen so long ago that it no longer counts.
    fn silent(on: Carrying) -> Carrying {
        Carrying { seen_at: ALIVE_SINCE, ..on }
    }

    fn draining(on: Carrying) -> Carrying {
        Carrying { status: ServerStatus::Draining, ..on }
    }

    /// Everything in order, with four slots.
    fn sound() -> CarriedStanding {
        CarriedStanding {
            circuit: CLOSED,
            probes: 2,
            status: InstanceStatus::Ready,
            slots: 4,
            usable: 4,
            aside: 0,
            failures: 0,
            restart_at: None,
            no_room: vec![],
        }
    }

    fn unhealthy(restart_at: i64) -> CarriedStanding {
        let restart_at = Some(Timestamp::from_millis(restart_at));
        CarriedStanding { status: InstanceStatus::Unhealthy, usable: 0, failures: 3, restart_at, ..sound() }
    }

    fn circuit(state: CircuitState, consecutive_failures: u32, open_until: Option<i64>) -> CircuitView {
        CircuitView { state, consecutive_failures, failure_rate: 0.5, open_until: open_until.map(Timestamp::from_millis) }
    }

    fn open(until: i64) -> CarriedStanding {
        CarriedStanding { circuit: circuit(CircuitState::Open, 10, Some(until)), ..sound() }
    }

    fn says(on: Carrying, said: CarriedStanding) -> Carrying {
        Carrying { standing: Some(said), ..on }
    }

    fn agent(carried: Vec<Carrying>) -> KnownAgent {
        let card = AgentCard {
            name: "far".into(),
            title: "Far".into(),
            description: "Elsewhere.".into(),
            family: Family::Custom,
            skills: vec![],
            labels: vec![],
            slots: 4,
            instances: InstanceRange::default(),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        };
        KnownAgent { id: AgentId::new(Uuid::from_u128(7)), status: AgentStatus::Active, card, carried }
    }

    fn why(carried: Vec<Carrying>) -> Option<&'static str> {
        cannot(&agent(carried), SKILL, ALIVE_SINCE, NOW, |on| on.standing.clone())
    }

    #[test]
    fn an_agent_cannot_while_nobody_alive_carries_it_drains_or_all_its_slots_are_taken() {
        assert_eq!(why(vec![]), Some("not_running"));
        assert_eq!(why(vec![silent(on(1, 4, 0))]), Some("not_running"), "it was silent for a lease");
        assert_eq!(why(vec![draining(on(1, 4, 0))]), Some("draining"));
        let drained = KnownAgent { status: AgentStatus::Draining, ..agent(vec![on(1, 4, 0)]) };
        assert_eq!(cannot(&drained, SKILL, ALIVE_SINCE, NOW, |_| None), Some("draining"));
        assert_eq!(why(vec![on(1, 4, 4), draining(on(2, 4, 0))]), Some("no_slot"));
        assert_eq!(why(vec![on(1, 4, 4), on(2, 4, 3)]), None);
    }

    #[test]
    fn an_agent_cannot_while_its_carrier_says_what_is_against_it() {
        assert_eq!(why(vec![says(on(1, 4, 0), sound())]), None);
        assert_eq!(why(vec![says(on(1, 4, 0), open(100_001))]), Some("circuit_open"));
        assert_eq!(why(vec![says(on(1, 4, 0), unhealthy(100_001))]), Some("unhealthy"));
        let full = CarriedStanding { no_room: vec![SKILL.to_owned()], ..sound() };
        assert_eq!(why(vec![says(on(1, 4, 0), full.clone())]), Some("no_capacity"));
        let other = CarriedStanding { no_room: vec!["test.other".to_owned()], ..sound() };
        assert_eq!(why(vec![says(on(1, 4, 0), other)]), None, "there is room for this skill");
        // More instances than the registry knows of.
        let grown = CarriedStanding { slots: 8, usable: 8, ..sound() };
        assert_eq!(why(vec![says(on(1, 4, 7), grown.clone())]), None);
        assert_eq!(why(vec![says(on(1, 4, 8), grown)]), Some("no_slot"));
        assert_eq!(why(vec![says(on(1, 4, 8), full)]), Some("no_slot"), "a slot is looked for first");
    }

    #[test]
    fn what_waits_for_others_takes_no_slot_elsewhere() {
        let waits = |busy, aside, said| says(on(1, 4, busy), CarriedStanding { aside, ..said });
        assert_eq!(why(vec![waits(5, 1, sound())]), Some("no_slot"));
        assert_eq!(why(vec![waits(5, 2, sound())]), None);
        assert_eq!(why(vec![waits(3, 1, open(100_000))]), Some("circuit_open"), "two are its trial");
        assert_eq!(why(vec![waits(3, 2, open(100_000))]), None);
        let shown = |on: &Carrying| instance(1, AgentStatus::Active, on, ALIVE_SINCE, NOW).busy;
        assert_eq!((shown(&waits(5, 2, sound())), shown(&waits(1, 2, sound())), shown(&on(1, 4, 5))), (3, 0, 5));
        let carried = vec![waits(5, 2, sound()), says(on(2, 4, 1), CarriedStanding { aside: 3, ..sound() }), on(3, 4, 2)];
        assert_eq!(aside(&agent(carried.clone()), server(9)), 3, "no more wait than there are");
        assert_eq!(aside(&agent(carried), server(1)), 1, "this server counts its own");
    }

    #[test]
    fn a_circuit_or_an_instance_whose_time_has_come_lets_as_much_through_as_a_trial_does() {
        assert_eq!(why(vec![says(on(1, 4, 1), open(100_000))]), None);
        assert_eq!(why(vec![says(on(1, 4, 2), open(100_000))]), Some("circuit_open"), "it is being tried");
        assert_eq!(why(vec![says(on(1, 4, 0), unhealthy(100_000))]), None);
        assert_eq!(why(vec![says(on(1, 4, 1), unhealthy(100_000))]), Some("no_slot"), "it is on trial");
    }

    #[test]
    fn of_several_carriers_the_one_that_came_furthest_says_why() {
        let shut = || says(on(1, 4, 0), open(200_000));
        let dead = || says(on(2, 4, 0), unhealthy(200_000));
        assert_eq!(why(vec![shut(), dead()]), Some("circuit_open"));
        assert_eq!(why(vec![dead(), shut(), says(on(3, 4, 4), sound())]), Some("no_slot"));
        assert_eq!(why(vec![dead(), draining(says(on(3, 4, 0), sound()))]), Some("unhealthy"));
        assert_eq!(why(vec![dead(), shut(), says(on(3, 4, 0), sound())]), None, "one could take it now");
    }

    #[test]
    fn an_instance_elsewhere_says_where_it_is_and_how() {
        let show = |agent, on: &Carrying| instance(2, agent, on, ALIVE_SINCE, NOW);
        let shown = show(AgentStatus::Active, &on(3, 16, 3));
        assert_eq!(
            (shown.number, shown.kind, shown.host.as_str(), shown.server.as_deref()),
            (2, InstanceKind::Worker, "far.example", Some("server 3"))
        );
        assert_eq!((shown.status, shown.slots, shown.busy, shown.circuit), (InstanceStatus::Ready, 16, 3, None));
        let status = |agent, on: &Carrying| show(agent, on).status;
        assert_eq!(status(AgentStatus::Draining, &on(3, 1, 0)), InstanceStatus::Draining);
        assert_eq!(status(AgentStatus::Active, &draining(on(3, 1, 0))), InstanceStatus::Draining);
        assert_eq!(status(AgentStatus::Active, &silent(on(3, 1, 0))), InstanceStatus::Unhealthy);
        assert_eq!(
            status(AgentStatus::Draining, &says(on(3, 1, 0), unhealthy(200_000))),
            InstanceStatus::Unhealthy,
            "as on its own server"
        );
        assert_eq!(status(AgentStatus::Active, &silent(says(on(3, 1, 0), sound()))), InstanceStatus::Unhealthy);
    }

    #[test]
    fn an_instance_elsewhere_is_as_its_carrier_said_and_as_it_must_be_by_now() {
        let show = |said| instance(1, AgentStatus::Active, &says(on(3, 4, 0), said), ALIVE_SINCE, NOW);
        let waits = show(unhealthy(100_001));
        assert_eq!((waits.status, waits.failures, waits.restart_at), (InstanceStatus::Unhealthy, 3, Some(Timestamp::from_millis(100_001))));
        let started = show(unhealthy(100_000));
        assert_eq!((started.status, started.failures, started.restart_at), (InstanceStatus::Starting, 3, None));
        assert_eq!(show(open(100_001)).circuit, Some(circuit(CircuitState::Open, 10, Some(100_001))));
        assert_eq!(show(open(100_000)).circuit, Some(circuit(CircuitState::HalfOpen, 10, None)));
        assert_eq!(show(CarriedStanding { slots: 12, ..sound() }).slots, 12, "with the instances that came since it joined");
    }

    #[test]
    fn the_worst_circuit_of_those_that_live_is_the_agents() {
        let with = |circuit| CarriedStanding { circuit, ..sound() };
        let stands = |carried| standing(&agent(carried), server(9), ALIVE_SINCE, NOW);
        let half = circuit(CircuitState::HalfOpen, 20, None);
        assert_eq!(stands(vec![on(1, 4, 0)]).circuit, CLOSED, "nothing was said");
        let both = stands(vec![says(on(1, 4, 0), with(half)), says(on(2, 4, 0), open(200_000))]);
        assert_eq!(both.circuit, circuit(CircuitState::Open, 10, Some(200_000)));
        let each: Vec<_> = both.instances.iter().map(|on| (on.number, on.circuit.map(|circuit| circuit.state))).collect();
        assert_eq!(each, [(1, Some(CircuitState::HalfOpen)), (2, Some(CircuitState::Open))]);
        let later = stands(vec![says(on(1, 4, 0), open(300_000)), says(on(2, 4, 0), open(200_000))]);
        assert_eq!(later.circuit.open_until, Some(Timestamp::from_millis(300_000)));
        let failing = circuit(CircuitState::Closed, 3, None);
        assert_eq!(stands(vec![says(on(1, 4, 0), with(failing)), says(on(2, 4, 0), sound())]).circuit, failing);
        let own = says(on(9, 4, 0), open(200_000));
        let others = stands(vec![silent(says(on(1, 4, 0), open(200_000))), says(on(2, 4, 0), with(half)), own]);
        assert_eq!((others.circuit, others.instances.len()), (half, 2), "neither a silent one nor this server counts");
    }

    #[test]
    fn once_it_was_closed_no_circuit_is_open() {
        let carried = vec![says(on(1, 4, 0), open(200_000)), on(2, 4, 0)];
        let closed = once_closed(standing(&agent(carried), server(9), ALIVE_SINCE, NOW));
        assert_eq!(closed.circuit, CLOSED);
        assert_eq!(closed.instances.iter().map(|on| on.circuit).collect::<Vec<_>>(), [Some(CLOSED), None]);
    }
}
