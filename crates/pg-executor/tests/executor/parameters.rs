//! Values arrive unchanged and with their type.

use pg_executor::{Parameter, Statement, tokio_postgres::types::FromSqlOwned};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn values_of_each_type_arrive_unchanged() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    macro_rules! arrives {
        ($($value:expr, $rust:ty, $postgres:literal;)*) => {$(
            let value: $rust = $value;
            assert_eq!(arrived::<$rust>(&executor, value.clone().into()).await, (Some(value.clone()), $postgres.to_owned()));
            assert_eq!(arrived::<$rust>(&executor, Some(value.clone()).into()).await, (Some(value), $postgres.to_owned()));
            assert_eq!(arrived::<$rust>(&executor, None::<$rust>.into()).await, (None, $postgres.to_owned()));
        )*};
    }
    arrives! {
        true, bool, "boolean";
        -7, i16, "smallint";
        i32::MIN, i32, "integer";
        i64::MAX, i64, "bigint";
        1.5, f32, "real";
        -1e300, f64, "double precision";
        "ümläut ♥ '\"\\ \n".to_owned(), String, "text";
        vec![0, 255, 39], Vec<u8>, "bytea";
        Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), Uuid, "uuid";
        OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap(), OffsetDateTime, "timestamp with time zone";
    }
    assert_eq!(arrived::<String>(&executor, "text".into()).await, (Some("text".to_owned()), "text".to_owned()));
}

/// The value that Postgres received, and its type. The SQL text is the same for all types.
async fn arrived<T: FromSqlOwned>(executor: &pg_executor::Executor, value: Parameter) -> (Option<T>, String) {
    let statement = Statement::read("SELECT $1, pg_typeof($1)::text", [value]);
    let answer = executor.run(statement).await.unwrap();
    (answer.rows[0].get(0), answer.rows[0].get(1))
}

#[test]
fn a_statement_shows_no_values() {
    let statement = Statement::write("UPDATE t SET n = $1", ["secret".into(), 77_i64.into(), None::<bool>.into()]);

    let shown = format!("{statement:?}");

    assert!(shown.contains("[text, int8, bool]") && !shown.contains("secret") && !shown.contains("77"), "{shown}");
}
