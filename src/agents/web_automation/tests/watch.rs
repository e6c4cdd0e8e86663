//! Whether `web_automation.watch` sees what changed, overlooks what does not count, and asks no more than it must.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use crate::harness::{Ended, Setting, run_in};
use crate::web::{answer, serve_with};
use baton_agents_runtime::protocol::{FileRef, MAXIMUM_MEMORY_KEY, Memory};
use baton_agents_web_automation::{MAXIMUM_WATCHED_BYTES, WATCH, WebAutomation};
use baton_domain::connection::{AuthKind, ConnectionGrant, ConnectionKind};
use baton_domain::egress::EgressPolicy;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A server whose page can be exchanged.
struct Site {
    port: u16,
    page: Arc<Mutex<(String, String)>>,
}

impl Site {
    fn new(kind: &str, body: &str) -> Self {
        let page = Arc::new(Mutex::new((kind.to_owned(), body.to_owned())));
        let shown = Arc::clone(&page);
        let port = serve_with(move |head, _| {
            let (kind, body) = shown.lock().unwrap().clone();
            let mut hasher = DefaultHasher::new();
            body.hash(&mut hasher);
            let tag = format!("\"{}\"", hasher.finish());
            if head.contains(&format!("if-none-match: {tag}")) {
                return answer("304 Not Modified", &format!("ETag: {tag}\r\n"), b"");
            }
            answer("200 OK", &format!("Content-Type: {kind}\r\nETag: {tag}\r\nX-Asked: yes\r\n"), body.as_bytes())
        });
        Self { port, page }
    }

    fn set(&self, body: &str) {
        body.clone_into(&mut self.page.lock().unwrap().1);
    }

    fn look(&self, mut input: Value, state: Option<&[u8]>) -> Ended {
        if input.get("connection").is_none() {
            input["url"] = json!(format!("http://127.0.0.1:{}/page", self.port));
        }
        look(self.port, input, state)
    }

    /// The change between two bodies.
    fn change(kind: &str, before: &str, after: &str, input: &Value) -> Value {
        let site = Self::new(kind, before);
        let first = site.look(input.clone(), None);
        let state = first.stored[0].2.clone();
        assert_eq!(first.value()["state"], "first");
        site.set(after);
        site.look(input.clone(), Some(&state)).value()
    }
}

fn look(port: u16, mut input: Value, state: Option<&[u8]>) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let egress = EgressPolicy { private_hosts: vec![format!("127.0.0.1:{port}")], ..EgressPolicy::default() };
    let grant = ConnectionGrant {
        name: "api".to_owned(),
        kind: ConnectionKind::Http,
        base_url: format!("http://127.0.0.1:{port}/v1"),
        auth: AuthKind::Bearer,
        auth_name: None,
        secret: Some("s3cret".to_owned()),
        private: true,
    };
    let mut setting = Setting { egress: Some(egress), connections: BTreeMap::from([("api".to_owned(), grant)]), ..Setting::default() };
    if let Some(state) = state {
        input["since"] = json!(setting.file(folder.path(), "watch.json", state));
    }
    run_in(setting, Arc::new(WebAutomation::default()), WATCH, input)
}

const HTML: &str = "text/html; charset=utf-8";

#[test]
fn a_change_is_shown_where_it_is() {
    let before = "<title>News</title><p>One</p><p>Two <b>bold</b></p><ul><li>a<li>b</ul>";
    let after = "<title>News</title><p>One</p><p>Two <i>thin</i></p><ul><li>a<li>b<li>c</ul>";
    let result = Site::change(HTML, before, after, &json!({}));
    assert_eq!((&result["state"], &result["added"], &result["removed"]), (&json!("changed"), &json!(2), &json!(1)));
    assert_eq!(
        result["changes"],
        json!([
            {"kind": "changed", "line": 3, "before": "Two bold", "after": "Two thin"},
            {"kind": "added", "line": 6, "before": "", "after": "c"}
        ])
    );
    let expected = "--- before\n+++ after\n@@ -1,5 +1,6 @@\n News\n One\n-Two bold\n+Two thin\n a\n b\n+c\n";
    assert_eq!(result["diff"], expected);
    // 4 of 5 and of 6 lines are the same: 2 · 4 / 11.
    assert_eq!(result["similarity"], 0.7273);
}

#[test]
fn markup_that_nobody_sees_is_no_change() {
    let before = "<p class=a>One  two</p><script>1</script>";
    let after = "<!-- new --><div><p class=b>One\ntwo</p></div><script>2</script><style>x</style><!-- so that it is longer -->";
    assert_eq!(Site::change(HTML, before, after, &json!({}))["state"], "unchanged");
}

