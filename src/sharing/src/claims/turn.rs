//! How does a change of the claims get stored? On a copy, with the version that it stands on; anew if another came first.

use baton_domain::id::{EventSeq, JournalId, ProjectId};
use baton_domain::services::Answer;
use baton_domain::user::Principal;
use baton_negotiation::claims::{Claims, Command};
use baton_storage::{Guarded, JournalHead, JournalKind, JournalOpened, JournalWrite, JournalWritten, NewJournal, WriteGuard};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::book::{Book, KEY, Summary};
use super::draft::Draft;
use crate::Sharing;
use crate::journal::{Lease, TRIES, attempt_over, contended, write};

/// How long what is known here is believed without a look at what is stored: another server's writes may not be heard of.
const BELIEVED: Duration = Duration::from_secs(1);

impl Sharing {
    /// Makes one turn. The change may be made several times, each time on what is stored then; what it refuses may leave something to store.
    pub(super) async fn turn<T>(
        &self,
        project: ProjectId,
        actor: &Principal,
        change: impl FnMut(&mut Draft<'_>) -> Answer<T> + Send,
    ) -> Answer<T>
    where
        T: Send,
    {
        self.turn_of(project, actor, None, change).await
    }

    /// The same for an attempt, if it is for one: only while that holds its task.
    pub(super) async fn turn_of<T>(
        &self,
        project: ProjectId,
        actor: &Principal,
        attempt: Option<Lease>,
        mut change: impl FnMut(&mut Draft<'_>) -> Answer<T> + Send,
    ) -> Answer<T>
    where
        T: Send,
    {
        let shelf = self.shelf.of(project);
        let mut place = shelf.book.lock().await;
        for _ in 0..TRIES {
            // Taken out: whatever goes wrong from here, or stops, what is left is read anew.
            let mut book = match place.take() {
                Some(book) => book,
                None => self.open_book(project, actor).await?,
            };
            let now = self.now();
            let mut draft = Draft::new(&mut book, now, project, actor.clone());
            let answer = change(&mut draft);
            if draft.is_empty() {
                // Whoever is refused, or told that nothing is to be done, is told so by what is stored now.
                let newest = self.parts.journals.journal(book.id).await?.map(|(head, _)| head.version);
                if newest == Some(book.version) {
                    *place = Some(book);
                    return answer;
                }
                continue;
            }
            let (rows, events) = draft.finish();
            let turn = JournalWrite {
                id: book.id,
                version: book.version,
                state: "live".to_owned(),
                live: true,
                wake_at: book.claims.next_tick(),
                summary: Some(write("numbers of the claims", &Summary { head: book.claims.head(), claims: book.claims.count() })?),
                facts: Vec::new(),
                cleared: Vec::new(),
                rows,
                events,
                at: now,
            };
            let written = match attempt {
                Some(_) => self.parts.journals.write_journal_while(turn, WriteGuard { row: None, attempt }).await?,
                None => Guarded::Done(self.parts.journals.write_journal(turn).await?),
            };
            if written == Guarded::AttemptOver {
                return Err(attempt_over());
            }
            if let Guarded::Done(JournalWritten::Stored(version)) = written {
                book.version = version;
                let Book { claims, by, .. } = &mut book;
                by.retain(|holder, _| {
                    let (held, waits) = claims.of(holder);
                    !held.is_empty() || !waits.is_empty()
                });
                // Nobody who waits here need ask storage for what was just stored.
                book.confirmed = Some((shelf.ring(), now));
                *place = Some(book);
                self.bell.notify_one();
                return answer;
            }
        }
        Err(contended())
    }

    /// Looks at the claims as they are stored now, after what time has brought about. Nothing if nobody ever claimed anything.
    pub(super) async fn look<T: Send>(&self, project: ProjectId, see: impl Fn(&Book) -> T + Send + Sync) -> Answer<Option<(T, EventSeq)>> {
        let shelf = self.shelf.of(project);
        for _ in 0..TRIES {
            let mut place = shelf.book.lock().await;
            let heard = shelf.heard.load(Ordering::SeqCst);
            let known = match place.as_ref().map(|book| book.id) {
                Some(id) => Some(id),
                None => self.parts.journals.journal_by_key(project, JournalKind::Claims, KEY).await?.map(|head| head.id),
            };
            let Some(id) = known else { return Ok(None) };
            let Some((head, as_of)) = self.parts.journals.journal(id).await? else { return Ok(None) };
            if place.as_ref().is_none_or(|book| book.version != head.version) {
                *place = None;
                *place = self.load_book(id).await?;
            }
            let now = self.now();
            if let Some(book) = place.as_mut() {
                book.confirmed = Some((heard, now));
            }
            match place.as_ref() {
                Some(book) if book.claims.next_tick().is_none_or(|next| next > now) => {
                    // One that was just read may be newer than the number of the event: who follows from there sees it twice.
                    return Ok(Some((see(book), as_of)));
                }
                _ => {}
            }
            drop(place);
            self.tick(project).await?;
        }
        Err(contended())
    }

    /// As [`look`](Self::look), but what is known here is believed for a moment, as long as nothing is heard of a change.
    pub(super) async fn glance<T: Send>(&self, project: ProjectId, see: impl Fn(&Book) -> T + Send + Sync) -> Answer<Option<T>> {
        let shelf = self.shelf.of(project);
        {
            let place = shelf.book.lock().await;
            let (heard, now) = (shelf.heard.load(Ordering::SeqCst), self.now());
            let believed = |book: &&Book| {
                book.confirmed.is_some_and(|(then, at)| then == heard && now.since(at) < BELIEVED)
                    && book.claims.next_tick().is_none_or(|next| next > now)
            };
            if let Some(book) = place.as_ref().filter(believed) {
                return Ok(Some(see(book)));
            }
        }
        Ok(self.look(project, see).await?.map(|(seen, _)| seen))
    }

    /// Ends what has run out.
    pub(crate) async fn tick(&self, project: ProjectId) -> Answer<()> {
        self.turn(project, &Principal::System, |draft| draft.apply(Command::Tick)?.map(|_| ())).await
    }

    async fn open_book(&self, project: ProjectId, actor: &Principal) -> Answer<Book> {
        let known = self.parts.journals.journal_by_key(project, JournalKind::Claims, KEY).await?.map(|head| head.id);
        if let Some(id) = known
            && let Some(book) = self.load_book(id).await?
        {
            return Ok(book);
        }
        let now = self.now();
        let id = JournalId::new(self.parts.sources.ids.next());
        let head = JournalHead {
            id,
            kind: JournalKind::Claims,
            project,
            name: "claims".to_owned(),
            key: Some(KEY.to_owned()),
            parent: None,
            state: "live".to_owned(),
            live: true,
            wake_at: None,
            version: 1,
            facts: 0,
            summary: write("numbers of the claims", &Summary::default())?,
            created_at: now,
            updated_at: now,
            created_by: actor.clone(),
        };
        let new = NewJournal { head, opening: Value::Null, rows: Vec::new(), events: Vec::new() };
        match self.parts.journals.open_journal(new).await? {
            JournalOpened::Stored => {
                let claims = Claims::new(self.options.policy);
                Ok(Book { id, version: 1, claims, by: BTreeMap::new(), broken: BTreeMap::new(), confirmed: None })
            }
            JournalOpened::Exists(head) => self.load_book(head.id).await?.ok_or_else(contended),
        }
    }
}
