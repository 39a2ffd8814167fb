/* The search field: suggestions while typing, an exact id opens its customer. */
(function () {
  "use strict";
  const LEAST = 2; /* letters from which customers are suggested */
  const CALM_MS = 200; /* pause in typing before the server is asked */
  const ids = new Map(); /* what a suggestion says, and whose it is */
  let latest = 0;
  let picked = 0; /* suggestions taken so far: each opens its customer by itself */

  const wait = (ms) => new Promise((resolve) => window.setTimeout(resolve, ms));
  const query = () => new URLSearchParams(window.location.search);
  const project = () => query().get("project") || document.getElementById("content").dataset.firstProject;

  /* Customers whose id or name holds the text; none where the server cannot tell. */
  async function found(text) {
    const asked = new URLSearchParams({ select: `find:${text}`, limit: "50" });
    for (const name of ["build", "window"]) {
      if (query().get(name)) asked.set(name, query().get(name));
    }
    const response = await fetch(`/api/v1/projects/${encodeURIComponent(project())}/value/members?${asked}`);
    return response.ok ? (await response.json()).members : [];
  }

  /* Never the bare id: typing one must not open its customer before Enter. */
  const told = ({ customer_id, name }) => (name ? `${customer_id} ${name}` : `Customer ${customer_id}`);

  function open(path, name, value) {
    const kept = query();
    window.tierwise.OF_ONE_PAGE.forEach((one) => kept.delete(one));
    kept.set(name, value);
    window.tierwise.go(`${path}?${kept}`);
  }

  function clear() {
    window.dash_clientside.set_props("search-text", { value: "" });
    document.activeElement.blur();
  }

  async function suggest(text) {
    const mine = ++latest;
    const typed = (text || "").trim();
    if (ids.has(typed)) {
      picked += 1;
      open("/customer", "id", ids.get(typed));
      clear();
      return [];
    }
    if (typed.length < LEAST) return [];
    await wait(CALM_MS);
    if (mine !== latest) return window.dash_clientside.no_update;
    const rows = await found(typed).catch(() => []);
    if (mine !== latest) return window.dash_clientside.no_update;
    ids.clear();
    rows.forEach((row) => ids.set(told(row), row.customer_id));
    return [...ids.keys()].slice(0, 8);
  }

  /* Enter: the customer of that very id, else everybody who fits. */
  async function search(submits) {
    const { no_update } = window.dash_clientside;
    /* Read off the page: Enter may arrive before the text has reached the component's value. */
    const typed = document.getElementById("search-text").value.trim();
    if (!submits || !typed || ids.has(typed)) return no_update;
    /* Text typed just before Enter may reach `suggest` after it: only a taken suggestion calls this off. */
    const before = picked;
    await wait(CALM_MS / 2);
    if (picked !== before) return no_update;
    latest += 1; /* suggestions under way come too late */
    const rows = await found(typed).catch(() => []);
    const own = rows.find((row) => row.customer_id.toLowerCase() === typed.toLowerCase());
    if (own) open("/customer", "id", own.customer_id);
    else open("/search", "q", typed);
    document.activeElement.blur();
    return no_update;
  }

  const shared = (window.dash_clientside = window.dash_clientside || {});
  shared.tierwise = Object.assign(shared.tierwise || {}, { suggest, search });
})();
