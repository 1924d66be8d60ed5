//! Requests as bytes.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
};

use lab_common::Random;

use crate::{
    data::{self, Data, FIRST_DOOMED, FIRST_TASK, TASK},
    workload::Workload,
};

/// A source of requests for the load generator.
pub(crate) trait Requests {
    /// Writes the next request, and returns the status that its response must have.
    fn next(&mut self, request: &mut String) -> u16;
}

/// A user of the service, and the headers of their requests.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    headers: String,
}

impl Client {
    /// The user with this token.
    pub(crate) fn new(token: &str) -> Self {
        let headers = format!(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nAuthorization: Bearer {token}\r\n");
        Self { headers }
    }

    /// Writes a request without a body.
    pub(crate) fn plain(&self, request: &mut String, method: &str, path: &str) {
        request.extend([method, " ", path, &self.headers, "\r\n"]);
    }

    /// Writes a request with a JSON body.
    pub(crate) fn with_body(&self, request: &mut String, method: &str, path: &str, body: &str) {
        request.extend([method, " ", path, &self.headers, "Content-Type: application/json\r\nContent-Length: "]);
        let _ = write!(request, "{}\r\n\r\n{body}", body.len());
    }
}

/// Requests of one workload, from random clients.
pub(crate) struct Working<'a> {
    /// The workload.
    pub(crate) workload: Workload,
    /// The rows in the database.
    pub(crate) data: Data,
    /// One client for each owner, in order.
    pub(crate) clients: &'a [Client],
    /// The source of random choices.
    pub(crate) random: Random,
    /// The number of tasks deleted so far.
    pub(crate) deleted: &'a AtomicU64,
}

impl Requests for Working<'_> {
    fn next(&mut self, request: &mut String) -> u16 {
        let workload = if self.workload == Workload::Mix { self.one_of_mix() } else { self.workload };
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
    /// The owner of this task.
    fn client(&self, number: u64) -> &Client {
        let at = usize::try_from(number % self.data.owners).unwrap_or_default();
        &self.clients[at]
    }

    fn one_of_mix(&mut self) -> Workload {
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

/// The start of the titles that creates and updates send.
pub(crate) const TITLE: &str = "Buy wine ";

fn body(number: u64) -> String {
    format!(r#"{{"title":"{TITLE}{number}","description":"Red, and a little cheese to go with it"}}"#)
}

/// A client for each owner, with a token from `token`.
pub(crate) fn clients(owners: u64, token: impl Fn(&str) -> anyhow::Result<String>) -> anyhow::Result<Vec<Client>> {
    (0..owners).map(|number| Ok(Client::new(&token(&data::owner(number))?))).collect()
}
