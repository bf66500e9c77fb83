//! Notes: which signatures count, and what is written.

use super::{refused, text, texts};
use testkit::oracle::{Answer, Oracle, Seed};
use tlog::note::{Note, Signature, SignerKey, VerifierKey, sign};

const INPUTS: usize = 20_000;

const TEXTS: &[&str] = &[
    "go.sum database tree\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    "one line\n",
    "\n",
    "two\n\nparagraphs\n",
    "\u{2014} looks like a signature\n\n",
    "\u{e9}\u{1f600}\n",
];

#[test]
fn notes_are_opened_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1201);
    let mut inputs: Vec<_> = (0..2 * INPUTS).map(|_| question(&mut seed)).collect();
    inputs.extend((0..60).map(|number| many_signatures(&mut seed, 70 + number)));
    inputs.extend([(1 << 20) - 200, 1 << 20, (1 << 20) + 200].map(large));
    oracle.compare("note.open", &inputs, open);
}

pub(crate) fn open(input: &[Vec<u8>]) -> Answer {
    let keys = (1..input.len()).map(|at| text(input, at)?.parse::<VerifierKey>().map_err(refused));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    let note = Note::open(&input[0], &keys).map_err(refused)?;
    let mut answer = vec![
        note.text.into_bytes(),
        note.verified.len().to_string().into_bytes(),
    ];
    for signature in note.verified.into_iter().chain(note.unverified) {
        let Signature { name, id, base64 } = signature;
        answer.extend([name, format!("{id:08x}"), base64].map(String::into_bytes));
    }
    Ok(answer)
}

/// A note and the keys that are known.
fn question(seed: &mut Seed) -> Vec<Vec<u8>> {
    let text = seed.pick::<&str>(TEXTS);
    let mut signers: Vec<SignerKey> = (0..=seed.below(4)).map(|_| any_signer(seed)).collect();
    let by: Vec<&SignerKey> = signers.iter().collect();
    let signed = sign(text, &[], &by).unwrap();
    let (body, lines) = signed.rsplit_once("\n\n").unwrap();
    let mut lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    for _ in 0..seed.below(3) {
        change(seed, &mut lines);
    }
    let mut message = format!("{body}\n\n{}\n", lines.join("\n")).into_bytes();
    if seed.chance(0.3) {
        message = seed.mutate(&message);
    }
    // Known keys: some of those that signed, sometimes others, sometimes one twice.
    signers.truncate(1 + seed.below(signers.len()));
    if seed.chance(0.1) {
        signers.push(any_signer(seed));
    }
    let known = signers.iter().map(|signer| known(seed, signer));
    std::iter::once(message).chain(known).collect()
}

fn any_signer(seed: &mut Seed) -> SignerKey {
    texts::signer(u8::try_from(seed.below(12)).unwrap())
}

fn known(seed: &mut Seed, signer: &SignerKey) -> Vec<u8> {
    let key = signer.verifier();
    if seed.chance(0.05) {
        key.for_cosignatures().to_string().into_bytes()
    } else {
        key.to_string().into_bytes()
    }
}

/// One change to the signature lines.
fn change(seed: &mut Seed, lines: &mut Vec<String>) {
    let at = seed.below(lines.len());
    let line = lines[at].clone();
    let (name, encoded) = line.rsplit_once(' ').unwrap_or((&line, ""));
    match seed.below(9) {
        0 => lines.push(line),
        1 => lines[at] = format!("{name} {}", texts::base64(seed, encoded)),
        2 => lines[at] = format!("\u{2014} {} {encoded}", texts::name(seed)),
        3 => lines[at] = line.replacen("\u{2014} ", "- ", 1),
        4 => lines[at] = format!("{name}  {encoded}"),
        5 => lines[at] = format!("{name} {encoded} more"),
        // A signature of the same key that says something else.
        6 if encoded.is_ascii() && encoded.len() > 21 => {
            lines.push(format!("{name} {}A{}", &encoded[..20], &encoded[21..]));
        }
        7 => lines.swap(0, at),
        _ => name.clone_into(&mut lines[at]),
    }
}

/// A note with this many lines of signatures, the known one somewhere among them.
fn many_signatures(seed: &mut Seed, count: usize) -> Vec<Vec<u8>> {
    let (signer, body) = (texts::signer(1), "text\n");
    let known = sign(body, &[], &[&signer]).unwrap();
    let mut lines: Vec<String> = (1..count)
        .map(|number| {
            let other = SignerKey::from_seed(&format!("k{number}"), [9; 32]).unwrap();
            sign(body, &[], &[&other]).unwrap()[body.len() + 1..].to_owned()
        })
        .collect();
    let at = seed.below(count);
    lines.insert(at, known[body.len() + 1..].to_owned());
    if seed.chance(0.3) {
        lines.push("no signature\n".to_owned());
    }
    let message = format!("{body}\n{}", lines.concat());
    vec![
        message.into_bytes(),
        signer.verifier().to_string().into_bytes(),
    ]
}

