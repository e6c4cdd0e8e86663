//! What does the contract say of agents?

use baton_domain::agent::AgentStatus;
use baton_domain::id::AgentId;
use baton_domain::user::Principal;
use baton_domain::wire::agent::AgentView;
use baton_storage::{AgentRegistration, StoreError, VERSION_CHANGED};

use crate::World;
use crate::make::{agent, at, card, person};

async fn listed(world: &World) -> Vec<AgentView> {
    world.store.agents().await.unwrap().items
}

pub async fn an_agent_is_shown_as_it_registered(world: &World) {
    let registration = world.registration("nlp");
    let answer = world.store.register_agents(vec![registration.clone()], at(5)).await.unwrap();
    let wanted = AgentView {
        id: registration.id,
        name: "nlp".to_owned(),
        title: "NLP".to_owned(),
        description: registration.card.description,
        family: registration.card.family,
        status: AgentStatus::Active,
        skills: vec!["nlp.sentiment".to_owned()],
        labels: vec!["gpu".to_owned()],
        slots: 4,
        busy: 0,
        completed: 0,
        failed: 0,
        last_active_at: None,
        registered_at: at(5),
        version: "1.0.0".to_owned(),
    };
    assert_eq!((answer.items, listed(world).await), (vec![wanted.clone()], vec![wanted]));
}

pub async fn agents_come_by_name(world: &World) {
    let new = ["nlp", "data-science", "data1", "code", "Nlp"].map(|name| world.registration(name)).to_vec();
    world.store.register_agents(new, at(0)).await.unwrap();
    let names: Vec<String> = listed(world).await.into_iter().map(|agent| agent.name).collect();
    assert_eq!(names, ["Nlp", "code", "data-science", "data1", "nlp"], "byte by byte, whatever the machine's language");
}

pub async fn each_new_agent_has_one_event(world: &World) {
    world.store.register_agents(vec![world.registration("b"), world.registration("a")], at(5)).await.unwrap();
    let (events, agents) = (world.since(0).await, listed(world).await);
    assert_eq!(events.len(), 2);
    for (event, agent) in events.iter().zip(&agents) {
        assert_eq!((event.kind.as_str(), &event.subject, event.at), ("agent.registered", &format!("agent:{}", agent.id), at(5)));
        assert_eq!((&event.actor, &event.data.value()), (&Principal::System, &serde_json::to_value(agent).unwrap()));
    }
}

pub async fn an_agent_known_by_name_keeps_identifier_status_and_counts(world: &World) {
    world.register_agent().await;
    let begun = world.running().await;
    world.store.complete(World::completion(&begun, at(300))).await.unwrap();
    world.store.set_agent_status(agent().id, AgentStatus::Draining, person(), at(400)).await.unwrap();
    let before = listed(world).await.remove(0);
    let head = world.head().await;
    let mut changed = world.registration(&agent().name);
    changed.card.slots = 9;
    changed.card.labels = vec![];
    let after = world.store.register_agents(vec![changed], at(500)).await.unwrap().items;
    assert_eq!(after, [AgentView { slots: 9, labels: vec![], ..before }]);
    assert_eq!((listed(world).await, world.head().await), (after, head), "it is not new");
}

pub async fn another_version_of_an_agent_is_an_event(world: &World) {
    let (same, first) = (world.registration("same"), world.registration("web"));
    world.store.register_agents(vec![same.clone(), first.clone()], at(0)).await.unwrap();
    let head = world.head().await;
    let mut second = first.clone();
    second.card.version = "1.1.0".to_owned();
    let after = world.store.register_agents(vec![same.clone(), second.clone()], at(5)).await.unwrap().items;
    assert_eq!(after.iter().map(|agent| agent.version.as_str()).collect::<Vec<_>>(), ["1.0.0", "1.1.0"]);
    let events = world.since(head).await;
    let seen: Vec<_> = events.iter().map(|event| (event.kind.as_str(), event.subject.clone(), event.at)).collect();
    assert_eq!(seen, [(VERSION_CHANGED, format!("agent:{}", first.id), at(5))]);
    assert_eq!((&events[0].actor, &events[0].data.value()["version"]), (&Principal::System, &serde_json::json!("1.1.0")));

    // The same again is nothing new; one that was gone meanwhile comes back with what it has become.
    world.store.register_agents(vec![same.clone(), second], at(6)).await.unwrap();
    world.store.register_agents(vec![same.clone()], at(7)).await.unwrap();
    let head = world.head().await;
    world.store.register_agents(vec![same, first], at(8)).await.unwrap();
    let kinds: Vec<String> = world.since(head).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["agent.registered", VERSION_CHANGED]);
}

