/*
 * The wall in the browser: asks for one compact payload a scope, redraws only the panels that changed, and says so
 * when what it shows is out of date. All words come from the server.
 */
(function () {
  "use strict";
  if (window.location.pathname !== "/") return;

  const address = new URL(window.location.href);
  const state = {
    scope: address.searchParams.get("scope") || "",
    colour: address.searchParams.get("colour") === "rate" ? "rate" : "count",
    paused: false, version: "", payload: null, received: 0, failures: 0, timer: 0, drawn: {}, root: null, words: {}, refused: ""
  };

  /* ---- asking ---- */

  function everyMs() {
    const asked = Number(new URL(window.location.href).searchParams.get("every"));
    return 1000 * (asked >= 1 && asked <= 3600 ? asked : Number(state.root ? state.root.dataset.every : 5));
  }

  function ask() {
    window.clearTimeout(state.timer);
    const scope = state.scope;
    const query = new URLSearchParams({
      scope: scope, have: state.version,
      lang: document.documentElement.lang === "en" ? "en" : "zh", theme: document.documentElement.dataset.theme
    });
    const abort = new AbortController();
    const limit = window.setTimeout(function () { abort.abort(); }, 15000);
    return window.fetch("/wall/data?" + query, { signal: abort.signal, credentials: "same-origin" })
      .then(function (response) {
        if (response.status === 404 && scope !== "") { goTo("", true); return null; }
        if (response.status === 401 || response.status === 403) return response.json().then(turnAway);
        if (!response.ok) throw new Error(String(response.status));
        return response.json();
      })
      .then(function (payload) { if (payload && payload.scope === state.scope) take(payload); })
      .catch(function () { state.failures += 1; })
      .then(function () {
        window.clearTimeout(limit);
        tick();
        window.clearTimeout(state.timer);
        if (!state.paused) state.timer = window.setTimeout(ask, everyMs());
      });
  }

  /* What may not be seen any more is taken off the screen, and the reason put there. */
  function turnAway(said) {
    state.refused = said.refused || "";
    state.payload = null;
    state.version = "";
    state.drawn = {};
    Object.keys(painters).forEach(function (name) {
      ["", "-table", "-legend"].forEach(function (part) {
        const box = document.getElementById("wall-" + name + part);
        if (box) clear(box);
      });
    });
    return null;
  }

  function take(payload) {
    state.failures = 0;
    state.refused = "";
    state.received = window.performance.now();
    const panels = payload.same && state.payload ? state.payload.panels : payload.panels;
    if (!panels) { state.version = ""; return; }
    state.payload = { panels: panels, as_of: payload.as_of, server_time: payload.server_time };
    state.version = payload.version;
    draw();
  }

  /* ---- drawing ---- */

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined && text !== null) element.textContent = text;
    return element;
  }

  function put(parent) {
    for (let i = 1; i < arguments.length; i += 1) if (arguments[i]) parent.appendChild(arguments[i]);
    return parent;
  }

  function clear(element) { while (element.firstChild) element.removeChild(element.firstChild); }

  function shape(level) {
    const element = make("span", "level-shape level-" + level);
    element.setAttribute("aria-hidden", "true");
    return element;
  }

  function link(href, className) {
    const element = make(href ? "a" : "div", className);
    if (href) element.href = href;
    return element;
  }

  function tableOf(table) {
    const element = make("table");
    const head = put(make("tr"));
    table.head.forEach(function (text) { const th = make("th", "", text); th.scope = "col"; put(head, th); });
    put(element, put(make("thead"), head));
    const body = make("tbody");
    table.rows.forEach(function (row) {
      const line = make("tr");
      row.forEach(function (text) { put(line, make("td", "", text)); });
      put(body, line);
    });
    return put(element, body);
  }

  function rem() { return parseFloat(window.getComputedStyle(document.documentElement).fontSize); }

  const SIZES = { size: 1, width: 1, l: 1, r: 1, t: 1, b: 1, xshift: 1, yshift: 1 };
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

  function plot(body, figure) {
    let box = body.querySelector(".plot");
    if (!box) { clear(body); box = make("div", "plot"); put(body, box); }
    const fitted = scaled(figure, rem() / 16);
    window.Plotly.react(box, fitted.data, fitted.layout, { displayModeBar: false, responsive: false });
  }

  const painters = {
    place: function (panel) {
      const path = document.getElementById("wall-path");
      clear(path);
      panel.crumbs.forEach(function (crumb, i) {
        const last = i === panel.crumbs.length - 1;
        if (i) put(path, make("span", "crumb-step", "›"));
        const item = last ? make("span", "crumb-here", crumb.name) : link("?scope=" + encodeURIComponent(crumb.scope), "");
        if (last) item.setAttribute("aria-current", "location");
        else { item.textContent = crumb.name; item.dataset.scope = crumb.scope; }
        put(path, item);
      });
      document.documentElement.classList.toggle("empty", panel.empty);
      const old = document.getElementById("wall-empty");
      if (old) old.remove();
      if (panel.empty) put(state.root, emptyOffice());
    },
    kpis: function (panel) {
      const body = document.getElementById("wall-kpis");
      clear(body);
      panel.cards.forEach(function (card) {
        const box = link(card.href, "kpi" + (card.tone ? " kpi-" + card.tone : ""));
        box.title = card.means;
        box.dataset.kpi = card.key;
        const figure = make("div", "kpi-figure", card.figure);
        if (card.unit) put(figure, make("span", "kpi-unit", card.unit));
        if (card.tone === "red") put(figure, shape("red"));
        const aside = put(make("div", "kpi-aside"), make("div", "kpi-aside-label", card.aside_label), make("div", "kpi-aside-figure", card.aside));
        put(body, put(box, make("div", "kpi-label", card.label), put(make("div", "kpi-row"), figure, aside), make("div", "kpi-note", card.note)));
      });
    },
    domains: function (panel, body) {
      clear(body);
      if (!panel.bars.length) { put(body, make("div", "panel-none", panel.none)); return; }
      const bars = make("div", "bars");
      panel.bars.forEach(function (bar) {
        const track = make("div", "bar-track");
        const red = make("div", "bar-red"), rest = make("div", "bar-rest");
        red.style.width = bar.red + "%";
        rest.style.width = bar.rest + "%";
        put(bars, make("div", "bar-name", bar.name), put(track, red, rest), make("div", "bar-n", bar.n));
      });
      put(body, bars);
      keyOf("domains");
    },
    rate: function (panel, body) { plot(body, panel.figure); },
    weeks: function (panel, body) { plot(body, panel.figure); keyOf("weeks"); },
    tiles: function (panel, body) {
      clear(body);
      if (!panel.cells.length) { put(body, make("div", "panel-none", panel.none)); return; }
      const grid = make("div", "tile-grid");
      grid.style.gridTemplateColumns = "repeat(" + panel.columns + ", minmax(0, 1fr))";
      grid.style.gridTemplateRows = "repeat(" + panel.rows + ", minmax(0, 1fr))";
      fitTiles(grid, panel, body);
      panel.cells.forEach(function (cell) { put(grid, tile(cell)); });
      put(body, grid, legend(panel.legend[state.colour]));
      const cut = Array.prototype.some.call(grid.querySelectorAll(".tile-note, .tile-brief"), function (note) {
        return note.scrollWidth > note.clientWidth + 1;
      });
      grid.classList.toggle("tiles-short", cut || grid.classList.contains("tiles-short"));
    },
    feed: function (panel, body) {
      clear(body);
      const note = document.getElementById("wall-feed-legend");
      clear(note);
      if (panel.note) put(note, make("span", "feed-note", panel.note));
      if (!panel.rows.length) { put(body, make("div", "panel-none", panel.none)); return; }
      const rows = make("div", "feed-rows");
      panel.rows.forEach(function (row) {
        const where = make("div", "feed-where", [row.where, row.domain].filter(Boolean).join(" · "));
        const mark = shape(row.level);
        mark.removeAttribute("aria-hidden");
        mark.setAttribute("role", "img");
        mark.setAttribute("aria-label", row.level_word);
        mark.title = row.level_word;
        const score = make("div", "feed-score" + (/\d/.test(row.score) ? "" : " feed-unscored"), row.score);
        const text = put(make("div", "feed-text"), where, make("div", "feed-reason", row.reason));
        put(rows, put(link(row.href, "feed-row"), mark, text, score));
      });
      put(body, rows);
    }
  };

  function keyOf(name) {
    const box = document.getElementById("wall-" + name + "-legend");
    clear(box);
    put(box, make("span", "key-swatch key-red"), make("span", "", state.words.red_alerts),
      make("span", "key-swatch"), make("span", "", state.words.other_alerts));
  }

  function fitTiles(grid, panel, body) {
    const unit = rem();
    const high = (body.clientHeight / unit - 2.6) / panel.rows, wide = body.clientWidth / unit / panel.columns - 1.4;
    const longest = panel.cells.reduce(function (most, cell) {
      let n = 0;
      for (const letter of cell.name) n += letter.charCodeAt(0) > 255 ? 1 : 0.56;
      return Math.max(most, n);
    }, 1);
    /* Name and count share a line where both fit; else the name has a line, or two, of its own. */
    const beside = wide - (wide > 10 ? 3.5 : 3), stacked = longest * 1.35 > beside;
    const name = Math.max(1.3, Math.min(1.8, high * 0.25, (stacked ? wide : beside) / longest));
    grid.style.setProperty("--tile-name", name + "rem");
    grid.style.setProperty("--tile-n", Math.max(1.45, Math.min(wide > 10 ? 3.25 : 2.5, high * 0.4)) + "rem");
    grid.classList.toggle("tiles-narrow", wide < 10);
    grid.classList.toggle("tiles-stacked", stacked);
    grid.classList.toggle("tiles-short", high < 4.6);
  }

  function tile(cell) {
    const box = link(cell.opens ? "?scope=" + encodeURIComponent(cell.scope) : "", "tile");
    if (cell.opens) box.dataset.scope = cell.scope;
    box.dataset.region = cell.scope || "";
    box.style.gridRow = String(cell.row + 1);
    box.style.gridColumn = String(cell.column + 1);
    const colour = cell.colour[state.colour];
    if (colour) { box.style.background = colour.ground; box.style.color = colour.ink; }
    box.title = cell.name + " · " + cell.n + " · " + cell.note;
    return put(box, make("div", "tile-name", cell.name), make("div", /^\d/.test(cell.n) ? "tile-n" : "tile-n tile-few", cell.n), make("div", "tile-note", cell.note),
      make("div", "tile-brief", cell.brief));
  }

  function legend(content) {
    const box = put(make("div", "tile-legend"), make("span", "legend-title", content.title));
    content.steps.forEach(function (step) {
      const block = make("span", "legend-step", step.label);
      block.style.background = step.ground;
      block.style.color = step.ink;
      put(box, block);
    });
    if (content.without) put(box, make("span", "legend-step legend-without", content.without));
    return box;
  }

  function emptyOffice() {
    const words = state.words;
    const steps = put(make("div", "empty-steps"),
      make("code", "", "mingjing demo"), make("span", "", words.empty_demo),
      make("code", "", "mingjing import FILE"), make("span", "", words.empty_import));
    const box = put(make("div", "wall-empty"), make("h2", "", words.empty_title), make("p", "", words.empty), steps);
    box.id = "wall-empty";
    return box;
  }

  function draw() {
    const root = document.getElementById("wall");
    if (!root || !state.payload) return;
    if (state.root !== root) { state.root = root; state.drawn = {}; state.words = JSON.parse(root.dataset.words); }
    const panels = state.payload.panels;
    Object.keys(painters).forEach(function (name) {
      const now = JSON.stringify(panels[name]);
      if (state.drawn[name] === now) return;
      const body = document.getElementById("wall-" + name);
      painters[name](panels[name], body);
      if (panels[name].table) {
        const twin = document.getElementById("wall-" + name + "-table");
        clear(twin);
        put(twin, tableOf(panels[name].table));
      }
      if (state.drawn[name] !== undefined && body) {
        body.classList.remove("fresh");
        void body.offsetWidth;
        body.classList.add("fresh");
      }
      state.drawn[name] = now;
    });
    root.dataset.version = state.version;
    root.dataset.scope = state.scope;
    tick();
  }

  /* ---- time ---- */

  function fill(sentence, values) {
    return sentence.replace(/\{(\w+)\}/g, function (all, name) { return name in values ? values[name] : all; });
  }

  function two(n) { return (n < 10 ? "0" : "") + n; }

  /* The server's clock, carried on by this machine's steady one: a screen with a wrong clock still tells the time. */
  function serverNow() {
    return Date.parse(state.payload.server_time) + (window.performance.now() - state.received);
  }

  function officeTime(ms) {
    const at = new Date(ms + 8 * 3600 * 1000);
    return {
      day: at.getUTCFullYear() + "-" + two(at.getUTCMonth() + 1) + "-" + two(at.getUTCDate()), weekday: at.getUTCDay(),
      clock: two(at.getUTCHours()) + ":" + two(at.getUTCMinutes()), second: two(at.getUTCSeconds())
    };
  }

  function tick() {
    const age = document.getElementById("wall-age"), notice = document.getElementById("wall-notice");
    if (!age || !state.root) { if (document.getElementById("wall")) draw(); return; }
    if (!state.payload) {
      notice.hidden = !state.refused && state.failures < 2;
      notice.textContent = state.refused || state.words.never || "";
      return;
    }
    const now = serverNow(), asOf = Date.parse(state.payload.as_of);
    const seconds = Math.max(0, Math.round((now - asOf) / 1000));
    const gone = state.failures >= 2 || (!state.paused && seconds > Number(state.root.dataset.stale));
    const words = seconds < 120 ? fill(state.words.age, { n: seconds }) : fill(state.words.age_minutes, { n: Math.floor(seconds / 60) });
    const latest = state.payload.panels.place.latest;
    age.textContent = [words, latest].filter(Boolean).join(" · ");
    age.classList.toggle("age-stale", gone);
    const time = officeTime(now), kept = officeTime(asOf);
    document.getElementById("wall-clock").textContent =
      time.day + " " + state.words.weekdays.split(" ")[time.weekday] + " " + time.clock;
    const said = gone ? fill(state.words.stale, { time: kept.day + " " + kept.clock + ":" + kept.second })
      : state.paused ? state.words.paused : "";
    if (!state.help) {
      notice.hidden = !said;
      if (notice.textContent !== said) notice.textContent = said;
    }
  }

  /* ---- going ---- */

  function goTo(scope, replacing) {
    if (scope === state.scope && !replacing) return;
    const next = new URL(window.location.href);
    if (scope) next.searchParams.set("scope", scope); else next.searchParams.delete("scope");
    window.history[replacing ? "replaceState" : "pushState"](null, "", next.toString());
    state.scope = scope;
    state.version = "";
    ask();
  }

  function up() {
    const place = state.payload && state.payload.panels.place;
    if (state.scope === "" || !place) return;
    goTo(place.up && place.crumbs.length > 1 ? place.up : "");
  }

  function recolour() {
    state.colour = state.colour === "count" ? "rate" : "count";
    const next = new URL(window.location.href);
    next.searchParams.set("colour", state.colour);
    window.history.replaceState(window.history.state, "", next.toString());
    delete state.drawn.tiles;
    draw();
  }

  function pause() {
    state.paused = !state.paused;
    if (state.paused) { window.clearTimeout(state.timer); tick(); } else ask();
  }

  function help() {
    const notice = document.getElementById("wall-notice");
    state.help = !state.help;
    notice.textContent = state.help ? state.words.keys : "";
    notice.hidden = !state.help;
    tick();
  }

  /* `?rotate=20`: without anybody touching it, the wall shows each place below its home for that many seconds. */
  const home = state.scope;
  let places = [], touchedAt = -1e9;

  function rotate() {
    const asked = Number(address.searchParams.get("rotate"));
    if (!(asked >= 5)) return;
    window.setInterval(function () {
      if (state.paused || window.performance.now() - touchedAt < 120000 || !state.payload) return;
      if (state.scope === home) {
        places = state.payload.panels.tiles.cells.filter(function (cell) { return cell.opens; })
          .map(function (cell) { return cell.scope; });
      }
      const next = state.scope === home ? 0 : places.indexOf(state.scope) + 1;
      goTo(next < places.length ? places[next] : home, true);
    }, asked * 1000);
  }

  ["pointerdown", "keydown"].forEach(function (kind) {
    document.addEventListener(kind, function () { touchedAt = window.performance.now(); });
  });

  const keys = {
    " ": pause, "Escape": up, "c": recolour, "?": help, "h": help,
    "t": function () { document.documentElement.classList.toggle("tables"); },
    "n": function () { document.getElementById("switch-theme").click(); },
    "l": function () { document.getElementById("switch-language").click(); }
  };

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key] || keys[event.key.toLowerCase()];
    if (!act || !document.getElementById("wall")) return;
    if (event.key === " " && event.target.closest && event.target.closest("a, button")) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("click", function (event) {
    const target = event.target.closest ? event.target.closest("[data-scope]") : null;
    if (!target || target.id === "wall" || event.ctrlKey || event.metaKey || event.button) return;
    event.preventDefault();
    goTo(target.dataset.scope);
  });

  window.addEventListener("popstate", function () {
    state.scope = new URL(window.location.href).searchParams.get("scope") || "";
    state.version = "";
    ask();
  });

  window.addEventListener("resize", function () { state.drawn = {}; draw(); });

  /* React puts the panels in place some time after this script runs; what was asked meanwhile is drawn then. */
  new MutationObserver(function () {
    const root = document.getElementById("wall");
    if (root && root !== state.root) {
      state.root = root;
      state.drawn = {};
      state.words = JSON.parse(root.dataset.words);
      draw();
    }
  }).observe(document.documentElement, { childList: true, subtree: true });

  ask();
  rotate();
  window.setInterval(tick, 1000);
})();
