//! Do recordings replay to the byte, and do forks part at the changed step and nowhere before?

use std::collections::BTreeSet;

use crate::chance::Chance;
use baton_domain::problem::Code;
use baton_negotiation::replay::*;
use serde_json::{Map, Value, json};

/// A document with what makes canonical forms hard: orders, numbers and signs.
fn document(chance: &mut Chance, depth: usize) -> Value {
    match chance.below(if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(chance.one_in(2)),
        2 => json!(chance.next() as i64),
        3 => json!(f64::from_bits(chance.next())).as_f64().map_or(json!(0.1), |number| json!(number)),
        4 => json!(["", "a", "\u{e9}\u{0}", "\u{fb33}", "\u{1f600}", "\"\\\n"][chance.below(6)]),
        5 => Value::Array((0..chance.below(4)).map(|_| document(chance, depth - 1)).collect()),
        _ => {
            let names = ["b", "a", "\u{e9}", "\u{1f600}", "\u{fb33}", "a/b", "~"];
            Value::Object((0..chance.below(5)).map(|_| (chance.pick(&names).to_owned(), document(chance, depth - 1))).collect())
        }
    }
}

fn print(text: &str) -> String {
    fingerprint(&json!(text)).unwrap()
}

fn recording(seed: u64) -> Recording {
    let mut chance = Chance(seed);
    let count = 2 + chance.below(40);
    let mut steps: Vec<Step> = Vec::new();
    for number in 0..count {
        let after: BTreeSet<String> =
            (0..chance.below(3)).filter(|_| number > 0).map(|_| format!("step/{}", chance.below(number.max(1)))).collect();
        let kinds = [CallKind::Model, CallKind::Tool, CallKind::Skill, CallKind::Embedding];
        let calls = (0..chance.below(5))
            .map(|call| {
                let request = json!({"call": call, "with": document(&mut chance, 3)});
                Call::new(chance.pick(&kinds), format!("tool {}", chance.below(3)), request, document(&mut chance, 2)).unwrap()
            })
            .collect();
        steps.push(Step {
            path: format!("step/{number}"),
            after: after.into_iter().collect(),
            input_hash: None,
            input: None,
            calls,
            outcome_hash: Some(print(&number.to_string())),
            outcome: None,
        });
    }
    Recording { steps }
}

/// The same run with independent steps in another order: again and again any step that waits for nobody.
fn interleaved(recording: &Recording, chance: &mut Chance) -> Recording {
    let (mut left, mut begun, mut steps) = (recording.steps.clone(), BTreeSet::new(), Vec::new());
    while !left.is_empty() {
        let ready: Vec<usize> = (0..left.len()).filter(|at| left[*at].after.iter().all(|before| begun.contains(before))).collect();
        let step = left.remove(chance.pick(&ready));
        begun.insert(step.path.clone());
        steps.push(step);
    }
    Recording { steps }
}

fn descendants(recording: &Recording, of: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([of.to_owned()]);
    for step in &recording.steps {
        if step.after.iter().any(|before| found.contains(before)) {
            found.insert(step.path.clone());
        }
    }
    found
}

/// The same document with its whole numbers written as fractions, where those are as exact.
fn rewritten(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), rewritten(value))).collect::<Map<_, _>>())
        }
        Value::Number(number) => match number.as_i64() {
            Some(whole) if whole.unsigned_abs() < 1 << 53 => json!(whole as f64),
            _ => value.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().map(rewritten).collect()),
        other => other.clone(),
    }
}

#[test]
fn a_hundred_recordings_replay_equal_in_any_order_of_independent_steps() {
    let mut moved = 0;
    for seed in 0..100 {
        let mut chance = Chance(seed + 1_000);
        let recorded = recording(seed);
        let stored: Recording = serde_json::from_str(&serde_json::to_string(&recorded).unwrap()).unwrap();
        let again = interleaved(&stored, &mut chance);
        moved += usize::from(again != recorded);
        let comparison = compare(&recorded, &again).unwrap();
        assert_eq!((comparison.first, comparison.differing, comparison.same), (None, 0, recorded.steps.len()), "seed {seed}");

        let mut cursor = Cursor::new(stored).unwrap();
        again.steps.iter().filter(|step| step.calls.is_empty()).for_each(|step| cursor.begin(&step.path).unwrap());
        // Steps run together: calls of several are mixed, each in its own order.
        let mut next: Vec<usize> = vec![0; again.steps.len()];
        loop {
            let open: Vec<usize> = (0..next.len()).filter(|at| next[*at] < again.steps[*at].calls.len()).collect();
            if open.is_empty() {
                break;
            }
            let at = chance.pick(&open);
            let (step, call) = (&again.steps[at], &again.steps[at].calls[next[at]]);
            let request = rewritten(call.request.as_ref().unwrap());
            assert_eq!(canonical(&request), canonical(call.request.as_ref().unwrap()));
            let answered = cursor.next(&step.path, call.kind, &call.name, &request).unwrap();
            assert_eq!(answered, call);
            next[at] += 1;
        }
        assert_eq!(cursor.finish(), Ok(()), "seed {seed}");
    }
    assert!(moved > 80);
}

