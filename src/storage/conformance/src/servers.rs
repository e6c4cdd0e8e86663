//! What does the contract say of servers and workers that share a store?

use baton_domain::agent::{AgentStatus, CircuitState, InstanceStatus};
use baton_domain::id::{LeaseToken, ServerId, TaskId};
use baton_domain::server::{ServerKind, ServerStatus};
use baton_domain::task::Trigger;
use baton_domain::user::Principal;
use baton_domain::wire::agent::CircuitView;
use baton_domain::wire::server::ServerView;
use baton_domain::wire::task::AgentRef;
use baton_storage::{
    Advance, Advanced, AgentRegistration, Assignment, Beat, Beaten, CarriedStanding, Carrying, DueTask, Guard, Joined, KnownAgent, Leader,
    ServerRegistration, TaskRecord,
};

use crate::World;
use crate::make::{agent, at, person, server};

fn registration(name: &str) -> ServerRegistration {
    ServerRegistration {
        server: server(name),
        kind: ServerKind::Server,
        host: "host.example".to_owned(),
        version: "0.2.0".to_owned(),
        token_key: Some("a1".to_owned()),
        agents: vec![("nlp".to_owned(), 4), ("code".to_owned(), 2)],
    }
}

async fn join(world: &World, name: &str, millis: i64) {
    let answer = world.store.join_server(registration(name), at(millis), at(millis - 60_000)).await.unwrap();
    assert_eq!(answer, Joined::Joined);
}

fn beat(name: &str, millis: i64) -> Beat {
    Beat { server: server(name).id, at: at(millis), leases: vec![], until: at(millis + 30_000), agents: vec![] }
}

async fn listed(world: &World) -> Vec<ServerView> {
    world.store.servers(at(0)).await.unwrap().items
}

async fn names(world: &World) -> Vec<String> {
    listed(world).await.into_iter().map(|server| server.name).collect()
}

pub async fn a_server_that_joins_is_shown_and_told_of(world: &World) {
    join(world, "one", 5).await;
    let wanted = ServerView {
        id: server("one").id,
        name: "one".to_owned(),
        kind: ServerKind::Server,
        status: ServerStatus::Active,
        host: "host.example".to_owned(),
        version: "0.2.0".to_owned(),
        slots: 6,
        busy: 0,
        leads: false,
        started_at: at(5),
        seen_at: at(5),
    };
    let found = world.store.servers(at(5)).await.unwrap();
    assert_eq!((found.items, found.as_of.0), (vec![wanted.clone()], 1));
    let event = world.since(0).await.remove(0);
    assert_eq!((event.kind.as_str(), event.subject, event.at), ("server.joined", format!("server:{}", wanted.id), at(5)));
    assert_eq!((event.actor, event.data.value()), (Principal::System, serde_json::to_value(&wanted).unwrap()));
}

pub async fn a_server_that_joins_again_keeps_its_status_and_its_start(world: &World) {
    join(world, "one", 5).await;
    world.store.set_server_status(server("one").id, ServerStatus::Draining, person(), at(6)).await.unwrap();
    let again = ServerRegistration { agents: vec![("nlp".to_owned(), 9)], ..registration("one") };
    assert_eq!(world.store.join_server(again, at(7), at(0)).await.unwrap(), Joined::Joined);
    let found = listed(world).await.remove(0);
    assert_eq!((found.status, found.started_at, found.seen_at, found.slots), (ServerStatus::Draining, at(5), at(7), 9));
}

pub async fn servers_come_by_name(world: &World) {
    for name in ["two", "one", "One", "three"] {
        join(world, name, 0).await;
    }
    assert_eq!(names(world).await, ["One", "one", "three", "two"]);
}

pub async fn a_server_with_another_key_is_refused_while_the_others_live(world: &World) {
    join(world, "one", 1_000).await;
    let other = ServerRegistration { token_key: Some("b2".to_owned()), ..registration("two") };
    let answer = world.store.join_server(other.clone(), at(2_000), at(999)).await.unwrap();
    assert_eq!(answer, Joined::OtherKey("one".to_owned()));
    assert_eq!((names(world).await, world.head().await), (vec!["one".to_owned()], 1));
    assert_eq!(world.store.join_server(other, at(90_000), at(1_000)).await.unwrap(), Joined::Joined, "the other one is silent");
}

