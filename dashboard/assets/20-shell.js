/* The frame's two switches. The server reads `lang` and `theme` from the address and remembers them in a cookie. */
(function () {
  "use strict";
  function turn(name, value) {
    const address = new URL(window.location.href);
    address.searchParams.set(name, value);
    window.location.assign(address.toString());
  }
  function other(name) {
    if (name === "theme") return document.documentElement.dataset.theme === "day" ? "night" : "day";
    return document.documentElement.lang === "en" ? "zh" : "en";
  }
  document.addEventListener("click", function (event) {
    const button = event.target.closest ? event.target.closest("#switch-theme, #switch-language") : null;
    if (!button) return;
    const name = button.id === "switch-theme" ? "theme" : "lang";
    turn(name, other(name));
  });
})();
