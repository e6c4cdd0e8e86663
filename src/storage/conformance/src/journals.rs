//! What does the contract say of journals: of their beginning, their turns and what can be read of one?

use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{DEFAULT_PROJECT, EventSeq, JournalId, LeaseToken, ProjectId, TaskId};
use baton_domain::time::Timestamp;
use baton_storage::{
    Guarded, JournalFact, JournalGuard, JournalHead, JournalKind, JournalOpened, JournalRow, JournalWrite, JournalWritten, NewJournal,
    StoreError, WriteGuard,
};
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::World;
use crate::dice::Dice;
use crate::make::{at, person};

/// A journal as it is opened, with an event and a row.
pub(crate) fn new(world: &World, kind: JournalKind, name: &str) -> NewJournal {
    let head = JournalHead {
        id: JournalId::new(world.id()),
        kind,
        project: DEFAULT_PROJECT,
        name: name.to_owned(),
        key: None,
        parent: None,
        state: "running".to_owned(),
        live: true,
        wake_at: None,
        version: 1,
        facts: 0,
        summary: json!({"steps": 3}),
        created_at: at(10),
        updated_at: at(10),
        created_by: person(),
    };
    let events = vec![event(&head, "run.started")];
    NewJournal { head, opening: json!({"workflow": name}), rows: vec![row("steps", "a", json!(0))], events }
}

pub(crate) fn event(head: &JournalHead, kind: &str) -> NewEvent {
    NewEvent {
        at: at(10),
        project: head.project,
        kind: kind.to_owned(),
        subject: format!("run:{}", head.id),
        actor: person(),
        data: Payload::of(&head.summary).unwrap(),
    }
}

pub(crate) fn row(group: &str, key: &str, body: Value) -> JournalRow {
    JournalRow { group: group.to_owned(), key: key.to_owned(), body: Some(body) }
}

fn gone(group: &str, key: &str) -> JournalRow {
    JournalRow { body: None, ..row(group, key, Value::Null) }
}

/// A turn on this version that changes as little as it can.
pub(crate) fn turn(head: &JournalHead, version: i64) -> JournalWrite {
    JournalWrite {
        id: head.id,
        version,
        state: head.state.clone(),
        live: head.live,
        wake_at: head.wake_at,
        summary: None,
        facts: Vec::new(),
        cleared: Vec::new(),
        rows: Vec::new(),
        events: Vec::new(),
        at: at(20),
    }
}

pub(crate) async fn open(world: &World, new: NewJournal) -> JournalHead {
    let head = new.head.clone();
    assert_eq!(world.store.open_journal(new).await.unwrap(), JournalOpened::Stored);
    head
}

pub(crate) async fn opened(world: &World) -> JournalHead {
    open(world, new(world, JournalKind::Run, "orders")).await
}

pub(crate) async fn written(world: &World, turn: JournalWrite) {
    let next = JournalWritten::Stored(turn.version + 1);
    assert_eq!(world.store.write_journal(turn).await.unwrap(), next);
}

async fn head(world: &World, id: JournalId) -> JournalHead {
    world.store.journal(id).await.unwrap().expect("the journal is stored").0
}

async fn facts(world: &World, id: JournalId) -> Vec<JournalFact> {
    world.store.journal_facts(id, 0, 1_000_000).await.unwrap()
}

async fn rows(world: &World, id: JournalId) -> Vec<JournalRow> {
    world.store.journal_rows(id, None, None, 1_000_000).await.unwrap().0
}

fn told(bodies: &[i64]) -> Vec<(Timestamp, Value)> {
    bodies.iter().map(|body| (at(*body), json!(body))).collect()
}

fn numbered(bodies: &[i64]) -> Vec<JournalFact> {
    (1..).zip(bodies).map(|(number, body)| JournalFact { number, at: at(*body), body: json!(body) }).collect()
}

