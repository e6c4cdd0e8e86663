//! Does `documentation.report` put everything that it was given into every form, and nothing else?
use std::sync::Arc;

use crate::harness::{Ended, Setting, run_in, shipped, skill_of};
use baton_agents_documentation::{Documentation, REPORT};
use baton_agents_runtime::protocol::Cited;
use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// Runs on an input whose files are named as examples name them.
fn report(input: Value) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let mut input = input;
    for section in input["sections"].as_array_mut().unwrap() {
        for field in ["table_artifact", "image"] {
            if let Some(named) = section[field].as_str().map(str::to_owned) {
                let bytes = std::fs::read(shipped(&named)).unwrap();
                section[field] = json!(setting.file(folder.path(), named.rsplit('/').next().unwrap(), &bytes));
            }
        }
    }
    run_in(setting, Arc::new(Documentation::default()), REPORT, input)
}

fn stored(ended: &Ended, ending: &str) -> Vec<u8> {
    ended.stored.iter().find(|(name, ..)| name.ends_with(ending)).unwrap_or_else(|| panic!("no {ending}: {:?}", ended.result)).2.clone()
}

fn html(ended: &Ended) -> String {
    String::from_utf8(stored(ended, ".html")).unwrap()
}

#[test]
fn every_example_works_as_it_stands() {
    for (place, example) in skill_of(&Documentation::default(), REPORT).examples.into_iter().enumerate() {
        let ended = report(example);
        assert!(ended.result.is_ok(), "{:?}", ended.result);
        let pdf = stored(&ended, ".pdf");
        assert!(pdf.starts_with(b"%PDF-"));
        if let Some(folder) = option_env!("BATON_PDFS") {
            std::fs::write(format!("{folder}/report{place}.pdf"), &pdf).unwrap();
            std::fs::write(format!("{folder}/report{place}.html"), html(&ended)).unwrap();
        }
        assert_eq!(ended.value()["notes"], json!([]));
    }
}

#[test]
fn citations_lead_to_their_sources_in_every_form() {
    let ended = report(skill_of(&Documentation::default(), REPORT).examples[0].clone());
    let page = html(&ended);
    assert!(page.contains("<a href=\"#source-1\">[1]</a>") && page.contains("<li id=\"source-1\">Export of the help desk"), "{page}");
    let value = ended.value();
    let markdown = value["markdown"].as_str().unwrap();
    assert!(markdown.contains("[\\[2\\]](#source-2)") && markdown.contains("2. Survey of customers, 412 answers internal"), "{markdown}");
    assert!(
        markdown.contains("| Sign-in | 1310 | 35 % |") && markdown.contains("![Tickets, by where they came from](chart-1.svg)"),
        "{markdown}"
    );
    assert_eq!((&value["charts"], &value["tables"], &value["sections"]), (&json!(1), &json!(1), &json!(3)));
}

#[test]
fn a_web_page_needs_nothing_else_and_runs_nothing() {
    let evil = "<script>alert(1)</script>[x](javascript:alert(1))<img src=x onerror=alert(1)>![p](https://example.org/p.png)";
    let ended = report(json!({
        "title": evil, "subtitle": evil, "authors": ["<script>x</script>"], "date": "<b>", "formats": ["html"],
        "sections": [
            {"title": evil, "markdown": evil, "caption": evil, "table": {"columns": [evil], "rows": [[evil]]}},
            {"title": "c", "caption": evil, "chart": {"title": {"text": evil}, "xAxis": {"type": "category", "data": [evil]}, "yAxis": {}, "series": [{"type": "bar", "name": evil, "data": [1]}]}},
            {"title": "r", "result": {evil: evil, "list": [evil], "rows": [{evil: evil}], "deep": {"a": {"b": {"c": {"d": {"e": evil}}}}}}}
        ],
        "sources": [{"id": "a", "title": evil, "note": evil}]
    }));
    let page = html(&ended);
    let body = page.split("<body>").nth(1).unwrap();
    for word in ["<script", "<img", "onerror=\"", "href=\"javascript", "src=\"http"] {
        assert!(!body.contains(word), "{word} in {body}");
    }
    assert!(page.contains("default-src 'none'") && page.contains("@page"));
}

#[test]
fn results_of_other_tasks_are_shown_by_their_shape() {
    let ended = report(json!({
        "title": "R", "sections": [{"title": "Result", "result": {
            "mean": 0.1 + 0.2, "total_rows": 12_345, "ok": true, "nothing": null,
            "tags": ["a|b", "c"], "top": [{"value": "x", "count": 3}, {"value": "y", "extra": 1.5}],
            "matrix": {"columns": ["p", "q"], "rows": [[1, 2], [3, null]]},
            "chart": {"xAxis": {"type": "category", "data": ["a"]}, "yAxis": {}, "series": [{"type": "bar", "data": [1]}]},
            "charts": [{"title": "T", "options": {"series": [{"type": "pie", "data": [1, 2]}]}}],
            "wrong": {"series": [{"type": "sankey"}]},
            "summary": "Two lines\nof *text*",
            "mixed": [1, {"a": [1]}]
        }}]
    }));
    let value = ended.value();
    let text = value["markdown"].as_str().unwrap();
    for part in [
        "| Mean | 0.3 |",
        "| Total rows | 12,345 |",
        "| Ok | yes |",
        "- a\\|b\n- c",
        "| Count | Value | Extra |",
        "| 3 | x |",
        "| p | q |",
        "| 3 |  |",
        "![",
        "of \\*text\\*",
        "### Summary",
        "````json",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("Nothing"));
    assert_eq!(value["charts"], 2);
    assert!(value["notes"][0].as_str().unwrap().contains("sankey"), "{}", value["notes"]);
}

