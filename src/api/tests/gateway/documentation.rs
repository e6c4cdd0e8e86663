//! Whether the OpenAPI document, the routes and the table of operations are one and the same.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::problem::Code;
use baton_domain::user::Permission;
use serde_json::Value;

use crate::client::Bench;

const EVERYTHING: &str = "\
GET /api/v1/agents list_agents read
GET /api/v1/agents/{id} get_agent read
POST /api/v1/agents/{id}/drain drain_agent operate
POST /api/v1/agents/{id}/reset-circuit reset_agent_circuit operate
POST /api/v1/agents/{id}/resume resume_agent operate
GET /api/v1/api-keys list_api_keys administer
POST /api/v1/api-keys create_api_key administer
DELETE /api/v1/api-keys/{id} revoke_api_key administer
GET /api/v1/approvals list_approvals read
GET /api/v1/approvals/{id} get_approval read
POST /api/v1/approvals/{id}/approve approve work
POST /api/v1/approvals/{id}/refuse refuse work
GET /api/v1/artifacts list_artifacts read
POST /api/v1/artifacts upload_artifact work
GET /api/v1/artifacts/{id} get_artifact read
DELETE /api/v1/artifacts/{id} delete_artifact work
GET /api/v1/artifacts/{id}/content download_artifact read
GET /api/v1/auth/first-run first_run_status public
POST /api/v1/auth/first-run first_run public
POST /api/v1/auth/login login public
POST /api/v1/auth/logout logout read
GET /api/v1/auth/me me read
POST /api/v1/auth/refresh refresh public
GET /api/v1/balancing get_balancing read
GET /api/v1/bargains list_bargains read
POST /api/v1/bargains create_bargain work
GET /api/v1/bargains/{id} get_bargain read
POST /api/v1/bargains/{id}/moves say_in_bargain work
GET /api/v1/claims list_claims read
POST /api/v1/claims claim work
POST /api/v1/claims/break break_claim operate
POST /api/v1/claims/check check_claim read
POST /api/v1/claims/release release_claims work
POST /api/v1/claims/renew renew_claims work
GET /api/v1/conflicts list_conflicts read
GET /api/v1/conflicts/{id} get_conflict read
POST /api/v1/conflicts/{id}/dismiss dismiss_conflict work
POST /api/v1/conflicts/{id}/resolve resolve_conflict work
GET /api/v1/connections list_connections read
POST /api/v1/connections create_connection administer
GET /api/v1/connections/{id} get_connection read
PUT /api/v1/connections/{id} update_connection administer
DELETE /api/v1/connections/{id} remove_connection administer
GET /api/v1/contracts list_contracts read
POST /api/v1/contracts create_contract work
GET /api/v1/contracts/{id} get_contract read
POST /api/v1/contracts/{id}/cancel cancel_contract work
POST /api/v1/contracts/{id}/messages tell_contract work
GET /api/v1/decision-lab get_decision_lab read
GET /api/v1/decisions list_decisions read
POST /api/v1/decisions open_decision work
GET /api/v1/decisions/{id} get_decision read
POST /api/v1/decisions/{id}/answer answer_decision work
POST /api/v1/decisions/{id}/cancel cancel_decision work
PUT /api/v1/decisions/{id}/later-verdict judge_decision work
GET /api/v1/decisions/{id}/tally retally_decision read
POST /api/v1/decisions/{id}/vote vote work
GET /api/v1/egress get_egress operate
PUT /api/v1/egress set_egress administer
GET /api/v1/events list_events read
GET /api/v1/events/log get_event_log read
GET /api/v1/events/stream follow_by_stream read
GET /api/v1/events/ws follow_by_socket read
GET /api/v1/health/live live public
GET /api/v1/health/ready ready public
GET /api/v1/limits list_limits read
PUT /api/v1/limits set_limit operate
DELETE /api/v1/limits remove_limit operate
GET /api/v1/lines list_lines read
GET /api/v1/lines/{name} get_line read
POST /api/v1/lines/{name}/versions put_version work
GET /api/v1/metrics/overview get_overview read
GET /api/v1/metrics/series get_series read
PUT /api/v1/model-budget set_model_budget administer
GET /api/v1/model-presets list_model_presets read
POST /api/v1/model-tests test_model administer
GET /api/v1/models list_models read
POST /api/v1/models create_model administer
PUT /api/v1/models/{id} update_model administer
DELETE /api/v1/models/{id} remove_model administer
GET /api/v1/notifications list_notifications read
POST /api/v1/notifications/mark mark_notifications read
GET /api/v1/notifications/unread count_unread_notifications read
GET /api/v1/plans list_plans read
POST /api/v1/plans propose_plan work
GET /api/v1/plans/{id} get_plan read
PUT /api/v1/plans/{id} edit_plan work
POST /api/v1/plans/{id}/accept accept_plan work
POST /api/v1/plans/{id}/refuse refuse_plan work
POST /api/v1/replans replan work
GET /api/v1/runs list_runs read
POST /api/v1/runs start_run work
GET /api/v1/runs/{id} get_run read
POST /api/v1/runs/{id}/cancel cancel_run work
GET /api/v1/runs/{id}/diff diff_runs read
POST /api/v1/runs/{id}/fork fork_run work
POST /api/v1/runs/{id}/pause pause_run operate
GET /api/v1/runs/{id}/recording get_run_recording read
POST /api/v1/runs/{id}/replay replay_run work
POST /api/v1/runs/{id}/resume resume_run operate
POST /api/v1/runs/{id}/retry retry_run work
POST /api/v1/runs/{id}/signals signal_run work
GET /api/v1/runs/{id}/steps/{step}/fork get_fork_draft read
GET /api/v1/runs/{id}/steps/{step}/items list_run_items read
GET /api/v1/servers list_servers read
POST /api/v1/servers/{id}/drain drain_server operate
POST /api/v1/servers/{id}/resume resume_server operate
GET /api/v1/skills list_skills read
POST /api/v1/skills/suggestions suggest_skills read
GET /api/v1/skills/{name} get_skill read
GET /api/v1/subscriptions list_subscriptions read
POST /api/v1/subscriptions create_subscription work
DELETE /api/v1/subscriptions/{name} end_subscription work
POST /api/v1/subscriptions/{name}/acknowledge acknowledge_messages work
GET /api/v1/subscriptions/{name}/dead-letters list_dead_letters read
POST /api/v1/subscriptions/{name}/dead-letters/purge purge_dead_letters operate
POST /api/v1/subscriptions/{name}/dead-letters/redrive redrive_dead_letters operate
POST /api/v1/subscriptions/{name}/pull pull_messages work
POST /api/v1/subscriptions/{name}/refuse refuse_messages work
GET /api/v1/tasks list_tasks read
POST /api/v1/tasks create_task work
POST /api/v1/tasks/batch create_batch work
POST /api/v1/tasks/cancel cancel_tasks work
POST /api/v1/tasks/rerun rerun_tasks work
GET /api/v1/tasks/{id} get_task read
POST /api/v1/tasks/{id}/analysis analyze_task work
GET /api/v1/tasks/{id}/attempts list_attempts read
POST /api/v1/tasks/{id}/cancel cancel_task work
GET /api/v1/tasks/{id}/logs list_logs read
GET /api/v1/tasks/{id}/model-calls list_model_calls read
POST /api/v1/tasks/{id}/pause pause_task work
POST /api/v1/tasks/{id}/rerun rerun_task work
POST /api/v1/tasks/{id}/resume resume_task work
GET /api/v1/tasks/{id}/trace get_trace read
GET /api/v1/topics list_topics read
POST /api/v1/topics declare_topic operate
GET /api/v1/topics/{name} get_topic read
DELETE /api/v1/topics/{name} delete_topic operate
GET /api/v1/topics/{name}/messages list_messages read
POST /api/v1/topics/{name}/messages publish_message work
GET /api/v1/users list_users administer
POST /api/v1/users create_user administer
PATCH /api/v1/users/{id} change_user administer
GET /api/v1/workflows list_workflows read
POST /api/v1/workflows store_workflow work
POST /api/v1/workflows/check check_workflow read
GET /api/v1/workflows/{name} get_workflow read
DELETE /api/v1/workflows/{name} retire_workflow operate
GET /api/v1/workflows/{name}/versions list_workflow_versions read
";

