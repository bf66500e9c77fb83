//! Cosignatures: a witness says when it saw a head, and that all it saw before belong to the same
//! log (C2SP tlog-cosignature, version 1, Ed25519).
//!
//! What is signed is two further lines above the note's text, so a cosignature cannot be passed
//! off as a log's own signature or the other way round.

use super::{Signature, SignerKey, VerifierKey};
use crate::base64;

/// Bytes of the time before the signature.
const TIME_SIZE: usize = 8;

/// What a witness said about a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosignature {
    /// When, in seconds since 1970.
    pub at: u64,
}

// === impl Cosignature ===

impl Cosignature {
    /// What a witness's signature line says; `None` if it is none. That it is valid was found out
    /// when the note was opened.
    pub fn of(signature: &Signature) -> Option<Self> {
        let raw = signature.raw()?;
        let (at, _) = split(raw.get(4..)?)?;
        Some(Self { at })
    }
}

/// Time and signature.
fn split(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = bytes.split_first_chunk::<TIME_SIZE>()?;
    let at = u64::from_be_bytes(*time);
    i64::try_from(at).is_ok().then_some((at, signature))
}

/// What a witness signs.
fn message(text: &[u8], at: u64) -> Vec<u8> {
    [format!("cosignature/v1\ntime {at}\n").as_bytes(), text].concat()
}

/// What a witness says about a text: its signature line, with the time in it.
pub fn cosign(text: &str, at: u64, witness: &SignerKey) -> Signature {
    let key = witness.verifier().for_cosignatures();
    let signed = witness.sign_bytes(&message(text.as_bytes(), at));
    let bytes = [&key.id().to_be_bytes()[..], &at.to_be_bytes(), &signed].concat();
    Signature {
        name: key.name().to_owned(),
        id: key.id(),
        base64: base64::encode(bytes),
    }
}

pub(super) fn verifies(key: &VerifierKey, text: &[u8], bytes: &[u8]) -> bool {
    split(bytes).is_some_and(|(at, signature)| key.verifies_bytes(&message(text, at), signature))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Note, SignerKey},
        Cosignature, cosign,
    };

    #[test]
    fn a_witness_vouches_for_text_and_time_together() {
        let signer = SignerKey::from_seed("witness.example.com/w1", [7; 32]).unwrap();
        let witness = signer.verifier().for_cosignatures();
        assert_eq!(witness.to_string().parse(), Ok(witness.clone()));
        let text = "log.example.com\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let line = cosign(text, 1_679_315_147, &signer);
        let note = Note::open(
            format!("{text}\n{line}").as_bytes(),
            std::slice::from_ref(&witness),
        )
        .unwrap();
        let said = Cosignature::of(&note.verified[0]).unwrap();
        assert_eq!(said.at, 1_679_315_147);
        // The same line below another text, and as an ordinary signature, vouches for nothing.
        let other = format!("{}\n{line}", text.replace("\n1\n", "\n2\n"));
        assert!(Note::open(other.as_bytes(), &[witness]).is_err());
        let ordinary = Note::open(
            format!("{text}\n{line}").as_bytes(),
            &[signer.verifier().clone()],
        );
        assert!(ordinary.is_err());
    }
}
