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

  /* The day as the field writes it, such as 31 Dec 2024. */
  function written(asOf) {
    const day = new Date(`${asOf}T00:00:00`);
    return `${day.getDate()} ${day.toLocaleString("en-US", { month: "short" })} ${day.getFullYear()}`;
  }

  /* What cannot be read is never replaced by another day: the field keeps it and this says so. */
  function readable(asOf) {
    const text = document.getElementById("new-build-date").value.trim();
    const day = (asOf || "").slice(0, 10);
    if (day && [day, written(day).toLowerCase()].includes(text.toLowerCase())) return true;
    say(
      text
        ? `“${text}” is no day that can be built. Write it like 31 Dec 2024, no later than today.`
        : "Write a day, such as 31 Dec 2024.",
      true,
    );
    return false;
  }

  /* Days to come cannot be picked; the server refuses one that is typed. */
  const afterToday = (day) => new Date(`${String(day).slice(0, 10)}T00:00:00`) > new Date();
  window.dashMantineFunctions = Object.assign(window.dashMantineFunctions || {}, { afterToday });

  const shared = (window.dash_clientside = window.dash_clientside || {});
  shared.tierwise = Object.assign(shared.tierwise || {}, {
    openForm: (picked) => {
      if (picked !== "new") return none();
      const kept = new URLSearchParams(window.location.search).get("build");
      window.setTimeout(() => setProps({ type: "ask", name: "build" }, { value: kept }), 0);
      say("");
      return true;
    },
    startBuild: (clicks, asOf) => (clicks && readable(asOf) ? run(asOf, "new-build-start") : none()),
    buildNow: (clicks) => {
      if (!clicks) return none();
      setProps("new-build", { opened: true });
      return run(null, "new-build-start");
    },
  });
})();
