/* The verification form in the browser: one step at a time, and the draft kept on this machine until it is sent. */
(function () {
  "use strict";
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  let draft = null;

  function key(alert) { return "mingjing.draft." + alert; }
  function read(alert) {
    try { return JSON.parse(window.localStorage.getItem(key(alert)) || "null"); } catch (error) { return null; }
  }
  function keep(alert) {
    try {
      if (draft.outcome || draft.note) window.localStorage.setItem(key(alert), JSON.stringify(draft));
    } catch (error) { /* A full or forbidden store only costs the draft. */ }
  }
  /* What the second step asks for depends on the outcome. */
  function kind(outcome) {
    if (outcome === "E1") return "cause";
    return outcome && outcome.charAt(0) === "C" ? "money" : "none";
  }
  function wrong() {
    const asks = kind(draft.outcome);
    if (draft.step === 1 && !draft.outcome) return "outcome";
    if (draft.step === 2 && asks === "cause" && !draft.cause) return "cause";
    const amount = (draft.recovered || "").replace(/[,，\s]/g, "");
    if (draft.step === 2 && asks === "money" && amount && !/^\d+(\.\d+)?$/.test(amount)) return "recovered";
    return "";
  }
  function walk(by) {
    draft.step = Math.min(4, Math.max(1, draft.step + by));
    if (draft.step === 2 && kind(draft.outcome) === "none") draft.step += by;
  }
  function part(type, children, className) {
    return { namespace: "dash_html_components", type: type, props: { children: children, className: className } };
  }
  function summary(words) {
    const lines = [];
    const add = function (name, value) { lines.push(part("Dt", words.names[name]), part("Dd", value)); };
    add("outcome", words.outcomes[draft.outcome] || "");
    if (kind(draft.outcome) === "cause") add("cause", words.causes[draft.cause] || "");
    if (kind(draft.outcome) === "money" && draft.recovered) add("recovered", draft.recovered);
    add("note", draft.note || words.no_note);
    return part("Dl", lines, "facts");
  }

  clientside.verdict = {
    step: function (outcome, cause, note, recovered, next, back, words) {
      const same = clientside.no_update, triggered = clientside.callback_context.triggered_id;
      const first = !draft || draft.alert !== words.alert || triggered === "verify-words" || !triggered;
      let error = "", restored = "";
      if (first) {
        draft = read(words.alert) || { step: 1 };
        draft.alert = words.alert;
        restored = draft.outcome || draft.note ? " is-restored" : "";
      } else {
        Object.assign(draft, { outcome: outcome, cause: cause, note: note, recovered: recovered });
        if (triggered === "verify-next") { error = wrong(); if (!error) walk(1); }
        if (triggered === "verify-back") walk(-1);
        keep(words.alert);
      }
      const classes = "verify at-" + draft.step + " asks-" + kind(draft.outcome) + (error ? " wrong-" + error : "") + restored;
      const value = function (name) { return first && draft[name] !== undefined ? draft[name] : same; };
      return [classes, value("outcome"), value("cause"), value("note"), value("recovered"), summary(words)];
    },
    forget: function (alert) {
      try { window.localStorage.removeItem(key(alert)); } catch (error) { /* Nothing was kept. */ }
      draft = null;
      return clientside.no_update;
    }
  };
})();
