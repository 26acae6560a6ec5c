/* The page a screen is let in by: a token behind the # of the address is sent as if it were typed. What stands there is
   never part of a request, so that no log holds it; and it is gone from the address before anything else happens. */
(function () {
  "use strict";
  const field = document.querySelector("form[action^='/kiosk'] input[name='token']");
  if (!field) return;
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (!token) return;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  field.value = token;
  /* Where somebody is signed in, a link alone must not sign them out: they press the button. */
  if (document.getElementById("kiosk-at-once")) field.form.requestSubmit();
})();
