//! The two buckets. In: port calls. Out: S3 calls, one each (a listing: one a page).
//! Never: tries again, reads a body without a bound, takes a listing that broke off for the whole.

mod listing;

use crate::classify::{failure, withheld};
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, EncodingType};
use contract::ports::{
    AppendRecord, Etag, ListConfig, Listed, ReadConfig, ReadObject, ReadProjection, Unread, WriteObject,
    WriteProjection,
};
use contract::{Class, Digest, Failure, Pointer, Record, Timestamp};
use listing::{Listing, decode};
use serde_json::Value;
use std::time::Duration;

/// How long one body may take to arrive.
const BODY_SECONDS: u64 = 60;
/// The largest object of a team that is taken into memory. Fetch refuses what is much smaller by the
/// listing already; this bounds what is overwritten in between.
const CONFIG_OBJECT_BYTES: u64 = 64 * 1024 * 1024;
/// The largest projection.
const PROJECTION_BYTES: u64 = 64 * 1024 * 1024;

/// The bucket that teams write.
#[derive(Debug, Clone)]
pub struct ConfigBucket {
    client: Client,
    bucket: String,
}

/// The bucket that only the pipeline writes.
#[derive(Debug, Clone)]
pub struct StateBucket {
    client: Client,
    bucket: String,
}

impl ConfigBucket {
    /// The bucket of that name.
    #[must_use]
    pub fn new(sdk: &SdkConfig, bucket: String) -> ConfigBucket {
        let client = Client::new(sdk);
        ConfigBucket { client, bucket }
    }

    /// In an unversioned bucket every object has the version `null`, whatever its content: nothing could be
    /// pinned.
    async fn must_be_versioned(&self) -> Result<(), Failure> {
        let doing = format!("asking whether bucket `{}` is versioned", self.bucket);
        let request = self.client.get_bucket_versioning().bucket(&self.bucket);
        let answer = request.send().await.map_err(|error| failure(doing, error))?;
        if answer.status() == Some(&BucketVersioningStatus::Enabled) {
            return Ok(());
        }
        let doing = format!(
            "pinning versions in bucket `{}`, which keeps none: turn its versioning on",
            self.bucket
        );
        Err(Failure::new(Class::InvalidRequest, doing))
    }
}

impl ListConfig for ConfigBucket {
    async fn list(&self, as_of: Option<Timestamp>) -> Result<Vec<Listed>, Failure> {
        let doing = || format!("listing bucket `{}`", self.bucket);
        let mut found = Listing::new(as_of);
        let (mut key, mut version) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.bucket)
                // Without it, one key with a control character would make the answer unreadable XML for
                // everybody.
                .encoding_type(EncodingType::Url)
                .set_key_marker(key)
                .set_version_id_marker(version)
                .send()
                .await
                .map_err(|error| failure(doing(), error))?;
            found
                .add(&page)
                .map_err(|what| Failure::new(Class::Unavailable, doing()).because(what))?;
            if page.is_truncated() != Some(true) {
                break;
            }
            let encoded = page.encoding_type() == Some(&EncodingType::Url);
            key = page.next_key_marker().map(|marker| decode(marker, encoded));
            version = page.next_version_id_marker().map(str::to_owned);
            if key.is_none() {
                let broken = Failure::new(Class::Unavailable, doing());
                return Err(broken.because("it broke off: there is more, but S3 does not say from where"));
            }
        }
        let listed = found.into_listed();
        if listed.iter().any(|object| object.version_id == "null") {
            self.must_be_versioned().await?;
        }
        Ok(listed)
    }
}

impl ReadConfig for ConfigBucket {
    async fn read_version(&self, key: &str, version_id: &str) -> Result<Vec<u8>, Unread> {
        let doing = || {
            format!(
                "reading `{key}` version `{version_id}` of bucket `{}`",
                self.bucket
            )
        };
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .version_id(version_id);
        let answer = request.send().await.map_err(|error| {
            // An id that S3 never gave, and the id of a delete marker: there is no such version.
            if matches!(code(&error), Some("InvalidArgument" | "MethodNotAllowed")) {
                return Failure::new(Class::NotFound, doing()).because(error).into();
            }
            match withheld(&error) {
                Some(how) => Unread::Withheld(how, failure(doing(), error)),
                None => failure(doing(), error).into(),
            }
        })?;
        Ok(body(answer, CONFIG_OBJECT_BYTES, doing).await?)
    }
}

impl StateBucket {
    /// The bucket of that name.
    #[must_use]
    pub fn new(sdk: &SdkConfig, bucket: String) -> StateBucket {
        let client = Client::new(sdk);
        StateBucket { client, bucket }
    }
}

