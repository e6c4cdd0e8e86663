//! What the skill that reads sites promises.

use baton_domain::agent::{Limits, Skill};
use serde_json::json;

use super::{MAXIMUM_CRAWL_DEPTH, MAXIMUM_CRAWL_MEBIBYTES, MAXIMUM_CRAWL_PAGES, MAXIMUM_CRAWL_SECONDS};
use crate::page_skills::{output, skill};

/// The skill that reads sites.
pub const CRAWL: &str = "web_automation.crawl";

pub(crate) fn crawl() -> Skill {
    let most = |title: &str, most: u64, default: u64, order: u32| json!({"type": "integer", "title": title, "minimum": 1, "maximum": most, "default": default, "x-order": order});
    let patterns = |title: &str, order: u32, description: &str| {
        json!({
            "type": "array", "title": title, "maxItems": 50, "items": {"type": "string", "minLength": 1, "maxLength": 500}, "x-order": order,
            "description": description
        })
    };
    let input = output(
        "Read a site",
        json!({
            "url": {
                "type": "string", "title": "Address", "minLength": 1, "maxLength": baton_clients::egress::MAXIMUM_URL_BYTES, "x-order": 1, "x-title": true,
                "description": "The page to begin with."
            },
            "reach": {
                "enum": ["host", "site", "folder"], "title": "Reach", "default": "host", "x-order": 2,
                "x-labels": ["The same host", "The host and those below it", "The folder of the first page"]
            },
            "maximum_pages": most("Most pages", MAXIMUM_CRAWL_PAGES as u64, 100, 3),
            "maximum_depth": {
                "type": "integer", "title": "Most links away", "minimum": 0, "maximum": MAXIMUM_CRAWL_DEPTH, "default": 3, "x-order": 4,
                "description": "How many links a page may be from the first; pages of the sitemap are one away."
            },
            "maximum_seconds": most("Most seconds", MAXIMUM_CRAWL_SECONDS, 600, 5),
            "maximum_mebibytes": most("Most MiB", MAXIMUM_CRAWL_MEBIBYTES, 100, 6),
            "include": patterns("Only", 7, "Paths that are read, as /blog/* or *.html$: written as in robots.txt. The first page is read in any case."),
            "exclude": patterns("Not", 8, "Paths that are not read, written alike."),
            "sitemap": {"type": "boolean", "title": "Read the sitemap", "default": true, "x-order": 9},
            "delay_ms": {
                "type": "integer", "title": "Milliseconds between pages", "minimum": 0, "maximum": 60_000, "default": 0, "x-order": 10,
                "description": "At least; what the site's robots.txt and the installation want holds in any case."
            },
            "keep_text": {
                "type": "boolean", "title": "Keep texts", "default": false, "x-order": 11,
                "description": "Whether each record has the first 20,000 bytes of the page's text."
            },
            "save": {
                "enum": ["auto", "ndjson", "csv"], "title": "Keep records as a file", "default": "auto", "x-order": 12,
                "x-labels": ["JSON lines, if there are many", "JSON lines", "CSV"]
            }
        }),
        &["url"],
    );
    let count = |title: &str, order: u32| json!({"type": "integer", "title": title, "minimum": 0, "x-order": order});
    let result = json!({
        "url": {"type": "string", "title": "Address", "x-order": 1},
        "pages": count("Pages", 2),
        "failed": count("Pages that failed", 3),
        "duplicates": count("Pages that repeat others", 4),
        "forbidden": count("Left out for robots.txt", 5),
        "bytes": count("Bytes", 6),
        "sitemaps": count("Sitemaps read", 7),
        "waiting": count("Addresses that were not read", 8),
        "stopped": {
            "enum": ["end", "pages", "bytes", "time"], "title": "Stopped by", "x-order": 9,
            "description": "`end`: everything that was found was read. Else the bound that was reached."
        },
        "resumed": {"type": "boolean", "title": "Went on after an earlier attempt", "x-order": 10},
        "count": count("Records here", 11),
        "truncated": {"type": "boolean", "title": "Only the first records are shown", "x-order": 12},
        "artifact": {"type": "string", "format": "artifact", "title": "All records", "x-render": "artifact", "x-order": 13},
        "parts": {
            "type": "array", "title": "Records of earlier attempts", "x-order": 14,
            "items": {"type": "string", "format": "artifact", "x-render": "artifact"}
        },
        "records": {"type": "array", "title": "Records", "x-render": "table", "items": {"type": "object"}, "x-order": 15}
    });
    let required = [
        "url",
        "pages",
        "failed",
        "duplicates",
        "forbidden",
        "bytes",
        "sitemaps",
        "waiting",
        "stopped",
        "resumed",
        "count",
        "truncated",
        "parts",
        "records",
    ];
    let skill = skill(
        CRAWL,
        "Read a site",
        "Reads the pages of a site, following its links and its sitemap as its robots.txt allows, and lists each with title, length and links.",
        (input, output("Pages of a site", result, &required)),
        vec![
            json!({"url": "https://example.org/", "maximum_pages": 20}),
            json!({
                "url": "https://example.org/docs/", "reach": "folder", "exclude": ["*.pdf$", "*?print="], "keep_text": true, "delay_ms": 1000,
                "save": "ndjson"
            }),
        ],
    );
    Skill { checkpoints: true, limits: Limits { memory_bytes: 2 << 30, cpu_seconds: 600, ..Limits::default() }, ..skill }
}
