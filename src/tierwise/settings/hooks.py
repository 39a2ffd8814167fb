"""Who may tell of contacts by webhook."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from tierwise.settings.base import SettingsModel


class HookKind(StrEnum):
    """Whose webhooks they are."""

    CLOUDEVENTS = "cloudevents"  # anybody's, as CloudEvents signed by Standard Webhooks
    ZENDESK = "zendesk"
    CHATWOOT = "chatwoot"
    ZAMMAD = "zammad"


class HookSettings(SettingsModel):
    """One source of webhooks."""

    kind: HookKind = Field(
        HookKind.CLOUDEVENTS, description="cloudevents, zendesk, chatwoot or zammad"
    )
    pool: str = Field(min_length=1, description="routing pool that its contacts come to")
    secret: str = Field(
        min_length=1,
        repr=False,
        description="that it signs with; ${NAME} is read from the environment",
    )
