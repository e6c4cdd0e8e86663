//! Which cases are there of what people, agents and servers leave, and of the log?

/// Adds them to the list.
#[doc(hidden)]
#[macro_export]
macro_rules! others_cases {
    ($then:ident [$($given:tt)*] [$($others:tt)*]) => {
        $crate::topics_cases! { $then [$($given)*] [
            $($others)*
            settings = settings {
                settings_read_back_as_they_were_given_by_name,
                a_name_is_taken_once_for_each_kind,
                each_kind_is_kept_apart_and_reads_back,
                a_change_keeps_when_they_were_made,
                settings_have_their_events_without_the_secret,
            }
            agent_memory = agent_memory {
                what_is_remembered_reads_back_with_what_was_there_before_and_is_no_event,
                who_looked_before_another_wrote_changes_nothing,
                of_many_who_write_at_once_one_is_kept,
                only_the_holder_remembers,
                beyond_the_bound_the_oldest_is_forgotten,
                what_was_written_long_ago_is_forgotten,
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
                another_version_of_an_agent_is_an_event,
                an_agent_that_is_not_among_them_is_no_longer_listed,
                an_agent_that_comes_back_is_the_same_and_is_told_of,
                two_names_under_one_identifier_are_refused,
                a_draining_agent_is_drained_once_nothing_runs,
                a_change_of_status_has_its_event,
                a_circuit_that_was_closed_has_its_event_and_changes_nothing_else,
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
                how_an_agent_stands_on_its_carrier_reads_back_as_the_beat_told_it,
                how_an_agent_stood_holds_no_longer_once_its_circuit_was_closed,
                an_agent_that_has_gone_is_known_for_as_long_as_is_asked,
                only_silent_servers_are_forgotten,
                a_server_that_was_forgotten_brings_its_agents_back,
                one_server_leads_until_its_term_is_over,
                whoever_leaves_steps_down,
            }
        ] }
    };
}
