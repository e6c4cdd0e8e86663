//! Which doors does each capability have? The table that says it, for the tests that hold it.

/// A capability: the service method, its REST operation, its server function, its page.
pub struct Capability {
    /// The trait's file and the method, as `tasks::submit`.
    pub method: &'static str,
    /// The operation's id; nothing if only the browser or only the server itself needs it.
    pub operation: Option<&'static str>,
    /// The server function below `/sfn`.
    pub function: Option<&'static str>,
    /// The page's route.
    pub page: Option<&'static str>,
}

const fn row(method: &'static str, operation: &'static str, function: &'static str, page: &'static str) -> Capability {
    Capability { method, operation: Some(operation), function: Some(function), page: Some(page) }
}

/// Every method of every service.
pub const CAPABILITIES: &[Capability] = &[
    row("auth::first_run_status", "first_run_status", "auth/first_run_status", "/first-run"),
    row("auth::first_run", "first_run", "auth/first_run", "/first-run"),
    row("auth::login", "login", "auth/login", "/sign-in"),
    row("auth::refresh", "refresh", "auth/refresh", "/"),
    row("auth::logout", "logout", "auth/logout", "/"),
    row("auth::me", "me", "auth/me", "/"),
    // The middleware's and the socket's own questions: whoever is asked has come through a door already.
    Capability { method: "auth::authenticate", operation: None, function: None, page: None },
    Capability { method: "auth::still_valid", operation: None, function: None, page: None },
    row("members::users", "list_users", "members/users", "/members"),
    row("members::create_user", "create_user", "members/create_user", "/members"),
    row("members::change_user", "change_user", "members/change_user", "/members"),
    row("members::api_keys", "list_api_keys", "members/api_keys", "/members"),
    row("members::create_api_key", "create_api_key", "members/create_api_key", "/members"),
    row("members::revoke_api_key", "revoke_api_key", "members/revoke_api_key", "/members"),
    row("tasks::submit", "create_task", "tasks/submit", "/tasks/new"),
    row("tasks::submit_batch", "create_batch", "tasks/submit_batch", "/tasks/new"),
    row("tasks::list", "list_tasks", "tasks/list", "/tasks"),
    row("tasks::get", "get_task", "tasks/get", "/tasks/:id"),
    row("tasks::cancel", "cancel_task", "tasks/cancel", "/tasks/:id"),
    row("tasks::pause", "pause_task", "tasks/pause", "/tasks/:id"),
    row("tasks::resume", "resume_task", "tasks/resume", "/tasks/:id"),
    row("tasks::rerun", "rerun_task", "tasks/rerun", "/tasks/:id"),
    row("tasks::analyze", "analyze_task", "tasks/analyze", "/tasks/:id"),
    row("tasks::suggest", "suggest_skills", "tasks/suggest", "/tasks/new"),
    row("tasks::rerun_all", "rerun_tasks", "tasks/rerun_all", "/tasks/dead"),
    row("tasks::cancel_all", "cancel_tasks", "tasks/cancel_all", "/tasks"),
    row("limits::list", "list_limits", "limits/list", "/limits"),
    row("limits::set", "set_limit", "limits/set", "/limits"),
    row("limits::remove", "remove_limit", "limits/remove", "/limits"),
    row("connections::list", "list_connections", "connections/list", "/connections"),
    row("connections::get", "get_connection", "connections/get", "/connections"),
    row("connections::create", "create_connection", "connections/create", "/connections"),
    row("connections::update", "update_connection", "connections/update", "/connections"),
    row("connections::remove", "remove_connection", "connections/remove", "/connections"),
    row("models::list", "list_models", "models/list", "/models"),
    row("models::presets", "list_model_presets", "models/presets", "/models"),
    row("models::create", "create_model", "models/create", "/models"),
    row("models::update", "update_model", "models/update", "/models"),
    row("models::remove", "remove_model", "models/remove", "/models"),
    row("models::test", "test_model", "models/test", "/models"),
    row("models::calls", "list_model_calls", "models/calls", "/tasks/:id"),
    row("models::set_budget", "set_model_budget", "models/set_budget", "/models"),
    row("tasks::attempts", "list_attempts", "tasks/attempts", "/tasks/:id"),
    row("tracing::logs", "list_logs", "traces/logs", "/tasks/:id"),
    row("tracing::trace", "get_trace", "traces/trace", "/tasks/:id"),
    // Bytes come through the submit form, which streams them; they go out through the operation alone.
    row("artifacts::put", "upload_artifact", "tasks/submit_form", "/tasks/new"),
    row("artifacts::list", "list_artifacts", "artifacts/list", "/tasks/:id"),
    row("artifacts::get", "get_artifact", "artifacts/get", "/tasks/:id"),
    Capability { method: "artifacts::open", operation: Some("download_artifact"), function: None, page: Some("/tasks/:id") },
    row("artifacts::delete", "delete_artifact", "artifacts/delete", "/tasks/:id"),
    row("agents::list", "list_agents", "agents/list", "/agents"),
    row("agents::get", "get_agent", "agents/get", "/agents/:id"),
    row("agents::drain", "drain_agent", "agents/drain", "/agents"),
    row("agents::resume", "resume_agent", "agents/resume", "/agents"),
    row("agents::reset_circuit", "reset_agent_circuit", "agents/reset_circuit", "/agents/:id"),
    row("agents::balancing", "get_balancing", "agents/balancing", "/agents"),
    row("agents::skills", "list_skills", "agents/skills", "/tasks/new"),
    row("agents::skill", "get_skill", "agents/skill", "/tasks/new"),
    row("servers::list", "list_servers", "servers/list", "/servers"),
    row("servers::drain", "drain_server", "servers/drain", "/servers"),
    row("servers::resume", "resume_server", "servers/resume", "/servers"),
    // The place is part of every answer (`as_of`) and of the socket's first frame.
    Capability { method: "events::head", operation: None, function: Some("events/head"), page: Some("/") },
    row("events::log", "get_event_log", "events/log", "/events"),
    row("events::since", "list_events", "events/since", "/events"),
    // A stream: the socket and its plain-HTTP form, not a call.
    Capability { method: "events::follow", operation: Some("follow_by_socket"), function: None, page: Some("/") },
    row("topics::list", "list_topics", "topics/list", "/topics"),
    row("topics::get", "get_topic", "topics/get", "/topics/:name"),
    row("topics::declare", "declare_topic", "topics/declare", "/topics"),
    row("topics::delete", "delete_topic", "topics/delete", "/topics/:name"),
    row("topics::publish", "publish_message", "topics/publish", "/topics/:name"),
    row("topics::messages", "list_messages", "topics/messages", "/topics/:name"),
    row("topics::subscriptions", "list_subscriptions", "topics/subscriptions", "/topics"),
    row("topics::subscribe", "create_subscription", "topics/subscribe", "/topics"),
    row("topics::unsubscribe", "end_subscription", "topics/unsubscribe", "/subscriptions/:name"),
    row("topics::pull", "pull_messages", "topics/pull", "/subscriptions/:name"),
    row("topics::acknowledge", "acknowledge_messages", "topics/acknowledge", "/subscriptions/:name"),
    row("topics::refuse", "refuse_messages", "topics/refuse", "/subscriptions/:name"),
    row("topics::dead_letters", "list_dead_letters", "topics/dead_letters", "/subscriptions/:name"),
    row("topics::redrive", "redrive_dead_letters", "topics/redrive", "/subscriptions/:name"),
    row("topics::purge", "purge_dead_letters", "topics/purge", "/subscriptions/:name"),
    row("metrics::series", "get_series", "metrics/series", "/"),
    row("metrics::overview", "get_overview", "metrics/overview", "/"),
    row("health::live", "live", "health/live", "/"),
    row("health::ready", "ready", "health/ready", "/"),
];
