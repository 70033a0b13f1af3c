//! Why a call to AWS failed. In: the SDK's error. Out: a [`Class`], a [`Failure`] that says code, message,
//! status and request id. Never: decides to try again (the SDK tries once, Step Functions owns retries),
//! prints headers or bodies.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId;
use contract::ports::Withheld;
use contract::{Class, Failure};
use std::error::Error;

/// A failure that was doing this when AWS or the way to it said no.
pub(crate) fn failure<E>(doing: impl Into<String>, error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let failure = Failure::new(class(&error), doing);
    match &error {
        // The SDK's own Display is "service error"; `DisplayErrorContext` would print all headers.
        SdkError::ServiceError(refused) => failure.because(format!(
            "{}: {} (HTTP {}, request {})",
            refused.err().code().unwrap_or("no code"),
            refused.err().message().unwrap_or("no message"),
            refused.raw().status(),
            error.request_id().unwrap_or("unknown"),
        )),
        // "dispatch failure", "timeout", …: their sources say why, and the chain tells all of them.
        _ => failure.because(error),
    }
}

/// The class of an SDK error.
pub(crate) fn class<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Class {
    match error {
        SdkError::ServiceError(refused) => class_of(
            refused.err().code().unwrap_or(""),
            refused.raw().status().as_u16(),
        ),
        SdkError::ConstructionFailure(_) => Class::Bug,
        // Timed out, could not connect, no credentials yet, an answer that broke off or made no sense.
        _ => Class::Unavailable,
    }
}

/// How an object was put that S3 refuses with this error; none if that is not why. The request is the same for every object, so what is
/// invalid about it (`InvalidRequest`) is the key that it does not bring. `AccessDenied` may be about our rights as well: S3 often says
/// no more where a KMS key refuses.
pub(crate) fn withheld<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<Withheld> {
    match error.as_service_error()?.code()? {
        "InvalidObjectState" => Some(Withheld::Archived),
        "InvalidRequest" => Some(Withheld::CustomerKey),
        "AccessDenied" => Some(Withheld::Denied),
        code if code.starts_with(OF_KMS) && class(error) == Class::Denied => Some(Withheld::Denied),
        _ => None,
    }
}

/// How S3 begins what KMS said: `KMS.DisabledException`.
const OF_KMS: &str = "KMS.";

