use super::*;
use proptest::prelude::*;

fn priority(number: u8) -> Priority {
    Priority::new(number).unwrap()
}

/// Serves that many tasks, `a_round` at a time, of keys that never run out; how many each got.
fn serve(queue: &mut FairQueue, tasks: u32, a_round: u32) -> HashMap<Key, u32> {
    let mut served: HashMap<Key, u32> = HashMap::new();
    let mut left = tasks;
    while left > 0 {
        for turn in queue.turns(Priority::default(), a_round.min(left), 0, |_| false) {
            queue.served(&turn.key, turn.tasks, turn.weight);
            *served.entry(turn.key).or_default() += turn.tasks;
            left -= turn.tasks;
        }
    }
    served
}

#[test]
fn weights_of_one_and_three_share_ten_thousand_tasks_so() {
    for a_round in [1, 2, 7, 16, 256] {
        let mut queue = FairQueue::default();
        queue.ring(Some("one"), Priority::default(), Some(1.0));
        queue.ring(Some("three"), Priority::default(), Some(3.0));
        let served = serve(&mut queue, 10_000, a_round);
        let of_one = f64::from(served[&Some(Arc::from("one"))]);
        assert!((of_one / 2_500.0 - 1.0).abs() < 0.01, "{of_one} of 10,000, {a_round} at a time");
    }
}

#[test]
fn a_new_key_is_next_however_long_others_have_been_served() {
    let mut queue = FairQueue::default();
    queue.ring(Some("old"), Priority::default(), Some(1.0));
    serve(&mut queue, 100_000, 256);
    queue.ring(Some("new"), Priority::default(), None);
    let turns = queue.turns(Priority::default(), 4, 0, |_| false);
    assert_eq!(turns[0].key.as_deref(), Some("new"));
    // It may be ahead by the task that it starts with.
    let tasks: Vec<u32> = turns.iter().map(|turn| turn.tasks).collect();
    assert!(tasks == [2, 2] || tasks == [3, 1], "{tasks:?}");
}

#[test]
fn a_key_that_comes_and_goes_gets_no_more_than_its_share() {
    let mut queue = FairQueue::default();
    queue.ring(None, Priority::default(), Some(1.0));
    let mut light = 0;
    for _ in 0..1_000 {
        queue.ring(Some("light"), Priority::default(), Some(0.1));
        let turn = queue.turns(Priority::default(), 1, 0, |_| false).remove(0);
        queue.served(&turn.key, 1, turn.weight);
        if turn.key.is_some() {
            light += 1;
            queue.empty(&turn.key, Priority::default(), turn.rings);
        }
    }
    assert!((85..=95).contains(&light), "a tenth of the weight of the other, {light} of 1,000");
}

#[test]
fn what_is_empty_is_left_alone_until_it_is_rung_for_and_no_ring_is_lost() {
    let mut queue = FairQueue::default();
    queue.ring(Some("a"), priority(2), None);
    let looked = queue.turns(priority(2), 1, 0, |_| false).remove(0);
    assert!(queue.turns(priority(3), 1, 0, |_| false).is_empty());
    queue.ring(Some("a"), priority(2), None);
    queue.empty(&looked.key, priority(2), looked.rings);
    let again = queue.turns(priority(2), 1, 0, |_| false).remove(0);
    queue.empty(&again.key, priority(2), again.rings);
    assert!(queue.turns(priority(2), 1, 0, |_| false).is_empty());
    assert!(queue.flows.is_empty(), "a key with nothing is forgotten");
    queue.ring(Some("a"), priority(2), None);
    assert_eq!(queue.turns(priority(2), 1, 0, |_| false).len(), 1);
}

