//! What befalls servers, and does it take effect? Crashes, pauses, partitions and restarts, as the plan has them.

use std::sync::Arc;
use std::time::Duration;

use crate::host;
use crate::plan::{Blow, Fate};
use crate::world::World;

/// How often, and how many times at most, it is looked whether a partition has taken effect.
const LOOK: Duration = Duration::from_millis(500);
const LOOKS: u32 = 100;

/// How many blows took effect in a world: one that falls on a server that is gone proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlowCounts {
    /// Servers that worked, and stopped for ever.
    pub crashes: u64,
    /// Servers that stood still for the whole of the time and went on.
    pub pauses: u64,
    /// Partitions that calls were lost to.
    pub partitions: u64,
    /// Servers that stopped in order, and started again.
    pub restarts: u64,
}

impl BlowCounts {
    /// Whether each of them came at least once.
    #[must_use]
    pub const fn has_all(self) -> bool {
        self.crashes > 0 && self.pauses > 0 && self.partitions > 0 && self.restarts > 0
    }
}

/// Lets everything befall the servers that the plan says.
pub(crate) async fn befall(world: Arc<World>) {
    let began = tokio::time::Instant::now();
    let mut ends = Vec::new();
    for fate in &world.plan.fates {
        tokio::time::sleep_until(began + fate.at).await;
        ends.push(tokio::spawn(blow(Arc::clone(&world), *fate)));
    }
    for end in ends {
        let _ = end.await;
    }
}

async fn blow(world: Arc<World>, fate: Fate) {
    let Some(host) = world.host(fate.server) else { return };
    world.trace.note(format_args!("s{} {:?} for {:?}", fate.server, fate.blow, fate.lasts));
    match fate.blow {
        Blow::Crash => {
            world.blows.lock().crashes += u64::from(!host.crashed());
            host.crash();
            world.look_at(fate.server);
            tokio::time::sleep(fate.lasts).await;
            host.let_go();
            host::start(&world, fate.server);
        }
        Blow::Pause => {
            let stands = host.pause();
            world.look_at(fate.server);
            tokio::time::sleep(fate.lasts).await;
            let goes_on = host.go_on();
            world.look_at(fate.server);
            world.blows.lock().pauses += u64::from(stands && goes_on);
        }
        Blow::Partition(cut) => {
            let before = world.cut_off();
            host.set_cut(Some(cut));
            world.look_at(fate.server);
            tokio::time::sleep(fate.lasts).await;
            // One that is still starting, or waits for an answer that was lost before, may have called nobody yet.
            for _ in 0..LOOKS {
                if world.cut_off() > before {
                    break;
                }
                tokio::time::sleep(LOOK).await;
            }
            // Another incarnation stands in the same place of the network.
            for host in [Some(host), world.host(fate.server)].into_iter().flatten() {
                host.set_cut(None);
            }
            world.look_at(fate.server);
            world.blows.lock().partitions += u64::from(world.cut_off() > before);
        }
        Blow::Restart => {
            world.blows.lock().restarts += u64::from(!host.crashed());
            world.note_works(fate.server, false);
            host.stop().await;
            tokio::time::sleep(fate.lasts).await;
            host.let_go();
            host::start(&world, fate.server);
        }
    }
    world.trace.note(format_args!("s{} is over it", fate.server));
}
