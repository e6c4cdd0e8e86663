//! Whether `web_automation.crawl` reads a site whole, asks only for what it may, ends on sites without an end, and goes on where it was.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::attempt::{Then, hold};
use crate::harness::Ended;
use crate::web::{answer, on_port, serve_streams, serve_with, target};
use baton_agents_runtime::protocol::FromAgent;
use baton_agents_web_automation::CRAWL;
use serde_json::{Value, json};

/// A site and what was asked of it.
struct Site {
    port: u16,
    asked: Arc<Mutex<Vec<(String, Instant)>>>,
}

impl Site {
    fn new(respond: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let port = serve_with(move |head, _| {
            log.lock().unwrap().push((target(head).to_owned(), Instant::now()));
            respond(target(head))
        });
        Self { port, asked }
    }

    fn crawl(&self, input: Value) -> Ended {
        on_port(CRAWL, self.port, "/", input)
    }

    /// How often each path was asked for, the robots' file aside.
    fn asked(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (path, _) in self.asked.lock().unwrap().iter().filter(|(path, _)| path != "/robots.txt" && path != "/sitemap.xml") {
            *counts.entry(path.clone()).or_insert(0) += 1;
        }
        counts
    }

    fn paths(&self) -> Vec<String> {
        self.asked().into_keys().collect()
    }
}

fn html(body: &str) -> Vec<u8> {
    answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", format!("<!doctype html><html>{body}</html>").as_bytes())
}

fn links(paths: &[&str], text: &str) -> Vec<u8> {
    let links: String = paths.iter().map(|path| format!("<a href=\"{path}\">x</a> ")).collect();
    html(&format!("<title>{text}</title><body>{text} {links}"))
}

fn none() -> Vec<u8> {
    answer("404 Not Found", "", b"none")
}

fn paths(result: &Value) -> Vec<String> {
    let path = |record: &Value| {
        let url = record["url"].as_str().unwrap();
        url.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap()
    };
    result["records"].as_array().unwrap().iter().map(path).collect()
}

#[test]
fn a_site_is_read_once_and_whole() {
    let site = Site::new(|path| match path {
        "/" => links(&["/a", "/a#part", "b", "/a", "mailto:x@example.org", "http://other.example/", "/c.pdf", "/gone"], "home"),
        "/a" => links(&["/", "/b", "/deep/1"], "a"),
        "/b" => html("<title>B</title><body><h1>Bé</h1><script>no</script>"),
        "/deep/1" => links(&["2"], "one"),
        "/deep/2" => links(&["3"], "two"),
        "/deep/3" => links(&[], "three"),
        "/c.pdf" => answer("200 OK", "Content-Type: application/pdf\r\n", b"%PDF-1.4"),
        _ => none(),
    });
    let result = site.crawl(json!({"maximum_depth": 3})).value();
    assert_eq!(paths(&result), ["/", "/a", "/b", "/c.pdf", "/gone", "/deep/1", "/deep/2"]);
    assert!(site.asked().values().all(|count| *count == 1), "{:?}", site.asked());
    assert_eq!((&result["stopped"], &result["failed"], &result["pages"]), (&json!("end"), &json!(1), &json!(7)));
    let records = result["records"].as_array().unwrap();
    assert_eq!((&records[2]["title"], &records[2]["text_length"], &records[2]["depth"]), (&json!("B"), &json!(2), &json!(1)));
    assert_eq!((&records[3]["kind"], &records[4]["error"], &records[6]["depth"]), (&json!("other"), &json!("EGRESS-012"), &json!(3)));
    assert_eq!(records[0]["links"], 5);
    let texts = site.crawl(json!({"maximum_pages": 3, "keep_text": true, "save": "csv"}));
    assert!(texts.stored[0].0 == "pages.csv" && String::from_utf8_lossy(&texts.stored[0].2).contains("Bé"));
    assert_eq!(texts.value()["stopped"], "pages");
}

