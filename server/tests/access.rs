//! Who may do what? Every operation and every server function, as each role, without credentials and from another site.

use std::collections::HashMap;

use crate::harness::doors::CAPABILITIES;
use crate::harness::{EMAIL, PASSWORD, Server, data_folder};
use baton_api::{OperationInfo, operations};
use baton_domain::user::{Permission, Role};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

struct World {
    server: Server,
    client: Client,
    tokens: HashMap<Role, String>,
    cookies: HashMap<Role, String>,
    /// The documented example of each operation's body.
    examples: HashMap<String, Value>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = data_folder();
        let server = Server::start(folder.path());
        let client = baton_clients::egress::client().unwrap();
        let mut world = Self { server, client, tokens: HashMap::new(), cookies: HashMap::new(), examples: HashMap::new(), _folder: folder };
        world.read_examples().await;
        world.sign_in(Role::Admin, EMAIL).await;
        for role in [Role::Operator, Role::Viewer] {
            let email = format!("{}@example.test", role.as_str());
            let body = json!({"email": email, "password": PASSWORD, "role": role});
            let made = world.rest(Method::POST, "/api/v1/users", Some(Role::Admin)).json(&body).send().await.unwrap();
            assert_eq!(made.status(), StatusCode::CREATED);
            world.sign_in(role, &email).await;
        }
        world
    }

    async fn read_examples(&mut self) {
        let document: Value = self.rest(Method::GET, "/api/v1/openapi.json", None).send().await.unwrap().json().await.unwrap();
        let operations = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
        for operation in operations {
            let example = operation.pointer("/requestBody/content/application~1json/example");
            if let (Some(id), Some(example)) = (operation["operationId"].as_str(), example) {
                self.examples.insert(id.to_owned(), example.clone());
            }
        }
    }

    async fn sign_in(&mut self, role: Role, email: &str) {
        let body = json!({"email": email, "password": PASSWORD});
        let answer = self.rest(Method::POST, "/api/v1/auth/login", None).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let set: Vec<String> = answer
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned())
            .collect();
        let tokens: Value = answer.json().await.unwrap();
        self.tokens.insert(role, tokens["access_token"].as_str().unwrap().to_owned());
        self.cookies.insert(role, set.join("; "));
    }

    fn rest(&self, method: Method, path: &str, role: Option<Role>) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.server.url));
        match role.and_then(|role| self.tokens.get(&role)) {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    fn function(&self, path: &str, role: Option<Role>) -> RequestBuilder {
        let request = self.client.post(format!("{}/sfn/{path}", self.server.url)).header("origin", &self.server.url);
        match role.and_then(|role| self.cookies.get(&role)) {
            Some(cookies) => request.header(COOKIE, cookies),
            None => request,
        }
    }

    /// Calls an operation with a body that gets as far as the service, and is refused there if the caller is not.
    fn operation(&self, operation: &OperationInfo, role: Option<Role>) -> RequestBuilder {
        let path = operation.path.replace("{id}", NOBODY).replace("{name}", "no.such.skill").replace("{step}", "nothing");
        let request = self.rest(operation.method.parse().unwrap(), &path, role);
        match operation.operation_id.as_str() {
            "create_task" => request.json(&json!({"skill": "no.such.skill", "input": {}})),
            "create_batch" => request.json(&json!({"tasks": []})),
            "create_user" => request.json(&json!({"email": "x", "password": "y", "role": "viewer"})),
            "create_api_key" => request.json(&json!({"name": "", "role": "viewer"})),
            "change_user" => request.json(&json!({})),
            "suggest_skills" => request.json(&json!({"text": ""})),
            "rerun_tasks" | "cancel_tasks" => request.json(&json!({"filter": {}})),
            "set_limit" => request.json(&json!({"scope": "skill", "name": "no.such.skill", "maximum": 1})),
            // No host at all: who may is told so, and nothing is set.
            "set_egress" => request.json(&json!({"deny": ["a b"]})),
            "remove_limit" => request.query(&[("scope", "skill"), ("name", "no.such.skill")]),
            "create_connection" | "update_connection" => {
                request.json(&json!({"name": "", "settings": {"kind": "http", "base_url": "https://api.example.test"}}))
            }
            "create_model" | "update_model" => {
                request.json(&json!({"name": "", "settings": {"base_url": "https://api.example.test", "model": "m", "tier": "small"}}))
            }
            "test_model" => request.query(&[("model", "nobody")]),
            "diff_runs" => request.query(&[("with", NOBODY)]),
            "set_model_budget" => request.json(&json!({})),
            "declare_topic" => request.json(&json!({"name": "", "kind": "durable"})),
            "publish_message" => request.json(&json!({"payload": {}})),
            "create_subscription" => request.json(&json!({"name": "", "pattern": ""})),
            "acknowledge_messages" | "refuse_messages" => request.json(&json!({"ack_ids": []})),
            "pull_messages" | "redrive_dead_letters" | "purge_dead_letters" => request.json(&json!({})),
            // The one that is done for who may: a file more harms nobody.
            "upload_artifact" => request.query(&[("name", "x.txt")]).body("x"),
            "store_workflow" => request.json(&json!({"text": ""})),
            _ if operation.method == "GET" => request,
            // What is documented gets as far as the service, and there mostly no further: what it names is not there.
            id => request.json(self.examples.get(id).unwrap_or(&json!({"unexpected": true}))),
        }
    }
}

