// The list of runs.
function showList(first) {
  way(el("span", {}, "galvani"));
  const body = el("div");
  document.getElementById("main").replaceChildren(el("h1", {}, "Runs"), body);
  const show = (list) => {
    const rows = list.runs.map((run) => el("tr", {},
      el("td", {}, el("a", { href: runPath(run.name) }, legible(run.name, 80))),
      el("td", {}, state(run.state)),
      el("td", {}, run.ended === undefined ? "" : [count(run.ended, "trial") + (run.planned ? " of " + run.planned : ""),
        run.planned ? bar(run.ended / run.planned, "progress of " + legible(run.name, 80)) : null]),
      el("td", { class: "n" }, Number.isFinite(run.best) ? number(run.best) : run.front ? "front of " + run.front : ""),
      el("td", { class: "muted" }, Number.isFinite(run.best_budget) ? amount(run.best_budget, run.unit) : ""),
      el("td", { class: run.fault ? "muted text" : "muted" }, run.fault ? legible(run.fault, 120) : run.last ? ago(run.last, list.now) : "")));
    const heads = ["run", "state", "trials", "best", "at", "last change"];
    const key = [list.runs, Math.floor(list.now / 20000)];
    refresh(body, key, () => list.runs.length === 0
      ? el("p", {}, "There are no runs in ", el("code", {}, legible(list.folder)), " yet. ", el("code", {}, "galvani run FILE.ron"), " starts one, and it appears here.")
      : [el("p", { class: "muted" }, count(list.all, "run") + " in ", el("code", {}, legible(list.folder)), list.all > list.runs.length ? "; the last " + list.runs.length + " are shown" : ""),
        wide("runs", el("table", { class: "runs" }, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col", class: head === "best" ? "n" : null }, head)))),
          el("tbody", {}, rows)))]);
    setTimeout(next, list.is_partial ? 500 : 3 * STEP);
  };
  const next = async () => {
    if (document.hidden) return setTimeout(next, STEP);
    try {
      const list = await load("/runs.json");
      news("");
      show(list);
    } catch {
      news("The page does not answer; trying again.");
      setTimeout(next, 3 * STEP);
    }
  };
  show(first);
}