#[test]
fn robots_are_heard() {
    let site = Site::new(|path| match path {
        "/robots.txt" => answer(
            "200 OK",
            "",
            b"User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /x\n\nUser-agent: baton\nDisallow: /private\nAllow: /private/open",
        ),
        "/" => links(&["/private/a", "/private/open", "/x", "/moved"], "home"),
        "/moved" => answer("302 Found", "Location: /private/b\r\n", b""),
        _ => links(&[], path),
    });
    let result = site.crawl(json!({})).value();
    assert_eq!(paths(&result), ["/", "/private/open", "/x"]);
    // A redirect is followed before it is known where it leads; what is there is not used.
    assert_eq!(result["forbidden"], 2);
    let closed = Site::new(|_| answer("200 OK", "", b"User-agent: *\nDisallow: /"));
    assert_eq!(closed.crawl(json!({})).code(), "WEB-021");
    assert_eq!(closed.paths(), Vec::<String>::new());
}

#[test]
fn a_robots_file_that_cannot_be_had_means_what_the_standard_says() {
    for (status, code) in
        [("404 None", None), ("403 No", None), ("410 Gone", None), ("500 Broken", Some("WEB-022")), ("503 Busy", Some("WEB-022"))]
    {
        let site = Site::new(
            move |path| if path == "/robots.txt" { answer(status, "", b"User-agent: *\nDisallow: /") } else { links(&[], "home") },
        );
        let ended = site.crawl(json!({}));
        match code {
            None => assert_eq!(ended.value()["pages"], 1, "{status}"),
            Some(code) => {
                assert!(ended.result.as_ref().is_err_and(|failure| failure.retryable));
                assert_eq!(ended.code(), code, "{status}");
            }
        }
    }
    // A file of gigabytes counts as far as it is read.
    let rules = format!("User-agent: *\nDisallow: /a\n{}\nDisallow: /b\n", "# long\n".repeat(100_000));
    let site =
        Site::new(move |path| if path == "/robots.txt" { answer("200 OK", "", rules.as_bytes()) } else { links(&["/a", "/b"], path) });
    assert_eq!(paths(&site.crawl(json!({})).value()), ["/", "/b"]);
}

#[test]
fn the_pace_of_the_site_is_kept() {
    let site = Site::new(|path| match path {
        "/robots.txt" => answer("200 OK", "", b"User-agent: *\nCrawl-delay: 0.3"),
        "/" => links(&["/a", "/b"], "home"),
        _ => links(&[], path),
    });
    site.crawl(json!({"sitemap": false})).value();
    let times: Vec<Instant> = site.asked.lock().unwrap().iter().skip(1).map(|(_, time)| *time).collect();
    assert_eq!(times.len(), 3);
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(290), "{:?}", pair[1] - pair[0]);
    }
}

#[test]
fn sitemaps_are_read_and_other_hosts_are_not() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"<urlset xmlns='s' xmlns:image='i'><url><loc> http://127.0.0.1:PORT/p?a=1&amp;b=2 </loc><image:image><image:loc>/i.png</image:loc></image:image></url></urlset>").unwrap();
    let port = Arc::new(Mutex::new(0_u16));
    let own = Arc::clone(&port);
    let site = Site::new(move |path| {
        let base = format!("http://127.0.0.1:{}", own.lock().unwrap());
        match path {
            "/robots.txt" => answer("200 OK", "", format!("Sitemap: {base}/index.xml\nSitemap: http://other.example/s.xml\nSitemap: /list.txt\nUser-agent: *\nDisallow: /no").as_bytes()),
            "/index.xml" => answer("200 OK", "", format!("<sitemapindex><sitemap><loc>{base}/one.xml.gz</loc></sitemap><sitemap><loc>http://10.0.0.1/two.xml</loc></sitemap><sitemap><loc>{base}/index.xml</loc></sitemap></sitemapindex>").as_bytes()),
            "/one.xml.gz" => {
                let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                gz.write_all(format!("<urlset xmlns='s' xmlns:image='i'><url><loc> {base}/p?a=1&amp;b=2 </loc><image:image><image:loc>/i.png</image:loc></image:image></url><url><loc>{base}/no/x</loc></url><url><loc>http://169.254.169.254/latest</loc></url></urlset>").as_bytes()).unwrap();
                answer("200 OK", "Content-Type: application/gzip\r\n", &gz.finish().unwrap())
            }
            "/list.txt" => answer("200 OK", "", format!("{base}/q\nhttp://other.example/z\n").as_bytes()),
            "/" | "/p?a=1&b=2" | "/q" => links(&[], path),
            _ => none(),
        }
    });
    *port.lock().unwrap() = site.port;
    let result = site.crawl(json!({})).value();
    assert_eq!(paths(&result), ["/", "/p?a=1&b=2", "/q"]);
    assert_eq!((&result["sitemaps"], &result["forbidden"]), (&json!(3), &json!(1)));
    let mut read = site.paths();
    read.sort();
    assert_eq!(read, ["/", "/index.xml", "/list.txt", "/one.xml.gz", "/p?a=1&b=2", "/q"]);
}