fn document() -> Value {
    serde_json::to_value(baton_api::openapi()).unwrap()
}

fn each(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

#[test]
fn these_are_all_operations_and_what_they_need() {
    let word = |permission: Option<Permission>| match permission {
        Some(Permission::Read) => "read",
        Some(Permission::Work) => "work",
        Some(Permission::Operate) => "operate",
        Some(Permission::Administer) => "administer",
        None => "public",
    };
    let lines: Vec<String> = baton_api::operations()
        .iter()
        .map(|op| format!("{} {} {} {}\n", op.method, op.path, op.operation_id, word(op.permission)))
        .collect();
    assert_eq!(lines.concat(), EVERYTHING);
    assert_eq!(lines.len(), each(&document()).len(), "no method of the document is left out of the table");
}

#[tokio::test]
async fn every_operation_is_routed_and_nothing_else_is() {
    let bench = Bench::new();
    let mut by_path: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for operation in baton_api::operations() {
        by_path.entry(operation.path).or_default().insert(operation.method);
    }
    for (path, methods) in by_path {
        let called = path.replace("{id}", "00000000-0000-0000-0000-000000000028").replace("{name}", "a.b").replace("{step}", "rate");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"] {
            let answer = bench.call(method, &called, &[]).await;
            if methods.contains(method) {
                assert!(![404, 405].contains(&answer.status.as_u16()), "{method} {path}");
            } else {
                assert_eq!(answer.problem().1, "REQUEST-006", "{method} {path}");
                let allowed: BTreeSet<&str> = answer.header("allow").split(',').filter(|m| !["HEAD", "CONNECT"].contains(m)).collect();
                assert_eq!(allowed, methods, "{path}");
            }
        }
    }
    // `routes!` documents what it routes. Beside it there are the document itself and the answer for a bare slash.
    let bare = |source: &str| source.matches(".route(").count();
    assert_eq!((bare(include_str!("../../src/rest/mod.rs")), bare(include_str!("../../src/routes.rs"))), (0, 2));
}

