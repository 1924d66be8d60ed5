//! Errors tell whether to retry, and do not show values.

use pg_executor::{Connector, Error, Executor, Statement, tokio_postgres::error::SqlState};

use crate::support::{TestDatabase, insert, patient, shown};

shared_or_not! {
    errors_show_no_values_of_rows,
    errors_tell_whether_a_later_attempt_may_succeed,
}

async fn errors_show_no_values_of_rows(database: TestDatabase) {
    let executor = database.executor();
    executor.run(insert(123_456, 1)).await.unwrap();

    let refused = executor.run(insert(123_456, 1)).await.unwrap_err();
    let ended = "DO $$ BEGIN RAISE 'hidden' USING DETAIL = '123456', HINT = '123456', ERRCODE = '40003'; END $$";
    let unknown = executor.run(Statement::write(ended, [])).await.unwrap_err();

    assert!(matches!(refused, Error::Refused(_)) && matches!(unknown, Error::OutcomeUnknown(_)));
    assert_eq!(refused.pg_error().unwrap().constraint(), Some("t_pkey"));
    assert!(shown(&refused).contains("t_pkey\" (23505)"), "{}", shown(&refused));
    for error in [refused, unknown] {
        assert!(!shown(&error).contains("123456"), "{}", shown(&error));
    }
}

async fn errors_tell_whether_a_later_attempt_may_succeed(database: TestDatabase) {
    let executor = database.executor();
    for (code, is_unavailable) in [
        ("08006", true),
        ("25006", true),
        ("40001", true),
        ("40P01", true),
        ("53100", true),
        ("53300", true),
        ("55P03", true),
        ("57014", true),
        ("57P01", true),
        ("08007", true),
        ("40003", true),
        ("22001", false),
        ("23503", false),
        ("23514", false),
        ("42P01", false),
        ("P0001", false),
        ("XX000", false),
    ] {
        let raise = format!("DO $$ BEGIN RAISE 'no' USING ERRCODE = '{code}'; END $$");
        let error = executor.run(Statement::write(raise, [])).await.unwrap_err();

        assert_eq!(error.code().map(SqlState::code), Some(code));
        assert_eq!(error.is_unavailable(), is_unavailable, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_refused_is_reported_with_its_code() {
    let Some(database) = TestDatabase::create().await else { return };
    let mut config = database.config();
    config.dbname("nothing");
    let connector = Connector::new(config, None);

    let of_run = Executor::new(&connector, &patient()).run(insert(1, 1)).await.unwrap_err();
    let of_connect = connector.connect(patient().acquire_timeout).await.unwrap_err();

    for error in [of_run, of_connect] {
        assert!(matches!(error, Error::NoConnection(_)), "{error:?}");
        assert_eq!(error.code(), Some(&SqlState::INVALID_CATALOG_NAME));
        assert!(error.is_unavailable());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_opens_connections_for_checks() {
    let Some(database) = TestDatabase::create().await else { return };

    let client = database.connector(patient()).connect(patient().acquire_timeout).await.unwrap().0;

    let limit: String = client.query_one("SHOW statement_timeout", &[]).await.unwrap().get(0);
    assert_eq!(limit, "1min");
}
