'use strict';
// What a browser makes of a page, for chromium_test.cc: writes one line of JSON into <pre id="facts">.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const facts = {errors: window.pageErrors};

  // The contrast of two colours (WCAG 2.1), each a list of red, green, blue from 0 to 255.
  const luminance = color => {
    const [r, g, b] = color.map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const parse = text => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return {color: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1};
  };
  const over = (top, alpha, below) => top.map((c, i) => alpha * c + (1 - alpha) * below[i]);
  const background = element => {
    if (!element) return [255, 255, 255];
    const {color, alpha} = parse(getComputedStyle(element).backgroundColor);
    return alpha === 1 ? color : over(color, alpha, background(element.parentElement));
  };
  facts.background = parse(getComputedStyle(document.body).backgroundColor).color;
  facts.leastContrast = 21;
  for (const element of all('body *')) {
    const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!hasText || !element.checkVisibility() || element.closest('.skip, title, script')) continue;
    const style = getComputedStyle(element), box = element.closest('.box');
    const text = parse(element instanceof SVGElement ? style.fill : style.color).color;
    const below = box ? parse(getComputedStyle(box.querySelector('rect')).fill).color : background(element);
    const found = contrast(text, below);
    if (found < facts.leastContrast) {
      facts.leastContrast = found;
      facts.leastContrastText = element.textContent.slice(0, 40);
    }
  }

  facts.overflow = document.documentElement.scrollWidth - innerWidth;
  facts.unnamedControls = all('a, button, input, svg[role], summary')
                              .filter(element => {
                                const name = element.getAttribute('aria-label') || element.textContent.trim() ||
                                    element.labels?.[0]?.textContent;
                                return element.checkVisibility() && !name;
                              })
                              .length;
  facts.brokenImages = all('img').filter(image => !image.complete || image.naturalWidth === 0).length;
  facts.pixels = all('img.probed').map(image => {
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data].join(' ');
  });

  const press = (element, key) => {
    element.focus();
    element.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  };
  facts.charts = all('figure.chart:not(.small)').map(figure => {
    const svg = figure.querySelector('svg');
    press(svg, 'End');
    return {
      title: figure.querySelector('figcaption').textContent,
      lines: all('path.line', svg).filter(path => path.getTotalLength() > 100).length,
      rings: all('circle.best', svg).length,
      width: svg.getBoundingClientRect().width,
      reading: figure.querySelector('output').textContent,
    };
  });
  facts.smallCharts = all('figure.chart.small svg').filter(svg => svg.getBoundingClientRect().width > 100).length;

  const matrix = document.querySelector('table.matrix');
  if (matrix) {
    const cells = all('td.right-guess, td.wrong-guess', matrix);
    press(cells[0], 'ArrowRight');
    facts.matrix = {
      cells: cells.length,
      stops: cells.filter(cell => cell.tabIndex === 0).length,
      moved: document.activeElement === cells[1],
      reading: matrix.parentElement.nextElementSibling.textContent,
    };
  }

  const drawing = document.querySelector('svg#layers');
  if (drawing) {
    const boxes = all('.box', drawing), chosen = boxes[3];
    const height = drawing.getBoundingClientRect().height;
    const visible = () => all('.detail').filter(detail => detail.checkVisibility()).map(detail => detail.id);
    const before = visible();
    chosen.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
    const shown = visible();
    press(chosen, ' ');
    const grown = drawing.getBoundingClientRect().height - height;
    const rows = all('.rows text', chosen).filter(text => text.getBBox().width > 0 && text.checkVisibility()).length;
    document.querySelector('#fold').click();
    const search = document.querySelector('#search');
    search.value = 'max_pool';
    search.dispatchEvent(new Event('input'));
    facts.graph = {
      boxes: boxes.length,
      edges: all('.edge', drawing).filter(edge => edge.getTotalLength() > 10).length,
      before,
      shown,
      grown,
      rows,
      refolded: drawing.getBoundingClientRect().height - height,
      found: document.querySelector('#found').textContent,
      dimmed: all('.box.dimmed', drawing).length,
      values: all('rect.value').filter(rect => rect.getBoundingClientRect().width > 0).length,
      passes: all('details.pass').length,
    };
  }

  const out = document.createElement('pre');
  out.id = 'facts';
  out.textContent = JSON.stringify(facts);
  document.body.append(out);
})();
