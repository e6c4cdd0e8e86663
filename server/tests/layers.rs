//! Do direct dependencies point down only, as the architecture says?

use crate::harness;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// What each crate may depend on of ours; dev-dependencies aside.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let rows: [(&str, &[&str]); 40] = [
        ("baton-domain", &[]),
        ("baton-error-pages", &[]),
        ("baton-voting", &[]),
        ("baton-workflow", &["baton-domain"]),
        ("baton-decisions", &["baton-domain", "baton-voting"]),
        ("baton-retrieval", &["baton-domain"]),
        ("baton-planner", &["baton-domain", "baton-retrieval", "baton-storage", "baton-workflow"]),
        ("baton-negotiation", &["baton-domain"]),
        ("baton-sharing", &["baton-domain", "baton-storage", "baton-negotiation"]),
        ("baton-storage", &["baton-domain"]),
        ("baton-storage-cache", &["baton-domain"]),
        ("baton-storage-conformance", &["baton-domain", "baton-storage"]),
        ("baton-storage-memory", &["baton-domain", "baton-storage"]),
        ("baton-storage-postgres", &["baton-domain", "baton-storage"]),
        ("baton-storage-sqlite", &["baton-domain", "baton-storage"]),
        ("baton-councils", &["baton-domain", "baton-storage", "baton-decisions", "baton-voting"]),
        ("baton-bus", &["baton-domain", "baton-storage"]),
        ("baton-clients", &["baton-domain"]),
        ("baton-clients-databases", &["baton-domain", "baton-clients"]),
        ("baton-clients-llm", &["baton-domain", "baton-clients"]),
        ("baton-observability", &["baton-domain", "baton-storage"]),
        ("baton-auth", &["baton-domain", "baton-storage"]),
        ("baton-agents-runtime", &["baton-domain", "baton-clients"]),
        (
            "baton-agents-data-science",
            &["baton-domain", "baton-clients", "baton-clients-databases", "baton-agents-runtime", "baton-agents-drawing"],
        ),
        ("baton-agents-nlp", &["baton-domain", "baton-clients", "baton-agents-runtime"]),
        ("baton-agents-custom", &["baton-domain", "baton-error-pages", "baton-clients", "baton-agents-runtime"]),
        ("baton-agents-web-automation", &["baton-domain", "baton-clients", "baton-agents-runtime"]),
        (
            "baton-agents-documentation",
            &["baton-domain", "baton-clients", "baton-agents-runtime", "baton-agents-drawing", "baton-agents-syntax"],
        ),
        ("baton-agents-drawing", &["baton-domain"]),
        ("baton-agents-syntax", &["baton-domain", "baton-agents-runtime"]),
        ("baton-local-model", &["baton-domain"]),
        ("baton-agents-code-analysis", &["baton-domain", "baton-clients", "baton-agents-runtime", "baton-agents-syntax"]),
        (
            "baton-orchestration",
            &["baton-domain", "baton-storage", "baton-bus", "baton-observability", "baton-auth", "baton-agents-runtime", "baton-retrieval"],
        ),
        ("baton-runs", &["baton-domain", "baton-negotiation", "baton-storage", "baton-workflow"]),
        ("baton-api", &["baton-domain", "baton-error-pages"]),
        ("baton-app", &["baton-domain"]),
        ("baton-frontend", &["baton-app"]),
        ("baton-testkit", &["baton-domain"]),
        // Puts an engine together, as the server does, and is for tests only.
        ("baton-simulation", &["*"]),
        ("baton-server", &["*"]),
    ];
    rows.into_iter().map(|(name, may)| (name, may.iter().copied().collect())).collect()
}

/// What a crate may never depend on of others.
const BANNED: [(&str, &[&str]); 6] = [
    ("baton-domain", &["tokio", "sqlx", "axum", "reqwest", "chrono"]),
    ("baton-decisions", &["tokio", "sqlx", "axum", "reqwest", "rand"]),
    ("baton-negotiation", &["tokio", "sqlx", "axum", "reqwest", "chrono"]),
    ("baton-orchestration", &["axum", "reqwest", "sqlx", "redis"]),
    ("baton-api", &["sqlx", "redis", "reqwest"]),
    ("baton-app", &["sqlx", "redis", "reqwest", "tokio"]),
];

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(harness::repository())
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn dependencies(package: &Value) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("dependencies");
    all.iter()
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| dependency["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn dependencies_of_ours_point_down_only() {
    let allowed = allowed();
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} has no row in this test: say what it may depend on"));
        if may.contains("*") {
            continue;
        }
        let wrong: Vec<String> =
            dependencies(&package).into_iter().filter(|other| other.starts_with("baton-") && !may.contains(other.as_str())).collect();
        assert!(wrong.is_empty(), "{name} may not depend on {wrong:?}");
    }
}

#[test]
fn no_layer_reaches_past_its_door() {
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let Some((_, banned)) = BANNED.iter().find(|(crate_name, _)| *crate_name == name) else { continue };
        let wrong: Vec<String> = dependencies(&package).into_iter().filter(|other| banned.contains(&other.as_str())).collect();
        assert!(wrong.is_empty(), "{name} may not depend on {wrong:?}");
    }
}

/// What only tests may stand on. The store in memory is for simulations; a server that forgets is no choice to offer.
const FOR_TESTS: [&str; 4] = ["baton-testkit", "baton-storage-conformance", "baton-storage-memory", "baton-simulation"];

#[test]
fn what_is_made_for_tests_is_for_tests_only() {
    let packages = packages();
    let products = packages.iter().filter(|package| !FOR_TESTS.iter().any(|tool| package["name"] == *tool));
    for package in products {
        for tool in FOR_TESTS {
            assert!(!dependencies(package).contains(tool), "{} depends on {tool} outside its tests", package["name"]);
        }
    }
}
