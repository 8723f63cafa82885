"""Every error this project raises on purpose.

RegistrationError
├── InvalidInputError      what was asked cannot be done; asking again will not help
│   ├── UnsupportedStoreError
│   └── NothingToRegisterError
├── UncertainShiftError    a shift cannot be trusted; nothing was written
├── DamagedChunkError      a chunk of the source cannot be decoded; nothing was replaced
├── LockHeldError          another run owns the image or the well; it can be tried again
├── ServerError            Prefect's server does not answer; what was finished stays
├── ChangedMeanwhileError  the original was changed while it was registered, and was kept
├── StoppedError           somebody stopped the run; the original was not touched
├── QualityError           a result is not as good as was asked for; both are kept
└── VerificationError      the staged image is not what the plan says; the original was kept
"""

from __future__ import annotations


class RegistrationError(Exception):
    """Base of all errors raised on purpose; the message names path, value and next step."""


class InvalidInputError(RegistrationError, ValueError):
    """What was asked cannot be done: a missing path, table or acquisition, or a mismatch."""


class UnsupportedStoreError(InvalidInputError):
    """The location is not on a file system."""


class NothingToRegisterError(InvalidInputError):
    """A well has no reference, or no image to register to it; other wells may have both."""


class UncertainShiftError(RegistrationError):
    """A shift could not be estimated, or not be trusted; nothing was written."""


class DamagedChunkError(RegistrationError):
    """A chunk of the source cannot be decoded; the original was not touched."""


class LockHeldError(RegistrationError, TimeoutError):
    """Another run owns the image or the well; it can be tried again when that run has ended."""


class ServerError(RegistrationError):
    """Prefect's server stopped answering; images that were finished stay as they are."""


class ChangedMeanwhileError(RegistrationError):
    """Something else wrote into the original while it was being registered; it was kept."""


class StoppedError(RegistrationError):
    """Somebody stopped the run; the original was not touched, and a new run does what is left."""


class QualityError(RegistrationError):
    """A result is not as good as was asked for; it is kept aside, and the original was kept."""


class VerificationError(RegistrationError):
    """The staged image differs from the plan; it was set aside and the original was kept."""
