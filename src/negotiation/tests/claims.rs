//! Are claims exclusive, fair and fenced, and is every deadlock broken by somebody who is part of it?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::chance::{Chance, computed, took};
use baton_domain::problem::Code;
use baton_domain::task::Priority;
use baton_domain::time::Timestamp;
use baton_negotiation::claims::*;
use uuid::Uuid;

fn holder(number: u128) -> Holder {
    Holder { kind: if number % 5 == 4 { HolderKind::Person } else { HolderKind::Attempt }, id: Uuid::from_u128(number) }
}

fn name(text: &str) -> Resource {
    Resource::parse(text).unwrap()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn standing() -> Standing {
    Standing { priority: Priority::default(), begun_at: at(0), work: 0 }
}

fn wish(who: u128, what: &str, mode: Mode) -> Request {
    Request { holder: holder(who), resource: name(what), mode, lease_ms: 60_000, patience_ms: None, standing: standing() }
}

/// The rows as a second opinion keeps them: changed only by what was asked and what was told, never by the code under test.
#[derive(Default, Clone)]
struct Model {
    held: BTreeMap<(Resource, Holder), (Mode, Fence, Timestamp)>,
    waiting: BTreeMap<(Resource, Holder), (Mode, Place, Option<Timestamp>)>,
}

fn overlap(one: &Resource, other: &Resource) -> bool {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.as_str().split('/').collect(), other.as_str().split('/').collect());
    one.iter().zip(&other).all(|(one, other)| one == other)
}

fn exclude(one: Mode, other: Mode) -> bool {
    one == Mode::Exclusive || other == Mode::Exclusive
}

impl Model {
    /// Who waits for whom because of what is held.
    fn hard_edges(&self) -> BTreeSet<(Holder, Holder)> {
        Self { held: self.held.clone(), waiting: BTreeMap::new() }.edges_of(&self.waiting)
    }

    fn edges(&self) -> BTreeSet<(Holder, Holder)> {
        self.edges_of(&self.waiting)
    }

    fn edges_of(&self, all: &BTreeMap<(Resource, Holder), (Mode, Place, Option<Timestamp>)>) -> BTreeSet<(Holder, Holder)> {
        let mut edges = BTreeSet::new();
        for ((resource, who), (mode, place, _)) in all {
            for ((other, whose), (theirs, _, _)) in &self.held {
                if who != whose && overlap(resource, other) && exclude(*mode, *theirs) {
                    edges.insert((*who, *whose));
                }
            }
            for ((other, whose), (theirs, before, _)) in &self.waiting {
                if who != whose && overlap(resource, other) && exclude(*mode, *theirs) && before < place {
                    edges.insert((*who, *whose));
                }
            }
        }
        edges
    }

    /// Everybody who waits for themselves in the end: by Warshall's closure, which has nothing in common with a search.
    fn in_circles(&self) -> BTreeSet<Holder> {
        Self::circles_in(&self.edges())
    }

    fn circles_in(edges: &BTreeSet<(Holder, Holder)>) -> BTreeSet<Holder> {
        let nodes: Vec<Holder> = edges.iter().flat_map(|(one, other)| [*one, *other]).collect::<BTreeSet<_>>().into_iter().collect();
        let mut reaches = vec![vec![false; nodes.len()]; nodes.len()];
        let index = |node: &Holder| nodes.binary_search(node).unwrap();
        for (one, other) in edges {
            reaches[index(one)][index(other)] = true;
        }
        for middle in 0..nodes.len() {
            for from in 0..nodes.len() {
                for to in 0..nodes.len() {
                    reaches[from][to] |= reaches[from][middle] && reaches[middle][to];
                }
            }
        }
        (0..nodes.len()).filter(|node| reaches[*node][*node]).map(|node| nodes[node]).collect()
    }

    fn grant(&mut self, who: Holder, what: &Resource, held: &Held, overtook: bool) {
        for ((other, whose), (theirs, _, _)) in &self.held {
            assert!(*whose == who || !overlap(what, other) || !exclude(held.mode, *theirs), "{who} and {whose} both have {what}");
        }
        let covered = self.held.iter().any(|((other, whose), (mode, _, _))| {
            *whose == who && *mode >= held.mode && overlap(what, other) && other.as_str().len() <= what.as_str().len()
        });
        let place = self.waiting.remove(&(what.clone(), who)).map(|(_, place, _)| place);
        if let (false, false, Some(place)) = (overtook, covered, place) {
            for ((other, whose), (theirs, before, _)) in &self.waiting {
                let passed = *whose != who && overlap(what, other) && exclude(held.mode, *theirs) && *before < place;
                assert!(!passed, "{who} went before {whose} on {what}");
            }
        }
        self.held.insert((what.clone(), who), (held.mode, held.fence, held.expires_at));
    }
}

