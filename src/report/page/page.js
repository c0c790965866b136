// Sorts a table by the column whose head is pressed, numbers as numbers, again the other way round.
for (const head of document.querySelectorAll("table.sortable th")) {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const column = [...head.parentNode.children].indexOf(head);
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.children[column].dataset.v ?? row.children[column].textContent;
    const body = head.closest("table").tBodies[0];
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const numbers = Number(x) - Number(y);
      return (down ? -1 : 1) * (Number.isNaN(numbers) ? x.localeCompare(y) : numbers);
    };
    body.append(...[...body.rows].sort(order));
  });
}
// Printed pages show what is folded on the screen.
const folded = () => document.querySelectorAll("details:not([open])");
addEventListener("beforeprint", () => folded().forEach((each) => { each.open = true; each.dataset.folded = ""; }));
addEventListener("afterprint", () => document.querySelectorAll("details[data-folded]").forEach((each) => {
  each.open = false;
  delete each.dataset.folded;
}));