pub async fn a_journal_reads_back_as_it_was_opened(world: &World) {
    let mut asked = new(world, JournalKind::Decision, "Which one?");
    asked.head.key = Some("run:1/step:2".to_owned());
    asked.head.parent = Some(JournalId::new(world.id()));
    asked.head.wake_at = Some(at(5_000));
    asked.head.updated_at = at(11);
    // Neither is looked at.
    (asked.head.version, asked.head.facts) = (77, 66);
    asked.rows = vec![row("votes", "b", json!("no")), row("votes", "a", json!(null)), gone("votes", "c")];
    open(world, asked.clone()).await;
    let expected = JournalHead { version: 1, facts: 0, ..asked.head.clone() };
    let id = expected.id;
    assert_eq!(world.store.journal(id).await.unwrap(), Some((expected.clone(), EventSeq(1))));
    let by_key = world.store.journal_by_key(DEFAULT_PROJECT, JournalKind::Decision, "run:1/step:2").await.unwrap();
    assert_eq!(by_key, Some(expected));
    assert_eq!(world.store.journal_opening(id).await.unwrap(), Some(asked.opening));
    assert_eq!(facts(world, id).await, []);
    assert_eq!(rows(world, id).await, [row("votes", "a", json!(null)), row("votes", "b", json!("no"))]);
}

pub async fn of_a_journal_that_does_not_exist_nothing_is_read(world: &World) {
    let id = JournalId::new(world.id());
    assert_eq!(world.store.journal(id).await.unwrap(), None);
    assert_eq!(world.store.journal_by_key(DEFAULT_PROJECT, JournalKind::Run, "k").await.unwrap(), None);
    assert_eq!(world.store.journal_opening(id).await.unwrap(), None);
    assert_eq!(facts(world, id).await, []);
    assert_eq!(world.store.journal_rows(id, None, None, 9).await.unwrap(), (vec![], 0));
    let ghost = new(world, JournalKind::Run, "ghost").head;
    let write = JournalWrite { events: vec![event(&ghost, "run.changed")], ..turn(&ghost, 0) };
    assert_eq!(world.store.write_journal(write).await.unwrap(), JournalWritten::Missing);
    assert_eq!(world.head().await, 0);
}

pub async fn a_journal_of_a_project_that_does_not_exist_is_refused(world: &World) {
    let mut asked = new(world, JournalKind::Run, "a");
    asked.head.project = ProjectId::new(Uuid::from_u128(99));
    assert!(matches!(world.store.open_journal(asked.clone()).await, Err(StoreError::Unavailable(_))));
    assert_eq!((world.store.journal(asked.head.id).await.unwrap(), world.head().await), (None, 0));
}

pub async fn a_key_opens_one_journal_of_its_kind(world: &World) {
    let keyed = |kind| {
        let mut asked = new(world, kind, "orders");
        asked.head.key = Some("k".to_owned());
        asked
    };
    let first = open(world, keyed(JournalKind::Run)).await;
    written(world, turn(&first, 1)).await;
    let again = keyed(JournalKind::Run);
    let JournalOpened::Exists(there) = world.store.open_journal(again.clone()).await.unwrap() else { panic!("it is opened twice") };
    assert_eq!((there.id, there.version), (first.id, 2), "as it stands now");
    assert_eq!(world.store.journal(again.head.id).await.unwrap(), None);
    assert_eq!(world.store.journal_opening(again.head.id).await.unwrap(), None);
    open(world, keyed(JournalKind::Decision)).await;
    // Without a key there may be many.
    opened(world).await;
    opened(world).await;
    assert_eq!(world.kinds_since(0).await, ["run.started"; 4]);
}

pub async fn an_identifier_opens_one_journal(world: &World) {
    let first = opened(world).await;
    let mut again = new(world, JournalKind::Decision, "another");
    (again.head.id, again.opening) = (first.id, json!("another"));
    let answer = world.store.open_journal(again.clone()).await.unwrap();
    assert_eq!(answer, JournalOpened::Exists(Box::new(first.clone())));
    let mut keyed = new(world, JournalKind::Run, "keyed");
    keyed.head.key = Some("k".to_owned());
    let keyed = open(world, keyed).await;
    (again.head.kind, again.head.key) = (JournalKind::Run, Some("k".to_owned()));
    let answer = world.store.open_journal(again).await.unwrap();
    assert_eq!(answer, JournalOpened::Exists(Box::new(keyed)), "the key goes before the identifier");
    assert_eq!(world.store.journal_opening(first.id).await.unwrap(), Some(json!({"workflow": "orders"})));
    assert_eq!((rows(world, first.id).await.len(), world.head().await), (1, 2));
}

