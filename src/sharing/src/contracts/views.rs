//! How is a contract shown?

use baton_domain::id::ContractId;
use baton_domain::wire::contract::{AwardView, BidTerm, BidTerms, BidView, ContractDetail, ContractState, ContractView};
use baton_negotiation::contract::{Bid, Contract, Event, Outcome, Scored, Shortcoming, Withdrawal};

use super::stored::Stored;

pub(crate) fn state_of(contract: &Contract) -> ContractState {
    match (&contract.outcome, &contract.award) {
        (Some(Outcome::Done { .. }), _) => ContractState::Done,
        (Some(Outcome::Nobody { .. }), _) => ContractState::Nobody,
        (Some(Outcome::Cancelled { .. }), _) => ContractState::Cancelled,
        (None, Some(award)) if award.accepted => ContractState::Accepted,
        (None, Some(_)) => ContractState::Awarded,
        (None, None) => ContractState::Called,
    }
}

pub(crate) fn view(stored: &Stored) -> ContractView {
    let (head, contract) = (&stored.head, &stored.contract);
    let winner = match (&contract.outcome, &contract.award) {
        (Some(Outcome::Done { bidder, .. }), _) => Some(bidder.clone()),
        (_, award) => award.as_ref().map(|award| award.bidder.clone()),
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    ContractView {
        id: ContractId::new(*head.id.as_uuid()),
        title: head.name.clone(),
        skill: stored.asked.work.skill.clone(),
        state: state_of(contract),
        bidders: number(contract.call.bidders.len()),
        bids: number(contract.answers.values().filter(|answer| answer.is_ok()).count()),
        winner,
        award: stored.awards().map(|(award, _)| award).max().unwrap_or(0),
        due: contract.next_tick(),
        created_by: head.created_by.label().to_owned(),
        created_at: head.created_at,
        updated_at: head.updated_at,
    }
}

fn terms(bid: &Bid) -> BidTerms {
    BidTerms { cost: bid.cost, eta_ms: bid.eta_ms, capability: bid.capability.into(), confidence: bid.confidence.into() }
}

fn shortcoming(why: &Shortcoming) -> String {
    match why {
        Shortcoming::Unable { missing } => format!("It lacks {}.", missing.join(", ")),
        Shortcoming::Unavailable => "It takes no work now.".to_owned(),
        Shortcoming::TooDear => "It would cost more than it may.".to_owned(),
        Shortcoming::TooSlow => "It would take longer than it may.".to_owned(),
        Shortcoming::Unwilling { because } => because.clone(),
        Shortcoming::Lost => "It was lost.".to_owned(),
    }
}

fn withdrawal(why: &Withdrawal) -> String {
    match why {
        Withdrawal::Declined { because } => format!("Declined: {because}"),
        Withdrawal::Failed { because } => format!("Failed: {because}"),
        Withdrawal::NotAccepted => "Not accepted in time.".to_owned(),
        Withdrawal::NotReported => "Not reported in time.".to_owned(),
        Withdrawal::Lost => "The bidder was lost.".to_owned(),
        Withdrawal::Cancelled => "The contract was cancelled.".to_owned(),
    }
}

fn bids(stored: &Stored) -> Vec<BidView> {
    let ranking: &[Scored] = stored.contract.ranking.as_deref().unwrap_or_default();
    let ranked = ranking.iter().zip(1..).map(|(scored, rank)| BidView {
        bidder: scored.bidder.clone(),
        bid: Some(terms(&scored.bid)),
        refusal: None,
        rank: Some(rank),
        score: Some(scored.score.into()),
        terms: scored.terms.iter().map(|term| BidTerm { name: term.name.clone(), value: term.value.into(), weight: term.weight }).collect(),
    });
    let others = stored.contract.call.bidders.iter().filter(|bidder| ranking.iter().all(|scored| scored.bidder != **bidder));
    let others = others.map(|bidder| {
        let answer = stored.contract.answers.get(bidder);
        BidView {
            bidder: bidder.clone(),
            bid: answer.and_then(|answer| answer.as_ref().ok()).map(terms),
            refusal: answer.and_then(|answer| answer.as_ref().err()).map(shortcoming),
            rank: None,
            score: None,
            terms: Vec::new(),
        }
    });
    ranked.chain(others).collect()
}

fn awards(stored: &Stored) -> Vec<AwardView> {
    let mut awards: Vec<AwardView> = Vec::new();
    for (at, event) in &stored.events {
        match event {
            Event::Awarded { award, bidder, accept_by } => awards.push(AwardView {
                number: *award,
                bidder: bidder.clone(),
                at: *at,
                accepted: false,
                due: Some(*accept_by),
                withdrawn: None,
                task: stored.work.get(award).and_then(|work| work.task),
            }),
            Event::Accepted { award, report_by } => {
                if let Some(shown) = awards.iter_mut().find(|shown| shown.number == *award) {
                    (shown.accepted, shown.due) = (true, Some(*report_by));
                }
            }
            Event::Withdrawn { award, why } => {
                if let Some(shown) = awards.iter_mut().find(|shown| shown.number == *award) {
                    (shown.due, shown.withdrawn) = (None, Some(withdrawal(why)));
                }
            }
            Event::Closed { .. } => awards.iter_mut().for_each(|shown| shown.due = None),
            Event::Bid { .. } | Event::Refused { .. } | Event::Ranked { .. } => {}
        }
    }
    awards
}

pub(crate) fn detail(stored: Stored) -> ContractDetail {
    let result = match &stored.contract.outcome {
        Some(Outcome::Done { result, .. }) => Some(result.clone()),
        _ => None,
    };
    ContractDetail {
        contract: view(&stored),
        bids: bids(&stored),
        awards: awards(&stored),
        result,
        as_of: stored.as_of,
        call: stored.asked,
    }
}
