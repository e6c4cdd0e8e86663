//! What does the host have for attempts, and what of it is taken?

use baton_domain::agent::Needs;
use baton_domain::wire::agent::HostView;

/// What a host has for attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCapacity {
    /// Its name.
    pub name: String,
    /// Thousandths of a core.
    pub cpu_millicores: u32,
    /// MiB of memory.
    pub memory_mib: u32,
    /// The models that it has.
    pub models: Vec<String>,
}

/// What is said of the host rather than found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostOptions {
    /// Thousandths of a core for attempts; without it, all cores that the process may use.
    pub cpu_millicores: Option<u32>,
    /// MiB of memory for attempts; without it, all memory that the process may use.
    pub memory_mib: Option<u32>,
    /// The models that it has.
    pub models: Vec<String>,
}

/// What is assumed where the system does not say.
const UNKNOWN_MEMORY_MIB: u32 = 1_024;

impl HostOptions {
    /// The host that this process runs on, with what was said in place of what is found.
    #[must_use]
    pub fn detect(&self) -> HostCapacity {
        let cores = std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        HostCapacity {
            name: hostname().unwrap_or_else(|| "this host".to_owned()),
            cpu_millicores: self.cpu_millicores.unwrap_or_else(|| cores.saturating_mul(1_000)),
            memory_mib: self.memory_mib.or_else(memory_mib).unwrap_or(UNKNOWN_MEMORY_MIB),
            models: self.models.clone(),
        }
    }
}

fn hostname() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(text.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The machine's memory, or what the control group leaves of it.
fn memory_mib() -> Option<u32> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(total_mib);
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().as_deref().and_then(limit_mib);
    [machine, group].into_iter().flatten().min()
}

/// `MemTotal` of `/proc/meminfo`, which is in KiB.
fn total_mib(meminfo: &str) -> Option<u32> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    u32::try_from(kib / 1_024).ok()
}

/// `memory.max` of a control group: bytes, or `max`.
fn limit_mib(text: &str) -> Option<u32> {
    let bytes: u64 = text.trim().parse().ok()?;
    u32::try_from(bytes >> 20).ok()
}

/// What an attempt has taken; given back to the ledger it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    cpu_millicores: u32,
    memory_mib: u32,
}

/// The host and what is taken of it; never more than it has.
#[derive(Debug)]
pub(crate) struct HostLedger {
    capacity: HostCapacity,
    taken: Share,
}

impl HostLedger {
    pub(crate) fn new(capacity: HostCapacity) -> Self {
        Self { capacity, taken: Share::default() }
    }

    /// Whether this takes anything of a host.
    pub(crate) const fn takes(needs: &Needs) -> bool {
        needs.cpu_millicores > 0 || needs.memory_mib > 0
    }

    /// Whether the host could give this if nothing were taken.
    pub(crate) fn could_ever(&self, needs: &Needs) -> bool {
        needs.cpu_millicores <= self.capacity.cpu_millicores
            && needs.memory_mib <= self.capacity.memory_mib
            && needs.model.as_ref().is_none_or(|model| self.capacity.models.contains(model))
    }

    /// Whether it can give this now.
    pub(crate) fn fits(&self, needs: &Needs) -> bool {
        self.could_ever(needs)
            && needs.cpu_millicores <= self.capacity.cpu_millicores - self.taken.cpu_millicores
            && needs.memory_mib <= self.capacity.memory_mib - self.taken.memory_mib
    }

    /// Takes this, if it is there.
    pub(crate) fn take(&mut self, needs: &Needs) -> Option<Share> {
        if !self.fits(needs) {
            return None;
        }
        self.taken.cpu_millicores += needs.cpu_millicores;
        self.taken.memory_mib += needs.memory_mib;
        Some(Share { cpu_millicores: needs.cpu_millicores, memory_mib: needs.memory_mib })
    }

    pub(crate) const fn give_back(&mut self, share: Share) {
        self.taken.cpu_millicores = self.taken.cpu_millicores.saturating_sub(share.cpu_millicores);
        self.taken.memory_mib = self.taken.memory_mib.saturating_sub(share.memory_mib);
    }

    pub(crate) fn name(&self) -> &str {
        &self.capacity.name
    }

    pub(crate) fn view(&self) -> HostView {
        HostView {
            name: self.capacity.name.clone(),
            cpu_millicores: self.capacity.cpu_millicores,
            cpu_taken_millicores: self.taken.cpu_millicores,
            memory_mib: self.capacity.memory_mib,
            memory_taken_mib: self.taken.memory_mib,
            models: self.capacity.models.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ledger(cpu_millicores: u32, memory_mib: u32) -> HostLedger {
        HostLedger::new(HostCapacity { name: "h".to_owned(), cpu_millicores, memory_mib, models: vec!["small".to_owned()] })
    }

    #[test]
    fn memory_is_read_as_the_system_writes_it() {
        assert_eq!(total_mib("MemFree: 1 kB\nMemTotal:       16318476 kB\n"), Some(15_936));
        assert_eq!(total_mib("MemTotal: much\n"), None);
        assert_eq!(limit_mib("536870912\n"), Some(512));
        assert_eq!(limit_mib("max\n"), None);
        assert!(HostOptions::default().detect().cpu_millicores >= 1_000);
        assert_eq!(HostOptions { memory_mib: Some(7), ..HostOptions::default() }.detect().memory_mib, 7);
    }

    #[test]
    fn a_model_that_the_host_lacks_never_fits() {
        let with = |model: &str| Needs { model: Some(model.to_owned()), ..Needs::default() };
        assert!(ledger(0, 0).fits(&with("small")));
        assert!(!ledger(4_000, 4_000).fits(&with("large")));
    }

    proptest! {
        #[test]
        fn a_host_is_never_oversubscribed(wants in proptest::collection::vec((0u32..1_500, 0u32..1_500, any::<bool>()), 0..100)) {
            let mut ledger = ledger(4_000, 2_000);
            let mut held = Vec::new();
            for (cpu_millicores, memory_mib, gives_back) in wants {
                let needs = Needs { cpu_millicores, memory_mib, model: None };
                let fits = ledger.fits(&needs);
                let share = ledger.take(&needs);
                prop_assert_eq!(share.is_some(), fits);
                held.extend(share);
                let view = ledger.view();
                prop_assert!(view.cpu_taken_millicores <= 4_000 && view.memory_taken_mib <= 2_000);
                prop_assert_eq!(view.cpu_taken_millicores, held.iter().map(|share| share.cpu_millicores).sum::<u32>());
                if gives_back && let Some(share) = held.pop() {
                    ledger.give_back(share);
                }
            }
            held.into_iter().for_each(|share| ledger.give_back(share));
            prop_assert_eq!(ledger.taken, Share::default());
        }
    }
}
