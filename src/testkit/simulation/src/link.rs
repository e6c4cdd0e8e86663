//! How does a call get from a server to the store, and its answer back? Late, sometimes not at all, sometimes twice.
//!
//! A call that was sent arrives even if its sender dies meanwhile, as with a database. One whose answer is lost was done all the
//! same, and its sender hears after a while that the store did not answer: it cannot know which.

use std::sync::Arc;
use std::time::Duration;

use baton_storage::StoreError;
use baton_testkit::SeededChance;

use crate::host::Host;
use crate::plan::{Cut, Draw};
use crate::world::{World, purpose};

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// One server's way to the store.
pub(crate) struct Link {
    pub(crate) world: Arc<World>,
    pub(crate) host: Arc<Host>,
    chance: SeededChance,
}

/// What becomes of one call.
struct Passage {
    there: Duration,
    back: Duration,
    call_lost: bool,
    answer_lost: bool,
    twice: Option<Duration>,
}

impl Link {
    pub(crate) fn new(world: &Arc<World>, host: &Arc<Host>) -> Self {
        let chance = world.chance(purpose(2, host.server, host.incarnation));
        Self { world: Arc::clone(world), host: Arc::clone(host), chance }
    }

    fn passage(&self) -> Passage {
        let weather = self.world.plan.weather;
        Passage {
            there: self.chance.millis(2, weather.longest_way_ms),
            back: self.chance.millis(2, weather.longest_way_ms),
            call_lost: self.chance.happens(weather.lost_calls),
            answer_lost: self.chance.happens(weather.lost_calls),
            twice: self.chance.happens(weather.repeated).then(|| self.chance.millis(1, 2_000)),
        }
    }

    /// How long a call is stuck on its way besides: a few, long enough that their sender may have lost its task meanwhile.
    pub(crate) fn stuck(&self) -> Duration {
        if self.chance.happens(40) { self.chance.millis(500, 4_000) } else { Duration::ZERO }
    }

    fn closed_to_calls(&self) -> bool {
        self.closed(self.host.cut() == Some(Cut::Both))
    }

    fn closed_to_answers(&self) -> bool {
        self.closed(self.host.cut().is_some())
    }

    fn closed(&self, closed: bool) -> bool {
        if closed {
            self.world.cut_one_off();
        }
        closed
    }

    fn no_answer(name: &str) -> StoreError {
        StoreError::Unavailable(format!("{name} was not answered"))
    }

    /// A call that changes nothing.
    pub(crate) async fn read<T>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.host.alive().await;
        let passage = self.passage();
        if passage.call_lost || self.closed_to_calls() {
            return self.lose(name).await;
        }
        tokio::time::sleep(passage.there).await;
        let answer = call.await;
        if passage.answer_lost || self.closed_to_answers() {
            return self.lose(name).await;
        }
        tokio::time::sleep(passage.back).await;
        self.host.alive().await;
        answer
    }

    /// A call that changes something; `repeatable` if doing it twice must do no harm.
    pub(crate) async fn write<T, F>(
        &self,
        name: &'static str,
        repeatable: bool,
        call: impl Fn() -> F + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        self.host.alive().await;
        let passage = self.passage();
        if passage.call_lost || self.closed_to_calls() {
            return self.lose(name).await;
        }
        let (world, server) = (Arc::clone(&self.world), self.host.server);
        let twice = passage.twice.filter(|_| repeatable);
        // Its own task: it goes on when whoever called does not.
        let done = tokio::spawn(async move {
            tokio::time::sleep(passage.there).await;
            let answer = call().await;
            world.trace.note(format_args!("s{server} {name} {}", if answer.is_ok() { "done" } else { "refused" }));
            if let Some(later) = twice {
                tokio::spawn(async move {
                    tokio::time::sleep(later).await;
                    let again = call().await;
                    world.trace.note(format_args!("s{server} {name} again {}", if again.is_ok() { "done" } else { "refused" }));
                });
            }
            answer
        });
        let answer = done.await.unwrap_or_else(|error| Err(StoreError::Corrupt(error.to_string())));
        if passage.answer_lost || self.closed_to_answers() {
            return self.lose(name).await;
        }
        tokio::time::sleep(passage.back).await;
        self.host.alive().await;
        answer
    }

    async fn lose<T>(&self, name: &'static str) -> Result<T, StoreError> {
        tokio::time::sleep(PATIENCE).await;
        self.host.alive().await;
        self.world.trace.note(format_args!("s{} {name} unanswered", self.host.server));
        Err(Self::no_answer(name))
    }
}
