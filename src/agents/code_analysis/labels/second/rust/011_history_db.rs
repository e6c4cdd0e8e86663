use std::path::Path;

use rusqlite::types::ToSql;
use rusqlite::{params, Connection, OptionalExtension};

#[derive(Debug)]
pub struct Visit {
    pub id: i64,
    pub url: String,
    pub title: Option<String>,
}

#[derive(Debug, Default)]
pub struct Search<'a> {
    pub text: Option<&'a str>,
    pub host: Option<&'a str>,
    pub since: Option<i64>,
}

pub struct History {
    conn: Connection,
}

impl History {
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let conn = Connection::open(path)?;
        conn.execute_batch(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE IF NOT EXISTS visits (
                 id INTEGER PRIMARY KEY, host TEXT, url TEXT, title TEXT, at INTEGER
             );",
        )?;
        Ok(History { conn })
    }

    pub fn record(&self, host: &str, url: &str, title: Option<&str>, at: i64) -> rusqlite::Result<i64> {
        self.conn.execute(
            "INSERT INTO visits (host, url, title, at) VALUES (?1, ?2, ?3, ?4)",
            params![host, url, title, at],
        )?;
        Ok(self.conn.last_insert_rowid())
    }

    pub fn search(&self, s: &Search<'_>) -> rusqlite::Result<Vec<Visit>> {
        let mut sql = String::from("SELECT id, url, title FROM visits WHERE 1 = 1");
        let mut args: Vec<Box<dyn ToSql>> = Vec::new();
        if let Some(text) = s.text {
            sql.push_str(" AND instr(lower(title), lower(?)) > 0");
            args.push(Box::new(text.to_owned()));
        }
        if let Some(host) = s.host {
            sql.push_str(" AND host = ?");
            args.push(Box::new(host.to_owned()));
        }
        if let Some(since) = s.since {
            sql.push_str(" AND at >= ?");
            args.push(Box::new(since));
        }
        sql.push_str(" ORDER BY at DESC LIMIT 200");
        let mut stmt = self.conn.prepare(&sql)?;
        let refs = args.iter().map(|a| a.as_ref());
        let rows = stmt.query_map(rusqlite::params_from_iter(refs), |row| {
            Ok(Visit { id: row.get(0)?, url: row.get(1)?, title: row.get(2)? })
        })?;
        rows.collect()
    }

    pub fn title_of(&self, url: &str) -> rusqlite::Result<Option<String>> {
        self.conn
            .query_row("SELECT title FROM visits WHERE url = ?1 ORDER BY at DESC LIMIT 1", [url], |r| r.get(0))
            .optional()
            .map(Option::flatten)
    }
}