pub async fn whoever_signs_nothing_joins_whatever_the_others_key(world: &World) {
    join(world, "one", 0).await;
    let worker = ServerRegistration { kind: ServerKind::Worker, token_key: None, ..registration("two") };
    assert_eq!(world.store.join_server(worker, at(0), at(-1)).await.unwrap(), Joined::Joined);
    join(world, "three", 0).await;
    let kinds: Vec<ServerKind> = listed(world).await.into_iter().map(|server| server.kind).collect();
    assert_eq!(kinds, [ServerKind::Server, ServerKind::Server, ServerKind::Worker]);
}

pub async fn a_beat_moves_the_end_of_leases_and_when_the_server_was_seen(world: &World) {
    join(world, "main", 0).await;
    let (held, other) = (world.running().await, world.running().await);
    let head = world.head().await;
    let leases = vec![(held.task.summary.id, held.task.lease)];
    let answer = world.store.beat(Beat { leases, ..beat("main", 40_000) }).await.unwrap();
    assert_eq!(answer, Beaten { status: Some(ServerStatus::Active), ..Beaten::default() });
    let renewed = TaskRecord { lease_until: Some(at(70_000)), ..held.task };
    assert_eq!(world.record(renewed.summary.id).await, renewed);
    assert_eq!(world.record(other.task.summary.id).await, other.task);
    assert_eq!((listed(world).await[0].seen_at, world.head().await), (at(40_000), head), "a beat is no event");
}

pub async fn a_beat_gives_back_stale_leases_and_wanted_ends_in_their_order(world: &World) {
    join(world, "main", 0).await;
    let (held, lost, wanted) = (world.running().await, world.running().await, world.running().await);
    let lose = Advance::new(lost.task.summary.id, Guard::Lease(lost.task.lease), Trigger::LoseWorker, Principal::System, at(200));
    world.applied(lose).await;
    let again = world.begin(lost.task.summary.id, at(300)).await;
    world.store.request_cancel(wanted.task.summary.id, person(), at(400)).await.unwrap();
    let lease = |begun: &baton_storage::BegunTask| (begun.task.summary.id, begun.task.lease);
    let leases = vec![lease(&wanted), lease(&lost), lease(&held), lease(&again)];
    let answer = world.store.beat(Beat { leases, ..beat("main", 500) }).await.unwrap();
    assert_eq!((answer.stale, answer.cancel), (vec![lease(&lost)], vec![lease(&wanted)]));
    for begun in [held, again, wanted] {
        assert_eq!(world.record(begun.task.summary.id).await.lease_until, Some(at(30_500)));
    }
}

pub async fn a_beat_renews_no_lease_of_what_has_ended_or_does_not_exist(world: &World) {
    join(world, "main", 0).await;
    let done = world.running().await;
    world.store.complete(World::completion(&done, at(300))).await.unwrap();
    let (done, missing) = ((done.task.summary.id, done.task.lease), (TaskId::new(world.id()), LeaseToken(1)));
    let answer = world.store.beat(Beat { leases: vec![missing, done], ..beat("main", 500) }).await.unwrap();
    assert_eq!((answer.stale, answer.cancel), (vec![missing, done], vec![]));
    assert_eq!(world.record(done.0).await.lease_until, None);
}

pub async fn a_beat_that_comes_late_or_twice_moves_nothing_back(world: &World) {
    join(world, "main", 0).await;
    let held = world.running().await;
    let leases = vec![(held.task.summary.id, held.task.lease)];
    for millis in [40_000, 20_000, 40_000, 39_999] {
        let answer = world.store.beat(Beat { leases: leases.clone(), ..beat("main", millis) }).await.unwrap();
        assert_eq!(answer, Beaten { status: Some(ServerStatus::Active), ..Beaten::default() }, "it is no stale one");
        assert_eq!(world.record(held.task.summary.id).await.lease_until, Some(at(70_000)), "after the beat of {millis}");
        assert_eq!(listed(world).await[0].seen_at, at(40_000), "after the beat of {millis}");
    }
}

pub async fn a_holder_that_beats_does_not_expire(world: &World) {
    let begun = world.running().await;
    let (id, lease) = (begun.task.summary.id, begun.task.lease);
    world.store.beat(Beat { leases: vec![(id, lease)], ..beat("main", 30_000) }).await.unwrap();
    assert_eq!(world.store.due_tasks(at(59_999), 9).await.unwrap(), []);
    assert_eq!(world.store.due_tasks(at(60_000), 9).await.unwrap(), [DueTask::LeaseExpired(id, lease)]);
}

