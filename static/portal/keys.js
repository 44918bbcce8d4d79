/* Keys for lists and the search. Comfort only: everything they do is a link, a field or a box on the page. */
(function () {
  "use strict";

  const OFF = "portal-keys-off"; /* single keys get in the way of some aids: who needs to can turn them off here */
  const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=submit]):not([type=button]), textarea, select, [contenteditable]";

  function isOff() {
    try { return localStorage.getItem(OFF) === "1"; } catch (error) { return false; }
  }

  function turn(off) {
    try { if (off) localStorage.setItem(OFF, "1"); else localStorage.removeItem(OFF); } catch (error) { /* private window */ }
  }

  /* One link a row: the marked one, else the first in the row of a table. */
  function rows() {
    const marked = Array.from(document.querySelectorAll("main [data-row]"));
    const first = Array.from(document.querySelectorAll("main .p-table tbody tr")).map((row) => row.querySelector("th a, td a"));
    return marked.concat(first.filter(Boolean)).filter((link) => link.offsetParent);
  }

  function here(all) {
    const focused = document.activeElement;
    const at = all.indexOf(focused);
    const row = focused.closest("main .p-table tbody tr");
    return at >= 0 || !row ? at : all.findIndex((link) => row.contains(link));
  }

  function go(step) {
    const all = rows();
    if (!all.length) return false;
    all[Math.min(all.length - 1, Math.max(0, here(all) + step))].focus();
    return true;
  }

  function field(boxes) {
    const box = boxes.find((found) => found && found.offsetParent);
    if (!box) return false;
    box.focus();
    box.select();
    return true;
  }

  function tick() {
    const row = document.activeElement.closest("main tr, main li");
    const box = row && row.querySelector("input[type=checkbox]:not(:disabled)");
    if (!box) return false;
    box.click();
    return true;
  }

  function help() {
    const dialog = document.getElementById("keys");
    if (!dialog || dialog.open) return false;
    dialog.querySelector("[data-keys-on]").checked = !isOff();
    dialog.showModal();
    return true;
  }

  const DEEDS = {
    "/": () => field(["id_q", "top-q"].map((id) => document.getElementById(id))),
    f: () => field([document.querySelector("main .p-filter input[type=search]")]),
    j: () => go(1),
    k: () => go(-1),
    x: tick,
    "?": help,
  };

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (event.target.closest(FIELDS) || document.querySelector("dialog[open]") || isOff()) return;
    const arrows = rows().includes(document.activeElement) ? { ArrowDown: DEEDS.j, ArrowUp: DEEDS.k } : {};
    const deed = (Object.hasOwn(DEEDS, event.key) && DEEDS[event.key]) || arrows[event.key];
    if (deed && deed()) event.preventDefault();
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-keys]")) help();
  });

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-keys-on]")) turn(!event.target.checked);
  });
})();
