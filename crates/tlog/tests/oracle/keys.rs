//! Keys: what is one, what its id is, whether it signs alike.

use super::{refused, text, texts};
use testkit::oracle::{Oracle, Seed};
use tlog::note::{SignerKey, VerifierKey};

const INPUTS: usize = 20_000;

#[test]
fn keys_to_check_with_are_read_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1101);
    let keys: Vec<_> = (0..INPUTS)
        .map(|_| vec![near(&mut seed, verifier)])
        .collect();
    oracle.compare("note.verifier", &keys, |input| {
        let key: VerifierKey = text(input, 0)?.parse().map_err(refused)?;
        Ok(shown(&key))
    });
}

#[test]
fn keys_to_sign_with_are_read_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1102);
    let keys: Vec<_> = (0..INPUTS)
        .map(|_| vec![near(&mut seed, SignerKey::reveal)])
        .collect();
    oracle.compare("note.signer", &keys, |input| {
        let key: SignerKey = text(input, 0)?.parse().map_err(refused)?;
        Ok(shown(key.verifier()))
    });
}

fn shown(key: &VerifierKey) -> Vec<Vec<u8>> {
    let id = format!("{:08x}", key.id());
    vec![key.name().as_bytes().to_vec(), id.into_bytes()]
}

fn verifier(signer: &SignerKey) -> String {
    signer.verifier().to_string()
}

/// A key, or something near it.
fn near(seed: &mut Seed, key: impl Fn(&SignerKey) -> String) -> Vec<u8> {
    let number = u8::try_from(seed.below(200)).unwrap();
    let signer = texts::signer(number);
    let mut key = key(&signer);
    // A witness's key is of its own algorithm; an unknown one has a proper id as well.
    if seed.chance(0.2) && !key.starts_with("PRIVATE") {
        key = signer.verifier().for_cosignatures().to_string();
    }
    let name = signer.verifier().name();
    let (head, rest) = key.split_at(key.find(name).unwrap());
    let mut rest = rest.splitn(3, '+').skip(1);
    let (id, encoded) = (rest.next().unwrap(), rest.next().unwrap());
    match seed.below(8) {
        0 => format!("{head}{name}+{id}+{}", texts::base64(seed, encoded)).into_bytes(),
        1 => format!("{head}{}+{id}+{encoded}", texts::name(seed)).into_bytes(),
        2 => format!("{head}{name}+{}+{encoded}", odd_id(seed, id)).into_bytes(),
        3 | 4 => seed.mutate(key.as_bytes()),
        _ => key.into_bytes(),
    }
}

fn odd_id(seed: &mut Seed, id: &str) -> String {
    match seed.below(6) {
        0 => id.to_uppercase(),
        1 => format!("+{}", &id[1..]),
        2 => format!("0{id}"),
        3 => id[1..].to_owned(),
        4 => format!("0x{}", &id[2..]),
        _ => format!("{}_{}", &id[..4], &id[5..]),
    }
}
