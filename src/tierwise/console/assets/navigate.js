/* The address bar holds all state: controls write into it, rows and keys follow links. */
(function () {
  "use strict";

  function go(href) {
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  const interactive = (target) => target && target.closest && target.closest("a, button, input");

  function openRow(params) {
    const href = params.data && params.data._href;
    const chosen = window.getSelection ? String(window.getSelection()) : "";
    if (!href || chosen || (params.event && interactive(params.event.target))) return;
    if (params.event && (params.event.ctrlKey || params.event.metaKey)) window.open(href);
    else go(href);
  }

  function openRowByKey(params) {
    if (params.event && params.event.key === "Enter" && params.data && params.data._href) {
      params.event.preventDefault();
      go(params.data._href);
    }
  }

  /* Grids that hide columns on the right say so with a shade at that edge. */
  function markEdge(grid) {
    const view = grid.querySelector(".ag-center-cols-viewport");
    const more = view && view.scrollLeft + view.clientWidth < view.scrollWidth - 2;
    grid.toggleAttribute("data-more", Boolean(more));
  }

  const markEdges = () => window.requestAnimationFrame(() => document.querySelectorAll(".tw-grid").forEach(markEdge));
  const scrolled = (event) => {
    const grid = event.target.closest && event.target.closest(".tw-grid");
    if (grid) markEdge(grid);
  };
  document.addEventListener("scroll", scrolled, { capture: true, passive: true });

  const GRID_COLORS = {
    backgroundColor: "transparent",
    foregroundColor: "var(--tw-ink)",
    headerBackgroundColor: "transparent",
    headerTextColor: "var(--tw-soft)",
    borderColor: "var(--tw-line)",
    rowHoverColor: "var(--tw-hover)",
    accentColor: "var(--tw-accent)",
    chromeBackgroundColor: "var(--tw-surface)",
    menuBackgroundColor: "var(--tw-surface)",
    menuTextColor: "var(--tw-ink)",
    inputBackgroundColor: "var(--tw-surface)",
    inputTextColor: "var(--tw-ink)",
    tooltipBackgroundColor: "var(--tw-surface)",
    tooltipTextColor: "var(--tw-ink)",
  };

  const tierwiseTheme = (base, padding) =>
    base.withParams({
      ...GRID_COLORS,
      fontFamily: "inherit",
      fontSize: 13,
      headerFontSize: 12,
      headerFontWeight: 600,
      spacing: 6,
      cellHorizontalPadding: padding,
      wrapperBorder: false,
      wrapperBorderRadius: 0,
      headerColumnBorder: false,
      columnBorder: false,
      rowBorder: { color: "var(--tw-line-soft)", width: 1 },
      headerRowBorder: { color: "var(--tw-line)", width: 1 },
    });

  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
    showValue: (found, unit, currency, brief) => window.tierwise[brief ? "brief" : "value"](found, unit, currency),
    /* Codes of the source, such as order_status, in words; filters and exports keep the code. */
    showCode: (found) => window.tierwise.value(found, "text").replaceAll("_", " "),
    exactValue: (found, unit, currency) => (found === null ? null : window.tierwise.full(found, unit, currency)),
    markEdges,
    openRow,
    openRowByKey,
    tierwiseTheme,
  });

  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    RowLink: (props) => {
      const text = props.valueFormatted || props.value;
      const own = props.data && props.data._hrefs && props.data._hrefs[props.colDef.field];
      const href = own === undefined ? props.data && props.data._href : own;
      if (!href) return text;
      const follow = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(href);
      };
      return window.React.createElement("a", { href, onClick: follow, className: "tw-link", tabIndex: -1 }, text);
    },
  });

  const NEW_BUILD = "new";
  const OF_ONE_PAGE = ["select", "id", "by", "top", "axis", "text", "period", "order", "part", "q", "tier", "measure", "upto"];
  const OF_ONE_PROJECT = ["build", "as_of", "where", "rule", "basis", "goal", ...OF_ONE_PAGE];

  /* Writes the control that was used into the query; the same query means no new page. */
  function ask() {
    const { no_update, callback_context } = window.dash_clientside;
    const query = new URLSearchParams(window.location.search);
    for (const { prop_id, value } of callback_context.triggered || []) {
      const end = prop_id.lastIndexOf(".");
      if (end > 0) write(query, JSON.parse(prop_id.slice(0, end)).name, value);
    }
    const after = query.toString();
    const before = new URLSearchParams(window.location.search).toString();
    return after === before ? no_update : after ? `?${after}` : "";
  }

  function write(query, name, value) {
    const key = name === "slice" ? "where" : name;
    if (value === NEW_BUILD && name === "build") return;
    if ((query.get(key) || "") === (value || "")) return;
    if (name === "build") query.delete("as_of");
    if (name === "project") OF_ONE_PROJECT.forEach((one) => query.delete(one));
    query.delete(key);
    if (value) query.set(key, value);
  }

  /* The pickers show what the address says, also after going back. */
  function readAddress(search) {
    const query = new URLSearchParams(search || "");
    return ["project", "build", "lens", "window", "where"].map((name) => query.get(name) || null);
  }

  /* The dimension that the address cuts by; one just picked stays while it has no value yet. */
  function pickDimension(search) {
    const cut = (new URLSearchParams(search || "").get("where") || "").split("=")[0];
    return cut ? [cut, "inline-block"] : [null, "none"];
  }

  /* Pickers that the page does not follow are off; a value needs a dimension first. */
  function ablePickers(path, dimension) {
    const ignored = JSON.parse(document.getElementById("content").dataset.ignored);
    const off = ignored[path.replace(/(.)\/$/, "$1")] || [];
    const slice = off.includes("slice");
    const says = dimension || slice ? "any value" : "pick a dimension";
    return [off.includes("lens"), off.includes("window"), slice, slice || !dimension, says];
  }

  const clearSlice = (clicks) => (clicks ? [null, null] : [window.dash_clientside.no_update, window.dash_clientside.no_update]);

  const FITS = 15; /* rows without a scroll bar of their own, as in tables.py */

  /* Filters, says how many rows are left, and lets the table shrink to them. */
  function showFiltered(api, name, text) {
    api.setGridOption("quickFilterText", text);
    const all = api.getGridOption("rowData").length;
    const left = api.getDisplayedRowCount();
    const said = `${all.toLocaleString("en-US")} rows`;
    const children = left < all ? `${left.toLocaleString("en-US")} of ${said}` : said;
    window.dash_clientside.set_props({ type: "grid-count", name }, { children });
    const grid = document.getElementById(JSON.stringify({ name, type: "grid" }));
    grid.dataset.height = grid.dataset.height || grid.style.height;
    grid.style.height = left > FITS ? grid.dataset.height : "auto";
    grid.toggleAttribute("data-none", left === 0);
    api.setGridOption("domLayout", left > FITS ? "normal" : "autoHeight");
  }

  function filterGrid(text) {
    const { callback_context, no_update } = window.dash_clientside;
    const id = callback_context.triggered_id;
    if (id) {
      window.dash_ag_grid
        .getApiAsync({ type: "grid", name: id.name })
        .then((api) => showFiltered(api, id.name, text || ""));
    }
    return no_update;
  }

  const nameTab = (page) => {
    const name = page && page.props && page.props["data-tab"];
    document.title = name ? `${name} · tierwise` : "tierwise";
    return window.dash_clientside.no_update;
  };

  /* The typed list length goes into the address without asking for the page again. */
  function keepTop(top) {
    const query = new URLSearchParams(window.location.search);
    if (top) query.set("top", top);
    window.history.replaceState({}, "", `${window.location.pathname}?${query}`);
    return top;
  }

  const exportGrid = (clicks) => (clicks ? true : window.dash_clientside.no_update);

  window.tierwise = Object.assign(window.tierwise || {}, { go, OF_ONE_PAGE });
  const shared = (window.dash_clientside = window.dash_clientside || {});
  shared.tierwise = Object.assign(shared.tierwise || {}, {
    ask,
    readAddress,
    pickDimension,
    ablePickers,
    clearSlice,
    exportGrid,
    filterGrid,
    nameTab,
    keepTop,
  });
})();
