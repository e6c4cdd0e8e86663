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

impl HostCapacity {
    /// The least part of a machine's processors that is worth having, if they do not suffice for all who share it: a core, on
    /// which every skill that is shipped has room.
    pub const LEAST_CPU_MILLICORES: u32 = 1_000;
    /// The same of its memory.
    pub const LEAST_MEMORY_MIB: u32 = 512;

    /// Whether it has what an attempt needs, if nothing of it is taken.
    #[must_use]
    pub fn could_give(&self, needs: &Needs) -> bool {
        needs.cpu_millicores <= self.cpu_millicores
            && needs.memory_mib <= self.memory_mib
            && needs.model.as_ref().is_none_or(|model| self.models.contains(model))
    }
}

/// What is said of the host rather than found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostOptions {
    /// Thousandths of a core for attempts; without it, all cores that the process may use, divided among those on the same machine.
    pub cpu_millicores: Option<u32>,
    /// MiB of memory for attempts; without it, all memory that the process may use, divided likewise.
    pub memory_mib: Option<u32>,
    /// The models that it has.
    pub models: Vec<String>,
}

impl Default for HostOptions {
    /// Nothing is said, and language models can be asked from everywhere: which there are may change while the server runs.
    fn default() -> Self {
        Self { cpu_millicores: None, memory_mib: None, models: vec![Needs::LANGUAGE_MODEL.to_owned()] }
    }
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

/// The part of a machine that the process at this place of `of` gives out, where each found `total` of it. Together they give out
/// no more than that. All get alike, unless that were less than is worth having: then those who came first get so much each, and
/// the others what is left, so that small machines can still do what they could.
fn part(total: u32, place: u32, of: u32, least: u32) -> u32 {
    let alike = total / of.max(1);
    if alike >= least || of <= 1 {
        return alike;
    }
    let served = (total / least).max(1);
    let left = total.saturating_sub(served.saturating_mul(least));
    if place < served { least.min(total) } else { left / of.saturating_sub(served).max(1) }
}

/// What an attempt has taken; given back to the ledger it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    cpu_millicores: u32,
    memory_mib: u32,
}

impl Share {
    /// Whether there are processors in it.
    pub(crate) const fn computes(self) -> bool {
        self.cpu_millicores > 0
    }
}

/// The host and what is taken of it; never more than this process may give out.
#[derive(Debug)]
pub(crate) struct HostLedger {
    /// What was found, or said.
    whole: HostCapacity,
    /// Whether it was found: what somebody said is meant for this process alone.
    found_cpu: bool,
    found_memory: bool,
    shared_by: u32,
    /// This process's part of it.
    capacity: HostCapacity,
    taken: Share,
    /// Thousandths of a core that are left for attempts which gave them back while they waited, and have a slot for their return.
    wanted_back: u32,
    /// MiB of what is taken that attempts keep while they wait for others.
    aside_memory: u32,
}

impl HostLedger {
    /// A host of which these options say something, or nothing.
    pub(crate) fn new(whole: HostCapacity, options: &HostOptions) -> Self {
        let (found_cpu, found_memory) = (options.cpu_millicores.is_none(), options.memory_mib.is_none());
        let capacity = whole.clone();
        Self { whole, found_cpu, found_memory, shared_by: 1, capacity, taken: Share::default(), wanted_back: 0, aside_memory: 0 }
    }

    /// So many processes share the host, and this one has that place among them. Gives whether this changes what it may give out.
    /// What is taken stays taken: if it is more than the new part, nothing is given until enough has come back.
    pub(crate) fn share(&mut self, place: u32, of: u32) -> bool {
        let before = (self.shared_by, self.capacity.cpu_millicores, self.capacity.memory_mib);
        self.shared_by = of.max(1);
        if self.found_cpu {
            self.capacity.cpu_millicores = part(self.whole.cpu_millicores, place, of, HostCapacity::LEAST_CPU_MILLICORES);
        }
        if self.found_memory {
            self.capacity.memory_mib = part(self.whole.memory_mib, place, of, HostCapacity::LEAST_MEMORY_MIB);
        }
        before != (self.shared_by, self.capacity.cpu_millicores, self.capacity.memory_mib)
    }

