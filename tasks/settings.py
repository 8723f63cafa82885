"""What a site may tune without touching code: retries, their delay, and how long to wait for locks.

Every setting is an environment variable, such as `PLATE_REGISTRATION_RETRIES=5`, read once when the
tasks are loaded.
"""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Values from `PLATE_REGISTRATION_*`, checked; a value out of bounds stops the start."""

    model_config = SettingsConfigDict(env_prefix="PLATE_REGISTRATION_", frozen=True)

    retries: int = Field(
        default=3,
        ge=0,
        le=20,
        description="How often a task is tried again after an error that can heal by itself.",
    )
    retry_delay_seconds: float = Field(
        default=2.0,
        ge=0,
        le=600,
        description="Wait before the first retry; it doubles with each further one.",
    )
    retry_jitter: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Random part of each wait, so that many runs do not retry at one instant.",
    )
    lock_timeout_seconds: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        description=(
            "How long a run waits for another run that owns the same image or well "
            "before it fails and names the holder; 0 fails at once."
        ),
    )


SETTINGS = Settings()
