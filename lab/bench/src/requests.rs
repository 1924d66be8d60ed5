//! Requests, written as they go out.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
};

use lab_common::Random;

use crate::{
    data::{self, Data, FIRST_DOOMED, FIRST_TASK, TASK},
    workload::Workload,
};

/// What the load generator sends.
pub(crate) trait Requests {
    /// Writes the next request, and says which status the response must have.
    fn next(&mut self, request: &mut String) -> u16;
}

/// One user of the service, and what their requests have in common.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    headers: String,
}

impl Client {
    /// The user whose token this is.
    pub(crate) fn new(token: &str) -> Self {
        let headers = format!(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nAuthorization: Bearer {token}\r\n");
        Self { headers }
    }

    /// A request without a body.
    pub(crate) fn plain(&self, request: &mut String, method: &str, path: &str) {
        request.extend([method, " ", path, &self.headers, "\r\n"]);
    }

    /// A request with one.
    pub(crate) fn with_body(&self, request: &mut String, method: &str, path: &str, body: &str) {
        request.extend([method, " ", path, &self.headers, "Content-Type: application/json\r\nContent-Length: "]);
        let _ = write!(request, "{}\r\n\r\n{body}", body.len());
    }
}

/// Requests of one workload, of all clients at random.
pub(crate) struct Working<'a> {
    /// What is asked for.
    pub(crate) workload: Workload,
    /// The rows that there are.
    pub(crate) data: Data,
    /// Who asks: one client an owner, in order.
    pub(crate) clients: &'a [Client],
    /// Where the choices come from.
    pub(crate) random: Random,
    /// How many of the tasks that are there to be deleted have been.
    pub(crate) deleted: &'a AtomicU64,
}

impl Requests for Working<'_> {
    fn next(&mut self, request: &mut String) -> u16 {
        let workload = if self.workload == Workload::Mix { self.of_the_mix() } else { self.workload };
        let number = self.random.below(self.data.tasks());
        if workload == Workload::Delete {
            let number = self.deleted.fetch_add(1, Ordering::Relaxed);
            self.client(number).plain(request, "DELETE", &task(FIRST_DOOMED + number));
            return 204;
        }
        let client = self.client(number);
        let path = || task(FIRST_TASK + number);
        match workload {
            Workload::Get | Workload::Mix | Workload::Delete => client.plain(request, "GET", &path()),
            Workload::List20 => client.plain(request, "GET", "/api/tasks?limit=20"),
            Workload::List1000 => client.plain(request, "GET", "/api/tasks?limit=1000"),
            Workload::Toggle => client.plain(request, "PATCH", &(path() + "/complete")),
            Workload::Update => client.with_body(request, "PATCH", &path(), &body(number)),
            Workload::Create => {
                client.with_body(request, "POST", "/api/tasks", &body(number));
                return 201;
            }
        }
        200
    }
}

impl Working<'_> {
    /// The client whose task this is.
    fn client(&self, number: u64) -> &Client {
        let at = usize::try_from(number % self.data.owners).unwrap_or_default();
        &self.clients[at]
    }

    fn of_the_mix(&mut self) -> Workload {
        let mut rest = self.random.below(100);
        for (workload, percent) in Workload::MIX {
            if rest < percent {
                return workload;
            }
            rest -= percent;
        }
        Workload::Get
    }
}

fn task(number: u64) -> String {
    format!("/api/tasks/{TASK}{number}")
}

/// What the titles of all tasks that are created or changed begin with.
pub(crate) const TITLE: &str = "Buy wine ";

fn body(number: u64) -> String {
    format!(r#"{{"title":"{TITLE}{number}","description":"Red, and a little cheese to go with it"}}"#)
}

/// A client for each owner, with the tokens that this makes.
pub(crate) fn clients(owners: u64, token: impl Fn(&str) -> anyhow::Result<String>) -> anyhow::Result<Vec<Client>> {
    (0..owners).map(|number| Ok(Client::new(&token(&data::owner(number))?))).collect()
}
