/* Ticks and tooltips of the charts. Charts name these functions; they cannot carry code. */
(function () {
  "use strict";
  const h = (...parts) => window.React.createElement(...parts);
  /* Assets load by name, so format.js comes after this file. */
  const full = (...found) => window.tierwise.full(...found);
  const tick = (...found) => window.tierwise.tick(...found);
  const value = (...found) => window.tierwise.value(...found);

  const box = (...children) => h("div", { className: "tw-tip" }, ...children);
  const title = (text) => h("div", { className: "tw-tip-title", key: "title" }, text);
  const line = (label, text, color) =>
    h(
      "div",
      { className: "tw-tip-line", key: label },
      color ? h("span", { className: "tw-tip-dot", style: { background: color } }) : null,
      h("span", { className: "tw-tip-label" }, label),
      h("span", { className: "tw-tip-value" }, text),
    );
  const pointOf = (tip) => (tip && tip.active && tip.payload && tip.payload.length ? tip.payload[0].payload : null);
  const best = (point) =>
    point.rank === 1 ? "The best customer" : `The best ${value(point.rank, "count")} customers`;

  /* "The best 40 customers (0.8%) bring 69.0%" */
  function concentrationTip(tip, options) {
    const point = pointOf(tip);
    if (!point || !point.rank) return null;
    const verb = point.rank === 1 ? "brings" : "bring";
    return box(
      h(
        "div",
        { className: "tw-tip-sentence" },
        `${best(point)} (${value(point.share_of_customers, "share")}) ${verb} `,
        h("b", null, value(point.share, "share")),
        ` of ${options.of}`,
      ),
    );
  }

  function whaleTip(tip, options) {
    const point = pointOf(tip);
    if (!point || !point.rank) return null;
    return box(
      h(
        "div",
        { className: "tw-tip-sentence" },
        `${best(point)} (${value(point.share_of_customers, "share")}) earned `,
        h("b", null, full(point.cumulative, "money", options.currency)),
        `, ${value(point.share, "share")} of all profit`,
      ),
    );
  }

  /* A title and one line a series; options.units names the unit of each series. */
  function seriesTip(tip, options) {
    if (!tip || !tip.active || !tip.payload || !tip.payload.length) return null;
    const lines = tip.payload
      .filter((item) => item.value !== null && item.value !== undefined)
      .map((item) => {
        const unit = (options.units && options.units[item.dataKey]) || options.unit;
        const label = (options.labels && options.labels[item.dataKey]) || item.name;
        const shown = Array.isArray(item.value) ? item.payload[options.raw] : item.value;
        const sized = options.magnitude ? Math.abs(shown) : shown;
        return line(label, full(sized, unit, options.currency), item.color || item.fill);
      });
    const point = tip.payload[0].payload;
    const extra = (options.extra || []).map((e) => line(e.label, full(point[e.name], e.unit, options.currency)));
    return box(title(tip.label), ...lines, ...extra);
  }

  /* "Of 480 customers, said to buy with 25.8%, 37.7% bought" */
  function calibrationTip(tip, options) {
    const point = pointOf(tip);
    if (!point) return null;
    return box(
      title(point.name),
      line(options.counted, value(point[options.count], "count")),
      line("Probability", value(point[options.x], "share")),
      line(options.came, value(point[options.y], "share")),
    );
  }

  /* One customer of a map: who it is, and where it stands on both axes. */
  function customerTip(tip, options) {
    const point = pointOf(tip);
    if (!point) return null;
    return box(
      title(point.name || point.customer_id),
      line("Tier", point.tier),
      line(options.labels[0], value(point[options.x], options.units[0])),
      line(options.labels[1], full(point[options.y], options.units[1], options.currency)),
    );
  }

  /* React adds arguments of its own; the options and the chart's props are always the last two. */
  const withOptions = (draw) => (...found) => draw(found[0], found[found.length - 2] || {});

  window.dashMantineFunctions = Object.assign(window.dashMantineFunctions || {}, {
    tickMoney: (found) => tick(found, "money"),
    tickShare: (found) => tick(found, "share"),
    tickRank: (found) => (found < 100000 ? value(found, "count") : tick(found, "count")),
    tickCount: (found) => tick(found, "count"),
    concentrationTip: withOptions(concentrationTip),
    whaleTip: withOptions(whaleTip),
    seriesTip: withOptions(seriesTip),
    calibrationTip: withOptions(calibrationTip),
    customerTip: withOptions(customerTip),
  });
})();
