//! Do people settle by vote what two changes of a line disagree about, and what becomes of the vote when nobody needs it any more? Over REST.

use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::{PASSWORD, PATIENCE, Server, data_folder};
use baton_clients::baton_api::BatonApi;
use baton_domain::id::{ArtifactId, ConflictId, DecisionId};
use baton_domain::wire::conflict::{ConflictChoice, ConflictDetail, ConflictState, ConflictView, LineDetail, PutOutcome};
use baton_domain::wire::decision::{DecisionDetail, DecisionState, YourPart};
use serde_json::{Value, json};

/// What people read of the choices.
const KEEP: &str = "Keep what is stored";
const TAKE: &str = "Take the change";
const MERGE: &str = "Take what a merge made of both";

/// The first version of each line.
const BEGUN: &str = "title: Harvest\nplace: North\ncrew: 5\nboxes: 12\nweather: dry\n";

/// Somebody else at this server.
async fn person(admin: &Rest, server: &Server, email: &str, role: &str) -> Rest {
    let made = admin.post("/users", &json!({"email": email, "password": PASSWORD, "role": role})).await;
    assert_eq!(made.status().as_u16(), 201, "{}", made.text().await.unwrap());
    Rest::signed_in(server, email, PASSWORD).await
}

/// Puts a content on a line.
async fn put(api: &BatonApi, rest: &Rest, line: &str, content: &str, mut version: Value) -> (PutOutcome, ArtifactId) {
    let artifact = api.upload(line, "text/plain", content.as_bytes().to_vec()).await.unwrap().id;
    version["artifact"] = json!(artifact);
    let answer = rest.post(&format!("/lines/{line}/versions"), &version).await;
    let (status, said) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{said}");
    (serde_json::from_str(&said).unwrap(), artifact)
}

/// Makes a line whose second version changes this, and a change of the first that is put to the vote.
async fn put_to_the_vote(api: &BatonApi, rest: &Rest, line: &str, second: (&str, &str), late: (&str, &str)) -> (ConflictView, ArtifactId) {
    let changed = |(from, to): (&str, &str)| BEGUN.replace(from, to);
    put(api, rest, line, BEGUN, json!({})).await;
    put(api, rest, line, &changed(second), json!({"base": 1})).await;
    match put(api, rest, line, &changed(late), json!({"base": 1, "policy": "vote"})).await {
        (PutOutcome::Conflict { conflict }, artifact) => (*conflict, artifact),
        (other, _) => panic!("nothing is voted on: {other:?}"),
    }
}

