/* Numbers as tierwise.units.format_value writes them, for grids, ticks and tooltips. */
(function () {
  "use strict";

  const fixed = (places) =>
    new Intl.NumberFormat("en-US", {
      minimumFractionDigits: places,
      maximumFractionDigits: places,
      signDisplay: "negative", // none where a value rounds to zero
    });
  const cents = fixed(2);
  const whole = fixed(0);
  const percent = new Intl.NumberFormat("en-US", {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    useGrouping: false,
    signDisplay: "negative",
  });
  const count = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 });
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
  const tickPercent = new Intl.NumberFormat("en-US", {
    style: "percent",
    maximumFractionDigits: 1,
    signDisplay: "negative",
  });

  /* Four digits, as Python's format .4g writes them: 0.0001234, 1.234e-05. */
  function significant(found) {
    const rounded = Number(Number(found).toPrecision(4));
    if (rounded === 0 || Math.abs(rounded) >= 1e-4) return String(rounded);
    const [digits, power] = rounded.toExponential().split("e-");
    return `${digits}e-${power.padStart(2, "0")}`;
  }

  function value(found, unit, currency) {
    if (found === null || found === undefined || found === "") return "–";
    switch (unit) {
      case "money":
        return cents.format(found);
      case "share":
        return percent.format(found);
      case "ratio":
        return cents.format(found);
      case "number":
        return Math.abs(found) >= 100 ? cents.format(found).replace(/\.00$/, "") : significant(found);
      case "chance":
        return found < 0.001 ? "< 0.001" : Number(found).toFixed(3);
      case "count":
      case "rank":
        return count.format(found);
      case "minutes":
      case "seconds":
        return whole.format(found);
      case "date":
        return String(found).slice(0, 10);
      default:
        return String(found);
    }
  }

  /* Amounts of crowded tables without cents; the exact one shows on hover. */
  const brief = (found, unit, currency) =>
    unit === "money" && typeof found === "number" ? whole.format(found) : value(found, unit, currency);

  const withUnit = {
    money: (text, currency) => `${text} ${currency}`,
    minutes: (text) => `${text} min`,
    seconds: (text) => `${text} s`,
  };

  function full(found, unit, currency) {
    const text = value(found, unit);
    return text !== "–" && withUnit[unit] ? withUnit[unit](text, currency).trim() : text;
  }

  function tick(found, unit) {
    if (unit === "share") return tickPercent.format(found);
    return typeof found === "number" ? short.format(found) : String(found);
  }

  window.tierwise = Object.assign(window.tierwise || {}, { value, brief, full, tick });
})();
