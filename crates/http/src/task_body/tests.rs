use domain::{Description, OwnerId, TaskId, Title, Version};
use proptest::prelude::*;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;

proptest! {
    #[test]
    fn a_task_is_written_as_serde_would_write_it(
        owner in "[ -~]{1,30}",
        title in "\\PC{0,20}[\"\\\\a-zé]\\PC{0,20}",
        description in proptest::option::of("(\\PC|[\"\\\\\n\t\r]){0,60}"),
        completed in any::<bool>(),
        id in any::<u128>(),
        times in [-62_167_219_200_i64..=253_402_300_799, -62_167_219_200_i64..=253_402_300_799],
        version in 1_i64..,
    ) {
        let [created_at, updated_at] = times.map(|time| OffsetDateTime::from_unix_timestamp(time).unwrap().into());
        let task = Task {
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
        prop_assert_eq!(json(&task), expected.to_string());
    }
}
