//! Reads what a Citus cluster says of its nodes and of our tables.

use migration::TableName;
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    node::Node,
    plan::{Found, Kind, Table},
};
use crate::{
    MigrateError,
    grants::own_tables,
    layout::{self, Wanted, strings},
    migrate::History,
};

/// Whether the database has the extension.
pub(super) async fn has_citus(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let sql = "SELECT extname::text FROM pg_extension WHERE extname = 'citus'".to_owned();
    Ok(!strings(connection, sql, []).await?.is_empty())
}

/// The nodes, and how each table is kept.
pub(super) async fn read(connection: &impl ConnectionTrait, wanted: &Wanted) -> Result<Found, MigrateError> {
    let history = History::read(connection, wanted).await?;
    let layout = layout::find(connection, wanted).await?;
    let users = table(connection, layout.users).await?;
    let mut own = Vec::new();
    for name in own_tables(history.schema()) {
        own.push(table(connection, name).await?);
    }
    let coordinator = nodes(connection, "groupid = 0").await?.pop();
    Ok(Found { coordinator, workers: nodes(connection, "groupid <> 0").await?, users, own })
}

async fn table(connection: &impl ConnectionTrait, name: TableName) -> Result<Table, DbErr> {
    // Tables that Citus manages on the coordinator only have no copies either.
    let sql = "SELECT CASE WHEN partmethod = 'h' THEN 'distributed' WHEN repmodel = 't' THEN 'reference' END \
               FROM pg_dist_partition WHERE logicalrelid = to_regclass($1) AND (partmethod = 'h' OR repmodel = 't')";
    let kind = match strings(connection, sql.to_owned(), [name.quoted().into()]).await?.concat().as_str() {
        "distributed" => Kind::Distributed,
        "reference" => Kind::Reference,
        _ => Kind::Local,
    };
    Ok(Table { name, kind })
}

async fn nodes(connection: &impl ConnectionTrait, condition: &str) -> Result<Vec<Node>, DbErr> {
    let of = |column: &str| {
        format!(
            "SELECT {column}::text FROM pg_dist_node WHERE noderole::text = 'primary' AND {condition} \
             ORDER BY groupid, nodename, nodeport"
        )
    };
    let (hosts, ports) =
        (strings(connection, of("nodename"), []).await?, strings(connection, of("nodeport"), []).await?);
    Ok(hosts.into_iter().zip(ports).filter_map(|(host, port)| Some(Node { host, port: port.parse().ok()? })).collect())
}
