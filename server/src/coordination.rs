//! How are workflows, plans, decisions, claims and notifications wired, and how do they hear what happens?

mod planning_models;
mod recounts;
mod replanning;
mod votes;

use std::sync::Arc;
use std::time::Duration;

use baton_bus::EventStream;
use baton_councils::{CouncilParts, Councils};
use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_domain::ports::{Rehearsals, Sources};
use baton_domain::services::{AgentService, ArtifactService, EventService, LiveItem, MetricsService, ModelService, TaskService};
use baton_domain::user::Caller;
use baton_observability::{NotificationDesk, NotificationParts, Projector};
use baton_planner::{PlanParts, Plans};
use baton_runs::{HeldDecisions, Parts as RunParts, ReplayParts, Replays, Runs, Workflows};
use baton_sharing::{Policy, Sharing, SharingOptions, SharingParts, TokioPause};
use baton_storage::Store;
use futures::StreamExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use planning_models::PlanningModels;
pub(crate) use recounts::Recounts;
use replanning::{Ends, replanning};
use votes::ConflictVotes;

/// What the parts hear of: the ends of tasks, and each other.
const HEARD: &str = "task.completed,task.failed,task.canceled,task.rejected,task.timed_out,agent,run,approval,decision,conflict,contract,bargain,claim,plan";
/// How soon a log that could not be followed is followed again, from where it was left.
const AGAIN: Duration = Duration::from_secs(1);

/// What coordination stands on.
pub(crate) struct Ground {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tasks: Arc<dyn TaskService>,
    pub(crate) agents: Arc<dyn AgentService>,
    pub(crate) artifacts: Arc<dyn ArtifactService>,
    pub(crate) metrics: Arc<dyn MetricsService>,
    pub(crate) models: Arc<dyn ModelService>,
    pub(crate) events: Arc<EventStream>,
    pub(crate) rehearsals: Arc<dyn Rehearsals>,
    pub(crate) sources: Sources,
    /// How deadlocks of claims are broken.
    pub(crate) deadlocks: Policy,
}

/// What recordings and replays stand on.
pub(crate) fn replays(store: &Arc<dyn Store>, rehearsals: Arc<dyn Rehearsals>, sources: &Sources) -> Replays {
    Replays::new(ReplayParts {
        journals: Arc::clone(store) as _,
        workflows: Arc::clone(store) as _,
        tasks: Arc::clone(store) as _,
        models: Arc::clone(store) as _,
        artifacts: Arc::clone(store) as _,
        rehearsals,
        clock: Arc::clone(&sources.clock),
    })
}

/// Decisions on a store. Nothing of them goes on by this alone.
pub(crate) fn councils(
    store: &Arc<dyn Store>,
    agents: &Arc<dyn AgentService>,
    tasks: &Arc<dyn TaskService>,
    sources: &Sources,
) -> Arc<Councils> {
    Councils::new(CouncilParts {
        journals: Arc::clone(store) as _,
        spending: Arc::clone(store) as _,
        models: Arc::clone(store) as _,
        users: Arc::clone(store) as _,
        events: Arc::clone(store) as _,
        agents: Arc::clone(agents),
        tasks: Arc::clone(tasks),
        sources: sources.clone(),
    })
}

/// What claims and versions stand on.
pub(crate) struct Commons<'a> {
    pub(crate) store: &'a Arc<dyn Store>,
    pub(crate) tasks: &'a Arc<dyn TaskService>,
    pub(crate) agents: &'a Arc<dyn AgentService>,
    pub(crate) artifacts: &'a Arc<dyn ArtifactService>,
    pub(crate) metrics: &'a Arc<dyn MetricsService>,
    pub(crate) councils: &'a Arc<Councils>,
    pub(crate) sources: &'a Sources,
    pub(crate) deadlocks: Policy,
}

impl Commons<'_> {
    /// Claims, versions, contracts and bargainings on it. Nothing of them goes on by this alone.
    pub(crate) fn sharing(&self) -> Sharing {
        let (store, councils) = (self.store, self.councils);
        let parts = SharingParts {
            journals: Arc::clone(store) as _,
            sources: self.sources.clone(),
            pause: Arc::new(TokioPause),
            tasks: Arc::clone(self.tasks),
            artifacts: Arc::clone(self.artifacts),
            agents: Arc::clone(self.agents),
            metrics: Arc::clone(self.metrics),
            records: Some(Arc::clone(councils) as _),
            votes: Some(Arc::new(ConflictVotes::new(Arc::clone(councils) as _, Arc::clone(store) as _))),
        };
        Sharing::new(parts, SharingOptions { policy: self.deadlocks, ..SharingOptions::default() })
    }
}

/// The services, and what runs for them.
pub(crate) struct Coordination {
    pub(crate) workflows: Arc<Workflows>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) replays: Arc<Replays>,
    pub(crate) plans: Arc<Plans>,
    pub(crate) councils: Arc<Councils>,
    pub(crate) sharing: Arc<Sharing>,
    pub(crate) desk: Arc<NotificationDesk>,
    running: JoinSet<()>,
}

