//! What pages are built from: one set of components, on the roles of `style/tailwind.css`.
//!
//! `data-testid` marks what a test or a script may hold on to; these stay when the looks change:
//!
//! | where | test ids |
//! |---|---|
//! | every page | `connection`, `theme`, `person`, `sign-out`, `error` (a problem, with `data-code`), `toast` |
//! | sign in, first run | `sign-in`, `first-run` (the submit buttons) |
//! | overview | `summary`, `stat-throughput`, `stat-wait`, `stat-success`, `stat-queue`, `chart-throughput`, `chart-latency`, `agent-card`, `attention`, `task-row` |
//! | tasks | `filter`, `task-row` (with `data-id`, `data-state`), `new-rows`, `next-page`, `empty`, `list-of` |
//! | new task | `skill`, `example`, `submit`, `curl`, `field-<property>` (and `field-<property>-id` for stored files), `rows-<list>`, `row-<list>/<number>`, `json-<list>`, `stored-files`, `share-fields`, `schedule-fields`, `decide-fields`, `several`, `batch`, `submit-batch`, `accepted`, `accepted-task` |
//! | task | `state` (with `data-state`), `timeline`, `timeline-entry` (with `data-state`), `result`, `progress`, `log`, `log-line`, `trace`, `span`, `attempt`, `candidates`, `input`, `artifact`, `artifact-id`, `cancel`, `pause`, `resume`, `rerun`, `copy-curl`, `terms`, `voters`, `task-voter`, `voter-task`, `voter-answer`, `agreed`, `voters-decision` |
//! | agents | `agent-card` (with `data-name`, `data-status`), `busy`, `drain`, `resume`, `balancing-row` (with `data-skill`), `host` |
//! | agent | `circuit` (with `data-state`), `reset-circuit`, `instances`, `instance` (with `data-status`), `skill-balancing` |
//! | workflows | `workflow-row` (with `data-name`), `new-workflow` |
//! | workflow, editor | `graph`, `graph-node` (with `data-id`, `data-state`), `version-row` (with `data-version`), `document`, `start`, `edit-workflow`, `retire-workflow`, `store-workflow`, `check-status` (with `data-problems`), `workflow-problem` (with `data-code`, `data-line`) |
//! | plans, plan | `plan-row` (with `data-id`, `data-state`), `new-plan`, `propose`, `plan-state`, `explanation`, `clause` (with `data-skill`), `assumptions`, `accept-plan`, `refuse-plan`, `save-plan`, `plan-run`, `replan-step` |
//! | runs, run | `run-row` (with `data-id`, `data-state`), `run-state`, `step-row` (with `data-id`, `data-state`), `step`, `step-state`, `step-approval`, `item-row` (with `data-index`), `times`, `run-outputs`, `run-error`, `run-tasks`, `pause-run`, `resume-run`, `cancel-run`, `retry-run`, `retry-step`, `send-signal` |
//! | approvals, approval | `approval-row` (with `data-id`, `data-state`), `approval-state`, `approval-subject`, `approve`, `refuse`, `approval-closed`, `approval-why-not` |
//! | decisions, decision | `decision-row` (with `data-id`, `data-state`), `decision-state`, `verdict`, `choice` (with `data-key`), `ballot` (with `data-voter`), `tally-rule`, `tally-outcome`, `tally-row`, `rule-row` (with `data-rule`), `voter-row`, `story-step`, `dissent`, `yours`, `vote`, `vote-entry`, `abstain`, `verdict-choice` (with `data-key`), `decide`, `later-key`, `judge-later`, `later-verdict` |
//! | new decision | `open-decision`, `decision-agents`, `decision-agent`, `more-terms` (each folded part) |
//! | lab | `lab-summary`, `lab-rules`, `lab-rule`, `lab-voters`, `lab-voter`, `lab-decision` |
//! | conflicts, claims | `conflict-row` (with `data-id`, `data-state`), `conflict-state`, `region` (with `data-kind`), `resolve-conflict`, `dismiss-conflict`, `claim-row` (with `data-resource`, `data-state`), `release-claim`, `break-claim`, `broken-claim` |
//! | topic, subscription | `topic-row`, `subscription-row` (with `data-name`), `topic-facts`, `subscription-facts`, `declare-topic`, `make-subscription`, `publish`, `published`, `keep-topic`, `serve-subscription`, `changed`, `message`, `delivery`, `dead-letter` (with `data-seq`) |
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
pub mod decide_form;
pub mod empty;
pub mod failure;
pub mod field;
pub mod fold;
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
pub mod task_terms;
pub mod timeline;
pub mod times;
pub mod toast;
pub mod waterfall;
pub mod why_table;
