//! Does `documentation.changelog` tell users what changed?
use crate::harness::{perform, perform_on_file, skill_of};
use baton_agents_documentation::{CHANGELOG, Documentation};
use serde_json::{Value, json};

fn changelog(input: Value) -> Value {
    perform(Documentation::default(), CHANGELOG, input).value()
}

#[test]
fn the_examples_become_what_a_person_would_write() {
    let examples = skill_of(&Documentation::default(), CHANGELOG).examples;
    let first = changelog(examples[0].clone());
    assert_eq!(
        first["markdown"],
        "# Changelog\n\n## [1.3.0](<https://example.org/acme/app/compare/v1.2.0...v1.3.0>)\n\n### Breaking changes\n\n\
         - **search:** Rank by freshness ([#41](<https://example.org/acme/app/issues/41>), [`a1b2c3d`](<https://example.org/acme/app/commit/a1b2c3d>))\n\n\
         ### Fixed\n\n- Keep the cursor after paging ([#39](<https://example.org/acme/app/issues/39>), [`b2c3d4e`](<https://example.org/acme/app/commit/b2c3d4e>))\n\n\
         ## 1.2.0\n\n### Added\n\n- Add dark theme ([`d4e5f6a`](<https://example.org/acme/app/commit/d4e5f6a>))\n\n\
         ### Removed\n\n- Remove the legacy export ([`e5f6a7b`](<https://example.org/acme/app/commit/e5f6a7b>))\n"
    );
    assert_eq!(first["releases"][0], json!({"version": "v1.3.0", "breaking": 1, "added": 0, "changed": 0, "fixed": 1, "internal": 1}));
    let second = changelog(examples[1].clone());
    assert!(second["markdown"].as_str().unwrap().contains("## 2.0.0 - 2026-05-03"), "{second}");
}

#[test]
fn what_breaks_is_told_once_with_what_to_do() {
    let header = |hash: char| format!("commit {}\nAuthor: A <a@b.c>\n\n", hash.to_string().repeat(40));
    let log = format!(
        "{}    feat!: drop support for XML\n\n{}    remove: the old door\n    \n    BREAKING CHANGE: use /v2 instead\n\n{}    fix: cut lines\n",
        header('a'),
        header('b'),
        header('c')
    );
    let value = changelog(json!({"log": log}));
    assert_eq!(
        value["markdown"],
        "# Changelog\n\n## Unreleased\n\n### Breaking changes\n\n- Drop support for XML\n- The old door: use /v2 instead\n\n### Fixed\n\n- Cut lines\n"
    );
    assert_eq!(value["releases"][0], json!({"version": "Unreleased", "breaking": 2, "added": 0, "changed": 0, "fixed": 1, "internal": 0}));
}

#[test]
fn subjects_cannot_bring_markup() {
    let value = changelog(json!({"log": "Add <script>alert(1)</script> [x](javascript:y) | `z`"}));
    assert!(value["markdown"].as_str().unwrap().contains("\\<script\\>"), "{value}");
}

#[test]
fn this_projects_own_log_is_read() {
    let output = std::process::Command::new("git").args(["log", "-200", "--decorate"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let Ok(output) = output.map_err(|error| println!("skipped: git cannot be run: {error}")) else { return };
    let count = output.stdout.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"commit ")).count();
    if count == 0 {
        println!("skipped: there is no history here");
        return;
    }
    let value = perform_on_file(Documentation::default(), CHANGELOG, json!({"internal": true}), "log.txt", &output.stdout).value();
    let lines = value["markdown"].as_str().unwrap().lines().filter(|line| line.starts_with("- ")).count();
    assert!(lines * 10 >= count * 7, "{lines} of {count}");
}

#[test]
fn logs_without_commits_are_refused() {
    let ended = perform(Documentation::default(), CHANGELOG, json!({"log": "\n \n"}));
    assert_eq!(ended.code(), "DOC-007");
    assert_eq!(perform(Documentation::default(), CHANGELOG, json!({})).code(), "TASK-003");
    assert_eq!(perform(Documentation::default(), CHANGELOG, json!({"log": "a", "repository": "javascript:x"})).code(), "TASK-003");
    let many = "Add x\n".repeat(20_002);
    assert_eq!(perform_on_file(Documentation::default(), CHANGELOG, json!({}), "l", many.as_bytes()).code(), "DOC-005");
}
