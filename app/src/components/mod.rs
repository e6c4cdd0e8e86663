//! What pages are built from: one set of components, on the roles of `style/tailwind.css`.
//!
//! `data-testid` marks what a test or a script may hold on to; these stay when the looks change:
//!
//! | where | test ids |
//! |---|---|
//! | every page | `connection`, `theme`, `person`, `sign-out`, `error` (a problem, with `data-code`), `toast` |
//! | sign in, first run | `sign-in`, `first-run` (the submit buttons) |
//! | overview | `summary`, `stat-throughput`, `stat-wait`, `stat-success`, `stat-queue`, `chart-throughput`, `chart-latency`, `agent-card`, `attention`, `task-row` |
//! | tasks | `filter`, `task-row` (with `data-id`, `data-state`), `new-rows`, `next-page`, `empty` |
//! | new task | `skill`, `example`, `submit`, `curl` |
//! | task | `state` (with `data-state`), `timeline`, `timeline-entry` (with `data-state`), `result`, `progress`, `log`, `log-line`, `trace`, `span`, `attempt`, `candidates`, `input`, `artifact`, `cancel`, `pause`, `resume`, `rerun`, `copy-curl` |
//! | agents | `agent-card` (with `data-name`, `data-status`), `busy`, `drain`, `resume`, `balancing-row` (with `data-skill`), `host` |
//! | agent | `circuit` (with `data-state`), `reset-circuit`, `instances`, `instance` (with `data-status`), `skill-balancing` |
//! | members | `member-row`, `key-row`, `create-user`, `create-key`, `new-secret`, `revoke` |

pub mod action;
pub mod agent_card;
pub mod agent_standing;
pub mod artifact_list;
pub mod badge;
pub mod balancing_table;
pub mod banner;
pub mod button;
pub mod card;
pub mod chart;
pub mod code_editor;
pub mod code_view;
pub mod copy_button;
pub mod curl;
pub mod empty;
pub mod failure;
pub mod field;
pub mod graph;
pub mod icon;
pub mod json_tree;
pub mod loaded;
pub mod log_view;
pub mod mark;
pub mod markdown;
pub mod needs;
pub mod page_head;
pub mod pill;
pub mod progress;
pub mod result;
pub mod run_table;
pub mod schema_form;
pub mod skeleton;
pub mod stat;
pub mod table;
pub mod task_actions;
pub mod task_table;
pub mod timeline;
pub mod times;
pub mod toast;
pub mod waterfall;
pub mod why_table;
