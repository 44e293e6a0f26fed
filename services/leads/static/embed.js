// Shows a form in a page: <script src="https://…/forms/<source>/embed.js" async></script>, where the form is to stand.
// It needs no inline script and no inline style; a page with a policy of its own allows our origin in script-src and frame-src.
(function () {
  "use strict";

  var script = document.currentScript;
  if (!script) { return; }
  var page = new URL(script.src);
  page.pathname = page.pathname.replace(/\/embed\.js$/, "");
  page.search = "";
  page.searchParams.set("embed", "1");
  page.searchParams.set("referrer", location.origin + location.pathname);
  new URLSearchParams(location.search).forEach(function (value, name) {
    if (/^utm_/.test(name)) { page.searchParams.set(name, value); }
  });

  var frame = document.createElement("iframe");
  frame.src = page.href;
  frame.title = script.dataset.title || document.title;
  frame.style.width = "100%";
  frame.style.height = "40rem";
  frame.style.border = "0";
  script.insertAdjacentElement("afterend", frame);

  window.addEventListener("message", function (event) {
    var height = event.data && event.data.dealwireHeight;
    if (event.source === frame.contentWindow && event.origin === page.origin && height > 0 && height < 20000) {
      frame.style.height = height + "px";
    }
  });
})();