#[test]
fn long_tables_are_cut_and_say_so() {
    let rows: Vec<Value> = (0..5_000).map(|row| json!([row, "x"])).collect();
    let ended = report(
        json!({"title": "T", "formats": ["markdown"], "sections": [{"title": "S", "caption": "All", "table": {"columns": ["a", "b"], "rows": rows}}]}),
    );
    let value = ended.value();
    assert!(value["notes"][0].as_str().unwrap().contains("5000 rows"), "{}", value["notes"]);
    assert!(value["markdown"].as_str().unwrap().contains("| 999 | x |"));
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let with = |section: Value| json!({"title": "T", "sections": [section], "sources": [{"id": "a", "title": "A"}]});
    for (input, code, says) in [
        (with(json!({"title": "S"})), "TASK-003", "sections/0"),
        (with(json!({"title": "S", "markdown": "[@b]"})), "TASK-003", "sections/0/markdown"),
        (with(json!({"title": "S", "markdown": "x", "sources": ["b"]})), "TASK-003", "sections/0/sources"),
        (with(json!({"title": "S", "table": {"columns": ["a"], "rows": [[1], [1, 2]]}})), "TASK-003", "sections/0/table/rows/1"),
        (with(json!({"title": "S", "chart": {"series": [{"type": "radar"}]}})), "DOC-008", "sections/0/chart"),
        (with(json!({"title": "S", "table_artifact": "examples/tables/iris.csv", "columns": ["nope"]})), "TASK-003", "sepal_length_cm"),
        (with(json!({"title": "S", "image": "examples/tables/iris.csv"})), "TASK-003", "no PNG"),
        (
            json!({"title": "T", "sections": [{"title": "S", "markdown": "x"}], "sources": [{"id": "a", "title": "A"}, {"id": "a", "title": "B"}]}),
            "TASK-003",
            "sources/1/id",
        ),
        (
            json!({"title": "T", "sections": [{"title": "S", "markdown": "x"}], "sources": [{"id": "a", "title": "A", "url": "javascript:x"}]}),
            "TASK-003",
            "sources/0/url",
        ),
    ] {
        let ended = report(input);
        assert_eq!(ended.code(), code, "{}", ended.message());
        assert!(ended.message().contains(says), "{says}: {}", ended.message());
    }
}

#[test]
fn pictures_are_part_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let svg = baton_agents_drawing::chart(&json!({"series": [{"type": "pie", "data": [1, 2]}]}), baton_agents_drawing::Size::default())
        .unwrap()
        .to_svg();
    let png = baton_agents_drawing::png(&svg, 1.0).unwrap();
    let (a, b) = (setting.file(folder.path(), "a.png", &png), setting.file(folder.path(), "b.svg", svg.as_bytes()));
    let input = json!({"title": "P", "sections": [{"title": "One", "image": a, "caption": "A pie"}, {"title": "Two", "image": b}]});
    let ended = run_in(setting, Arc::new(Documentation::default()), REPORT, input);
    let page = html(&ended);
    assert!(page.contains("data:image/png;base64,") && page.contains("data:image/svg+xml;base64,") && page.contains("<figcaption>A pie"));
    let pdf = stored(&ended, ".pdf");
    assert_eq!(pdf.windows(15).filter(|window| window == b"/Subtype/Image\n" || window.starts_with(b"/Subtype /Image")).count().max(2), 2);
    assert!(pdf.len() > 8_000, "{}", pdf.len());
}

const TASK: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A task that came to this.
fn done(setting: &mut Setting, result: Value) {
    let task: TaskId = TASK.parse().unwrap();
    let cited = Cited {
        task,
        title: "Profile of iris.csv".to_owned(),
        skill: "data_science.profile".to_owned(),
        agent: Some("data-science".to_owned()),
        agent_version: Some("1.4.0".to_owned()),
        completed_at: Timestamp::from_millis(1_800_000_000_000),
        value: result,
        file: None,
    };
    setting.results.insert(task, cited);
}

fn written(setting: Setting, input: Value) -> Ended {
    run_in(setting, Arc::new(Documentation::default()), REPORT, input)
}