pub async fn a_beat_of_a_server_that_nobody_knows_says_so_and_keeps_its_leases(world: &World) {
    let held = world.running().await;
    let leases = vec![(held.task.summary.id, held.task.lease)];
    let answer = world.store.beat(Beat { leases, ..beat("main", 500) }).await.unwrap();
    assert_eq!(answer, Beaten::default());
    assert_eq!(world.record(held.task.summary.id).await.lease_until, Some(at(30_500)));
    assert_eq!(listed(world).await, []);
}

pub async fn busy_counts_the_leases_a_server_holds(world: &World) {
    join(world, "main", 0).await;
    join(world, "other", 0).await;
    let begun = world.running().await;
    world.running().await;
    let busy = async || listed(world).await.iter().map(|server| server.busy).collect::<Vec<_>>();
    assert_eq!(busy().await, [2, 0]);
    world.store.complete(World::completion(&begun, at(300))).await.unwrap();
    assert_eq!(busy().await, [1, 0]);
}

pub async fn a_change_of_a_servers_status_reaches_its_beat_and_has_its_event(world: &World) {
    join(world, "one", 0).await;
    for (status, kind) in [(ServerStatus::Draining, "server.draining"), (ServerStatus::Active, "server.active")] {
        let head = world.head().await;
        let seen = world.store.set_server_status(server("one").id, status, person(), at(200)).await.unwrap().unwrap();
        assert_eq!(listed(world).await, std::slice::from_ref(&seen));
        let events = world.since(head).await;
        assert_eq!((events.len(), events[0].kind.as_str(), &events[0].actor, events[0].at), (1, kind, &person(), at(200)));
        assert_eq!(events[0].data.value(), serde_json::to_value(&seen).unwrap());
        assert_eq!(world.store.beat(beat("one", 0)).await.unwrap().status, Some(status));
    }
}

pub async fn a_server_that_does_not_exist_has_no_status(world: &World) {
    let unknown = ServerId::new(world.id());
    assert_eq!(world.store.set_server_status(unknown, ServerStatus::Draining, person(), at(0)).await.unwrap(), None);
    world.store.leave_server(unknown, at(0)).await.unwrap();
    assert_eq!(world.head().await, 0);
}

async fn slots(world: &World) -> Vec<(String, u32)> {
    world.store.agents().await.unwrap().items.into_iter().map(|agent| (agent.name, agent.slots)).collect()
}

pub async fn the_slots_of_an_agent_are_those_of_all_servers_that_carry_it(world: &World) {
    world.register_agent().await;
    assert_eq!(slots(world).await, [("nlp".to_owned(), 4)], "what it says of itself");
    join(world, "one", 0).await;
    let second = ServerRegistration { agents: vec![("nlp".to_owned(), 3)], ..registration("two") };
    world.store.join_server(second, at(0), at(0)).await.unwrap();
    assert_eq!(slots(world).await, [("nlp".to_owned(), 7)]);
    world.store.leave_server(server("two").id, at(1)).await.unwrap();
    assert_eq!(slots(world).await, [("nlp".to_owned(), 4)]);
}

pub async fn an_agent_of_another_server_stays_listed(world: &World) {
    join(world, "one", 0).await;
    world.store.register_agents(vec![world.registration("nlp"), world.registration("web")], at(0)).await.unwrap();
    let second = ServerRegistration { agents: vec![("data".to_owned(), 1)], ..registration("two") };
    world.store.join_server(second, at(5), at(0)).await.unwrap();
    world.store.register_agents(vec![world.registration("data")], at(5)).await.unwrap();
    let names: Vec<String> = slots(world).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["data", "nlp"], "nobody carries web any more");
}

pub async fn a_server_that_leaves_takes_its_agents_with_it(world: &World) {
    let second = ServerRegistration { agents: vec![("data".to_owned(), 1)], ..registration("two") };
    join(world, "one", 0).await;
    world.store.join_server(second, at(0), at(0)).await.unwrap();
    world.store.register_agents(vec![world.registration("nlp"), world.registration("data")], at(0)).await.unwrap();
    let head = world.head().await;
    world.store.leave_server(server("two").id, at(9)).await.unwrap();
    assert_eq!(slots(world).await, [("nlp".to_owned(), 4)]);
    let event = world.since(head).await.remove(0);
    assert_eq!((event.kind.as_str(), event.subject, event.at), ("server.left", format!("server:{}", server("two").id), at(9)));
    world.store.leave_server(server("one").id, at(10)).await.unwrap();
    assert_eq!(slots(world).await.len(), 1, "while nobody runs, what there was is still shown");
    assert_eq!(listed(world).await, []);
}

