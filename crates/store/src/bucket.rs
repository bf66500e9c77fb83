//! A bucket: where blobs lie instead of below the data directory, in any object store that speaks S3.
//!
//! Spool, catalog and journal stay on the disk. Objects are named by their content and never changed, so
//! nothing is asked of the object store but to put and to get: no conditional writes, whose support differs
//! and fails silently, no versions, no listing on the way of a request. What it sends is believed no more than
//! a disk: small blobs are hashed when they are read, all of them when the store is scrubbed.
//!
//! Credentials are not options. They come from the environment, a web identity, or the machine's own role, as
//! other programs find them; so they stand in no file of ours, and are renewed by whoever issued them.

use crate::error::StoreError;
use object_store::{
    BackoffConfig, Certificate, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
};
use serde::{Deserialize, Serialize};
use std::{fmt, fs, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

/// A bucket, and the prefix of what is ours in it. Its text is `s3://BUCKET/PREFIX`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketLocation {
    bucket: String,
    prefix: String,
}

/// A text that names no bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not of the form s3://BUCKET or s3://BUCKET/PREFIX, of letters, digits, dots, dashes and underscores"
)]
pub struct BucketLocationError;

/// A bucket and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketOptions {
    /// The bucket.
    pub location: BucketLocation,
    /// URL of the object store; that of AWS, or what the environment says, where there is none.
    pub endpoint: Option<String>,
    /// Region of the bucket; what the environment says where there is none.
    pub region: Option<String>,
    /// File of roots that are trusted besides the system's, as PEM.
    pub ca: Option<PathBuf>,
}

/// For a connection, TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// For one request; none carries more than 8 MiB.
const REQUEST: Duration = Duration::from_secs(30);

/// How often and for how long a request is made again. A client waits for it.
const RETRIES: (usize, Duration) = (3, Duration::from_secs(20));

/// The longest name of a bucket that S3 allows (Amazon S3 User Guide, "General purpose bucket naming rules").
const NAME_LIMIT: usize = 63;

/// Longer prefixes leave no room for the names of blobs, 77 bytes, within the 1,024 bytes of a key.
const PREFIX_LIMIT: usize = 512;

// === impl BucketLocation ===

impl BucketLocation {
    /// The prefix, without slashes at its ends; empty for the whole bucket.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl FromStr for BucketLocation {
    type Err = BucketLocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("s3://").ok_or(BucketLocationError)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let are_plain = prefix.is_empty() || prefix.split('/').all(is_plain);
        if !is_plain(bucket)
            || bucket.len() > NAME_LIMIT
            || !are_plain
            || prefix.len() > PREFIX_LIMIT
        {
            return Err(BucketLocationError);
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        })
    }
}

impl fmt::Display for BucketLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() {
            return Ok(());
        }
        write!(f, "/{}", self.prefix)
    }
}

impl TryFrom<String> for BucketLocation {
    type Error = BucketLocationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BucketLocation> for String {
    fn from(location: BucketLocation) -> Self {
        location.to_string()
    }
}

/// Whether a name means the same in a URL, in a signature and in a listing, and is no step elsewhere.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name != "." && name != ".." && name.bytes().all(is_plain)
}

// === impl BucketOptions ===

impl BucketOptions {
    /// A client of the bucket, and how it will reach it: with what the environment says about endpoint and
    /// region. Nobody is asked anything yet.
    pub(crate) fn connect(&self) -> Result<(Arc<dyn ObjectStore>, Self), StoreError> {
        let failed = |error| StoreError::remote(format!("preparing {}", self.location), error);
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&self.location.bucket)
            .with_retry(retries());
        if let Some(endpoint) = &self.endpoint {
            // This one goes before what the environment says for S3 alone.
            builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        let s3 = builder.get_config_value(&AmazonS3ConfigKey::S3Endpoint);
        let reached = Self {
            endpoint: s3.or_else(|| builder.get_config_value(&AmazonS3ConfigKey::Endpoint)),
            region: builder.get_config_value(&AmazonS3ConfigKey::Region),
            ..self.clone()
        };
        let client = reached.client()?;
        let store = builder
            .with_client_options(client)
            .build()
            .map_err(failed)?;
        Ok((Arc::new(store), reached))
    }

    fn client(&self) -> Result<ClientOptions, StoreError> {
        // Without TLS only where an operator wrote so.
        let is_plain = |endpoint: &String| endpoint.starts_with("http://");
        let mut client = ClientOptions::new()
            .with_connect_timeout(CONNECT)
            .with_timeout(REQUEST)
            .with_allow_http(self.endpoint.as_ref().is_some_and(is_plain));
        for root in self.roots()? {
            client = client.with_root_certificate(root);
        }
        Ok(client)
    }

    fn roots(&self) -> Result<Vec<Certificate>, StoreError> {
        let Some(path) = &self.ca else {
            return Ok(Vec::new());
        };
        let pem = fs::read(path).map_err(|error| StoreError::file("reading", path, error))?;
        Certificate::from_pem_bundle(&pem)
            .map_err(|error| StoreError::remote(format!("reading {}", path.display()), error))
    }
}

fn retries() -> RetryConfig {
    let (max_retries, retry_timeout) = RETRIES;
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries,
        retry_timeout,
    }
}

#[cfg(test)]
mod tests {
    use super::BucketLocation;

    #[test]
    fn a_bucket_is_read_and_written_alike() {
        for (text, written) in [
            ("s3://modules", "s3://modules"),
            ("s3://modules/", "s3://modules"),
            ("s3://mod.ules-1/site/a/", "s3://mod.ules-1/site/a"),
        ] {
            let location: BucketLocation = text.parse().expect(text);
            assert_eq!(location.to_string(), written);
            assert_eq!(written.parse(), Ok(location));
        }
    }

    #[test]
    fn what_names_no_bucket_or_leads_elsewhere_is_refused() {
        let long = format!("s3://{}", "b".repeat(64));
        for text in [
            "",
            "modules",
            "s3:modules",
            "s3://",
            "s3:///prefix",
            "https://modules/prefix",
            "s3://user:secret@modules",
            "s3://modules/../other",
            "s3://modules//prefix",
            "s3://modules/a b",
            "s3://modules?region=x",
            "s3://../modules",
            long.as_str(),
        ] {
            assert!(text.parse::<BucketLocation>().is_err(), "{text}");
        }
    }
}
