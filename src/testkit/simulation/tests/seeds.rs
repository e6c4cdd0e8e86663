//! Does the engine keep its promises in a thousand worlds, and is each world the same when it is run again?

use crate::harness;

use baton_simulation::{MessageCounts, run, run_with_trace};
use baton_testkit::scale;
use tempfile::TempDir;

#[test]
fn no_seed_breaks_a_promise() {
    if let Some(seed) = harness::wanted_seed() {
        let folder = TempDir::with_prefix("baton-simulation-").unwrap();
        let outcome = run_with_trace(seed, None, folder.path()).unwrap();
        println!("{}", outcome.lines.unwrap());
        assert_eq!(outcome.violations, [], "seed {seed}");
        return;
    }
    let seeds = scale().of(1_000, 20_000) as u64;
    let report = harness::all(0..seeds, None);
    println!("{report}");
    assert_eq!(report.broken, Vec::<String>::new(), "{report}");
    // In each world a server crashed, stood still, was cut off and was started again.
    assert_eq!(report.spared, Vec::<String>::new());
    // Topics are proven by what happens to messages: in each world, on average, some of everything.
    let MessageCounts { stored, delivered, again, late, dead, heard } = report.messages;
    assert!([stored, delivered, again, late, dead, heard].iter().all(|count| *count >= report.seeds), "{report}");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let folder = TempDir::with_prefix("baton-simulation-").unwrap();
    for seed in 0..20 {
        let first = run_with_trace(seed, None, folder.path()).unwrap();
        let again = run_with_trace(seed, None, folder.path()).unwrap();
        let (first_lines, again_lines) = (first.lines.unwrap(), again.lines.unwrap());
        let differ = first_lines.lines().zip(again_lines.lines()).enumerate().find(|(_, (one, other))| one != other);
        assert_eq!(differ, None, "seed {seed}: the traces part");
        assert_eq!(first.trace, again.trace, "seed {seed}");
        assert_ne!(first.trace, run(seed + 1, None, folder.path()).unwrap().trace, "another seed gave the same trace as {seed}");
    }
}
