//! What `data_science.train` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use super::forest::MAXIMUM_DEPTH;
use super::{MAXIMUM_CLUSTERS, MAXIMUM_FEATURES, MAXIMUM_LEVELS, MAXIMUM_TREES, MAXIMUM_WIDTH};
use crate::inference::contract::with_table;

/// The skill that trains models.
pub const TRAIN: &str = "data_science.train";

pub(crate) fn skill() -> Skill {
    Skill {
        name: TRAIN.to_owned(),
        title: "Train a model".to_owned(),
        description:
            "Learns from a table: linear, ridge and logistic regression, random forest, k-means and principal components. Splits and \
                      cross-validates, measures, says which columns matter, and stores the model for data_science.predict."
                .to_owned(),
        family: Family::DataScience,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({"artifact": "examples/tables/penguins.csv", "method": "random_forest", "target": "species", "missing": "impute", "seed": 7}),
            json!({"artifact": "examples/tables/penguins.csv", "method": "linear", "target": "body_mass_g",
                   "features": ["bill_length_mm", "flipper_length_mm", "sex", "species"]}),
            json!({"artifact": "examples/tables/penguins.csv", "method": "logistic", "target": "sex", "features": ["bill_length_mm", "bill_depth_mm", "body_mass_g"], "penalty": 0}),
            json!({"artifact": "examples/tables/iris.csv", "method": "k_means", "features": ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"], "clusters": 3}),
            json!({"artifact": "examples/tables/wine.csv", "method": "pca"}),
            json!({"artifact": "examples/tables/engel.csv", "method": "ridge", "target": "foodexp", "penalty": 1, "folds": 10}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        // The cells of the table, the numbers that they become, and a copy of them without a fold.
        limits: Limits { memory_bytes: 3 << 30, cpu_seconds: 900, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 512, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    let column = json!({"type": "string", "minLength": 1, "maxLength": 200, "title": "Column name"});
    let properties = with_table(json!({
        "method": {
            "type": "string", "title": "Method", "x-order": 1,
            "enum": ["linear", "ridge", "logistic", "random_forest", "k_means", "pca"],
            "x-labels": ["Linear regression: numbers, with standard errors", "Ridge regression: numbers, coefficients held small", "Logistic regression: classes", "Random forest: numbers or classes", "k-means: groups", "Principal components"]
        },
        "target": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Target", "x-order": 2,
            "description": "The column to predict. k-means and principal components have none."},
        "features": {
            "type": "array", "title": "Features", "minItems": 1, "maxItems": MAXIMUM_FEATURES, "uniqueItems": true, "items": column, "x-order": 3,
            "description": "Columns to learn from. When absent all but the target, without those that are empty, constant or have a text of their own in most rows."
        },
        "categorical": {
            "type": "array", "title": "Numbers that are categories", "maxItems": MAXIMUM_FEATURES, "uniqueItems": true, "items": column, "x-order": 4, "default": [],
            "description": "Columns that hold numbers but name categories, as codes. Texts and truth values are categories anyway."
        },
        "aim": {"type": "string", "enum": ["regression", "classification"], "title": "Aim", "x-order": 5,
            "x-labels": ["Predict a number", "Predict a class"],
            "description": "For the random forest. When absent a target of numbers is predicted as a number."},
        "missing": {
            "type": "string", "enum": ["refuse", "drop", "impute"], "default": "drop", "title": "Rows with gaps", "x-order": 6,
            "x-labels": ["Refuse the table", "Leave them out", "Fill them: median of numbers, most frequent category"]
        },
        "max_levels": {"type": "integer", "minimum": 2, "maximum": MAXIMUM_LEVELS, "default": 20, "title": "Most levels of a category", "x-order": 7,
            "description": format!("The rarer ones are grouped. A row may become {MAXIMUM_WIDTH} numbers at most.")},
        "standardize": {"type": "boolean", "title": "Scale numbers to deviation 1", "x-order": 8,
            "description": "Yes when absent, where it matters: ridge and logistic with a penalty, k-means, principal components."},
        "penalty": {"type": "number", "minimum": 0, "maximum": 1e12, "title": "Penalty", "x-order": 9,
            "description": "For ridge (scikit-learn's alpha) and logistic (1/C); 1 when absent. A logistic regression with 0 has standard errors."},
        "class_weight": {"type": "string", "enum": ["equal", "balanced"], "title": "Weight of classes", "x-order": 10,
            "x-labels": ["Each row counts the same", "Each class counts the same"],
            "description": "For logistic and random forest; equal when absent."},
        "trees": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_TREES, "title": "Trees", "x-order": 11, "description": "100 when absent."},
        "max_depth": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_DEPTH, "title": "Deepest tree", "x-order": 12,
            "description": format!("{MAXIMUM_DEPTH} when absent.")},
        "leaf_rows": {"type": "integer", "minimum": 1, "maximum": 100_000, "title": "Fewest rows of a leaf", "x-order": 13,
            "description": "When absent 1, and more for tables of many rows, so that the model stays small enough to be stored."},
        "columns_per_split": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_WIDTH, "title": "Columns looked at for a split", "x-order": 14,
            "description": "When absent the root of all for classes, and all for numbers."},
        "clusters": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_CLUSTERS, "title": "Groups", "x-order": 15,
            "description": "When absent 2 to 10, whichever has the best silhouette."},
        "starts": {"type": "integer", "minimum": 1, "maximum": 50, "title": "Runs of k-means", "x-order": 16, "description": "10 when absent; the tightest is kept."},
        "components": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_WIDTH, "title": "Components", "x-order": 17},
        "explained": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "title": "Share of the variance", "x-order": 18,
            "description": "Keeps as many components as explain so much; 0.95 when absent."},
        "hold_out": {"type": "number", "minimum": 0, "maximum": 0.5, "title": "Share held out", "x-order": 19,
            "description": "Rows that the model is tried on and never learns from; 0.2 when absent. With 0 it learns from all rows."},
        "folds": {"type": "integer", "minimum": 0, "maximum": 20, "title": "Folds of the cross-validation", "x-order": 20,
            "description": "Of the rows that are not held out; 5 when absent, 0 for none."},
        "seed": {"type": "integer", "minimum": 0, "maximum": 4_294_967_295u32, "default": 0, "title": "Seed", "x-order": 21,
            "description": "The same seed gives the same split and the same model."}
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Train a model",
        "type": "object",
        "properties": properties,
        "required": ["artifact", "method"],
        "additionalProperties": false
    })
}