#[test]
fn what_is_ignored_does_not_count() {
    let before = "<div class=ad>Buy <p>now</p></div><p>Price 5 EUR</p><p>17 people are looking</p><footer>x</footer>";
    let after = "<div class=ad>Sell</div><p>Price 5 EUR</p><p>4711 people are looking</p><footer>y z</footer>";
    let ignore = json!({"ignore_selectors": [".ad", "footer"], "ignore_patterns": ["\\d+ people are looking"]});
    assert_eq!(Site::change(HTML, before, after, &ignore)["state"], "unchanged");
    assert_eq!(Site::change(HTML, before, after, &json!({"selector": "p", "ignore_patterns": ["^\\d+ people.*"]}))["state"], "changed");
    let result = Site::change(HTML, before, &before.replace("5 EUR", "6 EUR"), &ignore);
    assert_eq!(result["changes"][0]["after"], "Price 6 EUR");
}

#[test]
fn a_part_of_a_page_is_watched() {
    let page = |price: u32, news: &str| format!("<p>{news}</p><div class=price>Now <div class=price>{price} EUR</div></div>");
    let input = json!({"selector": ".price"});
    assert_eq!(Site::change(HTML, &page(5, "a"), &page(5, "other"), &input)["state"], "unchanged");
    let result = Site::change(HTML, &page(5, "a"), &page(6, "other"), &input);
    assert_eq!((&result["lines"], &result["changes"][0]["before"]), (&json!(2), &json!("5 EUR")));
    let site = Site::new(HTML, "<p>x</p>");
    assert_eq!(site.look(input, None).code(), "WEB-012");
}

#[test]
fn a_part_of_json_is_watched() {
    let before = json!({"time": 1, "items": [{"id": 1, "state": "open"}, {"id": 2, "state": "open"}]}).to_string();
    let after = json!({"time": 2, "items": [{"id": 1, "state": "open"}, {"id": 2, "state": "done"}]}).to_string();
    for input in [json!({"select": "items[].state"}), json!({"select": "$.items[*].state"})] {
        let result = Site::change("application/json", &before, &after, &input);
        assert_eq!((&result["added"], &result["changes"][0]["after"]), (&json!(1), &json!("  \"done\"")));
    }
    assert_eq!(
        Site::change("application/json", &before, &before.replace("\"time\":1", "\"time\":22"), &json!({"select": "items"}))["state"],
        "unchanged"
    );
}

#[test]
fn an_api_is_watched_with_its_secret() {
    let site = Site::new("application/json", "{\"a\": 1}");
    let input = json!({"connection": "api", "path": "x", "select": "a"});
    let first = site.look(input.clone(), None);
    let state = first.stored[0].2.clone();
    assert!(!String::from_utf8_lossy(&state).contains("s3cret"));
    site.set("{\"a\": 22}");
    let second = site.look(input, Some(&state)).value();
    assert_eq!((&second["state"], &second["url"]), (&json!("changed"), &json!(format!("http://127.0.0.1:{}/v1/x", site.port))));
}

#[test]
fn a_host_that_knows_versions_is_asked_for_a_new_one() {
    let site = Site::new(HTML, "<p>One</p>");
    let first = site.look(json!({}), None);
    let state = first.stored[0].2.clone();
    let second = site.look(json!({}), Some(&state));
    let again = second.stored[0].2.clone();
    let second = second.value();
    assert_eq!((&second["state"], &second["status"]), (&json!("unchanged"), &json!(304)));
    site.set("<p>Another</p>");
    // The state that a 304 leaves is as good as the one before.
    let third = site.look(json!({}), Some(&again)).value();
    assert_eq!((&third["changes"][0]["before"], &third["changes"][0]["after"]), (&json!("One"), &json!("Another")));
}

/// The same as another task for the same person, for whom this state was left.
fn look_later(site: &Site, input: &Value, left: Option<&[u8]>) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let memory = left.map(|state| {
        let path = folder.path().join("left");
        std::fs::write(&path, state).unwrap();
        let (name, media_type) = ("watch.json".to_owned(), "application/json".to_owned());
        Memory { value: json!({"lines": 1}), file: Some(FileRef { path, name, media_type, size: state.len() as u64 }) }
    });
    let egress = EgressPolicy { private_hosts: vec![format!("127.0.0.1:{}", site.port)], ..EgressPolicy::default() };
    let setting = Setting { egress: Some(egress), memory, ..Setting::default() };
    let mut input = input.clone();
    input["url"] = json!(format!("http://127.0.0.1:{}/page", site.port));
    run_in(setting, Arc::new(WebAutomation::default()), WATCH, input)
}

#[test]
fn the_next_task_goes_on_from_what_the_last_one_left() {
    let site = Site::new(HTML, "<p>One</p>");
    let first = look_later(&site, &json!({}), None);
    let (key, _, artifact) = first.remembered[0].clone();
    assert_eq!((first.recalled.as_slice(), first.remembered.len()), ([key.clone()].as_slice(), 1));
    assert!(key.len() <= MAXIMUM_MEMORY_KEY, "{key}");
    let state = first.stored[0].2.clone();
    let first = first.value();
    assert_eq!((&first["state"], &first["artifact"]), (&json!("first"), &json!(artifact)));

    let second = look_later(&site, &json!({}), Some(&state));
    assert_eq!((&second.recalled[0], &second.remembered[0].0), (&key, &key));
    let state = second.stored[0].2.clone();
    let second = second.value();
    assert_eq!((&second["state"], &second["status"]), (&json!("unchanged"), &json!(304)));
    site.set("<p>Another</p>");
    let third = look_later(&site, &json!({}), Some(&state)).value();
    assert_eq!((&third["state"], &third["changes"][0]["after"]), (&json!("changed"), &json!("Another")));
}