impl Coordination {
    /// Puts them together and starts them; `stop` ends what runs. Every server runs all of it: versions in storage keep two from doing the same.
    pub(crate) fn start(ground: &Ground, stop: &CancellationToken) -> Self {
        let Ground { store, tasks, agents, artifacts, metrics, models, events, rehearsals, sources, deadlocks } = ground;
        let councils = councils(store, agents, tasks, sources);
        let parts = RunParts {
            journals: Arc::clone(store) as _,
            workflows: Arc::clone(store) as _,
            identities: Arc::clone(store) as _,
            tasks: Arc::clone(tasks),
            agents: Arc::clone(agents),
            decisions: Some(Arc::new(HeldDecisions::new(Arc::clone(&councils) as _))),
            sources: sources.clone(),
        };
        let workflows = Arc::new(Workflows::new(parts.clone()));
        let runs = Runs::new(parts);
        let replays = Arc::new(replays(store, Arc::clone(rehearsals), sources));
        let plans = Arc::new(Plans::new(PlanParts {
            journals: Arc::clone(store) as _,
            agents: Arc::clone(agents),
            artifacts: Arc::clone(artifacts),
            workflows: Arc::clone(&workflows) as _,
            runs: Arc::clone(&runs) as _,
            models: Arc::new(PlanningModels::new(Arc::clone(models), Arc::clone(tasks))),
            sources: sources.clone(),
        }));
        let commons = Commons { store, tasks, agents, artifacts, metrics, councils: &councils, sources, deadlocks: *deadlocks };
        let sharing = Arc::new(commons.sharing());
        let projector = Arc::new(Projector::new(NotificationParts {
            notifications: Arc::clone(store) as _,
            events: Arc::clone(store) as _,
            users: Arc::clone(store) as _,
            sources: sources.clone(),
        }));
        let desk = Arc::new(NotificationDesk::new(Arc::clone(store) as _, Arc::clone(&sources.clock)));
        let mut running = JoinSet::new();
        running.spawn(Arc::clone(&councils).run(stop.clone()));
        running.spawn(Arc::clone(&runs).run(stop.clone()));
        running.spawn(Arc::clone(&sharing).run(stop.clone()));
        running.spawn(Arc::clone(&projector).run(stop.clone()));
        let (ends, looking) = replanning(Arc::clone(&plans), Arc::clone(&sources.clock), stop.clone());
        running.spawn(looking);
        let ear = Ear { runs: Arc::clone(&runs), councils: Arc::clone(&councils), sharing: Arc::clone(&sharing), projector, ends };
        running.spawn(ear.listen(Arc::clone(events), stop.clone()));
        Self { workflows, runs, replays, plans, councils, sharing, desk, running }
    }

    /// Waits until what runs has ended; call it after the token was cancelled.
    pub(crate) async fn ended(&mut self) {
        while self.running.join_next().await.is_some() {}
    }
}

/// Tells the parts of what is committed, here or on another server.
struct Ear {
    runs: Arc<Runs>,
    councils: Arc<Councils>,
    sharing: Arc<Sharing>,
    projector: Arc<Projector>,
    ends: Ends,
}

impl Ear {
    async fn listen(self, events: Arc<EventStream>, stop: CancellationToken) {
        // All kinds are well formed and fewer than a filter may have.
        let filter = TopicFilter::parse(HEARD).unwrap_or_default();
        stop.run_until_cancelled(async {
            let mut place = None;
            loop {
                self.follow(&events, &filter, &mut place).await;
                tokio::time::sleep(AGAIN).await;
            }
        })
        .await;
    }

    /// Follows the log from where it was left, at first from where it ends now, until that fails.
    async fn follow(&self, events: &EventStream, filter: &TopicFilter, place: &mut Option<EventSeq>) {
        let caller = Caller::system();
        let since = match *place {
            Some(place) => place,
            None => {
                let head = events.head(&caller).await;
                let Ok(head) = head.inspect_err(|problem| tracing::warn!(%problem, "the log cannot be followed")) else { return };
                *place = Some(head);
                // The parts may have read what is stored before the last of these events.
                self.missed();
                head
            }
        };
        let stream = events.follow(&caller, since, filter.clone()).await;
        let Ok(mut stream) = stream.inspect_err(|problem| tracing::warn!(%problem, "the log cannot be followed")) else { return };
        while let Some(item) = stream.next().await {
            match item {
                Ok(LiveItem::Events(events)) => {
                    for event in &events {
                        self.runs.heard(event);
                        self.councils.heard(event);
                        self.sharing.heard(event);
                        self.projector.heard(event);
                        self.ends.heard(event);
                    }
                    *place = events.last().map(|event| event.seq).or(*place);
                }
                Ok(LiveItem::HighWater(high)) => *place = Some(high),
                Ok(LiveItem::Resync(head)) => {
                    *place = Some(head);
                    self.missed();
                }
                Ok(LiveItem::Transient(_)) => {}
                Err(problem) => {
                    tracing::warn!(%problem, "the log is followed again later");
                    return;
                }
            }
        }
    }

    /// Events were lost: what they would have told is looked up.
    fn missed(&self) {
        self.runs.missed();
        self.councils.missed();
        self.sharing.missed();
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::wire::notification::TELLING;

    use super::HEARD;

    #[test]
    fn whatever_brings_notifications_is_heard_of() {
        let is_heard =
            |kind: &&str| HEARD.split(',').any(|part| kind.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
        let missed: Vec<&str> = TELLING.into_iter().filter(|kind| !is_heard(kind)).collect();
        assert!(missed.is_empty(), "{missed:?} would be told seconds later");
    }
}
