//! What becomes of the places of attempts that wait for what they asked of others?

use super::super::aside::MOST_ASIDE;
use super::*;

#[test]
fn who_waits_for_others_leaves_its_slot_to_them_and_has_the_next_one_before_what_is_new() {
    let world = World::new(vec![AgentCard { slots: 2, ..card("a", vec![skill(LIGHT, Isolation::Task, Needs::default())]) }]);
    let busy = || world.instances()[0].busy;
    let told = || world.pool.told(world.ids[0]).unwrap().aside;
    let (mut one, mut two) = (world.reserve(LIGHT).unwrap(), world.reserve(LIGHT).unwrap());
    assert_eq!(told(), 0);
    assert!(one.slot.step_aside() && two.slot.step_aside());
    assert!(!one.slot.step_aside(), "it has none to give back");
    assert_eq!(told(), 2, "the others are told");
    assert_eq!((busy(), world.pool.capacity().1), (0, 2));
    let (child, other) = (world.reserve(LIGHT).unwrap(), world.reserve(LIGHT).unwrap());
    assert!(!comes_back(&mut one) && !comes_back(&mut two) && !comes_back(&mut one));
    assert_eq!((busy(), world.reserve(LIGHT).err()), (2, Some(fell("no_slot"))));
    assert_eq!(told(), 0, "what wants its place again counts like what has one");
    assert!(world.pool.is_full(0));
    drop(child);
    assert_eq!((busy(), world.reserve(LIGHT).err()), (2, Some(fell("no_slot"))), "it is the first one's already");
    assert!(!comes_back(&mut two) && comes_back(&mut one));
    drop(other);
    assert!(comes_back(&mut two));
    drop((one, two));
    assert_eq!((busy(), world.pool.capacity().1), (0, 2));
}

#[test]
fn an_attempt_that_ends_without_its_place_gives_back_what_it_has_and_no_more() {
    let world = World::new(vec![AgentCard { slots: 1, ..card("a", vec![skill(HEAVY, Isolation::Process, heavy())]) }]);
    let taken = || {
        let host = world.pool.balancing().host;
        (world.instances()[0].busy, host.cpu_taken_millicores, host.memory_taken_mib)
    };
    // Aside; in the queue; with a place that it has not heard of.
    for end in 0..3 {
        let mut parent = world.reserve(HEAVY).unwrap();
        assert!(parent.slot.step_aside());
        assert_eq!(taken(), (0, 0, 100), "the process is still there");
        let child = world.reserve(HEAVY).unwrap();
        assert_eq!(taken(), (1, 1_000, 200));
        if end > 0 {
            assert!(!comes_back(&mut parent));
        }
        if end == 2 {
            drop(child);
            assert_eq!(taken(), (1, 1_000, 100), "it was given the place");
            drop(parent);
        } else {
            drop(parent);
            assert_eq!((taken(), world.pool.capacity().1), ((1, 1_000, 100), 0));
            drop(child);
        }
        assert_eq!((taken(), world.pool.capacity().1), ((0, 0, 0), 1));
    }
}

#[test]
fn processors_are_left_for_those_that_return_in_their_order() {
    const WHOLE: &str = "test.whole";
    let whole = Needs { cpu_millicores: 2_000, memory_mib: 0, model: None };
    let skills = vec![skill(HEAVY, Isolation::Process, heavy()), skill(WHOLE, Isolation::Process, whole)];
    let world = World::new(vec![AgentCard { slots: 8, ..card("a", skills) }]);
    let mut large = world.reserve(WHOLE).unwrap();
    assert!(large.slot.step_aside());
    let mut small = world.reserve(HEAVY).unwrap();
    let child = world.reserve(HEAVY).unwrap();
    assert!(!comes_back(&mut large));
    assert!(small.slot.step_aside());
    assert_eq!(world.reserve(HEAVY).err(), Some(fell("no_capacity")), "half of the host is free, and left for the large one");
    assert!(!comes_back(&mut small), "also by one that came later");
    drop(child);
    assert!(comes_back(&mut large) && !comes_back(&mut small));
    drop(large);
    assert!(comes_back(&mut small));
}

#[test]
fn no_processors_are_left_for_those_that_wait_for_a_slot() {
    const OTHER: &str = "test.other";
    let one_slot = AgentCard { slots: 1, ..card("a", vec![skill(HEAVY, Isolation::Process, heavy())]) };
    let world = World::new(vec![one_slot, card("b", vec![skill(OTHER, Isolation::Process, heavy())])]);
    let mut parents: Vec<Reservation> = Vec::new();
    for _ in 0..2 {
        let mut parent = world.reserve(HEAVY).unwrap();
        assert!(parent.slot.step_aside());
        parents.push(parent);
    }
    let child = world.reserve(HEAVY).unwrap();
    assert!(parents.iter_mut().all(|parent| !comes_back(parent)));
    let other = world.reserve(OTHER).unwrap();
    assert_eq!(world.pool.balancing().host.cpu_taken_millicores, 2_000, "nothing stands idle");
    drop(child);
    assert!(comes_back(&mut parents[0]) && !comes_back(&mut parents[1]));
    let parent = parents.remove(0);
    drop(other);
    let others = world.reserve(OTHER).unwrap();
    drop(parent);
    assert!(comes_back(&mut parents[0]));
    drop((others, parents));
    assert_eq!(world.pool.balancing().host.cpu_taken_millicores, 0);
}

