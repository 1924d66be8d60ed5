//! Which statements distribute the tables, from what was found.

use migration::{HISTORY, TableName};

use super::{
    ShardError,
    node::{Node, Nodes},
};

/// What was found in a cluster.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) coordinator: Option<Node>,
    pub(super) workers: Vec<Node>,
    /// Better Auth's table.
    pub(super) users: Table,
    /// The tables of this program.
    pub(super) own: Vec<Table>,
}

/// A table, and how it is kept.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: TableName,
    pub(super) kind: Kind,
}

/// How a table is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// On the coordinator.
    Local,
    /// Copied to each node.
    Reference,
    /// Each row on one worker.
    Distributed,
}

/// A statement of the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardStep {
    /// Its text, without a semicolon.
    pub sql: String,
    /// What it is for.
    pub why: &'static str,
    /// Whether it is done.
    pub state: StepState,
}

/// Whether a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It was done before.
    Done,
    /// It can be run.
    Missing,
    /// It can be run when this option is given. Until then its text has a placeholder.
    Needs(&'static str),
}

/// How a table of this program must be kept. The migrations that were applied are read on each node. The key of each other table begins
/// with the user.
fn wanted(own: &Table) -> Kind {
    if own.name.table == HISTORY { Kind::Reference } else { Kind::Distributed }
}

/// All steps in the order that works: the nodes, what each node has a copy of, and then what refers to it.
pub(super) fn steps(found: &Found, nodes: &Nodes) -> Result<Vec<ShardStep>, ShardError> {
    let mut steps = vec![coordinator(found, nodes)];
    steps.extend(workers(found, nodes));
    steps.push(reference(&found.users, "tasks refer to users, so each node has a copy of them")?);
    for table in found.own.iter().filter(|table| wanted(table) == Kind::Reference) {
        steps.push(reference(
            table,
            "a replica may connect to a worker, and reads there which migrations were applied",
        )?);
    }
    let mut first: Option<&Table> = None;
    for table in found.own.iter().filter(|table| wanted(table) == Kind::Distributed) {
        steps.push(distributed(table, first)?);
        first = first.or(Some(table));
    }
    Ok(steps)
}

/// What is not as it must be.
pub(super) fn faults(found: &Found) -> Vec<String> {
    let coordinator = "the coordinator is not in pg_dist_node, so deleting a user leaves their sessions";
    let mut faults: Vec<String> = found.coordinator.is_none().then(|| coordinator.to_owned()).into_iter().collect();
    let own = found.own.iter().map(|table| (table, wanted(table)));
    for (table, wanted) in [(&found.users, Kind::Reference)].into_iter().chain(own) {
        if table.kind != wanted {
            let is_not = if wanted == Kind::Reference { "is not a reference table" } else { "is not distributed" };
            faults.push(format!("{} {is_not}", table.name));
        }
    }
    faults
}

fn coordinator(found: &Found, nodes: &Nodes) -> ShardStep {
    let (node, state) = named(found.coordinator.as_ref(), nodes.coordinator.as_ref(), "--coordinator");
    let why = "the name by which workers reach the coordinator: without it, deleting a user leaves their sessions";
    ShardStep { sql: format!("SELECT citus_set_coordinator_host({node})"), why, state }
}

fn workers(found: &Found, nodes: &Nodes) -> Vec<ShardStep> {
    let new = nodes.workers.iter().filter(|node| !found.workers.contains(node)).map(|node| (None, Some(node)));
    let mut all: Vec<_> = found.workers.iter().map(|node| (Some(node), None)).chain(new).collect();
    if all.is_empty() {
        all.push((None, None));
    }
    let step = |(found, given)| {
        let (node, state) = named(found, given, "--worker");
        ShardStep { sql: format!("SELECT citus_add_node({node})"), why: "a machine that holds rows", state }
    };
    all.into_iter().map(step).collect()
}

/// A node that was found or else given, for the text of a statement.
fn named(found: Option<&Node>, given: Option<&Node>, option: &'static str) -> (String, StepState) {
    match (found, given) {
        (Some(node), _) => (node.to_string(), StepState::Done),
        (None, Some(node)) => (node.to_string(), StepState::Missing),
        (None, None) => ("'HOST', 5432".to_owned(), StepState::Needs(option)),
    }
}

fn reference(table: &Table, why: &'static str) -> Result<ShardStep, ShardError> {
    let sql = format!("SELECT create_reference_table({})", literal(&table.name));
    Ok(ShardStep { sql, why, state: state(table, Kind::Reference)? })
}

fn distributed(table: &Table, first: Option<&Table>) -> Result<ShardStep, ShardError> {
    let beside = first.map(|first| format!(", colocate_with => {}", literal(&first.name))).unwrap_or_default();
    let why = match first {
        None => "all tasks of a user are on one worker",
        Some(_) => "beside the tasks of the same user, so that a create and its key are one transaction on one worker",
    };
    let sql = format!("SELECT create_distributed_table({}, 'user_id'{beside})", literal(&table.name));
    Ok(ShardStep { sql, why, state: state(table, Kind::Distributed)? })
}

fn state(table: &Table, wanted: Kind) -> Result<StepState, ShardError> {
    match table.kind {
        Kind::Local => Ok(StepState::Missing),
        kind if kind == wanted => Ok(StepState::Done),
        _ => Err(ShardError::Otherwise(table.name.quoted())),
    }
}

/// The name as a value in the text of a statement.
fn literal(table: &TableName) -> String {
    format!("'{}'", table.quoted().replace('\'', "''"))
}