pub(super) fn number(title: &str, order: u32) -> Value {
    json!({"type": ["number", "null"], "title": title, "x-order": order})
}

pub(super) fn count(title: &str, order: u32) -> Value {
    json!({"type": "integer", "minimum": 0, "title": title, "x-order": order})
}

pub(super) fn text(title: &str, order: u32) -> Value {
    json!({"type": "string", "title": title, "x-order": order})
}

/// A table whose columns differ from result to result.
pub(super) fn grid(title: &str, order: u32) -> Value {
    json!({
        "type": "object", "title": title, "x-order": order, "x-render": "table",
        "properties": {
            "columns": {"type": "array", "items": {"type": "string"}},
            "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["number", "string", "null"]}}}
        },
        "required": ["columns", "rows"], "additionalProperties": false
    })
}

pub(super) fn metrics(order: u32) -> Value {
    json!({"type": "array", "title": "How good it is", "x-order": order, "x-render": "table", "items": {
        "type": "object",
        "properties": {
            "on": text("On", 0), "rows": count("Rows", 1), "r2": number("R²", 2), "rmse": number("RMSE", 3), "mae": number("MAE", 4),
            "median_error": number("Median error", 5), "accuracy": number("Accuracy", 6), "balanced_accuracy": number("Balanced accuracy", 7),
            "f1": number("F1, mean of classes", 8), "roc_auc": number("ROC AUC", 9), "log_loss": number("Log loss", 10),
            "inertia": number("Inertia", 11), "silhouette": number("Silhouette", 12)
        },
        "required": ["on", "rows"], "additionalProperties": false
    }})
}

pub(super) fn classes(order: u32) -> Value {
    json!({"type": "array", "title": "Classes", "x-order": order, "x-render": "table", "items": {
        "type": "object",
        "properties": {
            "class": text("Class", 0), "precision": number("Precision", 1), "recall": number("Recall", 2), "f1": number("F1", 3),
            "rows": count("Rows", 4)
        },
        "required": ["class", "precision", "recall", "f1", "rows"], "additionalProperties": false
    }})
}

