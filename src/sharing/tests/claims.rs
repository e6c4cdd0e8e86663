//! Who may use what, and who learns that they may no longer?

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use baton_domain::id::ProjectId;
use baton_domain::problem::Code;
use baton_domain::services::{ClaimService, TaskService};
use baton_domain::task::TaskState;
use baton_domain::user::Caller;
use baton_domain::wire::claim::{
    BreakClaim, ClaimAccess, ClaimBreak, ClaimCheck, ClaimEvent, ClaimFilter, ClaimMode, ClaimRef, ClaimRelease, ClaimRenewal,
    ClaimRequest, ClaimState, ClaimView, Claimed, WantedClaim,
};
use baton_domain::wire::task::NewTask;
use baton_sharing::Sharing;
use serde_json::json;
use uuid::Uuid;

use crate::world::{World, event, holder, person, viewer};

pub(crate) fn wish(names: &[&str], mode: ClaimMode, wait_ms: Option<u64>) -> ClaimRequest {
    let wanted = names.iter().map(|name| WantedClaim { resource: (*name).to_owned(), mode }).collect();
    ClaimRequest { wanted, holder: None, lease_ms: 60_000, wait_ms }
}

pub(crate) fn alone(name: &str) -> ClaimRequest {
    wish(&[name], ClaimMode::Exclusive, None)
}

fn patient(name: &str) -> ClaimRequest {
    wish(&[name], ClaimMode::Exclusive, Some(600_000))
}

async fn holds(server: &Sharing, caller: &Caller, request: ClaimRequest) -> ClaimView {
    let claimed = server.claim(caller, request, None).await.unwrap();
    assert!(claimed.complete, "{claimed:?}");
    claimed.claims[0].clone()
}

fn back(name: &str, fence: Option<i64>) -> ClaimRelease {
    ClaimRelease { holder: None, claims: vec![ClaimRef { resource: name.to_owned(), fence }] }
}

fn shown(name: &str, fence: i64) -> ClaimCheck {
    ClaimCheck { resource: name.to_owned(), fence, access: None }
}

pub(crate) async fn all(server: &Sharing) -> Vec<ClaimView> {
    server.list(&person(1), ClaimFilter { limit: Some(500), ..ClaimFilter::default() }).await.unwrap().items
}

#[tokio::test]
async fn a_claim_is_held_by_one_waited_for_by_others_and_its_old_number_is_refused() {
    let world = World::new(1);
    let server = world.server();
    let first = holds(&server, &person(1), alone("path:a")).await;
    // The same again changes nothing.
    assert_eq!(holds(&server, &person(1), alone("path:a")).await, first);
    let busy = server.claim(&person(2), alone("path:a/b"), None).await.unwrap_err();
    assert!(busy.is(Code::ResourceBusy) && busy.detail.contains(&holder(1)), "{busy}");
    let waits = server.claim(&person(2), patient("path:a/b"), None).await.unwrap();
    assert_eq!((waits.complete, waits.claims[0].state, &waits.claims[0].behind), (false, ClaimState::Waiting, &vec![holder(1)]));
    // Beneath what is claimed, too, and for writing.
    let fence = first.fence.unwrap();
    assert_eq!(server.check(&viewer(9), shown("path:a/b/c", fence)).await.unwrap().resource, "path:a");
    server.release(&person(1), back("path:a", Some(fence))).await.unwrap();
    let stale = server.check(&viewer(9), shown("path:a", fence)).await.unwrap_err();
    assert!(stale.is(Code::ClaimLost), "{stale}");
    let served = holds(&server, &person(2), patient("path:a/b")).await;
    assert!(served.fence.unwrap() > fence);
    assert!(server.release(&person(1), back("path:a", Some(fence))).await.unwrap_err().is(Code::ClaimLost));
    let granted: Vec<ClaimEvent> = world.events("claim.granted").iter().map(|event| event.data.read().unwrap()).collect();
    let told: Vec<(&str, &str)> = granted.iter().map(|told| (told.resource.as_str(), told.holder.as_str())).collect();
    assert_eq!(told, [("path:a", holder(1).as_str()), ("path:a/b", holder(2).as_str())]);
    assert_eq!(world.events("claim.released").len(), 1);
    let list = server.list(&viewer(9), ClaimFilter::default()).await.unwrap();
    assert_eq!((list.held, list.waiting, list.items.len()), (1, 0, 1));
    assert_eq!(list.items[0].by, "p2@example.test");
}