#[test]
fn a_sitemap_that_is_a_bomb_or_broken_costs_that_sitemap() {
    let site = Site::new(|path| match path {
        "/robots.txt" => answer("200 OK", "", b"Sitemap: /bomb.xml.gz\nSitemap: /broken.xml\nSitemap: /page.html\nSitemap: /gone.xml"),
        "/bomb.xml.gz" => {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            gz.write_all(b"<urlset>").unwrap();
            for _ in 0..200 {
                gz.write_all(&vec![b' '; 1 << 20]).unwrap();
            }
            answer("200 OK", "", &gz.finish().unwrap())
        }
        "/broken.xml" => answer("200 OK", "", b"<urlset><url><loc>/x</url>"),
        "/" | "/page.html" => links(&[], path),
        _ => none(),
    });
    let result = site.crawl(json!({})).value();
    assert_eq!((paths(&result), &result["stopped"]), (vec!["/".to_owned()], &json!("end")));
}

#[test]
fn duplicates_and_robots_in_pages_are_heard() {
    let site = Site::new(|path| match path {
        "/" => links(&["/a?print=1", "/a", "/hidden", "/to-a", "/same"], "home"),
        "/a" | "/same" => html("<link rel=canonical href=/a><body>the very text <a href=/from-a>x</a>"),
        "/a?print=1" => html("<link rel=canonical href=/a><body>printed"),
        "/hidden" => {
            html("<meta name=ROBOTS content='NOINDEX, nofollow'><body>hidden <a href=/never>x</a><a rel=nofollow href=/never2>y</a>")
        }
        "/to-a" => answer("301 Moved", "Location: /a\r\n", b""),
        "/from-a" => links(&[], "from a"),
        _ => none(),
    });
    let result = site.crawl(json!({"keep_text": true})).value();
    assert_eq!(paths(&result), ["/", "/a?print=1", "/a", "/hidden", "/same", "/from-a"]);
    let record = |at: usize| &result["records"][at];
    assert!(record(1)["canonical"].as_str().unwrap().ends_with("/a") && record(2).get("canonical").is_none());
    assert_eq!((&record(3)["noindex"], record(3).get("text")), (&json!(true), None));
    assert_eq!((&record(4)["duplicate"], &result["duplicates"]), (&json!(true), &json!(2)));
}

#[test]
fn pages_without_text_are_no_duplicates() {
    let site = Site::new(|path| match path {
        "/" => html("<body><a href=/1><img src=a></a><a href=/2><img src=b></a>"),
        "/1" => html("<body><a href=/3><img src=c></a>"),
        "/2" => html("<body><a href=/4><img src=d></a>"),
        "/3" | "/4" => html("<body><img src=e>"),
        _ => none(),
    });
    let result = site.crawl(json!({})).value();
    assert_eq!((paths(&result).len(), &result["duplicates"]), (5, &json!(1)));
}

#[test]
fn patterns_and_folders_bound_a_crawl() {
    let site = Site::new(|path| match path {
        "/" => links(&["/blog/1", "/blog/2.pdf", "/news/1", "/docs/a/1"], "home"),
        "/docs/a/1" => links(&["/docs/a/2", "/docs/b", "/"], "docs"),
        _ => links(&[], path),
    });
    assert_eq!(paths(&site.crawl(json!({"include": ["/blog/*"], "exclude": ["*.pdf$"]})).value()), ["/", "/blog/1"]);
    let below = on_port(CRAWL, site.port, "/docs/a/1", json!({"reach": "folder"})).value();
    assert_eq!(paths(&below), ["/docs/a/1", "/docs/a/2"]);
}

