//! What does the contract say of lists of journals, of those that something must be done about, and of those that are forgotten?

use baton_domain::id::{DEFAULT_PROJECT, EventSeq, JournalId, ProjectId};
use baton_storage::{JournalHead, JournalKind, JournalQuery, JournalRow, JournalWrite};
use serde_json::json;
use uuid::Uuid;

use crate::World;
use crate::dice::Dice;
use crate::journals::{new, open, opened, row, turn, written};
use crate::make::at;

fn query(kind: JournalKind) -> JournalQuery {
    JournalQuery { project: DEFAULT_PROJECT, kind, name: None, state: None, live: None, parent: None, before: None, limit: 1_000 }
}

async fn listed(world: &World, query: &JournalQuery) -> Vec<JournalId> {
    ids(&world.store.journals(query).await.unwrap().items)
}

fn ids(heads: &[JournalHead]) -> Vec<JournalId> {
    heads.iter().map(|head| head.id).collect()
}

/// A journal that waits until an instant.
async fn waiting(world: &World, kind: JournalKind, until: Option<i64>, live: bool) -> JournalId {
    let mut asked = new(world, kind, "waits");
    (asked.head.wake_at, asked.head.live) = (until.map(at), live);
    open(world, asked).await.id
}

/// A journal that has ended and was last written at an instant.
async fn ended(world: &World, at_instant: i64, parent: Option<JournalId>) -> JournalId {
    let mut asked = new(world, JournalKind::Run, "over");
    asked.head.parent = parent;
    let head = open(world, asked).await;
    written(world, JournalWrite { live: false, at: at(at_instant), ..turn(&head, 1) }).await;
    head.id
}

async fn are_stored(world: &World, ids: &[JournalId]) -> Vec<bool> {
    let mut stored = Vec::new();
    for id in ids {
        stored.push(world.store.journal(*id).await.unwrap().is_some());
    }
    stored
}

pub async fn a_list_of_journals_has_the_newest_first(world: &World) {
    let first = opened(world).await;
    let other = open(world, new(world, JournalKind::Plan, "plan")).await;
    let second = opened(world).await;
    written(world, turn(&first, 1)).await;
    let page = world.store.journals(&query(JournalKind::Run)).await.unwrap();
    assert_eq!((ids(&page.items), page.as_of), (vec![second.id, first.id], EventSeq(3)));
    assert_eq!((&page.items[0], page.items[1].version), (&second, 2));
    assert_eq!(listed(world, &query(JournalKind::Plan)).await, [other.id]);
    let elsewhere = JournalQuery { project: ProjectId::new(Uuid::from_u128(99)), ..query(JournalKind::Run) };
    assert_eq!(listed(world, &elsewhere).await, []);
}

pub async fn a_list_of_journals_holds_exactly_what_the_query_admits(world: &World) {
    let mut dice = Dice(17);
    let mut all: Vec<JournalHead> = Vec::new();
    for _ in 0..60 {
        let mut asked = new(world, JournalKind::Run, ["orders", "Orders", "reports"][dice.roll(3)]);
        asked.head.state = ["running", "failed", "completed"][dice.roll(3)].to_owned();
        asked.head.live = dice.sometimes();
        asked.head.parent = if dice.sometimes() { dice.pick(&all[..all.len().min(2)]).map(|head| head.id) } else { None };
        all.push(open(world, asked).await);
    }
    open(world, new(world, JournalKind::Decision, "orders")).await;
    let names = [None, Some("orders"), Some("nothing")].map(|name| name.map(str::to_owned));
    let states = [None, Some("failed")].map(|state| state.map(str::to_owned));
    for (name, state) in names.iter().flat_map(|name| states.iter().map(move |state| (name, state))) {
        for (live, parent) in [None, Some(true), Some(false)].into_iter().flat_map(|live| [None, Some(all[0].id)].map(|id| (live, id))) {
            for (before, limit) in [(None, 1_000), (None, 4), (Some(all[30].id), 1_000), (Some(all[30].id), 3)] {
                let asked =
                    JournalQuery { name: name.clone(), state: state.clone(), live, parent, before, limit, ..query(JournalKind::Run) };
                let admitted = all.iter().rev().filter(|head| {
                    name.as_ref().is_none_or(|name| head.name == *name)
                        && state.as_ref().is_none_or(|state| head.state == *state)
                        && live.is_none_or(|live| head.live == live)
                        && parent.is_none_or(|parent| head.parent == Some(parent))
                        && before.is_none_or(|before| head.id < before)
                });
                let expected: Vec<JournalId> = admitted.take(limit as usize).map(|head| head.id).collect();
                assert_eq!(listed(world, &asked).await, expected, "{asked:?}");
            }
        }
    }
}

