//! Time-based one-time codes (RFC 6238: SHA-1, six digits, 30 seconds), as virtual MFA devices
//! show them.

use std::ops::RangeInclusive;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;

/// Seconds that a code lasts.
pub const STEP: i64 = 30;

/// The number of the time step.
pub fn step(at: Timestamp) -> i64 {
    at.as_second().div_euclid(STEP)
}

/// The code that a device with this Base32 seed shows at a step.
pub fn code(seed: &str, step: i64) -> Option<String> {
    let key = BASE32_NOPAD.decode(seed.as_bytes()).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0x0f);
    let word = digest.get(offset..offset + 4)?;
    let number = u32::from_be_bytes(word.try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

/// The step among these at which the device shows the code.
pub fn find(seed: &str, shown: &str, mut steps: RangeInclusive<i64>) -> Option<i64> {
    steps.find(|step| code(seed, *step).as_deref() == Some(shown))
}

/// The step among these at which the device shows `first`, if it shows `second` at the next.
pub fn find_two(seed: &str, first: &str, second: &str, mut steps: RangeInclusive<i64>) -> Option<i64> {
    steps.find(|step| code(seed, *step).as_deref() == Some(first) && code(seed, step + 1).as_deref() == Some(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6238, appendix B: the ASCII seed "12345678901234567890".
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(second: i64) -> i64 {
        step(Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        assert_eq!(code(SEED, at(59)).unwrap(), "287082");
        assert_eq!(code(SEED, at(1_111_111_109)).unwrap(), "081804");
        assert_eq!(code(SEED, at(20_000_000_000)).unwrap(), "353130");
    }

    #[test]
    fn two_codes_in_a_row_are_found_in_their_order_only() {
        let now = at(1_111_111_109);
        let (first, second) = (code(SEED, now).unwrap(), code(SEED, now + 1).unwrap());
        let around = now - 3..=now + 1;
        assert_eq!(find_two(SEED, &first, &second, around.clone()), Some(now));
        assert_eq!(find_two(SEED, &second, &first, around.clone()), None);
        assert_eq!(find_two(SEED, &first, &first, around.clone()), None);
        assert_eq!(find_two(SEED, &first, &second, now + 2..=now + 9), None);
        assert_eq!(find(SEED, &second, around), Some(now + 1));
    }
}
