//! Stopping in order.

use std::time::Duration;

use infra::testing::TestDatabase;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Service, token};

crate::on_both_databases!(no_request_in_flight_fails_when_the_service_is_told_to_stop_under_load);

async fn no_request_in_flight_fails_when_the_service_is_told_to_stop_under_load(database: &TestDatabase) {
    let mut service = Service::on(database);
    let authorization = format!("Bearer {}", token("alice"));
    let clients: Vec<_> =
        (0..8).map(|_| tokio::spawn(create_until_closed(service.address.clone(), authorization.clone()))).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;

    service.send_signal("-TERM");
    let mut acknowledged = 0;
    for client in clients {
        acknowledged += client.await.unwrap();
    }

    assert!(service.wait().success());
    assert!(acknowledged > 20, "there was no load to speak of: {acknowledged}");
    let again = Service::on(database);
    let mut stored = 0;
    let mut path = "/api/tasks".to_owned();
    loop {
        let page = again.request("alice", Method::GET, &path).send().await.unwrap();
        let page: serde_json::Value = page.json().await.unwrap();
        stored += page["data"].as_array().unwrap().len();
        match page["meta"]["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/tasks?cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(stored, acknowledged, "each acknowledged task is there, and no other");
}

/// Sends creates over one connection, each after the answer to the last, until the server closes it or takes no more;
/// a request that was sent must be answered with 201, unless the connection was closed before it arrived.
async fn create_until_closed(address: String, authorization: String) -> usize {
    let body = json!({ "title": "under load" }).to_string();
    let request = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut acknowledged = 0;
    let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
    loop {
        if connection.write_all(request.as_bytes()).await.is_err() {
            return acknowledged;
        }
        let mut response = Vec::new();
        while !is_whole(&response) {
            match connection.read_buf(&mut response).await {
                Ok(0) | Err(_) => {
                    assert!(response.is_empty(), "half an answer: {}", response.escape_ascii());
                    return acknowledged;
                }
                Ok(_) => {}
            }
        }
        let head = String::from_utf8_lossy(&response).into_owned();
        assert!(head.starts_with("HTTP/1.1 201"), "{head}");
        acknowledged += 1;
        if head.to_lowercase().contains("connection: close") {
            return acknowledged;
        }
    }
}

fn is_whole(response: &[u8]) -> bool {
    let text = String::from_utf8_lossy(response);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

#[tokio::test]
async fn an_interrupt_stops_in_order_too() {
    let mut service = Service::on(&TestDatabase::sqlite().await);

    service.send_signal("-INT");

    assert!(service.wait().success());
    service.wait_for_log(|line| line.contains("stopped"));
}
