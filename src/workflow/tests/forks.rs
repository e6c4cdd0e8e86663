//! Is a fork its source but for one change: what does not follow from it is kept and not done again, and all that follows is done?
use std::collections::{BTreeSet, HashSet};

use baton_domain::problem::Problem;
use baton_workflow::run::{Change, Fork, Key, MAXIMUM_CHANGES_BYTES, Outcome, RunState, StepRow, StepState, Usage};
use baton_workflow::{Command, Effects, Fact, Plan, Run};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Lot, MORNING, World, end, person, plan, plan_of, sorted, start, workflow};
use crate::runs::{Crash, play, play_on};

fn fork_at(step: &str, change: Change) -> Fork {
    Fork {
        id: "r2".to_owned(),
        requested_by: "carol".to_owned(),
        at: MORNING.plus(std::time::Duration::from_secs(3_600)),
        step: step.to_owned(),
        change,
    }
}

/// Some steps and all that follow them, found from the side of those that follow.
fn with_followers(plan: &Plan, first: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut all = first.clone();
    for place in &plan.graph.order {
        if plan.graph.before(*place).any(|before| all.contains(&before)) {
            all.insert(*place);
        }
    }
    all
}

fn reached(row: &StepRow) -> bool {
    match row.state {
        StepState::Skipped => false,
        StepState::Canceled => row.asked_at.or(row.started_at).is_some(),
        _ => true,
    }
}

/// A change of a step: the same input again, or something else, or an output.
fn change_of(source: &Run, plan: &Plan, place: usize, lot: &mut Lot) -> Option<Change> {
    let said = &plan.workflow.steps[place];
    let give = said.approve.is_none() && said.decide.is_none() && (!said.works() || lot.chance(40));
    if give {
        let value = json!({"given": lot.below(1_000)});
        let count = source.clone().given(plan, place).ok().and_then(|given| given.as_array().map(Vec::len));
        return Some(Change::Output(if said.foreach.is_some() { vec![value; count?].into() } else { value }));
    }
    let given = source.clone().given(plan, place).ok()?;
    let other = lot.chance(70);
    Some(Change::Input(match given {
        Value::Array(items) if said.foreach.is_some() => {
            items.into_iter().map(|item| if other { json!({"message": "changed"}) } else { item }).collect()
        }
        given if other => json!({"message": {"was": given}}),
        given => given,
    }))
}

/// What must hold of every fork as it begins.
fn held(source: &Run, fork: &Run, effects: &Effects, plan: &Plan, place: usize) -> BTreeSet<usize> {
    let canceled = source.steps().enumerate().filter(|(_, row)| row.state == StepState::Canceled).map(|(place, _)| place);
    let first: BTreeSet<usize> = canceled.chain([place]).collect();
    let anew = with_followers(plan, &first);
    for (at, (was, is)) in source.steps().zip(fork.steps()).enumerate() {
        if anew.contains(&at) {
            assert!(is.copied.is_none() && is.generation == 1, "{}", is.step);
        } else {
            assert_eq!(&StepRow { copied: was.copied.clone(), ..is.clone() }, was, "what does not follow is kept");
            assert_eq!(is.copied, Some(was.copied.clone().unwrap_or_else(|| source.beginning().id.clone())), "where it was done");
            assert_eq!(fork.output(&is.step), source.output(&is.step));
        }
    }
    assert_eq!(fork.beginning().input, source.beginning().input);
    assert_eq!(fork.beginning().forked_from.as_ref().unwrap().run, source.beginning().id);
    let askers: HashSet<&str> = fork.askers().collect();
    assert!(askers.contains("carol") && source.askers().all(|asker| askers.contains(asker)), "{askers:?}");
    // All of it is stored: what is read back is the same.
    assert_eq!(effects.steps.len(), plan.workflow.steps.len());
    let rows = baton_workflow::run::Rows {
        beginning: fork.beginning().clone(),
        header: effects.header.clone().unwrap(),
        steps: effects.steps.clone(),
        items: effects.items.clone(),
        signals: effects.signals.clone(),
    };
    assert_eq!(sorted(rows.clone()), sorted(fork.rows()));
    assert_eq!(&Run::load(plan, rows).unwrap(), fork);
    anew
}

