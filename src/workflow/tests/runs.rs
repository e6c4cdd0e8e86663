//! Do runs end, whatever happens in which order, and does a crash at any point change nothing?
use std::collections::HashSet;

use crate::harness::{End, Lot, World, check, end, person, plan_of, sorted, start, workflow};
use baton_workflow::document::OnFailure;
use baton_workflow::run::{Rows, RunState};
use baton_workflow::{Command, Effects, Fact, Plan, Run};
use proptest::prelude::*;
use serde_json::json;

/// The most facts that a run of these workflows can take.
const MANY: usize = 2_000;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Crash {
    Never,
    /// After each fact the run is dropped, its rows are read back, and all commands are given again. Those of the fact itself are lost half of the
    /// time.
    Always,
}

/// Plays a run to its end; things happen in an order drawn from `order`.
pub(crate) fn play(plan: &Plan, seed: u64, order: u64, crash: Crash, meddle: bool) -> (End, Run) {
    let (run, effects) = start(plan, json!({"n": seed % 4}));
    let (run, _) = play_on(plan, run, &effects, World::new(seed, plan), order, crash, meddle);
    (end(&run), run)
}

/// The same for a run that has begun; gives also the keys of all that it began.
pub(crate) fn play_on(
    plan: &Plan,
    run: Run,
    effects: &Effects,
    world: World,
    order: u64,
    crash: Crash,
    meddle: bool,
) -> (Run, HashSet<String>) {
    let mut stage = Stage { plan, rows: run.rows(), run, world, lot: Lot(order), crash, begun: HashSet::new(), ends: 0 };
    stage.carry_out(effects, false);
    stage.go_on(meddle);
    (stage.run, stage.begun)
}

/// A run in a world.
struct Stage<'a> {
    plan: &'a Plan,
    run: Run,
    rows: Rows,
    world: World,
    lot: Lot,
    crash: Crash,
    begun: HashSet<String>,
    /// How often the run has told its end, in this try.
    ends: usize,
}

