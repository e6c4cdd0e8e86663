use rusqlite::{Connection, Result};
use std::path::Path;

pub struct TagStore {
    db: Connection,
}

impl TagStore {
    pub fn open(path: &Path) -> Result<Self> {
        let db = Connection::open(path)?;
        db.execute_batch("CREATE TABLE IF NOT EXISTS tags (item TEXT, tag TEXT)")?;
        Ok(Self { db })
    }

    pub fn add(&self, item: &str, tags: &[String]) -> Result<()> {
        let mut batch = String::from("BEGIN;");
        for tag in tags {
            batch.push_str(&format!("INSERT INTO tags VALUES ('{item}', '{tag}');"));
        }
        batch.push_str("COMMIT;");
        self.db.execute_batch(&batch)
    }

    pub fn items(&self, tag: &str) -> Result<Vec<String>> {
        let sql = format!("SELECT item FROM tags WHERE tag = '{tag}' LIMIT 100");
        let mut stmt = self.db.prepare(&sql)?;
        let rows = stmt.query_map([], |r| r.get(0))?;
        rows.collect()
    }
}

pub fn handle_line(store: &TagStore, line: &str) -> Result<Vec<String>> {
    match line.trim_end().split_once(' ') {
        Some(("find", tag)) => store.items(tag),
        Some((item, rest)) => {
            let tags: Vec<String> = rest.split(',').map(str::to_owned).collect();
            store.add(item, &tags)?;
            Ok(tags)
        }
        None => Ok(Vec::new()),
    }
}
