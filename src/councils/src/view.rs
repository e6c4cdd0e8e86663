//! How is a decision shown? While voters vote, who was asked and who answered, and not what they said.

use std::collections::BTreeMap;

use baton_decisions::protocol::{Action, Conclusion, Outcome, Proceedings, Request, Spent, Stage, Status};
use baton_decisions::roster::{Seat, Voter, VoterId, Who};
use baton_domain::id::{DecisionId, EventSeq, UserId};
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::decision::{
    BallotEntry, BallotView, ChoiceView, CountView, DecisionDetail, DecisionRequestView, DecisionStep, DecisionSummary, DecisionVerdict,
    DissentView, DraftView, JudgeWordView, LaterVerdictView, ScoreScale, SpentView, VoterView, YourPart,
};
use baton_storage::JournalHead;
use serde::Serialize;
use serde_json::Value;

use crate::cast::Cast;
use crate::council::{Beginning, Council, state_of};

/// How much of a question lists show, in letters.
pub(crate) const SHOWN_QUESTION: usize = 200;
/// The longest answer that lists and events carry, in bytes.
const SHOWN_ANSWER_BYTES: usize = 8 * 1024;

/// The word that stands for a value on the wire.
pub(crate) fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(crate) fn spent(spent: Spent) -> SpentView {
    SpentView { tokens: spent.tokens, cost: spent.cost() }
}