/// The conflict once it is so.
async fn once(rest: &Rest, id: ConflictId, is: impl Fn(&ConflictView) -> bool) -> ConflictView {
    let began = Instant::now();
    loop {
        let found: ConflictDetail = rest.get(&format!("/conflicts/{id}")).await.json().await.unwrap();
        if is(&found.conflict) {
            return found.conflict;
        }
        assert!(began.elapsed() < PATIENCE, "{found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The decision in which a conflict is voted on, once it is.
async fn decision_on(rest: &Rest, id: ConflictId) -> DecisionId {
    once(rest, id, |conflict| conflict.state == ConflictState::Voting).await.decision.expect("it is voted on")
}

async fn decision(rest: &Rest, id: DecisionId) -> DecisionDetail {
    rest.get(&format!("/decisions/{id}")).await.json().await.unwrap()
}

/// Votes for a choice by what people read of it.
async fn vote(rest: &Rest, id: DecisionId, choice: &str) {
    let began = Instant::now();
    let entries = loop {
        let found = decision(rest, id).await;
        if let Some(YourPart::Ballot { entries, .. }) = found.yours {
            break entries;
        }
        assert!(began.elapsed() < PATIENCE, "they are not asked: {:?}", found.summary);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let entry = entries.iter().find(|entry| entry.answer == choice).unwrap_or_else(|| panic!("no {choice:?} in {entries:?}"));
    let voted = rest.post(&format!("/decisions/{id}/vote"), &json!({"kind": "choice", "choice": entry.label})).await;
    assert!(voted.status().is_success(), "{}", voted.text().await.unwrap());
}

async fn line(rest: &Rest, name: &str) -> LineDetail {
    rest.get(&format!("/lines/{name}")).await.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_vote_for_becomes_the_version() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, admin) = (server.api().await, Rest::of(&server).await);
    let one = person(&admin, &server, "one@example.test", "operator").await;
    let two = person(&admin, &server, "two@example.test", "operator").await;
    let looks_on = person(&admin, &server, "looks-on@example.test", "viewer").await;
    let (opened, late) = put_to_the_vote(&api, &admin, "crew.txt", ("crew: 5", "crew: 6"), ("crew: 5", "crew: 7")).await;
    assert_eq!((opened.clean, opened.escalated, opened.places), (false, false, 1), "voters are asked, and not a person: {opened:?}");
    let id = decision_on(&admin, opened.id).await;

    let asked = decision(&looks_on, id).await;
    assert_eq!((asked.voters.len(), asked.yours), (3, None), "who may not settle a conflict does not vote on it");
    let keys: Vec<&str> = asked.choices.iter().map(|choice| choice.key.as_str()).collect();
    assert_eq!(keys, ["ours", "theirs"], "nobody has edited anything, and there is nothing to merge");
    assert!(asked.request.question.contains("crew.txt"), "{}", asked.request.question);
    assert!(asked.request.context.unwrap().contains(&format!("/conflicts/{}", opened.id)));

    vote(&one, id, TAKE).await;
    vote(&two, id, KEEP).await;
    assert_eq!(line(&admin, "crew.txt").await.line.newest.number, 2, "nothing is stored while it is voted on");
    vote(&admin, id, TAKE).await;
    let settled = once(&admin, opened.id, |conflict| conflict.state == ConflictState::Resolved).await;
    assert_eq!((settled.choice, settled.version), (Some(ConflictChoice::Theirs), Some(3)));
    assert_eq!(settled.resolved_by, Some(format!("decision:{id}")));
    let stored = line(&admin, "crew.txt").await;
    let newest = &stored.line.newest;
    assert_eq!((newest.number, newest.artifact, newest.conflict), (3, late, Some(opened.id)), "{newest:?}");
    assert!(stored.conflicts.is_empty(), "{:?}", stored.conflicts);
    let decided = decision(&admin, id).await;
    let verdict = decided.summary.verdict.unwrap();
    assert_eq!((decided.summary.state, verdict.key.as_deref(), verdict.dissenters), (DecisionState::Decided, Some("theirs"), 1));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_can_be_voted_for_where_nothing_disagrees_and_so_can_what_is_stored() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, admin) = (server.api().await, Rest::of(&server).await);
    let (merged, _) = put_to_the_vote(&api, &admin, "merged.txt", ("title: Harvest", "title: The harvest"), ("dry", "wet")).await;
    assert!(merged.clean, "{merged:?}");
    vote(&admin, decision_on(&admin, merged.id).await, MERGE).await;
    let settled = once(&admin, merged.id, |conflict| conflict.state == ConflictState::Resolved).await;
    assert_eq!((settled.choice, settled.version), (Some(ConflictChoice::Merged), Some(3)));
    let newest = line(&admin, "merged.txt").await.line.newest;
    let content = admin.get(&format!("/artifacts/{}/content", newest.artifact)).await.text().await.unwrap();
    assert_eq!(content, BEGUN.replace("title: Harvest", "title: The harvest").replace("dry", "wet"));

    let (kept, _) = put_to_the_vote(&api, &admin, "kept.txt", ("crew: 5", "crew: 6"), ("crew: 5", "crew: 7")).await;
    vote(&admin, decision_on(&admin, kept.id).await, KEEP).await;
    let settled = once(&admin, kept.id, |conflict| conflict.state == ConflictState::Resolved).await;
    assert_eq!((settled.choice, settled.version), (Some(ConflictChoice::Ours), None));
    assert_eq!(line(&admin, "kept.txt").await.line.newest.number, 2, "what is stored stays, and is not stored again");
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_verdict_a_person_settles_it_and_what_is_settled_is_not_voted_on_any_more() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, admin) = (server.api().await, Rest::of(&server).await);
    let resolve = async |conflict: &ConflictView| {
        let path = format!("/conflicts/{}/resolve", conflict.id);
        let answer = admin.post(&path, &json!({"seen": conflict.revision, "choice": "theirs"})).await;
        let (status, said) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{said}");
        serde_json::from_str::<ConflictView>(&said).unwrap()
    };

    // The voters come to nothing.
    let (opened, late) = put_to_the_vote(&api, &admin, "asked.txt", ("crew: 5", "crew: 6"), ("crew: 5", "crew: 7")).await;
    let id = decision_on(&admin, opened.id).await;
    let cancelled = admin.post(&format!("/decisions/{id}/cancel"), &json!({"reason": "For the test."})).await;
    assert!(cancelled.status().is_success(), "{}", cancelled.text().await.unwrap());
    let asked = once(&admin, opened.id, |conflict| conflict.state == ConflictState::Open).await;
    assert!(asked.escalated && asked.decision.is_none(), "a person is asked, and no other vote begun: {asked:?}");
    assert_eq!(resolve(&asked).await.version, Some(3));
    assert_eq!(line(&admin, "asked.txt").await.line.newest.artifact, late);

    // Somebody is faster than the voters.
    let (opened, _) = put_to_the_vote(&api, &admin, "faster.txt", ("crew: 5", "crew: 6"), ("crew: 5", "crew: 7")).await;
    let id = decision_on(&admin, opened.id).await;
    let voted_on = once(&admin, opened.id, |conflict| conflict.decision == Some(id)).await;
    assert_eq!(resolve(&voted_on).await.state, ConflictState::Resolved);
    let began = Instant::now();
    loop {
        let found = decision(&admin, id).await;
        if found.summary.state == DecisionState::Cancelled {
            assert!(found.yours.is_none(), "nobody is asked any more");
            break;
        }
        assert!(began.elapsed() < PATIENCE, "it is still voted on: {:?}", found.summary);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(server.terminate());
}
