//! Chooses requests at random.

use lab_common::Random;

use super::{
    model::{Answer, Change, Completed, Description, Name, Owner, Request, State},
    wire::{Manner, Told},
};

/// The number of tasks up to which a user creates more.
const TASKS: usize = 6;

/// The number of tasks that a user remembers, deleted ones included.
const MEMORY: usize = 10;

/// The knowledge of a user's clients from responses.
#[derive(Debug)]
pub(crate) struct Knowledge {
    owner: Owner,
    /// The numbers of tasks and texts so far.
    names: u32,
    texts: u32,
    tasks: Vec<Known>,
    /// Creates with a key that may be repeated.
    keyed: Vec<Request>,
    cursor: Option<String>,
}

#[derive(Debug, Clone)]
struct Known {
    name: Name,
    id: String,
    version: u32,
    is_deleted: bool,
}

/// Random choices.
pub(crate) struct Dice(Random);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.below(end as u64)).unwrap_or_default()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Chooses a request and how to send it.
pub(crate) fn choose(dice: &mut Dice, users: &mut [Knowledge], own: usize, foreign: usize) -> (Request, Manner) {
    let other = (own + 1 + dice.below(users.len() - 1)) % users.len();
    let is_foreign = dice.below(100) < foreign;
    let reach = if is_foreign { other } else { own };
    let in_path = match dice.below(4) {
        0 => Some(users[own].owner),
        1 => Some(users[reach].owner),
        _ => None,
    };
    let in_body = dice.one_in(8).then_some(users[other].owner);
    let target = users[reach].some_task(dice);
    let cursor = users[reach].cursor.clone().filter(|_| dice.one_in(2));
    let (id, version) = target.as_ref().map(|task| (task.id.clone(), task.version)).unwrap_or_default();
    let mut manner = Manner { id, in_path, in_body, cursor: None, put: dice.one_in(2), hastily: dice.one_in(40) };
    let user = &mut users[own];
    let request = match (dice.below(100), target.map(|task| task.name)) {
        (0..15, _) if user.has_room() => user.create(dice),
        (15..21, _) if !user.keyed.is_empty() => {
            // One of the last three, which may still be in flight.
            let back = 1 + dice.below(user.keyed.len().min(3));
            user.keyed[user.keyed.len() - back]
        }
        (0..30, _) => {
            manner.cursor = cursor;
            let is_page = manner.cursor.is_some() || dice.one_in(4);
            Request::List { completed: dice.one_in(3).then(|| dice.one_in(2)), whole: !is_page }
        }
        (30..50, Some(name)) => Request::Get { name, if_none_match: dice.one_in(4).then_some(version) },
        (50..88, Some(name)) => Request::Change { name, if_match: if_match(dice, version), change: user.change(dice) },
        (_, Some(name)) => Request::Delete { name, if_match: if_match(dice, version) },
        (_, None) => user.create(dice),
    };
    (request, manner)
}

/// No version, the last known one, or the one before.
fn if_match(dice: &mut Dice, version: u32) -> Option<u32> {
    match dice.below(4) {
        0 => None,
        1 => Some(version.max(2) - 1),
        _ => Some(version),
    }
}

impl Knowledge {
    pub(crate) fn of(owner: Owner) -> Self {
        Self { owner, names: 0, texts: 0, tasks: Vec::new(), keyed: Vec::new(), cursor: None }
    }

    fn has_room(&self) -> bool {
        self.tasks.iter().filter(|task| !task.is_deleted).count() < TASKS
    }

    /// A task, more often an older one, so that clients choose the same tasks. Sometimes a deleted one.
    fn some_task(&self, dice: &mut Dice) -> Option<Known> {
        let may_be_deleted = dice.one_in(8);
        let tasks: Vec<&Known> = self.tasks.iter().filter(|task| may_be_deleted || !task.is_deleted).collect();
        (!tasks.is_empty()).then(|| {
            let up_to = dice.below(tasks.len());
            tasks[dice.below(up_to + 1)].clone()
        })
    }

    fn create(&mut self, dice: &mut Dice) -> Request {
        self.names += 1;
        let name = Name { owner: self.owner, number: self.names };
        let description = dice.one_in(2).then(|| self.text());
        let first = State { version: 1, title: self.text(), description, completed: dice.one_in(2) };
        let request = Request::Create { name, first, has_key: dice.one_in(3) };
        if matches!(request, Request::Create { has_key: true, .. }) {
            self.keyed.push(request);
        }
        request
    }

    fn change(&mut self, dice: &mut Dice) -> Change {
        let completed = match dice.below(3) {
            0 => Completed::Toggle,
            1 => Completed::Set(dice.one_in(2)),
            _ => Completed::Keep,
        };
        let keep = Change { title: None, description: Description::Keep, completed };
        match dice.below(4) {
            _ if completed == Completed::Toggle => keep,
            0 if completed != Completed::Keep => keep,
            0 | 1 => Change { title: Some(self.text()), ..keep },
            2 => Change { description: Description::Set(self.text()), ..keep },
            _ => Change { description: Description::Clear, ..keep },
        }
    }

    fn text(&mut self) -> u32 {
        self.texts += 1;
        self.texts
    }

    pub(crate) fn learn(&mut self, request: &Request, told: &Told) {
        for seen in told.answer.seen().iter().filter(|seen| seen.name.owner == self.owner) {
            match self.tasks.iter_mut().find(|task| task.name == seen.name) {
                Some(task) => task.version = task.version.max(seen.state.version),
                None => self.tasks.push(Known {
                    name: seen.name,
                    id: seen.id.clone(),
                    version: seen.state.version,
                    is_deleted: false,
                }),
            }
        }
        if matches!(told.answer, Answer::Deleted | Answer::Absent) {
            for gone in self.tasks.iter_mut().filter(|task| Some(task.name) == request.name()) {
                gone.is_deleted = true;
            }
        }
        if self.tasks.len() > MEMORY {
            let oldest = self.tasks.iter().position(|task| task.is_deleted).unwrap_or(0);
            self.tasks.remove(oldest);
        }
        self.cursor = told.next_cursor.clone().or(self.cursor.take());
    }
}