#[test]
fn keys_that_are_looked_at_in_vain_keep_their_places_and_are_in_nobodys_way() {
    let mut queue = FairQueue::default();
    let all = Priority::default();
    for number in 0..200 {
        queue.ring(Some(&format!("{number:03}")), all, None);
    }
    for number in 0..150 {
        assert!(queue.set_aside(&Some(Arc::from(format!("{number:03}"))), all));
    }
    assert!(!queue.set_aside(&Some(Arc::from("000")), all), "it is already");
    let next = |turns: Vec<Turn>| turns[0].key.as_deref().map(str::to_owned);
    let first = |queue: &FairQueue| next(queue.turns(all, 1, 0, |_| false));
    let first_of_all = |queue: &FairQueue| next(queue.turns_of_all(all, 1, 0, |_| false));
    assert_eq!((first(&queue).as_deref(), first_of_all(&queue).as_deref()), (Some("150"), Some("000")));
    assert_eq!(queue.turns_of_all(all, 1_000, 0, |_| false).len(), KEYS_A_ROUND);
    queue.served(&Some(Arc::from("000")), 5, 1.0);
    assert_eq!(first_of_all(&queue).as_deref(), Some("001"), "what it has had is counted");
    queue.ring(Some("001"), all, None);
    assert_eq!(first(&queue).as_deref(), Some("150"), "that there are tasks is known");
    queue.bring_back(Some("001"), all);
    assert_eq!(first(&queue).as_deref(), Some("001"));
    assert!(queue.set_aside(&Some(Arc::from("001")), all));
    let empty = queue.turns_of_all(all, 1, 0, |_| false).remove(0);
    queue.empty(&empty.key, all, empty.rings);
    assert_eq!(first_of_all(&queue).as_deref(), Some("002"), "what is empty is so wherever it was");
    queue.bring_all_back();
    assert_eq!(first(&queue).as_deref(), Some("002"));
    assert!(queue.in_vain.iter().all(BTreeSet::is_empty));
}

#[test]
fn keys_of_refused_tasks_keep_their_turns_and_leave_the_others_their_part() {
    let mut queue = FairQueue::default();
    for key in ["refused", "served"] {
        queue.ring(Some(key), Priority::default(), None);
    }
    queue.served(&Some(Arc::from("served")), 1_000, 1.0);
    let shown = |turns: Vec<Turn>| turns.into_iter().map(|turn| (turn.key.unwrap().to_string(), turn.tasks)).collect::<Vec<_>>();
    let refused = ("refused".to_owned(), 20);
    assert_eq!(shown(queue.turns(Priority::default(), 20, 0, |_| false)), std::slice::from_ref(&refused));
    assert_eq!(shown(queue.turns(Priority::default(), 20, 1, |_| false)), [refused, ("served".to_owned(), 10)]);
    for number in 0..KEYS_A_ROUND {
        queue.ring(Some(&number.to_string()), Priority::default(), None);
    }
    let turns = shown(queue.turns(Priority::default(), 20, 2, |_| false));
    assert_eq!((turns.len(), turns.iter().all(|(_, tasks)| *tasks > 0)), (KEYS_A_ROUND + 2, true));
    assert!(queue.turns(Priority::default(), 0, 2, |_| false).is_empty());
    assert_eq!(keys(usize::MAX), KEYS_A_ROUND + MORE_KEYS);
}

#[test]
fn what_a_key_has_had_is_counted_although_it_was_found_empty_before() {
    let mut queue = FairQueue::default();
    for key in ["a", "b"] {
        queue.ring(Some(key), Priority::default(), None);
    }
    let first = queue.turns(Priority::default(), 1, 0, |_| false).remove(0);
    queue.empty(&first.key, Priority::default(), first.rings);
    queue.served(&first.key, 1, 1.0);
    queue.ring(Some("a"), Priority::default(), None);
    assert_eq!(queue.turns(Priority::default(), 1, 0, |_| false)[0].key.as_deref(), Some("b"));
}