#[tokio::test]
async fn several_things_are_claimed_all_or_none() {
    let world = World::new(2);
    let server = world.server();
    holds(&server, &person(1), alone("path:b")).await;
    let before = all(&server).await;
    let both = wish(&["path:a", "path:b"], ClaimMode::Exclusive, None);
    assert!(server.claim(&person(2), both.clone(), None).await.unwrap_err().is(Code::ResourceBusy));
    assert_eq!(all(&server).await, before);
    let waits = server.claim(&person(2), ClaimRequest { wait_ms: Some(1_000), ..both }, None).await.unwrap();
    assert_eq!(waits.claims.iter().map(|claim| claim.state).collect::<Vec<_>>(), [ClaimState::Held, ClaimState::Waiting]);
    // Renewing one that is not held renews none.
    let until = all(&server).await[0].until;
    let fence = waits.claims[0].fence;
    world.advance(500);
    let named = ["path:a", "path:z"].map(|name| ClaimRef { resource: name.to_owned(), fence });
    let renewal = ClaimRenewal { claims: named.to_vec(), ..ClaimRenewal::default() };
    assert!(server.renew(&person(2), renewal).await.unwrap_err().is(Code::ClaimLost));
    assert_eq!(all(&server).await[0].until, until);
    assert_eq!(server.renew(&person(2), ClaimRenewal::default()).await.unwrap().len(), 1);
    assert_ne!(all(&server).await[0].until, until);
    server.release(&person(2), ClaimRelease::default()).await.unwrap();
    assert_eq!(all(&server).await.len(), 1);
    for (request, field) in [
        (wish(&[], ClaimMode::Shared, None), "/wanted"),
        (wish(&["path:a", "path:a"], ClaimMode::Shared, None), "/wanted/1/resource"),
        (ClaimRequest { lease_ms: 1, ..alone("path:a") }, "lease_ms"),
        (wish(&["nothing"], ClaimMode::Shared, None), "/wanted/0/resource"),
    ] {
        let wrong = server.claim(&person(2), request, None).await.unwrap_err();
        assert!(wrong.errors.iter().any(|error| error.field == field), "{wrong}");
    }
}

#[tokio::test]
async fn whose_claim_gives_way_in_a_deadlock_learns_it_by_answer_and_event() {
    let world = World::new(3);
    let server = world.server();
    holds(&server, &person(1), alone("path:a")).await;
    world.advance(10);
    holds(&server, &person(2), alone("path:b")).await;
    server.claim(&person(1), patient("path:b"), None).await.unwrap();
    // The younger gives way, which is the one that asks.
    let gave_way = server.claim(&person(2), patient("path:a"), None).await.unwrap_err();
    assert!(gave_way.is(Code::ClaimDeadlock), "{gave_way}");
    let broken = world.events("claim.broken");
    assert_eq!(broken.len(), 1);
    let told: ClaimEvent = broken[0].data.read().unwrap();
    assert_eq!((told.holder, told.why), (holder(2), Some(ClaimBreak::Deadlock)));
    server.release(&person(2), ClaimRelease::default()).await.unwrap();
    holds(&server, &person(1), alone("path:b")).await;

    // Who waits while another closes the circle is told when its call answers.
    server.release(&person(1), ClaimRelease::default()).await.unwrap();
    holds(&server, &person(4), alone("path:d")).await;
    world.advance(10);
    holds(&server, &person(3), alone("path:c")).await;
    let waiting = {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.claim(&person(3), patient("path:d"), Some(Duration::from_secs(60))).await })
    };
    tokio::task::yield_now().await;
    while server.list(&person(1), ClaimFilter::default()).await.unwrap().waiting == 0 {
        tokio::task::yield_now().await;
    }
    server.claim(&person(4), patient("path:c"), None).await.unwrap();
    let lost = waiting.await.unwrap().unwrap_err();
    assert!(lost.is(Code::ClaimDeadlock) && lost.detail.contains("gives way"), "{lost}");
}