impl Stage<'_> {
    /// Stores what has changed and carries out what is to be done, with a crash in between where there are crashes.
    fn carry_out(&mut self, effects: &Effects, may_crash: bool) {
        for command in &effects.commands {
            if command.begins() {
                assert!(self.begun.insert(command.key().to_string()), "{} is begun twice", command.key());
            }
            self.ends += usize::from(matches!(command, Command::FinishRun { .. }));
        }
        check(self.plan, &self.run, effects);
        self.rows.apply(effects);
        assert_eq!(sorted(self.rows.clone()), sorted(self.run.rows()), "what is stored fact by fact is the state");
        if self.crash == Crash::Never || !may_crash {
            return self.world.carry_out(&effects.commands);
        }
        let text = serde_json::to_string(&self.rows).unwrap();
        let loaded = Run::load(self.plan, serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(loaded, self.run, "what is read back is what was stored");
        self.run = loaded;
        if self.lot.chance(50) {
            self.world.carry_out(&effects.commands);
        } else {
            // Cancellations of what has ended may be lost; all others are given again.
            let again: HashSet<String> = self.run.outstanding(self.plan).iter().map(|command| format!("{command:?}")).collect();
            for command in &effects.commands {
                let over = command.key().step.as_deref().is_some_and(|step| self.run.step(step).unwrap().state.is_ended());
                let needed = !over || matches!(command, Command::WithdrawApproval { .. } | Command::FinishRun { .. });
                let of_run =
                    command.key().step.is_none() && self.run.header().state.is_ended() && !matches!(command, Command::FinishRun { .. });
                assert!(!needed || of_run || again.contains(&format!("{command:?}")), "{command:?} is lost");
            }
        }
        self.world.carry_out(&self.run.outstanding(self.plan));
    }

    /// Somebody does something that may not be allowed.
    fn meddle(&mut self, fact: &Fact) {
        let at = self.world.now();
        if let Ok(effects) = self.run.handle(self.plan, at, fact) {
            self.carry_out(&effects, true);
        }
    }

    fn go_on(&mut self, meddle: bool) {
        for _ in 0..MANY {
            let paused = self.run.header().state == RunState::Paused;
            if meddle && !self.run.header().state.is_ended() && self.lot.chance(6) {
                self.meddle(if paused { &Fact::Resumed } else { &Fact::Paused });
            }
            if meddle && !self.run.header().state.is_ended() && self.lot.chance(1) {
                self.meddle(&Fact::Canceled);
            }
            if self.run.header().state.is_ended() {
                break;
            }
            let Some(event) = self.world.next(&mut self.lot) else {
                assert!(self.run.header().state == RunState::Paused, "nothing can happen any more: {:#?}", self.run.rows());
                self.meddle(&Fact::Resumed);
                continue;
            };
            self.happens(&event);
        }
        assert!(self.run.header().state.is_ended(), "the run does not end: {:#?}", self.run.rows());
        assert_eq!(self.ends, 1, "its end is told once");
        assert_eq!(self.world.finished.last(), self.run.outstanding(self.plan).last());
        assert!(self.world.open.is_empty(), "nobody is asked for what is over: {:?}", self.world.open);
        // What is told of an end that is over changes nothing.
        for event in std::mem::take(&mut self.world.events) {
            let before = self.run.clone();
            let fact = self.world.fact(&event);
            if let Ok(effects) = self.run.handle(self.plan, self.world.now(), &fact) {
                assert!(effects.ignored, "{fact:?}");
            }
            assert_eq!(self.run, before);
        }
    }

    fn happens(&mut self, event: &crate::harness::Event) {
        let fact = self.world.fact(event);
        let at = self.world.now();
        let effects = match self.run.handle(self.plan, at, &fact) {
            Ok(effects) => effects,
            // A signal or an approval that comes too late.
            Err(problem) => {
                assert_eq!(problem.status, 409, "{problem}");
                return;
            }
        };
        // Told again, it changes nothing.
        let before = self.run.clone();
        match self.run.handle(self.plan, at, &fact) {
            Ok(again) => assert!(again.ignored && again == Effects { ignored: true, ..Effects::default() }, "{fact:?}: {again:?}"),
            Err(problem) => assert_eq!(problem.status, 409),
        }
        assert_eq!(self.run, before);
        self.carry_out(&effects, true);
    }
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
        let result = run.handle(&plan, crate::harness::MORNING, &Fact::Retried { steps: Vec::new(), by: person("barbara", &[]) });
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
            if let Ok(effects) = run.handle(&plan, crate::harness::MORNING.plus(std::time::Duration::from_millis(round as u64)), &fact) {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Some of what failed is begun anew, again and again, while things go otherwise than before, processes crash and people meddle: what has
    /// completed is not done again unless it follows, and no run completes with a step that was cancelled.
    #[test]
    fn runs_are_retried_in_part_while_things_change(seed in any::<u64>(), steps in 1_usize..14, order in any::<u64>()) {
        let plan = plan_of(&workflow(seed, steps, false));
        let (run, effects) = start(&plan, json!({"n": seed % 4}));
        let world = World::new(seed, &plan);
        let mut stage =
            Stage { plan: &plan, rows: run.rows(), run, world, lot: Lot(order), crash: Crash::Always, begun: HashSet::new(), ends: 0 };
        stage.carry_out(&effects, false);
        stage.go_on(true);
        for round in 1..4_u64 {
            let before = stage.run.rows();
            let bad: Vec<&str> = before.steps.iter().filter(|row| row.state.as_str() == "failed").map(|row| row.step.as_str()).collect();
            let some: Vec<String> = bad.iter().filter(|_| stage.lot.chance(50)).map(|step| (*step).to_owned()).collect();
            let at = stage.world.now();
            let Ok(effects) = stage.run.handle(&plan, at, &Fact::Retried { steps: some.clone(), by: person("barbara", &[]) }) else {
                break;
            };
            let completed = |step: &str| before.steps.iter().any(|row| row.step == step && row.state.as_str() == "completed");
            let handled = |place: usize| match &plan.workflow.steps[place].on_failure {
                OnFailure::Fail => false,
                OnFailure::Continue => true,
                OnFailure::Run(handler) => completed(&handler.name),
            };
            let of = |again: &dyn Fn(usize, &baton_workflow::run::StepRow) -> bool| -> Vec<usize> {
                before.steps.iter().enumerate().filter(|(place, row)| again(*place, row)).map(|(place, _)| place).collect()
            };
            let failed = |row: &baton_workflow::run::StepRow| some.is_empty() && row.state.as_str() == "failed";
            let mut first = of(&|place, row| {
                row.state.as_str() == "canceled" || some.contains(&row.step) || (failed(row) && !handled(place))
            });
            if first.is_empty() {
                first = of(&|_, row| failed(row));
            }
            let after = plan.graph.after(&first);
            for (place, (was, is)) in before.steps.iter().zip(stage.run.steps()).enumerate() {
                let anew = first.contains(&place) || after.contains(&place);
                prop_assert_eq!(anew, is.generation > was.generation, "{}", &was.step);
                prop_assert!(anew || was == is);
            }
            // Items that had completed are kept, unless what comes before the step is done anew.
            for item in before.items.iter().filter(|item| item.state.as_str() == "completed") {
                let place = plan.graph.place(&item.step).unwrap();
                if first.contains(&place) && !after.contains(&place) {
                    prop_assert!(!effects.commands.iter().any(|command| command.begins() && command.key().step.as_deref() == Some(item.step.as_str()) && command.key().index == Some(item.index)));
                }
            }
            stage.world = World { round: round as u32 + 1, ..World::new(seed.wrapping_add(round), &plan) };
            stage.ends = 0;
            stage.carry_out(&effects, true);
            stage.go_on(true);
            if stage.run.header().state == RunState::Completed {
                prop_assert!(stage.run.steps().all(|row| row.state.as_str() != "canceled"));
            }
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
