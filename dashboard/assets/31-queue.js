/* The queue in the browser: how a row is drawn, and the keys. What is drawn comes worded from the server. */
(function () {
  "use strict";
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = function () { return window.React.createElement.apply(null, arguments); };
  const ghost = function (width) { return make("span", { className: "ghost", style: { width: width } }); };

  cells.QueueLevel = function (props) {
    const row = props.data;
    if (!row) return ghost("60%");
    return make("span", { className: "level" },
      make("span", { className: "level-shape level-" + row.level, "aria-hidden": "true" }), row.level_word);
  };
  cells.QueueWhat = function (props) {
    const row = props.data;
    if (!row) return ghost("80%");
    return make("div", { className: "two-lines" },
      make("a", { className: "row-title", href: row.href, title: row.what, tabIndex: -1 }, row.what),
      make("span", { className: "row-who", title: row.who }, row.who));
  };
  cells.QueueState = function (props) {
    const row = props.data;
    if (!row) return ghost("60%");
    const mark = row.supervised ? make("span", { className: "supervised" }, row.supervised) : null;
    const check = row.check ? make("span", { className: "random-check", title: row.check_why }, row.check) : null;
    return make("div", { className: "two-lines" },
      make("span", { className: "row-state" },
        make("span", { className: "state-dot state-" + row.state, "aria-hidden": "true" }), row.state_word, mark, check),
      make("span", { className: "row-who", title: row.holder }, row.holder));
  };
  cells.QueueAmount = function (props) {
    return props.data ? make("span", null, props.data.amount) : ghost("60%");
  };
  cells.QueueDue = function (props) {
    const row = props.data;
    if (!row) return ghost("60%");
    return make("div", { className: "two-lines" },
      make("span", { className: "lamp lamp-" + row.due_state },
        make("span", { className: "lamp-dot", "aria-hidden": "true" }), row.due),
      make("span", { className: "row-who" }, row.age));
  };
  cells.QueueScore = function (props) {
    const row = props.data;
    if (!row) return ghost("90%");
    if (!row.score) return make("span", { className: "muted" }, row.score_word);
    const p = row.score[0], low = row.score[1], high = row.score[2];
    return make("div", { className: "row-score", title: row.score_word + ", " + row.interval },
      make("span", { className: "row-percent" }, row.score_word),
      make("div", { className: "score-track" },
        make("span", { className: "score-fill", style: { width: 100 * p + "%" } }),
        make("span", { className: "score-interval", style: { left: 100 * low + "%", width: 100 * (high - low) + "%" } })));
  };
  cells.QueueReason = function (props) {
    const row = props.data;
    if (!row) return ghost("70%");
    if (!row.reason) return null;
    return make("span", { className: "row-reason", title: row.reason },
      make("span", { className: "reason-way", "aria-hidden": "true" }, row.up ? "▲" : "▼"), row.reason);
  };

  function grid() {
    try { return window.dash_ag_grid.getApi("queue-grid"); } catch (error) { return null; }
  }
  function go(href) { window.dash_clientside.set_props("queue-address", { href: href }); }
  function chosen(api) {
    const nodes = api.getSelectedNodes();
    return nodes.length ? nodes[0] : null;
  }
  /* A row that is looked at is not yet chosen with others: a tick begins a choice of its own. */
  function lone(yes) {
    const queue = document.getElementById("queue");
    if (queue) { if (yes) queue.dataset.lone = "yes"; else delete queue.dataset.lone; }
  }
  function choose(api, index) {
    lone(true);
    if (index < 0 || index >= api.getDisplayedRowCount()) return;
    api.ensureIndexVisible(index, null);
    const node = api.getDisplayedRowAtIndex(index);
    if (node && node.data) node.setSelected(true, true);
    else window.setTimeout(function () { choose(api, index); }, 60);
  }
  function move(step) {
    const api = grid();
    if (!api) return;
    const now = chosen(api);
    choose(api, now ? now.rowIndex + step : 0);
  }
  function open() {
    const api = grid(), node = api && chosen(api);
    if (node) go(node.data.href);
  }
  function next() {
    const button = document.getElementById("queue-next");
    if (button && !button.disabled) button.click();
  }
  function help() {
    const dialog = document.getElementById("queue-help");
    if (!dialog) return;
    if (dialog.open) dialog.close(); else dialog.showModal();
  }
  function search() {
    const field = document.getElementById("queue-search");
    if (field) { field.focus(); field.select(); }
  }
  const keys = {
    j: function () { move(1); }, k: function () { move(-1); }, Enter: open, n: next, t: next, "/": search, "?": help
  };

  document.addEventListener("keydown", function (event) {
    if (!document.getElementById("queue") || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (target.closest("input, textarea, select")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (event.key === "Enter" && target.closest("a, button, summary")) return;
    const dialog = document.querySelector("#queue dialog[open]");
    if (dialog && !(dialog.id === "queue-help" && event.key === "?")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("#queue-keys, #queue-keys-close")) { help(); return; }
    const deed = event.target.closest("[data-bulk]");
    if (deed) {
      window.dash_clientside.set_props("queue-bulk-body", { children: null });
      window.dash_clientside.set_props("queue-bulk-deed", { data: { deed: deed.dataset.bulk, at: Date.now() } });
      document.getElementById("queue-bulk-dialog").showModal();
      return;
    }
    const close = event.target.closest("[data-bulk-close]");
    if (close) {
      document.getElementById("queue-bulk-dialog").close();
      /* The counts beside the list changed with the rows. */
      if (close.dataset.bulkClose === "again") window.location.reload();
      return;
    }
    const link = event.target.closest(".row-title");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(link.getAttribute("href"));
  });
  document.addEventListener("click", function (event) {
    const row = event.target.closest("#queue-grid .ag-row"), queue = document.getElementById("queue");
    if (!row) return;
    if (!event.target.closest(".ag-selection-checkbox")) { lone(true); return; }
    if (!("lone" in queue.dataset)) return;
    lone(false);
    const node = chosen(grid());
    if (!node) return;
    if (node.id === row.getAttribute("row-id")) { event.stopPropagation(); event.preventDefault(); }
    else node.setSelected(false);
  }, true);
  document.addEventListener("dblclick", function (event) {
    if (event.target.closest("#queue-grid .ag-row")) open();
  });

  /* The first row is chosen once it is there, so that Enter and the preview work at once. */
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.queue = {
    choose_first: function () {
      let tries = 0;
      const wait = window.setInterval(function () {
        const api = grid(), first = api && api.getDisplayedRowAtIndex(0);
        if (first && first.data && !chosen(api)) choose(api, 0);
        if ((api && chosen(api)) || ++tries > 100) window.clearInterval(wait);
      }, 50);
      return window.dash_clientside.no_update;
    }
  };
})();
