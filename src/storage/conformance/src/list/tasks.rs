//! Which cases are there of tasks?

/// Adds them to the list.
#[doc(hidden)]
#[macro_export]
macro_rules! tasks_cases {
    ($then:ident [$($given:tt)*] [$($others:tt)*]) => {
        $crate::others_cases! { $then [$($given)*] [
            $($others)*
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
            voted = tasks::voted {
                who_does_a_task_is_stored_with_it,
                a_repeated_request_answers_with_what_was_asked_for,
                a_task_that_several_do_completes_while_it_waits,
                one_that_waits_for_anything_else_has_no_result,
                answers_differ_once_and_open_one_decision,
                no_decision_is_opened_for_others,
                something_follows_once_every_voter_has_ended,
                something_follows_once_the_decision_has_ended_or_is_missing,
                a_decision_whose_task_has_ended_is_due,
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
        ] }
    };
}
