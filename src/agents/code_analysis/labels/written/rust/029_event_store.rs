use rusqlite::{params, Connection, OptionalExtension, Result};
use std::path::Path;

pub struct EventStore {
    db: Connection,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: i64,
    pub kind: String,
    pub body: String,
}

impl EventStore {
    pub fn open(path: &Path) -> Result<Self> {
        let db = Connection::open(path)?;
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
             CREATE INDEX IF NOT EXISTS event_kind ON event (kind);",
        )?;
        Ok(Self { db })
    }

    pub fn append(&mut self, kind: &str, bodies: &[String]) -> Result<usize> {
        let tx = self.db.transaction()?;
        {
            let mut stmt = tx.prepare_cached("INSERT INTO event (kind, body) VALUES (?1, ?2)")?;
            for body in bodies {
                stmt.execute(params![kind, body])?;
            }
        }
        tx.commit()?;
        Ok(bodies.len())
    }

    pub fn latest(&self, kind: &str) -> Result<Option<Event>> {
        self.db
            .query_row(
                "SELECT id, kind, body FROM event WHERE kind = ?1 ORDER BY id DESC LIMIT 1",
                [kind],
                |r| Ok(Event { id: r.get(0)?, kind: r.get(1)?, body: r.get(2)? }),
            )
            .optional()
    }
}
