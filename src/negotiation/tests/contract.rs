//! Whatever dies, comes twice, late or out of order: is there one award at a time, and one outcome?

use std::collections::{BTreeMap, BTreeSet};

use crate::chance::Chance;
use baton_domain::problem::Code;
use baton_domain::time::Timestamp;
use baton_negotiation::contract::*;
use serde_json::json;
use uuid::Uuid;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn share(share: f64) -> Share {
    Share::new(share).unwrap()
}

fn call(bidders: usize) -> Call {
    Call {
        id: Uuid::from_u128(1),
        required: BTreeSet::new(),
        wanted: BTreeMap::new(),
        maximum_cost: None,
        finish_within_ms: None,
        weights: Weights::default(),
        bidders: (0..bidders).map(|number| format!("bidder {number}")).collect(),
        bid_by: at(1_000),
        accept_within_ms: 500,
        report_within_ms: 2_000,
        maximum_awards: 5,
        seed: 7,
    }
}

fn bid(cost: u64) -> Bid {
    Bid { cost, eta_ms: 100, capability: Share::ALL, confidence: share(0.9) }
}

/// A bidder that does what the protocol says, once for each notice, until it dies.
#[derive(Default)]
struct Bidder {
    seen: BTreeSet<String>,
    withdrawn: BTreeSet<u32>,
    /// How many messages it takes or sends before it dies.
    lives: Option<usize>,
    willing: bool,
}

