//! What holds for any bytes whatever.

use crate::kit::{MIRROR, ORIGIN, Right};
use mismatch::{MismatchCase, MismatchCause, MismatchStage, compare, conclude};
use proptest::prelude::*;
use testkit::oracle::Seed;

/// Describes, compares and concludes; checks what must hold.
fn judge(right: &Right, bytes: &[u8], stage: MismatchStage) -> Result<(), TestCaseError> {
    let wrong = right.came(bytes, MIRROR, stage);
    prop_assert_eq!(wrong.bad.size, bytes.len() as u64);
    let evidence = right.and_right(wrong, bytes, ORIGIN);
    let difference = evidence.difference().cloned().unwrap_or_default();
    prop_assert_eq!(difference.first.is_none(), bytes == right.bytes.as_slice());
    if let Some(first) = difference.first {
        let first = usize::try_from(first).unwrap();
        prop_assert_eq!(&bytes[..first], &right.bytes[..first]);
        prop_assert_ne!(bytes.get(first), right.bytes.get(first));
    }
    let conclusion = conclude(&evidence);
    if evidence.bad.h1 == Some(right.h1) && stage != MismatchStage::OnDisk {
        prop_assert_eq!(conclusion.cause, MismatchCause::Unexplained);
    }
    let case = MismatchCase::new(&evidence);
    prop_assert_eq!(MismatchCase::from_json(&case.to_json()).unwrap(), case);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        judge(&Right::go_mod(1), &bytes, MismatchStage::FromUpstream)?;
        judge(&Right::stored_zip(1), &bytes, MismatchStage::OnDisk)?;
    }

    #[test]
    fn near_relatives_of_right_bytes_are_judged(seed in any::<u64>(), packed in any::<bool>()) {
        let right = if packed { Right::zip(1) } else { Right::stored_zip(2) };
        let bytes = Seed::fixed(seed).mutate(&right.bytes);
        judge(&right, &bytes, MismatchStage::FromPeer)?;
        let go_mod = Right::go_mod(3);
        let bytes = Seed::fixed(seed).mutate(&go_mod.bytes);
        judge(&go_mod, &bytes, MismatchStage::OnClient)?;
    }

    #[test]
    fn what_only_begins_like_a_known_kind_is_judged(
        magic in prop::sample::select(vec![
            b"PK\x03\x04".to_vec(), b"PK\x05\x06".to_vec(), b"\x1f\x8b\x08\0".to_vec(), b"\xff\xfe".to_vec(),
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = [magic, rest].concat();
        judge(&Right::zip(1), &bytes, MismatchStage::InTransit)?;
        judge(&Right::go_mod(1), &bytes, MismatchStage::InTransit)?;
    }
}

#[test]
fn a_copy_is_the_same_whichever_way_its_bytes_are_compared() {
    let right = Right::zip(1);
    let specimen = right.look(&right.bytes, MIRROR);
    let difference = compare(
        (&specimen, right.bytes.as_slice()),
        (&specimen, right.bytes.as_slice()),
    );
    let difference = difference.unwrap();
    assert_eq!((difference.first, difference.bytes), (None, 0));
    assert_eq!(difference.changed.count, 0);
}
