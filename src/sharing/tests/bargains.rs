//! Do parties come to a split in bounded rounds and time?

use std::collections::BTreeMap;

use baton_domain::id::{BargainId, ProjectId};
use baton_domain::problem::Code;
use baton_domain::services::ContractService;
use baton_domain::user::Caller;
use baton_domain::wire::contract::{BargainMove, BargainParty, BargainState, Mediation, NewBargain, PartyVoice, UtilityPiece};

use crate::world::{World, person, viewer};

fn party(key: &str, least: u64, voice: PartyVoice) -> BargainParty {
    BargainParty { key: key.into(), pieces: vec![UtilityPiece { units: 100, worth: 2 }], least, voice }
}

fn spoken_by(number: u128) -> PartyVoice {
    PartyVoice::Caller { caller: person(number).principal.tag() }
}

fn open(parties: Vec<BargainParty>, mediation: Mediation) -> NewBargain {
    NewBargain { title: "Slots".into(), pot: 100, parties, rounds: 8, turn_ms: 1_000, mediation }
}

#[tokio::test]
async fn automated_parties_agree_at_once_and_after_any_crash() {
    let automatic = PartyVoice::Automatic { stubbornness: 2 };
    let asked = open(vec![party("a", 40, automatic.clone()), party("b", 60, automatic)], Mediation::None);
    let server = World::new(71).server();
    let expected = server.open_bargain(&person(1), asked.clone(), None).await.unwrap();
    assert_eq!(expected.state, BargainState::Agreed, "{expected:?}");
    let shares = expected.shares.clone().unwrap();
    assert!(shares["a"] >= 20 && shares["b"] >= 30 && shares.values().sum::<u64>() <= 100, "{shares:?}");
    for writes in 0..20 {
        let world = World::new(71);
        let server = world.stopping(writes, writes % 2 == 0);
        let _ = server.open_bargain(&person(1), asked.clone(), Some("k".into())).await;
        let server = world.server();
        let view = server.open_bargain(&person(1), asked.clone(), Some("k".into())).await.unwrap();
        assert_eq!(view.state, BargainState::Agreed, "{writes}");
        assert_eq!(server.round().await.unwrap().due, 0);
    }
}

#[tokio::test]
async fn people_offer_in_turn_and_silence_ends_in_a_split_that_is_settled_for_them() {
    let world = World::new(72);
    let server = world.server();
    let asked = open(vec![party("a", 40, spoken_by(1)), party("b", 60, spoken_by(2))], Mediation::Nash);
    let view = server.open_bargain(&person(9), asked.clone(), None).await.unwrap();
    let first = view.proposer.clone().unwrap();
    let (speaker, other) = if first == "a" { (1, 2) } else { (2, 1) };
    let shares = BTreeMap::from([("a".to_owned(), 50), ("b".to_owned(), 50)]);
    let offer = BargainMove::Offer { party: first.clone(), round: 0, shares: shares.clone() };
    assert!(server.say(&person(other), view.id, offer.clone()).await.unwrap_err().is(Code::Forbidden));
    server.say(&person(speaker), view.id, offer.clone()).await.unwrap();
    server.say(&person(speaker), view.id, offer).await.unwrap();
    let theirs = if first == "a" { "b" } else { "a" };
    let yes = BargainMove::Accept { party: theirs.into(), round: 0 };
    let agreed = server.say(&person(other), view.id, yes).await.unwrap();
    assert_eq!((agreed.state, agreed.shares), (BargainState::Agreed, Some(shares)));
    // What the other insists on is not shown.
    let detail = server.bargain(&person(1), view.id).await.unwrap();
    assert_eq!((detail.parties[0].least, detail.parties[1].least, detail.moves.len()), (40, 0, 2));
    assert_eq!(server.bargain(&person(9), view.id).await.unwrap().parties[1].least, 60);

    let silent = server.open_bargain(&person(9), asked, None).await.unwrap();
    world.advance(60_000);
    server.round().await.unwrap();
    let settled = server.bargain(&viewer(5), silent.id).await.unwrap().bargain;
    assert_eq!((settled.state, settled.shares.unwrap().values().sum::<u64>()), (BargainState::Mediated, 100));
    let late = BargainMove::Reject { party: "a".into(), round: 0 };
    assert!(server.say(&person(1), silent.id, late).await.unwrap_err().is(Code::BargainClosed));
    let wrong = open(vec![party("a", 1, spoken_by(1))], Mediation::None);
    assert!(server.open_bargain(&person(1), wrong, None).await.unwrap_err().is(Code::InvalidBargain));
}

#[tokio::test]
async fn a_bargaining_that_there_is_not_is_neither_shown_nor_spoken_in() {
    let server = World::new(73).server();
    let unknown = BargainId::new(uuid::Uuid::from_u128(5));
    assert!(server.bargain(&viewer(1), unknown).await.unwrap_err().is(Code::NoSuchBargain));
    let word = BargainMove::Reject { party: "a".into(), round: 0 };
    assert!(server.say(&person(1), unknown, word).await.unwrap_err().is(Code::NoSuchBargain));
    // Another project's is not there either.
    let automatic = PartyVoice::Automatic { stubbornness: 2 };
    let asked = open(vec![party("a", 40, automatic.clone()), party("b", 60, automatic)], Mediation::None);
    let known = server.open_bargain(&person(1), asked, None).await.unwrap().id;
    let stranger = Caller { project: ProjectId::new(uuid::Uuid::from_u128(99)), ..person(1) };
    assert!(server.bargain(&stranger, known).await.unwrap_err().is(Code::NoSuchBargain));
    assert_eq!(server.bargain(&person(1), known).await.unwrap().bargain.id, known);
}
