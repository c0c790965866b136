// Charts: results as dots, and the best so far as a line; of several objectives, the first two against each other.
function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["ink", "muted", "faint", "blue", "haze", "red", "low", "middle", "ash", "paper"].map((name) => [name, style.getPropertyValue("--" + name).trim()]));
}

// A linear or logarithmic scale with round numbers to write at it.
function scale(low, high, from, to, isLog) {
  if (isLog) [low, high] = [Math.log10(low), Math.log10(high)];
  if (!(high > low)) [low, high] = [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1];
  const at = (x) => from + ((isLog ? Math.log10(x) : x) - low) / (high - low) * (to - from);
  const marks = [];
  if (isLog) {
    const digits = high - low > 3 ? [1] : high - low > 1.2 ? [1, 3] : [1, 2, 5];
    const step = Math.max(1, Math.ceil((high - low) / 8));
    for (let power = Math.floor(low); power <= high; power += step) for (const digit of digits) marks.push(digit * 10 ** power);
  } else {
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((digit) => digit * power >= rough) * power;
    for (let mark = Math.ceil(low / step) * step; mark <= high; mark += step) marks.push(Math.abs(mark) < step * 1e-9 ? 0 : mark);
  }
  const [start, end] = isLog ? [10 ** low, 10 ** high] : [low, high];
  return { at, marks: marks.filter((mark) => mark >= start - 1e-12 * Math.abs(start) && mark <= end + 1e-12 * Math.abs(end)) };
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round((sorted.length - 1) * share)))];
}

// The range of costs that is drawn: the worst tenth may lie beyond it, and is drawn at the edge.
function range(costs, isMore) {
  const sorted = Float64Array.from(costs).sort();
  const [low, high, middle] = [sorted[0], sorted[sorted.length - 1], quantile(sorted, 0.5)];
  const bound = isMore ? Math.max(low, middle - 4 * (high - middle)) : Math.min(high, middle + 4 * (middle - low));
  const [from, to] = isMore ? [bound, high] : [low, bound];
  const isLog = !isMore && low > 0 && quantile(sorted, 0.9) / low > 30;
  if (isLog) return { low: low / 1.2, high: high * 1.2, isLog };
  const room = (to - from || Math.abs(to) || 1) * 0.05;
  return { low: from - room, high: to + room, isLog };
}

function shade(budgets, budget, theme) {
  const rank = budgets.indexOf(budget);
  if (rank === budgets.length - 1 || rank < 0) return theme.blue;
  return rank < (budgets.length - 1) / 2 ? theme.low : theme.middle;
}

class Chart {
  constructor(name) {
    this.name = name;
    this.canvas = el("canvas", { role: "img" });
    this.tip = el("div", { class: "tip", hidden: true });
    this.node = el("div", { class: "chart" }, this.canvas, this.tip);
    this.dots = [];
    this.canvas.addEventListener("mousemove", (event) => this.point(event));
    this.canvas.addEventListener("mouseleave", () => { this.tip.hidden = true; });
    this.canvas.addEventListener("click", (event) => { const dot = this.nearest(event); if (dot) location.assign(trialPath(this.name, dot.trial)); });
    new ResizeObserver(() => this.later()).observe(this.node);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.later());
  }

  set(draw) {
    this.draw = draw;
    this.later();
  }

  later() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => { this.waits = false; this.paint(); });
  }

  paint() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!this.draw || width < 10) return;
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio)) this.canvas.width = Math.round(width * ratio);
    if (this.canvas.height !== Math.round(height * ratio)) this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = "12px Inter, system-ui, sans-serif";
    this.dots = [];
    this.draw(pen, { left: 56, right: width - 10, top: 12, bottom: height - 36 }, colours(), this);
  }

  axes(pen, box, theme, x, y, words) {
    pen.lineWidth = 1;
    pen.fillStyle = theme.muted;
    pen.strokeStyle = theme.faint;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const mark of y.marks) {
      const at = Math.round(y.at(mark)) + 0.5;
      pen.beginPath(); pen.moveTo(box.left, at); pen.lineTo(box.right, at); pen.stroke();
      pen.fillText(number(mark), box.left - 8, at);
    }
    pen.textAlign = "center";
    pen.textBaseline = "top";
    let last = -Infinity;
    for (const mark of x.marks) {
      if (x.at(mark) - last < 44) continue;
      last = x.at(mark);
      pen.fillText(words.tick ? words.tick(mark) : number(mark), last, box.bottom + 7);
    }
    pen.textAlign = "right";
    pen.textBaseline = "bottom";
    pen.fillText(words.x, box.right, box.bottom + 36);
  }

  dot(pen, x, y, colour, trial, text, radius = 2.6, isHollow = false) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    if (isHollow) { pen.strokeStyle = colour; pen.lineWidth = 1.4; pen.stroke(); } else { pen.fillStyle = colour; pen.fill(); }
    this.dots.push({ x, y, trial, text });
  }

  nearest(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    let best = null, least = 144;
    for (const dot of this.dots) {
      const distance = (dot.x - x) ** 2 + (dot.y - y) ** 2;
      if (distance < least) [best, least] = [dot, distance];
    }
    return best;
  }

  point(event) {
    const dot = this.nearest(event);
    this.tip.hidden = !dot;
    this.canvas.style.cursor = dot ? "pointer" : "";
    if (!dot) return;
    this.tip.textContent = dot.text;
    const most = this.node.clientWidth - this.tip.offsetWidth - 4;
    this.tip.style.left = Math.max(0, Math.min(most, dot.x + 10)) + "px";
    this.tip.style.top = Math.max(0, dot.y - 34) + "px";
  }
}

