//! Whether `web_automation.links` lists where a page leads.

use crate::web::{on_file, on_page};
use baton_agents_web_automation::{LINKS, MAXIMUM_LINK_TEXT_BYTES, MAXIMUM_LINKS};
use serde_json::json;

const PAGE: &str = "<nav><a href='../a'> To\n <b>a</b></a><a href='mailto:a@b.c'>mail</a></nav>
    <main><a rel='nofollow  noopener' href='https://other.example/x#y'><img alt=Picture></a><a href='http://[bad'>bad</a><a name=n>no</a></main>";

#[test]
fn links_are_absolute_and_sorted_by_host() {
    let (ended, port) = on_page(LINKS, PAGE, json!({}));
    let result = ended.value();
    assert_eq!(
        result["links"],
        json!([
            {"text": "To a", "url": format!("http://127.0.0.1:{port}/a"), "rel": "", "kind": "internal"},
            {"text": "Picture", "url": "https://other.example/x#y", "rel": "nofollow noopener", "kind": "external"}
        ])
    );
    assert_eq!((&result["count"], &result["unusable"], &result["truncated"]), (&json!(2), &json!(2), &json!(false)));
    for (input, text) in
        [(json!({"kind": "internal"}), "To a"), (json!({"kind": "external"}), "Picture"), (json!({"scope": "nav"}), "To a")]
    {
        let links = on_page(LINKS, PAGE, input).0.value()["links"].clone();
        assert_eq!((links.as_array().unwrap().len(), &links[0]["text"]), (1, &json!(text)));
    }
}

#[test]
fn a_stored_page_needs_its_address_for_relative_links() {
    let count = |input| on_file(LINKS, PAGE.as_bytes(), input).value()["count"].clone();
    assert_eq!((count(json!({})), count(json!({"base_url": "https://example.org/b/"}))), (json!(1), json!(2)));
    assert_eq!(on_file(LINKS, b"<p>", json!({"base_url": "nowhere"})).message().split(':').next(), Some("base_url"));
    assert_eq!(on_file(LINKS, b"<p>", json!({"scope": "["})).code(), "TASK-003");
}

#[test]
fn many_links_are_cut() {
    let page = format!("<a href=https://example.org/>{}</a>", "x".repeat(MAXIMUM_LINK_TEXT_BYTES + 1)).repeat(MAXIMUM_LINKS + 1);
    let result = on_file(LINKS, page.as_bytes(), json!({"maximum_links": MAXIMUM_LINKS})).value();
    let links = result["links"].as_array().unwrap();
    assert_eq!((&result["count"], &result["truncated"]), (&json!(MAXIMUM_LINKS + 1), &json!(true)));
    assert!(links.len() <= MAXIMUM_LINKS && links[0]["text"].as_str().unwrap().len() == MAXIMUM_LINK_TEXT_BYTES);
}
