//! Do runs end, whatever happens in which order, and does a crash at any point change nothing?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod harness;

use std::collections::HashSet;

use baton_workflow::run::{Rows, RunState};
use baton_workflow::{Command, Effects, Fact, Plan, Run};
use harness::{End, Lot, World, check, end, plan_of, sorted, start, workflow};
use proptest::prelude::*;
use serde_json::json;

/// The most facts that a run of these workflows can take.
const MANY: usize = 2_000;

#[derive(Clone, Copy, PartialEq)]
enum Crash {
    Never,
    /// After each fact the run is dropped, its rows are read back, and all commands are given again. Those of the fact itself are lost half of the
    /// time.
    Always,
}

/// Plays a run to its end; things happen in an order drawn from `order`.
fn play(plan: &Plan, seed: u64, order: u64, crash: Crash, meddle: bool) -> (End, Run) {
    let mut lot = Lot(order);
    let mut world = World::new(seed, plan);
    let (mut run, effects) = start(plan, json!({"n": seed % 4}));
    let mut rows: Rows = run.rows();
    let mut fresh: HashSet<String> = HashSet::new();
    let note = |effects: &Effects, fresh: &mut HashSet<String>| {
        for command in effects.commands.iter().filter(|command| command.begins()) {
            assert!(fresh.insert(command.key().to_string()), "{} is begun twice", command.key());
        }
    };
    note(&effects, &mut fresh);
    check(plan, &run, &effects);
    world.carry_out(&effects.commands);
    for _ in 0..MANY {
        if run.header().state.is_ended() {
            break;
        }
        if meddle && lot.chance(6) {
            let fact = if run.header().state == RunState::Paused { Fact::Resumed } else { Fact::Paused };
            if let Ok(effects) = run.handle(plan, world.now(), &fact) {
                note(&effects, &mut fresh);
                rows.apply(&effects);
                world.carry_out(&effects.commands);
            }
        }
        if meddle && !run.header().state.is_ended() && lot.chance(1) {
            let effects = run.handle(plan, world.now(), &Fact::Canceled).unwrap();
            rows.apply(&effects);
            world.carry_out(&effects.commands);
        }
        if run.header().state.is_ended() {
            break;
        }
        if world.events.is_empty() {
            assert!(run.header().state == RunState::Paused, "nothing can happen any more: {:#?}", run.rows());
            let effects = run.handle(plan, world.now(), &Fact::Resumed).unwrap();
            note(&effects, &mut fresh);
            rows.apply(&effects);
            world.carry_out(&effects.commands);
            continue;
        }
        let event = world.events.swap_remove(lot.below(world.events.len() as u64) as usize);
        let fact = world.fact(&event);
        let at = world.now();
        let effects = match run.handle(plan, at, &fact) {
            Ok(effects) => effects,
            // A signal or an approval that comes too late.
            Err(problem) => {
                assert_eq!(problem.status, 409, "{problem}");
                continue;
            }
        };
        note(&effects, &mut fresh);
        check(plan, &run, &effects);
        rows.apply(&effects);
        assert_eq!(sorted(rows.clone()), sorted(run.rows()), "what is stored fact by fact is the state");

        // Told again, it changes nothing.
        let before = run.clone();
        match run.handle(plan, at, &fact) {
            Ok(again) => assert!(again.ignored && again == Effects { ignored: true, ..Effects::default() }, "{fact:?}: {again:?}"),
            Err(problem) => assert_eq!(problem.status, 409),
        }
        assert_eq!(run, before);

        if crash == Crash::Always {
            let text = serde_json::to_string(&rows).unwrap();
            let loaded = Run::load(plan, serde_json::from_str(&text).unwrap()).unwrap();
            assert_eq!(loaded, run, "what is read back is what was stored");
            run = loaded;
            if lot.chance(50) {
                world.carry_out(&effects.commands);
            } else {
                // Cancellations and withdrawals of what has ended may be lost; all others are given again.
                let again: HashSet<String> = run.outstanding(plan).iter().map(|command| format!("{command:?}")).collect();
                for command in effects.commands.iter().filter(|command| command.begins() || matches!(command, Command::AskApproval { .. }))
                {
                    let over = run.step(command.key().step.as_deref().unwrap()).unwrap().state.is_ended();
                    assert!(over || again.contains(&format!("{command:?}")), "{command:?} is lost");
                }
            }
            world.carry_out(&run.outstanding(plan));
        } else {
            world.carry_out(&effects.commands);
        }
    }
    assert!(run.header().state.is_ended(), "the run does not end: {:#?}", run.rows());
    assert_eq!(world.finished.len(), 1, "its end is told once");
    (end(&run), run)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// Each outcome is recorded once, nothing begins before its time, concurrency is kept, and every run ends.
    #[test]
    fn every_run_ends(seed in any::<u64>(), steps in 1_usize..16, order in any::<u64>()) {
        let plan = plan_of(&workflow(seed, steps, false));
        play(&plan, seed, order, Crash::Never, true);
    }

    #[test]
    fn the_order_of_things_does_not_change_the_end(seed in any::<u64>(), steps in 1_usize..16, orders in any::<(u64, u64)>()) {
        let plan = plan_of(&workflow(seed, steps, true));
        let (one, _) = play(&plan, seed, orders.0, Crash::Never, false);
        let (other, _) = play(&plan, seed, orders.1, Crash::Never, false);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_crash_after_every_fact_does_not_change_the_end(seed in any::<u64>(), steps in 1_usize..14, orders in any::<(u64, u64)>()) {
        let plan = plan_of(&workflow(seed, steps, true));
        let (one, _) = play(&plan, seed, orders.0, Crash::Never, false);
        let (other, _) = play(&plan, seed, orders.1, Crash::Always, false);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn crashes_pauses_and_cancellations_leave_no_run_hanging(seed in any::<u64>(), steps in 1_usize..14, order in any::<u64>()) {
        let plan = plan_of(&workflow(seed, steps, false));
        play(&plan, seed, order, Crash::Always, true);
    }

    /// What had completed is kept, and the run ends again.
    #[test]
    fn a_failed_run_is_retried(seed in any::<u64>(), steps in 1_usize..14, order in any::<u64>()) {
        let plan = plan_of(&workflow(seed, steps, true));
        let (first, mut run) = play(&plan, seed, order, Crash::Never, false);
        let result = run.handle(&plan, harness::MORNING, &Fact::Retried { steps: Vec::new() });
        if first.state != RunState::Failed || !first.steps.iter().any(|(_, state, ..)| state.as_str() == "failed") {
            prop_assert!(result.is_err() || first.state == RunState::Failed);
            return Ok(());
        }
        let effects = result.unwrap();
        let mut rows = run.rows();
        prop_assert_eq!(&Run::load(&plan, rows.clone()).unwrap(), &run);
        let begun: Vec<&str> = effects.commands.iter().filter(|command| command.begins()).filter_map(|command| command.key().step.as_deref()).collect();
        let failed: Vec<usize> = first.steps.iter().enumerate().filter(|(_, (_, state, ..))| state.as_str() == "failed").map(|(place, _)| place).collect();
        let after = plan.graph.after(&failed);
        for step in begun {
            let place = plan.graph.place(step).unwrap();
            prop_assert!(failed.contains(&place) || after.contains(&place), "{step} had completed and is begun again");
        }
        let mut world = World { round: 2, ..World::new(seed, &plan) };
        world.carry_out(&run.outstanding(&plan));
        for round in 0..MANY {
            if run.header().state.is_ended() {
                break;
            }
            let Some(event) = (if world.events.is_empty() { None } else { Some(world.events.remove(0)) }) else {
                prop_assert!(false, "nothing can happen any more: {:#?}", run.rows());
                break;
            };
            let fact = world.fact(&event);
            if let Ok(effects) = run.handle(&plan, harness::MORNING.plus(std::time::Duration::from_millis(round as u64)), &fact) {
                rows.apply(&effects);
                prop_assert_eq!(sorted(rows.clone()), sorted(run.rows()));
                world.carry_out(&effects.commands);
            }
        }
        prop_assert!(run.header().state.is_ended());
        // With the same fates it ends the same.
        let again = end(&run);
        prop_assert_eq!(again.state, first.state);
        for (one, other) in again.steps.iter().zip(&first.steps) {
            prop_assert_eq!((&one.0, one.1), (&other.0, other.1));
        }
    }
}

/// Lists, approvals, decisions, signals and sub-workflows among fifty steps, with a crash after every fact.
#[test]
fn fifty_steps_end_the_same_with_a_crash_after_every_fact() {
    for seed in 0..20 {
        let plan = plan_of(&workflow(seed, 50, true));
        let (one, _) = play(&plan, seed, seed, Crash::Never, false);
        let (other, _) = play(&plan, seed, seed + 1, Crash::Always, false);
        assert_eq!(one, other, "seed {seed}");
    }
}