#[derive(Default, Debug)]
struct Met {
    deadlocks: usize,
    overtakings: usize,
    lapses: usize,
    gave_up: usize,
    upgrades: usize,
    stale: usize,
    queued: usize,
}

const NAMES: [&str; 9] =
    ["path:a", "path:a/b", "path:a/b/c", "path:a/d", "path:ab", "topic:orders", "topic:orders/new", "connection:crm", "artifact:7"];

fn command(chance: &mut Chance, claims: &Claims, holders: usize) -> Command {
    let who = holder(chance.below(holders) as u128);
    let mine: Vec<Row> = claims.rows().filter(|row| row.holder == who).collect();
    let held: Vec<(Resource, Fence)> = mine
        .iter()
        .filter_map(|row| if let Entry::Held(held) = &row.entry { Some((row.resource.clone(), held.fence)) } else { None })
        .collect();
    let pick = if held.is_empty() { (name(chance.pick(&NAMES)), Fence(chance.below(9) as i64)) } else { chance.pick(&held) };
    let (resource, fence) = pick;
    match chance.below(20) {
        0..=10 => Command::Request(Request {
            holder: who,
            // Mostly what has a claim already, so that some share and ask for more.
            resource: if chance.one_in(4) { resource } else { name(chance.pick(&NAMES)) },
            mode: if chance.one_in(2) { Mode::Shared } else { Mode::Exclusive },
            lease_ms: 1_000 + chance.below(60_000) as u64,
            patience_ms: chance.pick(&[None, None, None, Some(0), Some(5_000), Some(30_000)]),
            standing: Standing {
                priority: Priority::new(1 + chance.below(5) as u8).unwrap(),
                begun_at: at(chance.below(50) as i64),
                work: chance.below(50) as u64,
            },
        }),
        11..=13 => Command::Release { holder: who, resource, fence },
        14 => Command::Renew { holder: who, resource, fence, lease_ms: 1_000 + chance.below(9_000) as u64 },
        15 => Command::RenewAll { holder: who },
        16 => Command::Downgrade { holder: who, resource, fence },
        17 => Command::Withdraw { holder: who, resource: name(chance.pick(&NAMES)) },
        18 if chance.one_in(2) => Command::ReleaseAll { holder: who },
        _ => Command::Tick,
    }
}