pub async fn of_many_who_open_with_one_key_one_succeeds(world: &World) {
    let asked: Vec<NewJournal> = (0..40)
        .map(|index| {
            let mut asked = new(world, JournalKind::Contract, "many");
            asked.head.key = Some(format!("k{}", index % 2));
            asked
        })
        .collect();
    let answers = join_all(asked.iter().cloned().map(|new| world.store.open_journal(new))).await;
    for key in ["k0", "k1"] {
        let there = world.store.journal_by_key(DEFAULT_PROJECT, JournalKind::Contract, key).await.unwrap().unwrap();
        for (new, answer) in asked.iter().zip(&answers).filter(|(new, _)| new.head.key.as_deref() == Some(key)) {
            let exists = JournalOpened::Exists(Box::new(there.clone()));
            let expected = if new.head.id == there.id { JournalOpened::Stored } else { exists };
            assert_eq!(answer.as_ref().unwrap(), &expected);
        }
    }
    assert_eq!(world.head().await, 2);
}

pub async fn a_turn_is_stored_with_all_of_it(world: &World) {
    let begun = opened(world).await;
    let write = JournalWrite {
        state: "waiting".to_owned(),
        wake_at: Some(at(900)),
        facts: told(&[21, 22]),
        rows: vec![row("steps", "b", json!({"state": "running"}))],
        events: vec![event(&begun, "run.changed"), event(&begun, "run.step")],
        ..turn(&begun, 1)
    };
    written(world, write).await;
    let expected =
        JournalHead { state: "waiting".to_owned(), wake_at: Some(at(900)), version: 2, facts: 2, updated_at: at(20), ..begun.clone() };
    assert_eq!(world.store.journal(begun.id).await.unwrap(), Some((expected.clone(), EventSeq(3))), "the summary stays");
    let last = JournalWrite {
        state: "completed".to_owned(),
        live: false,
        wake_at: None,
        summary: Some(json!({"steps": 3, "done": 3})),
        facts: told(&[31]),
        at: at(40),
        ..turn(&begun, 2)
    };
    written(world, last).await;
    let expected = JournalHead {
        state: "completed".to_owned(),
        live: false,
        wake_at: None,
        version: 3,
        facts: 3,
        summary: json!({"steps": 3, "done": 3}),
        updated_at: at(40),
        ..expected
    };
    assert_eq!(head(world, begun.id).await, expected);
    assert_eq!(facts(world, begun.id).await, numbered(&[21, 22, 31]));
    assert_eq!(rows(world, begun.id).await, [row("steps", "a", json!(0)), row("steps", "b", json!({"state": "running"}))]);
    assert_eq!(world.kinds_since(0).await, ["run.started", "run.changed", "run.step"]);
}

pub async fn a_stale_turn_changes_nothing(world: &World) {
    let begun = opened(world).await;
    written(world, JournalWrite { facts: told(&[21]), ..turn(&begun, 1) }).await;
    let (before, log) = (head(world, begun.id).await, world.head().await);
    for version in [0, 1, 3] {
        let stale = JournalWrite {
            state: "failed".to_owned(),
            live: false,
            wake_at: Some(at(1)),
            summary: Some(json!(null)),
            facts: told(&[1, 2]),
            cleared: vec!["steps".to_owned()],
            rows: vec![row("steps", "b", json!(1))],
            events: vec![event(&begun, "run.failed")],
            ..turn(&begun, version)
        };
        assert_eq!(world.store.write_journal(stale).await.unwrap(), JournalWritten::Stale(2), "on version {version}");
    }
    assert_eq!((head(world, begun.id).await, world.head().await), (before, log));
    assert_eq!(facts(world, begun.id).await, numbered(&[21]));
    assert_eq!(rows(world, begun.id).await, [row("steps", "a", json!(0))]);
}

