//! Values as people write them: durations and sizes with their units.

use crate::{kind::OptionKind, log_filter};
use server::ListenAddress;
use std::time::Duration;
use store::{BucketLocation, BucketLocationError};
use url::Url;

/// Whether `text` is a value of this kind; if not, what is.
pub(crate) fn check(kind: &OptionKind, text: &str) -> Result<(), String> {
    match kind {
        OptionKind::Address => address(text).map(drop),
        OptionKind::Addresses => addresses(text).map(drop),
        OptionKind::Duration => duration(text).map(drop),
        OptionKind::DurationOrOff => duration_or_off(text).map(drop),
        OptionKind::Bytes => bytes(text).map(drop),
        OptionKind::Count => count(text).map(drop),
        OptionKind::Choice(words) if words.iter().any(|word| word == text) => Ok(()),
        OptionKind::Choice(words) => Err(unknown_word(text, words)),
        OptionKind::Bucket => bucket(text).map(drop),
        OptionKind::PublicUrl => public_url(text).map(drop),
        OptionKind::Switch => switch(text).map(drop),
        OptionKind::LogFilter => log_filter::parse(text).map(drop),
        OptionKind::Path
        | OptionKind::Text
        | OptionKind::List
        | OptionKind::Sources
        | OptionKind::Urls
        | OptionKind::UrlList => {
            if text.is_empty() {
                return Err("it is empty".to_owned());
            }
            Ok(())
        }
    }
}

/// The value of a word.
pub(crate) fn one_of<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let known = words.iter().find(|(word, _)| *word == text);
    known.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<String> = words.iter().map(|(word, _)| (*word).to_owned()).collect();
        unknown_word(text, &words)
    })
}

fn unknown_word(text: &str, words: &[String]) -> String {
    let words = words.join(", ");
    format!("{text:?} is not known here; it can be: {words}")
}

pub(crate) fn address(text: &str) -> Result<ListenAddress, String> {
    ListenAddress::parse(text)
}

/// At least one address.
pub(crate) fn addresses(text: &str) -> Result<Vec<ListenAddress>, String> {
    text.split(',').map(|one| address(one.trim())).collect()
}

/// A length of time as people write it: `500ms`, `30s`, `5m`, `2h`, `7d`.
///
/// # Errors
/// Why it is none.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time, such as 500ms, 30s, 5m, 2h or 7d");
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "" if number == 0 => 0,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(milliseconds)
        .map(Duration::from_millis)
        .ok_or_else(wrong)
}

/// `off`, and a time of nothing, are none.
pub(crate) fn duration_or_off(text: &str) -> Result<Option<Duration>, String> {
    if text == "off" {
        return Ok(None);
    }
    let time = duration(text).map_err(|why| format!("{why}; or off"))?;
    Ok(Some(time).filter(|time| !time.is_zero()))
}

pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size, such as 65536, 512KiB, 64MiB or 1GiB");
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let factor: u64 = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).ok_or_else(wrong)
}

pub(crate) fn count(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| format!("{text:?} is no number from 1 on"))
}

/// A URL that is told to clients: no secret may be in it.
pub(crate) fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("it is no URL: {error}"))?;
    let has_secret = !url.username().is_empty() || url.password().is_some();
    let has_more = url.query().is_some() || url.fragment().is_some();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || has_secret || has_more {
        return Err(
            "it is no http or https URL of a host and a path, without user and query".to_owned(),
        );
    }
    Ok(url)
}

/// A bucket of an object store.
pub(crate) fn bucket(text: &str) -> Result<BucketLocation, String> {
    text.parse()
        .map_err(|error: BucketLocationError| error.to_string())
}

pub(crate) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err(format!("{text:?} is neither on nor off")),
    }
}

/// A host's name as it stands in a URL, without scheme and port.
pub(crate) fn host_name(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if text.is_empty() || text.len() > 253 || !text.bytes().all(is_plain) {
        return Err(format!(
            "{text:?} is no host name, such as goproxy.example.com, without scheme and port"
        ));
    }
    Ok(text.trim_end_matches('.').to_ascii_lowercase())
}

/// A number and what follows it.
fn split(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::{addresses, bytes, count, duration, duration_or_off, public_url, switch};
    use std::time::Duration;

    #[test]
    fn times_have_units() {
        for (text, milliseconds) in [
            ("0", 0),
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2 h", 7_200_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "30",
            "-1s",
            "1.5s",
            "1w",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_may_be_off() {
        assert_eq!(duration_or_off("7d"), duration("7d").map(Some));
        for off in ["off", "0", "0s"] {
            assert_eq!(duration_or_off(off), Ok(None), "{off}");
        }
        assert!(duration_or_off("on").is_err());
    }

    #[test]
    fn sizes_have_units() {
        for (text, size) in [
            ("0", 0),
            ("17", 17),
            ("1KiB", 1024),
            ("64MiB", 67_108_864),
            ("2 GiB", 2_147_483_648),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "MiB", "1MB", "1 mib", "-1", "99999999999GiB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_wrong_address_spoils_the_list() {
        assert_eq!(addresses("localhost:80, unix:/run/m").unwrap().len(), 2);
        for text in ["", "127.0.0.1:80,", "127.0.0.1:80,x"] {
            assert!(addresses(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_switch_has_two_words_for_each_state() {
        assert_eq!([switch("on"), switch("true")], [Ok(true), Ok(true)]);
        assert_eq!([switch("off"), switch("false")], [Ok(false), Ok(false)]);
        for text in ["", "1", "yes", "ON"] {
            assert!(switch(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_for_everybody_has_a_host_and_no_secret() {
        for text in ["https://a.example.com", "http://a.example.com:8080/go/"] {
            assert!(public_url(text).is_ok(), "{text}");
        }
        for text in [
            "a.example.com",
            "ftp://a.example.com",
            "https://user:word@a.example.com",
            "https://a.example.com/?token=x",
        ] {
            let refusal = public_url(text).unwrap_err();
            assert!(!refusal.contains("word") && !refusal.contains("token"));
        }
    }

    #[test]
    fn counts_begin_at_one() {
        assert_eq!(count("7"), Ok(7));
        for text in ["0", "-1", "", "x", "1.0"] {
            assert!(count(text).is_err(), "{text}");
        }
    }
}