/// Plays what was asked and told into the model, and checks each of it.
fn follow(model: &mut Model, command: &Command, step: &Step, policy: Policy, now: Timestamp, met: &mut Met, newest: &mut Fence) {
    // What time did comes first, then what was asked, then what came of it.
    let own = |notice: &Notice| matches!(notice, Notice::Lapsed { .. } | Notice::GaveUp { .. });
    let by_time = step.notices.iter().rposition(own).map_or(0, |last| last + 1);
    let granted_before = |model: &mut Model, notices: &[Notice], met: &mut Met, newest: &mut Fence| {
        for notice in notices {
            match notice {
                Notice::Lapsed { holder, resource, fence } => {
                    let (_, known, expires_at) = model.held.remove(&(resource.clone(), *holder)).expect("it was held");
                    assert!(known == *fence && expires_at <= now);
                    met.lapses += 1;
                }
                Notice::GaveUp { holder, resource } => {
                    let (_, _, until) = model.waiting.remove(&(resource.clone(), *holder)).expect("it was waited for");
                    assert!(until.unwrap() <= now);
                    met.gave_up += 1;
                }
                Notice::Granted { holder, resource, held, overtook } => {
                    assert!(held.fence > *newest, "fences grow");
                    *newest = held.fence;
                    met.overtakings += usize::from(*overtook);
                    assert!(model.in_circles().is_empty(), "nothing is granted while a circle is left");
                    met.upgrades += usize::from(model.held.contains_key(&(resource.clone(), *holder)));
                    model.grant(*holder, resource, held, *overtook);
                }
                Notice::Queued { holder, resource, place, behind } => {
                    let Command::Request(request) = command else { panic!("only requests wait") };
                    let until = request.patience_ms.map(|patience| now.plus(Duration::from_millis(patience)));
                    let has_part = model.held.keys().any(|(other, whose)| whose == holder && overlap(other, resource));
                    if let Some((_, before, _)) = model.waiting.get(&(resource.clone(), *holder)) {
                        assert_eq!(before, place, "who asks for more keeps its place");
                    } else {
                        assert_eq!((place.plain, place.rank), (!has_part, request.standing.priority.rank(now)));
                    }
                    model.waiting.insert((resource.clone(), *holder), (request.mode, *place, until));
                    let edges = model.edges();
                    assert!(behind.iter().all(|other| edges.contains(&(*holder, *other))));
                    // It would be free, but for those whom it waits for by another request.
                    assert!(!behind.is_empty() || model.in_circles().contains(holder) || edges.iter().any(|(from, _)| from == holder));
                    met.queued += 1;
                }
                Notice::Reordered { holder, resource, before, places } => {
                    assert!(model.in_circles().contains(holder), "{holder} went ahead without need");
                    assert!(!model.hard_edges().contains(&(*holder, *before)) && model.edges().contains(&(*holder, *before)));
                    let old =
                        |model: &Model| places.iter().map(|(what, who, _)| model.waiting[&(what.clone(), *who)].1).collect::<BTreeSet<_>>();
                    let taken = old(model);
                    for (what, who, place) in places {
                        model.waiting.get_mut(&(what.clone(), *who)).expect("it was waited for").1 = *place;
                    }
                    assert_eq!(taken, old(model), "the same places in another order");
                    assert!(places.iter().any(|(what, who, _)| (what, who) == (resource, holder)));
                }
                Notice::Victim { holder, resources, circle, rule, revoked } => {
                    met.deadlocks += 1;
                    let edges = model.hard_edges();
                    for (one, next) in circle.iter().zip(circle.iter().cycle().skip(1)) {
                        assert!(edges.contains(&(*one, *next)), "{one} does not wait for {next}");
                    }
                    assert!(Model::circles_in(&edges).contains(holder) && circle.contains(holder), "{holder} is innocent");
                    assert!(holder.kind != HolderKind::Person || circle.iter().all(|one| one.kind == HolderKind::Person), "people go last");
                    assert_eq!(*rule, policy.rule);
                    if policy.loss == Loss::Everything {
                        for (resource, fence) in revoked {
                            assert_eq!(model.held.remove(&(resource.clone(), *holder)).expect("it was held").1, *fence);
                        }
                        model.waiting.retain(|(_, whose), _| whose != holder);
                    } else {
                        assert!(revoked.is_empty());
                        for resource in resources {
                            model.waiting.remove(&(resource.clone(), *holder)).expect("it was waited for");
                        }
                    }
                }
            }
        }
    };
    granted_before(model, &step.notices[..by_time], met, newest);
    // Grants that time brought about stand before what was asked, and only releases free anything: they can be told from the rest by the rows.
    match (command, &step.answer) {
        (Command::Release { holder, resource, .. }, Ok(_)) => {
            let rest = &step.notices[by_time..];
            let mine = rest.iter().position(|notice| matches!(notice, Notice::Granted { .. })).unwrap_or(rest.len());
            granted_before(model, &rest[..mine], met, newest);
            model.held.remove(&(resource.clone(), *holder)).expect("what is released was held");
            granted_before(model, &rest[mine..], met, newest);
            return;
        }
        (Command::Withdraw { holder, resource }, Ok(_)) => {
            model.waiting.remove(&(resource.clone(), *holder)).expect("what is withdrawn was waited for");
        }
        (Command::ReleaseAll { holder }, Ok(_)) => {
            model.held.retain(|(_, whose), _| whose != holder);
            model.waiting.retain(|(_, whose), _| whose != holder);
        }
        (Command::Downgrade { holder, resource, .. }, Ok(_)) => {
            model.held.get_mut(&(resource.clone(), *holder)).unwrap().0 = Mode::Shared;
        }
        (Command::Renew { holder, resource, lease_ms, .. }, Ok(_)) => {
            model.held.get_mut(&(resource.clone(), *holder)).unwrap().2 = now.plus(Duration::from_millis(*lease_ms));
        }
        (Command::RenewAll { .. }, Ok(_)) => {
            for row in &step.delta.put {
                let Entry::Held(held) = &row.entry else { continue };
                assert_eq!(held.expires_at, now.plus(Duration::from_millis(held.lease_ms)));
                model.held.get_mut(&(row.resource.clone(), row.holder)).unwrap().2 = held.expires_at;
            }
        }
        _ => {}
    }
    granted_before(model, &step.notices[by_time..], met, newest);
}

