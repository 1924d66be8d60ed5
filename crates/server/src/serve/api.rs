//! Builds the application according to the settings.

use std::sync::Arc;

use domain::{Service, SystemClock, UuidV7Ids};
use http::{Api, Dependency, Lifecycle};
use infra::Database;

use crate::{config::Config, verifiers::Verifiers};

/// The use-cases for each of these databases. All share one source of ids.
pub(super) fn services(config: &Config, databases: &[Database]) -> Vec<Service> {
    let ids = Arc::new(UuidV7Ids::default());
    let service = |database: &Database| {
        let mut service = Service::new(Arc::new(database.tasks()), Arc::new(SystemClock), ids.clone())
            .replaying_for(config.idempotency_key_lifetime);
        if let Some(quota) = config.max_tasks_per_user {
            service = service.with_task_quota(quota.get());
        }
        if config.provisions_users {
            service = service.provisioning(Arc::new(database.users()));
        }
        service
    };
    databases.iter().map(service).collect()
}

/// The parts of the application.
pub(super) fn api(config: &Config, database: &Database, service: Service, verifiers: Verifiers) -> Api {
    let mut readiness: Vec<Dependency> =
        vec![("database", Arc::new(database.tasks())), ("migrations", Arc::new(database.schema()))];
    if let Some(jwks) = verifiers.jwks.filter(|_| config.tokens.needs_key_set) {
        readiness.push(("key_set", jwks));
    }
    Api {
        service,
        authenticator: Arc::new(verifiers.authenticator),
        readiness,
        cors_origins: config.cors_origins.clone(),
        public_path: config.public_path.clone(),
        body_timeout: config.body_timeout,
        request_timeout: config.request_timeout,
        limits: config.limits.clone(),
        lifecycle: Lifecycle::default(),
        metrics: Arc::default(),
    }
}
