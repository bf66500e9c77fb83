//! Base64 as Go's decoder reads it, so that what one side accepts the other does too.
//!
//! The standard alphabet with padding (RFC 4648 section 4). Like Go's, the decoder skips line breaks
//! and does not mind stray bits behind the last byte; unlike Go's it never panics over its size.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    ENGINE.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    if text.contains(['\r', '\n']) {
        let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        return ENGINE.decode(text).ok();
    }
    ENGINE.decode(text).ok()
}
