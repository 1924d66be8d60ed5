//! Without sharing, each statement has a connection and a commit of its own.

use futures_util::future::join_all;

use crate::support::{TestDatabase, get, insert};

#[tokio::test]
async fn statements_that_share_nothing_have_their_own_commits() {
    let Some(database) = TestDatabase::create_without_sharing().await else { return };
    let executor = database.executor();

    for inserted in join_all((0..40).map(|id| executor.run(insert(id, id)))).await {
        inserted.unwrap();
    }
    for read in join_all((0..40).map(|id| executor.run(get(id)))).await {
        assert_eq!(read.unwrap().rows.len(), 1);
    }

    assert_eq!(database.value("SELECT count(DISTINCT xmin::text)::text FROM t").await, "40");
    let statistics = executor.statistics();
    assert_eq!((statistics.grouped, statistics.ungrouped, statistics.pipelined), (0, 0, 0));
    assert_eq!(statistics.max_connections, 16);
}
