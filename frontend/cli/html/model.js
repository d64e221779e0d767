// The drawing of the graph: boxes that unfold, and a search.  Without script the boxes are links to what they hold.
const drawing = document.querySelector("#layers");
const boxes = [...drawing.querySelectorAll(".box")];
const edges = [...drawing.querySelectorAll(".edge")];
const [height, row, rankGap, margin] = ["height", "row", "gap", "margin"].map(name => +drawing.dataset[name]);
document.querySelector(".tools").hidden = false;

const heightOf = box => height + (box.classList.contains("open") ? row * +box.dataset.rows + 2 : 0);

// Places the ranks below each other, each as high as its highest box, and draws the edges between them.
function place() {
  const ranks = new Array(+drawing.dataset.ranks).fill(height);
  for (const box of boxes) ranks[+box.dataset.rank] = Math.max(ranks[+box.dataset.rank], heightOf(box));
  const tops = [];
  let y = margin;
  for (const rank of ranks) {
    tops.push(y);
    y += rank + rankGap;
  }
  for (const box of boxes) {
    const x = /translate\(([-\d.]+)/.exec(box.getAttribute("transform"))[1];
    box.setAttribute("transform", `translate(${x} ${tops[+box.dataset.rank]})`);
    box.querySelector("rect").setAttribute("height", heightOf(box));
  }
  for (const edge of edges) {
    const places = edge.dataset.p.split(" ").map(pair => pair.split(",").map(Number));
    let [x, rank] = places[0];
    let from = tops[rank] + heightOf(boxes[+edge.dataset.above]);
    let path = `M${x} ${from}`;
    places.slice(1).forEach(([next, nextRank], index) => {
      const to = tops[nextRank], middle = Math.max((from + to) / 2, to - rankGap / 2);
      path += `C${x} ${middle} ${next} ${middle} ${next} ${to}`;
      if (index + 2 < places.length) path += `V${to + ranks[nextRank]}`;
      x = next;
      from = to + ranks[nextRank];
    });
    edge.setAttribute("d", path);
  }
  const width = drawing.getAttribute("width"), total = y - rankGap + margin;
  drawing.setAttribute("height", total);
  drawing.setAttribute("viewBox", `0 0 ${width} ${total}`);
}

function setOpen(chosen, open) {
  for (const box of chosen) box.classList.toggle("open", open && +box.dataset.rows > 0);
  place();
}

// Marks the box of the layer in the panel, and the edges at it.
function mark() {
  const index = boxes.findIndex(box => box.getAttribute("href") === location.hash);
  boxes.forEach((box, number) => box.classList.toggle("chosen", number === index));
  for (const edge of edges) {
    edge.classList.toggle("near", index >= 0 && (+edge.dataset.above === index || +edge.dataset.below === index));
  }
}

// A layer is shown in the panel without scrolling the page.  A second click on its box folds or unfolds it, and so does
// the space bar.
for (const box of boxes) {
  box.addEventListener("click", event => {
    event.preventDefault();
    if (location.hash === box.getAttribute("href")) {
      setOpen([box], !box.classList.contains("open"));
      return;
    }
    const x = scrollX, y = scrollY;
    location.hash = box.getAttribute("href");
    scrollTo(x, y);
    document.querySelector(".panel").scrollTop = 0;
  });
  box.addEventListener("keydown", event => {
    if (event.key !== " ") return;
    event.preventDefault();
    setOpen([box], !box.classList.contains("open"));
  });
}
addEventListener("hashchange", mark);
mark();
// A wide drawing begins with its first input in the middle.
const frame = drawing.parentElement, start = boxes[0].getBoundingClientRect(), view = frame.getBoundingClientRect();
frame.scrollLeft += (start.left + start.right - view.left - view.right) / 2;
document.querySelector("#unfold").addEventListener("click", () => setOpen(boxes, true));
document.querySelector("#fold").addEventListener("click", () => setOpen(boxes, false));

const search = document.querySelector("#search"), found = document.querySelector("#found");
let matches = [], current = -1;
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  matches = words.length ? boxes.filter(box => words.every(word => box.dataset.text.toLowerCase().includes(word))) : [];
  current = -1;
  for (const box of boxes) box.classList.toggle("dimmed", words.length > 0 && !matches.includes(box));
  found.textContent = words.length ? `${matches.length} of ${boxes.length}` : "";
  if (matches.length) matches[0].scrollIntoView({block: "center", inline: "center"});
});
search.addEventListener("keydown", event => {
  if (event.key !== "Enter" || !matches.length) return;
  event.preventDefault();
  current = (current + 1) % matches.length;
  found.textContent = `${current + 1} of ${matches.length}`;
  const box = matches[current];
  if (location.hash !== box.getAttribute("href")) box.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
  box.scrollIntoView({block: "center", inline: "center"});
  search.focus();
});

// A link to a kernel opens it.
function openKernel() {
  const target = /^#k\d+$/.test(location.hash) && document.querySelector(location.hash);
  if (target) target.closest("tr").querySelector("details").open = true;
}
addEventListener("hashchange", openKernel);
openKernel();