/// The class of an answer with this error code and this HTTP status. The code goes first: JSON services say
/// almost everything with 400.
fn class_of(code: &str, status: u16) -> Class {
    match code.strip_prefix(OF_KMS).unwrap_or(code) {
        "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "Throttled"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "TooManyRequestsException"
        | "BandwidthLimitExceeded"
        | "LimitExceededException"
        | "ActivityWorkerLimitExceeded"
        | "ExecutionLimitExceeded"
        | "KMSThrottling"
        | "KmsThrottlingException" => Class::Throttled,
        "RequestTimeout" | "RequestTimeoutException" | "InternalError" | "InternalFailure" => {
            Class::Unavailable
        }
        "PreconditionFailed" | "ConditionalRequestConflict" | "OperationAborted" => Class::Stale,
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSecurity"
        | "KMSAccessDenied"
        | "KmsAccessDeniedException"
        | "MissingAuthenticationToken"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => Class::Denied,
        "NoSuchBucket"
        | "NoSuchKey"
        | "NoSuchVersion"
        | "NotFound"
        | "ActivityDoesNotExist"
        | "StateMachineDoesNotExist" => Class::NotFound,
        _ => match status {
            429 => Class::Throttled,
            500.. | 408 => Class::Unavailable,
            409 | 412 => Class::Stale,
            401 | 403 => Class::Denied,
            404 => Class::NotFound,
            // A key that is disabled, gone, or waits for its deletion.
            400 if code.starts_with(OF_KMS) => Class::Denied,
            _ => Class::Bug,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::get_object::GetObjectError;
    use aws_sdk_s3::primitives::SdkBody;

    fn refused(code: &str, status: u16) -> SdkError<GetObjectError, HttpResponse> {
        let meta = ErrorMetadata::builder().code(code).message("said so").build();
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        response
            .headers_mut()
            .insert("x-amz-request-id", "4442587FB7D0A2F9");
        SdkError::service_error(GetObjectError::generic(meta), response)
    }

    #[test]
    fn an_answer_is_classed_by_its_code_and_else_by_its_status() {
        let check = |code: &str, status: u16, expect: Class| {
            assert_eq!(class(&refused(code, status)), expect, "{code} {status}");
        };
        check("SlowDown", 503, Class::Throttled);
        check("ThrottlingException", 400, Class::Throttled);
        check("ActivityWorkerLimitExceeded", 400, Class::Throttled);
        check("", 429, Class::Throttled);
        check("InternalError", 500, Class::Unavailable);
        check("ServiceUnavailable", 503, Class::Unavailable);
        check("RequestTimeout", 400, Class::Unavailable);
        check("", 502, Class::Unavailable);
        check("PreconditionFailed", 412, Class::Stale);
        check("ConditionalRequestConflict", 409, Class::Stale);
        check("AccessDenied", 403, Class::Denied);
        check("AccessDeniedException", 400, Class::Denied);
        check("ExpiredToken", 400, Class::Denied);
        check("", 401, Class::Denied);
        check("NoSuchKey", 404, Class::NotFound);
        check("NoSuchVersion", 404, Class::NotFound);
        check("ActivityDoesNotExist", 400, Class::NotFound);
        check("", 404, Class::NotFound);
        check("InvalidObjectState", 403, Class::Denied);
        check("KMS.DisabledException", 400, Class::Denied);
        check("KMS.ThrottlingException", 400, Class::Throttled);
        check("KMS.KeyUnavailableException", 500, Class::Unavailable);
        check("InvalidArgument", 400, Class::Bug);
        check("InvalidOutput", 400, Class::Bug);
        check("", 302, Class::Bug);
    }

    #[test]
    fn no_answer_is_unavailable_and_an_impossible_request_is_a_bug() {
        type Failed = SdkError<GetObjectError, HttpResponse>;
        let response = || HttpResponse::new(200.try_into().unwrap(), SdkBody::empty());
        assert_eq!(class(&Failed::timeout_error("30 s")), Class::Unavailable);
        assert_eq!(
            class(&Failed::response_error("not XML", response())),
            Class::Unavailable
        );
        assert_eq!(class(&Failed::construction_failure("no bucket")), Class::Bug);
    }

    #[test]
    fn what_keeps_one_object_back_is_told_from_what_keeps_all() {
        let check = |code: &str, status: u16, expect: Option<Withheld>| {
            assert_eq!(withheld(&refused(code, status)), expect, "{code} {status}");
        };
        check("InvalidObjectState", 403, Some(Withheld::Archived));
        check("InvalidRequest", 400, Some(Withheld::CustomerKey));
        check("AccessDenied", 403, Some(Withheld::Denied));
        check("KMS.DisabledException", 400, Some(Withheld::Denied));
        check("KMS.KMSInvalidStateException", 400, Some(Withheld::Denied));
        check("KMS.NotFoundException", 400, Some(Withheld::Denied));
        check("KMS.ThrottlingException", 400, None);
        check("KMS.KeyUnavailableException", 500, None);
        check("ExpiredToken", 400, None);
        check("InvalidAccessKeyId", 403, None);
        check("SignatureDoesNotMatch", 403, None);
        check("", 403, None);
        check("NoSuchVersion", 404, None);
        check("SlowDown", 503, None);
        check("InternalError", 500, None);
        let timeout = SdkError::<GetObjectError, HttpResponse>::timeout_error("30 s");
        assert_eq!(withheld(&timeout), None);
    }

    #[test]
    fn a_failure_says_what_was_being_done_and_what_aws_said() {
        let failure = failure("reading `a` of `b`", refused("AccessDenied", 403));
        assert_eq!(
            failure.chain(),
            "reading `a` of `b`: AccessDenied: said so (HTTP 403, request 4442587FB7D0A2F9)"
        );
    }
}
