// The page of a run, kept up to date by a stream of events.
function showRun({ run: first, table }) {
  const name = first.name;
  const results = [];
  way(el("a", { href: "/" }, "runs"), el("span", {}, legible(name, 80)));
  const places = Object.fromEntries(["head", "progress", "notices", "best", "rungs", "slots", "outcomes", "more"].map((key) => [key, el("div")]));
  const chart = new Chart(name);
  const legend = el("ul", { class: "legend" });
  const caption = el("p", { class: "small muted" });
  const drawn = el("section", { hidden: true }, el("h2", {}, "Results"), caption, chart.node, legend);
  const trials = new Trials(name);
  document.getElementById("main").replaceChildren(places.head, places.progress, places.notices, places.best, drawn,
    el("div", { class: "two" }, places.rungs, places.slots), places.outcomes, trials.node, places.more);
  let run = first;
  let received = Date.now();

  // The time of the program that serves, whatever this machine's clock says.
  const now = () => run.now + (Date.now() - received);

  const update = () => {
    received = Date.now();
    if (!run.method) {
      refresh(places.head, run.state, el("div", { class: "title" }, el("h1", {}, legible(name)), state(run.state)));
      refresh(places.notices, run.fault, run.fault ? el("p", { class: "notice" }, legible(run.fault, 2000)) : el("p", {}, "The run has not begun. This page shows it when it does."));
      return;
    }
    document.title = (run.planned ? run.ended + " of " + run.planned : run.ended) + " · " + legible(name, 60) + " · galvani";
    head(run, places.head);
    progress(run, places.progress, now());
    notices(run, places.notices);
    best(run, places.best);
    rungs(run, places.rungs);
    slots(run, places.slots, now());
    outcomes(run, places.outcomes, trials);
    more(run, places.more);
    trials.update(run);
    plot();
  };

  const plot = () => {
    const several = run.objectives.length > 1;
    drawn.hidden = !results.some((result) => result.length > 4);
    if (drawn.hidden) return;
    chart.set(several ? drawFront(run, results) : drawResults(run, results));
    chart.canvas.setAttribute("aria-label", several
      ? "The costs of the trials at the highest budget in the first two objectives, and the front of " + (run.front?.members ?? 0)
      : results.length + " results in their order. Best: " + (run.best ? number(run.best.cost) : "none") + ". The table of trials has all numbers.");
    refresh(caption, [several, run.noun, run.objectives], several ? legible(run.objectives[1], 60) + " over " + legible(run.objectives[0], 60) + ", at the highest budget"
      : "The " + run.noun + " of each trial, in the order in which they ended.");
    refresh(legend, [several, run.budgets.map((row) => row[0]), run.unit, run.objectives, run.outcomes.length], () => key(run, several));
  };

  if (table) trials.begin(first, table);
  update();
  let source = null;
  let known = "";
  const follow = () => {
    source = new EventSource(runPath(name) + "/stream" + (known ? "?known=" + known : ""));
    source.onmessage = (event) => {
      news("");
      known = event.lastEventId;
      const told = JSON.parse(event.data);
      results.length = Math.min(results.length, told.from);
      results.push(...told.results);
      if (told.run) {
        run = told.run;
        update();
      }
    };
    source.onerror = () => news("The page does not answer; trying again.");
    source.addEventListener("end", () => {
      source.close();
      source = "ended";
      news("The program that served this page has ended; galvani serve shows the run again.");
    });
  };
  follow();
  // A browser has few connections to one place: a page that nobody sees for a while gives up its own.
  let leaving;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) {
      leaving = setTimeout(() => {
        if (source === "ended") return;
        source.close();
        source = null;
        document.title = legible(name, 60) + " · galvani";
      }, 60 * STEP);
    } else {
      if (source === null) follow();
      if (run.method) trials.update(run);
    }
  });
  setInterval(() => {
    if (document.hidden || !run.method) return;
    progress(run, places.progress, now());
    slots(run, places.slots, now());
  }, STEP);
}

function key(run, several) {
  const dot = (colour, text, kind) => {
    const mark = el("i", { class: kind ?? null });
    mark.style.setProperty("background", "var(--" + colour + ")");
    return el("li", {}, mark, text);
  };
  if (several) return [dot("blue", "on the front"), dot("ash", "dominated")];
  const budgets = run.budgets.map((row) => row[0]);
  const names = new Map();
  budgets.forEach((budget, rank) => {
    const colour = rank === budgets.length - 1 ? "blue" : rank < (budgets.length - 1) / 2 ? "low" : "middle";
    names.set(colour, [...(names.get(colour) ?? []), whole(budget)]);
  });
  const unit = legible(run.unit, 30);
  return [...[...names].map(([colour, all]) => dot(colour, all.join(", ") + " " + unit)), dot("blue", "best so far at the highest budget", "line"),
    ...(run.outcomes.some((row) => !["finished", "pruned", "forgotten"].includes(row[0])) ? [dot("red", "failed", "line")] : [])];
}

