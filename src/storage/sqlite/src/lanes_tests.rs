use std::sync::Arc;

use parking_lot::Mutex;

use super::*;
use crate::writer::Tx;

/// Says its name when it is answered, and whether with an error.
struct Named(u32, Arc<Mutex<Vec<(u32, bool)>>>);

impl Job for Named {
    fn run(&mut self, _: &mut Tx) -> Result<(), StoreError> {
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        self.1.lock().push((self.0, committed.is_ok()));
    }
}

#[derive(Default)]
struct Said(Arc<Mutex<Vec<(u32, bool)>>>);

impl Said {
    fn job(&self, name: u32) -> Message {
        Message::Work(Box::new(Named(name, Arc::clone(&self.0))))
    }

    /// Who is in this group.
    fn names(&self, group: Option<Vec<Box<dyn Job>>>) -> Vec<u32> {
        group.into_iter().flatten().for_each(|job| job.answer(Ok(())));
        std::mem::take(&mut *self.0.lock()).into_iter().map(|(name, _)| name).collect()
    }
}

fn hand_in(sender: &Sender, lane: Lane, message: Message) -> Result<(), StoreError> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(sender.send(lane, message))
}

fn send(sender: &Sender, lane: Lane, said: &Said, names: std::ops::Range<u32>) {
    for name in names {
        hand_in(sender, lane, said.job(name)).unwrap();
    }
}

#[test]
fn the_express_lane_goes_first_and_the_lanes_take_turns() {
    let ((sender, mut receiver), said) = (lanes(), Said::default());
    send(&sender, Lane::Ordinary, &said, 0..3);
    send(&sender, Lane::Express, &said, 10..12);
    assert_eq!(said.names(receiver.next()), [10, 11]);
    assert!(!receiver.is_hurried());
    send(&sender, Lane::Express, &said, 12..13);
    assert!(!receiver.is_hurried(), "it is the turn of the others");
    let group = receiver.next().unwrap();
    assert!(receiver.is_hurried());
    let mut group = group.into_iter();
    assert_eq!(said.names(Some(group.by_ref().take(1).collect())), [0]);
    receiver.put_back(group.collect());
    assert_eq!(said.names(receiver.next()), [12]);
    send(&sender, Lane::Ordinary, &said, 3..4);
    assert_eq!(said.names(receiver.next()), [1, 2, 3], "what was left keeps its place");
    send(&sender, Lane::Express, &said, 13..14);
    assert_eq!(said.names(receiver.next()), [13]);
    send(&sender, Lane::Express, &said, 14..15);
    assert_eq!(said.names(receiver.next()), [14], "nobody else waits");
}

#[test]
fn a_group_goes_on_until_its_lane_has_had_as_much_time_and_no_longer_than_the_bound() {
    let ms = Duration::from_millis;
    let mut lead = Lead::default();
    assert!(lead.is_made_good(ms(0)), "who comes alone waits for one part");
    lead.took(true, ms(3));
    assert!(!lead.is_made_good(ms(2)) && lead.is_made_good(ms(4)));
    lead.took(false, ms(2));
    assert!(!lead.is_made_good(ms(0)) && lead.is_made_good(ms(2)), "the rest of it");
    lead.took(true, ms(5_000));
    assert!(!lead.is_made_good(ms(19)) && lead.is_made_good(ms(21)), "one slow sync");
    lead.took(false, ms(5_000));
    lead.took(true, ms(19));
    assert!(lead.is_made_good(ms(0)));
    lead.took(true, ms(3));
    assert!(!lead.is_made_good(ms(1)), "what had nothing for long has a bound, too");
}

#[test]
fn neither_lane_gets_more_than_half_of_the_time_while_both_have_something() {
    let (part, express) = (Duration::from_micros(300), Duration::from_micros(700));
    let (mut lead, mut times) = (Lead::default(), [Duration::ZERO; 2]);
    for _ in 0..1_000 {
        lead.took(true, express);
        times[0] += express;
        let mut group = Duration::ZERO;
        while group.is_zero() || !lead.is_made_good(group) {
            group += part;
        }
        lead.took(false, group);
        times[1] += group;
    }
    let share = times[0].as_secs_f64() / (times[0] + times[1]).as_secs_f64();
    assert!((0.49..0.51).contains(&share), "{share}");
}

#[test]
fn a_group_is_bounded_in_either_lane() {
    let most = u32::try_from(GROUP).unwrap();
    for lane in [Lane::Express, Lane::Ordinary] {
        let ((sender, mut receiver), said) = (lanes(), Said::default());
        send(&sender, lane, &said, 0..most + 1);
        assert_eq!(said.names(receiver.next()), (0..most).collect::<Vec<_>>());
        assert_eq!(said.names(receiver.next()), [most]);
    }
    assert_eq!((Lane::of(baton_storage::FEW), Lane::of(baton_storage::FEW + 1)), (Lane::Express, Lane::Ordinary));
}

#[test]
fn what_was_handed_in_before_the_end_comes_out_and_the_rest_is_refused() {
    let ((sender, mut receiver), said) = (lanes(), Said::default());
    send(&sender, Lane::Ordinary, &said, 0..2);
    hand_in(&sender, Lane::Ordinary, Message::Close).unwrap();
    let most = u32::try_from(GROUP).unwrap();
    send(&sender, Lane::Express, &said, 10..11 + most);
    send(&sender, Lane::Ordinary, &said, 2..3);
    let thread = std::thread::spawn(move || {
        let first = said.names(receiver.next());
        let mut group = receiver.next().unwrap();
        receiver.put_back(group.split_off(1));
        let second = said.names(Some(group));
        let third = said.names(receiver.next());
        let fourth = said.names(receiver.next());
        assert!(receiver.next().is_none());
        receiver.close();
        let refused = std::mem::take(&mut *said.0.lock());
        (first, second, third, fourth, refused)
    });
    let (first, second, third, fourth, refused) = thread.join().unwrap();
    assert_eq!(first, (10..10 + most).collect::<Vec<_>>());
    assert_eq!((second, third, fourth), (vec![0], vec![10 + most], vec![1]));
    assert_eq!(refused, [(2, false)]);
    for lane in [Lane::Ordinary, Lane::Express] {
        assert!(hand_in(&sender, lane, Message::Look).is_err());
    }
}

#[test]
fn the_thread_wakes_for_the_express_lane() {
    let ((sender, mut receiver), said) = (lanes(), Said::default());
    let job = said.job(1);
    let thread = std::thread::spawn(move || said.names(receiver.next()));
    hand_in(&sender, Lane::Express, job).unwrap();
    assert_eq!(thread.join().unwrap(), [1]);
}

#[test]
fn without_senders_it_ends() {
    let (sender, mut receiver) = lanes();
    drop(sender);
    assert!(receiver.next().is_none());
}
