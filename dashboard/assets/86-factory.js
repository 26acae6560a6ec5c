// The factory: a form that is drawn anew never takes away what is being typed, and what is missing is gone to.
(function () {
  "use strict";
  let held = null;

  function isOurs(box) {
    return box instanceof HTMLElement && box.matches("input, textarea") && box.closest("#factory-form");
  }

  document.addEventListener("input", function (event) {
    if (!event.isTrusted || !isOurs(event.target)) return;
    const box = event.target;
    held = { id: box.id, value: box.value, at: box.selectionEnd };
  });

  document.addEventListener("focusout", function (event) {
    const box = event.target;
    // A box that was taken away while one typed is not left: it comes back with the form.
    setTimeout(function () {
      if (held && box.id === held.id && box.isConnected && box !== document.activeElement) held = null;
    }, 0);
  });

  function giveBack() {
    const box = held && document.getElementById(held.id);
    if (!box || box.value === held.value) return;
    const kind = box instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(box, held.value);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
    if (box.setSelectionRange && box.type === "text") box.setSelectionRange(held.at, held.at);
  }

  let shown = 0;
  function goToMissing() {
    const missing = document.querySelectorAll("#factory-form .made-missing");
    if (missing.length && !shown) {
      missing[0].scrollIntoView({ block: "center" });
      const box = missing[0].querySelector("input, button, [tabindex]");
      if (box) box.focus({ preventScroll: true });
    }
    shown = missing.length;
  }

  new MutationObserver(function () {
    giveBack();
    goToMissing();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
