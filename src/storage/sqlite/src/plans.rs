//! Does any statement read a whole table that grows? Everything that is run while a store works is explained by SQLite's planner.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_storage::{CommitSink, Store};
use baton_storage_conformance::{Backend, World, cases};
use parking_lot::Mutex;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{SqliteOptions, SqliteStore};

/// What may be read whole: tables with a row for an agent, a server, a topic, a person or what a person set; sessions and budgets, which are forgotten
/// with age; checkpoints, of which only live tasks have one; and what is no table (a row of constants, the subqueries `counted`, `others` and `rest`; `t` is `topics`).
const SMALL: &[&str] = &[
    "agents",
    "leader",
    "named_settings",
    "projects",
    "server_agents",
    "servers",
    "stream_head",
    "subscriptions",
    "task_limits",
    "topics",
    "t",
    "users",
    "sessions",
    "spending",
    "task_checkpoints",
    "CONSTANT ROW",
    "counted",
    "others",
    "rest",
];

/// How lists of what is few among many end, and the index that finds it.
const BY_INDEX: [(&str, &str); 3] = [
    ("WHERE 1 AND run_id = ? AND run_id IS NOT NULL ORDER BY id DESC LIMIT ?", "SEARCH tasks USING INDEX tasks_of_run (run_id=?)"),
    (
        "WHERE 1 AND parent_id = ? AND parent_id IS NOT NULL ORDER BY id DESC LIMIT ?",
        "SEARCH tasks USING INDEX tasks_of_parent (parent_id=?)",
    ),
    ("AND child.parent_id IS NOT NULL) FROM tasks WHERE id = ?1", "SEARCH child USING COVERING INDEX tasks_of_parent (parent_id=?)"),
];

static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Remembers a statement that was run.
pub(crate) fn saw(text: &str) {
    let mut seen = SEEN.lock();
    if !seen.contains(text) {
        seen.insert(text.to_owned());
    }
}

struct File {
    folder: TempDir,
    store: Option<SqliteStore>,
}

#[async_trait::async_trait(?Send)]
impl Backend for File {
    async fn open(&mut self, sink: Arc<dyn CommitSink>) -> Arc<dyn Store> {
        let store = SqliteOptions::new(self.folder.path().join("baton.db")).open(sink).await.expect("it opens");
        self.store = Some(store.clone());
        Arc::new(store)
    }

    async fn reopen(&mut self, _sink: Arc<dyn CommitSink>) -> Option<Arc<dyn Store>> {
        None
    }
}

/// An empty file with the schema, which takes longer to make than most cases to run.
fn empty() -> Vec<u8> {
    let folder = TempDir::with_prefix("baton-plans-").expect("a folder");
    let path = folder.path().join("baton.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = SqliteOptions::new(&path).open(Arc::new(baton_storage::NoSink)).await.expect("it opens");
        store.close().await;
    });
    std::fs::read(&path).expect("the file")
}

impl File {
    fn new(empty: &[u8]) -> Self {
        let folder = TempDir::with_prefix("baton-plans-").expect("a folder");
        std::fs::write(folder.path().join("baton.db"), empty).expect("the file");
        Self { folder, store: None }
    }
}

#[test]
fn no_statement_reads_a_whole_table_that_grows() {
    let empty = empty();
    for (_, case) in cases::ALL.iter().filter(|(name, _)| !name.contains("random_operations") && !name.contains("thousand")) {
        baton_storage_conformance::run(Box::new(File::new(&empty)), *case);
    }
    let file = File::new(&empty);
    let path = file.folder.path().join("baton.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _world = runtime.block_on(World::open(Box::new(file)));
    let sql = Connection::open(&path).expect("the file");
    let seen = SEEN.lock().clone();
    let mut whole = Vec::new();
    let mut by_index = BTreeSet::new();
    for text in &seen {
        let Ok(mut plan) = sql.prepare(&format!("EXPLAIN QUERY PLAN {text}")) else { continue };
        let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
        let steps: Vec<String> =
            plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).and_then(Iterator::collect).expect("a plan");
        for (_, wanted) in BY_INDEX.iter().filter(|(end, _)| text.ends_with(end)) {
            assert!(steps.iter().any(|step| step == wanted), "{steps:?}\n  in {text}");
            by_index.insert(*wanted);
        }
        for step in steps {
            // By an index, a list is read from its end and only as far as it is asked for.
            let whole_table = step.strip_prefix("SCAN ").filter(|rest| !rest.contains(" USING ") && !rest.contains("VIRTUAL TABLE"));
            if whole_table.is_some_and(|table| !SMALL.contains(&table)) {
                whole.push(format!("{step}\n  in {text}"));
            }
        }
    }
    assert_eq!(by_index.len(), BY_INDEX.len(), "only {by_index:?} were seen");
    assert!(seen.len() > 150, "only {} statements were seen", seen.len());
    assert!(whole.is_empty(), "{} of {}:\n{}", whole.len(), seen.len(), whole.join("\n"));
}
