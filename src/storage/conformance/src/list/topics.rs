//! Which cases are there of topics?

/// Adds them to the list.
#[doc(hidden)]
#[macro_export]
macro_rules! topics_cases {
    ($then:ident [$($given:tt)*] [$($others:tt)*]) => {
        $crate::flows_cases! { $then [$($given)*] [
            $($others)*
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
                a_word_in_one_subscription_changes_nothing_in_another,
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
        ] }
    };
}