fn key_of(row: &Row) -> RowKey {
    RowKey { resource: row.resource.clone(), holder: row.holder, held: matches!(row.entry, Entry::Held(_)) }
}

fn one_graph(seed: u64, policy: Policy, met: &mut Met) {
    let mut chance = Chance(seed);
    let holders = 2 + chance.below(9);
    let (mut claims, mut model, mut now, mut newest) = (Claims::new(policy), Model::default(), at(1_000), Fence(0));
    let mut stored: BTreeMap<RowKey, Row> = BTreeMap::new();
    let mut ever: Vec<(Resource, Holder, Fence)> = Vec::new();
    for turn in 0..80 {
        if chance.one_in(3) {
            now = now.plus(Duration::from_millis(chance.below(8_000) as u64));
            // Time alone first, so that what it does can be told from what is asked.
            let step = claims.apply(Command::Tick, now);
            follow(&mut model, &Command::Tick, &step, policy, now, met, &mut newest);
            keep(&mut stored, step.delta);
        }
        let command = command(&mut chance, &claims, holders);
        let before = model.clone();
        let step = claims.apply(command.clone(), now);
        follow(&mut model, &command, &step, policy, now, met, &mut newest);
        let head = step.delta.head;
        keep(&mut stored, step.delta);

        if let Command::Request(request) = &command {
            let refused_for_deadlock = step.answer.as_ref().is_err_and(|problem| problem.is(Code::ClaimDeadlock));
            let victim = step.notices.iter().any(|notice| matches!(notice, Notice::Victim { holder, .. } if *holder == request.holder));
            assert!(victim || !refused_for_deadlock, "seed {seed}, turn {turn}");
            assert!(before.in_circles().is_empty());
        }
        assert!(model.in_circles().is_empty(), "seed {seed}, turn {turn}: a deadlock is left");
        assert_eq!(claims.deadlock(), None);

        let rows: BTreeMap<RowKey, Row> = claims.rows().map(|row| (key_of(&row), row)).collect();
        let modelled: BTreeSet<(Resource, Holder, bool, Mode)> = model
            .held
            .iter()
            .map(|((resource, holder), (mode, _, _))| (resource.clone(), *holder, true, *mode))
            .chain(model.waiting.iter().map(|((resource, holder), (mode, _, _))| (resource.clone(), *holder, false, *mode)))
            .collect();
        let actual: BTreeSet<(Resource, Holder, bool, Mode)> = rows
            .values()
            .map(|row| match &row.entry {
                Entry::Held(held) => (row.resource.clone(), row.holder, true, held.mode),
                Entry::Waiting(waiting) => (row.resource.clone(), row.holder, false, waiting.mode),
            })
            .collect();
        assert_eq!(modelled, actual, "seed {seed}, turn {turn}: {command:?}");
        assert_eq!(stored, rows, "seed {seed}, turn {turn}: what is stored is what is");
        let json = serde_json::to_string(&stored.values().collect::<Vec<_>>()).unwrap();
        let read: Vec<Row> = serde_json::from_str(&json).unwrap();
        assert_eq!(Claims::load(policy, head, read).unwrap(), claims, "seed {seed}, turn {turn}: and can be read again");

        for ((resource, holder), (mode, fence, expires_at)) in &model.held {
            ever.push((resource.clone(), *holder, *fence));
            let check = |access, now| claims.check(resource, holder, *fence, access, now).is_ok();
            assert!(check(Access::Read, now) && check(Access::Write, now) == (*mode == Mode::Exclusive));
            assert!(!check(Access::Read, *expires_at), "nobody relies on a lease that has run out, ticked or not");
        }
        for (resource, holder, fence) in &ever {
            if model.held.get(&(resource.clone(), *holder)).is_none_or(|(_, held, _)| held != fence) {
                let check = claims.check(resource, holder, *fence, Access::Read, now);
                assert!(check.is_err_and(|problem| problem.is(Code::ClaimLost)), "seed {seed}, turn {turn}: a stale fence");
                met.stale += 1;
            }
        }
        ever.sort_unstable();
        ever.dedup();
    }
    // Whoever holds anything gives it back; nobody may be left waiting.
    for _ in 0..=claims.count() {
        let holding: BTreeSet<Holder> = model.held.keys().map(|(_, holder)| *holder).collect();
        let (waiting, releases) = (model.waiting.len(), model.held.keys().cloned().collect::<Vec<_>>());
        if holding.is_empty() {
            assert_eq!(waiting, 0, "seed {seed}: all have given back, and {waiting} still wait");
            return;
        }
        for (resource, holder) in releases {
            let fence = claims.held(&resource, &holder).unwrap().fence;
            let command = Command::Release { holder, resource, fence };
            let step = claims.apply(command.clone(), now);
            follow(&mut model, &command, &step, policy, now, met, &mut newest);
        }
    }
    assert_eq!(claims.count(), 0, "seed {seed}: it never ends");
}