pub async fn pages_of_journals_follow_one_another(world: &World) {
    let mut all = Vec::new();
    for _ in 0..7 {
        all.insert(0, opened(world).await.id);
    }
    let (mut read, mut asked) = (Vec::new(), JournalQuery { limit: 3, ..query(JournalKind::Run) });
    loop {
        let page = listed(world, &asked).await;
        let Some(last) = page.last() else { break };
        asked.before = Some(*last);
        read.extend(page);
        // What comes meanwhile is newer.
        opened(world).await;
    }
    assert_eq!(read, all);
}

pub async fn the_earliest_due_journal_comes_first_whether_it_goes_on_or_not(world: &World) {
    let kind = JournalKind::Decision;
    let late = waiting(world, kind, Some(300), true).await;
    let (same, early) = (waiting(world, kind, Some(200), true).await, waiting(world, kind, Some(100), false).await);
    let after_same = waiting(world, kind, Some(200), true).await;
    waiting(world, kind, None, true).await;
    waiting(world, JournalKind::Run, Some(50), true).await;
    let due = async |now, limit| ids(&world.store.due_journals(kind, at(now), limit).await.unwrap());
    assert_eq!(due(99, 9).await, []);
    assert_eq!(due(100, 9).await, [early]);
    assert_eq!(due(1_000, 9).await, [early, same, after_same, late]);
    assert_eq!(due(1_000, 2).await, [early, same]);
    let heads = world.store.due_journals(kind, at(100), 9).await.unwrap();
    assert_eq!(heads[0], world.store.journal(early).await.unwrap().unwrap().0, "the whole head");
}

pub async fn the_next_instant_of_a_kind_is_its_earliest(world: &World) {
    let next = async |kind| world.store.next_wake(kind).await.unwrap();
    waiting(world, JournalKind::Run, None, true).await;
    assert_eq!(next(JournalKind::Run).await, None);
    let first = opened(world).await;
    written(world, JournalWrite { wake_at: Some(at(500)), ..turn(&first, 1) }).await;
    waiting(world, JournalKind::Run, Some(400), false).await;
    waiting(world, JournalKind::Decision, Some(100), true).await;
    assert_eq!((next(JournalKind::Run).await, next(JournalKind::Decision).await), (Some(at(400)), Some(at(100))));
    written(world, JournalWrite { wake_at: Some(at(300)), ..turn(&first, 2) }).await;
    assert_eq!(next(JournalKind::Run).await, Some(at(300)), "it has passed or not");
    written(world, JournalWrite { wake_at: None, ..turn(&first, 3) }).await;
    assert_eq!(next(JournalKind::Run).await, Some(at(400)));
}

pub async fn journals_that_go_on_come_by_their_identifiers_page_by_page(world: &World) {
    let mut live = Vec::new();
    for index in 0..9 {
        let id = waiting(world, JournalKind::Run, None, index % 3 != 0).await;
        if index % 3 != 0 {
            live.push(id);
        }
    }
    waiting(world, JournalKind::Claims, None, true).await;
    let read = async |after, limit| ids(&world.store.live_journals(JournalKind::Run, after, limit).await.unwrap());
    assert_eq!(read(None, 9).await, live);
    assert_eq!(read(None, 2).await, live[..2]);
    assert_eq!(read(Some(live[1]), 3).await, live[2..5]);
    assert_eq!(read(Some(live[5]), 9).await, []);
    let last = world.store.journal(live[5]).await.unwrap().unwrap().0;
    written(world, JournalWrite { live: false, ..turn(&last, 1) }).await;
    assert_eq!(read(Some(live[3]), 9).await, [live[4]]);
}