pub async fn known_agents_come_with_their_cards_and_with_who_carries_them(world: &World) {
    let worker = ServerRegistration { kind: ServerKind::Worker, agents: vec![("nlp".to_owned(), 3)], ..registration("a worker") };
    join(world, "main", 5).await;
    world.store.join_server(worker, at(6), at(0)).await.unwrap();
    let (nlp, code) = (world.registration("nlp"), world.registration("code"));
    world.store.register_agents(vec![nlp.clone(), code.clone()], at(6)).await.unwrap();
    world.store.set_agent_status(code.id, AgentStatus::Draining, person(), at(7)).await.unwrap();
    world.store.set_server_status(server("a worker").id, ServerStatus::Draining, person(), at(7)).await.unwrap();
    let carrying = |name: &str, kind, status, slots, seen| Carrying {
        server: server(name),
        kind,
        host: "host.example".to_owned(),
        status,
        slots,
        busy: 0,
        seen_at: at(seen),
        standing: None,
    };
    let on_main = |slots| carrying("main", ServerKind::Server, ServerStatus::Active, slots, 5);
    let on_worker = carrying("a worker", ServerKind::Worker, ServerStatus::Draining, 3, 6);
    let wanted = [
        KnownAgent { id: code.id, status: AgentStatus::Draining, card: code.card, carried: vec![on_main(2)] },
        KnownAgent { id: nlp.id, status: AgentStatus::Active, card: nlp.card, carried: vec![on_worker, on_main(4)] },
    ];
    assert_eq!(world.store.known_agents(at(0)).await.unwrap(), wanted);
}

pub async fn what_a_carrier_has_of_an_agent_is_counted(world: &World) {
    let (nlp, code) = (AgentRegistration { id: agent().id, ..world.registration(&agent().name) }, world.registration("code"));
    world.store.register_agents(vec![nlp, code.clone()], at(0)).await.unwrap();
    join(world, "main", 0).await;
    join(world, "other", 0).await;
    let code = AgentRef { id: code.id, name: code.card.name };
    // Of each pair another number, so that none stands for another.
    let mut begun = Vec::new();
    for (agent, on, tasks) in [(agent(), "main", 3), (agent(), "other", 2), (code.clone(), "main", 1)] {
        for _ in 0..tasks {
            let id = world.queued().await;
            let assignment = Assignment { agent: agent.clone(), server: server(on), ..world.assignment(id, at(100)) };
            begun.append(&mut world.store.begin(vec![assignment]).await.unwrap());
        }
    }
    world.queued().await;
    let busy = async || -> Vec<(String, String, u32)> {
        let agents = world.store.known_agents(at(0)).await.unwrap().into_iter();
        agents.flat_map(|known| known.carried.into_iter().map(move |on| (known.card.name.clone(), on.server.name, on.busy))).collect()
    };
    let counted = |counts: [u32; 4]| {
        let pairs = [("code", "main"), ("code", "other"), (agent().name.as_str(), "main"), (agent().name.as_str(), "other")]
            .map(|(agent, on)| (agent.to_owned(), on.to_owned()));
        pairs.into_iter().zip(counts).map(|((agent, on), busy)| (agent, on, busy)).collect::<Vec<_>>()
    };
    assert_eq!(busy().await, counted([1, 0, 3, 2]));
    // Whatever ends an attempt, its slot is free: a result, a failure, a hand-back.
    world.store.complete(World::completion(&begun[0], at(300))).await.unwrap();
    assert_eq!(busy().await, counted([1, 0, 2, 2]));
    for (begun, trigger) in [(&begun[3], Trigger::Fail), (&begun[5], Trigger::HandBack)] {
        let guard = Guard::Lease(begun.task.lease);
        let advance = Advance::new(begun.task.summary.id, guard, trigger, Principal::System, at(400));
        assert!(matches!(world.store.advance(advance).await.unwrap(), Advanced::Applied(_)), "{trigger}");
    }
    assert_eq!(busy().await, counted([0, 0, 2, 1]));
}

/// One with everything that there can be, told apart by its failures.
fn standing(failures: u32) -> CarriedStanding {
    CarriedStanding {
        circuit: CircuitView { state: CircuitState::Open, consecutive_failures: failures, failure_rate: 0.625, open_until: Some(at(99)) },
        probes: 2,
        status: InstanceStatus::Unhealthy,
        slots: 8,
        usable: 3,
        aside: 5,
        failures,
        restart_at: Some(at(77)),
        no_room: vec!["nlp.sentiment".to_owned()],
    }
}

