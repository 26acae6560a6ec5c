/* When the server says that nobody is signed in any more, go to the sign-in and come back here afterwards. Drafts stay
   where they are, in this browser. */
(function () {
  "use strict";
  const fetch = window.fetch;
  let leaving = false;
  function leave() {
    if (leaving) return;
    leaving = true;
    const here = window.location.pathname + window.location.search;
    window.location.assign("/sign-in?" + new URLSearchParams({ why: "ended", next: here }));
  }
  window.fetch = function () {
    return fetch.apply(window, arguments).then(function (response) {
      if (response.status !== 401 || new URL(response.url).origin !== window.location.origin) return response;
      return response.clone().json().then(function (said) {
        if (!said.sign_in) return response;
        leave();
        /* Never answered: nothing on this page is to say that something failed while the browser leaves it. */
        return new Promise(function () {});
      }, function () { return response; });
    });
  };
})();
