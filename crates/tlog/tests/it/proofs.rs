//! Proofs that are kept: they stand by themselves, and no bit of them can be turned.

use crate::{database::Database, memory::run};
use tlog::{
    Hash,
    checkpoint::{GO_ORIGIN, TreeHead},
    note::{Note, VerifierKey, sign},
    proof_file::{LogProof, ProofFileError},
};

/// What a proof says: record, number, head.
fn meaning(bytes: &[u8], key: &VerifierKey) -> Result<(Vec<u8>, u64, TreeHead), ProofFileError> {
    let proof = LogProof::parse(bytes)?;
    let record = proof.extra.clone().unwrap_or_default();
    let leaf = Hash::of_leaf(&record);
    let head = proof.check(leaf, GO_ORIGIN, std::slice::from_ref(key))?;
    Ok((record, proof.index, head))
}

#[test]
fn a_proof_is_printed_parsed_and_checked_with_the_key_only() {
    let database = Database::honest(600);
    database.publish(1);
    let key = database.signer.verifier();
    for (number, size) in [(0, 1), (0, 600), (255, 600), (256, 600), (599, 600)] {
        let proven = database.look_up(&database.client(), number, size).unwrap();
        let file = proven.proof.to_string();
        assert_eq!(LogProof::parse(file.as_bytes()), Ok(proven.proof));
        let record = database.log.leaf(number).as_bytes().to_vec();
        assert_eq!(
            meaning(file.as_bytes(), key),
            Ok((record, number, database.log.head(size)))
        );
        database.memory.store(None);
    }
}

#[test]
fn a_proof_is_refused_or_means_the_same_whichever_bit_is_turned() {
    let database = Database::honest(600);
    let key = database.signer.verifier();
    let proven = database.look_up(&database.client(), 300, 600).unwrap();
    let mut file = proven.proof.to_string().into_bytes();
    let honest = meaning(&file, key);
    let (mut same, bits) = (0, 8 * file.len());
    for bit in 0..bits {
        file[bit / 8] ^= 1 << (bit % 8);
        let turned = meaning(&file, key);
        assert!(turned.is_err() || turned == honest, "bit {bit}");
        same += usize::from(turned.is_ok());
        file[bit / 8] ^= 1 << (bit % 8);
    }
    // Stray bits behind the last byte in base64 mean nothing, here as in Go.
    println!("{bits} bits turned, {same} of them without a meaning");
    assert!(same < bits / 100);
}

#[test]
fn a_proof_is_of_this_log_and_of_no_other() {
    let database = Database::honest(9);
    let proof = database.look_up(&database.client(), 3, 9).unwrap().proof;
    let leaf = Hash::of_leaf(database.log.leaf(3).as_bytes());
    let key = database.signer.verifier().clone();
    let other = proof.check(leaf, "example.com/log", std::slice::from_ref(&key));
    assert!(matches!(other, Err(ProofFileError::Origin(_))));
    assert!(matches!(
        proof.check(leaf, GO_ORIGIN, &[]),
        Err(ProofFileError::Note(_))
    ));
    let another = Hash::of_leaf(database.log.leaf(4).as_bytes());
    assert!(matches!(
        proof.check(another, GO_ORIGIN, &[key]),
        Err(ProofFileError::Proof(_))
    ));
}

#[test]
fn whatever_follows_in_a_head_does_not_spoil_the_proof() {
    let database = Database::honest(9);
    let key = database.signer.verifier();
    for more in ["more\n", "\n", "\nmore\n\nand more\n"] {
        let text = database.log.head(9).to_text() + more;
        let head = sign(&text, &[], &[&database.signer]).unwrap();
        assert!(Note::open(head.as_bytes(), std::slice::from_ref(key)).is_ok());
        let answer = format!("3\n{}\n{head}", database.log.leaf(3));
        let client = database.client();
        let proven = run(client.prove(answer.as_bytes(), "example.com/m3", "v1.0.0")).unwrap();
        let checked = meaning(proven.proof.to_string().as_bytes(), key);
        assert!(checked.is_ok(), "{more:?}: {checked:?}");
        database.memory.store(None);
    }
}
