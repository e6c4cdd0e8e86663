//! What does the contract say of notifications?

use baton_domain::id::{DEFAULT_PROJECT, EventSeq, NotificationId, UserId};
use baton_domain::time::Timestamp;
use baton_storage::{NotificationRecord, StoreError};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::World;
use crate::make::at;

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

/// A notification of a user, of the event at a place, which happened at the instant of the same number.
pub(crate) fn of(world: &World, number: u128, seq: i64, subject: &str) -> NotificationRecord {
    NotificationRecord {
        id: NotificationId::new(world.id()),
        user: user(number),
        project: DEFAULT_PROJECT,
        seq: EventSeq(seq),
        kind: "approval.requested".to_owned(),
        subject: subject.to_owned(),
        title: "Approve the plan".to_owned(),
        data: json!({"run": 7, "share": 0.1}),
        created_at: at(seq),
        read_at: None,
        settled_at: None,
    }
}

async fn notified(world: &World, rows: &[NotificationRecord], settled: &[(&str, i64)], seen: i64, until: i64) -> bool {
    let settled = settled.iter().map(|(subject, instant)| ((*subject).to_owned(), at(*instant))).collect();
    world.store.notify(rows.to_vec(), settled, EventSeq(seen), EventSeq(until)).await.unwrap()
}

async fn all(world: &World, number: u128) -> Vec<NotificationRecord> {
    world.store.notifications(user(number), false, None, 1_000).await.unwrap()
}

async fn unread(world: &World, number: u128) -> Vec<i64> {
    let rows = world.store.notifications(user(number), true, None, 1_000).await.unwrap();
    let count = world.store.unread_notifications(user(number), 1_000).await.unwrap();
    assert_eq!(count as usize, rows.len(), "as many are counted as are listed");
    rows.into_iter().map(|row| row.seq.0).collect()
}

async fn settled_at(world: &World, number: u128) -> Vec<Option<Timestamp>> {
    all(world, number).await.into_iter().rev().map(|row| row.settled_at).collect()
}

async fn mark(world: &World, number: u128, which: Option<&[&NotificationRecord]>, read_at: Option<i64>) -> u64 {
    let which = which.map(|rows| rows.iter().map(|row| row.id).collect());
    world.store.mark_notifications(user(number), which, read_at.map(at)).await.unwrap()
}

pub async fn a_notification_reads_back_and_moves_the_place(world: &World) {
    assert_eq!(world.store.notified_until().await.unwrap(), EventSeq(0));
    let mut rows = vec![of(world, 1, 3, "approval:a"), of(world, 2, 3, "approval:a")];
    (rows[1].read_at, rows[1].settled_at) = (Some(at(7)), Some(at(8)));
    assert!(notified(world, &rows, &[], 0, 5).await);
    assert_eq!((all(world, 1).await, all(world, 2).await, all(world, 3).await), (vec![rows[0].clone()], vec![rows[1].clone()], vec![]));
    assert_eq!(world.store.notified_until().await.unwrap(), EventSeq(5));
    assert!(notified(world, &[], &[], 5, 9).await, "most of the log tells nobody anything");
    assert_eq!((world.store.notified_until().await.unwrap(), world.head().await), (EventSeq(9), 0));
}

pub async fn a_user_has_one_notification_of_an_event(world: &World) {
    let first = of(world, 1, 3, "a");
    let again = NotificationRecord { title: "again".to_owned(), ..of(world, 1, 3, "b") };
    assert!(notified(world, &[first.clone(), again.clone()], &[], 0, 3).await);
    assert_eq!(all(world, 1).await, std::slice::from_ref(&first));
    let of_another = of(world, 2, 3, "a");
    assert!(notified(world, &[again, of_another.clone()], &[], 3, 4).await);
    assert!(notified(world, std::slice::from_ref(&first), &[], 4, 5).await, "the same once more");
    assert_eq!((all(world, 1).await, all(world, 2).await), (vec![first], vec![of_another]));
}

