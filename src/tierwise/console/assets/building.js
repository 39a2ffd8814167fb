/* Builds as of another date: reads the progress that the API tells and goes to the new build. */
(function () {
  "use strict";
  const none = () => window.dash_clientside.no_update;
  const setProps = (id, props) => window.dash_clientside.set_props(id, props);

  const project = () =>
    new URLSearchParams(window.location.search).get("project") ||
    document.getElementById("content").dataset.firstProject;

  function say(text, wrong) {
    const place = document.getElementById("new-build-progress");
    if (place) {
      place.textContent = text;
      place.classList.toggle("tw-wrong", Boolean(wrong));
    }
  }

  async function* lines(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n");
      rest = parts.pop();
      for (const part of parts) yield JSON.parse(part);
    }
  }

  function arrive(found) {
    const query = new URLSearchParams(window.location.search);
    query.delete("as_of");
    query.set("build", found.id);
    setProps("new-build", { opened: false });
    window.tierwise.go(`${window.location.pathname}?${query}`);
  }

  async function build(asOf) {
    say("Starting…");
    const response = await fetch(`/api/v1/projects/${encodeURIComponent(project())}/builds`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asOf ? { as_of: asOf } : {}),
    });
    if (!response.ok) {
      const problem = await response.json();
      return say(`${problem.title} ${problem.detail}`, true);
    }
    for await (const line of lines(response)) {
      if (line.progress) say(line.progress);
      if (line.problem) say(`${line.problem.title} ${line.problem.detail}`, true);
      if (line.build) arrive(line.build);
    }
  }

  function run(asOf, button) {
    build(asOf)
      .catch((error) => say(`The server did not answer: ${error.message}.`, true))
      .finally(() => setProps(button, { loading: false }));
    return true;
  }

  const shared = (window.dash_clientside = window.dash_clientside || {});
  shared.tierwise = Object.assign(shared.tierwise || {}, {
    openForm: (picked) => {
      if (picked !== "new") return none();
      const kept = new URLSearchParams(window.location.search).get("build");
      window.setTimeout(() => setProps({ type: "ask", name: "build" }, { value: kept }), 0);
      say("");
      return true;
    },
    startBuild: (clicks, asOf) => (clicks ? run(asOf, "new-build-start") : none()),
    buildNow: (clicks) => {
      if (!clicks) return none();
      setProps("new-build", { opened: true });
      return run(null, "new-build-start");
    },
  });
})();
