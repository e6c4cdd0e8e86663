use super::*;
use crate::fair_queue::Turn;
use baton_domain::id::TaskId;
use baton_domain::task::AGING_STEP;
use uuid::Uuid;

const NOW: i64 = 10_000_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A lane of so many tasks that became ready one after another, the first this long ago.
fn lane(skill: &str, key: Option<&str>, priority: u8, tag: f64, count: u32, waited_ms: i64) -> (Lane, Vec<ReadyTask>) {
    let priority = Priority::new(priority).unwrap();
    let turn = Turn { key: key.map(Into::into), tag, weight: 1.0, rings: 0, tasks: count };
    let task = |number: u32| ReadyTask {
        id: TaskId::new(Uuid::from_u128(u128::from(number))),
        skill: skill.to_owned(),
        fairness_key: key.map(str::to_owned),
        priority,
        labels: vec![],
        rank: priority.rank(at(NOW - waited_ms + i64::from(number))),
    };
    (Lane { skill: skill.to_owned(), priority, turn, again: 0 }, (0..count).map(task).collect())
}

fn order(turns: &mut Turns, lanes: Vec<(Lane, Vec<ReadyTask>)>) -> Vec<String> {
    let shown = |task: ReadyTask| format!("{}{}{}", task.skill, task.priority.get(), task.fairness_key.unwrap_or_default());
    turns.order(lanes, at(NOW)).into_iter().map(shown).collect()
}

#[test]
fn the_more_urgent_goes_first_then_keys_take_turns() {
    let lanes = vec![lane("s", Some("x"), 3, 0.0, 3, 500), lane("s", Some("y"), 3, 0.5, 2, 900), lane("s", Some("y"), 1, 0.5, 1, 0)];
    assert_eq!(order(&mut Turns::default(), lanes), ["s1y", "s3x", "s3x", "s3y", "s3x", "s3y"]);
}

#[test]
fn a_background_task_begins_within_four_steps_behind_any_backlog_of_critical_ones() {
    let step = i64::try_from(AGING_STEP.as_millis()).unwrap();
    for key in [None, Some("other")] {
        // The critical ones were all there long before.
        let lanes = |waited| vec![lane("s", None, 1, 0.0, 50, 100 * step), lane("s", key, 5, 0.0, 1, waited)];
        let mut turns = Turns::default();
        assert_eq!(order(&mut turns, lanes(4 * step - 1)).last().map(String::as_str), Some(&*format!("s5{}", key.unwrap_or_default())));
        let ordered = order(&mut turns, lanes(4 * step));
        assert!(ordered[..2].iter().any(|task| task.starts_with("s5")), "{ordered:?}");
    }
}

#[test]
fn what_has_aged_takes_turns_with_what_is_urgent() {
    let step = i64::try_from(AGING_STEP.as_millis()).unwrap();
    let lanes = vec![lane("s", None, 1, 0.0, 4, 0), lane("s", None, 2, 0.0, 3, 90 * step)];
    let ordered = order(&mut Turns::default(), lanes);
    assert_eq!(ordered, ["s1", "s2", "s1", "s2", "s1", "s2", "s1"]);
}

#[test]
fn skills_take_turns_whatever_their_backlog() {
    let mut turns = Turns::default();
    let ordered = order(&mut turns, vec![lane("a", None, 3, 0.0, 4, 900), lane("b", Some("new"), 3, 7.0, 1, 0)]);
    assert_eq!(ordered, ["a3", "b3new", "a3", "a3", "a3"]);
    let ordered = order(&mut turns, vec![lane("a", None, 3, 0.0, 2, 900), lane("b", None, 3, 7.0, 1, 0)]);
    assert_eq!(ordered, ["b3", "a3", "a3"], "turns go on over rounds");
}

#[test]
fn one_lane_keeps_its_order() {
    let ranks = |tasks: Vec<ReadyTask>| tasks.iter().map(|task| task.rank).collect::<Vec<_>>();
    let only = lane("s", None, 3, 0.0, 100, 500);
    let wanted = ranks(only.1.clone());
    assert_eq!(ranks(Turns::default().order(vec![only], at(NOW))), wanted);
}
