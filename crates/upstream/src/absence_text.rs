//! What is relayed of a source's own words about absence.
//!
//! People search for the text of a 404, and `go` shows it, so it is passed on. It is also text that
//! somebody else writes into our answers. So nothing is passed on that a terminal would obey, and
//! nothing that repeats what the source's URL keeps secret: web frameworks like to answer
//! `Cannot GET /TOKEN/go/...`.

use percent_encoding::percent_decode_str;
use url::Url;

/// What takes the place of words that are not relayed.
pub(crate) const WITHHELD: &str = "not found";

/// Path elements and query values this short are not looked for by themselves: `go` and `api` are
/// words, and tokens are longer.
const SHORTEST_TOKEN: usize = 8;

/// User names and passwords this short are not looked for: they would be found in any text.
const SHORTEST_PASSWORD: usize = 4;

/// What must not appear in relayed words. Has no `Debug`: nothing may print it.
pub(crate) struct UrlSecrets(Vec<String>);

// === impl UrlSecrets ===

impl UrlSecrets {
    /// Everything of a source's URL that could be a secret, as it is written and decoded.
    pub(crate) fn of(url: &Url) -> Self {
        let path = url.path().trim_matches('/');
        let elements = path.split('/');
        let values = url.query().unwrap_or_default().split(['&', '=']);
        let tokens = elements
            .chain(values)
            .filter(|token| token.len() >= SHORTEST_TOKEN);
        let passwords = [url.username(), url.password().unwrap_or_default()];
        let passwords = passwords
            .into_iter()
            .filter(|password| password.len() >= SHORTEST_PASSWORD);
        let whole_path = Some(path).filter(|path| path.contains('/'));
        let mut secrets = Vec::new();
        for secret in tokens.chain(passwords).chain(whole_path) {
            secrets.push(secret.to_owned());
            let decoded = percent_decode_str(secret).decode_utf8_lossy();
            if decoded != secret {
                secrets.push(decoded.into_owned());
            }
        }
        Self(secrets)
    }

    fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret.as_str()))
    }
}

/// The words as they are relayed.
pub(crate) fn relayed(bytes: Vec<u8>, secrets: &UrlSecrets) -> String {
    let text = valid_text(bytes);
    if secrets.are_in(&text) {
        return WITHHELD.to_owned();
    }
    if text.chars().all(is_printable) {
        return text;
    }
    let printable = |c| if is_printable(c) { c } else { '?' };
    text.chars().map(printable).collect()
}

/// Neither a control character nor one that hides or reorders what stands beside it.
fn is_printable(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        '\u{ad}'
        | '\u{61c}'
        | '\u{feff}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' => false,
        c => !c.is_control(),
    }
}

/// The bytes as text, without a character that the limit cut in two; nothing if they are no text.
fn valid_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let whole = error.utf8_error();
        let mut bytes = error.into_bytes();
        bytes.truncate(if whole.error_len().is_none() {
            whole.valid_up_to()
        } else {
            0
        });
        String::from_utf8(bytes).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::{UrlSecrets, WITHHELD, relayed, valid_text};
    use url::Url;

    #[test]
    fn a_text_is_kept_as_it_is_or_not_at_all() {
        assert_eq!(valid_text(b"not found: \xc3\xa9".to_vec()), "not found: é");
        assert_eq!(valid_text(b"not found: \xc3".to_vec()), "not found: ");
        assert_eq!(valid_text(b"not\xff found".to_vec()), "");
    }

    #[test]
    fn words_that_repeat_what_the_url_keeps_secret_are_withheld() {
        let url = "https://robot:sesame@a.example/go/t0ken%2Fvalue/x?key=qu3ryvalue&a=b";
        let secrets = UrlSecrets::of(&Url::parse(url).unwrap());
        for text in [
            "Cannot GET /go/t0ken%2Fvalue/x/example.com/m/@v/list",
            "no route for t0ken/value",
            "bad key qu3ryvalue",
            "user robot",
            "password sesame",
        ] {
            assert_eq!(relayed(text.into(), &secrets), WITHHELD, "{text}");
        }
        let harmless = "not found: example.com/go/x@v1: a=b, key";
        assert_eq!(relayed(harmless.into(), &secrets), harmless);
        let plain = UrlSecrets::of(&Url::parse("https://a.example/go").unwrap());
        assert_eq!(relayed(harmless.into(), &plain), harmless);
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_relayed() {
        let secrets = UrlSecrets::of(&Url::parse("https://a.example").unwrap());
        let relay = |text: &str| relayed(text.into(), &secrets);
        assert_eq!(relay("a\u{1b}[31mb\rc\u{7}\0"), "a?[31mb?c??");
        assert_eq!(relay("a\u{202e}b\u{9b}c\u{feff}"), "a?b?c?");
        assert_eq!(relay("é: line\n\tline\n"), "é: line\n\tline\n");
    }
}