pub async fn a_turn_under_a_row_of_another_journal_is_stored_only_while_that_stands(world: &World) {
    let (begun, other) = (opened(world).await, opened(world).await);
    written(world, JournalWrite { rows: vec![row("claims", "a", json!({"fence": 7}))], ..turn(&other, 1) }).await;
    let row_of = |body: Value| JournalGuard { journal: other.id, group: "claims".to_owned(), key: "a".to_owned(), body };
    let guard = |row: JournalGuard| WriteGuard { row: Some(row), attempt: None };
    let asked = |version| JournalWrite {
        facts: told(&[21]),
        rows: vec![row("steps", "b", json!(1))],
        events: vec![event(&begun, "run.changed")],
        ..turn(&begun, version)
    };
    let (before, log) = (head(world, begun.id).await, world.head().await);
    let nowhere = JournalGuard { journal: JournalId::new(world.id()), ..row_of(json!({"fence": 7})) };
    let elsewhere = JournalGuard { key: "b".to_owned(), ..row_of(json!({"fence": 7})) };
    for wrong in [row_of(json!({"fence": 6})), row_of(Value::Null), nowhere, elsewhere] {
        let answer = world.store.write_journal_while(asked(1), guard(wrong.clone())).await.unwrap();
        assert_eq!(answer, Guarded::RowChanged, "{wrong:?}");
        let first = new(world, JournalKind::Line, "line");
        assert_eq!(world.store.open_journal_while(first.clone(), guard(wrong)).await.unwrap(), Guarded::RowChanged);
        assert_eq!(world.store.journal(first.head.id).await.unwrap(), None);
    }
    assert_eq!((head(world, begun.id).await, world.head().await), (before, log), "nothing was stored");
    assert_eq!(rows(world, begun.id).await, [row("steps", "a", json!(0))]);

    let stands = guard(row_of(json!({"fence": 7})));
    let answer = world.store.write_journal_while(asked(1), stands.clone()).await.unwrap();
    assert_eq!(answer, Guarded::Done(JournalWritten::Stored(2)));
    let answer = world.store.write_journal_while(asked(1), stands.clone()).await.unwrap();
    assert_eq!(answer, Guarded::Done(JournalWritten::Stale(2)));
    let first = new(world, JournalKind::Line, "line");
    let answer = world.store.open_journal_while(first.clone(), stands.clone()).await.unwrap();
    assert_eq!(answer, Guarded::Done(JournalOpened::Stored));
    let there = world.store.open_journal_while(first, stands.clone()).await.unwrap();
    assert!(matches!(there, Guarded::Done(JournalOpened::Exists(_))), "{there:?}");
    // The guard is only looked at.
    assert_eq!(head(world, other.id).await.version, 2);
    written(world, JournalWrite { rows: vec![gone("claims", "a")], ..turn(&other, 2) }).await;
    assert_eq!(world.store.write_journal_while(asked(2), stands).await.unwrap(), Guarded::RowChanged);
    assert_eq!(facts(world, begun.id).await, numbered(&[21]));
}

pub async fn a_turn_of_an_attempt_is_stored_only_while_its_task_runs_under_its_lease(world: &World) {
    let begun = opened(world).await;
    let task = world.running().await;
    let (id, lease) = (task.task.summary.id, task.task.lease);
    let guard = |task, lease| WriteGuard { row: None, attempt: Some((task, lease)) };
    let asked = || JournalWrite { events: vec![event(&begun, "run.changed")], ..turn(&begun, 1) };
    let log = world.head().await;
    for (task, lease) in [(id, LeaseToken(lease.0 + 1)), (id, LeaseToken(lease.0 - 1)), (TaskId::new(world.id()), lease)] {
        let answer = world.store.write_journal_while(asked(), guard(task, lease)).await.unwrap();
        assert_eq!(answer, Guarded::AttemptOver, "{task} {lease:?}");
        let first = new(world, JournalKind::Line, "line");
        assert_eq!(world.store.open_journal_while(first, guard(task, lease)).await.unwrap(), Guarded::AttemptOver);
    }
    assert_eq!(world.head().await, log, "nothing was stored");
    let answer = world.store.write_journal_while(asked(), guard(id, lease)).await.unwrap();
    assert_eq!(answer, Guarded::Done(JournalWritten::Stored(2)));
}

pub async fn of_those_who_write_under_a_row_and_who_takes_it_away_nobody_writes_afterwards(world: &World) {
    for _ in 0..20 {
        let (begun, other) = (opened(world).await, opened(world).await);
        written(world, JournalWrite { rows: vec![row("claims", "a", json!(7))], ..turn(&other, 1) }).await;
        let row = JournalGuard { journal: other.id, group: "claims".to_owned(), key: "a".to_owned(), body: json!(7) };
        let guard = WriteGuard { row: Some(row), attempt: None };
        let write = JournalWrite { events: vec![event(&begun, "run.changed")], ..turn(&begun, 1) };
        let take = JournalWrite { rows: vec![gone("claims", "a")], events: vec![event(&other, "run.step")], ..turn(&other, 2) };
        let since = world.head().await;
        let (wrote, took) = futures::future::join(world.store.write_journal_while(write, guard), world.store.write_journal(take)).await;
        assert_eq!(took.unwrap(), JournalWritten::Stored(3));
        let kinds = world.kinds_since(since).await;
        match wrote.unwrap() {
            Guarded::Done(written) => {
                assert_eq!(written, JournalWritten::Stored(2));
                assert_eq!(kinds, ["run.changed", "run.step"], "only before it was taken away");
            }
            refused => {
                assert_eq!(refused, Guarded::RowChanged);
                assert_eq!(kinds, ["run.step"]);
            }
        }
    }
}

