//! How are many tasks submitted? By a few threads, each with a connection that it keeps, through the batch endpoint.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use baton_domain::id::TaskId;
use baton_domain::wire::task::AcceptedBatch;

use super::connection::{Connection, Request};
use super::target::Target;
use super::{BenchConfig, failed, now, work};
use crate::start_error::StartError;

/// Tasks whose requests are held at once; more would only fill this client's memory.
const CHUNK: usize = 100_000;

/// What was submitted.
pub(super) struct Submitted {
    /// The tasks, in the order of their numbers.
    pub(super) ids: Vec<TaskId>,
    /// When the first request was sent.
    pub(super) began: Instant,
    /// When the last was answered.
    pub(super) ended: Instant,
}

/// Submits `count` tasks. Up to the size of a chunk all requests are made before the first is sent.
pub(super) fn submit(target: &mut Target, config: &BenchConfig, count: usize) -> Result<Submitted, StartError> {
    let mut connections = (0..config.in_flight).map(|_| target.connect()).collect::<Result<Vec<_>, _>>()?;
    let mut submitted: Option<Submitted> = None;
    for first in (0..count).step_by(CHUNK) {
        let range = first..count.min(first + CHUNK);
        let requests = work::batches(range.clone(), config.batch as usize, &target.token()?);
        let began = now();
        let answers = send(&mut connections, &requests)?;
        let ended = now();
        let all = submitted.get_or_insert_with(|| Submitted { ids: Vec::with_capacity(count), began, ended });
        for answer in answers {
            let batch: AcceptedBatch =
                serde_json::from_slice(&answer).map_err(|error| failed(format!("the answer to a batch does not read: {error}")))?;
            all.ids.extend(batch.ids);
        }
        all.ended = ended;
        if all.ids.len() != range.end {
            return Err(failed(format!("{} tasks were acknowledged of {}", all.ids.len(), range.end)));
        }
    }
    submitted.ok_or_else(|| failed("nothing was submitted"))
}

/// Sends the requests, as many at once as there are connections; gives the answers in the requests' order.
fn send(connections: &mut [Connection], requests: &[Request]) -> Result<Vec<Vec<u8>>, StartError> {
    let next = AtomicUsize::new(0);
    let work = |connection: &mut Connection| -> Result<Vec<(usize, Vec<u8>)>, StartError> {
        let mut answers = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = requests.get(index) else { return Ok(answers) };
            answers.push((index, connection.call(request)?.to_vec()));
        }
    };
    let mut answers = std::thread::scope(|scope| -> Result<Vec<_>, StartError> {
        let threads: Vec<_> = connections.iter_mut().map(|connection| scope.spawn(|| work(connection))).collect();
        let mut answers = Vec::with_capacity(requests.len());
        for thread in threads {
            answers.extend(thread.join().map_err(|_| failed("a thread of the client broke off"))??);
        }
        Ok(answers)
    })?;
    answers.sort_by_key(|(index, _)| *index);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}