fn keep(stored: &mut BTreeMap<RowKey, Row>, delta: Delta) {
    for row in delta.put {
        stored.insert(key_of(&row), row);
    }
    for key in delta.removed {
        stored.remove(&key);
    }
}

#[test]
fn in_a_thousand_random_graphs_every_deadlock_is_broken_and_no_innocent_gives_way() {
    let rules = [VictimRule::Youngest, VictimRule::LowestPriority, VictimRule::LeastWork, VictimRule::FewestClaims];
    let mut met = Met::default();
    for seed in 0..1_000_u64 {
        let rule = rules[usize::try_from(seed % 4).unwrap()];
        one_graph(seed, Policy { rule, loss: if seed % 8 < 4 { Loss::Request } else { Loss::Everything } }, &mut met);
    }
    println!("{met:?}");
    let Met { deadlocks, overtakings, lapses, gave_up, upgrades, stale, queued } = met;
    assert!(deadlocks > 500 && overtakings > 5 && lapses > 500 && gave_up > 100 && upgrades > 100 && stale > 10_000 && queued > 5_000);
}

fn apply(claims: &mut Claims, command: Command, now: i64) -> Step {
    claims.apply(command, at(now))
}

fn ask(claims: &mut Claims, request: Request, now: i64) -> Result<Answer, baton_domain::problem::Problem> {
    apply(claims, Command::Request(request), now).answer
}

fn fence(claims: &Claims, who: u128, what: &str) -> Fence {
    claims.held(&name(what), &holder(who)).unwrap_or_else(|| panic!("{who} holds {what}")).fence
}

fn release(claims: &mut Claims, who: u128, what: &str, now: i64) -> Step {
    let fence = fence(claims, who, what);
    apply(claims, Command::Release { holder: holder(who), resource: name(what), fence }, now)
}

#[test]
fn an_exclusive_request_does_not_starve_behind_those_who_share() {
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, wish(0, "path:a", Mode::Shared), 0).unwrap();
    assert!(matches!(ask(&mut claims, wish(1, "path:a", Mode::Exclusive), 1).unwrap(), Answer::Waiting { .. }));
    for late in 2..50 {
        let answer = ask(&mut claims, wish(late, "path:a", Mode::Shared), late as i64).unwrap();
        assert!(matches!(answer, Answer::Waiting { behind, .. } if behind.contains(&holder(1))));
    }
    let step = release(&mut claims, 0, "path:a", 60);
    assert!(matches!(&step.notices[..], [Notice::Granted { holder: first, .. }] if *first == holder(1)));
    assert_eq!(release(&mut claims, 1, "path:a", 61).notices.len(), 48, "and then all who share at once");
}

#[test]
fn the_urgent_go_first_until_others_have_waited_as_long_as_that_is_worth() {
    let with = |who: u128, priority: u8| Request {
        standing: Standing { priority: Priority::new(priority).unwrap(), ..standing() },
        lease_ms: MAXIMUM_LEASE_MS,
        ..wish(who, "path:a", Mode::Exclusive)
    };
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, with(0, 3), 0).unwrap();
    ask(&mut claims, with(1, 5), 0).unwrap();
    ask(&mut claims, with(2, 1), 239_999).unwrap();
    ask(&mut claims, with(3, 1), 240_001).unwrap();
    for next in [2, 1, 3] {
        let (now, last) = (300_000, claims.rows().find(|row| matches!(row.entry, Entry::Held(_))).unwrap().holder);
        release(&mut claims, last.id.as_u128(), "path:a", now);
        assert!(claims.held(&name("path:a"), &holder(next)).is_some(), "{next} is next");
    }
}

