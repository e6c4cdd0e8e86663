//! Which cases are there? The one list, which the macro turns into tests; a test below holds it against the files.

/// Turns every case into a test of its own. The expression makes a fresh [`Backend`](crate::Backend); it may be anything
/// that the place of the call can name.
#[macro_export]
macro_rules! conformance {
    ($backend:expr) => {
        $crate::conformance! { @each tests $backend }
    };
    (@each $then:ident $($given:tt)*) => {
        $crate::$then! { $($given)*;
            insert = tasks::insert {
                a_task_reads_back_as_it_was_given,
                the_input_keeps_every_number_and_name,
                each_new_task_has_one_event_with_what_lists_show,
                a_batch_has_its_events_in_its_order,
                a_batch_of_a_thousand_is_stored_whole,
                a_batch_with_a_task_that_exists_stores_nothing,
                a_batch_that_names_a_task_twice_stores_nothing,
                a_task_of_a_project_that_does_not_exist_is_refused,
                an_empty_batch_stores_nothing_and_is_no_error,
                a_task_can_be_rejected_from_the_start,
                a_task_that_was_never_stored_is_absent,
                who_submitted_a_task_is_kept_with_its_kind,
            }
            idempotency = tasks::idempotency {
                the_same_request_again_gives_the_tasks_of_the_first,
                another_request_with_the_same_key_is_refused,
                a_key_belongs_to_its_principal,
                the_same_request_without_a_key_is_a_second_request,
                the_key_of_a_failed_request_is_free,
                a_replay_tells_of_tasks_that_have_moved_on,
                keys_are_forgotten_once_older_than_the_age,
                forgetting_a_key_forgets_no_task,
            }
            begin = tasks::begin {
                a_begun_task_runs_under_a_lease_of_its_agent,
                beginning_tells_assigned_then_running,
                an_attempt_remembers_why_this_agent,
                only_queued_tasks_begin,
                a_task_begins_no_sooner_than_it_is_due,
                a_task_that_somebody_wants_to_end_is_not_begun_again,
                the_lease_grows_with_every_beginning,
                a_later_attempt_knows_since_when_the_task_was_ready_for_it,
                those_that_cannot_begin_do_not_hold_up_the_others,
                many_begin_at_once_in_the_order_asked_for,
                a_task_named_twice_begins_once,
                a_task_named_twice_goes_whole_to_the_first_agent,
                an_attempt_identifier_that_is_taken_begins_nothing,
                nothing_to_begin_is_no_error,
                each_attempt_has_a_deadline_of_its_own,
            }
            complete = tasks::complete {
                a_result_ends_the_task_and_its_attempt,
                a_completion_has_one_event_with_what_lists_show,
                the_agent_is_credited_with_a_completion,
                the_spans_of_a_completion_are_stored_with_it,
                a_second_completion_is_refused,
                a_completion_under_a_stale_lease_changes_nothing,
                a_completion_under_a_lease_that_was_never_given_is_refused,
                only_running_tasks_complete,
                a_completion_of_no_task_says_so,
                a_request_to_cancel_survives_a_completion,
                a_heartbeat_does_not_stand_in_the_way_of_the_result,
                a_completion_whose_spans_cannot_be_stored_is_not_stored,
                a_result_of_any_shape_reads_back,
            }
            table = tasks::table {
                a_queued_task_changes_as_the_table_says,
                a_running_task_changes_as_the_table_says,
                a_waiting_task_changes_as_the_table_says,
                a_paused_task_changes_as_the_table_says,
                a_completed_task_never_changes,
                a_failed_task_never_changes,
                a_canceled_task_never_changes,
                a_rejected_task_never_changes,
                a_timed_out_task_never_changes,
                a_guard_of_another_state_refuses,
                a_guard_of_another_lease_refuses,
                a_change_of_no_task_says_so,
            }
            advance = tasks::advance {
                a_retry_waits_until_its_instant,
                a_retry_without_an_instant_is_ready_at_once,
                an_instant_that_has_passed_makes_ready_now,
                the_last_attempt_is_followed_by_none,
                handing_back_costs_no_attempt_even_on_the_last,
                a_released_timer_is_queued_and_due,
                a_task_can_wait_for_each_kind_of_thing,
                what_is_waited_for_is_kept_only_while_it_waits,
                a_failed_task_says_why,
                a_task_that_goes_on_keeps_no_failure,
                a_result_can_come_with_the_change,
                the_first_beginning_stays_when_started_again,
                only_beginning_assigns,
                the_reason_is_that_of_the_last_change,
                a_stale_holder_can_change_nothing,
                the_timeline_tells_every_state_with_its_attempt,
            }
            checkpoints = tasks::checkpoints {
                a_checkpoint_takes_the_place_of_the_one_before_and_is_no_event,
                a_later_attempt_finds_it_however_the_earlier_one_ended,
                only_the_holder_keeps_a_checkpoint,
                a_wish_to_pause_has_its_event_and_can_be_taken_back,
                a_wish_that_was_taken_back_pauses_nothing,
                a_task_that_is_to_end_does_not_pause_at_its_checkpoint,
                a_wish_to_pause_is_for_what_runs,
                a_checkpoint_meets_the_wish_to_pause,
                a_task_that_goes_back_to_the_queue_is_paused_there_if_that_is_wanted,
                a_wish_to_pause_ends_with_the_task_and_gives_way_to_its_cancellation,
                checkpoints_go_with_the_end_of_their_tasks,
            }
            ends = tasks::ends {
                an_attempt_ends_with_its_outcome_and_failure,
                agents_are_counted_for_what_ended_well_or_badly,
                an_attempt_without_an_end_stays_open,
                only_the_newest_attempt_ends,
                a_refused_change_ends_no_attempt,
            }
            cancel = tasks::cancel {
                a_queued_task_is_canceled_at_once,
                a_waiting_task_is_canceled_at_once,
                a_paused_task_is_canceled_at_once,
                a_running_task_is_asked_to_stop,
                asking_again_changes_nothing,
                an_ended_task_stays_as_it_is,
                a_request_for_no_task_says_so,
                a_task_whose_attempt_was_stopped_is_canceled,
                a_request_is_kept_over_a_retry,
            }
            leases = tasks::leases {
                leased_tasks_are_those_an_attempt_works_on,
                the_tasks_of_an_agent_are_those_it_works_on_now,
            }
            ready = tasks::ready {
                a_ready_task_is_shown_with_what_the_balancer_needs,
                only_queued_tasks_are_ready,
                a_task_is_ready_from_its_instant_on,
                the_more_urgent_goes_first_then_the_older,
                waiting_long_enough_weighs_as_much_as_a_priority,
                equals_go_in_the_order_they_were_made,
                a_delayed_task_stands_where_its_instant_puts_it,
                the_limit_holds_for_each_class,
                a_task_that_is_not_due_does_not_use_up_the_limit,
                only_the_skills_asked_for_are_ready,
                nothing_overtakes_for_ever,
                the_classes_that_hold_tasks_come_in_order_page_by_page,
                a_class_without_queued_tasks_is_none,
                of_each_class_as_many_are_ready_as_are_wanted,
                a_task_that_somebody_wants_to_end_is_not_ready,
            }
            due = tasks::due {
                a_timer_is_due_at_its_instant,
                the_earliest_timer_comes_first,
                only_timers_are_released_by_time,
                a_task_that_nobody_begins_in_time_is_due,
                a_task_that_once_began_cannot_begin_too_late,
                every_live_task_must_end_in_time,
                a_holder_that_falls_silent_is_due,
                a_task_can_be_due_for_two_reasons,
                the_limit_is_for_all_reasons_together,
                a_live_child_of_an_ended_parent_is_due,
                a_live_child_of_a_parent_that_is_to_end_is_due_until_it_is_asked_too,
                a_task_that_is_to_end_and_went_back_to_the_queue_is_due,
                what_was_done_about_is_no_longer_due,
                the_next_instant_is_the_earliest_after_now,
                ended_tasks_have_no_next_instant,
            }
            lists = tasks::lists {
                a_list_has_the_newest_first_with_what_lists_show,
                pages_follow_one_another_without_gap_or_repeat,
                cursor_and_limit_of_the_filter_are_not_looked_at,
                a_list_can_be_of_some_states,
                a_list_can_be_of_a_skill_or_a_family,
                a_list_can_be_of_a_priority,
                a_list_can_be_of_an_agent,
                text_is_found_in_title_skill_and_identifier,
                only_ascii_letters_are_folded,
                a_list_can_be_of_labels,
                a_list_can_be_of_a_fairness_key,
                a_list_can_be_of_a_failure,
                a_list_can_be_of_a_span_of_time,
                a_list_holds_exactly_what_the_filter_admits,
                filters_add_up,
                states_without_tasks_are_not_counted,
                an_artifact_is_in_use_while_a_live_task_names_it,
            }
            dependencies = tasks::dependencies {
                what_a_task_depends_on_is_shown_as_it_is_now,
                a_dependency_that_does_not_exist_stores_nothing,
                a_batch_can_depend_on_itself_in_any_order,
                the_last_completion_queues_the_task,
                a_dependency_that_ends_otherwise_fails_the_task,
                a_failure_goes_down_the_chain_link_by_link,
                one_that_has_ended_before_is_told_of_all_the_same,
                many_dependents_are_told_a_part_at_a_time,
                a_task_can_depend_on_sixty_four,
                its_own_instant_is_waited_for_after_the_others,
                its_time_to_begin_runs_from_the_last_completion,
                a_paused_task_is_told_once_it_waits_again,
                one_that_was_cancelled_meanwhile_stays_so,
            }
            limits = limits {
                a_limit_reads_back_as_it_was_set,
                setting_and_removing_have_their_events,
                no_more_of_a_skill_begin_than_its_limit,
                no_more_of_a_key_begin_than_its_limit_whatever_their_skill,
                both_limits_of_a_task_hold,
                an_attempt_that_ends_in_whatever_way_leaves_its_room,
                a_lower_limit_lets_go_on_what_runs_and_a_removed_one_is_gone,
                many_who_begin_at_once_keep_to_the_limit_together,
            }
            settings = settings {
                settings_read_back_as_they_were_given_by_name,
                a_name_is_taken_once_for_each_kind,
                a_change_keeps_when_they_were_made,
                settings_have_their_events_without_the_secret,
            }
            models = models {
                the_calls_of_a_task_come_in_their_order,
                the_newest_answer_to_a_request_is_remembered_for_a_while,
                what_models_took_is_added_up_for_each,
                spending_never_passes_a_limit_and_is_all_or_nothing,
                what_was_set_aside_is_settled_to_what_it_came_to,
                many_who_spend_at_once_keep_to_the_budget_together,
                old_calls_and_old_spending_are_forgotten,
            }
            agents = agents {
                an_agent_is_shown_as_it_registered,
                agents_come_by_name,
                each_new_agent_has_one_event,
                an_agent_known_by_name_keeps_identifier_status_and_counts,
                an_agent_that_is_not_among_them_is_no_longer_listed,
                an_agent_that_comes_back_is_the_same_and_is_told_of,
                two_names_under_one_identifier_are_refused,
                a_draining_agent_is_drained_once_nothing_runs,
                a_change_of_status_has_its_event,
                an_agent_that_does_not_exist_has_no_status,
                busy_counts_the_leases_an_agent_holds,
            }
            artifacts = artifacts {
                an_artifact_reads_back_as_it_was_given,
                storing_and_deleting_have_their_events,
                an_identifier_that_is_taken_stores_nothing,
                an_artifact_of_a_project_that_does_not_exist_is_refused,
                lists_have_the_newest_first_page_by_page,
                a_list_can_be_of_what_a_task_stored,
                a_blob_can_go_with_the_last_artifact_of_its_content,
                deleting_twice_finds_nothing_and_tells_nothing,
            }
            events = events {
                an_empty_log_begins_before_its_first_event,
                events_are_numbered_from_one_without_gaps,
                a_refused_write_takes_no_place,
                the_sink_has_been_told_when_the_write_returns,
                the_sink_is_told_nothing_of_what_tells_nothing,
                the_log_is_read_page_by_page,
                a_filtered_reader_moves_past_what_it_does_not_want,
                a_topic_is_a_group_a_kind_or_a_subject,
                a_place_beyond_the_newest_has_nothing_after_it,
                the_log_never_changes,
                audit_rows_are_stored_all_or_none,
                a_store_that_can_write_says_so,
            }
            retention = retention {
                without_limits_nothing_is_forgotten,
                the_newest_are_kept_by_their_number,
                the_young_are_kept_by_their_age,
                an_old_event_stays_behind_a_young_one,
                either_limit_is_enough_to_forget,
                a_step_forgets_no_more_than_its_limit,
                a_log_that_was_forgotten_whole_goes_on_where_it_was,
                a_reader_learns_of_the_floor_with_its_page,
                forgetting_is_no_event_and_changes_nothing_else,
                a_timeline_begins_where_the_log_does,
                the_floor_is_kept_over_a_restart,
            }
            users = users {
                a_user_reads_back_by_identifier_and_address,
                users_come_by_address,
                the_first_user_is_added_only_once,
                an_address_is_taken_once,
                a_user_whose_audit_row_cannot_be_stored_is_not_stored,
                the_last_active_administrator_stays,
                a_change_sets_role_and_whether_they_may_sign_in,
                deactivation_ends_the_sessions_of_that_user_only,
            }
            sessions = sessions {
                a_session_begins_with_its_token_and_is_a_sign_in,
                what_was_never_stored_is_absent,
                a_session_of_nobody_is_refused,
                a_session_with_a_token_that_is_taken_is_refused_whole,
                a_token_is_exchanged_for_the_next_and_moves_the_end,
                a_used_token_is_exchanged_no_more,
                an_unknown_token_is_not_exchanged,
                the_token_of_an_ended_session_is_not_exchanged,
                a_next_token_that_is_taken_leaves_the_old_one_valid,
                of_many_who_exchange_one_token_one_succeeds,
                ending_a_session_twice_does_no_harm,
                a_session_shows_its_user_as_they_are_now,
                sessions_that_ended_long_ago_are_forgotten_with_their_tokens,
            }
            api_keys = api_keys {
                a_key_reads_back_as_it_was_given,
                two_keys_may_have_one_name_but_not_one_identifier,
                keys_are_listed_the_newest_first_until_they_are_revoked,
                a_key_is_revoked_once,
                the_last_use_of_a_key_is_kept,
            }
            metrics = metrics {
                a_bucket_reads_back_as_it_was_given,
                a_bucket_that_exists_is_replaced,
                of_a_bucket_given_twice_the_last_stays,
                both_ends_of_a_span_are_included_and_the_oldest_comes_first,
                buckets_can_be_of_one_skill_or_agent,
                what_one_server_counted_no_other_overwrites,
                no_buckets_are_no_error,
            }
            traces = traces {
                a_log_line_reads_back_as_it_was_given,
                the_lines_of_a_task_are_numbered_through,
                lines_are_read_from_a_place_and_by_how_much_they_matter,
                a_task_without_a_log_has_no_lines,
                spans_come_by_their_beginning_the_longer_first,
                errors_come_in_the_order_they_happened,
                a_batch_with_a_span_that_exists_stores_nothing,
                a_long_batch_keeps_its_order,
            }
            servers = servers {
                a_server_that_joins_is_shown_and_told_of,
                a_server_that_joins_again_keeps_its_status_and_its_start,
                servers_come_by_name,
                a_server_with_another_key_is_refused_while_the_others_live,
                whoever_signs_nothing_joins_whatever_the_others_key,
                a_beat_moves_the_end_of_leases_and_when_the_server_was_seen,
                a_beat_gives_back_stale_leases_and_wanted_ends_in_their_order,
                a_beat_renews_no_lease_of_what_has_ended_or_does_not_exist,
                a_beat_that_comes_late_or_twice_moves_nothing_back,
                a_holder_that_beats_does_not_expire,
                a_beat_of_a_server_that_nobody_knows_says_so_and_keeps_its_leases,
                busy_counts_the_leases_a_server_holds,
                a_change_of_a_servers_status_reaches_its_beat_and_has_its_event,
                a_server_that_does_not_exist_has_no_status,
                the_slots_of_an_agent_are_those_of_all_servers_that_carry_it,
                an_agent_of_another_server_stays_listed,
                a_server_that_leaves_takes_its_agents_with_it,
                known_agents_come_with_their_cards_and_with_who_carries_them,
                what_a_carrier_has_of_an_agent_is_counted,
                an_agent_that_has_gone_is_known_for_as_long_as_is_asked,
                only_silent_servers_are_forgotten,
                a_server_that_was_forgotten_brings_its_agents_back,
                one_server_leads_until_its_term_is_over,
                whoever_leaves_steps_down,
            }
            topics_declare = topics::declare {
                a_topic_reads_back_as_it_was_declared,
                a_declaration_has_its_event_and_again_none,
                a_topic_keeps_its_kind,
                a_retention_can_be_declared_anew,
                topics_are_listed_by_name,
                there_are_no_more_topics_than_allowed,
                a_deleted_topic_takes_its_messages_with_it,
                a_subscription_reads_back_as_it_was_made,
                a_subscription_keeps_its_pattern_and_place,
                a_new_subscription_begins_where_it_says,
                there_are_no_more_subscriptions_than_allowed,
                an_ended_subscription_is_gone,
            }
            topics_publish = topics::publish {
                a_message_has_the_place_of_its_event,
                a_message_reads_back_as_it_was_published,
                a_large_payload_stays_out_of_the_event,
                only_durable_topics_store,
                a_key_is_stored_once_in_its_topic,
                messages_are_paged_from_the_newest,
                an_attempt_publishes_under_its_lease,
                nothing_to_publish_is_no_error,
                many_publishers_leave_one_order,
            }
            topics_deliver = topics::deliver {
                messages_come_in_their_order_and_once,
                an_acknowledged_message_does_not_come_again,
                an_unacknowledged_message_comes_again_after_its_deadline,
                what_is_delivered_again_comes_before_what_is_new,
                a_late_acknowledgement_changes_nothing,
                an_acknowledgement_after_the_deadline_counts_while_nobody_else_has_the_message,
                an_acknowledgement_named_twice_counts_once,
                an_acknowledgement_of_nothing_is_late,
                a_refused_message_waits_its_backoff,
                a_refusal_can_say_how_long_to_wait,
                who_never_acknowledges_gets_no_more_than_the_bound,
                waiting_messages_count_into_the_bound,
                a_pattern_gets_its_topics_and_passes_over_others,
                a_topic_declared_later_is_delivered_too,
                nobody_has_a_subscription_that_does_not_exist,
                handing_out_tells_nothing,
                where_a_subscription_stands_can_be_seen,
            }
            topics_letters = topics::letters {
                a_silent_consumer_makes_dead_letters_after_exactly_the_allowed_deliveries,
                the_last_refusal_makes_a_dead_letter_at_once,
                a_dead_letter_has_its_event,
                a_dead_letter_is_no_longer_delivered_nor_acknowledged,
                dead_letters_are_of_their_subscription,
                dead_letters_are_paged_from_the_oldest,
                a_redriven_letter_is_delivered_as_if_for_the_first_time,
                all_dead_letters_can_be_redriven_some_at_a_time,
                a_purged_letter_is_gone,
                what_is_not_dead_is_neither_redriven_nor_purged,
            }
            topics_share = topics::share {
                different_subscriptions_each_get_all,
                consumers_of_one_subscription_share_its_messages,
                many_consumers_who_fail_at_times_deal_with_every_message,
                a_place_is_kept_while_nobody_is_there,
            }
            topics_tidy = topics::tidy {
                nothing_to_tidy_is_no_error,
                messages_go_when_they_are_too_old,
                the_oldest_go_when_there_are_too_many,
                what_is_being_delivered_or_dead_stays,
                who_misses_messages_by_retention_is_told_how_many,
                a_key_is_free_once_its_message_is_gone,
                deliveries_are_given_up_though_nobody_pulls,
                old_dead_letters_go,
            }
            together = together {
                many_writers_leave_no_gap_and_the_sink_hears_their_order,
                a_refused_write_takes_no_other_with_it,
                of_many_who_begin_one_task_one_succeeds,
                of_many_results_of_one_attempt_the_one_accepted_is_stored,
                a_stale_result_beside_the_true_one_is_refused,
                a_result_that_cannot_be_stored_takes_no_other_with_it,
                a_result_and_the_loss_of_its_worker_exclude_each_other,
                of_many_same_requests_one_is_stored,
                of_many_first_users_one_is_added,
                a_reader_sees_whole_commits_only,
                agents_are_counted_for_results_that_come_together,
            }
            durable = durable {
                what_was_committed_is_there_after_a_restart,
                the_sequence_goes_on_after_a_restart,
                leases_hold_over_a_restart,
                a_checkpoint_and_a_wish_to_pause_are_known_after_a_restart,
                a_request_is_known_again_after_a_restart,
                users_are_known_after_a_restart,
                a_subscription_goes_on_after_a_restart,
            }
            walk = walk {
                random_operations_keep_the_invariants,
                other_random_operations_keep_the_invariants,
                the_same_seed_tells_the_same_story,
            }
        }
    };
}

/// Makes the tests of [`conformance`](crate::conformance).
#[doc(hidden)]
#[macro_export]
macro_rules! tests {
    ($backend:expr; $($name:ident = $($part:ident)::+ { $($case:ident,)+ })+) => {
        $(
            mod $name {
                use super::*;

                $(
                    #[test]
                    fn $case() {
                        $crate::run(Box::new($backend), $crate::cases::$name::$case);
                    }
                )+
            }
        )+
    };
}

/// Makes a plain function of each case, so that it is compiled here, once, and not again with every back-end.
macro_rules! plain {
    (; $($name:ident = $($part:ident)::+ { $($case:ident,)+ })+) => {
        $(
            pub mod $name {
                use futures::future::LocalBoxFuture;

                use crate::World;
                use crate::$($part)::+ as part;

                $(
                    pub fn $case(world: &World) -> LocalBoxFuture<'_, ()> {
                        Box::pin(part::$case(world))
                    }
                )+
            }
        )+

        /// Every case with its name.
        pub const ALL: &[(&str, for<'a> fn(&'a $crate::World) -> futures::future::LocalBoxFuture<'a, ()>)] =
            &[$($((stringify!($case), $name::$case),)+)+];
    };
}
pub(crate) use plain;
