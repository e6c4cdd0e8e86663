//! Who gets how much? Bargaining as a service: a journal each, with a fact for each move and the rules' own state in a row.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::{BargainId, EventSeq, JournalId, ProjectId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::contract::{
    BargainDetail, BargainMove, BargainMoveView, BargainParty, BargainState, BargainView, Mediation, NewBargain, PartyVoice,
};
use baton_negotiation::bargain::{Bargaining, Claimant, Method, Move, Piece, State, Terms};
use baton_storage::{JournalHead, JournalKind, JournalOpened, JournalWrite, JournalWritten, NewJournal};
use serde_json::Value;

use crate::Sharing;
use crate::contracts::key_of;
use crate::journal::{TRIES, contended, event, read, row, text_of, write};

/// The group and the key of the rules' state.
const STATE: &str = "state";
/// The longest title in bytes.
const MAXIMUM_TITLE: usize = 200;
/// The most parties.
const MAXIMUM_PARTIES: usize = 100;
/// The most moves that are shown.
const SHOWN: u32 = 500;
/// The most moves that automated parties make in a row.
const STEPS: usize = 10_000;

/// A bargaining as it is stored.
#[derive(Debug, Clone)]
struct Stored {
    head: JournalHead,
    as_of: EventSeq,
    asked: NewBargain,
    core: Bargaining,
}

fn no_such_bargain(id: BargainId) -> Problem {
    Problem::new(Code::NoSuchBargain, format!("There is no bargaining {id}."))
}

fn terms_of(asked: &NewBargain, seed: u64) -> Terms {
    let claimant = |party: &BargainParty| Claimant {
        key: party.key.clone(),
        pieces: party.pieces.iter().map(|piece| Piece { units: piece.units, worth: piece.worth }).collect(),
        least: party.least,
    };
    Terms {
        pot: asked.pot,
        parties: asked.parties.iter().map(claimant).collect(),
        rounds: asked.rounds,
        turn_ms: asked.turn_ms,
        mediated_by: match asked.mediation {
            Mediation::Nash => Some(Method::Nash),
            Mediation::MaxMin => Some(Method::MaxMin),
            Mediation::None => None,
        },
        seed,
    }
}

fn state_of(core: &Bargaining) -> BargainState {
    match core.state {
        State::Open { .. } => BargainState::Open,
        State::Agreed { .. } => BargainState::Agreed,
        State::Mediated { .. } => BargainState::Mediated,
        State::Failed => BargainState::Failed,
    }
}

fn view(head: &JournalHead, asked: &NewBargain, core: &Bargaining) -> BargainView {
    let mut view = BargainView {
        id: BargainId::new(*head.id.as_uuid()),
        title: asked.title.clone(),
        state: state_of(core),
        pot: asked.pot,
        parties: asked.parties.iter().map(|party| party.key.clone()).collect(),
        round: asked.rounds.saturating_sub(1),
        rounds: asked.rounds,
        proposer: None,
        shares: None,
        accepted: BTreeSet::new(),
        due: None,
        created_by: head.created_by.label().to_owned(),
        created_at: head.created_at,
        updated_at: head.updated_at,
    };
    match &core.state {
        State::Open { round, proposer, offer, due } => {
            (view.round, view.proposer, view.due) = (*round, Some(proposer.clone()), Some(*due));
            if let Some(offer) = offer {
                (view.shares, view.accepted) = (Some(offer.shares.clone()), offer.accepted.clone());
            }
        }
        State::Agreed { round, shares } => (view.round, view.shares) = (*round, Some(shares.clone())),
        State::Mediated { shares, .. } => view.shares = Some(shares.clone()),
        State::Failed => {}
    }
    view
}

fn core_move(what: &BargainMove) -> Move {
    match what.clone() {
        BargainMove::Offer { party, round, shares } => Move::Offer { by: party, round, shares },
        BargainMove::Accept { party, round } => Move::Accept { by: party, round },
        BargainMove::Reject { party, round } => Move::Reject { by: party, round },
    }
}

fn party_of(what: &BargainMove) -> &str {
    match what {
        BargainMove::Offer { party, .. } | BargainMove::Accept { party, .. } | BargainMove::Reject { party, .. } => party,
    }
}