#[test]
fn questions_and_names_are_remembered_apart_and_a_given_state_counts_alone() {
    let site = Site::new(HTML, "<p>One</p><b>Two</b>");
    let keys: Vec<String> = [json!({}), json!({"selector": "p"}), json!({"name": "prices"}), json!({"name": "x".repeat(100)})]
        .iter()
        .map(|input| look_later(&site, input, None).recalled[0].clone())
        .collect();
    assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{keys:?}");
    let named = look_later(&site, &json!({"name": "prices", "selector": "p"}), None);
    assert_eq!(named.recalled[0], keys[2], "the name alone counts");
    // What was left under the name is of another question: it begins anew.
    let other = look_later(&site, &json!({"name": "prices"}), Some(&named.stored[0].2));
    assert_eq!((other.remembered.len(), &other.value()["state"]), (1, &json!("first")));

    let state = site.look(json!({}), None).stored[0].2.clone();
    let given = site.look(json!({}), Some(&state));
    assert!(given.recalled.is_empty() && given.remembered.is_empty());
    assert_eq!(given.value()["state"], "unchanged");
}

#[test]
fn other_content_is_watched_as_a_whole() {
    let result = Site::change("text/plain", "a\nb\n", "a\nc\n", &json!({}));
    assert_eq!(result["changes"], json!([{"kind": "changed", "line": 2, "before": "b", "after": "c"}]));
    assert_eq!(Site::change("application/octet-stream", "\0\x01", "\0\x01\x02", &json!({}))["state"], "changed");
}

#[test]
fn what_does_not_fit_has_its_code() {
    let site = Site::new(HTML, "<p>One</p>");
    let state = site.look(json!({}), None).stored[0].2.clone();
    let defaults = json!({"path": "", "query": {}, "ignore_selectors": [], "ignore_patterns": []});
    assert_eq!(site.look(defaults, Some(&state)).value()["state"], "unchanged");
    for (input, state, code) in [
        (json!({"selector": "p"}), state.as_slice(), "WEB-020"),
        (json!({}), b"{}", "WEB-020"),
        (json!({}), b"\0", "WEB-020"),
        (json!({}), b"{\"form\": \"baton.watch.9\", \"question\": \"\", \"lines\": []}", "WEB-020"),
    ] {
        assert_eq!(site.look(input.clone(), Some(state)).code(), code, "{input}");
    }
    for (input, code) in [
        (json!({"select": "a"}), "WEB-019"),
        (json!({"selector": "p["}), "TASK-003"),
        (json!({"ignore_selectors": [">>"]}), "TASK-003"),
        (json!({"ignore_patterns": ["("]}), "TASK-003"),
        // A pattern that would take gigabytes once compiled.
        (json!({"ignore_patterns": ["(\\pL{1000}){1000}"]}), "TASK-003"),
        (json!({"selector": "p", "select": "a"}), "TASK-003"),
        (json!({"path": "x"}), "TASK-003"),
    ] {
        let ended = site.look(input.clone(), None);
        assert_eq!(ended.code(), code, "{input}");
    }
    let json = Site::new("application/json", "{}");
    assert_eq!(json.look(json!({"selector": "p"}), None).code(), "WEB-019");
    let large = Site::new("text/plain", &"0123456789\n".repeat(MAXIMUM_WATCHED_BYTES / 11 + 1));
    assert_eq!(large.look(json!({}), None).code(), "WEB-019");
}

#[test]
fn large_texts_are_compared_in_bounded_time() {
    // Nothing in common but a line here and there: the worst case of the usual algorithm.
    let text = |seed: u64| {
        let mut state = seed;
        let mut number = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 40
        };
        (0..60_000).map(|_| format!("{}\n", number() % 5_000)).collect::<String>()
    };
    let began = std::time::Instant::now();
    let result = Site::change("text/plain", &text(1), &text(2), &json!({}));
    assert_eq!((&result["state"], &result["truncated"]), (&json!("changed"), &json!(true)));
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_counts_explain_the_lengths(before in proptest::collection::vec("[a-c]", 1..12), after in proptest::collection::vec("[a-c]", 1..12)) {
        let text = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let result = Site::change("text/plain", &text(&before), &text(&after), &json!({}));
        if before == after {
            prop_assert_eq!(&result["state"], "unchanged");
        } else {
            prop_assert_eq!(&result["state"], "changed");
            let count = |name: &str| usize::try_from(result[name].as_u64().unwrap()).unwrap();
            prop_assert_eq!(before.len() + count("added") - count("removed"), after.len());
        }
    }
}
