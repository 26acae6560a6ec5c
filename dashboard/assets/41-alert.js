/* The forms of an alert: fields read and sent, drafts kept on this machine until they are written, dialogs, uploads. */
(function () {
  "use strict";
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  let view = null, drafts = {}, step = "outcome", timer = 0, flagged = false, pending = null;

  const all = function (root, what) { return Array.from(root.querySelectorAll(what)); };
  const body = function () { return document.getElementById("alert-body"); };
  const isBusy = function () { return !body() || body().classList.contains("busy"); };
  const set = function (id, props) { clientside.set_props(id, props); };

  /* ---- fields ---- */
  function boxes(form) { return all(form, "[data-field]").filter(function (box) { return box.closest("[data-form]") === form; }); }
  function valueOf(box) {
    const own = box.querySelector("select");
    if (own) return own.value;
    if (box.querySelector("input[type=radio]")) {
      const chosen = box.querySelector("input[type=radio]:checked");
      return chosen ? chosen.value : null;
    }
    const written = box.querySelector("input, textarea");
    return written && written.value ? written.value : null;
  }
  function put(box, value) {
    const own = box.querySelector("select");
    if (own) { if (Array.from(own.options).some(function (o) { return o.value === value; })) own.value = value; }
    else set(box.dataset.control, { value: value });
  }
  function valuesOf(form) {
    const found = {};
    boxes(form).forEach(function (box) { found[box.dataset.field] = valueOf(box); });
    return found;
  }
  function formOf(name) { return document.querySelector('[data-form="' + name + '"]'); }

  /* ---- drafts ---- */
  function key() { return "mingjing.draft." + view.account + "." + view.alert; }
  function read() {
    try { return JSON.parse(window.localStorage.getItem(key()) || "null") || {}; } catch (error) { return {}; }
  }
  function keep() {
    const kept = {};
    Object.keys(drafts).forEach(function (name) { if (drafts[name]["is private"] === undefined) kept[name] = drafts[name]; });
    try {
      if (Object.keys(kept).length) window.localStorage.setItem(key(), JSON.stringify({ forms: kept, step: step }));
      else window.localStorage.removeItem(key());
    } catch (error) { /* A full or forbidden store only costs the draft. */ }
  }
  function note(form) {
    if (!form || !view) return;
    const name = form.dataset.form;
    drafts[name] = valuesOf(form);
    if (form.dataset.private) drafts[name]["is private"] = true;
    keep();
    if (name === "verified") walkTo(step, flagged && isWrong());
  }
  function later(form) {
    window.clearTimeout(timer);
    pending = form;
    timer = window.setTimeout(flush, 80);
  }
  function flush() { const form = pending; pending = null; if (form && form.isConnected) note(form); }
  window.addEventListener("pagehide", flush);
  function restore() {
    Object.keys(drafts).forEach(function (name) {
      const form = formOf(name);
      if (form) boxes(form).forEach(function (box) {
        const value = drafts[name][box.dataset.field];
        const folded = box.closest("details");
        if (value !== undefined && value !== null) put(box, value);
        if (value && folded) folded.open = true;
      });
    });
  }

  /* ---- the verification form, one step at a time ---- */
  function words() { return view && view.form; }
  function given(name) { return (drafts.verified || {})[name] || ""; }
  function path() { const w = words(), kind = w.kinds[given("outcome")]; return kind ? w.paths[kind] : ["outcome"]; }
  function isAmount(text) { return !text || /^[0-9]{1,12}(\.[0-9]{1,6})?$/.test(String(text).replace(/[,，\s]/g, "")); }
  /* Whether the present step lacks something or holds what cannot be right. */
  function isWrong() {
    const form = formOf("verified"), here = form.querySelector(".verify-step-" + step);
    const amounts = all(here, '[data-kind="amount"]').every(function (box) { return isAmount(valueOf(box)); });
    if (step === "outcome") return !given("outcome");
    if (step === "cause") return !given("cause");
    if (step === "money" || step === "measures") return !amounts;
    if (step === "people") return all(here, ".person [data-field]").some(function (box) { return !valueOf(box); });
    if (step === "proof") return String(given("reference")).trim().length < 4 && !here.querySelector(".plain-list li");
    if (step === "note") {
      const least = { E1: 10, H1: 4, D1: 4, U1: 4 }[given("outcome")] || 0;
      return String(given("note")).trim().length < least;
    }
    return false;
  }
  function part(type, children, className) {
    return { namespace: "dash_html_components", type: type, props: { children: children, className: className } };
  }
  function shownValue(box, value) {
    const w = words(), name = box.dataset.field;
    if (name === "outcome") return w.values.outcome[value];
    if (name === "cause") return w.values.cause[value];
    if (name.indexOf("person-") === 0) return w.values.finding[value] || value;
    const unit = box.querySelector(".line .muted");
    return unit ? value + " " + unit.textContent : value;
  }
  function summary() {
    const form = formOf("verified"), lines = [], on = path();
    boxes(form).forEach(function (box) {
      const of = box.closest(".verify-step").className.match(/verify-step-(\w+)/)[1], value = given(box.dataset.field);
      if (on.indexOf(of) < 0 || !value) return;
      if (box.dataset.field === "done_on" && !measured()) return;
      lines.push(part("Dt", box.dataset.label), part("Dd", shownValue(box, value)));
    });
    return part("Dl", lines, "facts");
  }
  function measured() { return Object.keys(drafts.verified || {}).some(function (n) { return n.indexOf("measure-") === 0 && drafts.verified[n]; }); }
  function walkTo(wanted, wrong) {
    if (!words() || !formOf("verified")) return;
    const on = path(), kind = words().kinds[given("outcome")] || "none";
    step = on.indexOf(wanted) >= 0 ? wanted : "outcome";
    flagged = Boolean(wrong);
    set("verify", { className: "verify at-" + step + " path-" + kind + (wrong ? " wrong" : "") });
    all(document, ".demand").forEach(function (line) { line.hidden = !line.classList.contains("demand-" + given("cause")); });
    if (step === "confirm") set("verify-summary", { children: summary() });
  }
  function move(by) {
    note(formOf("verified"));
    if (by > 0 && isWrong()) { walkTo(step, true); return; }
    const on = path();
    walkTo(on[Math.max(0, Math.min(on.length - 1, on.indexOf(step) + by))]);
    keep();
    const first = document.querySelector(".verify-step-" + step);
    if (first) window.setTimeout(function () {
      const control = first.querySelector("input:checked, input, textarea, select");
      if (control && !first.contains(document.activeElement)) control.focus({ preventScroll: true });
      const panel = document.getElementById("verdict");
      if (panel) panel.scrollTop = 0;
    }, 60);
  }

  /* ---- deeds ---- */
  function send(button) {
    if (isBusy() || !view) return;
    const form = button.closest("[data-form]"), fields = form ? valuesOf(form) : {};
    if (form) note(form);
    Object.keys(button.dataset).forEach(function (name) {
      if (["deed", "primary"].indexOf(name) < 0) fields[name] = button.dataset[name];
    });
    post(button.dataset.deed, fields);
  }
  function post(deed, fields) {
    set("deed", { data: { deed: deed, version: deed === "refreshed" ? null : view.version, fields: fields, at: Date.now() } });
  }

  clientside.deeds = {
    /* The page was drawn anew, by the server: drafts come back, those that were sent are gone. */
    shown: function (data) {
      const same = view && view.alert === data.alert && view.account === data.account;
      view = data;
      if (!same) {
        const kept = read();
        drafts = kept.forms || {};
        step = kept.step || "outcome";
      }
      if (data.sent) {
        const form = { returned: "decision", eliminated: "decision" }[data.sent] || data.sent;
        delete drafts[form];
        if (data.verified) { drafts = {}; step = "outcome"; }
        keep();
      }
      begin();
      window.setTimeout(settle, 0);
      return clientside.no_update;
    }
  };
  /* The request that the office drafted is the draft, where the person has none. */
  function begin() {
    const w = words();
    if (!w || !Object.keys(w.begun).length || drafts.verified) return;
    drafts.verified = Object.assign({}, w.begun);
    step = w.begun_at;
  }
  function settle() {
    all(document, "dialog[open]").forEach(function (dialog) { dialog.close(); });
    all(document, ".line-date input").forEach(function (input) { input.type = "date"; });
    restore();
    walkTo(step);
    if (view.open) open("dialog-" + view.open);
    const panel = document.getElementById("verdict");
    if (view.sent && panel) panel.focus({ preventScroll: true });
    const said = document.querySelector("#changed, #step-refused, #done");
    if (said && said.scrollIntoView) said.scrollIntoView({ block: "nearest" });
  }
  function open(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const first = dialog.querySelector("input, textarea, select");
    if (first) first.focus();
  }

  /* ---- files ---- */
  /* The file is there: the store that the uploader names is told; without one the alert is shown anew. */
  function arrived(box) {
    if (box.dataset.told) set(box.dataset.told, { data: Date.now() });
    else post("refreshed", {});
  }
  function upload(box, file) {
    const bar = box.querySelector("progress"), error = box.querySelector(".upload-error");
    error.textContent = "";
    if (file.size > Number(box.dataset.most)) { error.textContent = box.dataset.tooLarge; return; }
    const request = new XMLHttpRequest();
    bar.hidden = false; bar.value = 0;
    request.upload.onprogress = function (event) { if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total); };
    request.onload = function () {
      bar.hidden = true;
      if (request.status === 200) { arrived(box); return; }
      let said = "";
      try { said = JSON.parse(request.responseText).refused; } catch (wrong) { /* Not ours: the general words do. */ }
      error.textContent = said || box.dataset.failed;
    };
    request.onerror = function () { bar.hidden = true; error.textContent = box.dataset.failed; };
    request.open("POST", box.dataset.upload);
    request.setRequestHeader("X-Mingjing-Upload", encodeURIComponent(file.name));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  }
  function choose(box) {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = box.dataset.accept;
    input.addEventListener("change", function () { if (input.files.length) upload(box, input.files[0]); });
    input.click();
  }

  /* ---- what people do ---- */
  document.addEventListener("click", function (event) {
    const on = event.target.closest ? event.target.closest("[data-deed], [data-move], [data-open], [data-close], [data-upload] button") : null;
    if (!on || on.disabled) return;
    const box = on.closest("[data-upload]");
    if (box) { choose(box); return; }
    if (!body()) return;
    if (on.dataset.deed) send(on);
    else if (on.dataset.move) move(Number(on.dataset.move));
    else if (on.dataset.open) open(on.dataset.open);
    else on.closest("dialog").close();
  });
  ["input", "change"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      const form = event.target.closest ? event.target.closest("[data-form]") : null;
      if (form && body()) later(form);
    });
  });
  ["dragover", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      const box = event.target.closest ? event.target.closest("[data-upload]") : null;
      if (!box) return;
      event.preventDefault();
      if (kind === "drop" && event.dataTransfer.files.length) upload(box, event.dataTransfer.files[0]);
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !body()) return;
    const form = document.activeElement.closest("[data-form]") || document.querySelector(".next-step [data-form]");
    const main = form && all(form, "[data-primary]").find(function (button) { return button.offsetParent !== null && !button.disabled; });
    if (main) { event.preventDefault(); main.click(); }
  });
})();