/// How each agent stands on each of its carriers.
async fn standings(world: &World) -> Vec<(String, String, Option<CarriedStanding>)> {
    let agents = world.store.known_agents(at(0)).await.unwrap().into_iter();
    agents.flat_map(|known| known.carried.into_iter().map(move |on| (known.card.name.clone(), on.server.name, on.standing))).collect()
}

/// The same for `code` and `nlp`, both on `one` and on `two`.
fn said(standings: [Option<CarriedStanding>; 4]) -> Vec<(String, String, Option<CarriedStanding>)> {
    let pairs = [("code", "one"), ("code", "two"), ("nlp", "one"), ("nlp", "two")];
    pairs.into_iter().zip(standings).map(|((agent, on), standing)| (agent.to_owned(), on.to_owned(), standing)).collect()
}

/// A beat that says these standings.
fn telling(name: &str, millis: i64, agents: Vec<(&str, CarriedStanding)>) -> Beat {
    Beat { agents: agents.into_iter().map(|(agent, standing)| (agent.to_owned(), standing)).collect(), ..beat(name, millis) }
}

pub async fn how_an_agent_stands_on_its_carrier_reads_back_as_the_beat_told_it(world: &World) {
    join(world, "one", 0).await;
    join(world, "two", 0).await;
    world.store.register_agents(vec![world.registration("nlp"), world.registration("code")], at(0)).await.unwrap();
    assert_eq!(standings(world).await, said([None, None, None, None]), "nothing was said yet");
    let head = world.head().await;
    let sound = CarriedStanding {
        circuit: CircuitView { state: CircuitState::Closed, consecutive_failures: 0, failure_rate: 0.0, open_until: None },
        restart_at: None,
        no_room: vec![],
        ..standing(0)
    };
    world.store.beat(telling("one", 10, vec![("nlp", standing(1)), ("code", sound.clone()), ("unknown", standing(9))])).await.unwrap();
    assert_eq!(standings(world).await, said([Some(sound.clone()), None, Some(standing(1)), None]));
    world.store.beat(telling("two", 10, vec![("nlp", standing(2))])).await.unwrap();
    world.store.beat(telling("one", 20, vec![("nlp", standing(3))])).await.unwrap();
    let wanted = said([Some(sound.clone()), None, Some(standing(3)), Some(standing(2))]);
    assert_eq!(standings(world).await, wanted, "what is not said again stays");
    world.store.beat(telling("one", 19, vec![("nlp", standing(4))])).await.unwrap();
    assert_eq!(standings(world).await, wanted, "a beat that comes late changes nothing");
    world.store.beat(telling("one", 20, vec![("nlp", standing(3))])).await.unwrap();
    assert_eq!((standings(world).await, world.head().await), (wanted, head), "none of it is an event");
    join(world, "one", 30).await;
    assert_eq!(standings(world).await, said([None, None, None, Some(standing(2))]), "who joins again has said nothing");
}

pub async fn how_an_agent_stood_holds_no_longer_once_its_circuit_was_closed(world: &World) {
    join(world, "one", 0).await;
    join(world, "two", 0).await;
    let nlp = world.registration("nlp");
    world.store.register_agents(vec![nlp.clone(), world.registration("code")], at(0)).await.unwrap();
    for name in ["one", "two"] {
        world.store.beat(telling(name, 10, vec![("nlp", standing(1)), ("code", standing(2))])).await.unwrap();
    }
    world.store.announce_circuit_reset(nlp.id, person(), at(20)).await.unwrap().unwrap();
    assert_eq!(standings(world).await, said([Some(standing(2)), Some(standing(2)), None, None]), "on every carrier, and of no other agent");
    world.store.beat(telling("two", 30, vec![("nlp", standing(5))])).await.unwrap();
    assert_eq!(standings(world).await, said([Some(standing(2)), Some(standing(2)), None, Some(standing(5))]), "until it is said anew");
}