// Results in their order: a dot each, failures at the lower edge, the best so far at the highest budget.
function drawResults(run, results) {
  const isMore = run.directions[0] === "maximize";
  const successes = results.filter((result) => result.length > 4);
  return (pen, box, theme, chart) => {
    if (successes.length === 0) return;
    const { low, high, isLog } = range(successes.map((result) => result[4]), isMore);
    const y = scale(low, high, box.bottom, box.top, isLog);
    const x = scale(0, Math.max(results.length, 5), box.left, box.right, false);
    chart.axes(pen, box, theme, x, y, { x: "results", tick: whole });
    const budgets = run.budgets.map((row) => row[0]);
    const highest = Math.max(...successes.map((result) => result[2]));
    const inside = (at) => Math.min(box.bottom, Math.max(box.top, at));
    pen.globalAlpha = results.length > 2000 ? 0.45 : 0.8;
    results.forEach((result, index) => {
      const [trial, , budget, outcome, cost] = result;
      if (cost === undefined) {
        if (["forgotten", "pruned"].includes(outcome)) return;
        pen.fillStyle = theme.red;
        pen.fillRect(x.at(index + 1) - 0.75, box.bottom - 5, 1.5, 5);
        return;
      }
      const at = inside(y.at(cost));
      chart.dot(pen, x.at(index + 1), at, shade(budgets, budget, theme), trial,
        "trial " + trial + ": " + number(cost) + " at " + amount(budget, run.unit), results.length > 2000 ? 1.7 : 2.6, at !== y.at(cost));
    });
    pen.globalAlpha = 1;
    pen.strokeStyle = theme.blue;
    pen.lineWidth = 2;
    pen.beginPath();
    let best = null;
    results.forEach((result, index) => {
      if (result[2] !== highest || result[4] === undefined) return;
      if (best !== null && !(isMore ? result[4] > best : result[4] < best)) return;
      const at = x.at(index + 1);
      if (best === null) pen.moveTo(at, inside(y.at(result[4]))); else { pen.lineTo(at, inside(y.at(best))); pen.lineTo(at, inside(y.at(result[4]))); }
      best = result[4];
    });
    if (best !== null) pen.lineTo(x.at(results.length), inside(y.at(best)));
    pen.stroke();
  };
}

// The first two objectives of the trials at the highest budget, with the front.
function drawFront(run, results) {
  const all = results.filter((result) => result.length > 5);
  return (pen, box, theme, chart) => {
    if (all.length === 0) return;
    const highest = Math.max(...all.map((result) => result[2]));
    const successes = all.filter((result) => result[2] === highest);
    const [first, second] = [0, 1].map((index) => range(successes.map((result) => result[4 + index]), run.directions[index] === "maximize"));
    const x = scale(first.low, first.high, box.left, box.right, first.isLog);
    const y = scale(second.low, second.high, box.bottom, box.top, second.isLog);
    chart.axes(pen, box, theme, x, y, { x: legible(run.objectives[0], 40) });
    const place = (costs) => [Math.min(box.right, Math.max(box.left, x.at(costs[0]))), Math.min(box.bottom, Math.max(box.top, y.at(costs[1])))];
    pen.globalAlpha = 0.8;
    for (const [trial, , , , ...costs] of successes) chart.dot(pen, ...place(costs), theme.ash, trial, "trial " + trial + ": " + costs.map(number).join(", "));
    pen.globalAlpha = 1;
    for (const member of run.front?.shown ?? []) chart.dot(pen, ...place(member.costs), theme.blue, member.trial, "trial " + member.trial + ", on the front: " + member.costs.map(number).join(", "), 4);
  };
}

// The curve of one trial.
function drawCurve(run, trial) {
  const points = [...trial.curve];
  if (trial.costs.length > 0) points.push([trial.budget, trial.costs[0]]);
  return (pen, box, theme, chart) => {
    if (points.length === 0) return;
    const costs = points.map((point) => point[1]);
    const [least, most] = [Math.min(...costs), Math.max(...costs)];
    const isLog = least > 0 && most / least > 20;
    const room = (most - least) * 0.05;
    const [low, high] = isLog ? [least / 1.1, most * 1.1] : [least - room, most + room];
    const x = scale(0, trial.budget, box.left, box.right, false);
    const y = scale(low, high, box.bottom, box.top, isLog);
    chart.axes(pen, box, theme, x, y, { x: legible(run.unit, 40) });
    pen.strokeStyle = theme.blue;
    pen.lineWidth = 2;
    pen.beginPath();
    points.forEach(([budget, cost], index) => {
      const place = [x.at(budget), Math.min(box.bottom, Math.max(box.top, y.at(cost)))];
      if (index === 0) pen.moveTo(...place); else pen.lineTo(...place);
    });
    pen.stroke();
    for (const [budget, cost] of points) chart.dot(pen, x.at(budget), Math.min(box.bottom, Math.max(box.top, y.at(cost))), theme.blue, trial.trial, number(cost) + " at " + amount(budget, run.unit));
  };
}
