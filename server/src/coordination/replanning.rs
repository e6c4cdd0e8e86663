//! When is another way looked for, for plans whose runs have failed? When a run has ended, when its plan is to be looked at, and now and then in any case.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::id::RunId;
use baton_domain::ports::Clock;
use baton_planner::Plans;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The longest rest; then plans are looked at whose time has come, and whose runs have ended unheard.
const MAXIMUM_PAUSE: Duration = Duration::from_secs(15);
/// The shortest.
const AGAIN: Duration = Duration::from_secs(1);
/// How long ends are gathered, so that not each of many is a reading of its own.
const BREATH: Duration = Duration::from_millis(100);
/// The most ends that are remembered. Of others, the plans are looked at when their time has come.
const REMEMBERED: usize = 4_096;

/// Tells of the ends of runs.
pub(super) struct Ends(mpsc::Sender<RunId>);

impl Ends {
    /// Told of every committed event. Quick, and may be missed.
    pub(super) fn heard(&self, event: &Event) {
        if !matches!(event.kind.as_str(), "run.completed" | "run.failed" | "run.canceled") {
            return;
        }
        if let Some(run) = event.subject.strip_prefix("run:").and_then(|id| id.parse().ok()) {
            // Where there is no place, its plan is looked at when its time has come.
            let _ = self.0.try_send(run);
        }
    }
}

/// Looks after accepted plans until it is stopped; tell it of ends by what is given with it. Several servers may.
pub(super) fn replanning(plans: Arc<Plans>, clock: Arc<dyn Clock>, stop: CancellationToken) -> (Ends, impl Future<Output = ()> + Send) {
    let (tell, heard) = mpsc::channel(REMEMBERED);
    let looking = async move {
        stop.run_until_cancelled(look(plans, clock, heard)).await;
    };
    (Ends(tell), looking)
}

async fn look(plans: Arc<Plans>, clock: Arc<dyn Clock>, mut heard: mpsc::Receiver<RunId>) {
    let mut ended = BTreeSet::new();
    loop {
        let pause = match plans.look_after(&ended).await {
            Ok(next) => {
                ended.clear();
                next.map_or(MAXIMUM_PAUSE, |next| next.since(clock.now()).clamp(AGAIN, MAXIMUM_PAUSE))
            }
            Err(problem) => {
                tracing::warn!(%problem, "other ways are looked for later");
                AGAIN
            }
        };
        tokio::select! {
            Some(run) = heard.recv() => {
                ended.insert(run);
                tokio::time::sleep(BREATH).await;
                while ended.len() < REMEMBERED && let Ok(run) = heard.try_recv() {
                    ended.insert(run);
                }
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}
