//! Whether `web_automation.article` finds what a page says, and ends within its bounds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;
mod web;

use std::time::{Duration, Instant};

use baton_agents_web_automation::{ARTICLE, MAXIMUM_ARTICLE_BYTES, MAXIMUM_ARTICLE_ELEMENTS};
use serde_json::json;
use web::{on_file, on_page};

fn page(paragraphs: usize) -> String {
    let paragraph = "<p>The river rose for three days, and on the fourth it carried the bridge away, which nobody had expected.</p>";
    format!(
        "<!doctype html><html lang=en><head><title>The bridge is gone - Daily</title><meta name=author content='Ann Lee'>
        <meta property=article:published_time content=2024-05-06T07:08:09Z><meta property=og:image content=/p.png></head>
        <body><nav><a href=/>Home</a><a href=/s>Sports and other news</a></nav><article><h1>The bridge is gone</h1>{}</article>
        <footer>All rights reserved</footer><script>var secret = 1;</script></body></html>",
        paragraph.repeat(paragraphs)
    )
}

#[test]
fn the_article_is_found_with_its_facts() {
    let (ended, port) = on_page(ARTICLE, &page(12), json!({}));
    let result = ended.value();
    assert!(result["title"].as_str().unwrap().starts_with("The bridge is gone"));
    assert_eq!(
        (&result["byline"], &result["published"], &result["language"]),
        (&json!("Ann Lee"), &json!("2024-05-06T07:08:09Z"), &json!("en"))
    );
    assert_eq!(result["image"], json!(format!("http://127.0.0.1:{port}/p.png")));
    let text = result["text"].as_str().unwrap();
    assert_eq!(text.matches("carried the bridge away").count(), 12);
    assert!(!text.contains("Sports") && !text.contains("rights reserved") && !text.contains("secret"), "{text}");
    assert_eq!(result["length"], json!(text.chars().count()));
    assert_eq!(on_file(ARTICLE, page(12).as_bytes(), json!({})).value()["text"], result["text"]);
}

#[test]
fn a_page_without_an_article_is_told() {
    assert_eq!(on_file(ARTICLE, b"<html><body></body></html>", json!({})).code(), "WEB-012");
    assert_eq!(on_file(ARTICLE, b"\x89PNG\r\n\x1a\n", json!({})).code(), "WEB-011");
}

#[test]
fn long_and_hostile_pages_end_within_their_bounds() {
    let ended = on_file(ARTICLE, page(4_000).as_bytes(), json!({}));
    let whole = ended.stored[0].2.len();
    let result = ended.value();
    assert!(result["truncated"] == true && whole > MAXIMUM_ARTICLE_BYTES);
    assert!(result["text"].as_str().unwrap().len() <= MAXIMUM_ARTICLE_BYTES);
    let began = Instant::now();
    assert_eq!(on_file(ARTICLE, page(MAXIMUM_ARTICLE_ELEMENTS).as_bytes(), json!({})).code(), "WEB-011");
    assert_eq!(on_file(ARTICLE, "<div>".repeat(2 << 20).as_bytes(), json!({})).code(), "WEB-011");
    let line = format!("<article><p>{}</article>", "word, ".repeat((10 << 20) / 6));
    assert_eq!(on_file(ARTICLE, line.as_bytes(), json!({})).value()["truncated"], true);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}