fn large(size: usize) -> Vec<Vec<u8>> {
    let signer = texts::signer(1);
    let message = sign(&("x".repeat(size) + "\n"), &[], &[&signer]).unwrap();
    vec![
        message.into_bytes(),
        signer.verifier().to_string().into_bytes(),
    ]
}

#[test]
fn notes_are_signed_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1202);
    let inputs: Vec<_> = (0..INPUTS / 2).map(|_| unsigned(&mut seed)).collect();
    oracle.compare("note.sign", &inputs, |input| {
        let count = super::number(input, 1)?;
        let rest = 2 + usize::try_from(count).unwrap();
        let signers = (2..rest).map(|at| text(input, at)?.parse::<SignerKey>().map_err(refused));
        let signers: Vec<_> = signers.collect::<Result<_, _>>()?;
        let existing = (rest..input.len()).step_by(3).map(|at| {
            Ok(Signature {
                name: text(input, at)?.to_owned(),
                id: text(input, at + 1)?.parse().map_err(refused)?,
                base64: text(input, at + 2)?.to_owned(),
            })
        });
        let existing: Vec<_> = existing.collect::<Result<_, String>>()?;
        let by: Vec<_> = signers.iter().collect();
        let signed = sign(text(input, 0)?, &existing, &by).map_err(refused)?;
        Ok(vec![signed.into_bytes()])
    });
}

/// A text, who signs it, and signatures it has.
fn unsigned(seed: &mut Seed) -> Vec<Vec<u8>> {
    let mut body = seed.pick::<&str>(TEXTS).as_bytes().to_vec();
    if seed.chance(0.2) {
        body = String::from_utf8_lossy(&seed.mutate(&body))
            .into_owned()
            .into_bytes();
    }
    let signers: Vec<SignerKey> = (0..seed.below(4)).map(|_| any_signer(seed)).collect();
    let mut input = vec![body, signers.len().to_string().into_bytes()];
    input.extend(signers.iter().map(|signer| signer.reveal().into_bytes()));
    for _ in 0..seed.below(3) {
        let old = sign("old\n", &[], &[&any_signer(seed)]).unwrap();
        let key = VerifierKey::clone(any_signer(seed).verifier());
        let note = Note::open(old.as_bytes(), &[key]);
        let Some(signature) = note.ok().and_then(|note| note.verified.into_iter().next()) else {
            continue;
        };
        let Signature {
            mut name,
            mut id,
            mut base64,
        } = signature;
        match seed.below(10) {
            0 => texts::name(seed).clone_into(&mut name),
            1 => id ^= 1,
            2 => base64 = texts::base64(seed, &base64),
            3 => base64.truncate(seed.below(10)),
            _ => {}
        }
        input.extend([name, id.to_string(), base64].map(String::into_bytes));
    }
    input
}

/// Signatures of witnesses: the rule is C2SP's, told to Go's note.Open by a verifier of our own.
#[test]
fn cosignatures_are_judged_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1203);
    let inputs: Vec<_> = (0..INPUTS / 4).map(|_| witnessed(&mut seed)).collect();
    oracle.compare("note.open", &inputs, open);
}

fn witnessed(seed: &mut Seed) -> Vec<Vec<u8>> {
    use aws_lc_rs::signature::Ed25519KeyPair;
    use base64::{Engine, engine::general_purpose::STANDARD};
    let number = u8::try_from(1 + seed.below(4)).unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap();
    let witness = texts::signer(number).verifier().for_cosignatures();
    let body = seed.pick::<&str>(TEXTS);
    let time = *seed.pick(&[0, 1, 1_700_000_000, u64::MAX >> 1, 1 << 63, u64::MAX]);
    let told = if seed.chance(0.1) { time ^ 1 } else { time };
    let signed = pair.sign(format!("cosignature/v1\ntime {told}\n{body}").as_bytes());
    let mut raw = [
        &witness.id().to_be_bytes()[..],
        &time.to_be_bytes(),
        signed.as_ref(),
    ]
    .concat();
    if seed.chance(0.2) {
        let at = seed.below(raw.len());
        raw[at] ^= 1 << seed.below(8);
    }
    if seed.chance(0.1) {
        raw.truncate(seed.below(raw.len()));
    }
    let message = format!(
        "{body}\n\u{2014} {} {}\n",
        witness.name(),
        STANDARD.encode(raw)
    );
    vec![message.into_bytes(), witness.to_string().into_bytes()]
}