/// What an automated party says next, if it is the turn of one.
fn next_move(asked: &NewBargain, core: &Bargaining) -> Option<BargainMove> {
    let State::Open { round, proposer, offer, .. } = &core.state else { return None };
    let stubbornness: BTreeMap<&str, u32> = asked
        .parties
        .iter()
        .filter_map(|party| match party.voice {
            PartyVoice::Automatic { stubbornness } => Some((party.key.as_str(), stubbornness)),
            PartyVoice::Caller { .. } => None,
        })
        .collect();
    let round = *round;
    let Some(offer) = offer else {
        let shares = core.propose(proposer, round, *stubbornness.get(proposer.as_str())?).ok()?;
        return Some(BargainMove::Offer { party: proposer.clone(), round, shares });
    };
    let unheard = stubbornness.into_iter().filter(|(party, _)| !offer.accepted.contains(*party));
    let answers = unheard.map(|(party, stubbornness)| (party.to_owned(), core.would_accept(party, stubbornness)));
    // A no ends the round, so it goes first.
    answers.min_by_key(|(_, yes)| *yes).map(
        |(party, yes)| {
            if yes { BargainMove::Accept { party, round } } else { BargainMove::Reject { party, round } }
        },
    )
}

impl Sharing {
    async fn stored_bargain(&self, project: ProjectId, id: BargainId) -> Answer<Stored> {
        let journal = JournalId::new(*id.as_uuid());
        for _ in 0..TRIES {
            let found = self.parts.journals.journal(journal).await?;
            let found = found.filter(|(head, _)| head.kind == JournalKind::Bargain && head.project == project);
            let Some((head, as_of)) = found else { return Err(no_such_bargain(id)) };
            let asked = read("terms of a bargaining", self.parts.journals.journal_opening(journal).await?.unwrap_or(Value::Null))?;
            let (rows, version) = self.parts.journals.journal_rows(journal, Some(STATE), None, 1).await?;
            if version == head.version {
                let core = rows.into_iter().next().and_then(|row| row.body).unwrap_or(Value::Null);
                return Ok(Stored { head, as_of, asked, core: read("bargaining", core)? });
            }
        }
        Err(contended())
    }

    pub(crate) async fn begin_bargain(&self, caller: &Caller, asked: NewBargain, key: Option<String>) -> Answer<BargainView> {
        let key = key_of(caller, key)?;
        text_of("/title", &asked.title, MAXIMUM_TITLE)?;
        if asked.parties.len() > MAXIMUM_PARTIES {
            let what = format!("At most {MAXIMUM_PARTIES} parties bargain.");
            return Err(Problem::new(Code::InvalidBargain, what.clone()).with_field("/parties", what));
        }
        let now = self.now();
        let seed = (self.parts.sources.chance.next() * 9_007_199_254_740_992.0) as u64;
        let core = Bargaining::open(terms_of(&asked, seed), now).map_err(|mut problem| {
            problem.errors.iter_mut().for_each(|error| error.field = format!("/{}", error.field.replace("claimants", "parties")));
            problem
        })?;
        let id = JournalId::new(self.parts.sources.ids.next());
        let mut head = JournalHead {
            id,
            kind: JournalKind::Bargain,
            project: caller.project,
            name: asked.title.clone(),
            key,
            parent: None,
            state: state_of(&core).as_str().to_owned(),
            live: true,
            // At once: an automated party may be first.
            wake_at: Some(now),
            version: 1,
            facts: 0,
            summary: Value::Null,
            created_at: now,
            updated_at: now,
            created_by: caller.principal.clone(),
        };
        let shown = view(&head, &asked, &core);
        head.summary = write("bargaining", &shown)?;
        let events = vec![event(("bargain.opened", format!("bargain:{id}")), now, caller.project, &caller.principal, &shown)?];
        let opening = write("terms of a bargaining", &asked)?;
        let rows = vec![row(STATE, STATE, Some(write("bargaining", &core)?))];
        let head = match self.parts.journals.open_journal(NewJournal { head: head.clone(), opening, rows, events }).await? {
            JournalOpened::Stored => head,
            JournalOpened::Exists(before) => {
                if self.stored_bargain(caller.project, BargainId::new(*before.id.as_uuid())).await?.asked != asked {
                    return Err(Problem::new(Code::IdempotencyConflict, "This key was used for another bargaining. Use a new one."));
                }
                *before
            }
        };
        self.ring();
        self.bargain_on(&head).await;
        let stored = self.stored_bargain(caller.project, BargainId::new(*head.id.as_uuid())).await?;
        Ok(view(&stored.head, &stored.asked, &stored.core))
    }

    async fn bargain_on(&self, head: &JournalHead) {
        if let Err(problem) = self.drive_bargain(head).await {
            tracing::debug!(bargain = %head.id, %problem, "a bargaining goes on later");
        }
    }

