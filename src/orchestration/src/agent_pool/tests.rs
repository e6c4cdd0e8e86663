//! Does the pool give out what there is, no more, and take back all of it?

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{
    AgentCard, AgentStatus, CircuitState, Family, InstanceKind, InstanceRange, InstanceStatus, Isolation, Limits, Needs, Skill, Strategy,
};
use baton_domain::id::{AgentId, EventSeq};
use baton_domain::ports::{Chance, IdSource};
use baton_domain::task::RetryPolicy;
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::{AgentView, InstanceView};
use baton_testkit::{SeededChance, SeededIds, TestClock, test_sources};
use futures::FutureExt;
use serde_json::{Value, json};

use super::named::Others;
use super::*;

mod waiting;

struct Carded(AgentCard);

#[async_trait]
impl Agent for Carded {
    fn card(&self) -> AgentCard {
        self.0.clone()
    }

    async fn perform(&self, _: Context, _: &str, _: Value) -> Result<Value, SkillError> {
        unreachable!("these tests run no attempts")
    }
}

fn skill(name: &str, isolation: Isolation, needs: Needs) -> Skill {
    Skill {
        name: name.into(),
        title: name.into(),
        description: String::new(),
        family: Family::Custom,
        input_schema: json!({}),
        output_schema: json!({}),
        examples: vec![],
        result_kind: "json".into(),
        idempotent: true,
        destructive: false,
        isolation,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs,
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn card(name: &str, skills: Vec<Skill>) -> AgentCard {
    AgentCard {
        name: name.into(),
        title: name.into(),
        description: String::new(),
        family: Family::Custom,
        skills,
        labels: vec![],
        slots: 4,
        instances: InstanceRange::default(),
        cost_micros: 0,
        version: "1.0.0".to_owned(),
    }
}

const LIGHT: &str = "test.light";
const HEAVY: &str = "test.heavy";

fn heavy() -> Needs {
    Needs { cpu_millicores: 1_000, memory_mib: 100, model: None }
}

fn options() -> PoolOptions {
    PoolOptions {
        balancing: BalancerOptions::default(),
        restart: RestartOptions::default(),
        host: HostOptions { cpu_millicores: Some(2_000), memory_mib: Some(1_000), models: vec![] },
        instances: BTreeMap::new(),
    }
}

struct World {
    pool: Arc<AgentPool>,
    clock: Arc<TestClock>,
    ids: Vec<AgentId>,
}

impl World {
    fn new(cards: Vec<AgentCard>) -> Self {
        Self::with(cards, options())
    }

    fn with(cards: Vec<AgentCard>, options: PoolOptions) -> Self {
        let (sources, clock) = test_sources(1);
        let ids = SeededIds::default();
        let view = |card: &AgentCard| AgentView {
            id: AgentId::new(ids.next()),
            name: card.name.clone(),
            title: String::new(),
            description: String::new(),
            family: card.family,
            status: AgentStatus::Active,
            skills: vec![],
            labels: vec![],
            slots: card.slots,
            busy: 0,
            completed: 0,
            failed: 0,
            last_active_at: None,
            registered_at: Timestamp::default(),
            version: "1.0.0".to_owned(),
        };
        let items: Vec<AgentView> = cards.iter().map(view).collect();
        let ids = items.iter().map(|view| view.id).collect();
        let agents: Vec<Arc<dyn Agent>> = cards.into_iter().map(|card| Arc::new(Carded(card)) as Arc<dyn Agent>).collect();
        let pool = AgentPool::new(&agents, options, sources).unwrap();
        pool.learn(&agents, &AgentsAt { items, as_of: EventSeq(0) });
        Self { pool: Arc::new(pool), clock, ids }
    }

    fn reserve(&self, skill: &str) -> Result<Reservation, Vec<(String, u32)>> {
        let fell = |fell: Vec<Rejection>| fell.into_iter().map(|fell| (fell.reason, fell.count)).collect();
        self.pool.reserve(None, skill, &[]).map_err(fell)
    }

    fn end(&self, reservation: Reservation, skill: &str, ending: Ending, died: bool) {
        self.pool.record(&reservation.slot, skill, ending, died, Duration::from_millis(10));
    }

    fn instances(&self) -> Vec<InstanceView> {
        self.pool.standing(self.ids[0]).unwrap().instances
    }
}

/// Wants the place back; gives whether it has it now.
fn comes_back(reservation: &mut Reservation) -> bool {
    let back = reservation.slot.come_back().now_or_never().is_some();
    assert_eq!((reservation.slot.is_here(), reservation.slot.returns()), (back, !back));
    back
}

fn fell(reason: &str) -> Vec<(String, u32)> {
    vec![(reason.to_owned(), 1)]
}

#[test]
fn slots_come_back_whatever_becomes_of_the_attempt() {
    let world = World::new(vec![card("a", vec![skill(LIGHT, Isolation::Task, Needs::default())])]);
    let taken: Vec<Reservation> = (0..4).map(|_| world.reserve(LIGHT).unwrap()).collect();
    assert_eq!(world.reserve(LIGHT).err(), Some(fell("no_slot")));
    assert_eq!(world.pool.capacity(), (vec![], 0));
    drop(taken);
    assert_eq!(world.pool.capacity(), (vec![LIGHT.to_owned()], 4));
    assert_eq!(world.instances()[0].busy, 0);
}

#[test]
fn a_host_is_not_oversubscribed_and_what_needs_nothing_still_runs() {
    let skills = vec![skill(HEAVY, Isolation::Process, heavy()), skill(LIGHT, Isolation::Task, Needs::default())];
    let world = World::new(vec![card("a", skills)]);
    let one = world.reserve(HEAVY).unwrap();
    let _two = world.reserve(HEAVY).unwrap();
    assert_eq!(world.reserve(HEAVY).err(), Some(fell("no_capacity")));
    assert_eq!(world.pool.capacity().0, [HEAVY, LIGHT], "is there work that waits?");
    assert_eq!(world.pool.capacity(), (vec![LIGHT.to_owned()], 2), "its queue is not read again at once");
    assert!(world.reserve(LIGHT).is_ok());
    let balancing = world.pool.balancing();
    assert_eq!((balancing.host.cpu_taken_millicores, balancing.host.memory_taken_mib), (2_000, 200));
    assert_eq!(balancing.skills[0].now.rejected[0].reason, "no_capacity");
    drop(one);
    assert!(world.reserve(HEAVY).is_ok());
}

#[test]
fn what_was_found_on_a_machine_is_divided_among_those_that_run_on_it() {
    let mut found = options();
    found.host.cpu_millicores = None;
    let machine = found.host.detect().cpu_millicores;
    let whole = Needs { cpu_millicores: machine, memory_mib: 0, model: None };
    let skills = || vec![skill(HEAVY, Isolation::Process, heavy()), skill(LIGHT, Isolation::Task, whole.clone())];
    let of = machine / 1_000 + 1;
    let worlds: Vec<World> = (0..of).map(|_| World::with(vec![AgentCard { slots: 1_000, ..card("a", skills()) }], found.clone())).collect();
    assert!(worlds[0].pool.balancing().skills.iter().all(|skill| skill.fits), "alone it has the whole machine");
    for (place, world) in (0..).zip(&worlds) {
        world.pool.share_host(place, of);
    }
    let held: Vec<Reservation> = worlds.iter().flat_map(|world| std::iter::from_fn(move || world.reserve(HEAVY).ok())).collect();
    assert_eq!(held.len() as u32, machine / 1_000, "together they give out the machine once");
    let host = worlds[0].pool.balancing().host;
    assert_eq!((host.shared_by, host.memory_mib), (of, 1_000), "what was said is not divided");
    assert_eq!(worlds[1].reserve(LIGHT).err(), Some(fell("no_capacity")), "and what is too large for the part says so");

    drop(held);
    // The others have gone.
    worlds[0].pool.share_host(0, 1);
    assert!(worlds[0].reserve(LIGHT).is_ok());
}

#[test]
fn a_queue_that_waits_for_the_host_gets_its_agent_no_instances() {
    let skills = vec![skill(HEAVY, Isolation::Process, heavy()), skill(LIGHT, Isolation::Task, Needs::default())];
    let world = World::new(vec![AgentCard { instances: InstanceRange::up_to(2), slots: 2, ..card("a", skills) }]);
    let looked_at = || world.pool.elastic_agents().into_iter().map(|(_, skills)| skills).collect::<Vec<_>>();
    let one = world.reserve(HEAVY).unwrap();
    assert_eq!(looked_at(), [[HEAVY, LIGHT]]);
    let two = world.reserve(HEAVY).unwrap();
    assert_eq!(looked_at(), [[LIGHT]]);
    drop((one, two));
    assert_eq!(looked_at(), [[HEAVY, LIGHT]]);
}

#[test]
fn work_that_needs_the_whole_host_gets_it_although_small_work_never_ends() {
    const WHOLE: &str = "test.whole";
    let whole = Needs { cpu_millicores: 2_000, memory_mib: 0, model: None };
    let skills = vec![skill(HEAVY, Isolation::Process, heavy()), skill(WHOLE, Isolation::Process, whole)];
    let world = World::new(vec![card("a", skills)]);
    let mut small: std::collections::VecDeque<Reservation> = (0..2).map(|_| world.reserve(HEAVY).unwrap()).collect();
    for second in 0..40 {
        if let Ok(reservation) = world.reserve(WHOLE) {
            assert!(second >= 30, "patience comes first");
            drop(reservation);
            assert!(world.reserve(HEAVY).is_ok(), "then the others go on");
            return;
        }
        // One of the small ones ends each second, and there is always another.
        drop(small.pop_front());
        small.extend(world.reserve(HEAVY).ok());
        world.clock.advance(Duration::from_secs(1));
    }
    panic!("it never got the host");
}

#[test]
fn a_skill_that_the_host_can_never_serve_says_so() {
    let needs = Needs { model: Some("large".into()), ..Needs::default() };
    let world = World::new(vec![card("a", vec![skill(HEAVY, Isolation::Task, needs)])]);
    assert!(!world.pool.balancing().skills[0].fits);
    assert_eq!(world.reserve(HEAVY).err(), Some(fell("no_capacity")));
}

#[test]
fn an_instance_that_keeps_dying_waits_and_comes_back_on_trial() {
    let world = World::new(vec![card("a", vec![skill(HEAVY, Isolation::Process, Needs::default())])]);
    assert_eq!((world.instances()[0].kind, world.instances()[0].status), (InstanceKind::Child, InstanceStatus::Ready));
    let still_running = world.reserve(HEAVY).unwrap();
    for _ in 0..3 {
        world.end(world.reserve(HEAVY).unwrap(), HEAVY, Ending::Failed, true);
    }
    assert_eq!(world.instances()[0].status, InstanceStatus::Unhealthy);
    assert_eq!(world.reserve(HEAVY).err(), Some(fell("no_slot")), "the one that still runs keeps its slot");
    drop(still_running);
    assert_eq!(world.reserve(HEAVY).err(), Some(fell("unhealthy")));
    world.clock.advance(Duration::from_secs(1));
    let trial = world.reserve(HEAVY).unwrap();
    assert!(world.reserve(HEAVY).is_err(), "one attempt is the trial");
    world.end(trial, HEAVY, Ending::Completed, false);
    assert_eq!(world.instances()[0].status, InstanceStatus::Ready);
    assert_eq!(world.pool.capacity().1, 4);
}

#[test]
fn the_others_are_told_how_an_agent_stands_with_all_its_instances_as_one() {
    let heavy_skill = skill(HEAVY, Isolation::Process, heavy());
    let world = World::new(vec![AgentCard { instances: InstanceRange { minimum: 2, maximum: 2 }, ..card("a", vec![heavy_skill]) }]);
    let told = || world.pool.told(world.ids[0]).unwrap();
    let fresh = told();
    assert_eq!((fresh.circuit.state, fresh.probes, fresh.status), (CircuitState::Closed, 2, InstanceStatus::Ready));
    assert_eq!((fresh.slots, fresh.usable, fresh.failures, fresh.restart_at), (8, 8, 0, None));
    assert!(fresh.no_room.is_empty());
    assert_eq!(world.pool.told_of_all(), [("a".to_owned(), fresh)]);
    // The host has room for two.
    let taken = [world.reserve(HEAVY).unwrap(), world.reserve(HEAVY).unwrap()];
    assert_eq!(told().no_room, [HEAVY]);
    drop(taken);
    assert!(told().no_room.is_empty());
    let kill = || world.end(world.reserve(HEAVY).unwrap(), HEAVY, Ending::Failed, true);
    while told().usable == 8 {
        kill();
    }
    let one = told();
    assert_eq!((one.status, one.slots, one.usable, one.failures), (InstanceStatus::Ready, 8, 4, 3), "the other one is in order");
    assert!(one.restart_at.is_some());
    while told().usable > 0 {
        kill();
    }
    assert_eq!((told().status, told().circuit.consecutive_failures), (InstanceStatus::Unhealthy, 6));
    assert_eq!(world.pool.told(AgentId::new(*baton_domain::id::DEFAULT_PROJECT.as_uuid())), None, "it is not carried here");
}

#[test]
fn an_open_circuit_is_told_of() {
    let world = World::new(vec![card("a", vec![skill(LIGHT, Isolation::Task, Needs::default())])]);
    for _ in 0..10 {
        world.end(world.reserve(LIGHT).unwrap(), LIGHT, Ending::Failed, false);
    }
    let circuit = world.pool.told(world.ids[0]).unwrap().circuit;
    assert_eq!((circuit.state, circuit.consecutive_failures, circuit.open_until.is_some()), (CircuitState::Open, 10, true));
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.pool.told_of_all()[0].1.circuit.state, CircuitState::HalfOpen, "its time is over");
}

#[test]
fn resuming_or_resetting_starts_what_waits_at_once() {
    for reset in [false, true] {
        let world = World::new(vec![card("a", vec![skill(HEAVY, Isolation::Process, Needs::default())])]);
        for _ in 0..3 {
            world.end(world.reserve(HEAVY).unwrap(), HEAVY, Ending::Failed, true);
        }
        assert!(world.reserve(HEAVY).is_err());
        if reset {
            assert!(world.pool.reset_circuit(world.ids[0]));
        } else {
            world.pool.set_status(world.ids[0], AgentStatus::Active);
        }
        assert!(world.reserve(HEAVY).is_ok());
    }
}

#[test]
fn a_circuit_opens_shows_and_closes() {
    let world = World::new(vec![card("a", vec![skill(LIGHT, Isolation::Task, Needs::default())])]);
    for _ in 0..10 {
        world.end(world.reserve(LIGHT).unwrap(), LIGHT, Ending::Failed, false);
    }
    let standing = world.pool.standing(world.ids[0]).unwrap();
    assert_eq!((standing.circuit.state, standing.circuit.consecutive_failures), (CircuitState::Open, 10));
    assert_eq!(world.reserve(LIGHT).err(), Some(fell("circuit_open")));
    assert!(world.pool.reset_circuit(world.ids[0]));
    assert_eq!(world.pool.standing(world.ids[0]).unwrap().circuit.state, CircuitState::Closed);
    assert!(world.reserve(LIGHT).is_ok());
    assert!(!world.pool.reset_circuit(AgentId::new(*baton_domain::id::DEFAULT_PROJECT.as_uuid())), "no such agent");
}

#[test]
fn instances_come_with_an_old_queue_and_go_with_a_young_one() {
    let range = InstanceRange { minimum: 1, maximum: 2 };
    let world = World::new(vec![AgentCard { instances: range, ..card("a", vec![skill(LIGHT, Isolation::Task, Needs::default())]) }]);
    assert!(world.pool.is_elastic());
    let scaling = ScalingOptions::default();
    let seconds = |count: u64, age: Duration| {
        for _ in 0..count {
            world.clock.advance(Duration::from_secs(1));
            world.pool.scale(0, age, world.pool.sources.clock.now(), &scaling);
        }
    };
    let held: Vec<Reservation> = (0..4).map(|_| world.reserve(LIGHT).unwrap()).collect();
    assert!(world.pool.is_full(0));
    seconds(10, Duration::from_secs(5));
    assert_eq!((world.instances().len(), world.pool.slots(world.ids[0])), (2, Some((8, 4))));
    let later = world.reserve(LIGHT).unwrap();
    drop(held);
    seconds(62, Duration::ZERO);
    let statuses: Vec<_> = world.instances().iter().map(|instance| (instance.number, instance.status, instance.busy)).collect();
    assert_eq!(statuses, [(2, InstanceStatus::Ready, 1)], "the emptiest went");
    assert_eq!(world.pool.capacity().1, 3);
    drop(later);
    seconds(200, Duration::ZERO);
    assert_eq!(world.instances().len(), 1, "the minimum stays");
}

#[test]
fn agents_that_make_no_sense_are_refused_at_the_start() {
    let start = |card: AgentCard, options: PoolOptions| {
        AgentPool::new(&[Arc::new(Carded(card)) as Arc<dyn Agent>], options, test_sources(1).0).err()
    };
    let light = || vec![skill(LIGHT, Isolation::Task, Needs::default())];
    for (minimum, maximum) in [(0, 1), (2, 1), (1, 65)] {
        let instances = InstanceRange { minimum, maximum };
        assert_eq!(start(AgentCard { instances, ..card("a", light()) }, options()), Some(PoolError::BadInstances("a".into())));
    }
    for version in ["", "1", "v1.0.0"] {
        let bad = |name: &str| Some(PoolError::BadVersion { name: name.into(), version: version.into() });
        assert_eq!(start(AgentCard { version: version.into(), ..card("a", light()) }, options()), bad("a"));
        let mut skills = light();
        skills[0].version = version.into();
        assert_eq!(start(card("a", skills), options()), bad(LIGHT));
    }
    let instances = BTreeMap::from([("a".to_owned(), InstanceRange { minimum: 3, maximum: 2 })]);
    assert_eq!(start(card("a", light()), PoolOptions { instances, ..options() }), Some(PoolError::BadInstances("a".into())));
}

#[test]
fn a_range_that_is_set_holds_instead_of_that_of_the_card() {
    let instances = BTreeMap::from([("a".to_owned(), InstanceRange { minimum: 2, maximum: 3 })]);
    let card = card("a", vec![skill(LIGHT, Isolation::Task, Needs::default())]);
    let world = World::with(vec![card.clone()], PoolOptions { instances: instances.clone(), ..options() });
    assert_eq!((world.instances().len(), world.pool.slots(world.ids[0])), (2, Some((8, 8))));
    assert_eq!(world.pool.standing(world.ids[0]).unwrap().range, instances["a"]);
    assert_eq!(world.pool.card(&Carded(card)).instances, instances["a"], "so it is registered");
}

#[test]
fn settings_may_name_what_another_server_carries_and_nothing_that_nobody_could() {
    const SPIN: &str = "diagnostics.spin";
    let held = |skills: &[&str], agents: &[&str], others: &[&str], may_join: bool| {
        let mut named = options();
        named.balancing.per_skill = skills.iter().map(|&skill| (skill.to_owned(), Strategy::Fastest)).collect();
        named.instances = agents.iter().map(|&agent| (agent.to_owned(), InstanceRange::up_to(2))).collect();
        let here = World::with(vec![card("a", vec![skill(LIGHT, Isolation::Task, Needs::default())])], named);
        let cards = others.iter().map(|name| card(name, vec![skill(SPIN, Isolation::Task, Needs::default())])).collect();
        assert_eq!(here.pool.names_strangers(), skills.iter().any(|skill| *skill != LIGHT) || agents.iter().any(|agent| *agent != "a"));
        here.pool.held_elsewhere(&Others { cards, may_join })
    };
    let nothing = |skill: &str| Err(PoolError::StrategyForNothing(skill.to_owned()));
    assert_eq!(held(&[LIGHT], &["a"], &[], false), Ok(vec![]));
    assert_eq!(held(&[LIGHT, SPIN], &["diagnostics"], &["diagnostics"], false), Ok(vec![SPIN.to_owned(), "diagnostics".to_owned()]));
    assert_eq!(held(&[SPIN], &[], &[], false), nothing(SPIN), "nobody else can come");
    assert_eq!(held(&[SPIN], &[], &[], true), Ok(vec![SPIN.to_owned()]), "somebody may come with it");
    assert_eq!(held(&["test.lihgt"], &[], &[], true), nothing("test.lihgt"), "an agent that is here has such names, and not this one");
    assert_eq!(held(&["diagnostics.spn"], &[], &["diagnostics"], true), nothing("diagnostics.spn"));
    let nobody = PoolError::InstancesForNobody { agent: "b".into(), known: vec!["a".into(), "diagnostics".into()] };
    assert_eq!(nobody.to_string(), "a range of instances is set for b, which is no agent: there are a, diagnostics");
    assert_eq!(held(&[], &["b"], &["diagnostics"], true), Err(nobody));
}

#[test]
fn whatever_happens_no_slot_and_no_share_is_given_twice_or_lost() {
    for seed in 0..50 {
        let chance = SeededChance::new(seed);
        let below = |count: u64| chance.bits() % count;
        let cards = ["a", "b", "c"].map(|name| AgentCard {
            instances: InstanceRange { minimum: 1, maximum: 3 },
            slots: 1 + below(3) as u32,
            ..card(name, vec![skill(HEAVY, Isolation::Process, heavy()), skill(LIGHT, Isolation::Process, Needs::default())])
        });
        let world = World::new(cards.to_vec());
        let mut held: Vec<(Reservation, &str)> = Vec::new();
        for _ in 0..400 {
            match below(11) {
                0..=2 => {
                    let skill = if below(2) == 0 { HEAVY } else { LIGHT };
                    held.extend(world.reserve(skill).ok().map(|reservation| (reservation, skill)));
                }
                3..=4 if !held.is_empty() => {
                    let (reservation, skill) = held.swap_remove(below(held.len() as u64) as usize);
                    let died = chance.next() < 0.4;
                    world.end(reservation, skill, if died { Ending::Failed } else { Ending::Completed }, died);
                }
                8 if !held.is_empty() => {
                    let at = below(held.len() as u64) as usize;
                    let _ = held[at].0.slot.step_aside();
                }
                9..=10 if !held.is_empty() => {
                    let at = below(held.len() as u64) as usize;
                    comes_back(&mut held[at].0);
                }
                5 => world.clock.advance(Duration::from_millis(below(30_000))),
                6 => {
                    let age = Duration::from_secs(below(2) * 5);
                    let now = world.pool.sources.clock.now();
                    world.pool.scale(
                        below(3) as u32,
                        age,
                        now,
                        &ScalingOptions { grow_after: Duration::ZERO, ..ScalingOptions::default() },
                    );
                }
                _ => world
                    .pool
                    .set_status(world.ids[below(3) as usize], if below(4) == 0 { AgentStatus::Draining } else { AgentStatus::Active }),
            }
            let standings: Vec<_> = world.ids.iter().map(|id| world.pool.standing(*id).unwrap()).collect();
            let busy: u32 = standings.iter().flat_map(|standing| &standing.instances).map(|instance| instance.busy).sum();
            // Who was given a place learns it when it asks; until then it counts.
            let here = held.iter().filter(|(reservation, _)| reservation.slot.has_place()).count();
            assert_eq!(busy as usize, here, "seed {seed}");
            for instance in standings.iter().flat_map(|standing| &standing.instances) {
                assert!(instance.busy <= instance.slots, "seed {seed}: {instance:?}");
            }
            let host = world.pool.balancing().host;
            let heavy = held.iter().filter(|(_, skill)| *skill == HEAVY);
            let (all, computing) = (heavy.clone().count() as u32, heavy.filter(|(one, _)| one.slot.has_place()).count() as u32);
            assert_eq!((host.cpu_taken_millicores, host.memory_taken_mib), (computing * 1_000, all * 100), "seed {seed}");
            assert!(computing <= 2 && all <= 10);
        }
        drop(held);
        let host = world.pool.balancing().host;
        assert_eq!((host.cpu_taken_millicores, host.memory_taken_mib), (0, 0));
        for id in &world.ids {
            assert!(world.pool.standing(*id).unwrap().instances.iter().all(|instance| instance.busy == 0), "seed {seed}");
        }
    }
}