    /// Whether this takes anything of a host.
    pub(crate) const fn takes(needs: &Needs) -> bool {
        needs.cpu_millicores > 0 || needs.memory_mib > 0
    }

    /// Whether the host could give this if nothing were taken.
    pub(crate) fn could_ever(&self, needs: &Needs) -> bool {
        self.capacity.could_give(needs)
    }

    /// Whether it can give this now.
    pub(crate) fn fits(&self, needs: &Needs) -> bool {
        self.could_ever(needs)
            && needs.cpu_millicores <= self.free_cpu().saturating_sub(self.wanted_back)
            && needs.memory_mib <= self.capacity.memory_mib.saturating_sub(self.taken.memory_mib)
    }

    const fn free_cpu(&self) -> u32 {
        self.capacity.cpu_millicores.saturating_sub(self.taken.cpu_millicores)
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

    /// Whether an attempt with this may give its place back while it waits: those that do keep no more than half of the memory, so that
    /// they leave some to those that they wait for. One alone may, whatever it keeps.
    pub(crate) const fn may_wait(&self, share: Share) -> bool {
        self.aside_memory == 0
            || share.memory_mib == 0
            || self.aside_memory.saturating_add(share.memory_mib) <= self.capacity.memory_mib / 2
    }

    /// An attempt waits for others and computes nothing: its processors come back, its memory stays taken.
    pub(crate) const fn set_aside(&mut self, share: Share) {
        self.taken.cpu_millicores = self.taken.cpu_millicores.saturating_sub(share.cpu_millicores);
        self.aside_memory = self.aside_memory.saturating_add(share.memory_mib);
    }

    /// Such an attempt is over.
    pub(crate) const fn give_back_memory(&mut self, share: Share) {
        self.taken.memory_mib = self.taken.memory_mib.saturating_sub(share.memory_mib);
        self.aside_memory = self.aside_memory.saturating_sub(share.memory_mib);
    }

    /// Nothing is left any more for those that return: it is counted anew who of them waits for processors.
    pub(crate) const fn want_nothing(&mut self) {
        self.wanted_back = 0;
    }

    /// An attempt that returns waits for nothing but its processors; from now on they are left for it.
    pub(crate) const fn want_back(&mut self, share: Share) {
        self.wanted_back = self.wanted_back.saturating_add(share.cpu_millicores);
    }

    /// Gives an attempt that returns its processors, if they are there; gives whether they were. One that got them when this process had
    /// a larger part of the host gets them when nobody else has any.
    pub(crate) const fn take_back(&mut self, share: Share) -> bool {
        if share.cpu_millicores > self.free_cpu() && self.taken.cpu_millicores > 0 {
            return false;
        }
        self.taken.cpu_millicores += share.cpu_millicores;
        self.aside_memory = self.aside_memory.saturating_sub(share.memory_mib);
        true
    }

    pub(crate) fn name(&self) -> &str {
        &self.capacity.name
    }

    pub(crate) fn view(&self) -> HostView {
        HostView {
            name: self.capacity.name.clone(),
            shared_by: self.shared_by,
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
        let whole = HostCapacity { name: "h".to_owned(), cpu_millicores, memory_mib, models: vec!["small".to_owned()] };
        HostLedger::new(whole, &HostOptions::default())
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

    #[test]
    fn a_machine_is_divided_alike_unless_that_were_worth_nothing() {
        let parts = |total, of| (0..of).map(|place| part(total, place, of, 1_000)).collect::<Vec<_>>();
        assert_eq!(parts(8_000, 3), [2_666; 3]);
        assert_eq!(parts(2_000, 2), [1_000; 2]);
        assert_eq!(parts(2_000, 3), [1_000, 1_000, 0], "two can do all that one could, instead of none");
        assert_eq!(parts(2_600, 4), [1_000, 1_000, 300, 300]);
        assert_eq!(parts(700, 2), [700, 0]);
        assert_eq!((parts(700, 1), part(2_000, 0, 0, 1_000)), (vec![700], 2_000));
    }

    #[test]
    fn what_was_said_is_not_divided_and_what_is_taken_is_not_given_twice() {
        let mut host = ledger(4_000, 2_000);
        let small = Needs { cpu_millicores: 1_000, memory_mib: 100, model: None };
        let held: Vec<Share> = (0..4).map(|_| host.take(&small).unwrap()).collect();
        assert!(host.share(1, 2) && !host.share(1, 2));
        let view = host.view();
        assert_eq!((view.shared_by, view.cpu_millicores, view.memory_mib, view.cpu_taken_millicores), (2, 2_000, 1_000, 4_000));
        held.into_iter().for_each(|share| {
            assert!(!host.fits(&small) || host.view().cpu_taken_millicores < 2_000);
            host.give_back(share);
        });
        assert!(host.fits(&Needs { cpu_millicores: 2_000, ..Needs::default() }));

        let said = HostOptions { cpu_millicores: Some(4_000), ..HostOptions::default() };
        let mut host = HostLedger::new(HostCapacity { memory_mib: 2_000, ..said.detect() }, &said);
        assert!(host.share(0, 2));
        assert_eq!((host.view().cpu_millicores, host.view().memory_mib), (4_000, 1_000));
    }

    #[test]
    fn who_waits_gives_its_processors_back_and_has_them_before_what_is_new() {
        let mut host = ledger(2_000, 1_000);
        let large = Needs { cpu_millicores: 2_000, memory_mib: 100, model: None };
        let small = Needs { cpu_millicores: 500, memory_mib: 100, model: None };
        let waits = host.take(&large).unwrap();
        host.set_aside(waits);
        assert_eq!((host.view().cpu_taken_millicores, host.view().memory_taken_mib), (0, 100), "the memory stays taken");
        let child = host.take(&small).unwrap();
        assert!(host.fits(&small) && !host.take_back(waits), "they are not all there");
        host.want_back(waits);
        assert!(!host.fits(&small), "what is free is left for it");
        host.give_back(child);
        assert!(!host.fits(&small));
        host.want_nothing();
        assert!(host.fits(&small) && host.take_back(waits));
        assert_eq!((host.view().cpu_taken_millicores, host.view().memory_taken_mib), (2_000, 100));

        host.set_aside(waits);
        let (taken, aside_memory, said) = (host.taken, host.aside_memory, HostOptions::default());
        let smaller = HostLedger::new(HostCapacity { cpu_millicores: 1_000, ..host.whole }, &said);
        let mut less = HostLedger { taken, aside_memory, ..smaller };
        assert!(less.take_back(waits), "the host shrank meanwhile, and nobody else has anything of it");
        less.set_aside(waits);
        less.give_back_memory(waits);
        assert_eq!((less.taken, less.aside_memory), (Share::default(), 0));
    }

    #[test]
    fn those_that_wait_keep_no_more_than_half_of_the_memory() {
        let mut host = ledger(4_000, 1_000);
        let needs = |memory_mib| Needs { cpu_millicores: 0, memory_mib, model: None };
        let (half, one) = (host.take(&needs(500)).unwrap(), host.take(&needs(1)).unwrap());
        assert!(host.may_wait(half) && host.may_wait(one));
        host.set_aside(half);
        assert!(!host.may_wait(one) && host.may_wait(Share::default()), "who keeps nothing may wait");
        assert!(host.take_back(half) && host.may_wait(one));
        host.set_aside(half);
        host.give_back_memory(half);
        assert!(host.may_wait(one));
        let all = Share { memory_mib: host.capacity.memory_mib, ..Share::default() };
        assert!(host.may_wait(all), "one alone may, whatever it keeps");
        host.set_aside(one);
        assert!(!host.may_wait(all));
    }

    proptest! {
        #[test]
        fn those_on_a_machine_give_out_no_more_than_it_has(total in 0u32..200_000, of in 1u32..70, least in 1u32..2_000) {
            let parts: Vec<u32> = (0..of).map(|place| part(total, place, of, least)).collect();
            prop_assert!(parts.iter().sum::<u32>() <= total, "{parts:?}");
            prop_assert!(parts[0] >= least.min(total), "who came first can do what the machine could: {parts:?}");
        }

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