#[tokio::test]
async fn who_waits_is_answered_when_it_is_served_or_has_waited_long_enough() {
    let world = World::new(4);
    let server = world.server();
    let first = holds(&server, &person(1), ClaimRequest { lease_ms: 5_000, ..alone("path:a") }).await;
    // By the hand of the pause the clock goes on until the lease ends, on a server that did not give it.
    let other = world.server();
    let served = other.claim(&person(2), patient("path:a"), Some(Duration::from_secs(30))).await.unwrap();
    assert!(served.complete);
    let list = server.list(&person(1), ClaimFilter::default()).await.unwrap();
    assert_eq!((list.broken.len(), list.broken[0].why, list.broken[0].fence), (1, ClaimBreak::Lapsed, first.fence));
    let claims = vec![ClaimRef { resource: "path:a".into(), fence: first.fence }];
    let renewal = ClaimRenewal { claims, ..ClaimRenewal::default() };
    let late = server.renew(&person(1), renewal).await.unwrap_err();
    assert!(late.is(Code::ClaimLost) && late.detail.contains("lease"), "{late}");
    let short = ClaimRequest { wait_ms: Some(2_000), ..alone("path:a") };
    let gave_up = server.claim(&person(3), short, Some(Duration::from_secs(30))).await.unwrap_err();
    assert!(gave_up.is(Code::ClaimTimedOut), "{gave_up}");
    let still = server.claim(&person(3), patient("path:a"), Some(Duration::from_secs(3))).await.unwrap();
    assert!(!still.complete);
    // What was lost is forgotten in time.
    world.advance(2 * 60 * 60 * 1_000);
    server.round().await.unwrap();
    assert!(server.list(&person(1), ClaimFilter::default()).await.unwrap().broken.iter().all(|lost| lost.holder != holder(1)));
}

#[tokio::test]
async fn an_operator_breaks_a_claim_and_its_holder_hears_who_and_why() {
    let world = World::new(5);
    let server = world.server();
    let held = holds(&server, &person(1), alone("connection:crm")).await;
    server.claim(&person(2), patient("connection:crm"), None).await.unwrap();
    let which = BreakClaim { resource: "connection:crm".into(), holder: holder(1), because: "The host is gone.".into() };
    assert!(server.break_claim(&viewer(9), which.clone()).await.unwrap_err().is(Code::Forbidden));
    server.break_claim(&person(9), which.clone()).await.unwrap();
    assert!(server.break_claim(&person(9), which).await.unwrap_err().is(Code::NoSuchClaim));
    let lost = server.check(&person(1), shown("connection:crm", held.fence.unwrap())).await.unwrap_err();
    assert!(lost.is(Code::ClaimLost) && lost.detail.contains("The host is gone.") && lost.detail.contains("p9@"), "{lost}");
    assert_eq!(all(&server).await[0].holder, holder(2));
    let read = ClaimCheck { access: Some(ClaimAccess::Read), ..shown("connection:crm", all(&server).await[0].fence.unwrap()) };
    server.check(&person(1), read).await.unwrap();
}

#[tokio::test]
async fn who_waits_is_told_that_its_request_was_taken_out_of_the_queue() {
    let world = World::new(15);
    let server = world.server();
    holds(&server, &person(1), ClaimRequest { lease_ms: 600_000, ..alone("path:a") }).await;
    let waiting = {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.claim(&person(2), patient("path:a"), Some(Duration::from_secs(60))).await })
    };
    while server.list(&person(1), ClaimFilter::default()).await.unwrap().waiting == 0 {
        tokio::task::yield_now().await;
    }
    let which = BreakClaim { resource: "path:a".into(), holder: holder(2), because: "Others need it first.".into() };
    server.break_claim(&person(9), which).await.unwrap();
    let told = waiting.await.unwrap().unwrap_err();
    assert!(told.is(Code::ClaimBroken) && told.detail.contains("Others need it first.") && told.detail.contains("p9@"), "{told}");
    assert_eq!(all(&server).await[0].holder, holder(1), "who held it holds it");
}

#[tokio::test]
async fn who_never_gets_its_turn_is_told_to_try_again_and_has_changed_nothing() {
    let world = World::new(16);
    let server = world.server();
    holds(&server, &person(1), alone("path:a")).await;
    world.outrun.store(true, Ordering::SeqCst);
    let refused = server.claim(&person(2), alone("path:b"), None).await.unwrap_err();
    assert!(refused.is(Code::SharingContended) && refused.retry_after == Some(1), "{refused:?}");
    assert!(server.release(&person(1), back("path:a", None)).await.unwrap_err().is(Code::SharingContended));
    world.outrun.store(false, Ordering::SeqCst);
    assert_eq!(plain(all(&server).await).len(), 1);
    holds(&server, &person(2), alone("path:b")).await;
}

