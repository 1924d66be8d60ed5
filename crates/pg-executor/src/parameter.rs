//! Parameters of statements.

use std::{
    error::Error,
    fmt,
    hash::{Hash, Hasher},
};

use bytes::BytesMut;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};
use tokio_postgres::types::{IsNull, ToSql, Type, WrongType};
use uuid::Uuid;

/// The value of one placeholder in a statement, of a known Postgres type. `Debug` shows the type only.
///
/// Convert with `From` from one of the Rust types below or an `Option` of it. Unsupported types do not compile.
#[derive(Clone)]
pub struct Parameter(Value);

/// Implements the conversion from each Rust type, with the Postgres type that is sent.
macro_rules! parameters {
    ($($variant:ident: $rust:ty => $postgres:ident,)*) => {
        #[derive(Clone)]
        enum Value {
            $($variant(Option<$rust>),)*
        }

        $(
            impl From<$rust> for Parameter {
                fn from(value: $rust) -> Self {
                    Self(Value::$variant(Some(value)))
                }
            }

            impl From<Option<$rust>> for Parameter {
                fn from(value: Option<$rust>) -> Self {
                    Self(Value::$variant(value))
                }
            }
        )*

        impl Parameter {
            /// The Postgres type for which the statement is prepared.
            #[must_use]
            pub const fn type_of(&self) -> Type {
                match self.0 {
                    $(Value::$variant(_) => Type::$postgres,)*
                }
            }
        }

        impl ToSql for Parameter {
            fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
                match &self.0 {
                    $(Value::$variant(value) => value.to_sql(ty, out),)*
                }
            }

            fn accepts(ty: &Type) -> bool {
                [$(Type::$postgres,)*].contains(ty)
            }

            fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
                if *ty == self.type_of() { self.to_sql(ty, out) } else { Err(WrongType::new::<Self>(ty.clone()).into()) }
            }
        }
    };
}

parameters! {
    Bool: bool => BOOL,
    Int2: i16 => INT2,
    Int4: i32 => INT4,
    Int8: i64 => INT8,
    Float4: f32 => FLOAT4,
    Float8: f64 => FLOAT8,
    Text: String => TEXT,
    Bytea: Vec<u8> => BYTEA,
    Uuid: Uuid => UUID,
    Date: Date => DATE,
    Time: Time => TIME,
    Timestamp: PrimitiveDateTime => TIMESTAMP,
    Timestamptz: OffsetDateTime => TIMESTAMPTZ,
}

impl From<&str> for Parameter {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

/// Of the value as it is sent.
impl Hash for Parameter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut bytes = BytesMut::new();
        // A value that cannot be encoded is never sent.
        let _ = self.to_sql(&self.type_of(), &mut bytes);
        bytes.hash(state);
    }
}

/// Without the value, which may be personal: the driver writes parameters to its debug log.
impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_of().name())
    }
}
