//! A commit that fails was rolled back only if its code says so. Nothing is executed twice, and nothing that may have been
//! executed is reported as refused.

use std::sync::Arc;

use futures_util::future::join_all;
use pg_executor::{Answer, Error, Executor, Statement};

use crate::{
    network::{Network, Tamper},
    support::{TestDatabase, increment, insert, patient},
};

shared_or_not! {
    a_commit_that_fails_was_rolled_back_only_if_its_code_says_so,
    a_commit_whose_answer_is_lost_takes_effect_once,
    a_commit_that_fails_after_all_takes_effect_once,
    a_failed_commit_leaves_no_locks_to_the_next_attempt,
}

/// The codes that mean that a commit was rolled back, and how many attempts a write then has: lost races are retried three times.
const ROLLED_BACK: [(&str, u32); 8] =
    [("23503", 1), ("23505", 1), ("23514", 1), ("23P01", 1), ("40000", 1), ("40002", 1), ("40001", 4), ("40P01", 4)];

/// Some of the codes after which the commit may have taken effect.
const UNKNOWN: [&str; 12] =
    ["XX000", "XX001", "08006", "08007", "40003", "0A000", "22001", "25006", "53100", "55P03", "57014", "P0001"];

async fn a_commit_that_fails_was_rolled_back_only_if_its_code_says_so(database: TestDatabase) {
    let attempts_with = async |code: &str, refused: bool, write: AsyncWrite| {
        database.at_each_commit(&format!("PERFORM nextval('attempts'); RAISE 'no' USING ERRCODE = '{code}';")).await;
        database.direct.batch_execute("SELECT setval('attempts', 1, false)").await.unwrap();
        let executor = database.executor();
        for outcome in write(executor).await {
            let is_as_expected = match &outcome {
                Err(Error::Refused(_)) => refused,
                Err(error @ Error::OutcomeUnknown(_)) => !refused && error.is_unavailable(),
                _ => false,
            };
            assert!(is_as_expected, "{code}: {outcome:?}");
        }
        database.value("SELECT (nextval('attempts') - 1)::text").await.parse::<u32>().unwrap()
    };
    let alone: AsyncWrite = |executor| Box::pin(async move { vec![executor.run(insert(1, 1)).await.map(drop)] });
    let batch: AsyncWrite =
        |executor| Box::pin(async move { vec![executor.run_batch(vec![insert(1, 1), insert(2, 2)]).await.map(drop)] });
    for (code, attempts) in ROLLED_BACK {
        assert_eq!(attempts_with(code, true, alone).await, attempts, "{code}");
        assert_eq!(attempts_with(code, true, batch).await, attempts, "{code}");
    }
    let together: AsyncWrite = |executor| {
        Box::pin(async move { join_all((0..4).map(async |id| executor.run(insert(id, id)).await.map(drop))).await })
    };
    for code in UNKNOWN {
        assert_eq!(attempts_with(code, false, alone).await, 1, "{code}");
        assert_eq!(attempts_with(code, false, batch).await, 1, "{code}");
        assert!(attempts_with(code, false, together).await <= 4, "{code}");
    }
    assert!(database.ids().await.is_empty());
}

type AsyncWrite = fn(Executor) -> futures_util::future::BoxFuture<'static, Vec<Result<(), Error>>>;

async fn a_commit_whose_answer_is_lost_takes_effect_once(database: TestDatabase) {
    takes_effect_once(database, Box::new(|bytes| if reports_commit(&bytes).is_some() { None } else { Some(bytes) }))
        .await;
}

/// As where a server commits on several machines, one of which does not answer.
async fn a_commit_that_fails_after_all_takes_effect_once(database: TestDatabase) {
    let fail: Tamper = Box::new(|mut bytes| {
        if let Some(end) = reports_commit(&bytes) {
            let fields = b"SERROR\0VERROR\0CXX000\0Mcould not commit on at least one active node\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            let error = [b"E".as_slice(), &length, fields].concat();
            bytes.splice(end..end, error);
        }
        Some(bytes)
    });
    takes_effect_once(database, fail).await;
}

/// Where the server reports that it is idle after an update or a commit.
fn reports_commit(bytes: &[u8]) -> Option<usize> {
    const IDLE: &[u8] = b"Z\0\0\0\x05I";
    let ends = |tag: &[u8]| {
        let end = [tag, IDLE].concat();
        bytes.windows(end.len()).position(|window| window == end).map(|start| start + tag.len())
    };
    ends(b"COMMIT\0").or_else(|| ends(b"UPDATE 1\0"))
}

async fn takes_effect_once(database: TestDatabase, tamper: Tamper) {
    const TRIES: i64 = 50;
    database.direct.batch_execute("INSERT INTO t SELECT id, 0 FROM generate_series(1, 4) id").await.unwrap();
    let network = Arc::new(Network { tamper: Some(tamper), ..Network::default() });
    let executor = database.executor_behind(&network, patient()).await;

    for _ in 0..TRIES {
        let together = join_all((1..=3).map(|id| executor.run(increment(id))));
        let (together, batch) = tokio::join!(together, executor.run_batch(vec![increment(4), increment(4)]));
        for outcome in together {
            assert!(matches!(outcome, Err(Error::OutcomeUnknown(_))), "{outcome:?}");
        }
        assert!(matches!(batch, Err(Error::OutcomeUnknown(_))), "{batch:?}");
    }

    let all = "SELECT string_agg(n::text, ' ' ORDER BY id) FROM t";
    assert_eq!(database.value(all).await, format!("{TRIES} {TRIES} {TRIES} {}", 2 * TRIES));
}

async fn a_failed_commit_leaves_no_locks_to_the_next_attempt(database: TestDatabase) {
    database.at_each_commit("IF NEW.n = 0 THEN RAISE check_violation; END IF;").await;
    let executor = database.executor();
    let insert_if_free = |id: i64, n: i64| {
        let sql = "INSERT INTO t SELECT $1, $2 WHERE pg_try_advisory_xact_lock($1)";
        vec![Statement::write(sql, [id.into(), n.into()]), Statement::read("SELECT 1", [])]
    };
    let affected = |answers: Result<Vec<Answer>, Error>| answers.map(|answers| answers[0].affected).ok();

    for round in 0..50 {
        // A different one each time, since a write that made a group fail is kept out of groups.
        let ids = (10 * round..10 * round + 8).map(|id| executor.run_batch(insert_if_free(id, id % 10)));
        let inserted: Vec<_> = join_all(ids).await.into_iter().map(affected).collect();

        assert_eq!(inserted[0], None);
        assert_eq!(inserted[1..], [Some(1); 7], "their locks were free");
    }
}
