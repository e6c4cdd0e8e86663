//! Is every deadlock broken, by somebody on it, and every stale fence refused? Random claims against a model that knows only what was listed.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::problem::Code;
use baton_domain::services::ClaimService;
use baton_domain::wire::claim::{ClaimBreak, ClaimCheck, ClaimEvent, ClaimMode, ClaimRef, ClaimRelease, ClaimState, ClaimView};
use baton_testkit::SeededChance;

use crate::claims::{all, wish};
use crate::world::{World, holder, person};

const GRAPHS: u64 = 1_000;
const STEPS: usize = 24;

/// Who waits for whom because of what is held, and with `queue` also because of who came before.
fn edges(claims: &[ClaimView], queue: bool) -> BTreeMap<String, BTreeSet<String>> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for waits in claims.iter().filter(|claim| claim.state == ClaimState::Waiting) {
        let of = edges.entry(waits.holder.clone()).or_default();
        for held in claims.iter().filter(|claim| claim.state == ClaimState::Held && claim.resource == waits.resource) {
            if held.holder != waits.holder && (held.mode == ClaimMode::Exclusive || waits.mode == ClaimMode::Exclusive) {
                of.insert(held.holder.clone());
            }
        }
        if queue {
            of.extend(waits.behind.iter().cloned());
        }
    }
    edges
}

fn on_a_circle(edges: &BTreeMap<String, BTreeSet<String>>, from: &str) -> bool {
    let (mut seen, mut left) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(at) = left.pop() {
        for next in edges.get(&at).into_iter().flatten() {
            if next == from {
                return true;
            }
            if seen.insert(next.clone()) {
                left.push(next.clone());
            }
        }
    }
    false
}

#[tokio::test]
async fn a_thousand_random_graphs_have_every_deadlock_broken_no_false_victim_and_no_stale_fence() {
    let (mut victims, mut stale) = (0, 0);
    for seed in 0..GRAPHS {
        let world = World::new(seed);
        let servers = [world.server(), world.server()];
        let chance = SeededChance::new(seed);
        let below = |most: u64| chance.bits() % most;
        let (people, things) = (3 + below(4), 2 + below(3));
        let mut given: BTreeMap<i64, (u128, String)> = BTreeMap::new();
        for _ in 0..STEPS {
            let server = &servers[usize::try_from(below(2)).unwrap()];
            let who = u128::from(1 + below(people));
            let name = format!("path:{}", below(things));
            let before = all(server).await;
            let broken_before = world.events("claim.broken").len();
            world.advance(1);
            let mut asked = None;
            if below(4) == 0 {
                let own = before.iter().find(|claim| claim.holder == holder(who));
                if let Some(own) = own {
                    let claims = vec![ClaimRef { resource: own.resource.clone(), fence: own.fence }];
                    server.release(&person(who), ClaimRelease { holder: None, claims }).await.unwrap();
                }
            } else {
                let mode = if below(3) == 0 { ClaimMode::Shared } else { ClaimMode::Exclusive };
                let patience = if below(5) == 0 { None } else { Some(600_000) };
                let claimed = server.claim(&person(who), wish(&[&name], mode, patience), None).await;
                if let Err(problem) = &claimed {
                    assert!(problem.is(Code::ResourceBusy) || problem.is(Code::ClaimDeadlock), "{problem}");
                }
                asked = Some((holder(who), name.clone(), mode));
            }
            let after = all(server).await;
            // No circle is left, whether of claims or of queues.
            let waits = edges(&after, true);
            for waiting in waits.keys() {
                assert!(!on_a_circle(&waits, waiting), "graph {seed}: {after:?}");
            }
            // Whoever gave way was on a circle of claims that are held, with what was just asked for.
            for event in world.events("claim.broken").iter().skip(broken_before) {
                let told: ClaimEvent = event.data.read().unwrap();
                assert_eq!(told.why, Some(ClaimBreak::Deadlock));
                let (asker, wanted, mode) = asked.clone().unwrap();
                let mut then = before.clone();
                then.push(ClaimView {
                    resource: wanted,
                    holder: asker,
                    by: String::new(),
                    mode,
                    state: ClaimState::Waiting,
                    fence: None,
                    since: event.at,
                    until: None,
                    behind: vec![],
                });
                assert!(on_a_circle(&edges(&then, false), &told.holder), "graph {seed}: {} was sacrificed in {then:?}", told.holder);
                victims += 1;
            }
            let held: BTreeSet<i64> = after.iter().filter_map(|claim| claim.fence).collect();
            given.extend(after.iter().filter_map(|claim| Some((claim.fence?, (0, claim.resource.clone())))));
            // A number that is held is let in for reading, and one that is not is refused: one of each.
            let sample: Vec<(i64, String)> = given.iter().map(|(fence, (_, name))| (*fence, name.clone())).collect();
            if !sample.is_empty() {
                let (fence, resource) = sample[usize::try_from(below(sample.len() as u64)).unwrap()].clone();
                let check = ClaimCheck { resource, fence, access: Some(baton_domain::wire::claim::ClaimAccess::Read) };
                let answer = server.check(&person(who), check).await;
                assert_eq!(answer.is_ok(), held.contains(&fence), "graph {seed}: {answer:?}");
                if let Err(problem) = answer {
                    assert!(problem.is(Code::ClaimLost));
                    stale += 1;
                }
            }
        }
    }
    // The test says something only if both happened.
    assert!(victims > 200 && stale > 200, "{victims} victims, {stale} stale fences");
    println!("{victims} victims, {stale} stale fences refused");
}
