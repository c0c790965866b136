// The table of trials: filtered, sorted and cut into pages by the program that serves it.
class Trials {
  constructor(name) {
    this.name = name;
    this.query = { outcome: "", budget: "", configuration: "", find: "", sort: "trial", descending: true, offset: 0 };
    this.outcome = el("select", { onchange: () => this.filter("outcome", this.outcome.value) });
    this.budget = el("select", { onchange: () => this.filter("budget", this.budget.value) });
    this.find = el("input", { type: "search", placeholder: "rate<0.1 kind=tree", autocomplete: "off", spellcheck: "false", oninput: () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.filter("find", this.find.value), 300);
    } });
    this.said = el("p", { class: "small muted", role: "status" });
    this.body = el("div");
    this.pages = el("div", { class: "pages" });
    this.node = el("section", {}, el("h2", { id: "trials" }, "Trials"),
      el("div", { class: "filters" }, el("label", {}, "outcome", this.outcome), el("label", {}, "budget", this.budget),
        el("label", { class: "grow" }, "values, or a word", this.find)),
      this.said, this.body, this.pages);
  }

  filter(key, value) {
    this.query[key] = value;
    this.query.offset = 0;
    this.load();
  }

  // The rows that came with the page.
  begin(run, found) {
    this.run = run;
    this.loaded = Date.now();
    this.version = run.asked + "/" + run.ended;
    this.show(run, found);
  }

  // The run has changed: the choices too, and the rows where they are looked at.
  update(run) {
    this.run = run;
    const outcomes = [...run.outcomes.map((row) => row[0]), ...(run.running ? ["running"] : [])];
    const option = (value, text, chosen) => el("option", { value, selected: value === chosen }, text);
    if (this.query.outcome && !outcomes.includes(this.query.outcome)) outcomes.push(this.query.outcome);
    refresh(this.outcome, [outcomes, run.live], option("", "all", this.query.outcome), outcomes.map((word) => option(word, outcomeOf(word, run), this.query.outcome)));
    const budgets = run.budgets.map((row) => row[0]);
    refresh(this.budget, budgets, option("", "all", this.query.budget), budgets.map((budget) => option(String(budget), amount(budget, run.unit), this.query.budget)));
    const now = Date.now();
    if (this.version === run.asked + "/" + run.ended || document.hidden) return;
    clearTimeout(this.waits);
    this.waits = setTimeout(() => this.load(), Math.max(0, (this.loaded ?? 0) + 2 * STEP - now));
  }

  async load() {
    this.loaded = Date.now();
    const run = this.run;
    const asked = (this.asked = {});
    const query = Object.entries(this.query).filter(([, value]) => value !== "" && value !== false && value !== 0);
    try {
      const found = await load(runPath(this.name) + "/trials.json?" + new URLSearchParams(query));
      if (this.asked !== asked) return;
      this.version = run.asked + "/" + run.ended;
      this.show(run, found);
    } catch (error) {
      if (this.asked === asked) this.said.textContent = error.message;
    }
  }

  show(run, found) {
    const several = run.objectives.length > 0;
    const names = run.hyperparameters.length <= 12 ? run.hyperparameters : [];
    const heads = [["trial", "trial"], ["configuration", "configuration"], ["budget", legible(run.unit, 24)], [null, "outcome"],
      ...(several ? run.objectives.map((name, index) => [index === 0 ? "cost" : null, legible(name, 40)]) : [["cost", run.noun]]), ["seconds", "time"], [null, "origin"],
      ...(names.length ? names.map((name) => [null, legible(name, 40)]) : [[null, "values"]])];
    const isNumber = (head, index) => index < 3 || head[0] === "seconds" || head[0] === "cost" || (several && index > 3 && index < 4 + run.objectives.length);
    const head = ([key, text], index) => {
      const sorted = this.query.sort === key && key;
      const press = () => {
        Object.assign(this.query, { sort: key, descending: sorted ? !this.query.descending : key === "trial", offset: 0 });
        this.load();
      };
      return el("th", { scope: "col", class: isNumber([key], index) ? "n" : null, "aria-sort": sorted ? (this.query.descending ? "descending" : "ascending") : null },
        key ? el("button", { type: "button", onclick: press }, text) : text);
    };
    const best = run.best?.trial;
    const row = (trial) => {
      const own = Object.fromEntries(trial.values);
      const costs = several ? run.objectives.map((_, index) => trial.costs[index]) : [trial.costs[0]];
      const failed = trial.costs.length === 0 && trial.outcome !== "running";
      const said = trial.message ? inWords(trial.outcome) + ": " + legible(trial.message, 36) : outcomeOf(trial.outcome, run);
      return el("tr", { class: trial.trial === best ? "best" : failed ? "failed" : null },
        el("td", { class: "n" }, el("a", { href: trialPath(this.name, trial.trial) }, String(trial.trial))),
        el("td", { class: "n" }, String(trial.configuration)), el("td", { class: "n" }, whole(trial.budget)),
        el("td", {}, said), costs.map((cost) => el("td", { class: "n" }, cost === undefined ? "" : number(cost))),
        el("td", { class: "n" }, trial.seconds === null ? "" : duration(trial.seconds)), el("td", {}, trial.origin),
        names.length ? names.map((name) => el("td", {}, name in own ? value(own[name]) : "–"))
          : el("td", { class: "text" }, trial.values.map(([name, it]) => legible(name, 40) + "=" + value(it)).join("  ")));
    };
    refresh(this.body, [found.rows, this.query, best, run.live], () => found.rows.length === 0 ? []
      : [wide("trials", el("table", {}, el("thead", {}, el("tr", {}, heads.map(head))), el("tbody", {}, found.rows.map(row))))]);
    const { offset } = this.query;
    const text = found.found === 0 ? (found.all === 0 ? "No trial yet." : "No trial is like that.")
      : found.found === found.all ? count(found.all, "trial") : found.found + " of " + count(found.all, "trial");
    if (this.said.textContent !== text) this.said.textContent = text;
    const turn = (by) => () => { this.query.offset = Math.max(0, offset + by); this.load(); };
    const size = 50;
    refresh(this.pages, [offset, found.found], () => found.found <= size ? [] : [
      el("button", { type: "button", class: "plain", disabled: offset === 0, onclick: turn(-size) }, "before"),
      el("button", { type: "button", class: "plain", disabled: offset + size >= found.found, onclick: turn(size) }, "next"),
      el("span", { class: "muted" }, "rows " + (offset + 1) + " to " + Math.min(found.found, offset + size))]);
  }
}
