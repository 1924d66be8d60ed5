//! The cases of creating and getting a task.

use super::{
    super::{alice, nobody, titled},
    common::{create, create_as, description, fresh_id, groceries, now, title},
};
use crate::{CreateOptions, NewTask, RepositoryError, Task, TaskRepository, Version};

pub async fn a_created_task_is_returned_whole_and_found_again(tasks: &dyn TaskRepository) {
    let id = fresh_id();

    let created = create_as(tasks, &alice().id, id, &groceries()).await;

    let expected = Task {
        id,
        owner: alice().id,
        title: title("Buy groceries"),
        description: Some(description("Milk, eggs, bread")),
        completed: false,
        created_at: now(),
        updated_at: now(),
        version: Version::FIRST,
    };
    assert_eq!(created, expected);
    assert_eq!(tasks.get(&alice().id, id).await.unwrap(), Some(expected));
}

pub async fn a_task_of_an_unknown_user_is_rejected(tasks: &dyn TaskRepository) {
    let options = CreateOptions::default();
    let outcome = tasks.create(&nobody().id, fresh_id(), &groceries(), &options, now()).await;

    assert!(matches!(outcome, Err(RepositoryError::UnknownOwner)), "{outcome:?}");
}

pub async fn text_is_stored_unchanged(tasks: &dyn TaskRepository) {
    let texts = [
        "é and e\u{301} are not made equal",
        "👩‍👩‍👧‍👦 \u{202E}right to left\u{202C} \u{FFFF}",
        "'; DROP TABLE tasks; -- %_\\ \"quoted\" $1 ?",
        "ｆｕｌｌ　ｗｉｄｔｈ",
    ];
    for text in texts {
        let task = NewTask { description: Some(description(text)), completed: true, ..titled(text) };

        let created = create(tasks, &task).await;
        let found = tasks.get(&alice().id, created.id).await.unwrap().unwrap();

        assert_eq!((found.title.as_str(), found.completed), (text, true));
        assert_eq!(found.description, Some(description(text)));
    }
    for text in ["", " \t\r\n ", "first\nsecond\r\n\tthird "] {
        let task = NewTask { description: Some(description(text)), ..groceries() };

        assert_eq!(create(tasks, &task).await.description, Some(description(text)));
    }
}

pub async fn a_missing_task_is_not_found(tasks: &dyn TaskRepository) {
    assert_eq!(tasks.get(&alice().id, fresh_id()).await.unwrap(), None);
}
