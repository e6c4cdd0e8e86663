//! Do approvals, signals, limits, retries and pauses do what they say?
use std::time::Duration;

use crate::harness::{MORNING, person, plan, start};
use baton_domain::problem::Problem;
use baton_domain::time::Timestamp;
use baton_workflow::run::{ItemState, Key, Outcome, RunState, StepState, Usage};
use baton_workflow::{Command, Effects, Fact, Plan, Run, parse};
use serde_json::{Value, json};

/// A run with its plan and what it last asked for.
struct Play {
    plan: Plan,
    run: Run,
    last: Effects,
    at: Timestamp,
}

impl Play {
    fn of(text: &str, input: Value) -> Self {
        let plan = plan(text);
        let (run, last) = start(&plan, input);
        Self { plan, run, last, at: MORNING }
    }

    fn steps(steps: &str) -> Self {
        Self::of(&format!("name: x\nversion: 1\nsteps:\n{steps}"), json!({}))
    }

    fn take(&mut self, fact: &Fact) -> Result<Effects, Problem> {
        self.at = self.at.plus(Duration::from_secs(1));
        let effects = self.run.handle(&self.plan, self.at, fact)?;
        self.last = effects.clone();
        Ok(effects)
    }

    fn ends(&mut self, key: &str, outcome: Outcome) -> Effects {
        self.take(&Fact::Ended { key: Key::parse(key).unwrap(), outcome, usage: Usage::default() }).unwrap()
    }

    fn completes(&mut self, key: &str, output: Value) -> Effects {
        self.ends(key, Outcome::Completed(output))
    }

    fn fails(&mut self, key: &str) -> Effects {
        self.ends(key, Outcome::Failed { code: "boom".to_owned(), message: "it broke".to_owned() })
    }

    fn fires(&mut self, key: &str) -> Effects {
        self.take(&Fact::Timer { key: Key::parse(key).unwrap() }).unwrap()
    }

    fn begun(&self) -> Vec<String> {
        self.last.commands.iter().filter(|command| command.begins()).map(|command| command.key().to_string()).collect()
    }

    fn keys(&self) -> Vec<String> {
        self.last.commands.iter().map(|command| command.key().to_string()).collect()
    }

    fn state(&self, step: &str) -> StepState {
        self.run.step(step).unwrap().state
    }

    fn code(&self, step: &str) -> String {
        self.run.step(step).unwrap().error.clone().unwrap().code
    }

    fn asked(&self) -> (Key, String, Value) {
        let found = self.last.commands.iter().find_map(|command| match command {
            Command::AskApproval { key, hash, subject, .. } => Some((key.clone(), hash.clone(), subject.clone())),
            _ => None,
        });
        found.expect("an approval is asked for")
    }
}

fn retried(steps: &[&str]) -> Fact {
    Fact::Retried { steps: steps.iter().map(|step| (*step).to_owned()).collect(), by: person("barbara", &[]) }
}

fn refused(result: Result<Effects, Problem>) -> String {
    result.unwrap_err().code
}

