/* Plots of the desk: a box with a figure in `data-figure` is drawn, scaled with the page's type, and drawn anew when it changes. */
(function () {
  "use strict";
  const SIZES = { size: 1, width: 1, l: 1, r: 1, t: 1, b: 1, xshift: 1, yshift: 1, thickness: 1 };

  function scaled(value, factor) {
    if (Array.isArray(value)) return value.map(function (item) { return typeof item === "object" && item ? scaled(item, factor) : item; });
    if (!value || typeof value !== "object") return value;
    const result = {};
    Object.keys(value).forEach(function (key) {
      const item = value[key];
      result[key] = typeof item === "number" && SIZES[key] ? item * factor : scaled(item, factor);
    });
    return result;
  }

  function draw(box, anyway) {
    const told = box.dataset.figure;
    if (!window.Plotly || (!anyway && box.drawn === told)) return;
    box.drawn = told;
    const factor = parseFloat(window.getComputedStyle(document.documentElement).fontSize) / 16;
    const figure = scaled(JSON.parse(told), factor);
    window.Plotly.react(box, figure.data, figure.layout, { displayModeBar: false, responsive: false });
  }

  function drawAll(anyway) {
    document.querySelectorAll(".chart[data-figure]").forEach(function (box) { draw(box, anyway); });
  }

  let waiting = 0;
  window.addEventListener("resize", function () { window.clearTimeout(waiting); waiting = window.setTimeout(function () { drawAll(true); }, 200); });
  new MutationObserver(function () { drawAll(false); }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-figure"] });
})();
