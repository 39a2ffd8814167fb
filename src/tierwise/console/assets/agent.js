/* Listens to what is offered to an agent, as long as the agent's page is open. */
(function () {
  "use strict";
  const HEARD = [
    "reservation.offered", "reservation.accepted", "reservation.rejected", "reservation.expired",
    "reservation.rescinded", "contact.done", "contact.abandoned", "contact.cancelled",
    "contact.self_served",
  ];
  let stream = null;

  function close() {
    if (stream) stream.close();
    stream = null;
  }

  function heard(event) {
    if (!document.getElementById("agent-desk")) return close();
    window.dash_clientside.set_props("agent-heard", { data: `${event.type} ${event.lastEventId}` });
  }

  const shared = (window.dash_clientside = window.dash_clientside || {});
  shared.tierwise = Object.assign(shared.tierwise || {}, {
    listenAsAgent: (agent) => {
      close();
      if (agent) {
        stream = new EventSource(`/api/v1/agents/${encodeURIComponent(agent)}/events`);
        for (const kind of HEARD) stream.addEventListener(kind, heard);
      }
      return window.dash_clientside.no_update;
    },
  });
})();
