//! What becomes of a change that comes too late?

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::{ArtifactId, ConflictId, DecisionId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ClaimService, ConflictService};
use baton_domain::user::Caller;
use baton_domain::wire::claim::{ClaimMode, ClaimRef, ClaimRelease, ClaimRenewal, ClaimRequest};
use baton_domain::wire::conflict::{
    ConflictChoice, ConflictDetail, ConflictFilter, ConflictState, ConflictView, DismissConflict, LineFilter, LineForm, LinePolicy,
    PutOutcome, PutVersion, ResolveConflict,
};
use baton_sharing::{Round, Sharing, Votes};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::claims::{alone, wish};
use crate::world::{World, event, person, viewer};

fn version(artifact: ArtifactId, base: Option<u64>) -> PutVersion {
    PutVersion { artifact, base, policy: None, form: None, fence: None }
}

fn text(world: &World, text: &str) -> ArtifactId {
    world.artifacts.store(&person(1), "notes.txt", "text/plain", text.as_bytes())
}

async fn put(server: &Sharing, artifact: ArtifactId, base: Option<u64>) -> PutOutcome {
    server.put(&person(1), "notes/a.txt", version(artifact, base)).await.unwrap()
}

async fn newest(world: &World, server: &Sharing, name: &str) -> (u64, String) {
    let line = server.line(&viewer(1), name, LineFilter::default()).await.unwrap().line;
    (line.newest.number, world.artifacts.text(line.newest.artifact))
}

/// A line with two versions, and a change of the first that disagrees with the second.
async fn disagree(world: &World, server: &Sharing) -> ConflictView {
    put(server, text(world, "one\ntwo\nthree\n"), None).await;
    put(server, text(world, "one\n2\nthree\n"), Some(1)).await;
    match put(server, text(world, "one\nII\nthree\n"), Some(1)).await {
        PutOutcome::Conflict { conflict } => *conflict,
        other => panic!("{other:?}"),
    }
}

fn choose(choice: ConflictChoice, seen: u64) -> ResolveConflict {
    ResolveConflict { seen, choice, artifact: None }
}

#[tokio::test]
async fn a_version_is_stored_over_the_one_that_it_stands_on_and_nowhere_else() {
    let world = World::new(11);
    let server = world.server();
    let first = text(&world, "one\ntwo\nthree\n");
    let stored = put(&server, first, None).await;
    assert!(matches!(&stored, PutOutcome::Stored { version } if version.number == 1));
    // The same again is no second version.
    assert_eq!(put(&server, first, None).await, stored);
    let second = put(&server, text(&world, "zero\none\ntwo\nthree\n"), Some(1)).await;
    assert!(matches!(second, PutOutcome::Stored { version } if version.number == 2));
    let late = PutVersion { policy: Some(LinePolicy::Refuse), ..version(text(&world, "one\ntwo\n3\n"), Some(1)) };
    assert!(server.put(&person(1), "notes/a.txt", late.clone()).await.unwrap_err().is(Code::VersionConflict));
    let change = version(late.artifact, Some(1));
    let merged = server.put(&person(1), "notes/a.txt", change.clone()).await.unwrap();
    assert!(matches!(&merged, PutOutcome::Merged { version } if version.number == 3 && version.merged == Some(late.artifact)));
    assert_eq!(server.put(&person(1), "notes/a.txt", change).await.unwrap(), merged);
    assert_eq!(newest(&world, &server, "notes/a.txt").await, (3, "zero\none\ntwo\n3\n".to_owned()));
    let never = server.put(&person(1), "notes/a.txt", version(first, Some(9))).await.unwrap_err();
    assert_eq!(never.errors[0].field, "/base");
    assert!(server.put(&person(1), "../a", version(first, None)).await.unwrap_err().is(Code::MalformedLine));
    assert!(server.put(&person(1), "b", version(ArtifactId::new(Uuid::from_u128(4)), None)).await.unwrap_err().is(Code::NoSuchArtifact));
    assert!(server.line(&viewer(1), "nothing", LineFilter::default()).await.unwrap_err().is(Code::NoSuchLine));
    assert!(server.put(&viewer(1), "b", version(first, None)).await.unwrap_err().is(Code::Forbidden));
    let page = server.line(&viewer(1), "notes/a.txt", LineFilter { limit: Some(2), cursor: None }).await.unwrap();
    assert_eq!(page.versions.iter().map(|version| version.number).collect::<Vec<_>>(), [3, 2]);
    let rest = server.line(&viewer(1), "notes/a.txt", LineFilter { limit: Some(2), cursor: page.next_cursor }).await.unwrap();
    assert_eq!((rest.versions.len(), rest.versions[0].number, rest.next_cursor), (1, 1, None));
    assert_eq!(server.lines(&viewer(1), LineFilter::default()).await.unwrap().items.len(), 1);
    assert_eq!(world.events("line.stored").len(), 3);
}