    /// Writes how it stands. Somebody is told if it stands otherwise than before.
    async fn write_bargain(&self, stored: &mut Stored, before: &Bargaining, actor: &Principal, what: Option<&BargainMove>) -> Answer<bool> {
        let now = self.now();
        stored.head.updated_at = now;
        let shown = view(&stored.head, &stored.asked, &stored.core);
        let live = shown.state == BargainState::Open;
        let wake_at = match next_move(&stored.asked, &stored.core) {
            Some(_) => Some(now),
            None => stored.core.next_tick(),
        };
        let kind = if live { "bargain.changed" } else { "bargain.closed" };
        let facts = match what {
            Some(what) => vec![(now, write("move", what)?)],
            None => Vec::new(),
        };
        let mut events = Vec::new();
        if stored.core != *before {
            events.push(event((kind, format!("bargain:{}", stored.head.id)), now, stored.head.project, actor, &shown)?);
        }
        let turn = JournalWrite {
            id: stored.head.id,
            version: stored.head.version,
            state: shown.state.as_str().to_owned(),
            live,
            wake_at,
            summary: Some(write("bargaining", &shown)?),
            facts,
            cleared: Vec::new(),
            rows: vec![row(STATE, STATE, Some(write("bargaining", &stored.core)?))],
            events,
            at: now,
        };
        Ok(match self.parts.journals.write_journal(turn).await? {
            JournalWritten::Stored(version) => {
                stored.head.version = version;
                self.ring();
                true
            }
            JournalWritten::Stale(_) | JournalWritten::Missing => false,
        })
    }

    pub(crate) async fn make_move(&self, caller: &Caller, id: BargainId, what: BargainMove) -> Answer<BargainView> {
        for _ in 0..TRIES {
            let mut stored = self.stored_bargain(caller.project, id).await?;
            let party = stored.asked.parties.iter().find(|party| party.key == party_of(&what));
            let speaks =
                matches!(party.map(|party| &party.voice), Some(PartyVoice::Caller { caller: tag }) if *tag == caller.principal.tag());
            if party.is_some() && !speaks {
                return Err(Problem::new(Code::Forbidden, format!("You do not speak for {}.", party_of(&what))));
            }
            let before = stored.core.clone();
            let answer = stored.core.make(core_move(&what), self.now());
            if stored.core != before {
                let said = answer.is_ok().then_some(&what);
                if !self.write_bargain(&mut stored, &before, &caller.principal, said).await? {
                    continue;
                }
            }
            self.bargain_on(&stored.head).await;
            answer?;
            let stored = self.stored_bargain(caller.project, id).await?;
            return Ok(view(&stored.head, &stored.asked, &stored.core));
        }
        Err(contended())
    }

    /// Lets time pass for a bargaining, and automated parties speak.
    pub(crate) async fn drive_bargain(&self, head: &JournalHead) -> Answer<()> {
        let id = BargainId::new(*head.id.as_uuid());
        for _ in 0..STEPS {
            let mut stored = match self.stored_bargain(head.project, id).await {
                Err(problem) if problem.is(Code::NoSuchBargain) => return Ok(()),
                stored => stored?,
            };
            let before = stored.core.clone();
            stored.core.make(Move::Tick, self.now())?;
            let said = next_move(&stored.asked, &stored.core);
            if let Some(said) = &said {
                stored.core.make(core_move(said), self.now())?;
            }
            if stored.core == before && stored.head.wake_at == stored.core.next_tick() {
                return Ok(());
            }
            self.write_bargain(&mut stored, &before, &Principal::System, said.as_ref()).await?;
        }
        Ok(())
    }

    pub(crate) async fn bargain_detail(&self, caller: &Caller, id: BargainId) -> Answer<BargainDetail> {
        let stored = self.stored_bargain(caller.project, id).await?;
        let after = (stored.head.facts - i64::from(SHOWN)).max(0);
        let facts = self.parts.journals.journal_facts(stored.head.id, after, SHOWN).await?;
        let moves: Answer<Vec<BargainMoveView>> =
            facts.into_iter().map(|fact| Ok(BargainMoveView { at: fact.at, what: read("move", fact.body)? })).collect();
        // Who sees what others insist on offers them no more than that.
        let tag = caller.principal.tag();
        let sees_all = stored.head.created_by.tag() == tag || caller.require(Permission::Administer).is_ok();
        let shown = |party: &BargainParty| {
            let own = matches!(&party.voice, PartyVoice::Caller { caller } if *caller == tag);
            if sees_all || own { party.clone() } else { BargainParty { pieces: Vec::new(), least: 0, ..party.clone() } }
        };
        Ok(BargainDetail {
            bargain: view(&stored.head, &stored.asked, &stored.core),
            parties: stored.asked.parties.iter().map(shown).collect(),
            mediation: stored.asked.mediation,
            moves: moves?,
            as_of: stored.as_of,
        })
    }
}
