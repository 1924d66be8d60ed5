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
/// read would stay there a second time. Not `try_into_bytes`, with which the server would take it whole.
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
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use actix_web::body::BoxBody;

    use super::*;

    #[actix_web::test]
    async fn a_body_in_a_response_is_taken_in_pieces() {
        let mut body = BoxBody::new(Pieces::new(vec![0; 2 * PIECE + 1]));
        let mut lengths = Vec::new();
        while let Some(piece) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await {
            lengths.push(piece.unwrap().len());
        }
        assert_eq!(lengths, [PIECE, PIECE, 1]);
    }
}