#[tokio::test]
async fn json_and_tables_are_merged_by_their_parts_and_other_things_are_not() {
    let world = World::new(12);
    let server = world.server();
    for (name, media, base, ours, theirs, both) in [
        ("a.json", "application/json", r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#, Some("{\n  \"a\": 2,\n  \"b\": 2\n}\n")),
        ("a.csv", "text/csv; charset=utf-8", "k,x,y\n1,a,b\n", "k,x,y\n1,A,b\n", "k,x,y\n1,a,B\n", Some("k,x,y\n1,A,B\n")),
        ("a.bin", "application/octet-stream", "1", "2", "3", None),
        // What does not hold what it says is no reason to lose a change.
        ("b.json", "application/json", "{}", "{]", "{[", None),
    ] {
        let file = |content: &str| world.artifacts.store(&person(1), name, media, content.as_bytes());
        let (first, second, third) = (file(base), file(ours), file(theirs));
        server.put(&person(1), name, version(first, None)).await.unwrap();
        server.put(&person(1), name, version(second, Some(1))).await.unwrap();
        let outcome = server.put(&person(1), name, version(third, Some(1))).await.unwrap();
        match (both, outcome) {
            (Some(both), PutOutcome::Merged { version }) => assert_eq!(world.artifacts.text(version.artifact), both),
            (None, PutOutcome::Conflict { conflict }) => {
                let detail = server.conflict(&viewer(1), conflict.id).await.unwrap();
                assert_eq!((detail.regions.len(), detail.conflict.places), (1, 1));
                assert!(detail.regions[0].ours.as_ref().unwrap().contains("bytes"));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let wrong = PutVersion { form: Some(LineForm::Table { key: vec![], delimiter: Some('x') }), ..version(text(&world, ""), None) };
    assert_eq!(server.put(&person(1), "c", wrong).await.unwrap_err().errors[0].field, "/form");
}

#[tokio::test]
async fn a_conflict_shows_its_places_and_is_settled_once() {
    let world = World::new(13);
    let server = world.server();
    let conflict = disagree(&world, &server).await;
    assert_eq!((conflict.state, conflict.escalated, conflict.clean, conflict.places), (ConflictState::Open, true, false, 1));
    let detail = server.conflict(&viewer(1), conflict.id).await.unwrap();
    assert_eq!(detail.choices, [ConflictChoice::Ours, ConflictChoice::Theirs, ConflictChoice::Edited]);
    let region = &detail.regions[0];
    let shown = [&region.base, &region.ours, &region.theirs].map(|side| side.clone().unwrap());
    assert_eq!((region.place.as_str(), shown), ("line 2", ["two\n", "2\n", "II\n"].map(str::to_owned)));
    assert_eq!((detail.base.unwrap().number, detail.ours.number, detail.theirs.number), (Some(1), Some(2), None));
    let inbox = server.conflicts(&viewer(1), ConflictFilter { open: Some(true), ..ConflictFilter::default() }).await.unwrap();
    assert_eq!(inbox.items, std::slice::from_ref(&conflict));
    let merged = server.resolve(&person(2), conflict.id, choose(ConflictChoice::Merged, 1)).await.unwrap_err();
    assert!(merged.is(Code::ConflictStepRefused), "{merged}");
    assert!(server.resolve(&person(2), conflict.id, choose(ConflictChoice::Theirs, 7)).await.unwrap_err().is(Code::ConflictMoved));
    assert_eq!(server.resolve(&person(2), conflict.id, choose(ConflictChoice::Edited, 1)).await.unwrap_err().errors[0].field, "/artifact");
    let edited = ResolveConflict { artifact: Some(text(&world, "one\n2 (II)\nthree\n")), ..choose(ConflictChoice::Edited, 1) };
    let settled = server.resolve(&person(2), conflict.id, edited).await.unwrap();
    assert_eq!(
        (settled.state, settled.version, settled.resolved_by.as_deref()),
        (ConflictState::Resolved, Some(3), Some("p2@example.test"))
    );
    assert_eq!(newest(&world, &server, "notes/a.txt").await, (3, "one\n2 (II)\nthree\n".to_owned()));
    assert!(server.resolve(&person(3), conflict.id, choose(ConflictChoice::Theirs, 1)).await.unwrap_err().is(Code::ConflictSettled));
    assert_eq!((world.events("conflict.opened").len(), world.events("conflict.resolved").len()), (1, 1));
    let left = server.conflicts(&viewer(1), ConflictFilter { open: Some(true), ..ConflictFilter::default() }).await.unwrap();
    assert!(left.items.is_empty());
    let gone = server.conflict(&viewer(1), ConflictId::new(Uuid::from_u128(3))).await.unwrap_err();
    assert!(gone.is(Code::NoSuchConflict));
}

#[tokio::test]
async fn a_conflict_is_compared_anew_when_its_line_goes_on() {
    let world = World::new(14);
    let server = world.server();
    let conflict = disagree(&world, &server).await;
    // Somebody takes the disagreement back: now both can be kept.
    put(&server, text(&world, "one\ntwo\nthree\nfour\n"), Some(2)).await;
    let moved = server.resolve(&person(2), conflict.id, choose(ConflictChoice::Theirs, 1)).await.unwrap_err();
    assert!(moved.is(Code::ConflictMoved), "{moved}");
    let detail = server.conflict(&viewer(1), conflict.id).await.unwrap();
    assert_eq!((detail.conflict.revision, detail.conflict.clean, detail.ours.number), (2, true, Some(3)));
    assert!(detail.choices.contains(&ConflictChoice::Merged));
    server.resolve(&person(2), conflict.id, choose(ConflictChoice::Merged, 2)).await.unwrap();
    assert_eq!(newest(&world, &server, "notes/a.txt").await, (4, "one\nII\nthree\nfour\n".to_owned()));
}

#[tokio::test]
async fn of_two_merges_at_once_both_are_kept_and_of_two_resolutions_one() {
    for round in 0..20 {
        let world = World::new(100 + round);
        let (one, other) = (world.server(), world.server());
        put(&one, text(&world, "1\n2\n3\n4\n5\n6\n7\n"), None).await;
        put(&one, text(&world, "1\n2\n3\nfour\n5\n6\n7\n"), Some(1)).await;
        let (head, tail) = (text(&world, "one\n2\n3\n4\n5\n6\n7\n"), text(&world, "1\n2\n3\n4\n5\n6\nseven\n"));
        let (first, second) = tokio::join!(put(&one, head, Some(1)), put(&other, tail, Some(1)));
        assert!(matches!((&first, &second), (PutOutcome::Merged { .. }, PutOutcome::Merged { .. })), "{first:?} {second:?}");
        assert_eq!(newest(&world, &one, "notes/a.txt").await, (4, "one\n2\n3\nfour\n5\n6\nseven\n".to_owned()));
        let versions = one.line(&viewer(1), "notes/a.txt", LineFilter::default()).await.unwrap().versions;
        let numbers: Vec<u64> = versions.iter().map(|version| version.number).collect();
        assert_eq!(numbers, [4, 3, 2, 1]);

        let late = |word: &str| text(&world, &format!("1\n2\n3\n{word}\n5\n6\n7\n"));
        let PutOutcome::Conflict { conflict } = put(&one, late("IV"), Some(1)).await else { panic!() };
        let PutOutcome::Conflict { conflict: second } = put(&other, late("vier"), Some(1)).await else { panic!() };
        // The same conflict by two, and two conflicts of one line: each time one wins.
        let (a, b) = (person(2), person(3));
        let other_id = if round % 2 == 0 { conflict.id } else { second.id };
        let (won, lost) = tokio::join!(
            one.resolve(&a, conflict.id, choose(ConflictChoice::Theirs, 1)),
            other.resolve(&b, other_id, choose(ConflictChoice::Theirs, 1))
        );
        assert_eq!([&won, &lost].iter().filter(|answer| answer.is_ok()).count(), 1, "{won:?} {lost:?}");
        let told = won.err().or(lost.err()).unwrap();
        assert!(told.is(Code::ConflictSettled) || told.is(Code::ConflictMoved), "{told}");
        assert_eq!(newest(&world, &one, "notes/a.txt").await.0, 5);
    }
}

#[tokio::test]
async fn a_crash_after_any_write_leads_to_the_same_line_and_conflicts() {
    for writes in 0..12 {
        for answer_lost in [false, true] {
            let world = World::new(15);
            let mut server = world.stopping(writes, answer_lost);
            let texts = ["one\ntwo\nthree\n", "one\n2\nthree\n", "one\nII\nthree\n", "zero\none\ntwo\nthree\n"]
                .map(|content| text(&world, content));
            let bases = [None, Some(1), Some(1), Some(1)];
            let mut outcomes = Vec::new();
            for (artifact, base) in texts.into_iter().zip(bases) {
                let outcome = match server.put(&person(1), "a", version(artifact, base)).await {
                    Ok(outcome) => outcome,
                    Err(_) => {
                        server = world.server();
                        server.put(&person(1), "a", version(artifact, base)).await.unwrap()
                    }
                };
                outcomes.push(outcome);
            }
            let [_, _, PutOutcome::Conflict { conflict }, PutOutcome::Merged { version: third }] = &outcomes[..] else {
                panic!("{outcomes:?}")
            };
            assert_eq!(third.number, 3);
            // The merge came after the conflict, which is looked at first.
            let look = server.conflict(&person(1), conflict.id).await;
            if look.is_err() {
                server = world.server();
                server.conflict(&person(1), conflict.id).await.unwrap();
            }
            if server.resolve(&person(2), conflict.id, choose(ConflictChoice::Theirs, 2)).await.is_err() {
                server = world.server();
                // Whatever was done of it is finished by the driver, and nothing is done twice.
                server.take_up().await.unwrap();
                if let Err(problem) = server.resolve(&person(2), conflict.id, choose(ConflictChoice::Theirs, 2)).await {
                    assert!(problem.is(Code::ConflictSettled), "{writes} {answer_lost}: {problem}");
                }
            }
            let server = world.server();
            assert_eq!(newest(&world, &server, "a").await, (4, "one\nII\nthree\n".to_owned()), "{writes} {answer_lost}");
            let settled = server.conflict(&viewer(1), conflict.id).await.unwrap().conflict;
            assert_eq!((settled.state, settled.version), (ConflictState::Resolved, Some(4)), "{writes} {answer_lost}");
            assert_eq!(server.round().await.unwrap().due, 0);
            assert_eq!(world.events("conflict.opened").len(), 1);
            assert_eq!(world.events("conflict.resolved").len(), 1);
        }
    }
}

#[derive(Default)]
struct Played {
    opened: Mutex<Vec<(String, Vec<ConflictChoice>)>>,
    verdict: Mutex<Option<Option<ConflictChoice>>>,
    cancelled: Mutex<Vec<DecisionId>>,
    /// Lines whose conflicts cannot be put to the vote now.
    busy: Mutex<std::collections::BTreeSet<String>>,
}

#[async_trait]
impl Votes for Played {
    async fn open(&self, _: &Caller, detail: &ConflictDetail, choices: &[ConflictChoice], key: String) -> Answer<DecisionId> {
        if self.busy.lock().contains(&detail.conflict.line) {
            return Err(Problem::new(Code::StorageUnavailable, "later"));
        }
        self.opened.lock().push((key, choices.to_vec()));
        Ok(DecisionId::new(Uuid::from_u128(self.opened.lock().len() as u128)))
    }
    async fn verdict(&self, _: &Caller, _: DecisionId) -> Answer<Option<Option<ConflictChoice>>> {
        Ok(*self.verdict.lock())
    }
    async fn cancel(&self, _: &Caller, decision: DecisionId) -> Answer<()> {
        self.cancelled.lock().push(decision);
        Ok(())
    }
}

/// A line with a change that is to be voted on.
async fn to_be_voted_on(world: &World, server: &Sharing, line: &str) -> ConflictView {
    server.put(&person(1), line, version(text(world, "one\n"), None)).await.unwrap();
    server.put(&person(1), line, version(text(world, "1\n"), Some(1))).await.unwrap();
    let late = PutVersion { policy: Some(LinePolicy::Vote), ..version(text(world, "I\n"), Some(1)) };
    let PutOutcome::Conflict { conflict } = server.put(&person(1), line, late).await.unwrap() else { panic!("they disagree") };
    *conflict
}

#[tokio::test]
async fn a_decision_that_a_conflict_does_not_wait_for_any_more_is_cancelled() {
    let votes = Arc::new(Played::default());
    let world = World { votes: Some(Arc::clone(&votes) as Arc<dyn Votes>), ..World::new(18) };
    let server = world.server();
    let conflict = to_be_voted_on(&world, &server, "a").await;
    server.round().await.unwrap();
    assert_eq!((votes.opened.lock().len(), votes.cancelled.lock().len()), (1, 0));
    let seen = server.conflict(&viewer(1), conflict.id).await.unwrap().conflict.revision;
    server.resolve(&person(2), conflict.id, choose(ConflictChoice::Theirs, seen)).await.unwrap();
    // Though whoever settled it stops at once.
    drop(server);
    let server = world.server();
    server.take_up().await.unwrap();
    assert_eq!(*votes.cancelled.lock(), [DecisionId::new(Uuid::from_u128(1))]);
    assert_eq!(server.round().await.unwrap().due, 0, "once");
    assert_eq!(votes.cancelled.lock().len(), 1);
    assert_eq!(world.events("conflict.resolved").len(), 1, "nobody is told of it");
}

#[tokio::test]
async fn looking_at_what_is_voted_on_opens_no_other_vote() {
    let votes = Arc::new(Played::default());
    let world = World { votes: Some(Arc::clone(&votes) as Arc<dyn Votes>), ..World::new(19) };
    let server = world.server();
    let conflict = to_be_voted_on(&world, &server, "a").await;
    server.round().await.unwrap();
    for number in 2..7 {
        server.put(&person(1), "a", version(text(&world, &format!("{number}\n")), Some(number))).await.unwrap();
        for who in [viewer(1), person(2)] {
            assert_eq!(server.conflict(&who, conflict.id).await.unwrap().conflict.state, ConflictState::Voting);
        }
        world.advance(31_000);
        server.round().await.unwrap();
    }
    assert_eq!((votes.opened.lock().len(), votes.cancelled.lock().len()), (1, 0));
    // What was decided is about what is no more, so it is voted on anew; the first decision is over.
    *votes.verdict.lock() = Some(Some(ConflictChoice::Theirs));
    world.advance(31_000);
    for _ in 0..3 {
        server.round().await.unwrap();
    }
    assert_eq!((votes.opened.lock().len(), votes.cancelled.lock().len()), (2, 1));
}

#[tokio::test]
async fn a_verdict_is_carried_out_as_soon_as_it_is_heard_of() {
    let votes = Arc::new(Played::default());
    let world = World { votes: Some(Arc::clone(&votes) as Arc<dyn Votes>), ..World::new(20) };
    let server = world.server();
    let conflict = to_be_voted_on(&world, &server, "a").await;
    server.round().await.unwrap();
    *votes.verdict.lock() = Some(Some(ConflictChoice::Theirs));
    server.heard(&event(&world, "decision.decided", &format!("decision:{}", Uuid::from_u128(1))));
    server.round().await.unwrap();
    assert_eq!(server.conflict(&viewer(1), conflict.id).await.unwrap().conflict.state, ConflictState::Resolved);
}

#[tokio::test]
async fn a_change_whose_content_is_gone_is_put_to_a_person_and_can_be_settled() {
    let votes = Arc::new(Played::default());
    let world = World { votes: Some(Arc::clone(&votes) as Arc<dyn Votes>), ..World::new(21) };
    let server = world.server();
    let conflict = to_be_voted_on(&world, &server, "a").await;
    server.put(&person(1), "a", version(text(&world, "2\n"), Some(2))).await.unwrap();
    // Everything is gone that the conflict's change and the line's newest version were.
    world.artifacts.files.lock().clear();
    for _ in 0..4 {
        assert_eq!(server.round().await.unwrap().trouble, 0);
    }
    *votes.verdict.lock() = Some(Some(ConflictChoice::Theirs));
    for _ in 0..3 {
        world.advance(31_000);
        assert_eq!(server.round().await.unwrap().trouble, 0);
    }
    let shown = server.conflict(&person(2), conflict.id).await.unwrap().conflict;
    assert_eq!((shown.state, shown.escalated), (ConflictState::Open, true));
    let theirs = server.resolve(&person(2), conflict.id, choose(ConflictChoice::Theirs, shown.revision)).await.unwrap_err();
    assert!(theirs.is(Code::ConflictStepRefused), "{theirs}");
    let settled = server.resolve(&person(2), conflict.id, choose(ConflictChoice::Ours, shown.revision)).await.unwrap();
    assert_eq!(settled.state, ConflictState::Resolved);
}

#[tokio::test]
async fn what_cannot_be_done_keeps_nobody_else_waiting_and_is_tried_less_and_less() {
    let votes = Arc::new(Played::default());
    let world = World { votes: Some(Arc::clone(&votes) as Arc<dyn Votes>), ..World::new(22) };
    let server = world.server();
    for number in 0..100 {
        let line = format!("busy/{number}");
        votes.busy.lock().insert(line.clone());
        to_be_voted_on(&world, &server, &line).await;
    }
    world.advance(1);
    let last = to_be_voted_on(&world, &server, "free").await;
    assert_eq!(server.round().await.unwrap().trouble, 100);
    assert_eq!(server.round().await.unwrap(), Round { due: 1, trouble: 0 });
    assert_eq!(server.conflict(&viewer(1), last.id).await.unwrap().conflict.state, ConflictState::Voting);
    let mut tried = 0;
    for _ in 0..60 {
        world.advance(1_000);
        tried += server.round().await.unwrap().trouble;
    }
    assert_eq!(tried, 500, "after 1, 2, 4, 8, 16 and 32 seconds, of which the last is not over");
    votes.busy.lock().clear();
    world.advance(300_000);
    server.round().await.unwrap();
    assert_eq!(votes.opened.lock().len(), 101);
}

#[tokio::test]
async fn a_conflict_is_voted_on_or_a_person_is_asked() {
    for (verdict, state) in [(Some(ConflictChoice::Theirs), ConflictState::Resolved), (None, ConflictState::Open)] {
        let votes = Arc::new(Played::default());
        let world = World { votes: Some(Arc::clone(&votes) as Arc<dyn Votes>), ..World::new(16) };
        let server = world.server();
        put(&server, text(&world, "one\n"), None).await;
        put(&server, text(&world, "1\n"), Some(1)).await;
        let late = PutVersion { policy: Some(LinePolicy::Vote), ..version(text(&world, "I\n"), Some(1)) };
        let PutOutcome::Conflict { conflict } = server.put(&person(1), "notes/a.txt", late).await.unwrap() else { panic!() };
        server.round().await.unwrap();
        assert_eq!(votes.opened.lock()[0].1, [ConflictChoice::Ours, ConflictChoice::Theirs]);
        let id = conflict.id;
        let view = |server: Arc<Sharing>| async move { server.conflict(&viewer(1), id).await.unwrap().conflict };
        assert_eq!(view(server.clone()).await.state, ConflictState::Voting);
        world.advance(31_000);
        assert_eq!(server.round().await.unwrap().due, 1);
        assert_eq!(view(server.clone()).await.state, ConflictState::Voting);
        *votes.verdict.lock() = Some(verdict);
        world.advance(31_000);
        server.round().await.unwrap();
        let shown = view(server.clone()).await;
        assert_eq!((shown.state, shown.escalated), (state, verdict.is_none()));
        assert_eq!(votes.opened.lock().len(), 1);
    }
    // Nobody can vote here.
    let world = World::new(17);
    let server = world.server();
    let conflict = disagree(&world, &server).await;
    let why = DismissConflict { seen: 1, because: "The notes are gone.".into() };
    let dismissed = server.dismiss(&person(2), conflict.id, why).await.unwrap();
    assert_eq!((dismissed.state, dismissed.because.as_deref()), (ConflictState::Dismissed, Some("The notes are gone.")));
    assert_eq!(newest(&world, &server, "notes/a.txt").await.0, 2);
}

async fn claims(server: &Sharing, number: u128, request: ClaimRequest) -> i64 {
    server.claim(&person(number), request, None).await.unwrap().claims[0].fence.unwrap()
}

fn under(fence: i64, version: PutVersion) -> PutVersion {
    PutVersion { fence: Some(fence), ..version }
}

#[tokio::test]
async fn a_version_under_a_claim_is_stored_only_while_that_is_held() {
    let world = World::new(31);
    let server = world.server();
    let name = "notes/a.txt";
    let fence = claims(&server, 1, alone("line:notes")).await;
    let first = under(fence, version(text(&world, "one\ntwo\nthree\n"), None));
    let stored = server.put(&person(1), name, first.clone()).await.unwrap();
    let change = version(text(&world, "zero\none\ntwo\nthree\n"), Some(1));
    let other = claims(&server, 1, alone("line:other")).await;
    let shared = claims(&server, 3, wish(&["line:shared"], ClaimMode::Shared, None)).await;
    for (wrong, line) in [(other, name), (fence + 100, name), (0, name), (fence, "other"), (shared, "shared")] {
        let base = change.base.filter(|_| line == name);
        let refused = server.put(&person(1), line, PutVersion { base, ..under(wrong, change.clone()) }).await.unwrap_err();
        assert!(refused.is(Code::ClaimLost), "{wrong} on {line}: {refused}");
    }
    world.advance(60_001);
    assert!(server.put(&person(1), name, under(fence, change.clone())).await.unwrap_err().is(Code::ClaimLost), "its lease ran out");
    // Somebody else has it now, and what is late is neither merged nor a conflict.
    let newer = claims(&server, 2, alone("line:notes/a.txt")).await;
    server.put(&person(2), name, under(newer, version(text(&world, "one\n2\nthree\n"), Some(1)))).await.unwrap();
    let late = [change, version(text(&world, "one\nII\nthree\n"), Some(1))];
    for change in late {
        assert!(server.put(&person(1), name, under(fence, change)).await.unwrap_err().is(Code::ClaimLost));
    }
    assert_eq!(newest(&world, &server, name).await, (2, "one\n2\nthree\n".to_owned()));
    assert!(world.events("conflict.opened").is_empty());
    // What was stored is answered again whoever has the claim by now.
    assert_eq!(server.put(&person(1), name, first).await.unwrap(), stored);
}

#[tokio::test]
async fn a_claim_that_is_lost_between_the_look_and_the_write_keeps_it_from_being_stored() {
    let world = World::new(32);
    let (server, other) = (world.server(), world.server());
    for (round, base) in [None, Some(1)].into_iter().enumerate() {
        let fence = claims(&server, 1, alone("line:notes")).await;
        let lost = Arc::clone(&other);
        *world.between.lock() = Some(Box::pin(async move {
            let back = ClaimRelease { holder: None, claims: vec![ClaimRef { resource: "line:notes".to_owned(), fence: Some(fence) }] };
            lost.release(&person(1), back).await.unwrap();
        }));
        let change = version(text(&world, &format!("{round}\n")), base);
        let refused = server.put(&person(1), "notes/a.txt", under(fence, change.clone())).await.unwrap_err();
        assert!(refused.is(Code::ClaimLost), "{refused}");
        assert_eq!(world.events("line.stored").len(), round, "nothing was stored");
        // Holding on for longer keeps nothing from being stored.
        let fence = claims(&server, 1, alone("line:notes")).await;
        let held = Arc::clone(&other);
        world.advance(10);
        *world.between.lock() = Some(Box::pin(async move {
            held.renew(&person(1), ClaimRenewal::default()).await.unwrap();
        }));
        server.put(&person(1), "notes/a.txt", under(fence, change)).await.unwrap();
        assert!(world.between.lock().is_none(), "it was renewed meanwhile");
        assert_eq!(world.events("line.stored").len(), round + 1);
    }
    // A change that disagrees does not even become a conflict.
    let fence = claims(&server, 1, alone("line:notes")).await;
    let lost = Arc::clone(&other);
    *world.between.lock() = Some(Box::pin(async move { lost.release(&person(1), ClaimRelease::default()).await.unwrap() }));
    let change = version(text(&world, "otherwise\n"), Some(1));
    assert!(server.put(&person(1), "notes/a.txt", under(fence, change)).await.unwrap_err().is(Code::ClaimLost));
    assert!(world.events("conflict.opened").is_empty());
}
