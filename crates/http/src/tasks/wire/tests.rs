use std::collections::BTreeSet;

use domain::{OwnerId, TaskId, Title, Version};
use proptest::prelude::*;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;

proptest! {
    #[test]
    fn a_task_has_every_key_in_order(
        owner in "[ -~]{1,30}",
        title in "\\PC{0,20}[\"\\\\a-zé]\\PC{0,20}",
        description in proptest::option::of("(\\PC|[\"\\\\\n\t\r]){0,60}"),
        completed in any::<bool>(),
        id in any::<u128>(),
        times in [-62_167_219_200_i64..=253_402_300_799, -62_167_219_200_i64..=253_402_300_799],
        version in 1_i64..,
    ) {
        let [created_at, updated_at] = times.map(|time| OffsetDateTime::from_unix_timestamp(time).unwrap().into());
        let task = domain::Task {
            id: TaskId::from(Uuid::from_u128(id)),
            owner: OwnerId::try_from(owner).unwrap(),
            title: Title::try_from(title.as_str()).unwrap(),
            description: description.clone().map(|text| Description::try_from(text).unwrap()),
            completed,
            created_at,
            updated_at,
            version: Version::from(version),
        };
        let expected = json!({
            "id": task.id.to_string(),
            "user_id": task.owner.as_str(),
            "title": task.title.as_str(),
            "description": description,
            "completed": completed,
            "created_at": created_at.to_string(),
            "updated_at": updated_at.to_string(),
            "version": version,
        });
        let written = serde_json::to_string(&Task::from(&task)).unwrap();
        prop_assert!(written.len() <= Task::from(&task).size() || written.contains('\\'), "{}", written.len());
        prop_assert_eq!(written, expected.to_string());
    }
}

#[test]
fn read_only_keys_are_all_keys_that_clients_cannot_set() {
    assert_eq!(*READ_ONLY, ["id", "user_id", "created_at", "updated_at", "version"]);
}

#[test]
fn every_key_has_an_example() {
    let example = Task::example();
    let keys = Task::json_schema(&mut SchemaGenerator::default()).get("properties").unwrap().as_object().unwrap().len();
    assert_eq!(example.as_object().unwrap().len(), keys, "{example}");
}

#[test]
fn every_writable_key_is_shown() {
    let shown = Task::json_schema(&mut SchemaGenerator::default());
    let shown: BTreeSet<&str> =
        shown.get("properties").unwrap().as_object().unwrap().keys().map(String::as_str).collect();
    let writable = TaskInput::FIELDS.iter().chain(CompletionInput::FIELDS);
    assert_eq!(writable.filter(|key| !shown.contains(**key)).count(), 0);
}