fn coefficients() -> Value {
    json!({"type": "array", "title": "Coefficients", "x-order": 5, "x-render": "table", "items": {
        "type": "object",
        "properties": {
            "term": text("Term", 0), "class": text("Class", 1), "estimate": number("Estimate", 2),
            "per_deviation": number("Per standard deviation", 3), "standard_error": number("Standard error", 4),
            "statistic": number("t or z", 5), "p": number("p", 6), "low": number("95 % from", 7), "high": number("to", 8)
        },
        "required": ["term", "estimate"], "additionalProperties": false
    }})
}

fn components() -> Value {
    json!({"type": "array", "title": "Components", "x-order": 8, "x-render": "table", "items": {
        "type": "object",
        "properties": {
            "component": text("Component", 0), "variance": number("Variance", 1), "share": number("Share", 2),
            "cumulative": number("Together", 3), "kept": {"type": "boolean", "title": "Kept", "x-order": 4}
        },
        "required": ["component", "variance", "share", "cumulative", "kept"], "additionalProperties": false
    }})
}

fn fit() -> Value {
    json!({"type": "object", "title": "Fit", "x-order": 10, "properties": {
                "numbers_of_a_row": count("Numbers a row becomes", 0), "classes": count("Classes", 1), "r_squared": number("R²", 2),
                "adjusted_r_squared": number("Adjusted R²", 3), "residual_deviation": number("Residual standard deviation", 4),
                "residual_degrees": count("Residual degrees of freedom", 5), "f": number("F", 6), "f_p": number("p of F", 7),
                "log_likelihood": number("Log likelihood", 8), "null_log_likelihood": number("Log likelihood without columns", 9),
                "pseudo_r_squared": number("McFadden's R²", 10), "aic": number("AIC", 11), "trees": count("Trees", 12),
                "places": count("Places of all trees", 13), "clusters": count("Groups", 14),
                "settled": {"type": "boolean", "title": "Settled", "x-order": 15}, "components": count("Components", 16),
                "explained": {"type": "number", "title": "Explained", "x-order": 17, "x-render": "share"}, "total_variance": number("Total variance", 18)
            }, "additionalProperties": false})
}

fn output() -> Value {
    let fit = fit();
    let coefficients = coefficients();
    let components = components();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A trained model",
        "type": "object",
        "properties": {
            "summary": {"type": "string", "title": "In words", "x-order": 0, "x-render": "markdown"},
            "charts": {"type": "array", "title": "Charts", "x-order": 1, "x-render": "chart", "items": {"type": "object"}},
            "metrics": metrics(2),
            "classes": classes(3),
            "confusion": grid("Confusion: actual down, predicted across", 4),
            "coefficients": coefficients,
            "importances": {"type": "array", "title": "Importance of columns", "x-order": 6, "x-render": "table", "items": {
                "type": "object",
                "properties": {
                    "column": text("Column", 0), "permutation": number("Loss when shuffled", 1), "deviation": number("Deviation", 2),
                    "impurity": number("Share of impurity", 3)
                },
                "required": ["column", "permutation", "deviation"], "additionalProperties": false
            }},
            "clusters": grid("Groups, centres in the units of the table", 7),
            "components": components,
            "weights": grid("Weights of columns", 9),
            "fit": fit,
            "columns": {"type": "array", "title": "Columns as they were read", "x-order": 11, "x-render": "table", "items": {
                "type": "object",
                "properties": {
                    "column": text("Column", 0), "read_as": text("Read as", 1), "numbers": count("Numbers", 2), "missing": count("Missing", 3),
                    "fill": text("Gaps count as", 4), "base": text("Compared with", 5),
                    "grouped": {"type": "boolean", "title": "Rare levels grouped", "x-order": 6}
                },
                "required": ["column", "read_as", "numbers", "missing"], "additionalProperties": false
            }},
            "model": {"type": "string", "format": "artifact", "title": "Model", "x-order": 12, "x-render": "artifact"},
            "notes": {"type": "array", "title": "Notes", "x-order": 13, "items": {"type": "string"}}
        },
        "required": ["summary", "charts", "metrics", "fit", "columns", "model", "notes"],
        "additionalProperties": false
    })
}
