//! Which cases are there of everything at once?

/// Adds them to the list.
#[doc(hidden)]
#[macro_export]
macro_rules! together_cases {
    ($then:ident [$($given:tt)*] [$($others:tt)*]) => {
        $crate::$then! { $($given)*;
            $($others)*
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
                journals_workflows_and_notifications_are_known_after_a_restart,
            }
            walk = walk {
                random_operations_keep_the_invariants,
                other_random_operations_keep_the_invariants,
                the_same_seed_tells_the_same_story,
            }
        }
    };
}
