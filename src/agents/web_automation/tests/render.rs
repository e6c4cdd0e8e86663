//! Whether `web_automation.render` gives what a page is after its scripts, and ends within its bounds whatever the page does.

use crate::harness;

use std::io::Write;
use std::time::{Duration, Instant};

use crate::site::{answer, html, no_browser, policy, render, serve, serve_by, visit};
use baton_agents_web_automation::{EXTRACT, MAXIMUM_NAVIGATIONS, MAXIMUM_REQUESTS, RENDER, WebAutomation, browser_program};
use baton_domain::egress::EgressPolicy;
use serde_json::json;

#[test]
fn scripts_have_run_and_the_html_is_kept() {
    if no_browser() {
        return;
    }
    let page = "<!doctype html><html lang=pt><title> A page </title><body><p id=a>before</p><script src=/late.js></script></body></html>";
    let script = "fetch('/data.json').then(r => r.json()).then(d => { \
        document.getElementById('a').textContent = d.word; console.error('bad', {a: 1}, 7); undefinedFunction(); });";
    let port = serve(vec![
        ("/start", answer("302 Found", "Location: /page\r\n", b"")),
        ("/page", html(page)),
        ("/late.js", answer("200 OK", "Content-Type: text/javascript\r\n", script.as_bytes())),
        ("/data.json", answer("200 OK", "Content-Type: application/json\r\n", "{\"word\": \"dépois ✓\"}".as_bytes())),
        ("/favicon.ico", answer("200 OK", "", b"")),
    ]);
    let ended = render(port, "/start", json!({}));
    let stored = ended.stored.clone();
    let result = ended.value();
    assert_eq!((&result["text"], &result["title"], &result["language"]), (&json!("dépois ✓"), &json!("A page"), &json!("pt")));
    assert_eq!((&result["status"], &result["ready"], &result["truncated"]), (&json!(200), &json!(true), &json!(false)));
    assert_eq!(result["url"], json!(format!("http://127.0.0.1:{port}/page")));
    assert_eq!(result["redirects"], json!([{"status": 302, "url": format!("http://127.0.0.1:{port}/start")}]));
    let (name, media_type, bytes) = &stored[0];
    assert_eq!((name.as_str(), media_type.as_str()), ("page.html", "text/html; charset=utf-8"));
    let kept = String::from_utf8(bytes.clone()).unwrap();
    assert!(kept.starts_with("<!DOCTYPE html>\n<html lang=\"pt\">") && kept.contains("<p id=\"a\">dépois ✓</p>"), "{kept}");
    assert_eq!(result["html"], json!(kept));
    let requests = result["requests"].as_array().unwrap();
    let of = |path: &str| requests.iter().find(|one| one["url"].as_str().unwrap().ends_with(path)).unwrap_or_else(|| panic!("{path}"));
    assert_eq!((&of("/data.json")["kind"], &of("/data.json")["status"]), (&json!("Fetch"), &json!(200)));
    assert_eq!((&of("/late.js")["kind"], &of("/start")["status"]), (&json!("Script"), &json!(302)));
    assert!(of("/late.js")["bytes"].as_u64().unwrap() > script.len() as u64);
    let console = result["console"].as_array().unwrap();
    assert!(console.iter().any(|one| one["level"] == "error" && one["text"].as_str().unwrap().starts_with("bad ")), "{console:?}");
    assert!(console.iter().any(|one| one["text"].as_str().unwrap().contains("undefinedFunction is not defined")), "{console:?}");
    assert_eq!(result["refused_count"], 0);
    // What was rendered, the other skills read.
    let read = harness::perform_on_file(
        WebAutomation::default(),
        EXTRACT,
        json!({"fields": [{"name": "a", "selector": "#a"}]}),
        "page.html",
        kept.as_bytes(),
    );
    assert_eq!(read.value()["records"], json!([{"a": "dépois ✓"}]));
}

