"""What can go wrong when a voice is converted.

VoiceError
├── UnknownPresetError     no preset of this name
├── BadPresetError         a preset file that cannot be used; says which and why
│   ├── NoTranscriptError    nobody says what is said in the recording
│   ├── BadTranscriptError   a transcript or stress dictionary that cannot be read
│   ├── MissingPartError     an optional package that the voice needs is not installed
│   │   └── NoListenerError    it is the one that hears what is said
│   └── BadModelError      a model file of a preset cannot be used
│       ├── MissingModelError   it is not there
│       ├── DamagedModelError   it is cut short, or no model file at all
│       ├── UnsafeModelError    opening it would run code from it
│       ├── UntrustedModelError it is a program, and nobody has said that it may run
│       ├── UnknownModelError   it is sound, and of a kind that is not known here
│       └── UnknownSpeakerError it has several voices, and the preset names none of them
├── DownloadFailedError    a model file could not be fetched; says why, and whether another try goes on
├── BadAudioError          the audio cannot be converted (unreadable, no samples, not finite)
├── DiskFullError          there is no room for what a job writes
├── ConversionFailedError  the method failed; says where
├── OutOfMemoryError       a job wanted more memory than a child may have
├── JobTimeoutError        the child process hung under the job, each time it was run
├── JobCancelledError      a job was cancelled
└── WorkerDiedError        the child process died under the job, each time it was run
"""

from __future__ import annotations

from typing import ClassVar


class VoiceError(Exception):
    """The voice could not be converted."""

    code: ClassVar[str] = "voice.error"

    def __init__(self, message: str | None = None, **params: object) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.params = params


class UnknownPresetError(VoiceError):
    """There is no voice preset of this name."""

    code = "voice.unknown_preset"


class BadPresetError(VoiceError):
    """A voice preset file cannot be used."""

    code = "voice.bad_preset"


class NoTranscriptError(BadPresetError):
    """This voice does not know what is said in the recording."""

    code = "voice.no_transcript"


class BadTranscriptError(BadPresetError):
    """A transcript cannot be used."""

    code = "voice.bad_transcript"


class MissingPartError(BadPresetError):
    """This voice needs a package that is not installed."""

    code = "voice.part_missing"


class NoListenerError(MissingPartError):
    """This voice listens with a package that is not installed."""

    code = "voice.no_listener"


class BadModelError(BadPresetError):
    """A model file of this voice cannot be used."""

    code = "voice.bad_model"


class MissingModelError(BadModelError):
    """A model file of this voice is not there."""

    code = "voice.model_missing"


class DamagedModelError(BadModelError):
    """A model file of this voice is damaged."""

    code = "voice.model_damaged"


class UnsafeModelError(BadModelError):
    """A model file of this voice holds a program, which is never run."""

    code = "voice.model_unsafe"


class UntrustedModelError(BadModelError):
    """This voice is a program, and nobody has said that it may run."""

    code = "voice.model_untrusted"


class UnknownModelError(BadModelError):
    """A model file of this voice is of a kind that is not known here."""

    code = "voice.model_unknown"


class UnknownSpeakerError(BadModelError):
    """The model of this voice does not have the speaker that the preset names."""

    code = "voice.unknown_speaker"


class DownloadFailedError(VoiceError):
    """A voice file could not be downloaded."""

    code = "voice.download_failed"


class BadAudioError(VoiceError):
    """This audio cannot be converted."""

    code = "voice.bad_audio"


class DiskFullError(VoiceError):
    """There is no room left on the disk for what the conversion writes."""

    code = "voice.disk_full"


class ConversionFailedError(VoiceError):
    """The voice conversion failed."""

    code = "voice.conversion_failed"


class OutOfMemoryError(VoiceError):
    """The conversion needed more memory than it may have; FABRIC_VOICE_MEMORY_GB gives it more."""

    code = "voice.out_of_memory"


class JobTimeoutError(VoiceError):
    """The conversion stopped answering each time it was tried, and was given up."""

    code = "voice.job_timeout"


class JobCancelledError(VoiceError):
    """The conversion was cancelled."""

    code = "voice.job_cancelled"


class WorkerDiedError(VoiceError):
    """The conversion process died on this file each time it was tried."""

    code = "voice.worker_died"