#[test]
fn who_shares_and_wants_it_alone_goes_before_those_who_come_anew() {
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, wish(0, "path:a", Mode::Shared), 0).unwrap();
    ask(&mut claims, wish(1, "path:a", Mode::Shared), 0).unwrap();
    ask(&mut claims, wish(2, "path:a", Mode::Exclusive), 1).unwrap();
    let shared = fence(&claims, 0, "path:a");
    assert_eq!(ask(&mut claims, wish(0, "path:a", Mode::Exclusive), 2).unwrap(), Answer::Waiting { behind: vec![holder(1)], until: None });
    release(&mut claims, 1, "path:a", 3);
    assert!(fence(&claims, 0, "path:a") > shared, "and has a new number");
    // Two who share and both want it alone wait for one another.
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, Request { standing: Standing { begun_at: at(1), ..standing() }, ..wish(0, "path:a", Mode::Shared) }, 0).unwrap();
    ask(&mut claims, wish(1, "path:a", Mode::Shared), 0).unwrap();
    ask(&mut claims, wish(1, "path:a", Mode::Exclusive), 2).unwrap();
    let more = Request { standing: Standing { begun_at: at(1), ..standing() }, ..wish(0, "path:a", Mode::Exclusive) };
    assert!(ask(&mut claims, more, 3).unwrap_err().is(Code::ClaimDeadlock), "the younger gives way");
    release(&mut claims, 0, "path:a", 4);
    assert_eq!(claims.held(&name("path:a"), &holder(1)).unwrap().mode, Mode::Exclusive);
}

#[test]
fn a_circle_that_only_the_queue_closes_costs_nobody_anything() {
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, wish(0, "path:one", Mode::Shared), 0).unwrap();
    ask(&mut claims, wish(1, "path:one", Mode::Exclusive), 1).unwrap();
    ask(&mut claims, wish(2, "path:two", Mode::Exclusive), 2).unwrap();
    // 2 waits behind 1, who waits for 0, who would wait for 2; but 2 could share with 0.
    ask(&mut claims, wish(2, "path:one", Mode::Shared), 3).unwrap();
    let step = apply(&mut claims, Command::Request(wish(0, "path:two", Mode::Exclusive)), 4);
    assert!(step.notices.iter().any(|notice| matches!(notice, Notice::Granted { holder: who, overtook: true, .. } if *who == holder(2))));
    assert!(!step.notices.iter().any(|notice| matches!(notice, Notice::Victim { .. })));
}

#[test]
fn nobody_gives_way_where_another_order_of_the_queue_does() {
    let mut claims = Claims::new(Policy::default());
    let [a, b, c] = [0, 1, 2];
    ask(&mut claims, wish(c, "path:r", Mode::Exclusive), 0).unwrap();
    ask(&mut claims, wish(a, "path:s", Mode::Exclusive), 0).unwrap();
    ask(&mut claims, wish(b, "path:r", Mode::Exclusive), 1).unwrap();
    ask(&mut claims, wish(a, "path:r", Mode::Exclusive), 2).unwrap();
    let step = apply(&mut claims, Command::Request(wish(b, "path:s", Mode::Exclusive)), 3);
    assert!(matches!(step.answer, Ok(Answer::Waiting { .. })), "{:?}", step.answer);
    assert!(!step.notices.iter().any(|notice| matches!(notice, Notice::Victim { .. })));
    assert_eq!(claims.deadlock(), None);
    release(&mut claims, c, "path:r", 4);
    release(&mut claims, a, "path:r", 5);
    assert!(claims.held(&name("path:r"), &holder(b)).is_some(), "b has it after a");
}

