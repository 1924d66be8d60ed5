//! Clients that send all kinds of requests for a few tasks at the same time, and record them.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Instant};

use tokio::{sync::Mutex, task::JoinSet};

use super::{
    choice::{Dice, Knowledge, choose},
    model::{Operation, Owner},
    wire::{Told, ask},
};
use crate::{context::SECRET, http::Client, promises::Failure, tokens};

/// The size of a history.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) users: u32,
    /// Clients of each user.
    pub(crate) clients: u32,
    /// Requests of each client.
    pub(crate) requests: u32,
    /// The percentage of requests for tasks of another user.
    pub(crate) foreign: usize,
}

/// A recorded history.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) operations: Vec<Operation>,
    pub(crate) failures: BTreeMap<Failure, u64>,
}

/// Records a history of users whose numbers begin with `first`. Clients are spread over the services.
pub(crate) async fn record(services: &[SocketAddr], plan: Plan, first: u32) -> anyhow::Result<History> {
    let owners = (first..first + plan.users).map(Owner);
    let knowledge: Vec<Knowledge> = owners.clone().map(Knowledge::of).collect();
    let knowledge = Arc::new(Mutex::new(knowledge));
    let begin = Instant::now();
    let clients =
        owners.enumerate().flat_map(|(user, owner)| (0..plan.clients).map(move |client| (user, owner, client)));
    let mut recorders = JoinSet::new();
    for ((user, owner, client), service) in clients.zip(services.iter().cycle()) {
        let recorder = Recorder {
            user,
            owner,
            http: Client::new(*service, &tokens::of(&owner.to_string(), SECRET)),
            knowledge: knowledge.clone(),
            dice: Dice::new(u64::from(owner.0) << 32 | u64::from(client)),
            begin,
            history: History::default(),
        };
        recorders.spawn(recorder.record(plan));
    }
    let mut history = History::default();
    while let Some(recorded) = recorders.join_next().await {
        let recorded = recorded??;
        history.operations.extend(recorded.operations);
        for (failure, times) in recorded.failures {
            *history.failures.entry(failure).or_default() += times;
        }
    }
    Ok(history)
}

struct Recorder {
    /// The index of the user in `knowledge`.
    user: usize,
    owner: Owner,
    http: Client,
    /// What all users know.
    knowledge: Arc<Mutex<Vec<Knowledge>>>,
    dice: Dice,
    begin: Instant,
    history: History,
}

impl Recorder {
    async fn record(mut self, plan: Plan) -> anyhow::Result<History> {
        for _ in 0..plan.requests {
            let (request, manner) = choose(&mut self.dice, &mut self.knowledge.lock().await, self.user, plan.foreign);
            let start = self.begin.elapsed();
            let told = ask(&mut self.http, self.owner, &request, &manner).await?;
            let end = self.begin.elapsed();
            self.knowledge.lock().await[self.user].learn(&request, &told);
            if let Some(failure) = told.failure {
                *self.history.failures.entry(failure).or_default() += 1;
            }
            let Told { answer, text, .. } = told;
            self.history.operations.push(Operation { owner: self.owner, start, end, request, answer, text });
        }
        Ok(self.history)
    }
}
