//! What do agents do that this server does not carry? Their skills, labels and instances, from what the registry says of all
//! servers and workers.
//!
//! A task is taken in for any skill that some agent of the cluster has, and for skills whose last carrier went less than a day
//! ago: a worker that is being replaced must not turn its callers away. Such a task waits, and says what it waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_domain::agent::{Skill, has_label};
use baton_domain::id::AgentId;
use baton_domain::ports::Clock;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::{AgentStanding, InstanceView};
use baton_domain::wire::task::{Rejection, TaskSummary};
use baton_storage::{Carrying, KnownAgent, StoreError};
use parking_lot::Mutex;

use super::{Shared, carriers};
use crate::agent_pool::KnownSkill;

/// How long a skill is known after its last carrier has gone.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a look answers what it does not find, and what changes with every heartbeat. Whoever asks often, or for what nobody has,
/// must not read all agents each time.
const FRESH: Duration = Duration::from_millis(500);

/// What was seen at the last look into the registry.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    seen: Mutex<Option<Arc<Seen>>>,
    /// Held while somebody looks: who comes meanwhile takes the same answer.
    turn: tokio::sync::Mutex<()>,
    /// Grows when an event tells that the registry has changed.
    changes: AtomicU64,
}

impl Elsewhere {
    /// What was seen holds no longer: agents or servers have come, gone or changed.
    pub(crate) fn forget(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// What was seen last, if that is recent enough.
    fn held(&self, age: Duration, now: Timestamp) -> Option<Arc<Seen>> {
        let changes = self.changes.load(Ordering::Acquire);
        self.seen.lock().clone().filter(|seen| seen.changes == changes && now.since(seen.at) < age)
    }

    /// The registry as it was less than `age` ago; `read` is not begun if it was looked at since then.
    async fn within(
        &self,
        age: Duration,
        clock: &dyn Clock,
        lease: Duration,
        read: impl Future<Output = Result<Vec<KnownAgent>, StoreError>>,
    ) -> Result<Arc<Seen>, StoreError> {
        if let Some(seen) = self.held(age, clock.now()) {
            return Ok(seen);
        }
        let _turn = self.turn.lock().await;
        let now = clock.now();
        if let Some(seen) = self.held(age, now) {
            return Ok(seen);
        }
        let changes = self.changes.load(Ordering::Acquire);
        let agents = read.await?;
        let mut held = self.seen.lock();
        let seen = Arc::new(Seen { changes, ..Seen::new(agents, held.as_deref(), now.minus(lease), now) });
        *held = Some(Arc::clone(&seen));
        Ok(seen)
    }
}

#[derive(Debug)]
struct Seen {
    at: Timestamp,
    /// How many changes were known of when it was looked at.
    changes: u64,
    agents: Vec<KnownAgent>,
    skills: BTreeMap<String, Arc<KnownSkill>>,
}

impl Seen {
    /// Schemas are compiled only if they are not those of the look before.
    fn new(agents: Vec<KnownAgent>, before: Option<&Self>, alive_since: Timestamp, at: Timestamp) -> Self {
        let mut skills: BTreeMap<String, Arc<KnownSkill>> = BTreeMap::new();
        // Of two agents that describe a skill differently, one that can take its tasks says what holds.
        let (alive, gone): (Vec<_>, Vec<_>) = agents.iter().partition(|agent| agent.carried.iter().any(|on| on.seen_at > alive_since));
        for skill in alive.into_iter().chain(gone).flat_map(|agent| &agent.card.skills) {
            if skills.contains_key(&skill.name) {
                continue;
            }
            let same = before.and_then(|seen| seen.skills.get(&skill.name)).filter(|known| known.skill == *skill);
            match same.map_or_else(|| KnownSkill::compile(skill.clone()).map(Arc::new), |known| Ok(Arc::clone(known))) {
                Ok(known) => drop(skills.insert(skill.name.clone(), known)),
                Err(error) => tracing::warn!(%error, "a skill of another server's agent cannot be used"),
            }
        }
        Self { at, changes: 0, agents, skills }
    }
}

async fn within(shared: &Shared, age: Duration) -> Result<Arc<Seen>, StoreError> {
    let gone_after = shared.sources.clock.now().minus(REMEMBERED);
    shared.elsewhere.within(age, &*shared.sources.clock, shared.options.lease, shared.store.known_agents(gone_after)).await
}

/// The registry as it is, or was a moment ago.
async fn look(shared: &Shared) -> Result<Arc<Seen>, StoreError> {
    within(shared, FRESH).await
}

/// The registry as it was not long ago.
async fn glance(shared: &Shared) -> Result<Arc<Seen>, StoreError> {
    within(shared, shared.options.sweep).await
}

/// A skill that some agent has, here or elsewhere, or had until lately. What this server carries itself goes first.
pub(crate) async fn skill(shared: &Shared, name: &str) -> Result<Option<Arc<KnownSkill>>, StoreError> {
    if let Some(known) = shared.pool.skill(name) {
        return Ok(Some(known));
    }
    if !shared.cluster.is_shared() {
        return Ok(None);
    }
    if let Some(known) = glance(shared).await?.skills.get(name) {
        return Ok(Some(Arc::clone(known)));
    }
    // A worker may have joined since.
    Ok(look(shared).await?.skills.get(name).cloned())
}

/// All skills that some agent has, here or elsewhere, or had until lately, by name.
pub(crate) async fn skills(shared: &Shared) -> Result<Vec<Skill>, StoreError> {
    let mut skills: BTreeMap<String, Skill> = BTreeMap::new();
    if shared.cluster.is_shared() {
        skills.extend(look(shared).await?.skills.iter().map(|(name, known)| (name.clone(), known.skill.clone())));
    }
    skills.extend(shared.pool.skills().map(|known| (known.skill.name.clone(), known.skill.clone())));
    Ok(skills.into_values().collect())
}

/// Whether some agent that has the skill, here or elsewhere, has all these labels, or one had them until lately.
pub(crate) async fn has_labels(shared: &Shared, skill: &str, labels: &[String]) -> Result<bool, StoreError> {
    if shared.pool.has_labels(skill, labels) {
        return Ok(true);
    }
    if !shared.cluster.is_shared() {
        return Ok(false);
    }
    Ok(look(shared).await?.agents.iter().any(|agent| lacks(agent, skill, labels).is_none()))
}

/// Whether some agent that has the skill and all these labels, here or elsewhere, or one that had them until lately, is none of those that refused.
pub(crate) async fn somebody_is_left(
    shared: &Shared,
    refused: &BTreeSet<AgentId>,
    skill: &str,
    labels: &[String],
) -> Result<bool, StoreError> {
    if shared.pool.somebody_is_left(refused, skill, labels) {
        return Ok(true);
    }
    if !shared.cluster.is_shared() {
        return Ok(false);
    }
    Ok(look(shared).await?.agents.iter().any(|agent| lacks(agent, skill, labels).is_none() && !refused.contains(&agent.id)))
}

/// What an agent lacks of what a task wants, by the name of the reason.
fn lacks(agent: &KnownAgent, skill: &str, labels: &[String]) -> Option<&'static str> {
    if !agent.card.skills.iter().any(|has| has.name == skill) {
        Some("skill")
    } else if !labels.iter().all(|label| has_label(&agent.card.name, &agent.card.labels, label)) {
        Some("labels")
    } else {
        None
    }
}