fn code(problem: &Value) -> &str {
    problem["code"].as_str().unwrap_or_default()
}

/// Operations that end the caller's own session, or open a stream that does not end.
const APART: [&str; 3] = ["logout", "follow_by_socket", "follow_by_stream"];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_lets_in_exactly_the_roles_that_it_says() {
    let world = World::new().await;
    let operations = operations();
    assert!(operations.len() >= 25);
    for operation in operations.iter().filter(|operation| !APART.contains(&operation.operation_id.as_str())) {
        for role in [None, Some(Role::Viewer), Some(Role::Operator), Some(Role::Admin)] {
            let answer = world.operation(operation, role).send().await.unwrap();
            let status = answer.status();
            let body: Value = answer.json().await.unwrap_or(Value::Null);
            let may = operation.permission.is_none_or(|permission| role.is_some_and(|role| role.allows(permission)));
            let refused = matches!(code(&body), "AUTH-001" | "AUTH-005");
            assert_eq!(refused, !may, "{} as {role:?}: {status} {body}", operation.operation_id);
            if refused {
                let expected = if role.is_none() { 401 } else { 403 };
                assert_eq!(status, expected, "{} as {role:?}", operation.operation_id);
            }
            assert!(!status.is_server_error(), "{} as {role:?}: {status} {body}", operation.operation_id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_takes_a_token_that_is_not_ours() {
    let world = World::new().await;
    for operation in operations().iter().filter(|operation| operation.permission.is_some()) {
        for token in ["garbage", "eyJhbGciOiJub25lIn0.e30.", "bk_00000000000000000000000000000000_x"] {
            let answer = world.operation(operation, None).bearer_auth(token).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{} with {token}", operation.operation_id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_changes_state_is_done_for_another_site() {
    let world = World::new().await;
    let cookies = world.cookies[&Role::Admin].clone();
    for operation in operations().iter().filter(|operation| operation.method != "GET") {
        for (header, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
            let request = world.operation(operation, None).header(COOKIE, &cookies).header(header, value);
            let answer = request.send().await.unwrap();
            let body: Value = answer.json().await.unwrap();
            assert_eq!(code(&body), "REQUEST-008", "{} with {header}: {value}", operation.operation_id);
        }
    }
    for function in CAPABILITIES.iter().filter_map(|row| row.function) {
        let request = world.client.post(format!("{}/sfn/{function}", world.server.url)).header(COOKIE, &cookies);
        let answer = request.header("origin", "https://evil.example").json(&json!({})).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(code(&body), "REQUEST-008", "{function}");
    }
    let socket = world.client.get(format!("{}/api/v1/events/ws", world.server.url)).header(COOKIE, &cookies);
    let upgrade = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let socket = upgrade.iter().fold(socket, |socket, (name, value)| socket.header(*name, *value));
    assert_eq!(socket.header("origin", "https://evil.example").send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

/// A valid body for server functions that need one to get as far as the service: form text, or JSON.
fn form(function: &str) -> Option<Vec<(&'static str, &'static str)>> {
    Some(match function {
        "agents/drain"
        | "servers/drain"
        | "servers/resume"
        | "agents/resume"
        | "agents/reset_circuit"
        | "artifacts/delete"
        | "tasks/cancel"
        | "tasks/pause"
        | "tasks/resume"
        | "tasks/rerun"
        | "runs/pause"
        | "runs/resume"
        | "runs/cancel"
        | "runs/retry"
        | "replays/replay"
        | "contracts/cancel"
        | "plans/accept"
        | "plans/refuse"
        | "members/revoke_api_key" => vec![("id", NOBODY)],
        "workflows/retire" => vec![("name", "nobody")],
        "approvals/approve" | "approvals/refuse" => vec![("id", NOBODY), ("hash", "x")],
        "claims/claim" => vec![("resource", "x"), ("mode", "shared")],
        "claims/release" => vec![("resource", "path:x"), ("fence", "1")],
        "claims/break" => vec![("resource", "path:x"), ("holder", "user:x"), ("because", "x")],
        "conflicts/resolve" => vec![("id", NOBODY), ("seen", "1"), ("choice", "ours")],
        "conflicts/dismiss" => vec![("id", NOBODY), ("seen", "1"), ("because", "x")],
        "workflows/store_form" => vec![("text", "")],
        "runs/signal_form" => vec![("id", NOBODY), ("name", "x")],
        "runs/fork_form" => vec![("id", NOBODY), ("step", "x"), ("what", "input"), ("value", "{}")],
        "decisions/open_form" => vec![("question", "x"), ("rule", "plurality"), ("options", "a%0Ab"), ("role", "operator")],
        "decisions/vote_form" => vec![("id", NOBODY), ("kind", "choice"), ("choice", "A")],
        "decisions/answer_form" => vec![("id", NOBODY), ("kind", "choice"), ("key", "x")],
        "decisions/cancel_form" => vec![("id", NOBODY)],
        "decisions/judge_form" => vec![("id", NOBODY), ("key", "x")],
        "contracts/bargain_form" => vec![("title", "x"), ("pot", "1"), ("rounds", "1"), ("mediation", "none")],
        "plans/edit_form" => vec![("id", NOBODY), ("text", ""), ("seen_version", "1")],
        "plans/replan_form" => vec![("run", NOBODY), ("step", "x")],
        "notifications/mark" => vec![("read", "true")],
        "members/change_user" => vec![("id", NOBODY), ("role", "viewer")],
        "members/create_user" => vec![("email", "x@example.test"), ("password", "short"), ("role", "viewer")],
        "limits/set" => vec![("scope", "skill"), ("name", "no.such.skill"), ("maximum", "1")],
        "limits/remove" => vec![("scope", "skill"), ("name", "no.such.skill")],
        "members/create_api_key" => vec![("name", ""), ("role", "viewer")],
        "connections/remove" | "models/remove" => vec![("id", NOBODY)],
        "connections/create" | "connections/update" => vec![
            ("id", NOBODY),
            ("name", ""),
            ("kind", "http"),
            ("base_url", "https://api.example.test"),
            ("auth", "none"),
            ("auth_name", ""),
            ("secret", ""),
            ("allowed_skills", ""),
        ],
        "models/create" | "models/update" => vec![
            ("id", NOBODY),
            ("preset", "custom"),
            ("name", ""),
            ("base_url", "https://api.example.test"),
            ("model", "m"),
            ("tier", "small"),
            ("key", ""),
            ("rank", "1"),
            ("prompt_price", "0"),
            ("completion_price", "0"),
            ("ca_pem", ""),
        ],
        "models/test" => vec![("name", "nobody")],
        "egress/set" => {
            vec![("allow", ""), ("deny", "http:"), ("maximum_bytes", ""), ("timeout_ms", ""), ("maximum_redirects", "")]
        }
        "models/set_budget" => vec![("tokens", ""), ("cost", "")],
        "tasks/submit_batch" => vec![("tasks", "[]")],
        "topics/declare" => vec![("name", ""), ("kind", "durable")],
        "topics/delete" | "topics/unsubscribe" | "topics/redrive" | "topics/purge" => vec![("name", "nobody")],
        "topics/publish" => vec![("name", "nobody"), ("payload", "x")],
        "topics/subscribe" => vec![("name", ""), ("pattern", "")],
        _ => return None,
    })
}

fn json_body(function: &str) -> Value {
    match function {
        "agents/get" | "artifacts/get" | "connections/get" | "tasks/attempts" | "traces/trace" => json!({"id": NOBODY}),
        "models/calls" => json!({"task": NOBODY}),
        "tasks/get" | "tasks/analyze" => json!({"id": NOBODY, "wait_seconds": null}),
        "topics/get" => json!({"name": "nobody"}),
        "topics/messages" | "topics/dead_letters" => json!({"name": "nobody", "filter": {}}),
        "topics/pull" => json!({"name": "nobody", "request": {}}),
        "topics/acknowledge" => json!({"name": "nobody", "ack_ids": []}),
        "topics/refuse" => json!({"name": "nobody", "refusal": {"ack_ids": []}}),
        "agents/skill" => json!({"name": "no.such.skill"}),
        "tasks/submit" => json!({"task": {"skill": "no.such.skill", "input": {}}}),
        "tasks/list" | "artifacts/list" => json!({"filter": {}}),
        "tasks/suggest" => json!({"wish": {"text": ""}}),
        "tasks/rerun_all" | "tasks/cancel_all" => json!({"which": {"filter": {}}}),
        "traces/logs" => json!({"id": NOBODY, "query": {}}),
        "metrics/series" => json!({"query": {}}),
        "workflows/check" => json!({"draft": {"text": ""}}),
        "workflows/store" => json!({"workflow": {"text": ""}}),
        "workflows/get" => json!({"name": "nobody", "version": null}),
        "workflows/versions" | "conflicts/line" => json!({"name": "nobody", "filter": {}}),
        "runs/start" => json!({"run": {"workflow": "nobody", "input": {}}}),
        "replays/recording" | "runs/get" | "approvals/get" | "decisions/get" | "conflicts/get" | "contracts/get" | "contracts/bargain" => {
            json!({"id": NOBODY})
        }
        "runs/items" => json!({"id": NOBODY, "step": "nothing", "filter": {}}),
        "runs/signal" => json!({"id": NOBODY, "signal": {"name": "x", "payload": null}}),
        "runs/fork" => json!({"id": NOBODY, "fork": {"step": "x", "input": {}}}),
        "replays/diff" => json!({"id": NOBODY, "with": NOBODY}),
        "runs/fork_draft" => json!({"id": NOBODY, "step": "nothing"}),
        "decisions/open" => json!({"decision": {"question": "", "answers": {"kind": "options", "options": []}}}),
        "decisions/vote" => json!({"id": NOBODY, "vote": {"kind": "choice", "choice": "A"}}),
        "decisions/answer" => json!({"id": NOBODY, "verdict": {"kind": "choice", "key": "x"}}),
        "decisions/cancel" | "decisions/retally" => json!({"id": NOBODY}),
        "decisions/judge_later" => json!({"id": NOBODY, "verdict": {"key": "x"}}),
        "plans/propose" => json!({"plan": {"goal": ""}}),
        "plans/get" => json!({"id": NOBODY}),
        "plans/edit" => json!({"id": NOBODY, "edit": {"text": "", "seen_version": 1}}),
        "plans/replan" => json!({"replan": {"run": NOBODY, "step": "x"}}),
        "claims/renew" => json!({"renewal": {"claims": []}}),
        "claims/check" => json!({"check": {"resource": "path:x", "fence": 1}}),
        "conflicts/put" => json!({"name": "nobody", "version": {"artifact": NOBODY}}),
        "contracts/call" => json!({"contract": {"work": {"skill": "no.such.skill", "input": {}}}}),
        "contracts/tell" => json!({"id": NOBODY, "message": {"say": "bid", "terms": {"cost": 1, "eta_ms": 1}}}),
        "contracts/open_bargain" => {
            json!({"bargain": {"title": "", "pot": 0, "parties": [], "rounds": 1, "turn_ms": 1000, "mediation": "none"}})
        }
        "contracts/say" => json!({"id": NOBODY, "what": {"say": "offer", "party": "x", "round": 0, "shares": {}}}),
        "runs/list" | "plans/list" | "approvals/list" | "decisions/list" | "decisions/lab" | "claims/list" | "conflicts/list"
        | "conflicts/lines" | "workflows/list" | "contracts/list" | "contracts/bargains" | "notifications/list" => json!({"filter": {}}),
        "events/since" => json!({"since": 0, "topics": "", "limit": null}),
        _ => json!({}),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_function_refuses_and_answers_as_its_operation_does() {
    let world = World::new().await;
    let operations: HashMap<String, OperationInfo> =
        operations().into_iter().map(|operation| (operation.operation_id.clone(), operation)).collect();
    // Those whose body comes in parts, and those that end the session.
    let apart = [
        "auth/login",
        "auth/first_run",
        "auth/refresh",
        "auth/logout",
        "tasks/submit_form",
        "runs/start_form",
        "conflicts/put_form",
        "conflicts/resolve_form",
        "contracts/call_form",
        "plans/propose_form",
    ];
    for row in CAPABILITIES {
        let Some(function) = row.function.filter(|function| !apart.contains(function)) else { continue };
        let permission = match row.operation {
            Some(operation) => operations[operation].permission,
            None => Some(Permission::Read),
        };
        for role in [None, Some(Role::Viewer), Some(Role::Operator), Some(Role::Admin)] {
            let request = world.function(function, role);
            let request = match form(function) {
                Some(fields) => {
                    let text: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
                    request.header("content-type", "application/x-www-form-urlencoded").body(text.join("&"))
                }
                None => request.json(&json_body(function)),
            };
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            // `me` answers nobody with AUTH-001 too: its operation says so without a permission.
            let may = function == "auth/me" && role.is_some()
                || permission.is_none_or(|permission| role.is_some_and(|role| role.allows(permission)));
            let may = may && !(function == "auth/me" && role.is_none());
            let refused = matches!(code(&body), "AUTH-001" | "AUTH-005");
            assert_eq!(refused, !may, "{function} as {role:?}: {status} {text}");
            if refused {
                assert_eq!(status, if role.is_none() { 401 } else { 403 }, "{function} as {role:?}: {text}");
            }
            assert!(!status.is_server_error(), "{function} as {role:?}: {status} {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_doors_refuse_wrong_requests_with_the_same_problem() {
    let world = World::new().await;
    let pairs: [(&str, Method, String, Value, &str, Value); 5] = [
        (
            "unknown skill",
            Method::POST,
            "/api/v1/tasks".into(),
            json!({"skill": "no.such", "input": {}}),
            "tasks/submit",
            json!({"task": {"skill": "no.such", "input": {}}}),
        ),
        (
            "wrong field",
            Method::POST,
            "/api/v1/tasks".into(),
            json!({"skill": "nlp.sentiment", "input": {"text": 5}}),
            "tasks/submit",
            json!({"task": {"skill": "nlp.sentiment", "input": {"text": 5}}}),
        ),
        ("unknown id", Method::GET, format!("/api/v1/tasks/{NOBODY}"), Value::Null, "tasks/get", json!({"id": NOBODY})),
        ("bad cursor", Method::GET, "/api/v1/tasks?cursor=x".into(), Value::Null, "tasks/list", json!({"filter": {"cursor": "x"}})),
        ("unknown agent", Method::GET, format!("/api/v1/agents/{NOBODY}"), Value::Null, "agents/get", json!({"id": NOBODY})),
    ];
    for (what, method, path, body, function, arguments) in pairs {
        let request = world.rest(method, &path, Some(Role::Operator));
        let request = if body.is_null() { request } else { request.json(&body) };
        let (rest, call) =
            (request.send().await.unwrap(), world.function(function, Some(Role::Operator)).json(&arguments).send().await.unwrap());
        assert_eq!(rest.status(), call.status(), "{what}");
        let (mut rest, mut call): (Value, Value) = (rest.json().await.unwrap(), call.json().await.unwrap());
        for problem in [&mut rest, &mut call] {
            problem.as_object_mut().unwrap().remove("request_id");
        }
        assert_eq!(rest, call, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_server_function_is_a_problem_with_a_code() {
    let world = World::new().await;
    let answer = world.function("tasks/no_such", Some(Role::Admin)).json(&json!({})).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(code(&answer.json().await.unwrap()), "REQUEST-005");
    let url = format!("{}/sfn/tasks/list", world.server.url);
    let answer = world.client.get(url).send().await.unwrap();
    assert_eq!((answer.status(), answer.headers()["allow"].to_str().unwrap()), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    assert_eq!(code(&answer.json().await.unwrap()), "REQUEST-006");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_is_counted_alike_on_both_doors() {
    let world = World::new().await;
    let mut refused = None;
    for attempt in 0..100 {
        let request = world.function("auth/refresh", None).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.send().await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers().contains_key("retry-after"));
            refused = Some(attempt);
            break;
        }
    }
    assert!(refused.is_some_and(|attempt| attempt > 5), "{refused:?}");
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let answer = world.rest(Method::POST, "/api/v1/auth/login", None).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "one bucket for both");
}
