//! How does a walk go through journals, workflows and notifications? Sensibly and senselessly, as through everything else.

use baton_domain::id::{DEFAULT_PROJECT, EventSeq, JournalId, NotificationId, UserId};
use baton_storage::{JournalKind, JournalOpened, JournalQuery, JournalRow, JournalWrite, NotificationRecord};
use serde_json::json;
use uuid::Uuid;

use super::Walk;
use crate::make::at;
use crate::{journals, notifications, workflows};

const KINDS: [JournalKind; 2] = [JournalKind::Run, JournalKind::Decision];
const NAMES: [&str; 3] = ["a", "B", "b c"];

impl Walk<'_> {
    fn name(&mut self) -> String {
        NAMES[self.dice.roll(NAMES.len())].to_owned()
    }

    /// A step beside one of tasks.
    pub(super) async fn beside(&mut self) -> String {
        std::mem::swap(&mut self.dice, &mut self.beside);
        let told = match self.dice.roll(12) {
            0..=1 => self.open_journal().await,
            2..=5 => self.write_journal().await,
            6..=7 => self.look_at_journals().await,
            8..=9 => self.workflow().await,
            _ => self.notification().await,
        };
        std::mem::swap(&mut self.dice, &mut self.beside);
        told
    }

    async fn open_journal(&mut self) -> String {
        let kind = KINDS[self.dice.roll(2)];
        let name = self.name();
        let mut new = journals::new(self.world, kind, &name);
        let head = &mut new.head;
        (head.created_at, head.updated_at) = (at(self.now), at(self.now));
        head.parent = self.dice.pick(&self.journals).copied();
        if self.dice.sometimes() {
            head.key = Some(self.dice.roll(6).to_string());
        }
        if self.dice.sometimes() {
            head.wake_at = Some(at(self.now + 500));
        }
        if self.dice.roll(6) == 0
            && let Some(known) = self.dice.pick(&self.journals)
        {
            head.id = *known;
        }
        let id = head.id;
        let answer = self.world.store.open_journal(new).await.unwrap();
        if answer == JournalOpened::Stored && !self.journals.contains(&id) {
            self.journals.push(id);
        }
        format!("open {answer:?}")
    }

    async fn write_journal(&mut self) -> String {
        let Some(id) = self.dice.pick(&self.journals).copied() else { return String::new() };
        let head = match self.world.store.journal(id).await.unwrap() {
            Some((head, _)) => head,
            None => journals::new(self.world, JournalKind::Run, "gone").head,
        };
        let version = if self.dice.roll(4) == 0 { head.version - 1 } else { head.version };
        let mut write = JournalWrite { id, at: at(self.now), ..journals::turn(&head, version) };
        write.live = self.dice.roll(4) > 0;
        write.wake_at = if self.dice.sometimes() { Some(at(self.now + 300)) } else { None };
        write.state = self.name();
        write.summary = self.dice.sometimes().then(|| json!({"at": self.now}));
        write.facts = (0..self.dice.roll(4)).map(|fact| (at(self.now), json!(fact))).collect();
        if self.dice.sometimes() {
            write.cleared.push(self.name());
        }
        let mut rows: Vec<JournalRow> = Vec::new();
        for _ in 0..self.dice.roll(5) {
            let (group, key) = (self.name(), self.name());
            if rows.iter().all(|row| (&row.group, &row.key) != (&group, &key)) {
                let body = (!self.dice.sometimes()).then(|| json!(self.now));
                rows.push(JournalRow { group, key, body });
            }
        }
        write.rows = rows;
        write.events = vec![journals::event(&head, "run.changed")];
        let told = format!("turn {:?}", self.world.store.write_journal(write).await.unwrap());
        format!("{told} {}", self.look_at(id).await)
    }

    async fn look_at(&self, id: JournalId) -> String {
        let store = &self.world.store;
        let head = store.journal(id).await.unwrap();
        let (opening, facts) = (store.journal_opening(id).await.unwrap(), store.journal_facts(id, 1, 9).await.unwrap());
        let after = ("a".to_owned(), "a".to_owned());
        let rows = store.journal_rows(id, None, None, 99).await.unwrap();
        let some = store.journal_rows(id, Some("b c"), Some(&after), 2).await.unwrap();
        format!("{head:?} {opening:?} {facts:?} {rows:?} {some:?}")
    }

    async fn look_at_journals(&mut self) -> String {
        let store = &self.world.store;
        if self.dice.roll(4) == 0 {
            return format!("forgotten {}", store.forget_journals(at(self.now - 300), 3).await.unwrap());
        }
        let (kind, known) = (KINDS[self.dice.roll(2)], self.dice.pick(&self.journals).copied());
        let query = JournalQuery {
            project: DEFAULT_PROJECT,
            kind,
            name: self.dice.sometimes().then(|| "a".to_owned()),
            state: self.dice.sometimes().then(|| "B".to_owned()),
            live: self.dice.sometimes().then_some(true),
            parent: known.filter(|_| self.dice.sometimes()),
            before: known.filter(|_| self.dice.sometimes()),
            limit: 5,
        };
        let page = store.journals(&query).await.unwrap();
        let (due, live) = (store.due_journals(kind, at(self.now), 4).await.unwrap(), store.live_journals(kind, known, 4).await.unwrap());
        let key = self.dice.roll(6).to_string();
        let (next, by_key) = (store.next_wake(kind).await.unwrap(), store.journal_by_key(DEFAULT_PROJECT, kind, &key).await.unwrap());
        format!("{page:?} {due:?} {live:?} {next:?} {by_key:?}")
    }

    async fn workflow(&mut self) -> String {
        let (name, number) = (self.name(), self.dice.roll(5));
        let seen = (!self.dice.sometimes()).then(|| u32::try_from(self.dice.roll(5)).unwrap());
        let told = if number == 4 {
            format!("retired {}", workflows::retire(self.world, &name).await)
        } else {
            format!("stored {:?}", workflows::store(self.world, &name, &number.to_string(), seen, 2).await)
        };
        let store = &self.world.store;
        let newest = store.workflow(DEFAULT_PROJECT, &name, None).await.unwrap();
        let by_hash = store.workflow_by_hash(DEFAULT_PROJECT, &name, "hash of 1").await.unwrap();
        let (all, versions) = (
            store.workflows(DEFAULT_PROJECT, None, 9).await.unwrap(),
            store.workflow_versions(DEFAULT_PROJECT, &name, Some(4), 2).await.unwrap(),
        );
        format!("{told} {newest:?} {by_hash:?} {all:?} {versions:?}")
    }

    async fn notification(&mut self) -> String {
        let store = &self.world.store;
        let place = store.notified_until().await.unwrap();
        let user = |number: usize| UserId::new(Uuid::from_u128(number as u128));
        let told = match self.dice.roll(5) {
            0 => {
                let known = store.notifications(user(1), false, None, 3).await.unwrap();
                let which: Vec<NotificationId> = known.iter().map(|row| row.id).collect();
                let which = self.dice.sometimes().then_some(which);
                let read_at = self.dice.sometimes().then(|| at(self.now));
                format!("marked {}", store.mark_notifications(user(1), which, read_at).await.unwrap())
            }
            1 => format!("forgotten {}", store.forget_notifications(at(self.now - 2_000), 3).await.unwrap()),
            _ => {
                let mut rows: Vec<NotificationRecord> = Vec::new();
                for _ in 0..self.dice.roll(5) {
                    let seq = i64::try_from(self.dice.roll(6)).unwrap() + place.0 - 1;
                    let number = self.dice.roll(2) as u128;
                    let subject = NAMES[self.dice.roll(NAMES.len())];
                    let created_at = at(self.now - i64::try_from(self.dice.roll(3)).unwrap());
                    rows.push(NotificationRecord { created_at, ..notifications::of(self.world, number, seq, subject) });
                }
                let done = if self.dice.sometimes() { vec![("a".to_owned(), at(self.now - 1))] } else { vec![] };
                let seen = if self.dice.roll(5) == 0 { EventSeq(place.0 - 1) } else { place };
                format!("notified {:?}", store.notify(rows, done, seen, EventSeq(place.0 + 4)).await)
            }
        };
        let (all, unread) =
            (store.notifications(user(1), false, None, 9).await.unwrap(), store.notifications(user(0), true, None, 3).await.unwrap());
        format!("{told} {all:?} {unread:?} {}", store.unread_notifications(user(1), 3).await.unwrap())
    }
}
