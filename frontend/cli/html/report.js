// Charts: the numbers at the place of the pointer, or of the arrow keys, below the chart.
for (const figure of document.querySelectorAll("figure.chart")) {
  const svg = figure.querySelector("svg");
  const [xLow, xHigh, xFrom, xTo] = svg.dataset.x.split(" ").map(Number);
  const [yLow, yHigh, yFrom, yTo] = svg.dataset.y.split(" ").map(Number);
  const log = svg.dataset.log === "1";
  const lines = [...svg.querySelectorAll("path.line")].map(path => ({
    name: path.dataset.series,
    points: [...path.getAttribute("d").matchAll(/[ML]([-\d.e+]+) ([-\d.e+]+)/g)].map(match => [+match[1], +match[2]]),
  }));
  const numberAt = y => {
    const share = (y - yFrom) / (yTo - yFrom);
    return log ? yLow * Math.pow(yHigh / yLow, share) : yLow + share * (yHigh - yLow);
  };
  const places = [...new Set(lines.flatMap(line => line.points.map(point => point[0])))].sort((a, b) => a - b);
  let output = null, cursor = null, place = -1;
  const show = index => {
    if (!places.length) return;
    place = Math.max(0, Math.min(places.length - 1, index));
    const x = places[place];
    if (!output) {
      output = document.createElement("output");
      output.className = "reading";
      figure.append(output);
      cursor = document.createElementNS("http://www.w3.org/2000/svg", "path");
      cursor.setAttribute("class", "cursor");
      svg.append(cursor);
    }
    cursor.setAttribute("d", `M${x} ${yTo}V${yFrom}`);
    const found = lines.map(line => [line.name, line.points.find(point => point[0] === x)]).filter(pair => pair[1]);
    const at = xLow + (x - xFrom) / (xTo - xFrom) * (xHigh - xLow);
    output.textContent = `${svg.dataset.name} ${+at.toFixed(2)}: ` +
        found.map(([name, point]) => `${name} ${+numberAt(point[1]).toPrecision(3)}`).join(", ");
  };
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    let nearest = 0;
    places.forEach((candidate, index) => {
      if (Math.abs(candidate - x) < Math.abs(places[nearest] - x)) nearest = index;
    });
    show(nearest);
  });
  svg.addEventListener("keydown", event => {
    const moves = {ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: places.length - 1};
    if (!(event.key in moves)) return;
    event.preventDefault();
    show(moves[event.key]);
  });
}

// Confusion matrices: the sentence of a cell, on hover or with the arrow keys.  One cell is in the order of the tab key.
for (const table of document.querySelectorAll("table.matrix")) {
  const reading = table.parentElement.nextElementSibling;
  const rows = [...table.tBodies[0].rows].map(row => [...row.cells].slice(1));
  const cells = rows.flat();
  cells.forEach(cell => { cell.dataset.sentence = cell.title; cell.tabIndex = -1; });
  cells[0].tabIndex = 0;
  const read = event => {
    const cell = event.target.closest("td[data-sentence]");
    if (cell) reading.textContent = cell.dataset.sentence;
  };
  table.addEventListener("pointerover", read);
  table.addEventListener("focusin", read);
  table.addEventListener("keydown", event => {
    const move = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    const row = rows.findIndex(candidates => candidates.includes(event.target));
    if (!move || row < 0) return;
    const next = rows[row + move[0]]?.[rows[row].indexOf(event.target) + move[1]];
    if (!next) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