#[test]
fn a_late_look_at_the_time_grants_nothing_to_who_gave_up_before() {
    let with = |who, mode, patience, lease_ms| Request { patience_ms: Some(patience), lease_ms, ..wish(who, "path:a", mode) };
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, with(0, Mode::Exclusive, 0, 10_000), 0).unwrap();
    ask(&mut claims, with(1, Mode::Exclusive, 5_000, 60_000), 0).unwrap();
    ask(&mut claims, with(2, Mode::Exclusive, 10_000, 60_000), 0).unwrap();
    let step = apply(&mut claims, Command::Tick, 100_000);
    let told: Vec<(&str, Holder)> = step
        .notices
        .iter()
        .map(|notice| match notice {
            Notice::GaveUp { holder, .. } => ("gave up", *holder),
            Notice::Lapsed { holder, .. } => ("lapsed", *holder),
            Notice::Granted { holder, .. } => ("granted", *holder),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [("gave up", holder(1)), ("lapsed", holder(0)), ("granted", holder(2))]);
    // Whoever gives up makes room for who waits for longer, also within one look.
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, with(0, Mode::Shared, 0, 60_000), 0).unwrap();
    ask(&mut claims, with(1, Mode::Exclusive, 5_000, 60_000), 0).unwrap();
    ask(&mut claims, with(2, Mode::Shared, 6_000, 60_000), 0).unwrap();
    apply(&mut claims, Command::Tick, 50_000);
    assert!(claims.held(&name("path:a"), &holder(2)).is_some() && claims.waiting(&name("path:a"), &holder(1)).is_none());
}

#[test]
fn many_leases_end_at_once_beneath_a_name_that_many_wait_for() {
    let mut claims = Claims::new(Policy::default());
    for number in 0..2_000_u128 {
        ask(&mut claims, Request { lease_ms: 1_000, ..wish(0x10_000 + number, &format!("path:a/{number}"), Mode::Shared) }, 0).unwrap();
    }
    for number in 0..300_u128 {
        ask(&mut claims, wish(number, "path:a", Mode::Exclusive), 0).unwrap();
    }
    let begun = computed();
    assert_eq!(apply(&mut claims, Command::Tick, 2_000).notices.len(), 2_001);
    took("2,000 leases that end at once", begun, 2);
}

#[test]
fn the_rule_says_who_gives_way() {
    let with = |who: u128, what: &str| Request {
        standing: Standing {
            begun_at: at([30, 20, 10][who as usize]),
            priority: Priority::new([1, 5, 3][who as usize]).unwrap(),
            work: [9, 9, 1][who as usize],
        },
        ..wish(who, what, Mode::Exclusive)
    };
    for (rule, victim) in
        [(VictimRule::Youngest, 0), (VictimRule::LowestPriority, 1), (VictimRule::LeastWork, 2), (VictimRule::FewestClaims, 2)]
    {
        let mut claims = Claims::new(Policy { rule, loss: Loss::Request });
        let steps = [(0, "path:0"), (1, "path:1"), (2, "path:2"), (0, "topic:x"), (1, "topic:y"), (0, "path:1"), (1, "path:2")];
        for (who, what) in steps {
            ask(&mut claims, with(who, what), 40).unwrap();
        }
        let step = apply(&mut claims, Command::Request(with(2, "path:0")), 41);
        let victims: Vec<Holder> = step
            .notices
            .iter()
            .filter_map(|notice| if let Notice::Victim { holder, .. } = notice { Some(*holder) } else { None })
            .collect();
        assert_eq!(victims, [holder(victim)], "{rule:?}");
    }
}

#[test]
fn what_is_above_and_beneath_is_covered() {
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, wish(0, "path:a/b", Mode::Exclusive), 0).unwrap();
    let busy = |claims: &mut Claims, what: &str| {
        ask(claims, Request { patience_ms: Some(0), ..wish(1, what, Mode::Shared) }, 1).is_err_and(|problem| problem.is(Code::ResourceBusy))
    };
    assert!(busy(&mut claims, "path:a") && busy(&mut claims, "path:a/b/c") && !busy(&mut claims, "path:a/c"));
    let mine = fence(&claims, 0, "path:a/b");
    assert!(claims.check(&name("path:a/b/c"), &holder(0), mine, Access::Write, at(1)).is_ok());
    assert!(claims.check(&name("path:a"), &holder(0), mine, Access::Read, at(1)).is_err());
    // Who has the whole has the part, whoever waits for it.
    ask(&mut claims, wish(2, "path:a/b/c", Mode::Exclusive), 2).unwrap();
    assert!(matches!(ask(&mut claims, wish(0, "path:a/b/c", Mode::Exclusive), 3).unwrap(), Answer::Held(_)));
}

