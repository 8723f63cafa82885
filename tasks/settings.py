"""What a site may tune without touching code: retries, their delay, and how long to wait for locks.

Every setting is an environment variable, such as `PLATE_REGISTRATION_RETRIES=5`, or a line in the
site's file (`tasks.plan.site_defaults`), read once when the tasks are loaded.
"""

from __future__ import annotations

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks.plan.site_defaults import PREFIX, SiteValue, no_value, site_value, variable_of


class Settings(BaseSettings):
    """Values from `PLATE_REGISTRATION_*`, checked; a value out of bounds stops the start."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

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
            "How long each attempt waits for another run that owns the same image or well "
            "before it fails and names the holder; 0 fails at once. What fails so is tried again "
            "as often as `retries` says."
        ),
    )


def read_settings() -> Settings:
    """Return the settings of this site: from the environment, else its file, else the defaults.

    Raises:
        InvalidInputError: What the site has set is no value of a setting.
    """
    found = {name: site_value(name) for name in Settings.model_fields}
    try:
        return Settings(**{name: each.value for name, each in found.items() if each is not None})
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        given = found.get(name) or SiteValue(wrong["input"], variable_of(name))
        raise no_value(name, given, [wrong]) from error


SETTINGS = read_settings()
