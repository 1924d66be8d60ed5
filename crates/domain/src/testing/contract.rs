//! The contract of each port's adapters, with one function for each case.
//!
//! A case is a plain `async fn` that takes the adapter and panics if it violates the contract. For each port a macro such as
//! [`task_repository_contract!`](crate::task_repository_contract) lists the cases and defines a test of each for one adapter.

#![expect(
    missing_docs,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "these are tests: their names say what they prove, and their failure is a panic"
)]

mod changes;
mod common;
mod conflicts;
mod creates;
mod isolation;
mod lists;
mod strangers;
mod tasks;

pub use changes::*;
pub use conflicts::*;
pub use creates::*;
pub use isolation::*;
pub use lists::*;
pub use strangers::*;
pub use tasks::*;

/// Defines one named test for each case, for one adapter.
///
/// The fixture is an async function that returns a value that dereferences to the adapter, or `None` if the adapter is not
/// available. The cases are functions of this module.
#[macro_export]
macro_rules! contract {
    ($fixture:path: $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some(adapter) = $fixture().await {
                    $crate::testing::contract::$case(&*adapter).await;
                }
            }
        )*
    };
}

/// The contract of a [`TaskRepository`](crate::TaskRepository), which also keeps idempotency keys and provisions users.
///
/// The adapter of the [fixture](contract!) has [`alice`](super::alice) and [`bob`](super::bob) as users and no tasks.
#[macro_export]
macro_rules! task_repository_contract {
    ($fixture:path) => {
        $crate::contract! { $fixture:
            a_created_task_is_returned_whole_and_found_again,
            a_task_of_an_unknown_user_is_rejected,
            text_is_stored_unchanged,
            a_missing_task_is_not_found,
            an_update_changes_only_the_fields_it_names,
            an_update_clears_a_description,
            every_change_adds_one_to_the_version,
            completed_is_set_or_toggled,
            a_missing_task_is_not_updated,
            updated_at_never_goes_backwards,
            updated_at_follows_the_clock_to_the_millisecond,
            a_deleted_task_stays_deleted,
            a_list_is_newest_first,
            a_list_of_a_user_without_tasks_is_empty,
            pages_have_no_gap_and_no_overlap,
            pages_of_more_sizes_than_prepared_statements_work,
            a_page_ends_with_the_task_that_reaches_the_limit_of_text,
            a_page_starts_after_a_task_that_was_deleted,
            a_list_is_filtered_by_completed,
            a_stranger_gets_nothing,
            a_stranger_lists_nothing,
            a_stranger_updates_nothing,
            a_stranger_deletes_nothing,
            two_users_may_have_the_same_task_id,
            concurrent_toggles_are_all_counted,
            a_change_of_a_seen_version_takes_place,
            a_change_of_another_version_returns_the_present_task,
            a_change_of_an_excluded_version_does_not_take_place,
            a_conditional_change_of_a_missing_task_finds_nothing,
            one_of_concurrent_changes_of_one_version_takes_place,
            a_create_repeated_under_its_key_is_replayed,
            a_replay_shows_the_task_as_it_was_created,
            a_key_is_not_used_for_another_task,
            two_users_may_use_the_same_key,
            a_key_expires,
            deleted_keys_are_free,
            a_failed_create_leaves_its_key_free,
            one_of_concurrent_creates_under_one_key_takes_place,
            no_more_tasks_are_created_than_the_quota_allows,
            a_create_beyond_the_quota_leaves_its_key_free,
            keys_of_deleted_tasks_count_against_a_quota_of_their_own,
            random_operations_of_two_owners_never_mix,
        }
    };
}