pub async fn who_does_not_go_on_from_the_place_stores_nothing(world: &World) {
    let kept = of(world, 1, 2, "a");
    assert!(notified(world, std::slice::from_ref(&kept), &[], 0, 5).await);
    for seen in [0, 4, 6] {
        assert!(!notified(world, &[of(world, 1, 8, "b")], &[("a", 9)], seen, 9).await);
    }
    assert_eq!((all(world, 1).await, world.store.notified_until().await.unwrap()), (vec![kept], EventSeq(5)));
}

pub async fn an_identifier_that_is_taken_is_refused_with_all_that_came_with_it(world: &World) {
    let kept = of(world, 1, 2, "a");
    assert!(notified(world, std::slice::from_ref(&kept), &[], 0, 2).await);
    let thief = NotificationRecord { id: kept.id, ..of(world, 1, 3, "b") };
    let rows = vec![of(world, 1, 4, "c"), thief];
    let answer = world.store.notify(rows, vec![("a".to_owned(), at(9))], EventSeq(2), EventSeq(4)).await;
    assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
    assert_eq!((all(world, 1).await, world.store.notified_until().await.unwrap()), (vec![kept], EventSeq(2)));
}

pub async fn of_many_who_go_on_from_one_place_one_succeeds(world: &World) {
    for round in 0..5 {
        let parts: Vec<NotificationRecord> = (1..=20).map(|number| of(world, number, round * 10 + 1, "a")).collect();
        let calls = parts.iter().map(|row| notified(world, std::slice::from_ref(row), &[], round * 10, round * 10 + 10));
        let answers = join_all(calls).await;
        assert_eq!(answers.iter().filter(|stored| **stored).count(), 1);
        for (number, stored) in (1..).zip(answers) {
            let has = all(world, number).await.iter().any(|row| row.seq.0 == round * 10 + 1);
            assert_eq!(has, stored, "user {number}");
        }
    }
}

pub async fn what_is_done_is_settled_for_everybody(world: &World) {
    let rows = [of(world, 1, 1, "a"), of(world, 2, 2, "a"), of(world, 1, 3, "b"), of(world, 1, 4, "a")];
    assert!(notified(world, &rows, &[], 0, 4).await);
    mark(world, 1, Some(&[&rows[0]]), Some(50)).await;
    // The clock of who did it was behind: what stood before is settled all the same.
    assert!(notified(world, &[], &[("a", 2), ("nothing", 2)], 4, 6).await);
    assert_eq!(settled_at(world, 1).await, [Some(at(2)), None, Some(at(2))]);
    assert_eq!(settled_at(world, 2).await, [Some(at(2))]);
    assert_eq!((unread(world, 1).await, unread(world, 2).await), (vec![3], vec![]));
    assert_eq!(all(world, 1).await[2].read_at, Some(at(50)), "when it was read stays");
    assert!(notified(world, &[], &[("a", 90)], 6, 7).await);
    assert_eq!(settled_at(world, 2).await, [Some(at(2))], "it is settled once");
}

pub async fn what_is_asked_for_again_stays_open(world: &World) {
    let rows = [of(world, 1, 11, "a"), of(world, 1, 13, "a"), of(world, 1, 14, "b"), of(world, 1, 17, "c"), of(world, 1, 19, "c")];
    // Asked, done, asked again; of another one both askings are done.
    assert!(notified(world, &rows, &[("a", 12), ("b", 15), ("c", 18), ("c", 20)], 0, 20).await);
    assert_eq!(settled_at(world, 1).await, [Some(at(12)), None, Some(at(15)), Some(at(18)), Some(at(20))]);
    assert_eq!(unread(world, 1).await, [13]);
    assert!(notified(world, &[of(world, 1, 22, "a")], &[("a", 21)], 20, 22).await);
    assert_eq!(unread(world, 1).await, [22], "what was asked before is done, what was asked after is not");
}

