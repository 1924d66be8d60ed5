//! Admits requests to their handlers: as many at once as the limits allow.
//!
//! A request takes its places when all that the handler needs has been read and checked. So a body that arrives slowly holds no
//! place, and a request that is rejected anyway needs none.

use std::{
    future::{Ready, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    FromRequest, Handler, HttpMessage, HttpRequest, HttpResponse, Route,
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
    web::Bytes,
};
use domain::OwnerId;

use crate::{
    auth::owner::Authenticated,
    limits::{
        in_flight::{Place, UserPlace},
        state::Limits,
    },
    output::{code::ErrorCode, error::ApiError},
};

/// A larger response may not fit into the buffers of a connection. In bytes.
const LARGE: u64 = 64 * 1024;

/// A route of the API. Its handler runs while the request has a place.
pub(crate) struct ApiRoute(Route);

impl ApiRoute {
    pub(crate) fn new(route: Route) -> Self {
        Self(route)
    }

    /// Sets the handler.
    pub(crate) fn to<H, Args>(self, handler: H) -> Self
    where
        H: Handler<Args, Output = Result<HttpResponse, ApiError>>,
        Args: FromRequest + 'static,
    {
        Self(self.0.to(move |admission: Admission, args: Args| {
            let handler = handler.clone();
            async move {
                let mut places = admission.enter()?;
                let response = handler.call(args).await?;
                let is_large = matches!(response.body().size(), BodySize::Sized(bytes) if bytes > LARGE);
                if is_large && !places.of_user.hold_large() {
                    return Err(ApiError::new(ErrorCode::RateLimited)
                        .with_message("too many of your large responses are not read yet: read them first"));
                }
                Ok::<_, ApiError>(response.map_body(|_, body| Placed { body, places }))
            }
        }))
    }

    pub(crate) fn into_inner(self) -> Route {
        self.0
    }
}

/// A request that has no place yet.
struct Admission {
    limits: Arc<Limits>,
    user: OwnerId,
}

impl FromRequest for Admission {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let user = request.extensions().get().map(|Authenticated(identity)| identity.id.clone());
        ready(match (request.app_data::<Arc<Limits>>().cloned(), user) {
            (Some(limits), Some(user)) => Ok(Self { limits, user }),
            _ => Err(ApiError::internal("a route is not behind the authentication, or has no limits")),
        })
    }
}

impl Admission {
    /// Takes the places. Rejects the request at once if there is none: it would only wait and delay others.
    fn enter(self) -> Result<Places, ApiError> {
        let of_user = self.limits.place_of(self.user).ok_or_else(|| {
            ApiError::new(ErrorCode::RateLimited)
                .with_message("too many of your requests are in flight: retry when one is answered")
        })?;
        let of_all = self.limits.place().ok_or_else(overloaded)?;
        Ok(Places { of_all: Some(of_all), of_user })
    }
}

/// The error for a request that gets no place.
pub(crate) fn overloaded() -> ApiError {
    ApiError::new(ErrorCode::Unavailable).with_message("too many requests are in flight: retry in a moment")
}

/// The places of a request in flight, also freed if the client disconnects, the request times out or the handler panics.
struct Places {
    /// `None` once the work is done.
    of_all: Option<Place>,
    of_user: UserPlace,
}

/// A response body that holds the places of its request. That of all is free when the connection begins to take the body, so
/// that clients who do not read their responses keep out nobody else. That of the user is free when the connection has sent it.
struct Placed {
    body: BoxBody,
    places: Places,
}

impl MessageBody for Placed {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_next(context);
        if polled.is_ready() {
            self.places.of_all = None;
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use domain::testing::alice;

    use super::*;

    #[tokio::test]
    async fn an_unsent_body_holds_only_the_place_of_its_user() {
        let limits = Arc::new(Limits::new(1).in_flight_per_user(1));
        let places = Admission { limits: limits.clone(), user: alice().id }.enter().unwrap();
        let mut body = Placed { body: BoxBody::new("a task"), places };
        assert!(limits.place().is_none());

        let piece = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await.unwrap().unwrap();

        assert_eq!(piece, "a task");
        assert!(limits.place().is_some() && limits.place_of(alice().id).is_none());
        drop(body);
        assert!(limits.place_of(alice().id).is_some());
    }
}
