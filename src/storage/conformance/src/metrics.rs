//! What does the contract say of measurements?

use baton_storage::{BucketKey, BucketRow};

use crate::World;
use crate::make::{at, server};

fn key(millis: i64, skill: &str, agent: &str) -> BucketKey {
    BucketKey { at: at(millis), skill: skill.to_owned(), agent: agent.to_owned(), server: server("main").id }
}

fn bucket(count: u64) -> BucketRow {
    BucketRow {
        submitted: count,
        started: count + 1,
        completed: count + 2,
        failed: count + 3,
        canceled: count + 4,
        wait_sketch: vec![0, 1, 255, u8::try_from(count).unwrap()],
        run_sketch: vec![],
    }
}

pub async fn a_bucket_reads_back_as_it_was_given(world: &World) {
    let given = vec![(key(0, "nlp.sentiment", ""), bucket(1)), (key(0, "nlp.sentiment", "nlp"), bucket(9))];
    world.store.put_buckets(given.clone()).await.unwrap();
    assert_eq!(world.store.buckets(at(0), at(0), None, None).await.unwrap(), given);
    assert_eq!(world.head().await, 0, "a measurement is no event");
}

pub async fn a_bucket_that_exists_is_replaced(world: &World) {
    world.store.put_buckets(vec![(key(0, "s", "a"), bucket(1)), (key(10_000, "s", "a"), bucket(2))]).await.unwrap();
    world.store.put_buckets(vec![(key(0, "s", "a"), bucket(5))]).await.unwrap();
    let found = world.store.buckets(at(0), at(10_000), None, None).await.unwrap();
    assert_eq!(found, [(key(0, "s", "a"), bucket(5)), (key(10_000, "s", "a"), bucket(2))]);
}

pub async fn of_a_bucket_given_twice_the_last_stays(world: &World) {
    world.store.put_buckets(vec![(key(0, "s", "a"), bucket(1)), (key(0, "s", "a"), bucket(2))]).await.unwrap();
    assert_eq!(world.store.buckets(at(0), at(0), None, None).await.unwrap(), [(key(0, "s", "a"), bucket(2))]);
}

pub async fn both_ends_of_a_span_are_included_and_the_oldest_comes_first(world: &World) {
    let given: Vec<_> = [3, 1, 4, 0, 2].map(|tens| (key(tens * 10_000, "s", "a"), bucket(1))).to_vec();
    world.store.put_buckets(given).await.unwrap();
    let of = async |since, until| {
        let found = world.store.buckets(at(since), at(until), None, None).await.unwrap();
        found.into_iter().map(|(key, _)| (key.at.as_millis() - at(0).as_millis()) / 10_000).collect::<Vec<_>>()
    };
    assert_eq!(of(10_000, 30_000).await, [1, 2, 3]);
    assert_eq!(of(10_001, 29_999).await, [2]);
    assert_eq!(of(-1, 99_999).await, [0, 1, 2, 3, 4]);
    assert_eq!(of(50_000, 0).await, [0i64; 0]);
}

pub async fn buckets_can_be_of_one_skill_or_agent(world: &World) {
    let keys = [key(0, "a.x", ""), key(0, "a.x", "one"), key(0, "b.y", "one"), key(0, "b.y", "two")];
    world.store.put_buckets(keys.iter().rev().map(|key| (key.clone(), bucket(1))).collect()).await.unwrap();
    let of = async |skill, agent| {
        let found = world.store.buckets(at(0), at(0), skill, agent).await.unwrap();
        found.into_iter().map(|(key, _)| keys.iter().position(|known| *known == key).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of(None, None).await, [0, 1, 2, 3]);
    assert_eq!(of(Some("a.x"), None).await, [0, 1]);
    assert_eq!(of(None, Some("one")).await, [1, 2]);
    assert_eq!(of(None, Some("")).await, [0]);
    assert_eq!(of(Some("b.y"), Some("two")).await, [3]);
    assert_eq!(of(Some("a"), None).await, [0usize; 0]);
}

pub async fn what_one_server_counted_no_other_overwrites(world: &World) {
    let of = |name: &str| BucketKey { server: server(name).id, ..key(0, "s", "a") };
    let mut given = vec![(of("one"), bucket(1)), (of("two"), bucket(2))];
    given.sort_by(|(one, _), (other, _)| one.cmp(other));
    for bucket in given.clone() {
        world.store.put_buckets(vec![bucket]).await.unwrap();
    }
    assert_eq!(world.store.buckets(at(0), at(0), None, None).await.unwrap(), given);
}

pub async fn no_buckets_are_no_error(world: &World) {
    world.store.put_buckets(vec![]).await.unwrap();
    assert_eq!(world.store.buckets(at(0), at(1), None, None).await.unwrap(), []);
}