impl Bidder {
    fn lives_on(&mut self) -> bool {
        match &mut self.lives {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

#[derive(Clone, Debug)]
enum Parcel {
    Down(Outgoing),
    Up(Message),
}

struct World {
    chance: Chance,
    contract: Contract,
    log: Vec<Event>,
    bidders: BTreeMap<String, Bidder>,
    parcels: BTreeMap<(i64, u64), Parcel>,
    sent: BTreeSet<String>,
    counter: u64,
    now: i64,
    /// Whether parcels come twice and late, and the manager crashes.
    rough: bool,
    delivered: usize,
}

impl World {
    fn new(seed: u64, bidders: usize, rough: bool) -> Self {
        let contract = Contract::open(call(bidders)).unwrap();
        let bidders = contract.call.bidders.iter().map(|name| (name.clone(), Bidder { willing: true, ..Bidder::default() })).collect();
        Self {
            chance: Chance(seed),
            contract,
            log: Vec::new(),
            bidders,
            parcels: BTreeMap::new(),
            sent: BTreeSet::new(),
            counter: 0,
            now: 0,
            rough,
            delivered: 0,
        }
    }

    fn post(&mut self, parcel: Parcel, after: i64) {
        let copies = if self.rough && self.chance.one_in(4) { 2 } else { 1 };
        for _ in 0..copies {
            let late = match (self.rough, self.chance.below(12)) {
                (true, 0) => 3_000,
                (true, _) => self.chance.below(80) as i64,
                _ => 1,
            };
            self.counter += 1;
            self.parcels.insert((self.now + after + late, self.counter), parcel.clone());
        }
    }

    fn send_outbox(&mut self) {
        for outgoing in self.contract.outbox() {
            if self.sent.insert(outgoing.id.clone()) {
                self.post(Parcel::Down(outgoing), 0);
            }
        }
    }

    /// Checks each event against the log before it, and keeps it.
    fn take(&mut self, message: Message) -> Result<(), baton_domain::problem::Problem> {
        let step = self.contract.take(message, at(self.now));
        for event in step.events {
            let awarded = self.log.iter().filter(|event| matches!(event, Event::Awarded { .. })).count();
            let ended = self.log.iter().filter(|event| matches!(event, Event::Withdrawn { .. })).count();
            assert!(!self.log.iter().any(|event| matches!(event, Event::Closed { .. })), "nothing follows the outcome");
            match &event {
                Event::Awarded { award, bidder, .. } => {
                    assert_eq!(awarded, ended, "one award at a time");
                    assert_eq!(*award as usize, awarded + 1);
                    let before = self.log.iter().any(|event| matches!(event, Event::Awarded { bidder: other, .. } if other == bidder));
                    assert!(!before, "nobody gets it twice");
                }
                Event::Withdrawn { award, .. } | Event::Accepted { award, .. } => {
                    assert_eq!((*award as usize, awarded), (awarded, ended + 1), "of the one that is running");
                }
                Event::Closed { outcome: Outcome::Done { award, bidder, result } } => {
                    assert_eq!((*award as usize, awarded), (awarded, ended + 1));
                    let its = self.log.iter().find_map(|event| match event {
                        Event::Awarded { award: number, bidder, .. } if number == award => Some(bidder),
                        _ => None,
                    });
                    assert_eq!((its, result), (Some(bidder), &json!({"by": bidder, "award": award})));
                }
                _ => {}
            }
            self.log.push(event);
        }
        let mut again = Contract::open(self.contract.call.clone()).unwrap();
        self.log.iter().for_each(|event| again.record(event));
        assert_eq!(again, self.contract, "the events are the contract");
        let text = serde_json::to_string(&self.log).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), self.log, "and survive being stored");
        if self.rough && self.chance.one_in(5) {
            // The manager crashed after the commit: it knows the events alone, and says everything again.
            self.contract = again;
            self.sent.clear();
        }
        step.answer
    }

    fn hand_down(&mut self, outgoing: Outgoing) {
        let bidder = self.bidders.get_mut(&outgoing.to).unwrap();
        if !bidder.lives_on() || !bidder.seen.insert(outgoing.id) {
            return;
        }
        let name = outgoing.to;
        let mut replies = Vec::new();
        match outgoing.notice {
            Notice::Call { .. } => {
                let cost = 10 + name.bytes().last().map_or(0, u64::from);
                replies.push((0, Message::Bid { bidder: name.clone(), bid: bid(cost) }));
            }
            Notice::Award { award, .. } if !bidder.willing => {
                replies.push((0, Message::Decline { bidder: name.clone(), award, because: "busy".into() }));
            }
            Notice::Award { award, .. } if !bidder.withdrawn.contains(&award) => {
                replies.push((0, Message::Accept { bidder: name.clone(), award }));
                let result = json!({"by": name, "award": award});
                replies.push((100, Message::Report { bidder: name.clone(), award, result }));
            }
            Notice::Withdraw { award } => {
                bidder.withdrawn.insert(award);
            }
            Notice::Award { .. } | Notice::Reject => {}
        }
        for (after, message) in replies {
            if self.bidders.get_mut(&name).unwrap().lives_on() {
                self.post(Parcel::Up(message), after);
            }
        }
    }

    /// Until nothing is on its way, also after the outcome: what comes late must change nothing.
    fn run(&mut self) -> Outcome {
        self.send_outbox();
        for _ in 0..10_000 {
            let tick = self.contract.next_tick().map(|at| at.as_millis());
            let next = self.parcels.first_key_value().map(|(key, _)| *key);
            match (next, tick) {
                (Some(key), tick) if tick.is_none_or(|tick| key.0 <= tick) => {
                    self.now = self.now.max(key.0);
                    self.delivered += 1;
                    match self.parcels.remove(&key).unwrap() {
                        Parcel::Down(outgoing) => self.hand_down(outgoing),
                        Parcel::Up(message) => {
                            let _ = self.take(message);
                        }
                    }
                }
                (_, Some(tick)) => {
                    self.now = self.now.max(tick);
                    self.take(Message::Tick).unwrap();
                }
                _ => {
                    assert_eq!(self.log.iter().filter(|event| matches!(event, Event::Closed { .. })).count(), 1);
                    return self.contract.outcome.clone().expect("an outcome");
                }
            }
            self.send_outbox();
        }
        panic!("it never ends");
    }
}

#[test]
fn a_bidder_dies_at_each_message_and_the_contract_is_done_by_another() {
    let mut deaths = 0;
    for dying in 0..3_usize {
        for lives in 0..8 {
            let mut world = World::new(3, 3, false);
            world.bidders.get_mut(&format!("bidder {dying}")).unwrap().lives = Some(lives);
            let Outcome::Done { bidder, award, .. } = world.run() else { panic!("two are alive") };
            // The cheapest is bidder 0. It takes the call, bids, takes the award, accepts and reports: five messages.
            let done_by_first = dying != 0 || lives >= 5;
            assert_eq!(bidder == "bidder 0", done_by_first, "bidder {dying} dies after {lives}");
            let awarded = dying == 0 && (2..5).contains(&lives);
            assert_eq!(award, if awarded { 2 } else { 1 });
            deaths += usize::from(!done_by_first);
        }
    }
    assert_eq!(deaths, 5);
}

#[test]
fn whatever_dies_or_comes_twice_late_or_out_of_order_there_is_one_outcome() {
    let (mut done, mut nobody, mut withdrawn, mut delivered) = (0, 0, 0, 0);
    for seed in 0..2_000 {
        let mut chance = Chance(seed);
        let bidders = 1 + chance.below(5);
        let mut world = World::new(seed, bidders, true);
        for bidder in world.bidders.values_mut() {
            bidder.lives = chance.one_in(2).then(|| chance.below(10));
            bidder.willing = !chance.one_in(5);
        }
        match world.run() {
            Outcome::Done { .. } => done += 1,
            Outcome::Nobody { .. } => nobody += 1,
            Outcome::Cancelled { .. } => panic!("nobody cancelled it"),
        }
        let bound = 1_000 + 5 * (500 + 2_000);
        assert!(world.now <= bound + 4_000, "it ends in time");
        withdrawn += world.contract.withdrawn.len();
        delivered += world.delivered;
    }
    println!("done {done}, nobody {nobody}, awards withdrawn {withdrawn}, messages {delivered}");
    assert!(done > 500 && nobody > 200 && withdrawn > 500);
}

#[test]
fn what_comes_under_an_old_number_counts_no_more() {
    let mut contract = Contract::open(call(2)).unwrap();
    let mut take = |message, now| contract.take(message, at(now)).answer;
    let (zero, one) = ("bidder 0".to_owned(), "bidder 1".to_owned());
    take(Message::Bid { bidder: zero.clone(), bid: bid(1) }, 0).unwrap();
    assert!(take(Message::Bid { bidder: zero.clone(), bid: bid(1) }, 1).is_ok(), "the same again");
    assert!(take(Message::Bid { bidder: zero.clone(), bid: bid(2) }, 1).unwrap_err().is(Code::InvalidBid));
    assert!(take(Message::Bid { bidder: "stranger".into(), bid: bid(2) }, 1).unwrap_err().is(Code::NotCalled));
    take(Message::Bid { bidder: one.clone(), bid: bid(3) }, 2).unwrap();
    take(Message::Accept { bidder: zero.clone(), award: 1 }, 3).unwrap();
    take(Message::Accept { bidder: zero.clone(), award: 1 }, 4).unwrap();
    assert!(take(Message::Accept { bidder: one.clone(), award: 1 }, 4).unwrap_err().is(Code::AwardLost));
    // It falls silent; the other gets it; then it reports after all.
    let report = |bidder: &str, award| Message::Report { bidder: bidder.to_owned(), award, result: json!(bidder) };
    take(Message::Tick, 2_003).unwrap();
    let late = take(report(&zero, 1), 2_004).unwrap_err();
    assert!(late.is(Code::AwardLost) && late.detail.contains("bidder 1"), "{late}");
    take(report(&one, 2), 2_005).unwrap();
    assert!(take(report(&one, 2), 2_006).is_ok(), "the same again");
    assert!(take(Message::Cancel { by: "user".into() }, 2_007).unwrap_err().is(Code::ContractClosed));
    assert_eq!(contract.outcome, Some(Outcome::Done { award: 2, bidder: one, result: json!("bidder 1") }));
}

#[test]
fn bids_after_the_deadline_do_not_count_and_who_is_lost_is_passed_by() {
    let mut contract = Contract::open(call(3)).unwrap();
    contract.take(Message::Bid { bidder: "bidder 0".into(), bid: bid(1) }, at(0)).answer.unwrap();
    contract.take(Message::Bid { bidder: "bidder 1".into(), bid: bid(2) }, at(0)).answer.unwrap();
    contract.take(Message::Lost { bidder: "bidder 0".into() }, at(1)).answer.unwrap();
    let step = contract.take(Message::Bid { bidder: "bidder 2".into(), bid: bid(1) }, at(1_000));
    assert!(step.answer.unwrap_err().is(Code::CallClosed) && step.events.len() == 2, "time ranked and awarded first");
    assert_eq!(contract.award.as_ref().unwrap().bidder, "bidder 1");
    contract.take(Message::Lost { bidder: "bidder 1".into() }, at(1_001)).answer.unwrap();
    assert_eq!(contract.outcome, Some(Outcome::Nobody { bids: 1, awards: 1 }));
    let mut contract = Contract::open(call(2)).unwrap();
    contract.take(Message::Cancel { by: "user".into() }, at(0)).answer.unwrap();
    assert_eq!(contract.next_tick(), None);
}

#[test]
fn bids_follow_from_facts() {
    let mut asked = call(1);
    asked.required = BTreeSet::from(["nlp".into()]);
    asked.wanted = BTreeMap::from([("german".into(), 3), ("gpu".into(), 1)]);
    asked.finish_within_ms = Some(4_000);
    asked.maximum_cost = Some(500);
    let facts = Facts {
        capabilities: BTreeSet::from(["nlp".into(), "german".into()]),
        slots: 2,
        busy: 2,
        queued: 3,
        typical_ms: 1_000,
        price: 500,
        completed: 8,
        failed: 0,
        record: None,
    };
    // Five stand before it with two slots: two full turns, and its own.
    let expected = Bid { cost: 500, eta_ms: 3_000, capability: share(0.75), confidence: share(0.9) };
    assert_eq!(estimate(&facts, &asked), Ok(expected));
    // Who succeeds and is wrong half of the time.
    let judged = Facts { record: Some(share(0.5)), ..facts.clone() };
    assert_eq!(estimate(&judged, &asked), Ok(Bid { confidence: share(0.45), ..expected }));
    let but = |change: fn(&mut Facts)| {
        let mut facts = facts.clone();
        change(&mut facts);
        estimate(&facts, &asked).unwrap_err()
    };
    assert_eq!(but(|facts| facts.capabilities.clear()), Shortcoming::Unable { missing: vec!["nlp".into()] });
    assert_eq!(but(|facts| facts.slots = 0), Shortcoming::Unavailable);
    assert_eq!(but(|facts| facts.queued = 6), Shortcoming::TooSlow);
    assert_eq!(but(|facts| facts.price = 501), Shortcoming::TooDear);
}

#[test]
fn a_better_bid_is_never_ranked_lower_and_no_order_matters() {
    let mut ties = 0;
    for seed in 0..2_000 {
        let mut chance = Chance(seed);
        let mut asked = call(1);
        asked.seed = seed;
        asked.weights = Weights {
            cost: chance.below(4) as u32,
            speed: chance.below(4) as u32,
            capability: chance.below(4) as u32,
            confidence: 1 + chance.below(4) as u32,
        };
        let count = 2 + chance.below(6);
        let mut bids: Vec<(String, Bid)> = (0..count)
            .map(|number| {
                let bid = Bid {
                    cost: chance.below(4) as u64,
                    eta_ms: chance.below(4) as u64,
                    capability: Share::of(chance.below(3) as u64, 2),
                    confidence: Share::of(chance.below(3) as u64, 2),
                };
                (format!("b{number}"), bid)
            })
            .collect();
        let ranked = |bids: &[(String, Bid)]| rank(&asked, bids.iter().map(|(name, bid)| (name.as_str(), *bid)));
        let ranking = ranked(&bids);
        ties += ranking.windows(2).filter(|pair| pair[0].score == pair[1].score).count();
        for pair in ranking.windows(2) {
            assert!(pair[0].score >= pair[1].score);
        }
        let mut turned = bids.clone();
        turned.reverse();
        turned.swap(0, count / 2);
        assert_eq!(ranked(&turned), ranking);
        let which = chance.below(count);
        let place = |ranking: &[Scored], name: &str| ranking.iter().position(|scored| scored.bidder == name).unwrap();
        let before = place(&ranking, &format!("b{which}"));
        let bid = &mut bids[which].1;
        match chance.below(4) {
            0 => bid.cost = bid.cost.saturating_sub(1),
            1 => bid.eta_ms = bid.eta_ms.saturating_sub(1),
            2 => bid.capability = Share::ALL,
            _ => bid.confidence = Share::ALL,
        }
        assert!(place(&ranked(&bids), &format!("b{which}")) <= before, "seed {seed}");
    }
    assert!(ties > 100);
}

#[test]
fn calls_and_bids_that_cannot_be_are_refused() {
    type Change = fn(&mut Call);
    let wrong: [(&str, Change); 8] = [
        ("bidders", |call| call.bidders.clear()),
        ("bidders", |call| call.bidders = (0..=MAXIMUM_BIDDERS).map(|number| number.to_string()).collect()),
        ("required", |call| call.required = (0..=MAXIMUM_NEEDS).map(|number| number.to_string()).collect()),
        ("wanted", |call| call.wanted = BTreeMap::from([("gpu".into(), 0)])),
        ("weights", |call| call.weights = Weights { cost: 0, speed: 0, capability: 0, confidence: 0 }),
        ("accept_within_ms", |call| call.accept_within_ms = 0),
        ("report_within_ms", |call| call.report_within_ms = MAXIMUM_SPAN_MS + 1),
        ("maximum_awards", |call| call.maximum_awards = MAXIMUM_AWARDS + 1),
    ];
    for (field, change) in wrong {
        let mut call = call(2);
        change(&mut call);
        let problem = Contract::open(call).unwrap_err();
        assert!(problem.is(Code::InvalidCall) && problem.errors[0].field == field, "{problem}");
    }
    for share in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        assert!(Share::new(share).unwrap_err().is(Code::InvalidBid), "{share}");
    }
    assert!(serde_json::from_str::<Share>("1.5").is_err());
    assert!(bid(MAXIMUM_COST + 1).check().unwrap_err().is(Code::InvalidBid));
}

