// The keyboard: one table, which the help shows.

const KEYS = [
  [["j", "ArrowDown"], "keyNext", () => onItems() && stepItem(1)],
  [["k", "ArrowUp"], "keyPrevious", () => onItems() && stepItem(-1)],
  [["/"], "keySearch", () => { go("#items"); document.body.classList.remove("reading"); $("search").focus(); return true; }],
  [["Escape"], "keyBack", () => back()],
  [["b", "h", "i"], "keyViews", (key) => go({ b: "#board", h: "#heat", i: "#items" }[key])],
  [["?"], "keyHelp", () => showHelp()],
];

const onItems = () => document.body.dataset.view === "items";

function back() {
  const active = document.activeElement;
  if (active && active !== document.body && active.matches("input, select")) active.blur();
  else if (onItems() && other !== null && current) go(itemLink(current), { quietly: true });
  else if (onItems() && current) go("#items");
}

function showHelp() {
  const dialog = $("help");
  fill(dialog, el("h2", { id: "help-title" }, t("keys")),
    el("dl", {}, KEYS.map(([names, words]) => [el("dt", {}, names.map((name) => el("kbd", {}, name.replace("Arrow", "")))), el("dd", {}, t(words))])),
    el("button", { type: "button", onclick: () => dialog.close() }, t("close")));
  if (!dialog.open) dialog.showModal();
}

function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (!(event.target instanceof Element)) return;
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (typing && event.key !== "Escape") return;
    const found = KEYS.find(([names]) => names.includes(event.key));
    if (!found) return;
    if (event.key.startsWith("Arrow") && (!onItems() || !event.target.closest("#item-list, body > :not(main)") && event.target !== document.body)) return;
    found[2](event.key);
    event.preventDefault();
  });
}
