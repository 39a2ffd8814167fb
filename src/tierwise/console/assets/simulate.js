/* Runs a scenario: sends its text, shows the progress that the API tells, hands on the answer. */
(function () {
  "use strict";
  const none = () => window.dash_clientside.no_update;
  const setProps = (id, props) => window.dash_clientside.set_props(id, props);

  function say(text, share, wrong) {
    const place = document.getElementById("simulate-progress");
    const bar = document.getElementById("simulate-bar");
    if (place) {
      place.textContent = text;
      place.classList.toggle("tw-wrong", Boolean(wrong));
    }
    if (bar) bar.style.width = `${Math.round(100 * share)}%`;
  }

  function left(began, done, total) {
    const seconds = Math.ceil(((performance.now() - began) / 1000 / done) * (total - done));
    return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
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

  async function simulate(text, replications) {
    const began = performance.now();
    say("Starting…", 0);
    const response = await fetch("/api/v1/simulate", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ scenario: text, replications }),
    });
    if (!response.ok) {
      const problem = await response.json();
      return say(`${problem.title} ${problem.detail || ""}`, 0, true);
    }
    for await (const line of lines(response)) {
      if (line.total) {
        const share = line.done / line.total;
        say(`${line.done} of ${line.total} runs, about ${left(began, line.done, line.total)} remain`, share);
      }
      if (line.problem) say(`${line.problem.title} ${line.problem.detail}`, 0, true);
      if (line.answer) {
        say(`Done in ${((performance.now() - began) / 1000).toFixed(1)} s.`, 1);
        setProps("simulate-answer", { data: line.answer });
      }
    }
  }

  const shared = (window.dash_clientside = window.dash_clientside || {});
  shared.tierwise = Object.assign(shared.tierwise || {}, {
    startSimulation: (clicks, text, replications) => {
      if (!clicks) return none();
      const runs = Number(replications);
      if (!Number.isInteger(runs) || runs < 2 || runs > 1000) {
        say("Replications: write a whole number from 2 to 1000.", 0, true);
        return false;
      }
      simulate(text || "", runs)
        .catch((error) => say(`The server did not answer: ${error.message}.`, 0, true))
        .finally(() => setProps("simulate-start", { loading: false }));
      return true;
    },
  });
})();
