"""The simulation as one would write it first: objects, a list of events, the soonest taken.

It shares the policy and the draws with the kernel, and nothing else.
"""

import math
from dataclasses import dataclass, field

from tierwise.routing import policy
from tierwise.simulation import plant as p
from tierwise.simulation.draws import duration_s, uniform
from tierwise.simulation.kernel import (
    ENDED,
    GAVE_UP,
    JOINED,
    ROUNDING_S,
    STARTED,
    STEP,
    next_poisson_s,
)


@dataclass(eq=False)
class Contact:
    k: int
    number: int
    handle: float = math.nan
    joined: float = 0.0
    until: float = math.inf
    called: bool = False  # waits for a call
    patience: float | None = None  # recorded
    what: str = ""


@dataclass(eq=False)
class Place:
    s: int
    g: int
    a: int
    idle_from: float = 0.0
    contact: Contact | None = None
    state: str = "off"
    order: int = 0


@dataclass
class Naive:
    plant: p.Plant
    params: object
    keys: object
    end: float
    now: float = 0.0
    events: list = field(default_factory=list)  # (time, rank, number, action, argument)
    log: list = field(default_factory=list)
    waits: list = field(default_factory=list)  # (class, wait, answered)
    counter: int = 0

    def __post_init__(self):
        plant = self.plant
        self.classes = plant.arrivals_per_s.shape[0]
        self.made = [0] * self.classes
        self.queues = [[] for _ in range(self.classes)]
        self.places = [
            Place(s, int(plant.slot_group[s]), int(plant.slot_agent[s]))
            for s in range(plant.slot_agent.size)
        ]
        self.on = [bool(value) for value in plant.starts_on]
        self.part = p.empty_state(plant, 1).part
        self.cycle_from = p.empty_state(plant, 1).cycle_from

    def u(self, k, stream, number):
        return uniform(self.keys[k, stream], number)

    def draw(self, rows, k, stream, number):
        return duration_s(rows[k], self.u(k, stream, number), self.plant.shapes)

    def at(self, time, rank, action, argument):
        self.counter += 1
        self.events.append((time, rank, self.counter, action, argument))

    def run(self):
        for place in self.places:
            if self.on[place.a]:
                self.rest(place)
        for k in range(self.classes):
            self.plan_arrival(k)
        if self.plant.duty_at_s.size:
            self.at(self.plant.duty_at_s[0], self.classes, self.duty, 0)
        while any(event[3] != self.duty for event in self.events) or self.busy():
            event = min(self.events, key=lambda e: e[:3])
            self.events.remove(event)
            self.now = event[0]
            event[3](event[4])
        return self

    def busy(self):
        return any(place.contact for place in self.places) or any(self.queues)

    def plan_arrival(self, k):
        first, last = self.plant.recorded_first[k], self.plant.recorded_first[k + 1]
        if last > first:
            known = first + self.made[k] < last
            coming = self.plant.recorded_at_s[first + self.made[k]] if known else math.inf
        else:
            left = -math.log(self.u(k, p.ARRIVES, self.made[k]))
            edges, rates = self.plant.edges_s, self.plant.arrivals_per_s[k]
            coming = next_poisson_s(edges, rates, self.part, self.cycle_from, k, self.now, left)
        if coming < self.end:
            self.at(coming, k, self.arrive, k)

    def arrive(self, k):
        plant, number = self.plant, self.made[k]
        contact = Contact(k, number)
        if plant.recorded_first[k + 1] > plant.recorded_first[k]:
            contact.handle = plant.recorded_handle_s[plant.recorded_first[k] + number]
            stays = plant.recorded_patience_s[plant.recorded_first[k] + number]
            contact.patience = None if math.isnan(stays) else stays
        self.made[k] += 1
        self.plan_arrival(k)
        if self.u(k, p.TRIES_SELF, number) < plant.p_self[k]:
            if self.u(k, p.CONTAINED, number) >= plant.p_contained[k]:
                later = self.draw(plant.self_time, k, p.SELF_TIME, number)
                contact.handle = math.nan
                self.at(self.now + later, 10**6, self.ask, contact)
            return
        self.ask(contact)

    def ask(self, contact):
        plant, k, number = self.plant, contact.k, contact.number
        rush = 0 < plant.shift_from[k] <= len(self.queues[k])
        if rush and self.u(k, p.SHIFTS, number) < plant.p_shift[k]:
            later = self.draw(plant.shift_delay, k, p.SHIFT_TIME, number)
            contact.called = True
            contact.handle = math.nan
            self.at(self.now + later, 10**6, self.join, contact)
            return
        self.join(contact)

    def join(self, contact):
        k = contact.k
        contact.joined = self.now
        self.note(JOINED, k, -1, contact.number)
        if not self.queues[k]:
            g = self.group_for(k, 0.0)
            if g >= 0:
                self.start(self.longest_idle(g), contact)
                return
        if contact.patience is not None:
            contact.until = self.now + contact.patience
        elif not contact.called:
            patience = self.draw(self.plant.patience, k, p.STAYS, contact.number)
            contact.until = self.now + patience
        self.queues[k].append(contact)
        self.plan_look(contact)

    def plan_look(self, contact):
        looks = [contact.joined + wait for wait in self.plant.thresholds_s[contact.k]]
        soonest = min([contact.until, *(look for look in looks if look > self.now)])
        if soonest < math.inf:
            self.at(soonest, 10**6, self.look, contact)

    def look(self, contact):
        k = contact.k
        if contact not in self.queues[k]:
            return
        if self.now >= contact.until:
            self.give_up(contact)
            return
        wait = self.now - contact.joined + ROUNDING_S
        after = self.plant.callback_after_s[k]
        asked = not contact.called and abs(wait - after) < 2 * ROUNDING_S
        if asked and self.u(k, p.CALLS_BACK, contact.number) < self.plant.p_callback[k]:
            contact.called = True
            contact.until = math.inf
        if self.queues[k][0] is contact:
            g = self.group_for(k, wait)
            if g >= 0:
                self.queues[k].remove(contact)
                self.start(self.longest_idle(g), contact)
                return
        self.plan_look(contact)

    def give_up(self, contact):
        k, number = contact.k, contact.number
        self.note(GAVE_UP, k, -1, number)
        self.count(contact, False)
        self.queues[k].remove(contact)
        if self.u(k, p.RETRIES, number) < self.plant.p_retry[k]:
            later = self.draw(self.plant.retry_delay, k, p.RETRY_TIME, number)
            self.at(self.now + later, 10**6, self.join, Contact(k, number + STEP))

    def count(self, contact, answered):
        if contact.joined < self.end:
            self.waits.append((contact.k, self.now - contact.joined, answered))

    def idle(self, g):
        return sorted(
            (place for place in self.places if place.g == g and place.state == "idle"),
            key=lambda place: place.order,
        )

    def longest_idle(self, g):
        return self.idle(g)[0]

    def group_for(self, k, wait):
        groups = range(self.plant.slowdown.size)
        idle = [len(self.idle(g)) for g in groups]
        since = [self.idle(g)[0].idle_from if self.idle(g) else 0.0 for g in groups]
        return policy.choose_group(k, wait, idle, since, self.params)

    def rest(self, place):
        self.counter += 1
        place.state, place.idle_from, place.order = "idle", self.now, self.counter

    def free(self, place):
        self.rest(place)
        lengths = [len(queue) for queue in self.queues]
        waits = [self.now - q[0].joined + ROUNDING_S if q else 0.0 for q in self.queues]
        idle = [len(self.idle(g)) for g in range(self.plant.slowdown.size)]
        k = policy.choose_contact(place.g, waits, lengths, idle, self.params)
        if k >= 0:
            self.start(self.longest_idle(place.g), self.queues[k].pop(0))

    def start(self, place, contact):
        plant, k = self.plant, contact.k
        in_hand = sum(bool(other.contact) for other in self.places if other.a == place.a)
        handle = contact.handle
        if math.isnan(handle):
            row = plant.handle[:, plant.slot_level[place.s]]
            handle = self.draw(row, k, p.HANDLES, contact.number)
        handle *= 1.0 + plant.slowdown[place.g] * in_hand
        self.count(contact, True)
        place.contact, place.state = contact, "busy"
        self.note(STARTED, k, place.s, contact.number)
        self.at(self.now + handle, 10**3 + place.s, self.end_of_contact, place)

    def end_of_contact(self, place):
        plant, contact = self.plant, place.contact
        k, number = contact.k, contact.number
        self.note(ENDED, k, place.s, number)
        wrap = self.draw(plant.wrap, k, p.WRAPS, number)
        if wrap > 0:
            self.at(self.now + wrap, 10**3 + place.s, self.end_of_work, place)
        else:
            place.contact, place.state = None, "off"
        u = self.u(k, p.TRANSFERS, number)
        onward = [j for j in range(self.classes) if u < plant.transfer[k, j]]
        if onward:
            self.join(Contact(onward[0], number + STEP * 1024 * (k + 1)))
        if wrap <= 0:
            self.end_of_work(place)

    def end_of_work(self, place):
        place.contact, place.state = None, "off"
        if self.on[place.a]:
            self.free(place)

    def duty(self, turn):
        plant = self.plant
        d = turn % plant.duty_at_s.size
        a = plant.duty_agent[d]
        cycle, after = divmod(turn + 1, plant.duty_at_s.size)
        self.at(
            cycle * plant.duty_cycle_s + plant.duty_at_s[after], self.classes, self.duty, turn + 1
        )
        mine = [place for place in self.places if place.a == a]
        if plant.duty_on[d] and not self.on[a]:
            self.on[a] = True
            for place in mine:
                if not place.contact:
                    self.free(place)
        elif not plant.duty_on[d] and self.on[a]:
            self.on[a] = False
            for place in mine:
                if not place.contact:
                    place.state = "off"

    def note(self, what, k, who, number):
        self.log.append((self.now, what, k, who, number))
