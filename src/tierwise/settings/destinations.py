"""Who is told of what the router does."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from tierwise.settings.base import SettingsModel


class DestinationKind(StrEnum):
    """Whose interface it is."""

    CLOUDEVENTS = "cloudevents"  # anybody's: every event, signed by Standard Webhooks
    ZENDESK = "zendesk"
    CHATWOOT = "chatwoot"
    ZAMMAD = "zammad"


class MarkSettings(SettingsModel):
    """What a helpdesk shows of a queue."""

    tag: str = Field("", description="added to the ticket; people see it, so no word of worth")
    priority: str = Field("", description="as the helpdesk names it")


class DestinationSettings(SettingsModel):
    """One system that is told."""

    kind: DestinationKind = Field(
        DestinationKind.CLOUDEVENTS, description="cloudevents, zendesk, chatwoot or zammad"
    )
    url: str = Field(
        pattern=r"^https?://[^\s]+$",
        description="where CloudEvents go; of a helpdesk its address, of Chatwoot with"
        " /api/v1/accounts/NUMBER",
    )
    secret: str = Field(
        min_length=1,
        repr=False,
        description="CloudEvents are signed with it, a helpdesk takes it as its API token;"
        " ${NAME} is read from the environment",
    )
    user: str = Field("", description="e-mail address that a Zendesk token belongs to")
    source: str = Field("", description="section of [hooks] that the tickets come from")
    agents: dict[str, str] = Field(
        default_factory=dict, description="ids of agents here, and in the helpdesk"
    )
    queues: dict[str, MarkSettings] = Field(
        default_factory=dict, description="tag and priority by the name of a pool's class"
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.kind is not DestinationKind.CLOUDEVENTS and not self.source:
            raise ValueError("a helpdesk needs source: the section of [hooks] it sends from")
        if self.kind is DestinationKind.ZENDESK and not self.user:
            raise ValueError("zendesk needs user: the e-mail address of its API token")
        return self