pub async fn notifications_are_marked_as_read_and_as_unread(world: &World) {
    let rows: Vec<NotificationRecord> = (1..=4).map(|seq| of(world, 1, seq, "a")).collect();
    let (settled, others) = (of(world, 1, 5, "done"), of(world, 2, 1, "a"));
    let stored: Vec<NotificationRecord> = rows.iter().chain([&settled, &others]).cloned().collect();
    assert!(notified(world, &stored, &[("done", 6)], 0, 6).await);
    assert_eq!(mark(world, 1, Some(&[&rows[0], &rows[1], &others, &settled]), Some(50)).await, 2);
    assert_eq!((unread(world, 1).await, unread(world, 2).await), (vec![4, 3], vec![1]));
    assert_eq!(mark(world, 1, Some(&[&rows[1], &rows[2]]), Some(60)).await, 1, "one that is read keeps when");
    assert_eq!(mark(world, 1, Some(&[]), Some(60)).await, 0);
    assert_eq!(mark(world, 1, None, Some(70)).await, 1);
    let read: Vec<Option<Timestamp>> = all(world, 1).await.into_iter().rev().map(|row| row.read_at).collect();
    assert_eq!(read, [Some(at(50)), Some(at(50)), Some(at(60)), Some(at(70)), None]);
    assert_eq!(mark(world, 1, None, Some(80)).await, 0);
    assert_eq!(mark(world, 1, Some(&[&rows[2], &settled]), None).await, 1);
    assert_eq!(unread(world, 1).await, [3]);
    assert_eq!(mark(world, 1, None, None).await, 3);
    assert_eq!((unread(world, 1).await, unread(world, 2).await), (vec![4, 3, 2, 1], vec![1]));
}

pub async fn the_unread_are_counted_up_to_a_bound(world: &World) {
    let rows: Vec<NotificationRecord> = (1..=7).map(|seq| of(world, 1, seq, "a")).collect();
    assert!(notified(world, &rows, &[], 0, 7).await);
    mark(world, 1, Some(&[&rows[3]]), Some(9)).await;
    let count = async |most| world.store.unread_notifications(user(1), most).await.unwrap();
    assert_eq!((count(100).await, count(6).await, count(5).await, count(0).await), (6, 6, 5, 0));
    assert_eq!(world.store.unread_notifications(user(2), 100).await.unwrap(), 0);
}

pub async fn notifications_are_paged_from_the_newest(world: &World) {
    let rows: Vec<NotificationRecord> = (1..=7).map(|seq| of(world, 1 + u128::from(seq == 4), seq, "a")).collect();
    assert!(notified(world, &rows, &[], 0, 7).await);
    mark(world, 1, Some(&[&rows[1], &rows[5]]), Some(9)).await;
    let page = async |unread, before: Option<&NotificationRecord>, limit| {
        let rows = world.store.notifications(user(1), unread, before.map(|row| row.id), limit).await.unwrap();
        rows.into_iter().map(|row| row.seq.0).collect::<Vec<_>>()
    };
    assert_eq!(page(false, None, 4).await, [7, 6, 5, 3]);
    assert_eq!(page(false, Some(&rows[2]), 4).await, [2, 1]);
    assert_eq!(page(true, None, 2).await, [7, 5]);
    assert_eq!(page(true, Some(&rows[4]), 9).await, [3, 1]);
    assert_eq!(page(true, Some(&rows[0]), 9).await, [] as [i64; 0]);
}

pub async fn the_oldest_notifications_are_forgotten(world: &World) {
    let mut rows: Vec<NotificationRecord> = (1..=5).map(|seq| of(world, 1, seq, "a")).collect();
    // Its event is the oldest, and was told of late.
    rows[0].created_at = at(4);
    assert!(notified(world, &rows, &[], 0, 5).await);
    let forget = async |before, limit| world.store.forget_notifications(at(before), limit).await.unwrap();
    assert_eq!((forget(2, 9).await, forget(5, 2).await), (0, 2));
    let left: Vec<i64> = all(world, 1).await.into_iter().map(|row| row.seq.0).collect();
    assert_eq!(left, [5, 4, 1]);
    assert_eq!((forget(5, 9).await, forget(5, 9).await), (2, 0));
    assert_eq!(unread(world, 1).await, [5]);
    assert_eq!(world.store.notified_until().await.unwrap(), EventSeq(5), "the place stays");
    assert!(notified(world, &[of(world, 1, 2, "a")], &[], 5, 6).await);
    assert_eq!(unread(world, 1).await, [2, 5], "one that was forgotten can be told of anew");
}
