//! The trace that a request is part of, by [W3C Trace Context](https://www.w3.org/TR/trace-context/): its id comes from the
//! header `traceparent` or is generated here, and is passed to the services that this one calls.

use std::{fmt, future::Future};

use actix_web::http::header::{HeaderMap, HeaderName};
use uuid::Uuid;

pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The flag that the caller may have recorded the trace.
const SAMPLED: u8 = 1;

/// A position in a trace: the trace and a span within it. Neither id is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceContext {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) sampled: bool,
}

tokio::task_local! {
    /// The position of the request that the current tokio task answers.
    static CURRENT: TraceContext;
}

impl TraceContext {
    /// A new trace.
    pub(crate) fn new() -> Self {
        // One random number suffices: the id of the first span may be part of the trace's.
        let random = Uuid::new_v4();
        Self { trace_id: random.as_u128(), span_id: second_half(random), sampled: false }
    }

    /// The position of the caller. `None` if there is no header `traceparent`, or more than one, or an invalid one.
    pub(crate) fn of_caller(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT);
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value.as_bytes()),
            _ => None,
        }
    }

    /// Reads `version-traceid-spanid-flags`, all in lower-case hexadecimal. Later versions may append fields.
    fn parse(value: &[u8]) -> Option<Self> {
        const LENGTH: usize = 55;

        let (fields, rest) = value.split_at_checked(LENGTH)?;
        let (version, flags) = (hex(&fields[..2])?, hex(&fields[53..])?);
        let (trace_id, span_id) = (hex(&fields[3..35])?, u64::try_from(hex(&fields[36..52])?).ok()?);
        let is_separated = [fields[2], fields[35], fields[52]] == *b"---";
        let has_no_more = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with(b"-"),
        };
        let is_valid = is_separated && has_no_more && trace_id != 0 && span_id != 0;
        is_valid.then_some(Self { trace_id, span_id, sampled: flags & u128::from(SAMPLED) != 0 })
    }

    /// A new span of the same trace.
    pub(crate) fn child(self) -> Self {
        Self { span_id: second_half(Uuid::new_v4()), ..self }
    }

    /// Runs a future at this position, so that [`current`](Self::current) returns it.
    pub(crate) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }

    /// A future that keeps the current position when another task runs it.
    pub(crate) fn carry<F: Future>(future: F) -> impl Future<Output = F::Output> {
        let position = Self::current();
        async move {
            match position {
                Some(position) => position.scope(future).await,
                None => future.await,
            }
        }
    }

    /// The position of the request that the current tokio task answers. `None` outside of a request.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|context| *context).ok()
    }
}

/// The value of the header `traceparent`.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled) * SAMPLED)
    }
}

/// The second half of a UUID. It has constant bits, so it is never zero.
fn second_half(uuid: Uuid) -> u64 {
    uuid.as_u64_pair().1
}

/// Parses a number of at most 32 lower-case hexadecimal digits.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    /// The example from the specification.
    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn parse(text: &str) -> Option<TraceContext> {
        TraceContext::parse(text.as_bytes())
    }

    #[test]
    fn a_traceparent_is_read_and_written() {
        let context = parse(EXAMPLE).unwrap();

        assert_eq!(context.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!((context.span_id, context.sampled), (0x00f0_67aa_0ba9_02b7, true));
        assert_eq!(context.to_string(), EXAMPLE);
    }

    #[test]
    fn a_later_version_may_append_fields() {
        for accepted in [format!("01{}", &EXAMPLE[2..]), format!("cc{}-what-the-future-brings", &EXAMPLE[2..])] {
            assert_eq!(parse(&accepted), parse(EXAMPLE), "{accepted}");
        }
    }

    #[test]
    fn an_invalid_traceparent_is_ignored() {
        let rest = &EXAMPLE[2..];
        for rejected in [
            String::new(),
            format!("ff{rest}"),
            format!("0{rest}"),
            format!("{EXAMPLE}-"),
            format!("{EXAMPLE}0"),
            format!("01{rest}."),
            format!("01{rest}0"),
            format!(" {EXAMPLE}"),
            EXAMPLE.to_uppercase(),
            EXAMPLE.replace("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            EXAMPLE.replace("00f067aa0ba902b7", "0000000000000000"),
            EXAMPLE.replace("-01", "-0g"),
            EXAMPLE.replace('-', "_"),
            EXAMPLE.replace("4bf9", "+bf9"),
        ] {
            assert_eq!(parse(&rejected), None, "{rejected}");
        }
    }

    #[test]
    fn two_traceparents_count_as_none() {
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT, HeaderValue::from_static(EXAMPLE));
        assert_eq!(TraceContext::of_caller(&headers), parse(EXAMPLE));

        headers.append(TRACEPARENT, HeaderValue::from_static(EXAMPLE));
        assert_eq!(TraceContext::of_caller(&headers), None);
    }

    #[test]
    fn a_child_is_another_span_of_the_same_trace() {
        let parent = TraceContext::new();
        let child = parent.child();

        assert_eq!((child.trace_id, child.sampled), (parent.trace_id, parent.sampled));
        assert_ne!(child.span_id, parent.span_id);
        assert_eq!(parse(&child.to_string()), Some(child));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_back(trace_id in 1_u128.., span_id in 1_u64.., sampled: bool) {
            let context = TraceContext { trace_id, span_id, sampled };
            prop_assert_eq!(parse(&context.to_string()), Some(context));
        }

        #[test]
        fn accepted_headers_have_the_form_of_the_specification(text in "[0-9a-fA-F\\-]{50,58}|[0f]{2}-[0-9a-g]{32}-[0-9a-g]{16}-[0-9a-g]{2}.?") {
            if let Some(context) = parse(&text) {
                let parts: Vec<&str> = text.splitn(5, '-').collect();
                prop_assert_eq!(parts[1], format!("{:032x}", context.trace_id));
                prop_assert_eq!(parts[2], format!("{:016x}", context.span_id));
                prop_assert!(context.trace_id != 0 && context.span_id != 0 && parts[0] != "ff");
                prop_assert!(parts[0] != "00" || parts.len() == 4 && text.len() == 55);
                prop_assert!(!text[..55].contains(|c: char| c.is_ascii_uppercase()));
            }
        }

        #[test]
        fn no_header_makes_the_parser_panic(bytes: Vec<u8>) {
            let _ = TraceContext::parse(&bytes);
        }
    }
}