fn of_steps(keys: &HashSet<String>) -> HashSet<String> {
    keys.iter().map(|key| Key::parse(key).unwrap().step.unwrap()).collect()
}

/// What became of steps that are not done anew, and of those that are, after a fork has ended.
fn held_at_the_end(source: &Run, fork: &Run, begun: &HashSet<String>, anew: &BTreeSet<usize>, change: &Change, step: &str) {
    let begun = of_steps(begun);
    for (at, (was, is)) in source.steps().zip(fork.steps()).enumerate() {
        if !anew.contains(&at) {
            assert_eq!((is.state, &is.error, fork.output(&is.step)), (was.state, &was.error, source.output(&is.step)));
            assert!(!begun.contains(&is.step), "{} is done again", is.step);
        } else {
            assert!(is.state.is_ended() && is.copied.is_none());
        }
        match change {
            Change::Output(output) if is.step == step => {
                assert_eq!((is.state, fork.output(step)), (StepState::Completed, Some(output)));
                assert!(!begun.contains(step), "what is given is not done");
            }
            Change::Input(_) if is.step == step => assert!(is.state != StepState::Skipped, "it came to it before, and comes to it again"),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// Of runs that were paused, cancelled and failed, at any step, with any change, and with a crash after every fact.
    #[test]
    fn what_does_not_follow_is_kept_and_all_that_follows_is_done(seed in any::<u64>(), steps in 1_usize..14, order in any::<u64>(), meddle in any::<bool>()) {
        let plan = plan_of(&workflow(seed, steps, false));
        let (_, source) = play(&plan, seed, order, Crash::Never, meddle);
        let mut lot = Lot(order ^ seed);
        // Some of its steps: each is as good as another.
        for place in [lot.below(steps as u64) as usize, lot.below(steps as u64) as usize] {
            let said = &plan.workflow.steps[place];
            let row = source.step(&said.id).unwrap();
            let Some(change) = change_of(&source, &plan, place, &mut lot) else { continue };
            let fork = source.clone().fork(&plan, fork_at(&said.id, change.clone()));
            if !reached(row) {
                prop_assert_eq!(fork.unwrap_err().code, "WORKFLOW-046");
                continue;
            }
            let (fork, effects) = fork.unwrap();
            let anew = held(&source, &fork, &effects, &plan, place);
            let begun_as = fork.clone();
            let world = World { round: 2, ..World::new(seed.wrapping_add(lot.below(2)), &plan) };
            let crash = if lot.chance(50) { Crash::Always } else { Crash::Never };
            let (fork, begun) = play_on(&plan, fork, &effects, world, lot.next(), crash, meddle && lot.chance(30));
            prop_assert_eq!(&Run::fork_again(&plan, fork.rows()).unwrap(), &(begun_as.clone(), effects));
            if fork.header().state != RunState::Canceled {
                held_at_the_end(&source, &fork, &begun, &anew, &change, &said.id);
            }
        }
    }

    /// With agents that answer the same each time, a fork that is given the same again ends as its source did, whatever happens in which order and
    /// however often the process dies.
    #[test]
    fn a_fork_that_changes_nothing_ends_the_same(seed in any::<u64>(), steps in 1_usize..14, order in any::<u64>()) {
        let plan = plan_of(&workflow(seed, steps, true));
        let (expected, source) = play(&plan, seed, order, Crash::Never, false);
        let mut lot = Lot(order ^ seed);
        for place in [lot.below(steps as u64) as usize, lot.below(steps as u64) as usize] {
            let said = &plan.workflow.steps[place];
            if !reached(source.step(&said.id).unwrap()) {
                continue;
            }
            let same = if said.works() {
                match source.clone().given(&plan, place) {
                    Ok(given) => Change::Input(given),
                    Err(_) => continue,
                }
            } else if said.approve.is_none() && source.step(&said.id).unwrap().state == StepState::Completed {
                Change::Output(source.output(&said.id).cloned().unwrap_or_default())
            } else {
                continue;
            };
            for crash in [Crash::Never, Crash::Always] {
                let (fork, effects) = source.clone().fork(&plan, fork_at(&said.id, same.clone())).unwrap();
                let world = World::new(seed, &plan);
                let (fork, _) = play_on(&plan, fork, &effects, world, order.rotate_left(7), crash, false);
                prop_assert_eq!(&end(&fork), &expected, "forked at {}", &said.id);
            }
        }
    }

    /// A fork of a fork keeps the change of the first, and what is retried is done with it too.
    #[test]
    fn forks_are_forked_and_retried(seed in any::<u64>(), steps in 2_usize..12, order in any::<u64>()) {
        let plan = plan_of(&workflow(seed, steps, true));
        let (_, mut source) = play(&plan, seed, order, Crash::Never, false);
        let mut lot = Lot(order ^ 7);
        let mut changed: Vec<(String, Change)> = Vec::new();
        for round in 0..4_u32 {
            let reachable: Vec<usize> = (0..steps).filter(|place| source.steps().nth(*place).is_some_and(reached)).collect();
            prop_assume!(!reachable.is_empty());
            let place = reachable[lot.below(reachable.len() as u64) as usize];
            let step = plan.workflow.steps[place].id.clone();
            let Some(change) = change_of(&source, &plan, place, &mut lot) else { continue };
            let id = format!("fork{round}");
            let Ok((fork, effects)) = source.clone().fork(&plan, Fork { id, ..fork_at(&step, change.clone()) }) else { continue };
            changed.retain(|(known, _)| *known != step);
            changed.push((step.clone(), change));
            let world = World { round: round + 2, ..World::new(seed, &plan) };
            let (fork, _) = play_on(&plan, fork, &effects, world, lot.next(), Crash::Always, false);
            for (step, change) in &changed {
                let row = fork.step(step).unwrap();
                if let (Change::Output(output), StepState::Completed) = (change, row.state) {
                    prop_assert_eq!(fork.output(step), Some(output));
                }
                prop_assert_eq!(fork.beginning().changes.get(step), Some(change));
            }
            source = fork;
        }
    }
}

/// A run that is at its end, and how it came to it.
fn ended(plan: &Plan, input: Value, outcome: impl Fn(&Command) -> Outcome) -> Run {
    let (run, effects) = start(plan, input);
    to_the_end(plan, run, effects, outcome).0
}

/// Gives also all commands that began something.
fn to_the_end(plan: &Plan, mut run: Run, effects: Effects, outcome: impl Fn(&Command) -> Outcome) -> (Run, Vec<Command>) {
    let mut open: Vec<Command> = effects.commands.into_iter().filter(Command::begins).collect();
    let mut begun = Vec::new();
    while let Some(command) = open.pop() {
        let fact =
            Fact::Ended { key: command.key().clone(), outcome: outcome(&command), usage: Usage { tokens: 5, cost_micros: 0, tasks: 0 } };
        let effects = run.handle(plan, MORNING, &fact).unwrap();
        begun.push(command);
        open.extend(effects.commands.into_iter().filter(Command::begins));
    }
    (run, begun)
}

fn echo(command: &Command) -> Outcome {
    match command {
        Command::StartTask { input, .. } => Outcome::Completed(input.clone()),
        _ => Outcome::Completed(json!({})),
    }
}

const THREE: &str = "
name: three
version: 1
limits: {tokens: 12, tasks: 3}
inputs: {texts: {type: array, items: {type: string}}}
steps:
  first: {uses: a.b, with: {count: '${{ length(inputs.texts) }}'}}
  each: {uses: a.b, foreach: '${{ inputs.texts }}', with: {text: '${{ item }}', count: '${{ steps.first.output.count }}'}}
  last: {uses: a.b, with: {all: '${{ steps.each.output }}'}}
  hold: {wait: {signal: go}, if: 'inputs.texts[0] == \"never\"'}
outputs: {all: '${{ steps.last.output }}'}
";

fn refused(run: &Run, plan: &Plan, step: &str, change: Change) -> (String, String) {
    let problem: Problem = run.clone().fork(plan, fork_at(step, change)).unwrap_err();
    (problem.code.clone(), problem.errors.first().map(|error| error.field.clone()).unwrap_or_default())
}

#[test]
fn a_change_that_does_not_fit_is_refused_with_its_field() {
    let plan = plan(&THREE.replace("tokens: 12, tasks: 3", "tasks: 99"));
    let (going, _) = start(&plan, json!({"texts": ["a", "b"]}));
    assert_eq!(refused(&going, &plan, "first", Change::Input(json!({}))).0, "WORKFLOW-023");
    let run = ended(&plan, json!({"texts": ["a", "b"]}), echo);
    let code = |code: &str, field: &str| (code.to_owned(), field.to_owned());
    assert_eq!(refused(&run, &plan, "none", Change::Input(json!({}))), code("REQUEST-002", "/step"));
    assert_eq!(refused(&run, &plan, "hold", Change::Output(json!({}))), code("WORKFLOW-046", ""));
    assert_eq!(refused(&run, &plan, "each", Change::Input(json!({}))), code("WORKFLOW-047", "/input"));
    assert_eq!(refused(&run, &plan, "each", Change::Input(json!([{}]))), code("WORKFLOW-047", "/input"));
    assert_eq!(refused(&run, &plan, "each", Change::Output(json!([1, 2, 3]))), code("WORKFLOW-047", "/output"));
    let deep = (0..101).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(refused(&run, &plan, "each", Change::Output(json!([1, deep]))), code("WORKFLOW-047", "/output/1"));
    let long = json!({"text": "x".repeat(256 << 10)});
    assert_eq!(refused(&run, &plan, "each", Change::Input(json!([{}, long]))), code("WORKFLOW-047", "/input/1"));
    assert_eq!(refused(&run, &plan, "first", Change::Input(long)), code("WORKFLOW-047", "/input"));
    let most = json!("x".repeat(MAXIMUM_CHANGES_BYTES - 2));
    let (fork, effects) = run.clone().fork(&plan, fork_at("first", Change::Output(most))).unwrap();
    let (fork, _) = to_the_end(&plan, fork, effects, |_| Outcome::Completed(json!(1)));
    assert_eq!(refused(&fork, &plan, "each", Change::Output(json!([1, 2]))), code("WORKFLOW-047", "/output"), "both are too many");
    let other = crate::harness::plan("name: other\nversion: 1\nsteps: {first: {uses: a.b}}");
    assert_eq!(refused(&run, &other, "first", Change::Input(json!({}))).0, "WORKFLOW-025");
    let id = run.fork(&plan, Fork { id: "a/b".to_owned(), ..fork_at("first", Change::Input(json!({}))) }).unwrap_err();
    assert_eq!(id.code, "WORKFLOW-020");
}

#[test]
fn the_changed_input_is_what_begins_and_limits_count_anew() {
    let whole = plan(&THREE.replace("tokens: 12, tasks: 3", "tasks: 99"));
    let run = ended(&whole, json!({"texts": ["a", "b"]}), echo);
    assert_eq!(run.header().tokens, 20);
    let changed = json!([{"text": "c"}, {"text": "d", "more": 1}]);
    let (fork, effects) = run.clone().fork(&whole, fork_at("each", Change::Input(changed.clone()))).unwrap();
    let inputs: Vec<Value> = effects
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::StartTask { input, .. } => Some(input.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(Value::from(inputs), changed);
    assert!(effects.commands.iter().filter(|command| command.begins()).all(|command| command.key().run == "r2"));
    let (fork, begun) = to_the_end(&whole, fork, effects, echo);
    assert_eq!((begun.len(), fork.header().tokens, fork.header().tasks, fork.header().steps), (3, 15, 3, 2));
    assert_eq!(fork.header().outputs, Some(json!({"all": {"all": changed}})));
    assert_eq!(fork.header().resumed_at, fork.beginning().started_at, "its duration counts anew");
    // Of an output nothing is begun but what follows.
    let (fork, effects) = run.fork(&whole, fork_at("each", Change::Output(json!([null, 2])))).unwrap();
    let (fork, begun) = to_the_end(&whole, fork, effects, echo);
    assert_eq!((begun.len(), fork.header().outputs.clone()), (1, Some(json!({"all": {"all": [null, 2]}}))));
}

#[test]
fn a_run_that_came_to_its_limit_is_forked_with_all_of_it() {
    let plan = plan(THREE);
    let source = ended(&plan, json!({"texts": ["a", "b"]}), echo);
    assert_eq!((source.header().state, source.header().error.as_ref().unwrap().code.as_str()), (RunState::Failed, "WORKFLOW-024"));
    // What was cancelled there is done here, as far as this one's own limits go.
    let (fork, effects) = source.fork(&plan, fork_at("first", Change::Output(json!({"count": 1})))).unwrap();
    let (fork, begun) = to_the_end(&plan, fork, effects, |command| match echo(command) {
        outcome if command.key().step.as_deref() == Some("each") => outcome,
        _ => Outcome::Failed { code: "boom".to_owned(), message: "it broke".to_owned() },
    });
    assert_eq!(begun.len(), 3);
    assert_eq!(fork.header().error.as_ref().unwrap().code, "WORKFLOW-024");
}

#[test]
fn a_changed_input_is_approved_anew_by_somebody_else() {
    let plan = plan(
        "name: send\nversion: 1\nsteps:\n  draft: {uses: a.b, approve: {who: [bob, dave, carol]}}\n  send: {uses: a.b, approve: true, with: {text: '${{ steps.draft.output }}'}}\n",
    );
    let (mut run, effects) = start(&plan, json!({}));
    let asked = |effects: &Effects| {
        effects.commands.iter().find_map(|command| match command {
            Command::AskApproval { key, hash, subject, .. } => Some((key.clone(), hash.clone(), subject.clone())),
            _ => None,
        })
    };
    let agrees = |run: &mut Run, (key, hash): (Key, String), by: &str| {
        run.handle(&plan, MORNING, &Fact::Approved { key, hash, by: person(by, &["operator"]), comment: None })
    };
    let (key, hash, _) = asked(&effects).unwrap();
    let effects = agrees(&mut run, (key, hash), "bob").unwrap();
    let work = effects.commands.iter().find(|command| command.begins()).unwrap().key().clone();
    let effects = run
        .handle(&plan, MORNING, &Fact::Ended { key: work, outcome: Outcome::Completed(json!("hello")), usage: Usage::default() })
        .unwrap();
    let (key, hash, first) = asked(&effects).unwrap();
    let effects = agrees(&mut run, (key, hash.clone()), "bob").unwrap();
    let work = effects.commands.iter().find(|command| command.begins()).unwrap().key().clone();
    run.handle(&plan, MORNING, &Fact::Ended { key: work, outcome: Outcome::Completed(json!(1)), usage: Usage::default() }).unwrap();
    assert_eq!(run.header().state, RunState::Completed);
    // Nobody's agreement is made up.
    assert_eq!(refused(&run, &plan, "draft", Change::Output(json!("bye"))), ("WORKFLOW-047".to_owned(), "/output".to_owned()));
    let (mut fork, effects) = run.fork(&plan, fork_at("send", Change::Input(json!({"text": "bye"})))).unwrap();
    assert_eq!(fork.step("draft").unwrap().decided_by.as_deref(), Some("bob"), "what was agreed to is kept");
    let (key, anew, subject) = asked(&effects).unwrap();
    assert_ne!(anew, hash);
    assert_eq!((&first["input"]["text"], &subject["input"]["text"]), (&json!("hello"), &json!("bye")));
    for asker in ["ada", "carol"] {
        assert_eq!(agrees(&mut fork, (key.clone(), anew.clone()), asker).unwrap_err().code, "WORKFLOW-028", "{asker}");
    }
    assert!(agrees(&mut fork, (key.clone(), hash), "bob").is_err(), "what was agreed to there is something else");
    let effects = agrees(&mut fork, (key, anew), "bob").unwrap();
    assert!(effects.commands.iter().any(|command| matches!(command, Command::StartTask { input, .. } if *input == json!({"text": "bye"}))));
}

#[test]
fn a_retry_of_a_fork_is_done_with_its_change() {
    let plan = plan(
        "name: two\nversion: 1\nsteps:\n  one: {uses: a.b, with: {n: 1}}\n  two: {uses: a.b, with: {n: '${{ steps.one.output.n }}'}}\n",
    );
    let run = ended(&plan, json!({}), echo);
    let (fork, effects) = run.fork(&plan, fork_at("one", Change::Input(json!({"n": 2})))).unwrap();
    let (mut fork, _) = to_the_end(&plan, fork, effects, |_| Outcome::Failed { code: "boom".to_owned(), message: String::new() });
    let effects = fork.handle(&plan, MORNING, &Fact::Retried { steps: Vec::new(), by: person("dave", &[]) }).unwrap();
    let (fork, begun) = to_the_end(&plan, fork, effects, echo);
    assert_eq!((begun.len(), fork.output("two")), (2, Some(&json!({"n": 2}))));
}

#[test]
fn a_list_that_an_earlier_fork_changed_must_still_fit() {
    let plan = plan(
        "name: two\nversion: 1\nsteps:\n  one: {uses: a.b, with: {list: [1, 2]}}\n  each: {uses: a.b, foreach: '${{ steps.one.output.list }}', with: {n: '${{ item }}'}}\n",
    );
    let run = ended(&plan, json!({}), echo);
    let (fork, effects) = run.fork(&plan, fork_at("each", Change::Input(json!([{"n": 3}, {"n": 4}])))).unwrap();
    let (fork, _) = to_the_end(&plan, fork, effects, echo);
    assert_eq!(fork.output("each"), Some(&json!([{"n": 3}, {"n": 4}])));
    let shorter = Fork { id: "r3".to_owned(), ..fork_at("one", Change::Input(json!({"list": [1]}))) };
    let (other, effects) = fork.clone().fork(&plan, shorter).unwrap();
    let (other, _) = to_the_end(&plan, other, effects, echo);
    assert_eq!(other.step("each").unwrap().error.as_ref().unwrap().code, "WORKFLOW-047");
    let same = Fork { id: "r3".to_owned(), ..fork_at("one", Change::Input(json!({"list": [5, 6]}))) };
    let (other, effects) = fork.fork(&plan, same).unwrap();
    let (other, _) = to_the_end(&plan, other, effects, echo);
    assert_eq!(other.output("each"), Some(&json!([{"n": 3}, {"n": 4}])), "the change of the first fork holds");
}

/// Fifty steps of every kind, at every one of them.
#[test]
fn fifty_steps_are_forked_at_each_of_them() {
    for seed in 0..4 {
        let plan = plan_of(&workflow(seed, 50, true));
        let (_, source) = play(&plan, seed, seed, Crash::Never, false);
        let mut lot = Lot(seed);
        let mut forked = 0;
        for (place, said) in plan.workflow.steps.iter().enumerate() {
            if !reached(source.step(&said.id).unwrap()) {
                continue;
            }
            let Some(change) = change_of(&source, &plan, place, &mut lot) else { continue };
            let (fork, effects) = source.clone().fork(&plan, fork_at(&said.id, change.clone())).unwrap();
            let anew = held(&source, &fork, &effects, &plan, place);
            let (fork, begun) = play_on(&plan, fork, &effects, World { round: 2, ..World::new(seed, &plan) }, seed, Crash::Always, false);
            held_at_the_end(&source, &fork, &begun, &anew, &change, &said.id);
            forked += 1;
        }
        assert!(forked > 5, "seed {seed}: {forked}");
    }
}
