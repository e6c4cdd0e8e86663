//! Which cases are there of journals, workflows and notifications?

/// Adds them to the list.
#[doc(hidden)]
#[macro_export]
macro_rules! flows_cases {
    ($then:ident [$($given:tt)*] [$($others:tt)*]) => {
        $crate::together_cases! { $then [$($given)*] [
            $($others)*
            journals = journals {
                a_journal_reads_back_as_it_was_opened,
                of_a_journal_that_does_not_exist_nothing_is_read,
                a_journal_of_a_project_that_does_not_exist_is_refused,
                a_key_opens_one_journal_of_its_kind,
                an_identifier_opens_one_journal,
                of_many_who_open_with_one_key_one_succeeds,
                a_turn_is_stored_with_all_of_it,
                a_stale_turn_changes_nothing,
                a_turn_under_a_row_of_another_journal_is_stored_only_while_that_stands,
                a_turn_of_an_attempt_is_stored_only_while_its_task_runs_under_its_lease,
                of_those_who_write_under_a_row_and_who_takes_it_away_nobody_writes_afterwards,
                of_many_who_write_on_one_version_one_succeeds,
                facts_are_read_after_a_number,
                rows_are_replaced_removed_and_cleared_in_one_turn,
                rows_come_by_the_bytes_of_their_names_page_by_page,
                a_turn_of_thousands_of_rows_is_stored_whole,
                values_of_any_shape_read_back,
            }
            journal_lists = journal_lists {
                a_list_of_journals_has_the_newest_first,
                a_list_of_journals_holds_exactly_what_the_query_admits,
                pages_of_journals_follow_one_another,
                the_earliest_due_journal_comes_first_whether_it_goes_on_or_not,
                the_next_instant_of_a_kind_is_its_earliest,
                journals_that_go_on_come_by_their_identifiers_page_by_page,
                old_journals_that_are_over_are_forgotten_with_all_that_is_theirs,
                a_step_forgets_the_oldest_journals_up_to_its_limit,
                a_journal_stays_as_long_as_its_parent,
                a_conflict_is_forgotten_though_its_line_goes_on,
            }
            workflows = workflows {
                a_workflow_reads_back_in_every_version,
                a_workflow_of_a_project_that_does_not_exist_is_refused,
                a_version_that_says_the_same_is_not_stored,
                a_version_that_stands_on_an_old_one_is_refused,
                no_more_workflows_are_in_use_than_allowed,
                a_retired_workflow_keeps_its_versions_and_can_come_back,
                a_version_is_found_by_its_hash,
                workflows_are_listed_by_the_bytes_of_their_names,
                the_versions_of_a_workflow_are_paged_from_the_newest,
                of_many_who_store_on_one_version_one_succeeds,
                of_many_new_workflows_no_more_are_stored_than_allowed,
            }
            notifications = notifications {
                a_notification_reads_back_and_moves_the_place,
                a_user_has_one_notification_of_an_event,
                who_does_not_go_on_from_the_place_stores_nothing,
                an_identifier_that_is_taken_is_refused_with_all_that_came_with_it,
                of_many_who_go_on_from_one_place_one_succeeds,
                what_is_done_is_settled_for_everybody,
                what_is_asked_for_again_stays_open,
                notifications_are_marked_as_read_and_as_unread,
                the_unread_are_counted_up_to_a_bound,
                notifications_are_paged_from_the_newest,
                the_oldest_notifications_are_forgotten,
            }
        ] }
    };
}
