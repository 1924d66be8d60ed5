//! Reads what is logged.

use std::{
    fs::File,
    io::{Read, Seek},
    sync::Arc,
};

/// What is logged meanwhile, on this thread.
pub(crate) async fn logged(work: impl Future<Output = ()>) -> String {
    let mut log = tempfile::tempfile().unwrap();
    let writer: Arc<File> = Arc::new(log.try_clone().unwrap());
    let logs = tracing_subscriber::fmt().with_writer(writer).finish();
    let until_the_end = tracing::subscriber::set_default(logs);
    work.await;
    drop(until_the_end);
    let mut lines = String::new();
    log.rewind().unwrap();
    log.read_to_string(&mut lines).unwrap();
    lines
}
