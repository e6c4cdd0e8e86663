use baton_domain::task::Priority;
use uuid::Uuid;

use super::*;

fn task(number: u128, skill: &str, labels: &[&str]) -> ReadyTask {
    ReadyTask {
        id: TaskId::new(Uuid::from_u128(number)),
        skill: skill.to_owned(),
        fairness_key: None,
        priority: Priority::default(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        rank: 0,
    }
}

fn tasks(skill: &str, numbers: impl IntoIterator<Item = u128>) -> Vec<ReadyTask> {
    numbers.into_iter().map(|number| task(number, skill, &[])).collect()
}

fn kind(skill: &str) -> Kind {
    Kind { skill: skill.to_owned(), labels: Vec::new() }
}

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The order, for a server with two slots and another before it.
fn order(precedence: &mut Precedence, ready: Vec<ReadyTask>, millis: i64) -> Vec<u128> {
    precedence.order(ready, 1, 2, at(millis)).into_iter().map(|task| task.id.as_uuid().as_u128()).collect()
}

#[test]
fn the_first_tasks_are_left_to_those_before_as_long_as_they_take_them() {
    let mut precedence = Precedence::default();
    assert_eq!(precedence.order(tasks("a", 0..4), 0, 2, at(0)), tasks("a", 0..4), "nobody comes before the first");
    for round in 0..100 {
        let first = u128::try_from(round).unwrap() * 2;
        let expected = [first + 2, first + 3, first, first + 1];
        assert_eq!(order(&mut precedence, tasks("a", first..first + 4), round * 40), expected, "round {round}");
    }
    assert_eq!(
        precedence.order(tasks("a", 300..305), 2, 3, at(9_000)),
        tasks("a", [301, 302, 303, 304, 300]),
        "two others, of three slots"
    );
}

#[test]
fn what_nobody_before_takes_is_given_out_in_its_own_place_and_the_rest_is_not() {
    let mut precedence = Precedence::default();
    let round = |mine: [u128; 2], others: [u128; 3]| {
        let (mine, others) = (tasks("mine", mine), tasks("a", others));
        vec![mine[0].clone(), others[0].clone(), others[1].clone(), mine[1].clone(), others[2].clone()]
    };
    assert_eq!(order(&mut precedence, round([0, 1], [10, 11, 12]), 0), [11, 1, 12, 0, 10]);
    assert_eq!(order(&mut precedence, round([0, 1], [13, 14, 15]), 49), [14, 1, 15, 0, 13], "not yet");
    assert_eq!(order(&mut precedence, round([0, 1], [16, 17, 18]), 50), [0, 18, 16, 1, 17]);
    assert_eq!(order(&mut precedence, round([2, 3], [19, 20, 21]), 60), [2, 21, 19, 3, 20], "and so are those that come after it");
}

#[test]
fn what_stood_first_is_watched_whatever_comes_before_it_later() {
    let mut precedence = Precedence::default();
    assert_eq!(order(&mut precedence, tasks("a", [5, 6, 7]), 0), [7, 5, 6]);
    assert_eq!(order(&mut precedence, tasks("a", [1, 5, 6, 7]), 30), [6, 7, 1, 5]);
    assert_eq!(order(&mut precedence, tasks("a", [2, 1, 5, 6]), 60), [2, 1, 5, 6]);
}

#[test]
fn those_before_have_their_turn_one_after_another() {
    let standing = || tasks("a", 0..5);
    for (before, patience) in [(1, 50), (2, 100), (3, 150), (41, 2_050)] {
        let mut precedence = Precedence::default();
        let mut order = |millis| precedence.order(standing(), before, 3, at(millis));
        order(0);
        assert_ne!(order(patience - 1), standing(), "{before}");
        assert_eq!(order(patience), standing(), "{before}");
    }
}

#[test]
fn labels_make_a_kind_of_their_own() {
    let mut precedence = Precedence::default();
    let round = |first: u128| vec![task(0, "a", &["gpu"]), task(first, "a", &[]), task(first + 1, "a", &[]), task(first + 2, "a", &[])];
    assert_eq!(order(&mut precedence, round(1), 0), [2, 3, 0, 1]);
    assert_eq!(order(&mut precedence, round(4), 50), [0, 6, 4, 5]);
}

#[test]
fn what_another_server_takes_is_left_to_it_again_for_longer_each_time() {
    let mut precedence = Precedence::default();
    let standing = || tasks("a", 0..4);
    let (own, left): ([u128; 4], [u128; 4]) = ([0, 1, 2, 3], [2, 3, 0, 1]);
    order(&mut precedence, standing(), 0);
    precedence.lost([&kind("a")], at(10));
    assert_eq!(order(&mut precedence, standing(), 50), own, "what was not given out in its own place says nothing");
    precedence.lost([&kind("b")], at(50));
    assert_eq!(order(&mut precedence, standing(), 50), own, "another kind");
    let mut now = 50;
    for patience in [100, 200, 400, 800, 800] {
        precedence.lost([&kind("a")], at(now));
        assert_eq!(order(&mut precedence, standing(), now + patience - 1), left, "{patience}");
        now += patience;
        assert_eq!(order(&mut precedence, standing(), now), own, "{patience}");
    }
    now += 800;
    precedence.lost([&kind("a")], at(now));
    assert_eq!(order(&mut precedence, standing(), now + 49), left);
    assert_eq!(order(&mut precedence, standing(), now + 50), own, "what went well for so long was no mistake");
}

#[test]
fn no_more_kinds_are_watched_than_there_is_room_for() {
    let mut precedence = Precedence::default();
    let many: Vec<ReadyTask> = (0..KINDS as u128 + 1).map(|number| task(number, &format!("skill.{number}"), &[])).collect();
    order(&mut precedence, many, 0);
    assert_eq!(precedence.kinds.len(), KINDS + 1);
    order(&mut precedence, tasks("skill.3", 0..1), 1);
    assert_eq!(precedence.kinds.len(), 1);
}
