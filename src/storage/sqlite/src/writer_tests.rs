use super::*;
use crate::failure::failed;

type Answer = oneshot::Receiver<Result<(), StoreError>>;

/// A job that runs these statements.
fn job(text: &'static str) -> (Box<dyn Job>, Answer) {
    let (reply, answer) = oneshot::channel();
    let work = move |tx: &mut Tx| write(tx, text);
    (Box::new(JobOf { work: Some(work), result: None, reply }), answer)
}

/// By itself, since the plans of all statements that go through `run` are looked at, and the table is in no migration.
fn write(tx: &Tx, text: &str) -> Result<(), StoreError> {
    tx.sql().execute(text, []).map(drop).map_err(failed)
}

fn tx() -> Tx {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE kept (number INTEGER)").unwrap();
    Tx { connection, events: Vec::new(), moves: Vec::new() }
}

fn kept(tx: &Tx) -> i64 {
    tx.sql().query_row("SELECT coalesce(sum(number), 0) FROM kept", [], |row| row.get(0)).unwrap()
}

#[test]
fn what_stands_behind_a_job_that_lost_the_transaction_is_written_anew_and_what_stands_before_it_is_told_to_be_gone() {
    let mut tx = tx();
    let (before, mut told_before) = job("INSERT INTO kept VALUES (1)");
    // What SQLite does by itself when the disk is full.
    let (loses, mut told) = job("ROLLBACK");
    let (behind, mut told_behind) = job("INSERT INTO kept VALUES (4)");
    let mut group = vec![before, loses, behind];
    let (committed, done) = commit(&mut tx, &mut group, || false);
    assert!(committed.is_err());
    assert_eq!((done, kept(&tx)), (2, 0), "nothing is kept that nobody is told of");
    let mut rest = group.split_off(done);
    group.into_iter().for_each(|job| job.answer(Err(lost())));
    assert!(told_before.try_recv().unwrap().is_err() && told.try_recv().unwrap().is_err());
    let (committed, done) = commit(&mut tx, &mut rest, || false);
    assert!(committed.is_ok());
    assert_eq!((done, kept(&tx)), (1, 4));
    rest.into_iter().for_each(|job| job.answer(Ok(())));
    assert_eq!(told_behind.try_recv().unwrap(), Ok(()));
}

#[test]
fn a_part_begins_no_transaction_of_its_own() {
    let mut tx = tx();
    assert!(tx.part(|tx| write(tx, "INSERT INTO kept VALUES (1)")).is_err());
    assert_eq!(kept(&tx), 0);
}

#[test]
fn a_group_that_is_hurried_ends_after_its_job_and_keeps_what_it_wrote() {
    let mut tx = tx();
    let (jobs, _answers): (Vec<_>, Vec<_>) = ["INSERT INTO kept VALUES (1)", "INSERT INTO kept VALUES (2)"].map(job).into_iter().unzip();
    let mut group = jobs;
    let (committed, done) = commit(&mut tx, &mut group, || true);
    assert!(committed.is_ok());
    assert_eq!((done, kept(&tx)), (1, 1));
}
