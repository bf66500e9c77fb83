//! Witnesses: `NAME+KEY URL`, separated by commas.

use tlog::note::VerifierKey;
use upstream::SourceUrl;

/// Reads `--witness`. Refusals name a witness by its number: what stands in the place of its key or
/// URL may be a password.
pub(crate) fn parse(list: &str) -> Result<Vec<(VerifierKey, SourceUrl)>, String> {
    let mut witnesses: Vec<(VerifierKey, SourceUrl)> = Vec::new();
    let all = list.split(',').map(str::trim).filter(|one| !one.is_empty());
    for (number, one) in (1..).zip(all) {
        let (key, url) = one
            .split_once(' ')
            .ok_or_else(|| format!("witness {number} must be NAME+KEY URL"))?;
        let key: VerifierKey = key
            .parse()
            .map_err(|error| format!("the key of witness {number}: {error}"))?;
        if !key.is_witness() {
            // The same secret signs both ways; what differs is the first byte of the key.
            return Err(format!("{key} is no witness's key: those sign with a time"));
        }
        if witnesses
            .iter()
            .any(|(known, _)| known.name() == key.name())
        {
            return Err(format!("{} is named twice", key.name()));
        }
        let url = SourceUrl::parse(url.trim())
            .map_err(|error| format!("the URL of witness {number}: {error}"))?;
        witnesses.push((key, url));
    }
    Ok(witnesses)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use tlog::note::SignerKey;

    #[test]
    fn a_witness_has_a_key_that_signs_with_a_time_and_a_url() {
        let key = SignerKey::from_seed("w1.example.com", [1; 32]).unwrap();
        let witness = key.verifier().for_cosignatures();
        let read = parse(&format!("{witness} https://w1.example.com/x, ")).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].1.reveal().as_str(), "https://w1.example.com/x");
        for wrong in [
            "w1.example.com".to_owned(),
            format!("{witness} ftp://robot:secret@w1.example.com/secret"),
            format!("{witness} //robot:secret@w1.example.com"),
            format!("https://robot:secret@w1.example.com {witness}"),
            "https://robot:secret@w1.example.com/secret".to_owned(),
            format!("{} https://w1.example.com", key.verifier()),
            format!("{witness} https://a.example.com,{witness} https://b.example.com"),
        ] {
            let refusal = parse(&wrong).unwrap_err();
            assert!(!refusal.contains("secret"), "{wrong}: {refusal}");
        }
    }
}
