"""What is sent to the live API and what it answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tierwise.routing.pool import Pool
from tierwise.workflows.route import Presence

LARGEST_ID = 2**63 - 1
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [fields]})


POOL_EXAMPLE = {
    "offer_s": 20,
    "classes": [
        {"name": "key accounts", "tiers": ["A"], "channels": ["phone"]},
        {"name": "others"},
    ],
    "groups": {"experts": ["key accounts", "others"], "all-round": ["others"]},
    "policy": {
        "rule": "head_start",
        "classes": {"key accounts": {"head_start_s": 90}, "others": {"floor_s": 600}},
    },
}


class PoolEntry(BaseModel):
    """A routing pool."""

    pool: str
    version: str = Field(description="changes whenever anything of the pool does")
    definition: Pool


class ContactRequest(BaseModel):
    """A contact that came; the pair of source and external_id is taken once."""

    model_config = _example(
        pool="calls",
        source="pbx",
        external_id="call-4711",
        channel="phone",
        reason="billing",
        customer_id="F00012",
    )

    pool: Name
    source: Name = Field(description="which helpdesk or telephone system")
    external_id: Text = Field(
        "", description="its own id there; unset: the Idempotency-Key is taken for it"
    )
    channel: Name
    reason: Text = ""
    customer_id: Text | None = Field(None, description="customer, where the source knows")
    phone: Text | None = Field(None, description="to recognise the customer by")
    email: Text | None = Field(None, description="to recognise the customer by")
    details: dict[str, Any] = Field(default_factory=dict, description="kept as it came")


class OfferMade(BaseModel):
    """A contact reserved for an agent who has not answered yet."""

    reservation_id: int
    contact_id: int
    agent_id: str
    expires_at: datetime


class ContactReceived(BaseModel):
    """What became of a contact that was told of."""

    contact_id: int
    is_new: bool = Field(description="false: it was told of before, and nothing changed")
    offers: list[OfferMade] = Field(description="made at once, for this contact or others")


class Moved(BaseModel):
    """What a change led to."""

    offers: list[OfferMade] = Field(description="made at once, since somebody became free")


class HistoryEntry(BaseModel):
    """One step of a contact."""

    at: datetime
    from_state: str | None
    to_state: str
    agent_id: str | None


class ContactEntry(BaseModel):
    """A contact and its way so far."""

    contact_id: int
    source: str
    external_id: str
    pool: str
    queue: str = Field(description="class of the pool that it waits or waited in")
    channel: str
    reason: str
    customer_id: str | None
    matched_by: str | None
    state: str
    came_at: datetime
    queued_at: datetime
    due_at: datetime | None
    agent_id: str | None
    details: dict[str, Any]
    history: list[HistoryEntry]


class TransferRequest(BaseModel):
    """Where a contact is handed on to."""

    model_config = _example(queue="others")

    queue: Name = Field(description="class of the pool")


class CallbackRequest(BaseModel):
    """When the customer is called."""

    model_config = _example(due_at="2030-03-02T14:30:00Z")

    due_at: AwareDatetime


class AgentRequest(BaseModel):
    """An agent."""

    model_config = _example(pool="calls", name="Kim", group="experts", capacity=1)

    pool: Name
    name: Name
    group: Name
    capacity: int = Field(1, ge=1, le=1000, description="units of work at a time")


class PresenceRequest(BaseModel):
    """Whether an agent takes contacts."""

    model_config = _example(presence="ready")

    presence: Presence
    why: Text = Field("", description="such as lunch")


class AnswerRequest(BaseModel):
    """Who answers an offer."""

    model_config = _example(agent_id="kim")

    agent_id: Name


class AgentOffer(BaseModel):
    """What an agent has in hand or was offered; nothing of it says what a customer is worth."""

    reservation_id: int
    contact_id: int
    state: str
    contact_state: str
    offered_at: datetime
    expires_at: datetime
    channel: str
    reason: str
    customer_id: str | None
    details: dict[str, Any]
    card: dict[str, Any] = Field(description="facts that help; empty for somebody unknown")


class QueuedContact(BaseModel):
    """An open contact."""

    contact_id: int
    queue: str
    channel: str
    reason: str
    customer_id: str | None
    state: str
    queued_at: datetime
    waited_s: float
    due_at: datetime | None
    agent_id: str | None
    first_come_rank: int | None = Field(description="place, if it went by arrival; null: served")


class AgentEntry(BaseModel):
    """An agent and what he or she does."""

    agent_id: str
    name: str
    group: str
    presence: Presence
    why: str
    capacity: int
    used: int
    idle_since: datetime
    heard_at: datetime


class QueueView(BaseModel):
    """Who waits and who serves, at one moment."""

    pool: str
    contacts: list[QueuedContact] = Field(description="longest wait first")
    agents: list[AgentEntry]


class DecisionEntry(BaseModel):
    """One decision, and what it was decided by."""

    reservation_id: int
    contact_id: int
    agent_id: str
    pool: str
    policy_version: str
    decided_at: datetime
    queue: str
    group: str
    waited_s: float
    index_s: float
    reason: str
    first_come_rank: int = Field(description="place it would have had by arrival")
    outcome: str
    inputs: dict[str, Any]


class RouteRequest(BaseModel):
    """Who calls."""

    model_config = _example(pool="calls", channel="phone", phone="+49 30 123456")

    pool: Name
    channel: Name = "phone"
    reason: Text = ""
    customer_id: Text | None = None
    phone: Text | None = None
    email: Text | None = None


class RouteAnswer(BaseModel):
    """Where the caller goes; nothing of it says what the customer is worth."""

    pool: str
    queue: str
    index_s: float = Field(description="priority on arrival, seconds; it grows with waiting")
    group: str | None = Field(description="whose agents are expected to take it")
    idle: bool = Field(description="whether somebody of that group is idle now")
    queued: int = Field(description="contacts that wait in this queue already")
    policy_version: str
    known: bool = Field(description="whether the customer was recognised")
    matched_by: str | None


class AliasEntry(BaseModel):
    """Something by which a customer is known."""

    model_config = _example(kind="phone", text="+49 30 123456", customer_id="F00012")

    kind: Name = Field(description="phone, email, or a system's name for its own ids")
    text: Name
    customer_id: Name


class Remembered(BaseModel):
    """How many were taken."""

    aliases: int


class HookAnswer(BaseModel):
    """What came of a webhook."""

    outcome: str = Field(description="received, ended, nothing or repeated")
    contact_id: int | None = None


class DeliveryState(StrEnum):
    """What became of a request to another system."""

    DUE = "due"
    SENT = "sent"
    GIVEN_UP = "given_up"


class DeliveryEntry(BaseModel):
    """A request to another system."""

    delivery_id: int
    destination: str
    kind: str = Field(description="what it tells of")
    contact_id: int
    state: DeliveryState
    made_at: datetime
    due_at: datetime
    tries: int
    ended_at: datetime | None
    last_error: str


class SentAgain(BaseModel):
    """How many are sent again."""

    deliveries: int


class CardLinkRequest(BaseModel):
    """Who opens the card."""

    model_config = _example(agent_id="kim")

    agent_id: Name = Field(description="who is named beside what is promised on it")


class CardLinkEntry(BaseModel):
    """Where a card is shown for a while."""

    path: str = Field(description="below this server's address; whoever has it may open it")
    expires_at: datetime


class PromiseRequest(BaseModel):
    """What was promised to the customer of a contact."""

    model_config = _example(
        agent_id="kim", what="a call when it is sent", due_at="2030-03-02T14:30:00Z"
    )

    agent_id: Name
    what: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
    due_at: AwareDatetime | None = None


class PromiseMade(BaseModel):
    """A promise that was noted."""

    promise_id: int