#[test]
fn a_task_of_a_key_that_has_none_waiting_has_the_next_turn_unless_others_are_owed_one() {
    let (mut queue, all) = (FairQueue::default(), Priority::default());
    let [old, new, other] = ["old", "new", "other"].map(|key| Some(Arc::from(key)));
    assert_eq!(queue.take_turn(&new, all, 1.0), Some(false), "nobody waits, and nothing is counted");
    assert!(queue.flows.is_empty());
    queue.ring(Some("old"), all, None);
    assert_eq!(queue.take_turn(&new, all, 1.0), None, "the other one waits for its first turn");
    queue.served(&old, 10, 1.0);
    assert_eq!(queue.take_turn(&old, all, 1.0), None, "it has others waiting");
    assert_eq!(queue.take_turn(&new, priority(2), 1.0), None, "which of two priorities is next depends on the age of tasks");
    // However many are asked for together, and however little each weighs, virtual time stays where those are that wait.
    assert_eq!((queue.take_turn(&new, all, 0.001), queue.take_turn(&new, all, 0.001)), (Some(true), None));
    assert!(queue.now <= 10.0);
    queue.give_back(&new, 0.001);
    let (mut of_new, mut of_old) = (0, 0);
    for _ in 0..1_000 {
        if queue.take_turn(&new, all, 1.0).is_some() {
            of_new += 1;
        } else {
            let turn = queue.turns(all, 1, 0, |_| false).remove(0);
            queue.served(&turn.key, 1, turn.weight);
            of_old += 1;
        }
    }
    assert!((499..=501).contains(&of_new), "{of_new} and {of_old}: it gets its share and no more");
    queue.ring(Some("other"), all, None);
    assert!(queue.set_aside(&other, all));
    assert_eq!(queue.newcomers, 0, "nobody can take what it has");
    queue.served(&old, 10, 1.0);
    assert_eq!(queue.take_turn(&new, all, 1.0), None, "although it waits in vain, it keeps its turn");
    queue.empty(&other, all, queue.rings(&other, all).unwrap());
    assert!(queue.take_turn(&new, all, 1.0).is_some());
    queue.ring(Some("last"), all, None);
    assert_eq!(queue.newcomers, 1);
    queue.had_turn(&Some(Arc::from("last")));
    queue.had_turn(&Some(Arc::from("last")));
    assert_eq!(queue.newcomers, 0, "a limit held it");
    queue.ring(Some("once"), all, None);
    let once = Some(Arc::from("once"));
    queue.empty(&once, all, queue.rings(&once, all).unwrap());
    assert_eq!(queue.newcomers, 0, "it has none any more");
}

#[test]
fn keys_are_bounded_and_room_comes_back() {
    let mut queue = FairQueue::default();
    for number in 0..=MAXIMUM_KEYS {
        queue.ring(Some(&number.to_string()), Priority::default(), None);
    }
    assert_eq!(queue.flows.len(), MAXIMUM_KEYS);
    let turns = queue.turns(Priority::default(), 1_000, 0, |_| false);
    assert_eq!(turns.len(), KEYS_A_ROUND);
    for turn in turns {
        queue.empty(&turn.key, Priority::default(), turn.rings);
    }
    queue.ring(Some("late"), Priority::default(), None);
    assert!(queue.flows.contains_key(&Some(Arc::from("late"))));
}

proptest! {
    #[test]
    fn shares_follow_weights(weights in prop::collection::vec(0.1f64..10.0, 2..8), a_round in 1u32..64) {
        let mut queue = FairQueue::default();
        for (index, weight) in weights.iter().enumerate() {
            queue.ring(Some(&index.to_string()), Priority::default(), Some(*weight));
        }
        let served = serve(&mut queue, 20_000, a_round);
        let all: f64 = weights.iter().sum();
        for (index, weight) in weights.iter().enumerate() {
            let got = f64::from(served.get(&Some(Arc::from(index.to_string()))).copied().unwrap_or(0));
            let wanted = 20_000.0 * weight / all;
            // No key is ever further from its share than a task of each.
            prop_assert!((got - wanted).abs() <= 2.0 + weights.len() as f64 * weight, "{got} for {wanted}");
        }
    }
}
