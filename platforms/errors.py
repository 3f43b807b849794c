"""What a publishing site can answer instead of success, as a closed set of meanings.

PlatformError
├── TokenRejectedError     the access token is not accepted: refresh it once and go on
├── RateLimitedError       too fast: wait `retry_after`, nothing was done
├── QuotaExhaustedError    a daily or rolling allowance is used up until `until`
├── TransientError         the site or the network failed, and nothing can have been published
│   └── NotReadyError      the site still works on the file: the same call again after `retry_after`
├── OutcomeUnknownError    the request may have taken effect: ask before anything is repeated
├── SessionGoneError       the upload session is dead: begin anew (reconcile first if bytes may have been complete)
├── ContentRejectedError   the file or a text is not acceptable: a person must change it
├── NeedsReauthError       only the operator can renew the grant
├── NeedsOperatorError     the account or the app is not allowed to do this: policy or configuration
└── UnexpectedAnswerError  nothing of the above: logged, tried at most three times
"""

from __future__ import annotations

from datetime import datetime, timedelta


class PlatformSettingsError(ValueError):
    """A setting of a platform is missing or cannot be used."""

    def __init__(self, platform: str, key: str, problem: str) -> None:
        super().__init__(f"{platform}: {key} {problem}")
        self.platform = platform
        self.key = key
        self.problem = problem


class PlatformError(Exception):
    """The site refused.

    `code` is the key of the sentence that people read; a platform may name a closer one than its class does.
    `reason` is the site's own word for it (`quotaExceeded`), `detail` its message, never a secret.
    """

    code: str = "platform.error"

    def __init__(
        self,
        detail: str = "",
        *,
        platform: str = "",
        reason: str = "",
        http_status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(detail or (type(self).__doc__ or "").strip())
        if code is not None:
            self.code = code
        self.detail = detail
        self.platform = platform
        self.reason = reason
        self.http_status = http_status

    def params(self) -> dict[str, str]:
        """What the sentence for `code` may name."""
        return {"platform": self.platform, "reason": self.reason, "detail": self.detail}


class TokenRejectedError(PlatformError):
    """The access token is not accepted."""

    code = "platform.token_rejected"


class RateLimitedError(PlatformError):
    """Too many requests in a short time."""

    code = "platform.rate_limited"

    def __init__(self, detail: str = "", *, retry_after: timedelta, **facts: object) -> None:
        super().__init__(detail, **facts)  # type: ignore[arg-type]
        self.retry_after = retry_after


class QuotaExhaustedError(PlatformError):
    """An allowance is used up. `bucket` names it as in the platform's limits; `until` is when it frees (aware UTC)."""

    code = "platform.quota_exhausted"

    def __init__(self, detail: str = "", *, bucket: str, until: datetime, **facts: object) -> None:
        super().__init__(detail, **facts)  # type: ignore[arg-type]
        self.bucket = bucket
        self.until = until

    def params(self) -> dict[str, str]:
        return super().params() | {"bucket": self.bucket, "until": self.until.isoformat()}


class TransientError(PlatformError):
    """The site or the network failed for a moment."""

    code = "platform.transient"

    def __init__(self, detail: str = "", *, retry_after: timedelta | None = None, **facts: object) -> None:
        super().__init__(detail, **facts)  # type: ignore[arg-type]
        self.retry_after = retry_after


class NotReadyError(TransientError):
    """The site is still processing the file."""

    code = "platform.not_ready"


class OutcomeUnknownError(PlatformError):
    """The answer was lost; the request may have taken effect."""

    code = "platform.outcome_unknown"


class SessionGoneError(PlatformError):
    """The upload session has expired or was closed by the site."""

    code = "platform.session_gone"


class ContentRejectedError(PlatformError):
    """The site does not accept this file or text."""

    code = "platform.content_rejected"


class NeedsReauthError(PlatformError):
    """The grant is gone or too small; the operator must connect the account again."""

    code = "platform.needs_reauth"


class NeedsOperatorError(PlatformError):
    """The account or the app is not allowed to do this."""

    code = "platform.needs_operator"


class UnexpectedAnswerError(PlatformError):
    """The site answered something that its documents do not describe."""

    code = "platform.unexpected"
