//! What `data_science.test` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use super::{MAXIMUM_GROUPS, MAXIMUM_VARIABLES};

/// The skill that tests hypotheses.
pub const TEST: &str = "data_science.test";

pub(crate) fn skill() -> Skill {
    Skill {
        name: TEST.to_owned(),
        title: "Test a hypothesis".to_owned(),
        description: "Tests whether groups differ, samples fit, or classifications go together: t, Welch, paired, Mann-Whitney, Wilcoxon, \
                      chi-square, analysis of variance, Kruskal-Wallis, Levene, Shapiro-Wilk; with effect sizes, confidence intervals, \
                      comparisons of pairs and corrections for several tests."
            .to_owned(),
        family: Family::DataScience,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({"artifact": "examples/tables/penguins.csv", "test": "anova", "columns": ["body_mass_g"], "group": "species"}),
            json!({"artifact": "examples/tables/penguins.csv", "test": "welch", "columns": ["body_mass_g", "flipper_length_mm"], "group": "sex"}),
            json!({"artifact": "examples/tables/penguins.csv", "test": "chi_square_independence", "columns": ["species"], "group": "island"}),
            json!({"artifact": "examples/tables/seattle-weather.csv", "test": "t_paired", "columns": ["temp_max"], "against": "temp_min"}),
            json!({"artifact": "examples/tables/iris.csv", "test": "shapiro_wilk", "columns": ["sepal_width_cm"], "group": "species"}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 2 << 30, cpu_seconds: 600, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 256, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

/// The file of a table, as an input names it.
pub(crate) fn table_artifact() -> Value {
    json!({
        "type": "string", "format": "artifact", "title": "Table", "x-order": 0,
        "x-accept": ".csv,.tsv,.txt,.json,.ndjson,.jsonl,.parquet,text/csv,application/json",
        "description": "CSV or TSV in UTF-8, JSON (an array of records, or an object that holds one), NDJSON or Parquet, told apart by \
                        their content; up to 1 GB. Objects within records become columns outer.inner, arrays stay texts."
    })
}

/// The properties that say which file is read and how; every skill on tables has them.
pub(crate) fn table_properties() -> Value {
    json!({
        "artifact": table_artifact(),
        "delimiter": {
            "type": "string", "enum": [",", ";", "tab", "|"], "title": "Delimiter", "x-order": 90,
            "description": "What stands between two fields of a CSV file. Found out from the first records when absent."
        },
        "header": {
            "type": "boolean", "title": "The first record names the columns", "default": true, "x-order": 91,
            "description": "Without a header the columns are called column_1, column_2 and so on."
        }
    })
}

/// Adds properties to those of the table.
pub(crate) fn with_table(own: Value) -> Value {
    let mut properties = table_properties();
    if let (Value::Object(all), Value::Object(own)) = (&mut properties, own) {
        all.extend(own);
    }
    properties
}

fn input() -> Value {
    let column = json!({"type": "string", "minLength": 1, "maxLength": 200, "title": "Column name"});
    let properties = with_table(json!({
        "test": {
            "type": "string", "title": "Test", "x-order": 1,
            "enum": ["t_one_sample", "t_two_sample", "welch", "t_paired", "mann_whitney", "wilcoxon", "anova", "welch_anova", "kruskal_wallis", "levene", "shapiro_wilk", "chi_square_fit", "chi_square_independence"],
            "x-labels": ["t test of one sample against a mean", "t test of two groups, equal spread (Student)", "t test of two groups (Welch)", "t test of pairs", "Mann-Whitney U, two groups by ranks", "Wilcoxon signed ranks, pairs by ranks", "Analysis of variance, several groups", "Welch's analysis of variance, unequal spread", "Kruskal-Wallis, several groups by ranks", "Levene (Brown-Forsythe), equal spread of groups", "Shapiro-Wilk, normal distribution", "Chi-square, counts as expected", "Chi-square, two classifications independent"],
            "description": "Welch's t test is the safe choice for two groups, Mann-Whitney where values are ranks or far from normal."
        },
        "columns": {
            "type": "array", "title": "Columns", "minItems": 1, "maxItems": MAXIMUM_VARIABLES, "uniqueItems": true, "items": column, "x-order": 2,
            "description": "What is tested, each column on its own. Numbers; for the chi-square tests anything that classifies rows."
        },
        "group": {
            "type": "string", "minLength": 1, "maxLength": 200, "title": "Grouped by", "x-order": 3,
            "description": "The column that says which group a row belongs to; for independence the other classification."
        },
        "levels": {
            "type": "array", "title": "Only these groups", "minItems": 2, "maxItems": MAXIMUM_GROUPS, "uniqueItems": true, "x-order": 4,
            "items": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Group"},
            "description": "In this order: of two groups the first is compared with the second. All groups, sorted, when absent."
        },
        "against": {
            "type": "string", "minLength": 1, "maxLength": 200, "title": "Against the column", "x-order": 5,
            "description": "The second sample where it stands in a column of its own; for pairs the value beside each."
        },
        "expected_mean": {
            "type": "number", "title": "Expected mean", "default": 0, "x-order": 6,
            "description": "What one sample, or the difference of pairs, is compared with."
        },
        "expected": {
            "type": "object", "title": "Expected shares", "minProperties": 2, "maxProperties": MAXIMUM_GROUPS, "x-order": 7,
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
            "description": "For chi_square_fit: each value with its share, in any unit. Equal shares when absent."
        },
        "alternative": {
            "type": "string", "enum": ["two_sided", "less", "greater"], "x-labels": ["Different", "Less", "Greater"], "default": "two_sided", "title": "Alternative", "x-order": 8,
            "description": "Whether the first is different from, less than or greater than the second."
        },
        "method": {
            "type": "string", "enum": ["auto", "exact", "asymptotic"], "default": "auto", "title": "Probability of rank tests", "x-order": 9,
            "description": "Exact needs values without ties; auto is exact in small samples."
        },
        "continuity": {
            "type": "boolean", "default": true, "title": "Correct for continuity", "x-order": 10,
            "description": "Of Mann-Whitney's normal approximation, and of chi-square in tables of two by two (Yates)."
        },
        "confidence": {
            "type": "number", "minimum": 0.5, "maximum": 0.9999, "default": 0.95, "title": "Confidence", "x-order": 11,
            "description": "Of the intervals; a result is significant below one minus this."
        },
        "correction": {
            "type": "string", "enum": ["holm", "bonferroni", "benjamini_hochberg", "none"], "x-labels": ["Holm", "Bonferroni", "Benjamini-Hochberg", "None"], "default": "holm", "title": "Correction for several tests",
            "x-order": 12, "description": "Over all columns that are tested, and over the pairs of each."
        },
        "pairwise": {
            "type": "string", "enum": ["auto", "tukey", "corrected", "none"], "default": "auto", "title": "Comparisons of pairs", "x-order": 13,
            "description": "After a test of several groups: Tukey (anova), Welch's t (welch_anova) or Dunn (kruskal_wallis) with the correction; \
                            corrected takes t tests with the correction instead of Tukey."
        }
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Test a hypothesis",
        "type": "object",
        "properties": properties,
        "required": ["artifact", "test", "columns"],
        "additionalProperties": false
    })
}

fn output() -> Value {
    let text = |title: &str, order: u32| json!({"type": "string", "title": title, "x-order": order});
    let number = |title: &str, order: u32| json!({"type": ["number", "null"], "title": title, "x-order": order});
    let count = |title: &str, order: u32| json!({"type": "integer", "minimum": 0, "title": title, "x-order": order});
    let flag = |title: &str, order: u32| json!({"type": "boolean", "title": title, "x-order": order});
    let optional_text = |title: &str, order: u32| json!({"type": ["string", "null"], "title": title, "x-order": order});
    let rows = |title: &str, order: u32, properties: Value| {
        json!({"type": "array", "title": title, "x-order": order, "x-render": "table",
            "items": {"type": "object", "properties": properties, "additionalProperties": false}})
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Result of a test",
        "type": "object",
        "properties": {
            "summary": {"type": "string", "title": "In words", "x-order": 0, "x-render": "markdown"},
            "tests": rows("Tests", 1, json!({
                "variable": text("Column", 0), "comparison": text("Compared", 1), "n": count("Values", 2),
                "statistic_name": text("Statistic", 3), "statistic": number("Value", 4), "df": number("Degrees of freedom", 5),
                "df2": number("Of the denominator", 6), "p": number("p", 7), "p_adjusted": number("p, corrected", 8),
                "significant": flag("Significant", 9), "estimate_name": optional_text("Estimate of", 10), "estimate": number("Estimate", 11),
                "ci_low": number("From", 12), "ci_high": number("To", 13)
            })),
            "effects": rows("Effect sizes", 2, json!({
                "variable": text("Column", 0), "name": text("Effect", 1), "value": number("Size", 2), "ci_low": number("From", 3),
                "ci_high": number("To", 4), "magnitude": {"type": ["string", "null"], "enum": ["negligible", "small", "medium", "large", null], "title": "By Cohen's conventions", "x-order": 5}
            })),
            "pairwise": rows("Pairs", 3, json!({
                "variable": text("Column", 0), "first": text("First", 1), "second": text("Second", 2), "method": text("Method", 3),
                "difference": number("Difference", 4), "ci_low": number("From", 5), "ci_high": number("To", 6),
                "statistic": number("Statistic", 7), "p": number("p", 8), "p_adjusted": number("p, corrected", 9),
                "significant": flag("Significant", 10)
            })),
            "counts": {
                "type": "object", "title": "Counts", "x-order": 4, "x-render": "table",
                "properties": {
                    "columns": {"type": "array", "items": {"type": "string"}},
                    "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["string", "number"]}}}
                },
                "required": ["columns", "rows"], "additionalProperties": false
            },
            "groups": rows("Groups", 5, json!({
                "variable": text("Column", 0), "group": text("Group", 1), "n": count("Values", 2), "missing": count("Missing", 3),
                "mean": number("Mean", 4), "sd": number("Standard deviation", 5), "median": number("Median", 6), "min": number("Least", 7),
                "max": number("Greatest", 8)
            })),
            "notes": {"type": "array", "title": "Notes", "x-order": 6, "items": {"type": "string"}},
            "charts": {"type": "array", "title": "Charts", "x-order": 7, "x-render": "chart", "items": {"type": "object"}}
        },
        "required": ["summary", "tests", "effects", "groups", "notes", "charts"],
        "additionalProperties": false
    })
}
