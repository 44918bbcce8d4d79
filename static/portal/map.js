// Draws the map of a workload's surroundings from the data that the page names. Without this script the table says it all.
(() => {
  "use strict";
  const frame = document.getElementById("map");
  if (!frame || !window.cytoscape) return;
  const canvas = frame.querySelector(".p-map-canvas");
  frame.hidden = false;

  // Tokens are written with light-dark(); only a colour in use is resolved to one that a canvas understands.
  const colour = (token) => {
    canvas.style.color = `var(${token})`;
    const found = getComputedStyle(canvas).color;
    canvas.style.color = "";
    return found;
  };
  const looks = () => {
    const tier = (level) => ({
      selector: `.tier-${level}`,
      style: { "background-color": colour(`--tier-${level}-bg`), color: colour(`--tier-${level}-fg`), "border-color": colour("--tier-line") },
    });
    const line = colour("--map-line");
    return [
      {
        selector: "node",
        style: {
          shape: "round-rectangle", width: 152, height: 46, label: "data(label)", "text-valign": "center", "text-wrap": "wrap",
          "text-max-width": 142, "font-family": getComputedStyle(document.body).fontFamily, "font-size": 13, "line-height": 1.25,
          "background-color": colour("--surface"), color: colour("--ink"), "border-width": 1.5, "border-color": line,
        },
      },
      tier(0), tier(1), tier(2), tier(3),
      { selector: ".unknown", style: { "border-style": "dashed" } },
      { selector: ".third", style: { shape: "cut-rectangle" } },
      { selector: ".middle", style: { "border-width": 4, "border-color": colour("--accent"), "font-weight": 620 } },
      {
        selector: "edge",
        style: {
          width: 1.5, "line-color": line, "target-arrow-color": line, "target-arrow-shape": "triangle", "curve-style": "bezier",
          "arrow-scale": 1.1,
        },
      },
      { selector: "edge.soft", style: { "line-style": "dashed" } },
      { selector: "edge.cycle", style: { width: 3, "source-arrow-shape": "circle", "source-arrow-color": colour("--ink-2"), "line-color": colour("--ink-2"), "target-arrow-color": colour("--ink-2") } },
      { selector: "edge.weak", style: { width: 5, "line-color": colour("--map-weak"), "target-arrow-color": colour("--map-weak"), "z-index": 9 } },
    ];
  };
  const short = (name) => (name.length > 36 ? `${name.slice(0, 35)}…` : name);
  const hop = (one) => ({
    data: { id: one.id, label: `${one.third ? "" : `${one.tier ?? "?"} · `}${short(one.name)}`, href: one.href },
    position: { x: one.x, y: one.y },
    classes: [one.third ? "third" : one.tier === null ? "unknown" : `tier-${Math.min(one.tier, 3)}`, one.middle ? "middle" : ""].join(" "),
  });
  const line = (one) => ({
    data: { source: one.from, target: one.to },
    classes: ["soft", "weak", "cycle"].filter((look) => one[look]).join(" "),
  });

  const draw = (found) => {
    const map = window.cytoscape({
      container: canvas,
      elements: [...found.hops.map(hop), ...found.lines.map(line)],
      style: looks(),
      layout: { name: "preset", fit: true, padding: 24 },
      minZoom: 0.1, maxZoom: 2, zoomingEnabled: true, userZoomingEnabled: false, autoungrabify: true, boxSelectionEnabled: false,
    });
    if (map.zoom() > 1.15) { map.zoom(1.15); map.center(); }
    map.on("tap", "node", (event) => { if (event.target.data("href")) window.location.assign(event.target.data("href")); });
    map.on("mouseover", "node", (event) => { canvas.style.cursor = event.target.data("href") ? "pointer" : ""; });
    map.on("mouseout", "node", () => { canvas.style.cursor = ""; });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.style(looks()));
    const zoom = (factor) => map.zoom({ level: map.zoom() * factor, renderedPosition: { x: map.width() / 2, y: map.height() / 2 } });
    for (const button of frame.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        const factor = Number(button.dataset.zoom);
        if (factor) zoom(factor);
        else map.fit(undefined, 24);
      });
    }
    const keys = {
      ArrowLeft: () => map.panBy({ x: 80, y: 0 }), ArrowRight: () => map.panBy({ x: -80, y: 0 }),
      ArrowUp: () => map.panBy({ x: 0, y: 80 }), ArrowDown: () => map.panBy({ x: 0, y: -80 }),
      "+": () => zoom(1.25), "-": () => zoom(0.8), 0: () => map.fit(undefined, 24),
    };
    canvas.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    frame.dataset.drawn = "true";
  };
  // On the phone the table stands alone.
  if (getComputedStyle(frame).display === "none") return;
  fetch(frame.dataset.src, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`${answer.status}`))))
    .then((found) => document.fonts.ready.then(() => draw(found)))
    .catch(() => { frame.hidden = true; });
})();