#[test]
fn outputs_flow_from_step_to_step() {
    let text = "name: x\nversion: 1\ninputs: {n: integer, m: {type: integer, default: 2}}\nsteps:\n  a: {uses: k.a, with: {v: \"${{ inputs.n * inputs.m }}\", gone: \"${{ inputs.none ?? null }}\", said: null}}\n  b: {uses: k.b, with: {v: \"${{ steps.a.output.v + 1 }}\"}, retry: 2}\noutputs: {sum: \"${{ steps.b.output.v }}\", text: \"n = ${{ inputs.n }}\"}\n".replace("inputs.none ?? null", "steps.a.error");
    let text = text.replace("gone: \"${{ steps.a.error }}\", ", "");
    let mut play = Play::of(&text, json!({"n": 3}));
    let input = |play: &Play| match &play.last.commands.iter().find(|command| command.begins()).unwrap() {
        Command::StartTask { input, skill, retry, .. } => {
            (skill.clone(), input.clone(), retry.as_ref().and_then(|retry| retry.maximum_attempts))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(input(&play), ("k.a".to_owned(), json!({"v": 6, "said": null}), None));
    play.completes("r1/work/a/1", json!({"v": 7}));
    assert_eq!(input(&play), ("k.b".to_owned(), json!({"v": 8}), Some(2)));
    play.completes("r1/work/b/1", json!({"v": 9}));
    assert_eq!(play.run.header().state, RunState::Completed);
    assert_eq!(play.run.header().outputs, Some(json!({"sum": 9, "text": "n = 3"})));
    assert!(matches!(&play.last.commands[..], [Command::FinishRun { state: RunState::Completed, .. }]));
}

#[test]
fn an_input_that_does_not_fit_begins_no_run() {
    let plan = plan("name: x\nversion: 1\ninputs: {n: {type: integer, maximum: 5}}\nsteps: {a: {uses: k.a}}\n");
    for input in [json!({}), json!({"n": "x"}), json!({"n": 6}), json!({"n": 1, "m": 2}), json!([1])] {
        let start = baton_workflow::Start { id: "r".into(), requested_by: "ada".into(), input: input.clone(), at: MORNING };
        let problem = Run::start(&plan, start).unwrap_err();
        assert_eq!(problem.code, "WORKFLOW-020", "{input}");
        assert!(!problem.errors.is_empty());
    }
}

#[test]
fn a_foreach_keeps_its_concurrency_and_the_order_of_its_list() {
    let mut play = Play::steps(
        "  a: {uses: k.a, foreach: {items: [x, y, z], concurrency: 2}, with: {v: \"${{ item }}${{ index }}\"}}\n  b: {uses: k.b, with: {v: \"${{ steps.a.output }}\"}}\n",
    );
    assert_eq!(play.begun(), ["r1/work/a/1/0", "r1/work/a/1/1"]);
    play.completes("r1/work/a/1/1", json!(1));
    assert_eq!(play.begun(), ["r1/work/a/1/2"]);
    // Only what has changed is stored: two items, their step and the run.
    assert_eq!((play.last.items.len(), play.last.steps.len()), (2, 1));
    play.completes("r1/work/a/1/2", json!(2));
    play.completes("r1/work/a/1/0", json!(0));
    assert_eq!(play.run.output("a"), Some(&json!([0, 1, 2])));
    assert!(matches!(&play.last.commands[..], [Command::StartTask { input, .. }] if *input == json!({"v": [0, 1, 2]})));
}

#[test]
fn the_first_failure_of_an_item_stops_the_others_unless_told_otherwise() {
    let mut play = Play::steps("  a: {uses: k.a, foreach: {items: [1, 2, 3, 4], concurrency: 2}}\n");
    play.fails("r1/work/a/1/1");
    assert_eq!(play.keys(), ["r1/work/a/1/0"]);
    assert!(matches!(play.last.commands[0], Command::Cancel { .. }));
    assert_eq!(play.state("a"), StepState::Stopping);
    play.ends("r1/work/a/1/0", Outcome::Canceled);
    assert_eq!((play.state("a"), play.code("a").as_str(), play.run.header().state), (StepState::Failed, "WORKFLOW-032", RunState::Failed));
    assert!(play.run.header().error.as_ref().unwrap().message.contains("item 1: it broke"));

    let mut play = Play::steps(
        "  a: {uses: k.a, on_failure: continue, foreach: {items: [1, 2, 3], concurrency: 2, fail_fast: false}}\n  b: {uses: k.b, with: {v: \"${{ steps.a.output }}\"}}\n",
    );
    play.fails("r1/work/a/1/0");
    assert_eq!(play.begun(), ["r1/work/a/1/2"]);
    play.completes("r1/work/a/1/1", json!("y"));
    play.completes("r1/work/a/1/2", json!("z"));
    assert_eq!(play.state("a"), StepState::Failed);
    // Forgiven: what needs it goes on, with a gap.
    assert!(matches!(&play.last.commands[..], [Command::StartTask { input, .. }] if *input == json!({"v": [null, "y", "z"]})));
    play.completes("r1/work/b/1", json!({}));
    assert_eq!(play.run.header().state, RunState::Completed);
}

#[test]
fn a_list_that_is_too_long_or_none_fails_its_step() {
    let text =
        |items: &str| format!("name: x\nversion: 1\ninputs: {{list: {{}}}}\nsteps:\n  a: {{uses: k.a, foreach: \"${{{{ {items} }}}}\"}}\n");
    let million: Vec<u8> = vec![0; 1_000_000];
    let play = Play::of(&text("inputs.list"), json!({"list": million}));
    assert_eq!((play.code("a").as_str(), play.run.header().state), ("WORKFLOW-014", RunState::Failed));
    let play = Play::of(&text("inputs.list"), json!({"list": "no list"}));
    assert_eq!(play.code("a"), "WORKFLOW-014");
    let play = Play::of(&text("inputs.list"), json!({"list": []}));
    assert_eq!(
        (play.state("a"), play.run.output("a"), play.run.header().state),
        (StepState::Completed, Some(&json!([])), RunState::Completed)
    );
    // An expression that would not end is stopped.
    let play = Play::of(&text("filter(range(10000), x => all(range(10000), y => x + y >= 0))"), json!({"list": []}));
    assert_eq!(play.code("a"), "WORKFLOW-022");
    let play = Play::of(&text("[1 / (length(inputs.list) - 0)]"), json!({"list": []}));
    assert_eq!(play.code("a"), "WORKFLOW-021");
}

#[test]
fn skipping_goes_on_to_what_needs_it_unless_that_asks() {
    let mut play = Play::steps(
        "  a: {uses: k.a}\n  b: {uses: k.b, needs: a, if: steps.a.output.go}\n  c: {uses: k.c, needs: b}\n  d: {uses: k.d, needs: c, if: always()}\n  e: {uses: k.e, needs: c, if: failure()}\n",
    );
    play.completes("r1/work/a/1", json!({"go": false}));
    assert_eq!([play.state("b"), play.state("c"), play.state("e")], [StepState::Skipped; 3]);
    assert_eq!(play.begun(), ["r1/work/d/1"]);
    play.completes("r1/work/d/1", json!({}));
    assert_eq!(play.run.header().state, RunState::Completed);
    let mut play = Play::steps("  a: {uses: k.a}\n  b: {uses: k.b, needs: a}\n  c: {uses: k.c, needs: b, if: failure()}\n");
    play.fails("r1/work/a/1");
    assert_eq!((play.state("b"), play.begun()), (StepState::Skipped, vec!["r1/work/c/1".to_owned()]));
}

#[test]
fn a_failure_is_handled_by_another_step() {
    let steps = "  a: {uses: k.a, on_failure: {run: h}}\n  b: {uses: k.b, needs: a}\n  h: {uses: k.h, with: {why: \"${{ steps.a.error.code }}\"}}\n  after: {uses: k.c, needs: h}\n";
    let mut play = Play::steps(steps);
    play.fails("r1/work/a/1");
    assert_eq!((play.state("b"), play.begun()), (StepState::Skipped, vec!["r1/work/h/1".to_owned()]));
    assert!(matches!(&play.last.commands[..], [Command::StartTask { input, .. }] if *input == json!({"why": "boom"})));
    play.completes("r1/work/h/1", json!({}));
    assert_eq!(play.begun(), ["r1/work/after/1"]);
    play.completes("r1/work/after/1", json!({}));
    assert_eq!(play.run.header().state, RunState::Completed);
    let mut play = Play::steps(steps);
    play.fails("r1/work/a/1");
    play.fails("r1/work/h/1");
    assert_eq!((play.run.header().state, play.state("after")), (RunState::Failed, StepState::Skipped));
    let mut play = Play::steps(steps);
    play.completes("r1/work/a/1", json!({}));
    assert_eq!((play.state("h"), play.state("after")), (StepState::Skipped, StepState::Skipped));
    play.completes("r1/work/b/1", json!({}));
    assert_eq!(play.run.header().state, RunState::Completed);
}

#[test]
fn an_approval_is_given_once_by_somebody_else_in_time_for_exactly_what_it_is_about() {
    let steps = "  a: {uses: k.a, with: {v: 1}, approve: {who: [\"role:operator\", linus], expires: 1h, message: \"Do it?\"}}\n";
    let play = Play::steps(steps);
    assert_eq!(play.state("a"), StepState::Approving);
    let (key, hash, subject) = play.asked();
    assert_eq!(subject, json!({"step": "a", "uses": "k.a", "input": {"v": 1}}));
    let yes = |hash: &str, name: &str, roles: &[&str]| Fact::Approved {
        key: key.clone(),
        hash: hash.to_owned(),
        by: person(name, roles),
        comment: None,
    };

    let mut play = Play::steps(steps);
    assert_eq!(refused(play.take(&yes(&hash, "ada", &["operator"]))), "WORKFLOW-028", "the requester");
    assert_eq!(refused(play.take(&yes(&hash, "grace", &["viewer"]))), "WORKFLOW-028", "somebody who is not named");
    assert_eq!(refused(play.take(&yes("other", "linus", &[]))), "WORKFLOW-029", "something else");
    assert_eq!(play.state("a"), StepState::Approving);
    play.take(&yes(&hash, "linus", &[])).unwrap();
    assert_eq!(play.begun(), ["r1/work/a/1"]);
    assert_eq!(refused(play.take(&yes(&hash, "grace", &["operator"]))), "WORKFLOW-026", "a second time");
    assert!(play.fires("r1/expiry/a/1").ignored);

    // Too late, whether the timer has told so or not.
    let mut play = Play::steps(steps);
    play.at = MORNING.plus(Duration::from_secs(3_599));
    assert_eq!(refused(play.take(&yes(&hash, "linus", &[]))), "WORKFLOW-027");
    play.fires("r1/expiry/a/1");
    assert_eq!((play.code("a").as_str(), play.run.header().state), ("WORKFLOW-027", RunState::Failed));
    assert_eq!(refused(play.take(&yes(&hash, "linus", &[]))), "WORKFLOW-026");

    // Retried, it asks anew, and the old answer is none.
    play.take(&retried(&["a"])).unwrap();
    let (anew, other, _) = play.asked();
    assert!(anew != key && other != hash);
    assert_eq!(refused(play.take(&yes(&hash, "linus", &[]))), "WORKFLOW-026");

    let mut play = Play::steps(steps);
    play.take(&Fact::Refused { key: key.clone(), hash: hash.clone(), by: person("linus", &[]), comment: Some("not today".to_owned()) })
        .unwrap();
    assert_eq!(play.code("a"), "WORKFLOW-030");
    assert!(play.run.step("a").unwrap().error.as_ref().unwrap().message.contains("linus refused it: not today"));
}

#[test]
fn an_approval_may_stand_alone_and_before_a_list() {
    let mut play = Play::steps("  a: {approve: {message: \"Go?\"}}\n  b: {uses: k.b, with: {by: \"${{ steps.a.output.by }}\"}}\n");
    let (key, hash, _) = play.asked();
    play.take(&Fact::Approved { key, hash, by: person("grace", &[]), comment: Some("yes".to_owned()) }).unwrap();
    assert!(matches!(&play.last.commands[..], [Command::StartTask { input, .. }] if *input == json!({"by": "grace"})));
    let play = Play::steps("  a: {uses: k.a, approve: true, foreach: [1, 2], with: {v: \"${{ item }}\"}}\n");
    assert_eq!(play.asked().2, json!({"step": "a", "uses": "k.a", "inputs": [{"v": 1}, {"v": 2}]}));
}

#[test]
fn signals_are_kept_until_somebody_waits_and_come_once() {
    let steps =
        "  a: {uses: k.a}\n  b: {needs: a, wait: {signal: go, schema: {type: object, required: [n], properties: {n: {type: integer}}}}}\n";
    let signal = |id: &str, payload: Value| Fact::Signal { id: id.to_owned(), name: "go".to_owned(), payload };
    let mut play = Play::steps(steps);
    assert_eq!(refused(play.take(&signal("s0", json!({"n": "x"})))), "WORKFLOW-033");
    assert_eq!(refused(play.take(&Fact::Signal { id: "s".into(), name: "stop".into(), payload: json!(1) })), "WORKFLOW-023");
    play.take(&signal("s1", json!({"n": 1}))).unwrap();
    assert!(play.take(&signal("s1", json!({"n": 2}))).unwrap().ignored);
    play.completes("r1/work/a/1", json!({}));
    assert_eq!((play.run.output("b"), play.run.header().state), (Some(&json!({"n": 1})), RunState::Completed));
    assert_eq!(refused(play.take(&signal("s2", json!({"n": 1})))), "WORKFLOW-023");

    let mut play = Play::steps(steps);
    play.completes("r1/work/a/1", json!({}));
    assert_eq!(play.keys(), ["r1/timeout/b/1"]);
    play.fires("r1/timeout/b/1");
    assert_eq!(play.code("b"), "WORKFLOW-031");
}

#[test]
fn a_step_that_takes_too_long_is_cancelled() {
    let mut play = Play::steps("  a: {uses: k.a, timeout: 1h, foreach: [1, 2]}\n  b: {wait: 5m}\n");
    let timers = play.last.commands.iter().filter_map(|command| match command {
        Command::SetTimer { key, at } => Some((key.to_string(), at.since(MORNING).as_secs())),
        _ => None,
    });
    assert_eq!(
        timers.collect::<Vec<_>>(),
        [("r1/duration/1".to_owned(), 2_592_000), ("r1/timeout/a/1".to_owned(), 3_600), ("r1/delay/b/1".to_owned(), 300)]
    );
    play.completes("r1/work/a/1/0", json!(1));
    play.fires("r1/timeout/a/1");
    assert_eq!(play.keys(), ["r1/work/a/1/1"]);
    // What still completes is recorded, and does not save the step.
    play.completes("r1/work/a/1/1", json!(2));
    assert_eq!(play.code("a"), "WORKFLOW-031");
    play.fires("r1/delay/b/1");
    assert_eq!((play.state("b"), play.run.header().state), (StepState::Completed, RunState::Failed));
}

#[test]
fn limits_stop_a_run() {
    let of = |limits: &str| {
        format!(
            "name: x\nversion: 1\nlimits: {limits}\nsteps:\n  a: {{uses: k.a, foreach: {{items: [1, 2, 3, 4], concurrency: 2}}}}\n  b: {{wait: 5m}}\n  c: {{uses: k.c, needs: b}}\n"
        )
    };
    let mut play = Play::of(&of("{tasks: 3}"), json!({}));
    play.completes("r1/work/a/1/0", json!(1));
    play.completes("r1/work/a/1/1", json!(1));
    assert_eq!(play.run.header().state, RunState::Stopping);
    assert_eq!(play.keys(), ["r1/work/a/1/2"]);
    play.ends("r1/work/a/1/2", Outcome::Canceled);
    let header = play.run.header();
    assert_eq!((header.state, header.error.as_ref().unwrap().code.as_str()), (RunState::Failed, "WORKFLOW-024"));
    assert_eq!([play.state("a"), play.state("b"), play.state("c")], [StepState::Canceled; 3]);

    for (limits, usage) in [
        ("{tokens: 100}", Usage { tokens: 101, cost_micros: 0, tasks: 0 }),
        ("{cost: 0.5}", Usage { tokens: 0, cost_micros: 500_001, tasks: 0 }),
    ] {
        let mut play = Play::of(&of(limits), json!({}));
        let key = Key::parse("r1/work/a/1/0").unwrap();
        play.take(&Fact::Ended { key, outcome: Outcome::Completed(json!(1)), usage }).unwrap();
        assert_eq!((play.run.header().state, play.begun().len()), (RunState::Stopping, 0), "{limits}");
    }
    let mut play = Play::of(&of("{duration: 1h}"), json!({}));
    play.fires("r1/duration/1");
    assert_eq!(play.run.header().state, RunState::Stopping);
    let play = Play::of(&of("{steps: 1}"), json!({}));
    assert_eq!(play.run.header().state, RunState::Stopping);
}

#[test]
fn a_paused_run_begins_nothing_and_its_children_pause() {
    let mut play =
        Play::steps("  a: {uses: workflow:w}\n  b: {uses: k.b, needs: a}\n  c: {uses: k.c, foreach: {items: [1, 2], concurrency: 1}}\n");
    play.take(&Fact::Paused).unwrap();
    assert!(matches!(&play.last.commands[..], [Command::PauseRun { key }] if key.to_string() == "r1/work/a/1"));
    assert!(play.take(&Fact::Paused).unwrap().ignored);
    play.completes("r1/work/c/1/0", json!(1));
    assert_eq!(play.last.commands, []);
    play.take(&Fact::Resumed).unwrap();
    assert_eq!(play.keys(), ["r1/work/a/1", "r1/work/c/1/1"]);
    play.take(&Fact::Paused).unwrap();
    play.completes("r1/work/a/1", json!({}));
    play.take(&Fact::Canceled).unwrap();
    assert_eq!(play.keys(), ["r1/work/c/1/1"]);
    play.ends("r1/work/c/1/1", Outcome::Canceled);
    assert_eq!(
        (play.run.header().state, play.state("a"), play.state("b"), play.state("c")),
        (RunState::Canceled, StepState::Completed, StepState::Canceled, StepState::Canceled)
    );
    assert_eq!(refused(play.take(&Fact::Paused)), "WORKFLOW-023");
    assert!(play.take(&Fact::Canceled).unwrap().ignored);
}

#[test]
fn a_retry_keeps_what_had_completed() {
    let mut play = Play::steps(
        "  a: {uses: k.a}\n  b: {uses: k.b, needs: a, foreach: {items: [x, y, z], concurrency: 3, fail_fast: false}}\n  c: {uses: k.c, with: {v: \"${{ steps.b.output }}\"}}\n  d: {uses: k.d}\n",
    );
    play.completes("r1/work/a/1", json!({}));
    play.completes("r1/work/b/1/0", json!(0));
    play.fails("r1/work/b/1/1");
    play.completes("r1/work/b/1/2", json!(2));
    play.completes("r1/work/d/1", json!({}));
    assert_eq!((play.run.header().state, play.state("c")), (RunState::Failed, StepState::Skipped));
    assert_eq!(refused(play.take(&retried(&["a"]))), "WORKFLOW-023");
    play.take(&retried(&[])).unwrap();
    assert_eq!(play.keys(), ["r1/duration/2", "r1/work/b/2/1"]);
    // An answer of the first try comes too late.
    let late = Key::parse("r1/work/b/1/1").unwrap();
    assert!(play.take(&Fact::Ended { key: late, outcome: Outcome::Completed(json!(9)), usage: Usage::default() }).unwrap().ignored);
    play.completes("r1/work/b/2/1", json!(1));
    assert!(matches!(&play.last.commands[..], [Command::StartTask { input, .. }] if *input == json!({"v": [0, 1, 2]})));
    assert_eq!(play.begun(), ["r1/work/c/2"]);
    let rows = play.run.rows();
    let generations: Vec<_> = rows.items.iter().filter(|item| item.step == "b").map(|item| (item.generation, item.state)).collect();
    assert_eq!(generations, [(1, ItemState::Completed), (2, ItemState::Completed), (1, ItemState::Completed)]);
    play.completes("r1/work/c/2", json!({}));
    assert_eq!(play.run.header().state, RunState::Completed);
    assert_eq!(refused(play.take(&retried(&[]))), "WORKFLOW-023");
}

#[test]
fn a_workflow_that_is_edited_does_not_change_its_runs() {
    let mut play = Play::steps("  a: {uses: k.a}\n");
    let edited = plan("name: x\nversion: 1\nsteps:\n  a: {uses: k.b}\n");
    let fact = Fact::Ended { key: Key::parse("r1/work/a/1").unwrap(), outcome: Outcome::Completed(json!({})), usage: Usage::default() };
    assert_eq!(refused(play.run.handle(&edited, play.at, &fact)), "WORKFLOW-025");
    assert_eq!(Run::load(&edited, play.run.rows()).unwrap_err().code, "WORKFLOW-025");
    // Another notation of the same is the same.
    let same = plan("{\"name\": \"x\", \"version\": 1, \"steps\": {\"a\": {\"uses\": \"k.a\"}}}");
    assert!(play.run.handle(&same, play.at, &fact).is_ok());
}

#[test]
fn a_decision_carries_its_terms() {
    let mut play = Play::steps(
        "  a: {uses: k.a, with: {v: 1}, decide: {voters: 3, rule: majority, deadline: 10m, minimum_margin: 0.1}}\n  b: {needs: a, decide: {question: \"${{ steps.a.output.v }}?\", options: [x, y], voters: [operator]}}\n",
    );
    let Some(Command::OpenDecision { skill, input, terms, deadline, .. }) = play.last.commands.iter().find(|command| command.begins())
    else {
        panic!()
    };
    assert_eq!((skill.as_deref(), input), (Some("k.a"), &json!({"v": 1})));
    assert_eq!((terms.rule.as_deref(), terms.more.get("minimum_margin")), (Some("majority"), Some(&json!(0.1))));
    assert_eq!(deadline.map(|deadline| deadline.since(MORNING).as_secs()), Some(600));
    play.completes("r1/work/a/1", json!({"v": "which"}));
    let [Command::OpenDecision { skill: None, question, options, .. }] = &play.last.commands[..] else { panic!() };
    assert_eq!((question.as_deref(), options), (Some("which?"), &Some(json!(["x", "y"]))));
}

#[test]
fn a_runs_id_can_be_part_of_keys() {
    let plan = plan("name: x\nversion: 1\nsteps: {a: {uses: k.a}}\n");
    for id in ["", "a/b"] {
        let start = baton_workflow::Start { id: id.to_owned(), requested_by: "ada".into(), input: json!({}), at: MORNING };
        assert_eq!(Run::start(&plan, start).unwrap_err().code, "WORKFLOW-020");
    }
}

#[test]
fn keys_survive_their_text() {
    for text in ["r/work/a-b/3", "r/work/a/1/9999", "r/approval/a/1", "r/duration/2", "r/finish/1", "r/timeout/a/1"] {
        assert_eq!(Key::parse(text).unwrap().to_string(), text);
    }
    for text in ["", "r", "r/work", "r/work/a", "r/work/a/x", "r/nothing/a/1", "r/work/a/1/2/3", "r/work/a/-1"] {
        assert_eq!(Key::parse(text), None, "{text}");
    }
}

/// What a process that begins with the rows would do again.
fn again(play: &Play) -> Vec<Command> {
    Run::load(&play.plan, play.run.rows()).unwrap().outstanding(&play.plan)
}

#[test]
fn a_child_that_was_paused_goes_on_though_the_command_was_lost() {
    let mut play = Play::steps("  a: {uses: workflow:w}\n");
    play.take(&Fact::Paused).unwrap();
    assert!(again(&play).iter().any(|command| matches!(command, Command::PauseRun { .. })));
    play.take(&Fact::Resumed).unwrap();
    assert!(again(&play).iter().any(|command| matches!(command, Command::ResumeRun { .. })));
    assert!(!again(&play).iter().any(|command| matches!(command, Command::PauseRun { .. })));
}

#[test]
fn an_approval_is_taken_back_though_the_command_was_lost() {
    let steps = "  a: {uses: k.a, approve: true}\n  b: {uses: k.b}\n";
    let withdrawn = |play: &Play| {
        again(play).iter().any(|command| matches!(command, Command::WithdrawApproval { key } if key.to_string() == "r1/approval/a/1"))
    };
    let mut play = Play::steps(steps);
    play.take(&Fact::Canceled).unwrap();
    assert_eq!(play.run.header().state, RunState::Stopping);
    assert!(withdrawn(&play));
    play.ends("r1/work/b/1", Outcome::Canceled);
    assert_eq!(play.run.header().state, RunState::Canceled);
    assert!(withdrawn(&play), "also after the end");
}

#[test]
fn a_retry_of_one_step_begins_all_that_were_cancelled() {
    let mut play = Play::steps("  a: {uses: k.a}\n  b: {uses: k.b}\n  c: {uses: k.c}\n");
    play.fails("r1/work/c/1");
    play.take(&Fact::Canceled).unwrap();
    play.ends("r1/work/a/1", Outcome::Canceled);
    play.ends("r1/work/b/1", Outcome::Canceled);
    play.take(&retried(&["a"])).unwrap();
    assert_eq!(play.begun(), ["r1/work/a/2", "r1/work/b/2"]);
    play.completes("r1/work/a/2", json!({}));
    assert_eq!(play.run.header().state, RunState::Running);
}

#[test]
fn what_completes_while_a_run_is_being_cancelled_is_not_done_again() {
    let mut play = Play::steps("  a: {uses: k.a}\n  b: {uses: k.b, foreach: [1, 2]}\n");
    play.take(&Fact::Canceled).unwrap();
    play.completes("r1/work/a/1", json!({"v": 1}));
    play.completes("r1/work/b/1/0", json!(0));
    play.ends("r1/work/b/1/1", Outcome::Canceled);
    assert_eq!(
        (play.run.header().state, play.state("a"), play.state("b")),
        (RunState::Canceled, StepState::Completed, StepState::Canceled)
    );
    play.take(&retried(&[])).unwrap();
    assert_eq!(play.begun(), ["r1/work/b/2/1"]);
    play.completes("r1/work/b/2/1", json!(1));
    assert_eq!((play.run.header().state, play.run.output("b")), (RunState::Completed, Some(&json!([0, 1]))));
    // Nothing is left to be done: the run has only to be closed.
    let mut play = Play::of("name: x\nversion: 1\nsteps: {a: {uses: k.a}}\noutputs: {v: \"${{ steps.a.output.v }}\"}\n", json!({}));
    play.take(&Fact::Canceled).unwrap();
    play.completes("r1/work/a/1", json!({"v": 1}));
    assert_eq!(play.run.header().state, RunState::Canceled);
    play.take(&retried(&[])).unwrap();
    assert_eq!((play.run.header().state, &play.run.header().outputs), (RunState::Completed, &Some(json!({"v": 1}))));
}

#[test]
fn who_may_approve_and_who_votes_is_said_literally() {
    let wrong = |step: &str| parse(&format!("name: x\nversion: 1\ninputs: {{boss: string}}\nsteps:\n  a: {step}\n")).is_err();
    assert!(!wrong("{uses: k.a, approve: {who: [ada]}}"));
    assert!(!wrong("{decide: {voters: 3, rule: majority, escalation: {judge: {agent: big}}}}"));
    assert!(wrong("{uses: k.a, approve: {who: []}}"), "nobody is not everybody");
    assert!(wrong("{uses: k.a, approve: []}"));
    assert!(wrong("{uses: k.a, approve: \"${{ inputs.boss }}\"}"));
    assert!(wrong("{uses: k.a, approve: {who: [\"role:${{ inputs.boss }}\"]}}"));
    assert!(wrong("{decide: {voters: [\"${{ inputs.boss }}\"]}}"));
    assert!(wrong("{decide: {voters: 3, rule: \"${{ inputs.boss }}\"}}"));
    assert!(wrong("{decide: {voters: 3, escalation: {judge: {agent: \"${{ inputs.boss }}\"}}}}"));
}

#[test]
fn what_is_decided_on_is_part_of_what_is_approved() {
    let text = |options: &str| {
        format!(
            "name: x\nversion: 1\ninputs: {{q: string}}\nsteps:\n  a: {{decide: {{question: \"${{{{ inputs.q }}}}?\", options: {options}, voters: 3, rule: majority}}, approve: true}}\n"
        )
    };
    let play = Play::of(&text("[x, y]"), json!({"q": "which"}));
    let (_, hash, subject) = play.asked();
    assert_eq!((&subject["question"], &subject["options"]), (&json!("which?"), &json!(["x", "y"])));
    assert_eq!((&subject["terms"]["voters"], &subject["terms"]["rule"]), (&json!(3), &json!("majority")));
    let (_, other, _) = Play::of(&text("[x, y]"), json!({"q": "what"})).asked();
    assert_ne!(hash, other);
}

#[test]
fn numbers_are_compared_and_choose_by_their_value() {
    let text = "name: x\nversion: 1\ninputs: {x: number, l: array}\nsteps: {a: {wait: 5m}}\noutputs: {same: \"${{ inputs.x == 0 }}\", less: \"${{ inputs.x < 0 }}\", second: \"${{ inputs.l[1.0] }}\", none: \"${{ inputs.l[0.5] }}\"}\n";
    let mut play = Play::of(text, json!({"x": -0.0, "l": [1, 2]}));
    play.fires("r1/delay/a/1");
    assert_eq!(play.run.header().outputs, Some(json!({"same": true, "less": false, "second": 2, "none": null})));
}

#[test]
fn whoever_begins_a_run_anew_does_not_approve_it() {
    let mut play = Play::steps("  a: {uses: workflow:w, approve: true}\n");
    assert!(play.run.header().retried_by.is_none());
    play.take(&Fact::Canceled).unwrap();
    play.take(&retried(&["a"])).unwrap();
    let (key, hash, _) = play.asked();
    let yes = |name: &str| Fact::Approved { key: key.clone(), hash: hash.clone(), by: person(name, &["operator"]), comment: None };
    assert_eq!(refused(play.take(&yes("barbara"))), "WORKFLOW-028", "who began it anew");
    assert_eq!(refused(play.take(&yes("ada"))), "WORKFLOW-028", "who asked for it at first");
    play.take(&yes("grace")).unwrap();
    assert!(matches!(&play.last.commands[..], [Command::StartRun { requested_by, .. }] if requested_by == "barbara"));
    let play = Play::steps("  a: {uses: workflow:w}\n");
    assert!(play.last.commands.iter().any(|command| matches!(command, Command::StartRun { requested_by, .. } if requested_by == "ada")));
}

#[test]
fn an_input_that_no_task_takes_fails_the_step() {
    let text = "name: x\nversion: 1\ninputs: {t: string}\nsteps: {a: {uses: k.a, with: {v: \"${{ inputs.t }}\"}}}\n";
    let play = Play::of(text, json!({"t": "x".repeat(200_000)}));
    assert_eq!(play.begun(), ["r1/work/a/1"]);
    let play = Play::of(text, json!({"t": "x".repeat(300_000)}));
    assert_eq!((play.code("a").as_str(), play.run.header().state), ("WORKFLOW-022", RunState::Failed));
    // What somebody is asked to approve is bounded too.
    let list = |count: usize| {
        let text = "name: x\nversion: 1\ninputs: {t: string, n: integer}\nsteps: {a: {uses: k.a, approve: true, foreach: \"${{ range(inputs.n) }}\", with: {v: \"${{ inputs.t }}\"}}}\n";
        Play::of(text, json!({"t": "x".repeat(200_000), "n": count}))
    };
    assert_eq!(list(80).state("a"), StepState::Approving);
    assert_eq!(list(90).code("a"), "WORKFLOW-022");
}

#[test]
fn one_fact_begins_within_bounds_whatever_the_items_are() {
    // Each item fails as it begins, after all the steps that it may take.
    let heavy = "length(filter(range(10000), x => any(range(10000), y => y < 0)))";
    let text = format!(
        "name: x\nversion: 1\nsteps:\n  a: {{uses: k.a, foreach: {{items: \"${{{{ range(10000) }}}}\", fail_fast: false}}, with: {{v: \"${{{{ {heavy} }}}}\"}}}}\n"
    );
    let play = Play::of(&text, json!({}));
    let header = play.run.header();
    assert_eq!((header.state, header.error.as_ref().unwrap().code.as_str()), (RunState::Failed, "WORKFLOW-024"));
    // Large inputs are begun in several facts, and all of them are begun.
    let text = "name: x\nversion: 1\ninputs: {t: string}\nsteps: {a: {uses: k.a, foreach: {items: \"${{ range(1000) }}\", concurrency: 1000}, with: {v: \"${{ inputs.t }}\"}}}\n";
    let mut play = Play::of(text, json!({"t": "x".repeat(250_000)}));
    let first = play.begun();
    assert!((100..900).contains(&first.len()), "{}", first.len());
    let mut open = first.clone();
    let mut count = 0;
    while let Some(key) = open.pop() {
        play.completes(&key, json!({}));
        count += 1;
        open.extend(play.begun());
    }
    assert_eq!((count, play.run.header().state), (1000, RunState::Completed));
}

#[test]
fn schemas_that_refer_to_themselves_are_compared_within_bounds() {
    let branches = vec!["{$ref: '#'}"; 20].join(", ");
    let text = format!("name: x\nversion: 1\ninputs: {{x: {{default: 1, oneOf: [{branches}]}}}}\nsteps: {{a: {{wait: 5m}}}}\n");
    let _ = parse(&text);
    let refer = json!({"$ref": "#/properties/x"});
    let schema = json!({"type": "object", "properties": {"x": {"oneOf": vec![refer; 20]}}});
    let found = baton_workflow::validate::misfits(&json!({"x": 1}), &schema, "");
    assert!(found.len() == 1 && found[0].1.contains("comparisons"), "{found:?}");
    let properties: serde_json::Map<String, Value> = (0..100).map(|index| (format!("p{index}"), json!({"$ref": "#"}))).collect();
    let recursive = json!({"type": "object", "properties": properties});
    let kind = baton_workflow::expression::type_of_schema(&recursive);
    assert!(kind.to_schema().to_string().len() < 4_000_000);
    // A tree with one branch is known as deep as it is read.
    let narrow = json!({"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"type": "integer"}}, "required": ["n"]});
    assert!(baton_workflow::validate::misfits(&json!({"n": 1, "next": {"n": "x"}}), &narrow, "")[0].0.contains("next"));
}

#[test]
fn what_is_kept_can_be_read_back() {
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let steps = "name: x\nversion: 1\nsteps: {a: {uses: k.a}, b: {uses: k.b, with: {v: \"${{ [steps.a.output] }}\"}}}\noutputs: {v: \"${{ steps.b.output }}\"}\n";
    for (levels, code) in [(90, None), (99, Some("b")), (120, Some("a"))] {
        let mut play = Play::of(steps, json!({}));
        play.completes("r1/work/a/1", nested(levels));
        match code {
            Some(step) => assert_eq!(play.code(step), "WORKFLOW-022", "{levels}"),
            None => assert_eq!(play.begun(), ["r1/work/b/1"]),
        }
        let text = serde_json::to_string(&play.run.rows()).unwrap();
        assert_eq!(Run::load(&play.plan, serde_json::from_str(&text).unwrap()).unwrap(), play.run);
    }
    // What a run gives is bounded.
    let text = "name: x\nversion: 1\nsteps: {a: {uses: k.a}}\noutputs: {v: \"${{ steps.a.output }}\", w: \"${{ steps.a.output }}\"}\n";
    for (bytes, state) in [(8_000_000, RunState::Completed), (9_000_000, RunState::Failed)] {
        let mut play = Play::of(text, json!({}));
        play.completes("r1/work/a/1", json!("x".repeat(bytes)));
        assert_eq!(play.run.header().state, state);
    }
}

#[test]
fn an_answer_that_is_told_twice_is_ignored_and_another_one_is_refused() {
    let steps = "  a: {uses: k.a, approve: true}\n  b: {uses: k.b, approve: true}\n";
    let mut play = Play::steps(steps);
    let asked = |play: &Play, step: &str| {
        let commands = play.run.outstanding(&play.plan);
        let found = commands.into_iter().find_map(|command| match command {
            Command::AskApproval { key, hash, .. } if key.step.as_deref() == Some(step) => Some((key, hash)),
            _ => None,
        });
        found.unwrap()
    };
    let ((one, its), (two, other)) = (asked(&play, "a"), asked(&play, "b"));
    let yes = |key: &Key, hash: &str, name: &str| Fact::Approved {
        key: key.clone(),
        hash: hash.to_owned(),
        by: person(name, &[]),
        comment: None,
    };
    let no =
        |key: &Key, hash: &str, name: &str| Fact::Refused { key: key.clone(), hash: hash.to_owned(), by: person(name, &[]), comment: None };
    assert!(!play.take(&yes(&one, &its, "linus")).unwrap().ignored);
    assert!(!play.take(&no(&two, &other, "linus")).unwrap().ignored);
    let before = play.run.clone();
    assert!(play.take(&yes(&one, &its, "linus")).unwrap().ignored && play.take(&no(&two, &other, "linus")).unwrap().ignored);
    assert_eq!(play.run, before);
    for fact in [no(&one, &its, "linus"), yes(&two, &other, "linus"), yes(&one, &its, "grace"), yes(&one, "other", "linus")] {
        assert_eq!(refused(play.take(&fact)), "WORKFLOW-026", "{fact:?}");
    }
    // It is known after the work has ended too.
    play.completes("r1/work/a/1", json!(1));
    assert!(play.take(&yes(&one, &its, "linus")).unwrap().ignored);
}

#[test]
fn what_was_done_to_an_earlier_try_is_not_done_to_a_later_one() {
    let mut play = Play::steps("  a: {uses: k.a}\n");
    let told = |play: &mut Play, generation: u32, fact: &Fact| {
        let effects = play.run.handle_in(&play.plan, play.at, generation, fact).unwrap();
        effects.ignored
    };
    assert!(!told(&mut play, 1, &Fact::Canceled));
    play.ends("r1/work/a/1", Outcome::Canceled);
    assert!(!told(&mut play, 1, &retried(&["a"])));
    assert_eq!((play.run.header().state, play.run.header().generation), (RunState::Running, 2));
    // Told again, the cancel and the retry are of the first try.
    for fact in [Fact::Canceled, retried(&["a"]), Fact::Paused, Fact::Resumed] {
        let before = play.run.clone();
        assert!(told(&mut play, 1, &fact), "{fact:?}");
        assert_eq!(play.run, before);
    }
    assert!(!told(&mut play, 2, &Fact::Canceled));
    play.ends("r1/work/a/2", Outcome::Canceled);
    // A retry that is told again after it has failed a second time begins nothing.
    assert!(!told(&mut play, 2, &retried(&["a"])));
    play.fails("r1/work/a/3");
    assert!(told(&mut play, 2, &retried(&["a"])));
    assert_eq!((play.run.header().state, play.run.header().generation), (RunState::Failed, 3));
    // What belongs to a step has its generation in its key.
    let ended = Fact::Ended { key: Key::parse("r1/work/a/1").unwrap(), outcome: Outcome::Canceled, usage: Usage::default() };
    assert!(told(&mut play, 3, &ended));
}

#[test]
fn a_retry_begins_what_made_the_run_fail() {
    let steps = "  a: {uses: k.a, on_failure: continue}\n  b: {uses: k.b, on_failure: {run: c}}\n  c: {uses: k.c}\n  d: {uses: k.d}\n";
    let mut play = Play::steps(steps);
    for key in ["r1/work/a/1", "r1/work/b/1", "r1/work/d/1"] {
        play.fails(key);
    }
    play.completes("r1/work/c/1", json!(1));
    assert_eq!(play.run.header().state, RunState::Failed);
    play.take(&retried(&[])).unwrap();
    assert_eq!(play.begun(), ["r1/work/d/2"], "what was forgiven or handled is not begun anew");
    play.completes("r1/work/d/2", json!(2));
    assert_eq!(play.run.header().state, RunState::Completed);
    // Where only the outputs cannot be made, what they read may be what was forgiven.
    let text = "name: x\nversion: 1\nsteps: {a: {uses: k.a, on_failure: continue}}\noutputs: {v: \"${{ steps.a.output + 1 }}\"}\n";
    let mut play = Play::of(text, json!({}));
    play.fails("r1/work/a/1");
    assert_eq!(play.run.header().state, RunState::Failed);
    play.take(&retried(&[])).unwrap();
    assert_eq!(play.begun(), ["r1/work/a/2"]);
}

#[test]
fn all_who_asked_are_askers_of_what_a_run_begins() {
    let play = Play::steps("  a: {uses: workflow:w}\n");
    assert_eq!(play.run.askers().collect::<Vec<_>>(), ["ada"]);
    let mut play = Play::steps("  a: {uses: workflow:w}\n");
    play.take(&Fact::Canceled).unwrap();
    play.ends("r1/work/a/1", Outcome::Canceled);
    play.take(&retried(&["a"])).unwrap();
    assert_eq!(play.run.askers().collect::<Vec<_>>(), ["ada", "barbara"]);
    // The run that it begins is asked for by both.
    let child = plan("name: w\nversion: 1\nsteps: {a: {uses: k.a, approve: true}}\n");
    let begin = baton_workflow::Start { id: "r2".into(), requested_by: "barbara".into(), input: json!({}), at: MORNING };
    let others = play.run.askers().filter(|name| *name != "barbara").map(str::to_owned).collect();
    let (mut run, effects) = Run::start_for(&child, begin, others).unwrap();
    let rows: baton_workflow::run::Rows = serde_json::from_str(&serde_json::to_string(&run.rows()).unwrap()).unwrap();
    assert_eq!(Run::load(&child, rows).unwrap(), run, "it is stored with the run");
    let (key, hash) = effects
        .commands
        .iter()
        .find_map(|command| match command {
            Command::AskApproval { key, hash, .. } => Some((key.clone(), hash.clone())),
            _ => None,
        })
        .unwrap();
    let yes = |name: &str| Fact::Approved { key: key.clone(), hash: hash.clone(), by: person(name, &[]), comment: None };
    for name in ["ada", "barbara"] {
        assert_eq!(run.handle(&child, MORNING, &yes(name)).unwrap_err().code, "WORKFLOW-028", "{name}");
    }
    run.handle(&child, MORNING, &yes("grace")).unwrap();
}

#[test]
fn what_is_left_of_the_limits_is_known_before_work_begins() {
    let text =
        "name: x\nversion: 1\nlimits: {tokens: 100, cost: 2.5, duration: 1h}\nsteps:\n  a: {uses: k.a}\n  b: {uses: k.b, needs: [a]}\n";
    let mut play = Play::of(text, json!({}));
    let left = |play: &Play| play.run.remaining(&play.plan);
    let hour = Duration::from_secs(3_600);
    assert_eq!((left(&play).tokens, left(&play).cost_micros, left(&play).until), (Some(100), Some(2_500_000), MORNING.plus(hour)));
    let usage = Usage { tokens: 70, cost_micros: 600_000, tasks: 0 };
    play.take(&Fact::Ended { key: Key::parse("r1/work/a/1").unwrap(), outcome: Outcome::Completed(json!(1)), usage }).unwrap();
    assert_eq!((left(&play).tokens, left(&play).cost_micros), (Some(30), Some(1_900_000)));
    let usage = Usage { tokens: 31, cost_micros: 0, tasks: 0 };
    play.take(&Fact::Ended { key: Key::parse("r1/work/b/1").unwrap(), outcome: Outcome::Completed(json!(1)), usage }).unwrap();
    assert_eq!(left(&play).tokens, Some(0));
    let unlimited = Play::steps("  a: {uses: k.a}\n");
    assert_eq!((left(&unlimited).tokens, left(&unlimited).cost_micros), (None, None));
}

#[test]
fn a_forgiven_step_that_did_not_come_to_its_list_gives_an_empty_one() {
    let text = "name: x\nversion: 1\ninputs: {n: integer}\nsteps:\n  a: {uses: k.a, on_failure: continue, foreach: '${{ range(inputs.n) }}', with: {v: '${{ item }}'}}\noutputs: {v: '${{ length(steps.a.output) }}'}\n";
    let play = Play::of(text, json!({"n": 2_000_000}));
    let row = play.run.step("a").unwrap();
    assert_eq!((row.state, row.count), (StepState::Failed, 0), "{row:?}");
    assert_eq!((play.run.header().state, play.run.output("a")), (RunState::Completed, Some(&json!([]))));
    assert_eq!(Run::load(&play.plan, play.run.rows()).unwrap(), play.run);
}