function head(run, place) {
  const facts = [run.experiment !== run.name ? legible(run.experiment, 80) : null, legible(run.method), count(run.workers, "worker"),
    count(run.configurations, "configuration"), run.imported ? "learns from " + count(run.imported, "imported result") : null, "begun " + clock(run.begun)].filter(Boolean);
  refresh(place, [run.state, run.host, facts], el("div", { class: "title" }, el("h1", {}, legible(run.name)), state(run.state, run.host)),
    el("p", { class: "muted facts" }, facts.join(" · ")));
}

function progress(run, place, now) {
  const share = run.planned ? run.ended / run.planned : NaN;
  const live = run.live;
  const passed = (now - run.now) / 1000;
  const done = run.ended + (run.planned ? " of " + count(run.planned, "trial") : run.ended === 1 ? " trial" : " trials");
  const time = duration(Math.round(run.seconds + (live ? passed : 0))) + (run.sessions > 1 ? " in " + run.sessions + " sessions" : "");
  const left = run.left === null ? null : Math.max(0, run.left - passed);
  let end = run.state === "reading" ? "reading the journal, " + Math.floor(100 * run.reading) + " %" : run.state === "preparing" ? "preparing the data" : run.state === "validating" ? "evaluating the best and the default at the full budget" : "";
  if (end && run.state !== "reading" && Number.isFinite(run.share)) end += ", " + Math.round(100 * run.share) + " %";
  if (!end && left !== null && live) end = left < 1 ? "about to end" : "about " + about(left) + " left, until " + clock(now + 1000 * left);
  const money = run.money ? "cost of the devices so far: " + number(run.money) : null;
  const texts = [done, time, money, end].filter(Boolean);
  refresh(place, [share, texts], () => el("div", { class: "progress" }, run.planned ? bar(share, "trials that have ended") : null,
    el("div", { class: "below" }, texts.map((text) => el("span", {}, text)))));
}

function notices(run, place) {
  const warnings = run.warnings;
  refresh(place, [run.fault, warnings, run.queued], run.fault ? el("p", { class: "notice" }, legible(run.fault, 2000)) : null,
    warnings.length === 0 ? null : warnings.length === 1 ? el("p", { class: "notice" }, "Warning: " + legible(warnings[0][1], 600))
      : el("details", { class: "notice" }, el("summary", {}, count(warnings.length, "warning") + ", the last: " + legible(warnings.at(-1)[1], 160)),
        el("ul", {}, warnings.map(([at, text]) => el("li", {}, clock(Date.parse(at)) + ": " + legible(text, 600))))),
    run.queued ? el("p", { class: "muted" }, count(run.queued, "enqueued configuration") + " not taken yet") : null);
}

function best(run, place) {
  refresh(place, [run.best, run.front, run.state], () => {
    if (run.front) return front(run);
    const it = run.best;
    if (!it) return run.ended ? el("p", {}, "No trial has succeeded yet.") : el("p", { class: "muted" }, "No trial has ended yet.");
    const at = amount(it.budget, run.unit);
    const lines = [el("p", { class: "muted small" }, it.is_evaluated ? "evaluated at the end" : el("a", { href: trialPath(run.name, it.trial) }, "trial " + it.trial),
      ", configuration " + it.configuration + ", at " + at + (it.results > 1 ? ", mean of " + count(it.results, "result") : "") + (it.failures ? ", " + it.failures + " failed there" : ""))];
    if (it.budget !== it.target || it.deviation !== null)
      lines.push(el("p", { class: "muted small" }, "expected at " + amount(it.target, run.unit) + ": " + number(it.expected) + (it.deviation === null ? "" : " ± " + number(it.deviation))));
    if (it.origin === "default") lines.push(el("p", { class: "muted small" }, "this is the default configuration"));
    else if (it.default) lines.push(el("p", { class: "muted small" }, "the default: " + number(it.default[0]) + " at " + amount(it.default[1], run.unit)));
    if (it.lowest) lines.push(el("p", { class: "muted small" }, (run.directions[0] === "maximize" ? "highest" : "lowest") + " measured: " + number(it.lowest[1]) + ", configuration " + it.lowest[0]));
    return el("div", { class: "card" }, el("div", {}, el("h2", { class: "inline" }, "Best " + run.noun), el("div", { class: "big" }, number(it.cost)), lines),
      el("div", {}, el("h3", {}, "best configuration"), values(it.values)));
  });
}

function front(run) {
  const heads = ["trial", "configuration", ...run.objectives.map((name, index) => legible(name, 40) + (run.directions[index] === "maximize" ? " (more is better)" : ""))];
  const rows = run.front.shown.slice(0, 12).map((member) => el("tr", {},
    el("td", { class: "n" }, el("a", { href: trialPath(run.name, member.trial) }, String(member.trial))), el("td", { class: "n" }, String(member.configuration)),
    member.costs.map((cost) => el("td", { class: "n" }, number(cost)))));
  if (rows.length === 0) return el("p", { class: "muted" }, "No trial has succeeded yet.");
  return el("section", {}, el("h2", {}, "Front"), el("p", {}, count(run.front.members, "configuration") + " that no other dominates, at " + amount(run.front.shown[0].budget, run.unit) +
    (run.front.members > rows.length ? "; the first " + rows.length + ":" : ".")),
  wide("front", el("table", {}, el("thead", {}, el("tr", {}, heads.map((text) => el("th", { scope: "col", class: "n" }, text)))), el("tbody", {}, rows))));
}

