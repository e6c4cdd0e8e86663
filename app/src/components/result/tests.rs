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
             "skewness": 0.125, "kurtosis": -0.75, "outliers": {"iqr": {"low": 0, "high": 9, "count": 17}, "mad": {"low": 0, "high": 9, "count": 13}},
             "quantiles": {"p05": 1.125, "p25": 3.25, "p50": 4, "p75": 5.5, "p95": 8.625}, "histogram": {"edges": [0, 5, 10], "counts": [700, 488]}},
            {"name": "kind", "type": "text", "missing": 0, "distinct": 2, "min": null, "max": null, "top": [{"value": "round", "count": 800}]},
            {"name": "height", "type": "integer", "missing": 0, "distinct": 9, "min": 1, "max": 9}
        ],
        "correlations": {"columns": ["width", "height"], "pearson": [[1, 0.5], [0.5, 1]], "spearman": [[1, null], [null, 1]]},
        "notes": ["Two rows are alike."],
        "charts": [{"title": "Width by height", "options": {"series": [{"type": "scatter", "data": [[1, 2]]}]}}]
    });
    let texts = ["1,200", "12 (1 %)", "9.75", "3.25", "round", "Two rows are alike.", "Width by height", "Correlation (Pearson)"];
    shows("table_profile", profile.clone(), &texts);
    let shape = [
        "Skewness",
        "Kurtosis",
        "Outliers (IQR)",
        "Outliers (MAD)",
        ">0.125<",
        ">-0.75<",
        ">17<",
        ">13<",
        ">1.125<",
        ">8.625<",
        "interquartile",
    ];
    shows("table_profile", profile.clone(), &shape);
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
    assert!(!html.contains("Written by"), "{html}");
}

#[test]
fn a_summary_in_a_models_words_is_shown_with_whose_they_are() {
    let summary = json!({"mode": "abstractive", "language": "en", "sentences": [], "text": "The harbour\nis new.", "total_sentences": 1234,
                         "models": ["large", "small"]});
    shows("summary", summary.clone(), &["The harbour\nis new.", "Written by", "large, small", "1,234", "Language"]);
    assert!(!html("summary", summary).contains("No sentence was chosen"));
    let bare = json!({"sentences": [], "text": "It is new."});
    shows("summary", bare.clone(), &["It is new."]);
    assert!(!html("summary", bare).contains("Written by"), "nobody is named where nobody is known");
    shows("summary", json!({"sentences": [], "text": ""}), &["No sentence was chosen."]);
}

fn by_schema(result: Value, schema: Value) -> String {
    let owner = Owner::new();
    owner.with(|| view! { <ResultView kind="structured" result schema=Some(schema) artifacts=Vec::new() /> }.to_html())
}

#[test]
fn findings_are_shown_at_their_lines_with_how_sure_they_are() {
    let schema = json!({"properties": {"findings": {"title": "Findings", "x-render": "findings"}}});
    let of = |finding: Value| by_schema(json!({"findings": [finding]}), schema.clone());
    let whole = of(json!({
        "rule": "py-eval", "title": "Code from outside", "severity": "error", "confidence": "medium", "cwe": ["CWE-94", "CWE-95"], "file": "a/b.py", "line": 12,
        "column": 4, "message": "It runs what it is given.", "advice": "Do not.", "snippet": "eval(x)"
    }));
    for text in [
        "a/b.py:12",
        "py-eval · Code from outside · CWE-94, CWE-95 · medium confidence",
        "It runs what it is given.",
        "Do not.",
        "eval(x)",
        "text-danger",
    ] {
        assert!(whole.contains(text), "{text}: {whole}");
    }
    // As the measures of a single file have it: no file, no confidence.
    let alone =
        of(json!({"rule": "long-function", "severity": "warning", "line": 7, "column": 1, "message": "It is long.", "advice": "Part it."}));
    assert!(alone.contains("line 7") && alone.contains("text-warning") && !alone.contains("confidence"), "{alone}");
    let secret = of(json!({"rule": "secret-jwt", "severity": "error", "file": "env", "message": "m", "snippet": ""}));
    assert!(secret.contains("env") && !secret.contains("<pre"), "a secret is not repeated, and leaves no empty box: {secret}");
    assert!(by_schema(json!({"findings": []}), schema).contains("None."));
}

#[test]
fn a_result_is_drawn_as_its_schema_says() {
    let id = "0196a3d0-0000-7000-8000-000000000001";
    let schema = json!({"properties": {
        "last": {"title": "The last", "x-order": 9},
        "share": {"title": "Share", "x-order": 1, "x-render": "share"},
        "mood": {"title": "Mood", "x-order": 2, "x-render": "signed"},
        "words": {"title": "Words", "x-order": 3, "x-render": "tags"},
        "chart": {"title": "Drawing", "x-order": 4, "x-render": "chart"},
        "grid": {"title": "Grid", "x-order": 5, "x-render": "table", "description": "All of it."},
        "picture": {"title": "Picture", "x-order": 6, "x-render": "image"},
        "report": {"title": "Report", "x-order": 7, "x-render": "artifact"},
        "rows": {"title": "Rows", "x-order": 8, "items": {"properties": {"name": {"title": "Who"}, "file": {"format": "artifact"}}}},
    }});
    let result = json!({
        "last": "the end", "share": 0.25, "mood": -0.5, "words": ["alpha", "beta"], "picture": id, "report": id,
        "chart": {"title": "By week", "series": [{"type": "bar", "data": [1, 2]}]},
        "grid": {"columns": [{"name": "week"}, "sum"], "rows": [["one", 1234.5], [null, 2]], "total_rows": 77},
        "rows": [{"name": "Ann", "file": id, "points": 3}, {"name": "Bob"}],
        "unforeseen": {"deep": {"deeper": "a value"}}
    });
    let html = by_schema(result, schema);
    for text in [
        "Share",
        "0.25",
        "Mood",
        "-0.5",
        "alpha",
        "beta",
        "By week",
        "week",
        "sum",
        "1234.5",
        "The first 2 of 77.",
        "Who",
        "Ann",
        "Points",
        "Unforeseen",
        "a value",
        "All of it.",
        "the end",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert_eq!(html.matches("data-testid=\"chart\"").count(), 1, "{html}");
    assert!(html.contains("<img") && html.matches(&format!("/api/v1/artifacts/{id}/content")).count() >= 3, "{html}");
    let place = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place(">Share<") < place(">Mood<") && place(">Words<") < place(">Drawing<") && place(">Grid<") < place(">Picture<"), "{html}");
    assert!(place(">Rows<") < place(">Unforeseen<"), "what the schema does not know comes last: {html}");
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
    ] {
        let html = html(kind, least);
        assert!(html.contains("data-testid=\"result\"") && !html.contains("<summary class=\"rounded-control\">"), "{kind}: {html}");
    }
}

#[test]
fn what_does_not_fit_its_kind_is_shown_as_json() {
    for kind in ["table_profile", "language", "sentiment", "keywords", "summary", "json", "of tomorrow"] {
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
