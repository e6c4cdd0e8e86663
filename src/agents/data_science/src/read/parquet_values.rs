//! How a value of Parquet is written as the text that the readers of cells take.

use std::io::Write as _;

use baton_agents_runtime::SkillError;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

use super::date::iso;

/// What the values of a column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are.
    Plain,
    Unsigned,
    Text,
    /// Bytes that need not be text.
    Bytes,
    Date,
    /// An instant, in so many units a second since 1970.
    Instant(i64),
    /// A time of day, alike.
    Time(i64),
    /// With so many digits after the point.
    Decimal(i32),
    Uuid,
    Half,
}

/// The most digits after the point of a decimal.
const MAXIMUM_SCALE: i32 = 38;

fn units(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    }
}

impl Form {
    /// What the values of this column mean.
    pub(crate) fn of(column: &ColumnDescriptor) -> Result<Self, SkillError> {
        let by_type = match column.physical_type() {
            Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => Self::Bytes,
            _ => Self::Plain,
        };
        let form = match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _) => Self::Text,
            (Some(LogicalType::Date), _) => Self::Date,
            (Some(LogicalType::Timestamp(stamp)), _) => Self::Instant(units(&stamp.unit)),
            (Some(LogicalType::Time(time)), _) => Self::Time(units(&time.unit)),
            (Some(LogicalType::Decimal(decimal)), _) => Self::Decimal(decimal.scale),
            (Some(LogicalType::Integer(integer)), _) if !integer.is_signed => Self::Unsigned,
            (Some(LogicalType::Uuid), _) => Self::Uuid,
            (Some(LogicalType::Float16), _) => Self::Half,
            (Some(_), _) => by_type,
            (None, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON) => Self::Text,
            (None, ConvertedType::DATE) => Self::Date,
            (None, ConvertedType::TIMESTAMP_MILLIS) => Self::Instant(1_000),
            (None, ConvertedType::TIMESTAMP_MICROS) => Self::Instant(1_000_000),
            (None, ConvertedType::TIME_MILLIS) => Self::Time(1_000),
            (None, ConvertedType::TIME_MICROS) => Self::Time(1_000_000),
            (None, ConvertedType::DECIMAL) => Self::Decimal(column.type_scale()),
            (None, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64) => Self::Unsigned,
            _ => by_type,
        };
        match form {
            Self::Decimal(scale) if !(0..=MAXIMUM_SCALE).contains(&scale) => {
                Err(super::parquet::unsupported(&format!("a decimal with {scale} digits after its point")))
            }
            // 16 bytes hold the 38 digits that the format's writers have.
            Self::Decimal(_) if column.physical_type() == Type::FIXED_LEN_BYTE_ARRAY && column.type_length() > 16 => {
                Err(super::parquet::unsupported("decimals of more than 38 digits"))
            }
            form => Ok(form),
        }
    }

    pub(crate) fn truth(self, value: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(crate) fn int32(self, value: i32, out: &mut Vec<u8>) {
        match self {
            Self::Unsigned => put(out, format_args!("{}", value.cast_unsigned())),
            Self::Date => out.extend_from_slice(iso(i64::from(value) * 86_400_000, false).as_bytes()),
            _ => self.int64(i64::from(value), out),
        }
    }

    pub(crate) fn int64(self, value: i64, out: &mut Vec<u8>) {
        match self {
            Self::Unsigned => put(out, format_args!("{}", value.cast_unsigned())),
            Self::Instant(units) => instant(value, units, out),
            Self::Time(units) => clock(value, units, out),
            Self::Decimal(scale) => decimal(i128::from(value), scale, out),
            _ => put(out, format_args!("{value}")),
        }
    }

    /// The old form of an instant: nanoseconds of a day, and the day.
    pub(crate) fn int96(self, words: &[u32], out: &mut Vec<u8>) {
        let [low, high, day] = words else { return };
        let nanoseconds = u64::from(*high) << 32 | u64::from(*low);
        // The Julian day of 1970-01-01.
        let days = i64::from(*day) - 2_440_588;
        let milliseconds = days * 86_400_000 + i64::try_from(nanoseconds / 1_000_000).unwrap_or(0);
        out.extend_from_slice(iso(milliseconds, true).as_bytes());
    }

    pub(crate) fn float(self, value: f32, out: &mut Vec<u8>) {
        // The shortest digits that read back as this value: 0.1 stays 0.1.
        put(out, format_args!("{value:?}"));
    }

    pub(crate) fn double(self, value: f64, out: &mut Vec<u8>) {
        put(out, format_args!("{value:?}"));
    }

    pub(crate) fn bytes(self, value: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Decimal(scale) if value.len() <= 16 => {
                let sign = if value.first().is_some_and(|first| first & 0x80 != 0) { -1 } else { 0 };
                decimal(value.iter().fold(sign, |sum, byte| sum << 8 | i128::from(*byte)), scale, out);
            }
            Self::Uuid if value.len() == 16 => {
                for (place, byte) in value.iter().enumerate() {
                    if matches!(place, 4 | 6 | 8 | 10) {
                        out.push(b'-');
                    }
                    put(out, format_args!("{byte:02x}"));
                }
            }
            Self::Half if value.len() == 2 => put(out, format_args!("{:?}", half(u16::from_le_bytes([value[0], value[1]])))),
            _ => match std::str::from_utf8(value) {
                Ok(text) => out.extend_from_slice(text.as_bytes()),
                Err(_) => value.iter().for_each(|byte| put(out, format_args!("{byte:02x}"))),
            },
        }
    }

    /// An element of a list, as JSON has it.
    pub(crate) fn quoted(self, text: &[u8], present: bool) -> Vec<u8> {
        let number = matches!(self, Self::Plain | Self::Unsigned | Self::Decimal(_) | Self::Half);
        if number || !present {
            return text.to_vec();
        }
        serde_json::to_vec(&String::from_utf8_lossy(text)).unwrap_or_default()
    }
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Nothing fails that writes into memory.
    let _ = out.write_fmt(text);
}