pub async fn of_many_who_write_on_one_version_one_succeeds(world: &World) {
    let journals = [opened(world).await, opened(world).await, opened(world).await];
    let mut winners = vec![Vec::new(); journals.len()];
    for version in 1..=5 {
        let writes: Vec<JournalWrite> = (0..30)
            .map(|index| {
                let begun = &journals[index % journals.len()];
                let by = i64::try_from(index).unwrap();
                let rows = vec![row("steps", "a", json!(by))];
                JournalWrite { facts: told(&[by, by]), rows, events: vec![event(begun, "run.changed")], ..turn(begun, version) }
            })
            .collect();
        let answers = join_all(writes.iter().cloned().map(|write| world.store.write_journal(write))).await;
        for (index, answer) in answers.into_iter().enumerate() {
            match answer.unwrap() {
                JournalWritten::Stored(next) => {
                    assert_eq!(next, version + 1);
                    winners[index % journals.len()].push(i64::try_from(index).unwrap());
                }
                refused => assert_eq!(refused, JournalWritten::Stale(version + 1)),
            }
        }
    }
    for (begun, winners) in journals.iter().zip(winners) {
        assert_eq!(winners.len(), 5, "one for each version");
        let twice: Vec<i64> = winners.iter().flat_map(|winner| [*winner, *winner]).collect();
        assert_eq!(facts(world, begun.id).await, numbered(&twice), "the facts of one turn stand together, without gaps");
        assert_eq!(rows(world, begun.id).await, [row("steps", "a", json!(winners[4]))]);
        let standing = head(world, begun.id).await;
        assert_eq!((standing.version, standing.facts), (6, 10));
    }
    assert_eq!(world.head().await, 3 + 15, "a refused turn tells nothing");
}

pub async fn facts_are_read_after_a_number(world: &World) {
    let begun = opened(world).await;
    written(world, JournalWrite { facts: told(&[5, 4, 3]), ..turn(&begun, 1) }).await;
    written(world, JournalWrite { facts: told(&[9, 8]), ..turn(&begun, 2) }).await;
    let all = numbered(&[5, 4, 3, 9, 8]);
    let read = async |after, limit| world.store.journal_facts(begun.id, after, limit).await.unwrap();
    assert_eq!(read(0, 2).await, all[..2]);
    assert_eq!(read(2, 2).await, all[2..4]);
    assert_eq!(read(4, 9).await, all[4..]);
    assert_eq!((read(5, 9).await, read(0, 0).await), (vec![], vec![]));
}

pub async fn rows_are_replaced_removed_and_cleared_in_one_turn(world: &World) {
    let begun = opened(world).await;
    let first =
        vec![row("items", "1", json!(1)), row("items", "2", json!(2)), row("locks", "x", json!("a")), row("locks", "y", json!("b"))];
    written(world, JournalWrite { rows: first, ..turn(&begun, 1) }).await;
    let second = JournalWrite {
        cleared: vec!["items".to_owned(), "nothing".to_owned()],
        rows: vec![
            row("items", "2", json!("again")),
            row("locks", "x", json!("c")),
            gone("locks", "y"),
            gone("locks", "z"),
            gone("items", "1"),
            row("Items", "1", json!(null)),
        ],
        ..turn(&begun, 2)
    };
    written(world, second).await;
    let expected =
        [row("Items", "1", json!(null)), row("items", "2", json!("again")), row("locks", "x", json!("c")), row("steps", "a", json!(0))];
    assert_eq!(rows(world, begun.id).await, expected);
}

