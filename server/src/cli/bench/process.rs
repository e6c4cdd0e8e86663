//! What does a process take of the machine? As Linux tells it in `/proc`.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::failed;
use crate::start_error::StartError;

/// The memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// All that is resident.
    pub(super) resident: u64,
    /// The most that was.
    pub(super) peak: u64,
    /// What is resident and no file's.
    pub(super) anonymous: u64,
}

impl Memory {
    /// Of this process now.
    pub(super) fn of(pid: u32) -> Result<Self, StartError> {
        let status = read(&format!("/proc/{pid}/status"))?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let kilobytes: Option<u64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
            kilobytes.map(|kilobytes| kilobytes * 1_024).ok_or_else(|| failed(format!("/proc/{pid}/status does not say {name}")))
        };
        Ok(Self { resident: bytes("VmRSS")?, peak: bytes("VmHWM")?, anonymous: bytes("RssAnon")? })
    }
}

/// CPU time that a process has used, its ended children included.
pub(super) fn cpu(pid: u32) -> Result<Duration, StartError> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The name may hold anything; after its closing parenthesis the fields are numbers, times from the 12th on.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(of_ticks(ticks))
}

/// CPU time of each thread of a process that lives, by its number: as the scheduler counts it, where [`cpu`] goes by what ran
/// at each tick of the clock, which for a thread that runs for microseconds is chance.
pub(super) fn threads(pid: u32) -> Result<HashMap<u32, Duration>, StartError> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).map_err(|error| failed(format!("/proc/{pid}/task: {error}")))?;
    let of = |path: &Path| {
        let nanoseconds = std::fs::read_to_string(path.join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()?;
        Some((path.file_name()?.to_str()?.parse().ok()?, Duration::from_nanos(nanoseconds)))
    };
    // A thread may end meanwhile.
    Ok(tasks.flatten().filter_map(|task| of(&task.path())).collect())
}

/// What the threads that live `after` have used since `before`. What ended in between is not in it.
pub(super) fn used_since(before: &HashMap<u32, Duration>, after: &HashMap<u32, Duration>) -> Duration {
    after.iter().map(|(thread, now)| now.saturating_sub(before.get(thread).copied().unwrap_or_default())).sum()
}

/// CPU time of the whole machine that was neither idle nor waiting for a disk.
pub(super) fn all_cpu() -> Result<Duration, StartError> {
    let stat = read("/proc/stat")?;
    let fields: Vec<u64> =
        stat.lines().next().unwrap_or_default().split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
    let busy = fields.iter().enumerate().filter(|(index, _)| ![3, 4].contains(index) && *index < 8).map(|(_, ticks)| ticks).sum();
    Ok(of_ticks(busy))
}

/// How often the threads of a process have been woken, as long as they live.
pub(super) fn wake_ups(pid: u32) -> Result<u64, StartError> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).map_err(|error| failed(format!("/proc/{pid}/task: {error}")))?;
    let of = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<u64>().ok()
    };
    // A thread may end meanwhile.
    Ok(threads.flatten().filter_map(|thread| of(std::fs::read_to_string(thread.path().join("status")).ok()?)).sum())
}

fn of_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second().max(1))
}

fn read(path: &str) -> Result<String, StartError> {
    std::fs::read_to_string(path).map_err(|error| failed(format!("{path}: {error}; the benchmark needs Linux")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_process_can_be_looked_at() {
        let own = std::process::id();
        let memory = Memory::of(own).unwrap();
        assert!(memory.anonymous > 0 && memory.resident >= memory.anonymous && memory.peak >= memory.resident);
        assert!(all_cpu().unwrap() >= cpu(own).unwrap());
        assert!(wake_ups(own).is_ok());
        let (before, mut after) = (threads(own).unwrap(), threads(own).unwrap());
        assert!(before.contains_key(&own));
        let more = Duration::from_secs(1);
        after.insert(u32::MAX, more);
        let used = used_since(&before, &after);
        assert!(used >= more && used <= more + after.values().sum::<Duration>());
        assert!(threads(u32::MAX).is_err());
        assert!(Memory::of(u32::MAX).is_err());
    }
}
