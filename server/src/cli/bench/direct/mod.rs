//! How fast could SQLite alone have stored this work? The very rows that the engine stored, written again straight to a new file.
//!
//! The engine does the same number of commits a batch or more, and everything else besides: HTTP, JSON, validation, scheduling,
//! balancing. What it reaches of this figure is what the engine around SQLite costs.

mod replay;
mod rows;

use serde_json::json;

use super::{Bench, failed, median, stored, submit};
use crate::start_error::StartError;
use rows::Stored;

/// What SQLite says when it refuses.
fn refused(error: rusqlite::Error) -> StartError {
    failed(format!("SQLite: {error}"))
}

impl Bench {
    /// Lets the engine store the work, then writes its rows again.
    #[expect(clippy::cast_precision_loss, reason = "counts of tasks are small")]
    pub(super) fn direct_sqlite(&self) -> Result<(), StartError> {
        let mut target = self.server()?;
        let sent = submit::submit(&mut target, &self.config, self.config.tasks as usize)?;
        stored::wait_until_done(&mut target)?;
        stored::read_back(&mut target, &sent.ids)?;
        let folder = target.stop()?;
        let engine = folder.path().join("baton.db");
        let rows = Stored::read(&engine)?;
        let count = rows.tasks.len();
        let mut rates = Vec::new();
        for run in 0..self.config.runs {
            let file = folder.path().join(format!("direct-{run}.db"));
            let took = replay::replay(&self.runtime, &rows, &file, self.config.batch as usize)?;
            replay::same(&file, &engine, &rows)?;
            rates.push(count as f64 / took.as_secs_f64());
        }
        let setting = format!(
            "SQLite, WAL, synchronous FULL, {} tasks a batch, three commits a batch, N={count}; same schema and rows as the engine's",
            self.config.batch
        );
        let more = json!({"runs": rates, "rows": rows.counts()});
        self.report.figure("direct_sqlite", median(&rates), "tasks/s", &setting, more);
        Ok(())
    }
}
