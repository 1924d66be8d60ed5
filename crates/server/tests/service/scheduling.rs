//! When the service gets a processor.

use std::fs;

use infra::testing::TestDatabase;

use crate::support::Service;

#[tokio::test]
async fn the_threads_that_serve_do_not_interrupt_others() {
    const BATCH: &str = "3";

    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &[("WORKERS", "2")]);

    let tasks = fs::read_dir(format!("/proc/{}/task", service.process_id())).unwrap();
    let policies = tasks.filter_map(|task| {
        // Another thread may have come to its end meanwhile.
        let stat = fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        let (head, fields) = stat.rsplit_once(") ")?;
        // proc(5) numbers them; these begin with the third.
        let policy = fields.split(' ').nth(41 - 3)?.to_owned();
        head.contains("(actix-server wo").then_some(policy)
    });
    assert_eq!(policies.collect::<Vec<_>>(), [BATCH; 2]);
}
