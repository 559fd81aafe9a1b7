//! Human-readable byte counts.

use std::fmt::{Result, Write};

use super::language::Language;

/// Writes a byte count in the largest fitting binary unit, with one decimal unless it is zero: `1.5 GiB`.
pub(super) fn write_bytes(out: &mut impl Write, language: Language, bytes: u64) -> Result {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return write!(out, "{bytes} B");
    }
    let mut size = 1024_u128;
    let mut unit = 0;
    let tenths = |size: u128| (u128::from(bytes) * 10 + size / 2) / size;
    // Rounding up may reach the next unit.
    while tenths(size) >= 10240 && unit + 1 < UNITS.len() {
        size *= 1024;
        unit += 1;
    }
    let tenths = tenths(size);
    write!(out, "{}", tenths / 10)?;
    if tenths % 10 != 0 {
        write!(out, "{}{}", language.decimal_point(), tenths % 10)?;
    }
    write!(out, " {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        let mut lines = String::new();
        for bytes in [
            0,
            1,
            1023,
            1024,
            1536,
            1_048_575,
            1_048_576,
            10_737_418_240,
            11_000_000_000,
            u64::MAX,
        ] {
            write!(lines, "{bytes} = ").unwrap();
            write_bytes(&mut lines, Language::English, bytes).unwrap();
            lines.push('\n');
        }
        insta::assert_snapshot!(lines, @"
        0 = 0 B
        1 = 1 B
        1023 = 1023 B
        1024 = 1 KiB
        1536 = 1.5 KiB
        1048575 = 1 MiB
        1048576 = 1 MiB
        10737418240 = 10 GiB
        11000000000 = 10.2 GiB
        18446744073709551615 = 16 EiB
        ");
    }
}
