// The page of a trial.
function showTrial(first) {
  const { run, trial } = first;
  way(el("a", { href: "/" }, "runs"), el("a", { href: runPath(run.name) }, legible(run.name, 80)), el("span", {}, "trial " + trial.trial));
  const places = Object.fromEntries(["head", "facts", "message", "attempts", "logs", "files"].map((key) => [key, el("div")]));
  const chart = new Chart(run.name);
  const curve = el("section", { hidden: true }, el("h2", {}, "Curve"), chart.node);
  document.getElementById("main").replaceChildren(places.head, places.facts, places.message, curve, places.attempts, places.logs, places.files);
  const show = ({ run, trial }) => {
    trialHead(run, trial, places);
    curve.hidden = trial.curve.length === 0;
    chart.canvas.setAttribute("aria-label", count(trial.curve.length, "reported cost") + " on the way to " + amount(trial.budget, run.unit));
    chart.set(drawCurve(run, trial));
    trialDetails(run, trial, places);
    if (trial.outcome === "running" && run.live) setTimeout(next, 2 * STEP);
  };
  const next = async () => {
    if (document.hidden) return setTimeout(next, STEP);
    try {
      const answer = await load(trialPath(run.name, trial.trial) + "/trial.json");
      news("");
      show(answer);
    } catch {
      news("The page does not answer; trying again.");
      setTimeout(next, 3 * STEP);
    }
  };
  show(first);
}

function trialHead(run, trial, places) {
  const kind = trial.outcome === "finished" ? "complete" : trial.outcome === "running" ? (run.live ? "live" : "") : "bad";
  const word = outcomeOf(trial.outcome, run);
  refresh(places.head, [word], el("div", { class: "title" }, el("h1", {}, "Trial " + trial.trial), el("span", { class: "state " + kind }, word)));
  const last = trial.attempts.at(-1);
  const costs = run.objectives.length ? run.objectives.map((name, index) => [name, trial.costs[index]]) : [[run.noun, trial.costs[0]]];
  const facts = [["configuration", String(trial.configuration)], ["budget", amount(trial.budget, run.unit)], ["bracket, rung", trial.bracket + 1 + ", " + (trial.rung + 1)],
    ["origin", trial.origin], ["seed", trial.seed], ...(trial.instance === null ? [] : [["instance", trial.instance]]),
    ...(last ? [["slot", last.slot], ["started", clock(last.started)]] : []), ...(last?.ended ? [["time", duration(last.seconds)], ["processor time", duration(last.cpu_seconds)],
      ["peak memory", bytes(last.peak_memory)], ...(last.exit ? [["end", last.exit]] : [])] : [])];
  refresh(places.facts, [trial.costs, trial.values, facts, trial.others, trial.running, trial.metrics, trial.info], () => {
    const shares = trial.running && Number.isFinite(trial.running.share) ? bar(trial.running.share, "share that is done") : null;
    const others = trial.others.map(([number_, budget, word, own]) => el("li", {}, el("a", { href: trialPath(run.name, number_) }, "trial " + number_), " at " + amount(budget, run.unit) + ": " +
      (own?.length ? own.map(number).join(", ") : inWords(word))));
    return [el("div", { class: "card" },
      el("div", {}, trial.costs.length ? costs.map(([name, cost]) => [el("h2", { class: "inline" }, legible(name, 60)), el("div", { class: "big" }, number(cost))]) : el("h2", { class: "inline" }, "no " + run.noun + (trial.outcome === "running" ? " yet" : "")),
        shares, others.length ? [el("h2", { class: "inline gap" }, "the same configuration"), el("ul", { class: "small" }, others)] : null),
      el("div", {}, el("h2", { class: "inline" }, "configuration"), values(trial.values)), el("div", {}, el("h2", { class: "inline" }, "facts"), values(facts))),
    trial.metrics.length ? el("section", {}, el("h2", {}, "Metrics"), values(trial.metrics)) : null,
    trial.info.length ? el("section", {}, el("h2", {}, "Also reported"), values(trial.info)) : null];
  });
}

function trialDetails(run, trial, places) {
  refresh(places.message, trial.message, trial.message ? el("section", {}, el("h2", {}, "Message"), el("pre", { tabindex: 0 }, trial.message)) : null);
  refresh(places.attempts, trial.attempts, () => trial.attempts.length < 2 ? [] : el("section", {}, el("h2", {}, "Attempts"), wide("attempts", el("table", {},
    el("thead", {}, el("tr", {}, ["attempt", "slot", "started", "time", "outcome", "end"].map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, trial.attempts.map((each) => el("tr", {}, el("td", {}, String(each.attempt)), el("td", {}, legible(each.slot, 40)), el("td", {}, moment(each.started)),
      el("td", {}, duration(each.seconds)), el("td", {}, each.outcome ? inWords(each.outcome) : "running"), el("td", {}, legible(each.exit ?? "", 80)))))))));
  refresh(places.logs, trial.logs, () => trial.logs.map((log) => el("section", {}, el("h2", {}, legible(log.title, 80)),
    el("p", { class: "small muted" }, log.bytes > log.shown ? "the last " + bytes(log.shown) + " of " + bytes(log.bytes) : bytes(log.bytes)), el("pre", { tabindex: 0 }, log.text))));
  const list = (title, part, found) => found.files.length === 0 ? null : el("section", {}, el("h2", {}, title), el("ul", {}, found.files.map(([path, size]) => el("li", {},
    el("a", { href: trialPath(run.name, trial.trial) + "/" + part + "/" + path.split("/").map(encodeURIComponent).join("/"), download: true }, legible(path)), " ", el("span", { class: "muted small" }, bytes(size))))),
  found.has_more ? el("p", { class: "muted" }, "There are more; the folder of the run has all.") : null);
  refresh(places.files, [trial.files, trial.checkpoint], () => [list("Files", "file", trial.files), list("Checkpoint of the configuration", "checkpoint", trial.checkpoint)]);
}
