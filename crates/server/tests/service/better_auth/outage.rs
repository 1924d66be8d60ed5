//! Requests while Better Auth is down.

use serde_json::json;

use crate::{
    better_auth::app::{BetterAuth, empty_database, free_port},
    better_auth::serving::{bearer, create, every_route_serves, get, list, serve, start, until},
};

#[tokio::test]
async fn tokens_of_known_keys_are_still_accepted() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    let (of_ada, of_bob) = (app.jwt(&ada).await, app.jwt(&bob).await);
    let service = serve(&database, &[("BETTER_AUTH_URL", &app.url)]).await;
    assert_eq!(list(&service, &bearer(&of_ada)).await.0, 200);

    app.stop();

    every_route_serves(&service, &ada.id, &bearer(&of_ada)).await;
    // A token that the service has not seen before is verified too.
    every_route_serves(&service, &bob.id, &bearer(&of_bob)).await;
    assert_eq!(get(&service, "/health/ready", &vec![]).await.0, 200);
}

#[tokio::test]
async fn the_service_becomes_ready_when_better_auth_does() {
    let Some(database) = empty_database().await else { return };
    let variables = json!({ "PORT": free_port() });
    let app = BetterAuth::start(&database, &variables);
    let (ada, url) = (app.sign_up("ada").await, app.url.clone());
    let token = bearer(&app.jwt(&ada).await);
    app.stop();

    let service = start(&database, "production", &[("BETTER_AUTH_URL", &url)]);

    assert_eq!(get(&service, "/health/live", &vec![]).await.0, 200);
    assert_eq!(get(&service, "/health/ready", &vec![]).await.0, 503);
    // Not 401: a client would sign its user out.
    assert_eq!(list(&service, &token).await, (503, "UNAVAILABLE".to_owned()));
    assert_eq!(create(&service, &token).await.0, 503);
    assert_eq!(list(&service, &bearer("no token at all")).await.0, 401);

    let _app = BetterAuth::start(&database, &variables);
    until(async || get(&service, "/health/ready", &vec![]).await.0 == 200).await;
    every_route_serves(&service, &ada.id, &token).await;
}