/// As much of a question as lists show.
pub(crate) fn shown_question(question: &str) -> String {
    let words = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = words.chars().take(SHOWN_QUESTION).collect();
    if shown.len() < words.len() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Whether what was said is shown: when nobody votes any more.
pub(crate) const fn is_disclosed(proceedings: &Proceedings) -> bool {
    matches!(proceedings.stage, Stage::AskingPerson | Stage::Ended)
}

/// People whose word is awaited, and whether it may be anybody's.
fn awaited(proceedings: &Proceedings) -> (Vec<UserId>, bool) {
    let roster = proceedings.roster();
    let mut people = Vec::new();
    let mut anyone = false;
    for request in proceedings.requests.iter().filter(|(_, asked)| asked.status == Status::Pending).map(|(request, _)| request) {
        if *request == Request::Person {
            people.extend(roster.people.iter().copied());
            anyone = roster.people.is_empty();
        } else if let Some(Who::Person { user_id }) = request.voter().and_then(|voter| roster.voters.get(voter)).map(|voter| &voter.who) {
            people.push(*user_id);
        }
    }
    people.sort_unstable();
    people.dedup();
    (people, anyone)
}

/// What lists show.
pub(crate) fn summary(
    head: &JournalHead,
    beginning: &Beginning,
    proceedings: &Proceedings,
    later: Option<LaterVerdictView>,
) -> DecisionSummary {
    let (people, anyone) = awaited(proceedings);
    let asked = proceedings.story.last().map_or(0, |step| step.asked);
    let pending = proceedings.requests.values().filter(|asked| asked.status == Status::Pending).count();
    DecisionSummary {
        id: DecisionId::new(*head.id.as_uuid()),
        project_id: head.project,
        question: shown_question(&beginning.request.question),
        state: state_of(proceedings),
        stage: word(&proceedings.stage),
        round: proceedings.round,
        rule: proceedings.decision().rule.as_str().to_owned(),
        voters: count(proceedings.roster().voters.len()),
        answered: count(asked.saturating_sub(pending)),
        asked: count(asked),
        people,
        anyone,
        verdict: proceedings.conclusion.as_ref().map(|conclusion| verdict(conclusion, proceedings, true)),
        later,
        spent: spent(proceedings.spent),
        key: head.key.as_deref().map(|key| key.split_once('/').map_or(key, |(_, key)| key).to_owned()),
        task_id: beginning.task_id,
        created_by: head.created_by.label().to_owned(),
        requested_by: match &head.created_by {
            Principal::User { id, .. } => Some(*id),
            _ => None,
        },
        opened_at: beginning.at,
        deadline: proceedings.deadline,
        ended_at: proceedings.conclusion.as_ref().map(|conclusion| conclusion.at),
    }
}

fn verdict(conclusion: &Conclusion, proceedings: &Proceedings, in_list: bool) -> DecisionVerdict {
    let long = |answer: &&Value| in_list && answer.to_string().len() > SHOWN_ANSWER_BYTES;
    let left_out = conclusion.answer.as_ref().is_some_and(|answer| long(&answer));
    DecisionVerdict {
        outcome: state_of(proceedings),
        by: conclusion.by.as_ref().map(word),
        why: word(&conclusion.why),
        missed: conclusion.missed.as_ref().map(word),
        key: conclusion.key.clone(),
        answer: conclusion.answer.clone().filter(|_| !left_out),
        answer_left_out: left_out,
        margin: conclusion.margin,
        dissenters: count(conclusion.dissent.len()),
        person: conclusion.person,
        comment: conclusion.comment.clone(),
        rounds: conclusion.rounds,
        at: conclusion.at,
    }
}

/// What people read of somebody who votes.
pub(crate) fn name_of(cast: &Cast, voter: &Voter) -> String {
    let name = match voter.who {
        Who::Agent { agent_id, .. } => cast.agents.get(&agent_id).map(|agent| &agent.name),
        Who::Person { user_id } => cast.people.get(&user_id),
    };
    name.cloned().unwrap_or_else(|| voter.id.to_string())
}

fn voter(council: &Council, voter: &Voter) -> VoterView {
    let cast = &council.beginning.cast;
    let mut view = VoterView {
        voter: voter.id.to_string(),
        name: name_of(cast, voter),
        agent_id: None,
        sample: None,
        user_id: None,
        family: voter.family.clone(),
        weight: voter.weight as f64 / 1_000_000.0,
        gone: council.proceedings.gone.contains(&voter.id),
    };
    match voter.who {
        Who::Agent { agent_id, sample } => {
            (view.agent_id, view.sample) = (Some(agent_id), Some(sample));
        }
        Who::Person { user_id } => view.user_id = Some(user_id),
    }
    view
}

fn seat(council: &Council, seat: &Seat) -> VoterView {
    let name = council.beginning.cast.agents.get(&seat.agent_id).map(|agent| agent.name.clone());
    VoterView {
        voter: VoterId::agent(seat.agent_id, 1).to_string(),
        name: name.unwrap_or_else(|| seat.agent_id.to_string()),
        agent_id: Some(seat.agent_id),
        sample: None,
        user_id: None,
        family: seat.family.clone(),
        weight: 0.0,
        gone: false,
    }
}

fn request(council: &Council, request: &Request) -> Option<DecisionRequestView> {
    let asked = council.proceedings.requests.get(request)?;
    let (status, code) = match &asked.status {
        Status::Pending => ("pending", None),
        Status::Answered => ("answered", None),
        Status::Failed { code } => ("failed", Some(code.clone())),
        Status::Gone => ("gone", None),
        Status::Withdrawn => ("withdrawn", None),
    };
    let name = request.to_string();
    Some(DecisionRequestView {
        kind: name.split('/').next().unwrap_or_default().to_owned(),
        voter: request.voter().map(VoterId::to_string),
        request: name,
        at: asked.at,
        status: status.to_owned(),
        code,
        back_at: asked.back_at,
        spent: spent(asked.spent),
        task_id: council.asks.get(request).map(|ask| ask.task_id),
    })
}

/// A decision with everything that the caller may see of it.
pub(crate) fn detail(council: &Council, caller: &Caller, as_of: EventSeq) -> DecisionDetail {
    let proceedings = &council.proceedings;
    let disclosed = is_disclosed(proceedings);
    let choices = proceedings.choices.iter().map(|choice| ChoiceView {
        key: choice.key.clone(),
        answer: choice.answer.clone(),
        description: choice.description.clone(),
        authors: choice.authors.iter().filter(|_| disclosed).map(VoterId::to_string).collect(),
    });
    // Groups are made anew with each draft that comes: they are shown when they are voted on.
    let with_choices = disclosed || !proceedings.decision().is_free() || proceedings.stage != Stage::Drafting;
    let mut summary = council.summary();
    if let Some(conclusion) = &proceedings.conclusion {
        summary.verdict = Some(verdict(conclusion, proceedings, false));
    }
    DecisionDetail {
        summary,
        request: council.beginning.request.clone(),
        voters: proceedings.roster().voters.values().map(|one| voter(council, one)).collect(),
        quorum: count(proceedings.roster().quorum),
        judge: proceedings.roster().judge.as_ref().map(|one| seat(council, one)),
        synthesizer: proceedings.roster().synthesizer.as_ref().map(|one| seat(council, one)),
        requests: proceedings.requests.keys().filter_map(|one| request(council, one)).collect(),
        choices: if with_choices { choices.collect() } else { Vec::new() },
        left_out: count(proceedings.left_out),
        disclosed,
        drafts: if disclosed { drafts(proceedings) } else { Vec::new() },
        ballots: if disclosed { ballots(proceedings) } else { Vec::new() },
        arguments: if disclosed {
            proceedings.arguments.iter().map(|(voter, argument)| (voter.to_string(), argument.clone())).collect()
        } else {
            BTreeMap::new()
        },
        counts: if disclosed { counts(proceedings) } else { Vec::new() },
        judge_words: if disclosed { judge_words(proceedings) } else { Vec::new() },
        synthesis: proceedings.synthesis.clone().filter(|_| disclosed),
        dissent: proceedings.conclusion.as_ref().map(dissent).unwrap_or_default(),
        story: proceedings
            .story
            .iter()
            .map(|step| DecisionStep { at: step.at, stage: word(&step.stage), why: word(&step.why), asked: count(step.asked) })
            .collect(),
        ignored: proceedings.ignored.iter().map(|(why, times)| (word(why), *times)).collect(),
        budget_spent: proceedings.budget_spent,
        yours: yours(council, caller),
        as_of,
    }
}

fn rounds<T>(rounds: &[T]) -> impl Iterator<Item = (u8, &T)> {
    (1..).zip(rounds)
}

fn drafts(proceedings: &Proceedings) -> Vec<DraftView> {
    let of_round = |(round, drafts): (u8, &BTreeMap<VoterId, baton_decisions::protocol::Draft>)| -> Vec<DraftView> {
        let one = |(voter, draft): (&VoterId, &baton_decisions::protocol::Draft)| DraftView {
            round,
            voter: voter.to_string(),
            answer: draft.answer.clone(),
            confidence: draft.confidence,
            rationale: draft.rationale.clone(),
        };
        drafts.iter().map(one).collect()
    };
    rounds(&proceedings.drafts).flat_map(of_round).collect()
}

fn ballots(proceedings: &Proceedings) -> Vec<BallotView> {
    let of_round = |(round, ballots): (u8, &BTreeMap<VoterId, baton_decisions::protocol::CastBallot>)| -> Vec<BallotView> {
        let one = |(voter, ballot): (&VoterId, &baton_decisions::protocol::CastBallot)| BallotView {
            round,
            voter: voter.to_string(),
            says: serde_json::to_value(&ballot.says).unwrap_or_default(),
            confidence: ballot.confidence,
            rationale: ballot.rationale.clone(),
        };
        ballots.iter().map(one).collect()
    };
    rounds(&proceedings.ballots).flat_map(of_round).collect()
}

fn counts(proceedings: &Proceedings) -> Vec<CountView> {
    let keys = proceedings.choices.iter().map(|choice| choice.key.clone());
    let keys: Vec<String> = keys.collect();
    let one = |counted: &baton_decisions::protocol::Count| CountView {
        round: counted.round,
        order: counted.order.clone(),
        points: keys.iter().cloned().zip(counted.points.iter().copied()).collect(),
        counted: count(counted.counted),
        abstained: count(counted.abstained),
        weight: counted.weight,
        margin: counted.margin,
        broken_by: counted.broken_by.iter().map(|(name, _)| name.clone()).collect(),
        result: word(&counted.result),
    };
    proceedings.counts.iter().map(one).collect()
}

fn judge_words(proceedings: &Proceedings) -> Vec<JudgeWordView> {
    let words = proceedings.judge_words.iter();
    words.map(|(order, said)| JudgeWordView { order: word(order), key: said.key.clone(), rationale: said.rationale.clone() }).collect()
}

fn dissent(conclusion: &Conclusion) -> Vec<DissentView> {
    let one = |dissent: &baton_decisions::protocol::Dissent| DissentView {
        voter: dissent.voter.to_string(),
        first: dissent.first.clone(),
        rationale: dissent.rationale.clone(),
    };
    conclusion.dissent.iter().map(one).collect()
}

/// What is asked of the caller now.
fn yours(council: &Council, caller: &Caller) -> Option<YourPart> {
    let Principal::User { id, .. } = caller.principal else { return None };
    let proceedings = &council.proceedings;
    let me = VoterId::person(id);
    let pending = |request: &Request| {
        let to_me = match request {
            Request::Person => proceedings.roster().people.is_empty() || proceedings.roster().people.contains(&id),
            other => other.voter() == Some(&me),
        };
        to_me && proceedings.requests.get(request).is_some_and(|asked| asked.status == Status::Pending)
    };
    let request = proceedings.requests.keys().find(|request| pending(request))?;
    let action = proceedings.ask(request)?;
    let until = proceedings.stage_deadline;
    let said = |arguments: Vec<baton_decisions::protocol::Argument>| arguments.into_iter().map(|argument| argument.0).collect();
    Some(match action {
        Action::AskDraft { round, arguments, .. } => YourPart::Draft { round, arguments: said(arguments), until },
        Action::AskBallot { round, reads, scale, entries, arguments, .. } => YourPart::Ballot {
            round,
            reads: word(&reads),
            scale: scale.map(|scale| ScoreScale { least: scale.least, most: scale.most }),
            entries: entries
                .into_iter()
                .map(|entry| BallotEntry { label: entry.label, answer: entry.answer, description: entry.description })
                .collect(),
            arguments: said(arguments),
            until,
        },
        Action::AskArgument { answer, .. } => YourPart::Argument { answer, until },
        Action::AskPerson { choices, .. } => {
            let open_ended = proceedings.conclusion.as_ref().is_some_and(|conclusion| conclusion.outcome == Outcome::Escalated);
            YourPart::Verdict { choices, free: proceedings.decision().is_free(), until: (!open_ended).then_some(until) }
        }
        _ => return None,
    })
}