#[test]
fn a_page_is_waited_for_as_the_rule_says() {
    if no_browser() {
        return;
    }
    let late = "<body><script>setTimeout(() => { document.body.innerHTML = '<main><b class=x>late</b></main>' }, 1500)</script>early";
    let port = serve(vec![("/", html(late)), ("/favicon.ico", answer("200 OK", "", b""))]);
    let at_once = render(port, "/", json!({"wait_for": "load"})).value();
    assert_eq!((&at_once["text"], &at_once["ready"]), (&json!("early"), &json!(true)));
    let waited = render(port, "/", json!({"wait_selector": "main > .x"})).value();
    assert_eq!((&waited["text"], &waited["ready"]), (&json!("late"), &json!(true)));
    let extra = render(port, "/", json!({"wait_for": "load", "extra_wait_ms": 2500})).value();
    assert_eq!(extra["text"], "late");
    let never = render(port, "/", json!({"wait_selector": "#none", "wait_seconds": 3}));
    assert_eq!(never.code(), "WEB-042");
    assert!(never.message().starts_with("wait_selector: "), "{}", never.message());
    let wrong = render(port, "/", json!({"wait_selector": "a[[", "wait_seconds": 5}));
    assert_eq!(wrong.code(), "TASK-003");
}

#[test]
fn a_page_that_never_ends_is_taken_as_it_is_or_fails() {
    if no_browser() {
        return;
    }
    let port = serve_by(|path, stream| match path {
        "/loop" => drop(stream.write_all(&html("<p>before</p><script>while (true) {}</script><p>after</p>"))),
        "/timers" => drop(stream.write_all(&html(
            "<p>before</p><script>function f() { const t = Date.now(); while (Date.now() - t < 100000); setTimeout(f) } f()</script>",
        ))),
        "/unending" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>first</p>");
            while stream.write_all(b"<i>x</i>\n").is_ok() {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        "/slow" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<p>first</p>");
            std::thread::sleep(Duration::from_secs(30));
        }
        "/silent" => std::thread::sleep(Duration::from_secs(30)),
        "/hanging" => drop(stream.write_all(&html("<p>shown</p><img src=/silent>"))),
        _ => drop(stream.write_all(&answer("404 Not Found", "", b""))),
    });
    for path in ["/loop", "/timers", "/unending", "/slow", "/hanging"] {
        let began = Instant::now();
        let result = render(port, path, json!({"wait_seconds": 2})).value();
        assert_eq!(result["ready"], json!(false), "{path}");
        let text = result["text"].as_str().unwrap();
        assert!(["before", "first", "shown"].iter().any(|word| text.starts_with(word)), "{path}: {text}");
        assert!(began.elapsed() < Duration::from_secs(20), "{path}: {:?}", began.elapsed());
    }
    assert_eq!(render(port, "/loop", json!({"wait_seconds": 1, "if_late": "fail"})).code(), "WEB-042");
    assert_eq!(render(port, "/silent", json!({"wait_seconds": 2})).code(), "EGRESS-007");
}

#[test]
fn dialogs_windows_and_downloads_hold_nothing_up() {
    if no_browser() {
        return;
    }
    let page = "<body><script>alert('one'); const yes = confirm('two'); const name = prompt('three'); \
        onbeforeunload = (e) => { e.preventDefault(); return 'stay' }; \
        const w = window.open('/other'); \
        const a = document.createElement('a'); a.href = '/file'; a.download = 'x.bin'; document.body.append(a); a.click(); \
        const p = document.createElement('p'); p.textContent = `${yes} ${name} ${w}`; document.body.append(p); \
        const end = (t) => { const b = document.createElement('b'); b.id = t; document.body.append(b) }; \
        navigator.geolocation.getCurrentPosition(() => end('located'), () => end('denied'));</script>";
    let port = serve(vec![
        ("/", html(page)),
        ("/other", html("other")),
        ("/file", answer("200 OK", "Content-Type: application/octet-stream\r\n", b"bytes")),
        ("/attached", answer("200 OK", "Content-Disposition: attachment; filename=a.html\r\nContent-Type: text/html\r\n", b"<p>x")),
        ("/binary", answer("200 OK", "Content-Type: application/zip\r\n", b"PK\x03\x04")),
        ("/empty", answer("204 No Content", "", b"")),
    ]);
    let result = render(port, "/", json!({"wait_selector": "#denied"})).value();
    assert_eq!(result["text"].as_str().unwrap().lines().next().unwrap(), "false null null", "{result}");
    assert_eq!(result["dialogs"], json!(["alert: one", "confirm: two", "prompt: three"]));
    assert!(result["popups"].as_u64().unwrap() >= 1, "{}", result["popups"]);
    assert_eq!(result["downloads"], 1);
    for path in ["/attached", "/binary", "/empty"] {
        assert_eq!(render(port, path, json!({})).code(), "WEB-045", "{path}");
    }
}

