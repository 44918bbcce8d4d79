/* Comfort only: every page works without it, up to sending a form. */
(function () {
  "use strict";

  /* One click, one deed: the button rests after the form has left, and wakes when the page is shown again. */
  const RESTS = "data-rests";

  function rest(button) {
    button.disabled = true;
    button.setAttribute(RESTS, "");
  }

  function wake() {
    document.querySelectorAll("[" + RESTS + "]").forEach(function (button) {
      button.disabled = false;
      button.removeAttribute(RESTS);
    });
  }

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    /* After this turn, so that the pressed button's own value is still sent. */
    setTimeout(function () {
      Array.from(form.elements).filter((e) => e.type === "submit" && !e.disabled).forEach(rest);
    });
    setTimeout(wake, 15000); /* an answer that is a file leaves the page standing */
  });
  window.addEventListener("pageshow", wake);

  /* Back brings a form with the key it had: the browser fetches a page anew whose address a form was sent to, and that has
     another key. The place in the history remembers; pages that have other forms by now keep their new keys. */
  function keepKeys() {
    const inputs = Array.from(document.querySelectorAll('input[name="form_key"]'));
    const goals = inputs.map(function (input) { return input.form.getAttribute("action") || ""; });
    const kept = (history.state || {}).formKeys;
    const came = performance.getEntriesByType("navigation")[0];
    if (came && came.type === "back_forward" && kept && kept.goals.join() === goals.join()) {
      inputs.forEach(function (input, place) { input.value = kept.keys[place]; });
    }
    if (!inputs.length) return;
    const keys = inputs.map(function (input) { return input.value; });
    history.replaceState(Object.assign({}, history.state, { formKeys: { goals: goals, keys: keys } }), "");
  }
  document.addEventListener("DOMContentLoaded", keepKeys);

  const OPEN_MENUS = "details.p-menu[open], details.p-drop[open]";

  function prepare(root) {
    root.querySelectorAll("[data-print], [data-needs-js]").forEach(function (part) { part.hidden = false; });
    const problems = root.querySelector(".p-problems");
    if (problems) problems.focus();
  }
  document.addEventListener("DOMContentLoaded", function () { prepare(document); });
  document.addEventListener("htmx:after:swap", function () { prepare(document); });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
    document.querySelectorAll(OPEN_MENUS).forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    const menu = document.querySelector(OPEN_MENUS);
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  /* A passkey that was not used: say so where the button is. */
  document.addEventListener("allauth.error", function (event) {
    const place = document.querySelector("[data-passkey-problem]");
    if (!place) return;
    event.preventDefault();
    place.hidden = false;
    place.focus();
  });
})();