impl ReadObject for StateBucket {
    async fn read_object(&self, pointer: &Pointer) -> Result<Vec<u8>, Failure> {
        let doing = || format!("reading `{}` of bucket `{}`", pointer.key(), self.bucket);
        let request = self.client.get_object().bucket(&self.bucket).key(pointer.key());
        let answer = request.send().await.map_err(|error| failure(doing(), error))?;
        let bytes = body(answer, pointer.size_bytes, doing).await?;
        if Pointer::to(&bytes) == *pointer {
            return Ok(bytes);
        }
        let found = Digest::of(&bytes);
        Err(Failure::new(Class::Rejected, doing()).because(format!("its bytes have the digest {found}")))
    }
}

impl WriteObject for StateBucket {
    async fn write_object(&self, bytes: Vec<u8>) -> Result<Pointer, Failure> {
        let pointer = Pointer::to(&bytes);
        let doing = || format!("writing `{}` to bucket `{}`", pointer.key(), self.bucket);
        let put = |bytes: Vec<u8>| {
            let request = self.client.put_object().bucket(&self.bucket).key(pointer.key());
            request.body(ByteStream::from(bytes))
        };
        match put(bytes.clone()).if_none_match("*").send().await {
            Ok(_) => Ok(pointer),
            Err(error) if status(&error) == Some(412) => Ok(pointer), // It is there already.
            // Another writer of the same bytes is at it now and may yet fail: without the condition both win.
            Err(error) if status(&error) == Some(409) => match put(bytes).send().await {
                Ok(_) => Ok(pointer),
                Err(error) => Err(failure(doing(), error)),
            },
            Err(error) => Err(failure(doing(), error)),
        }
    }
}

impl AppendRecord for StateBucket {
    async fn append(&self, record: &Record) -> Result<(), Failure> {
        let key = record.key();
        let doing = || format!("writing `{key}` to bucket `{}`", self.bucket);
        let bytes =
            serde_json::to_vec(record).map_err(|error| Failure::new(Class::Bug, doing()).because(error))?;
        let request = self.client.put_object().bucket(&self.bucket).key(&key);
        let request = request
            .content_type("application/json")
            .body(ByteStream::from(bytes));
        request
            .send()
            .await
            .map(drop)
            .map_err(|error| failure(doing(), error))
    }
}

impl ReadProjection for StateBucket {
    async fn read_projection(&self, name: &str) -> Result<Option<(Value, Etag)>, Failure> {
        let doing = || format!("reading `{name}` of bucket `{}`", self.bucket);
        let answer = match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(name)
            .send()
            .await
        {
            Ok(answer) => answer,
            Err(error) if code(&error) == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(failure(doing(), error)),
        };
        let etag = answer.e_tag().map(str::to_owned);
        let etag = etag.ok_or_else(|| Failure::new(Class::Bug, doing()).because("S3 gave it no ETag"))?;
        let bytes = body(answer, PROJECTION_BYTES, doing).await?;
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| Failure::new(Class::Rejected, doing()).because(error))?;
        Ok(Some((value, Etag(etag))))
    }
}

impl WriteProjection for StateBucket {
    async fn write_projection(
        &self,
        name: &str,
        value: &Value,
        replaces: Option<&Etag>,
    ) -> Result<(), Failure> {
        let doing = || format!("writing `{name}` to bucket `{}`", self.bucket);
        let bytes =
            serde_json::to_vec(value).map_err(|error| Failure::new(Class::Bug, doing()).because(error))?;
        let request = self.client.put_object().bucket(&self.bucket).key(name);
        let request = request
            .content_type("application/json")
            .body(ByteStream::from(bytes));
        let request = match replaces {
            Some(etag) => request.if_match(&etag.0),
            None => request.if_none_match("*"),
        };
        request
            .send()
            .await
            .map(drop)
            .map_err(|error| match code(&error) {
                // What was read is gone altogether: somebody else was here too.
                Some("NoSuchKey") => Failure::new(Class::Stale, doing()).because(error),
                _ => failure(doing(), error),
            })
    }
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// The whole body, in time and within a bound.
async fn body(answer: GetObjectOutput, at_most: u64, doing: impl Fn() -> String) -> Result<Vec<u8>, Failure> {
    let mut stream = answer.body;
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| Failure::new(Class::Unavailable, doing()).because(error))?;
            if (bytes.len() + chunk.len()) as u64 > at_most {
                let larger = format!("it is larger than {at_most} bytes");
                return Err(Failure::new(Class::Rejected, doing()).because(larger));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    match tokio::time::timeout(Duration::from_secs(BODY_SECONDS), reading).await {
        Ok(read) => read.map(|()| bytes),
        Err(_elapsed) => Err(Failure::new(Class::Unavailable, doing())
            .because(format!("its body did not arrive within {BODY_SECONDS} s"))),
    }
}