/// The instances of an agent that other servers and workers have.
pub(crate) async fn instances(shared: &Shared, agent: AgentId) -> Result<Vec<InstanceView>, StoreError> {
    if !shared.cluster.is_shared() {
        return Ok(Vec::new());
    }
    let seen = look(shared).await?;
    let now = shared.sources.clock.now();
    let found = seen.agents.iter().find(|known| known.id == agent);
    Ok(found.map(|known| carriers::instances(known, shared.cluster.server().id, alive_since(shared, now), now)).unwrap_or_default())
}

/// How an agent that only others carry stands with them, as they last said; nothing if nobody carries it.
pub(crate) async fn standing(shared: &Shared, agent: AgentId) -> Result<Option<AgentStanding>, StoreError> {
    if !shared.cluster.is_shared() {
        return Ok(None);
    }
    let seen = look(shared).await?;
    let now = shared.sources.clock.now();
    let found = seen.agents.iter().find(|known| known.id == agent && !known.carried.is_empty());
    Ok(found.map(|known| carriers::standing(known, shared.cluster.server().id, alive_since(shared, now), now)))
}

/// How many attempts of each agent run without a slot on other servers and workers, as they last said.
pub(crate) async fn aside(shared: &Shared) -> Result<BTreeMap<AgentId, u32>, StoreError> {
    if !shared.cluster.is_shared() {
        return Ok(BTreeMap::new());
    }
    let mine = shared.cluster.server().id;
    Ok(look(shared).await?.agents.iter().map(|known| (known.id, carriers::aside(known, mine))).collect())
}

/// Whoever was seen since then lives.
fn alive_since(shared: &Shared, now: Timestamp) -> Timestamp {
    now.minus(shared.options.lease)
}