#[test]
fn asking_twice_is_asking_once() {
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, wish(0, "path:a", Mode::Exclusive), 0).unwrap();
    ask(&mut claims, wish(1, "path:a", Mode::Shared), 0).unwrap();
    let before = claims.clone();
    assert!(matches!(ask(&mut claims, wish(0, "path:a", Mode::Shared), 1).unwrap(), Answer::Held(Held { mode: Mode::Exclusive, .. })));
    assert!(matches!(ask(&mut claims, wish(1, "path:a", Mode::Shared), 1).unwrap(), Answer::Waiting { .. }));
    assert_eq!(claims, before);
}

#[test]
fn a_gate_lets_nothing_old_through() {
    let mut gate = Gate::default();
    let mut admit = |fence, mode, access| gate.admit(Fence(fence), mode, access);
    let write = (Mode::Exclusive, Access::Write);
    assert!([3, 3, 5].iter().all(|fence| admit(*fence, write.0, write.1).is_ok()));
    assert!(admit(4, write.0, write.1).unwrap_err().is(Code::ClaimLost));
    assert!(admit(5, Mode::Shared, Access::Write).unwrap_err().is(Code::ClaimLost), "it was downgraded");
    assert!([7, 6, 5].iter().all(|fence| admit(*fence, Mode::Shared, Access::Read).is_ok()), "those who share read side by side");
    assert!(admit(5, write.0, write.1).is_err(), "what was written before the downgrade comes too late");
    assert!(admit(8, write.0, write.1).is_ok() && admit(7, Mode::Shared, Access::Read).is_err());
}

#[test]
fn there_are_bounds() {
    let mut claims = Claims::new(Policy::default());
    for number in 0..MAXIMUM_CLAIMS_PER_HOLDER {
        ask(&mut claims, wish(0, &format!("path:{number}"), Mode::Shared), 0).unwrap();
    }
    assert!(ask(&mut claims, wish(0, "path:more", Mode::Shared), 0).unwrap_err().is(Code::TooManyClaims));
    assert!(ask(&mut claims, wish(0, "path:0", Mode::Shared), 0).is_ok(), "what is held may be asked for");
    let begun = computed();
    for who in 1..=MAXIMUM_CLAIMS_PER_NAME {
        ask(&mut claims, wish(who as u128, "topic:hot", Mode::Exclusive), 0).unwrap();
    }
    took("1,000 requests for one name", begun, 5);
    assert!(ask(&mut claims, wish(0xffff, "topic:hot", Mode::Shared), 0).unwrap_err().is(Code::ClaimQueueFull));
    for lease_ms in [0, MINIMUM_LEASE_MS - 1, MAXIMUM_LEASE_MS + 1] {
        assert!(ask(&mut claims, Request { lease_ms, ..wish(9, "path:x", Mode::Shared) }, 0).unwrap_err().is(Code::InvalidRequest));
    }
    let patience_ms = Some(MAXIMUM_PATIENCE_MS + 1);
    assert!(ask(&mut claims, Request { patience_ms, ..wish(9, "path:x", Mode::Shared) }, 0).unwrap_err().is(Code::InvalidRequest));
    let mut who = 0x10_000;
    let begun = computed();
    while claims.count() < MAXIMUM_CLAIMS {
        who += 1;
        ask(&mut claims, wish(who, &format!("path:own/{who}"), Mode::Exclusive), 0).unwrap();
    }
    took("18,936 requests for names of their own", begun, 10);
    assert!(ask(&mut claims, wish(0xfff_ffff, "path:last", Mode::Shared), 0).unwrap_err().is(Code::TooManyClaims));
}

#[test]
fn rows_that_no_command_leads_to_are_refused() {
    let mut claims = Claims::new(Policy::default());
    ask(&mut claims, wish(0, "path:a", Mode::Exclusive), 0).unwrap();
    let rows: Vec<Row> = claims.rows().collect();
    let twice: Vec<Row> = rows.iter().chain(&rows).cloned().collect();
    let other: Vec<Row> = rows.iter().cloned().chain([Row { holder: holder(1), resource: name("path:a/b"), ..rows[0].clone() }]).collect();
    for wrong in [Claims::load(Policy::default(), claims.head(), twice), Claims::load(Policy::default(), claims.head(), other)] {
        assert!(wrong.unwrap_err().is(Code::Internal));
    }
    assert!(Claims::load(Policy::default(), Head::default(), rows.clone()).is_err(), "a fence that was never given");
    assert_eq!(Claims::load(Policy::default(), claims.head(), rows).unwrap(), claims);
}