pub async fn old_journals_that_are_over_are_forgotten_with_all_that_is_theirs(world: &World) {
    let mut asked = new(world, JournalKind::Run, "over");
    asked.head.key = Some("k".to_owned());
    let over = open(world, asked.clone()).await;
    let facts = vec![(at(1), json!(1))];
    written(world, JournalWrite { live: false, facts, rows: vec![row("a", "b", json!(1))], at: at(100), ..turn(&over, 1) }).await;
    let live = opened(world).await.id;
    let mut waits = new(world, JournalKind::Run, "waits");
    (waits.head.live, waits.head.wake_at) = (false, Some(at(1)));
    let waits = open(world, waits).await.id;
    let young = ended(world, 101, None).await;
    let (log, kept) = (world.head().await, [live, waits, young]);
    assert_eq!(world.store.forget_journals(at(100), 9).await.unwrap(), 0, "one that was written then is not older");
    assert_eq!(world.store.forget_journals(at(101), 9).await.unwrap(), 1);
    assert_eq!((are_stored(world, &kept).await, world.head().await), (vec![true; 3], log));
    assert_eq!(world.store.journal(over.id).await.unwrap(), None);
    assert_eq!(world.store.journal_opening(over.id).await.unwrap(), None);
    assert_eq!(world.store.journal_facts(over.id, 0, 9).await.unwrap(), []);
    assert_eq!(world.store.journal_rows(over.id, None, None, 9).await.unwrap(), (vec![], 0));
    // Key and identifier are free, and nothing of the old one comes back.
    open(world, asked).await;
    assert_eq!(world.store.journal_facts(over.id, 0, 9).await.unwrap(), []);
    let rows: Vec<JournalRow> = world.store.journal_rows(over.id, None, None, 9).await.unwrap().0;
    assert_eq!(rows, [row("steps", "a", json!(0))]);
}

pub async fn a_step_forgets_the_oldest_journals_up_to_its_limit(world: &World) {
    let mut all = Vec::new();
    for instant in [50, 10, 40, 20, 30] {
        all.push(ended(world, instant, None).await);
    }
    assert_eq!(world.store.forget_journals(at(45), 2).await.unwrap(), 2);
    assert_eq!(are_stored(world, &all).await, [true, false, true, false, true]);
    assert_eq!(world.store.forget_journals(at(45), 9).await.unwrap(), 2);
    assert_eq!(are_stored(world, &all).await, [true, false, false, false, false]);
    assert_eq!(world.store.forget_journals(at(45), 9).await.unwrap(), 0);
}

pub async fn a_journal_stays_as_long_as_its_parent(world: &World) {
    let parent = opened(world).await;
    let child = ended(world, 10, Some(parent.id)).await;
    let grandchild = ended(world, 5, Some(child)).await;
    let orphan = ended(world, 10, Some(JournalId::new(world.id()))).await;
    let all = [parent.id, child, grandchild, orphan];
    assert_eq!(world.store.forget_journals(at(1_000), 9).await.unwrap(), 1);
    assert_eq!(are_stored(world, &all).await, [true, true, true, false]);
    written(world, JournalWrite { live: false, at: at(10), ..turn(&parent, 1) }).await;
    for left in [[false, true, true], [false, false, true], [false, false, false]] {
        assert_eq!(world.store.forget_journals(at(1_000), 9).await.unwrap(), 1);
        assert_eq!(are_stored(world, &all[..3]).await, left);
    }
}

pub async fn a_conflict_is_forgotten_though_its_line_goes_on(world: &World) {
    let line = open(world, new(world, JournalKind::Line, "notes.txt")).await;
    let mut conflict = new(world, JournalKind::Conflict, "notes.txt");
    conflict.head.parent = Some(line.id);
    let conflict = open(world, conflict).await;
    assert_eq!(world.store.forget_journals(at(1_000), 9).await.unwrap(), 0, "it is open");
    written(world, JournalWrite { live: false, at: at(10), ..turn(&conflict, 1) }).await;
    assert_eq!(world.store.forget_journals(at(1_000), 9).await.unwrap(), 1);
    assert_eq!(are_stored(world, &[line.id, conflict.id]).await, [true, false]);
}
