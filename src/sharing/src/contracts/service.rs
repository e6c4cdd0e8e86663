//! What can callers do with contracts?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{BargainId, ContractId, JournalId};
use baton_domain::page::Page;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ContractService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::contract::{
    BargainDetail, BargainMove, BargainView, BidTerms, ContractDetail, ContractFilter, ContractMessage, ContractView, DEFAULT_ACCEPT_MS,
    DEFAULT_BID_MS, DEFAULT_REPORT_MS, NewBargain, NewContract,
};
use baton_negotiation::contract::{Bid, Call, Contract, MAXIMUM_BIDDERS, MAXIMUM_SPAN_MS, Message, Share, Shortcoming, Weights};
use baton_storage::{JournalHead, JournalKind, JournalOpened, NewJournal};

use super::facts::AGENT;
use super::stored::{Opening, Stored};
use super::views::{detail, state_of, view};
use crate::Sharing;
use crate::journal::{TRIES, Wanted, contended, event, read, text_of, write};

/// The longest title in bytes.
const MAXIMUM_TITLE: usize = 200;
/// The longest reason in bytes.
const MAXIMUM_REASON: usize = 500;
/// The largest reported result, in bytes of JSON.
const MAXIMUM_RESULT: usize = 64 * 1024;
/// The largest input, in bytes of JSON.
const MAXIMUM_INPUT: usize = baton_domain::wire::task::MAXIMUM_INPUT_BYTES;
/// The longest idempotency key in bytes.
pub(crate) const MAXIMUM_KEY: usize = 255;

/// A key as it is stored: what one caller calls by a key is not what another does.
pub(crate) fn key_of(caller: &Caller, key: Option<String>) -> Answer<Option<String>> {
    let Some(key) = key else { return Ok(None) };
    text_of("Idempotency-Key", &key, MAXIMUM_KEY)?;
    Ok(Some(format!("{}/{key}", caller.principal.tag())))
}

fn message_of(bidder: String, message: ContractMessage) -> Answer<Message> {
    let because_of = |because: String| text_of("/because", &because, MAXIMUM_REASON);
    Ok(match message {
        ContractMessage::Bid { terms: BidTerms { cost, eta_ms, capability, confidence } } => {
            let share = |field: &str, share: f64| {
                Share::new(share).map_err(|problem| problem.with_field(format!("/terms/{field}"), "Give a number from 0 to 1."))
            };
            let bid = Bid { cost, eta_ms, capability: share("capability", capability)?, confidence: share("confidence", confidence)? };
            Message::Bid { bidder, bid }
        }
        ContractMessage::Refuse { because } => Message::Refuse { bidder, why: Shortcoming::Unwilling { because: because_of(because)? } },
        ContractMessage::Accept { award } => Message::Accept { bidder, award },
        ContractMessage::Decline { award, because } => Message::Decline { bidder, award, because: because_of(because)? },
        ContractMessage::Report { award, result } => {
            if result.to_string().len() > MAXIMUM_RESULT {
                return Err(Problem::invalid_field("/result", "Report at most 64 KiB of JSON. Store what is larger, and report where."));
            }
            Message::Report { bidder, award, result }
        }
        ContractMessage::Fail { award, because } => Message::Failure { bidder, award, because: because_of(because)? },
    })
}