#[tokio::test]
async fn the_document_is_served_as_openapi_3_1_with_this_version() {
    let answer = Bench::new().call("GET", "/api/v1/openapi.json", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let served = answer.json();
    assert_eq!(served["openapi"], "3.1.0");
    assert_eq!((&served["info"]["title"], &served["info"]["version"]), (&"Baton".into(), &"1.2.3".into()));
    assert_eq!(served["paths"], document()["paths"]);
    let schemes = &served["components"]["securitySchemes"];
    assert_eq!((&schemes["bearer"]["scheme"], &schemes["cookie"]["in"]), (&"bearer".into(), &"cookie".into()));
}

#[test]
fn every_operation_says_what_it_does_who_may_call_it_and_how_it_fails() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in each(&document) {
        let at = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{at}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{at}");
        assert!(operation["tags"].as_array().unwrap().iter().all(|tag| tags.contains(tag.as_str().unwrap())), "{at}");
        let public = operation.get("x-permission").is_none();
        let security = operation["security"].as_array().unwrap();
        assert_eq!(security.len(), if public { 1 } else { 2 }, "{at}");
        let responses = operation["responses"].as_object().unwrap();
        assert_eq!(responses.contains_key("401"), !public || path.contains("/auth/login") || path.contains("/auth/refresh"), "{at}");
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let content = response["content"].as_object().unwrap();
            if !path.ends_with("/health/ready") {
                let schema = &content["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{at} {status}");
            }
        }
        for status in ["429", "500", "503"] {
            assert!(responses.contains_key(status), "{at} {status}");
        }
        for name in operation["x-errors"].as_array().unwrap() {
            assert!(Code::ALL.iter().any(|code| code.as_str() == name), "{at}: {name}");
        }
        if let Some(body) = operation.get("requestBody").filter(|_| !path.ends_with("/artifacts")) {
            assert!(body["content"]["application/json"].get("example").is_some(), "{at} shows no example");
            for status in ["400", "413", "415", "422"] {
                assert!(responses.contains_key(status), "{at} {status}");
            }
        }
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(target)) = map.get("$ref") {
                    found.insert(target.clone());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 30);
    for target in found {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
    }
}