#[test]
fn what_a_task_came_to_is_looked_up_shown_and_cited() {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let table = setting.file(folder.path(), "rows.csv", b"kind,count\nsetosa,50\n");
    let svg = baton_agents_drawing::chart(&json!({"series": [{"type": "pie", "data": [1, 2]}]}), baton_agents_drawing::Size::default())
        .unwrap()
        .to_svg();
    let picture = setting.file(folder.path(), "pie.svg", svg.as_bytes());
    setting.artifacts.get_mut(&picture).unwrap().media_type = "image/svg+xml".to_owned();
    done(
        &mut setting,
        json!({
            "rows": 150, "columns": [{"name": "petal", "mean": 3.758}], "artifact": table, "image": picture,
            "chart": {"xAxis": {"type": "category", "data": ["a"]}, "yAxis": {}, "series": [{"type": "bar", "data": [1]}]}
        }),
    );
    let of = |pointer: &str| json!({"title": format!("At {pointer}"), "task": TASK, "pointer": pointer});
    let ended = written(
        setting,
        json!({
            "title": "R", "site": "https://baton.example.org/", "sections": [
                {"title": "Before", "markdown": format!("As measured [@{TASK}].")},
                {"title": "Rows", "task": TASK, "pointer": "/rows"},
                of("/columns"), of("/chart"), of("/artifact"), of("/image")
            ]
        }),
    );
    let page = html(&ended);
    let value = ended.value();
    let text = value["markdown"].as_str().unwrap();
    for part in [
        "150",
        "| 3.758 | petal |",
        "chart-1.svg",
        "| setosa | 50 |",
        "(pie.svg)",
        "As measured [\\[1\\]](#source-1)",
        "*Sources:* [\\[1\\]](#source-1)",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    // One source for all of it, which says whose work it is and leads there.
    assert!(text.contains(&format!("(https://baton.example.org/tasks/{TASK})")), "{text}");
    assert!(page.contains(&format!("<a href=\"https://baton.example.org/tasks/{TASK}\">")), "{page}");
    assert_eq!(value["sources"].as_array().map(Vec::len), Some(1));
    let source = &value["sources"][0];
    assert_eq!((&source["title"], &source["task"]), (&json!("Profile of iris.csv"), &json!(TASK)));
    for part in [TASK, "data_science.profile by data-science 1.4.0", "2027-01-15T08:00:00"] {
        assert!(source["place"].as_str().unwrap().contains(part), "{part} is not in {source}");
    }
}

#[test]
fn a_source_that_is_a_task_tells_who_did_it() {
    let mut setting = Setting::default();
    done(&mut setting, json!({"rows": 150}));
    let ended = written(
        setting,
        json!({
            "title": "R", "formats": ["markdown"], "sections": [{"title": "S", "task": TASK, "sources": ["profile"]}],
            "sources": [{"id": "profile", "title": "The profile", "task": TASK, "note": "checked"}]
        }),
    );
    let value = ended.value();
    assert_eq!(value["sources"].as_array().map(Vec::len), Some(1), "{}", value["sources"]);
    assert_eq!(value["sources"][0]["title"], "The profile");
    let place = value["sources"][0]["place"].as_str().unwrap();
    assert!(
        place.starts_with(&format!("task {TASK}: data_science.profile by data-science 1.4.0")) && place.ends_with(", checked"),
        "{place}"
    );
    let text = value["markdown"].as_str().unwrap();
    assert!(text.contains("*Sources:* [\\[1\\]](#source-1)\n") && text.contains(&format!("(/tasks/{TASK})")), "{text}");
}

#[test]
fn what_cannot_be_cited_is_named_by_its_place() {
    let other = TaskId::new(Uuid::from_u128(9)).to_string();
    let section = |section: Value| json!({"title": "T", "sections": [{"title": "S", "markdown": "x"}, section]});
    let source = |source: Value| json!({"title": "T", "sections": [{"title": "S", "markdown": "x"}], "sources": [source]});
    let mut huge = json!({"title": "T", "sections": []});
    huge["sections"] = (0..5).map(|_| json!({"title": "S", "task": TASK, "pointer": "/long"})).collect();
    for (input, code, says) in [
        (section(json!({"title": "S", "task": other})), "TASK-001", "sections/1/task: "),
        (section(json!({"title": "S", "task": TASK, "pointer": "/nowhere"})), "TASK-003", "sections/1/task: "),
        (section(json!({"title": "S", "task": TASK, "pointer": "/archive"})), "TASK-003", "neither a picture nor a table"),
        (section(json!({"title": "S", "markdown": "x", "pointer": "/rows"})), "TASK-003", "sections/1/pointer"),
        (source(json!({"id": "a", "title": "A", "task": other})), "TASK-001", "sources/0/task: "),
        (source(json!({"id": "a", "title": "A", "task": TASK, "url": "https://example.org"})), "TASK-003", "sources/0/url"),
        (json!({"title": "T", "site": "javascript:x", "sections": [{"title": "S", "markdown": "x"}]}), "TASK-003", "site: "),
        (huge, "DOC-005", "sections/4/task"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut setting = Setting::default();
        let archive = setting.file(folder.path(), "all.zip", b"PK");
        // Four of them are within what a report takes, and five are not.
        done(&mut setting, json!({"rows": 150, "archive": archive, "long": "x".repeat(2_000_000)}));
        let ended = written(setting, input);
        assert_eq!(ended.code(), code, "{}", ended.message());
        assert!(ended.message().contains(says), "{says}: {}", ended.message());
    }
}