impl Sharing {
    async fn call_of(&self, caller: &Caller, id: ContractId, asked: &NewContract) -> Answer<Call> {
        let work = &asked.work;
        if let Some(title) = &work.title {
            text_of("/work/title", title, MAXIMUM_TITLE)?;
        }
        if work.input.to_string().len() > MAXIMUM_INPUT {
            return Err(Problem::invalid_field("/work/input", "Give at most 256 KiB of JSON."));
        }
        let skill = self.parts.agents.skill(caller, &work.skill).await?;
        let list = self.parts.agents.list(caller).await?;
        let mut bidders: BTreeSet<String> = BTreeSet::new();
        match &asked.agents {
            Some(names) => {
                for name in names {
                    if !list.items.iter().any(|agent| agent.name == *name) {
                        let name: String = name.chars().take(100).collect();
                        return Err(
                            Problem::new(Code::NoSuchAgent, format!("There is no agent {name:?}.")).with_field("/agents", "not known")
                        );
                    }
                    bidders.insert(format!("{AGENT}{name}"));
                }
            }
            None => {
                let able = list.items.iter().filter(|agent| agent.skills.contains(&skill.name));
                bidders.extend(able.map(|agent| format!("{AGENT}{}", agent.name)).take(MAXIMUM_BIDDERS));
            }
        }
        for tag in &asked.callers {
            let known = tag.split_once(':').is_some_and(|(kind, id)| matches!(kind, "user" | "key") && id.parse::<JournalId>().is_ok());
            if !known {
                return Err(Problem::invalid_field("/callers", "Name callers as `user:` or `key:` and an identifier."));
            }
            bidders.insert(tag.clone());
        }
        let mut required = asked.required.clone();
        required.insert(skill.name.clone());
        let bid_within = asked.bid_within_ms.unwrap_or(DEFAULT_BID_MS);
        if bid_within > MAXIMUM_SPAN_MS {
            return Err(Problem::new(Code::InvalidCall, "Bids are taken for at most 30 days.").with_field("/bid_within_ms", "too long"));
        }
        let awards = u32::try_from(bidders.len()).unwrap_or(u32::MAX).clamp(1, baton_negotiation::contract::MAXIMUM_AWARDS);
        let chance = self.parts.sources.chance.next();
        Ok(Call {
            id: *id.as_uuid(),
            required,
            wanted: asked.wanted.clone(),
            maximum_cost: asked.maximum_cost,
            finish_within_ms: asked.finish_within_ms,
            weights: Weights {
                cost: asked.weights.cost,
                speed: asked.weights.speed,
                capability: asked.weights.capability,
                confidence: asked.weights.confidence,
            },
            bidders,
            bid_by: self.now().plus(Duration::from_millis(bid_within)),
            accept_within_ms: asked.accept_within_ms.unwrap_or(DEFAULT_ACCEPT_MS),
            report_within_ms: asked.report_within_ms.unwrap_or(DEFAULT_REPORT_MS),
            maximum_awards: asked.maximum_awards.unwrap_or(awards),
            seed: (chance * 9_007_199_254_740_992.0) as u64,
        })
    }

    /// Drives a contract at once; what cannot be done now the driver does later.
    async fn drive_now(&self, head: &JournalHead) {
        if let Err(problem) = self.drive_contract(head).await {
            tracing::debug!(contract = %head.id, %problem, "a contract goes on later");
        }
    }

    async fn tell_contract(&self, caller: &Caller, id: ContractId, message: Message) -> Answer<ContractView> {
        for _ in 0..TRIES {
            let mut stored = self.stored_contract(caller.project, id).await?;
            let step = stored.contract.take(message.clone(), self.now());
            if !step.events.is_empty() && !self.write_contract(&mut stored, &caller.principal, step.events, BTreeMap::new()).await? {
                continue;
            }
            self.drive_now(&stored.head).await;
            step.answer?;
            return Ok(view(&self.stored_contract(caller.project, id).await?));
        }
        Err(contended())
    }
}

