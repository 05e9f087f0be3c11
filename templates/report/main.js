// The page: decode the board, draw, follow the address.

function words() {
  document.documentElement.lang = language;
  const title = board.title || t("untitled");
  document.title = visible(title);
  fill($("title"), shown(title));
  fill($("made"), shown(t("made", { version: board.version, created: `${board.created.slice(0, 16).replace("T", " ")} UTC` })));
  $("skip").textContent = t("skip");
  $("views").setAttribute("aria-label", t("views"));
  for (const name of ["board", "heat", "items"]) $(`to-${name}`).textContent = t(name);
  const theme = recall("theme") || "auto";
  fill($("switches"),
    el("button", { type: "button", id: "switch-language", lang: language === "ko" ? "en" : "ko", onclick: () => speak(language === "ko" ? "en" : "ko") }, language === "ko" ? "English" : "한국어"),
    el("button", { type: "button", id: "switch-theme", title: t("theme"), onclick: () => {
      const next = isDark() ? "light" : "dark";
      remember("theme", next);
      dress(next);
    } }, theme === "auto" ? t("theme") : t(theme)),
    el("button", { type: "button", id: "show-help", "aria-label": t("help"), title: t("keys"), onclick: showHelp }, "?"));
}

function dress(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  words();
  drawRadar();
}

function speak(name) {
  language = name;
  remember("language", name);
  words();
  drawBoard();
  radarHead();
  if (radarSeen) drawRadar();
  drawFilters();
  applyFilter();
  if (document.body.dataset.view === "heat") drawHeat();
  heatDrawn = document.body.dataset.view === "heat";
  openItem(current, other);
}

// On paper nothing can be unfolded: references and reasoning are printed.
function unfold(open) {
  for (const part of document.querySelectorAll("#item details")) {
    if (open && !part.open) part.dataset.folded = "yes";
    if (open || part.dataset.folded) part.open = open;
    if (!open) delete part.dataset.folded;
  }
}

let heatDrawn = false;

function follow() {
  const { view, item, other: beside, asked } = whereNow();
  document.body.dataset.view = view;
  for (const name of ["board", "heat", "items"]) {
    $(`view-${name}`).hidden = name !== view;
    if (name === view) $(`to-${name}`).setAttribute("aria-current", "page");
    else $(`to-${name}`).removeAttribute("aria-current");
  }
  if (view === "heat" && !heatDrawn) {
    drawHeat();
    heatDrawn = true;
  }
  if (view === "items") {
    if (rowsList.count !== filtered.length || !rowsList.body.hasChildNodes()) rowsList.reset(filtered.length);
    if (item !== current || beside !== other || asked && !item || !$("item").hasChildNodes()) openItem(item || null, beside ?? null);
  } else document.body.classList.remove("reading");
}

async function start() {
  const theme = recall("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  language = document.documentElement.lang === "en" ? "en" : "ko";
  if (!window.DecompressionStream) {
    fill($("headline"), el("p", {}, t("old")));
    return;
  }
  Object.assign(board, await unpack("board"));
  const kept = recall("language");
  if (kept === "ko" || kept === "en") language = kept;
  buildItems();
  pickDefaults();
  words();
  drawBoard();
  radarHead();
  startList();
  drawFilters();
  applyFilter();
  startKeys();
  $("skip").addEventListener("click", (event) => {
    event.preventDefault();
    $("main").focus();
  });
  watchRadar();
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", () => unfold(true));
  window.addEventListener("afterprint", () => unfold(false));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawRadar());
  follow();
  document.body.dataset.ready = "yes";
}

start();
