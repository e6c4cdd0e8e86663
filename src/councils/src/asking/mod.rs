//! What is an agent given to do for a request? A task, which is the same however often it is made: its key is the command's name.
//!
//! An agent that votes by a skill of its own runs it. Everything else is asked in words: a model is given the question and the answers as data, under labels that
//! are another voter's in another order, and the shape of its answer, in which only these labels can stand. An agent that cannot be asked in words is
//! spoken for: the model is told what it does and what it answered.

mod words;

use baton_decisions::protocol::{Action, Command, Request};
use baton_decisions::roster::{Seat, Voter, VoterId, Who};
use baton_domain::agent::own_label;
use baton_domain::id::AgentId;
use baton_domain::task::Timeouts;
use baton_domain::wire::task::NewTask;

use crate::cast::IN_WORDS;
use crate::council::{Council, Way};

pub(crate) use words::{ABSTAIN, NO_ANSWER};

/// The longest part of a question that a task's title shows, in letters.
const TITLE: usize = 80;
/// The longest label that a task may ask for, in bytes.
const MAXIMUM_LABEL_BYTES: usize = 64;

/// What follows from a command.
#[derive(Debug)]
pub(crate) enum Work {
    /// A task to submit.
    Task(Box<NewTask>, Way),
    /// People see it themselves.
    Person,
}

/// Which request a command asks.
pub(crate) fn asked(command: &Command) -> Option<Request> {
    use Action::{AskArgument, AskBallot, AskClusters, AskDraft, AskJudge, AskPerson, AskSynthesis};
    Some(match &command.action {
        AskDraft { voter, round, .. } => Request::Draft(*round, voter.clone()),
        AskClusters { round, .. } => Request::Clusters(*round),
        AskBallot { voter, round, .. } => Request::Ballot(*round, voter.clone()),
        AskArgument { voter, .. } => Request::Argument(voter.clone()),
        AskSynthesis { .. } => Request::Synthesis,
        AskJudge { order, .. } => Request::Judge(*order),
        AskPerson { .. } => Request::Person,
        Action::Withdraw { .. } | Action::SetDeadline { .. } | Action::Conclude { .. } => return None,
    })
}

/// What is to be done for a command that asks.
pub(crate) fn work(council: &Council, request: &Request, action: &Action) -> Work {
    let voter = request.voter().and_then(|voter| council.proceedings.roster().voters.get(voter));
    if matches!(request, Request::Person) || matches!(voter, Some(Voter { who: Who::Person { .. }, .. })) {
        return Work::Person;
    }
    let by_skill = council.beginning.request.task.as_ref().filter(|_| match action {
        // A skill that runs again says the same again.
        Action::AskDraft { round, .. } => *round < 2,
        Action::AskBallot { round, .. } => *round < 2 && !council.proceedings.decision().is_free(),
        _ => false,
    });
    let (mut task, way, pinned) = match by_skill {
        Some(task) => (NewTask::new(task.skill.clone(), task.input.clone()), Way::Skill, agent_of(voter)),
        None => {
            let speaker = speaker(council, voter, action);
            let input = words::input(council, request, action, voter, speaker.is_none());
            (NewTask::new(IN_WORDS, input), Way::Words, speaker)
        }
    };
    let name = pinned.and_then(|id| council.beginning.cast.agents.get(&id)).map(|agent| agent.name.as_str());
    // A longer one could not be asked for; then whoever has the skill answers.
    task.labels = name.map(own_label).filter(|label| label.len() <= MAXIMUM_LABEL_BYTES).into_iter().collect();
    task.title = Some(title(request, &council.beginning.request.question));
    // Decisions share the agents fairly, and what fails is told of the decision.
    task.fairness_key = Some(format!("decision:{}", council.head.id));
    let budget = council.proceedings.decision().budget;
    task.budget = (budget.tokens.is_some() || budget.cost.is_some()).then_some(budget);
    if let Some(asked) = council.proceedings.requests.get(request) {
        // Later its answer counts no more.
        let left = council.proceedings.stage_deadline.since(asked.at).as_millis();
        let left = u64::try_from(left).unwrap_or(u64::MAX).max(1);
        task.timeouts = Timeouts { schedule_to_close_ms: Some(left), ..Timeouts::default() };
    }
    Work::Task(Box::new(task), way)
}

fn agent_of(voter: Option<&Voter>) -> Option<AgentId> {
    match voter?.who {
        Who::Agent { agent_id, .. } => Some(agent_id),
        Who::Person { .. } => None,
    }
}

/// The agent that is asked in words; none if another one speaks for it, whichever is free.
fn speaker(council: &Council, voter: Option<&Voter>, action: &Action) -> Option<AgentId> {
    let seat = match action {
        Action::AskSynthesis { seat: Seat { agent_id, .. }, .. } | Action::AskJudge { seat: Seat { agent_id, .. }, .. } => Some(*agent_id),
        _ => agent_of(voter),
    };
    seat.filter(|id| council.beginning.cast.agents.get(id).is_some_and(|agent| agent.speaks))
}

fn title(request: &Request, question: &str) -> String {
    let what = match request {
        Request::Draft(..) => "Answer",
        Request::Clusters(_) => "Which answers are the same",
        Request::Ballot(..) => "Vote",
        Request::Argument(_) => "Argue",
        Request::Synthesis => "Write one answer",
        Request::Judge(_) => "Judge",
        Request::Person => "Decide",
    };
    let mut short: String = question.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TITLE).collect();
    // A title has a bound in bytes.
    while short.len() > 150 {
        short.pop();
    }
    format!("{what}: {short}")
}

/// The label under which a group's voter is shown when answers are to be grouped: their place, from 1.
pub(crate) fn places(answers: &[(VoterId, serde_json::Value)]) -> impl Iterator<Item = (String, &VoterId)> {
    answers.iter().enumerate().map(|(place, (voter, _))| ((place + 1).to_string(), voter))
}