#[async_trait]
impl ContractService for Sharing {
    async fn call(&self, caller: &Caller, contract: NewContract, idempotency_key: Option<String>) -> Answer<ContractView> {
        caller.require(Permission::Work)?;
        let key = key_of(caller, idempotency_key)?;
        let id = ContractId::new(self.parts.sources.ids.next());
        let call = self.call_of(caller, id, &contract).await?;
        let opened = Contract::open(call.clone()).map_err(|mut problem| {
            problem.errors.iter_mut().for_each(|error| error.field = format!("/{}", error.field));
            problem
        })?;
        let now = self.now();
        let name = contract.work.title.clone().unwrap_or_else(|| contract.work.skill.clone());
        let opening = write("call of a contract", &Opening { asked: contract.clone(), call })?;
        let head = JournalHead {
            id: JournalId::new(*id.as_uuid()),
            kind: JournalKind::Contract,
            project: caller.project,
            name,
            key,
            parent: None,
            state: state_of(&opened).as_str().to_owned(),
            live: true,
            // At once: agents' bids are to be computed.
            wake_at: Some(now),
            version: 1,
            facts: 0,
            summary: serde_json::Value::Null,
            created_at: now,
            updated_at: now,
            created_by: caller.principal.clone(),
        };
        let mut stored =
            Stored { head, as_of: Default::default(), asked: contract, contract: opened, events: Vec::new(), work: BTreeMap::new() };
        let shown = view(&stored);
        stored.head.summary = write("contract", &shown)?;
        let events = vec![event(("contract.opened", format!("contract:{id}")), now, caller.project, &caller.principal, &shown)?];
        let new = NewJournal { head: stored.head.clone(), opening, rows: Vec::new(), events };
        let head = match self.parts.journals.open_journal(new).await? {
            JournalOpened::Stored => stored.head,
            JournalOpened::Exists(head) => {
                let before = self.stored_contract(caller.project, ContractId::new(*head.id.as_uuid())).await?;
                if before.asked != stored.asked {
                    return Err(Problem::new(Code::IdempotencyConflict, "This key was used for another call. Use a new one."));
                }
                *head
            }
        };
        self.ring();
        self.drive_now(&head).await;
        Ok(view(&self.stored_contract(caller.project, ContractId::new(*head.id.as_uuid())).await?))
    }

    async fn contracts(&self, caller: &Caller, filter: ContractFilter) -> Answer<Page<ContractView>> {
        caller.require(Permission::Read)?;
        let wanted = Wanted { kind: JournalKind::Contract, live: filter.live, parent: None, cursor: filter.cursor, limit: filter.limit };
        let (page, next_cursor) = self.page(caller.project, wanted).await?;
        let items: Answer<Vec<ContractView>> = page.items.into_iter().map(|head| read("contract", head.summary)).collect();
        Ok(Page { items: items?, next_cursor, as_of: page.as_of })
    }

    async fn contract(&self, caller: &Caller, id: ContractId) -> Answer<ContractDetail> {
        caller.require(Permission::Read)?;
        Ok(detail(self.stored_contract(caller.project, id).await?))
    }

    async fn tell(&self, caller: &Caller, id: ContractId, message: ContractMessage) -> Answer<ContractView> {
        caller.require(Permission::Work)?;
        let message = message_of(caller.principal.tag(), message)?;
        self.tell_contract(caller, id, message).await
    }

    async fn cancel(&self, caller: &Caller, id: ContractId) -> Answer<ContractView> {
        caller.require(Permission::Work)?;
        self.tell_contract(caller, id, Message::Cancel { by: caller.principal.label().to_owned() }).await
    }

    async fn open_bargain(&self, caller: &Caller, bargain: NewBargain, idempotency_key: Option<String>) -> Answer<BargainView> {
        caller.require(Permission::Work)?;
        self.begin_bargain(caller, bargain, idempotency_key).await
    }

    async fn bargains(&self, caller: &Caller, filter: ContractFilter) -> Answer<Page<BargainView>> {
        caller.require(Permission::Read)?;
        let wanted = Wanted { kind: JournalKind::Bargain, live: filter.live, parent: None, cursor: filter.cursor, limit: filter.limit };
        let (page, next_cursor) = self.page(caller.project, wanted).await?;
        let items: Answer<Vec<BargainView>> = page.items.into_iter().map(|head| read("bargaining", head.summary)).collect();
        Ok(Page { items: items?, next_cursor, as_of: page.as_of })
    }

    async fn bargain(&self, caller: &Caller, id: BargainId) -> Answer<BargainDetail> {
        caller.require(Permission::Read)?;
        self.bargain_detail(caller, id).await
    }

    async fn say(&self, caller: &Caller, id: BargainId, what: BargainMove) -> Answer<BargainView> {
        caller.require(Permission::Work)?;
        self.make_move(caller, id, what).await
    }
}