#[test]
fn a_page_that_leaves_is_followed_and_not_for_ever() {
    if no_browser() {
        return;
    }
    let port = serve(vec![
        ("/script", html("<script>location = '/there'</script>one")),
        ("/refresh", html("<meta http-equiv=refresh content='0; url=/there'>two")),
        ("/there", html("<p>there</p><script>onbeforeunload = () => 'stay'</script>")),
        ("/again", html("<script>location.href = '/again?' + Math.random()</script>")),
        ("/loop", answer("302 Found", "Location: /loop2\r\n", b"")),
        ("/loop2", answer("302 Found", "Location: /loop\r\n", b"")),
    ]);
    for path in ["/script", "/refresh"] {
        for wait in ["load", "network_idle"] {
            let result = render(port, path, json!({"wait_for": wait})).value();
            assert_eq!(result["text"], "there", "{path} {wait}");
        }
    }
    let again = serve_by(|_, stream| drop(stream.write_all(&html("<script>location.href = '/again?' + Math.random()</script>"))));
    let ended = render(again, "/", json!({}));
    assert_eq!(ended.code(), "EGRESS-009");
    assert!(ended.message().contains(&format!("more than {MAXIMUM_NAVIGATIONS} times")), "{}", ended.message());
    let ended = render(port, "/loop", json!({}));
    assert_eq!((ended.code(), ended.message().contains("more than 5 redirects")), ("EGRESS-009", true));
}

#[test]
fn an_error_status_fails_unless_it_is_wanted() {
    if no_browser() {
        return;
    }
    let port = serve(vec![("/busy", answer("503 Busy", "Content-Type: text/html\r\n", b"<p>busy</p>"))]);
    let missing = render(port, "/none", json!({}));
    assert_eq!((missing.code(), missing.result.as_ref().unwrap_err().retryable), ("EGRESS-012", false));
    let busy = render(port, "/busy", json!({}));
    assert_eq!((busy.code(), busy.result.as_ref().unwrap_err().retryable), ("EGRESS-012", true));
    let wanted = render(port, "/busy", json!({"fail_on_error_status": false})).value();
    assert_eq!((&wanted["status"], &wanted["text"]), (&json!(503), &json!("busy")));
}