#[test]
fn a_site_without_an_end_is_ended() {
    // Every page leads to two new ones.
    let endless = Site::new(|path| {
        let number: u64 = path.trim_matches('/').parse().unwrap_or(1);
        links(&[&format!("/{}", number * 2), &format!("/{}", number * 2 + 1)], &format!("page {path}"))
    });
    let result = endless.crawl(json!({"maximum_pages": 30, "maximum_depth": 20, "sitemap": false})).value();
    assert_eq!((&result["pages"], &result["stopped"]), (&json!(30), &json!("pages")));
    assert_eq!(endless.asked().len(), 30);
    // The same page under ever longer names; and under ever new ones.
    let trap = Site::new(|path| if path.starts_with("/a") { links(&["a/x", "?n=1"], &"trap ".repeat(30)) } else { links(&["/a"], "home") });
    let result = trap.crawl(json!({"maximum_depth": 20})).value();
    assert_eq!(result["stopped"], "end");
    assert!(trap.asked().len() < 8, "{:?}", trap.paths());
    // Redirects in a circle, to the inside, and pages that are too large or broken cost their page only.
    let odd = Site::new(|path| match path {
        "/" => links(&["/circle", "/inside", "/large", "/bomb", "/deep", "/cut", "/fine"], "home"),
        "/circle" => answer("302 Found", "Location: /circle\r\n", b""),
        "/inside" => answer("302 Found", "Location: http://169.254.169.254/latest\r\n", b""),
        "/large" => answer("200 OK", "Content-Type: text/html\r\n", &vec![b'x'; 9 << 20]),
        "/bomb" => {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            for _ in 0..64 {
                gz.write_all(&vec![b'x'; 1 << 20]).unwrap();
            }
            answer("200 OK", "Content-Type: text/html\r\nContent-Encoding: gzip\r\n", &gz.finish().unwrap())
        }
        "/deep" => html(&"<div>".repeat(3_000)),
        "/cut" => b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n<p>".to_vec(),
        _ => links(&[], path),
    });
    let result = odd.crawl(json!({})).value();
    let codes: Vec<&str> = result["records"].as_array().unwrap().iter().map(|record| record["error"].as_str().unwrap_or("-")).collect();
    assert_eq!(codes, ["-", "EGRESS-009", "EGRESS-003", "EGRESS-008", "EGRESS-008", "WEB-011", "EGRESS-005", "-"]);
}

#[test]
fn time_and_bytes_bound_a_crawl() {
    let slow = Site::new(|path| {
        if path != "/robots.txt" && path != "/" {
            std::thread::sleep(Duration::from_secs(20));
        }
        links(&["/slow"], path)
    });
    let began = Instant::now();
    let result = slow.crawl(json!({"maximum_seconds": 1, "sitemap": false})).value();
    assert_eq!((&result["stopped"], &result["pages"]), (&json!("time"), &json!(1)));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let large = Site::new(|path| {
        let number: u64 = path.trim_matches('/').parse().unwrap_or(0);
        html(&format!("<body><a href=/{}>{number}</a>{}", number + 1, "y".repeat(400_000)))
    });
    let result = large.crawl(json!({"maximum_mebibytes": 1, "maximum_depth": 20, "sitemap": false})).value();
    assert_eq!((&result["stopped"], &result["pages"]), (&json!("bytes"), &json!(3)));
}

#[test]
fn a_busy_site_is_asked_again_when_it_says() {
    let busy = Arc::new(Mutex::new(0));
    let site = Site::new(move |path| match path {
        "/" => links(&["/busy"], "home"),
        "/busy" => {
            let mut count = busy.lock().unwrap();
            *count += 1;
            if *count == 1 { answer("503 Busy", "Retry-After: 1\r\n", b"") } else { links(&[], "free") }
        }
        _ => none(),
    });
    let result = site.crawl(json!({})).value();
    assert_eq!((&result["failed"], &result["records"][1]["title"]), (&json!(0), &json!("free")));
    let ended = Site::new(|_| none()).crawl(json!({}));
    assert_eq!(ended.code(), "EGRESS-012");
}

/// A site of so many pages, each of which leads to the next three.
fn chain(pages: u64) -> Site {
    Site::new(move |path| {
        let number: u64 = path.trim_matches('/').parse().unwrap_or(0);
        let next: Vec<String> = (number + 1..=(number + 3).min(pages - 1)).map(|next| format!("/{next}")).collect();
        if path == "/robots.txt" || path == "/sitemap.xml" {
            return none();
        }
        links(&next.iter().map(String::as_str).collect::<Vec<_>>(), &format!("page {number} {}", "lorem ipsum ".repeat(50)))
    })
}