pub async fn rows_come_by_the_bytes_of_their_names_page_by_page(world: &World) {
    let begun = opened(world).await;
    let other = opened(world).await;
    let names = ["", "!", "10", "9", "B", "Z", "a", "a b", "a-b", "aa", "ab", "b", "ä", "é", "\u{fffd}", "😀"];
    let mut all: Vec<JournalRow> = names.iter().rev().map(|name| row("b", name, json!(name))).collect();
    all.extend(["B", "a", "b b", "c"].iter().map(|group| row(group, "b", json!(group))));
    written(world, JournalWrite { cleared: vec!["steps".to_owned()], rows: all.clone(), ..turn(&begun, 1) }).await;
    written(world, JournalWrite { rows: vec![row("b", "of another", json!(1))], ..turn(&other, 1) }).await;
    all.sort_by(|one, other| (one.group.as_bytes(), one.key.as_bytes()).cmp(&(other.group.as_bytes(), other.key.as_bytes())));
    for group in [None, Some("b"), Some("B"), Some("none")] {
        let wanted: Vec<JournalRow> = all.iter().filter(|row| group.is_none_or(|group| row.group == group)).cloned().collect();
        let (mut read, mut place) = (Vec::new(), None);
        loop {
            let (page, version) = world.store.journal_rows(begun.id, group, place.as_ref(), 3).await.unwrap();
            assert_eq!((version, page.len()), (2, 3.min(wanted.len() - read.len())));
            let Some(last) = page.last() else { break };
            place = Some((last.group.clone(), last.key.clone()));
            read.extend(page);
        }
        assert_eq!(read, wanted, "{group:?}");
    }
    for (place, first) in [("a", Some("")), ("b b", None)] {
        let place = (place.to_owned(), "x".to_owned());
        let (page, _) = world.store.journal_rows(begun.id, Some("b"), Some(&place), 9).await.unwrap();
        assert_eq!(page.first().map(|row| row.key.as_str()), first, "after a place in another group");
    }
}

pub async fn a_turn_of_thousands_of_rows_is_stored_whole(world: &World) {
    let begun = opened(world).await;
    let items = |round: i64| (0..5_000).map(move |index| row("items", &format!("{index:06}"), json!({"round": round, "index": index})));
    for round in 1..=2 {
        let facts = (0..1_000).map(|index| (at(round), json!(index))).collect();
        written(world, JournalWrite { facts, rows: items(round).collect(), ..turn(&begun, round) }).await;
    }
    let removed = items(2).step_by(2).map(|row| JournalRow { body: None, ..row }).collect();
    written(world, JournalWrite { rows: removed, ..turn(&begun, 3) }).await;
    let (kept, version) = world.store.journal_rows(begun.id, Some("items"), None, 10_000).await.unwrap();
    assert_eq!((kept, version), (items(2).skip(1).step_by(2).collect(), 4));
    let told: Vec<(i64, Value)> = facts(world, begun.id).await.into_iter().map(|fact| (fact.number, fact.body)).collect();
    assert_eq!(told, (0..2_000).map(|index| (index + 1, json!(index % 1_000))).collect::<Vec<_>>());
}

pub async fn values_of_any_shape_read_back(world: &World) {
    let mut dice = Dice(2_026);
    let mut bits = || u64::try_from(dice.roll(1 << 32)).unwrap() << 32 | u64::try_from(dice.roll(1 << 32)).unwrap();
    let chance: Vec<f64> = (0..500).map(|_| f64::from_bits(bits())).filter(|number| number.is_finite()).collect();
    let value = json!({
        "numbers": [0, -1, i64::MIN, u64::MAX, 0.1 + 0.2, 5e-324, f64::MAX, 1.0, -0.5, 9_007_199_254_740_993_i64],
        "chance": chance,
        "texts": ["", "\0", "a\0b", "\"\\", "😀", "\u{2028}", "'; DROP TABLE journals"],
        "": {"null": null, "deep": [[[[{}]]]], "yes": true},
    });
    let mut asked = new(world, JournalKind::Recording, "shapes");
    asked.head.summary = value.clone();
    asked.opening = value.clone();
    asked.rows = vec![row("g", "k", value.clone())];
    let begun = open(world, asked).await;
    written(world, JournalWrite { facts: vec![(at(1), value.clone())], ..turn(&begun, 1) }).await;
    let rows = rows(world, begun.id).await;
    assert_eq!(head(world, begun.id).await.summary, value);
    assert_eq!(world.store.journal_opening(begun.id).await.unwrap().as_ref(), Some(&value));
    assert_eq!((rows[0].body.as_ref(), &facts(world, begun.id).await[0].body), (Some(&value), &value));
}
