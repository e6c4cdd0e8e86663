//! Whether `web_automation.article` finds what a page says, and ends within its bounds.

use std::time::{Duration, Instant};

use crate::web::{on_file, on_page};
use baton_agents_web_automation::{ARTICLE, MAXIMUM_ARTICLE_BYTES, MAXIMUM_ARTICLE_ELEMENTS};
use serde_json::json;

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

/// A manual's page: sections with code, a table and lists, framed as generators of manuals do it.
fn manual() -> String {
    let prose = "<p>The pump is stopped before the cover is opened, for the wheel keeps turning, and nobody sees it in the dark.</p>";
    let section = |name: &str, within: &str| {
        format!("<div class=section id={name}><h2>{name}<a class=headerlink href=#{name}>¶</a></h2>{within}</div>")
    };
    format!(
        "<!doctype html><title>Pumps - Manual</title><body><div class=navbar><a href=/>Start</a> <a href=/all>All chapters</a></div>
        <div class=document><div class=body><h1>Pumps</h1><p class=byline>By Ann Lee</p><ul class=toc><li><a href=#Stop>Stopping it</a><li><a href=#Start>Starting it</a></ul>
        {}{}{}{}<div class='share buttons'>Share this on Facebook</div><div id=comments><p>I never stop the pump, and it never hurt me, said one reader of this very page.</p></div></div>
        <div class='chapter box'><a class=title href=/b>All of pump B</a><p>Pump B is another pump of which another chapter says far more than this page ever could say about it although nobody reads that chapter and nobody ever did.</p></div><div class=sidebar><p>Other pumps</p><ul><li><a href=/a>Pump A</a><li><a href=/b>Pump B</a></ul></div></div><div class=footer>Copyright by nobody at all</div>",
        section("Stop", &format!("{prose}{prose}<pre>pump stop \\\n  --now</pre>")),
        section("Start", &format!("{prose}<ol><li>Close the cover.<li>Turn the key:<ul><li>left, then<li>right</ul></ol>{prose}")),
        section("Codes", "<pre>E1</pre><table><tr><th>Code<th>Meaning<tr><td>E1<td>no water<tr><td>E2<td>too | hot</table>"),
        section("Words", &format!("{prose}<blockquote>Never <code>stop()</code> twice.<br>Never.</blockquote>")),
    )
}

#[test]
fn what_an_article_holds_is_kept_and_what_frames_it_goes() {
    let result = on_file(ARTICLE, manual().as_bytes(), json!({})).value();
    let text = result["text"].as_str().unwrap();
    assert_eq!(result["title"], "Pumps");
    for kept in ["pump stop \\\n  --now", "Codes", "E2 | too | hot", "- left, then", "Never stop() twice.\nNever."] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    for frame in ["¶", "All chapters", "By Ann Lee", "Stopping it", "Facebook", "one reader", "Pump A", "another chapter", "Copyright"] {
        assert!(!text.contains(frame), "{frame}: {text}");
    }
}

#[test]
fn markdown_keeps_the_marks_of_form() {
    let result = on_file(ARTICLE, manual().as_bytes(), json!({"format": "markdown"})).value();
    let text = result["text"].as_str().unwrap();
    let expected = [
        "## Stop\n\nThe pump",
        "```\npump stop \\\n  --now\n```",
        "1. Close the cover.\n2. Turn the key:\n   - left, then\n   - right\n\n",
        "| Code | Meaning |\n| --- | --- |\n| E1 | no water |\n| E2 | too \\| hot |",
        "> Never `stop()` twice.\n> Never.",
    ];
    for marked in expected {
        assert!(text.contains(marked), "{marked}: {text}");
    }
}

#[test]
fn the_day_is_found_where_no_meta_element_says_it() {
    let body = page(12).replace("<meta property=article:published_time content=2024-05-06T07:08:09Z>", "");
    assert!(on_file(ARTICLE, body.as_bytes(), json!({})).value()["published"].is_null());
    for said in ["<time datetime=2024-05-06>in May</time>", "<p class=post-date>2024年5月6日 12:00</p>"] {
        let body = body.replace("<article>", &format!("{said}<article>"));
        let published = on_file(ARTICLE, body.as_bytes(), json!({})).value()["published"].clone();
        assert_eq!(published, "2024-05-06");
    }
}

#[test]
fn deep_pages_do_not_exhaust_the_stack() {
    let words = "<p>The river rose for three days, and on the fourth it carried the bridge away, which nobody had expected.</p>".repeat(12);
    for (open, deep) in [("<div>", 950), ("<ul><li>", 480), ("<table><tr><td>a<td>", 240), ("<blockquote>", 950), ("<dl><dd>", 480)] {
        let ended = on_file(ARTICLE, format!("<body>{}{words}", open.repeat(deep)).as_bytes(), json!({"format": "markdown"}));
        let text = ended.value()["text"].as_str().unwrap().to_owned();
        assert_eq!(text.matches("carried the bridge away").count(), 12, "{open}");
    }
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
