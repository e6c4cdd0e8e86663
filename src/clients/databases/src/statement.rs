//! Which statements are not sent at all? Those that do not begin as a question does, and those that name what reaches outside.
//!
//! That a statement writes nothing is the database's business. This is about what a transaction that is READ ONLY still allows: reading
//! the server's files, opening other connections, running a text as another statement, holding locks, changing limits. Names are looked
//! for in the whole text, also within quotes: what is refused wrongly can be written otherwise, what is let through cannot be undone.

use crate::Engine;

/// The longest statement, in bytes.
pub const MAXIMUM_STATEMENT_BYTES: usize = 20_000;

/// Words by which PostgreSQL reaches outside; those that end with `*` are beginnings.
const POSTGRES: &[&str] = &[
    "pg_read_file",
    "pg_read_binary_file",
    "pg_ls_*",
    "pg_stat_file",
    "pg_file_*",
    "lo_import",
    "lo_export",
    "lo_creat",
    "lo_create",
    "lo_from_bytea",
    "lo_put",
    "lo_unlink",
    "lowrite",
    "dblink*",
    "postgres_fdw_*",
    // They run a text as a statement, in which names can be put together.
    "query_to_xml*",
    "cursor_to_xml*",
    "ts_stat",
    "crosstab*",
    "xpath_table",
    "connectby",
    "set_config",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "pg_rotate_logfile*",
    "pg_switch_wal",
    "pg_promote",
    "pg_create_*",
    "pg_drop_*",
    "pg_copy_*",
    "pg_logical_*",
    "pg_replication_*",
    "pg_backup_*",
    "pg_wal_replay_*",
    "pg_log_*",
    "pg_advisory_*",
    "pg_try_advisory_*",
    "pg_notify",
    "pg_export_snapshot",
    "nextval",
    "setval",
];

/// And MySQL.
const MYSQL: &[&str] = &[
    "load_file",
    "outfile",
    "dumpfile",
    "sys_exec",
    "sys_eval",
    "sys_get",
    "sys_set",
    "get_lock",
    "release_lock",
    "release_all_locks",
    "master_pos_wait",
    "source_pos_wait",
    "wait_for_executed_gtid_set",
    "nextval",
    "setval",
    "lastval",
];

/// Why a statement is not sent; `None` if it is.
#[must_use]
pub fn refused(engine: Engine, sql: &str) -> Option<String> {
    if sql.len() > MAXIMUM_STATEMENT_BYTES {
        return Some(format!("it has more than {MAXIMUM_STATEMENT_BYTES} bytes"));
    }
    if sql.contains('\0') {
        return Some("it holds a zero byte".to_owned());
    }
    let lower = sql.to_ascii_lowercase();
    let (names, hidden): (_, &[&str]) = match engine {
        // Identifiers with escapes could spell any name.
        Engine::Postgres => (POSTGRES, &["u&\"", "u&'"]),
        // What MySQL runs although it looks like a comment.
        Engine::Mysql => (MYSQL, &["/*!", "/*m!"]),
    };
    if let Some(found) = hidden.iter().find(|hidden| lower.contains(**hidden)) {
        return Some(format!("{found} is not taken"));
    }
    let words = || lower.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).filter(|word| !word.is_empty());
    for word in words() {
        if names.iter().any(|name| name.strip_suffix('*').map_or(word == *name, |begin| word.starts_with(begin))) {
            return Some(format!("{word} reaches outside of the tables"));
        }
    }
    match first_word(&lower) {
        Some("select" | "with" | "values" | "table") => None,
        Some(other) => Some(format!("it begins with {}, not with SELECT, WITH, VALUES or TABLE", other.to_ascii_uppercase())),
        None => Some("it is empty".to_owned()),
    }
}

/// The first word that is no comment.
fn first_word(sql: &str) -> Option<&str> {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        if rest.starts_with("--") || rest.starts_with('#') {
            rest = rest.split_once('\n')?.1;
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/")?.1;
        } else if rest.is_empty() {
            return None;
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            return Some(if end == 0 { rest.get(..1).unwrap_or("?") } else { &rest[..end] });
        }
    }
}

/// The statement without what ends it.
pub(crate) fn bare(sql: &str) -> &str {
    sql.trim().trim_end_matches(|c: char| c.is_whitespace() || c == ';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_pass() {
        for sql in [
            "SELECT 1",
            "  -- why\n (select 1)",
            "/* a */ WITH x AS (SELECT 1) SELECT * FROM x",
            "VALUES (1)",
            "TABLE people",
            "select \"lo\" from t",
        ] {
            assert_eq!(refused(Engine::Postgres, sql), None, "{sql}");
            assert_eq!(refused(Engine::Mysql, sql), None, "{sql}");
        }
    }

    #[test]
    fn what_reaches_outside_does_not() {
        for sql in [
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT \"pg_read_file\"('x')",
            "SELECT PG_LS_DIR('.')",
            "SELECT lo_import('/etc/passwd')",
            "SELECT * FROM dblink('x', 'y')",
            "SELECT query_to_xml('sel'||'ect 1', true, true, '')",
            "SELECT set_config('a.b', 'c', false)",
            "SELECT U&\"pg\\005fread_file\"('x')",
            "COPY t TO PROGRAM 'sh'",
            "DO $$ BEGIN END $$",
            "SET x = 1",
            "COMMIT",
            "",
            " ; ",
            "-- x",
            "/* x",
            "EXPLAIN ANALYZE DELETE FROM t",
            "DELETE FROM t",
            "SELECT pg_advisory_lock(1)",
        ] {
            assert!(refused(Engine::Postgres, sql).is_some(), "{sql}");
        }
        for sql in [
            "SELECT load_file('/etc/passwd')",
            "SELECT 1 INTO OUTFILE '/tmp/x'",
            "SELECT 1 INTO/**/DUMPFILE '/tmp/x'",
            "SELECT 1 /*! INTO OUTFILE 'x' */",
            "LOAD DATA INFILE 'x' INTO TABLE t",
            "SELECT get_lock('a', 10)",
            "SET GLOBAL x = 1",
            "CALL p()",
            "HANDLER t OPEN",
            "SELECT 1 /*M!100 x */",
        ] {
            assert!(refused(Engine::Mysql, sql).is_some(), "{sql}");
        }
        assert!(refused(Engine::Mysql, &"SELECT 1 ".repeat(3_000)).is_some());
    }
}
