//! How does anybody outside ask a server? One after the other, until there is an answer; requests and answers may be lost.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::problem::Problem;
use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_testkit::SeededChance;

use crate::host::Host;
use crate::plan::Draw;
use crate::world::World;

/// How long a visitor waits for an answer, and between two questions.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often one asks again before it gives up; far more than any blow needs.
pub(crate) const TRIES: usize = 60;

/// Somebody outside.
pub(crate) struct Visitor {
    pub(crate) world: Arc<World>,
    pub(crate) chance: SeededChance,
    caller: Caller,
}

impl Visitor {
    /// `purpose` is what chance is drawn for.
    pub(crate) fn new(world: &Arc<World>, purpose: u64) -> Self {
        Self { world: Arc::clone(world), chance: world.chance(purpose), caller: Caller::system() }
    }

    /// Asks until there is an answer that is not "later", at one server after the other.
    pub(crate) async fn insist<S, T, F>(
        &self,
        tries: usize,
        service: impl Fn(&Host) -> Option<S>,
        ask: impl Fn(S, Caller) -> F,
    ) -> Option<Answer<T>>
    where
        F: Future<Output = Answer<T>>,
    {
        for _ in 0..tries {
            match self.ask_once(&service, &ask).await {
                Some(Err(Problem { status: 500.., .. })) | None => tokio::time::sleep(self.chance.millis(100, 1_000)).await,
                answer => return answer,
            }
        }
        None
    }

    async fn ask_once<S, T, F>(&self, service: impl Fn(&Host) -> Option<S>, ask: impl Fn(S, Caller) -> F) -> Option<Answer<T>>
    where
        F: Future<Output = Answer<T>>,
    {
        let weather = self.world.plan.weather;
        let (lost, unanswered) = (self.chance.happens(weather.lost_requests), self.chance.happens(weather.lost_requests));
        let mut up: Vec<S> = self.world.hosts.lock().iter().filter_map(|host| service(host)).collect();
        let last = (up.len() as u64).checked_sub(1)?;
        let service = up.swap_remove(usize::try_from(self.chance.within(0, last)).unwrap_or(0));
        if lost {
            tokio::time::sleep(PATIENCE).await;
            return None;
        }
        tokio::time::sleep(self.chance.millis(1, weather.longest_way_ms)).await;
        let answer = tokio::time::timeout(PATIENCE, ask(service, self.caller.clone())).await.ok()?;
        if unanswered {
            return None;
        }
        tokio::time::sleep(self.chance.millis(1, weather.longest_way_ms)).await;
        Some(answer)
    }
}