#[test]
fn a_fork_parts_at_the_changed_step_and_nowhere_before() {
    for seed in 0..400 {
        let mut chance = Chance(seed + 5_000);
        let recorded = recording(seed);
        let changed = chance.below(recorded.steps.len());
        let mut fork = recorded.clone();
        let step = &mut fork.steps[changed];
        let path = step.path.clone();
        let expected = match (chance.below(5), step.calls.len()) {
            (0, count) if count > 0 => {
                let call = chance.below(count);
                let old = step.calls[call].clone();
                let mut request = old.request.unwrap();
                request["with"] = json!("changed");
                step.calls[call] = Call::new(old.kind, old.name, request, old.answer.unwrap()).unwrap();
                What::Request { call }
            }
            (1, count) if count > 0 => {
                let call = chance.below(count);
                step.calls[call].answer = None;
                step.calls[call].answer_hash = print("changed");
                What::Answer { call }
            }
            (2, count) if count > 0 => {
                step.calls.pop();
                What::Calls { left: count, right: count - 1 }
            }
            (3, _) => {
                step.input_hash = Some(print("changed"));
                What::Input
            }
            _ => {
                step.outcome_hash = Some(print("changed"));
                What::Outcome
            }
        };
        // What follows from it may come out otherwise, or be gone.
        let follows = descendants(&recorded, &path);
        for step in fork.steps.iter_mut().filter(|step| follows.contains(&step.path) && step.path != path) {
            if chance.one_in(2) {
                step.outcome_hash = Some(print("followed"));
            }
        }
        let fork = interleaved(&fork, &mut chance);
        let comparison = compare(&recorded, &fork).unwrap();
        let first = comparison.first.unwrap();
        assert_eq!((&first.step, &first.what), (&path, &expected), "seed {seed}");
        assert!(comparison.further.is_empty(), "seed {seed}: {:?}", comparison.further);
        if let What::Request { call } = first.what {
            assert!(first.differences.iter().all(|difference| difference.pointer.starts_with("/with")) && !first.differences.is_empty());
            let problem = first.problem();
            assert!(problem.is(Code::ReplayDiverged) && problem.detail.contains(&path) && problem.detail.contains("/with"), "{problem}");
            // And a replay says so at that very call.
            let mut cursor = Cursor::new(recorded.clone()).unwrap();
            'replay: for step in &fork.steps {
                for (at, made) in step.calls.iter().enumerate() {
                    match cursor.next(&step.path, made.kind, &made.name, made.request.as_ref().unwrap()) {
                        Ok(_) => assert!(step.path != path || at < call),
                        Err(divergence) => {
                            assert_eq!((&divergence.step, &divergence.what, at), (&path, &expected, call));
                            let anything = cursor.next("step/0", CallKind::Model, "tool 0", &json!(1));
                            assert_eq!(anything.unwrap_err(), divergence, "there are no more answers");
                            assert_eq!(cursor.finish(), Err(divergence));
                            break 'replay;
                        }
                    }
                }
            }
        }
        let back = compare(&fork, &recorded).unwrap();
        assert_eq!(back.first.unwrap().step, path, "from the other side too");
    }
}

#[test]
fn two_changes_that_have_nothing_to_do_with_one_another_are_both_named() {
    let step = |path: &str, after: &[&str], outcome: &str| Step {
        path: path.into(),
        after: after.iter().map(|before| (*before).to_owned()).collect(),
        input_hash: None,
        input: None,
        calls: Vec::new(),
        outcome_hash: Some(fingerprint(&json!({"is": outcome})).unwrap()),
        outcome: Some(json!({"is": outcome})),
    };
    let left = Recording { steps: vec![step("a", &[], "1"), step("b", &[], "1"), step("c", &["a"], "1"), step("d", &["c"], "1")] };
    let right = Recording {
        steps: vec![step("b", &[], "2"), step("a", &[], "2"), step("c", &["a"], "1"), step("d", &["c"], "2"), step("e", &[], "1")],
    };
    let comparison = compare(&left, &right).unwrap();
    let first = comparison.first.unwrap();
    assert_eq!((first.step.as_str(), first.differences[0].pointer.as_str()), ("a", "/is"));
    assert_eq!(
        (comparison.further, comparison.differing, comparison.same),
        (vec!["b".to_owned(), "e".to_owned()], 4, 1),
        "d follows from a"
    );
}