fn instant(value: i64, units: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(iso(value.div_euclid(units / 1_000), true).as_bytes());
}

fn clock(value: i64, units: i64, out: &mut Vec<u8>) {
    let (seconds, rest) = (value.div_euclid(units), value.rem_euclid(units));
    put(out, format_args!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60));
    if rest > 0 {
        let digits = units.ilog10() as usize;
        put(out, format_args!(".{rest:0digits$}"));
    }
}

fn decimal(value: i128, scale: i32, out: &mut Vec<u8>) {
    let scale = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    put(out, format_args!("{}{whole}", if value < 0 { "-" } else { "" }));
    if scale > 0 {
        put(out, format_args!(".{fraction}"));
    }
}

/// IEEE 754's 16 bits as a number.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1_024.0);
    sign * match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        assert_eq!(text(|out| decimal(-5, 3, out)), "-0.005");
        assert_eq!(text(|out| decimal(12_345, 2, out)), "123.45");
        assert_eq!(text(|out| decimal(7, 0, out)), "7");
        assert_eq!(text(|out| Form::Decimal(2).bytes(&[0xff, 0x85], out)), "-1.23");
        assert_eq!(text(|out| clock(3_661_250, 1_000, out)), "01:01:01.250");
        assert_eq!(text(|out| Form::Instant(1_000_000_000).int64(-1, out)), "1969-12-31T23:59:59.999");
        assert_eq!(text(|out| Form::Unsigned.int32(-1, out)), "4294967295");
        assert_eq!(text(|out| Form::Bytes.bytes(&[0xff, 0], out)), "ff00");
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(1), 2f64.powi(-24));
        assert!(half(0x7e00).is_nan());
    }
}
