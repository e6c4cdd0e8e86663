//! How are a run's commands carried out? Each is known by its key, so that carrying it out again does nothing more.

use baton_domain::id::{DecisionId, RunId, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_domain::task::MAXIMUM_TITLE_BYTES;
use baton_domain::wire::task::{NewBatch, NewTask};
use baton_storage::fault_points::{FaultPoint, reach};
use baton_workflow::run::{Key, Outcome, Usage};
use baton_workflow::{Command, Fact};
use futures::StreamExt;
use uuid::Uuid;

use crate::asked::Asked;
use crate::decisions::DecisionOrder;
use crate::ends::failed;
use crate::live::{Live, Todo};
use crate::record::RUN;
use crate::runs::Runs;
use crate::slots::Mail;
use crate::turn::UNSAVED;
use crate::work::{Work, WorkKind};

/// How many tasks are cancelled at the same time.
const CANCELS: usize = 32;
/// How many tasks are submitted at the same time that are submitted each by itself.
const SUBMITS: usize = 32;

/// What each piece of work was begun as, or why it was not.
type Begun = Vec<Result<Uuid, Problem>>;

impl Runs {
    /// Carries out what is to be done; what cannot be now stays. Gives whether something does.
    pub(crate) async fn carry_out(&self, live: &mut Live) -> bool {
        let mut left = Vec::new();
        let mut cancels = Vec::new();
        let any = !live.todo.is_empty();
        for todo in std::mem::take(&mut live.todo) {
            let done = match &todo {
                Todo::Begin(name, commands, again) => self.begin_work(live, name, commands, *again).await,
                Todo::Close(closing) => self.close(live.project, closing).await.map(drop),
                Todo::Command(Command::Cancel { key }) => {
                    cancels.push(key.clone());
                    Ok(())
                }
                Todo::Command(command) => self.command(live, command).await,
            };
            if let Err(problem) = done {
                tracing::warn!(run = %live.id, %problem, "a command of a run is carried out later");
                left.push(match todo {
                    Todo::Begin(name, commands, _) => Todo::Begin(name, commands, true),
                    other => other,
                });
            }
        }
        left.extend(self.cancel_all(live, cancels).await);
        if any && left.is_empty() {
            reach(FaultPoint::AfterCommands);
        }
        live.todo.extend(left);
        !live.todo.is_empty()
    }

    async fn command(&self, live: &mut Live, command: &Command) -> Result<(), Problem> {
        match command {
            Command::AskApproval { key, hash, subject, message, who, expires_at } => {
                let asked = Asked {
                    key: key.clone(),
                    hash: hash.clone(),
                    subject: subject.clone(),
                    message: message.clone(),
                    who: who.clone(),
                    expires_at: *expires_at,
                };
                self.ask(live, asked).await
            }
            // Whatever the run did to the step, its row says what became of the approval.
            Command::WithdrawApproval { key } => {
                let row = key.step.as_deref().and_then(|step| live.run.step(step));
                let now = self.parts.sources.clock.now();
                match row {
                    Some(row) => {
                        let closing = crate::asked::Closing::of(key.clone(), row, now, &baton_domain::user::Principal::System);
                        self.close(live.project, &closing).await.map(drop)
                    }
                    None => Ok(()),
                }
            }
            Command::PauseRun { key } => self.to_child(live, key, Mail::Pause),
            Command::ResumeRun { key } => self.to_child(live, key, Mail::Resume),
            Command::FinishRun { .. } => {
                if let Some(parent) = &live.opening.parent {
                    self.send(parent.run, Mail::Run(live.id));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn to_child(&self, live: &Live, key: &Key, mail: Mail) -> Result<(), Problem> {
        match live.under_way.get(key) {
            Some(under_way) => match under_way.id {
                Some(id) => {
                    self.send(RunId::new(id), mail);
                    Ok(())
                }
                None => Err(Problem::new(Code::StorageUnavailable, "It has not begun yet.")),
            },
            // It has ended.
            None => Ok(()),
        }
    }

    /// Begins work, unless it has begun.
    async fn begin_work(&self, live: &mut Live, name: &str, commands: &[Command], again: bool) -> Result<(), Problem> {
        let Some(work) = live.works.get(name).filter(|work| work.ids.is_none()).cloned() else {
            return Ok(());
        };
        let begun = match work.kind {
            WorkKind::Task => match self.submit(live, name, &work, commands).await? {
                Some(begun) => begun,
                None => {
                    self.take_apart(live, name, commands, again);
                    return Ok(());
                }
            },
            WorkKind::Run => self.start_children(live, &work, commands).await?,
            WorkKind::Decision => self.open_decisions(live, &work, commands).await?,
        };
        let ids: Vec<Option<Uuid>> = begun.iter().map(|begun| begun.as_ref().ok().copied()).collect();
        for ((index, begun), place) in work.items.iter().zip(begun).zip(0..) {
            let key = work.key(live.id, *index);
            match begun {
                Ok(id) => {
                    live.by_id.insert(id, key.clone());
                    if work.kind == WorkKind::Decision {
                        // It may have ended before it was known whose it is.
                        live.mail.push(Mail::Decision(DecisionId::new(id)));
                    }
                    if let Some(under_way) = live.under_way.get_mut(&key) {
                        under_way.id = Some(id);
                    }
                }
                Err(problem) => live.facts.push(refused(&key, &problem, &format!("/tasks/{place}"))),
            }
        }
        if let Some(work) = live.works.get_mut(name) {
            work.ids = Some(ids);
            live.unsaved.insert(name.to_owned());
            let now = self.parts.sources.clock.now();
            live.unsaved_since.get_or_insert(now);
            if again {
                // It may have ended before it was known here.
                live.mail.push(Mail::Look);
            }
        }
        Ok(())
    }

    /// Submits tasks: all at once, or, once they were refused so, each by itself. Gives nothing if they were refused just now: that is stored before
    /// any of them is submitted in another way, or it might be submitted in both.
    async fn submit(&self, live: &Live, name: &str, work: &Work, commands: &[Command]) -> Result<Option<Begun>, Problem> {
        let caller = live.caller();
        let tasks: Vec<NewTask> = commands.iter().filter_map(|command| new_task(live, work, command)).collect();
        let count = tasks.len();
        let key = format!("run/{}/{name}", live.id);
        if work.apart || count == 1 {
            let asked = tasks.into_iter().enumerate().map(|(place, task)| {
                let key = if work.apart { format!("{key}/{place}") } else { key.clone() };
                let caller = &caller;
                async move { self.parts.tasks.submit(caller, task, Some(key)).await.map(|task| *task.id.as_uuid()) }
            });
            let answers: Begun = futures::stream::iter(asked).buffered(SUBMITS).collect().await;
            let passing = answers.iter().find_map(|answer| answer.as_ref().err().filter(|problem| problem.passes()));
            return match passing {
                Some(problem) => Err(problem.clone()),
                None => Ok(Some(answers)),
            };
        }
        match self.parts.tasks.submit_batch(&caller, NewBatch { tasks }, Some(key)).await {
            Ok(accepted) => {
                let lost = || Err(Problem::new(Code::Internal, "The task was neither taken nor refused."));
                let mut answers: Begun = accepted.ids.iter().map(|id| Ok(*id.as_uuid())).collect();
                answers.resize_with(count, lost);
                Ok(Some(answers))
            }
            Err(problem) if problem.passes() => Err(problem),
            Err(problem) if problem.is(Code::IdempotencyConflict) => Ok(Some(vec![Err(problem); count])),
            Err(_) => Ok(None),
        }
    }

    /// Has work that was refused as a whole begun piece by piece, once that is stored.
    fn take_apart(&self, live: &mut Live, name: &str, commands: &[Command], again: bool) {
        if let Some(work) = live.works.get_mut(name) {
            work.apart = true;
            live.unsaved.insert(name.to_owned());
            live.unsaved_since = Some(self.parts.sources.clock.now().minus(UNSAVED));
            live.soon = true;
            live.todo.push(Todo::Begin(name.to_owned(), commands.to_vec(), again));
        }
    }

    async fn open_decisions(&self, live: &Live, work: &Work, commands: &[Command]) -> Result<Vec<Result<Uuid, Problem>>, Problem> {
        let mut opened = Vec::with_capacity(commands.len());
        for command in commands {
            let Command::OpenDecision { key, skill, input, question, options, terms, deadline } = command else {
                continue;
            };
            let order = DecisionOrder {
                key: key.to_string(),
                run: live.id,
                step: key.step.clone().unwrap_or_default(),
                skill: skill.clone(),
                input: input.clone(),
                question: question.clone(),
                options: options.clone(),
                voters: terms.voters.clone(),
                rule: terms.rule.clone(),
                quorum: terms.quorum,
                deadline: *deadline,
                more: terms.more.clone(),
                budget: work.budget,
                tasks: work.tasks,
            };
            let answer = match &self.parts.decisions {
                Some(decisions) => decisions.open(&live.caller(), order).await,
                None => Err(absent()),
            };
            match answer {
                Ok(id) => {
                    self.decisions.lock().insert(id, live.id);
                    opened.push(Ok(*id.as_uuid()));
                }
                Err(problem) if problem.passes() => return Err(problem),
                Err(problem) => opened.push(Err(problem)),
            }
        }
        Ok(opened)
    }

    /// Cancels what has begun; gives what has to be done again. What was never begun has ended.
    async fn cancel_all(&self, live: &mut Live, keys: Vec<Key>) -> Vec<Todo> {
        let (mut left, mut tasks) = (Vec::new(), Vec::new());
        for key in keys {
            let Some(under_way) = live.under_way.get(&key) else {
                live.facts.push(Fact::Ended { key, outcome: Outcome::Canceled, usage: Usage::default() });
                continue;
            };
            let kind = live.works.get(&under_way.work).map(|work| work.kind);
            match (under_way.id, kind) {
                (Some(id), Some(WorkKind::Task)) => tasks.push((key, TaskId::new(id))),
                (Some(id), Some(WorkKind::Run)) => self.send(RunId::new(id), Mail::Cancel),
                (Some(id), Some(WorkKind::Decision)) => {
                    let id = DecisionId::new(id);
                    if let Some(decisions) = &self.parts.decisions
                        && let Err(problem) = decisions.cancel(&live.caller(), id).await
                        && problem.passes()
                    {
                        left.push(Todo::Command(Command::Cancel { key }));
                        continue;
                    }
                    live.mail.push(Mail::Decision(id));
                }
                _ => left.push(Todo::Command(Command::Cancel { key })),
            }
        }
        let caller = live.caller();
        let asked = tasks.into_iter().map(|(key, id)| {
            let caller = &caller;
            async move { (key, id, self.parts.tasks.cancel(caller, id).await) }
        });
        let answers: Vec<_> = futures::stream::iter(asked).buffered(CANCELS).collect().await;
        for (key, id, answer) in answers {
            match answer {
                Err(problem) if problem.passes() => left.push(Todo::Command(Command::Cancel { key })),
                // One that ends later tells so itself.
                Ok(task) if !task.state.is_terminal() => {}
                Ok(_) | Err(_) => live.mail.push(Mail::Task(id)),
            }
        }
        left
    }
}

/// That decisions cannot be held.
pub(crate) fn absent() -> Problem {
    Problem::new(Code::DecisionsAbsent, "This server holds no decisions; begin the run on one that does, or take the step out.")
}

/// That something was refused, with what is wrong of it.
fn refused(key: &Key, problem: &Problem, place: &str) -> Fact {
    let wrong = |error: &baton_domain::problem::FieldError| {
        let field = error.field.strip_prefix(place).or_else(|| error.field.strip_prefix("/tasks/0")).unwrap_or(&error.field);
        format!("{field}: {}", error.message)
    };
    let mut message = problem.detail.clone();
    for error in problem.errors.iter().take(5) {
        message.push(' ');
        message.push_str(&wrong(error));
        message.push('.');
    }
    failed(key, &problem.code, message)
}

fn new_task(live: &Live, work: &Work, command: &Command) -> Option<NewTask> {
    let Command::StartTask { key, skill, input, .. } = command else {
        return None;
    };
    let mut title = format!("{} · {}", live.opening.beginning.workflow, work.step);
    if let Some(index) = key.index {
        title.push_str(&format!("[{index}]"));
    }
    while title.len() > MAXIMUM_TITLE_BYTES {
        title.pop();
    }
    Some(NewTask {
        title: Some(title),
        retry: work.retry.clone(),
        budget: work.budget,
        fairness_key: Some(format!("{RUN}:{}", live.id)),
        run_id: Some(live.id),
        ..NewTask::new(skill.clone(), input.clone())
    })
}
