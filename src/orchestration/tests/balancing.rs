//! Do the strategies keep what they promise on fleets that exist only in time, and do the docs say what they did?

use baton_domain::agent::Strategy;
use baton_orchestration::load_balancer::simulation::{SEED, TASKS, fleets, markdown, simulate};

/// The fleet of the bar: one agent ten times slow, one failing three times in ten.
const BAD_FLEET: usize = 1;

#[test]
fn with_a_slow_and_a_failing_agent_the_strategies_that_learn_halve_the_p99() {
    let fleet = &fleets()[BAD_FLEET];
    for seed in 1..=5 {
        let base = simulate(fleet, Strategy::RoundRobin, TASKS, seed);
        for strategy in [Strategy::Fastest, Strategy::Weighted] {
            let seen = simulate(fleet, strategy, TASKS, seed);
            assert!(seen.p99_ms <= 0.5 * base.p99_ms, "{strategy}, seed {seed}: {seen:?}, round robin {base:?}");
            assert!(seen.success >= base.success, "{strategy}, seed {seed}");
        }
    }
}

#[test]
fn no_agent_ever_has_more_attempts_than_slots_and_no_task_is_lost() {
    for fleet in fleets() {
        // Three times what it was made for: everything is full and queues grow.
        for load in [1.0, 3.0] {
            let fleet = baton_orchestration::load_balancer::simulation::Fleet { arrivals: fleet.arrivals * load, ..fleet.clone() };
            for &strategy in Strategy::ALL {
                let seen = simulate(&fleet, strategy, 5_000, SEED);
                assert_eq!((seen.over_slots, seen.tasks), (0, 5_000), "{strategy} on {}", fleet.name);
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let fleet = &fleets()[BAD_FLEET];
    for &strategy in Strategy::ALL {
        assert_eq!(simulate(fleet, strategy, 2_000, 7), simulate(fleet, strategy, 2_000, 7));
    }
    assert_ne!(simulate(fleet, Strategy::Fastest, 2_000, 7), simulate(fleet, Strategy::Fastest, 2_000, 8));
}

#[test]
fn the_table_in_the_docs_is_what_the_simulation_gives() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/load-balancing.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains(&markdown(TASKS, SEED)), "run the example `balancing` and put its first table into docs/load-balancing.md");
}
