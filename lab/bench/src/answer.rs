//! Finds the end of HTTP/1.1 responses, with little CPU.

/// A complete response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The offset of the body.
    pub(crate) body: usize,
    /// The offset of the end.
    pub(crate) end: usize,
}

/// Finds the response at the start of the received bytes. `None` if it is incomplete.
///
/// # Errors
///
/// Why it is not a response.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Answer>, &'static str> {
    let Some(body) = find(bytes, b"\r\n\r\n").map(|at| at + 4) else { return Ok(None) };
    let head = bytes.get(..body).unwrap_or_default();
    let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let status = status.ok_or("no status")?;
    let length = match (header(head, b"content-length"), status) {
        (Some(length), _) => {
            Some(std::str::from_utf8(length).ok().and_then(|text| text.trim().parse().ok()).ok_or("length")?)
        }
        (None, 204 | 304) => Some(0),
        (None, _) if header(head, b"transfer-encoding").is_some() => chunked(bytes.get(body..).unwrap_or_default())?,
        (None, _) => return Err("neither a length nor chunks"),
    };
    Ok(length
        .map(|length: usize| Answer { status, body, end: body + length })
        .filter(|answer| answer.end <= bytes.len()))
}

/// The value of a header.
fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (start, rest) = line.split_at_checked(name.len())?;
        (start.eq_ignore_ascii_case(name) && rest.first() == Some(&b':')).then(|| rest.get(1..).unwrap_or_default())
    })
}

/// The length of a chunked body. `None` if it is incomplete.
fn chunked(body: &[u8]) -> Result<Option<usize>, &'static str> {
    let mut at = 0;
    loop {
        let rest = body.get(at..).unwrap_or_default();
        let Some(line) = find(rest, b"\r\n") else { return Ok(None) };
        let digits = std::str::from_utf8(rest.get(..line).unwrap_or_default()).map_err(|_no_text| "chunk")?;
        let size =
            usize::from_str_radix(digits.split(';').next().unwrap_or_default(), 16).map_err(|_no_number| "chunk")?;
        at += line + 2 + size + 2;
        if at > body.len() {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_ends_after_its_length_or_last_chunk() {
        let with_length = b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 3\r\n\r\nabcHTTP";
        let in_chunks = b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

        assert_eq!(parse(with_length), Ok(Some(Answer { status: 200, body: 44, end: 47 })));
        assert_eq!(parse(in_chunks), Ok(Some(Answer { status: 201, body: 52, end: in_chunks.len() })));
        assert_eq!(parse(b"HTTP/1.1 204 No Content\r\n\r\n"), Ok(Some(Answer { status: 204, body: 27, end: 27 })));
    }

    #[test]
    fn incomplete_response_is_none() {
        for whole in [
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc".as_slice(),
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ] {
            for end in 0..whole.len() {
                assert_eq!(parse(&whole[..end]), Ok(None), "{end}");
            }
        }
    }

    #[test]
    fn response_without_a_length_is_an_error() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse(b"nonsense that is long enough\r\n\r\n").is_err());
    }
}
