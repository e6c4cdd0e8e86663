//! What `data_science.query` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use super::{MAXIMUM_SHOWN, MAXIMUM_SQL_BYTES, MAXIMUM_TABLES};

/// The skill that asks tables in SQL.
pub const QUERY: &str = "data_science.query";

pub(crate) fn skill() -> Skill {
    Skill {
        name: QUERY.to_owned(),
        title: "Query tables in SQL".to_owned(),
        description:
            "Answers one SELECT in SQLite's SQL over one or several CSV, TSV, JSON, NDJSON or Parquet files: joins, groups, windows, recursion; also median, \
                      percentile, var_samp, var_pop, stddev_samp, stddev_pop, corr and REGEXP. Or asks a PostgreSQL, MySQL or SQLite database behind a \
                      connection, read only, in its own SQL."
                .to_owned(),
        family: Family::DataScience,
        input_schema: input(),
        output_schema: output(),
        examples: vec![json!({
            "tables": [{"name": "penguins", "artifact": "examples/tables/penguins.csv"}],
            "sql": "SELECT species, count(*) AS birds, median(body_mass_g) AS grams FROM penguins GROUP BY species ORDER BY species"
        })],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 2 << 30, file_bytes: 4 << 30, cpu_seconds: 600, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 256, model: None },
        model: None,
        network: true,
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    let mut table = crate::inference::contract::table_properties();
    if let Value::Object(properties) = &mut table {
        properties.insert(
            "name".to_owned(),
            json!({"type": "string", "minLength": 1, "maxLength": 60, "title": "Name", "x-order": -1,
                "description": "What the statement calls it: letters, digits and _."}),
        );
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Query tables in SQL",
        "type": "object",
        "properties": {
            "tables": {
                "type": "array", "title": "Tables", "minItems": 1, "maxItems": MAXIMUM_TABLES, "x-order": 0,
                "items": {"type": "object", "title": "Table", "properties": table, "required": ["name", "artifact"], "additionalProperties": false},
                "description": "Missing cells are NULL, true and false 1 and 0 (yes and no stay texts), times texts in ISO 8601."
            },
            "connection": {
                "type": "string", "format": "connection", "x-kinds": ["postgres", "mysql", "sqlite"], "minLength": 1, "maxLength": 100, "title": "Connection", "x-order": 0,
                "description": "A PostgreSQL, MySQL or SQLite database instead of tables. It is only read, for at most a minute."
            },
            "sql": {
                "type": "string", "minLength": 1, "maxLength": MAXIMUM_SQL_BYTES, "title": "Statement", "x-order": 1, "x-language": "sql",
                "description": "One SELECT, as SQLite takes it, or the database behind the connection. Names with spaces stand in double quotes, texts in single ones."
            },
            "limit": {
                "type": "integer", "minimum": 1, "maximum": MAXIMUM_SHOWN, "default": 200, "title": "Rows shown", "x-order": 2,
                "description": "The file with the result has all rows."
            }
        },
        "required": ["sql"],
        "additionalProperties": false
    })
}

fn output() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answer to a query",
        "type": "object",
        "properties": {
            "result": {
                "type": "object", "title": "First rows", "x-order": 0, "x-render": "table",
                "properties": {
                    "columns": {"type": "array", "items": {"type": "string"}},
                    "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["string", "number", "null"]}}}
                },
                "required": ["columns", "rows"], "additionalProperties": false
            },
            "rows": {"type": "integer", "minimum": 0, "title": "Rows", "x-order": 1},
            "shown": {"type": "integer", "minimum": 0, "title": "Rows shown", "x-order": 2},
            "table": {"type": "string", "format": "artifact", "title": "All rows as CSV", "x-order": 3, "x-render": "artifact"},
            "columns": {
                "type": "array", "title": "Columns", "x-order": 4, "x-render": "table",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "title": "Name", "x-order": 0},
                        "type": {"enum": ["integer", "number", "text", "bytes", "mixed", "empty"], "title": "Type", "x-order": 1}
                    },
                    "required": ["name", "type"], "additionalProperties": false
                }
            },
            "notes": {"type": "array", "title": "Notes", "x-order": 5, "items": {"type": "string"}}
        },
        "required": ["result", "rows", "shown", "table", "columns", "notes"],
        "additionalProperties": false
    })
}
