// What the page can do better with JavaScript: it works without.
(function () {
  "use strict";

  // Two clicks are one message.
  var form = document.querySelector("form[data-once]");
  if (form) {
    form.addEventListener("submit", function () {
      window.setTimeout(function () { form.querySelector("button").disabled = true; }, 0);
    });
    window.addEventListener("pageshow", function () { form.querySelector("button").disabled = false; });
  }

  // In a frame it tells the page around it how tall it is, and nothing else.
  if (window.parent !== window && "ResizeObserver" in window) {
    new ResizeObserver(function () {
      window.parent.postMessage({ dealwireHeight: Math.ceil(document.documentElement.getBoundingClientRect().height) }, "*");
    }).observe(document.documentElement);
  }
})();
