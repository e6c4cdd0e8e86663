//! Is each kind of result drawn, and is what does not fit its kind still shown?

use leptos::prelude::*;
use serde_json::{Value, json};

use super::ResultView;

fn html(kind: &str, result: Value) -> String {
    let owner = Owner::new();
    let kind = kind.to_owned();
    owner.with(|| view! { <ResultView kind result artifacts=Vec::new() /> }.to_html())
}

fn shows(kind: &str, result: Value, texts: &[&str]) {
    let html = html(kind, result);
    for text in texts {
        assert!(html.contains(text), "{kind} does not show {text}: {html}");
    }
}

#[test]
fn a_table_profile_shows_its_columns_and_charts() {
    let profile = json!({
        "rows": 1200,
        "columns": [
            {"name": "width", "type": "number", "missing": 12, "distinct": 300, "min": 0.5, "max": 9.75, "mean": 4.25, "sd": 1.5,
             "quantiles": {"p05": 1, "p25": 3.25, "p50": 4, "p75": 5.5, "p95": 8}, "histogram": {"edges": [0, 5, 10], "counts": [700, 488]}},
            {"name": "kind", "type": "text", "missing": 0, "distinct": 2, "min": null, "max": null, "top": [{"value": "round", "count": 800}]},
            {"name": "height", "type": "integer", "missing": 0, "distinct": 9, "min": 1, "max": 9}
        ],
        "correlations": {"columns": ["width", "height"], "pearson": [[1, 0.5], [0.5, 1]], "spearman": [[1, null], [null, 1]]},
        "notes": ["Two rows are alike."],
        "charts": [{"title": "Width by height", "options": {"series": [{"type": "scatter", "data": [[1, 2]]}]}}]
    });
    let texts = ["1,200", "12 (1 %)", "9.75", "3.25", "round", "Two rows are alike.", "Width by height", "Correlation (Pearson)"];
    shows("table_profile", profile.clone(), &texts);
    let drawn = html("table_profile", profile);
    assert_eq!(drawn.matches("data-testid=\"chart\"").count(), 4, "{drawn}");
    assert!(drawn.contains("Histogram of width, most often from 0 to 5"), "{drawn}");
}

#[test]
fn a_profile_whose_agent_drew_the_correlations_shows_them_once() {
    let profile = json!({
        "columns": [], "correlations": {"columns": ["a", "b"], "pearson": [[1, 1], [1, 1]]},
        "charts": [{"title": "Correlations", "options": {"series": {"type": "heatmap", "data": [[0, 0, 1]]}}}]
    });
    assert_eq!(html("table_profile", profile).matches("data-testid=\"chart\"").count(), 1);
}

#[test]
fn texts_are_drawn_by_their_kind() {
    let language = json!({"language": "en", "name": "English", "script": "Latin", "confidence": 0.98, "reliable": true,
                          "alternatives": [{"language": "nl", "name": "Dutch", "confidence": 0.02}]});
    shows("language", language, &["English (en)", "Latin", "98 %", "Dutch (nl)"]);
    let sentiment = json!({"compound": -0.625, "label": "negative", "positive": 0.1, "neutral": 0.4, "negative": 0.5,
                           "sentences": [{"text": "It broke.", "compound": -0.5, "label": "negative"}]});
    shows("sentiment", sentiment, &["Negative", "-0.62 on a scale from -1 to 1", "It broke.", "50 %"]);
    let keywords = json!({"language": "en", "keywords": [{"term": "queue depth", "score": 4.5, "count": 3}]});
    shows("keywords", keywords, &["queue depth", "4.5", "3 times"]);
    let summary = json!({"language": "en", "total_sentences": 20, "text": "…", "sentences": [
        {"index": 6, "text": "Later.", "score": 0.9}, {"index": 0, "text": "First.", "score": 0.4}]});
    shows("summary", summary.clone(), &["2 of 20", "Sentence 7", "Sentence 1"]);
    let html = html("summary", summary);
    assert!(html.find("First.") < html.find("Later."), "{html}");
}

#[test]
fn a_code_report_shows_functions_and_findings() {
    let report = json!({
        "language": "rust", "lines": {"total": 120, "code": 90, "comment": 20, "blank": 10},
        "functions": [{"name": "run", "line": 3, "end_line": 60, "parameters": 2, "cyclomatic": 14, "cognitive": 21, "nesting": 4, "lines": 57}],
        "totals": {"functions": 1, "mean_cyclomatic": 14.0, "max_cyclomatic": 14},
        "findings": [{"rule": "unwrap", "severity": "warning", "line": 12, "column": 9, "message": "May panic.", "advice": "Handle the error."}]
    });
    shows("code_report", report, &["run", "14 high", "12:9", "Warning", "May panic.", "Handle the error.", "unwrap"]);
}

#[test]
fn what_is_missing_is_passed_over() {
    for (kind, least) in [
        ("table_profile", json!({"columns": []})),
        ("table_profile", json!({"columns": [{"name": "a"}], "correlations": null})),
        ("language", json!({"language": "en"})),
        ("sentiment", json!({"compound": 0.0})),
        ("keywords", json!({"keywords": []})),
        ("summary", json!({"sentences": []})),
        ("code_report", json!({"functions": []})),
    ] {
        let html = html(kind, least);
        assert!(html.contains("data-testid=\"result\"") && !html.contains("<summary class=\"rounded-control\">"), "{kind}: {html}");
    }
}

#[test]
fn what_does_not_fit_its_kind_is_shown_as_json() {
    for kind in ["table_profile", "language", "sentiment", "keywords", "summary", "code_report", "json", "of tomorrow"] {
        shows(kind, json!({"unforeseen": [1, {"deep": "value"}]}), &["unforeseen", "deep", "value"]);
        shows(kind, json!("only text"), &["only text"]);
        assert!(html(kind, Value::Null).contains("null"), "{kind}");
    }
}

#[test]
fn markup_in_a_result_stays_text() {
    let keywords = json!({"keywords": [{"term": "<img src=x onerror=alert(1)>", "score": 1.0}]});
    assert!(!html("keywords", keywords).contains("<img"));
}