/// Why no agent has taken a task yet that is queued and due: how many agents fell to which reason. Empty if one could take it now,
/// and for tasks that no agent should take.
pub(crate) async fn held_up(shared: &Shared, task: &TaskSummary) -> Result<Vec<Rejection>, StoreError> {
    let now = shared.sources.clock.now();
    if task.state != TaskState::Queued || task.not_before.is_some_and(|at| at > now) {
        return Ok(Vec::new());
    }
    let refused = shared.refusals.of(task.id);
    if !shared.cluster.is_shared() {
        return Ok(shared.pool.rejections(refused.as_deref(), &task.skill, &task.labels));
    }
    let has_refused = |agent: &KnownAgent| refused.as_ref().filter(|refused| refused.contains(&agent.id)).map(|_| "refused");
    let (mine, alive_since) = (shared.cluster.server().id, alive_since(shared, now));
    let mut fell: BTreeMap<&str, u32> = BTreeMap::new();
    for agent in &look(shared).await?.agents {
        // What is counted here is newer than what the registry has of it.
        let told = |on: &Carrying| if on.server.id == mine { shared.pool.told(agent.id) } else { on.standing.clone() };
        let cannot = || carriers::cannot(agent, &task.skill, alive_since, now, told);
        match lacks(agent, &task.skill, &task.labels).or_else(|| has_refused(agent)).or_else(cannot) {
            Some(reason) => *fell.entry(reason).or_default() += 1,
            None => return Ok(Vec::new()),
        }
    }
    Ok(fell.into_iter().map(|(reason, count)| Rejection { reason: reason.to_owned(), count }).collect())
}

#[cfg(test)]
mod tests {
    use baton_domain::agent::{AgentCard, AgentStatus, Family, InstanceRange};
    use uuid::Uuid;

    use super::*;

    const NOW: i64 = 100_000;

    fn agent() -> KnownAgent {
        let card = AgentCard {
            name: "far".into(),
            title: "Far".into(),
            description: "Elsewhere.".into(),
            family: Family::Custom,
            skills: vec![],
            labels: vec![],
            slots: 4,
            instances: InstanceRange::default(),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        };
        KnownAgent { id: AgentId::new(Uuid::from_u128(7)), status: AgentStatus::Active, card, carried: vec![] }
    }

    /// Stands still until it is moved.
    #[derive(Default)]
    struct Hand(std::sync::atomic::AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(NOW + self.0.load(Ordering::SeqCst))
        }
    }

    /// The registry, and how often it was read.
    #[derive(Default)]
    struct Registry {
        clock: Hand,
        elsewhere: Elsewhere,
        reads: AtomicU64,
    }

    impl Registry {
        async fn look(&self) -> Result<Arc<Seen>, StoreError> {
            let read = async {
                self.reads.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok(vec![agent()])
            };
            self.elsewhere.within(FRESH, &self.clock, Duration::from_secs(30), read).await
        }

        fn reads(&self) -> u64 {
            self.reads.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn however_many_ask_the_registry_is_read_once_in_a_while() {
        let registry = Registry::default();
        let answers = futures::future::join_all((0..100).map(|_| registry.look())).await;
        assert!(answers.iter().all(|seen| seen.as_ref().unwrap().agents.len() == 1));
        assert_eq!(registry.reads(), 1);
        registry.clock.0.store(499, Ordering::SeqCst);
        let seen = registry.look().await.unwrap();
        assert_eq!((registry.reads(), seen.skills.contains_key("nobody.has")), (1, false), "what is missing is remembered, too");
        registry.clock.0.store(500, Ordering::SeqCst);
        registry.look().await.unwrap();
        assert_eq!(registry.reads(), 2);
    }

    #[tokio::test]
    async fn what_an_event_told_and_what_could_not_be_read_is_not_remembered() {
        let registry = Registry::default();
        let away = async { Err(StoreError::Unavailable("away".into())) };
        registry.elsewhere.within(FRESH, &registry.clock, Duration::from_secs(30), away).await.unwrap_err();
        registry.look().await.unwrap();
        assert_eq!(registry.reads(), 1);
        registry.elsewhere.forget();
        registry.look().await.unwrap();
        assert_eq!(registry.reads(), 2);
        // What was read when the news came may be from before it.
        registry.elsewhere.forget();
        let read = async {
            registry.elsewhere.forget();
            Ok(vec![])
        };
        registry.elsewhere.within(FRESH, &registry.clock, Duration::from_secs(30), read).await.unwrap();
        registry.look().await.unwrap();
        assert_eq!(registry.reads(), 3);
    }
}