#[test]
fn who_waits_for_processors_keeps_its_slot_from_who_came_later() {
    const OTHER: &str = "test.other";
    let skills = vec![skill(HEAVY, Isolation::Process, heavy()), skill(LIGHT, Isolation::Task, Needs::default())];
    let world = World::new(vec![AgentCard { slots: 1, ..card("a", skills) }, card("b", vec![skill(OTHER, Isolation::Process, heavy())])]);
    let mut heavy_one = world.reserve(HEAVY).unwrap();
    assert!(heavy_one.slot.step_aside());
    let mut light_one = world.reserve(LIGHT).unwrap();
    assert!(light_one.slot.step_aside());
    let others = [world.reserve(OTHER).unwrap(), world.reserve(OTHER).unwrap()];
    assert!(!comes_back(&mut heavy_one), "there is a slot, and no processor");
    assert!(!comes_back(&mut light_one), "although it needs none");
    drop(others);
    assert!(comes_back(&mut heavy_one) && !comes_back(&mut light_one));
    drop(heavy_one);
    assert!(comes_back(&mut light_one));
}

#[test]
fn those_that_wait_leave_half_of_the_memory_to_others() {
    let skills = vec![skill(HEAVY, Isolation::Process, heavy()), skill(LIGHT, Isolation::Task, Needs::default())];
    let world = World::new(vec![AgentCard { slots: 16, ..card("a", skills) }]);
    let mut parents: Vec<Reservation> = Vec::new();
    for _ in 0..5 {
        let mut parent = world.reserve(HEAVY).unwrap();
        assert!(parent.slot.step_aside());
        parents.push(parent);
    }
    let mut sixth = world.reserve(HEAVY).unwrap();
    assert!(!sixth.slot.step_aside() && sixth.slot.is_here(), "it keeps its place");
    let mut light = world.reserve(LIGHT).unwrap();
    assert!(light.slot.step_aside(), "it keeps no memory");
    assert!(comes_back(&mut parents[0]) && sixth.slot.step_aside());
    assert!(!parents[0].slot.step_aside());
    drop(parents.pop());
    assert!(parents[0].slot.step_aside(), "what one had that is over others may keep");
    drop((parents, sixth, light));
    assert_eq!(world.pool.balancing().host.memory_taken_mib, 0);
}

#[test]
fn an_instance_that_drains_waits_for_those_that_return_and_one_that_died_takes_them_back() {
    let range = InstanceRange { minimum: 1, maximum: 2 };
    let light = || vec![skill(LIGHT, Isolation::Process, Needs::default())];
    let world = World::new(vec![AgentCard { instances: range, slots: 1, ..card("a", light()) }]);
    let scale = |age: Duration| {
        let at_once = ScalingOptions { grow_after: Duration::ZERO, shrink_after: Duration::ZERO, ..ScalingOptions::default() };
        world.pool.scale(0, age, world.pool.sources.clock.now(), &at_once);
    };
    let statuses = || world.instances().iter().map(|instance| (instance.number, instance.status, instance.busy)).collect::<Vec<_>>();
    scale(Duration::from_secs(5));
    let (mut one, mut two) = (world.reserve(LIGHT).unwrap(), world.reserve(LIGHT).unwrap());
    assert!(one.slot.step_aside() && two.slot.step_aside());
    scale(Duration::ZERO);
    assert_eq!(statuses().len(), 2, "both are needed again soon");
    drop(one);
    scale(Duration::ZERO);
    // The emptiest goes, which is that of the one that ended.
    let [(number, InstanceStatus::Ready, 0)] = statuses()[..] else { panic!("{:?}", statuses()) };
    assert_eq!(number, two.slot.instance);
    scale(Duration::from_secs(5));
    let (other, mut three) = (world.reserve(LIGHT).unwrap(), world.reserve(LIGHT).unwrap());
    assert_eq!(three.slot.instance, number);
    assert!(!comes_back(&mut two));
    drop(other);
    assert!(comes_back(&mut two) && two.slot.instance != number, "a slot of another instance will do");
    drop(two);
    assert!(three.slot.step_aside());
    for _ in 0..3 {
        world.pool.record(&three.slot, LIGHT, Ending::Failed, true, Duration::from_millis(10));
    }
    assert!(statuses().iter().any(|(number, status, _)| *number == three.slot.instance && *status == InstanceStatus::Unhealthy));
    assert!(comes_back(&mut three), "what it began it may finish");
    drop(three);
    assert!(statuses().iter().all(|(_, _, busy)| *busy == 0));
}

#[test]
fn only_so_many_attempts_of_an_agent_wait_without_their_place() {
    let world = World::new(vec![AgentCard { slots: MOST_ASIDE + 2, ..card("a", vec![skill(LIGHT, Isolation::Task, Needs::default())]) }]);
    let mut held: Vec<Reservation> = (0..=MOST_ASIDE).map(|_| world.reserve(LIGHT).unwrap()).collect();
    let aside = held.iter_mut().filter_map(|reservation| reservation.slot.step_aside().then_some(())).count();
    assert_eq!((aside as u32, world.instances()[0].busy), (MOST_ASIDE, 1));
    assert!(comes_back(&mut held[0]));
    assert!(held.last_mut().unwrap().slot.step_aside(), "then another one may");
}
