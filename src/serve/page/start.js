// The beginning: the page that was asked for, from the data inside it.
{
  const { kind, data } = JSON.parse(document.getElementById("data").textContent);
  ({ list: showList, run: showRun, trial: showTrial })[kind](data);
}