function rungs(run, place) {
  refresh(place, [run.budgets, run.brackets, run.unit], () => {
    if (run.budgets.length === 0) return [];
    const row = (budget, done, running, size) => {
      const most = size ?? (done + running || 1);
      const filled = bar(done / most, done + " trials at " + amount(budget, run.unit), { "--running": Math.min(1 - Math.min(1, done / most), running / most) });
      filled.append(el("i", { class: "run" }));
      return [el("span", { class: "n" }, amount(budget, run.unit)), filled, el("span", {}, size === null ? done + (running ? " + " + running : "") : done + " of " + size)];
    };
    const all = run.budgets.map(([budget, asked, ended, failed]) => [el("span", { class: "n" }, amount(budget, run.unit)),
      bar(ended / Math.max(...run.budgets.map((each) => each[1])), ended + " trials at " + amount(budget, run.unit)),
      el("span", {}, ended + (asked > ended ? " + " + (asked - ended) : "") + (failed ? ", " + failed + " failed" : ""))]);
    const blocks = [el("h2", {}, "Rungs"), el("div", { class: "rungs" }, el("h3", {}, "all trials by budget"), all,
      run.brackets.shown.length && run.budgets.length > 1 ? run.brackets.shown.map((bracket) => [
        el("h3", {}, "bracket " + (bracket.number + 1) + " of " + run.brackets.all + (bracket.number + 1 === run.brackets.all && run.brackets.all > 1 ? ", the newest" : "")),
        bracket.rungs.map((rung) => row(...rung))]) : null)];
    return el("section", {}, blocks);
  });
}

function slots(run, place, now) {
  const passed = now - run.now;
  const busy = run.slots.filter((slot) => slot.trial);
  const elapsed = busy.map((slot) => Math.floor((now - slot.since) / 1000));
  refresh(place, [run.slots, run.workers, elapsed], () => {
    if (run.slots.length === 0) return [];
    const row = (slot) => {
      if (!slot.trial) return el("tr", { class: "idle" }, el("td", {}, legible(slot.slot, 40)), el("td", { colspan: 4 }, "idle"));
      const seconds = Math.max(0, (now - slot.since) / 1000);
      const share = slot.share ?? (slot.usual > 0 ? Math.min(0.99, seconds / slot.usual) : NaN);
      return el("tr", {}, el("td", {}, legible(slot.slot, 40)), el("td", { class: "n" }, el("a", { href: trialPath(run.name, slot.trial) }, "trial " + slot.trial)),
        el("td", {}, amount(slot.budget, run.unit)), el("td", {}, bar(share, "share of trial " + slot.trial + (slot.share === null ? ", as its like took" : ""))),
        el("td", { class: "n" }, duration(Math.floor(seconds)) + (slot.attempt > 1 ? ", attempt " + slot.attempt : "")));
    };
    const rows = run.slots.slice(0, 64).map(row);
    const heads = ["slot", "trial", "budget", "share", "time"];
    return el("section", { class: "slots" }, el("h2", {}, "Slots"), el("p", { class: "small muted" }, busy.length + " of " + count(run.workers, "worker") + " busy"),
      wide("slots", el("table", {}, el("thead", {}, el("tr", {}, heads.map((text, index) => el("th", { scope: "col", class: index === 1 || index === 4 ? "n" : null }, text)))), el("tbody", {}, rows))));
  });
  return passed;
}

function outcomes(run, place, trials) {
  const all = [...run.outcomes, ...(run.running ? [["running", run.running]] : [])];
  refresh(place, [all, run.live, trials.query.outcome], () => {
    if (all.length < 2) return [];
    const press = (word) => () => {
      const wanted = trials.query.outcome === word ? "" : word;
      trials.outcome.value = wanted;
      trials.filter("outcome", wanted);
      outcomes(run, place, trials);
      document.getElementById("trials").scrollIntoView();
    };
    return el("section", {}, el("h2", {}, "Outcomes"), el("ul", { class: "chips" }, all.map(([word, n]) => el("li", {},
      el("button", { type: "button", "aria-pressed": String(trials.query.outcome === word), onclick: press(word) }, n + " " + outcomeOf(word, run))))));
  });
}

function more(run, place) {
  refresh(place, [run.has_report], el("section", {}, el("h2", {}, "More"), el("ul", {},
    el("li", {}, run.has_report ? el("a", { href: runPath(run.name) + "/report" }, "report") : ["no report yet: ", el("code", {}, "galvani report " + legible(run.name, 80)), " writes it"]),
    el("li", {}, el("a", { href: runPath(run.name) + "/experiment" }, "experiment file")))));
}