#[tokio::test]
async fn a_task_holds_for_whoever_began_it_and_what_has_ended_holds_nothing() {
    let world = World::new(6);
    let server = world.server();
    let task = world.tasks.submit(&person(1), NewTask::new("demo.work", json!({})), None).await.unwrap();
    let named = format!("task:{}", task.id);
    let request = ClaimRequest { holder: Some(named.clone()), ..alone("path:a") };
    assert!(server.claim(&person(2), request.clone(), None).await.unwrap_err().is(Code::NotYourHolder));
    assert_eq!(holds(&server, &person(1), request.clone()).await.holder, named);
    let of_another = ClaimRequest { holder: Some(holder(1)), ..alone("path:b") };
    assert!(server.claim(&person(2), of_another, None).await.unwrap_err().is(Code::NotYourHolder));
    let nobody = ClaimRequest { holder: Some(format!("run:{}", Uuid::from_u128(5))), ..alone("path:b") };
    assert!(server.claim(&person(2), nobody, None).await.unwrap_err().is(Code::NotYourHolder));
    world.tasks.end(task.id, TaskState::Completed);
    assert!(server.claim(&person(1), request, None).await.unwrap_err().is(Code::NotYourHolder));
    server.heard(&event(&world, "task.completed", &named));
    server.round().await.unwrap();
    assert!(all(&server).await.is_empty());
    assert_eq!(world.events("claim.released").len(), 1);
    // Another project sees and disturbs nothing.
    holds(&server, &person(1), alone("path:a")).await;
    let stranger = Caller { project: ProjectId::new(Uuid::from_u128(77)), ..person(1) };
    assert!(server.list(&stranger, ClaimFilter::default()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn of_two_servers_that_give_the_same_thing_one_does() {
    let world = World::new(7);
    let (one, other) = (world.server(), world.server());
    let (a, b) = (person(1), person(2));
    for round in 0..50_u128 {
        let name = format!("path:{round}");
        let (first, second) = tokio::join!(one.claim(&a, alone(&name), None), other.claim(&b, alone(&name), None));
        assert_eq!([&first, &second].iter().filter(|claimed| claimed.is_ok()).count(), 1, "{first:?} {second:?}");
        let refused = first.err().or(second.err()).unwrap();
        assert!(refused.is(Code::ResourceBusy), "{refused}");
    }
    assert_eq!(all(&one).await, all(&other).await);
    assert_eq!(all(&one).await.len(), 50);
    let mut fences: Vec<i64> = all(&one).await.iter().filter_map(|claim| claim.fence).collect();
    fences.sort_unstable();
    fences.dedup();
    assert_eq!(fences.len(), 50);
    // A copy that is old refuses nobody, and lets nobody in.
    one.release(&person(1), ClaimRelease::default()).await.unwrap();
    one.release(&person(2), ClaimRelease::default()).await.unwrap();
    holds(&other, &person(3), alone("path:0")).await;
    assert!(one.claim(&person(4), alone("path:0"), None).await.unwrap_err().is(Code::ResourceBusy));
}

#[tokio::test]
async fn many_are_listed_in_pages() {
    let world = World::new(8);
    let server = world.server();
    for number in 0..7 {
        server.claim(&person(number), wish(&["path:a", "path:b"], ClaimMode::Shared, None), None).await.unwrap();
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let filter = ClaimFilter { cursor: cursor.take(), limit: Some(3), ..ClaimFilter::default() };
        let page = server.list(&viewer(1), filter).await.unwrap();
        assert_eq!((page.held, page.waiting), (14, 0));
        seen.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, all(&server).await);
    let of_one = ClaimFilter { holder: Some(holder(3)), resource: Some("path:a".into()), ..ClaimFilter::default() };
    assert_eq!(server.list(&viewer(1), of_one).await.unwrap().items.len(), 1);
    let wrong = ClaimFilter { cursor: Some("x".into()), ..ClaimFilter::default() };
    assert!(server.list(&viewer(1), wrong).await.unwrap_err().is(Code::InvalidQuery));
}

/// Claims without their times.
fn plain(claims: Vec<ClaimView>) -> Vec<(String, String, ClaimState)> {
    claims.into_iter().map(|claim| (claim.resource, claim.holder, claim.state)).collect()
}

/// One step of a story; what was done before is done again without harm.
async fn step(server: &Sharing, number: usize) -> Result<Claimed, baton_domain::problem::Problem> {
    match number {
        0 => server.claim(&person(1), alone("path:a"), None).await,
        1 => server.claim(&person(2), wish(&["path:a/x", "path:b"], ClaimMode::Exclusive, Some(600_000)), None).await,
        2 => server.claim(&person(3), patient("path:b"), None).await,
        3 => {
            let done = server.release(&person(1), ClaimRelease::default()).await;
            done.map(|()| Claimed { complete: true, claims: vec![] })
        }
        4 => server.claim(&person(1), patient("path:b"), None).await,
        _ => {
            let done = server.release(&person(2), ClaimRelease::default()).await;
            done.map(|()| Claimed { complete: true, claims: vec![] })
        }
    }
}

#[tokio::test]
async fn a_crash_after_any_write_leads_to_the_same_claims() {
    let told = |world: &World| {
        let granted = world.events("claim.granted");
        granted.iter().map(|event| event.subject.clone()).collect::<Vec<_>>()
    };
    let world = World::new(9);
    let server = world.server();
    for number in 0..6 {
        step(&server, number).await.unwrap();
    }
    let (expected, events) = (plain(all(&server).await), told(&world));
    assert_eq!(expected.len(), 2);
    for writes in 0..8 {
        for answer_lost in [false, true] {
            let world = World::new(9);
            let mut server = world.stopping(writes, answer_lost);
            for number in 0..6 {
                if step(&server, number).await.is_err() {
                    server = world.server();
                    step(&server, number).await.unwrap();
                }
            }
            assert_eq!(plain(all(&server).await), expected, "{writes} {answer_lost}");
            assert_eq!(told(&world), events, "{writes} {answer_lost}");
        }
    }
}

#[tokio::test]
async fn whoever_waits_does_not_ask_storage_at_each_change() {
    const WAITERS: u32 = 100;
    let world = World { still: true, ..World::new(77) };
    let server = world.server();
    let first = holds(&server, &person(0), alone("path:a")).await;
    let mut waiters = tokio::task::JoinSet::new();
    for number in 1..=u128::from(WAITERS) {
        let server = Arc::clone(&server);
        waiters.spawn(async move {
            let claimed = server.claim(&person(number), patient("path:a"), Some(Duration::from_secs(30))).await.unwrap();
            assert!(claimed.complete, "{number}");
            server.release(&person(number), back("path:a", claimed.claims[0].fence)).await.unwrap();
        });
    }
    // All of them wait, and are served one by one.
    while all(&server).await.len() <= WAITERS as usize {
        tokio::task::yield_now().await;
    }
    let begun = world.heads_read.load(Ordering::SeqCst);
    server.release(&person(0), back("path:a", first.fence)).await.unwrap();
    while let Some(served) = waiters.join_next().await {
        served.unwrap();
    }
    let read = world.heads_read.load(Ordering::SeqCst) - begun;
    println!("{read} heads read for {WAITERS} who waited");
    assert!(read <= 8 * i64::from(WAITERS), "{read}");
}

#[tokio::test]
async fn what_could_not_be_given_back_is_given_back_later() {
    let world = World::new(78);
    let left = Arc::new(AtomicI64::new(i64::MAX));
    let server = world.until(Arc::clone(&left), false);
    let task = world.tasks.submit(&person(1), NewTask::new("demo.work", json!({})), None).await.unwrap().id;
    let request = ClaimRequest { holder: Some(format!("task:{task}")), ..alone("path:a") };
    holds(&server, &person(1), request).await;
    // Its storage goes away just when the task ends.
    left.store(-1, Ordering::SeqCst);
    server.heard(&event(&world, "task.completed", &format!("task:{task}")));
    assert!(server.round().await.is_err());
    left.store(i64::MAX, Ordering::SeqCst);
    assert_eq!(all(&server).await.len(), 1);
    server.round().await.unwrap();
    assert!(all(&server).await.is_empty());
}
