//! What did the engine store of the work? Every row of it, read from its file, whatever columns a table has.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use baton_agents_runtime::diagnostics::NOOP;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Params};
use uuid::Uuid;

use super::refused;
use crate::cli::bench::failed;
use crate::start_error::StartError;

/// A table's name and columns.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

/// A row, its values in the order of the table's columns.
pub(super) type Row = Vec<Value>;

/// Which of a batch's three commits an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The task is stored.
    Submitted,
    /// It has an agent, which begins.
    Begun,
    /// It has ended.
    Ended,
}

impl Stage {
    fn of(kind: &str) -> Self {
        match kind {
            "task.queued" => Self::Submitted,
            "task.assigned" | "task.running" => Self::Begun,
            _ => Self::Ended,
        }
    }
}

/// Everything about one task.
pub(super) struct Task {
    pub(super) row: Row,
    pub(super) attempts: Vec<Row>,
    pub(super) events: Vec<(Stage, Row)>,
    /// Rows of other tables that name the task: the table's place in [`Stored::others`], and the row.
    pub(super) others: Vec<(usize, Row)>,
}

/// What is stored of the work.
pub(super) struct Stored {
    pub(super) table: Table,
    pub(super) attempt: Table,
    pub(super) event: Table,
    /// Further tables with a column `task_id` that have rows of this work.
    pub(super) others: Vec<Table>,
    /// The agents, which attempts count on.
    pub(super) agent: Table,
    pub(super) agents: Vec<Row>,
    /// In the order of their ids, which is that of submission.
    pub(super) tasks: Vec<Task>,
}

impl Table {
    /// As the file has it.
    fn read(file: &Connection, name: &str) -> Result<Self, StartError> {
        let mut columns = file.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid").map_err(refused)?;
        let columns = columns.query_map([name], |row| row.get(0)).map_err(refused)?.collect::<Result<_, _>>().map_err(refused)?;
        Ok(Self { name: name.to_owned(), columns })
    }

    /// The place of a column.
    pub(super) fn place(&self, column: &str) -> Result<usize, StartError> {
        let place = self.columns.iter().position(|known| known == column);
        place.ok_or_else(|| failed(format!("the table {} has no column {column}", self.name)))
    }

    /// A statement that inserts a row.
    pub(super) fn insert(&self) -> String {
        let places: Vec<String> = (1..=self.columns.len()).map(|place| format!("?{place}")).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", self.name, self.columns.join(", "), places.join(", "))
    }

    fn rows(&self, file: &Connection, rest: &str, params: impl Params) -> Result<Vec<Row>, StartError> {
        let text = format!("SELECT {} FROM {} {rest}", self.columns.join(", "), self.name);
        let mut statement = file.prepare(&text).map_err(refused)?;
        let row = |row: &rusqlite::Row<'_>| (0..self.columns.len()).map(|place| row.get(place)).collect::<Result<Row, _>>();
        statement.query_map(params, row).map_err(refused)?.collect::<Result<_, _>>().map_err(refused)
    }
}

fn task_id(value: &Value) -> Option<Uuid> {
    match value {
        Value::Blob(bytes) => Uuid::from_slice(bytes).ok(),
        // An event names its task in its subject.
        Value::Text(text) => text.strip_prefix("task:")?.parse().ok(),
        _ => None,
    }
}

impl Stored {
    /// Reads the file of a server that has stopped.
    pub(super) fn read(path: &Path) -> Result<Self, StartError> {
        let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(refused)?;
        let (table, attempt) = (Table::read(&file, "tasks")?, Table::read(&file, "attempts")?);
        let (event, agent) = (Table::read(&file, "events")?, Table::read(&file, "agents")?);
        let agents = agent.rows(&file, "", [])?;
        let mut tasks = Vec::new();
        let mut known = HashMap::new();
        let id = table.place("id")?;
        for row in table.rows(&file, "WHERE skill = ?1 ORDER BY id", [NOOP])? {
            known.insert(task_id(&row[id]).ok_or_else(|| failed("a task's id is no UUID"))?, tasks.len());
            tasks.push(Task { row, attempts: Vec::new(), events: Vec::new(), others: Vec::new() });
        }
        let of = |value: &Value| task_id(value).and_then(|id| known.get(&id).copied());
        let place = attempt.place("task_id")?;
        for row in attempt.rows(&file, "ORDER BY task_id, lease", [])? {
            if let Some(index) = of(&row[place]) {
                tasks[index].attempts.push(row);
            }
        }
        let (subject, kind) = (event.place("subject")?, event.place("kind")?);
        for row in event.rows(&file, "ORDER BY seq", [])? {
            if let (Some(index), Value::Text(name)) = (of(&row[subject]), &row[kind]) {
                let stage = Stage::of(name);
                tasks[index].events.push((stage, row));
            }
        }
        let mut others = Vec::new();
        for name in tables(&file)? {
            let other = Table::read(&file, &name)?;
            let Ok(place) = other.place("task_id") else { continue };
            let mut any = false;
            for row in other.rows(&file, "", [])? {
                if let Some(index) = of(&row[place]) {
                    tasks[index].others.push((others.len(), row));
                    any = true;
                }
            }
            if any {
                others.push(other);
            }
        }
        Ok(Self { table, attempt, event, others, agent, agents, tasks })
    }

    /// How many rows of each table the work has.
    pub(super) fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::from([
            ("tasks", self.tasks.len()),
            ("attempts", self.tasks.iter().map(|task| task.attempts.len()).sum()),
            ("events", self.tasks.iter().map(|task| task.events.len()).sum()),
        ]);
        for (place, _) in self.tasks.iter().flat_map(|task| &task.others) {
            *counts.entry(&self.others[*place].name).or_default() += 1;
        }
        counts
    }
}

/// The tables that are not read by name.
fn tables(file: &Connection) -> Result<Vec<String>, StartError> {
    let text = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('tasks', 'attempts', 'events') ORDER BY name";
    let mut statement = file.prepare(text).map_err(refused)?;
    statement.query_map([], |row| row.get(0)).map_err(refused)?.collect::<Result<_, _>>().map_err(refused)
}
