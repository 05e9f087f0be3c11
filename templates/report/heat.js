// Questions x rows: the mean score of each answer, reachable by mouse and keyboard; a cell opens its item.

const CELL = 34;
const heat = { judge: null, strategy: "", rows: [], columns: [], at: [0, 0], list: null };

function drawHeat() {
  const judges = distinct(board.rows.map((row) => row.judge));
  heat.judge ??= judges[0];
  heat.columns = [...board.questions.keys()].sort((a, b) => board.questions[a][1] - board.questions[b][1] || a - b);
  const strategies = distinct(board.groups.map((group) => group[1]));
  fill($("heat-head"), el("h2", {}, t("heatTitle")), el("p", { class: "hint" }, t("heatHint")),
    el("div", { class: "controls" },
      judges.length > 1 ? field(t("judge"), select(judges, heat.judge, (value) => { heat.judge = value; heatRows(); })) : null,
      strategies.length > 1 ? field(t("strategy"), select(["", ...strategies], heat.strategy, (value) => { heat.strategy = value; heatRows(); }, t("strategyAll"))) : null,
      legend()));
  const head = el("div", { class: "heat-head", role: "row" }, el("div", { class: "heat-name", role: "columnheader" }, t("model")),
    el("div", { class: "heat-mean", role: "columnheader" }, t("mean")),
    heat.columns.map((question, i) => {
      const [id, category] = board.questions[question];
      const first = !i || board.questions[heat.columns[i - 1]][1] !== category;
      const name = `${board.categories[category]} ${id}`;
      return el("div", { class: first ? "heat-id first" : "heat-id", role: "columnheader", title: name, "aria-label": name },
        first ? el("span", { class: "heat-category" }, shown(board.categories[category])) : null, shown(String(id).slice(0, 6)));
    }));
  const grid = el("div", { class: "heat", role: "grid", "aria-label": t("heatTitle"), tabindex: "-1" }, head);
  fill($("heat"), grid);
  grid.addEventListener("keydown", heatKey);
  heat.list = new Windowed(grid, CELL, heatRow, 58);
  grid.style.setProperty("--columns", String(heat.columns.length));
  heatRows();
}

function legend() {
  return el("div", { class: "legend", "aria-hidden": "true" }, scaleScores().map((score) => el("span", { class: `cell s${shade(score)}` }, points(score))));
}

function heatRows() {
  heat.rows = board.rows.filter((row) => row.judge === heat.judge && (!heat.strategy || strategyOf(row.group) === heat.strategy))
    .sort((a, b) => (b.value ?? -1e9) - (a.value ?? -1e9));
  heat.at = [0, 0];
  heat.list.reset(heat.rows.length);
}

// Question -> the verdicts of a row, made once a row.
function verdictsByQuestion(row) {
  if (!row.byQuestion) {
    row.byQuestion = new Map();
    for (const verdict of row.verdicts) {
      if (!row.byQuestion.has(verdict[0])) row.byQuestion.set(verdict[0], []);
      row.byQuestion.get(verdict[0]).push(verdict);
    }
  }
  return row.byQuestion;
}

function heatRow(i) {
  const row = heat.rows[i];
  const found = verdictsByQuestion(row);
  const name = rowName(row);
  return el("div", { class: "heat-row", role: "row" },
    el("div", { class: "heat-name", role: "rowheader", title: name }, shown(modelOf(row.group)), el("span", { class: "dim" }, " ", shown(strategyOf(row.group)))),
    el("div", { class: "heat-mean", role: "gridcell" }, row.overall ?? "–"),
    heat.columns.map((question, column) => {
      const verdicts = found.get(question) || [];
      const mean = meanOf(verdicts.filter((verdict) => verdict[3] !== null).map((verdict) => verdict[3]));
      const failed = verdicts.some((verdict) => verdict[3] === null);
      const [id, category] = board.questions[question];
      const score = mean === null ? (failed ? t("failed") : t("none")) : number(mean, 1);
      const about = t("heatCell", { row: name, id, category: board.categories[category], score });
      const look = mean === null ? (failed ? "cell gone" : "cell empty") : `cell s${shade(mean)}${failed ? " part" : ""}`;
      const mine = heat.at[0] === i && heat.at[1] === column;
      if (!verdicts.length) return el("div", { class: look, role: "gridcell", tabindex: mine ? "0" : "-1", "aria-label": about });
      return el("button", { type: "button", class: look, role: "gridcell", tabindex: mine ? "0" : "-1", "aria-label": about, title: about,
        onclick: () => go(itemLink({ question, group: row.group })) }, mean === null ? "×" : points(mean));
    }));
}

function heatKey(event) {
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -1e6], End: [0, 1e6] };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const bound = (value, count) => Math.max(0, Math.min(count - 1, value));
  heat.at = [bound(heat.at[0] + step[0], heat.rows.length), bound(heat.at[1] + step[1], heat.columns.length)];
  heat.list.reveal(heat.at[0]);
  const cell = heat.list.rows.get(heat.at[0])?.children[heat.at[1] + 2];
  cell?.focus();
  cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// ---- small form parts

function field(name, control) {
  return el("label", { class: "field" }, el("span", {}, name), control);
}

// `values`: texts; "" is shown as `none`.
function select(values, value, change, none = t("all"), names = null) {
  const made = el("select", { onchange: () => change(values[made.selectedIndex]) },
    values.map((one, i) => el("option", {}, names ? names[i] : one === "" ? none : visible(String(one)))));
  made.selectedIndex = Math.max(0, values.indexOf(value));
  return made;
}
