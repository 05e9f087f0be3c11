// The radar, drawn by Plotly, which is unpacked and started when its place comes near the screen.

const COLOURS = ["#0b6e99", "#c2410c", "#15803d", "#9333ea", "#a16207", "#be185d"];
const COLOURS_DARK = ["#58b4dc", "#f08a5d", "#6ccf8e", "#c79bf2", "#e0b450", "#f08ab8"];

let library = null;

// Plotly's text as a script that the page's policy allows by its hash. Trusted Types want a policy for it.
async function plotly() {
  library ||= whole.then(() => inflate("plotly")).then((text) => {
    const policy = window.trustedTypes ? window.trustedTypes.createPolicy("kojudge", { createScript: (code) => code }) : null;
    const script = document.createElement("script");
    script.textContent = policy ? policy.createScript(text) : text;
    document.head.append(script);
    return window.Plotly;
  });
  return library;
}

// Plotly reads a little HTML in labels; as entities it is text.
function label(text, most = 60) {
  const clean = visible(text);
  const short = clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
  return short.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

let radarSeen = false;

function watchRadar() {
  new IntersectionObserver((seen, observer) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    observer.disconnect();
    radarSeen = true;
    const idle = window.requestIdleCallback || ((work) => setTimeout(work, 50));
    idle(() => drawRadar());
  }, { rootMargin: "200px" }).observe($("radar-part"));
}

function radarRows() {
  return [...picked].map((index) => board.rows[index]).filter((row) => row.categories.some(([, score]) => score !== null));
}

function radarHead() {
  fill($("radar-head"), el("h2", {}, t("radar")), el("p", { class: "hint" }, t("radarHint")));
  const names = board.categories;
  const colours = isDark() ? COLOURS_DARK : COLOURS;
  const rows = radarRows().map((row, place) => el("tr", {},
    el("th", { scope: "row" }, el("i", { class: "swatch", style: { "background-color": colours[place % colours.length] } }), shown(rowName(row))),
    names.map((name) => el("td", { class: "figure" }, (row.categories.find(([own]) => own === name) || [])[1] ?? "–")),
    el("td", { class: "figure overall" }, row.overall ?? "–")));
  fill($("radar-table"), simpleTable(t("radar"), [t("model"), ...names.map((name) => shown(name)), t("overall")], rows));
}

async function drawRadar() {
  radarHead();
  if (!radarSeen) return;
  const place = $("radar");
  try {
    const Plotly = await plotly();
    if (!radarRows().length) {
      Plotly.purge(place);
      return;
    }
    const dark = isDark();
    const ink = dark ? "#c9d1d6" : "#3b4449";
    const grid = dark ? "#3a444b" : "#d5dade";
    const colours = dark ? COLOURS_DARK : COLOURS;
    const names = board.categories;
    const traces = radarRows().map((row, i) => {
      const scores = names.map((name) => Number((row.categories.find(([own]) => own === name) || [])[1] ?? NaN));
      return {
        type: "scatterpolar", mode: "lines+markers", fill: "toself", opacity: 0.9, name: label(rowName(row)),
        r: [...scores, scores[0]], theta: [...names, names[0]].map((name) => label(name, 24)),
        text: [...scores, scores[0]].map((score, k) => label(`${rowName(row)} · ${names[k % names.length]} ${number(score)}`, 120)),
        hoverinfo: "text", line: { color: colours[i % colours.length], width: 2 }, marker: { size: 5 },
        fillcolor: `${colours[i % colours.length]}22`,
      };
    });
    const axis = { gridcolor: grid, linecolor: grid, tickfont: { size: 11 } };
    const layout = {
      polar: { bgcolor: "rgba(0,0,0,0)", radialaxis: { ...axis, range: board.range, tick0: board.range[0], dtick: radarTick(), angle: 90, tickangle: 90 }, angularaxis: { ...axis, direction: "clockwise", rotation: 90, tickfont: { size: 13 } } },
      font: { color: ink, family: "inherit" }, paper_bgcolor: "rgba(0,0,0,0)", showlegend: false,
      margin: { l: 50, r: 50, t: 30, b: 30 }, height: 380, dragmode: false,
    };
    await Plotly.react(place, traces, layout, { displayModeBar: false, responsive: true, scrollZoom: false });
    place.setAttribute("aria-label", `${t("radar")}: ${radarRows().map((row) => visible(rowName(row))).join(", ")}`);
    place.dataset.ready = "yes";
  } catch (error) {
    fill(place, el("p", { class: "hint" }, t("plotFailed")));
    console.warn(error);
  }
}
