//! Behind a pooler that tracks prepared statements, everything works as without a pooler.

use futures_util::future::join_all;
use pg_executor::{Connector, Error, Executor};
use test_servers::PgBouncer;

use crate::support::{TestDatabase, get, insert, numbers, patient, until_pipelined, update};

#[tokio::test]
async fn statements_run_behind_a_pooler_by_transactions() {
    let (Some(database), Some(pgbouncer)) = (TestDatabase::create().await, PgBouncer::that_keeps_statements_apart())
    else {
        return;
    };
    // Fewer connections than the executor has, so that each transaction may run on a different one.
    let settings =
        "pool_mode = transaction\nmax_prepared_statements = 100\ndefault_pool_size = 3\nserver_round_robin = 1";
    let pooler = pgbouncer.start(&database.url(), settings);
    let executor = Executor::new(&Connector::new(pooler.config(), None), &patient());

    for round in 0..5 {
        let inserted = join_all((0..20).map(|id| executor.run(insert(100 * round + id, id)))).await;
        assert!(inserted.iter().all(Result::is_ok), "{inserted:?}");
        until_pipelined(&executor).await;
        let reads = join_all((0..20).map(|id| executor.run(get(100 * round + id)))).await;
        for (id, read) in (0..).zip(reads) {
            assert_eq!(numbers(&read.unwrap(), 1), [id]);
        }
        let refused = executor.run_batch(vec![update(100 * round, 7), insert(100 * round, 7)]).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        let batch = executor.run_batch(vec![update(100 * round, 8), get(100 * round)]).await.unwrap();
        assert_eq!(numbers(&batch[1], 1), [8]);
    }
    let statistics = executor.statistics();
    assert!(statistics.grouped > 50 && statistics.ungrouped == 0, "{statistics:?}");
}