#[tokio::test]
async fn the_examples_and_the_documented_parameters_are_taken() {
    let bench = Bench::new();
    for (method, path, operation) in each(&document()) {
        if ["/api/v1/events/ws", "/api/v1/events/stream"].contains(&path.as_str()) {
            continue;
        }
        let called =
            path.replace("{id}", "00000000-0000-0000-0000-000000000028").replace("{name}", "nlp.sentiment").replace("{step}", "rate");
        let admin = ("authorization", "Bearer admin");
        if let Some(example) = operation.pointer("/requestBody/content/application~1json/example") {
            let request =
                crate::client::request(&method, &called, &[admin, ("content-type", "application/json")], example.to_string().into());
            let answer = bench.send(request).await;
            let expected = ["login", "refresh", "first_run"].contains(&operation["operationId"].as_str().unwrap());
            assert!(answer.status.is_success() || expected, "{method} {path}: {}", answer.text());
            assert!(![400, 415, 422].contains(&answer.status.as_u16()), "{method} {path}: {}", answer.text());
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let example = parameter.get("example").map(|example| example.as_str().map_or_else(|| example.to_string(), str::to_owned));
            let value = match name {
                _ if example.is_some() => example.as_deref().unwrap(),
                "task" | "agent" if path != "/api/v1/metrics/series" => "00000000-0000-0000-0000-000000000028",
                "run_id" | "parent_id" => "00000000-0000-0000-0000-000000000028",
                "since" | "until" if path == "/api/v1/metrics/series" => "2026-01-31T08:30:00Z",
                "state" => "queued",
                "level" => "warn",
                "priority" => "2",
                "scope" => "skill",
                "created_from" | "created_before" => "2026-01-31T08:30:00Z",
                _ => "10",
            };
            let extra = match (path.as_str(), method.as_str(), name) {
                ("/api/v1/artifacts", "POST", "name") => "",
                ("/api/v1/artifacts", "POST", _) => "&name=a",
                ("/api/v1/limits", "DELETE", "name") => "&scope=skill",
                ("/api/v1/limits", "DELETE", _) => "&name=a",
                _ => "",
            };
            let answer = bench.call(&method, &format!("{called}?{name}={value}{extra}"), &[admin]).await;
            assert_ne!(answer.status, 400, "{method} {path} ?{name}={value}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn the_reader_loads_nothing_from_outside() {
    let bench = Bench::new();
    let page = bench.call("GET", "/api/docs", &[]).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let init = bench.call("GET", "/api/docs/init.js", &[]).await;
    assert_eq!(init.header("content-type"), "text/javascript; charset=utf-8");
    for text in [page.text(), init.text()] {
        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("\"//"), "{text}");
    }
    assert!(!page.text().contains("<script>"), "no inline script");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn the_type_of_every_problem_leads_to_its_page() {
    let bench = Bench::new();
    for code in Code::ALL {
        let page = bench.call("GET", &format!("/docs/errors/{}", code.as_str()), &[]).await;
        assert_eq!(page.status, 200, "{}", code.as_str());
        assert!(page.text().contains(&format!("<h1>{}: ", code.as_str())), "{}", code.as_str());
        assert!(page.text().contains("<h2>What to do</h2>"), "{}", code.as_str());
    }
    let index = bench.call("GET", "/docs/errors", &[]).await.text();
    assert!(Code::ALL.iter().all(|code| index.contains(&format!("/docs/errors/{}\"", code.as_str()))));
    let missing = bench.call("GET", "/docs/errors/%3Cscript%3E", &[]).await;
    assert_eq!(missing.status, 404);
    assert!(!missing.text().contains("script"));
}