#[test]
fn a_killed_crawl_goes_on_where_it_was() {
    let site = chain(60);
    let input = json!({"url": format!("http://127.0.0.1:{}/", site.port), "maximum_depth": 20, "sitemap": false, "keep_text": true});
    let mut checkpoints = 0;
    let killed = hold(site.port, CRAWL, input.clone(), None, |message| {
        checkpoints += usize::from(matches!(message, FromAgent::Checkpoint { .. }));
        if checkpoints == 3 { Then::Die } else { Then::GoOn }
    });
    assert!(killed.result.is_none() && killed.checkpoint.is_some());
    let before = site.asked().values().sum::<usize>();
    assert!((30..45).contains(&before), "{before}");
    let result = hold(site.port, CRAWL, input.clone(), killed.checkpoint.clone(), |_| Then::GoOn);
    let value = result.result.unwrap().unwrap();
    assert_eq!((&value["resumed"], &value["pages"], &value["stopped"]), (&json!(true), &json!(60), &json!("end")));
    let urls: BTreeSet<String> = value["records"].as_array().unwrap().iter().map(|record| record["url"].to_string()).collect();
    assert_eq!((urls.len(), value["count"].as_u64()), (60, Some(60)));
    // No page but those after the last checkpoint was asked for again.
    let again = site.asked().values().filter(|count| **count > 1).count();
    assert!(again <= before - 30, "{again} of {before}");
    // A checkpoint of another crawl is none of this one's.
    let mut other = input;
    other["maximum_pages"] = json!(5);
    let fresh = hold(site.port, CRAWL, other, killed.checkpoint, |_| Then::GoOn).result.unwrap().unwrap();
    assert_eq!((&fresh["resumed"], &fresh["pages"]), (&json!(false), &json!(5)));
}

#[test]
fn a_large_crawl_leaves_its_records_in_files() {
    let site = Site::new(|path| {
        let number: u64 = path.trim_matches('/').parse().unwrap_or(0);
        if path == "/robots.txt" {
            return none();
        }
        // Texts that do not shrink.
        let mut state = number + 1;
        let mut word = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{state:x} ")
        };
        let text: String = (0..1_300).map(|_| word()).collect();
        links(&[&format!("/{}", number * 2 + 1), &format!("/{}", number * 2 + 2)], &text)
    });
    let input = json!({"url": format!("http://127.0.0.1:{}/", site.port), "maximum_depth": 20, "maximum_pages": 120, "sitemap": false, "keep_text": true});
    let mut died = false;
    let killed = hold(site.port, CRAWL, input.clone(), None, |message| {
        died |= matches!(message, FromAgent::Checkpoint { .. });
        if died { Then::Die } else { Then::GoOn }
    });
    let part: Vec<Value> = String::from_utf8_lossy(&killed.stored[0].1).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let value = hold(site.port, CRAWL, input, killed.checkpoint, |_| Then::GoOn).result.unwrap().unwrap();
    assert_eq!((value["parts"].as_array().unwrap().len(), value["pages"].as_u64()), (1, Some(120)));
    assert_eq!(part.len() as u64 + value["count"].as_u64().unwrap(), 120);
}

#[test]
fn a_cancelled_crawl_stops_its_downloads_at_once() {
    // A page that comes a byte at a time, for as long as somebody listens.
    let (begun, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None::<Instant>)));
    let (begins, told) = (Arc::clone(&begun), Arc::clone(&ended));
    let port = serve_streams(move |head, _, stream| {
        if target(head) != "/" {
            let _ = stream.write_all(&none());
            return;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            begins.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(10));
        }
        *told.lock().unwrap() = Some(Instant::now());
    });
    let input = json!({"url": format!("http://127.0.0.1:{port}/"), "sitemap": false});
    let mut canceled = None;
    let seen = hold(port, CRAWL, input, None, |_| {
        // The heart beats each second.
        if begun.load(Ordering::SeqCst) && canceled.is_none() {
            canceled = Some(Instant::now());
            return Then::Cancel;
        }
        Then::GoOn
    });
    let canceled = canceled.expect("it was cancelled");
    let returned = canceled.elapsed();
    assert!(seen.result.is_none_or(|result| result.is_err()));
    assert!(returned < Duration::from_secs(1), "{returned:?}");
    let limit = Instant::now() + Duration::from_secs(5);
    while ended.lock().unwrap().is_none() && Instant::now() < limit {
        std::thread::yield_now();
    }
    let stopped = ended.lock().unwrap().expect("the download ended") - canceled;
    assert!(stopped < Duration::from_secs(1), "{stopped:?}");
}