#[test]
fn a_replay_that_asks_for_more_or_less_is_told() {
    let recorded = recording(3);
    let step = recorded.steps.iter().find(|step| step.calls.len() > 1).unwrap().clone();
    let ask = |cursor: &mut Cursor, call: &Call| cursor.next(&step.path, call.kind, &call.name, call.request.as_ref().unwrap()).map(|_| ());
    let mut cursor = Cursor::new(Recording { steps: vec![Step { after: Vec::new(), ..step.clone() }] }).unwrap();
    ask(&mut cursor, &step.calls[0]).unwrap();
    assert!(cursor.finish().unwrap_err().problem().is(Code::ReplayUnfinished));
    for call in &step.calls[1..] {
        ask(&mut cursor, call).unwrap();
    }
    assert!(ask(&mut cursor.clone(), &step.calls[0]).unwrap_err().problem().is(Code::ReplayExhausted));
    assert!(cursor.next("elsewhere", CallKind::Tool, "x", &json!(1)).unwrap_err().problem().is(Code::ReplayExhausted));
}

#[test]
fn recordings_that_cannot_be_are_refused() {
    let step = |path: &str, after: &[&str]| Step {
        path: path.into(),
        after: after.iter().map(|one| (*one).into()).collect(),
        ..recording(0).steps[0].clone()
    };
    for steps in [vec![step("a", &[]), step("a", &[])], vec![step("a", &["b"]), step("b", &[])], vec![step("a", &["a"])]] {
        assert!(Cursor::new(Recording { steps }).unwrap_err().is(Code::RecordingInvalid));
    }
    let bare = Step { calls: Vec::new(), ..step("", &[]) };
    let steps = (0..=MAXIMUM_STEPS).map(|number| Step { path: number.to_string(), ..bare.clone() }).collect();
    assert!(Recording { steps }.index().unwrap_err().is(Code::RecordingTooLarge));
    let call = Call {
        request: None,
        answer: None,
        request_hash: String::new(),
        answer_hash: String::new(),
        ..Call::new(CallKind::Tool, "", json!(1), json!(1)).unwrap()
    };
    let steps = vec![Step { calls: vec![call; MAXIMUM_CALLS + 1], ..bare }];
    assert!(Recording { steps }.index().unwrap_err().is(Code::RecordingTooLarge));
}

fn bare(path: &str, after: &[&str]) -> Step {
    let after = after.iter().map(|one| (*one).to_owned()).collect();
    Step { path: path.into(), after, input_hash: None, input: None, calls: Vec::new(), outcome_hash: None, outcome: None }
}

#[test]
fn steps_that_wait_for_one_another_the_other_way_round_part_somewhere() {
    let left = Recording { steps: vec![bare("a", &[]), bare("b", &["a"])] };
    let right = Recording { steps: vec![bare("b", &[]), bare("a", &["b"])] };
    for (one, other) in [(&left, &right), (&right, &left)] {
        let comparison = compare(one, other).unwrap();
        assert_eq!(comparison.differing, 2);
        assert_eq!(comparison.first.map(|first| first.what), Some(What::After));
    }
}

#[test]
fn a_replay_misses_steps_without_calls_and_takes_no_call_without_a_fingerprint() {
    let mut cursor = Cursor::new(Recording { steps: vec![bare("a", &[]), bare("b", &["a"])] }).unwrap();
    cursor.begin("a").unwrap();
    let missed = cursor.finish().unwrap_err();
    assert!(missed.step == "b" && missed.problem().is(Code::ReplayUnfinished));
    cursor.begin("b").unwrap();
    assert_eq!(cursor.finish(), Ok(()));
    assert!(cursor.begin("c").unwrap_err().problem().is(Code::ReplayExhausted) && cursor.finish().is_err());
    let call = Call::new(CallKind::Tool, "x", json!(1), json!(2)).unwrap();
    let wrong = [
        Call { request_hash: String::new(), request: None, ..call.clone() },
        Call { answer_hash: "AB".repeat(32), answer: None, ..call.clone() },
        Call { request: Some(json!(3)), ..call.clone() },
        Call { answer: Some(json!(3)), ..call.clone() },
    ];
    for call in wrong {
        let steps = vec![Step { calls: vec![call], ..bare("a", &[]) }];
        assert!(Cursor::new(Recording { steps }).unwrap_err().is(Code::RecordingInvalid));
    }
    let nested = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let mut cursor = Cursor::new(Recording { steps: vec![Step { calls: vec![call], ..bare("a", &[]) }] }).unwrap();
    assert_eq!(cursor.next("a", CallKind::Tool, "x", &nested).unwrap_err().what, What::Request { call: 0 });
}
