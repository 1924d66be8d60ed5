//! The most important case: each of two owners sees only their own tasks.

use std::collections::BTreeMap;

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::Index,
    test_runner::{Config, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};

use super::super::{FixedClock, SequentialIds, alice, bob, titled};
use crate::{
    Clock, CompletedChange, CreateOptions, IdSource, OwnerId, Precondition, Task, TaskChanges, TaskId, TaskQuery,
    TaskRepository, Title, UpdateOutcome,
};

#[derive(Debug, Clone)]
enum Operation {
    Create,
    Get(Index),
    Update(Index),
    Toggle(Index),
    Delete(Index),
    List { completed: Option<bool> },
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        3 => Just(Operation::Create),
        2 => any::<Index>().prop_map(Operation::Get),
        2 => any::<Index>().prop_map(Operation::Update),
        2 => any::<Index>().prop_map(Operation::Toggle),
        1 => any::<Index>().prop_map(Operation::Delete),
        1 => any::<Option<bool>>().prop_map(|completed| Operation::List { completed }),
    ]
}

/// Runs random operations of Alice and Bob on random ids, their own and each other's. Every answer must be the one that the
/// user would get without the other.
///
/// Must run on a multi-threaded Tokio runtime.
#[expect(clippy::unused_async, reason = "every case of the contract is async")]
pub async fn random_operations_of_two_owners_never_mix(tasks: &dyn TaskRepository) {
    let histories = vec((any::<bool>(), operation()), 1..40);
    // No file of failures: the message contains the minimal failing case.
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };

    TestRunner::new(config)
        .run(&histories, |history| {
            block_in_place(|| Handle::current().block_on(play(tasks, &history)));
            Ok(())
        })
        .unwrap();
}

async fn play(tasks: &dyn TaskRepository, history: &[(bool, Operation)]) {
    let mut alice = Alone { owner: alice().id, tasks: BTreeMap::new() };
    let mut bob = Alone { owner: bob().id, tasks: BTreeMap::new() };
    let ids = SequentialIds::default();
    let mut made: Vec<TaskId> = Vec::new();

    for (is_alice, operation) in history {
        let actor = if *is_alice { &mut alice } else { &mut bob };
        let any_id = |index: &Index| if made.is_empty() { None } else { Some(*index.get(&made)) };
        match operation {
            Operation::Create => made.push(actor.create(tasks, ids.next(FixedClock::default().now()).into()).await),
            Operation::List { completed } => actor.list(tasks, *completed).await,
            Operation::Get(index) => actor.get(tasks, any_id(index)).await,
            Operation::Delete(index) => actor.delete(tasks, any_id(index)).await,
            Operation::Toggle(index) => {
                let changes = TaskChanges { completed: CompletedChange::Toggle, ..TaskChanges::default() };
                actor.update(tasks, any_id(index), &changes).await;
            }
            Operation::Update(index) => {
                let title = Title::try_from(format!("by {}", actor.owner).as_str()).unwrap();
                actor.update(tasks, any_id(index), &TaskChanges { title: Some(title), ..TaskChanges::default() }).await;
            }
        }
    }

    for actor in [&mut alice, &mut bob] {
        actor.list(tasks, None).await;
        for id in actor.tasks.clone().into_keys() {
            actor.delete(tasks, Some(id)).await;
        }
        actor.list(tasks, None).await;
    }
}

/// One user, and their expected tasks.
struct Alone {
    owner: OwnerId,
    tasks: BTreeMap<TaskId, Task>,
}

impl Alone {
    async fn create(&mut self, tasks: &dyn TaskRepository, id: TaskId) -> TaskId {
        let (task, now) = (titled(&format!("of {}", self.owner)), FixedClock::default().now());
        let outcome = tasks.create(&self.owner, id, &task, &CreateOptions::default(), now).await.unwrap();
        let task = outcome.created().unwrap();
        assert_eq!(task.owner, self.owner);
        self.tasks.insert(id, task);
        id
    }

    async fn get(&mut self, tasks: &dyn TaskRepository, id: Option<TaskId>) {
        let Some(id) = id else { return };
        assert_eq!(tasks.get(&self.owner, id).await.unwrap().as_ref(), self.tasks.get(&id));
    }

    async fn update(&mut self, tasks: &dyn TaskRepository, id: Option<TaskId>, changes: &TaskChanges) {
        let Some(id) = id else { return };
        let now = FixedClock::default().now();
        let outcome = tasks.update(&self.owner, id, changes, &Precondition::None, now).await.unwrap();
        match (outcome, self.tasks.get_mut(&id)) {
            (UpdateOutcome::Absent, None) => {}
            (UpdateOutcome::Done(updated), Some(mine)) => {
                assert_eq!((&updated.owner, updated.id), (&self.owner, id));
                assert_eq!(updated.version, mine.version.next());
                *mine = updated;
            }
            (outcome, mine) => panic!("{} sees {outcome:?} where {mine:?} is theirs", self.owner),
        }
    }

    async fn delete(&mut self, tasks: &dyn TaskRepository, id: Option<TaskId>) {
        let Some(id) = id else { return };
        let expected = if self.tasks.remove(&id).is_some() { UpdateOutcome::Done(()) } else { UpdateOutcome::Absent };
        assert_eq!(tasks.delete(&self.owner, id, &Precondition::None).await.unwrap(), expected);
    }

    async fn list(&mut self, tasks: &dyn TaskRepository, completed: Option<bool>) {
        let query = TaskQuery { completed, ..TaskQuery::default() };
        let listed = tasks.list(&self.owner, &query).await.unwrap().items;
        let mine: Vec<Task> = self
            .tasks
            .values()
            .rev()
            .filter(|task| completed.is_none_or(|completed| task.completed == completed))
            .cloned()
            .collect();
        assert_eq!(listed, mine);
    }
}