pub async fn an_agent_that_is_not_among_them_is_no_longer_listed(world: &World) {
    let (one, other) = (world.registration("one"), world.registration("other"));
    world.store.register_agents(vec![one.clone(), other.clone()], at(0)).await.unwrap();
    world.store.register_agents(vec![other.clone()], at(5)).await.unwrap();
    assert_eq!(listed(world).await.iter().map(|agent| agent.id).collect::<Vec<_>>(), [other.id]);
    assert_eq!(world.store.set_agent_status(one.id, AgentStatus::Draining, person(), at(6)).await.unwrap(), None);
    assert_eq!(world.head().await, 2);
    world.store.register_agents(vec![], at(7)).await.unwrap();
    assert_eq!(listed(world).await, []);
}

pub async fn an_agent_that_comes_back_is_the_same_and_is_told_of(world: &World) {
    let one = world.registration("one");
    world.store.register_agents(vec![one.clone()], at(0)).await.unwrap();
    world.store.register_agents(vec![], at(5)).await.unwrap();
    let again = world.registration("one");
    let agents = world.store.register_agents(vec![again], at(9)).await.unwrap().items;
    assert_eq!((agents[0].id, agents[0].registered_at), (one.id, at(0)));
    assert_eq!(world.kinds_since(0).await, ["agent.registered", "agent.registered"]);
}

pub async fn two_names_under_one_identifier_are_refused(world: &World) {
    let one = world.registration("one");
    world.store.register_agents(vec![one.clone()], at(0)).await.unwrap();
    let before = world.image().await;
    let thief = AgentRegistration { id: one.id, card: card("thief") };
    let answer = world.store.register_agents(vec![world.registration("fine"), thief], at(5)).await;
    assert!(matches!(answer, Err(StoreError::Conflict(_))));
    assert_eq!(world.image().await, before);
}

pub async fn a_draining_agent_is_drained_once_nothing_runs(world: &World) {
    world.register_agent().await;
    let begun = world.running().await;
    let seen = world.store.set_agent_status(agent().id, AgentStatus::Draining, person(), at(200)).await.unwrap().unwrap();
    assert_eq!((seen.status, seen.busy), (AgentStatus::Draining, 1));
    assert_eq!(listed(world).await, [seen]);
    world.store.complete(World::completion(&begun, at(300))).await.unwrap();
    assert_eq!(listed(world).await[0].status, AgentStatus::Drained);
    let resumed = world.store.set_agent_status(agent().id, AgentStatus::Active, person(), at(400)).await.unwrap().unwrap();
    assert_eq!(resumed.status, AgentStatus::Active);
}

pub async fn a_change_of_status_has_its_event(world: &World) {
    world.register_agent().await;
    for (status, kind) in [(AgentStatus::Draining, "agent.draining"), (AgentStatus::Active, "agent.active")] {
        let head = world.head().await;
        let seen = world.store.set_agent_status(agent().id, status, person(), at(200)).await.unwrap().unwrap();
        let events = world.since(head).await;
        assert_eq!((events.len(), events[0].kind.as_str(), &events[0].actor, events[0].at), (1, kind, &person(), at(200)));
        assert_eq!(events[0].data.value(), serde_json::to_value(&seen).unwrap());
    }
}

pub async fn a_circuit_that_was_closed_has_its_event_and_changes_nothing_else(world: &World) {
    world.register_agent().await;
    world.store.set_agent_status(agent().id, AgentStatus::Draining, person(), at(100)).await.unwrap();
    let (head, before) = (world.head().await, listed(world).await);
    let seen = world.store.announce_circuit_reset(agent().id, person(), at(200)).await.unwrap().unwrap();
    let events = world.since(head).await;
    let subject = format!("agent:{}", agent().id);
    assert_eq!((events.len(), events[0].kind.as_str(), &events[0].subject), (1, "agent.circuit_reset", &subject));
    assert_eq!((&events[0].actor, events[0].at, events[0].data.value()), (&person(), at(200), serde_json::to_value(&seen).unwrap()));
    assert_eq!(before, [seen]);
    assert_eq!(listed(world).await, before);
    let unknown = AgentId::new(world.id());
    let head = world.head().await;
    assert_eq!(world.store.announce_circuit_reset(unknown, person(), at(300)).await.unwrap(), None);
    assert_eq!(world.head().await, head);
}

pub async fn an_agent_that_does_not_exist_has_no_status(world: &World) {
    let unknown = AgentId::new(world.id());
    assert_eq!(world.store.set_agent_status(unknown, AgentStatus::Draining, person(), at(0)).await.unwrap(), None);
    assert_eq!(world.head().await, 0);
}

pub async fn busy_counts_the_leases_an_agent_holds(world: &World) {
    world.register_agent().await;
    for count in 1..=3 {
        world.running().await;
        assert_eq!(listed(world).await[0].busy, count);
    }
    let answer = world.store.agents().await.unwrap();
    assert_eq!(answer.as_of.0, world.head().await);
}