pub async fn an_agent_that_has_gone_is_known_for_as_long_as_is_asked(world: &World) {
    let second = ServerRegistration { agents: vec![("data".to_owned(), 1)], ..registration("two") };
    join(world, "one", 0).await;
    world.store.join_server(second.clone(), at(0), at(0)).await.unwrap();
    let data = world.registration("data");
    world.store.register_agents(vec![world.registration("nlp"), data.clone(), world.registration("unused")], at(0)).await.unwrap();
    world.store.leave_server(server("two").id, at(900)).await.unwrap();
    let known = async |gone_after| -> Vec<(String, usize)> {
        let agents = world.store.known_agents(at(gone_after)).await.unwrap();
        agents.into_iter().map(|agent| (agent.card.name, agent.carried.len())).collect()
    };
    let (nlp, gone) = (("nlp".to_owned(), 1), ("data".to_owned(), 0));
    assert_eq!(known(899).await, [gone.clone(), nlp.clone(), ("unused".to_owned(), 0)], "all that nobody carries went with it");
    assert_eq!(known(900).await, std::slice::from_ref(&nlp));
    world.store.join_server(second, at(1_000), at(0)).await.unwrap();
    world.store.register_agents(vec![data.clone()], at(1_000)).await.unwrap();
    assert_eq!(known(5_000).await, [("data".to_owned(), 1), nlp.clone()], "it has come back");
    world.store.forget_servers(at(1_000), at(2_000)).await.unwrap();
    join(world, "one", 2_000).await;
    world.store.register_agents(vec![], at(3_000)).await.unwrap();
    assert_eq!(known(2_999).await, [gone, nlp.clone()], "a registration without it lets it go too");
    assert_eq!(known(3_000).await, [nlp]);
}

pub async fn only_silent_servers_are_forgotten(world: &World) {
    for (name, seen) in [("one", 0), ("two", 1_000), ("three", 1_001)] {
        join(world, name, seen).await;
    }
    let head = world.head().await;
    let forgotten = world.store.forget_servers(at(1_000), at(5_000)).await.unwrap();
    let mut gone: Vec<String> = forgotten.into_iter().map(|server| server.name).collect();
    gone.sort();
    assert_eq!((gone, names(world).await), (vec!["one".to_owned(), "two".to_owned()], vec!["three".to_owned()]));
    assert_eq!(world.kinds_since(head).await, ["server.lost", "server.lost"]);
    assert_eq!(world.store.forget_servers(at(1_000), at(5_000)).await.unwrap(), []);
}

pub async fn a_server_that_was_forgotten_brings_its_agents_back(world: &World) {
    let second = || ServerRegistration { agents: vec![("data".to_owned(), 1)], ..registration("two") };
    join(world, "one", 5_000).await;
    world.store.join_server(second(), at(0), at(0)).await.unwrap();
    world.store.register_agents(vec![world.registration("nlp"), world.registration("data")], at(0)).await.unwrap();
    world.store.forget_servers(at(1_000), at(5_000)).await.unwrap();
    assert_eq!(slots(world).await, [("nlp".to_owned(), 4)]);
    world.store.join_server(second(), at(6_000), at(0)).await.unwrap();
    assert_eq!(slots(world).await, [("data".to_owned(), 1), ("nlp".to_owned(), 4)]);
}

pub async fn one_server_leads_until_its_term_is_over(world: &World) {
    let (one, two) = (server("one").id, server("two").id);
    let lead = async |who, from, until| world.store.lead(who, at(from), at(until)).await.unwrap();
    assert_eq!(lead(one, 0, 100).await, Leader { server: one, term: 1, until: at(100) });
    assert_eq!(lead(two, 50, 150).await, Leader { server: one, term: 1, until: at(100) });
    assert_eq!(lead(one, 90, 190).await, Leader { server: one, term: 1, until: at(190) }, "renewed");
    assert_eq!(lead(two, 189, 289).await.server, one);
    assert_eq!(lead(two, 190, 290).await, Leader { server: two, term: 2, until: at(290) }, "its end is the other's beginning");
    assert_eq!(lead(one, 200, 300).await.server, two);
    join(world, "two", 200).await;
    let leads = async |now| world.store.servers(at(now)).await.unwrap().items[0].leads;
    assert_eq!((leads(289).await, leads(290).await), (true, false));
}

pub async fn whoever_leaves_steps_down(world: &World) {
    join(world, "one", 0).await;
    world.store.lead(server("one").id, at(0), at(60_000)).await.unwrap();
    world.store.leave_server(server("one").id, at(10)).await.unwrap();
    let next = world.store.lead(server("two").id, at(10), at(60_010)).await.unwrap();
    assert_eq!(next, Leader { server: server("two").id, term: 2, until: at(60_010) });
}
