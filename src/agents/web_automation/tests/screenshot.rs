//! Whether `web_automation.screenshot` gives pictures of the size and content that were asked for, within its bounds.

use crate::attempt::{Then, hold_in};
use crate::harness::Ended;
use crate::site::{answer, html, no_browser, policy, serve, visit};
use baton_agents_web_automation::{MAXIMUM_SIDE, SCREENSHOT};
use serde_json::{Value, json};

const PAGE: &str = "<!doctype html><style>body { margin: 0; background: #fff } \
    @media (prefers-color-scheme: dark) { body { background: #000 } } \
    #box { position: absolute; left: 50px; top: 1900px; width: 120px; height: 80px; background: #f00 } #tall { height: 2000px }</style>\
    <div id=tall></div><div id=box></div><div id=none style='display: none'>x</div>";

fn picture(page: &str, input: Value) -> Ended {
    let port = serve(vec![("/", html(page)), ("/favicon.ico", answer("200 OK", "", b""))]);
    visit(policy(port), SCREENSHOT, port, "/", input)
}

/// Width and height of a PNG file, as its header says.
fn png(bytes: &[u8]) -> (u64, u64) {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u64::from(u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()));
    (number(16), number(20))
}

fn sizes(ended: Ended) -> ((u64, u64), Value) {
    let bytes = ended.stored[0].2.clone();
    let result = ended.value();
    let size = png(&bytes);
    assert_eq!((result["width"].as_u64(), result["height"].as_u64()), (Some(size.0), Some(size.1)));
    assert_eq!(result["size"], json!(bytes.len()));
    (size, result)
}

#[test]
fn a_picture_is_of_the_window_the_page_or_an_element() {
    if no_browser() {
        return;
    }
    assert_eq!(sizes(picture(PAGE, json!({}))).0, (1280, 800));
    assert_eq!(sizes(picture(PAGE, json!({"viewport": {"width": 390, "height": 844}, "scale": 2}))).0, (780, 1688));
    let (size, result) = sizes(picture(PAGE, json!({"full_page": true})));
    assert_eq!((size, &result["truncated"]), ((1280, 2000), &json!(false)));
    assert_eq!(sizes(picture(PAGE, json!({"selector": "#box", "scale": 1.5}))).0, (180, 120));
    let (size, result) = sizes(picture("<div style='height: 90000px'></div>", json!({"full_page": true})));
    assert_eq!((size, &result["truncated"]), ((1280, MAXIMUM_SIDE as u64), &json!(true)));
    for selector in ["#missing", "#none"] {
        assert_eq!(picture(PAGE, json!({"selector": selector})).code(), "WEB-046", "{selector}");
    }
    for input in [json!({"selector": "[["}), json!({"selector": "p", "full_page": true}), json!({"selector": "p", "format": "pdf"})] {
        assert_eq!(picture(PAGE, input.clone()).code(), "TASK-003", "{input}");
    }
}

/// A server's attempts work deep in its data folder, where no socket of the browser's could be made: paths of sockets are short.
#[test]
fn a_picture_is_taken_in_the_folder_of_a_real_server() {
    if no_browser() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path().join("a/data/folder/that/somebody/chose/scratch/01983b5e-7f3a-7c21-9a44-2f6d1c0b9e77-12");
    std::fs::create_dir_all(&scratch).unwrap();
    assert!(scratch.as_os_str().len() > 90);
    let port = serve(vec![("/", html(PAGE)), ("/favicon.ico", answer("200 OK", "", b""))]);
    let seen = hold_in(&scratch, port, SCREENSHOT, json!({"url": format!("http://127.0.0.1:{port}/")}), None, |_| Then::GoOn);
    let result = seen.result.unwrap().unwrap();
    assert_eq!((&result["width"], png(&seen.stored[0].1)), (&json!(1280), (1280, 800)));
}

#[test]
fn dark_mode_changes_what_is_drawn() {
    if no_browser() {
        return;
    }
    let of = |input: Value| picture(PAGE, input).stored[0].2.clone();
    let (light, dark) = (of(json!({})), of(json!({"dark": true})));
    assert_ne!(light, dark);
    assert_eq!(light, of(json!({})));
}

#[test]
fn a_page_becomes_a_jpeg_or_a_pdf() {
    if no_browser() {
        return;
    }
    let jpeg = picture(PAGE, json!({"format": "jpeg"}));
    assert_eq!((jpeg.stored[0].1.as_str(), &jpeg.stored[0].2[..3]), ("image/jpeg", &b"\xff\xd8\xff"[..]));
    let pdf = picture(PAGE, json!({"format": "pdf", "landscape": true}));
    assert_eq!((pdf.stored[0].0.as_str(), pdf.stored[0].1.as_str(), &pdf.stored[0].2[..5]), ("page.pdf", "application/pdf", &b"%PDF-"[..]));
    let result = pdf.value();
    assert!(result["document"].is_string() && result.get("picture").is_none());
}