#[test]
fn what_is_said_twice_is_taken_twice_and_a_contradiction_is_not() {
    let mut contract = Contract::open(call(2)).unwrap();
    let mut take = |message, now| contract.take(message, at(now));
    let (zero, one) = ("bidder 0".to_owned(), "bidder 1".to_owned());
    take(Message::Bid { bidder: zero.clone(), bid: bid(1) }, 0).answer.unwrap();
    take(Message::Bid { bidder: one.clone(), bid: bid(3) }, 0).answer.unwrap();
    let decline = || Message::Decline { bidder: zero.clone(), award: 1, because: "busy".into() };
    take(decline(), 1).answer.unwrap();
    let again = take(decline(), 2);
    assert!(again.answer.is_ok() && again.events.is_empty());
    assert!(take(Message::Failure { bidder: zero.clone(), award: 1, because: "busy".into() }, 2).answer.unwrap_err().is(Code::AwardLost));
    let report = |result: serde_json::Value| Message::Report { bidder: one.clone(), award: 2, result };
    let large = json!("x".repeat(MAXIMUM_RESULT));
    assert!(take(report(large), 3).answer.unwrap_err().is(Code::InvalidRequest));
    take(report(json!(1)), 3).answer.unwrap();
    assert!(take(report(json!(1)), 4).answer.is_ok());
    assert!(take(report(json!(2)), 4).answer.unwrap_err().is(Code::ContractClosed));
    assert!(
        take(Message::Failure { bidder: one.clone(), award: 2, because: String::new() }, 5).answer.unwrap_err().is(Code::ContractClosed)
    );

    let mut contract = Contract::open(call(2)).unwrap();
    let missing = vec!["y".repeat(1_000); 1_000];
    contract.take(Message::Refuse { bidder: zero.clone(), why: Shortcoming::Unable { missing } }, at(0)).answer.unwrap();
    assert!(
        matches!(&contract.answers[&zero], Err(Shortcoming::Unable { missing }) if missing.len() == MAXIMUM_NEEDS && missing[0].len() == MAXIMUM_KEY)
    );
    let cancel = |by: &str| Message::Cancel { by: by.into() };
    contract.take(cancel(&"u".repeat(1_000)), at(1)).answer.unwrap();
    assert!(contract.take(cancel(&"u".repeat(1_000)), at(2)).answer.is_ok(), "the same again");
    assert!(contract.take(cancel("another"), at(2)).answer.unwrap_err().is(Code::ContractClosed));
    assert!(matches!(&contract.outcome, Some(Outcome::Cancelled { by }) if by.len() == MAXIMUM_KEY));
    let told: Vec<(String, Notice)> = contract.outbox().into_iter().map(|outgoing| (outgoing.to, outgoing.notice)).collect();
    assert_eq!(told, [(one, Notice::Reject)], "who still thinks about its bid need not");
}