#[test]
fn a_page_that_asks_for_too_much_is_refused() {
    if no_browser() {
        return;
    }
    let many = format!("<script>for (let i = 0; i < {}; i++) fetch('/x?' + i).catch(() => 0)</script>", MAXIMUM_REQUESTS + 50);
    let chatty = "<script>for (let i = 0; i < 300000; i++) console.log('x')</script>";
    let large = "<script>for (let i = 0; i < 40; i++) { const p = document.createElement('p'); p.textContent = 'x'.repeat(500000); \
        document.body.append(p) }</script>";
    let ten = "<body><script>for (let i = 0; i < 100000; i++) { const p = document.createElement('p'); p.textContent = 'y'.repeat(80); \
        document.body.append(p) }</script>";
    let memory = "<script>const all = []; setInterval(() => { const a = new Uint8Array(64 << 20); a.fill(1); all.push(a) }, 10)</script>";
    let canvas = "<script>for (let i = 0; i < 60; i++) { const c = document.createElement('canvas'); c.width = c.height = 8000; \
        const g = c.getContext('2d'); g.fillRect(0, 0, 8000, 8000); document.body.append(c); }</script>";
    let port = serve_by(move |path, stream| {
        let page = match path {
            "/many" => html(&many),
            "/chatty" => html(chatty),
            "/large" => html(&format!("<body>{large}")),
            "/ten" => html(ten),
            "/memory" => html(memory),
            "/canvas" => html(&format!("<body><p>shown</p>{canvas}")),
            "/heavy" => html("<script>for (let i = 0; i < 9; i++) fetch('/block?' + i).then(r => r.arrayBuffer()).catch(() => 0)</script>"),
            "/long" => html("<script>console.log('x'.repeat(110e6))</script>"),
            block if block.starts_with("/block") => answer("200 OK", "", &vec![b'x'; 20 << 20]),
            "/body" => html(&"z".repeat(3 << 20)),
            _ => answer("200 OK", "", b""),
        };
        let _ = stream.write_all(&page);
    });
    let many = render(port, "/many", json!({"wait_seconds": 60}));
    assert_eq!((many.code(), many.message().contains("requests")), ("WEB-044", true));
    let chatty = render(port, "/chatty", json!({"wait_seconds": 60}));
    assert_eq!((chatty.code(), chatty.message().contains("events")), ("WEB-044", true));
    let large = render(port, "/large", json!({"wait_seconds": 60}));
    assert_eq!((large.code(), large.message().contains("HTML")), ("WEB-044", true));
    let heavy = render(port, "/heavy", json!({"wait_seconds": 60}));
    assert_eq!((heavy.code(), heavy.message().contains("bytes in all")), ("WEB-044", true), "{}", heavy.message());
    let long = render(port, "/long", json!({"wait_seconds": 60}));
    assert!(["WEB-043", "WEB-044"].contains(&long.code()), "{}: {}", long.code(), long.message());
    let memory = render(port, "/memory", json!({"wait_selector": "#none", "wait_seconds": 60}));
    assert_eq!(memory.code(), "WEB-043", "{}", memory.message());
    let ten = render(port, "/ten", json!({"wait_seconds": 60}));
    let stored: usize = ten.stored.iter().map(|(_, _, bytes)| bytes.len()).sum();
    let ten = ten.value();
    assert!(stored > 12_000_000 && ten["truncated"] == true && ten.get("html").is_none());
    // Either the browser does without them, or it is given up.
    let canvas = render(port, "/canvas", json!({"wait_seconds": 10}));
    match &canvas.result {
        Ok(result) => assert!(result["text"].as_str().unwrap().contains("shown")),
        Err(failure) => assert_eq!(failure.code, "WEB-043", "{}", failure.message),
    }
    let small = EgressPolicy { maximum_bytes: 1 << 20, ..policy(port) };
    assert_eq!(visit(small, RENDER, port, "/body", json!({})).code(), "EGRESS-008");
}

#[test]
fn the_page_cannot_change_how_it_is_read() {
    if no_browser() {
        return;
    }
    let page = "<body><p>true text</p><img name=body><img name=title><form name=documentElement></form><form name=querySelector></form>\
        <script>Object.defineProperty(Element.prototype, 'outerHTML', {get: () => 'false'}); \
        Object.defineProperty(HTMLElement.prototype, 'innerText', {get: () => 'false'}); \
        Document.prototype.getElementsByTagName = () => ({length: 9e9}); \
        console.log('\\ud800 half'); document.body && 0; \
        const p = document.createElement('b'); p.textContent = '\\udc00 half'; document.querySelectorAll('p')[0].after(p);</script>";
    let port = serve(vec![("/", html(page))]);
    let result = render(port, "/", json!({})).value();
    let text = result["text"].as_str().unwrap();
    assert!(text.contains("true text") && text.contains("\u{fffd} half") && !text.contains("false"), "{text}");
    assert!(result["html"].as_str().unwrap().contains("true text"));
    assert!(result["elements"].as_u64().unwrap() < 100);
    assert!(result["console"].to_string().contains("half"));
}

/// Not a bound: what a visit costs, for the record.
#[test]
fn a_small_page_takes_a_moment() {
    if no_browser() {
        return;
    }
    let port = serve(vec![("/", html("<p>small</p>")), ("/favicon.ico", answer("200 OK", "", b""))]);
    let mut times: Vec<u64> = Vec::new();
    for _ in 0..3 {
        let ended = render(port, "/", json!({"wait_for": "load"}));
        times.push(ended.value()["milliseconds"].as_u64().unwrap());
    }
    eprintln!("{}: {times:?} ms", browser_program().unwrap().display());
    assert!(times.iter().all(|time| *time < 30_000), "{times:?}");
}
