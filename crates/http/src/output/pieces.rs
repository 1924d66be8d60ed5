//! Bodies that are copied piece by piece, as the client reads them.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};

/// The most bytes of a piece.
const PIECE: usize = 16 * 1024;

/// A body in pieces. The server copies each chunk of a body to a buffer of the connection, and a chunk that the client does not
/// read would stay there a second time.
pub(crate) struct Pieces(Bytes);

impl Pieces {
    pub(crate) fn new(body: impl Into<Bytes>) -> Self {
        Self(body.into())
    }
}

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.0.len().min(PIECE);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        Ok(self.0)
    }
}
